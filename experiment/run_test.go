package experiment_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"failsim/dist"
	"failsim/experiment"
	"failsim/measure"
	"failsim/sim"
)

// gameDay is three days with four groups of 9 or 10 shards (cluster mode enabled) and two of one (disabled), and two
// operators who test all 40 shards under a quota of 15 a day.
func gameDay(t testing.TB) *sim.Config {
	t.Helper()
	cfg := &sim.Config{
		Start:   time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC),
		Horizon: 72 * time.Hour, Drain: 24 * time.Hour, Region: "us-east-1",
		Zones: []string{"us-east-1a", "us-east-1b", "us-east-1c"},
		Quota: sim.QuotaConfig{Limit: 15, Window: 24 * time.Hour},
	}
	for v := sim.InvalidGroupID; v < sim.NumViolations; v++ {
		cfg.Refusals[v] = fmt.Sprintf("E%d", v)
	}
	for i, shards := range []int{10, 10, 9, 9, 1, 1} {
		cfg.Groups = append(cfg.Groups, makeGroup(t, fmt.Sprintf("group-%d", i+1), shards, cfg.Zones))
	}
	cfg.Campaigns = []sim.CampaignConfig{operator("enabled", 0, 1, 2, 3), operator("disabled", 4, 5)}
	return cfg
}

func makeGroup(t testing.TB, id string, shards int, zones []string) sim.GroupConfig {
	t.Helper()
	spec := sim.GroupSpec{ID: id, Mode: sim.ClusterEnabled, Engine: "valkey", EngineVersion: "8.0",
		NodeType: "cache.r7g.large", TLS: true, NodeGroups: shards, Replicas: 1, Zones: zones, StatusUntil: sim.Never,
		DatasetBytes: 1 << 30, WritesPerSecond: 2000, ReadsPerSecond: 10_000, Delays: delays("triangular(15s, 25s, 40s)")}
	if shards == 1 {
		spec.Mode, spec.Delays = sim.ClusterDisabled, delays("triangular(12s, 19s, 35s)")
	}
	g, problems := spec.Build(zones)
	for _, p := range problems {
		if !p.Warning {
			t.Fatalf("%s: %s", p.Field, p.Rule)
		}
	}
	return g
}

func delays(promotion string) sim.Delays {
	return sim.Delays{
		Accept:        dist.MustParse("uniform(1s, 5s)"),
		Promotion:     dist.MustParse(promotion),
		Propagation:   dist.MustParse("triangular(3s, 12s, 45s)"),
		RecoveryStart: dist.MustParse("uniform(40s, 120s)"),
		Provision:     dist.MustParse("triangular(300s, 480s, 720s)"),
		Lag:           dist.MustParse("lognormal(median=1ms, p99=20ms)"),
		DNSTTL:        15 * time.Second,
		SyncRate:      100e6,
	}
}

func operator(name string, groups ...int) sim.CampaignConfig {
	return sim.CampaignConfig{Name: name, Groups: groups, ParallelGroups: 2, Poll: 15 * time.Second,
		RetryEvery: 5 * time.Minute, Timeout: 30 * time.Minute, OnTimeout: sim.ReactStop, Rounds: 1}
}

// first is the trials of index 0 to n-1.
func first(n int64) []experiment.Range { return []experiment.Range{{From: 0, To: n}} }

func summary(t testing.TB, cfg *sim.Config, opts experiment.Options) string {
	t.Helper()
	tally, err := experiment.Total(context.Background(), cfg, opts)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(tally.Summary(measure.Info{Scenario: "game-day", Seed: opts.Seed, Confidence: 0.95}))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestWorkersAndRepeatsNeverMatter(t *testing.T) {
	cfg := gameDay(t)
	opts := experiment.Options{Ranges: first(500), Seed: 11, Workers: 1}
	want := summary(t, cfg, opts)
	if !strings.Contains(want, `"name":"write_outage","observer":"service"`) {
		t.Fatal(want)
	}
	for _, opts.Workers = range []int{2, 8} {
		if got := summary(t, cfg, opts); got != want {
			t.Errorf("%d workers: another summary", opts.Workers)
		}
	}
	opts.Workers, opts.Ranges = 3, first(100)
	want = summary(t, cfg, opts)
	for i := range 20 {
		if got := summary(t, cfg, opts); got != want {
			t.Errorf("repeat %d: another summary", i)
		}
	}
	opts.Seed++
	if summary(t, cfg, opts) == want {
		t.Error("another seed: the same summary")
	}
}

// The tally of the workers is that of one World which plays the trials in order.
func TestTrialsAreThoseOfTheirIndex(t *testing.T) {
	cfg := gameDay(t)
	tally := measure.NewTally(cfg)
	for i := range uint64(150) {
		if err := tally.Add(sim.Run(cfg, 5, i)); err != nil {
			t.Fatal(err)
		}
	}
	text, err := json.Marshal(tally.Summary(measure.Info{Scenario: "game-day", Seed: 5, Confidence: 0.95}))
	if err != nil {
		t.Fatal(err)
	}
	if got := summary(t, cfg, experiment.Options{Ranges: first(150), Seed: 5, Workers: 4}); got != string(text) {
		t.Error("unlike one World in order")
	}
}

func TestCancelStopsAtOnce(t *testing.T) {
	cfg := gameDay(t)
	done, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := experiment.Total(done, cfg, experiment.Options{Ranges: first(1)}); !errors.Is(err, context.Canceled) {
		t.Errorf("before: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var cancelled time.Time
	opts := experiment.Options{Ranges: first(1e9), Workers: 2, Progress: func(int64) {
		if cancelled.IsZero() {
			cancelled = time.Now()
			cancel()
		}
	}}
	if _, err := experiment.Total(ctx, cfg, opts); !errors.Is(err, context.Canceled) {
		t.Errorf("during: %v", err)
	}
	// A trial lasts well below a millisecond; the rest is for a busy machine.
	if late := time.Since(cancelled); late > 2*time.Second {
		t.Errorf("stopped after %v", late)
	}
}

func TestProgressRisesToTheNumberOfTrials(t *testing.T) {
	var last, calls int64
	start := time.Now()
	summary(t, gameDay(t), experiment.Options{Ranges: first(4000), Workers: 2, Progress: func(done int64) {
		if done < last || done > 4000 {
			t.Errorf("%d after %d", done, last)
		}
		last, calls = done, calls+1
	}})
	if most := int64(time.Since(start)/(100*time.Millisecond)) + 2; last != 4000 || calls > most {
		t.Errorf("last %d, %d calls", last, calls)
	}
}

// A configuration that no validation let through: the broken trial becomes an error that names seed and trial, always
// that of the lowest index.
func TestPanicNamesSeedAndTrial(t *testing.T) {
	cfg := gameDay(t)
	cfg.Campaigns[0].Poll = 0
	for _, workers := range []int{1, 3} {
		_, err := experiment.Total(context.Background(), cfg, experiment.Options{Ranges: first(1000), Seed: 9, Workers: workers})
		if err == nil || !strings.HasPrefix(err.Error(), "trial 0 of seed 9: panic: ") {
			t.Errorf("%d workers: %v", workers, err)
		}
	}
}

func TestNoTrialsAreAnEmptyTally(t *testing.T) {
	tally, err := experiment.Total(context.Background(), gameDay(t), experiment.Options{})
	if err != nil || tally.Trials() != 0 {
		t.Errorf("%v, %v", tally, err)
	}
}

// BenchmarkTrial plays and counts one trial of a game day.
func BenchmarkTrial(b *testing.B) {
	cfg := gameDay(b)
	world, tally := sim.NewWorld(cfg), measure.NewTally(cfg)
	trial := uint64(0)
	play := func() {
		world.Reset(1, trial)
		world.RunUntil(cfg.End())
		if err := tally.Add(world.Outcome()); err != nil {
			b.Fatal(err)
		}
		trial++
	}
	for range 1000 { // slabs and buffers reach their size
		play()
	}
	b.ReportAllocs()
	for b.Loop() {
		play()
	}
}

// BenchmarkRun plays 10,000 trials of a game day on all processors.
func BenchmarkRun(b *testing.B) {
	cfg := gameDay(b)
	for b.Loop() {
		if _, err := experiment.Total(context.Background(), cfg, experiment.Options{Ranges: first(10_000), Seed: 1}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(10_000*float64(b.N)/b.Elapsed().Seconds(), "trials/s")
}
