package experiment_test

import (
	"context"
	"slices"
	"sync"
	"testing"

	"failsim/experiment"
	"failsim/measure"
	"failsim/sim"

	"github.com/google/go-cmp/cmp"
)

// chunks plays ranges and gives what was stored of each chunk, ascending.
func chunks(t testing.TB, cfg *sim.Config, opts experiment.Options) (all []*experiment.Stored) {
	t.Helper()
	var adding sync.Mutex
	err := experiment.Run(context.Background(), cfg, opts, func(c *experiment.Chunk) error {
		text, err := c.Encode()
		if err != nil {
			return err
		}
		stored, err := experiment.Decode(cfg, text)
		adding.Lock()
		defer adding.Unlock()
		all = append(all, stored)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(all, func(a, b *experiment.Stored) int { return int(a.From - b.From) })
	return all
}

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
				stored = append(stored, chunks(t, cfg, opts)...)
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
				gotWindows = slices.AppendSeq(gotWindows, c.Windows.All())
			}
			slices.Reverse(stored)
			for _, c := range stored {
				if err := sum.AddState(c.State); err != nil {
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

func TestDamagedChunksAreRefused(t *testing.T) {
	cfg := gameDay(t)
	for _, text := range []string{"", "nonsense", "\x28\xb5\x2f\xfd"} {
		if _, err := experiment.Decode(cfg, []byte(text)); err == nil {
			t.Errorf("%q is taken for a chunk", text)
		}
	}
}
