package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

// experiments is how many a coverage is counted over; the standard error of that of a 95 % interval is then 0.487 %.
const experiments = 2000

// fourErrors is four of them; an interval that covers at least 95 % must reach leastCovered.
const (
	fourErrors   = 0.0195
	leastCovered = 0.95 - fourErrors
)

// covers counts how often the interval that estimate makes of one experiment holds the truth.
func covers(truth float64, estimate func() Interval) float64 {
	covered := 0
	for range experiments {
		if i := estimate(); i.Low <= truth && truth <= i.High {
			covered++
		}
	}
	return float64(covered) / experiments
}

// Trials of 0 to 9 values each, whose mean depends on their number. By construction a trial with k values has the sum
// k·u + k², u uniform on 0..100: E[s]/E[n] with E[k] = 4.5, E[k²] = 28.5 is 50 + 28.5/4.5. The interval is asymptotic: at 30
// trials the bias of the ratio takes a point of it, at 300 none that would show.
func TestRatioIntervalsCover(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	share := covers(50+28.5/4.5, func() Interval {
		var r Ratio
		for range 300 {
			k := rng.Int64N(10)
			r.Add(k, k*rng.Int64N(101)+k*k)
		}
		mean, _ := r.Mean(0.95)
		return mean
	})
	if math.Abs(share-0.95) > fourErrors {
		t.Errorf("covers %v", share)
	}
}

// One value a trial: the interval covers as often as those counts are binomial whose interval holds the truth, which is more
// than 95 %, since counts are whole.
func TestExactProportionsCover(t *testing.T) {
	const trials, truth = 200, 0.1
	want, counts := 0.0, distuv.Binomial{N: trials, P: truth}
	for x := range trials + 1 {
		if low, high := clopperPearson(float64(x), trials, 0.95); low <= truth && truth <= high {
			want += counts.Prob(float64(x))
		}
	}
	rng := rand.New(rand.NewPCG(1, 2))
	share := covers(truth, func() Interval {
		var r Ratio
		for range trials {
			r.Add(1, countOf(rng, 1, truth))
		}
		p, _ := r.Proportion(0.95)
		return p
	})
	if want < 0.95 || math.Abs(share-want) > 4*math.Sqrt(want*(1-want)/experiments) {
		t.Errorf("covers %v, want %v", share, want)
	}
}

// Five values a trial that share their luck: in a fifth of the trials each counts with probability 1/2, in the others none
// does. The interval is asymptotic in the number of trials.
func TestProportionsOfClusteredValuesCover(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	share := covers(0.1, func() Interval {
		var r Ratio
		for range 2000 {
			over := int64(0)
			if rng.IntN(5) == 0 {
				over = countOf(rng, 5, 0.5)
			}
			r.Add(5, over)
		}
		p, _ := r.Proportion(0.95)
		return p
	})
	if math.Abs(share-0.95) > fourErrors {
		t.Errorf("covers %v", share)
	}
}

// countOf draws how many of n values count, each with probability p.
func countOf(rng *rand.Rand, n int64, p float64) (count int64) {
	for range n {
		if rng.Float64() < p {
			count++
		}
	}
	return count
}

// Trials that count as a whole with probability whole, while the values of the others count on their own: what was met in a
// handful of trials, or in none, must not pass for a share that is known to one value in all. A rule for that is bound to
// cover more than 95 % elsewhere, so only the least is asked for.
func TestProportionsOfRareTrialsCover(t *testing.T) {
	for _, c := range []struct {
		trials, size int64
		whole, own   float64
	}{
		{100, 40, 0.01, 0.001}, {100, 40, 0.01, 0.0002}, {200, 40, 0.01, 0.001}, {1000, 40, 0.002, 0.0005}, // mostly below 20 trials
		{1000, 40, 0.002, 0.001}, {1000, 40, 0.001, 0.005}, {400, 40, 0.0025, 0.005}, {1000, 8, 0.002, 0.005}, // mostly above
	} {
		rng := rand.New(rand.NewPCG(1, 2))
		none := math.Pow(1-c.own, float64(c.size))
		share := covers(c.whole+(1-c.whole)*c.own, func() Interval {
			var r Ratio
			for range c.trials {
				over := int64(0)
				switch u := rng.Float64(); {
				case u < c.whole:
					over = c.size
				case u < c.whole+(1-c.whole)*(1-none): // the first of them at a place of its own, geometric
					first := int64(math.Log1p(-rng.Float64()*(1-none)) / math.Log1p(-c.own))
					over = 1 + countOf(rng, c.size-1-first, c.own)
				}
				r.Add(c.size, over)
			}
			p, _ := r.Proportion(0.95)
			return p
		})
		if share < leastCovered {
			t.Errorf("%+v: covers %v", c, share)
		}
	}
}

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

// coverageOf plays experiments of clustered trials and counts, by permille, how often the intervals cover.
func coverageOf(t *testing.T, truth map[int64]int64, draw func() [][]int64) map[int64]*coverage {
	t.Helper()
	got := map[int64]*coverage{}
	for permille := range truth {
		got[permille] = &coverage{}
	}
	values, in := NewHistogram(1, 1e9), NewClusters(1)
	s := Sample{Values: &values, Clusters: &in}
	for range experiments {
		values.Reset()
		in.Reset()
		for _, trial := range draw() {
			in.Add(trial)
			for _, v := range trial {
				if err := values.Record(v); err != nil {
					t.Fatal(err)
				}
			}
		}
		for permille, of := range got {
			of.take(s.Quantile(permille, 0.95), truth[permille])
		}
	}
	return got
}

// A trial shifts its values by an effect of its own: value = 1 s + 1 s·(effect + own), both uniform, so that the distribution is
// triangular and the quantile p >= 1/2 is at 3 s - 1 s·sqrt(2(1-p)). Intervals of single values, which are exact, cover at least
// as often as they claim; those of clustered ones, which are asymptotic, as often, whether or not trials are of one size. What lies
// beyond p99 is in a few dozen trials: the ranks of so few are far apart, and the rule of 20 trials takes part, so that the interval
// covers more or, for some samples, is none.
func TestQuantileIntervalsCover(t *testing.T) {
	const second = 1_000_000
	truth := map[int64]int64{}
	for _, permille := range []int64{500, 900, 950, 990} {
		truth[permille] = 3*second - int64(second*math.Sqrt(2*float64(1000-permille)/1000))
	}
	for _, c := range []struct {
		sizes []int // in turn
		most  float64
	}{{[]int{1}, 1}, {[]int{8}, 0.95 + fourErrors}, {[]int{1, 1, 1, 16}, 0.95 + fourErrors}} {
		rng := rand.New(rand.NewPCG(uint64(c.sizes[0]), 7))
		all := make([][]int64, 1000)
		got := coverageOf(t, truth, func() [][]int64 {
			for i := range all {
				effect := rng.Float64()
				all[i] = all[i][:0]
				for range c.sizes[i%len(c.sizes)] {
					all[i] = append(all[i], second+int64(second*(effect+rng.Float64())))
				}
				slices.Sort(all[i])
			}
			return all
		})
		for permille, of := range got {
			most, least := c.most, experiments
			if permille == 990 {
				most, least = 1, experiments/2
			}
			if of.given < least || of.share() < leastCovered || of.share() > most {
				t.Errorf("%d values in each trial, p%d: covers %v of %d", c.sizes, permille/10, of.share(), of.given)
			}
		}
	}
}

// Trials whose values are all alike say no more than one value each, and where they are equal to those of other trials or lie
// within a few buckets, the variance between trials does not tell. No size of trials may make up for their number.
func TestQuantilesOfTrialsThatAreAlikeCover(t *testing.T) {
	rare := func(b float64) func(*rand.Rand) int64 {
		return func(rng *rand.Rand) int64 {
			if rng.Float64() < b {
				return 10_000
			}
			return 1000
		}
	}
	within := func(width float64) func(*rand.Rand) int64 { // near 2^18, where a bucket is 256 wide
		return func(rng *rand.Rand) int64 { return 1<<18 + int64(width*rng.Float64()) }
	}
	for _, c := range []struct {
		name         string
		trials, size int
		value        func(*rand.Rand) int64
		truth        map[int64]int64
		never        []int64 // the quantiles that such a sample cannot support
	}{
		{"rare trials, few", 30, 50, rare(0.06), map[int64]int64{500: 1000, 950: 10_000, 990: 10_000}, []int64{950, 990}},
		{"rare trials", 100, 50, rare(0.06), map[int64]int64{500: 1000, 900: 1000, 950: 10_000, 990: 10_000}, []int64{990}},
		{"rarer trials", 400, 50, rare(0.012), map[int64]int64{500: 1000, 950: 1000, 990: 10_000}, nil},
		{"rare trials, many", 2000, 10, rare(0.009), map[int64]int64{500: 1000, 990: 1000}, nil},
		{"eight buckets", 200, 40, within(2000), map[int64]int64{100: 1<<18 + 200, 500: 1<<18 + 1000, 900: 1<<18 + 1800}, nil},
		{"one bucket", 200, 40, within(200), map[int64]int64{100: 1<<18 + 20, 500: 1<<18 + 100, 900: 1<<18 + 180}, nil},
		{"equal values", 367, 40, within(1), map[int64]int64{10: 1 << 18, 500: 1 << 18, 990: 1 << 18}, []int64{10, 990}},
		{"equal values", 368, 40, within(1), map[int64]int64{10: 1 << 18, 500: 1 << 18, 990: 1 << 18}, nil},
	} {
		rng := rand.New(rand.NewPCG(31, uint64(c.trials)))
		all := make([][]int64, c.trials)
		for i := range all {
			all[i] = make([]int64, c.size)
		}
		got := coverageOf(t, c.truth, func() [][]int64 {
			for i := range all {
				v := c.value(rng)
				for j := range all[i] {
					all[i][j] = v
				}
			}
			return all
		})
		for permille, of := range got {
			never := slices.Contains(c.never, permille)
			if never != (of.given == 0) || permille == 500 && of.given < experiments || !never && of.share() < leastCovered {
				t.Errorf("%s, %d trials, p%d: covers %v of %d", c.name, c.trials, permille/10, of.share(), of.given)
			}
		}
	}
}
