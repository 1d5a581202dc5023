package experiment

import (
	"context"

	"failsim/sim"
)

// RunWithin is Run with tallies that are handed over when they have so many cells.
func RunWithin(cells int, cfg *sim.Config, opts Options, to Sink) error {
	p := newPlan(cfg, opts, to)
	p.mostCells = cells
	return p.run(context.Background())
}
