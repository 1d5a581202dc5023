package stats

import (
	"math"
	"math/big"
)

// The methods of a Paired's interval. MethodPaired: one value per trial on either side, Student's t on the differences.
// MethodPairedRatio: any number of values per trial, the difference of two ratio estimators with its linearised variance,
// Student's t over the trials.
const (
	MethodPaired      = "student on differences by trial"
	MethodPairedRatio = "difference of ratios, linearised by trial"
)

// Values is what one trial has on one side: their number and their sum. Neither may be negative.
type Values struct{ N, Sum int64 }

// Paired accumulates trials that were played on two sides with the same luck, and estimates by how much the mean of the other
// side exceeds that of the base. What luck the sides share cancels in the difference. Sums are exact. The zero Paired is
// empty and ready for use.
type Paired struct {
	trials int64 // with at least one value on either side
	// sums are over n and s of the base, then n and s of the other; products those of each two, from the first of them on.
	sums     [4]wide
	products [4][4]wide
}

// Add takes up one trial. One without values on either side changes nothing: it says nothing about their means.
func (p *Paired) Add(base, other Values) {
	if base.N <= 0 && other.N <= 0 {
		return
	}
	p.trials++
	x := [4]uint64{uint64(base.N), uint64(base.Sum), uint64(other.N), uint64(other.Sum)}
	for i := range x {
		p.sums[i].addProduct(x[i], 1)
		for j := i; j < len(x); j++ {
			p.products[i][j].addProduct(x[i], x[j])
		}
	}
}

// Trials is the number of trials that had a value on either side.
func (p *Paired) Trials() int64 { return p.trials }

// Means gives the mean of the base and that of the other side; false if either has no value.
func (p *Paired) Means() (base, other float64, ok bool) {
	n1, s1, n2, s2 := p.totals()
	if n1.Sign() == 0 || n2.Sign() == 0 {
		return 0, 0, false
	}
	return quotient(s1, n1), quotient(s2, n2), true
}

func (p *Paired) totals() (n1, s1, n2, s2 *big.Int) {
	return p.sums[0].int(), p.sums[1].int(), p.sums[2].int(), p.sums[3].int()
}

// Change estimates the mean of the other side, divided by the second of the units, less that of the base, divided by the
// first; units are whole numbers above 0. It is false if either side has no value. With fewer than two trials there is no
// interval.
//
// With m trials, N = Σn and S = Σs on each side the estimate is R2 - R1 for R = S/N. Its variance is that of the linearised
// difference (Cochran, Sampling Techniques, 3rd ed. 1977, chapter 6: the comparison of two ratios of one sample, without
// finite-population correction):
//
//	m/(m-1) · Σ((s2 - R2·n2)/N2 - (s1 - R1·n1)/N1)²
//
// taken with m-1 degrees of freedom. Where every trial has one value on either side it is the sample variance of the
// differences over m, and the interval that of Student's paired test. It is computed in integers, so nothing cancels.
func (p *Paired) Change(confidence float64, units [2]float64) (Interval, bool) {
	n1, s1, n2, s2 := p.totals()
	if n1.Sign() == 0 || n2.Sign() == 0 {
		return Interval{}, false
	}
	u1, u2 := wholeNumber(units[0]), wholeNumber(units[1])
	over := product(product(s2, n1), u1)
	over.Sub(over, product(product(s1, n2), u2))
	change := Interval{Value: quotient(over, product(product(n1, n2), product(u1, u2)))}
	if p.trials < 2 {
		return change, true
	}
	change.Method = MethodPairedRatio
	if all := big.NewInt(p.trials); n1.Cmp(all) == 0 && n2.Cmp(all) == 0 && p.single() {
		change.Method = MethodPaired
	}
	half := float64(critical(confidence, float64(p.trials-1)) * math.Sqrt(p.variance(u1, u2)))
	change.Low, change.High = change.Value-half, change.Value+half
	return change, true
}

// single tells whether every trial has one value on either side, given that there are as many values as trials.
func (p *Paired) single() bool {
	all := big.NewInt(p.trials)
	return p.products[0][0].int().Cmp(all) == 0 && p.products[2][2].int().Cmp(all) == 0
}

// variance is that of the estimated change. With K = N1²·N2²·u1·u2 the residual of a trial is, K times,
//
//	u1·N1²·(N2·s2 - S2·n2) - u2·N2²·(N1·s1 - S1·n1)
//
// which is linear in n1, s1, n2 and s2 with whole factors.
func (p *Paired) variance(u1, u2 *big.Int) float64 {
	n1, s1, n2, s2 := p.totals()
	base, other := product(u2, product(n2, n2)), product(u1, product(n1, n1))
	factors := [4]*big.Int{product(base, s1), product(base, n1), product(other, s2), product(other, n2)}
	factors[1].Neg(factors[1])
	factors[2].Neg(factors[2])
	spread := new(big.Int)
	for i := range factors {
		for j := i; j < len(factors); j++ {
			term := product(product(factors[i], factors[j]), p.products[i][j].int())
			if j > i {
				term.Lsh(term, 1)
			}
			spread.Add(spread, term)
		}
	}
	k := product(base, other)
	return quotient(spread.Mul(spread, big.NewInt(p.trials)), product(product(k, k), big.NewInt(p.trials-1)))
}

// wholeNumber gives a float without decimals as an integer.
func wholeNumber(v float64) *big.Int {
	whole, _ := big.NewFloat(v).Int(nil)
	return whole
}
