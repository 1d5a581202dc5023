package sim

import (
	"fmt"
	"math"
	"math/bits"
	"time"
)

// Time is an instant: nanoseconds since the trial began.
type Time int64

// Never is the last instant there is, 292 years after the first.
const Never Time = math.MaxInt64

// Add returns the instant that comes d after t.
func (t Time) Add(d time.Duration) Time { return t + Time(d) }

// Sub returns the span from u to t.
func (t Time) Sub(u Time) time.Duration { return time.Duration(t - u) }

// String writes t as the span since the trial began, such as 1h2m3.5s, and Never as never.
func (t Time) String() string {
	if t == Never {
		return "never"
	}
	return time.Duration(t).String()
}

// Handle names a scheduled event. The zero Handle names none.
type Handle uint64

// Clock is virtual time and the queue of what is still to happen. The zero value is an empty clock at instant 0, ready to use.
//
// Events happen in the order of their instants, and events of one instant in the order in which they were scheduled. An
// event E is a small struct that says what happens to whom; Next hands it back and the caller switches on its kind. A Clock
// holds no goroutine, closure or interface: once it has grown to its working size no call allocates, and CopyFrom copies
// all that is still to happen. It is not safe for concurrent use.
//
// The events wait in cells. A heap of 16-byte keys (instant; sequence number and cell in one word) says who is next. It is
// a heap of four children a node, with siblings side by side on one cache line, so that going down a level costs one access
// to memory. The smallest of four siblings is found without a branch, for no processor can predict who it is. Next leaves
// the root of the heap vacant, because most events schedule another one: that one then starts at the root and sinks, and two
// reorganisations become one. Cancel only marks the cell. The key of a cancelled event is dropped when it comes up, without
// moving the clock, or when the cancelled come to outnumber the pending.
//
// An E without pointers keeps the garbage collector away; one with pointers keeps what it points to until its cell is used
// again.
type Clock[E any] struct {
	now       Time
	sequence  uint64 // of the last event scheduled, in the upper bits as in key.order
	keys      heap
	cancelled int // keys whose event was cancelled
	cells     []cell[E]
	free      uint64 // head of the list of free cells, 0 if there is none; cells[0] is never used
}

// A word holds 40 bits of sequence number above 24 bits of cell: 10^12 events before renumber has to run, which keeps
// their order, and 16 million pending ones.
const (
	cellBits = 24
	cellMask = 1<<cellBits - 1
)

// cell is where an event waits.
type cell[E any] struct {
	// word is the event's handle, which its sequence number makes unique and larger than cellMask.
	// It is 0 once the event is cancelled, and the next free cell when this one is free.
	word  uint64
	event E
}

// Now returns the present instant.
func (c *Clock[E]) Now() Time { return c.now }

// At schedules e at instant t, which must not lie before the present.
func (c *Clock[E]) At(t Time, e E) Handle {
	if t < c.now {
		panic(fmt.Sprintf("sim: event scheduled at %v, before the present instant %v", t, c.now))
	}
	if c.free == 0 {
		c.addCell()
	}
	c.sequence += 1 << cellBits
	if c.sequence == 0 {
		c.renumber()
	}
	n := c.free
	word := c.sequence | n
	cell := &c.cells[n]
	c.free = cell.word
	cell.word, cell.event = word, e
	c.keys.put(key{uint64(t), word})
	return Handle(word)
}

// After schedules e at the instant that comes d after the present. d must not be negative.
func (c *Clock[E]) After(d time.Duration, e E) Handle { return c.At(c.now.Add(d), e) }

// Cancel takes the event that h names out of the queue. It returns false, and does nothing, if that event has happened or
// was cancelled before.
func (c *Clock[E]) Cancel(h Handle) bool {
	if !c.Pending(h) {
		return false
	}
	c.cells[h&cellMask].word = 0
	c.cancelled++
	if 2*c.cancelled > c.keys.size {
		c.sweep()
	}
	return true
}

// Pending reports whether the event that h names is still to happen.
func (c *Clock[E]) Pending(h Handle) bool {
	n := h & cellMask
	return h > cellMask && n < Handle(len(c.cells)) && c.cells[n].word == uint64(h)
}

// Next takes the next event out of the queue and moves the clock to its instant. ok is false if nothing is left to happen.
func (c *Clock[E]) Next() (e E, ok bool) {
	if c.keys.vacant || c.cancelled > 0 {
		c.expose()
	}
	if c.keys.size == 0 {
		return e, false
	}
	root := c.keys.root()
	c.now = Time(root.at)
	c.keys.vacant = true
	n := root.order & cellMask
	c.release(n)
	return c.cells[n].event, true
}

// Peek returns the instant of the next event; ok is false, and the instant Never, if nothing is left to happen.
func (c *Clock[E]) Peek() (t Time, ok bool) {
	c.expose()
	if c.keys.size == 0 {
		return Never, false
	}
	return Time(c.keys.root().at), true
}

// AdvanceTo moves the clock to t without an event. No event may be due before t, and t must not lie before the present.
func (c *Clock[E]) AdvanceTo(t Time) {
	if t < c.now {
		panic(fmt.Sprintf("sim: clock moved to %v, before the present instant %v", t, c.now))
	}
	if next, ok := c.Peek(); ok && next < t {
		panic(fmt.Sprintf("sim: clock moved to %v, past the event due at %v", t, next))
	}
	c.now = t
}

// Len returns the number of pending events.
func (c *Clock[E]) Len() int {
	n := c.keys.size - c.cancelled
	if c.keys.vacant {
		n--
	}
	return n
}

// Reset empties the clock and sets it back to instant 0. It keeps the memory, and the sequence number, so that no handle
// given out before names an event scheduled after.
func (c *Clock[E]) Reset() {
	*c = Clock[E]{sequence: c.sequence, keys: heap{quads: c.keys.quads[:0]}, cells: c.cells[:0]}
}

// CopyFrom makes c a copy of src, in the memory that c has. The two share nothing. A handle of src names its event in both;
// those that c gave out before mean nothing any more.
func (c *Clock[E]) CopyFrom(src *Clock[E]) {
	quads, cells := c.keys.quads[:0], c.cells[:0]
	*c = *src
	c.keys.quads = append(quads, src.keys.quads...)
	c.cells = append(cells, src.cells...)
}

// expose brings the next pending event to the root, if there is one: it fills a vacant root and drops cancelled events.
func (c *Clock[E]) expose() {
	if c.keys.vacant {
		c.keys.fill()
	}
	for c.cancelled > 0 {
		n := c.keys.root().order & cellMask
		if c.cells[n].word != 0 {
			return
		}
		c.release(n)
		c.cancelled--
		c.keys.fill()
	}
}

// sweep drops every cancelled event. It is called once the cancelled outnumber the pending, so that its cost, shared
// among them, is small.
func (c *Clock[E]) sweep() {
	if c.keys.vacant {
		c.keys.fill()
	}
	quads := c.keys.quads
	c.keys = heap{quads: quads[:0]}
	for _, q := range quads { // q is a copy: the heap grows again in the same memory, never past what was read
		for _, k := range q {
			switch n := k.order & cellMask; {
			case k == padding():
			case c.cells[n].word == 0:
				c.release(n)
			default:
				c.keys.put(k)
			}
		}
	}
	c.cancelled = 0
}

// renumber gives the pending events the lowest sequence numbers, in their order. It runs when the numbers are spent; the
// handles in the cells stay as they are, so that one could be mistaken only for its like of 2^40 events ago.
func (c *Clock[E]) renumber() {
	var pending []key
	for c.expose(); c.keys.size > 0; c.expose() {
		pending = append(pending, *c.keys.root())
		c.keys.vacant = true
	}
	c.sequence = 1 << cellBits
	for _, k := range pending {
		k.order = c.sequence | k.order&cellMask
		c.keys.put(k)
		c.sequence += 1 << cellBits
	}
}

// addCell gives the clock a free cell.
func (c *Clock[E]) addCell() {
	if len(c.cells) == 0 {
		c.cells = append(c.cells, cell[E]{})
	}
	if len(c.cells) > cellMask {
		panic(fmt.Sprintf("sim: more than %d events pending at %v", cellMask, c.now))
	}
	c.cells = append(c.cells, cell[E]{})
	c.free = uint64(len(c.cells) - 1)
}

// release puts cell n at the head of the list of free cells.
func (c *Clock[E]) release(n uint64) {
	c.cells[n].word = c.free
	c.free = n
}

// key places an event in time. Times are never negative, so they compare as unsigned numbers.
type key struct {
	at    uint64 // the instant
	order uint64 // sequence number and cell: the tie between equal instants
}

// padding fills the places of a quad that hold no event: it comes after every key.
func padding() key { return key{math.MaxUint64, math.MaxUint64} }

// before is all ones if k comes before l and 0 if not: the borrow of the 128-bit difference, found without a branch.
func (k key) before(l key) uint64 {
	_, borrow := bits.Sub64(k.order, l.order, 0)
	_, borrow = bits.Sub64(k.at, l.at, borrow)
	return -borrow
}

// quad holds four siblings: 64 bytes, one cache line.
type quad [4]key

// heap orders keys: no key comes before its parent. Place p is quads[p/4][p%4]. The root has place 3, the places
// before it stay empty, and so the children of place p are the whole of quad p-2.
type heap struct {
	quads  []quad
	size   int  // keys, and the vacant root if there is one
	vacant bool // the root was taken and nothing has filled its place
}

const rootPlace = 3

// root returns the first key. The heap must not be empty.
func (h *heap) root() *key { return &h.quads[0][rootPlace] }

// put adds k.
func (h *heap) put(k key) {
	if h.vacant {
		h.vacant = false
		sink(h.quads, k)
		return
	}
	if place := h.size + rootPlace; place/4 == len(h.quads) {
		h.quads = append(h.quads, quad{padding(), padding(), padding(), padding()})
	}
	h.size++
	h.rise(k)
}

// fill moves the last key to the root, whose own is discarded, and restores the order.
func (h *heap) fill() {
	h.vacant = false
	h.size--
	place := uint(h.size + rootPlace)
	last := h.quads[place/4][place%4]
	h.quads[place/4][place%4] = padding()
	if place%4 == 0 {
		h.quads = h.quads[:place/4]
	}
	if h.size > 0 {
		sink(h.quads, last)
	}
}

// rise sets k in the last place and moves it up to where it belongs.
func (h *heap) rise(k key) {
	place := uint(h.size + rootPlace - 1)
	for place > rootPlace {
		parent := place/4 + 2
		above := h.quads[parent/4][parent%4]
		if k.before(above) == 0 {
			break
		}
		h.quads[place/4][place%4] = above
		place = parent
	}
	h.quads[place/4][place%4] = k
}

// sink sets k in place of the root and moves it down to where it belongs.
//
// The least of four siblings is found from all six comparisons side by side, which is faster than from three that wait for
// each other. It is one of 2 and 3 if one of these comes before both 0 and 1; it is one of 1 and 3 if 1 comes before 0
// and 2, or 3 does.
func sink(quads []quad, k key) {
	hole := &quads[0][rootPlace]
	for n := uint64(1); n < uint64(len(quads)); {
		q := &quads[n]
		upper := q[2].before(q[0])&q[2].before(q[1]) | q[3].before(q[0])&q[3].before(q[1])
		odd := q[1].before(q[0])&^q[2].before(q[1]) | q[3].before(q[0])&q[3].before(q[2])
		least := upper&2 | odd&1
		if q[least].before(k) == 0 {
			break
		}
		*hole = q[least]
		hole = &q[least]
		n = 4*n - 2 + least
	}
	*hole = k
}
