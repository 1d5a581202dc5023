package measure

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"failsim/sim"
	"failsim/stats"
	"failsim/words"
)

// quantiles are those of Figures, in thousandths.
var quantiles = [...]struct {
	name     string
	permille int64
}{{"p1", 10}, {"p5", 50}, {"p50", 500}, {"p90", 900}, {"p95", 950}, {"p99", 990}, {"p999", 999}}

// scale turns the integers of a metric into figures in its unit.
type scale struct {
	denominator float64
	complement  bool    // the figure is 1 - value/denominator: high values are low figures
	highest     float64 // no value is above it
}

// scaleOf gives the scale of one slot.
func (t *Tally) scaleOf(id metricID, slot int32) scale {
	s := scale{denominator: 1, highest: math.Inf(1)}
	switch {
	case id == writeAvailability || id == groupAvailability:
		s.denominator = float64(t.parts(id, slot)) * float64(t.cfg.Horizon)
		s.complement, s.highest = true, s.denominator
	case id == covered:
		s.denominator, s.highest = ratioScale, ratioScale
	case id == peakReads:
		s.denominator = sim.ReadersScale
	case metrics[id].Unit == "s":
		s.denominator = 1e9
	}
	return s
}

// parts is how many node groups (or groups) share the horizon of an availability.
func (t *Tally) parts(id metricID, slot int32) int {
	if id == groupAvailability {
		if slot == 0 {
			return len(t.cfg.Groups)
		}
		return 1
	}
	n := 0
	for g := range t.cfg.Groups {
		if slot == 0 || slot == t.layout.group(int32(g)) {
			n += len(t.cfg.Groups[g].NodeGroups)
		}
	}
	return n
}

// figure converts a value to six significant digits of the metric's unit. Of an availability the distance from 1 has
// them: 0.9999494321, not 0.999949.
func (s *scale) figure(v float64) float64 {
	figure := sixDigits(max(0, min(s.highest, v)) / s.denominator)
	switch {
	case !s.complement:
		return figure
	case figure == 0:
		return 1
	}
	_, exponent, _ := strings.Cut(strconv.FormatFloat(figure, 'e', 5, 64), "e")
	power, _ := strconv.Atoi(exponent)
	decimals := 5 - power
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(1-figure, 'f', decimals, 64), 64)
	return rounded
}

func sixDigits(v float64) float64 {
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 6, 64), 64)
	return rounded
}

// between converts two values, the lower figure first.
func (s *scale) between(low, high float64) (*float64, *float64) {
	a, b := s.figure(low), s.figure(high)
	if s.complement {
		a, b = b, a
	}
	return &a, &b
}

// figures estimates from a sample of the given number of trials.
func (s *sample) figures(in scale, trials int64, confidence float64) Figures {
	n, censored := s.histogram.Count(), s.cut.Count()
	f := Figures{N: n, Censored: censored, Warnings: []string{}}
	if n == 0 {
		f.Warnings = append(f.Warnings, fmt.Sprintf("no value in %s", count(trials, "trial")))
		return f
	}
	if with := s.mean.Trials(); with < trials {
		f.TrialsWithValues = with
	}
	f.Mean = s.estimateMean(in, confidence)
	if f.Mean.Method == "" {
		f.Warnings = append(f.Warnings, "only one trial has values: the mean has no interval")
	}
	f.Min, f.Max = in.between(float64(s.histogram.Min()), float64(s.histogram.Max()))
	f.Quantiles = map[string]Estimate{}
	var bounds, absent []string
	for _, named := range quantiles {
		q := s.quantile(in, named.permille, confidence)
		if q.Needed > 0 {
			needed := int64(math.Ceil(q.Needed * float64(trials) * (1 - 1e-12))) // rounding lifts a whole number
			absent = append(absent, fmt.Sprintf("%s about %s", named.name, words.Grouped(needed)))
			continue
		}
		estimate := in.estimate(q)
		if censored > 0 && q.Value >= s.lowest {
			estimate.Method += ", " + MethodLowerBound
			bounds = append(bounds, named.name)
		}
		f.Quantiles[named.name] = estimate
	}
	if len(absent) > 0 {
		f.Warnings = append(f.Warnings, fmt.Sprintf(UnsupportedQuantiles+"%s in %s cannot support: %s trials are needed",
			count(n, "value"), count(trials, "trial"), strings.Join(absent, ", ")))
	}
	if censored > 0 {
		f.Warnings = append(f.Warnings, s.censoring(n, bounds))
	}
	return f
}

// aboveZero estimates the share of trials with a value above 0, of a sample with one value a trial. Small counts have buckets of their own.
func (s *sample) aboveZero(confidence float64) *Estimate {
	n := s.histogram.Count()
	if n == 0 {
		return nil
	}
	above := n
	if first := s.histogram.Buckets()[0]; first.Value == 0 {
		above -= first.Count
	}
	p := stats.Share(above, n, confidence)
	low, high := sixDigits(p.Low), sixDigits(p.High)
	return &Estimate{Value: sixDigits(p.Value), Low: &low, High: &high, Method: p.Method}
}

// estimate converts a quantile; an unbounded one has no upper end.
func (s *scale) estimate(q stats.Quantile) Estimate {
	low, high := s.between(float64(q.Low), float64(q.High))
	if q.Unbounded {
		high = nil
	}
	return Estimate{Value: s.figure(float64(q.Value)), Low: low, High: high, Method: q.Method}
}

func (s *sample) estimateMean(in scale, confidence float64) *Estimate {
	mean, _ := s.mean.Mean(confidence)
	e := &Estimate{Value: in.figure(mean.Value), Method: mean.Method}
	if mean.Method != "" {
		e.Low, e.High = in.between(mean.Low, mean.High)
	}
	return e
}

// quantile estimates the quantile of the figures.
func (s *sample) quantile(in scale, permille int64, confidence float64) stats.Quantile {
	of := s.estimated(in)
	return of.Quantile(permille, confidence)
}

// estimated is the sample as package stats has it.
func (s *sample) estimated(in scale) stats.Sample {
	return stats.Sample{Values: &s.histogram, Clusters: &s.clusters, Censored: &s.cut, Mirrored: in.complement}
}

// censoring warns about figures that are lower bounds.
func (s *sample) censoring(n int64, bounds []string) string {
	which := "the mean and the maximum"
	if len(bounds) > 0 {
		which = "the mean, " + strings.Join(bounds, ", ") + " and the maximum"
	}
	return fmt.Sprintf("%s of %s still open at the end of the trial: %s are lower bounds",
		words.Grouped(s.cut.Count()), count(n, "value"), which)
}

// count writes a number with its noun.
func count(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return words.Grouped(n) + " " + noun + "s"
}
