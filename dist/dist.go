// Package dist describes how long things take: delay distributions with a
// notation of their own, and named draws from them.
//
// A Delay is a value made once, by Parse, and then asked for draws, quantiles
// and probabilities. A draw takes 64 bits and gives a time.Duration; the bits
// come from a Source, which gives them for a name (what is drawn, for whom, the
// how manieth time) and remembers nothing. So a draw depends on its name alone:
// two plays that ask for the same name share their luck, whatever else either
// of them asks.
//
// Everything is a pure function, and gives the same bits on every
// architecture: the package has its own exp, log and normal quantile, and keeps
// the compiler from fusing products into sums.
//
// Delays are nanoseconds, computed in floating point as an offset from the
// lowest value and rounded to the nearest nanosecond in one place, Quantile. Mixtures and sums, whose
// quantile is found by search, give the first nanosecond that reaches p.
package dist

import (
	"math"
	"slices"
	"time"
)

type kind uint8

const (
	constant kind = iota
	uniform
	triangular
	exponential
	lognormal
	weibull
	gamma
	empirical
	mixture
	sum
)

const (
	year = 365 * day
	// longestParameter bounds what may be written, longestDraw what a
	// distribution without an upper bound may give.
	longestParameter = 10 * year
	longestDraw      = 100 * year
)

// Delay is the distribution of a delay. The zero Delay is always 0. It is
// immutable once made; copies may share slices.
type Delay struct {
	kind kind
	// unbounded: there is no upper bound but longestDraw, where draws saturate.
	unbounded bool
	// low and high bound every draw; span is high - low, never rounded up.
	low, high time.Duration
	span      float64
	// k holds what the quantile function needs, computed once; see prepare.
	k [4]float64

	times [3]time.Duration // parameters as written, in the order of the notation
	shape float64          // weibull, gamma: as written

	values []time.Duration // empirical: in ascending order
	file   string          // empirical: where the values were read, if from a file

	parts []part // mixture, sum
	table *table // sum of two random terms or more: its numerical CDF
}

// Constant gives the Delay that is always d, which must not be negative.
func Constant(d time.Duration) Delay {
	if d < 0 {
		panic("dist: a constant delay of " + FormatDuration(d) + " is negative")
	}
	return Delay{times: [3]time.Duration{d}}.bounded(d, d)
}

// Draw gives the delay that belongs to 64 random bits. For all but mixtures and
// sums it is Quantile(Uniform(bits)); a mixture takes its component from the
// upper bits and gives the rest, stretched, to that component; a sum gives
// the bits to its first random term and bits derived from them to the others.
func (d *Delay) Draw(bits uint64) time.Duration {
	switch d.kind {
	case constant:
		return d.low
	case mixture:
		return d.drawMixture(bits)
	case sum:
		return d.drawSum(bits)
	}
	return d.Quantile(Uniform(bits))
}

// Quantile gives the delay that is not exceeded with probability p: the lowest
// at p <= 0, the highest (100 years, if there is none) at p >= 1. It rises with
// p, but for the rounding of the last digits, 1e-13 of the value.
func (d *Delay) Quantile(p float64) time.Duration {
	if !(p > 0) {
		return d.low
	}
	if p >= 1 {
		return d.high
	}
	var offset float64 // above low, in nanoseconds
	switch d.kind {
	case constant:
		return d.low
	case uniform:
		offset = p * d.span
	case triangular:
		// k: probability below the mode; span x (mode-low);
		// span x (high-mode); mode-low.
		if p < d.k[0] {
			offset = math.Sqrt(p * d.k[1])
		} else {
			// Where p is at the mode, the difference may round below it.
			offset = max(d.k[3], d.span-math.Sqrt((1-p)*d.k[2]))
		}
	case exponential:
		offset = -log(1-p) * d.k[0]
	case lognormal:
		offset = exp(normalQuantile(p)*d.k[1]) * d.k[0]
	case weibull:
		offset = exp(log(-log(1-p))*d.k[1]) * d.k[0]
	case gamma:
		offset = gammaQuantile(d.k[1], p, d.k[2]) * d.k[0]
	case empirical:
		return d.values[rank(p, len(d.values))]
	case mixture:
		return d.bisect(p)
	case sum:
		return d.sumQuantile(p)
	}
	if !(offset < d.span) {
		return d.high
	}
	return d.low + time.Duration(offset+0.5)
}

// rank gives the index of the first of n sorted values that at least p x n
// values do not exceed: the step inverse of the empirical distribution, so that
// a draw is always one of the observed values.
func rank(p float64, n int) int {
	return max(0, min(n, int(math.Ceil(p*float64(n))))-1)
}

// CDF gives the probability of a delay of x or less.
func (d *Delay) CDF(x time.Duration) float64 {
	if x < d.low {
		return 0
	}
	if x >= d.high {
		return 1
	}
	offset := float64(x - d.low)
	switch d.kind {
	case uniform:
		return min(1, offset/d.span)
	case triangular:
		return d.triangularCDF(offset)
	case exponential:
		return 1 - exp(-offset/d.k[0])
	case lognormal:
		return normalCDF(log(offset/d.k[0]) / d.k[1])
	case weibull:
		return 1 - exp(-exp(log(offset/d.k[0])/d.k[1]))
	case gamma:
		if offset == 0 {
			return 0
		}
		p, _, _ := gammaTails(d.k[1], offset/d.k[0], d.k[2])
		return p
	case empirical:
		above, _ := slices.BinarySearch(d.values, x+1)
		return float64(above) / float64(len(d.values))
	case mixture:
		return d.mixtureCDF(x)
	case sum:
		return d.sumCDF(x)
	}
	return 1
}

func (d *Delay) triangularCDF(offset float64) float64 {
	if p := offset * offset / d.k[1]; p < d.k[0] || d.k[2] == 0 {
		return min(1, p)
	}
	rest := d.span - offset
	return 1 - rest*rest/d.k[2]
}

// Mean gives the expected delay, before draws saturate.
func (d *Delay) Mean() time.Duration {
	mean := d.mean()
	if !(mean < float64(longestDraw)) {
		return longestDraw
	}
	return time.Duration(mean + 0.5)
}

// mean is in nanoseconds.
func (d *Delay) mean() float64 {
	low, high := float64(d.low), float64(d.high)
	switch d.kind {
	case uniform:
		return (low + high) / 2
	case triangular:
		return (low + float64(d.times[1]) + high) / 3
	case exponential, gamma:
		return float64(d.times[0])
	case lognormal:
		return exp(d.k[1]*d.k[1]/2) * d.k[0]
	case weibull:
		return exp(logGamma(1+d.k[1])) * d.k[0]
	case empirical:
		total := 0.0
		for _, v := range d.values {
			total += float64(v) / float64(len(d.values))
		}
		return total
	case mixture:
		return d.mixtureMean()
	case sum:
		return d.sumMean()
	}
	return low
}

// Bounds gives the lowest and the highest delay. When bounded is false there
// is no upper bound, and high is the 100 years at which draws saturate.
func (d *Delay) Bounds() (low, high time.Duration, bounded bool) {
	return d.low, d.high, !d.unbounded
}

// Equal reports whether the two are the same distribution with the same draws,
// written the same way (a file is not the list of its values).
func (d Delay) Equal(e Delay) bool {
	return d.String() == e.String() && d.expanded() == e.expanded()
}

func (d Delay) bounded(low, high time.Duration) Delay {
	d.low, d.high = low, high
	d.span = float64(high - low)
	if d.span > 0 && time.Duration(d.span) > high-low {
		d.span = math.Float64frombits(math.Float64bits(d.span) - 1)
	}
	return d
}

// prepare computes what Quantile and CDF need from the parameters of a simple
// distribution, which Parse has found valid.
func (d Delay) prepare() Delay {
	a := d.times[0]
	switch d.kind {
	case constant:
		return d.bounded(a, a)
	case uniform:
		return d.bounded(a, d.times[1])
	case triangular:
		d = d.bounded(a, d.times[2])
		rise, fall := float64(d.times[1]-a), float64(d.times[2]-d.times[1])
		d.k = [4]float64{rise / d.span, rise * d.span, fall * d.span, rise}
		return d
	case exponential:
		d.k[0] = float64(a)
	case lognormal:
		const normalP99 = 2.326347874040841100886
		d.k = [4]float64{float64(a), log(float64(d.times[1])/float64(a)) / normalP99}
	case weibull:
		d.k = [4]float64{float64(a), 1 / d.shape}
	case gamma:
		d.k = [4]float64{float64(a) / d.shape, d.shape, logGamma(d.shape)}
	}
	d.unbounded = true
	return d.bounded(0, longestDraw)
}
