package measure

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"time"

	"failsim/dist"
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
	if share, relative := strings.CutSuffix(width, "%"); relative {
		width, err = p.readShare(strings.TrimSpace(share))
	} else {
		width, err = p.readWidth(width)
	}
	if err != nil {
		return Precision{}, fmt.Errorf("width of %v: %w", f, err)
	}
	p.text = p.Figure.String() + "<=" + width
	return p, nil
}

// narrowest is the smallest relative width of a quantile's interval, in percent, that can be asked for: the interval is at least
// one bucket of a histogram wide, which is up to 1/1024 of the value, and seldom lies within one.
const narrowest = 0.2

// readShare reads the percentage of a relative width, and gives the width as String writes it.
func (p *Precision) readShare(text string) (width string, err error) {
	percentage, err := strconv.ParseFloat(text, 64)
	if err != nil || !isDecimal(text) || !(percentage > 0 && percentage <= 1000) {
		return "", fmt.Errorf("%s; want a percentage above 0, such as 2%%", words.Quote(text+"%"))
	}
	if percentage < narrowest && p.threeDigits() {
		return "", fmt.Errorf("%s; want %v%% or more: quantiles have three digits", words.Quote(text+"%"), narrowest)
	}
	p.Width, p.Relative = percentage/100, true
	return strconv.FormatFloat(percentage, 'g', -1, 64) + "%", nil
}

// threeDigits tells whether the figure is a quantile that is known to three digits. Of an availability the distance from 1 has
// them, so that itself it is known far better.
func (p *Precision) threeDigits() bool {
	id, _ := metricNamed(p.Metric)
	return p.Statistic != "mean" && !p.isProbability() && id != writeAvailability && id != groupAvailability
}

// readWidth reads a width in the figure's unit, and gives it as String writes it. What is of no known metric is not judged.
func (p *Precision) readWidth(text string) (width string, err error) {
	unit, known := p.Unit()
	if !known {
		return text, nil
	}
	value, err := parseValue(unit, text)
	if err != nil {
		return "", err
	}
	if unit != "s" && !isDecimal(text) {
		return "", fmt.Errorf("%s; want a number with digits alone, such as 0.5", words.Quote(text))
	}
	if p.Width, _ = value.Float64(); p.Width <= 0 {
		return "", fmt.Errorf("%s; want a width above 0", words.Quote(text))
	}
	return writeValue(unit, text, value), nil
}

// longestNumber is how long a number may be for parseValue.
const longestNumber = 30

// writeValue writes a value in a metric's unit in one way, or as it was read where that would be too long.
func writeValue(unit, text string, value *big.Rat) string {
	if unit == "s" {
		nanoseconds := new(big.Rat).Mul(value, big.NewRat(1e9, 1))
		return dist.FormatDuration(time.Duration(nanoseconds.Num().Int64()))
	}
	digits, _ := value.FloatPrec()
	if exact := value.FloatString(digits); len(exact) <= longestNumber {
		return exact
	}
	return text
}

// isDecimal tells whether a number is written with digits, a point and an exponent alone: not 0x1p3, 1_0 or inf.
func isDecimal(text string) bool { return strings.Trim(text, "0123456789.eE+-") == "" }

// String writes the rule as ParsePrecision reads it.
func (p Precision) String() string { return p.text }

// Stopping says how a run that a Precision ends went.
type Stopping struct {
	Precision string `json:"precision"`
	Reached   bool   `json:"reached"`
	MaxTrials int64  `json:"max_trials"`
	// Width is that of the interval at the end, in the figure's unit or, for a relative rule, as a share of its value; nil
	// where there is none, for the Reason.
	Width    *float64 `json:"width,omitempty"`
	Reason   string   `json:"reason,omitempty"`
	Unit     string   `json:"unit"` // of the figure: s, ratio, count or 1/s
	Relative bool     `json:"relative"`
}

// Look tells how wide the interval of the figure is in a Summary that this Tally gave, and whether that is narrow enough.
func (t *Tally) Look(s *Summary, p Precision) Stopping {
	stop := Stopping{Precision: p.String(), Relative: p.Relative}
	stop.Unit, _ = p.Unit()
	e, reason := t.Estimate(s, p.Figure)
	if e == nil || e.Low == nil || e.High == nil {
		stop.Reason = reason
		return stop
	}
	width := *e.High - *e.Low
	if p.Relative && width > 0 {
		if e.Value == 0 {
			stop.Reason = "the figure is 0: it has no relative width" // no share of nothing is narrow
			return stop
		}
		width /= e.Value
	}
	rounded := sixDigits(width)
	stop.Width, stop.Reached = &rounded, width <= p.Width
	return stop
}
