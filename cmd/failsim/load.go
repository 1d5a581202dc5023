package main

import (
	"errors"
	"fmt"
	"io/fs"

	"failsim/scenario"
	"failsim/sim"
	"failsim/store"
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

// loadFrom reads the scenario that results are of, as their manifest keeps it.
func loadFrom(dir string, m *store.Manifest) (*scenario.Scenario, error) {
	kept := &m.Scenario
	sc, err := scenario.Parse(kept.Name+".toml", []byte(kept.Text), func(name string) ([]byte, error) {
		content, ok := kept.Files[name]
		if !ok {
			return nil, fmt.Errorf("the manifest does not have it: %w", fs.ErrNotExist)
		}
		return []byte(content), nil
	})
	if err != nil {
		return nil, usageError{fmt.Errorf("%s: the scenario in its %s: %w", dir, store.ManifestName, err)}
	}
	if sc.Identity != kept.Identity {
		return nil, fmt.Errorf("%s: %w: this failsim (engine %d) reads its scenario otherwise than the one that wrote it (engine %d)",
			dir, store.ErrOtherRun, sim.Engine, m.Engine)
	}
	return sc, nil
}
