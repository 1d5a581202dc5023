package experiment

import (
	"sync"

	"failsim/measure"
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

	mutex   sync.Mutex
	left    int64 // trials that nobody has handed over
	workers int   // who play some of it now
	columns int64
	tally   *measure.Tally
	rows    []int64 // by trial: workers write to their own
}

// open is when a worker begins to play some of the chunk. It makes room for the rows, the first time.
func (c *chunk) open(p *plan, columns int64) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.workers++
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

// add takes up what a worker has of the chunk, and tells whether that was the last of it. The first worker's tally becomes that of the
// chunk.
func (c *chunk) add(w *worker) (whole bool) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.left -= w.tally.Trials()
	c.workers--
	if c.tally == nil {
		c.tally, w.tally = w.tally, nil
	} else {
		c.tally.Merge(w.tally)
		w.tally.Reset()
	}
	return c.left == 0 && c.workers == 0
}

// without tells the chunk that the Sink has got what so many of its trials add up to.
func (c *chunk) without(trials int64) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.left -= trials
}

// finish gives the whole chunk away and frees it.
func (c *chunk) finish(p *plan) error {
	err := p.give(c.Range, c.tally)
	if err == nil && p.to.Chunk != nil {
		err = p.to.Chunk(&Chunk{
			Range: c.Range, Seed: p.opts.Seed, Rows: c.rows, Columns: int(c.columns),
			WindowTrials: max(0, min(c.To, p.opts.Windows)-c.From),
		})
	}
	c.tally.Reset()
	p.idleTallies.Put(c.tally)
	p.idleRows.Put(&c.rows)
	c.tally, c.rows = nil, nil
	return err
}

// give lets the Sink have what some trials of a chunk add up to.
func (p *plan) give(chunk Range, t *measure.Tally) error {
	if p.to.Tally == nil || t.Trials() == 0 {
		return nil
	}
	return p.to.Tally(chunk, t)
}
