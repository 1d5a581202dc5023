package experiment_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"failsim/experiment"
	"failsim/measure"
	"failsim/sim"

	"github.com/google/go-cmp/cmp"
)

// Ranges cut anywhere, played by any number of workers and stored, add up to the tally, rows and windows of one World that
// plays the trials in order.
func TestChunksAddUpToTheWhole(t *testing.T) {
	cfg := gameDay(t)
	const begin, end, windows = 3700, 4500, 3800 // on both sides of the end of a chunk
	figures := []measure.Figure{{Metric: "write_outage", Statistic: "probability(> 30s)"}}
	whole := measure.NewTally(cfg, figures...)
	var rows []int64
	var kept []experiment.Window
	for i := int64(begin); i < end; i++ {
		outcome := sim.Run(cfg, 5, uint64(i))
		row := make([]int64, len(whole.Columns()))
		if err := whole.AddRow(outcome, row); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row...)
		for _, w := range outcome.Windows {
			if w.NodeGroup >= 0 && i < windows {
				kept = append(kept, experiment.Window{Trial: i, OutageWindow: w})
			}
		}
	}
	for _, workers := range []int{1, 3} {
		for _, cuts := range [][]int64{{begin, end}, {begin, 3750, 4000, 4096, end}} {
			opts := experiment.Options{Seed: 5, Workers: workers, Figures: figures, Windows: windows}
			var stored []*experiment.Stored
			for i := range cuts[1:] {
				opts.Ranges = []experiment.Range{{From: cuts[i], To: cuts[i+1]}}
				chunks, err := experiment.Collect(context.Background(), cfg, opts)
				if err != nil {
					t.Fatal(err)
				}
				stored = append(stored, chunks...)
			}
			sum := measure.NewTally(cfg, figures...)
			var gotRows []int64
			var gotWindows []experiment.Window
			next := int64(begin)
			for _, c := range stored {
				if c.From != next {
					t.Fatalf("%d workers, cuts %v: a chunk from %d; want %d", workers, cuts, c.From, next)
				}
				next = c.To
				gotRows = append(gotRows, c.Rows...)
				for w, err := range c.Windows {
					if err != nil {
						t.Fatal(err)
					}
					gotWindows = append(gotWindows, w)
				}
			}
			slices.Reverse(stored)
			for _, c := range stored {
				if err := c.AddTo(sum); err != nil {
					t.Fatal(err)
				}
			}
			if !slices.Equal(rows, gotRows) {
				t.Errorf("%d workers, cuts %v: other rows", workers, cuts)
			}
			if !slices.Equal(kept, gotWindows) {
				t.Errorf("%d workers, cuts %v: %d windows; want %d", workers, cuts, len(gotWindows), len(kept))
			}
			if diff := cmp.Diff(whole.State(), sum.State()); diff != "" {
				t.Errorf("%d workers, cuts %v: another tally: %.500s", workers, cuts, diff)
			}
		}
	}
}

// Tallies that are handed over early, each 16 trials here, add up to the same.
func TestTalliesHandedOverEarlyAddUp(t *testing.T) {
	cfg := gameDay(t)
	opts := experiment.Options{Ranges: first(500), Seed: 5, Workers: 2}
	want, err := experiment.Total(context.Background(), cfg, opts)
	if err != nil {
		t.Fatal(err)
	}
	var text []byte
	sections := 0
	var writing sync.Mutex
	err = experiment.RunWithin(1, cfg, opts, experiment.Storing(func(_ experiment.Range, section []byte, _ bool) error {
		writing.Lock()
		defer writing.Unlock()
		text = append(text, section...)
		sections++
		return nil
	}))
	if err != nil || sections < 500/16 {
		t.Fatalf("%d sections, %v", sections, err)
	}
	stored, err := experiment.Open(cfg, bytes.NewReader(text), int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	got := measure.NewTally(cfg)
	if err := stored.AddTo(got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.State(), got.State()); diff != "" {
		t.Errorf("another tally: %.500s", diff)
	}
}

// A chunk that is cut short anywhere, or whose sections are not those of its trials, is refused: when it is opened, or when what is
// damaged is read.
func TestDamagedChunksAreRefused(t *testing.T) {
	cfg := gameDay(t)
	var pieces [][]byte // of outage windows, a trial each; then the tally and what the trials came to
	opts := experiment.Options{Ranges: first(4), Workers: 1, Windows: 3}
	err := experiment.Run(context.Background(), cfg, opts, experiment.Storing(func(_ experiment.Range, section []byte, _ bool) error {
		pieces = append(pieces, section)
		return nil
	}))
	if err != nil || len(pieces) != 5 {
		t.Fatal(len(pieces), err)
	}
	rest := slices.Concat(pieces[3:]...)
	read := func(text []byte) error {
		c, err := experiment.Open(cfg, bytes.NewReader(text), int64(len(text)))
		if err != nil {
			return err
		}
		for _, err := range c.Windows {
			if err != nil {
				return err
			}
		}
		return c.AddTo(measure.NewTally(cfg))
	}
	whole := slices.Concat(pieces[2], pieces[0], pieces[1], rest)
	if err := read(whole); err != nil {
		t.Fatalf("pieces in another order: %v", err)
	}
	pieces, tally, last := pieces[:3], pieces[3], pieces[4]
	if err := read(slices.Concat(tally, pieces[0], pieces[1], pieces[2], last)); err != nil {
		t.Fatalf("a tally before the windows: %v", err)
	}
	damaged := map[string][]byte{
		"nothing": nil, "nonsense": []byte("nonsense"), "zeros": make([]byte, 400),
		"a trial twice":      slices.Concat(pieces[0], pieces[0], pieces[1], rest),
		"a trial is missing": slices.Concat(pieces[0], pieces[2], rest),
		"the last is":        slices.Concat(pieces[0], pieces[1], rest),
		"nothing but them":   slices.Concat(pieces...),
		"windows at the end": slices.Concat(rest, pieces[0]),
		"no tally":           slices.Concat(pieces[0], pieces[1], pieces[2], last),
		"a tally twice":      slices.Concat(pieces[0], pieces[1], pieces[2], tally, rest),
	}
	for n := 1; n < len(whole); n += 97 {
		damaged[fmt.Sprintf("cut to %d of %d", n, len(whole))] = whole[:n]
	}
	for name, text := range damaged {
		if read(text) == nil {
			t.Errorf("%s is taken for a chunk", name)
		}
	}
}
