package stats

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// experiments is how many a coverage is counted over; 0.487 % is then the standard error of a 95 % interval's.
const experiments = 2000

// leastCovered is what an interval that covers at least 95 % must reach: four standard errors less.
const leastCovered = 0.9305

// coverage counts how often the interval of a quantile, where the sample supports one, covers the truth.
type coverage struct{ covered, given int }

func (c *coverage) take(q Quantile, truth int64) {
	if q.Needed > 0 {
		return
	}
	c.given++
	if q.Low <= truth && truth <= q.High {
		c.covered++
	}
}

func (c *coverage) share() float64 { return float64(c.covered) / float64(c.given) }

// A distribution may be as narrow as a few buckets, or lie within one: the histogram then tells less than the sample does,
// and the interval covers more. Seconds in nanoseconds, to the microsecond: near 20 s a bucket is 16.8 ms wide, near 90,600 s
// 68.7 s.
func TestIntervalsOfNarrowDistributionsCover(t *testing.T) {
	const second = 1_000_000_000
	for _, c := range []struct{ from, width, trials int64 }{
		{20 * second, second, 4000},       // 60 buckets
		{20 * second, second / 100, 1000}, // one or two
		{90_600 * second, 600 * second, 2000},
	} {
		for _, mirrored := range []bool{false, true} {
			rng := rand.New(rand.NewPCG(21, uint64(c.width)))
			got := map[int64]*coverage{50: {}, 500: {}, 900: {}}
			values := NewHistogram(1000, 1e15)
			for range experiments {
				values.Reset()
				for range c.trials {
					if err := values.Record(c.from + rng.Int64N(c.width)); err != nil {
						t.Fatal(err)
					}
				}
				s := Sample{Values: &values, Mirrored: mirrored}
				for permille, of := range got {
					at := permille
					if mirrored {
						at = 1000 - permille
					}
					of.take(s.Quantile(permille, 0.95), c.from+c.width*at/1000)
				}
			}
			for permille, of := range got {
				if of.given != experiments || of.share() < leastCovered {
					t.Errorf("%+v, mirrored %v, p%d: covers %v of %d", c, mirrored, permille/10, of.share(), of.given)
				}
			}
		}
	}
}

// A million values in equal steps from 20 s to 40 s, whose 90th percentile is 38 s: its interval is a fifth of a bucket wide,
// and so the bucket, which begins at a multiple of 2^25 ns, is given.
func TestIntervalWithinABucketIsTheBucket(t *testing.T) {
	values := NewHistogram(1000, 1e15)
	for i := range int64(1_000_000) {
		if err := values.Record(20e9 + 20_000*i + 10_000); err != nil {
			t.Fatal(err)
		}
	}
	const width = 1 << 25
	low := int64(38e9) / width * width
	for mirrored, permille := range map[bool]int64{false: 900, true: 100} {
		s := Sample{Values: &values, Mirrored: mirrored}
		want := Quantile{Value: low + width - 1, Low: low, High: low + width - 1, Method: MethodOrder}
		if got := s.Quantile(permille, 0.95); got != want {
			t.Errorf("mirrored %v: got %+v, want %+v", mirrored, got, want)
		}
	}
}

// Between order statistics that are found to three digits lie those of the sample itself.
func TestIntervalsHoldTheOrderStatistics(t *testing.T) {
	rng := rand.New(rand.NewPCG(23, 24))
	for range 200 {
		n, spread := 100+rng.Int64N(900), int64(1)<<rng.IntN(40)
		sorted := make([]int64, n)
		values := NewHistogram(1000, 1e15)
		for i := range sorted {
			sorted[i] = 5e12 + rng.Int64N(spread)
			if err := values.Record(sorted[i]); err != nil {
				t.Fatal(err)
			}
		}
		slices.Sort(sorted)
		permille := 100 + rng.Int64N(801)
		l, u := OrderStatistics(n, float64(permille)/1000, 0.95)
		s := Sample{Values: &values}
		q := s.Quantile(permille, 0.95)
		if q.Low > sorted[l-1] || q.High < sorted[u-1] || q.Low < sorted[0] || q.High > sorted[n-1] {
			t.Fatalf("p%d of %d values over %d: %+v; want %d to %d within it", permille, n, spread, q, sorted[l-1], sorted[u-1])
		}
		if floor, ceiling := sorted[l-1]-sorted[l-1]/1024, sorted[u-1]+sorted[u-1]/1024; q.Low < floor || q.High > ceiling {
			t.Fatalf("p%d of %d values over %d: %+v; want no more than a bucket beyond %d to %d", permille, n, spread, q, floor, ceiling)
		}
	}
}
