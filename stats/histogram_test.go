package stats

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func histogramOf(t testing.TB, values ...int64) *Histogram {
	h := NewHistogram(1, 1e18)
	for _, v := range values {
		if err := h.Record(v); err != nil {
			t.Fatal(err)
		}
	}
	return &h
}

// Below 2,048 every bucket of unit 1 holds one value, so quantiles are those of the sorted sample.
func TestSmallCountsAreExact(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	values := make([]int64, 999)
	for i := range values {
		values[i] = rng.Int64N(2048)
	}
	h := histogramOf(t, values...)
	slices.Sort(values)
	for k := range int64(len(values)) {
		if got := h.AtRank(k + 1); got != values[k] {
			t.Fatalf("rank %d: %d, want %d", k+1, got, values[k])
		}
	}
}

func TestQuantileIsTheInverseOfTheDistribution(t *testing.T) {
	cases := []struct{ permille, n, rank int64 }{
		{500, 1, 1}, {500, 2, 1}, {500, 3, 2}, {500, 4, 2},
		{990, 100, 99}, {990, 101, 100}, // 99.99, up
		{999, 1000, 999}, {10, 100, 1}, {10, 101, 2}, {1000, 7, 7}, {0, 7, 1},
	}
	for _, c := range cases {
		if got := Rank(c.permille, c.n); got != c.rank {
			t.Errorf("Rank(%d, %d) = %d, want %d", c.permille, c.n, got, c.rank)
		}
	}
}

func TestQuantilesKeepThreeDigits(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	h := NewHistogram(1000, 315_360_000e9) // ten years in nanoseconds
	values := make([]int64, 20_000)
	for i := range values {
		values[i] = int64(1e6 * (1 + rng.ExpFloat64()*1e5))
		if err := h.Record(values[i]); err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(values)
	for permille := int64(1); permille <= 1000; permille++ {
		got, want := h.Quantile(permille), values[Rank(permille, h.Count())-1]
		if got < want || got-want > want/1000+1000 {
			t.Errorf("quantile %d: %d, want %d", permille, got, want)
		}
	}
}

func TestQuantilesStayWithinTheSample(t *testing.T) {
	h := histogramOf(t, 1_000_001, 1_000_001)
	if h.Quantile(10) != 1_000_001 || h.Quantile(999) != 1_000_001 {
		t.Errorf("got %d and %d", h.Quantile(10), h.Quantile(999))
	}
}

func TestOutOfRangeIsAnError(t *testing.T) {
	h := NewHistogram(1000, 10_000)
	for _, v := range []int64{-1, 10_001} {
		if err := h.Record(v); !errors.Is(err, ErrOutOfRange) {
			t.Errorf("%d: %v", v, err)
		}
	}
	if h.Count() != 0 {
		t.Errorf("%d values", h.Count())
	}
}

func TestHistogramMergeIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOf(rapid.Int64Range(0, 1e18)).Draw(t, "values")
		whole := NewHistogram(1, 1e18)
		parts := []Histogram{NewHistogram(1, 1e18), NewHistogram(1, 1e18), NewHistogram(1, 1e18)}
		for _, v := range values {
			if whole.Record(v) != nil || parts[rapid.IntRange(0, 2).Draw(t, "part")].Record(v) != nil {
				t.Fatal("out of range")
			}
		}
		merged := NewHistogram(1, 1e18)
		for _, i := range rapid.Permutation([]int{0, 1, 2}).Draw(t, "order") {
			merged.Merge(&parts[i])
		}
		if merged.n != whole.n || merged.min != whole.min || merged.max != whole.max {
			t.Fatalf("merged %d %d %d, whole %d %d %d", merged.n, merged.min, merged.max, whole.n, whole.min, whole.max)
		}
		if !slices.Equal(merged.Buckets(), whole.Buckets()) {
			t.Fatal("unlike counts")
		}
	})
}

// An HdrHistogram of the same range has the same buckets and quantiles.
func TestHistogramIsAnHdrHistogram(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		unit := rapid.SampledFrom([]int64{1, 2, 1000, 1 << 20}).Draw(t, "unit")
		highest := rapid.SampledFrom([]int64{1e7, 315_360_000e9, math.MaxInt64}).Draw(t, "highest")
		ours, theirs := NewHistogram(unit, highest), hdrhistogram.New(unit, highest, 3)
		for _, bits := range rapid.SliceOfN(rapid.IntRange(1, 63), 1, 50).Draw(t, "bits") {
			v := rapid.Int64Range(0, min(highest, 1<<bits-1)).Draw(t, "value")
			if err := errors.Join(ours.Record(v), theirs.RecordValue(v)); err != nil {
				t.Fatal(err)
			}
		}
		var buckets []Bucket
		packed := hdrhistogram.NewPacked(unit, highest, 3)
		packed.MergeFrom(theirs)
		for value, count := range packed.ForEachBucket {
			buckets = append(buckets, Bucket{value, count})
		}
		if diff := cmp.Diff(buckets, ours.Buckets()); diff != "" {
			t.Fatal(diff)
		}
		for k := int64(1); k <= ours.Count(); k++ {
			want := theirs.ValueAtPercentile(100 * float64(k) / float64(ours.Count()))
			if got := ours.AtRank(k); got != max(ours.min, min(ours.max, want)) {
				t.Fatalf("rank %d: %d; want %d", k, got, want)
			}
		}
	})
}

// Values anywhere, in any order, find their cells again.
func TestWindowGrowsEitherWay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var w window[int]
		want := map[int]int{}
		for _, i := range rapid.SliceOf(rapid.IntRange(0, 2000)).Draw(t, "cells") {
			*w.at(i)++
			want[i]++
		}
		got := map[int]int{}
		last, cells := -1, 0
		for i, n := range w.all() {
			if cells++; i <= last {
				t.Fatalf("%d after %d", i, last)
			}
			if last = i; *n > 0 {
				got[i] = *n
			}
		}
		if diff := cmp.Diff(want, got); diff != "" || cells > pageSize*len(want) {
			t.Fatal(cells, diff)
		}
	})
}

func BenchmarkRecord(b *testing.B) {
	rng := rand.New(rand.NewPCG(9, 10))
	values := make([]int64, 1024)
	for i := range values {
		values[i] = 14e9 + rng.Int64N(30e9)
	}
	h := NewHistogram(1000, 315_360_000e9)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if err := h.Record(values[i&1023]); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMerge(b *testing.B) {
	h := NewHistogram(1000, 315_360_000e9)
	rng := rand.New(rand.NewPCG(11, 12))
	for range 10_000 {
		_ = h.Record(14e9 + rng.Int64N(30e9))
	}
	to := NewHistogram(1000, 315_360_000e9)
	for b.Loop() {
		to.Merge(&h)
	}
}
