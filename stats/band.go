package stats

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// The methods of a band. MethodWilson: one value per trial, the score interval. MethodWilsonCluster: the same at the
// effective size of a sample whose values come in trials.
const (
	MethodWilson        = "wilson"
	MethodWilsonCluster = "wilson at the effective size"
)

// Band gives, for each of Values.Buckets, the interval at a confidence between 0 and 1 of the probability of a value no
// larger than the bucket's; for a Mirrored sample, of one no smaller. It is pointwise: at any one point it covers with that
// confidence, all along the curve at once with less.
//
// Values that come one to a trial have Wilson's score interval (Journal of the American Statistical Association 22, 1927,
// 209-212), which covers its confidence on average (Brown, Cai and DasGupta, Statistical Science 16, 2001, 101-133). Values
// that come in trials have the same at the effective size of Quantile, which is Korn and Graubard's. A censored value may be
// larger than anything: the lower end takes it to be.
func (s *Sample) Band(confidence float64) (band []Interval) {
	n := s.Values.Count()
	z := distuv.UnitNormal.Quantile((1 + confidence) / 2)
	censored := s.censoredCounts()
	sizes := sizesAlong{clusters: s.Clusters, n: n}
	var below, sureBelow int64
	s.Values.each(func(value, count int64) bool {
		through, sure := below+count, sureBelow+count-censored[value]
		share, least, most := through, sure, through
		if s.Mirrored {
			share, least, most = n-below, n-below, n-sureBelow
		}
		below, sureBelow = through, sure
		size := sizes.at(value)
		at := Interval{Value: float64(share) / float64(n), Method: sizes.method()}
		at.Low, _ = wilson(float64(least)/float64(n), size, z)
		_, at.High = wilson(float64(most)/float64(n), size, z)
		band = append(band, at)
		return true
	})
	return band
}

// censoredCounts has the number of censored values by bucket.
func (s *Sample) censoredCounts() map[int64]int64 {
	counts := map[int64]int64{}
	if s.Censored != nil {
		s.Censored.each(func(value, count int64) bool {
			counts[value] = count
			return true
		})
	}
	return counts
}

// wilson gives the score interval of a share p of n values.
func wilson(p, n, z float64) (low, high float64) {
	square := float64(z*z) / n
	centre := p + square/2
	half := math.Sqrt(float64(square * (float64(p*(1-p)) + square/4)))
	return max(0, (centre-half)/(1+square)), min(1, (centre+half)/(1+square))
}

// sizesAlong gives the effective sizes at ascending values, in one pass over the clusters.
type sizesAlong struct {
	clusters *Clusters // nil, or without a trial of several values: the size is n
	n        int64
	through  clusterSums
	last     float64 // the size at through
}

func (s *sizesAlong) clustered() bool { return s.clusters != nil && s.clusters.several() }

func (s *sizesAlong) method() string {
	if s.clustered() {
		return MethodWilsonCluster
	}
	return MethodWilson
}

// at is the size at the bucket of a value, at that of its edges where values tell less. No bucket that has values may be left
// out.
func (s *sizesAlong) at(value int64) float64 {
	if !s.clustered() {
		return float64(s.n)
	}
	below := s.last
	if s.through.y == 0 {
		below = s.size()
	}
	s.through.add(*s.clusters.buckets.at(s.clusters.bucket(value)))
	s.last = s.size()
	return min(below, s.last)
}

func (s *sizesAlong) size() float64 {
	share := s.clusters.share(s.n, s.through)
	return share.effectiveSize()
}
