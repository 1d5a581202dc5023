package sim

import (
	"fmt"
	"testing"
	"time"

	"failsim/dist"
)

// BenchmarkYearOfFailures plays a year of 100 groups of 10 shards of 3 nodes, each of which fails about twice.
func BenchmarkYearOfFailures(b *testing.B) {
	var groups []GroupConfig
	for i := range 100 {
		g := makeGroup(fmt.Sprintf("g%d", i), ClusterEnabled, 10, 2)
		for s := range g.NodeGroups {
			g.NodeGroups[s].Slots = []SlotRange{{uint16(s), uint16(s)}}
		}
		g.NodeTimeout = 15 * time.Second
		g.Delays.Detection, g.Delays.Takeover = dist.MustParse("triangular(10s, 20s, 45s)"), dist.MustParse("triangular(2s, 5s, 15s)")
		g.Delays.RecoveryStart, g.Delays.Provision = dist.MustParse("uniform(40s, 120s)"), dist.MustParse("triangular(300s, 480s, 720s)")
		g.Delays.Lag = dist.MustParse("lognormal(median=1ms, p99=20ms)")
		groups = append(groups, g)
	}
	cfg := config(groups...)
	cfg.Horizon = 365 * 24 * time.Hour
	cfg.Failures = []FailureConfig{{Kind: FaultNode, Every: dist.MustParse("exponential(4320h)"), Slowdown: Unhurried}}
	w := NewWorld(cfg)
	for trial := range uint64(3) {
		w.Reset(1, trial)
		w.RunUntil(cfg.End())
	}
	b.ReportAllocs()
	b.ResetTimer()
	for trial := range b.N {
		w.Reset(1, uint64(trial))
		w.RunUntil(cfg.End())
		w.Outcome()
	}
	b.ReportMetric(float64(len(w.recoveries)), "recoveries/trial")
}
