package stats

import (
	"math"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// The methods of the change between two independent samples.
const (
	MethodWelch = "welch"
	MethodMover = "mover"
)

// Mean is an estimated mean with its standard error, which has that many degrees of freedom.
type Mean struct{ Value, Error, Degrees float64 }

// MeanOf recovers the standard error from Student's interval at a confidence between 0 and 1.
func MeanOf(i Interval, confidence, degrees float64) Mean {
	return Mean{i.Value, (i.High - i.Low) / 2 / critical(confidence, degrees), degrees}
}

// Welch estimates by how much the mean of the other of two independent samples exceeds that of the base (Welch, Biometrika 34,
// 1947, 28-35): Student's t on the root of the sum of the squared standard errors, with Satterthwaite's degrees of freedom.
func Welch(base, other Mean, confidence float64) Interval {
	change := Interval{Value: other.Value - base.Value, Method: MethodWelch}
	half := 0.0
	if v1, v2 := float64(base.Error*base.Error), float64(other.Error*other.Error); v1+v2 > 0 {
		degrees := (v1 + v2) * (v1 + v2) / (float64(v1*v1/base.Degrees) + float64(v2*v2/other.Degrees))
		half = float64(critical(confidence, degrees) * math.Sqrt(v1+v2))
	}
	change.Low, change.High = change.Value-half, change.Value+half
	return change
}

// Mover estimates by how much the other of two independently estimated figures exceeds the base, from their intervals of one
// confidence, which may lie unevenly about the estimates: the method of variance estimates recovery (Zou and Donner,
// Statistics in Medicine 27, 2008, 1693-1702). The arm on each side is the root of the sum of the squared arms that lead there.
// An end may be infinite.
func Mover(base, other Interval) Interval {
	change := Interval{Value: other.Value - base.Value, Method: MethodMover}
	change.Low = change.Value - rootOfSquares(other.Value-other.Low, base.High-base.Value)
	change.High = change.Value + rootOfSquares(other.High-other.Value, base.Value-base.Low)
	return change
}

func rootOfSquares(x, y float64) float64 { return math.Sqrt(float64(x*x) + float64(y*y)) }

// Scaled gives the interval at another confidence, as if the estimate were normal on each side: each arm by the ratio of the
// normal quantiles.
func (i Interval) Scaled(from, to float64) Interval {
	if from == to {
		return i
	}
	ratio := distuv.UnitNormal.Quantile((1+to)/2) / distuv.UnitNormal.Quantile((1+from)/2)
	i.Low = i.Value - float64(ratio*(i.Value-i.Low))
	i.High = i.Value + float64(ratio*(i.High-i.Value))
	return i
}

// Weighted is values, ascending, with how often each was seen.
type Weighted struct {
	Values []float64
	Counts []int64
}

// Distances tells how far two distributions lie apart: the largest difference of their distribution functions (Kolmogorov and
// Smirnov), and the area between them in the unit of the values (Wasserstein, of order 1). Both samples must have values.
func Distances(a, b Weighted) (ks, wasserstein float64) {
	ks = stat.KolmogorovSmirnov(a.Values, a.weights(), b.Values, b.weights())
	return ks, stat.WassersteinDistance(a.Values, b.Values, a.weights(), b.weights())
}

// weights gives the counts as floats of the caller's own: gonum scales them in place.
func (w Weighted) weights() []float64 {
	weights := make([]float64, len(w.Counts))
	for i, n := range w.Counts {
		weights[i] = float64(n)
	}
	return weights
}
