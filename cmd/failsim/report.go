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
	"failsim/sim"
	"failsim/store"

	"github.com/spf13/cobra"
)

// reportFlags are the flags of report.
type reportFlags struct {
	out    string
	update bool // replace the file that out names
}

func (a *app) reportCommand() *cobra.Command {
	f := &reportFlags{}
	cmd := &cobra.Command{
		Use:   "report DIR...",
		Short: "Make the page of results again",
		Long: `Make report.html again in each results folder, from what lies there: one page that needs no network, with the
answer in words, verdicts, curves, the calendar of trial 0, and what all of it rests on. failsim run makes the same page.

What a folder lacks is said on the page, and the rest is drawn: a committed baseline (manifest, summary and timeline) has no
curves and no map of shards. Trial 0 is played again from the scenario in the manifest.`,
		Example: `  failsim report results/game-day
  failsim report results/*
  failsim report results/game-day -o /tmp/game-day.html`,
		Args: wants(1, math.MaxInt),
	}
	flags := cmd.Flags()
	flags.StringVarP(&f.out, "out", "o", "", "write the page of one folder to this file instead; - is stdout")
	flags.BoolVar(&f.update, "update", false, "with -o: replace the file that is there")
	cmd.RunE = func(cmd *cobra.Command, dirs []string) error {
		given := cmd.Flags().Changed
		switch {
		case given("out") && f.out == "":
			return usagef("-o: want the name of a file, or - for stdout")
		case len(dirs) > 1 && given("out"):
			return usagef("-o is about one folder; got %d", len(dirs))
		case f.update && (f.out == "" || f.out == "-"):
			return usagef("--update is about the file that -o names; report.html in a folder of results is always made anew")
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
		page, err := makePage(dir)
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
		return writeNew([]newFile{{f.out, func(w io.Writer) error {
			_, err := w.Write(pages[0])
			return err
		}}}, f.update)
	}
	for i, dir := range dirs {
		if err := store.Replace(dir, pageName, pages[i]); err != nil {
			return err
		}
		fmt.Fprintln(a.stdout, filepath.Join(dir, pageName))
	}
	return nil
}

// makePage makes the page of the results in dir.
func makePage(dir string) ([]byte, error) {
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
		sc, err := loadFrom(dir, m)
		if err != nil {
			return nil, err
		}
		tellTrial(in, sc, replay(&sc.Config, m.Seed, 0))
	}
	err = readIfThere(dir, sketchesName, func(r io.ReaderAt, size int64) (err error) {
		in.Distributions, err = rows.ReadSketches(r, size)
		return err
	})
	if err != nil {
		return nil, err
	}
	if in.Config != nil {
		err = readIfThere(dir, outagesName, func(r io.ReaderAt, size int64) error {
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
	path := filepath.Join(dir, summaryName)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, usagef("%s: no summary.json beside its manifest; failsim run makes both", dir)
	}
	if err != nil {
		return nil, err
	}
	if !m.Holds(summaryName, text) {
		return nil, fmt.Errorf("%s %w than its manifest: its digest is another", path, store.ErrOtherRun)
	}
	return readSummary(dir)
}

// readIfThere reads a file of results, which must be of their run; one that is not there is no mistake.
func readIfThere(dir, name string, read func(r io.ReaderAt, size int64) error) error {
	path := filepath.Join(dir, name)
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := store.Digest(dir, name); err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if err := read(f, info.Size()); err != nil {
		return usagef("%s: %w", path, err) // its bytes are those of the run or not: what is in it is the user's
	}
	return nil
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
