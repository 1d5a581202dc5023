package measure

import (
	"iter"
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
	// Low and High are a pointwise band around the share of values up to each of Values, to six significant digits; nil where
	// By narrows the metric. Only a value that was not cut short counts for Low.
	Low, High []float64
}

// Distributions gives that of every sample that has values, in the order of a Summary, with bands at a confidence between
// 0 and 1. They are made one at a time: together they can take as much memory as the Tally.
func (t *Tally) Distributions(confidence float64) iter.Seq[Distribution] {
	return func(yield func(Distribution) bool) {
		for id := range t.series {
			series := &t.series[id]
			for _, slot := range series.live {
				if slot > 0 && slot == series.sole {
					continue // as over all values
				}
				if d := t.distribution(seriesID(id), slot, confidence); d != nil && !yield(*d) {
					return
				}
			}
		}
	}
}

// WholeDistributions gives those of Distributions that are over all values.
func (t *Tally) WholeDistributions(confidence float64) (all []Distribution) {
	for id := range t.series {
		if t.series[id].samples == nil {
			continue
		}
		if d := t.distribution(seriesID(id), 0, confidence); d != nil {
			all = append(all, *d)
		}
	}
	return all
}

// distribution gives that of a sample; nil if it has no values.
func (t *Tally) distribution(id seriesID, slot int32, confidence float64) *Distribution {
	sample := t.series[id].samples[slot].whole()
	if sample.histogram.Count() == 0 {
		return nil
	}
	m := metrics[id.metric()]
	in := t.scaleOf(id.metric(), slot)
	d := sample.distribution(in)
	d.Metric, d.Observer = m.Name, m.Observers[id.observer()]
	if slot > 0 {
		d.By, d.Member = t.slotName(slot)
	} else {
		d.Low, d.High = sample.band(in, confidence)
	}
	return &d
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

// band gives the ends of the sample's band, in the order of its distribution.
func (s *sample) band(in scale, confidence float64) (low, high []float64) {
	of := s.estimated(in)
	for _, at := range of.Band(confidence) {
		low, high = append(low, sixDigits(at.Low)), append(high, sixDigits(at.High))
	}
	if in.complement {
		slices.Reverse(low)
		slices.Reverse(high)
	}
	return low, high
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
