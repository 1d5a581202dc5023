package measure

import (
	"strings"
	"testing"

	"failsim/sim"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// Whatever trials are taken up, in two tallies or one that is emptied in between, their states add up to the whole.
func TestStatesAddUpToTheWhole(t *testing.T) {
	f := figure(t, "write_outage.probability(> 25s)")
	rapid.Check(t, func(t *rapid.T) {
		cfg := twoGroups()
		whole, part, sum := NewTally(cfg, f), NewTally(cfg, f), NewTally(cfg, f)
		for range 2 {
			for range rapid.IntRange(0, 3).Draw(t, "trials") {
				o := drawOutcome(t)
				if err := whole.Add(o); err != nil {
					t.Fatal(err)
				}
				if err := part.Add(o); err != nil {
					t.Fatal(err)
				}
			}
			if err := sum.AddState(part.State()); err != nil {
				t.Fatal(err)
			}
			part.Reset()
		}
		if diff := cmp.Diff(whole.State(), sum.State()); diff != "" {
			t.Fatal(diff)
		}
		if got, want := encoded(t, sum), encoded(t, whole); got != want {
			t.Fatalf("another summary:\n%s\n%s", got, want)
		}
	})
}

// sampleOf finds the state of a metric over all values.
func sampleOf(s *State, id metricID) *SampleState {
	for i := range s.Samples {
		if seriesID(s.Samples[i].Series) == seriesOf(id, sim.ObserverService) && s.Samples[i].Slot == 0 {
			return &s.Samples[i]
		}
	}
	panic("no such sample")
}

func TestStatesOfSomethingElseAreRefused(t *testing.T) {
	cfg := twoGroups()
	full := tallyOf(t, cfg, twoFailovers())
	for name, spoil := range map[string]func(*State){
		"no sample":   func(s *State) { s.Samples[0].Slot = 1000 },
		"no series":   func(s *State) { s.Samples[0].Series = 255 },
		"limits":      func(s *State) { s.Samples[0].Sure = append(s.Samples[0].Sure, s.Samples[0].Mean) },
		"a histogram": func(s *State) { sampleOf(s, totalWriteOutage).Histogram.Counts = nil },
		"clusters":    func(s *State) { sampleOf(s, writeOutage).Clusters.Y = nil },
	} {
		state := full.State()
		spoil(&state)
		if err := NewTally(cfg).AddState(state); err == nil || !strings.Contains(err.Error(), "state of") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
