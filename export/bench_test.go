package export

import (
	"bytes"
	"io"
	"math"
	"strings"
	"testing"

	"failsim/measure"
	"failsim/sim"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/perf/benchfmt"
)

// benchmarks writes the first trials of a run, and reads them as benchstat does.
func benchmarks(t *testing.T, r *results, most int64) (all []*benchfmt.Result, units benchfmt.UnitMetadataMap) {
	t.Helper()
	sample, err := ReadSample(r.columns, r.trials, most)
	if err != nil {
		t.Fatal(err)
	}
	settings := []Setting{{"scenario", "game-day"}, {"seed", "3"}}
	text := written(t, func(w io.Writer) error { return Benchmarks(w, settings, r.columns, sample) })
	in := benchfmt.NewReader(bytes.NewReader(text), "benchmarks.txt")
	for in.Scan() {
		switch rec := in.Result().(type) {
		case *benchfmt.Result:
			all = append(all, rec.Clone())
		case *benchfmt.UnitMetadata:
		default:
			t.Fatalf("%+v", rec)
		}
	}
	if in.Err() != nil {
		t.Fatal(in.Err())
	}
	return all, in.Units()
}

// One line a trial: the iterations are the outages of the trial, the figure their mean.
func TestBenchmarksAreTheMeansOfTrials(t *testing.T) {
	r := play(t, "game-day")
	all, units := benchmarks(t, r, 25)
	byName := map[string][]*benchfmt.Result{}
	for _, result := range all {
		byName[result.Name.String()] = append(byName[result.Name.String()], result)
	}
	got, availability := byName["WriteOutage/observer=service"], byName["WriteAvailability/observer=endpoint"]
	if len(got) != 25 || len(availability) != 25 {
		t.Fatalf("%d and %d samples of 25 trials", len(got), len(availability))
	}
	for i, o := range r.outcomes() {
		if i == 25 {
			break
		}
		var sum sim.Time
		n := 0
		for _, w := range o.Windows {
			if w.Access == sim.AccessWrite && w.NodeGroup >= 0 && w.Observer == sim.ObserverService {
				sum += w.To - w.From
				n++
			}
		}
		want := float64(sum) / 1e9 / float64(n)
		value, ok := got[i].Value("sec/window")
		if !ok || got[i].Iters != n || math.Abs(value-want) > 0.5e-5*want {
			t.Errorf("trial %d: %d iterations of %v; want %d of %v s", i, got[i].Iters, value, n, want)
		}
		if v, ok := availability[i].Value("ratio/trial"); !ok || availability[i].Iters != 1 || v <= 0.99 || v >= 1 {
			t.Errorf("trial %d: availability %v, %d iterations", i, v, availability[i].Iters)
		}
	}
	if first := got[0]; first.GetConfig("scenario") != "game-day" || first.GetConfig("seed") != "3" {
		t.Errorf("settings %+v", first.Config)
	}
	better := map[string]int{}
	for _, unit := range []string{"sec/window", "ratio/trial", "ratio/campaign", "count/campaign", "sec/campaign"} {
		better[unit] = units.GetBetter(unit)
	}
	// accepted_calls and refused_calls share a unit and do not agree.
	want := map[string]int{"sec/window": -1, "ratio/trial": 1, "ratio/campaign": 1, "count/campaign": 0, "sec/campaign": -1}
	if diff := cmp.Diff(want, better); diff != "" {
		t.Error(diff)
	}
}

// Every metric that the scenario has is there; a metric without values in any trial has no line.
func TestEveryMetricIsABenchmark(t *testing.T) {
	r := play(t, "game-day")
	all, _ := benchmarks(t, r, 3)
	got := map[string]int{}
	for _, result := range all {
		got[result.Name.String()]++
	}
	want := map[string]int{}
	for _, c := range r.columns {
		if !c.Count && c.Metric != "read_outage" { // every node group has a replica, and none fails
			want[camel(c.Metric)+"/observer="+c.Observer] = 3
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestATrialWithoutValuesHasNoLine(t *testing.T) {
	columns := []measure.Column{
		{Name: "promotion_n", Metric: "promotion", Observer: "service", Count: true, Scale: 1},
		{Name: "promotion_sum_ns", Metric: "promotion", Observer: "service", Sum: true, Scale: 1 / 1e9},
	}
	sample := Sample{{2, 3_000_000_000}, {0, 0}, {1, 1}}
	text := written(t, func(w io.Writer) error { return Benchmarks(w, nil, columns, sample) })
	want := `Unit sec/failover better=lower
BenchmarkPromotion/observer=service 2 1.5 sec/failover
BenchmarkPromotion/observer=service 1 1e-09 sec/failover
`
	if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(string(text), "\n")); diff != "" {
		t.Error(diff)
	}
}
