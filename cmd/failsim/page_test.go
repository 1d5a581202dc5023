package main

import (
	"testing"

	"failsim/store"
)

// The command on a page repeats the run, with the outage windows that it kept.
func TestPageCommandRepeatsTheRun(t *testing.T) {
	m := store.Manifest{Scenario: store.Scenario{Name: "az"}, Trials: 50, Seed: 7, Outages: "sample"}
	for outages, want := range map[string]string{
		"sample": "failsim run az.toml --trials 50 --seed 7",
		"none":   "failsim run az.toml --trials 50 --outages none --seed 7",
		"all":    "failsim run az.toml --trials 50 --outages all --seed 7",
	} {
		m.Outages = outages
		if got := commandOf(&m); got != want {
			t.Errorf("%s: %q, want %q", outages, got, want)
		}
	}
}
