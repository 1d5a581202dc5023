package main

import (
	"context"
	"fmt"

	"failsim/experiment"
	"failsim/measure"
	"failsim/rows"
	"failsim/scenario"
	"failsim/sim"
	"failsim/store"
)

// chunkSource is where finished chunks lie: a run in progress, or the parts of a merge.
type chunkSource interface {
	Load(store.Chunk) ([]byte, error)
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
		stored, err := g.load(c)
		if err != nil {
			return err
		}
		if err := g.total.AddState(stored.State); err != nil {
			return fmt.Errorf("trials %d to %d: %w", c.From, c.To, err)
		}
		g.chunks = append(g.chunks, c)
	}
	return nil
}

func (g *gathering) load(c store.Chunk) (*experiment.Stored, error) {
	text, err := g.from.Load(c)
	if err != nil {
		return nil, err
	}
	stored, err := experiment.Decode(&g.sc.Config, text)
	if err != nil {
		return nil, fmt.Errorf("trials %d to %d: %w", c.From, c.To, err)
	}
	want := experiment.Range{From: c.From, To: c.To}
	if stored.Range != want || stored.Seed != g.seed || stored.Columns != len(g.total.Columns()) {
		return nil, fmt.Errorf("trials %d to %d: the chunk is of trials %d to %d of seed %d, with %d columns", c.From, c.To,
			stored.From, stored.To, stored.Seed, stored.Columns)
	}
	return stored, nil
}

// all gives every chunk that was added up, one at a time.
func (g *gathering) all() rows.Chunks {
	return func(yield func(*experiment.Stored, error) bool) {
		for _, c := range g.chunks {
			stored, err := g.load(c)
			if !yield(stored, err) || err != nil {
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
	opts := p.opts
	opts.Ranges = missing(done, from, to)
	err = experiment.Run(ctx, &p.sc.Config, opts, func(c *experiment.Chunk) error {
		text, err := c.Encode()
		if err != nil {
			return err
		}
		return p.partial.Save(store.Chunk{From: c.From, To: c.To}, text)
	})
	if err != nil {
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
