package sim

import "time"

// GroupState is how a replication group stands now, where that can differ from its GroupConfig.
type GroupState struct {
	ID string
	// Status is what Describe shows.
	Status                     Status
	AutomaticFailover, MultiAZ bool
	// NodeType and EngineVersion are what all of its nodes have; while an upgrade or a scaling runs, what they had before.
	NodeType, EngineVersion string
	// Halted says that the engine refuses clients, because a majority of the primaries is out of reach.
	Halted bool
	// Pending is what a call of ModifyReplicationGroup asked for and is not made yet.
	Pending ModifyConfig
}

// NodeGroupState is how a node group stands now. Nodes are named by their index in it.
type NodeGroupState struct {
	ID string
	// Status is what Describe shows.
	Status Status
	// Primary is the member with RolePrimary; PrimaryName the one to which the primary's name leads, as a resolver sees it. With
	// cluster mode enabled there is no such name, and both are one.
	Primary, PrimaryName int
	// FailingOver says that a failover is in progress: called or begun, and nothing promoted yet.
	FailingOver bool
}

// NodeState is how a node stands now.
type NodeState struct {
	ID, Zone string
	Role     Role
	// Status is the node's own, as its NodeConfig gave it: it knows nothing of what befell the node since.
	Status                  Status
	Condition               Condition
	NodeType, EngineVersion string
}

// QuotaState is how much of the quota is left now.
type QuotaState struct {
	Limit, Used, Left int
	// NextFree is when the next used one leaves the window; Never where none is used.
	NextFree Time
}

// Condition is what a node is doing.
type Condition uint8

// The conditions. A node serves clients in the first alone.
const (
	ConditionAvailable Condition = iota
	// ConditionStatus: its Status keeps it from serving.
	ConditionStatus
	// ConditionRefusing: it runs, but the engine of its group has lost its majority.
	ConditionRefusing
	ConditionRebooting
	// ConditionSwapping: a planned change takes its place from it.
	ConditionSwapping
	ConditionCutOff
	// ConditionFailed: its process and data are gone, and its replacement has not begun.
	ConditionFailed
	// ConditionHeld: its replacement waits for its zone.
	ConditionHeld
	// ConditionStarting: its replacement starts.
	ConditionStarting
	// ConditionWaiting: it runs without data, and no node is in reach to copy from.
	ConditionWaiting
	// ConditionSyncing: it copies the dataset.
	ConditionSyncing
)

// String is a word or two for people; of ConditionStatus the Status says more.
func (c Condition) String() string {
	return [...]string{"available", "not available", "refusing", "rebooting", "swapping", "cut off", "failed", "held", "starting", "waiting",
		"syncing"}[c]
}

// GroupState tells how a group stands now; the index is that of Config.Groups.
func (w *World) GroupState(group int) GroupState {
	g, cfg := &w.groups[group], &w.top.cfg.Groups[group]
	s := GroupState{ID: cfg.ID, Status: w.ShownStatus(group), AutomaticFailover: g.automaticFailover, MultiAZ: g.multiAZ, Halted: g.halted}
	s.NodeType, s.EngineVersion = w.built(cfg, g.upgrades)
	if g.modification >= 0 {
		s.Pending = w.pending(&w.modifications[g.modification])
	}
	return s
}

// pending is what is left of a modification: a primary that is to hand over does so once the settings are changed.
func (w *World) pending(m *modification) (left ModifyConfig) {
	if m.to >= 0 {
		left.Primary = w.top.nodes[m.to].cfg.ID
	}
	if !m.applied {
		left.AutomaticFailover, left.MultiAZ = m.automaticFailover, m.multiAZ
	}
	return left
}

// NodeGroupState tells how a node group stands now; indices are those of the Config.
func (w *World) NodeGroupState(group, nodeGroup int) NodeGroupState {
	ng := w.groups[group].nodeGroups.first + int32(nodeGroup)
	g := &w.nodeGroups[ng]
	return NodeGroupState{
		ID:          w.top.nodeGroups[ng].cfg.ID,
		Status:      w.nodeGroupStatus(ng),
		Primary:     int(g.primary - g.members.first),
		PrimaryName: int(g.primaryName - g.members.first),
		FailingOver: g.failover >= 0,
	}
}

// nodeGroupStatus is the group's status as a node group can have it. Of a change that concerns single node groups only these show
// it.
func (w *World) nodeGroupStatus(ng int32) Status {
	switch status := w.groups[w.nodeGroups[ng].group].status; {
	case status == StatusCreating || status == StatusModifying || status == StatusDeleting:
		return status
	case w.isReplacing(ng):
		return w.top.cfg.StatusDuringFailover
	}
	return StatusAvailable
}

// isReplacing tells whether a node of the node group is being replaced, or has to be.
func (w *World) isReplacing(ng int32) bool {
	g := &w.nodeGroups[ng]
	for n := g.members.first; n < g.members.end(); n++ {
		if w.nodes[n].recovery >= 0 {
			return true
		}
	}
	for i := w.groups[g.group].works.first; i >= 0; i = w.works[i].next {
		if w.works[i].ng == ng {
			return true
		}
	}
	return false
}

// NodeState tells how a node stands now; indices are those of the Config.
func (w *World) NodeState(group, nodeGroup, node int) NodeState {
	index := w.nodeGroups[w.groups[group].nodeGroups.first+int32(nodeGroup)].members.first + int32(node)
	n, facts := &w.nodes[index], &w.top.nodes[index]
	s := NodeState{ID: facts.cfg.ID, Zone: facts.cfg.Zone, Role: n.role, Status: n.status, Condition: w.condition(index)}
	s.NodeType, s.EngineVersion = w.built(&w.top.cfg.Groups[group], n.upgrades)
	return s
}

// condition is the foremost of what keeps the node from serving.
func (w *World) condition(node int32) Condition {
	n := &w.nodes[node]
	group := &w.groups[w.nodeGroups[n.nodeGroup].group]
	switch {
	case n.down&downDead != 0 && w.recoveries[n.recovery].stage == stageStarting:
		return ConditionStarting
	case n.down&downDead != 0 && w.recoveries[n.recovery].stage == stageHeld:
		return ConditionHeld
	case n.down&downDead != 0:
		return ConditionFailed
	case n.down&downCut != 0:
		return ConditionCutOff
	case n.down&downSwapped != 0:
		return ConditionSwapping
	case n.down&downAway != 0:
		return ConditionRebooting
	case n.down&downSyncing != 0 && n.sync.ready == 0:
		return ConditionWaiting
	case n.down&downSyncing != 0:
		return ConditionSyncing
	case n.down&downStatus != 0:
		return ConditionStatus
	case group.halted:
		return ConditionRefusing
	}
	return ConditionAvailable
}

// upgrades are the latest works, of the topology's faults, that changed the node type and the engine version; -1 for none.
type upgrades struct{ nodeType, engineVersion int32 }

// noUpgrades: all is as the Config has it.
var noUpgrades = upgrades{-1, -1}

// note remembers what a work changed.
func (u *upgrades) note(kind FaultKind, fault int32) {
	switch kind {
	case FaultUpgrade:
		u.engineVersion = fault
	case FaultScale:
		u.nodeType = fault
	}
}

// built are the node type and the engine version of what was changed so.
func (w *World) built(group *GroupConfig, u upgrades) (nodeType, engineVersion string) {
	nodeType, engineVersion = group.NodeType, group.EngineVersion
	if u.nodeType >= 0 {
		nodeType = w.top.faultConfig(u.nodeType).Work.NodeType
	}
	if u.engineVersion >= 0 {
		engineVersion = w.top.faultConfig(u.engineVersion).Work.EngineVersion
	}
	return nodeType, engineVersion
}

// workRuns tells whether a work still runs on a node group of the group.
func (w *World) workRuns(group, fault int32) bool {
	for i := w.groups[group].works.first; i >= 0; i = w.works[i].next {
		if w.works[i].fault == fault {
			return true
		}
	}
	return false
}

// QuotaState tells what is left of the quota now.
func (w *World) QuotaState() QuotaState {
	q := &w.quota
	q.expire(w.clock.Now())
	s := QuotaState{Limit: q.cfg.Limit, Used: q.counted, Left: max(0, q.cfg.Limit-q.counted), NextFree: Never}
	for entry := q.front; entry < len(q.ledger); entry++ {
		if q.counts(entry) {
			s.NextFree = q.ledger[entry].at.Add(q.cfg.Window)
			break
		}
	}
	return s
}

// APIBlocked tells whether the service refuses every TestFailover call now.
func (w *World) APIBlocked() bool { return w.blocks > 0 }

// Date is the calendar's instant of a virtual one.
func (w *World) Date(t Time) time.Time { return w.top.cfg.Start.Add(time.Duration(t)) }

// Next is the instant of the next event; ok is false, and the instant Never, where none is left.
func (w *World) Next() (t Time, ok bool) { return w.clock.Peek() }

// Idle tells whether the fleet is whole and at rest: no replacement, modification or planned work runs or waits, no fault lasts, the API is
// not blocked, and no name is on its way to another node.
func (w *World) Idle() bool {
	if w.APIBlocked() {
		return false
	}
	for i := range w.groups {
		if g := &w.groups[i]; g.replacing > 0 || g.halted || g.modification >= 0 {
			return false
		}
	}
	for ng := range w.nodeGroups {
		if g := &w.nodeGroups[ng]; g.naming != 0 || g.failover >= 0 || g.syncs.running > 0 {
			return false
		}
	}
	if len(w.active) > 0 {
		return false
	}
	for n := range w.nodes {
		if w.nodes[n].down&^downStatus != 0 {
			return false
		}
	}
	return true
}

// ServiceEventCount is how many messages there are so far.
func (w *World) ServiceEventCount() int { return len(w.service) }

// ServiceEventAt gives one of them, counted from 0 in the order in which they were sent.
func (w *World) ServiceEventAt(index int) ServiceEvent { return w.serviceEvent(w.service[index]) }

// Replacing tells whether a node of the group is being replaced, or has to be, or planned work runs on it: then TestFailover is refused.
func (w *World) Replacing(group int) bool { return w.groups[group].replacing > 0 }
