package dist

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// table is a CDF known at some points, linear in between: x, in nanoseconds
// above the lowest value, ascends up to span, and p never falls, up to 1.
type table struct{ x, p []float64 }

func (t *table) cdf(x float64) float64 { return interpolate(t.x, t.p, x) }

func (t *table) quantile(p float64) float64 { return interpolate(t.p, t.x, p) }

// interpolate gives the value at x of the polygon through the points (from[i],
// to[i]); where from stands still, it takes the first of these points.
func interpolate(from, to []float64, x float64) float64 {
	i, _ := slices.BinarySearch(from, x)
	if i == 0 {
		return to[0]
	}
	if i == len(from) {
		return to[i-1]
	}
	share := (x - from[i-1]) / (from[i] - from[i-1])
	return min(to[i], mulAdd(share, to[i]-to[i-1], to[i-1]))
}

// point is a value, in nanoseconds above the lowest one, with its probability.
type point struct{ x, weight float64 }

const (
	pointsPerTerm  = 256
	pointsPerTable = 512
)

// convolve computes the CDF of a sum of two random terms or more as
//
//	P(X + rest <= x) = sum over points (y, w) of the rest of w P(X <= x - y)
//
// in which X, the widest continuous term, counts exactly, and the rest by
// pointsPerTerm points of its quantile function (its very values, if they are
// few). Where X is continuous and the widest, the CDF is off by 2e-5, by 2e-4
// where densities have poles (shapes below 1), as measured against closed
// forms; by 1/pointsPerTerm where many steps meet. Sums of few steps are exact.
func convolve(d *Delay) *table {
	x := widest(d.parts)
	var rest []point
	for i := range d.parts {
		if i == x {
			continue
		}
		term := points(&d.parts[i].delay)
		if rest == nil {
			rest = term
		} else {
			rest = thin(pairs(rest, term), pointsPerTerm)
		}
	}
	return tabulate(d, &d.parts[x].delay, rest)
}

// widest gives the index of the term with the greatest range from its 5 to its
// 95 % quantile; one with steps counts only where all have steps.
func widest(parts []part) int {
	best, width := 0, math.Inf(-1)
	for i := range parts {
		t := &parts[i].delay
		w := float64(t.Quantile(0.95) - t.Quantile(0.05))
		if t.steps() {
			w -= float64(longestDraw)
		}
		if w > width {
			best, width = i, w
		}
	}
	return best
}

// steps reports whether some single value has a positive probability.
func (d *Delay) steps() bool {
	switch d.kind {
	case constant, empirical:
		return true
	case mixture:
		return slices.ContainsFunc(d.parts, func(p part) bool { return p.delay.steps() })
	case sum:
		return !slices.ContainsFunc(d.parts, func(p part) bool { return !p.delay.steps() })
	}
	return false
}

// points gives values that stand for a distribution, with probabilities.
func points(d *Delay) []point {
	if n := len(d.values); 0 < n && n <= pointsPerTerm {
		out := make([]point, n)
		for i, v := range d.values {
			out[i] = point{float64(v - d.low), 1 / float64(n)}
		}
		return out
	}
	out := make([]point, pointsPerTerm)
	for i := range out {
		weight := level(i+1, pointsPerTerm) - level(i, pointsPerTerm)
		middle := d.Quantile(level(2*i+1, 2*pointsPerTerm))
		out[i] = point{float64(middle - d.low), weight}
	}
	return out
}

// level gives i/n on a scale that is finer towards 0 and 1: the polynomial
// t^3 (10 - 15t + 6t^2), by which the midpoint rule loses its error at the ends
// (A. Sidi, "A new variable transformation for numerical integration", 1993).
func level(i, n int) float64 {
	t := float64(i) / float64(n)
	return float64(t * t * t * mulAdd(t, mulAdd(t, 6, -15), 10))
}

// pairs gives all sums of two points, ascending.
func pairs(a, b []point) []point {
	out := make([]point, 0, len(a)*len(b))
	for _, p := range a {
		for _, q := range b {
			out = append(out, point{p.x + q.x, p.weight * q.weight})
		}
	}
	slices.SortFunc(out, func(p, q point) int {
		return cmp.Or(cmp.Compare(p.x, q.x), cmp.Compare(p.weight, q.weight))
	})
	return out
}

// thin replaces ascending points by at most n, each the mean of a stretch
// between two levels of probability.
func thin(all []point, n int) []point {
	out := make([]point, 0, n)
	below, moment, weight := 0.0, 0.0, 0.0
	for i, p := range all {
		weight += p.weight
		moment += float64(p.x * p.weight)
		if i == len(all)-1 || below+weight >= level(len(out)+1, n) {
			if weight > 0 {
				out = append(out, point{moment / weight, weight})
			}
			below, moment, weight = below+weight, 0, 0
		}
	}
	return out
}

// tabulate evaluates the CDF where the sums of the rest and of the term's own
// points lie; where there are steps, on both sides of each.
func tabulate(d, term *Delay, rest []point) *table {
	t := &table{x: []float64{0}, p: []float64{sumAt(term, rest, 0)}}
	add := func(x float64) {
		if last := len(t.x) - 1; x > t.x[last] && x < d.span {
			t.x = append(t.x, x)
			t.p = append(t.p, min(1, max(t.p[last], sumAt(term, rest, x))))
		}
	}
	all := pairs(rest, points(term))
	if term.steps() {
		distinct := slices.CompactFunc(slices.Clone(all), func(a, b point) bool { return a.x == b.x })
		for _, p := range distinct[:min(len(distinct), pointsPerTable)] {
			add(p.x - 1)
			add(p.x)
		}
	}
	for _, p := range thin(all, pointsPerTable) {
		add(math.Floor(p.x))
	}
	for x := t.x[len(t.x)-1]; x < d.span && t.p[len(t.p)-1] < 1-0x1p-50; {
		x += float64(x/4) + 1
		add(x)
	}
	t.x, t.p = append(t.x, d.span), append(t.p, 1)
	return t
}

func sumAt(term *Delay, rest []point, x float64) float64 {
	total := 0.0
	for _, p := range rest {
		total += float64(p.weight * term.CDF(term.low+time.Duration(math.Floor(x-p.x))))
	}
	return total
}
