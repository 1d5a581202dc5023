package sim

import (
	stdcmp "cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestClockAgainstSortedSlice drives two clocks and two sorted slices with the same random calls. Copying makes one pair
// equal to the other; then each goes its own way again.
func TestClockAgainstSortedSlice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pairs := []*clockAndOracle{{}, {}}
		for _, p := range pairs { // sequence numbers are spent, and start again, after so many events
			p.clock.sequence = lastSequence - rapid.Uint64Range(0, 40).Draw(t, "left")<<cellBits
		}
		pick := rapid.SampledFrom(pairs)
		t.Repeat(map[string]func(*rapid.T){
			"At":          func(t *rapid.T) { pick.Draw(t, "clock").schedule(t, 1) },
			"At many":     func(t *rapid.T) { pick.Draw(t, "clock").schedule(t, 30) },
			"Next":        func(t *rapid.T) { pick.Draw(t, "clock").next(t) },
			"Next many":   func(t *rapid.T) { pick.Draw(t, "clock").drain(t) },
			"Cancel":      func(t *rapid.T) { pick.Draw(t, "clock").cancel(t) },
			"Cancel most": func(t *rapid.T) { pick.Draw(t, "clock").cancelMost(t) },
			"Peek":        func(t *rapid.T) { pick.Draw(t, "clock").peek(t) },
			"AdvanceTo":   func(t *rapid.T) { pick.Draw(t, "clock").advance(t) },
			"Reset":       func(t *rapid.T) { pick.Draw(t, "clock").reset() },
			"CopyFrom":    func(t *rapid.T) { pick.Draw(t, "to").copyFrom(pick.Draw(t, "from")) },
			"":            func(t *rapid.T) { pairs[0].check(t); pairs[1].check(t) },
		})
	})
}

const lastSequence uint64 = math.MaxUint64 &^ cellMask

// clockAndOracle is a clock and what it should hold. Its events are numbered in the order in which they are scheduled.
type clockAndOracle struct {
	clock   Clock[int]
	now     Time
	pending []scheduled // in the order in which they happen
	handles []Handle    // of every event ever scheduled
}

type scheduled struct {
	at     Time
	number int
}

func (p *clockAndOracle) schedule(t *rapid.T, most int) {
	for range rapid.IntRange(1, most).Draw(t, "events") {
		s := scheduled{p.now.Add(time.Duration(rapid.IntRange(0, 9).Draw(t, "delay"))), len(p.handles)}
		p.handles = append(p.handles, p.clock.At(s.at, s.number))
		i, _ := slices.BinarySearchFunc(p.pending, s.at+1, func(s scheduled, at Time) int { return int(s.at - at) })
		p.pending = slices.Insert(p.pending, i, s)
	}
}

func (p *clockAndOracle) next(t *rapid.T) {
	number, ok := p.clock.Next()
	if ok != (len(p.pending) > 0) {
		t.Fatalf("Next: ok is %v with %d events pending", ok, len(p.pending))
	}
	if !ok {
		return
	}
	want := p.pending[0]
	p.now, p.pending = want.at, p.pending[1:]
	if got := (scheduled{p.clock.Now(), number}); got != want {
		t.Fatalf("Next: got %v, want %v", got, want)
	}
}

func (p *clockAndOracle) drain(t *rapid.T) {
	for range rapid.IntRange(0, len(p.pending)).Draw(t, "events") {
		p.next(t)
	}
}

func (p *clockAndOracle) cancel(t *rapid.T) {
	if len(p.handles) == 0 {
		return
	}
	p.cancelNumber(t, rapid.IntRange(0, len(p.handles)-1).Draw(t, "number"))
}

func (p *clockAndOracle) cancelMost(t *rapid.T) {
	offset := rapid.IntRange(0, 3).Draw(t, "offset")
	for i, s := range slices.Clone(p.pending) {
		if (i+offset)%4 > 0 {
			p.cancelNumber(t, s.number)
		}
	}
}

func (p *clockAndOracle) cancelNumber(t *rapid.T, number int) {
	i := slices.IndexFunc(p.pending, func(s scheduled) bool { return s.number == number })
	if got := p.clock.Cancel(p.handles[number]); got != (i >= 0) {
		t.Fatalf("Cancel of event %d: got %v", number, got)
	}
	if i >= 0 {
		p.pending = slices.Delete(p.pending, i, i+1)
	}
}

func (p *clockAndOracle) peek(t *rapid.T) {
	at, ok := p.clock.Peek()
	want := Never
	if len(p.pending) > 0 {
		want = p.pending[0].at
	}
	if at != want || ok != (len(p.pending) > 0) {
		t.Fatalf("Peek: got %v, %v, want %v", at, ok, want)
	}
}

func (p *clockAndOracle) advance(t *rapid.T) {
	last := p.now + 5
	if len(p.pending) > 0 {
		last = min(last, p.pending[0].at)
	}
	p.now = Time(rapid.Int64Range(int64(p.now), int64(last)).Draw(t, "instant"))
	p.clock.AdvanceTo(p.now)
}

func (p *clockAndOracle) reset() {
	p.clock.Reset()
	p.now, p.pending = 0, nil
}

func (p *clockAndOracle) copyFrom(q *clockAndOracle) {
	p.clock.CopyFrom(&q.clock)
	p.now, p.pending, p.handles = q.now, slices.Clone(q.pending), slices.Clone(q.handles)
}

func (p *clockAndOracle) check(t *rapid.T) {
	if p.clock.Now() != p.now || p.clock.Len() != len(p.pending) {
		t.Fatalf("at %v with %d pending, want %v with %d", p.clock.Now(), p.clock.Len(), p.now, len(p.pending))
	}
	var got, want []int
	for number, h := range p.handles {
		if p.clock.Pending(h) {
			got = append(got, number)
		}
	}
	for _, s := range p.pending {
		want = append(want, s.number)
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("pending events (-want +got):\n%s", diff)
	}
}

func TestClockOrdersManyEvents(t *testing.T) {
	var c Clock[scheduled]
	random := rand.New(rand.NewPCG(1, 2))
	var want, got []scheduled
	for number := range 100_000 {
		s := scheduled{Time(random.IntN(10_000)), number} // ten events an instant
		c.At(s.at, s)
		want = append(want, s)
	}
	slices.SortStableFunc(want, func(a, b scheduled) int { return int(a.at - b.at) })
	for s, ok := c.Next(); ok; s, ok = c.Next() {
		got = append(got, s)
	}
	if !slices.Equal(got, want) {
		t.Error("events did not happen in the order of (instant, number)")
	}
}

func TestEqualInstantsHappenInTheOrderScheduled(t *testing.T) {
	var c Clock[int]
	for number := range 10 {
		c.At(7, number)
	}
	first, _ := c.Next()
	c.After(0, 10) // fills the vacant root, and comes last all the same
	if got := append([]int{first}, drain(&c)...); !slices.Equal(got, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}) {
		t.Errorf("got %v", got)
	}
}

func TestTheLastInstant(t *testing.T) {
	var c Clock[string]
	c.At(Never, "last")
	c.At(Never-1, "before")
	if got := drain(&c); !slices.Equal(got, []string{"before", "last"}) || c.Now() != Never {
		t.Errorf("got %v at %v", got, c.Now())
	}
}

func TestCancelledEventsDoNotMoveTheClock(t *testing.T) {
	var c Clock[string]
	c.At(1, "first")
	h := c.At(5, "cancelled")
	c.Next()
	c.Cancel(h)
	if e, ok := c.Next(); ok || c.Now() != 1 {
		t.Errorf("got %q at %v, want nothing at 1ns", e, c.Now())
	}
}

func TestCancelBesideAVacantRoot(t *testing.T) {
	var c Clock[string]
	h := []Handle{c.At(1, "a"), c.At(2, "b"), c.At(3, "c"), c.At(4, "d")}
	c.Next()
	if c.Cancel(h[0]) || !c.Cancel(h[1]) || c.Cancel(h[1]) || c.Len() != 2 {
		t.Errorf("cancelled what had happened, or twice, or the wrong event: %d pending", c.Len())
	}
	c.At(2, "e")
	if got := drain(&c); !slices.Equal(got, []string{"e", "c", "d"}) {
		t.Errorf("got %v", got)
	}
}

func TestCancelEverythingBesideAVacantRoot(t *testing.T) {
	var c Clock[int]
	h := []Handle{c.At(1, 0), c.At(2, 0), c.At(3, 0)}
	c.Next()
	c.Cancel(h[1])
	c.Cancel(h[2])
	want := []int{1, 2, 3, 4, 5}
	for _, number := range want {
		c.After(1, number)
	}
	if got := drain(&c); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestEqualInstantsKeepTheirOrderWhenMostAreCancelled(t *testing.T) {
	var c Clock[scheduled]
	var handles []Handle
	for number := range 1000 {
		at := Time(number * 37 % 5)
		handles = append(handles, c.At(at, scheduled{at, number}))
	}
	for number, h := range handles {
		if number%7 > 0 {
			c.Cancel(h)
		}
	}
	byInstantAndNumber := func(a, b scheduled) int { return stdcmp.Or(int(a.at-b.at), a.number-b.number) }
	if got := drain(&c); len(got) != 143 || !slices.IsSortedFunc(got, byInstantAndNumber) {
		t.Errorf("%d events in the order %v", len(got), got)
	}
}

func TestStaleHandlesNameNoLaterEvent(t *testing.T) {
	var c Clock[int]
	stale := []Handle{0, 1, 1 << cellBits, math.MaxUint64}
	for number := range 5 {
		stale = append(stale, c.After(1, number))
		c.Next()
	}
	c.Reset()
	h := c.At(1, 9) // in the memory of all the others
	for _, s := range stale {
		if c.Pending(s) || c.Cancel(s) {
			t.Errorf("handle %#x names event %#x", s, h)
		}
	}
	if !c.Pending(h) || c.Len() != 1 {
		t.Errorf("the pending event is gone")
	}
}

func TestSequenceNumbersStartAgain(t *testing.T) {
	var c Clock[int]
	c.sequence = lastSequence - 1<<cellBits // one left
	h := c.At(5, 0)
	cancelled := c.At(5, 1) // finds none left
	c.At(5, 2)
	c.Cancel(cancelled)
	if !c.Pending(h) || c.Pending(cancelled) {
		t.Error("a handle changed its meaning")
	}
	if got := drain(&c); !slices.Equal(got, []int{0, 2}) {
		t.Errorf("got %v", got)
	}
	c.sequence = lastSequence // none left, and nothing pending
	if h := c.After(1, 3); !c.Cancel(h) {
		t.Errorf("handle %#x names no event", h)
	}
}

// A timer that is set and cancelled again and again must not fill the queue until its time comes.
func TestCancelledEventsDoNotPileUp(t *testing.T) {
	var c Clock[int]
	for range 100 {
		c.After(time.Hour, 0)
	}
	for range 100_000 {
		c.Cancel(c.After(time.Minute, 1))
	}
	if c.keys.size > 201 || len(c.cells) > 202 {
		t.Errorf("%d keys and %d cells for %d events", c.keys.size, len(c.cells), c.Len())
	}
}

func TestBrokenInvariantsPanic(t *testing.T) {
	tests := map[string]struct {
		call func(c *Clock[int])
		want []string
	}{
		"At":                 {func(c *Clock[int]) { c.At(9, 0) }, []string{"scheduled at 9ns", "present instant 10ns"}},
		"After":              {func(c *Clock[int]) { c.After(-1, 0) }, []string{"scheduled at 9ns", "present instant 10ns"}},
		"AdvanceTo the past": {func(c *Clock[int]) { c.AdvanceTo(9) }, []string{"moved to 9ns", "present instant 10ns"}},
		"AdvanceTo skipping": {func(c *Clock[int]) { c.AdvanceTo(21) }, []string{"moved to 21ns", "due at 20ns"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var c Clock[int]
			c.At(20, 0)
			c.AdvanceTo(10)
			defer func() {
				message := fmt.Sprint(recover())
				for _, want := range test.want {
					if !strings.Contains(message, want) {
						t.Errorf("panic %q does not say %q", message, want)
					}
				}
			}()
			test.call(&c)
		})
	}
}

func TestTimeString(t *testing.T) {
	for at, want := range map[Time]string{0: "0s", Time(0).Add(90 * time.Second): "1m30s", Never: "never"} {
		if at.String() != want {
			t.Errorf("got %q, want %q", at, want)
		}
	}
}

func TestWarmClockDoesNotAllocate(t *testing.T) {
	var c, copied Clock[int]
	trial := func() {
		c.Reset()
		for number := range 1000 {
			h := c.After(time.Duration(number), number)
			if number%3 > 0 {
				c.Cancel(h)
			}
		}
		copied.CopyFrom(&c)
		for number, ok := c.Next(); ok && c.Now() < 5000; number, ok = c.Next() {
			c.After(100, number)
		}
	}
	if n := testing.AllocsPerRun(10, trial); n != 0 {
		t.Errorf("%v allocations a trial", n)
	}
}

// In an M/M/1 queue the mean wait before service is rho/(mu-lambda); with mu = 1/s and lambda = 0.5/s it is 1 s. A trial
// starts with an empty queue, which lowers its mean by less than 1 s * 12/20,000: 12 s is the time in which the
// queue forgets its past, 1/(sqrt(mu)-sqrt(lambda))^2. The standard error is six times that.
func TestQueueWaitsAsTheorySays(t *testing.T) {
	const trials, customers, want = 100, 20_000, 1.0
	q := queueModel{random: newExponential(1), interval: 2 * time.Second}
	var sum, squares float64
	for range trials {
		q.clock.Reset()
		q.waited = 0
		q.run(customers)
		mean := q.waited.Seconds() / customers
		sum += mean
		squares += mean * mean
	}
	mean := sum / trials
	standardError := math.Sqrt((squares/trials - mean*mean) / (trials - 1))
	if math.Abs(mean-want) > 3*standardError {
		t.Errorf("mean wait %.4f s, want %.4f s within 3 standard errors of %.4f s", mean, want, standardError)
	}
	t.Logf("mean wait %.4f s, standard error %.4f s", mean, standardError)
}

// drain returns the events that are still to happen.
func drain[E any](c *Clock[E]) []E {
	var events []E
	for e, ok := c.Next(); ok; e, ok = c.Next() {
		events = append(events, e)
	}
	return events
}
