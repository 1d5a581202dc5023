package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"

	"failsim/measure"
	"failsim/report"
	"failsim/rows"
	"failsim/scenario"
	"failsim/sim"
	"failsim/store"

	"github.com/spf13/cobra"
)

const pageName = "report.html"

// reportFlags are the flags of report.
type reportFlags struct{ out, scenario string }

func (a *app) reportCommand() *cobra.Command {
	f := &reportFlags{}
	cmd := &cobra.Command{
		Use:   "report DIR...",
		Short: "Make the page of results again",
		Long: `Make report.html again in each results folder, from what lies there: one page that needs no network, with the
answer in words, verdicts, curves, the calendar of trial 0, and what all of it rests on. failsim run makes the same page.

What a folder lacks is said on the page, and the rest is drawn: a committed baseline (manifest, summary and timeline) has no
curves and no map of shards. Trial 0 is played again from the scenario in the manifest; where that names files of its own,
--scenario gives the scenario beside them.`,
		Example: `  failsim report results/game-day
  failsim report results/* 
  failsim report results/game-day -o /tmp/game-day.html`,
		Args: wants(1, math.MaxInt),
	}
	flags := cmd.Flags()
	flags.StringVarP(&f.out, "out", "o", "", "write the page of one folder to this file instead; - is stdout")
	flags.StringVar(&f.scenario, "scenario", "", "the scenario of one folder, where it names files of its own")
	cmd.RunE = func(cmd *cobra.Command, dirs []string) error {
		given := cmd.Flags().Changed
		switch {
		case given("out") && f.out == "":
			return usagef("-o: want the name of a file, or - for stdout")
		case len(dirs) > 1 && (given("out") || given("scenario")):
			return usagef("-o and --scenario are about one folder; got %d", len(dirs))
		}
		return a.report(dirs, f)
	}
	return cmd
}

// report makes all pages before it writes the first.
func (a *app) report(dirs []string, f *reportFlags) error {
	var pages [][]byte
	var mistakes []error
	for _, dir := range dirs {
		page, err := makePage(dir, f.scenario)
		if err != nil {
			mistakes = append(mistakes, err)
		}
		pages = append(pages, page)
	}
	if len(mistakes) > 0 {
		return errors.Join(mistakes...)
	}
	switch f.out {
	case "":
	case "-":
		_, err := a.stdout.Write(pages[0])
		return err
	default:
		return writeWhole(f.out, pages[0])
	}
	for i, dir := range dirs {
		if err := store.Replace(dir, pageName, pages[i]); err != nil {
			return err
		}
		fmt.Fprintln(a.stdout, filepath.Join(dir, pageName))
	}
	return nil
}

// writeWhole writes a file whole or not at all.
func writeWhole(path string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.new")
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	err = errors.Join(err, f.Chmod(0o644), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}

// makePage makes the page of the results in dir.
func makePage(dir, scenarioFile string) ([]byte, error) {
	m, err := store.Read(dir)
	if err != nil {
		return nil, err
	}
	summary, err := checkedSummary(dir, m)
	if err != nil {
		return nil, err
	}
	in := pageOf(m, summary)
	if in.NoTrial = noTrial(m); in.NoTrial == "" {
		sc, err := scenarioOf(dir, m, scenarioFile)
		if err != nil {
			return nil, err
		}
		if sc == nil {
			in.NoTrial = "Trial 0 cannot be told: the scenario names files that are not kept with the results; " +
				"failsim report --scenario gives them."
		} else {
			tellTrial(in, sc, m.Seed)
		}
	}
	err = readIfThere(filepath.Join(dir, "sketches.parquet"), func(r io.ReaderAt, size int64) (err error) {
		in.Distributions, err = rows.ReadSketches(r, size)
		return err
	})
	if err != nil {
		return nil, err
	}
	if in.Config != nil {
		err = readIfThere(filepath.Join(dir, "outages.parquet"), func(r io.ReaderAt, size int64) error {
			in.Outages = report.NewOutageMap(in.Config, mapped(m))
			return addOutages(in.Outages, in.Config, rows.ReadOutages(r, size))
		})
		if err != nil {
			return nil, err
		}
	}
	var page bytes.Buffer
	err = report.Page(&page, in)
	return page.Bytes(), err
}

// checkedSummary reads the summary, which must be the one that the manifest was written with.
func checkedSummary(dir string, m *store.Manifest) (*measure.Summary, error) {
	path := filepath.Join(dir, "summary.json")
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, usagef("%s: no summary.json beside its manifest; failsim run makes both", dir)
	}
	if err != nil {
		return nil, err
	}
	if !m.Holds("summary.json", text) {
		return nil, fmt.Errorf("%s %w than its manifest: its digest is another", path, store.ErrOtherRun)
	}
	return readSummary(dir)
}

// scenarioOf reads the scenario of results from their manifest, or from the file that is given; nil where the manifest's
// names files, which it does not hold.
func scenarioOf(dir string, m *store.Manifest, file string) (*scenario.Scenario, error) {
	if file != "" {
		sc, err := load(file)
		if err == nil && sc.Identity != m.Scenario.Identity {
			err = fmt.Errorf("%s %w than %s: the scenario means something else", dir, store.ErrOtherRun, file)
		}
		return sc, err
	}
	named := false
	sc, err := scenario.Parse(m.Scenario.Name+".toml", []byte(m.Scenario.Text), func(string) ([]byte, error) {
		named = true
		return nil, fs.ErrNotExist
	})
	switch {
	case named:
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("%s: the scenario in its manifest: %w", dir, err)
	case sc.Identity != m.Scenario.Identity:
		return nil, fmt.Errorf("%s: the scenario in its manifest %w: its identity is another", dir, store.ErrOtherRun)
	}
	return sc, nil
}

// readIfThere reads a file; one that is not there is no mistake.
func readIfThere(path string, read func(r io.ReaderAt, size int64) error) error {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err == nil {
		err = read(f, info.Size())
	}
	if err != nil {
		err = fmt.Errorf("%s: %w", path, err)
	}
	return err
}

// addOutages takes up the rows of the trials that a page maps; rows come in the order of trials.
func addOutages(m *report.OutageMap, cfg *sim.Config, outages func(yield func(*rows.Outage, error) bool)) error {
	index := map[string][2]int32{}
	for g := range cfg.Groups {
		for n := range cfg.Groups[g].NodeGroups {
			index[cfg.Groups[g].ID+"/"+cfg.Groups[g].NodeGroups[n].ID] = [2]int32{int32(g), int32(n)}
		}
	}
	for row, err := range outages {
		if err != nil {
			return err
		}
		if row.Trial >= report.MappedTrials {
			return nil
		}
		at, ok := index[row.Group+"/"+row.NodeGroup]
		if !ok {
			return fmt.Errorf("no node group %s/%s in the scenario", row.Group, row.NodeGroup)
		}
		w := sim.OutageWindow{Group: at[0], NodeGroup: at[1], From: sim.Time(row.FromNs), To: sim.Time(row.ToNs), Censored: row.Censored}
		if row.Observer == sim.ObserverEndpoint.String() {
			w.Observer = sim.ObserverEndpoint
		}
		if row.Access == sim.AccessWrite.String() {
			m.Add(&w)
		}
	}
	return nil
}
