package stats

import (
	"bufio"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"testing"
)

// The ranks agree with SciPy's: testdata/binomial.py made them.
func TestOrderStatisticsEqualSciPy(t *testing.T) {
	file, err := os.Open("testdata/binomial.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := 0
	for scanner := bufio.NewScanner(file); scanner.Scan(); lines++ {
		var n, wantLow, wantHigh int64
		var p, confidence float64
		if _, err := fmt.Sscan(scanner.Text(), &n, &p, &confidence, &wantLow, &wantHigh); err != nil {
			t.Fatal(err)
		}
		if low, high := OrderStatistics(n, p, confidence); low != wantLow || high != wantHigh {
			t.Errorf("%s: got %d %d", scanner.Text(), low, high)
		}
	}
	if lines < 100 {
		t.Fatalf("only %d lines", lines)
	}
}

// 0.99^n <= 0.025 from n = ln 0.025/ln 0.99 = 367.04 on, and 0.999^n from 3687.03 on: only then the largest value lies above
// the quantile with enough confidence.
func TestP99Needs368TrialsAndP999Needs3688(t *testing.T) {
	for permille, needed := range map[int64]int64{990: 368, 999: 3688} {
		for _, n := range []int64{needed - 1, needed} {
			values := NewHistogram(1, 1e9)
			for v := range n {
				if err := values.Record(v); err != nil {
					t.Fatal(err)
				}
			}
			s := Sample{Values: &values}
			q := s.Quantile(permille, 0.95)
			if supported := q.Needed == 0; supported != (n == needed) {
				t.Errorf("p%d of %d trials: %+v", permille, n, q)
			}
			if n < needed && math.Ceil(q.Needed*float64(n)) != float64(needed) {
				t.Errorf("p%d of %d trials asks for %v", permille, n, q.Needed*float64(n))
			}
		}
	}
}

// clusters makes a Sample of trials, each ascending.
func clusters(t testing.TB, trials [][]int64) Sample {
	t.Helper()
	values := NewHistogram(1, 1e9)
	s := Sample{Values: &values, Clusters: &Clusters{}}
	for _, trial := range trials {
		s.Clusters.Add(trial)
		for _, v := range trial {
			if err := values.Record(v); err != nil {
				t.Fatal(err)
			}
		}
	}
	return s
}

// By hand: trials {1, 2}, {1, 5}, {5, 9}, {2, 5}; at x = 2, y = 2, 1, 0, 1 of m = 2 each. F = 4/8, and
// Σ(y - F·m)² = 1 + 0 + 1 + 0 = 2, so var(F) = 4/3 x 2/64 = 1/24. Independent values would have 0.25/8 = 1/32: the design
// effect is 4/3. Below x = 2, y = 1, 1, 0, 0: F = 2/8, Σ(y - F·m)² = 4 x 1/4 = 1, var(F) = 4/3 x 1/64, against 3/16/8: 8/9.
func TestDesignEffectByHand(t *testing.T) {
	c := clusters(t, [][]int64{{1, 2}, {1, 5}, {5, 9}, {2, 5}}).Clusters
	below, through := c.cumulate(2)
	if want := (clusterSums{y: 4, yy: 4 + 1 + 1, ym: 4 * 2}); through != want {
		t.Errorf("through 2: %+v, want %+v", through, want)
	}
	if want := (clusterSums{y: 2, yy: 1 + 1, ym: 2 * 2}); below != want {
		t.Errorf("below 2: %+v, want %+v", below, want)
	}
	for at, want := range map[clusterSums]float64{through: 4.0 / 3, below: 8.0 / 9} {
		if got := c.designEffect(8, at); math.Abs(got-want) > 1e-12 {
			t.Errorf("design effect %v, want %v", got, want)
		}
	}
	if got := c.effectiveSize(8, 2); got != 6 { // 8 / (4/3)
		t.Errorf("effective size %d, want 6", got)
	}
	// Values of 5 and more are in three trials, twice in the third: (1 + 2 + 1)²/(1 + 4 + 1) = 16/6 of them at least.
	if got := c.reaching(8, 5, 900); math.Abs(got-16.0/6) > 1e-12 {
		t.Errorf("%v trials reach 5, want 16/6", got)
	}
}

// Buckets ascend with the values, and a value differs from the others of its bucket by 1/128 at most.
func TestClusterBucketsAreNarrow(t *testing.T) {
	last, first := -1, int64(0)
	for v := range int64(1 << 20) {
		b := clusterBucket(v)
		if b != last {
			if b != last+1 {
				t.Fatalf("bucket %d follows %d at %d", b, last, v)
			}
			last, first = b, v
		}
		if v-first > first/128 {
			t.Fatalf("%d shares a bucket with %d", v, first)
		}
	}
	if a, b := clusterBucket(math.MaxInt64), clusterBucket(math.MaxInt64-math.MaxInt64/64); a <= b {
		t.Errorf("buckets %d and %d", a, b)
	}
}

func TestClustersMergeInAnyOrder(t *testing.T) {
	a := clusters(t, [][]int64{{1, 2}, {3}}).Clusters
	b := clusters(t, [][]int64{{5, 900}, {7, 7, 8}}).Clusters
	both := clusters(t, [][]int64{{1, 2}, {3}, {5, 900}, {7, 7, 8}}).Clusters
	var ab, ba Clusters
	ab.Merge(a)
	ab.Merge(b)
	ba.Merge(b)
	ba.Merge(a)
	if fmt.Sprint(ab) != fmt.Sprint(*both) || fmt.Sprint(ba) != fmt.Sprint(*both) {
		t.Errorf("%v and %v, want %v", ab, ba, *both)
	}
}

// Values of one trial that are all alike are one observation: a hundred copies in each trial give the interval that one
// copy gives, but for the factor (T-1)/T of the sample variance and the rounding of ranks.
func TestCopiesWithinATrialAddNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	single, copies := make([][]int64, 2000), make([][]int64, 2000)
	for i := range single {
		v := 1_000_000 + r.Int64N(1_000_000)
		single[i] = []int64{v}
		for range 100 {
			copies[i] = append(copies[i], v)
		}
	}
	one, hundred := clusters(t, single), clusters(t, copies)
	for _, permille := range []int64{50, 500, 950, 990} {
		a, b := one.Quantile(permille, 0.95), hundred.Quantile(permille, 0.95)
		if a.Method != MethodOrder || b.Method != MethodCluster {
			t.Errorf("methods %q and %q", a.Method, b.Method)
		}
		if within := 0.01 * float64(a.Value); math.Abs(float64(a.Low-b.Low)) > within || math.Abs(float64(a.High-b.High)) > within {
			t.Errorf("p%d: %+v of single values, %+v of copies", permille, a, b)
		}
	}
}

// Over 2,000 synthetic experiments the intervals cover the true quantile as often as they claim: those of single values,
// which are exact, in at least 93.05 %, those of clustered ones, which are asymptotic, in 95 +- 1.95 %: four standard errors
// of 0.487 %. A trial shifts its values by an effect of its own: value = 1 s + 0.5 s·(effect + own), both uniform(0, 1).
func TestQuantileIntervalsCover(t *testing.T) {
	const experiments, trials, width = 2000, 400, 1_000_000
	for perTrial, bounds := range map[int][2]float64{1: {0.9305, 1}, 8: {0.9305, 0.9695}} {
		r := rand.New(rand.NewPCG(uint64(perTrial), 7))
		covered := map[int64]int{}
		for range experiments {
			s := clusters(t, syntheticTrials(r, trials, perTrial))
			for permille, truth := range map[int64]int64{500: 2 * width, 900: trueTriangular(0.9, width), 950: trueTriangular(0.95, width)} {
				if q := s.Quantile(permille, 0.95); q.Low <= truth && truth <= q.High {
					covered[permille]++
				}
			}
		}
		for permille, n := range covered {
			if share := float64(n) / experiments; share < bounds[0] || share > bounds[1] {
				t.Errorf("%d values in each trial, p%d: covered %.4f, want %v to %v", perTrial, permille, share, bounds[0], bounds[1])
			}
		}
	}
}

// syntheticTrials draws values width + width·(effect + own), whose sum of two uniforms is triangular.
func syntheticTrials(r *rand.Rand, trials, perTrial int) [][]int64 {
	const width = 1_000_000
	all := make([][]int64, trials)
	for i := range all {
		effect := r.Float64()
		for range perTrial {
			v := width + int64(width*(effect+r.Float64()))
			at := len(all[i])
			for at > 0 && all[i][at-1] > v {
				at--
			}
			all[i] = append(all[i][:at], append([]int64{v}, all[i][at:]...)...)
		}
	}
	return all
}

// trueTriangular is the quantile p >= 0.5 of width + width·(U + V): P(U+V > s) = (2-s)²/2.
func trueTriangular(p float64, width int64) int64 {
	return width + int64(float64(width)*(2-math.Sqrt(2*(1-p))))
}

// Of 1,000 values the 100 largest are censored: the upper end of p50 is found, that of p90 is not.
func TestCensoredValuesLeaveNoUpperEnd(t *testing.T) {
	values, censored := NewHistogram(1, 1e9), NewHistogram(1, 1e9)
	for v := range int64(1000) {
		if err := values.Record(v); err != nil {
			t.Fatal(err)
		}
		if v >= 900 {
			if err := censored.Record(v); err != nil {
				t.Fatal(err)
			}
		}
	}
	s := Sample{Values: &values, Censored: &censored}
	if q := s.Quantile(500, 0.95); q.Unbounded || q.High < 500 || q.High > 560 {
		t.Errorf("p50: %+v", q)
	}
	if q := s.Quantile(900, 0.95); !q.Unbounded || q.Value != 899 {
		t.Errorf("p90: %+v", q)
	}
	// A censored value in the middle is infinite too, so that higher ranks move up: of 0 to 999 without 500 to 599, and with
	// those at the end, rank 529 (the upper end of the median at 95 %) is 528 no more but 628.
	middle := NewHistogram(1, 1e9)
	for v := int64(500); v < 600; v++ {
		if err := middle.Record(v); err != nil {
			t.Fatal(err)
		}
	}
	s.Censored = &middle
	_, u := OrderStatistics(1000, 0.5, 0.95)
	if q := s.Quantile(500, 0.95); q.High != u-1+100 {
		t.Errorf("p50: %+v, want an upper end of %d", q, u-1+100)
	}
}

// P(B <= 0) is 2^-5 exactly for five values and the median: with as much left to each side, the extremes are the interval.
func TestOrderStatisticsUseWhatIsCoveredExactly(t *testing.T) {
	if l, u := OrderStatistics(5, 0.5, 1-2.0/32); l != 1 || u != 5 {
		t.Errorf("ranks %d and %d, want 1 and 5", l, u)
	}
}

// All low values come from ten trials: what lies below the median rests on ten trials, however many values they have.
func TestEachSideOfTheMedianNeedsItsTrials(t *testing.T) {
	trials := make([][]int64, 100)
	for i := range trials {
		for j := range int64(40) {
			v := 1000 + int64(i) + j
			if i < 10 {
				v = 1 + j
			}
			trials[i] = append(trials[i], v)
		}
	}
	s := clusters(t, trials)
	if q := s.Quantile(50, 0.95); q.Needed != 2 { // 20 trials over 10
		t.Errorf("p5: %+v", q)
	}
	if q := s.Quantile(800, 0.95); q.Needed != 0 {
		t.Errorf("p80: %+v", q)
	}
}
