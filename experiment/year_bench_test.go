package experiment_test

import (
	"testing"

	"failsim/measure"
	"failsim/scenario"
	"failsim/sim"
)

// BenchmarkYearOfFailures plays and takes up one trial of the shipped scenario: a year of 3,000 nodes.
func BenchmarkYearOfFailures(b *testing.B) {
	s, err := scenario.Load("../scenarios/year-of-failures.toml")
	if err != nil {
		b.Fatal(err)
	}
	w, tally := sim.NewWorld(&s.Config), measure.NewTally(&s.Config)
	one := func(trial uint64) {
		w.Reset(1, trial)
		w.RunUntil(s.Config.End())
		if err := tally.Add(w.Outcome()); err != nil {
			b.Fatal(err)
		}
	}
	for trial := range uint64(5) {
		one(trial)
	}
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		one(uint64(i + 5))
	}
}
