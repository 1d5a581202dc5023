package measure

import (
	"slices"

	"failsim/sim"
)

// scope is what a configuration can produce.
type scope struct {
	cfg *sim.Config
	// calls: something may be failed over; statuses: a node may be out of service from the beginning.
	calls, statuses bool
	// named: a group is reached through names that have to follow a failover.
	named bool
}

func newScope(cfg *sim.Config) scope {
	s := scope{cfg: cfg, calls: len(cfg.Calls)+len(cfg.Campaigns) > 0}
	for i := range cfg.Groups {
		g := &cfg.Groups[i]
		s.named = s.named || hasNames(g)
		s.statuses = s.statuses || slices.ContainsFunc(g.NodeGroups, hasStatus)
	}
	return s
}

// has tells whether the metric can have a value for the observer.
func (s *scope) has(id metricID, observer sim.Observer) bool {
	m := metrics[id]
	if int(observer) >= len(m.Observers) || observer == sim.ObserverEndpoint && !s.named {
		return false
	}
	if m.Unit == "ratio" && m.Per == "trial" && s.cfg.Horizon == 0 {
		return false // a share of no time
	}
	switch m.Per {
	case "failover", "call", "promotion":
		if !s.calls {
			return false
		}
	case "campaign":
		return len(s.cfg.Campaigns) > 0
	}
	for i := range s.cfg.Groups {
		if s.hasGroup(id, i) {
			return true
		}
	}
	return false
}

// hasGroup tells whether the metric can have a value in a group.
func (s *scope) hasGroup(id metricID, group int) bool {
	g := &s.cfg.Groups[group]
	switch id {
	case propagation:
		return hasNames(g)
	case replicaReadOutage, reducedRedundancy:
		return slices.ContainsFunc(g.NodeGroups, func(n sim.NodeGroupConfig) bool { return len(n.Nodes) > 1 })
	case lostWrites, failedWrites:
		return g.WritesPerSecond > 0
	case failedReads, peakReads:
		return g.ReadsPerSecond > 0
	}
	return true
}

// hasCause tells whether the metric can have a value with that cause.
func (s *scope) hasCause(id metricID, cause sim.Cause) bool {
	per := metrics[id].Per
	switch cause {
	case sim.CauseTestFailover:
		return s.calls
	case sim.CauseNodeStatus:
		return s.statuses && (per == "window" || per == "trial")
	}
	return false
}

// hasNames tells whether clients reach the group through names that have to follow a failover.
func hasNames(g *sim.GroupConfig) bool { return g.Mode != sim.ClusterEnabled }

func hasStatus(g sim.NodeGroupConfig) bool {
	return slices.ContainsFunc(g.Nodes, func(n sim.NodeConfig) bool { return n.Status != sim.StatusAvailable })
}
