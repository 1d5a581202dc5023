package stats

import (
	"math"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat/distuv"
)

// The methods of a Quantile's interval. MethodOrder: order statistics with the exact binomial coverage. MethodCluster: the
// same at the effective size of a sample whose values come in trials.
const (
	MethodOrder   = "order statistics"
	MethodCluster = "order statistics at the effective size"
)

// Sample is what the quantiles of a sample are estimated from.
type Sample struct {
	Values *Histogram
	// Clusters tells how the values come in trials; nil where each trial has one.
	Clusters *Clusters
	// Censored counts, also among Values, those whose true value is larger; nil for none.
	Censored *Histogram
	// Mirrored counts ranks from the highest value down: for a figure that falls as the value rises.
	Mirrored bool
}

// Quantile is an estimate with its interval, in the units of the Histogram.
type Quantile struct {
	Value, Low, High int64
	// Unbounded says that censored values leave no upper end: High is without meaning.
	Unbounded bool
	Method    string
	// Needed is 0, or about how many times the sample would have to be larger to support the quantile; the estimate is then
	// without meaning.
	Needed float64
}

// Quantile estimates the quantile of permille thousandths with its interval at a confidence between 0 and 1. The sample
// must have values.
//
// Values that come one to a trial have the distribution-free interval between two order statistics, by the binomial
// distribution (David and Nagaraja, Order Statistics, 3rd ed. 2003, section 7.1). Values that come in trials have the same at
// the effective size n* = f(1-f)/var(f), at most n (Korn and Graubard, Survey Methodology 24, 1998, 193-201), where f is the
// share of values below the bucket of the estimate or up to its end, whichever tells less, and var(f) its linearised variance as
// a ratio over trials. The ends are those of the Histogram's buckets, outwards: an interval is no narrower than what three
// digits tell apart, but never outside [Min, Max].
//
// Two rules keep few trials from passing for many. The estimate is absent unless at least 20 trials have values in its bucket or
// above it, and 20 in it or below: a value that rare trials alone have is none. Values in the bucket itself count for this, so
// that a delay which is always the same has a median. And where fewer than 20 trials have values beyond an edge of the bucket, n*
// is at most the number of trials: if all values are equal, p99 needs 368 trials, however many values they have.
func (s *Sample) Quantile(permille int64, confidence float64) Quantile {
	n := s.Values.Count()
	rank := Rank(permille, n)
	if s.Mirrored {
		rank, permille = n+1-rank, 1000-permille
	}
	p := float64(permille) / 1000
	size, method := n, MethodOrder
	value := s.Values.AtRank(rank)
	if s.Clusters != nil && s.Clusters.several() {
		below, through := s.Clusters.around(n, value)
		if reached := min(through.counting, below.others); reached < trialsBeyond {
			return Quantile{Needed: trialsBeyond / reached}
		}
		effective := min(below.effectiveSize(), through.effectiveSize())
		size, method = min(n, int64(effective*(1+1e-12))), MethodCluster // rounding must not take a whole trial away
	}
	low, high := OrderStatistics(size, p, confidence)
	if low < 1 || high > size {
		return Quantile{Needed: smallestSample(p, confidence) / float64(size)}
	}
	q := Quantile{Value: value, Method: method}
	stretch := float64(n) / float64(size)
	q.Low, _ = s.Values.around(max(1, int64(math.Floor(float64(low)*stretch))))
	q.High, q.Unbounded = s.uncensoredAt(min(n, int64(math.Ceil(float64(high)*stretch))))
	return q
}

// smallestSample is the smallest sample in which both ends of the interval exist: (1-a/2) of the time the extreme value
// lies beyond the quantile.
func smallestSample(p, confidence float64) float64 {
	return math.Ceil(math.Log((1-confidence)/2) / math.Log(max(p, 1-p)))
}

// uncensoredAt is the value of a rank when every censored value is taken to be infinite; true if that is what it is.
func (s *Sample) uncensoredAt(rank int64) (value int64, infinite bool) {
	switch {
	case s.Censored == nil || s.Censored.Count() == 0:
		return s.Values.AtRank(rank), false
	case rank > s.Values.Count()-s.Censored.Count():
		return 0, true
	}
	censored := s.censoredCounts()
	var seen, all int64
	s.Values.each(func(value, count int64) bool {
		all += count
		seen += count - censored[value]
		return seen < rank
	})
	return s.Values.AtRank(all), false
}

// OrderStatistics gives the ranks l < u of n independent values between which their quantile p lies with at least the
// given confidence, each side of it: P(B < l) and P(B >= u) are at most (1-confidence)/2 for B binomial with n and p. l is 0,
// or u is n+1, where no value is far enough.
func OrderStatistics(n int64, p, confidence float64) (l, u int64) {
	tail := (1 - confidence) / 2
	l = binomialQuantile(n, p, tail)
	u = binomialQuantile(n, p, 1-tail) + 1
	if binomialCDF(n, p, l) <= tail { // the quantile is reached exactly: one rank more is still covered
		l++
	}
	return l, u
}

// binomialQuantile is the smallest k with P(B <= k) >= q.
func binomialQuantile(n int64, p, q float64) int64 {
	low, high := int64(-1), n
	for high-low > 1 {
		if k := low + (high-low)/2; binomialCDF(n, p, k) >= q {
			high = k
		} else {
			low = k
		}
	}
	return high
}

// largeSample is where the normal approximation, with continuity correction, replaces the incomplete beta function: its
// error of the probability is below 1e-4 there for every quantile in use.
const largeSample = 10_000_000

// binomialCDF is P(B <= k) for B binomial with n and p: the regularised incomplete beta function I_{1-p}(n-k, k+1)
// (Abramowitz and Stegun 26.5.24).
func binomialCDF(n int64, p float64, k int64) float64 {
	switch {
	case k < 0:
		return 0
	case k >= n:
		return 1
	case n > largeSample:
		mean := float64(n) * p
		return distuv.UnitNormal.CDF((float64(k) + 0.5 - mean) / math.Sqrt(float64(mean*(1-p))))
	}
	return mathext.RegIncBeta(float64(n-k), float64(k+1), 1-p)
}
