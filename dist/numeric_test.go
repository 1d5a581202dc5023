package dist

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat/distuv"
)

// worst keeps the greatest relative error seen, and where.
type worst struct{ err, at float64 }

func (w *worst) see(at, got, want float64) {
	err := math.Abs(got - want)
	if want != 0 {
		err /= math.Abs(want)
	}
	if !(err <= w.err) {
		w.err, w.at = err, at
	}
}

func (w *worst) within(t *testing.T, name string, most float64) {
	t.Helper()
	t.Logf("%s: relative error at most %.3g (at %v)", name, w.err, w.at)
	if !(w.err <= most) {
		t.Errorf("%s: relative error %.3g at %v, at most %.3g is promised", name, w.err, w.at, most)
	}
}

// ulp is the greatest relative size of a unit in the last place.
const ulp = 0x1p-52

func TestExpIsExactWithinAnUlp(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	var small, wide worst
	for range 20_000 {
		x := random.Float64()*2 - 1
		small.see(x, exp(x), bigExp(x))
	}
	for range 500_000 {
		x := random.Float64()*1416 - 708
		wide.see(x, exp(x), math.Exp(x))
	}
	small.within(t, "exp near 0, against math/big", ulp)
	wide.within(t, "exp everywhere, against math", 2*ulp)
	if exp(-708.5) != 0 || !math.IsInf(exp(709.5), 1) || exp(0) != 1 {
		t.Error("exp fails at its limits")
	}
}

// bigExp sums the series of e^x, |x| <= 1, with 200 bits: 40 terms leave 1/41!, 1e-50.
func bigExp(x float64) float64 {
	bigX := new(big.Float).SetPrec(200).SetFloat64(x)
	sum, term := big.NewFloat(1).SetPrec(200), big.NewFloat(1).SetPrec(200)
	for n := 1; n <= 40; n++ {
		term.Mul(term, bigX)
		term.Quo(term, big.NewFloat(float64(n)))
		sum.Add(sum, term)
	}
	result, _ := sum.Float64()
	return result
}

func TestLogIsExactWithinAnUlp(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var small, wide worst
	for range 20_000 {
		x := 0.5 + random.Float64()
		small.see(x, log(x), bigLog(x))
	}
	for range 500_000 {
		// Not below: math.Log itself is off by 1 % among the subnormal numbers on amd64.
		x := math.Float64frombits(0x0010000000000000 + random.Uint64N(0x7fe0000000000000))
		wide.see(x, log(x), math.Log(x))
	}
	small.within(t, "log near 1, against math/big", ulp)
	wide.within(t, "log everywhere, against math", 2*ulp)
	if !math.IsInf(log(0), -1) || !math.IsInf(log(-1), -1) || !math.IsInf(log(math.Inf(1)), 1) || log(1) != 0 {
		t.Error("log fails at its limits")
	}
	// 2^-1074, the least number of all: -1074 ln 2.
	if got, want := log(math.SmallestNonzeroFloat64), -1074*math.Ln2; math.Abs(got/want-1) > ulp {
		t.Errorf("log(2^-1074) = %v, want %v", got, want)
	}
}

// bigLog sums log x = 2 artanh((x-1)/(x+1)), 1/2 <= x <= 3/2, with 200 bits: 60 terms leave 3^-121, 1e-58.
func bigLog(x float64) float64 {
	bigX := new(big.Float).SetPrec(200).SetFloat64(x)
	one := big.NewFloat(1)
	over, under := new(big.Float).Sub(bigX, one), new(big.Float).Add(bigX, one)
	s := new(big.Float).Quo(over, under)
	square := new(big.Float).Mul(s, s)
	sum := new(big.Float).SetPrec(200)
	for n := range 60 {
		sum.Add(sum, new(big.Float).Quo(s, big.NewFloat(float64(2*n+1))))
		s.Mul(s, square)
	}
	result, _ := sum.Float64()
	return 2 * result
}

func TestNormalCDFMatchesErfc(t *testing.T) {
	var w worst
	for z := -36.0; z <= 10; z += 0.00037 {
		w.see(z, normalCDF(z), 0.5*math.Erfc(-z/math.Sqrt2))
	}
	w.within(t, "normal CDF, against math.Erfc", 1e-15)
}

func TestNormalQuantileInvertsTheCDF(t *testing.T) {
	var against, back worst
	random := rand.New(rand.NewPCG(1, 3))
	for range 500_000 {
		p := random.Float64()
		if p == 0 || p == 0.5 {
			continue
		}
		against.see(p, normalQuantile(p), distuv.UnitNormal.Quantile(p))
		tail := math.Exp(-700 * p)
		back.see(tail, 0.5*math.Erfc(-normalQuantile(tail)/math.Sqrt2)/tail, 1)
	}
	against.within(t, "normal quantile, against gonum", 2e-15)
	// A relative error e of z shows as z^2 e in the tail's probability; z reaches -37.
	back.within(t, "normal quantile, back through math.Erfc, to 1e-304", 37*37*1e-15)
	for _, p := range []float64{0x1p-53, 0x1p-7, 0.25, 0.5} {
		if normalQuantile(p) != -normalQuantile(1-p) {
			t.Errorf("the normal quantile is not symmetric at %v", p)
		}
	}
}

func TestLogGamma(t *testing.T) {
	var w worst
	for x := 0.05; x < 130; x += 0.0137 {
		want, _ := math.Lgamma(x)
		w.see(x, (logGamma(x)-want)/max(1, math.Abs(want)), 0)
	}
	w.within(t, "log gamma, against math (absolute below 1)", 1e-14)
}

func TestGammaTailsAndQuantile(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 4))
	var tails, quantile, back worst
	for range 60_000 {
		a := math.Exp(math.Log(0.1) + random.Float64()*math.Log(1000))
		x := a * math.Exp(2*random.NormFloat64()/math.Sqrt(a))
		if p, q, _ := gammaTails(a, x, logGamma(a)); min(p, q) < 1e-290 {
			continue
		} else if p < q {
			tails.see(a, p, mathext.GammaIncReg(a, x))
		} else {
			tails.see(a, q, mathext.GammaIncRegComp(a, x))
		}
		u := random.Float64()
		got := gammaQuantile(a, u, logGamma(a))
		// Closer to 0 it is gonum's inverse that is off; its forward function is not.
		if want := mathext.GammaIncRegInv(a, u); want > 1e-6 {
			quantile.see(a, got, want)
		}
		if u < 0.5 && got > 0 {
			back.see(a, mathext.GammaIncReg(a, got), u)
		}
	}
	tails.within(t, "incomplete gamma, against gonum", 1e-12)
	quantile.within(t, "gamma quantile, against gonum", 1e-12)
	back.within(t, "gamma quantile, back through gonum", 1e-12)
}
