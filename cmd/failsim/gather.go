package main

import (
	"context"
	"fmt"
	"sync"

	"failsim/experiment"
	"failsim/measure"
	"failsim/rows"
	"failsim/scenario"
	"failsim/sim"
	"failsim/store"
)

// chunkSource is where finished chunks lie: a run in progress, or the parts of a merge.
type chunkSource interface {
	Load(store.Chunk) (*store.KeptChunk, error)
}

// gathering adds finished chunks up, and goes through them again for the files that have a row for each trial.
type gathering struct {
	sc     *scenario.Scenario
	seed   uint64
	from   chunkSource
	chunks []store.Chunk // those added up so far, ascending
	total  *measure.Tally
}

func newGathering(sc *scenario.Scenario, seed uint64, from chunkSource, figures []measure.Figure) *gathering {
	return &gathering{sc: sc, seed: seed, from: from, total: measure.NewTally(&sc.Config, figures...)}
}

// add takes up chunks, which go on where the last one ended.
func (g *gathering) add(chunks []store.Chunk) error {
	for _, c := range chunks {
		err := g.with(c, func(stored *experiment.Stored) error { return stored.AddTo(g.total) })
		if err != nil {
			return err
		}
		g.chunks = append(g.chunks, c)
	}
	return nil
}

// with opens a chunk for a use.
func (g *gathering) with(c store.Chunk, use func(*experiment.Stored) error) error {
	kept, err := g.from.Load(c)
	if err != nil {
		return err
	}
	defer kept.Close()
	stored, err := experiment.Open(&g.sc.Config, kept, kept.Size())
	if err != nil {
		return fmt.Errorf("trials %d to %d: %w", c.From, c.To, err)
	}
	want := experiment.Range{From: c.From, To: c.To}
	if stored.Range != want || stored.Seed != g.seed || stored.Columns != len(g.total.Columns()) {
		return fmt.Errorf("trials %d to %d: the chunk is of trials %d to %d of seed %d, with %d columns", c.From, c.To,
			stored.From, stored.To, stored.Seed, stored.Columns)
	}
	if err := use(stored); err != nil {
		return fmt.Errorf("trials %d to %d: %w", c.From, c.To, err)
	}
	return nil
}

// all gives every chunk that was added up, one at a time.
func (g *gathering) all() rows.Chunks {
	return func(yield func(*experiment.Stored, error) bool) {
		for _, c := range g.chunks {
			more := true
			err := g.with(c, func(stored *experiment.Stored) error {
				more = yield(stored, nil)
				return nil
			})
			if err != nil {
				yield(nil, err)
				return
			}
			if !more {
				return
			}
		}
	}
}

// figuresOf lists the figures that a run has to count for.
func figuresOf(sc *scenario.Scenario, precision *measure.Precision) (figures []measure.Figure) {
	for _, t := range sc.Thresholds {
		figures = append(figures, t.Figure)
	}
	if precision != nil {
		figures = append(figures, precision.Figure)
	}
	return figures
}

// player plays what is missing of a run in progress.
type player struct {
	sc      *scenario.Scenario
	opts    experiment.Options
	partial *store.Partial
	*gathering
}

// upTo plays the missing trials of a range, and adds all of it up.
func (p *player) upTo(ctx context.Context, from, to int64) error {
	done, err := p.done(from, to)
	if err != nil {
		return err
	}
	keeper := &keeper{partial: p.partial, open: map[experiment.Range]*store.NewChunk{}}
	defer keeper.drop()
	opts := p.opts
	opts.Ranges = missing(done, from, to)
	if err := experiment.Run(ctx, &p.sc.Config, opts, experiment.Storing(keeper.section)); err != nil {
		return err
	}
	if done, err = p.done(from, to); err != nil {
		return err
	}
	if left := missing(done, from, to); len(left) > 0 {
		return fmt.Errorf("trials %d to %d were kept and are gone", left[0].From, left[0].To)
	}
	return p.add(done)
}

// keeper writes chunks while their trials are played.
type keeper struct {
	partial *store.Partial
	mutex   sync.Mutex
	open    map[experiment.Range]*store.NewChunk
}

// file gives that of a chunk, begun if need be.
func (k *keeper) file(r experiment.Range) (*store.NewChunk, error) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if file, begun := k.open[r]; begun {
		return file, nil
	}
	file, err := k.partial.Begin(store.Chunk{From: r.From, To: r.To})
	if err == nil {
		k.open[r] = file
	}
	return file, err
}

// section writes a section of a chunk, which the last one ends.
func (k *keeper) section(r experiment.Range, text []byte, last bool) error {
	file, err := k.file(r)
	if err != nil {
		return err
	}
	if _, err := file.Write(text); err != nil || !last {
		return err
	}
	k.mutex.Lock()
	delete(k.open, r)
	k.mutex.Unlock()
	return file.Keep()
}

// drop gives up the chunks that were not finished.
func (k *keeper) drop() {
	for _, file := range k.open {
		file.Drop()
	}
}

// done lists the finished chunks within a range.
func (p *player) done(from, to int64) (within []store.Chunk, err error) {
	chunks, err := p.partial.Chunks()
	for _, c := range chunks {
		if from <= c.From && c.To <= to {
			within = append(within, c)
		}
	}
	return within, err
}

// missing gives the trials of a range that no chunk has; chunks are ascending and apart from each other.
func missing(done []store.Chunk, from, to int64) (ranges []experiment.Range) {
	for _, c := range done {
		if from < c.From {
			ranges = append(ranges, experiment.Range{From: from, To: c.From})
		}
		from = c.To
	}
	if from < to {
		ranges = append(ranges, experiment.Range{From: from, To: to})
	}
	return ranges
}

// manifest says what ran.
func manifest(sc *scenario.Scenario, seed uint64, e *extent, outages string) store.Manifest {
	m := store.Manifest{
		Failsim:    version,
		Engine:     sim.Engine,
		Scenario:   store.Scenario{Name: sc.Name, Identity: sc.Identity, Text: string(sc.Text), Files: sc.Files},
		Seed:       seed,
		Trials:     e.trials,
		Part:       e.part,
		Outages:    outages,
		Confidence: sc.Run.Confidence,
	}
	if e.precision != nil {
		m.Precision, m.MaxTrials = e.precision.String(), e.trials
	}
	return m
}
