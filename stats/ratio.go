package stats

import (
	"math"
	"math/big"

	"gonum.org/v1/gonum/stat/distuv"
)

// Ratio accumulates trials of which each gives a number of values and their sum, and estimates the mean value. Sums are
// exact. The zero Ratio is empty and ready for use.
type Ratio struct {
	trials     int64 // trials with at least one value
	n, s       wide  // values; sum of the values
	nn, ns, ss wide  // sums over trials of n², n·s and s²
}

// The methods of an Interval. MethodStudent: one value per trial, Student's t. MethodRatio: any number of values per trial,
// the ratio estimator with its linearised variance, Student's t over the trials.
const (
	MethodStudent = "student"
	MethodRatio   = "ratio"
)

// Interval is an estimate with its confidence interval. An empty Method says that there is no interval: Low and High are
// then without meaning.
type Interval struct {
	Value, Low, High float64
	Method           string
}

// Add takes up one trial with n values that sum to sum; neither may be negative. A trial without values changes nothing:
// it says nothing about their mean.
func (r *Ratio) Add(n, sum int64) {
	if n <= 0 {
		return
	}
	un, us := uint64(n), uint64(sum)
	r.trials++
	r.n.addProduct(un, 1)
	r.s.addProduct(us, 1)
	r.nn.addProduct(un, un)
	r.ns.addProduct(un, us)
	r.ss.addProduct(us, us)
}

// Merge takes up all trials of o.
func (r *Ratio) Merge(o *Ratio) {
	r.trials += o.trials
	r.n.merge(&o.n)
	r.s.merge(&o.s)
	r.nn.merge(&o.nn)
	r.ns.merge(&o.ns)
	r.ss.merge(&o.ss)
}

// Trials is the number of trials that had a value.
func (r *Ratio) Trials() int64 { return r.trials }

// Mean estimates the mean of the values at a confidence between 0 and 1; false if there is no value. With fewer than two
// trials there is no interval.
//
// With m trials, N = Σn and S = Σs the estimate is R = S/N. Its variance is that of the linearised ratio (Cochran, Sampling
// Techniques, 3rd ed. 1977, section 2.11, without finite-population correction):
//
//	m/(m-1) · Σ(s - R·n)² / N²  =  m·(N²·Σs² - 2·N·S·Σns + S²·Σn²) / ((m-1)·N⁴)
//
// taken with m-1 degrees of freedom. Where every trial has one value this is the sample variance over m, and the interval
// Student's. The numerator is computed in integers, so nothing cancels.
func (r *Ratio) Mean(confidence float64) (Interval, bool) {
	if r.trials == 0 {
		return Interval{}, false
	}
	n, s := r.n.int(), r.s.int()
	mean := Interval{Value: quotient(s, n)}
	if r.trials < 2 {
		return mean, true
	}
	mean.Method = MethodRatio
	if n.Cmp(big.NewInt(r.trials)) == 0 {
		mean.Method = MethodStudent
	}
	half := float64(critical(confidence, float64(r.trials-1)) * math.Sqrt(r.variance(n, s)))
	mean.Low, mean.High = mean.Value-half, mean.Value+half
	return mean, true
}

// variance is that of the estimated mean.
func (r *Ratio) variance(n, s *big.Int) float64 {
	nSquared := product(n, n)
	over := r.spread(n, s)
	over.Mul(over, big.NewInt(r.trials))
	under := product(product(nSquared, nSquared), big.NewInt(r.trials-1))
	return quotient(over, under)
}

// spread is N²·Σ(s - R·n)².
func (r *Ratio) spread(n, s *big.Int) *big.Int {
	spread := product(product(n, n), r.ss.int())
	cross := product(product(n, s), r.ns.int())
	spread.Sub(spread, cross.Lsh(cross, 1))
	return spread.Add(spread, product(product(s, s), r.nn.int()))
}

func product(x, y *big.Int) *big.Int { return new(big.Int).Mul(x, y) }

// quotient gives x/y, rounded once.
func quotient(x, y *big.Int) float64 {
	over, under := new(big.Float).SetInt(x), new(big.Float).SetInt(y) // as many bits as they have
	q, _ := new(big.Float).SetPrec(53).Quo(over, under).Float64()
	return q
}

// manyDegrees is where Student's quantile is taken from the normal one. The next term of the expansion, 79z⁹/92160n⁴ at most, is then
// below 1e-11 for every z up to 8; gonum's inverse fails there in the far tail (81.65 for 6.11 at 1 - 1e-9 with 100,000 degrees).
const manyDegrees = 10_000

// critical is the half-width of a two-sided interval in standard errors: Student's quantile at (1+confidence)/2, with many degrees of
// freedom by the expansion of Abramowitz and Stegun, 26.7.5.
func critical(confidence, degrees float64) float64 {
	if degrees < manyDegrees {
		return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: degrees}.Quantile((1 + confidence) / 2)
	}
	z := distuv.UnitNormal.Quantile((1 + confidence) / 2)
	z2 := float64(z * z)
	first := float64(z * (z2 + 1) / 4)
	second := float64(z * (float64(5*z2*z2) + float64(16*z2) + 3) / 96)
	third := float64(z * (float64(3*z2*z2*z2) + float64(19*z2*z2) + float64(17*z2) - 15) / 384)
	return z + (first+(second+third/degrees)/degrees)/degrees
}
