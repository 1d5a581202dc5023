package experiment

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"sync/atomic"

	"failsim/measure"
	"failsim/sim"
)

// worker plays blocks of trials one after the other.
type worker struct {
	plan    *plan
	world   *sim.World
	tally   *measure.Tally // nil between chunks
	chunk   *chunk         // whose trials the tally holds; nil: none
	columns int64          // of a row
	windows Windows        // that were not handed over yet
	err     error          // what ended the worker, in the trial `trial`

	// What is written at every trial stays off the cache lines of other workers.
	_     [128]byte
	trial int64 // the one being played
	done  atomic.Int64
	_     [128]byte
}

// work plays blocks until none is left. After a failure elsewhere it still finishes its block: blocks are taken in order,
// so the first trial that fails is found whatever the number of workers.
func (w *worker) work() {
	p := w.plan
	// Made here, so that the allocator places them apart from those of other workers.
	w.world, w.tally = p.world.Twin(), measure.NewTally(p.cfg, p.opts.Figures...)
	w.columns = int64(len(w.tally.Columns()))
	for w.err == nil && !p.failed.Load() && !p.cancelled.Load() {
		next := p.next.Add(1) - 1
		if next >= int64(len(p.blocks)) {
			w.err = w.handOver()
			break
		}
		if w.err = w.playBlock(&p.blocks[next]); w.err != nil {
			break
		}
	}
	if w.err != nil {
		p.failed.Store(true)
	}
}

// emptyTally takes one that a chunk has left, or makes one.
func (p *plan) emptyTally() *measure.Tally {
	if t, ok := p.idleTallies.Get().(*measure.Tally); ok {
		return t
	}
	return measure.NewTally(p.cfg, p.opts.Figures...)
}

// playBlock plays a block, and hands over first what the tally holds of another chunk.
func (w *worker) playBlock(b *block) error {
	if w.chunk != b.chunk {
		if err := w.handOver(); err != nil {
			return err
		}
		w.chunk = b.chunk
		w.chunk.open(w.plan, w.columns)
		if w.tally == nil {
			w.tally = w.plan.emptyTally()
		}
	}
	if err := w.play(b); err != nil {
		return err
	}
	if w.tally.Trials() == w.chunk.To-w.chunk.From {
		return w.handOver() // nobody else has a part of it
	}
	return nil
}

// play plays the trials of a block. A panic becomes an error that names the trial.
func (w *worker) play(b *block) (err error) {
	p := w.plan
	defer func() {
		if cause := recover(); cause != nil {
			err = panicError(p.opts.Seed, w.trial, cause)
		}
	}()
	end := p.cfg.End()
	for w.trial = b.From; w.trial < b.To; w.trial++ {
		if p.cancelled.Load() {
			return nil
		}
		w.world.Reset(p.opts.Seed, uint64(w.trial))
		w.world.RunUntil(end)
		outcome := w.world.Outcome()
		if err := w.tally.AddRow(outcome, b.chunk.row(w.trial)); err != nil {
			return err
		}
		if w.trial < p.opts.Windows {
			w.windows.Add(w.trial, outcome.Windows)
		}
		if len(w.windows.packed) >= pieceSize || w.trial == b.To-1 {
			if err := w.keepWindows(b.chunk); err != nil {
				return err
			}
		}
		w.done.Add(1)
		if w.tally.Trials()%trialsPerLook == 0 && w.tally.Cells() > p.mostCells {
			if err := w.spill(); err != nil {
				return err
			}
		}
	}
	return nil
}

// How many cells a worker's tally has before it is handed over, 24 bytes each at most; and after how many trials it is looked at. The
// fewer they are, the more often a cell goes to storage and back.
const (
	mostCells     = 1_700_000
	trialsPerLook = 16
)

// pieceSize is about how many bytes of outage windows a worker holds: a chunk can have gigabytes.
const pieceSize = 1 << 20

// keepWindows hands over the windows that the worker holds.
func (w *worker) keepWindows(c *chunk) error {
	if w.windows.Trials == 0 {
		return nil
	}
	err := w.plan.to.Windows(c.Range, &w.windows)
	w.windows.reset()
	return err
}

// handOver gives what the tally holds to its chunk, and the chunk away once it is whole.
func (w *worker) handOver() error {
	c := w.chunk
	if c == nil || w.plan.cancelled.Load() {
		return nil
	}
	w.chunk = nil
	if !c.add(w) {
		return nil
	}
	w.trial = c.From // an error is of this chunk
	return c.finish(w.plan)
}

// spill gives away what the tally holds, and frees its memory.
func (w *worker) spill() error {
	if err := w.plan.give(w.chunk.Range, w.tally); err != nil {
		return err
	}
	w.chunk.without(w.tally.Trials())
	w.tally = measure.NewTally(w.plan.cfg, w.plan.opts.Figures...)
	return nil
}

// panicError turns a panic into an error. A broken invariant says what it is; a fault of the program needs its stack.
func panicError(seed uint64, trial int64, cause any) error {
	err := fmt.Errorf("trial %d of seed %d: panic: %v", trial, seed, cause)
	if _, ok := cause.(runtime.Error); ok {
		return fmt.Errorf("%w\n%s", err, debug.Stack())
	}
	return err
}

// firstError gives the error of the lowest trial.
func firstError(workers []*worker) error {
	var first *worker
	for _, w := range workers {
		if w.err != nil && (first == nil || w.trial < first.trial) {
			first = w
		}
	}
	if first == nil {
		return nil
	}
	return first.err
}
