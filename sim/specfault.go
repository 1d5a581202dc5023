package sim

import (
	"fmt"
	"slices"
	"time"

	"failsim/words"
)

// Check finds what is wrong with the fault in itself and beside the other faults of the Config, of which it need not be one; its
// Target names what there is. Fields are relative to the fault.
func (f *FaultConfig) Check(cfg *Config) []Problem {
	c := faultChecker{fault: f, cfg: cfg}
	switch f.Kind {
	case FaultReboot:
		c.checkReboot()
	case FaultZonePower:
		c.checkPower()
	case FaultLagSpike:
		c.checkReplicas()
	case FaultReplicationStall:
		c.checkReplicas()
		c.checkStall()
	}
	if f.Kind.planned() && len(f.Target.Groups) > 0 {
		return c.checkWork()
	}
	return c.problems
}

// checkWork holds planned work to what the group is then, and the next work of its kind to what the group is after it.
func (c *faultChecker) checkWork() []Problem {
	f := c.fault
	group := c.cfg.groupAt(f.Target.Groups[0], f.At)
	problems := f.Work.Check(f.Kind, group)
	next := c.nextWork()
	if len(problems) > 0 || next == nil {
		return problems
	}
	group.leave(f)
	for _, p := range next.Work.Check(next.Kind, group) {
		problems = append(problems, Problem{Field: p.Field, Rule: fmt.Sprintf("the work planned for %v rules it out: %s", next.At, p.Rule)})
	}
	return problems
}

// nextWork is the first of the fault's kind that is planned for its group after it; nil where there is none.
func (c *faultChecker) nextWork() (next *FaultConfig) {
	f := c.fault
	for i := range c.cfg.Faults {
		other := &c.cfg.Faults[i]
		if other.Kind == f.Kind && other.At > f.At && (next == nil || other.At < next.At) && slices.Contains(other.Target.Groups, f.Target.Groups[0]) {
			next = other
		}
	}
	return next
}

// leave gives the group the node type or the engine version that the work leaves.
func (g *GroupConfig) leave(work *FaultConfig) {
	switch work.Kind {
	case FaultScale:
		g.NodeType = work.Work.NodeType
	case FaultUpgrade:
		g.EngineVersion = work.Work.EngineVersion
	}
}

type faultChecker struct {
	fault    *FaultConfig
	cfg      *Config
	problems []Problem
}

func (c *faultChecker) problem(field, rule string, args ...any) {
	c.problems = append(c.problems, Problem{Field: field, Rule: fmt.Sprintf(rule, args...)})
}

func (c *faultChecker) checkReboot() {
	for _, g := range c.fault.Target.Groups {
		if c.cfg.Groups[g].Mode == ClusterEnabled {
			c.problem("kind", "group %s has cluster mode enabled, and RebootCacheCluster is not supported there", c.cfg.Groups[g].ID)
		}
	}
}

// checkReplicas: what makes replicas trail needs one.
func (c *faultChecker) checkReplicas() {
	target := &c.fault.Target
	group := &c.cfg.Groups[target.Groups[0]]
	for s := range group.NodeGroups {
		if (target.NodeGroup < 0 || target.NodeGroup == s) && len(group.NodeGroups[s].Nodes) > 1 {
			return
		}
	}
	if target.NodeGroup < 0 {
		c.problem("group", "group %s has no replica that could trail", group.ID)
		return
	}
	c.problem("node_group", "node group %s of %s has no replica that could trail", group.NodeGroups[target.NodeGroup].ID, group.ID)
}

// checkPower refuses a power loss that strikes no node, and a second one of a group before the first has ended.
func (c *faultChecker) checkPower() {
	f := c.fault
	if len(f.Target.Groups) > 0 && !slices.ContainsFunc(f.Target.Groups, func(g int) bool { return c.cfg.Groups[g].hasNodeIn(f.Target.Zone) }) {
		c.problem("zone", "no node of a group that loses power stands in zone %s", words.Quote(f.Target.Zone))
	}
	for i := range c.cfg.Faults {
		g := &c.cfg.Faults[i]
		if g.Kind != FaultZonePower || g.At.Add(g.Duration) < f.At || f.At.Add(f.Duration) < g.At {
			continue
		}
		for _, group := range f.Target.Groups {
			if slices.Contains(g.Target.Groups, group) && c.cfg.Groups[group].hasNodeIn(g.Target.Zone) {
				c.problem("zone", "group %s is without the power of %s at that time; the action takes one zone of a group at a time",
					c.cfg.Groups[group].ID, g.Target.Zone)
				return
			}
		}
	}
}

// mostDrops bounds how often one stall may drop the replicas, and with it the events of a trial. What is written fills the buffer while a replica
// copies, and what it does not apply of it after that.
const mostDrops = 100_000

// checkStall judges the rates of a stretch in which writes outrun replication.
func (c *faultChecker) checkStall() {
	f := c.fault
	growth := f.Stall.Written - f.Stall.Applied
	buffer := c.cfg.Groups[f.Target.Groups[0]].Replication.BufferBytes
	switch other := c.otherStall(); {
	case other != nil:
		c.problem("at", "a stall of the same node group lasts from %v to %v; writes have one rate at a time", other.At, other.At.Add(other.Duration))
	case growth <= 0:
		c.problem("applied", "no less than is written; a stall needs less")
	case float64(f.Stall.Written)*f.Duration.Seconds() > float64(buffer)*mostDrops:
		c.problem("written", "could outgrow the buffer of %d bytes more than %d times; want a lower rate, a shorter duration or a larger output_buffer",
			buffer, mostDrops)
	case f.Stall.Applied <= c.cfg.Groups[f.Target.Groups[0]].streamed():
		c.problems = append(c.problems, Problem{Field: "applied", Warning: true,
			Rule: "no more than the ordinary writes; replicas, which apply no more after the stall either, do not catch up after it"})
	}
}

// otherStall is a stall of the same node group at the same time; nil for none.
func (c *faultChecker) otherStall() *FaultConfig {
	for i := range c.cfg.Faults {
		if f := &c.cfg.Faults[i]; f.Kind == FaultReplicationStall && f.Target.sharesNodeGroup(&c.fault.Target) && c.fault.overlaps(f) {
			return f
		}
	}
	return nil
}

// overlaps tells whether the two faults last at the same time; where one begins as the other ends they do not.
func (f *FaultConfig) overlaps(g *FaultConfig) bool {
	return f.At < g.At.Add(g.Duration) && g.At < f.At.Add(f.Duration)
}

// sharesNodeGroup tells whether two targets of one group each have a node group in common.
func (t *TargetConfig) sharesNodeGroup(other *TargetConfig) bool {
	return t.Groups[0] == other.Groups[0] && (t.NodeGroup < 0 || other.NodeGroup < 0 || t.NodeGroup == other.NodeGroup)
}

// groupAt is the group with the node type and the engine version that the work planned up to that instant leaves.
func (c *Config) groupAt(group int, at Time) *GroupConfig {
	g := c.Groups[group]
	typed, versioned := Time(-1), Time(-1)
	for i := range c.Faults {
		f := &c.Faults[i]
		latest := &typed
		if f.Kind == FaultUpgrade {
			latest = &versioned
		}
		if (f.Kind == FaultScale || f.Kind == FaultUpgrade) && *latest <= f.At && f.At <= at && slices.Contains(f.Target.Groups, group) {
			*latest = f.At
			g.leave(f)
		}
	}
	return &g
}

// longestFault bounds how long a fault lasts and how far replicas trail.
const longestFault = 10 * 365 * 24 * time.Hour

// checkWhole finds what a fault that was not read from a scenario can have wrong besides: what is out of bounds, and a Target that
// names what there is not.
func (c *faultChecker) checkWhole() {
	f := c.fault
	shortest, longest := time.Duration(1), longestFault
	switch {
	case f.Kind > FaultAPIBlocked:
		c.problem("kind", "no kind %d; have 0 to %d", f.Kind, FaultAPIBlocked)
		return
	case f.Kind == FaultNode, f.Kind == FaultReboot, f.Kind.planned():
		shortest, longest = 0, 0
	case f.Kind == FaultZonePower:
		shortest, longest = time.Minute, 12*time.Hour // as the action allows
	}
	if f.Duration < shortest || f.Duration > longest {
		c.problem("duration", "%v; want %v to %v", f.Duration, shortest, longest)
	}
	if lost := f.Kind == FaultZone || f.Kind == FaultZonePower; lost && (f.Slowdown < Unhurried || f.Slowdown > 1000*Unhurried) {
		c.problem("slowdown", "%d millionths; want 1.0 to 1000", f.Slowdown)
	}
	if f.Lag < 0 || f.Lag > longestFault {
		c.problem("lag", "%v; want 0s to %v", f.Lag, longestFault)
	}
	if f.Kind == FaultReplicationStall && (f.Stall.Applied < 1 || f.Stall.Written < 1 || f.Stall.Written > mostSyncRate) {
		c.problem("written", "%d, and %d applied; want 1B/s to 1TiB/s of each", f.Stall.Written, f.Stall.Applied)
	}
	if f.Kind == FaultScale && f.Work.NodeType == "" {
		c.problem("node_type", "missing; want a node type such as cache.r7g.xlarge")
	}
	if f.Kind == FaultUpgrade && f.Work.EngineVersion == "" {
		c.problem("engine_version", "missing; want a version such as 8.1")
	}
	if f.Kind != FaultAPIBlocked {
		c.checkTarget()
	}
}

// checkTarget holds what the fault strikes to what there is.
func (c *faultChecker) checkTarget() {
	target, groups := &c.fault.Target, len(c.cfg.Groups)
	for _, g := range target.Groups {
		if g < 0 || g >= groups {
			c.problem("groups", "no group %d; have 0 to %d", g, groups-1)
			return
		}
	}
	one := len(target.Groups) == 1
	var nodeGroups []NodeGroupConfig
	if one {
		nodeGroups = c.cfg.Groups[target.Groups[0]].NodeGroups
	}
	c.checkPlace()
	switch kind := c.fault.Kind; {
	case !one && (kind.planned() || kind == FaultLagSpike || kind == FaultReplicationStall || target.NodeGroup >= 0 || target.Node >= 0):
		c.problem("group", "%d groups; want one", len(target.Groups))
	case target.NodeGroup < 0 && (target.Node >= 0 || target.PrimaryOnly):
		c.problem("node_group", "missing; want that of the node")
	case one && target.NodeGroup >= len(nodeGroups):
		c.problem("node_group", "no node group %d; have 0 to %d", target.NodeGroup, len(nodeGroups)-1)
	case one && target.NodeGroup >= 0 && target.Node >= len(nodeGroups[target.NodeGroup].Nodes):
		c.problem("node", "no node %d in the node group", target.Node)
	}
}

func (c *faultChecker) checkPlace() {
	zone, kind := c.fault.Target.Zone, c.fault.Kind
	if zone != "" && !c.cfg.hasNodeIn(zone) {
		c.problem("zone", "no node stands in zone %s", words.Quote(zone))
	}
	if zone == "" && (kind == FaultZone || kind == FaultZonePower || kind == FaultNoCapacity) {
		c.problem("zone", "missing; want a zone of a node")
	}
}

func (c *Config) hasNodeIn(zone string) bool {
	return slices.ContainsFunc(c.Groups, func(g GroupConfig) bool { return g.hasNodeIn(zone) })
}

func (g *GroupConfig) hasNodeIn(zone string) bool {
	for s := range g.NodeGroups {
		if slices.ContainsFunc(g.NodeGroups[s].Nodes, func(n NodeConfig) bool { return n.Zone == zone }) {
			return true
		}
	}
	return false
}
