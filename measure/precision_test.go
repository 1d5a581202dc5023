package measure

import (
	"strings"
	"testing"

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
	} {
		if _, err := ParsePrecision(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v; want %q", text, err, want)
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
		{1, "write_outage.mean<=100s", Stopping{Width: width(147.062), Unit: "s"}},
		{5, "write_outage.p99<=1000s", Stopping{Unit: "s"}}, // not supported, so never narrow
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
	if got := tally.Look(&s, Precision{Figure: f, Width: 10, Relative: true}); got.Reached || got.Width != nil {
		t.Errorf("%+v", got)
	}
}
