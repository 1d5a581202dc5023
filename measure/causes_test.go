package measure_test

import (
	"math"
	"path/filepath"
	"testing"

	"failsim/measure"
	"failsim/scenario"
	"failsim/sim"

	"github.com/google/go-cmp/cmp"
)

// What a summary lists by cause is all that happened, each with the cause that the trial gives it: a cause that the configuration
// cannot have would be missing from the list, or its values be another's.
func TestEveryCauseIsListed(t *testing.T) {
	files, err := filepath.Glob("../scenarios/*.toml")
	if err != nil || len(files) < 9 {
		t.Fatalf("%d scenarios, %v", len(files), err)
	}
	mixed, err := filepath.Glob("testdata/*.toml")
	if err != nil || len(mixed) < 2 {
		t.Fatalf("%d mixed scenarios, %v", len(mixed), err)
	}
	for _, file := range append(files, mixed...) {
		sc, err := scenario.Load(file)
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]map[string]int64{}
		tally, world := measure.NewTally(&sc.Config), sim.NewWorld(&sc.Config)
		for trial := range uint64(5) {
			world.Reset(sc.Run.Seed, trial)
			world.RunUntil(sc.Config.End())
			countCauses(want, world.Outcome())
			if err := tally.Add(world.Outcome()); err != nil {
				t.Fatal(err)
			}
		}
		got := map[string]map[string]int64{}
		for _, m := range tally.Summary(measure.Info{Confidence: 0.95}).Metrics {
			for cause, f := range m.By["cause"] {
				n := f.N
				if m.Name == "data_losses" {
					n = int64(math.Round(f.Mean.Value * float64(f.N)))
				}
				if n > 0 && want[m.Name] != nil && m.Observer == "service" {
					count(got, m.Name, cause, n)
				}
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", file, diff)
		}
	}
}

func count(in map[string]map[string]int64, metric, cause string, n int64) {
	if in[metric] == nil {
		in[metric] = map[string]int64{}
	}
	in[metric][cause] += n
}

// countCauses counts the windows of node groups, failovers, recoveries and losses of an outcome by their causes.
func countCauses(in map[string]map[string]int64, o *sim.Outcome) {
	for _, w := range o.Windows {
		if w.NodeGroup >= 0 && w.Observer == sim.ObserverService {
			name := [...]string{"write_outage", "read_outage", "replica_read_outage", "reduced_redundancy"}[w.Access]
			count(in, name, w.Cause.String(), 1)
		}
	}
	for _, f := range o.Failovers {
		if f.Promoted != sim.Never {
			count(in, "lost_tail", f.Cause.String(), 1)
		}
		if f.Known != sim.Never {
			count(in, "detection", f.Cause.String(), 1)
		}
	}
	for _, r := range o.Recoveries {
		if r.Started != sim.Never && r.Cancelled == sim.Never {
			count(in, "recovery", r.Cause.String(), 1)
		}
		if r.Restored {
			count(in, "lost_tail", r.Cause.String(), 1)
		}
	}
	for _, l := range o.DataLosses {
		count(in, "data_losses", l.Cause.String(), 1)
	}
}
