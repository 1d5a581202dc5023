package measure

import (
	"fmt"
	"strconv"
	"strings"

	"failsim/words"
)

// Precision is a rule that ends a run: the interval of a figure is narrow enough.
type Precision struct {
	Figure
	// Width is the largest width of the interval, from low to high: in the figure's unit or, if Relative, as a share of the
	// figure's value.
	Width    float64
	Relative bool
	text     string
}

// ParsePrecision reads `figure<=width`, such as `write_outage.p99<=2%` or `write_outage@endpoint.mean<=500ms`.
func ParsePrecision(text string) (Precision, error) {
	figure, width, ok := strings.Cut(text, "<=")
	if !ok {
		return Precision{}, fmt.Errorf("%s; want figure<=width, such as write_outage.p99<=2%%", words.Quote(text))
	}
	f, err := ParseFigure(strings.TrimSpace(figure))
	if err != nil {
		return Precision{}, err
	}
	if f.Statistic == "min" || f.Statistic == "max" {
		return Precision{}, fmt.Errorf("%v: %s has no interval; want mean, a quantile or probability(> x)", f, f.Statistic)
	}
	p := Precision{Figure: f}
	width = strings.TrimSpace(width)
	unit, known := f.Unit()
	if share, relative := strings.CutSuffix(width, "%"); relative {
		p.Relative = true
		percentage, err := strconv.ParseFloat(strings.TrimSpace(share), 64)
		if err != nil || !(percentage > 0 && percentage <= 1000) {
			return Precision{}, fmt.Errorf("width of %v: %s; want a percentage above 0, such as 2%%", f, words.Quote(width))
		}
		p.Width = percentage / 100
	} else if known {
		value, err := parseValue(unit, width)
		if err != nil {
			return Precision{}, fmt.Errorf("width of %v: %w", f, err)
		}
		if p.Width, _ = value.Float64(); p.Width <= 0 {
			return Precision{}, fmt.Errorf("width of %v: %s; want a width above 0", f, words.Quote(width))
		}
	}
	p.text = f.String() + "<=" + width
	return p, nil
}

// String writes the rule as ParsePrecision reads it.
func (p Precision) String() string { return p.text }

// Stopping says how a run that a Precision ends went.
type Stopping struct {
	Precision string `json:"precision"`
	Reached   bool   `json:"reached"`
	MaxTrials int64  `json:"max_trials"`
	// Width is that of the interval at the end, in the figure's unit or, for a relative rule, as a share of its value; nil
	// where there is no interval.
	Width    *float64 `json:"width,omitempty"`
	Unit     string   `json:"unit"` // of the figure: s, ratio, count or 1/s
	Relative bool     `json:"relative"`
}

// Look tells how wide the interval of the figure is in a Summary that this Tally gave, and whether that is narrow enough.
func (t *Tally) Look(s *Summary, p Precision) Stopping {
	stop := Stopping{Precision: p.String(), Relative: p.Relative}
	stop.Unit, _ = p.Unit()
	e, _ := t.Estimate(s, p.Figure)
	if e == nil || e.Low == nil || e.High == nil {
		return stop
	}
	width := *e.High - *e.Low
	if p.Relative && width > 0 {
		if e.Value == 0 {
			return stop // no share of nothing is narrow
		}
		width /= e.Value
	}
	rounded := sixDigits(width)
	stop.Width, stop.Reached = &rounded, width <= p.Width
	return stop
}
