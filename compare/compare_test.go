package compare

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"failsim/measure"

	"github.com/google/go-cmp/cmp"
)

// Equals raise a false alarm in at most alpha of 200 comparisons, three standard errors of 1.54 % allowed: of two seeds, with
// rows and without; and by trial, where another name of the group gives trials of one seed other luck. The trials support no
// p99; p90 stands for the quantiles.
func TestEqualsRaiseNoFalseAlarms(t *testing.T) {
	t.Parallel()
	const seeds, trials, alpha = 200, 150, 0.05
	plan, renamed := newPlayer(t, "a", 1), newPlayer(t, "b", 1)
	p90 := measure.Figure{Metric: "write_outage", Observer: "service", Statistic: "p90"}
	noFaults := func(f measure.Figure) bool { return f.Metric == "data_losses" } // the plan has none that could lose data
	opts := Options{Alpha: alpha, Figures: append(slices.DeleteFunc((&Options{}).gating(), noFaults), p90)}
	alarms := map[string]int{}
	for seed := range uint64(seeds) {
		base := plan.play(t, seed, trials)
		for name, other := range map[string]*Result{
			"two samples": plan.play(t, seed+seeds, trials),
			"by trial":    renamed.play(t, seed, trials),
		} {
			p := one(t, base, other, opts)
			if p.of(t, "write_outage.p90").High == nil {
				t.Fatal("p90 has no interval")
			}
			if byTrial := name == "by trial"; byTrial != (p.Paired == trials) {
				t.Fatalf("%s: %d trials paired, %s", name, p.Paired, p.Why)
			}
			if p.Verdict == Regressed || p.Verdict == Improved {
				alarms[name]++
			}
		}
	}
	for name, n := range alarms {
		if share := float64(n) / seeds; share > alpha+3*math.Sqrt(alpha*(1-alpha)/seeds) {
			t.Errorf("%s: %v of equals differ", name, share)
		}
	}
	t.Logf("false alarms: %v of %d", alarms, seeds)
}

// A promotion that is 5 % slower is found with 50 trials of any seed, by trial; the other way it is an improvement.
func TestASlowerPromotionIsFound(t *testing.T) {
	t.Parallel()
	plan, slower := newPlayer(t, "a", 1), newPlayer(t, "a", 1.05)
	for seed := range uint64(50) {
		base, other := plan.play(t, seed, 50), slower.play(t, seed, 50)
		if p := one(t, base, other, Options{}); p.Verdict != Regressed {
			t.Fatalf("seed %d: %s", seed, p.Verdict)
		}
		if p := one(t, other, base, Options{}); p.Verdict != Improved {
			t.Fatalf("seed %d, back: %s", seed, p.Verdict)
		}
	}
	// With summaries alone it takes more trials.
	base, other := bare(plan.play(t, 1, 2000)), bare(slower.play(t, 1, 2000))
	p := one(t, base, other, Options{})
	if p.Verdict != Regressed || p.Paired != 0 || p.Why != "base is a summary alone" {
		t.Errorf("%s, %d paired, %q", p.Verdict, p.Paired, p.Why)
	}
	if !slices.ContainsFunc(p.Warnings, func(w string) bool { return strings.Contains(w, "share their luck") }) {
		t.Errorf("shared luck is not warned about: %q", p.Warnings)
	}
}

// By trial every mean is that of the summary, and the change is new less base.
func TestMeansByTrialAreThoseOfTheSummaries(t *testing.T) {
	base, other := newPlayer(t, "a", 1).play(t, 1, 300), newPlayer(t, "a", 1.05).play(t, 1, 300)
	p := one(t, base, other, Options{})
	checked := 0
	for i := range p.Changes {
		c := &p.Changes[i]
		if c.Statistic != "mean" {
			continue
		}
		a, b := base.metric(c.Metric, c.Observer).Mean, other.metric(c.Metric, c.Observer).Mean
		if *c.Base != a.Value || *c.New != b.Value {
			t.Errorf("%v: %v and %v; the summaries have %v and %v", c.Figure(), *c.Base, *c.New, a.Value, b.Value)
		}
		// Each mean is rounded to six digits, of its distance from 1 where that counts.
		if off := math.Abs(*c.Change - (*c.New - *c.Base)); off > 1e-5*max(math.Abs(*c.New), 1e-3) {
			t.Errorf("%v: the change is %v, off by %v", c.Figure(), *c.Change, off)
		}
		checked++
	}
	if checked < 10 {
		t.Fatalf("only %d means", checked)
	}
}

// The availability of trials that are 1, 3 and 2 seconds short of 10, against 2, 4 and 6 short of 20: means 0.8 and 0.8. The
// differences are 0, 0.1 and -0.1; their mean is 0 and its standard error 0.1/sqrt(3), Student's quantile with 2 degrees at 0.75 is
// 0.8165.
func TestAvailabilityByTrial(t *testing.T) {
	rows := func(horizon float64, short ...int64) *Rows {
		c := measure.Column{Name: "short", Metric: "write_availability", Observer: "service", Offset: 1, Scale: -1 / (horizon * 1e9)}
		for i := range short {
			short[i] *= 1e9
		}
		return &Rows{Trials: []int64{0, 1, 2}, Columns: []measure.Column{c},
			Read: func(string) ([]int64, error) { return short, nil }}
	}
	summary := sketch(3, around(3, 0.8, 0.7, 0.9), "write_availability service ratio higher")
	base := (&Result{Rows: rows(10, 1, 3, 2)}).with(t, summary)
	other := (&Result{Rows: rows(20, 2, 4, 6)}).with(t, summary)
	other.SummaryDigest = "another"
	c := one(t, base, other, Options{Alpha: 0.5}).Changes[0]
	half := 0.8165 * 0.1 / math.Sqrt(3)
	if *c.Base != 0.8 || *c.New != 0.8 || math.Abs(*c.Change) > 1e-15 || math.Abs(*c.Low+half) > 1e-5 || math.Abs(*c.High-half) > 1e-5 {
		t.Errorf("%v to %v, change %v from %v to %v, want ±%v", *c.Base, *c.New, *c.Change, *c.Low, *c.High, half)
	}
}

// Where the sides have unlike numbers of trials, means are over those of both.
func TestUnlikeNumbersOfTrialsPairWhatTheyShare(t *testing.T) {
	plan, slower := newPlayer(t, "a", 1), newPlayer(t, "a", 1.05)
	base, longer := plan.play(t, 1, 100), slower.play(t, 1, 150)
	got := one(t, base, longer, Options{})
	want := one(t, base, slower.play(t, 1, 100), Options{})
	if got.Paired != 100 || !slices.ContainsFunc(got.Warnings, func(w string) bool { return strings.HasPrefix(w, "only the 100 trials") }) {
		t.Errorf("%d paired, %q", got.Paired, got.Warnings)
	}
	if diff := cmp.Diff(want.of(t, "write_outage.mean"), got.of(t, "write_outage.mean")); diff != "" {
		t.Error(diff)
	}
	// A part of other trials pairs with none of them.
	part := slower.play(t, 1, 100)
	for i := range part.Rows.Trials {
		part.Rows.Trials[i] += 100
	}
	shared := func(w string) bool { return strings.Contains(w, "share their luck") }
	for text, luck := range map[string]bool{"trials 100 to 200 of 200": false, "trials 99 to 199 of 200": true} {
		part.Summary.Part = text
		p := one(t, base, part, Options{})
		if p.Paired != 0 || p.Why != "the sides have fewer than two trials in common" || slices.ContainsFunc(p.Warnings, shared) != luck {
			t.Errorf("%s: %d paired, %q, %q", text, p.Paired, p.Why, p.Warnings)
		}
	}
}

// Without rows the summary decides; with them both must be equal. The name of the scenario does not count, and every other key
// does.
func TestIdenticalButForTheName(t *testing.T) {
	plan := newPlayer(t, "a", 1)
	base := plan.play(t, 1, 20)
	base.with(t, base.Summary)
	renamed := *base.Summary
	renamed.Scenario = "other"
	if p := one(t, base, (&Result{TrialsDigest: base.TrialsDigest}).with(t, &renamed), Options{}); p.Verdict != Identical {
		t.Errorf("another name: %s", p.Verdict)
	}
	if p := one(t, bare(base), base, Options{}); p.Verdict != Identical || len(p.Changes) > 0 {
		t.Errorf("no rows: %s", p.Verdict)
	}
	rows := *base
	rows.TrialsDigest = "another"
	if p := one(t, base, &rows, Options{}); p.Verdict != NotShown {
		t.Errorf("other rows: %s", p.Verdict)
	}
	const text = `{"schema": "failsim/summary/1", "scenario": "a", "trials": 1, "confidence": 0.5, "later": 1}`
	_, digest, err := ReadSummary([]byte(text))
	_, other, otherErr := ReadSummary([]byte(strings.Replace(text, `"later": 1`, `"later": 2`, 1)))
	if err != nil || otherErr != nil || digest == other {
		t.Errorf("%v, %v, equal %v", err, otherErr, digest == other)
	}
}

func TestForeignInputsAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		`{"schema": "failsim/summary/2"}`: `unknown schema "failsim/summary/2"; this failsim reads failsim/summary/1`,
		`{}`:                              `unknown schema ""`,
		`[`:                               "not a summary: ",
		`{"schema": "failsim/summary/1", "trials": 0}`:                                     "trials: 0; want 1 or more",
		`{"schema": "failsim/summary/1", "trials": 5, "confidence": 95}`:                   "confidence: 95; want a number between 0 and 1",
		`{"schema": "failsim/summary/1", "trials": 5, "confidence": 0.9, "metrics": "no"}`: "not a summary: ",
	} {
		_, _, err := ReadSummary([]byte(text))
		if err == nil || !strings.Contains(err.Error(), want) || errors.Is(err, ErrSchema) != strings.Contains(want, "schema") {
			t.Errorf("%s: %v", text, err)
		}
	}
	base := (&Result{Name: "x"}).with(t, sketch(9, around(9, 5, 4, 6), "write_outage service s lower"))
	other := (&Result{Name: "y"}).with(t, sketch(9, around(9, 5, 4, 6), "read_outage service s lower"))
	if _, err := Compare([]Pairing{{base, other}}, Options{Alpha: 0.05}); !errors.Is(err, ErrNothingInCommon) {
		t.Errorf("nothing in common: %v", err)
	}
	makespan := []measure.Figure{{Metric: "makespan", Observer: "operator", Statistic: "mean"}}
	if _, err := Compare([]Pairing{{base, base}}, Options{Alpha: 0.05, Figures: makespan}); !errors.Is(err, ErrNothingInCommon) {
		t.Errorf("asked for what nobody has: %v", err)
	}
}
