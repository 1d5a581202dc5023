package experiment_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
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

// A chunk that is cut short anywhere, or whose sections are not those of its trials, is refused: when it is opened, or when what is
// damaged is read.
func TestDamagedChunksAreRefused(t *testing.T) {
	cfg := gameDay(t)
	var pieces [][]byte
	var rest bytes.Buffer
	opts := experiment.Options{Ranges: first(4), Workers: 1, Windows: 3, Keep: func(_ experiment.Range, w *experiment.Windows) error {
		pieces = append(pieces, w.Encode())
		return nil
	}}
	err := experiment.Run(context.Background(), cfg, opts, func(c *experiment.Chunk) error { return c.Encode(&rest) })
	if err != nil || len(pieces) != 3 {
		t.Fatal(len(pieces), err)
	}
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
	whole := slices.Concat(pieces[2], pieces[0], pieces[1], rest.Bytes())
	if err := read(whole); err != nil {
		t.Fatalf("pieces in another order: %v", err)
	}
	damaged := map[string][]byte{
		"nothing": nil, "nonsense": []byte("nonsense"), "zeros": make([]byte, 400),
		"a trial twice":      slices.Concat(pieces[0], pieces[0], pieces[1], rest.Bytes()),
		"a trial is missing": slices.Concat(pieces[0], pieces[2], rest.Bytes()),
		"the last is":        slices.Concat(pieces[0], pieces[1], rest.Bytes()),
		"nothing but them":   slices.Concat(pieces...),
		"windows at the end": slices.Concat(rest.Bytes(), pieces[0]),
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
