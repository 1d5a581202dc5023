package compare

import (
	"math"
	"strings"
	"testing"

	"failsim/measure"

	"github.com/google/go-cmp/cmp"
)

const open = math.MaxFloat64 // stands for an end that is missing

func bound(v float64) *float64 {
	if v == open {
		return nil
	}
	return &v
}

// The verdict goes by the whole interval, beyond the margin or inside it; of what should be high, upside down.
func TestVerdictsGoByTheWholeInterval(t *testing.T) {
	none := -1.0
	for _, tt := range []struct {
		low, high, margin float64
		want, higher      string // higher: where more is better
	}{
		{0.1, 3, none, Regressed, Improved},
		{-3, -0.1, none, Improved, Regressed},
		{-1, 1, none, NotShown, NotShown},
		{0, 1, none, NotShown, NotShown},
		{0, 0, none, NotShown, NotShown},
		{2.1, 3, 2, Regressed, Improved},
		{2, 3, 2, Undecided, Undecided}, // it must lie above
		{-2, 2, 2, Within, Within},
		{-2.1, 1, 2, Undecided, Undecided},
		{-3, -2.1, 2, Improved, Regressed},
		{0, 0, 0, Within, Within},
		{0.1, 1, 0, Regressed, Improved},
		{2.1, open, 2, Regressed, Improved},
		{1, open, 2, Undecided, Undecided},
		{open, 1, 2, Undecided, Undecided},
		{open, -3, 2, Improved, Regressed},
		{open, open, none, NotShown, NotShown},
		{open, open, 2, Undecided, Undecided},
	} {
		for better, want := range map[string]string{"lower": tt.want, "higher": tt.higher, "none": ""} {
			c := Change{Better: better, Low: bound(tt.low), High: bound(tt.high)}
			if tt.margin != none {
				c.Margin = &tt.margin
			}
			if c.judge(false); c.Verdict != want {
				t.Errorf("%+v, %s is better: %q", tt, better, c.Verdict)
			}
		}
	}
}

func TestWhatWasAskedForMustBeDecided(t *testing.T) {
	c := Change{Better: "lower", Reason: "p99 needs about 1,900 trials"}
	if c.judge(true); c.Verdict != Undecided || c.Reason == "" {
		t.Errorf("%+v", c)
	}
}

func TestTheWorstVerdictCounts(t *testing.T) {
	change := func(verdict string, gates bool) Change { return Change{Verdict: verdict, Gates: gates} }
	for want, changes := range map[string][]Change{
		Regressed: {change(Improved, true), change(Regressed, true), change(Undecided, true)},
		Undecided: {change(Within, true), change(Undecided, true), change(Regressed, false)},
		Improved:  {change(NotShown, true), change(Improved, true), change("", true)},
		Within:    {change(Within, true), change(NotShown, true)},
		NotShown:  {change(Regressed, false)},
	} {
		if got := verdictOf(changes); got != want {
			t.Errorf("%+v: %s", changes, got)
		}
	}
	if got := worst([]Pair{{Verdict: Identical}, {Verdict: NotShown}, {Verdict: Improved}}); got != Improved {
		t.Error(got)
	}
}

// Two means of 1,000 trials, 10 ± 1 and 12 ± 1 at 95 %. Student's quantiles at 0.975 with 999 and 1,998 degrees are 1.962341 and
// 1.961152, so the change is 2 ± sqrt(2)·1.961152/1.962341 = 2 ± 1.413357, and a unit in the sixth digit of each, 0.0001, wider.
func TestMeansOfTwoSamples(t *testing.T) {
	base := (&Result{NoRows: "is bare"}).with(t, sketch(1000, around(1000, 10, 9, 11), "write_outage service s lower"))
	other := (&Result{NoRows: "is bare"}).with(t, sketch(1000, around(1000, 12, 11, 13), "write_outage service s lower"))
	opts := Options{Figures: []measure.Figure{{Metric: "write_outage", Observer: "service", Statistic: "mean"}}}
	p := one(t, base, other, opts)
	c := p.of(t, "write_outage.mean")
	if math.Abs(*c.Low-(2-1.413557)) > 2e-6 || math.Abs(*c.High-(2+1.413557)) > 1e-5 || *c.Relative != 0.2 || c.Verdict != Regressed {
		t.Errorf("%v to %v, %v of the base, %s", *c.Low, *c.High, *c.Relative, c.Verdict)
	}
	// The p99 has the same interval; its arms are sqrt(2), and a bucket of each wider: (10+12)/1024.
	c = p.of(t, "write_outage.p99")
	if half := math.Sqrt(2) + 22.0/1024; math.Abs(*c.Low-(2-half)) > 1e-5 || math.Abs(*c.High-(2+half)) > 1e-5 {
		t.Errorf("%v to %v, want ±%v", *c.Low, *c.High, half)
	}
	if want := "mover from two intervals (by hand)"; c.Method != want {
		t.Errorf("method %q, want %q", c.Method, want)
	}
	// Two gating figures: confidence 0.975, whose normal quantile 2.241403 is 1.143595 times that of 0.95.
	c = one(t, base, other, Options{}).of(t, "write_outage.p99")
	if half := 1.143595*math.Sqrt(2) + 22.0/1024; math.Abs(*c.High-(2+half)) > 1e-5 || !strings.HasSuffix(c.Method, "stretched by normal quantiles") {
		t.Errorf("%v and up, want %v; %s", *c.High, 2+half, c.Method)
	}
}

// Of 1,000 trials only four have values, ten each: the intervals are Student's with 3 degrees of freedom, quantile 3.182446 at 0.975, and
// the change has 6, quantile 2.446912. So it is 2 ± sqrt(2)·2.446912/3.182446 = 2 ± 1.087357, and 0.0002 wider. A summary that does not
// say how many it is leaves the least of trials and values: with four values in all it is the same.
func TestTrialsWithoutValuesAreNoDegreesOfFreedom(t *testing.T) {
	result := func(value float64, n, with int64) *Result {
		f := around(n, value, value-1, value+1)
		f.TrialsWithValues = with
		return (&Result{NoRows: "is bare"}).with(t, sketch(1000, f, "write_outage service s lower"))
	}
	opts := Options{Figures: []measure.Figure{{Metric: "write_outage", Observer: "service", Statistic: "mean"}}}
	for _, of := range [][2]int64{{40, 4}, {4, 0}} {
		c := one(t, result(10, of[0], of[1]), result(12, of[0], of[1]), opts).of(t, "write_outage.mean")
		if half := 1.087357 + 0.0002; math.Abs(*c.Low-(2-half)) > 2e-6 || math.Abs(*c.High-(2+half)) > 1e-5 {
			t.Errorf("%v: %v to %v, want ±%v", of, *c.Low, *c.High, half)
		}
	}
}

// Values that were cut short bound a mean from below: the change has no lower end where the base has such values, and no upper
// one where the new side has.
func TestCensoredMeansLeaveTheChangeOpen(t *testing.T) {
	bound := func(censored int64) *Result {
		f := around(1000, 10, 9, 11)
		f.Censored = censored
		return (&Result{NoRows: "is bare"}).with(t, sketch(1000, f, "makespan operator s lower"))
	}
	p := one(t, bound(3), bound(0), Options{})
	if c := p.of(t, "makespan.mean"); c.Low != nil || c.High == nil || !strings.HasPrefix(c.Reason, "base: values were cut short") {
		t.Errorf("%+v", c)
	}
	p = one(t, bound(0), bound(3), Options{})
	if c := p.of(t, "makespan.mean"); c.Low == nil || c.High != nil || !strings.HasPrefix(c.Reason, "new: values were cut short") {
		t.Errorf("%+v", c)
	}
}

// A quantile that is a lower bound may be as high as its upper end: 12 (11 to 13) less 10 (9 to 11) is at least 11 - 11 = 0 where
// the base is a bound, and at most 13 - 9 = 4 where the new side is; a bucket of each wider. The other ends stay.
func TestQuantilesThatAreBoundsMayBeHigher(t *testing.T) {
	result := func(value float64, bound bool) *Result {
		f := around(1000, value, value-1, value+1)
		q := f.Quantiles["p99"]
		if bound {
			q.Method += ", " + measure.MethodLowerBound
		}
		f.Quantiles["p99"] = q
		return (&Result{NoRows: "is bare"}).with(t, sketch(1000, f, "write_outage service s lower"))
	}
	opts := Options{Figures: []measure.Figure{{Metric: "write_outage", Observer: "service", Statistic: "p99"}}}
	rounding, half := 22.0/1024, math.Sqrt(2)
	for _, tt := range []struct {
		base, other bool
		low, high   float64
	}{{true, false, 0, 2 + half}, {false, true, 2 - half, 4}, {true, true, 0, 4}} {
		c := one(t, result(10, tt.base), result(12, tt.other), opts).of(t, "write_outage.p99")
		if math.Abs(*c.Low-(tt.low-rounding)) > 1e-5 || math.Abs(*c.High-(tt.high+rounding)) > 1e-5 {
			t.Errorf("%+v: %v to %v", tt, *c.Low, *c.High)
		}
	}
}

// The margin is a width of its own, or a share of the base: 5 % of 40 s are 2 s, and of an availability of 0.98, 0.001.
func TestMargins(t *testing.T) {
	five := 0.05
	mean := measure.Figure{Metric: "write_outage", Observer: "service", Statistic: "mean"}
	p99 := measure.Figure{Metric: "write_outage", Observer: "service", Statistic: "p99"}
	opts := Options{Relative: &five, Margins: []measure.Margin{{Figure: mean, Width: 3}, {Figure: p99, Width: 0.1, Relative: true}}}
	for _, tt := range []struct {
		f       measure.Figure
		base    float64
		fromOne bool
		want    float64
	}{{mean, 40, false, 3}, {p99, 40, false, 4}, {measure.Figure{}, 40, false, 2}, {measure.Figure{}, 0.98, true, 0.001}} {
		if got := opts.margin(tt.f, tt.base, tt.fromOne); got == nil || *got != tt.want {
			t.Errorf("%+v: %v", tt, got)
		}
	}
	if (&Options{}).margin(mean, 40, false) != nil {
		t.Error("a margin that nobody gave")
	}
}

// What has no value, or only on one side, says so. Asked for by name it is undecided; otherwise it is shown as it is.
func TestWhatCannotBeComparedSaysWhy(t *testing.T) {
	few := around(10, 10, 9, 11)
	few.Quantiles = nil
	few.Warnings = []string{measure.UnsupportedQuantiles + "10 values in 10 trials cannot support: p99 about 1,900 trials are needed"}
	base := (&Result{NoRows: "is bare"}).with(t, sketch(10, few, "write_outage service s lower", "makespan operator s lower"))
	none := sketch(10, few, "write_outage service s lower", "read_outage service s lower")
	none.Metrics[1].Figures = measure.Figures{}
	none.Seed = 2
	other := (&Result{NoRows: "is bare", Engine: 2}).with(t, none)

	p := one(t, base, other, Options{})
	if got := p.of(t, "write_outage.p99"); got.Verdict != NotShown || got.Reason != "base: p99 needs about 1,900 trials" {
		t.Errorf("%+v", got)
	}
	five := 0.05
	strict := one(t, base, other, Options{Relative: &five})
	if got := strict.of(t, "write_outage.p99"); got.Verdict != Undecided || strict.Verdict != Undecided {
		t.Errorf("a margin for nothing: %+v", got)
	}
	for i := range p.Changes {
		if c := &p.Changes[i]; !c.Gates && c.Base == nil && c.New == nil {
			t.Errorf("shown without a figure: %+v", c)
		}
	}
	if warnings := strings.Join(p.Warnings, "\n"); p.Verdict != NotShown || !strings.Contains(warnings, "only base has makespan") ||
		!strings.Contains(warnings, "only new has read_outage") {
		t.Errorf("%s\n%s", p.Verdict, warnings)
	}
	p99 := measure.Figure{Metric: "write_outage", Observer: "service", Statistic: "p99"}
	makespan := measure.Figure{Metric: "makespan", Observer: "operator", Statistic: "mean"}
	c, err := Compare([]Pairing{{base, other}, {base, base}}, Options{Alpha: 0.05, Figures: []measure.Figure{p99, makespan}})
	if err != nil {
		t.Fatal(err)
	}
	p = &c.Scenarios[0]
	if got := p.of(t, "write_outage.p99"); got.Verdict != Undecided || got.Reason != "base: p99 needs about 1,900 trials" {
		t.Errorf("%+v", got)
	}
	if got := p.of(t, "makespan.mean"); got.Verdict != Undecided || got.Reason != "only base has it" {
		t.Errorf("%+v", got)
	}
	if c.Verdict != Undecided {
		t.Error(c.Verdict)
	}
	// What neither side has is for the other scenarios to tell.
	reading := *other
	reading.SummaryDigest = "another"
	c, err = Compare([]Pairing{{base, base}, {other, &reading}}, Options{Alpha: 0.05, Figures: []measure.Figure{makespan}})
	if err != nil || c.Verdict != NotShown {
		t.Errorf("%+v, %v", c, err)
	}
	reads := []measure.Figure{{Metric: "read_outage", Observer: "service", Statistic: "mean"}}
	quiet := *other
	quiet.SummaryDigest = "another"
	if got := one(t, other, &quiet, Options{Figures: reads}).of(t, "read_outage.mean"); got.Verdict != NotShown ||
		got.Reason != "no value on either side" {
		t.Errorf("%+v", got)
	}
}

// Of two values each, 1 and 2 against 1 and 4: the distribution functions differ by a half from 2 to 4, an area of 1 s.
func TestDistancesAreEffectSizes(t *testing.T) {
	result := func(by string, values ...float64) *Result {
		d := []measure.Distribution{{Metric: "write_outage", Observer: "service", By: by, Values: values, Counts: []int64{1, 1}}}
		r := &Result{NoRows: "is bare", Distributions: d}
		return r.with(t, sketch(2, around(2, values[1], 0, 9), "write_outage service s lower"))
	}
	p := one(t, result("", 1, 2), result("", 1, 4), Options{})
	if diff := cmp.Diff([]Distance{{"write_outage", "service", "s", 0.5, 1}}, p.Distances); diff != "" {
		t.Error(diff)
	}
	if p := one(t, result("group", 1, 2), result("", 1, 4), Options{}); len(p.Distances) > 0 {
		t.Errorf("of a group: %+v", p.Distances)
	}
	r := result("", 1, 4)
	r.Distributions = nil
	if p := one(t, result("", 1, 2), r, Options{}); p.NoDistances != "new has no sketches.parquet" {
		t.Errorf("%q", p.NoDistances)
	}
}

// Engines, confidences and files that do not go together are said.
func TestDoubtsAreWarnedAbout(t *testing.T) {
	five := 0.05
	base := (&Result{NoRows: "is bare", Engine: 1}).with(t, sketch(1000, around(1000, 0, 0, 0), "write_outage service s lower"))
	s := sketch(1000, around(1000, 1, 0, 2), "write_outage service s lower")
	s.Confidence, s.Seed = 0.99, 2
	other := (&Result{NoRows: "is bare", Engine: 2}).with(t, s)
	got := one(t, base, other, Options{Relative: &five}).Warnings
	want := []string{
		"the engines differ (base 1, new 2): what changed may be failsim, and not the plan",
		"the intervals of base have confidence 0.95, those of new 0.99: each was converted",
		"write_outage.mean: its margin comes to 0",
		"write_outage.p99: its margin comes to 0",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
