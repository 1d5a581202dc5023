package sim

import (
	"testing"
	"time"

	"failsim/dist"

	"github.com/google/go-cmp/cmp"
)

// random are delays with chance in every phase.
func random() Delays {
	return Delays{
		Accept:         dist.MustParse("uniform(1s, 5s)"),
		Promotion:      dist.MustParse("triangular(15s, 25s, 40s)"),
		CompletedEvent: dist.MustParse("exponential(1s)"),
		Propagation:    dist.MustParse("triangular(3s, 12s, 45s)"),
		RecoveryStart:  dist.MustParse("uniform(40s, 120s)"),
		Provision:      dist.MustParse("triangular(300s, 480s, 720s)"),
		Lag:            dist.MustParse("lognormal(median=1ms, p99=20ms)"),
		DNSTTL:         15 * time.Second,
		SyncRate:       100e6,
	}
}

// busy is a configuration with something of everything.
func busy() *Config {
	cfg := config(makeGroup("a", ClusterEnabled, 6, 2), makeGroup("b", ClusterDisabled, 1, 1), makeGroup("c", ClusterCompatible, 1, 2))
	for i := range cfg.Groups {
		cfg.Groups[i].Delays = random()
		cfg.Groups[i].ReadsPerSecond, cfg.Groups[i].WritesPerSecond = 600, 100
	}
	cfg.Horizon = 72 * time.Hour
	cfg.Quota.Limit = 5
	cfg.Blocks = []BlockConfig{{sec(1000), time.Hour}}
	cfg.withCall(sec(30), "b", "0001").withCall(sec(40), "nope", "0001")
	cfg.withCampaign(func(c *CampaignConfig) { c.ParallelGroups, c.Rounds = 2, 2 })
	cfg.withCampaign(func(c *CampaignConfig) { c.Name, c.Blind, c.RoundRobin, c.At = "blind", true, true, sec(20) })
	return cfg
}

// clone copies an Outcome out of its World.
func clone(o *Outcome) Outcome {
	c := *o
	c.Windows = append([]OutageWindow(nil), o.Windows...)
	c.Failovers = append([]Failover(nil), o.Failovers...)
	c.Recoveries = append([]Recovery(nil), o.Recoveries...)
	c.DataLosses = append([]DataLoss(nil), o.DataLosses...)
	c.Campaigns = append([]CampaignOutcome(nil), o.Campaigns...)
	c.PeakReads = append([]int64(nil), o.PeakReads...)
	return c
}

func TestRunIsAFunctionOfConfigSeedAndTrial(t *testing.T) {
	cfg := busy()
	w := checkedWorld(cfg)
	for trial := range uint64(20) {
		want := Run(cfg, 5, trial)
		w.Reset(5, trial)
		w.RunUntil(cfg.End())
		if diff := cmp.Diff(want, w.Outcome()); diff != "" {
			t.Fatalf("trial %d in a used World: %s", trial, diff)
		}
	}
	if cmp.Equal(Run(cfg, 5, 0).Failovers, Run(cfg, 6, 0).Failovers) || cmp.Equal(Run(cfg, 5, 0).Failovers, Run(cfg, 5, 1).Failovers) {
		t.Error("another seed or trial gives the same failovers")
	}
}

func TestTracingChangesNothing(t *testing.T) {
	cfg := busy()
	want := Run(cfg, 5, 3)
	w := world(t, cfg)
	w.Reset(5, 3)
	w.RunUntil(cfg.End())
	if diff := cmp.Diff(want, w.Outcome()); diff != "" {
		t.Error(diff)
	}
	if len(w.Records()) == 0 || len(w.ServiceEvents()) == 0 {
		t.Error("nothing was traced")
	}
	for _, r := range w.Records() {
		if text := w.Describe(r); text.Text == "" || text.Kind == "" {
			t.Errorf("%+v has no words", r)
		}
	}
}

func TestACopyInMidFlightGoesOnAlone(t *testing.T) {
	cfg := busy()
	want := clone(Run(cfg, 9, 0))
	w := checkedWorld(cfg)
	w.Reset(9, 0)
	copied := checkedWorld(cfg)
	for at := Time(0); at < Time(60*time.Hour); at += Time(61 * time.Minute) {
		w.RunUntil(at)
		copied.CopyFrom(w)
		copied.TestFailover("a", "0003") // the copy may go its own way
		copied.RunUntil(cfg.End())
		copied.CopyFrom(w)
		copied.RunUntil(cfg.End())
		if diff := cmp.Diff(want, clone(copied.Outcome())); diff != "" {
			t.Fatalf("copied at %v: %s", at, diff)
		}
	}
	w.RunUntil(cfg.End())
	if diff := cmp.Diff(want, clone(w.Outcome())); diff != "" {
		t.Errorf("the original, after the copies: %s", diff)
	}
}

// Two copies that take turns end as each does alone: they share nothing that either writes.
func TestCopiesThatTakeTurnsDoNotMix(t *testing.T) {
	cfg := busy()
	start := checkedWorld(cfg)
	start.Reset(9, 0)
	for _, at := range []float64{25, 35, 500, 5000, 90000} {
		start.RunUntil(sec(at))
		plain, _ := inTurns(cfg, start, false)
		diverted, _ := inTurns(cfg, start, true)
		if at == 35 && cmp.Equal(plain, diverted) {
			t.Fatal("the extra call changes nothing: the test shows nothing")
		}
		one, other := inTurns(cfg, start, true)
		if diff := cmp.Diff(diverted, one); diff != "" {
			t.Errorf("from %g s: %s", at, diff)
		}
		if diff := cmp.Diff(plain, other); diff != "" {
			t.Errorf("from %g s, the other: %s", at, diff)
		}
	}
}

// inTurns plays two copies of start to the end, hour by hour in turns, the first after a call of its own if diverted.
func inTurns(cfg *Config, start *World, diverted bool) (one, other Outcome) {
	a, b := checkedWorld(cfg), checkedWorld(cfg)
	a.CopyFrom(start)
	b.CopyFrom(a)
	if diverted {
		a.TestFailover("c", "0001")
	}
	for at := a.Now(); at < cfg.End(); at = min(at+Time(time.Hour), cfg.End()) {
		a.RunUntil(at)
		b.RunUntil(at)
	}
	a.RunUntil(cfg.End())
	b.RunUntil(cfg.End())
	return clone(a.Outcome()), clone(b.Outcome())
}

func TestStepsAndRunUntilAgree(t *testing.T) {
	cfg := busy()
	want := clone(Run(cfg, 2, 2))
	w := checkedWorld(cfg)
	w.Reset(2, 2)
	for w.Step() {
	}
	w.RunUntil(cfg.End())
	if diff := cmp.Diff(want, clone(w.Outcome())); diff != "" {
		t.Error(diff)
	}
	w.Reset(2, 2)
	w.RunUntil(sec(30)) // includes the call at 30 s
	if w.calls.Made < 2 || w.Now() != sec(30) {
		t.Errorf("at %v %d calls were made", w.Now(), w.calls.Made)
	}
}

// What is drawn for a group does not depend on what else the scenario holds.
func TestAnUnrelatedGroupShiftsNothing(t *testing.T) {
	alone := config(makeGroup("a", ClusterEnabled, 3, 1)).withCall(0, "a", "0002")
	alone.Groups[0].Delays = random()
	with := config(makeGroup("x", ClusterDisabled, 1, 2), makeGroup("a", ClusterEnabled, 3, 1)).
		withCall(0, "x", "0001").withCall(0, "a", "0002").withCall(sec(5), "x", "0001")
	with.Groups[0].Delays, with.Groups[1].Delays = random(), random()
	want, got := Run(alone, 4, 7).Failovers[0], Run(with, 4, 7).Failovers[1]
	got.Group = 0
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestAWarmWorldAllocatesNothing(t *testing.T) {
	cfg := busy()
	w := NewWorld(cfg)
	trial := uint64(0)
	next := func() {
		w.Reset(1, trial%50)
		w.RunUntil(cfg.End())
		w.Outcome()
		trial++
	}
	for range 50 {
		next()
	}
	if allocs := testing.AllocsPerRun(100, next); allocs != 0 {
		t.Errorf("%v allocations per trial", allocs)
	}
}

func TestABrokenInvariantPanicsWithTheSeed(t *testing.T) {
	w := world(t, config(makeGroup("a", ClusterEnabled, 3, 1)).withCall(0, "a", "0001"))
	w.nodes[1].role = RolePrimary
	defer func() {
		if text, _ := recover().(string); text == "" {
			t.Error("two primaries went unnoticed")
		} else if want := "seed 1, trial 0"; !contains(text, want) {
			t.Errorf("%q lacks %q", text, want)
		}
	}()
	w.RunUntil(sec(1))
}

func contains(s, sub string) bool {
	for i := 0; i+len(sub) <= len(s); i++ {
		if s[i:i+len(sub)] == sub {
			return true
		}
	}
	return false
}

func TestEndpointNames(t *testing.T) {
	cmd, cme := makeGroup("carts", ClusterDisabled, 1, 1), makeGroup("sessions", ClusterEnabled, 3, 1)
	for _, c := range []struct{ got, want string }{
		{cmd.PrimaryEndpoint("us-west-2"), "carts.xxxxxx.ng.0001.usw2.cache.amazonaws.com"},
		{cmd.ReaderEndpoint("us-west-2"), "carts-ro.xxxxxx.ng.0001.usw2.cache.amazonaws.com"},
		{cmd.ConfigurationEndpoint("us-west-2"), ""},
		{cme.ConfigurationEndpoint("us-west-2"), "sessions.xxxxxx.clustercfg.usw2.cache.amazonaws.com"},
		{cme.PrimaryEndpoint("us-west-2"), ""},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
	cmd.TLS, cme.TLS = true, true
	if got := cmd.PrimaryEndpoint("ap-southeast-2"); got != "master.carts.xxxxxx.apse2.cache.amazonaws.com" {
		t.Error(got)
	}
	if got := cme.ConfigurationEndpoint("eu-west-1"); got != "clustercfg.sessions.xxxxxx.euw1.cache.amazonaws.com" {
		t.Error(got)
	}
}
