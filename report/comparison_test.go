package report

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"failsim/compare"
)

func ptr(v float64) *float64 { return &v }

// aComparison has every verdict, unit and gap that a comparison can show.
func aComparison() *compare.Comparison {
	change := func(name, unit, better, verdict string) compare.Change {
		return compare.Change{Metric: name, Observer: "service", Statistic: "mean", Unit: unit, Better: better, Verdict: verdict,
			Method: "student on differences by trial"}
	}
	regressed := change("write_outage", "s", "lower", compare.Regressed)
	regressed.Gates, regressed.Base, regressed.New = true, ptr(24.2942), ptr(25.5089)
	regressed.Change, regressed.Low, regressed.High, regressed.Relative = ptr(1.21471), ptr(1.20512), ptr(1.2243), ptr(0.05)
	regressed.Margin = ptr(0.5)

	undecided := regressed
	undecided.Statistic, undecided.Verdict, undecided.New, undecided.Change, undecided.Low, undecided.High = "p99",
		compare.Undecided, nil, nil, nil, nil
	undecided.Relative, undecided.Margin = nil, ptr(2)
	undecided.Reason = "new: p99 needs about 1,900 trials"

	within := change("write_availability", "ratio", "higher", compare.Within)
	within.Gates, within.Base, within.New = true, ptr(0.996626), ptr(0.996624)
	within.Change, within.Low, within.High, within.Margin = ptr(-2e-6), ptr(-5e-6), ptr(1e-6), ptr(0.0001)

	exceeding := change("lost_writes", "count", "lower", compare.Improved)
	exceeding.Gates, exceeding.Base, exceeding.New, exceeding.Change = true, ptr(12345.6), ptr(9876.5), ptr(-2469.1)
	exceeding.High, exceeding.Relative = ptr(-2000), ptr(-0.2)
	exceeding.Reason = ""

	lower := change("makespan", "s", "lower", compare.NotShown)
	lower.Observer, lower.Base, lower.New, lower.Change, lower.Low = "operator", ptr(432000), ptr(432600), ptr(600), ptr(-1200)
	lower.NewBound = true
	lower.Reason = "new: values were cut short by the end of the trial"
	neither := change("accepted_calls", "count", "none", "")
	neither.Observer, neither.Base, neither.New, neither.Change, neither.Low, neither.High = "operator", ptr(40), ptr(41), ptr(1),
		ptr(1), ptr(1)

	same := change("recovery", "s", "lower", compare.NotShown)
	same.Base, same.New, same.Change, same.Low, same.High = ptr(500), ptr(500), ptr(0), ptr(0), ptr(0)

	open := lower
	open.Gates, open.Base, open.New, open.Change, open.Low = true, ptr(179280), ptr(720), ptr(-178560), ptr(-178920)
	both := open
	both.BaseBound, both.Low = true, nil
	sooner := both
	sooner.NewBound, sooner.High, sooner.Verdict, sooner.Reason = false, ptr(-3600), compare.Improved, ""

	side := compare.Side{Scenario: "game-day", Trials: 2000, Seed: 1, Engine: 1}
	renamed := side
	renamed.Scenario, renamed.Part = "game-day-slow", "trials 0 to 1000 of 2000"
	return &compare.Comparison{
		Schema: compare.Schema, Alpha: 0.05, Gating: 4, Confidence: 0.9875, Verdict: compare.Regressed,
		Scenarios: []compare.Pair{
			{
				Base: side, New: renamed, Verdict: compare.Regressed, Paired: 1000,
				Changes: []compare.Change{regressed, undecided, within, exceeding, lower, neither, same},
				Distances: []compare.Distance{
					{Metric: "write_outage", Observer: "endpoint", Unit: "s", KS: 0.0815, Wasserstein: 1.21471},
					{Metric: "write_availability", Observer: "service", Unit: "ratio", KS: 0.128, Wasserstein: 0.000169},
					{Metric: "recovery", Observer: "service", Unit: "s"},
				},
				Warnings: []string{"the engines differ"},
			},
			{Base: side, New: side, Verdict: compare.Identical},
			{Base: side, New: side, Verdict: compare.NotShown, Why: "base has no trials.parquet",
				NoDistances: "base has no sketches.parquet", Changes: []compare.Change{open, both, sooner},
				NotImproved: "makespan.mean can be any amount worse: values were cut short by the end of the trial"},
		},
		OnlyBase: []string{"quickstart"}, OnlyNew: []string{"cmd-dns", "no-replica"},
	}
}

func TestComparisons(t *testing.T) {
	for name, write := range map[string]func(io.Writer, *compare.Comparison) error{
		"comparison.txt": func(w io.Writer, c *compare.Comparison) error { return ComparisonTable(w, c, Style{}) },
		"comparison.md":  ComparisonMarkdown,
		"comparison.json": func(w io.Writer, c *compare.Comparison) error {
			c.Scenarios = c.Scenarios[:1]
			c.Scenarios[0].Changes = c.Scenarios[0].Changes[:2]
			return ComparisonJSON(w, c)
		},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			if err := write(&out, aComparison()); err != nil {
				t.Fatal(err)
			}
			golden(t, name, out.String())
		})
	}
}

// However near to 1 a confidence is, it is not shown as all: 1 - 1e-9 and, with five gating figures, 1 - 2e-10.
func TestNoConfidenceIsShownAsAll(t *testing.T) {
	for confidence, want := range map[float64]string{
		0.99: "99%", 1 - 0.05/7: "99.2857%", 1 - 1e-6: "99.9999%", 1 - 1e-9: "99.9999999%", 1 - 2e-10: "99.99999998%",
	} {
		if got := nearlyAll(confidence); got != want {
			t.Errorf("%v: %s, want %s", confidence, got, want)
		}
	}
}

// Whatever a scenario is called, its name stays one line of text in Markdown.
func TestNamesAreTextInMarkdown(t *testing.T) {
	const name = "a|b <script>\n# *c* `d` [e](f) &lt;"
	const want = `a\|b &lt;script> # \*c\* ` + "\\`d\\`" + ` \[e](f) &amp;lt;`
	side := compare.Side{Scenario: name, Trials: 9}
	c := &compare.Comparison{
		Verdict: compare.NotShown, OnlyNew: []string{name},
		Scenarios: []compare.Pair{
			{Base: side, New: side, Verdict: compare.NotShown, NotImproved: "no", Warnings: []string{name}},
			{Base: side, New: side, Verdict: compare.Identical},
		},
	}
	var out bytes.Buffer
	if err := ComparisonMarkdown(&out, c); err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(out.String(), want); got != 5 || strings.Contains(out.String(), "<script") {
		t.Errorf("the name stands there %d times, want 5:\n%s", got, out.String())
	}
}
