package sim

import (
	"fmt"
	"slices"
)

// Check verifies the invariants of the World between two events. Each is stated from the failovers and the configuration,
// not from the bookkeeping that it checks.
func (w *World) Check() error {
	for g := range w.groups {
		if err := w.checkGroup(int32(g)); err != nil {
			return fmt.Errorf("group %s: %w", w.top.cfg.Groups[g].ID, err)
		}
	}
	for ng := range w.nodeGroups {
		if err := w.checkNodeGroup(int32(ng)); err != nil {
			facts := w.top.nodeGroups[ng]
			return fmt.Errorf("node group %s/%s: %w", facts.group.ID, facts.cfg.ID, err)
		}
	}
	for f := range w.failovers {
		if err := w.checkFailover(&w.failovers[f]); err != nil {
			return fmt.Errorf("failover %d: %w", f, err)
		}
	}
	for r := range w.recoveries {
		if err := w.checkRecovery(&w.recoveries[r]); err != nil {
			return fmt.Errorf("recovery %d: %w", r, err)
		}
	}
	for c := range w.campaigns {
		if err := w.checkCampaign(int32(c)); err != nil {
			return fmt.Errorf("campaign %s: %w", w.top.cfg.Campaigns[c].Name, err)
		}
	}
	for p := range w.processes {
		if state := &w.processes[p]; state.waiting && w.nodes[state.node].recovery < 0 {
			return fmt.Errorf("process %d waits for node %s, which is back", p, w.top.nodes[state.node].cfg.ID)
		}
	}
	if err := w.checkCalls(); err != nil {
		return err
	}
	if err := w.checkIncidents(); err != nil {
		return err
	}
	return w.checkWindows()
}

// checkIncidents: those that last are listed, each where it says, and a zone that is cut off has nobody in reach.
func (w *World) checkIncidents() error {
	lasting := 0
	for i := range w.incidents {
		if in := &w.incidents[i]; in.active {
			lasting++
			if int(in.place) >= len(w.active) || w.active[in.place] != int32(i) {
				return fmt.Errorf("incident %d lasts, and stands at %d of %v", i, in.place, w.active)
			}
		}
	}
	if lasting != len(w.active) {
		return fmt.Errorf("%d incidents last, %d are listed", lasting, len(w.active))
	}
	for _, index := range w.active {
		in := &w.incidents[index]
		if in.kind != FaultPartition || !w.zonal(in) {
			continue
		}
		for _, node := range w.struck(in) {
			if w.nodes[node].down&(downCut|downDead) == 0 {
				return fmt.Errorf("node %s is in reach, and its zone is cut off", w.top.nodes[node].cfg.ID)
			}
		}
	}
	return nil
}

// checkGroup: the replacements and the planned work in a group are counted, its works are listed, and the group's outage is that of its
// node groups.
func (w *World) checkGroup(group int32) error {
	g := &w.groups[group]
	var running int32
	var unwritable [2]int32
	for i := range w.recoveries {
		if r := &w.recoveries[i]; r.Group == group && r.stage != stageOver {
			running++
		}
	}
	listed := g.works.first
	for i := range w.works {
		if wk := &w.works[i]; w.nodeGroups[wk.ng].group == group && !wk.over {
			running++
			if listed != int32(i) {
				return fmt.Errorf("work %d runs, and the list has %d", i, listed)
			}
			listed = wk.next
		}
	}
	if listed >= 0 {
		return fmt.Errorf("work %d is listed, and is over", listed)
	}
	if g.works == noWorks && slices.ContainsFunc(w.held, func(fault int32) bool { return w.workedOn(fault) == group }) {
		return fmt.Errorf("work waits for other work, and none is in progress")
	}
	for ng := g.nodeGroups.first; ng < g.nodeGroups.end(); ng++ {
		impossible := w.impossible(ng)
		for o, v := range [2]view{viewWrite, viewWriteByName} {
			if impossible[v] {
				unwritable[o]++
			}
		}
	}
	if running != g.replacing {
		return fmt.Errorf("%d node replacements run, %d are counted", running, g.replacing)
	}
	for o := range unwritable {
		if unwritable[o] != g.unwritable[o] || g.windows[o].open != (unwritable[o] > 0) {
			return fmt.Errorf("%d node groups cannot be written, %d are counted, window open: %t", unwritable[o],
				g.unwritable[o], g.windows[o].open)
		}
	}
	return nil
}

// checkNodeGroup: exactly one member is the primary; a member is dead exactly while its replacement has not come up; windows
// are open exactly while their access is impossible.
func (w *World) checkNodeGroup(ng int32) error {
	g := &w.nodeGroups[ng]
	var running int32
	for i := g.members.first; i < g.members.end(); i++ {
		n := &w.nodes[i]
		if (n.role == RolePrimary) != (i == g.primary) {
			return fmt.Errorf("node %s has role %d, the primary is node %d", w.top.nodes[i].cfg.ID, n.role, g.primary)
		}
		if err := w.checkNode(i); err != nil {
			return fmt.Errorf("node %s: %w", w.top.nodes[i].cfg.ID, err)
		}
		if n.sync.ready != 0 {
			running++
		}
	}
	if running != g.syncs.running {
		return fmt.Errorf("%d nodes copy, %d are counted", running, g.syncs.running)
	}
	impossible := w.impossible(ng)
	for v := range numViews {
		if g.windows[v].open != impossible[v] {
			return fmt.Errorf("view %d: window open is %t, impossible is %t", v, g.windows[v].open, impossible[v])
		}
	}
	if impossible[viewWrite] && !impossible[viewWriteByName] || impossible[viewRead] && !impossible[viewReadByName] {
		return fmt.Errorf("the service refuses what its endpoint still reaches: %v", impossible)
	}
	return nil
}

// checkNode: a node that serves has its data; one that is dead or copies is being replaced or catches up; and whoever is out of
// reach copies nothing.
func (w *World) checkNode(node int32) error {
	n := &w.nodes[node]
	dead, syncing := n.down&downDead != 0, n.down&downSyncing != 0
	switch {
	case n.up() && n.empty:
		return fmt.Errorf("it serves without data")
	case dead && (n.recovery < 0 || !n.empty || syncing):
		return fmt.Errorf("it is dead: recovery %d, empty %t, syncing %t", n.recovery, n.empty, syncing)
	case n.sync.ready != 0 && (!syncing || n.down&downCut != 0):
		return fmt.Errorf("it copies, and is down for %b", n.down)
	case (n.down&downStatus != 0) != !n.status.Serves():
		return fmt.Errorf("its status is %v, it is down for %b", n.status, n.down)
	case n.awaits() && !w.electionDue(node):
		return fmt.Errorf("it is cut off by nothing, and awaits no election")
	case n.blocks < 0:
		return fmt.Errorf("its place is blocked %d times", n.blocks)
	case n.recovery >= 0 && w.recoveries[n.recovery].stage == stageOver:
		return fmt.Errorf("its recovery is over")
	}
	return w.checkData(node)
}

// checkData: a node copies only from one that is there; it waits for data only while that is out of its reach, but not gone for good; and one
// keeps stale data only while it has no primary to copy from.
func (w *World) checkData(node int32) error {
	n := &w.nodes[node]
	g := &w.nodeGroups[n.nodeGroup]
	switch {
	case n.sync.ready != 0 && n.sync.from >= 0 && w.nodes[n.sync.from].down&downLost != 0:
		return fmt.Errorf("it copies from node %d, which is lost", n.sync.from)
	case n.waits() && w.sourceFor(node) != fromNobody:
		return fmt.Errorf("it waits for data, and could copy it")
	case n.waits() && !w.anyData(n.nodeGroup) && (g.primary == node || g.failover >= 0 && n.status.Serves()):
		return fmt.Errorf("it waits for data that nobody has")
	case n.stale && (n.empty || g.primary == node || n.up() && w.nodes[g.primary].up()):
		return fmt.Errorf("its data is stale: empty %t, up %t, the primary is node %d", n.empty, n.up(), g.primary)
	}
	return nil
}

// checkFailover: the phases follow each other in the documented order, one that was promoted or abandoned is over, and every
// other is the one in progress of its node group, and goes on.
func (w *World) checkFailover(f *failover) error {
	r := &w.recoveries[f.recovery]
	phases := [...]Time{f.CutOff, f.Promoted, f.Completed}
	for i := range phases {
		if i > 0 && phases[i] < phases[i-1] || phases[i] != Never && phases[i] > w.clock.Now() {
			return fmt.Errorf("its phases are out of order: %v", phases)
		}
	}
	if f.Accepted != Never && f.CutOff < f.Accepted {
		return fmt.Errorf("accepted at %v, cut off at %v", f.Accepted, f.CutOff)
	}
	if (f.Promoted != Never) != (f.New >= 0) || f.New == f.Old || f.LostTail < 0 || f.Promoted != Never && f.Abandoned != Never {
		return fmt.Errorf("promoted at %v: node %d after node %d, lost tail %v", f.Promoted, f.New, f.Old, f.LostTail)
	}
	running := w.nodeGroups[f.NodeGroup].failover
	if over := f.Promoted != Never || f.Abandoned != Never; over == (running >= 0 && &w.failovers[running] == f) {
		return fmt.Errorf("it is over: %t, and its node group thinks otherwise", over)
	}
	if r.Node != f.Old {
		return fmt.Errorf("it replaces node %d, the old primary is node %d", r.Node, f.Old)
	}
	if running < 0 || &w.failovers[running] != f {
		return nil
	}
	return w.checkWaiting(f)
}

// checkWaiting: a failover in progress waits for an event, or for a replica while none is up.
func (w *World) checkWaiting(f *failover) error {
	switch {
	case f.waiting && w.leastLagged(f.NodeGroup) >= 0:
		return fmt.Errorf("it waits for a replica, and one is up")
	case !f.waiting && !w.clock.Pending(f.pending) && !w.clock.Pending(w.recoveries[f.recovery].pending):
		return fmt.Errorf("it waits for nothing")
	}
	return nil
}

// checkRecovery: its stages follow each other, and one that is not over is its node's, and goes on.
func (w *World) checkRecovery(r *recovery) error {
	stages := [...]Time{r.Began, r.Started, r.Provisioned, r.Finished}
	for i := range stages {
		if i > 0 && stages[i] < stages[i-1] || stages[i] != Never && stages[i] > w.clock.Now() {
			return fmt.Errorf("its stages are out of order: %v", stages)
		}
	}
	own := w.nodes[r.Node].recovery
	if over := r.stage == stageOver; over == (own >= 0 && &w.recoveries[own] == r) || over != (r.Finished != Never || r.Cancelled != Never) {
		return fmt.Errorf("its stage is %d, finished %v, cancelled %v; its node has %d", r.stage, r.Finished, r.Cancelled, own)
	}
	if w.stuck(r) {
		return fmt.Errorf("its stage is %d, and nothing takes it further", r.stage)
	}
	return nil
}

// stuck tells whether a recovery waits for an event that will not come; checkData has those that copy.
func (w *World) stuck(r *recovery) bool {
	switch r.stage {
	case stageUnknown:
		f := w.nodeGroups[r.NodeGroup].failover
		promoting := f >= 0 && w.failovers[f].Old == r.Node && w.clock.Pending(w.failovers[f].pending)
		return !promoting && !w.clock.Pending(r.pending)
	case stageReady, stageStarting:
		return !w.clock.Pending(r.pending)
	case stageHeld:
		return w.nodes[r.Node].blocks == 0
	}
	return false
}

// checkCampaign: no more is covered than was accepted, and lanes wait only for failovers of their campaign.
func (w *World) checkCampaign(c int32) error {
	state, facts := &w.campaigns[c], &w.top.campaigns[c]
	if state.covered > state.calls.Accepted || state.covered > facts.targets {
		return fmt.Errorf("%d covered of %d accepted calls and %d targets", state.covered, state.calls.Accepted, facts.targets)
	}
	var busy int32
	for l := facts.lanes.first; l < facts.lanes.end(); l++ {
		lane := &w.lanes[l]
		if lane.member >= 0 {
			busy++
		}
		if lane.failover >= 0 && w.failovers[lane.failover].Campaign != c {
			return fmt.Errorf("lane %d waits for failover %d of campaign %d", l, lane.failover, w.failovers[lane.failover].Campaign)
		}
	}
	if busy != state.busy || state.ended && busy > 0 {
		return fmt.Errorf("%d lanes are busy, %d are counted, ended: %t", busy, state.busy, state.ended)
	}
	return nil
}

// checkCalls: every call is accepted or refused once, every accepted one began a failover, and no window of the quota
// holds more than its limit.
func (w *World) checkCalls() error {
	var refused int64
	for _, n := range w.calls.Refused {
		refused += n
	}
	var called int64
	for i := range w.failovers {
		if w.failovers[i].Accepted != Never {
			called++
		}
	}
	if w.calls.Made != w.calls.Accepted+refused || w.calls.Accepted != called {
		return fmt.Errorf("calls %+v, failovers after calls %d", w.calls, called)
	}
	q := &w.top.cfg.Quota
	since := w.clock.Now().Add(-q.Window)
	counted, before := 0, 0
	seen := map[int32]bool{}
	for i := range w.failovers {
		f := &w.failovers[i]
		if f.Accepted != Never && f.Accepted > since && (!q.Distinct || !seen[f.NodeGroup]) {
			seen[f.NodeGroup] = true
			counted++
		}
	}
	for _, at := range q.AlreadyUsed {
		if at > since {
			before++
		}
	}
	if counted > 0 && counted+before > max(q.Limit, before) {
		return fmt.Errorf("%d calls in the quota's window and %d from before the trial, %d are allowed", counted, before, q.Limit)
	}
	return nil
}

// checkWindows: windows are not reversed, none lies in the future, and those of one slot do not overlap.
func (w *World) checkWindows() error {
	now := w.clock.Now()
	for i, window := range w.windows {
		if window.From > now || window.To < window.From || window.To > now && window.To != Never {
			return fmt.Errorf("window %d at %v: %+v", i, now, window)
		}
	}
	return nil
}
