package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"failsim/experiment"
	"failsim/measure"
	"failsim/scenario"
	"failsim/store"

	"github.com/spf13/cobra"
)

const (
	mostTrials    = 1_000_000_000
	mostWorkers   = 1024
	timelineLines = 10_000
)

// runFlags are the flags of run.
type runFlags struct {
	extentFlags
	show           showFlags
	extent         extent // as settled
	seed           uint64
	workers        int
	out, outages   string
	update, resume bool
}

func (a *app) runCommand() *cobra.Command {
	f := &runFlags{}
	cmd := &cobra.Command{
		Use:   "run SCENARIO",
		Short: "Play a scenario many times and report the outages",
		Long: `Play a scenario many times and report how long writes and reads were impossible, with what probability,
and what that rests on. The results go to a folder, whole or not at all: manifest.json (what ran), summary.json (every
figure), timeline.txt (trial 0, event by event), report.html (the page for people); trials.parquet (a row for each trial),
outages.parquet (one for each outage window), sketches.parquet (the histograms). A folder that holds results of another scenario, seed or number of
trials is replaced only with --update; one that holds anything else, never.

The same scenario, seed and trials give the same bytes on any machine, with any number of workers, in one go, resumed
after an interruption, or in parts (--shard) that failsim merge puts together.`,
		Example: `  failsim run scenarios/game-day.toml
  failsim run mine.toml --trials 200000 -o /tmp/mine
  failsim run mine.toml --precision 'write_outage.p99<=2%'
  failsim run mine.toml --trials 1000000 --shard 0/4 -o part0
  failsim run mine.toml --json | jq '.metrics[0].quantiles.p99'`,
		Args: wants(1, 1),
	}
	f.add(cmd)
	flags := cmd.Flags()
	flags.Uint64Var(&f.seed, "seed", 0, "seed of all randomness (default: the scenario's)")
	flags.IntVar(&f.workers, "workers", runtime.GOMAXPROCS(0), "trials played at a time; never changes results")
	flags.StringVarP(&f.out, "out", "o", "", "folder for the results (default: results/<name>)")
	flags.StringVar(&f.outages, "outages", "sample", "outage windows to keep: none, sample (trials below 1,000) or all")
	flags.BoolVar(&f.resume, "resume", false, "go on with what an interrupted run has left, if anything")
	flags.BoolVar(&f.update, "update", false, "replace results of another run")
	f.show.add(cmd)
	flags.Lookup("workers").DefValue = "one for each processor"
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		sc, err := load(args[0])
		if err != nil {
			return err
		}
		if err := f.settle(cmd, sc); err != nil {
			return err
		}
		ctx, stop := interruptible(cmd.Context())
		defer stop()
		if !f.show.quiet {
			a.warn(sc)
		}
		return a.run(ctx, sc, f)
	}
	return cmd
}

// settle checks the flags, and fills in from the scenario those that were not given.
func (f *runFlags) settle(cmd *cobra.Command, sc *scenario.Scenario) (err error) {
	given := cmd.Flags().Changed
	if f.extent, err = f.extentFlags.settle(cmd, sc); err != nil {
		return err
	}
	settleSeed(cmd, sc, &f.seed)
	if !given("out") {
		f.out = filepath.Join("results", sc.Name)
	}
	switch {
	case f.workers < 1 || f.workers > mostWorkers:
		return usagef("--workers %d: want 1 to %d", f.workers, mostWorkers)
	case f.out == "":
		return usagef("-o: want the name of a folder")
	}
	if err := oneOf("outages", f.outages, noOutages, "sample", "all"); err != nil {
		return err
	}
	return f.show.check(cmd)
}

// interruptible ends a context at Ctrl-C; a second one ends the process.
func interruptible(parent context.Context) (ctx context.Context, stop func()) {
	ctx, stop = signal.NotifyContext(parent, os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}

// noOutages asks for no outages.parquet.
const noOutages = "none"

// windows is of how many trials the outage windows are kept.
func (f *runFlags) windows() int64 {
	return map[string]int64{noOutages: 0, "sample": 1000, "all": math.MaxInt64}[f.outages]
}

// run plays, writes the results and then shows them; once ctx has ended it writes none.
func (a *app) run(ctx context.Context, sc *scenario.Scenario, f *runFlags) error {
	begun := time.Now()
	m := manifest(sc, f.seed, &f.extent, f.outages)
	if err := store.Check(f.out, m, f.update); err != nil {
		return err
	}
	if f.resume {
		if there := complete(&m, f.out); there != nil {
			return a.show(there, &f.show)
		}
	}
	partial, err := store.Open(f.out, jobOf(&m, &f.extent), store.How{Resume: f.resume, Replace: f.update})
	if err != nil {
		return err
	}
	defer partial.Close()
	if n := partial.Dropped(); n > 0 && !f.show.quiet {
		fmt.Fprintf(a.stderr, "note: %d trials that an interrupted run had finished are played again; --resume would have gone on with them\n", n)
	}
	figures := figuresOf(sc, f.extent.precision)
	p := &player{
		sc:        sc,
		opts:      experiment.Options{Seed: f.seed, Workers: f.workers, Figures: figures, Windows: f.windows()},
		partial:   partial,
		gathering: newGathering(sc, f.seed, partial, figures),
	}
	r := &results{manifest: m, gathering: p.gathering, begun: begun}
	if r.summary, err = a.play(ctx, p, f); err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return a.abandon(err, partial)
	}
	r.manifest.Trials = r.summary.Trials
	if f.extent.part != nil {
		r.manifest.Trials = f.extent.trials
	}
	if err := r.write(ctx, f.out); err != nil {
		return a.abandon(err, partial)
	}
	return a.show(r.summary, &f.show)
}

// jobOf is what a run in progress does for the results of a manifest.
func jobOf(m *store.Manifest, e *extent) store.Job {
	return store.Job{
		Failsim: m.Failsim, Engine: m.Engine, Name: m.Scenario.Name, Identity: m.Scenario.Identity, Seed: m.Seed,
		Range: fmt.Sprintf("%d to %d of %d", e.first(), e.last(), e.trials), Stop: m.Precision, Outages: m.Outages,
	}
}

// complete gives the summary of results that are there already, whole and of the same run, for one that is resumed; nil if
// they are not.
func complete(m *store.Manifest, dir string) *measure.Summary {
	there, err := store.Read(dir)
	if err != nil || there.Engine != m.Engine || there.Failsim != m.Failsim || there.Outages != m.Outages ||
		there.Scenario.Name != m.Scenario.Name || store.Check(dir, *m, false) != nil || store.Verify(dir) != nil {
		return nil
	}
	summary, err := readSummary(dir)
	if err != nil {
		return nil
	}
	return summary
}

// abandon ends a run that was interrupted or failed: finished chunks are kept for a resume.
func (a *app) abandon(err error, partial *store.Partial) error {
	kept, listing := partial.Chunks()
	if listing != nil {
		return errors.Join(err, listing) // whatever it has stays
	}
	if len(kept) == 0 {
		_ = partial.Discard()
		return err
	}
	var trials int64
	for _, c := range kept {
		trials += c.To - c.From
	}
	return keptError{err, trials, partial.Dir()}
}

// keptError is an error that left finished trials for a resume.
type keptError struct {
	error
	trials int64
	where  string
}

func (e keptError) Unwrap() error { return e.error }

// play plays all trials, or looks from time to time whether the asked precision is reached.
func (a *app) play(ctx context.Context, p *player, f *runFlags) (*measure.Summary, error) {
	e := &f.extent
	info := infoOf(p.sc, f.seed)
	if e.part != nil {
		info.Part = fmt.Sprintf("trials %v of %d", e.part, e.trials)
	}
	if !f.show.quiet && isTerminal(a.stderr) {
		shown := &progress{to: a.stderr, trials: e.last() - e.first(), begun: time.Now()}
		defer shown.clear()
		p.opts.Progress = func(done int64) { shown.show(p.total.Trials() + done) }
	}
	from := e.first()
	for _, look := range e.looks() {
		to := min(look, e.last())
		if err := p.upTo(ctx, from, to); err != nil {
			return nil, err
		}
		from = to
		summary := p.total.Summary(info)
		if e.precision == nil {
			return &summary, nil
		}
		stop := p.total.Look(&summary, *e.precision)
		if stop.MaxTrials = e.trials; stop.Reached || look == e.trials {
			summary.Stopping = &stop
			return &summary, nil
		}
	}
	panic("failsim: a run without a last look")
}

func infoOf(sc *scenario.Scenario, seed uint64) measure.Info {
	return measure.Info{
		Scenario: sc.Name, Seed: seed, Confidence: sc.Run.Confidence, Assumptions: sc.Assumptions, Thresholds: sc.Thresholds,
	}
}
