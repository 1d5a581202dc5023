// Package experiment plays many trials of one configuration in parallel.
//
// Trials come in chunks of 4,096 by absolute index. Workers play blocks of trials, a whole chunk where there are enough of
// them for all, and each folds its trials into a Tally of its own; what a chunk came to is handed over once all of it is
// played; a Tally that grows large is handed over before. A trial depends on its index alone and tallies are exact, so that chunks add
// up to the same result in any order, for any number of workers, and wherever they were played. No other package plays trials in
// goroutines of its own.
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
	// Windows is of how many trials, from 0 on, the Sink gets the outage windows.
	Windows int64
	// Progress, if set, is told how many trials are done: about ten times a second, and once at the end if all of them
	// are. The calls come from the goroutine that called Run.
	Progress func(done int64)
}

// Sink is where results go. Its functions are called from any of Run's goroutines, several at a time; what they are given is valid
// until they return, and an error of theirs ends the run. Those that are nil are not called.
type Sink struct {
	// Windows gets the outage windows of some trials of a chunk that follow each other; each trial once, before the chunk is whole.
	Windows func(chunk Range, w *Windows) error
	// Tally gets what some trials of a chunk add up to; each trial once, before the chunk is whole.
	Tally func(chunk Range, t *measure.Tally) error
	// Chunk gets what each trial of a whole chunk came to.
	Chunk func(c *Chunk) error
}

const (
	blocksPerWorker  = 16 // at least, so that no worker waits long for the last
	progressInterval = 100 * time.Millisecond
)

// Run plays the trials. It stops early when ctx ends, with the error of ctx; when the Sink fails, with its error; and when a trial
// cannot be played or counted, with an error that names the first such trial.
func Run(ctx context.Context, cfg *sim.Config, opts Options, to Sink) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return newPlan(cfg, opts, to).run(ctx)
}

func (p *plan) run(ctx context.Context) error {
	if len(p.blocks) == 0 {
		return nil
	}
	defer context.AfterFunc(ctx, func() { p.cancelled.Store(true) })()
	workers := p.start()
	p.report(workers, p.opts.Progress)
	if err := ctx.Err(); err != nil && p.cancelled.Load() {
		return err
	}
	if err := firstError(workers); err != nil {
		return err
	}
	if p.opts.Progress != nil {
		p.opts.Progress(p.trials)
	}
	return nil
}

// Total plays the trials and adds them all up.
func Total(ctx context.Context, cfg *sim.Config, opts Options) (*measure.Tally, error) {
	total := measure.NewTally(cfg, opts.Figures...)
	var adding sync.Mutex
	err := Run(ctx, cfg, opts, Sink{Tally: func(_ Range, t *measure.Tally) error {
		adding.Lock()
		defer adding.Unlock()
		total.Merge(t)
		return nil
	}})
	if err != nil {
		return nil, err
	}
	return total, nil
}

// Collect plays the trials and gives what is stored of each chunk, ascending, in memory.
func Collect(ctx context.Context, cfg *sim.Config, opts Options) (all []*Stored, err error) {
	var adding sync.Mutex
	texts := map[Range][]byte{}
	err = Run(ctx, cfg, opts, Storing(func(chunk Range, section []byte, last bool) error {
		adding.Lock()
		defer adding.Unlock()
		text := append(texts[chunk], section...)
		texts[chunk] = text
		if !last {
			return nil
		}
		stored, err := Open(cfg, bytes.NewReader(text), int64(len(text)))
		all = append(all, stored)
		return err
	}))
	slices.SortFunc(all, func(a, b *Stored) int { return cmp.Compare(a.From, b.From) })
	return all, err
}

// plan is what the workers share.
type plan struct {
	cfg       *sim.Config
	world     *sim.World // laid out, and whose twins play
	opts      Options
	to        Sink
	mostCells int // of a worker's tally, before it is handed over
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

func newPlan(cfg *sim.Config, opts Options, to Sink) *plan {
	p := &plan{
		cfg: cfg, world: sim.NewWorld(cfg), opts: opts, to: to, mostCells: mostCells, workers: opts.Workers, finished: make(chan struct{}),
	}
	if to.Windows == nil {
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
