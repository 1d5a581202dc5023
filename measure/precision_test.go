package measure

import (
	"math"
	"strings"
	"testing"

	"failsim/sim"

	"github.com/google/go-cmp/cmp"
)

func TestParsePrecision(t *testing.T) {
	for _, c := range []struct {
		text, figure string
		width        float64
		relative     bool
	}{
		{"write_outage.p99<=2%", "write_outage.p99", 0.02, true},
		{" write_outage@endpoint.mean <= 500ms ", "write_outage@endpoint.mean", 0.5, false},
		{"write_availability.p1<=0.0001", "write_availability.p1", 0.0001, false},
		{"write_outage.probability(> 30s)<=0.01", "write_outage.probability(> 30s)", 0.01, false},
		{"accepted_calls.mean<=3", "accepted_calls.mean", 3, false},
		{"write_outage.p99<=0.2%", "write_outage.p99", 0.002, true},
		{"write_outage.mean<=0.1%", "write_outage.mean", 0.001, true},
		{"write_availability.p1<=0.001%", "write_availability.p1", 0.00001, true}, // of the distance from 1 much more
		{"write_outage.p50<=100us", "write_outage.p50", 0.0001, false},            // reached by a delay that is always the same
	} {
		p, err := ParsePrecision(c.text)
		if err != nil || p.Figure.String() != c.figure || p.Width != c.width || p.Relative != c.relative {
			t.Errorf("%q: %+v, %v; want %+v", c.text, p, err, c)
		}
		if again, err := ParsePrecision(p.String()); err != nil || again.String() != p.String() || again.Width != p.Width {
			t.Errorf("%q written as %q is read as %+v, %v", c.text, p, again, err)
		}
	}
	for text, want := range map[string]string{
		"write_outage.p99":                    "want figure<=width",
		"write_outage<=2%":                    "want metric.statistic",
		"write_outage.max<=2%":                "max has no interval",
		"write_outage.min<=1s":                "min has no interval",
		"write_outage.p99<=0%":                "want a percentage above 0",
		"write_outage.p99<=nan%":              "want a percentage above 0",
		"write_outage.p99<=2":                 "duration",
		"write_outage.p99<=0s":                "want a width above 0",
		"write_outage.p99<=-1s":               "want a duration of 0 or more",
		"write_outage.probability(> 1s)<=30s": "want a number",
		"write_outage.p99<=0x1p3%":            "want a percentage above 0",
		"write_outage.p99<=1_0%":              "want a percentage above 0",
		"write_outage.p99<=inf%":              "want a percentage above 0",
		"write_availability.p1<=0x1p-3":       "want a number with digits alone",
		"accepted_calls.mean<=1_0":            "want a number with digits alone",
		"write_outage.p99<=0.19%":             `width of write_outage.p99: "0.19%"; want 0.2% or more: quantiles have three digits`,
		"lost_writes.p50<=0.1%":               "quantiles have three digits",
	} {
		if _, err := ParsePrecision(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v; want %q", text, err, want)
		}
	}
}

// Rules that say the same are written alike, whatever they were read from.
func TestPrecisionHasOneText(t *testing.T) {
	for want, texts := range map[string][]string{
		"write_outage.p99<=2%":                     {"write_outage.p99 <= 2 %", "write_outage.p99<=2.0%", " write_outage@service.p99<= 02e0%"},
		"write_outage@endpoint.mean<=1m30s":        {"write_outage@endpoint.mean<=90s", "write_outage@endpoint.mean <= 1.5m"},
		"write_availability.p1<=0.001":             {"write_availability.p1<=1e-3", "write_availability.p1<=.0010"},
		"write_outage.probability(> 500ms)<=0.1":   {"write_outage.probability(>0.5s)<=0.10", "write_outage.probability(>  500ms)<=1e-1"},
		"covered.probability(> 0.5)<=1%":           {"covered.probability(>.50)<=1%"},
		"lost_writes.probability(> 1e99)<=0.00001": {"lost_writes.probability(> 1e99)<=1e-5"}, // too long as a decimal
	} {
		for _, text := range append(texts, want) {
			if p, err := ParsePrecision(text); err != nil || p.String() != want {
				t.Errorf("%q: %q, %v; want %q", text, p.String(), err, want)
			}
		}
	}
}

// Trials with one window each, of 10 s and of 30 s in turn: the mean is 20 s. Of 2k trials the sample variance is
// 100·2k/(2k-1) s², and t(0.975) with 1 degree of freedom 12.7062, with 9 degrees 2.26216.
func TestPrecisionIsTheWidthOfTheInterval(t *testing.T) {
	cfg := twoGroups()
	look := func(pairs int, text string) Stopping {
		tally := NewTally(cfg)
		for range pairs {
			for _, length := range []float64{10, 30} {
				if err := tally.Add(outages(length)); err != nil {
					t.Fatal(err)
				}
			}
		}
		s := tally.Summary(Info{Confidence: 0.95})
		p, err := ParsePrecision(text)
		if err != nil {
			t.Fatal(err)
		}
		return tally.Look(&s, p)
	}
	width := func(v float64) *float64 { return &v }
	for _, c := range []struct {
		pairs int
		text  string
		want  Stopping
	}{
		// 20 ± 2.26216 · √(1000/9/10) s, to six digits: from 12.4595 to 27.5405 s
		{5, "write_outage.mean<=16s", Stopping{Reached: true, Width: width(15.081), Unit: "s"}},
		{5, "write_outage.mean<=15s", Stopping{Width: width(15.081), Unit: "s"}},
		// 15.081 s of 20 s
		{5, "write_outage.mean<=76%", Stopping{Reached: true, Width: width(0.75405), Unit: "s", Relative: true}},
		{5, "write_outage.mean<=75%", Stopping{Width: width(0.75405), Unit: "s", Relative: true}},
		// 2 · 12.7062 · √(200/2) s = 254.124 s, and a mean is not below 0: from 0 to 147.062 s.
		{1, "write_outage.mean<=1m40s", Stopping{Width: width(147.062), Unit: "s"}},
		{5, "write_outage.p99<=10h", Stopping{Reason: "p99 needs about 368 trials", Unit: "s"}}, // so never narrow
	} {
		c.want.Precision = c.text
		if diff := cmp.Diff(c.want, look(c.pairs, c.text)); diff != "" {
			t.Errorf("%d pairs: %s", c.pairs, diff)
		}
	}
}

// A share of nothing is no width: a relative precision of a figure that is 0 is never reached while its interval is open.
func TestRelativePrecisionOfZeroIsNotReached(t *testing.T) {
	f := figure(t, "write_outage.probability(> 1000s)")
	tally := NewTally(twoGroups(), f)
	for range 50 {
		if err := tally.Add(outages(10)); err != nil {
			t.Fatal(err)
		}
	}
	s := tally.Summary(Info{Confidence: 0.95})
	if got := tally.Look(&s, Precision{Figure: f, Width: 10, Relative: true}); got.Reached || got.Width != nil ||
		got.Reason != "the figure is 0: it has no relative width" {
		t.Errorf("%+v", got)
	}
}

// The median of 21 trials, of which the last 10 never saw the end of their outage, has no upper end: rank 16 of 21 is cut short.
func TestPrecisionOfCensoredValuesSaysWhyThereIsNone(t *testing.T) {
	var trials []*sim.Outcome
	for i := range 21 {
		o := outages(float64(10 + i))
		for w := range o.Windows {
			o.Windows[w].Censored = i > 10
		}
		trials = append(trials, o)
	}
	tally := tallyOf(t, twoGroups(), trials...)
	s := tally.Summary(Info{Confidence: 0.95})
	for _, text := range []string{"write_outage.p50<=200%", "write_outage.mean<=100h"} {
		p, err := ParsePrecision(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := tally.Look(&s, p); got.Reached || got.Width != nil || got.Reason != "values were cut short by the end of the trial" {
			t.Errorf("%s: %+v", text, got)
		}
	}
}

// Outages between 20 s and 20.001 s differ by less than a histogram tells apart. Their median is no better known than the
// extremes, which are exact: 1 ms of the bucket of 16.8 ms. Delays that are always the same have an interval of no width.
func TestPrecisionBeyondTheHistogramIsNotReached(t *testing.T) {
	for spread, reached := range map[float64]bool{0.001: false, 0: true} {
		var trials []*sim.Outcome
		for i := range 400 {
			trials = append(trials, outages(20+spread*float64(i)/399))
		}
		tally := tallyOf(t, twoGroups(), trials...)
		s := tally.Summary(Info{Confidence: 0.95})
		p, err := ParsePrecision("write_outage.p50<=100us")
		if err != nil {
			t.Fatal(err)
		}
		if got := tally.Look(&s, p); got.Reached != reached || math.Abs(*got.Width-spread) > 1e-9 {
			t.Errorf("spread of %v s: %+v, width %v", spread, got, *got.Width)
		}
	}
}
