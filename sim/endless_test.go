package sim

import (
	"testing"
	"time"

	"failsim/dist"
)

// Without a horizon nothing is scheduled for it: an idle World has no next event. A campaign, failures, calls and faults go on beyond
// any trial's length: here after 90 years, with the longest spans that there are.
func TestAWorldWithoutAHorizonGoesOn(t *testing.T) {
	cfg := config(makeGroup("g", ClusterDisabled, 1, 2), makeGroup("e", ClusterEnabled, 3, 1))
	cfg.Horizon = Endless
	w := world(t, cfg)
	if next, ok := w.Next(); ok {
		t.Errorf("an event at %v", next)
	}
	late := Time(90 * 365 * 24 * time.Hour)
	w.RunUntil(late)
	same(t, "call", w.TestFailover("g", "0001"), NoViolation)
	for _, f := range []FaultConfig{
		{Kind: FaultZone, Duration: longestFault, Target: inZone("b"), Slowdown: 1000 * Unhurried},
		{Kind: FaultLagSpike, Duration: longestFault, Lag: longestFault, Target: ofGroup()},
		{Kind: FaultAPIBlocked, Duration: longestFault},
	} {
		w.StepAside(1)
		f.At = Immediately
		if _, err := w.Inject(f); err != nil {
			t.Fatal(err)
		}
	}
	w.RunUntil(late.Add(2 * longestFault))
	same(t, "failovers", w.Outcome().Failovers[0].Finished > late, true)
	if next, ok := w.Next(); ok {
		t.Errorf("an event is left at %v", next)
	}
}

// A campaign whose quota is a call in 10 years, and failures every year or so, go on as long as the World is played.
func TestCampaignsAndFailuresGoOnWithoutAHorizon(t *testing.T) {
	cfg := config(makeGroup("e", ClusterEnabled, 3, 1)).withCampaign(func(c *CampaignConfig) { c.Rounds = 2 })
	cfg.Horizon, cfg.Quota = Endless, QuotaConfig{Limit: 1, Window: longestFault}
	cfg.Failures = []FailureConfig{{Kind: FaultNode, Every: dist.MustParse("exponential(365d)"), Slowdown: Unhurried}}
	w := world(t, cfg)
	years := func(n int) (calls int64, recoveries int) {
		w.RunUntil(Time(time.Duration(n) * 365 * 24 * time.Hour))
		o := w.Outcome()
		return o.Calls.Accepted, len(o.Recoveries)
	}
	calls, recoveries := years(45)
	same(t, "calls in 45 years", calls, int64(5)) // at 0, and a little after 10, 20, 30 and 40 years
	before := recoveries
	if calls, recoveries = years(65); calls <= 5 || recoveries <= before+20 {
		t.Errorf("%d calls and %d recoveries in 65 years, %d in 45", calls, recoveries, before)
	}
}
