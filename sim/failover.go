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
	w.last = w.clock.Now()
	nodeGroup, violation := w.top.lookup(groupID, nodeGroupID)
	return w.call(nodeGroup, violation, -1)
}

func (w *World) callDue(index int32) {
	switch c := &w.top.cfg.Calls[index]; c.Action {
	case ActionReboot:
		w.callReboot(c.Node)
	case ActionModify:
		w.callModify(c.Group, &c.Modify)
	default:
		facts := &w.top.calls[index]
		w.call(facts.nodeGroup, facts.violation, -1)
	}
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
	w.quota.take(now, ng)
	f := w.beginFailover(ng, by)
	fo := &w.failovers[f]
	fo.Accepted = now
	w.emit(serviceEvent{message: messageTestFailoverCalled, subject: ng})
	fo.pending = w.clock.After(w.draw(ng, phaseAccept, &w.delays(ng).Accept), event{KindPrimaryCutOff, f})
}

// beginFailover opens a failover of the node group's primary, and the recovery of that node if there is none yet.
func (w *World) beginFailover(ng int32, by blame) int32 {
	g := &w.nodeGroups[ng]
	r := w.nodes[g.primary].recovery
	if r < 0 {
		r = w.openRecovery(g.primary, by)
	}
	f := int32(len(w.failovers))
	g.failover = f
	w.failovers = append(w.failovers, failover{recovery: r, asks: Never, rival: Never, Failover: Failover{
		Group: g.group, NodeGroup: ng, Old: g.primary, New: -1, Campaign: by.campaign, Cause: by.cause,
		Accepted: Never, CutOff: Never, Known: Never, Promoted: Never, Abandoned: Never, Completed: Never, Propagated: Never,
		RecoveryStarted: Never, Provisioned: Never, Finished: Never,
	}})
	return f
}

// delays are those of the node group's group.
func (w *World) delays(ng int32) *Delays { return &w.top.nodeGroups[ng].group.Delays }

// cutOffPrimary takes the primary from its clients; every replica's lag at this instant decides what is lost.
func (w *World) cutOffPrimary(f int32) {
	fo := &w.failovers[f]
	fo.CutOff = w.clock.Now()
	w.lose(fo.Old)
	w.log(w.nodeRecord(KindPrimaryCutOff, fo.Old))
	w.observe(fo.NodeGroup, fo.blame())
	w.weighMajority(fo.Group)
	fo.pending = w.clock.After(w.draw(fo.NodeGroup, phasePromotion, &w.delays(fo.NodeGroup).Promotion), event{KindReplicaPromoted, f})
}

// promoteReplica makes a replica the primary. Its tail is lost; writes are possible again. Where no
// replica is up the failover waits for one, or for the old primary's replacement. Where the engine elects, the votes come first.
func (w *World) promoteReplica(f int32) {
	fo := &w.failovers[f]
	ng := fo.NodeGroup
	best := w.chosen(f)
	if best < 0 {
		w.awaitReplica(f)
		return
	}
	if fo.asks != Never && !w.countVotes(f) {
		return
	}
	g := &w.nodeGroups[ng]
	fo.Promoted, fo.New, fo.waiting, fo.pending, fo.asks = w.clock.Now(), best, false, 0, Never
	recovering := w.untilRecovery(ng)
	w.dropTail(f)
	w.swapRoles(ng, best)
	g.failover = -1
	record := w.nodeRecord(KindReplicaPromoted, fo.New)
	record.Other, record.Span, record.Lost, record.Halted = fo.Old, fo.Promoted.Sub(fo.CutOff), fo.LostTail, w.groups[fo.Group].halted
	w.log(record)

	delays := w.delays(ng)
	w.moveNames(ng, event{KindEndpointMoved, f})
	completed := w.draw(ng, phaseCompletedEvent, &delays.CompletedEvent)
	w.clock.After(completed, event{KindFailoverCompleted, f})
	w.replaceAfter(fo.recovery, max(recovering, completed)) // the documented order holds for any delays
	w.settleBacklog(best)
	w.followStream(ng, w.nodes[best].backlog)
	w.followPromoted(ng)
	w.observe(ng, fo.blame())
	w.weighMajority(fo.Group)
	w.release(f)
	w.resumeWork(span{ng, 1})
}

// followPromoted lets the other members follow a new primary.
func (w *World) followPromoted(ng int32) {
	w.seekAgain(ng)
	if w.top.nodeGroups[ng].group.Replication.FullAfterPromotion {
		w.resyncReplicas(ng)
	}
}

// swapRoles makes another member the primary.
func (w *World) swapRoles(ng, to int32) {
	g := &w.nodeGroups[ng]
	old := &w.nodes[g.primary]
	old.role, w.nodes[to].role = RoleReplica, RolePrimary
	old.stale, w.nodes[to].stale = !old.empty && old.down&downCut != 0, false
	g.primary = to
}

// moveNames begins the change of the names that lead to the node group; the event is when their records have it.
func (w *World) moveNames(ng int32, moved event) {
	g := &w.nodeGroups[ng]
	w.clock.Cancel(g.naming)
	if w.top.nodeGroups[ng].named {
		g.naming = w.clock.After(w.draw(ng, phasePropagation, &w.delays(ng).Propagation), moved)
	} else {
		g.primaryName = g.primary
	}
}

// awaitReplica leaves the failover open until a replica can be promoted; meanwhile the old primary is replaced. One that was not there to stand for
// election is the control plane's.
func (w *World) awaitReplica(f int32) {
	fo := &w.failovers[f]
	fo.waiting, fo.pending, fo.asks = true, 0, Never
	if w.leastLagged(fo.NodeGroup) < 0 {
		w.log(w.nodeRecord(KindNoReplica, fo.Old))
	}
	w.replaceAfter(fo.recovery, w.untilRecovery(fo.NodeGroup))
	w.seekAgain(fo.NodeGroup)
	w.release(f)
	w.takeWaiting(f)
}

// abandonFailover ends a failover in which nothing was promoted.
func (w *World) abandonFailover(ng int32) {
	g := &w.nodeGroups[ng]
	fo := &w.failovers[g.failover]
	w.clock.Cancel(fo.pending)
	fo.pending, fo.waiting, fo.Abandoned = 0, false, w.clock.Now()
	g.failover = -1
	w.log(w.nodeRecord(KindFailoverAbandoned, fo.Old))
}

// completeFailover announces the promotion.
func (w *World) completeFailover(f int32) {
	fo := &w.failovers[f]
	fo.Completed = w.clock.Now()
	w.log(w.nodeRecord(KindFailoverCompleted, fo.New))
	if w.top.cfg.Wording != WordingObserved {
		w.emit(serviceEvent{message: messageNodeFailoverCompleted, subject: f})
	}
	w.emit(serviceEvent{message: messageGroupFailoverCompleted, subject: f})
}

// moveEndpoint is when the names lead to the promoted replica.
func (w *World) moveEndpoint(f int32) {
	fo := &w.failovers[f]
	fo.Propagated = w.clock.Now()
	w.changeRecords(fo.NodeGroup, event{KindResolversFollowed, f})
}

// changeRecords changes the records of the primary's and the reader's name. Resolvers keep the old answer for a while; the event is
// when the last of them follows.
func (w *World) changeRecords(ng int32, followed event) {
	g := &w.nodeGroups[ng]
	w.log(w.nodeRecord(KindEndpointMoved, g.primary))
	stale, _ := bits.Mul64(uint64(w.delays(ng).DNSTTL), w.bits(ng, phaseDNSTTL)) // uniform in [0, ttl)
	g.naming = w.clock.After(time.Duration(stale), followed)
}

// followRecords is when the last resolver sees the changed records.
func (w *World) followRecords(ng int32, by blame) {
	g := &w.nodeGroups[ng]
	g.naming = 0
	g.primaryName = g.primary
	g.readerNames = w.readers(ng)
	w.log(w.nodeRecord(KindResolversFollowed, g.primary))
	w.observe(ng, by)
}

// updateReaders changes the reader's record, unless a move of the names is under way that will.
func (w *World) updateReaders(ng int32) {
	if g := &w.nodeGroups[ng]; g.naming == 0 {
		g.readerNames = w.readers(ng)
	}
}

// readers are the members to which a fresh record of the reader's name leads: the replicas that are up, or the primary
// where there is none.
func (w *World) readers(ng int32) uint8 {
	g := &w.nodeGroups[ng]
	var replicas uint8
	for i := range g.members.n {
		if n := &w.nodes[g.members.first+i]; n.up() && n.role == RoleReplica {
			replicas |= 1 << i
		}
	}
	if replicas == 0 {
		return 1 << (g.primary - g.members.first)
	}
	return replicas
}

func (f *Failover) blame() blame { return blame{f.Cause, f.Campaign} }

// ShownStatus is the status that Describe shows for the group: its own, unless that is available and a node is being replaced.
func (w *World) ShownStatus(group int) Status {
	g := &w.groups[group]
	if g.status == StatusAvailable && g.replacing > 0 {
		return w.top.cfg.StatusDuringFailover
	}
	return g.status
}
