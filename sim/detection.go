package sim

import "time"

// respond begins what the service does about a node that was just lost or cut off: somebody has to notice, and then promote
// or replace.
func (w *World) respond(node int32, by blame) {
	n := &w.nodes[node]
	ng := n.nodeGroup
	g := &w.nodeGroups[ng]
	r := n.recovery
	if r < 0 {
		r = w.openRecovery(node, by)
	}
	rec := &w.recoveries[r]
	w.clock.Cancel(rec.pending)
	rec.stage, rec.pending = stageUnknown, 0
	rec.Cause = by.cause // what follows is put down to the latest trouble

	noticed := Never
	if g.primary == node && w.mayPromote(ng) {
		if g.failover < 0 {
			w.beginFailover(ng, by)
		}
		noticed = w.lossOfPrimary(g.failover, by)
	}
	if noticed == Never {
		noticed = w.clock.Now().Add(w.untilDetection(ng))
	}
	w.recoveries[r].pending = w.clock.At(noticed, event{KindFailureKnown, r})
	w.observe(ng, by)
	if g.primary == node {
		w.weighMajority(g.group)
	}
}

// mayPromote tells whether the service may make a replica of the node group its primary.
func (w *World) mayPromote(ng int32) bool {
	facts := &w.top.nodeGroups[ng]
	return w.groups[w.nodeGroups[ng].group].automaticFailover && facts.replicas > 0
}

// lossOfPrimary settles who will promote a replica: the engine's own election, and when its majority takes the primary for
// failed; or the control plane: Never.
func (w *World) lossOfPrimary(f int32, by blame) Time {
	fo := &w.failovers[f]
	w.clock.Cancel(fo.pending)
	fo.pending, fo.waiting, fo.asks = 0, false, Never
	if fo.CutOff == Never {
		fo.CutOff = w.clock.Now()
	}
	fo.Cause = by.cause
	lost, size := w.voters(fo.Group)
	e := w.top.elections[fo.Group]
	fo.elects = e != nil && w.top.nodeGroups[fo.NodeGroup].votes && electable(lost, size)
	if !fo.elects {
		return Never
	}
	return w.clock.Now().Add(e.failedAfter(w.bits(fo.NodeGroup, phaseElection), lost))
}

// learnOfFailure is when somebody who can act takes the node for failed.
func (w *World) learnOfFailure(r int32) {
	rec := &w.recoveries[r]
	f := w.nodeGroups[rec.NodeGroup].failover
	failsOver := f >= 0 && w.failovers[f].Old == rec.Node
	if failsOver && w.lacksMajority(f) {
		rec.pending = w.clock.At(max(w.clock.Now(), w.noticedByService(f)), event{KindFailureKnown, r})
		return
	}
	rec.pending, rec.Known = 0, w.clock.Now()
	w.log(w.nodeRecord(KindFailureKnown, rec.Node))
	w.updateReaders(rec.NodeGroup)
	w.observe(rec.NodeGroup, rec.blame())
	if failsOver {
		w.promoteSoon(f)
		return
	}
	w.replaceAfter(r, w.untilRecovery(rec.NodeGroup))
	w.seekAgain(rec.NodeGroup)
}

// lacksMajority tells whether the engine was to take the failover's primary for failed, and has lost the majority for it meanwhile. Then the
// control plane has to.
func (w *World) lacksMajority(f int32) bool {
	fo := &w.failovers[f]
	lost, size := w.voters(fo.Group)
	if !fo.elects || electable(lost, size) {
		return false
	}
	fo.elects = false
	return true
}

// noticedByService is when the control plane notices the failover's primary, as if nobody else had.
func (w *World) noticedByService(f int32) Time {
	return w.failovers[f].CutOff.Add(w.untilDetection(w.failovers[f].NodeGroup))
}

// promoteSoon schedules the promotion, now that the primary is known to be lost.
func (w *World) promoteSoon(f int32) {
	w.failovers[f].Known = w.clock.Now()
	w.promoteAfter(f, 0)
}

// promoteAfter schedules the promotion, for which the engine tries again after that wait. Where the engine would elect but has lost its
// majority meanwhile, or its replicas their validity, the control plane steps in: it too has to notice first.
func (w *World) promoteAfter(f int32, wait time.Duration) {
	fo := &w.failovers[f]
	ng := fo.NodeGroup
	now := w.clock.Now()
	lost, size := w.voters(fo.Group)
	var after time.Duration
	switch {
	case fo.elects && electable(lost, size) && eligible(now.Add(wait).Sub(fo.CutOff), w.top.cfg.Groups[fo.Group].NodeTimeout):
		after = wait + w.stand(f, wait)
	case fo.elects:
		fo.elects = false
		after = max(0, w.noticedByService(f).Sub(now)) + w.untilTakeover(ng)
	default:
		after = w.untilTakeover(ng)
	}
	fo.pending = w.clock.After(after, event{KindReplicaPromoted, f})
}

// voters counts the primaries with a vote in the group's elections, and those of them that are out of reach.
func (w *World) voters(group int32) (lost, size int) {
	return w.countVoters(group, func(n *Node) bool { return n.down&(downDead|downCut|downSyncing) != 0 })
}

// countVoters counts the primaries with a vote, and those of them that are as asked.
func (w *World) countVoters(group int32, asked func(*Node) bool) (such, size int) {
	g := &w.groups[group]
	for ng := g.nodeGroups.first; ng < g.nodeGroups.end(); ng++ {
		if !w.top.nodeGroups[ng].votes {
			continue
		}
		size++
		if asked(&w.nodes[w.nodeGroups[ng].primary]) {
			such++
		}
	}
	return such, size
}

// electable tells whether the primaries that are left are a majority, size/2+1, of all that own slots. Without the one that
// failed, one or two shards never have it.
func electable(lost, size int) bool { return size-lost >= size/2+1 }

// weighMajority lets a group's engine halt or go on, as a majority of its primaries is out of reach or back. A primary
// without a majority stops serving clients (redis, valkey: clusterUpdateState).
func (w *World) weighMajority(group int32) {
	if w.top.elections[group] == nil {
		return
	}
	lost, size := w.voters(group)
	g := &w.groups[group]
	halt := !electable(lost, size)
	if halt == g.halted {
		w.clock.Cancel(g.halting)
		g.halting = 0
		return
	}
	if g.halting != 0 {
		return
	}
	if halt {
		g.halting = w.clock.After(w.untilHalt(group), event{KindMajorityLost, group})
	} else {
		g.halting = w.clock.After(rejoinDelay(w.top.cfg.Groups[group].NodeTimeout), event{KindMajorityBack, group})
	}
}

// untilHalt is how long a primary takes to notice that a majority is out of its reach.
func (w *World) untilHalt(group int32) time.Duration {
	return w.top.elections[group].haltedAfter(w.bits(w.groups[group].nodeGroups.first, phaseElection))
}

// rejoinDelay is how long a primary that sees a majority again goes on refusing writes: the node timeout, between 500 ms and
// 5 s (redis, valkey: clusterUpdateState).
func rejoinDelay(timeout time.Duration) time.Duration {
	return min(max(timeout, 500*time.Millisecond), 5*time.Second)
}

func (w *World) haltGroup(group int32)   { w.setHalted(group, true, KindMajorityLost) }
func (w *World) resumeGroup(group int32) { w.setHalted(group, false, KindMajorityBack) }

func (w *World) setHalted(group int32, halted bool, kind Kind) {
	g := &w.groups[group]
	g.halted, g.halting = halted, 0
	record := about(kind)
	record.Group = group
	w.log(record)
	by := w.haltBlame(group)
	for ng := g.nodeGroups.first; ng < g.nodeGroups.end(); ng++ {
		w.observe(ng, by)
	}
}

// haltBlame is what took the majority: the cause of a failover in progress, or else of the recovery of a primary for which nothing
// can be promoted.
func (w *World) haltBlame(group int32) blame {
	g := &w.groups[group]
	by := blame{CauseNodeStatus, -1}
	for ng := g.nodeGroups.first; ng < g.nodeGroups.end(); ng++ {
		if r := w.nodes[w.nodeGroups[ng].primary].recovery; r >= 0 {
			by = w.recoveries[r].blame()
		}
	}
	for ng := g.nodeGroups.first; ng < g.nodeGroups.end(); ng++ {
		if f := w.nodeGroups[ng].failover; f >= 0 {
			by = w.failovers[f].blame()
		}
	}
	return by
}
