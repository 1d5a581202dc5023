package measure

import (
	"math/rand/v2"
	"time"

	"failsim/sim"
)

// gameDay makes 64 trials of three days with 5 groups of 8 node groups, each failed over once.
func gameDay() (*sim.Config, []*sim.Outcome) {
	cfg := &sim.Config{Horizon: 72 * time.Hour, Drain: 24 * time.Hour}
	for _, id := range []string{"a", "b", "c", "d", "e"} {
		mode := sim.ClusterEnabled
		if id == "e" {
			mode = sim.ClusterDisabled
		}
		g := group(id, mode, 8)
		g.WritesPerSecond, g.ReadsPerSecond = 2000, 10_000
		cfg.Groups = append(cfg.Groups, g)
	}
	cfg.Campaigns = []sim.CampaignConfig{{Name: "cme"}, {Name: "cmd"}}
	rng := rand.New(rand.NewPCG(1, 2))
	outcomes := make([]*sim.Outcome, 64)
	for i := range outcomes {
		outcomes[i] = gameDayTrial(cfg, rng)
	}
	return cfg, outcomes
}

func gameDayTrial(cfg *sim.Config, rng *rand.Rand) *sim.Outcome {
	o := &sim.Outcome{End: cfg.End(), Campaigns: make([]sim.CampaignOutcome, 2), PeakReads: make([]int64, 5)}
	span := func(low, high int64) sim.Time { return sim.Time(1e9*low + rng.Int64N(1e9*(high-low))) }
	for i := range int32(40) {
		g := i / 8
		accepted := sim.Time(i) * at(6000)
		f := sim.Failover{Group: g, NodeGroup: i % 8, Campaign: g / 4, Accepted: accepted, LostTail: time.Duration(span(0, 1))}
		f.LostWrites = int64(f.LostTail) * cfg.Groups[g].WritesPerSecond / 1e9
		f.CutOff = accepted + span(1, 5)
		f.Promoted = f.CutOff + span(15, 40)
		f.Completed, f.Propagated = f.Promoted, f.Promoted+span(3, 45)
		f.RecoveryStarted = f.Promoted + span(40, 120)
		f.Provisioned = f.RecoveryStarted + span(300, 720)
		f.Finished = f.Provisioned + span(10, 11)
		called(o, f)
		w := sim.OutageWindow{From: f.CutOff, To: f.Promoted, Group: g, NodeGroup: i % 8, Campaign: g / 4}
		for observer := range sim.Observer(2) {
			w.Observer = observer
			o.Windows = append(o.Windows, window(float64(w.From)/1e9, float64(w.To)/1e9, w)...)
		}
		w.Observer, w.To = sim.ObserverService, f.Finished
		w.Access = sim.AccessReplicaRead
		o.Windows = append(o.Windows, w)
		w.Access = sim.AccessRedundancy
		o.Windows = append(o.Windows, w)
		o.PeakReads[g] = 10_000 * sim.ReadersScale
	}
	for c := range o.Campaigns {
		o.Campaigns[c] = sim.CampaignOutcome{Targets: 20, Covered: 20, Ended: at(240_000)}
	}
	return o
}
