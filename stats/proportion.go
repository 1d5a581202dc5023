package stats

import (
	"math"
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
// and Graubard, Survey Methodology 24, 1998, 193-201), with the variance of Mean. Where fewer than 20 trials have values that
// count, or values that do not, n* is at most the number of trials, as if the values of each were one.
//
// However little the values of a trial have in common in those that were played, trials that count as a whole, or not at all, may
// be of a kind that was met in none: in m trials one of up to 1 - a^(1/m), where a is the tail of the confidence. The ends are
// those of a share to which such trials belong, or farther out.
func (r *Ratio) Proportion(confidence float64) (Interval, bool) {
	if r.trials == 0 {
		return Interval{}, false
	}
	n, s := r.n.int(), r.s.int()
	p := Interval{Value: quotient(s, n), Method: MethodExact}
	if n.Cmp(big.NewInt(r.trials)) <= 0 {
		size := float64(r.trials)
		p.Low, p.High = clopperPearson(p.Value*size, size, confidence)
		return p, true
	}
	p.Method = MethodExactCluster
	of := r.share()
	size := of.effectiveSize()
	p.Low, p.High = clopperPearson(p.Value*size, size, confidence)
	unmet := 1 - math.Pow((1-confidence)/2, 1/of.sizes)
	p.Low = min(p.Low, p.Value-float64(p.Value*unmet))
	p.High = max(p.High, p.Value+float64((1-p.Value)*unmet))
	return p, true
}

// Share estimates x/n, with x of n values that count and one value to a trial, n above 0: the interval of Clopper and Pearson.
func Share(x, n int64, confidence float64) Interval {
	p := Interval{Value: float64(x) / float64(n), Method: MethodExact}
	p.Low, p.High = clopperPearson(float64(x), float64(n), confidence)
	return p
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
