package measure

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
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
	for d := range tally.Distributions(0.95) {
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
		bands := len(d.Values)
		if d.By != "" {
			bands = 0
		}
		if len(d.Low) != bands || len(d.High) != bands {
			t.Errorf("%s@%s %s: a band of %d and %d ends; want %d", d.Metric, d.Observer, d.Member, len(d.Low), len(d.High), bands)
		}
		seen++
	}
	if seen < 30 {
		t.Errorf("only %d distributions", seen)
	}
}

// Two trials with windows of 20 s and 30 s each: a half of the four values is at most 20 s, and two trials say so, as if each had
// one value: the score interval of 1 of 2 is 0.5 ± √(z²/8 + z⁴/16)/(1 + z²/2), z = 1.959964, or 0.094531 to 0.905469. All are at
// most 30 s: 2/(2 + z²) = 0.342380 to 1. The availabilities count from the other end, and ascend all the same.
func TestDistributionsCarryBands(t *testing.T) {
	tally := tallyOf(t, twoGroups(), twoFailovers(), twoFailovers())
	for d := range tally.Distributions(0.95) {
		if d.Metric == "write_outage" && d.Observer == "service" && d.By == "" {
			if diff := cmp.Diff([][]float64{{0.0945312, 0.34238}, {0.905469, 1}}, [][]float64{d.Low, d.High}); diff != "" {
				t.Error(diff)
			}
		}
	}
	// A trial whose windows are twice as long gives the availabilities a second value.
	longer := twoFailovers()
	for i := range longer.Windows {
		w := &longer.Windows[i]
		w.To += w.To - w.From
	}
	several := 0
	for d := range tallyOf(t, twoGroups(), twoFailovers(), longer).Distributions(0.95) {
		if !slices.IsSorted(d.Low) || !slices.IsSorted(d.High) {
			t.Errorf("%s@%s: the band falls: %v, %v", d.Metric, d.Observer, d.Low, d.High)
		}
		if strings.HasSuffix(d.Metric, "availability") && len(d.Low) > 1 {
			several++
		}
	}
	if several == 0 {
		t.Error("no availability has two values")
	}
}
