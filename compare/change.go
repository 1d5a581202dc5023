package compare

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"failsim/measure"
	"failsim/stats"
)

// change compares one figure, with an interval of the given confidence.
func (j *job) change(f measure.Figure, confidence float64) (Change, error) {
	c := Change{Metric: f.Metric, Observer: f.Observer, Statistic: f.Statistic, Gates: slices.Contains(j.gating, f)}
	c.Unit, _ = f.Unit()
	base, other, ok := j.common(f)
	if !ok {
		c.Reason = uncommon(base, other)
		c.judge(j.opts.asked(f) || base != nil && other != nil)
		return c, nil
	}
	c.Better = base.Better
	if !isProbability(f) {
		c.Unit = base.Unit
	}
	fromOne := base.FromOne() && !isProbability(f)
	before, why := j.Base.Summary.Estimate(f)
	after, whyAfter := j.New.Summary.Estimate(f)
	if before != nil {
		c.Base, c.BaseBound = &before.Value, bounded(f, base, before)
	}
	if after != nil {
		c.New, c.NewBound = &after.Value, bounded(f, other, after)
	}
	var i stats.Interval
	var err error
	asked := j.opts.asked(f) || j.opts.Relative != nil
	switch {
	case base.N == 0 && other.N == 0:
		c.Reason, asked = "no value on either side", false // as equal as can be
	case before == nil:
		c.Reason = "base: " + why
	case after == nil:
		c.Reason = "new: " + whyAfter
	case f.Statistic == "mean":
		i, err = j.mean(&c, base, other, confidence)
	default:
		i = j.quantile([2]*measure.Estimate{before, after}, [2]*measure.MetricSummary{base, other}, confidence)
		c.Reason = firstReason(why, whyAfter)
	}
	if err != nil {
		return c, err
	}
	c.take(i, fromOne)
	if c.Base != nil {
		c.Margin = j.opts.margin(f, *c.Base, fromOne)
	}
	c.judge(asked)
	return c, nil
}

func isProbability(f measure.Figure) bool { return strings.HasPrefix(f.Statistic, "probability") }

// bounded tells whether a figure is a lower bound, since values were cut short by the end of the trial.
func bounded(f measure.Figure, m *measure.MetricSummary, e *measure.Estimate) bool {
	return m.Censored > 0 && (f.Statistic == "mean" || isBound(e))
}

// uncommon says why a figure cannot be compared.
func uncommon(base, other *measure.MetricSummary) string {
	switch {
	case base == nil && other == nil:
		return "neither side has it"
	case base == nil:
		return "only new has it"
	case other == nil:
		return "only base has it"
	}
	if base.Unit != other.Unit {
		return fmt.Sprintf("base measures it in %s, new in %s", base.Unit, other.Unit)
	}
	return fmt.Sprintf("better is %s in base, %s in new", base.Better, other.Better)
}

func firstReason(base, other string) string {
	switch {
	case base != "":
		return "base: " + base
	case other != "":
		return "new: " + other
	}
	return ""
}

// take fills in the change and its interval. Without a method there is none of either but the change itself.
func (c *Change) take(i stats.Interval, fromOne bool) {
	if c.Base == nil || c.New == nil {
		return
	}
	c.Change = end(i.Value)
	scale := math.Abs(*c.Base)
	if fromOne {
		scale = 1 - *c.Base
	}
	if scale != 0 && !c.BaseBound && !c.NewBound {
		c.Relative = end(i.Value / scale)
	}
	if i.Method == "" {
		return
	}
	c.Method = i.Method
	c.Low, c.High = end(i.Low), end(i.High)
}

// end rounds an end of an interval; nil where it is open.
func end(v float64) *float64 {
	if math.IsInf(v, 0) || math.IsNaN(v) {
		return nil
	}
	v = sixDigits(v)
	return &v
}

// mean compares two means: by trial where the rows allow it, and otherwise as those of two samples.
func (j *job) mean(c *Change, base, other *measure.MetricSummary, confidence float64) (stats.Interval, error) {
	i, paired, err := j.meanByTrial(c, confidence)
	if err != nil {
		return i, err
	}
	if !paired {
		i = j.meanOfSamples(c, base, other, confidence)
	}
	if i.Method == "" {
		return i, nil
	}
	// Values that were cut short bound a mean from below only.
	const cutShort = "values were cut short by the end of the trial"
	if base.Censored > 0 {
		i.Low, c.Reason = math.Inf(-1), "base: "+cutShort
	}
	if other.Censored > 0 {
		i.High, c.Reason = math.Inf(1), "new: "+cutShort
	}
	return i, nil
}

// meanByTrial is false where the sides cannot be paired in this metric.
func (j *job) meanByTrial(c *Change, confidence float64) (i stats.Interval, paired bool, err error) {
	if j.rows == nil {
		return i, false, nil
	}
	sums, columns, err := j.rows.sums(c.Metric, c.Observer)
	if err != nil || sums == nil {
		return i, false, err
	}
	i, paired = sums.Change(confidence, [2]float64{columns[0].Unit(), columns[1].Unit()})
	if !paired {
		return i, false, nil
	}
	if columns[0].FromOne() {
		i.Value, i.Low, i.High = -i.Value, -i.High, -i.Low
	}
	if i.Method == "" {
		c.Reason = "one trial alone has no interval"
	}
	before, after, _ := sums.Means()
	before, after = columns[0].Figure(before), columns[1].Figure(after)
	c.Base, c.New = &before, &after
	return i, true, nil
}

// meanOfSamples compares means that were estimated from independent trials. Their intervals are Student's, so that the standard
// errors are recovered from their widths, with the degrees of freedom that those have.
func (j *job) meanOfSamples(c *Change, base, other *measure.MetricSummary, confidence float64) stats.Interval {
	var means [2]stats.Mean
	rounding := 0.0
	for i, m := range []*measure.MetricSummary{base, other} {
		s := []*Result{j.Base, j.New}[i].Summary
		degrees := trialsOf(s, m) - 1
		if m.Mean.Low == nil || m.Mean.High == nil || degrees < 1 {
			c.Reason = []string{"base", "new"}[i] + ": one trial alone has no interval"
			return stats.Interval{Value: other.Mean.Value - base.Mean.Value}
		}
		of := stats.Interval{Value: m.Mean.Value, Low: *m.Mean.Low, High: *m.Mean.High}
		means[i] = stats.MeanOf(of, s.Confidence, float64(degrees))
		rounding += step(m, m.Mean.Value, sixthDigit)
	}
	i := stats.Welch(means[0], means[1], confidence)
	i.Method += " from two intervals"
	i.Low, i.High = i.Low-rounding, i.High+rounding
	return i
}

// trialsOf is how many trials have values of a metric; at most that, where a summary does not say.
func trialsOf(s *measure.Summary, m *measure.MetricSummary) int64 {
	if m.TrialsWithValues > 0 {
		return m.TrialsWithValues
	}
	return min(s.Trials, m.N)
}

// quantile compares figures whose intervals lie unevenly about them, as those of two samples.
func (j *job) quantile(of [2]*measure.Estimate, metrics [2]*measure.MetricSummary, confidence float64) stats.Interval {
	var ends [2]stats.Interval
	rounding := 0.0
	scaled := ""
	for i, e := range of {
		ends[i] = stats.Interval{Value: e.Value, Low: orInfinity(e.Low, -1), High: orInfinity(e.High, 1)}
		from := []*Result{j.Base, j.New}[i].Summary.Confidence
		ends[i] = ends[i].Scaled(from, confidence)
		if from != confidence {
			scaled = ", stretched by normal quantiles"
		}
		if metrics[i].Unit != "count" || e.Value >= 2048 { // lower counts have a bucket each
			rounding += step(metrics[i], e.Value, bucket)
		}
	}
	i := mover(ends, [2]bool{isBound(of[0]), isBound(of[1])})
	i.Method += " from two intervals (" + strings.TrimSuffix(of[0].Method, ", "+measure.MethodLowerBound) + ")" + scaled
	i.Low, i.High = i.Low-rounding, i.High+rounding
	return i
}

func isBound(e *measure.Estimate) bool { return strings.Contains(e.Method, measure.MethodLowerBound) }

// mover is stats.Mover for estimates that may be lower bounds. What such a bound stands for may be as high as the interval's
// upper end, and the change is as far as that leads.
func mover(of [2]stats.Interval, bound [2]bool) stats.Interval {
	i := stats.Mover(of[0], of[1])
	if bound[0] || math.IsInf(of[0].High, 1) {
		i.Low = of[1].Low - of[0].High
	}
	if bound[1] || math.IsInf(of[1].High, 1) {
		i.High = of[1].High - of[0].Low
	}
	return i
}

func orInfinity(v *float64, sign int) float64 {
	if v == nil {
		return math.Inf(sign)
	}
	return *v
}

// step is how far apart two figures lie that a Summary tells apart: in the sixth digit, or by the buckets of a histogram, which
// has three digits. All values being the same, the figure is no estimate and the step is 0.
func step(m *measure.MetricSummary, v float64, of func(float64) float64) float64 {
	if m.Min != nil && m.Max != nil && *m.Min == *m.Max {
		return 0
	}
	if m.FromOne() {
		v = 1 - v
	}
	return of(math.Abs(v))
}

func sixthDigit(v float64) float64 {
	_, exponent, _ := strings.Cut(strconv.FormatFloat(v, 'e', 5, 64), "e")
	unit, _ := strconv.ParseFloat("1e"+exponent, 64)
	return unit * 1e-5
}

// bucket is the width of the bucket of a value, at most.
func bucket(v float64) float64 { return v / 1024 }
