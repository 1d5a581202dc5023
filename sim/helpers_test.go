package sim

import (
	"fmt"
	"testing"
	"time"

	"failsim/dist"
)

// sec makes instants readable: sec(22) is 22 s after virtual zero.
func sec(s float64) Time { return Time(s * float64(time.Second)) }

// plain are delays without chance: cut off after 2 s, promoted 20 s later, names moved 10 s after that, `Recovering` 60 s
// after the promotion, the new node up after 300 s; 1 GB syncs at 100 MB/s in 10 s. A failure is known after 15 s, and a
// replica promoted 5 s later.
func plain() Delays {
	return Delays{
		Accept:        dist.Constant(2 * time.Second),
		Promotion:     dist.Constant(20 * time.Second),
		Propagation:   dist.Constant(10 * time.Second),
		RecoveryStart: dist.Constant(60 * time.Second),
		Provision:     dist.Constant(300 * time.Second),
		Detection:     dist.Constant(15 * time.Second),
		Takeover:      dist.Constant(5 * time.Second),
		Swap:          dist.Constant(500 * time.Millisecond),
		UpgradeGap:    dist.Constant(3 * time.Second),
		Reboot:        dist.Constant(50 * time.Second),
		Modify:        dist.Constant(30 * time.Second),
		Lag:           dist.Constant(time.Millisecond),
		SyncRate:      100e6,
	}
}

// The instants of a failover under plain delays, after its call.
const (
	plainCutOff    = 2 * time.Second
	plainPromoted  = 22 * time.Second
	plainMoved     = 32 * time.Second
	plainRecover   = 82 * time.Second
	plainUp        = 382 * time.Second
	plainFinished  = 392 * time.Second
	plainNodeGroup = "0001"
)

// makeGroup makes a group of shards x (1 + replicas) nodes, spread over three zones.
func makeGroup(id string, mode ClusterMode, shards, replicas int) GroupConfig {
	g := GroupConfig{ID: id, Mode: mode, Engine: "valkey", EngineVersion: "8.0", NodeType: "cache.r7g.large",
		MultiAZ: replicas > 0, AutomaticFailover: mode == ClusterEnabled || replicas > 0,
		StatusUntil: Never, DatasetBytes: 1e9, Delays: plain()}
	for s := range shards {
		ng := NodeGroupConfig{ID: fmt.Sprintf("%04d", s+1)}
		for n := range replicas + 1 {
			name := fmt.Sprintf("%s-%04d-%03d", id, s+1, n+1)
			if mode != ClusterEnabled {
				name = fmt.Sprintf("%s-%03d", id, n+1)
			}
			ng.Nodes = append(ng.Nodes, NodeConfig{ID: name, Zone: string(rune('a' + (s+n)%3)), StatusUntil: Never})
		}
		g.NodeGroups = append(g.NodeGroups, ng)
	}
	return g
}

// config makes a configuration of a day with the documented quota.
func config(groups ...GroupConfig) *Config {
	cfg := &Config{
		Start:   time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		Horizon: 24 * time.Hour, Drain: 24 * time.Hour, Region: "us-east-1",
		Quota:  QuotaConfig{Limit: 15, Window: 24 * time.Hour},
		Groups: groups,
	}
	for v := InvalidGroupID; v < NumViolations; v++ {
		cfg.Refusals[v] = fmt.Sprintf("E%d", v)
	}
	return cfg
}

// calls adds calls on a group's first node group.
func (c *Config) withCall(at Time, group, nodeGroup string) *Config {
	c.Calls = append(c.Calls, CallConfig{At: at, Group: group, NodeGroup: nodeGroup})
	return c
}

// checkedWorld is NewWorld with the invariants verified after every event: what every test plays.
func checkedWorld(cfg *Config) *World {
	w := NewWorld(cfg)
	w.CheckEveryEvent()
	return w
}

// world makes a checked and traced World.
func world(t *testing.T, cfg *Config) *World {
	t.Helper()
	w := checkedWorld(cfg)
	w.Trace(true)
	w.Reset(1, 0)
	return w
}

// play runs a checked trial to its end.
func play(t *testing.T, cfg *Config) (*World, *Outcome) {
	t.Helper()
	w := world(t, cfg)
	w.RunUntil(cfg.End())
	return w, w.Outcome()
}

// windowsOf are the windows of one kind, without their blame.
func windowsOf(o *Outcome, a Access, by Observer, nodeGroup int32) (spans [][2]Time) {
	for _, w := range o.Windows {
		if w.Access == a && w.Observer == by && (w.NodeGroup >= 0) == (nodeGroup >= 0) {
			spans = append(spans, [2]Time{w.From, w.To})
		}
	}
	return spans
}
