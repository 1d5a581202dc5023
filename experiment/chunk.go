package experiment

import (
	"sync"

	"failsim/measure"
)

// Chunk is what the trials of a range came to. It is valid until the call that it was given to returns.
type Chunk struct {
	Range
	Seed  uint64
	Tally *measure.Tally
	// Rows has one row a trial, of as many numbers as the Tally has Columns.
	Rows []int64
	// WindowTrials is how many of its first trials have their outage windows kept: Options.Keep was called for all of them.
	WindowTrials int64
}

// chunk is a Chunk in the making.
type chunk struct {
	Range

	mutex   sync.Mutex
	left    int64 // trials that nobody has handed over
	columns int64
	tally   *measure.Tally
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

// add takes up what a worker has of the chunk, and tells whether that was the last of it. The first worker's tally becomes
// that of the chunk.
func (c *chunk) add(w *worker) (whole bool) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.tally == nil {
		c.tally, w.tally = w.tally, nil
	} else {
		c.tally.Merge(w.tally)
		w.tally.Reset()
	}
	c.left -= w.held
	return c.left == 0
}

// finish gives the whole chunk away and frees it.
func (c *chunk) finish(p *plan) error {
	done := &Chunk{
		Range: c.Range, Seed: p.opts.Seed, Tally: c.tally, Rows: c.rows, WindowTrials: max(0, min(c.To, p.opts.Windows)-c.From),
	}
	err := p.take(done)
	c.tally.Reset()
	p.idleTallies.Put(c.tally)
	p.idleRows.Put(&c.rows)
	c.tally, c.rows = nil, nil
	return err
}
