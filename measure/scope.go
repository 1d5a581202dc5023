package measure

import (
	"slices"

	"failsim/sim"
)

// scope is what a configuration can produce.
type scope struct {
	cfg *sim.Config
	// calls: something may be failed over by the API; statuses: a node may be out of service from the beginning.
	calls, statuses bool
	// promotions: a call may choose a primary by hand.
	promotions bool
	// kinds has the kinds of faults and failures that can strike.
	kinds [sim.NumFaultKinds]bool
	// named: a group is reached through names that have to follow a failover.
	named bool
}

func newScope(cfg *sim.Config) scope {
	s := scope{cfg: cfg, calls: len(cfg.Campaigns) > 0}
	for i := range cfg.Calls {
		switch c := &cfg.Calls[i]; c.Action {
		case sim.ActionTestFailover:
			s.calls = true
		case sim.ActionReboot:
			s.kinds[sim.FaultReboot] = true
		case sim.ActionModify:
			s.promotions = s.promotions || c.Modify.Primary != ""
		}
	}
	for i := range cfg.Groups {
		g := &cfg.Groups[i]
		s.named = s.named || hasNames(g)
		s.statuses = s.statuses || slices.ContainsFunc(g.NodeGroups, hasStatus)
	}
	for i := range cfg.Faults {
		s.kinds[cfg.Faults[i].Kind] = true
	}
	for i := range cfg.Failures {
		s.kinds[cfg.Failures[i].Kind] = true
	}
	return s
}

// unplanned tells whether a node can be lost.
func (s *scope) unplanned() bool {
	for kind := range sim.NumFaultKinds {
		if s.kinds[kind] && kind.LosesNodes() {
			return true
		}
	}
	return false
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
	switch {
	case id == detection && !s.unplanned(),
		id == dataLosses && !s.unplanned() && !s.kinds[sim.FaultReboot],
		m.Per == "call" && !s.calls,
		(m.Per == "failover" || m.Per == "promotion") && !s.calls && !s.unplanned():
		return false
	case m.Per == "campaign":
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
	window := per == "window" || per == "trial"
	switch cause {
	case sim.CauseTestFailover:
		return s.calls && id != detection // data is lost where the replica dies that a call counted on
	case sim.CauseNodeStatus:
		return s.statuses && window && id != dataLosses
	case sim.CauseModify:
		return s.promotions && window && id != dataLosses
	}
	kind := sim.FaultKind(cause - sim.CauseFault)
	switch {
	case !s.kinds[kind] || kind == sim.FaultLagSpike || kind == sim.FaultNoCapacity: // these two shape what others cause
		return false
	case id == dataLosses:
		return kind.LosesNodes() || kind == sim.FaultReboot
	}
	return window || per != "call" && kind.LosesNodes()
}

// hasNames tells whether clients reach the group through names that have to follow a failover.
func hasNames(g *sim.GroupConfig) bool { return g.Mode != sim.ClusterEnabled }

func hasStatus(g sim.NodeGroupConfig) bool {
	return slices.ContainsFunc(g.Nodes, func(n sim.NodeConfig) bool { return n.Status != sim.StatusAvailable })
}
