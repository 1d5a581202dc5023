package compare

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"failsim/measure"
)

// plan is what a plan comes to by hand: the means of write outage and makespan, known to 1 %, the share that is covered, and how many
// makespans were cut short.
type plan struct {
	outage, makespan, covered float64
	censored                  int64
}

func (p plan) result(t *testing.T) *Result {
	t.Helper()
	s := sketch(1000, measure.Figures{}, "write_outage service s lower", "makespan operator s lower", "covered operator ratio higher")
	for i, value := range []float64{p.outage, p.makespan, p.covered} {
		s.Metrics[i].Figures = around(1000, value, 0.99*value, min(1.01*value, 1e9))
		s.Metrics[i].Quantiles = nil
	}
	s.Metrics[1].Censored = p.censored
	certain := s.Metrics[2].Mean.Value
	s.Metrics[2].Mean.Low, s.Metrics[2].Mean.High, s.Metrics[2].Min, s.Metrics[2].Max = &certain, &certain, &certain, &certain
	return (&Result{NoRows: "is bare"}).with(t, s)
}

// A plan that stops early breaks less and covers less. It has regressed where covered gates, and is never better.
func TestAPlanThatCoversFewerShardsHasNotImproved(t *testing.T) {
	base, early := plan{40, 180000, 1, 0}.result(t), plan{20, 700, 0.008, 1000}.result(t)
	p := one(t, base, early, Options{})
	if c := p.of(t, "covered.mean"); p.Verdict != Regressed || c.Verdict != Regressed || !c.Gates {
		t.Errorf("%s, %+v", p.Verdict, c)
	}
	outage := measure.Figure{Metric: "write_outage", Observer: "service", Statistic: "mean"}
	p = one(t, base, early, Options{Figures: []measure.Figure{outage}})
	if c := p.of(t, "write_outage.mean"); p.Verdict != NotShown || c.Verdict != Improved || p.NotImproved != "new covers fewer shards" {
		t.Errorf("%s: %s, %q", c.Verdict, p.Verdict, p.NotImproved)
	}
	const want = "new covers fewer shards (0.8%, and 100% in base): makespans are not of the same work"
	if !slices.Contains(p.Warnings, want) {
		t.Errorf("%q", p.Warnings)
	}
	p = one(t, early, plan{10, 180000, 1, 0}.result(t), Options{Figures: []measure.Figure{outage}})
	if p.Verdict != Improved || !strings.Contains(strings.Join(p.Warnings, " "), "new covers more shards (100%, and 0.8% in base)") {
		t.Errorf("%s, %q", p.Verdict, p.Warnings)
	}
	if p = one(t, base, plan{20, 180000, 1, 0}.result(t), Options{}); p.Verdict != Improved || p.NotImproved != "" || len(p.Warnings) != 1 {
		t.Errorf("equal shares: %s, %q, %q", p.Verdict, p.NotImproved, p.Warnings)
	}
}

// Nothing is better as a whole while a gating figure may be any amount worse. What is open towards better only, or does not gate,
// leaves it so.
func TestNothingIsImprovedWhileAGatingFigureIsOpen(t *testing.T) {
	done, cut, better := plan{40, 180000, 1, 0}.result(t), plan{20, 700, 1, 3}.result(t), plan{20, 180000, 1, 0}.result(t)
	p := one(t, done, cut, Options{})
	c := p.of(t, "makespan.mean")
	if p.Verdict != NotShown || !strings.HasPrefix(p.NotImproved, "makespan.mean can be any amount worse") {
		t.Errorf("%s, %q", p.Verdict, p.NotImproved)
	}
	if c.BaseBound || !c.NewBound || c.Relative != nil || c.Low == nil || c.High != nil {
		t.Errorf("the change of a lower bound: %+v", c)
	}
	if p := one(t, plan{40, 180000, 1, 3}.result(t), better, Options{}); p.Verdict != Improved {
		t.Errorf("open towards better: %s, %s", p.Verdict, p.NotImproved)
	}
	outage := []measure.Figure{{Metric: "write_outage", Observer: "service", Statistic: "mean"}}
	if p := one(t, done, cut, Options{Figures: outage}); p.Verdict != Improved {
		t.Errorf("does not gate: %s, %s", p.Verdict, p.NotImproved)
	}
	both, err := Compare([]Pairing{{done, better}, {done, cut}}, Options{Alpha: 0.05})
	if err != nil || both.Scenarios[0].Verdict != Improved || both.Verdict != NotShown {
		t.Errorf("%v, one scenario held back: %+v", err, both)
	}
}

// What the sides measure in other units, or of which the better direction differs, is no gate that is passed.
func TestAGateThatIsMeasuredOtherwiseIsUndecided(t *testing.T) {
	base := (&Result{Name: "base", NoRows: "is bare"}).with(t, sketch(100, around(100, 5, 4, 6), "write_outage service s lower",
		"lost_writes service count lower"))
	for metric, reason := range map[string]string{
		"write_outage service count lower": "base measures it in s, new in count",
		"write_outage service s higher":    "better is lower in base, higher in new",
	} {
		other := (&Result{Name: "new", NoRows: "is bare"}).with(t, sketch(100, around(100, 5, 4, 6), metric,
			"lost_writes service count lower"))
		p := one(t, base, other, Options{})
		if c := p.of(t, "write_outage.mean"); p.Verdict != Undecided || c.Verdict != Undecided || c.Reason != reason || !c.Gates {
			t.Errorf("%s: %s, %+v", metric, p.Verdict, c)
		}
		if !slices.Contains(p.Warnings, "write_outage is not compared: "+reason) {
			t.Errorf("%s: %q", metric, p.Warnings)
		}
		outage := []measure.Figure{{Metric: "write_outage", Observer: "service", Statistic: "mean"}}
		_, err := Compare([]Pairing{{base, other}}, Options{Alpha: 0.05, Figures: outage})
		if !errors.Is(err, ErrNothingInCommon) {
			t.Errorf("asked for: %v", err)
		}
	}
}
