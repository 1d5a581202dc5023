package sim

import "strings"

// Action is which call of the API a CallConfig makes.
type Action uint8

// The actions: TestFailover, RebootCacheCluster, ModifyReplicationGroup.
const (
	ActionTestFailover Action = iota
	ActionReboot
	ActionModify
)

// String is the scenario's word.
func (a Action) String() string { return [...]string{"test-failover", "reboot", "modify"}[a] }

// Switch is what a call wants of a setting.
type Switch uint8

// The switches: leave it as it is, turn it off, turn it on.
const (
	SwitchKeep Switch = iota
	SwitchOff
	SwitchOn
)

// of is the setting once the switch is applied.
func (s Switch) of(now bool) bool { return s == SwitchOn || s == SwitchKeep && now }

// ModifyConfig is what a call of ModifyReplicationGroup changes.
type ModifyConfig struct {
	// Primary is the node that is to become the primary; "" for none.
	Primary                    string
	AutomaticFailover, MultiAZ Switch
}

// modification is an accepted call of ModifyReplicationGroup.
type modification struct {
	group                      int32
	from, to                   int32 // the primary that hands over, and to whom; to is -1 where nobody is promoted
	automaticFailover, multiAZ Switch
	applied                    bool // the settings are changed
}

// Reboot plays one call of RebootCacheCluster, now. A refused call changes nothing.
func (w *World) Reboot(nodeID string) Violation {
	w.last = w.clock.Now()
	return w.callReboot(nodeID)
}

func (w *World) callReboot(nodeID string) Violation {
	node, known := w.top.nodeByID[strings.ToLower(nodeID)]
	record := about(KindRebootCalled)
	if !known {
		record.Violation = NodeNotFound
		w.log(record)
		return NodeNotFound
	}
	record = w.nodeRecord(KindRebootCalled, node)
	n := &w.nodes[node]
	switch {
	case w.top.nodeGroups[n.nodeGroup].group.Mode == ClusterEnabled:
		record.Violation = RebootWithClusterMode
	case n.status != StatusAvailable || !n.up() || n.recovery >= 0:
		record.Violation = NodeNotAvailable
	}
	w.log(record)
	if record.Violation == NoViolation {
		w.reboot(w.top.nodeIndices[node:node+1], blame{CauseOf(FaultReboot), -1})
	}
	return record.Violation
}

// Modify plays one call of ModifyReplicationGroup, now: it answers NoViolation when the group begins to be modified. A refused call
// changes nothing.
func (w *World) Modify(groupID string, m ModifyConfig) Violation {
	w.last = w.clock.Now()
	return w.callModify(groupID, &m)
}

func (w *World) callModify(groupID string, m *ModifyConfig) Violation {
	record := about(KindModifyCalled)
	group, violation := w.top.lookupGroup(groupID)
	if violation == NoViolation {
		record.Group = group
		violation = w.modifyViolation(group, m)
	}
	if record.Violation = violation; violation == NoViolation {
		w.beginModification(group, m)
	}
	w.log(record)
	return violation
}

// modifyViolation is the first rule of ModifyReplicationGroup that the call would break now.
func (w *World) modifyViolation(group int32, m *ModifyConfig) Violation {
	g, cfg := &w.groups[group], &w.top.cfg.Groups[group]
	failover, multiAZ := m.AutomaticFailover.of(g.automaticFailover), m.MultiAZ.of(g.multiAZ)
	changed := m.AutomaticFailover != SwitchKeep || m.MultiAZ != SwitchKeep
	switch {
	case *m == ModifyConfig{}:
		return NothingToModify
	case g.status != StatusAvailable:
		return GroupNotAvailable
	case cfg.Mode == ClusterEnabled && m.AutomaticFailover == SwitchOff:
		return FailoverMandatory
	case (m.AutomaticFailover == SwitchOn || m.MultiAZ == SwitchOn) && cfg.lacksReplica():
		return ReplicaMissing
	case changed && multiAZ && !failover:
		return MultiAZNeedsFailover
	}
	if m.Primary != "" {
		if v := w.promotionViolation(group, m.Primary); v != NoViolation {
			return v
		}
	}
	if g.replacing > 0 {
		return ReplacementRunning
	}
	for ng := g.nodeGroups.first; ng < g.nodeGroups.end(); ng++ {
		if !w.allAvailable(ng) {
			return NodeNotAvailable
		}
	}
	return NoViolation
}

// promotionViolation is the first rule that making a node the primary by hand would break now.
func (w *World) promotionViolation(group int32, nodeID string) Violation {
	node, known := w.top.nodeByID[strings.ToLower(nodeID)]
	switch {
	case w.top.cfg.Groups[group].Mode == ClusterEnabled:
		return PromotionWithClusterMode
	case !known:
		return NodeNotFound
	case w.nodeGroups[w.nodes[node].nodeGroup].group != group:
		return NotAMember
	case w.groups[group].automaticFailover:
		return PromotionWithFailover
	case !w.nodes[node].up():
		return NodeNotAvailable
	}
	return NoViolation
}

func (g *GroupConfig) lacksReplica() bool {
	for i := range g.NodeGroups {
		if len(g.NodeGroups[i].Nodes) == 1 {
			return true
		}
	}
	return false
}

// beginModification shows the group as modifying until its settings are changed.
func (w *World) beginModification(group int32, m *ModifyConfig) {
	i := int32(len(w.modifications))
	change := modification{group: group, from: -1, to: -1, automaticFailover: m.AutomaticFailover, multiAZ: m.MultiAZ}
	if m.Primary != "" {
		change.to = w.top.nodeByID[strings.ToLower(m.Primary)]
	}
	w.modifications = append(w.modifications, change)
	w.groups[group].status, w.groups[group].modification = StatusModifying, i
	ng := w.groups[group].nodeGroups.first
	w.clock.After(w.draw(ng, phaseModify, &w.delays(ng).Modify), event{KindModified, i})
}

// applyModification changes the settings; then the primary hands over, if another node is to be it.
func (w *World) applyModification(i int32) {
	m := &w.modifications[i]
	g := &w.groups[m.group]
	before := g.automaticFailover
	m.applied = true
	g.automaticFailover, g.multiAZ = m.automaticFailover.of(before), m.multiAZ.of(g.multiAZ)
	if !before && g.automaticFailover {
		w.emit(serviceEvent{message: messageFailoverTurnedOn, subject: m.group})
	}
	record := about(KindModified)
	record.Group = m.group
	w.log(record)
	if m.to >= 0 {
		w.beginHandOver(i)
	} else {
		w.endModification(m.group)
	}
}

func (w *World) endModification(group int32) {
	w.groups[group].status, w.groups[group].modification = StatusAvailable, -1
}

// beginHandOver stops the primary, until the other node has applied all that it wrote; unless its node group is in trouble, or it is to be the
// primary already.
func (w *World) beginHandOver(i int32) {
	m := &w.modifications[i]
	ng := w.nodes[m.to].nodeGroup
	g := &w.nodeGroups[ng]
	m.from = g.primary
	if m.from == m.to || g.failover >= 0 || !w.nodes[m.from].up() || !w.nodes[m.to].up() {
		w.dropHandOver(i)
		return
	}
	w.nodes[m.from].down |= downSwapped
	record, gaps := w.nodeRecord(KindHandOverBegun, m.from), w.gaps(ng)
	record.Other, record.Span = m.to, min(w.draw(ng, phaseSwap, &gaps.Swap)+w.untilApplied(m.to), longestFault)
	w.log(record)
	w.observe(ng, blame{CauseModify, -1})
	w.clock.After(record.Span, event{KindHandOverDone, i})
}

// dropHandOver leaves the primary as it is.
func (w *World) dropHandOver(i int32) {
	m := &w.modifications[i]
	w.endModification(m.group)
	record := w.nodeRecord(KindHandOverDropped, m.from)
	record.Other = m.to
	w.log(record)
}

// finishHandOver makes the other node the primary, and the old one its replica: nothing is lost, for the old one waited. Where either
// was struck meanwhile, all stays as it was.
func (w *World) finishHandOver(i int32) {
	m := &w.modifications[i]
	from, to := &w.nodes[m.from], &w.nodes[m.to]
	ng := from.nodeGroup
	g := &w.nodeGroups[ng]
	clean := from.down == downSwapped && to.up() && g.failover < 0 && g.primary == m.from
	from.down &^= downSwapped
	if !clean {
		w.dropHandOver(i)
		w.observe(ng, blame{CauseModify, -1})
		w.welcome(m.from)
		return
	}
	w.swapRoles(ng, m.to)
	w.followStream(ng, mostVolume)
	w.endModification(m.group)
	record := w.nodeRecord(KindHandOverDone, m.to)
	record.Other = m.from
	w.log(record)
	w.moveNames(ng, event{KindHandOverNamed, ng})
	w.followPromoted(ng)
	w.observe(ng, blame{CauseModify, -1})
	w.resumeWork(span{ng, 1})
}

// happenByCall goes on with happenOutside: what calls other than TestFailover begin.
func (w *World) happenByCall(e event) bool {
	switch e.kind {
	case KindModified:
		w.applyModification(e.subject)
	case KindHandOverDone:
		w.finishHandOver(e.subject)
	case KindHandOverNamed:
		w.changeRecords(e.subject, event{KindHandOverFollowed, e.subject})
	case KindHandOverFollowed:
		w.followRecords(e.subject, blame{CauseModify, -1})
	default:
		return false
	}
	return true
}

// actionSentence puts calls other than TestFailover, and what they begin, into words.
func (w *World) actionSentence(r Record, node string) string {
	switch r.Kind {
	case KindRebootCalled, KindModifyCalled:
		what := map[Kind]string{KindRebootCalled: "reboot", KindModifyCalled: "modification"}[r.Kind]
		if r.Violation != NoViolation {
			return "call for a " + what + " refused: " + r.Violation.String()
		}
		return "call for a " + what + " accepted"
	case KindModified:
		return "the modification is applied"
	case KindHandOverBegun:
		return "primary " + node + " hands over to " + w.top.nodes[r.Other].cfg.ID + ": no writes for " + short(r.Span).String()
	case KindHandOverDone:
		return node + " is the primary in place of " + w.top.nodes[r.Other].cfg.ID + ": writes go on"
	case KindHandOverDropped:
		return node + " stays the primary; " + w.top.nodes[r.Other].cfg.ID + " does not take over"
	}
	return ""
}
