package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"failsim/export"
	"failsim/measure"
	"failsim/rows"
	"failsim/scenario"
	"failsim/sim"
	"failsim/store"
	"failsim/words"

	"github.com/spf13/cobra"
)

// exportFlags are the flags of export.
type exportFlags struct {
	to, out        string
	trial, samples int64
	first, update  bool // first: no trial was named
}

// mostSamples bounds a benchmark file: 1,000,000 trials are some 30,000,000 lines.
const mostSamples = 1_000_000

// The formats, and what each writes. A format of one file takes its name from -o.
const (
	toCSV      = "csv"
	toNDJSON   = "ndjson"
	toBenchfmt = "benchfmt"
	toPerfetto = "perfetto"
)

func (a *app) exportCommand() *cobra.Command {
	f := &exportFlags{}
	cmd := &cobra.Command{
		Use:   "export DIR --to FORMAT",
		Short: "Give the results of a run to other tools",
		Long: `Give the results of a run, in the folder DIR, to other tools:

  csv       trials.csv (a row for each trial) and outages.csv (one for each outage window)
  ndjson    trials.ndjson and outages.ndjson: the same, as one JSON object a line
  benchfmt  benchmarks.txt: the Go benchmark format, a line for each metric of the first --samples trials
  perfetto  trace.json: the timeline of one trial (--trial) as Chrome trace JSON, for ui.perfetto.dev

Spans and instants are seconds with nine decimals. csv and ndjson write into the folder OUT, which is made if need be;
benchfmt and perfetto write the file OUT, into it if it is a folder, and to stdout if it is -. Without -o everything goes
into DIR. A file that is there already is replaced only with --update.

All but perfetto need what a run leaves beside the committed baseline: trials.parquet and outages.parquet.`,
		Example: `  failsim export results/game-day --to csv -o /tmp/game-day
  failsim export results/game-day --to perfetto --trial 17 -o trial-17.json
  failsim export base --to benchfmt -o base.txt
  failsim export new --to benchfmt -o new.txt
  benchstat -col scenario base.txt new.txt`,
		Args: wants(1, 1),
	}
	flags := cmd.Flags()
	flags.StringVar(&f.to, "to", "", "format: csv, ndjson, benchfmt or perfetto (required)")
	flags.StringVarP(&f.out, "out", "o", "", "where to write (default: DIR)")
	flags.Int64Var(&f.trial, "trial", 0, "with perfetto: which trial, counted from 0")
	flags.Lookup("trial").DefValue = "the first of the results"
	flags.Int64Var(&f.samples, "samples", 1000, "with benchfmt: how many trials, the first ones")
	flags.BoolVar(&f.update, "update", false, "replace files that are there")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := f.check(cmd); err != nil {
			return err
		}
		ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		return a.export(ctx, args[0], f)
	}
	return cmd
}

func (f *exportFlags) check(cmd *cobra.Command) error {
	formats := []string{toCSV, toNDJSON, toBenchfmt, toPerfetto}
	given := cmd.Flags().Changed
	switch {
	case !given("to"):
		return usagef("export: want a format: --to %s", strings.Join(formats, ", "))
	case given("out") && f.out == "":
		return usagef("-o: want the name of a file or a folder")
	case given("trial") && f.to != toPerfetto:
		return usagef("--trial is for --to perfetto, which shows one trial")
	case given("samples") && f.to != toBenchfmt:
		return usagef("--samples is for --to benchfmt")
	case f.samples < 1 || f.samples > mostSamples:
		return usagef("--samples %d: want 1 to %d", f.samples, mostSamples)
	case f.out == "-" && (f.to == toCSV || f.to == toNDJSON):
		return usagef("-o -: %s is two files; want a folder", f.to)
	}
	f.first = !given("trial")
	if near := words.Nearest(f.to, formats); near != "" && near != f.to {
		return usagef("--to %q: want %s; did you mean %s?", f.to, strings.Join(formats, ", "), near)
	}
	return oneOf("to", f.to, formats...)
}

// export writes what is asked for, and then prints which files those are.
func (a *app) export(ctx context.Context, dir string, f *exportFlags) error {
	x, err := a.newExporter(dir, f)
	if err != nil {
		return err
	}
	defer x.close()
	files, err := x.files()
	if err != nil {
		return err
	}
	if f.out == "-" {
		return files[0].write(a.stdout)
	}
	for i := range files {
		files[i].path = x.pathOf(files[i].path, len(files) == 1)
		if store.Owns(files[i].path) {
			return usagef("%s is a file of the results in %s; want another name", files[i].path, filepath.Dir(files[i].path))
		}
		files[i].write = stoppable(ctx, files[i].write)
	}
	if err := writeNew(files, f.update); err != nil {
		return err
	}
	for _, file := range files {
		fmt.Fprintln(a.stdout, file.path)
	}
	return nil
}

// exporter turns the results in a folder into files.
type exporter struct {
	*exportFlags
	app      *app
	dir      string
	manifest *store.Manifest
	sc       *scenario.Scenario
	opened   []*os.File
}

func (a *app) newExporter(dir string, f *exportFlags) (*exporter, error) {
	m, err := store.Read(dir)
	if err != nil {
		return nil, err
	}
	sc, err := loadFrom(dir, m)
	if err != nil {
		return nil, err
	}
	return &exporter{exportFlags: f, app: a, dir: dir, manifest: m, sc: sc}, nil
}

func (x *exporter) close() {
	for _, file := range x.opened {
		_ = file.Close()
	}
}

// pathOf says where a file goes.
func (x *exporter) pathOf(name string, single bool) string {
	if x.out == "" {
		return filepath.Join(x.dir, name)
	}
	if info, err := os.Stat(x.out); single && (err != nil || !info.IsDir()) && !strings.HasSuffix(x.out, "/") {
		return x.out
	}
	return filepath.Join(x.out, name)
}

// files lists what is to be written, each under its usual name.
func (x *exporter) files() ([]newFile, error) {
	switch x.to {
	case toPerfetto:
		return x.trace()
	case toBenchfmt:
		return x.benchmarks()
	}
	return x.tables()
}

func (x *exporter) tables() ([]newFile, error) {
	as := export.CSV
	if x.to == toNDJSON {
		as = export.JSONLines
	}
	trials, err := x.trials()
	if err != nil {
		return nil, err
	}
	files := []newFile{{"trials." + x.to, func(w io.Writer) error {
		return export.Trials(w, as, x.columns(), trials)
	}}}
	const name = outagesName
	windows, size, err := x.open(name)
	if errors.Is(err, fs.ErrNotExist) {
		fmt.Fprintf(x.app.stderr, "warning: %s has no %s (run --outages none keeps no windows): %s holds the trials only\n",
			x.dir, name, files[0].path)
		return files, nil
	}
	if err != nil {
		return nil, err
	}
	return append(files, newFile{"outages." + x.to, func(w io.Writer) error {
		if err := export.Outages(w, as, rows.ReadOutages(windows, size)); err != nil {
			return fmt.Errorf("%s: %w", filepath.Join(x.dir, name), err)
		}
		return nil
	}}), nil
}

// columns are those that the scenario gives trials.
func (x *exporter) columns() []measure.Column { return measure.NewTally(&x.sc.Config).Columns() }

// trials opens trials.parquet.
func (x *exporter) trials() (*rows.Trials, error) {
	const name = trialsName
	file, size, err := x.open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, usagef("%s has no %s: a baseline kept in git is without it; run the scenario again: "+
			"failsim run SCENARIO -o %s", x.dir, name, x.dir)
	}
	if err != nil {
		return nil, err
	}
	trials, err := rows.OpenTrials(file, size)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(x.dir, name), err)
	}
	if of := x.extent(); trials.Len() != of.To-of.From {
		return nil, fmt.Errorf("%s has %d trials, and its %s says %d", filepath.Join(x.dir, name), trials.Len(),
			store.ManifestName, of.To-of.From)
	}
	return trials, nil
}

func (x *exporter) open(name string) (*os.File, int64, error) {
	file, err := os.Open(filepath.Join(x.dir, name))
	if err != nil {
		return nil, 0, err
	}
	x.opened = append(x.opened, file)
	info, err := file.Stat()
	if err != nil {
		return nil, 0, err
	}
	return file, info.Size(), nil
}

// extent is which trials the results are of.
func (x *exporter) extent() store.TrialRange {
	if part := x.manifest.Part; part != nil {
		return *part
	}
	return store.TrialRange{From: 0, To: x.manifest.Trials}
}

func (x *exporter) benchmarks() ([]newFile, error) {
	trials, err := x.trials()
	if err != nil {
		return nil, err
	}
	columns := x.columns()
	sample, err := export.ReadSample(columns, trials, x.samples)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", x.dir, err)
	}
	if n := int64(len(sample)); n < trials.Len() {
		fmt.Fprintf(x.app.stderr, "note: the first %d of %d trials (--samples)\n", n, trials.Len())
	}
	return []newFile{{"benchmarks.txt", func(w io.Writer) error {
		return export.Benchmarks(w, x.settings(), columns, sample)
	}}}, nil
}

// settings say what ran.
func (x *exporter) settings() []export.Setting {
	return []export.Setting{
		{Key: "scenario", Value: x.manifest.Scenario.Name},
		{Key: "seed", Value: strconv.FormatUint(x.manifest.Seed, 10)},
		{Key: "engine", Value: strconv.Itoa(x.manifest.Engine)},
	}
}

// trace plays a trial of the results again.
func (x *exporter) trace() ([]newFile, error) {
	if x.manifest.Engine != sim.Engine {
		return nil, fmt.Errorf("%s: %w: it was played by engine %d, and this failsim has engine %d: run the scenario again",
			x.dir, store.ErrOtherRun, x.manifest.Engine, sim.Engine)
	}
	of := x.extent()
	if x.first {
		x.trial = of.From
	}
	if x.trial < of.From || x.trial >= of.To {
		return nil, usagef("--trial %d: %s has trials %v, the last number left out", x.trial, x.dir, of)
	}
	settings := append(x.settings(),
		export.Setting{Key: "trial", Value: strconv.FormatInt(x.trial, 10)},
		export.Setting{Key: "start", Value: x.sc.Config.Start.UTC().Format(time.RFC3339)})
	return []newFile{{"trace.json", func(w io.Writer) error {
		world := replay(&x.sc.Config, x.manifest.Seed, uint64(x.trial))
		return export.Trace(w, &x.sc.Config, world, settings)
	}}}, nil
}
