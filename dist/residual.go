package dist

import (
	"cmp"
	"slices"
	"time"
)

// Residual is the distribution of what is left of a delay that is under way at a random instant: the stationary residual life
// of a renewal process (D. R. Cox, Renewal Theory, 1962, chapter 5). For a delay X of mean m,
//
//	P(R <= x) = E[min(X, x)] / m = integral from 0 to x of P(X > t) dt / m
//
// It is exact for exponential, constant and uniform delays and for those of few values; otherwise a table at 1,024 quantiles of
// X, linear in between. The zero Residual is always 0.
type Residual struct {
	same  *Delay // exponential: it has no memory
	table *table
}

const pointsPerResidual = 1024

// NewResidual makes the residual of a delay whose mean is above 0.
func NewResidual(d *Delay) Residual {
	if d.kind == exponential {
		return Residual{same: d}
	}
	t := &table{x: []float64{0}, p: []float64{0}}
	for _, x := range residualPoints(d) {
		last := len(t.x) - 1
		before := t.x[last]
		if x <= before {
			continue
		}
		// Survival just after the last point and just before this one: the trapezoid between them is exact where P(X > t) is
		// constant or linear.
		survival := 2 - d.CDF(time.Duration(before)) - d.CDF(time.Duration(x)-1)
		t.x = append(t.x, x)
		t.p = append(t.p, t.p[last]+float64((x-before)*survival/2))
	}
	whole := t.p[len(t.p)-1]
	for i := range t.p {
		t.p[i] /= whole
	}
	return Residual{table: t}
}

// residualPoints are the ends of the pieces, in nanoseconds and ascending: the values themselves where they are few.
func residualPoints(d *Delay) []float64 {
	points := []float64{float64(d.low)}
	if n := len(d.values); 0 < n && n <= pointsPerResidual {
		for _, v := range d.values {
			points = append(points, float64(v))
		}
		return points
	}
	for i := range pointsPerResidual {
		points = append(points, float64(d.Quantile(level(i+1, pointsPerResidual+1))))
	}
	if !d.unbounded {
		points = append(points, float64(d.high))
	}
	slices.SortFunc(points, cmp.Compare)
	return points
}

// Draw gives the residual that belongs to 64 random bits.
func (r *Residual) Draw(bits uint64) time.Duration {
	switch {
	case r.same != nil:
		return r.same.Draw(bits)
	case r.table == nil:
		return 0
	}
	return time.Duration(r.table.quantile(Uniform(bits)))
}
