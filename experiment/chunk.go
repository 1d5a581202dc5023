package experiment

import (
	"slices"
	"sync"

	"failsim/measure"
	"failsim/sim"
)

// Chunk is what the trials of a range came to. It is valid until the call that it was given to returns.
type Chunk struct {
	Range
	Seed  uint64
	Tally *measure.Tally
	// Rows has one row a trial, of as many numbers as the Tally has Columns.
	Rows []int64
	// Windows are the outage windows of node groups of those trials that were asked for, in the order of trials.
	Windows []Window
}

// Window is an outage window of a node group in a trial.
type Window struct {
	Trial int64
	sim.OutageWindow
}

// chunk is a Chunk in the making.
type chunk struct {
	Range

	mutex   sync.Mutex
	left    int64 // trials that nobody has handed over
	columns int64
	tally   *measure.Tally
	// rows and windows are by trial: workers write to their own.
	rows    []int64
	windows [][]sim.OutageWindow
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
	if c.From < p.opts.Windows {
		c.windows = make([][]sim.OutageWindow, min(c.To, p.opts.Windows)-c.From)
	}
}

func (c *chunk) row(trial int64) []int64 {
	at := (trial - c.From) * c.columns
	return c.rows[at : at+c.columns]
}

// keepWindows copies the windows of node groups; those of groups and of the fleet follow from them.
func (c *chunk) keepWindows(trial int64, windows []sim.OutageWindow) {
	kept := make([]sim.OutageWindow, 0, len(windows))
	for i := range windows {
		if windows[i].NodeGroup >= 0 {
			kept = append(kept, windows[i])
		}
	}
	c.windows[trial-c.From] = slices.Clip(kept)
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
	done := &Chunk{Range: c.Range, Seed: p.opts.Seed, Tally: c.tally, Rows: c.rows}
	for i, windows := range c.windows {
		for _, w := range windows {
			done.Windows = append(done.Windows, Window{c.From + int64(i), w})
		}
	}
	err := p.take(done)
	c.tally.Reset()
	p.idleTallies.Put(c.tally)
	p.idleRows.Put(&c.rows)
	c.tally, c.rows, c.windows = nil, nil, nil
	return err
}
