package sim

import (
	"math/bits"
	"time"
)

// blame is what a change is put down to.
type blame struct {
	cause    Cause
	campaign int32 // -1 for none
}

// TestFailover plays one call of the API, now: it answers NoViolation when the call is accepted and the failover begins.
// A refused call changes nothing.
func (w *World) TestFailover(groupID, nodeGroupID string) Violation {
	nodeGroup, violation := w.top.lookup(groupID, nodeGroupID)
	return w.call(nodeGroup, violation, -1)
}

func (w *World) callDue(index int32) {
	facts := &w.top.calls[index]
	w.call(facts.nodeGroup, facts.violation, -1)
}

// call answers a call on a node group; violation is what its ids alone break. The campaign is -1 where none calls.
func (w *World) call(ng int32, violation Violation, campaign int32) Violation {
	if violation == NoViolation {
		violation = w.violation(ng)
	}
	w.calls.count(violation)
	record := about(KindTestFailoverCalled)
	record.Campaign, record.Violation = campaign, violation
	if ng >= 0 {
		record.Group, record.NodeGroup = w.nodeGroups[ng].group, ng
	}
	if violation == NoViolation {
		w.accept(ng, blame{CauseTestFailover, campaign})
	}
	w.log(record)
	return violation
}

func (c *CallCount) count(v Violation) {
	c.Made++
	if v == NoViolation {
		c.Accepted++
	} else {
		c.Refused[v]++
	}
}

// accept begins a failover: from here to `Finished recovery` the group is busy.
func (w *World) accept(ng int32, by blame) {
	now := w.clock.Now()
	g := &w.nodeGroups[ng]
	w.quota.take(now, ng)
	w.groups[g.group].replacing++
	f := int32(len(w.failovers))
	g.failover = f
	w.failovers = append(w.failovers, Failover{
		Group: g.group, NodeGroup: ng, Old: g.primary, New: -1, Campaign: by.campaign, Cause: by.cause,
		Accepted: now, CutOff: Never, Promoted: Never, Completed: Never, Propagated: Never,
		RecoveryStarted: Never, Provisioned: Never, Finished: Never,
	})
	w.emit(serviceEvent{message: messageTestFailoverCalled, failover: f})
	w.clock.After(w.draw(ng, phaseAccept, &w.delays(ng).Accept), event{KindPrimaryCutOff, f})
}

// delays are those of the node group's group.
func (w *World) delays(ng int32) *Delays { return &w.top.nodeGroups[ng].group.Delays }

// cutOffPrimary takes the primary from its clients; every replica's lag at this instant decides what is lost.
func (w *World) cutOffPrimary(f int32) {
	fo := &w.failovers[f]
	fo.CutOff = w.clock.Now()
	w.nodes[fo.Old].up = false
	w.drawLags(fo.NodeGroup)
	w.log(w.nodeRecord(KindPrimaryCutOff, fo.Old))
	w.observe(fo.NodeGroup, fo.blame())
	w.clock.After(w.draw(fo.NodeGroup, phasePromotion, &w.delays(fo.NodeGroup).Promotion), event{KindReplicaPromoted, f})
}

// promoteReplica makes the replica with the least lag the primary. Its tail is lost; writes are possible again.
func (w *World) promoteReplica(f int32) {
	fo := &w.failovers[f]
	ng := fo.NodeGroup
	g := &w.nodeGroups[ng]
	fo.Promoted, fo.New = w.clock.Now(), w.leastLagged(ng)
	fo.LostTail = w.nodes[fo.New].lag
	w.nodes[g.primary].role, w.nodes[fo.New].role = RoleReplica, RolePrimary
	g.primary = fo.New
	record := w.nodeRecord(KindReplicaPromoted, fo.New)
	record.Other, record.Span, record.Lost = fo.Old, fo.Promoted.Sub(fo.CutOff), fo.LostTail
	w.log(record)

	delays := w.delays(ng)
	w.clock.Cancel(g.naming)
	if w.top.nodeGroups[ng].named {
		g.naming = w.clock.After(w.draw(ng, phasePropagation, &delays.Propagation), event{KindEndpointMoved, f})
	} else {
		g.primaryName = fo.New
	}
	completed := w.draw(ng, phaseCompletedEvent, &delays.CompletedEvent)
	recovering := w.draw(ng, phaseRecoveryStart, &delays.RecoveryStart)
	w.clock.After(completed, event{KindFailoverCompleted, f})
	w.clock.After(max(recovering, completed), event{KindRecoveryStarted, f}) // the documented order holds for any delays
	w.observe(ng, fo.blame())
}

// completeFailover announces the promotion.
func (w *World) completeFailover(f int32) {
	fo := &w.failovers[f]
	fo.Completed = w.clock.Now()
	w.log(w.nodeRecord(KindFailoverCompleted, fo.New))
	if w.top.cfg.Wording != WordingObserved {
		w.emit(serviceEvent{message: messageNodeFailoverCompleted, failover: f})
	}
	w.emit(serviceEvent{message: messageGroupFailoverCompleted, failover: f})
}

// moveEndpoint changes the records of the primary's and the reader's name; resolvers keep the old answer for a while.
func (w *World) moveEndpoint(f int32) {
	fo := &w.failovers[f]
	fo.Propagated = w.clock.Now()
	w.log(w.nodeRecord(KindEndpointMoved, fo.New))
	ttl := w.delays(fo.NodeGroup).DNSTTL
	stale, _ := bits.Mul64(uint64(ttl), w.bits(fo.NodeGroup, phaseDNSTTL)) // uniform in [0, ttl)
	w.nodeGroups[fo.NodeGroup].naming = w.clock.After(time.Duration(stale), event{KindResolversFollowed, f})
}

// followEndpoint is when the last resolver sees the moved records.
func (w *World) followEndpoint(f int32) {
	fo := &w.failovers[f]
	g := &w.nodeGroups[fo.NodeGroup]
	g.naming = 0
	g.primaryName = fo.New
	g.readerNames = w.readers(fo.NodeGroup)
	w.log(w.nodeRecord(KindResolversFollowed, fo.New))
	w.observe(fo.NodeGroup, fo.blame())
}

// readers are the members to which a fresh record of the reader's name leads: the replicas that are up, or the primary
// where there is none.
func (w *World) readers(ng int32) uint8 {
	g := &w.nodeGroups[ng]
	var replicas uint8
	for i := range g.members.n {
		if n := &w.nodes[g.members.first+i]; n.up && n.role == RoleReplica {
			replicas |= 1 << i
		}
	}
	if replicas == 0 {
		return 1 << (g.primary - g.members.first)
	}
	return replicas
}

// startRecovery begins the replacement of the old primary, in its zone and under its name.
func (w *World) startRecovery(f int32) {
	fo := &w.failovers[f]
	fo.RecoveryStarted = w.clock.Now()
	w.log(w.nodeRecord(KindRecoveryStarted, fo.Old))
	w.emit(serviceEvent{message: messageRecovering, failover: f})
	w.clock.After(w.draw(fo.NodeGroup, phaseProvision, &w.delays(fo.NodeGroup).Provision), event{KindReplacementUp, f})
}

// bringUpReplacement is when the new node runs, empty: it syncs in full from the primary.
func (w *World) bringUpReplacement(f int32) {
	fo := &w.failovers[f]
	fo.Provisioned = w.clock.Now()
	sync := w.fullSync(fo.NodeGroup)
	record := w.nodeRecord(KindReplacementUp, fo.Old)
	record.Span = sync
	w.log(record)
	w.clock.After(sync, event{KindRecoveryFinished, f})
}

// finishRecovery brings the old primary back as a replica; the group is free for the next call.
func (w *World) finishRecovery(f int32) {
	fo := &w.failovers[f]
	g := &w.nodeGroups[fo.NodeGroup]
	fo.Finished = w.clock.Now()
	w.nodes[fo.Old].up = true
	w.groups[g.group].replacing--
	g.failover = -1
	if g.naming == 0 {
		g.readerNames = w.readers(fo.NodeGroup)
	}
	w.log(w.nodeRecord(KindRecoveryFinished, fo.Old))
	w.emit(serviceEvent{message: messageRecoveryFinished, failover: f})
	w.observe(fo.NodeGroup, fo.blame())
	if watcher := g.watcher; watcher >= 0 {
		g.watcher = -1
		w.wakeOperator(watcher, fo)
	}
}

func (f *Failover) blame() blame { return blame{f.Cause, f.Campaign} }

// ShownStatus is the status that Describe shows for the group.
func (w *World) ShownStatus(group int) Status {
	if w.groups[group].replacing > 0 {
		return w.top.cfg.StatusDuringFailover
	}
	return w.groups[group].status
}
