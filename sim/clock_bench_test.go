package sim

import (
	"fmt"
	"math"
	"math/bits"
	"testing"
	"time"
)

// BenchmarkHold is the hold model, the customary measure of an event queue: with n events pending, take the next one and
// schedule another after an exponential delay. One operation is one event. With two kinds, drawn at random, the processor
// cannot foresee which one comes next. bench/ has the same loop in C.
func BenchmarkHold(b *testing.B) {
	sizes := []struct {
		name    string
		pending int
	}{{"16", 16}, {"100", 100}, {"10k", 10_000}, {"1M", 1_000_000}}
	for _, size := range sizes {
		for _, kinds := range []int{1, 2} {
			b.Run(fmt.Sprintf("pending=%s/kinds=%d", size.name, kinds), func(b *testing.B) {
				b.ReportAllocs()
				h := holdModel{random: newExponential(42), kindMask: uint64(kinds - 1)}
				for node := range size.pending {
					h.clock.After(h.random.span(time.Second), holdEvent{node: int32(node)})
				}
				h.run(3*size.pending + 10_000) // to the steady state
				b.ResetTimer()
				h.run(b.N)
			})
		}
	}
}

// BenchmarkMM1 is an M/M/1 queue with a load of 0.9. One operation is one customer: two events, two draws.
func BenchmarkMM1(b *testing.B) {
	b.ReportAllocs()
	q := queueModel{random: newExponential(42), interval: time.Second * 10 / 9}
	q.run(1000)
	b.ResetTimer()
	q.run(b.N)
}

type holdKind uint8

const (
	holdStays holdKind = iota
	holdMoves
)

// holdEvent has the size of a typical event: a kind, whom it concerns, and an instant.
type holdEvent struct {
	kind  holdKind
	node  int32
	since Time
}

type holdModel struct {
	clock    Clock[holdEvent]
	random   *exponential
	kindMask uint64 // kinds minus one
	moves    int
}

func (h *holdModel) run(events int) {
	for range events {
		e, _ := h.clock.Next()
		switch e.kind {
		case holdStays:
			h.again(e.node)
		case holdMoves:
			h.moves++
			h.again(e.node + 1)
		}
	}
}

func (h *holdModel) again(node int32) {
	kind := holdKind(h.random.state[0] & h.kindMask)
	h.clock.After(h.random.span(time.Second), holdEvent{kind, node, h.clock.Now()})
}

type queueEvent uint8

const (
	customerArrives queueEvent = iota
	customerLeaves
)

// queueModel is a server with a waiting line. On average it serves a customer for a second, and one arrives every interval.
type queueModel struct {
	clock      Clock[queueEvent]
	random     *exponential
	interval   time.Duration
	line       [1 << 10]Time // ring of the arrivals still in the system: at a load of 0.9, more have probability 0.9^1024
	head, tail int
	toCome     int
	waited     time.Duration // by all customers together, until their service began
}

const service = time.Second

// run lets so many customers arrive and leave.
func (q *queueModel) run(customers int) {
	q.toCome = customers
	q.clock.After(q.random.span(q.interval), customerArrives)
	for e, ok := q.clock.Next(); ok; e, ok = q.clock.Next() {
		switch e {
		case customerArrives:
			q.arrive()
		case customerLeaves:
			q.leave()
		}
	}
}

func (q *queueModel) arrive() {
	q.line[q.tail%len(q.line)] = q.clock.Now()
	q.tail++
	if q.tail-q.head == 1 {
		q.clock.After(q.random.span(service), customerLeaves)
	}
	if q.toCome--; q.toCome > 0 {
		q.clock.After(q.random.span(q.interval), customerArrives)
	}
}

func (q *queueModel) leave() {
	q.head++
	if q.head != q.tail {
		q.waited += q.clock.Now().Sub(q.line[q.head%len(q.line)])
		q.clock.After(q.random.span(service), customerLeaves)
	}
}

// exponential samples exponential delays as bench/random.h does: a ziggurat of 256 layers on xoshiro256++. It costs little
// enough not to hide the cost of the clock.
type exponential struct {
	state  [4]uint64
	layers [256]struct {
		inside uint64 // a point with a lower 53-bit draw lies under the curve
		width  float64
	}
	density [256]float64
}

const (
	zigguratTail = 7.69711747013104972      // where the lowest layer ends
	zigguratArea = 3.9496598225815571993e-3 // of each layer
)

func newExponential(seed uint64) *exponential {
	r := new(exponential)
	for i := range r.state {
		seed += 0x9e3779b97f4a7c15
		z := seed
		z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		r.state[i] = z ^ z>>31
	}
	x, below := zigguratTail, zigguratTail
	base := zigguratArea / math.Exp(-x)
	r.layers[0].inside = uint64(x / base * (1 << 53))
	r.layers[0].width = base / (1 << 53)
	r.layers[255].width = x / (1 << 53)
	r.density[0], r.density[255] = 1, math.Exp(-x)
	for i := 254; i >= 1; i-- {
		x = -math.Log(zigguratArea/x + math.Exp(-x))
		r.layers[i+1].inside = uint64(x / below * (1 << 53))
		r.layers[i].width = x / (1 << 53)
		r.density[i] = math.Exp(-x)
		below = x
	}
	return r
}

func (r *exponential) next() uint64 {
	s := &r.state
	x := bits.RotateLeft64(s[0]+s[3], 23) + s[0]
	t := s[1] << 17
	s[2] ^= s[0]
	s[3] ^= s[1]
	s[1] ^= s[2]
	s[0] ^= s[3]
	s[2] ^= t
	s[3] = bits.RotateLeft64(s[3], 45)
	return x
}

func (r *exponential) uniform() float64 { return float64(int64(r.next()>>11)) * 0x1p-53 }

// span returns a delay of that mean.
func (r *exponential) span(mean time.Duration) time.Duration {
	layer, x, inside := r.point()
	if !inside {
		x = r.outside(layer, x)
	}
	return time.Duration(x * float64(mean))
}

// point draws a layer and a place in it; inside says that it surely lies under the curve.
func (r *exponential) point() (layer uint64, x float64, inside bool) {
	draw := r.next()
	layer = draw & 255
	l := &r.layers[layer]
	return layer, float64(int64(draw>>11)) * l.width, draw>>11 < l.inside
}

// outside settles the rare points that may lie above the curve, and the tail.
func (r *exponential) outside(layer uint64, x float64) float64 {
	for inside := false; !inside; layer, x, inside = r.point() {
		if layer == 0 {
			return zigguratTail - math.Log(1-r.uniform())
		}
		height := r.density[layer] + r.uniform()*(r.density[layer-1]-r.density[layer])
		if height < math.Exp(-x) {
			return x
		}
	}
	return x
}
