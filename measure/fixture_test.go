package measure

import (
	"math"
	"testing"
	"time"

	"failsim/dist"
	"failsim/sim"
)

func at(seconds float64) sim.Time { return sim.Time(seconds * 1e9) }

func seconds(v float64) time.Duration { return time.Duration(v * 1e9) }

// group makes a group of node groups with two nodes each.
func group(id string, mode sim.ClusterMode, nodeGroups int) sim.GroupConfig {
	g := sim.GroupConfig{ID: id, Mode: mode, NodeGroups: make([]sim.NodeGroupConfig, nodeGroups)}
	for i := range g.NodeGroups {
		g.NodeGroups[i].Nodes = make([]sim.NodeConfig, 2)
	}
	return g
}

// twoGroups is an hour with carts (cluster mode disabled, 100 writes and 1,000 reads a second), sessions (enabled, three
// node groups) and the campaign quarterly.
func twoGroups() *sim.Config {
	carts := group("carts", sim.ClusterDisabled, 1)
	carts.WritesPerSecond, carts.ReadsPerSecond = 100, 1000
	carts.Delays.Promotion = dist.MustParse("triangular(12s, 19s, 35s)")
	sessions := group("sessions", sim.ClusterEnabled, 3)
	sessions.Delays.Promotion = dist.MustParse("triangular(15s, 25s, 40s)")
	cfg := &sim.Config{
		Horizon:   time.Hour,
		Drain:     time.Hour,
		Groups:    []sim.GroupConfig{carts, sessions},
		Campaigns: []sim.CampaignConfig{{Name: "quarterly", At: at(60), Groups: []int{0, 1}}},
		Calls:     []sim.CallConfig{{At: at(3580), Group: "sessions", NodeGroup: "0002"}},
	}
	cfg.Refusals[sim.QuotaSpent] = "APICallRateForCustomerExceeded"
	cfg.Refusals[sim.NoHealthyReplica] = "InvalidReplicationGroupState"
	cfg.Refusals[sim.ReplacementRunning] = "InvalidReplicationGroupState"
	return cfg
}

// window makes the write outage of one node group, with those of its group and of the fleet.
func window(from, to float64, where sim.OutageWindow) []sim.OutageWindow {
	w := where
	w.From, w.To = at(from), at(to)
	whole, fleet := w, w
	whole.NodeGroup = -1
	fleet.Group, fleet.NodeGroup = -1, -1
	return []sim.OutageWindow{w, whole, fleet}
}

// twoFailovers is a trial in which the campaign fails carts over, and the single call, shortly before the horizon, the
// second node group of sessions.
func twoFailovers() *sim.Outcome {
	o := &sim.Outcome{Seed: 7, Trial: 3, End: at(7200)}
	carts := sim.OutageWindow{Group: 0, NodeGroup: 0, Campaign: 0}
	sessions := sim.OutageWindow{Group: 1, NodeGroup: 1, Campaign: -1}
	o.Windows = append(o.Windows, window(100, 120, carts)...)
	o.Windows = append(o.Windows, window(3590, 3620, sessions)...)
	carts.Observer, sessions.Observer = sim.ObserverEndpoint, sim.ObserverEndpoint
	o.Windows = append(o.Windows, window(100, 130.5, carts)...)
	o.Windows = append(o.Windows, window(3590, 3620, sessions)...)
	called(o, []sim.Failover{
		{Group: 0, Campaign: 0, Accepted: at(98), CutOff: at(100), Promoted: at(120), Completed: at(121),
			Propagated: at(125), RecoveryStarted: at(200), Provisioned: at(500), Finished: at(600), LostTail: seconds(0.025), LostWrites: 2},
		{Group: 1, NodeGroup: 1, Campaign: -1, Accepted: at(3580), CutOff: at(3590), Promoted: at(3620), Completed: at(3620),
			Propagated: sim.Never, RecoveryStarted: at(7000), Provisioned: sim.Never, Finished: sim.Never, LostTail: seconds(1)},
	}...)
	o.Calls = sim.CallCount{Made: 5, Accepted: 2}
	o.Calls.Refused[sim.QuotaSpent], o.Calls.Refused[sim.NoHealthyReplica], o.Calls.Refused[sim.ReplacementRunning] = 1, 1, 1
	campaign := sim.CampaignOutcome{Targets: 4, Covered: 1, Ended: at(660), Calls: sim.CallCount{Made: 3, Accepted: 1}}
	campaign.Calls.Refused[sim.QuotaSpent], campaign.Calls.Refused[sim.ReplacementRunning] = 1, 1
	o.Campaigns = []sim.CampaignOutcome{campaign}
	o.PeakReads = []int64{1000 * sim.ReadersScale, 0}
	return o
}

// called adds failovers that a call began, each with the recovery of its old primary.
func called(o *sim.Outcome, failovers ...sim.Failover) {
	for _, f := range failovers {
		f.Known, f.Abandoned = sim.Never, sim.Never
		o.Failovers = append(o.Failovers, f)
		o.Recoveries = append(o.Recoveries, sim.Recovery{Group: f.Group, NodeGroup: f.NodeGroup, Node: f.Old, Campaign: f.Campaign, Cause: f.Cause,
			Began: f.Accepted, Known: sim.Never, Started: f.RecoveryStarted, Provisioned: f.Provisioned, Finished: f.Finished, Cancelled: sim.Never})
	}
}

func tallyOf(t testing.TB, cfg *sim.Config, outcomes ...*sim.Outcome) *Tally {
	t.Helper()
	tally := NewTally(cfg)
	for _, o := range outcomes {
		if err := tally.Add(o); err != nil {
			t.Fatal(err)
		}
	}
	return tally
}

func find(t testing.TB, s Summary, name, observer string) MetricSummary {
	t.Helper()
	for _, m := range s.Metrics {
		if m.Name == name && m.Observer == observer {
			return m
		}
	}
	t.Fatalf("no %s@%s", name, observer)
	return MetricSummary{}
}

func mean(f Figures) float64 {
	if f.Mean == nil {
		return math.NaN()
	}
	return f.Mean.Value
}
