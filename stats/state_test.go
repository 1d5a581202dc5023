package stats

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// Trials split over accumulators whose states are added in any order give the accumulator of them all; a Reset one gives
// nothing.
func TestStatesAddUpToTheWhole(t *testing.T) {
	type parts struct {
		ratio     Ratio
		histogram Histogram
		clusters  Clusters
	}
	states := func(p *parts) []any {
		return []any{p.ratio.State(), p.histogram.State(), p.clusters.State()}
	}
	rapid.Check(t, func(t *rapid.T) {
		empty := func() parts { return parts{histogram: NewHistogram(1000, 1<<62), clusters: NewClusters(1000)} }
		split := []parts{empty(), empty(), empty()}
		whole := empty()
		trials := rapid.SliceOf(rapid.SliceOf(rapid.Int64Range(0, 1<<62))).Draw(t, "trials")
		for _, values := range trials {
			slices.Sort(values)
			part := &split[rapid.IntRange(0, 2).Draw(t, "part")]
			for _, p := range []*parts{part, &whole} {
				for _, v := range values {
					if err := p.histogram.Record(v); err != nil {
						t.Fatal(err)
					}
					p.ratio.Add(1, v)
				}
				p.clusters.Add(values)
			}
		}
		sum := empty()
		if err := sum.histogram.Record(5); err != nil {
			t.Fatal(err)
		}
		sum.clusters.Add([]int64{7})
		sum.histogram.Reset()
		sum.clusters.Reset()
		for _, i := range rapid.Permutation([]int{0, 1, 2}).Draw(t, "order") {
			sum.ratio.AddState(split[i].ratio.State())
			if err := sum.histogram.AddState(split[i].histogram.State()); err != nil {
				t.Fatal(err)
			}
			if err := sum.clusters.AddState(split[i].clusters.State()); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(states(&whole), states(&sum)); diff != "" {
			t.Error(diff)
		}
		if whole.histogram.Count() != sum.histogram.Count() {
			t.Errorf("%d values; want %d", sum.histogram.Count(), whole.histogram.Count())
		}
	})
}

func TestDamagedStatesAreRefused(t *testing.T) {
	h := NewHistogram(1000, 1e12)
	for _, s := range []HistogramState{
		{Values: []int64{5}, Min: 5, Max: 5},
		{Values: []int64{5}, Counts: []int64{1}, Min: -1, Max: 5},
		{Values: []int64{5}, Counts: []int64{1}, Min: 5, Max: 1 << 62},
		{Values: []int64{1 << 62}, Counts: []int64{1}, Min: 5, Max: 9},
	} {
		if err := h.AddState(s); err == nil {
			t.Errorf("%+v is accepted", s)
		}
	}
	c := NewClusters(1000)
	for _, s := range []ClustersState{
		{Cells: []int32{1}},
		{Cells: []int32{-1}, Y: []int64{1}, YY: []int64{1}, YM: []int64{1}},
		{Cells: []int32{1 << 30}, Y: []int64{1}, YY: []int64{1}, YM: []int64{1}},
	} {
		if err := c.AddState(s); err == nil {
			t.Errorf("%+v is accepted", s)
		}
	}
}
