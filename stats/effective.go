package stats

import "math/big"

// trialsBeyond is how many trials must have values on either side of a share before the variance between trials can be
// trusted.
const trialsBeyond = 20

// share is what the effective size of a share of values that come in trials rests on.
type share struct {
	trials, n, s float64
	spread       float64 // Σ(s - p·n)² over trials, p the share
	// sizes, counting and others are (Σx)²/Σx², which is at most the number of trials that have any, by the inequality of Cauchy
	// and Schwarz: of all values, of those that count, and of those that do not.
	sizes, counting, others float64
}

// effectiveSize is the number of independent values that tell as much about the share S/N as the N values do, which come in
// trials: n* = p(1-p)/var(p), at most N (Korn and Graubard, Survey Methodology 24, 1998, 193-201), with the variance of Mean.
//
// Where fewer than 20 trials have values that count, or values that do not, that variance rests on too few of them: trials
// that count as a whole may just not have been met. There n* is at most (Σn)²/Σn², which is the number of trials if all are of
// one size (Kish, Journal of Official Statistics 8, 1992, 183-200): as if the values of a trial were one. The factor m/(m-1) of
// the variance is then left out, so that trials whose values do count together are worth one value each, and no less.
func (e *share) effectiveSize() float64 {
	few := min(e.counting, e.others) < trialsBeyond
	size := e.n
	if e.spread > 0 {
		independent := e.s * (e.n - e.s) / e.spread
		if !few {
			independent *= (e.trials - 1) / e.trials
		}
		size = min(size, independent)
	}
	if few {
		size = min(size, e.sizes)
	}
	return max(1, size)
}

// share gives what the effective size of the share S/N rests on. Its spread is computed in integers, so nothing cancels.
func (r *Ratio) share() share {
	n, s := r.n.int(), r.s.int()
	rest := new(big.Int).Sub(n, s)
	squares := r.ns.int() // of n - s
	squares.Sub(r.nn.int(), squares.Lsh(squares, 1))
	squares.Add(squares, r.ss.int())
	one := big.NewInt(1)
	return share{
		trials: float64(r.trials), n: quotient(n, one), s: quotient(s, one), spread: quotient(r.spread(n, s), product(n, n)),
		sizes: trialsOf(n, r.nn.int()), counting: trialsOf(s, r.ss.int()), others: trialsOf(rest, squares),
	}
}

func trialsOf(sum, squares *big.Int) float64 {
	if squares.Sign() == 0 {
		return 0
	}
	return quotient(product(sum, sum), squares)
}
