package measure

import (
	"math"
	"slices"
	"testing"
)

// A distribution has every value of its sample, and tells it to three digits.
func TestDistributionsHoldEveryValue(t *testing.T) {
	tally := tallyOf(t, twoGroups(), twoFailovers(), twoFailovers())
	summary := tally.Summary(Info{Confidence: 0.95})
	figures := map[[4]string]Figures{}
	for _, m := range summary.Metrics {
		figures[[4]string{m.Name, m.Observer}] = m.Figures
		for by, members := range m.By {
			for member, f := range members {
				figures[[4]string{m.Name, m.Observer, by, member}] = f
			}
		}
	}
	seen := 0
	for _, d := range tally.Distributions() {
		f := figures[[4]string{d.Metric, d.Observer, d.By, d.Member}]
		if !slices.IsSorted(d.Values) {
			t.Errorf("%s@%s: values %v; want them ascending", d.Metric, d.Observer, d.Values)
		}
		var n, censored int64
		var sum float64
		for i, v := range d.Values {
			n += d.Counts[i]
			censored += d.Censored[i]
			sum += v * float64(d.Counts[i])
		}
		if n != f.N || censored != f.Censored {
			t.Errorf("%s@%s %s: %d values, %d censored; want %d, %d", d.Metric, d.Observer, d.Member, n, censored, f.N, f.Censored)
		}
		if mean := sum / float64(n); math.Abs(mean-f.Mean.Value) > 0.001*f.Mean.Value {
			t.Errorf("%s@%s %s: mean %v; want %v to three digits", d.Metric, d.Observer, d.Member, mean, f.Mean.Value)
		}
		seen++
	}
	if seen < 30 {
		t.Errorf("only %d distributions", seen)
	}
}
