package report

import (
	"math"
	"strconv"

	"failsim/measure"
	"failsim/words"
)

const (
	missing    = "-" // a figure that the sample cannot support
	lowerBound = "≥ "
)

// scale shows the figures of one row alike: one unit and one number of decimals, so that they compare at a glance.
type scale struct {
	perUnit  float64 // how many of the metric's own unit make one of the shown unit
	suffix   string
	decimals int
}

// timeScales are the units for seconds; a row takes the last whose from its typical value reaches. The bounds lie above
// one of the unit, so that 100 s stays 100 s and a quantile next to the mean keeps its meaning.
var timeScales = []struct {
	from, perUnit float64
	suffix        string
}{
	{0, 1e-6, " µs"},
	{1e-3, 1e-3, " ms"},
	{1, 1, " s"},
	{300, 60, " min"},
	{3 * 3600, 3600, " h"},
	{72 * 3600, 24 * 3600, " days"},
}

// scaleOf chooses the scale of a row by its mean, or by what there is.
func scaleOf(unit string, f measure.Figures) scale {
	typical := 0.0
	for _, v := range []float64{value(f.Mean), quantile(f, "p50"), orNaN(f.Max)} {
		if !math.IsNaN(v) && v != 0 {
			typical = math.Abs(v)
			break
		}
	}
	switch unit {
	case "s":
		s := scale{perUnit: 1, suffix: " s"}
		for _, t := range timeScales {
			if typical != 0 && typical >= t.from {
				s.perUnit, s.suffix = t.perUnit, t.suffix
			}
		}
		s.decimals = threeDigits(typical / s.perUnit)
		if orNaN(f.Max)/s.perUnit >= 10 {
			s.decimals = min(s.decimals, 1)
		}
		return s
	case "ratio":
		return scale{perUnit: 0.01, suffix: "%", decimals: nines(f)}
	case "1/s":
		return scale{perUnit: 1, suffix: "/s", decimals: wholeOr(f, threeDigits(typical))}
	}
	if typical >= 1e6 {
		return scale{perUnit: 1e6, suffix: " M", decimals: 2}
	}
	return scale{perUnit: 1, decimals: wholeOr(f, threeDigits(typical))}
}

// threeDigits is how many decimals show three significant digits of v, at most three.
func threeDigits(v float64) int {
	switch {
	case v >= 100 || v == 0:
		return 0
	case v >= 10:
		return 1
	case v >= 1:
		return 2
	}
	return 3
}

// nines is how many decimals of a percentage show three digits of what is missing to 100 %. The figures have six
// significant digits, which is four decimals.
func nines(f measure.Figures) int {
	decimals := 0
	for _, v := range []float64{value(f.Mean), quantile(f, "p50"), orNaN(f.Min)} {
		gap := 100 * math.Abs(1-v)
		for d := 1; d <= 4 && gap > 1e-9 && v != 0; d++ {
			if gap*math.Pow10(d) >= 99.999 || d == 4 {
				decimals = max(decimals, d)
				break
			}
		}
	}
	return decimals
}

// wholeOr is no decimals for a sample of whole numbers (a mean of them is given its own), else those asked for.
func wholeOr(f measure.Figures, decimals int) int {
	for _, v := range []float64{quantile(f, "p50"), quantile(f, "p90"), quantile(f, "p95"), orNaN(f.Min), orNaN(f.Max)} {
		if !math.IsNaN(v) && v != math.Trunc(v) {
			return decimals
		}
	}
	return 0
}

// show writes one figure; NaN is a figure that is missing.
func (s scale) show(v float64) string { return s.showTo(v, s.decimals) }

func (s scale) showTo(v float64, decimals int) string {
	if math.IsNaN(v) {
		return missing
	}
	return s.number(v, decimals) + s.suffix
}

func (s scale) number(v float64, decimals int) string {
	if v == s.perUnit*100 && s.suffix == "%" {
		return "100"
	}
	return words.Group(strconv.FormatFloat(v/s.perUnit, 'f', decimals, 64))
}

// mean writes a mean with its interval: `26.71 s ± 0.02`, or the two ends where they lie unevenly.
func (s scale) mean(f measure.Figures) string {
	e := f.Mean
	if e == nil {
		return missing
	}
	decimals := s.decimals
	if e.Value != math.Trunc(e.Value) {
		decimals = max(decimals, threeDigits(math.Abs(e.Value)/s.perUnit))
	}
	if e.Low == nil || e.High == nil {
		return s.showTo(e.Value, decimals)
	}
	below, above := (e.Value-*e.Low)/s.perUnit, (*e.High-e.Value)/s.perUnit
	half := max(below, above)
	decimals = max(decimals, firstDigit(half))
	// Six significant digits leave each end uncertain by half of the last: unevenness below that is rounding.
	rounding := 1e-5 * math.Abs(e.Value) / s.perUnit
	if math.Abs(below-above) > 0.2*half+rounding {
		return s.number(*e.Low, decimals) + " … " + s.showTo(*e.High, decimals)
	}
	if half > 0 || sixDigits(e.Value) != roundTo(e.Value, 5) && orNaN(f.Min) < orNaN(f.Max) {
		half = max(half, math.Pow10(-decimals)) // too narrow to show: rounded up, never to nothing
	}
	return s.showTo(e.Value, decimals) + " ± " + words.Group(strconv.FormatFloat(half, 'f', decimals, 64))
}

// roundTo rounds to so many significant digits. A figure that needs the sixth may have lost more, and with them its interval;
// one that does not is taken as it stands.
func roundTo(v float64, digits int) float64 {
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'g', digits, 64), 64)
	return rounded
}

// firstDigit is how many decimals show the first significant digit of a half-width, four at most.
func firstDigit(half float64) int {
	decimals := 0
	for half > 0 && math.Round(half*math.Pow10(decimals)) < 1 && decimals < 4 {
		decimals++
	}
	return decimals
}

func count(n int64) string { return words.Grouped(n) }

func value(e *measure.Estimate) float64 {
	if e == nil {
		return math.NaN()
	}
	return e.Value
}

func quantile(f measure.Figures, name string) float64 {
	if e, ok := f.Quantiles[name]; ok {
		return e.Value
	}
	return math.NaN()
}

func orNaN(v *float64) float64 {
	if v == nil {
		return math.NaN()
	}
	return *v
}
