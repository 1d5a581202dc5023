// Package experiment plays many trials of one configuration in parallel.
//
// Workers take chunks of trials by absolute index, and each folds its trials into a Tally of its own; the tallies are
// merged at the end. A trial depends on its index alone and tallies are exact, so the result is the same for any number of
// workers and any order. This is the only package of failsim that starts goroutines for computing.
package experiment

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"failsim/measure"
	"failsim/sim"
)

// Options say how much to play and how.
type Options struct {
	// Trials is how many are played: those of index 0 to Trials-1.
	Trials int64
	Seed   uint64
	// Workers is how many goroutines play; 0: one for each processor. It never changes the result.
	Workers int
	// Figures are those whose probabilities are counted: measure.NewTally's.
	Figures []measure.Figure
	// Progress, if set, is told how many trials are done: about ten times a second, and once at the end if all of them
	// are. The calls come from the goroutine that called Run.
	Progress func(done int64)
}

const (
	largestChunk     = 4096
	chunksPerWorker  = 16 // at least, so that no worker waits long for the last
	progressInterval = 100 * time.Millisecond
)

// Run plays the trials and adds them up. It stops early when ctx ends, with the error of ctx; and when a trial cannot be
// played or counted, with an error that names the first such trial.
func Run(ctx context.Context, cfg *sim.Config, opts Options) (*measure.Tally, error) {
	if opts.Trials < 0 {
		return nil, fmt.Errorf("%d trials: at least 0 are needed", opts.Trials)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	p := newPlan(cfg, opts)
	defer context.AfterFunc(ctx, func() { p.cancelled.Store(true) })()
	workers := p.start()
	p.report(workers, opts.Progress)
	if err := ctx.Err(); err != nil && p.cancelled.Load() {
		return nil, err
	}
	if err := firstError(workers); err != nil {
		return nil, err
	}
	if opts.Progress != nil {
		opts.Progress(opts.Trials)
	}
	total := workers[0].tally
	for _, w := range workers[1:] {
		total.Merge(w.tally)
	}
	return total, nil
}

// plan is what the workers share.
type plan struct {
	cfg           *sim.Config
	figures       []measure.Figure
	seed          uint64
	trials, chunk int64
	workers       int
	next          atomic.Int64 // the first trial that no worker has taken
	cancelled     atomic.Bool  // stop at once
	failed        atomic.Bool  // take no further chunk
	finished      chan struct{}
}

func newPlan(cfg *sim.Config, opts Options) *plan {
	p := &plan{
		cfg: cfg, figures: opts.Figures, seed: opts.Seed, trials: opts.Trials, workers: opts.Workers,
		finished: make(chan struct{}),
	}
	if p.workers <= 0 {
		p.workers = runtime.GOMAXPROCS(0)
	}
	p.chunk = max(1, min(largestChunk, p.trials/int64(p.workers*chunksPerWorker)))
	p.workers = int(max(1, min(int64(p.workers), p.trials)))
	return p
}

// start lets the workers play, and closes finished when all have ended.
func (p *plan) start() []*worker {
	workers := make([]*worker, p.workers)
	var running sync.WaitGroup
	for i := range workers {
		workers[i] = &worker{plan: p}
		running.Go(workers[i].work)
	}
	go func() {
		running.Wait()
		close(p.finished)
	}()
	return workers
}

// report tells the progress until all workers have ended.
func (p *plan) report(workers []*worker, progress func(done int64)) {
	if progress == nil {
		<-p.finished
		return
	}
	ticker := time.NewTicker(progressInterval)
	defer ticker.Stop()
	for {
		select {
		case <-p.finished:
			return
		case <-ticker.C:
			var done int64
			for _, w := range workers {
				done += w.done.Load()
			}
			progress(done)
		}
	}
}

// worker plays trials one after the other.
type worker struct {
	plan  *plan
	world *sim.World
	tally *measure.Tally
	err   error // what ended the worker, in the trial `trial`

	// What is written at every trial stays off the cache lines of other workers.
	_     [128]byte
	trial int64 // the one being played
	done  atomic.Int64
	_     [128]byte
}

// work plays chunks until none is left. After a failure elsewhere it still finishes its chunk: chunks are taken in order,
// so the first trial that fails is found whatever the number of workers.
func (w *worker) work() {
	p := w.plan
	// Made here, so that the allocator places them apart from those of other workers.
	w.world, w.tally = sim.NewWorld(p.cfg), measure.NewTally(p.cfg, p.figures...)
	for w.err == nil && !p.failed.Load() && !p.cancelled.Load() {
		from := p.next.Add(p.chunk) - p.chunk
		if from >= p.trials {
			return
		}
		if w.err = w.play(from, min(from+p.chunk, p.trials)); w.err != nil {
			p.failed.Store(true)
		}
	}
}

// play plays the trials from `from` up to, but without, `to`. A panic becomes an error that names the trial.
func (w *worker) play(from, to int64) (err error) {
	p := w.plan
	defer func() {
		if cause := recover(); cause != nil {
			err = panicError(p.seed, w.trial, cause)
		}
	}()
	end := p.cfg.End()
	for w.trial = from; w.trial < to && !p.cancelled.Load(); w.trial++ {
		w.world.Reset(p.seed, uint64(w.trial))
		w.world.RunUntil(end)
		if err := w.tally.Add(w.world.Outcome()); err != nil {
			return err
		}
		w.done.Add(1)
	}
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
