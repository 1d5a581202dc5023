package dist_test

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
	"pgregory.net/rapid"

	"failsim/dist"
)

// oracle is what the tests need of a distribution; its unit is the second.
type oracle interface {
	CDF(seconds float64) float64
	Quantile(p float64) float64
	Mean() float64
	StdDev() float64
}

// lognormalSigma: ln(p99/median) over the normal quantile of 0.99.
func lognormalSigma(median, p99 float64) float64 {
	return math.Log(p99/median) / distuv.UnitNormal.Quantile(0.99)
}

var oracles = []struct {
	text string
	want oracle
}{
	{"uniform(1s, 5s)", distuv.Uniform{Min: 1, Max: 5}},
	{"triangular(10s, 20s, 45s)", distuv.NewTriangle(10, 45, 20, nil)},
	{"triangular(10s, 10s, 45s)", distuv.NewTriangle(10, 45, 10, nil)},
	{"triangular(0s, 45s, 45s)", distuv.NewTriangle(0, 45, 45, nil)},
	{"exponential(2m)", distuv.Exponential{Rate: 1. / 120}},
	{"exponential(180d)", distuv.Exponential{Rate: 1. / (180 * 86400)}},
	{"lognormal(median=10s, p99=45s)", distuv.LogNormal{Mu: math.Log(10), Sigma: lognormalSigma(10, 45)}},
	{"lognormal(median=1ms, p99=20ms)", distuv.LogNormal{Mu: math.Log(0.001), Sigma: lognormalSigma(1, 20)}},
	{"weibull(scale=10s, shape=1.5)", distuv.Weibull{K: 1.5, Lambda: 10}},
	{"weibull(scale=10s, shape=20)", distuv.Weibull{K: 20, Lambda: 10}},
	{"gamma(mean=10s, shape=0.5)", distuv.Gamma{Alpha: 0.5, Beta: 0.05}},
	{"gamma(mean=10s, shape=3)", distuv.Gamma{Alpha: 3, Beta: 0.3}},
	{"gamma(mean=10s, shape=100)", distuv.Gamma{Alpha: 100, Beta: 10}},
	// Sums and mixtures with closed forms.
	{"uniform(1s, 5s) + uniform(2s, 6s)", distuv.NewTriangle(3, 11, 7, nil)},
	{"exponential(10s) + exponential(10s) + exponential(10s)", distuv.Gamma{Alpha: 3, Beta: 0.1}},
	{"mixture(0.25: uniform(0s, 10s), 0.75: uniform(10s, 40s))", distuv.Uniform{Min: 0, Max: 40}},
	{"empirical(0s, 10s, 20s, 30s) + uniform(0s, 10s)", distuv.Uniform{Min: 0, Max: 40}},
}

func draws(text string, n int) []float64 {
	d := dist.MustParse(text)
	name := dist.Name("test", text)
	out := make([]float64, n)
	for i := range out {
		out[i] = d.Draw(dist.NewSource(7, uint64(i), 0).Bits(name, 0)).Seconds()
	}
	return out
}

func TestDrawsFollowTheDistribution(t *testing.T) {
	const n = 100_000
	for _, test := range oracles {
		t.Run(test.text, func(t *testing.T) {
			sample := draws(test.text, n)
			mean, variance := stat.MeanVariance(sample, nil)
			checkMoment(t, "mean", mean-test.want.Mean(), math.Sqrt(variance/n))
			squares := make([]float64, n)
			for i, x := range sample {
				squares[i] = (x - mean) * (x - mean)
			}
			_, spread := stat.MeanVariance(squares, nil)
			checkMoment(t, "variance", variance-test.want.StdDev()*test.want.StdDev(), math.Sqrt(spread/n))
			checkKolmogorov(t, sample, test.want.CDF)
		})
	}
}

func checkMoment(t *testing.T, name string, miss, standardError float64) {
	t.Helper()
	if math.Abs(miss) > 4*standardError {
		t.Errorf("%s is off by %g, %.1f standard errors", name, miss, math.Abs(miss)/standardError)
	}
}

// checkKolmogorov fails where the sample deviates from a continuous CDF more than once in 10,000 times by chance:
// sqrt(-ln(1e-4/2)/2) = 2.225 over sqrt(n).
func checkKolmogorov(t *testing.T, sample []float64, cdf func(float64) float64) {
	t.Helper()
	slices.Sort(sample)
	n := float64(len(sample))
	most := 0.0
	for i, x := range sample {
		p := cdf(x)
		most = max(most, p-float64(i)/n, float64(i+1)/n-p)
	}
	if limit := 2.225 / math.Sqrt(n); most > limit {
		t.Errorf("Kolmogorov-Smirnov distance %.5f, at most %.5f is chance", most, limit)
	}
}

func TestQuantileAndCDFMatchTheOracle(t *testing.T) {
	for _, test := range oracles {
		d := dist.MustParse(test.text)
		tolerance := 1e-11
		if strings.Contains(test.text, "+") {
			tolerance = 5e-5 // what convolve promises here
		}
		for _, p := range []float64{1e-9, 0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 1 - 1e-9} {
			x := d.Quantile(p)
			want := test.want.Quantile(p)
			if got := test.want.CDF(x.Seconds()); math.Abs(x.Seconds()-want) > 2e-9+1e-10*want && math.Abs(got-p) > tolerance {
				t.Errorf("%s: quantile of %v is %v, want %v", test.text, p, x.Seconds(), want)
			}
			if got, want := d.CDF(x), test.want.CDF(x.Seconds()); math.Abs(got-want) > tolerance {
				t.Errorf("%s: CDF of %v is %v, want %v", test.text, x, got, want)
			}
		}
		if got, want := d.Mean().Seconds(), test.want.Mean(); math.Abs(got-want) > 1e-9+1e-12*want {
			t.Errorf("%s: mean %v, want %v", test.text, got, want)
		}
	}
}

func TestMonteCarloAgreesWithTheNumericalCDF(t *testing.T) {
	for _, text := range []string{
		"triangular(10s, 20s, 45s) + lognormal(median=10s, p99=45s)",
		"exponential(180d) + uniform(1s, 2s)",
		"lognormal(median=1s, p99=1h) + lognormal(median=1m, p99=20m) + weibull(scale=1m, shape=0.5) + 5s",
		"mixture(0.5: uniform(1s, 2s), 0.3: 3s, 0.2: exponential(5s)) + triangular(0s, 1s, 3s)",
		"mixture(0.9: gamma(mean=10s, shape=0.3), 0.1: uniform(1m, 2m) + exponential(30s))",
	} {
		d := dist.MustParse(text)
		t.Run(text, func(t *testing.T) {
			checkKolmogorov(t, draws(text, 200_000), func(x float64) float64 {
				return d.CDF(time.Duration(math.Round(x * 1e9)))
			})
		})
	}
}

func TestSumOfStepsIsExact(t *testing.T) {
	d := dist.MustParse("empirical(1s, 2s) + empirical(0s, 10s, 10s) + 1s")
	// 1/2 x (1/3 at 0s, 2/3 at 10s), shifted by 2s and 3s.
	for _, test := range []struct {
		at   time.Duration
		want float64
	}{{2, 1. / 6}, {3, 2. / 6}, {12, 4. / 6}, {13, 1}} {
		at := test.at * time.Second
		if got := d.CDF(at); math.Abs(got-test.want) > 1e-12 {
			t.Errorf("CDF(%v) = %v, want %v", at, got, test.want)
		}
		if got := d.Quantile(test.want - 0.01); got != at {
			t.Errorf("quantile below the step is %v, want %v", got, at)
		}
	}
}

func TestEmpiricalDrawsObservedValuesOnly(t *testing.T) {
	d := dist.MustParse("empirical(58s, 20s, 31s, 20s)")
	count := map[time.Duration]float64{}
	const n = 40_000
	for i := range uint64(n) {
		count[d.Draw(dist.NewSource(3, i, 0).Bits(0, 0))]++
	}
	for value, share := range map[time.Duration]float64{20 * time.Second: 0.5, 31 * time.Second: 0.25, 58 * time.Second: 0.25} {
		checkMoment(t, value.String(), count[value]/n-share, math.Sqrt(share*(1-share)/n))
	}
	if len(count) != 3 {
		t.Errorf("drew %v", count)
	}
	for p, want := range map[float64]time.Duration{0: 20, 0.5: 20, 0.5000001: 31, 0.75: 31, 0.76: 58, 1: 58} {
		if got := d.Quantile(p); got != want*time.Second {
			t.Errorf("quantile of %v is %v, want %vs", p, got, want)
		}
	}
}

// anyDelay gives the notation of some delay, with durations of all magnitudes.
func anyDelay(t *rapid.T, depth int) string {
	spans := make([]time.Duration, 3)
	for i := range spans {
		spans[i] = time.Duration(math.Exp(rapid.Float64Range(0, 40).Draw(t, "ln ns")))
	}
	slices.Sort(spans)
	a, b, c := dist.FormatDuration(spans[0]), dist.FormatDuration(spans[1]+1), dist.FormatDuration(spans[2]+2)
	shape := strconv.FormatFloat(math.Exp(rapid.Float64Range(-2.3, 4.6).Draw(t, "ln shape")), 'f', -1, 64)
	kinds := []string{
		a,
		"uniform(" + a + ", " + b + ")",
		"triangular(" + a + ", " + b + ", " + c + ")",
		"triangular(" + a + ", " + a + ", " + c + ")",
		"exponential(" + a + ")",
		"lognormal(median=" + a + ", p99=" + b + ")",
		"weibull(scale=" + a + ", shape=" + shape + ")",
		"gamma(mean=" + a + ", shape=" + shape + ")",
		"empirical(" + a + ", " + b + ", " + c + ", " + b + ")",
	}
	i := rapid.IntRange(0, len(kinds)+1).Draw(t, "kind")
	switch {
	case i < len(kinds):
		return kinds[i]
	case depth == 0:
		return a
	case i == len(kinds):
		return "mixture(0.7: " + anyDelay(t, depth-1) + ", 0.3: " + anyDelay(t, depth-1) + ")"
	}
	return anyDelay(t, depth-1) + " + " + anyDelay(t, depth-1)
}

func TestQuantileAndCDFAreConsistent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := dist.MustParse(anyDelay(t, 1))
		low, high, _ := d.Bounds()
		before, beforeP := low, 0.0
		ps := []float64{0, 0x1p-53, 1 - 0x1p-53, 1}
		for range 20 {
			ps = append(ps, rapid.Float64Range(0, 1).Draw(t, "p"))
		}
		slices.Sort(ps)
		for _, p := range ps {
			x := d.Quantile(p)
			if x < low || x > high {
				t.Fatalf("%s: quantile of %v is %v, outside of %v to %v", d, p, x, low, high)
			}
			if x < before {
				t.Fatalf("%s: quantile falls from %v at %v to %v at %v", d, before, beforeP, x, p)
			}
			before, beforeP = x, p
			// The last digits of the value, and one nanosecond for the rounding.
			slack := 1 + time.Duration(float64(x)*1e-12)
			if below := d.CDF(x - slack); below > p+1e-9 {
				t.Fatalf("%s: quantile of %v is %v, below which lies %v already", d, p, x, below)
			}
			if upTo := d.CDF(x + slack); upTo < p-1e-9 {
				t.Fatalf("%s: quantile of %v is %v, up to which lies only %v", d, p, x, upTo)
			}
		}
	})
}

func TestCDFNeverFalls(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := dist.MustParse(anyDelay(t, 1))
		low, high, _ := d.Bounds()
		x := time.Duration(rapid.Int64Range(int64(low), int64(high)).Draw(t, "x"))
		y := time.Duration(rapid.Int64Range(int64(low), int64(high)).Draw(t, "y"))
		if x > y {
			x, y = y, x
		}
		if p, q := d.CDF(x), d.CDF(y); !(0 <= p && p <= q+1e-12 && q <= 1) {
			t.Fatalf("%s: CDF(%v) = %v, CDF(%v) = %v", d, x, p, y, q)
		}
	})
}

func TestDrawInvertsTheQuantile(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := dist.MustParse(anyDelay(t, 0))
		bits := rapid.Uint64().Draw(t, "bits")
		if got, want := d.Draw(bits), d.Quantile(dist.Uniform(bits)); got != want {
			t.Fatalf("%s: drew %v, the quantile is %v", d, got, want)
		}
	})
}

func TestConstantShiftsASumExactly(t *testing.T) {
	plain, shifted := dist.MustParse("lognormal(median=1s, p99=9s)"), dist.MustParse("2s + lognormal(median=1s, p99=9s) + 3s")
	source := dist.NewSource(1, 2, 3)
	for i := range uint64(1000) {
		bits := source.Bits(0, i)
		if got, want := shifted.Draw(bits), plain.Draw(bits)+5*time.Second; got != want {
			t.Fatalf("drew %v, want %v", got, want)
		}
		if u := dist.Uniform(bits); shifted.Quantile(u) != shifted.Draw(bits) {
			t.Fatalf("the quantile of %v is %v, the draw %v", u, shifted.Quantile(u), shifted.Draw(bits))
		}
	}
}

func TestDrawDoesNotAllocate(t *testing.T) {
	for _, test := range benchTexts {
		d := dist.MustParse(test.text)
		bits := uint64(0)
		if n := testing.AllocsPerRun(100, func() { bits += 0x123456789abcdef; keep(d.Draw(bits)) }); n != 0 {
			t.Errorf("%s: %v allocations a draw", test.text, n)
		}
	}
}

func TestUnboundedDrawsSaturate(t *testing.T) {
	d := dist.MustParse("weibull(scale=3650d, shape=0.1)")
	if got, want := d.Draw(math.MaxUint64), 100*365*24*time.Hour; got != want {
		t.Errorf("draw %v, want %v", got, want)
	}
	if low, high, bounded := d.Bounds(); low != 0 || high != 100*365*24*time.Hour || bounded {
		t.Errorf("bounds %v, %v, %v", low, high, bounded)
	}
}
