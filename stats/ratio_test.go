package stats

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
	"pgregory.net/rapid"
)

// pair is one trial: n values that sum to s.
type pair struct{ n, s int64 }

func ratioOf(pairs ...pair) *Ratio {
	r := new(Ratio)
	for _, p := range pairs {
		r.Add(p.n, p.s)
	}
	return r
}

func TestOneValuePerTrialIsStudent(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var r Ratio
	values := make([]float64, 40)
	for i := range values {
		v := rng.Int64N(1e6)
		r.Add(1, v)
		values[i] = float64(v)
	}
	mean, deviation := stat.MeanStdDev(values, nil)
	half := distuv.StudentsT{Sigma: 1, Nu: 39}.Quantile(0.975) * deviation / math.Sqrt(40)
	got, ok := r.Mean(0.95)
	if !ok || got.Method != MethodStudent {
		t.Fatalf("got %+v, %v", got, ok)
	}
	closeTo(t, got.Value, mean)
	closeTo(t, got.Low, mean-half)
	closeTo(t, got.High, mean+half)
}

// Three trials (2, 10), (1, 3), (3, 17): N = 6, S = 30, R = 5. The residuals s - 5n are 0, -2 and 2, so the variance is
// 3/2 · 8 / 36 = 1/3. Student's quantile with 2 degrees at 0.975 is 4.3026527, from (2p-1)·sqrt(2 / (4p(1-p))).
func TestRatioByHand(t *testing.T) {
	const p = 0.975
	critical := (2*p - 1) * math.Sqrt(2/(4*p*(1-p)))
	got, _ := ratioOf(pair{2, 10}, pair{1, 3}, pair{3, 17}).Mean(0.95)
	if got.Method != MethodRatio {
		t.Errorf("method %q", got.Method)
	}
	closeTo(t, got.Value, 5)
	closeTo(t, got.Low, 5-critical/math.Sqrt(3))
	closeTo(t, got.High, 5+critical/math.Sqrt(3))
}

func TestFewTrialsHaveNoInterval(t *testing.T) {
	if _, ok := ratioOf(pair{0, 0}, pair{0, 0}).Mean(0.95); ok {
		t.Error("a mean of no values")
	}
	got, ok := ratioOf(pair{4, 10}, pair{0, 0}).Mean(0.95)
	if want := (Interval{Value: 2.5}); !ok || got != want {
		t.Errorf("got %+v, %v; want %+v", got, ok, want)
	}
}

func TestEqualValuesHaveAnIntervalOfNoWidth(t *testing.T) {
	got, _ := ratioOf(pair{1, 7}, pair{3, 21}, pair{2, 14}).Mean(0.95)
	if want := (Interval{7, 7, 7, MethodRatio}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// A million trials of 10^17 + 0 or 1 in turn: the sum of squares needs 134 bits, and the variance, which floats would
// cancel away, is m/4/(m-1)/m.
func TestHugeValuesStayExact(t *testing.T) {
	const m = 1_000_000
	var r Ratio
	for i := range int64(m) {
		r.Add(1, 1e17+i%2)
	}
	half := big.NewInt(m / 2)
	low, high := big.NewInt(1e17), big.NewInt(1e17+1)
	want := new(big.Int).Add(product(half, product(low, low)), product(half, product(high, high)))
	if got := r.ss.int(); got.Cmp(want) != 0 {
		t.Errorf("sum of squares %v, want %v", got, want)
	}
	closeTo(t, r.variance(r.n.int(), r.s.int()), 0.25/(m-1))
}

func TestWideCarries(t *testing.T) {
	var w wide
	for range 5 {
		w.addProduct(math.MaxUint64, math.MaxUint64)
	}
	one := new(big.Int).SetUint64(math.MaxUint64)
	if want := product(big.NewInt(5), product(one, one)); w.int().Cmp(want) != 0 {
		t.Errorf("got %v, want %v", w.int(), want)
	}
}

func TestMergeOrderNeverMatters(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		trial := rapid.Custom(func(t *rapid.T) pair {
			return pair{rapid.Int64Range(0, 1e6).Draw(t, "n"), rapid.Int64Range(0, math.MaxInt64).Draw(t, "s")}
		})
		pairs := rapid.SliceOf(trial).Draw(t, "pairs")
		whole := ratioOf(pairs...)
		parts := make([]Ratio, rapid.IntRange(1, 5).Draw(t, "parts"))
		for _, p := range rapid.Permutation(pairs).Draw(t, "shuffled") {
			parts[rapid.IntRange(0, len(parts)-1).Draw(t, "part")].Add(p.n, p.s)
		}
		var merged Ratio
		for i := range parts {
			merged.Merge(&parts[i])
		}
		if *whole != merged {
			t.Fatalf("whole %+v, merged %+v", *whole, merged)
		}
	})
}

func TestAddAllocatesNothing(t *testing.T) {
	r := new(Ratio)
	h := NewHistogram(1000, 1e17)
	check := func() {
		r.Add(3, 1e17)
		if err := h.Record(27e9); err != nil {
			t.Fatal(err)
		}
	}
	if n := testing.AllocsPerRun(100, check); n != 0 {
		t.Error(cmp.Diff(0.0, n))
	}
}

func closeTo(t *testing.T, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-12*math.Abs(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// Means and shares of values that come in trials agree with R's survey package: testdata/survey.R made the lines.
func TestClusteredEstimatesEqualSurvey(t *testing.T) {
	text, err := os.ReadFile("testdata/survey.txt")
	if err != nil {
		t.Fatal(err)
	}
	means, shares := 0, 0
	for line := range strings.Lines(string(text)) {
		var want Interval
		var trials, above int64
		var confidence float64
		n, _ := fmt.Sscan(line, &trials, &confidence, &want.Value, &want.Low, &want.High, &above)
		var sums, counts Ratio
		for i := range trials {
			var sum, count int64
			for j := range i%4 + 1 {
				v := (7919*i+104729*j)%1000 + 300*(i%3)
				sum += v
				if v > above {
					count++
				}
			}
			sums.Add(i%4+1, sum)
			counts.Add(i%4+1, count)
		}
		var got Interval
		switch n {
		case 5:
			got, _ = sums.Mean(confidence)
			means++
		case 6:
			got, _ = counts.Proportion(confidence)
			shares++
		default:
			t.Fatalf("%q", line)
		}
		for _, pair := range [][2]float64{{got.Value, want.Value}, {got.Low, want.Low}, {got.High, want.High}} {
			if math.Abs(pair[0]-pair[1]) > 1e-9*math.Abs(want.Value) {
				t.Errorf("%q: got %+v", line, got)
			}
		}
	}
	if means != 12 || shares != 18 {
		t.Errorf("%d means, %d shares", means, shares)
	}
}
