package dist

import (
	"math"
	"math/bits"
	"time"
)

// part is a component of a mixture or a term of a sum.
type part struct {
	delay  Delay
	weight float64 // mixture: as written
	// mixture: the bits in [start, start+width) belong to this component; the
	// width of the last reaches up to 2^64.
	start, width uint64
}

// newMixture takes components with positive weights, whose sum counts
// as 1.
func newMixture(parts []part) Delay {
	d := Delay{kind: mixture, parts: parts}
	low, high := parts[0].delay.low, parts[0].delay.high
	total := 0.0
	for i := range parts {
		total += parts[i].weight
	}
	cumulative := 0.0
	for i := range parts {
		p := &parts[i]
		p.start = fixedPoint(cumulative / total)
		cumulative += p.weight
		if i > 0 {
			parts[i-1].width = p.start - parts[i-1].start
		}
		p.width = -p.start
		low, high = min(low, p.delay.low), max(high, p.delay.high)
		d.unbounded = d.unbounded || p.delay.unbounded
	}
	return d.bounded(low, high)
}

// fixedPoint gives p x 2^64 for p below 1; the shift by 2^63 keeps the
// conversion within what all architectures convert alike.
func fixedPoint(p float64) uint64 {
	return uint64(int64(p*0x1p63)) << 1
}

// drawMixture picks the component in whose range the bits fall, and stretches
// their place in that range to 64 bits: for one component, the draw rises
// with the bits.
func (d *Delay) drawMixture(random uint64) time.Duration {
	i := len(d.parts) - 1
	for i > 0 && random < d.parts[i].start {
		i--
	}
	p := &d.parts[i]
	stretched, _ := bits.Div64(random-p.start, 0, p.width)
	return p.delay.Draw(stretched)
}

func (d *Delay) mixtureCDF(x time.Duration) float64 {
	total := 0.0
	for i := range d.parts {
		p := &d.parts[i]
		total += float64(p.share() * p.delay.CDF(x))
	}
	return min(1, total)
}

// share is the probability of a component, exactly as draws have it.
func (p *part) share() float64 {
	return float64(int64(p.width>>1)) * 0x1p-63
}

func (d *Delay) mixtureMean() float64 {
	total := 0.0
	for i := range d.parts {
		p := &d.parts[i]
		total += float64(p.share() * p.delay.mean())
	}
	return total
}

// bisect gives the first nanosecond at which CDF reaches p. Its steps depend on
// the bounds alone, so it never falls as p rises.
func (d *Delay) bisect(p float64) time.Duration {
	low, high := d.low, d.high
	for low < high {
		middle := low + (high-low)/2
		if d.CDF(middle) >= p {
			high = middle
		} else {
			low = middle + 1
		}
	}
	return low
}

// newSum adds terms, none of which is a sum of several; the sum of their lowest
// values must be allowed as a parameter. Constants become one shift, so that a
// sum with one random term is exactly that term's draw, shifted.
func newSum(terms []Delay) Delay {
	d := Delay{kind: sum}
	for _, t := range terms {
		switch t.kind {
		case constant:
			d.times[0] += t.low
		case sum:
			d.times[0] += t.times[0]
			d.parts = append(d.parts, t.parts...)
		default:
			d.parts = append(d.parts, part{delay: t})
		}
	}
	if len(d.parts) == 0 {
		return Constant(d.times[0])
	}
	if d.times[0] == 0 && len(d.parts) == 1 {
		return d.parts[0].delay
	}
	low, high := d.times[0], d.times[0]
	for i := range d.parts {
		t := &d.parts[i].delay
		low, high = low+t.low, min(longestDraw, high+t.high)
		d.unbounded = d.unbounded || t.unbounded
	}
	d = d.bounded(low, high)
	if len(d.parts) > 1 {
		d.table = convolve(&d)
	}
	return d
}

func (d *Delay) drawSum(random uint64) time.Duration {
	total := d.times[0]
	for i := range d.parts {
		if i > 0 {
			random = mix(random + golden)
		}
		total = min(d.high, total+d.parts[i].delay.Draw(random))
	}
	return total
}

func (d *Delay) sumQuantile(p float64) time.Duration {
	if d.table == nil {
		return min(d.high, d.times[0]+d.parts[0].delay.Quantile(p))
	}
	return d.low + time.Duration(math.Ceil(d.table.quantile(p)))
}

func (d *Delay) sumCDF(x time.Duration) float64 {
	if d.table == nil {
		return d.parts[0].delay.CDF(x - d.times[0])
	}
	return d.table.cdf(float64(x - d.low))
}

func (d *Delay) sumMean() float64 {
	total := float64(d.times[0])
	for i := range d.parts {
		total += d.parts[i].delay.mean()
	}
	return total
}
