package measure

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"failsim/words"
)

// Margin is by how much a figure may become worse: in the figure's unit or, if Relative, as a share of what it was. Of an
// availability the share is of its distance from 1.
type Margin struct {
	Figure
	Width    float64
	Relative bool
}

// ParseMargin reads `figure=width`, such as `write_outage.p99=2s`, `write_availability.mean=0.0001` or `makespan=5%`. The figure is
// read as ParseSelection does.
func ParseMargin(text string) (Margin, error) {
	at := strings.LastIndex(text, "=")
	if at < 0 {
		return Margin{}, fmt.Errorf("%s; want figure=width, such as write_outage.p99=2s", words.Quote(text))
	}
	f, err := ParseSelection(strings.TrimSpace(text[:at]))
	if err != nil {
		return Margin{}, err
	}
	m := Margin{Figure: f}
	width := strings.TrimSpace(text[at+1:])
	if strings.HasSuffix(width, "%") {
		m.Relative = true
		if m.Width, err = ParsePercentage(width); err != nil {
			return Margin{}, fmt.Errorf("%v: %w", f, err)
		}
		return m, nil
	}
	unit, _ := f.Unit()
	value, err := parseValue(unit, width)
	if err != nil {
		return Margin{}, fmt.Errorf("%v: %w, or a percentage", f, err)
	}
	m.Width, _ = value.Float64()
	return m, nil
}

// ParsePercentage reads `5%` as 0.05.
func ParsePercentage(text string) (float64, error) {
	number, ok := strings.CutSuffix(text, "%")
	share, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if !ok || err != nil || !(share >= 0 && share <= 1000) {
		return 0, fmt.Errorf("%s; want a percentage from 0%% to 1000%%, such as 5%%", words.Quote(text))
	}
	return share / 100, nil
}

// ParseSelection reads `metric`, `metric@observer` or `metric@observer.statistic`: what a comparison is about. The mean stands
// for a metric alone, and the metric's first observer where none is named.
func ParseSelection(text string) (Figure, error) {
	if !strings.Contains(text, ".") {
		text += ".mean"
	}
	f, err := ParseFigure(text)
	if err != nil {
		return Figure{}, err
	}
	return f.comparable()
}

// comparable checks a figure by its names alone, and fills in its observer.
func (f Figure) comparable() (Figure, error) {
	id, ok := metricNamed(f.Metric)
	if !ok {
		return Figure{}, unknown("metric", f.Metric, metricNames())
	}
	if _, err := statisticOf(id, f.Statistic); err != nil {
		return Figure{}, fmt.Errorf("%s: %w", f.Metric, err)
	}
	if f.Statistic == "min" || f.Statistic == "max" {
		return Figure{}, fmt.Errorf("%v: %s has no interval; want mean or a quantile", f, f.Statistic)
	}
	observers := metrics[id].Observers
	if f.Observer == "" {
		f.Observer = observers[0]
	}
	if !slices.Contains(observers, f.Observer) {
		return Figure{}, fmt.Errorf("no %s of %s; have %s", words.Quote(f.Observer), f.Metric, words.List(observers))
	}
	return f, nil
}

// FromOne tells whether what counts in the metric's values is their distance from 1, of which they have six digits.
func (m *MetricSummary) FromOne() bool { return m.Unit == "ratio" && m.Per == "trial" }

// Unit gives how many of the column's integers make one in the metric's unit: a whole number.
func (c *Column) Unit() float64 { return math.Round(1 / math.Abs(c.Scale)) }

// FromOne tells whether the values are 1 less the column's share.
func (c *Column) FromOne() bool { return c.Offset == 1 }

// Figure converts a mean of the column's integers to the metric's unit, as a Summary has it.
func (c *Column) Figure(mean float64) float64 {
	in := scale{denominator: c.Unit(), highest: math.Inf(1), complement: c.FromOne()}
	return in.figure(mean)
}
