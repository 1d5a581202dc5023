package report

import (
	"math"
	"strconv"
	"strings"

	"failsim/compare"
	"failsim/measure"
	"failsim/words"
)

// signedScale shows a row of a comparison: figures and changes to one number of decimals.
type signedScale struct {
	scale
	change string // suffix of a change
}

// changeScale takes as many decimals as the figures ask for, and as show one digit of the interval's width.
func changeScale(ch *compare.Change) signedScale {
	typical := max(math.Abs(zeroIfNil(ch.Base)), math.Abs(zeroIfNil(ch.New)))
	f := measure.Figures{Mean: &measure.Estimate{Value: typical}}
	if ch.Unit == "ratio" {
		f.Min = ch.Base
		f.Mean = &measure.Estimate{Value: zeroIfNil(ch.New)}
	}
	s := signedScale{scale: scaleOf(ch.Unit, f)}
	s.change = s.suffix
	if ch.Unit == "ratio" {
		s.change = " pp"
	}
	if ch.Unit == "count" && typical != math.Trunc(typical) {
		s.decimals = max(s.decimals, threeDigits(typical))
	}
	if ch.Change != nil {
		s.decimals = max(s.decimals, changeDigit(math.Abs(*ch.Change)/s.perUnit))
	}
	if ch.Low != nil && ch.High != nil {
		s.decimals = max(s.decimals, changeDigit((*ch.High-*ch.Low)/2/s.perUnit))
	}
	if ch.Verdict == compare.Regressed || ch.Verdict == compare.Improved { // no end that decided is shown as 0
		s.decimals = max(s.decimals, changeDigit(math.Abs(zeroIfNil(ch.Low))/s.perUnit), changeDigit(math.Abs(zeroIfNil(ch.High))/s.perUnit))
	}
	return s
}

// changeDigit is how many decimals show the first significant digit of a change, six at most.
func changeDigit(v float64) int {
	decimals := 0
	for v > 0 && math.Round(v*math.Pow10(decimals)) < 1 && decimals < 6 {
		decimals++
	}
	return decimals
}

func zeroIfNil(v *float64) float64 {
	if v == nil {
		return 0
	}
	return *v
}

// figure writes a figure, of which no more than six digits are known.
func (s signedScale) figure(v *float64) string {
	decimals := s.decimals
	if shown := math.Abs(zeroIfNil(v)) / s.perUnit; s.suffix != "%" && shown > 0 {
		decimals = max(0, min(decimals, 5-int(math.Floor(math.Log10(shown)))))
	}
	return s.showTo(orNaN(v), decimals)
}

// boundMark stands before a figure that is a lower bound.
func boundMark(bound bool) string {
	if bound {
		return lowerBound
	}
	return ""
}

// changed writes a change. That of lower bounds is itself a bound, and of two of them nothing is known.
func (s signedScale) changed(ch *compare.Change) string {
	switch {
	case ch.Change == nil, ch.BaseBound && ch.NewBound:
		return missing
	case ch.BaseBound:
		return "≤ " + s.signed(ch.Change)
	}
	return boundMark(ch.NewBound) + s.signed(ch.Change)
}

func (s signedScale) signed(v *float64) string {
	if v == nil {
		return missing
	}
	return s.signedNumber(*v) + s.change
}

func (s signedScale) signedNumber(v float64) string {
	text := words.Group(strconv.FormatFloat(math.Abs(v)/s.perUnit, 'f', s.decimals, 64))
	if strings.Trim(text, "0.") == "" {
		return text
	}
	return signOf(v) + text
}

func signOf(v float64) string {
	switch {
	case v < 0:
		return "-"
	case v > 0:
		return "+"
	}
	return ""
}

func (s signedScale) between(low, high *float64) string {
	switch {
	case low == nil && high == nil:
		return missing
	case high == nil:
		return "above " + s.signed(low)
	case low == nil:
		return "below " + s.signed(high)
	}
	return s.signedNumber(*low) + " to " + s.signed(high)
}
