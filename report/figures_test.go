package report

import (
	"math"
	"testing"

	"failsim/measure"
)

func TestUnitsFollowTheTypicalValue(t *testing.T) {
	for _, tt := range []struct {
		unit      string
		mean, max float64
		shown     float64
		want      string
	}{
		{"s", 12e-6, 40e-6, 11e-6, "11.0 µs"},
		{"s", 0.0016, 0.141, 0.0203, "20.3 ms"},
		{"s", 26.7, 39.9, 38.22, "38.2 s"},
		{"s", 1.5, 3, 2.25, "2.25 s"},
		{"s", 299, 350, 310, "310 s"},
		{"s", 512, 719, 690, "11.5 min"},
		{"s", 14400, 15000, 14400, "4.00 h"},
		{"s", 864000, 900000, 864000, "10.0 days"},
		{"s", 0, 0, 0, "0 s"},
		{"ratio", 0.999123, 1, 0.998, "99.8000%"},
		{"ratio", 0.9, 1, 0.5, "50.0%"},
		{"ratio", 1, 1, 1, "100%"},
		{"count", 1234567.5, 2e6, 1999999, "2.00 M"},
		{"count", 123456.5, 2e5, 123999, "123,999"},
		{"1/s", 4000, 4000, 4000, "4,000/s"},
		{"s", 1, 1, math.NaN(), "-"},
	} {
		f := measure.Figures{Mean: &measure.Estimate{Value: tt.mean}, Max: &tt.max}
		if got := scaleOf(tt.unit, f).show(tt.shown); got != tt.want {
			t.Errorf("%v of mean %v %s is shown as %q, want %q", tt.shown, tt.mean, tt.unit, got, tt.want)
		}
	}
}

func TestEstimateShowsItsIntervalToOneDigit(t *testing.T) {
	for _, tt := range []struct {
		value, low, high float64
		want             string
	}{
		{26.7142, 26.6929, 26.7355, "26.71 s ± 0.02"},
		{26.7142, 23.7142, 29.7142, "26.7 s ± 3.0"},
		{26.7142, 26.7142, 26.7142, "26.7 s ± 0.1"}, // the ends are rounded too; 39.9 is another value
		{26.7, 26.69999, 26.70001, "26.7000 s ± 0.0001"},
		{26.7, 26.1, 28.9, "26.1 … 28.9 s"},
	} {
		e := &measure.Estimate{Value: tt.value, Low: &tt.low, High: &tt.high}
		low, high := 15.1, 39.9
		f := measure.Figures{Mean: e, Min: &low, Max: &high}
		if got := scaleOf("s", f).mean(f); got != tt.want {
			t.Errorf("%v (%v, %v) is shown as %q, want %q", tt.value, tt.low, tt.high, got, tt.want)
		}
	}
	// Twenty calls in all trials, of campaigns that make 8 and 32: the interval has no width.
	calls, least, most := 20.0, 8.0, 32.0
	fixed := measure.Figures{Mean: &measure.Estimate{Value: calls, Low: &calls, High: &calls}, Min: &least, Max: &most}
	if got := scaleOf("count", fixed).mean(fixed); got != "20 ± 0" {
		t.Errorf("an interval without width is shown as %q", got)
	}
	v := 4000.0
	constant := measure.Figures{Mean: &measure.Estimate{Value: v, Low: &v, High: &v}, Min: &v, Max: &v}
	if got := scaleOf("1/s", constant).mean(constant); got != "4,000/s ± 0" {
		t.Errorf("a constant is shown as %q", got)
	}
	if got := (scale{perUnit: 1}).mean(measure.Figures{}); got != "-" {
		t.Errorf("nothing is shown as %q", got)
	}
}
