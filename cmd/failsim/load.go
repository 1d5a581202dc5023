package main

import (
	"errors"
	"fmt"

	"failsim/scenario"
	"failsim/sim"
)

// load reads a scenario. Whatever is wrong with it, the file itself included, is the user's to mend.
func load(path string) (*scenario.Scenario, error) {
	sc, err := scenario.Load(path)
	if _, mistakes := errors.AsType[scenario.Errors](err); err != nil && !mistakes {
		return nil, usageError{err}
	}
	return sc, err
}

// warn prints what is doubtful about a scenario.
func (a *app) warn(sc *scenario.Scenario) {
	for _, w := range sc.Warnings {
		fmt.Fprintf(a.stderr, "warning: %s\n", w)
	}
}

// replay plays one trial again, and remembers what happened.
func replay(cfg *sim.Config, seed, trial uint64) *sim.World {
	w := sim.NewWorld(cfg)
	w.Trace(true)
	w.Reset(seed, trial)
	w.RunUntil(cfg.End())
	return w
}

// tell puts what a World remembers into words.
func tell(w *sim.World) []sim.RecordText {
	records := w.Records()
	told := make([]sim.RecordText, len(records))
	for i, r := range records {
		told[i] = w.Describe(r)
	}
	return told
}
