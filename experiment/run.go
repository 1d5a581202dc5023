// Package experiment plays many trials of one configuration in parallel.
//
// Trials come in chunks of 4,096 by absolute index. Workers play blocks of trials, a whole chunk where there are enough of
// them for all, and each folds its trials into a Tally of its own; what a chunk came to is handed over once all of it is
// played. A trial depends on its index alone and tallies are exact, so that chunks add up to the same result in any order, for
// any number of workers, and wherever they were played. This is the only package of failsim that starts goroutines for
// computing.
package experiment

import (
	"bytes"
	"cmp"
	"context"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"failsim/measure"
	"failsim/sim"
)

// ChunkSize is how many trials a chunk has; a range that begins or ends inside a chunk has a part of it.
const ChunkSize = 4096

// Range is the trials of index From to To-1.
type Range struct{ From, To int64 }

// Options say what to play and how.
type Options struct {
	Ranges []Range // ascending, apart from each other
	Seed   uint64
	// Workers is how many goroutines play; 0: one for each processor. It never changes the result.
	Workers int
	// Figures are those whose probabilities are counted: measure.NewTally's.
	Figures []measure.Figure
	// Keep, if set, is given the outage windows of the trials below Windows: those of some trials of a chunk that follow each other, each trial
	// once, before the chunk is finished. It is called from any of Run's goroutines, several at a time; what it is given is valid until
	// it returns, and its error ends the run.
	Keep    func(chunk Range, w *Windows) error
	Windows int64
	// Progress, if set, is told how many trials are done: about ten times a second, and once at the end if all of them
	// are. The calls come from the goroutine that called Run.
	Progress func(done int64)
}

const (
	blocksPerWorker  = 16 // at least, so that no worker waits long for the last
	progressInterval = 100 * time.Millisecond
)

// Run plays the trials and hands each finished chunk to take, from any of its goroutines and several at a time. It stops
// early when ctx ends, with the error of ctx; when take fails, with its error; and when a trial cannot be played or counted,
// with an error that names the first such trial.
func Run(ctx context.Context, cfg *sim.Config, opts Options, take func(*Chunk) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	p := newPlan(cfg, opts, take)
	if len(p.blocks) == 0 {
		return nil
	}
	defer context.AfterFunc(ctx, func() { p.cancelled.Store(true) })()
	workers := p.start()
	p.report(workers, opts.Progress)
	if err := ctx.Err(); err != nil && p.cancelled.Load() {
		return err
	}
	if err := firstError(workers); err != nil {
		return err
	}
	if opts.Progress != nil {
		opts.Progress(p.trials)
	}
	return nil
}

// Total plays the trials and adds them all up.
func Total(ctx context.Context, cfg *sim.Config, opts Options) (*measure.Tally, error) {
	total := measure.NewTally(cfg, opts.Figures...)
	var adding sync.Mutex
	err := Run(ctx, cfg, opts, func(c *Chunk) error {
		adding.Lock()
		defer adding.Unlock()
		total.Merge(c.Tally)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return total, nil
}

// Collect plays the trials and gives what is stored of each chunk, ascending, in memory. Keep is its own.
func Collect(ctx context.Context, cfg *sim.Config, opts Options) (all []*Stored, err error) {
	var adding sync.Mutex
	texts := map[Range]*bytes.Buffer{}
	text := func(r Range) *bytes.Buffer {
		if texts[r] == nil {
			texts[r] = &bytes.Buffer{}
		}
		return texts[r]
	}
	opts.Keep = func(chunk Range, w *Windows) error {
		adding.Lock()
		defer adding.Unlock()
		_, err := text(chunk).Write(w.Encode())
		return err
	}
	err = Run(ctx, cfg, opts, func(c *Chunk) error {
		adding.Lock()
		defer adding.Unlock()
		whole := text(c.Range)
		if err := c.Encode(whole); err != nil {
			return err
		}
		stored, err := Open(cfg, bytes.NewReader(whole.Bytes()), int64(whole.Len()))
		all = append(all, stored)
		return err
	})
	slices.SortFunc(all, func(a, b *Stored) int { return cmp.Compare(a.From, b.From) })
	return all, err
}

// plan is what the workers share.
type plan struct {
	cfg       *sim.Config
	world     *sim.World // laid out, and whose twins play
	opts      Options
	take      func(*Chunk) error
	trials    int64
	workers   int
	blocks    []block
	next      atomic.Int64 // the first block that no worker has taken
	cancelled atomic.Bool  // stop at once
	failed    atomic.Bool  // take no further block
	finished  chan struct{}
	// What finished chunks have left for others to use again: rows and empty tallies.
	idleRows, idleTallies sync.Pool
}

// block is trials that one worker plays in one go, all of one chunk.
type block struct {
	Range
	chunk *chunk
}

func newPlan(cfg *sim.Config, opts Options, take func(*Chunk) error) *plan {
	p := &plan{cfg: cfg, world: sim.NewWorld(cfg), opts: opts, take: take, workers: opts.Workers, finished: make(chan struct{})}
	if opts.Keep == nil {
		p.opts.Windows = 0
	}
	if p.workers <= 0 {
		p.workers = runtime.GOMAXPROCS(0)
	}
	for _, r := range opts.Ranges {
		p.trials += max(0, r.To-r.From)
	}
	size := max(1, min(ChunkSize, p.trials/int64(p.workers*blocksPerWorker)))
	for _, r := range opts.Ranges {
		for from := r.From; from < r.To; {
			to := min(r.To, (from/ChunkSize+1)*ChunkSize)
			p.split(&chunk{Range: Range{from, to}, left: to - from}, size)
			from = to
		}
	}
	p.workers = min(p.workers, max(1, len(p.blocks)))
	return p
}

// split cuts a chunk into blocks of a size.
func (p *plan) split(c *chunk, size int64) {
	for from := c.From; from < c.To; from += size {
		p.blocks = append(p.blocks, block{Range{from, min(from+size, c.To)}, c})
	}
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
