package stats

import (
	"bufio"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
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
	values, in := NewHistogram(1, 1e9), NewClusters(1)
	s := Sample{Values: &values, Clusters: &in}
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

// By hand: trials {1, 2}, {1, 5}, {5, 9}, {2, 5}; up to 2, s = 2, 1, 0, 1 of n = 2 each. Below 2, s = 1, 1, 0, 0; twice 5 or more
// in the third, once in the second and the fourth: (1 + 2 + 1)²/(1 + 4 + 1) = 16/6 trials at least.
func TestSharesOfClusters(t *testing.T) {
	c := clusters(t, [][]int64{{1, 2}, {1, 5}, {5, 9}, {2, 5}}).Clusters
	below, through := c.around(8, 2)
	if want := ratioOf(pair{2, 2}, pair{2, 1}, pair{2, 0}, pair{2, 1}).share(); through != want {
		t.Errorf("through 2: %+v, want %+v", through, want)
	}
	if want := ratioOf(pair{2, 1}, pair{2, 1}, pair{2, 0}, pair{2, 0}).share(); below != want {
		t.Errorf("below 2: %+v, want %+v", below, want)
	}
	below, _ = c.around(8, 5)
	closeTo(t, below.others, 16.0/6)
	closeTo(t, through.counting, 16.0/6)
}

// By hand: of 40 trials of 2 values 10 have s = 2 and 20 s = 1, so that p = 40/80. Σ(s - p·n)² = 10·1 + 20·0 + 10·1 = 20,
// var(p) = 40/39 · 20/80², and n* = 0.25/var(p) = 78. Of 4 such trials n* would be 0.25/(2/8²) = 8 without the factor 4/3, but 4
// are no more than 4. Those of unlike size, 1 and 3 in turn, are worth (4 + 4)²/(2·1 + 2·9) = 3.2 of one size.
func TestEffectiveSizeByHand(t *testing.T) {
	var many, few, unlike Ratio
	for i := range int64(40) {
		many.Add(2, []int64{2, 1, 0, 1}[i%4])
	}
	for i := range int64(4) {
		few.Add(2, []int64{2, 1, 0, 1}[i])
		unlike.Add(1+2*(i%2), i%2)
	}
	for want, r := range map[float64]*Ratio{78: &many, 4: &few, 3.2: &unlike} {
		of := r.share()
		closeTo(t, of.effectiveSize(), want)
	}
}

// The values of clusters are those of a histogram that recorded them, extremes included.
func TestClustersHaveTheValues(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		trials := rapid.SliceOfN(rapid.SliceOf(rapid.Int64Range(0, 1e9)), 0, 5).Draw(rt, "trials")
		for _, trial := range trials {
			slices.Sort(trial)
		}
		s := clusters(t, trials)
		got := NewHistogram(1, 1e9)
		got.MergeClusters(s.Clusters)
		if diff := cmp.Diff(s.Values.State(), got.State()); diff != "" || got.Count() != s.Values.Count() {
			rt.Error(diff)
		}
		both := clusters(t, nil)
		for _, trial := range trials {
			alone := clusters(t, [][]int64{trial})
			both.Clusters.Merge(alone.Clusters)
		}
		again := NewClusters(1)
		if err := again.AddState(both.Clusters.State()); err != nil {
			rt.Fatal(err)
		}
		if diff := cmp.Diff(s.Clusters.State(), again.State()); diff != "" {
			rt.Error(diff)
		}
	})
}

func TestClustersMergeInAnyOrder(t *testing.T) {
	a := clusters(t, [][]int64{{1, 2}, {3}}).Clusters
	b := clusters(t, [][]int64{{5, 900}, {7, 7, 8}}).Clusters
	both := clusters(t, [][]int64{{1, 2}, {3}, {5, 900}, {7, 7, 8}}).Clusters
	ab, ba := NewClusters(1), NewClusters(1)
	ab.Merge(a)
	ab.Merge(b)
	ba.Merge(b)
	ba.Merge(a)
	for _, merged := range []Clusters{ab, ba} {
		if diff := cmp.Diff(both.State(), merged.State()); diff != "" {
			t.Error(diff)
		}
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
