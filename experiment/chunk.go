package experiment

import (
	"sync"
	"sync/atomic"
)

// Chunk is what the trials of a range came to, one by one.
type Chunk struct {
	Range
	Seed uint64
	// Rows has one row a trial, of as many numbers as a Tally has Columns.
	Rows    []int64
	Columns int
	// WindowTrials is how many of its first trials have had their outage windows given to the Sink.
	WindowTrials int64
}

// chunk is a Chunk in the making.
type chunk struct {
	Range

	left    atomic.Int64 // trials that nobody has handed over; below 0 once the chunk is being finished
	mutex   sync.Mutex
	columns int64
	rows    []int64 // by trial: workers write to their own
}

// open makes room for the rows, the first time.
func (c *chunk) open(p *plan, columns int64) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.rows != nil {
		return
	}
	c.columns = columns
	size := int((c.To - c.From) * c.columns)
	if rows, ok := p.idleRows.Get().(*[]int64); ok && cap(*rows) >= size {
		c.rows = (*rows)[:size]
	} else {
		c.rows = make([]int64, size)
	}
}

func (c *chunk) row(trial int64) []int64 {
	at := (trial - c.From) * c.columns
	return c.rows[at : at+c.columns]
}

// finish gives the chunk away and frees it, if all of it was handed over and nobody else does so.
func (c *chunk) finish(p *plan) (err error) {
	if !c.left.CompareAndSwap(0, -1) {
		return nil
	}
	if p.to.Chunk != nil {
		err = p.to.Chunk(&Chunk{
			Range: c.Range, Seed: p.opts.Seed, Rows: c.rows, Columns: int(c.columns),
			WindowTrials: max(0, min(c.To, p.opts.Windows)-c.From),
		})
	}
	p.idleRows.Put(&c.rows)
	c.rows = nil
	return err
}
