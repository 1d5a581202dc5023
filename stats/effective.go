package stats

import "math/big"

// trialsBeyond is how many trials must have values on either side of a share before the variance between trials can be
// trusted.
const trialsBeyond = 20

// effectiveSize is the number of independent values that tell as much about the share S/N as the N values do, which come in
// trials: n* = p(1-p)/var(p), at most N (Korn and Graubard, Survey Methodology 24, 1998, 193-201), with the variance of Mean.
//
// Where fewer than 20 trials have values that count, or values that do not, that variance rests on too few of them: trials
// that count as a whole may just not have been met. There n* is at most (Σn)²/Σn², which is the number of trials if all are of
// one size (Kish, Journal of Official Statistics 8, 1992, 183-200): as if the values of a trial were one. The factor m/(m-1) of
// the variance is then left out, so that trials whose values do count together are worth one value each, and no less.
func (r *Ratio) effectiveSize() float64 {
	n, s := r.n.int(), r.s.int()
	nSquared := product(n, n)
	over := product(product(s, new(big.Int).Sub(n, s)), nSquared)
	under := r.spread(n, s)
	few := min(r.counting(), r.others()) < trialsBeyond
	if !few {
		over.Mul(over, big.NewInt(r.trials-1))
		under.Mul(under, big.NewInt(r.trials))
	}
	size := quotient(n, big.NewInt(1))
	if under.Sign() > 0 {
		size = min(size, quotient(over, under))
	}
	if few {
		size = min(size, r.equalTrials())
	}
	return max(1, size)
}

// equalTrials is the number of trials of one size that tell as much as these, whatever theirs: (Σn)²/Σn².
func (r *Ratio) equalTrials() float64 { return trialsOf(r.n.int(), r.nn.int()) }

// counting is a lower bound of the number of trials with values that count: (Σs)²/Σs², by the inequality of Cauchy and Schwarz.
func (r *Ratio) counting() float64 { return trialsOf(r.s.int(), r.ss.int()) }

// others is the same of values that do not count.
func (r *Ratio) others() float64 {
	squares := r.ns.int()
	squares.Sub(r.nn.int(), squares.Lsh(squares, 1))
	return trialsOf(new(big.Int).Sub(r.n.int(), r.s.int()), squares.Add(squares, r.ss.int()))
}

func trialsOf(sum, squares *big.Int) float64 {
	if squares.Sign() == 0 {
		return 0
	}
	return quotient(product(sum, sum), squares)
}
