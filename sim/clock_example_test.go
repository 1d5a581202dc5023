package sim_test

import (
	"fmt"
	"time"

	"failsim/sim"
)

type kind int

const (
	ping kind = iota
	answer
	timeout
)

// message is the event of the example: a small struct by value.
type message struct {
	kind   kind
	number int
	timer  sim.Handle
}

// A client pings a server every second and gives up on an answer after 300 ms. The second answer takes longer than that.
func ExampleClock() {
	var clock sim.Clock[message]
	latency := []time.Duration{50 * time.Millisecond, 400 * time.Millisecond, 20 * time.Millisecond}

	for number := range latency {
		clock.At(sim.Time(0).Add(time.Duration(number)*time.Second), message{kind: ping, number: number})
	}
	for e, ok := clock.Next(); ok; e, ok = clock.Next() {
		switch e.kind {
		case ping:
			timer := clock.After(300*time.Millisecond, message{kind: timeout, number: e.number})
			clock.After(latency[e.number], message{kind: answer, number: e.number, timer: timer})
		case answer:
			inTime := clock.Cancel(e.timer)
			fmt.Printf("%-6v answer %d, in time: %v\n", clock.Now(), e.number, inTime)
		case timeout:
			fmt.Printf("%-6v timeout %d\n", clock.Now(), e.number)
		}
	}
	// Output:
	// 50ms   answer 0, in time: true
	// 1.3s   timeout 1
	// 1.4s   answer 1, in time: false
	// 2.02s  answer 2, in time: true
}
