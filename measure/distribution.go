package measure

import (
	"math"
	"slices"

	"failsim/stats"
)

// Distribution is how the values of one sample are distributed: a histogram to three significant digits.
type Distribution struct {
	Metric, Observer string
	// By and Member narrow the metric as in MetricSummary.By; both are empty over all values.
	By, Member string
	// Values stand for the buckets that have values, ascending, in the metric's unit; Counts has how many values each holds,
	// and Censored how many of those were cut short.
	Values           []float64
	Counts, Censored []int64
}

// Distributions gives that of every sample that has values, in the order of a Summary.
func (t *Tally) Distributions() []Distribution {
	var all []Distribution
	for id := range t.series {
		series := &t.series[id]
		for _, slot := range series.live {
			sample := &series.samples[slot]
			switch slot {
			case 0:
				sample = series.whole(t.layout)
			case series.sole:
				continue // as over all values
			}
			if sample.histogram.Count() == 0 {
				continue
			}
			m := metrics[seriesID(id).metric()]
			d := sample.distribution(t.scaleOf(seriesID(id).metric(), slot))
			d.Metric, d.Observer = m.Name, m.Observers[seriesID(id).observer()]
			if slot > 0 {
				d.By, d.Member = t.slotName(slot)
			}
			all = append(all, d)
		}
	}
	return all
}

func (s *sample) distribution(in scale) Distribution {
	censored := map[int64]int64{}
	for _, b := range s.cut.Buckets() {
		censored[b.Value] = b.Count
	}
	buckets := s.histogram.Buckets()
	if in.complement {
		slices.Reverse(buckets)
	}
	d := Distribution{
		Values:   make([]float64, len(buckets)),
		Counts:   make([]int64, len(buckets)),
		Censored: make([]int64, len(buckets)),
	}
	for i, b := range buckets {
		d.Values[i] = in.exact(s.standsFor(b))
		d.Counts[i], d.Censored[i] = b.Count, censored[b.Value]
	}
	return d
}

// standsFor keeps a bucket's value inside the range of the sample.
func (s *sample) standsFor(b stats.Bucket) float64 {
	return float64(max(s.histogram.Min(), min(s.histogram.Max(), b.Value)))
}

// exact converts a value to the metric's unit without rounding it to six digits.
func (s *scale) exact(v float64) float64 {
	share := math.Min(s.highest, v) / s.denominator
	if s.complement {
		return 1 - share
	}
	return share
}
