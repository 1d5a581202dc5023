package stats

import (
	"math/big"

	"gonum.org/v1/gonum/mathext"
)

// The methods of a proportion's interval. MethodExact: one value per trial, the exact binomial interval. MethodExactCluster:
// the same at the effective size of a sample whose values come in trials.
const (
	MethodExact        = "clopper-pearson"
	MethodExactCluster = "clopper-pearson at the effective size"
)

// Proportion estimates S/N, where each trial adds n values of which sum count, at a confidence between 0 and 1; false if
// there is no value.
//
// Values that come one to a trial have the interval of Clopper and Pearson (Biometrika 26, 1934, 404-413), which covers at
// least the confidence. Values that come in trials have the same at the effective size n* = p(1-p)/var(p), at most N (Korn
// and Graubard, Survey Methodology 24, 1998, 193-201), with the variance of Mean. Where all values count or none does, their
// variance tells nothing: n* is then the number of trials, as if the values of each were one.
func (r *Ratio) Proportion(confidence float64) (Interval, bool) {
	if r.trials == 0 {
		return Interval{}, false
	}
	n, s := r.n.int(), r.s.int()
	p := Interval{Value: quotient(s, n), Method: MethodExact}
	size := quotient(n, big.NewInt(1))
	if size > float64(r.trials) {
		p.Method = MethodExactCluster
		size = r.effectiveSize(p.Value, size)
	}
	p.Low, p.High = clopperPearson(p.Value*size, size, confidence)
	return p, true
}

// effectiveSize is that of the n values of which the share p counts.
func (r *Ratio) effectiveSize(p, n float64) float64 {
	if r.trials < 2 || p <= 0 || p >= 1 {
		return float64(r.trials)
	}
	variance := r.variance(r.n.int(), r.s.int())
	if variance <= 0 {
		return n
	}
	return max(1, min(n, p*(1-p)/variance))
}

// clopperPearson gives the interval of a share of which x of n values were seen; neither need be whole.
func clopperPearson(x, n, confidence float64) (low, high float64) {
	tail := (1 - confidence) / 2
	low, high = 0, 1
	if x > 0 {
		low = mathext.InvRegIncBeta(x, n-x+1, tail)
	}
	if x < n {
		high = mathext.InvRegIncBeta(x+1, n-x, 1-tail)
	}
	return low, high
}
