package measure

import (
	"fmt"
	"strings"
	"testing"

	"failsim/sim"

	"github.com/google/go-cmp/cmp"
)

func TestVerdictIsByTheWholeInterval(t *testing.T) {
	ten := 10.0
	atMost, atLeast := Threshold{AtMost: &ten}, Threshold{AtLeast: &ten}
	end := func(v float64) *float64 { return &v }
	cases := []struct {
		low, high     *float64
		most, atLeast string
	}{
		{end(8), end(9), Pass, Fail},
		{end(8), end(10), Pass, Undecided}, // at the limit is within it, on either side
		{end(9), end(11), Undecided, Undecided},
		{end(10), end(12), Undecided, Pass},
		{end(11), end(12), Fail, Pass},
		{end(11), nil, Fail, Pass}, // an open end decides nothing, the other one may
		{end(9), nil, Undecided, Undecided},
		{nil, end(9), Pass, Fail},
		{nil, nil, Undecided, Undecided},
	}
	for _, c := range cases {
		e := &Estimate{Value: 10, Low: c.low, High: c.high}
		if got := verdictOf(atMost, e); got != c.most {
			t.Errorf("at most 10, case %+v: %s", c, got)
		}
		if got := verdictOf(atLeast, e); got != c.atLeast {
			t.Errorf("at least 10, case %+v: %s", c, got)
		}
	}
}

// figure reads metric@observer.statistic and, after a blank, way=member.
func figure(t testing.TB, text string) Figure {
	t.Helper()
	name, narrowed, _ := strings.Cut(text, " by ")
	f, err := ParseFigure(name)
	if err != nil {
		t.Fatal(err)
	}
	f.By, f.Member, _ = strings.Cut(narrowed, "=")
	return f
}

// Ten trials alike, each with windows of 20 s (carts, 30.5 s through its endpoint) and 30 s (sessions), and a recovery that
// was cut short after 200 s beside one of 400 s.
func TestEstimatesOfFigures(t *testing.T) {
	cases := []struct {
		figure, want string
	}{
		{"write_outage.mean", "25 25 25 ratio"},
		{"write_outage.mean by group=carts", "20 20 20 student"},
		{"write_outage.mean by cause=test-failover", "25 25 25 ratio"},
		{"write_outage@endpoint.max", "30.5 - -"},
		{"write_outage.min", "20 - -"},
		{"write_outage.p99", "p99 needs about "},
		{"recovery.mean", "300 300 - ratio; values were cut short by the end of the trial"},
		{"recovery.max", "400 400 -; values were cut short by the end of the trial"},
		{"recovery.min", "200 200 -; values were cut short by the end of the trial"},
		// Half of the windows; the trials are all alike, so no more is known than ten trials of one value tell.
		{"write_outage.probability(> 25s)", "0.5 "},
		{"write_outage.probability(> 20s)", "0.5 "}, // above, not at
		{"write_outage.probability(> 19.999999999s)", "1 "},
		{"write_outage.probability(> 30s)", "0 0 "},
		{"write_outage@endpoint.probability(> 30s)", "0.5 "},
		{"write_outage.probability(> 25s) by group=carts", "0 0 0.308497 clopper-pearson"},
		// 1 - 30/(4 x 3600) = 0.99791667.
		{"write_availability.probability(> 0.9979)", "1 0.691503 1 clopper-pearson"},
		{"write_availability.probability(> 0.998)", "0 0 0.308497 clopper-pearson"},
		// One recovery is 400 s, the other 200 s or more.
		{"recovery.probability(> 300s)", "0.5 "},
		{"recovery.probability(> 500s)", "0 0 "},
	}
	var figures []Figure
	for _, c := range cases {
		f := figure(t, c.figure)
		if field, err := Check(twoGroups(), f); err != nil {
			t.Fatalf("%s: %s: %v", c.figure, field, err)
		}
		figures = append(figures, f)
	}
	tally, other := NewTally(twoGroups(), figures...), NewTally(twoGroups(), figures...)
	for range 5 {
		if err := tally.Add(twoFailovers()); err != nil {
			t.Fatal(err)
		}
		if err := other.Add(twoFailovers()); err != nil {
			t.Fatal(err)
		}
	}
	tally.Merge(other)
	s := tally.Summary(Info{Confidence: 0.95})
	for i, c := range cases {
		e, reason := tally.Estimate(&s, figures[i])
		if got := estimateText(e, reason); !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: got %s; want %s", c.figure, got, c.want)
		}
	}
	// The recovery that was cut short may have lasted longer than 500 s: the upper end counts it.
	e, _ := tally.Estimate(&s, figure(t, "recovery.probability(> 500s)"))
	if *e.High < 0.5 {
		t.Errorf("recovery above 500 s: at most %v, though half of them never ended", *e.High)
	}
}

func estimateText(e *Estimate, reason string) string {
	if e == nil {
		return reason
	}
	end := func(v *float64) string {
		if v == nil {
			return "-"
		}
		return fmt.Sprint(*v)
	}
	text := strings.TrimSpace(fmt.Sprintf("%v %s %s %s", e.Value, end(e.Low), end(e.High), e.Method))
	if reason != "" {
		text += "; " + reason
	}
	return text
}

func TestVerdictsOfASummary(t *testing.T) {
	limit := func(text string, atMost float64) Threshold {
		return Threshold{Figure: figure(t, text), AtMost: &atMost}
	}
	thresholds := []Threshold{
		limit("write_outage.mean by group=carts", 21),
		limit("write_outage@endpoint.max", 30),
		limit("recovery.mean", 1000),
		limit("recovery.mean", 200),
		limit("write_outage.p999", 50),
		limit("lost_tail.max by campaign=quarterly", 50),
	}
	defaults := []sim.Default{
		{Name: "delays.cmd.promotion", Value: "triangular(12s, 19s, 35s)", Grade: sim.GradeInferred},
		{Name: "delays.cme.promotion", Value: "triangular(1s, 2s, 3s)", Grade: sim.GradeInferred}, // nobody's
		{Name: "delays.provision", Value: "0s", Grade: sim.GradeDocumented},
	}
	tally := NewTally(twoGroups())
	for range 10 {
		if err := tally.Add(twoFailovers()); err != nil {
			t.Fatal(err)
		}
	}
	s := tally.Summary(Info{Confidence: 0.95, Thresholds: thresholds, Assumptions: defaults})
	var got []string
	for i := range s.Thresholds {
		v := &s.Thresholds[i]
		got = append(got, fmt.Sprintf("%s: %s %v %s", v.Figure(), v.Verdict, v.RestsOn, v.Reason))
	}
	want := []string{
		"write_outage.mean of group carts: pass [promotion: INF] ",
		"write_outage@endpoint.max: fail [promotion: INF] ",
		"recovery.mean: undecided [] values were cut short by the end of the trial",
		"recovery.mean: fail [] ",
		"write_outage.p999: undecided [promotion: INF] p999 needs about 20 trials",
		"lost_tail.max of campaign quarterly: pass [] ",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestParseFigure(t *testing.T) {
	for text, want := range map[string]Figure{
		"write_outage.p99":                          {Metric: "write_outage", Statistic: "p99"},
		"write_outage@endpoint.mean":                {Metric: "write_outage", Observer: "endpoint", Statistic: "mean"},
		"write_availability.probability(> 0.999)":   {Metric: "write_availability", Statistic: "probability(> 0.999)"},
		"write_outage@endpoint.probability(> 1.5s)": {Metric: "write_outage", Observer: "endpoint", Statistic: "probability(> 1.5s)"},
	} {
		got, err := ParseFigure(text)
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
		if got.String() != text {
			t.Errorf("%s: written as %s", text, got)
		}
	}
	for _, text := range []string{"", "write_outage", "write_outage@.p99"} {
		if f, err := ParseFigure(text); err == nil {
			t.Errorf("%q is taken for %+v", text, f)
		}
	}
}

// However a probability is written it is the same figure, also in a summary that has it written otherwise.
func TestProbabilitiesCompareEqualHoweverTheyAreWritten(t *testing.T) {
	want := Figure{Metric: "write_outage", Observer: "service", Statistic: "probability(> 30s)"}
	value := 0.25
	for _, text := range []string{"probability(> 30s)", "probability(>30s)", "probability(> 30000ms )", "probability(>  0.5m)"} {
		got, err := ParseSelection("write_outage." + text)
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
		s := Summary{Thresholds: []Verdict{{Metric: "write_outage", Observer: "service", Statistic: text, Value: &value}}}
		if e, reason := s.Estimate(want); e == nil || e.Value != value {
			t.Errorf("%s in a summary: %v, %s", text, e, reason)
		}
	}
	if got, err := ParseSelection("covered.probability(> .50)"); err != nil || got.Statistic != "probability(> 0.5)" {
		t.Errorf("%+v, %v", got, err)
	}
	wrong := Figure{Metric: "write_outage", Statistic: "probability(>30)"}
	if got := wrong.Canonical(); got != wrong {
		t.Errorf("what is wrong became %+v", got)
	}
}
