package main

import (
	"errors"
	"fmt"
	"io/fs"

	"failsim/scenario"
	"failsim/sim"
	"failsim/store"

	"github.com/spf13/cobra"
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
func tell(w *sim.World) []sim.RecordText { return w.Tell(0, len(w.Records())) }

// loadSeeded reads a scenario, prints what is doubtful about it, and settles the seed where the command line has none.
func (a *app) loadSeeded(cmd *cobra.Command, path string, seed *uint64) (*scenario.Scenario, error) {
	sc, err := load(path)
	if err != nil {
		return nil, err
	}
	settleSeed(cmd, sc, seed)
	a.warn(sc)
	return sc, nil
}

// settleSeed takes the scenario's seed where the command line has none.
func settleSeed(cmd *cobra.Command, sc *scenario.Scenario, seed *uint64) {
	if !cmd.Flags().Changed("seed") {
		*seed = sc.Run.Seed
	}
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
