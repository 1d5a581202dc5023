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
	p := newPlan(&sim.Config{}, Options{Trials: 1e12, Workers: 1})
	p.cancelled.Store(true)
	w := &worker{plan: p, world: sim.NewWorld(p.cfg), tally: measure.NewTally(p.cfg)}
	if err := w.play(0, 1e12); err != nil || w.tally.Trials() != 0 {
		t.Errorf("%d trials, %v", w.tally.Trials(), err)
	}
}

func TestChunksKeepEveryWorkerBusy(t *testing.T) {
	cases := []struct {
		trials  int64
		workers int
		chunk   int64
		used    int
	}{
		{0, 2, 1, 1},
		{3, 8, 1, 3},
		{1000, 2, 31, 2}, // 1,000 / (2 x 16)
		{1e6, 2, 4096, 2},
	}
	for _, c := range cases {
		p := newPlan(&sim.Config{}, Options{Trials: c.trials, Workers: c.workers})
		if p.chunk != c.chunk || p.workers != c.used {
			t.Errorf("%d trials, %d workers: chunks of %d, %d used", c.trials, c.workers, p.chunk, p.workers)
		}
	}
}
