package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	"failsim/measure"
	"failsim/report"
	"failsim/rows"
	"failsim/sim"
	"failsim/store"
)

// The files of a results folder, besides those that store makes itself.
const (
	summaryName  = "summary.json"
	timelineName = "timeline.txt"
	trialsName   = "trials.parquet"
	outagesName  = "outages.parquet"
	sketchesName = "sketches.parquet"
	pageName     = "report.html"
)

// results are what a run or a merge leaves.
type results struct {
	*gathering
	manifest store.Manifest
	summary  *measure.Summary
	begun    time.Time
	first    *sim.World // trial 0, played again; see trialZero
}

// trialZero is trial 0, played again once for the timeline and the page.
func (r *results) trialZero() *sim.World {
	if r.first == nil {
		r.first = replay(&r.sc.Config, r.manifest.Seed, 0)
	}
	return r.first
}

// write puts the folder together.
func (r *results) write(ctx context.Context, dir string) error {
	baseline, err := r.baseline()
	if err != nil {
		return err
	}
	r.manifest.Methods = methods(r.summary)
	files := store.Files{
		Baseline: baseline,
		Others: map[string]func(io.Writer) error{
			trialsName:   func(w io.Writer) error { return rows.WriteTrials(w, r.total.Columns(), r.all()) },
			sketchesName: func(w io.Writer) error { return rows.WriteSketches(w, r.total.Distributions(r.summary.Confidence)) },
			pageName:     r.page,
		},
		Environment: func() []byte { return environment(r.begun) },
	}
	if r.manifest.Outages != noOutages {
		files.Others[outagesName] = func(w io.Writer) error { return rows.WriteOutages(w, &r.sc.Config, r.all()) }
	}
	for name, write := range files.Others {
		files.Others[name] = stoppable(ctx, write)
	}
	return store.Write(ctx, dir, r.manifest, files)
}

// baseline are the files to commit.
func (r *results) baseline() (map[string][]byte, error) {
	var asJSON, story bytes.Buffer
	if err := report.JSON(&asJSON, r.summary); err != nil {
		return nil, err
	}
	told := tell(r.trialZero())
	if err := report.TimelineText(&story, storyHead(r.sc, r.manifest.Seed, 0), told, timelineLines); err != nil {
		return nil, err
	}
	return map[string][]byte{summaryName: asJSON.Bytes(), timelineName: story.Bytes()}, nil
}

// environment is what environment.json says about the machine and the moment.
func environment(begun time.Time) []byte {
	commit := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				commit = s.Value
			}
		}
	}
	text, err := json.MarshalIndent(struct {
		Commit      string   `json:"commit"` // of the program
		Go          string   `json:"go"`
		OS          string   `json:"os"`
		Arch        string   `json:"arch"`
		CPUs        int      `json:"cpus"`
		CommandLine []string `json:"command_line"`
		Begun       string   `json:"begun"`
		WallSeconds float64  `json:"wall_seconds"`
	}{
		commit, runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), os.Args, begun.UTC().Format(time.RFC3339),
		time.Since(begun).Round(time.Millisecond).Seconds(),
	}, "", "  ")
	if err != nil {
		panic("failsim: environment: " + err.Error())
	}
	return append(text, '\n')
}

// readSummary reads the summary of a results folder.
func readSummary(dir string) (*measure.Summary, error) {
	text, err := os.ReadFile(filepath.Join(dir, summaryName))
	if err != nil {
		return nil, err
	}
	var s measure.Summary
	if err := json.Unmarshal(text, &s); err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir, summaryName), err)
	}
	return &s, nil
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
