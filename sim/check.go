package sim

import "fmt"

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
	for c := range w.campaigns {
		if err := w.checkCampaign(int32(c)); err != nil {
			return fmt.Errorf("campaign %s: %w", w.top.cfg.Campaigns[c].Name, err)
		}
	}
	if err := w.checkCalls(); err != nil {
		return err
	}
	return w.checkWindows()
}

// checkGroup: at most one node replacement runs in a group, and the group's outage is that of its node groups.
func (w *World) checkGroup(group int32) error {
	g := &w.groups[group]
	var running, unwritable [2]int32
	for ng := g.nodeGroups.first; ng < g.nodeGroups.end(); ng++ {
		if w.nodeGroups[ng].failover >= 0 {
			running[0]++
		}
		impossible := w.impossible(ng)
		for o, v := range [2]view{viewWrite, viewWriteByName} {
			if impossible[v] {
				unwritable[o]++
			}
		}
	}
	if running[0] > 1 || running[0] != g.replacing {
		return fmt.Errorf("%d node replacements run, %d are counted, 1 is allowed", running[0], g.replacing)
	}
	for o := range unwritable {
		if unwritable[o] != g.unwritable[o] || g.windows[o].open != (unwritable[o] > 0) {
			return fmt.Errorf("%d node groups cannot be written, %d are counted, window open: %t", unwritable[o],
				g.unwritable[o], g.windows[o].open)
		}
	}
	return nil
}

// checkNodeGroup: exactly one member is the primary; a member is down exactly while a failover has cut it off or its
// configured status keeps it from serving; windows are open exactly while their access is impossible.
func (w *World) checkNodeGroup(ng int32) error {
	g := &w.nodeGroups[ng]
	for i := g.members.first; i < g.members.end(); i++ {
		n := &w.nodes[i]
		if (n.role == RolePrimary) != (i == g.primary) {
			return fmt.Errorf("node %s has role %d, the primary is node %d", w.top.nodes[i].cfg.ID, n.role, g.primary)
		}
		cutOff := g.failover >= 0 && w.failovers[g.failover].Old == i && w.failovers[g.failover].CutOff != Never
		if n.up != (n.status.serves() && !cutOff) {
			return fmt.Errorf("node %s: up is %t, status %v, cut off %t", w.top.nodes[i].cfg.ID, n.up, n.status, cutOff)
		}
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

// checkFailover: the phases follow each other in the documented order, and one that is over has all of them.
func (w *World) checkFailover(f *Failover) error {
	phases := [...]Time{f.Accepted, f.CutOff, f.Promoted, f.Completed, f.RecoveryStarted, f.Provisioned, f.Finished}
	for i := 1; i < len(phases); i++ {
		if phases[i] < phases[i-1] {
			return fmt.Errorf("its phases are out of order: %v", phases)
		}
		if phases[i] != Never && phases[i] > w.clock.Now() {
			return fmt.Errorf("a phase lies in the future: %v", phases)
		}
	}
	if (f.Promoted != Never) != (f.New >= 0) || f.New == f.Old || f.LostTail < 0 {
		return fmt.Errorf("promoted at %v: node %d after node %d, lost tail %v", f.Promoted, f.New, f.Old, f.LostTail)
	}
	running := w.nodeGroups[f.NodeGroup].failover
	if f.Finished == Never && (running < 0 || &w.failovers[running] != f) {
		return fmt.Errorf("it is not over, but its node group does not know it")
	}
	return nil
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
	if w.calls.Made != w.calls.Accepted+refused || w.calls.Accepted != int64(len(w.failovers)) {
		return fmt.Errorf("calls %+v, failovers %d", w.calls, len(w.failovers))
	}
	q := &w.top.cfg.Quota
	since := w.clock.Now().Add(-q.Window)
	counted, before := 0, 0
	seen := map[int32]bool{}
	for i := range w.failovers {
		f := &w.failovers[i]
		if f.Accepted > since && (!q.Distinct || !seen[f.NodeGroup]) {
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
