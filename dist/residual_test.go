package dist

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"gonum.org/v1/gonum/integrate/quad"
	"gonum.org/v1/gonum/stat/distuv"
)

// residualCDF is the definition, integrated by gonum over a survival function in seconds.
func residualCDF(survival func(seconds float64) float64, mean, x float64) float64 {
	const pieces = 64
	var sum float64
	for i := range pieces {
		sum += quad.Fixed(survival, x*float64(i)/pieces, x*float64(i+1)/pieces, 20, nil, 0)
	}
	return sum / mean
}

// TestResidualsAreTheDefinition: the share of 200,000 evenly spread draws below x is the integral of the survival function.
func TestResidualsAreTheDefinition(t *testing.T) {
	weibull := distuv.Weibull{K: 3, Lambda: 1000}
	lognormal := distuv.LogNormal{Mu: math.Log(100), Sigma: math.Log(10) / 2.3263478740408408} // p99 = 1000 s
	gamma := distuv.Gamma{Alpha: 4, Beta: 4. / 500}
	integrated := func(survival func(float64) float64, mean float64) func(float64) float64 {
		return func(x float64) float64 { return residualCDF(survival, mean, x) }
	}
	for text, c := range map[string]struct {
		mean float64
		cdf  func(x float64) float64
	}{
		"100s":                              {100, func(x float64) float64 { return min(100, x) / 100 }},
		"empirical(10s, 10s, 40s)":          {20, func(x float64) float64 { return (2*min(10, x) + min(40, x)) / 60 }},
		"exponential(50s)":                  {50, func(x float64) float64 { return 1 - math.Exp(-x/50) }},
		"uniform(100s, 300s)":               {200, integrated(func(x float64) float64 { return min(1, max(0, (300-x)/200)) }, 200)},
		"weibull(scale=1000s, shape=3)":     {weibull.Mean(), integrated(weibull.Survival, weibull.Mean())},
		"lognormal(median=100s, p99=1000s)": {lognormal.Mean(), integrated(lognormal.Survival, lognormal.Mean())},
		"gamma(mean=500s, shape=4)":         {gamma.Mean(), integrated(gamma.Survival, gamma.Mean())},
	} {
		d := MustParse(text)
		r := NewResidual(&d)
		for _, x := range []float64{0.1, 0.5, 1, 1.7} {
			at := x * c.mean
			want := c.cdf(at)
			const n = 200_000
			below := 0
			for i := range n {
				if r.Draw(uint64(i)*(math.MaxUint64/n)).Seconds() <= at {
					below++
				}
			}
			if got := float64(below) / n; math.Abs(got-want) > 2e-4 {
				t.Errorf("%s: P(R <= %v s) is %v, want %v", text, at, got, want)
			}
		}
	}
}

// TestResidualsAreWhatALongRenewalProcessLeaves: the mean of what is left at a random instant is E[X^2] / 2E[X]; for a mixture of
// 10 s and 90 s, half each, 8,200 / 200 = 41 s.
func TestResidualsAreWhatALongRenewalProcessLeaves(t *testing.T) {
	d := MustParse("mixture(0.5: 10s, 0.5: 90s)")
	r := NewResidual(&d)
	rng := rand.New(rand.NewPCG(1, 2))
	var sum, squares float64
	const n = 20_000
	for range n {
		v := r.Draw(rng.Uint64()).Seconds()
		sum, squares = sum+v, squares+v*v
	}
	mean := sum / n
	se := math.Sqrt((squares/n - mean*mean) / n)
	if math.Abs(mean-41) > 4*se {
		t.Errorf("mean %v s, want 41 within %v", mean, 4*se)
	}
	var end time.Duration
	for i := range 1000 {
		end = max(end, r.Draw(uint64(i)*(math.MaxUint64/1000)))
	}
	if end > 90*time.Second {
		t.Errorf("a residual of %v, longer than any delay", end)
	}
}
