package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"failsim/sim"
	"failsim/store"

	"github.com/spf13/cobra"
)

// mergeFlags are the flags of merge.
type mergeFlags struct {
	out    string
	update bool
	show   showFlags
}

func (a *app) mergeCommand() *cobra.Command {
	f := &mergeFlags{}
	cmd := &cobra.Command{
		Use:   "merge PART... -o DIR",
		Short: "Put the results of parts of the trials together",
		Long: `Put the results of parts of the trials together, as run --shard, or run --trials-from and --trials-to, left them. The parts
may come in any order and from machines of any kind. DIR then has the bytes of one run of all trials.

Parts of another scenario, seed, engine or --outages are refused, and so are parts that leave trials out or have them twice.`,
		Example: `  failsim run mine.toml --trials 1000000 --shard 0/2 -o part0
  failsim run mine.toml --trials 1000000 --shard 1/2 -o part1
  failsim merge part0 part1 -o results/mine`,
		Args: wants(1, math.MaxInt),
	}
	flags := cmd.Flags()
	flags.StringVarP(&f.out, "out", "o", "", "folder for the results (required)")
	flags.BoolVar(&f.update, "update", false, "replace results of another run")
	f.show.add(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if f.out == "" {
			return usagef("merge: want a folder for the results: -o DIR")
		}
		if err := f.show.check(cmd); err != nil {
			return err
		}
		ctx, stop := interruptible(cmd.Context())
		defer stop()
		return a.merge(ctx, args, f)
	}
	return cmd
}

func (a *app) merge(ctx context.Context, dirs []string, f *mergeFlags) error {
	begun := time.Now()
	parts, err := store.OpenParts(dirs)
	if err != nil {
		return err
	}
	m := parts.Manifest
	if m.Engine != sim.Engine || m.Failsim != version {
		return fmt.Errorf("%s %w: failsim %s with engine %d played it; this is failsim %s with engine %d", parts.Dir,
			store.ErrOtherRun, m.Failsim, m.Engine, version, sim.Engine)
	}
	sc, err := loadFrom(parts.Dir, m)
	if err != nil {
		return err
	}
	all := extent{trials: m.Trials}
	r := &results{
		manifest:  manifest(sc, m.Seed, &all, m.Outages),
		gathering: newGathering(sc, m.Seed, parts, figuresOf(sc, nil)),
		begun:     begun,
	}
	if err := store.Check(f.out, r.manifest, f.update); err != nil {
		return err
	}
	partial, err := store.Open(f.out, jobOf(&r.manifest, &all), store.How{Replace: f.update})
	if err != nil {
		return err
	}
	defer partial.Close()
	if err := a.putTogether(ctx, r, parts, f.out); err != nil {
		return errors.Join(err, partial.Discard())
	}
	return a.show(r.summary, &f.show)
}

// putTogether adds all parts up and writes the results.
func (a *app) putTogether(ctx context.Context, r *results, parts *store.Parts, out string) error {
	for _, c := range parts.Chunks() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := r.add([]store.Chunk{c}); err != nil {
			return err
		}
	}
	summary := r.total.Summary(infoOf(r.sc, r.seed))
	r.summary = &summary
	return r.write(ctx, out)
}
