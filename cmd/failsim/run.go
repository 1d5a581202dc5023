package main

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
	"time"

	"failsim/experiment"
	"failsim/measure"
	"failsim/report"
	"failsim/scenario"
	"failsim/sim"
	"failsim/store"
	"failsim/words"

	"github.com/spf13/cobra"
)

const (
	mostTrials    = 1_000_000_000
	mostWorkers   = 1024
	timelineLines = 10_000
)

// runFlags are the flags of run.
type runFlags struct {
	trials              int64
	seed                uint64
	workers             int
	out, color, by      string
	update, json, quiet bool
}

func (a *app) runCommand() *cobra.Command {
	f := &runFlags{}
	cmd := &cobra.Command{
		Use:   "run SCENARIO",
		Short: "Play a scenario many times and report the outages",
		Long: `Play a scenario many times and report how long writes and reads were impossible, with what probability,
and what that rests on. The results go to a folder, whole or not at all: manifest.json (what ran), summary.json (every
figure), timeline.txt (trial 0, event by event). A folder that holds results of another scenario, seed or number of
trials is replaced only with --update; one that holds anything else, never.

The same scenario, seed and trials give the same bytes on any machine, with any number of workers.`,
		Example: `  failsim run scenarios/game-day.toml
  failsim run mine.toml --trials 200000 -o /tmp/mine
  failsim run mine.toml --json | jq '.metrics[0].quantiles.p99'`,
		Args: wants(1, 1),
	}
	flags := cmd.Flags()
	flags.Int64Var(&f.trials, "trials", 0, "number of trials (default: the scenario's)")
	flags.Uint64Var(&f.seed, "seed", 0, "seed of all randomness (default: the scenario's)")
	flags.IntVar(&f.workers, "workers", runtime.GOMAXPROCS(0), "trials played at a time; never changes results")
	flags.StringVarP(&f.out, "out", "o", "", "folder for the results (default: results/<name>)")
	flags.BoolVar(&f.update, "update", false, "replace results of another run")
	flags.BoolVar(&f.json, "json", false, "print summary.json in place of the table")
	flags.BoolVar(&f.quiet, "quiet", false, "print no table, no warnings and no progress")
	flags.StringVar(&f.color, "color", "auto", "color: auto, always or never")
	flags.StringVar(&f.by, "by", "", "also show write_outage by: group")
	flags.Lookup("workers").DefValue = "one for each processor"
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		sc, err := load(args[0])
		if err != nil {
			return err
		}
		if err := f.settle(cmd, sc); err != nil {
			return err
		}
		// Ctrl-C ends the run before anything is written; a second one kills it.
		ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		context.AfterFunc(ctx, stop)
		if !f.quiet {
			a.warn(sc)
		}
		return a.run(ctx, sc, f)
	}
	return cmd
}

// settle checks the flags, and fills in from the scenario those that were not given.
func (f *runFlags) settle(cmd *cobra.Command, sc *scenario.Scenario) error {
	given := cmd.Flags().Changed
	if !given("trials") {
		f.trials = sc.Run.Trials
	}
	if !given("seed") {
		f.seed = sc.Run.Seed
	}
	if !given("out") {
		f.out = filepath.Join("results", sc.Name)
	}
	switch {
	case f.trials < 1 || f.trials > mostTrials:
		return usagef("--trials %d: want 1 to %d", f.trials, mostTrials)
	case f.workers < 1 || f.workers > mostWorkers:
		return usagef("--workers %d: want 1 to %d", f.workers, mostWorkers)
	case f.out == "":
		return usagef("-o: want the name of a folder")
	}
	if err := oneOf("color", f.color, "auto", "always", "never"); err != nil {
		return err
	}
	if given("by") {
		return oneOf("by", f.by, "group")
	}
	return nil
}

// run plays, writes the results and then shows them; once ctx has ended it writes nothing.
func (a *app) run(ctx context.Context, sc *scenario.Scenario, f *runFlags) error {
	m := store.Manifest{
		Failsim:    version,
		Engine:     sim.Engine,
		Scenario:   store.Scenario{Name: sc.Name, Identity: sc.Identity, Text: string(sc.Text)},
		Seed:       f.seed,
		Trials:     f.trials,
		Confidence: sc.Run.Confidence,
	}
	if err := store.Check(f.out, m, f.update); err != nil {
		return err
	}
	summary, err := a.play(ctx, sc, f)
	if err != nil {
		return err
	}
	files, err := resultFiles(sc, summary, f)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	m.Methods = methods(summary)
	if err := store.Write(f.out, m, files); err != nil {
		return err
	}
	switch {
	case f.json:
		_, err = a.stdout.Write(files["summary.json"])
	case !f.quiet:
		err = report.Table(a.stdout, summary, report.Style{Color: a.colored(f.color), ByGroups: f.by == "group"})
	}
	if err != nil {
		return err
	}
	return verdictError(summary.Thresholds)
}

// verdictError is nil where every threshold passed.
func verdictError(verdicts []measure.Verdict) error {
	var failed, undecided []string
	for _, v := range verdicts {
		switch v.Verdict {
		case measure.Fail:
			failed = append(failed, v.Figure().String())
		case measure.Undecided:
			undecided = append(undecided, v.Figure().String())
		}
	}
	switch {
	case len(failed) > 0:
		return fmt.Errorf("%w: %s", errFailed, words.List(failed))
	case len(undecided) > 0:
		return fmt.Errorf("%w: %s", errUndecided, words.List(undecided))
	}
	return nil
}

// play runs the experiment and estimates.
func (a *app) play(ctx context.Context, sc *scenario.Scenario, f *runFlags) (*measure.Summary, error) {
	opts := experiment.Options{Trials: f.trials, Seed: f.seed, Workers: f.workers}
	for _, t := range sc.Thresholds {
		opts.Figures = append(opts.Figures, t.Figure)
	}
	if !f.quiet && isTerminal(a.stderr) {
		p := &progress{to: a.stderr, trials: f.trials, begun: time.Now()}
		opts.Progress = p.show
		defer p.clear()
	}
	tally, err := experiment.Run(ctx, &sc.Config, opts)
	if err != nil {
		return nil, err
	}
	summary := tally.Summary(measure.Info{
		Scenario: sc.Name, Seed: f.seed, Confidence: sc.Run.Confidence, Assumptions: sc.Assumptions,
		Thresholds: sc.Thresholds,
	})
	return &summary, nil
}

// resultFiles are the contents of the results folder besides the manifest.
func resultFiles(sc *scenario.Scenario, summary *measure.Summary, f *runFlags) (map[string][]byte, error) {
	var asJSON, story bytes.Buffer
	if err := report.JSON(&asJSON, summary); err != nil {
		return nil, err
	}
	told := tell(replay(&sc.Config, f.seed, 0))
	if err := report.TimelineText(&story, storyHead(sc, f.seed, 0), told, timelineLines); err != nil {
		return nil, err
	}
	return map[string][]byte{"summary.json": asJSON.Bytes(), "timeline.txt": story.Bytes()}, nil
}

// methods names how the summary's figures were made.
func methods(s *measure.Summary) []string {
	names := map[string]bool{}
	for _, m := range s.Metrics {
		if m.Mean != nil && m.Mean.Method != "" {
			names["mean: "+m.Mean.Method] = true
		}
		for _, q := range m.Quantiles {
			if q.Method != "" {
				names["quantile: "+q.Method] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(names))
}
