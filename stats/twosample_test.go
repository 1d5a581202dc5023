package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// Welch's interval and the distances agree with SciPy: testdata/twosample.py made them.
func TestTwoSamplesEqualSciPy(t *testing.T) {
	oracle(t, "twosample.txt", 9, func(t *testing.T, line string) {
		kind, rest, _ := strings.Cut(line, " ")
		in := strings.NewReader(rest)
		if kind == "distance" {
			checkDistances(t, in)
			return
		}
		var m1, m2, p float64
		var base, other Mean
		if _, err := fmt.Fscan(in, &m1, &base.Value, &base.Error, &m2, &other.Value, &other.Error, &p); err != nil {
			t.Fatal(err)
		}
		base.Degrees, other.Degrees = m1-1, m2-1
		got := Welch(base, other, 1-p)
		if nearer := min(math.Abs(got.Low), math.Abs(got.High)); nearer > 1e-8*(got.High-got.Low) || got.Method != MethodWelch {
			t.Errorf("%s: got %+v, want an end at 0", line, got)
		}
	})
}

func checkDistances(t *testing.T, in *strings.Reader) {
	t.Helper()
	var ks, wasserstein float64
	var sizes [2]int
	if _, err := fmt.Fscan(in, &ks, &wasserstein, &sizes[0], &sizes[1]); err != nil {
		t.Fatal(err)
	}
	var sides [2]Weighted
	for i, size := range sizes {
		for range size {
			var value float64
			var count int64
			if _, err := fmt.Fscan(in, &value, &count); err != nil {
				t.Fatal(err)
			}
			sides[i].Values, sides[i].Counts = append(sides[i].Values, value), append(sides[i].Counts, count)
		}
	}
	before := slices.Clone(sides[0].Counts)
	gotKS, got := Distances(sides[0], sides[1])
	if !close9(gotKS, ks) || !close9(got, wasserstein) || !slices.Equal(before, sides[0].Counts) {
		t.Errorf("got %v and %v, want %v and %v", gotKS, got, ks, wasserstein)
	}
}

// Student's quantile agrees with R's to five digits, from the middle to the far tail: testdata/critical.R made it. Of 1 - alpha only 53
// bits are known, which is a share of alpha.
func TestStudentsQuantileEqualsR(t *testing.T) {
	oracle(t, "critical.txt", 70, func(t *testing.T, line string) {
		var alpha, degrees, want float64
		if _, err := fmt.Sscan(line, &alpha, &degrees, &want); err != nil {
			t.Fatal(err)
		}
		if got := critical(1-alpha, degrees); !(math.Abs(got-want) <= want*(5e-6+0x1p-52/alpha)) {
			t.Errorf("%s: got %v", line, got)
		}
	})
}

// The standard error that went into Student's interval comes out of it.
func TestMeanOfUndoesStudent(t *testing.T) {
	r := ratioOf(pair{1, 10}, pair{1, 30}, pair{1, 80}, pair{1, 50})
	interval, _ := r.Mean(0.99)
	got := MeanOf(interval, 0.99, 3)
	// 10, 30, 80 and 50 have a sample variance of 2675/3.
	closeTo(t, got.Value, 42.5)
	closeTo(t, got.Error, math.Sqrt(2675.0/3/4))
}

func TestWelchOfMeansWithoutErrorHasNoWidth(t *testing.T) {
	if got, want := Welch(Mean{7, 0, 9}, Mean{9, 0, 9}, 0.95), (Interval{2, 2, 2, MethodWelch}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// With Wilson's intervals Mover is method 10 of Newcombe (Statistics in Medicine 17, 1998, 873-890): testdata/newcombe.py has
// statsmodels give it.
func TestMoverEqualsNewcombe(t *testing.T) {
	oracle(t, "newcombe.txt", 7, func(t *testing.T, line string) {
		var x1, n1, x2, n2, low, high float64
		if _, err := fmt.Sscan(line, &x1, &n1, &x2, &n2, &low, &high); err != nil {
			t.Fatal(err)
		}
		got := Mover(scores(x2, n2), scores(x1, n1))
		if math.Abs(got.Low-low) > 1e-9 || math.Abs(got.High-high) > 1e-9 || got.Method != MethodMover {
			t.Errorf("%s: got %+v", line, got)
		}
	})
}

// scores is Wilson's interval of x of n.
func scores(x, n float64) Interval {
	low, high := wilson(x/n, n, 1.959963984540054)
	return Interval{Value: x / n, Low: low, High: high}
}

// An end that is missing on one side is missing where it counts, and only there.
func TestMoverKeepsEndsOpen(t *testing.T) {
	got := Mover(Interval{Value: 5, Low: 4, High: math.Inf(1)}, Interval{Value: 9, Low: 6, High: 13})
	// 9 - 5 + sqrt(4² + 1²)
	if !math.IsInf(got.Low, -1) || !close9(got.High, 4+math.Sqrt(17)) {
		t.Errorf("got %+v", got)
	}
}

// The normal quantiles at 0.975 and 0.995 are 1.959964 and 2.575829: their ratio is 1.314223.
func TestScaledStretchesEachArm(t *testing.T) {
	got := Interval{Value: 10, Low: 9, High: 12}.Scaled(0.95, 0.99)
	if math.Abs(got.Low-(10-1.314223)) > 1e-6 || math.Abs(got.High-(10+2*1.314223)) > 1e-6 {
		t.Errorf("got %+v", got)
	}
}

// 2,000 experiments. Of 300 and 150 values with unlike spread and a true change of 40 Welch's interval covers it in 95 % of
// them, within four standard errors of 0.49 %. The change of the 99 % quantile between 3,000 and 1,500 exponential values, by
// exact intervals of either, is covered in 93.05 % at least; so it is by intervals of 90 % that are stretched to 95 %.
func TestTwoSampleIntervalsCover(t *testing.T) {
	const experiments = 2000
	rng := rand.New(rand.NewPCG(5, 6))
	welch, mover, stretched := 0, 0, 0
	for range experiments {
		var sums [2]Ratio
		values := [2]Histogram{NewHistogram(1, 1e9), NewHistogram(1, 1e9)}
		for i, side := range []struct {
			trials               int
			mean, spread, factor float64
		}{{300, 500, 90, 1}, {150, 540, 30, 1.1}} {
			for range side.trials {
				sums[i].Add(1, int64(side.mean+side.spread*(rng.ExpFloat64()-1)))
			}
			for range 10 * side.trials {
				if err := values[i].Record(int64(1e5 * side.factor * rng.ExpFloat64())); err != nil {
					t.Fatal(err)
				}
			}
		}
		var means [2]Mean
		var quantiles, narrow [2]Interval
		for i := range sums {
			interval, _ := sums[i].Mean(0.95)
			means[i] = MeanOf(interval, 0.95, float64(sums[i].Trials()-1))
			quantiles[i] = p99(&values[i], 0.95)
			narrow[i] = p99(&values[i], 0.90).Scaled(0.90, 0.95)
		}
		if c := Welch(means[0], means[1], 0.95); c.Low <= 40 && 40 <= c.High {
			welch++
		}
		truth := 0.1 * 1e5 * math.Log(100) // the 99 % quantile of an exponential of mean 1 is ln 100
		if c := Mover(quantiles[0], quantiles[1]); c.Low <= truth && truth <= c.High {
			mover++
		}
		if c := Mover(narrow[0], narrow[1]); c.Low <= truth && truth <= c.High {
			stretched++
		}
	}
	if share := float64(welch) / experiments; math.Abs(share-0.95) > 0.0195 {
		t.Errorf("welch covers %v", share)
	}
	if share := float64(mover) / experiments; share < 0.9305 {
		t.Errorf("mover covers %v", share)
	}
	if share := float64(stretched) / experiments; share < 0.9305 {
		t.Errorf("mover of stretched intervals covers %v", share)
	}
}

func p99(values *Histogram, confidence float64) Interval {
	q := (&Sample{Values: values}).Quantile(990, confidence)
	return Interval{Value: float64(q.Value), Low: float64(q.Low), High: float64(q.High)}
}
