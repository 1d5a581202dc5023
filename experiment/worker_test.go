package experiment

import (
	"errors"
	"testing"

	"failsim/measure"
	"failsim/sim"
)

func TestErrorIsThatOfTheLowestTrial(t *testing.T) {
	first, later := errors.New("first"), errors.New("later")
	workers := []*worker{{trial: 7}, {trial: 5, err: later}, {trial: 2, err: first}, {trial: 9, err: later}}
	if err := firstError(workers); !errors.Is(err, first) {
		t.Errorf("got %v", err)
	}
	if err := firstError(workers[:1]); err != nil {
		t.Errorf("got %v", err)
	}
}

func TestCancelledWorkerPlaysNoFurtherTrial(t *testing.T) {
	p := newPlan(&sim.Config{}, Options{Ranges: []Range{{0, 4096}}, Workers: 1}, Sink{})
	p.cancelled.Store(true)
	w := &worker{plan: p, world: sim.NewWorld(p.cfg), tally: measure.NewTally(p.cfg)}
	if err := w.playBlock(&p.blocks[0]); err != nil || w.tally.Trials() != 0 {
		t.Errorf("%d trials, %v", w.tally.Trials(), err)
	}
}

func TestBlocksKeepEveryWorkerBusy(t *testing.T) {
	cases := []struct {
		from, to       int64
		workers        int
		blocks, chunks int
		used           int
	}{
		{0, 0, 2, 0, 0, 1},
		{0, 3, 8, 3, 1, 3},
		{0, 1000, 2, 33, 1, 2}, // of 1,000 / (2 x 16) = 31 trials
		{0, 1e6, 2, 245, 245, 2},
		{4000, 4200, 1, 17, 2, 1}, // of 200/16 = 12 trials: 96 up to the end of the chunk, and 104
	}
	for _, c := range cases {
		p := newPlan(&sim.Config{}, Options{Ranges: []Range{{c.from, c.to}}, Workers: c.workers}, Sink{})
		chunks := map[*chunk]bool{}
		next := c.from
		for _, b := range p.blocks {
			chunks[b.chunk] = true
			if b.From != next || b.From/ChunkSize != (b.To-1)/ChunkSize || b.From < b.chunk.From || b.To > b.chunk.To {
				t.Errorf("%+v: block %d to %d of chunk %d to %d", c, b.From, b.To, b.chunk.From, b.chunk.To)
			}
			next = b.To
		}
		if next != c.to || len(p.blocks) != c.blocks || len(chunks) != c.chunks || p.workers != c.used {
			t.Errorf("%+v: %d blocks of %d chunks up to %d, %d workers", c, len(p.blocks), len(chunks), next, p.workers)
		}
	}
}
