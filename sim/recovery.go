package sim

import "time"

// stage is how far a Recovery has come.
type stage uint8

const (
	stageUnknown  stage = iota // nobody knows yet that the node failed, or an accepted call has not promoted a replica
	stageReady                 // begins soon
	stageHeld                  // its place is blocked: the zone is lost, or has no capacity
	stageStarting              // the new node starts
	stageSyncing               // the new node waits for a node to copy from, or copies
	stageOver
)

// openRecovery opens the replacement of a node.
func (w *World) openRecovery(node int32, by blame) int32 {
	n := &w.nodes[node]
	group := w.nodeGroups[n.nodeGroup].group
	r := int32(len(w.recoveries))
	n.recovery = r
	w.groups[group].replacing++
	w.recoveries = append(w.recoveries, recovery{watcher: -1, Recovery: Recovery{
		Group: group, NodeGroup: n.nodeGroup, Node: node, Campaign: by.campaign, Cause: by.cause,
		Began: w.clock.Now(), Known: Never, Started: Never, Provisioned: Never, Finished: Never, Cancelled: Never,
	}})
	return r
}

func (r *Recovery) blame() blame { return blame{r.Cause, r.Campaign} }

// lose takes a node's process and data. It answers false where there was none left to lose.
func (w *World) lose(node int32) bool {
	n := &w.nodes[node]
	if n.down&downDead != 0 {
		return false
	}
	w.endAlone(node)
	w.noteAlone(node)
	w.detach(node)
	w.clock.Cancel(n.rebooted)
	n.rebooted = 0
	awaited := n.awaits()
	n.down = n.down&(downStatus|downCut) | downDead
	if awaited {
		n.down &^= downCut
	}
	n.empty, n.stale = true, false
	return true
}

// detach ends what the node gives to the others and takes from them: it is about to be out of reach. Lags count from here
// where it is the primary.
func (w *World) detach(node int32) {
	n := &w.nodes[node]
	w.stopSync(node)
	w.haltSyncs(node)
	w.settleBacklog(node)
	if w.nodeGroups[n.nodeGroup].primary == node && n.down&downLost == 0 {
		w.drawLags(n.nodeGroup)
	}
}

// replaceAfter lets the recovery start after the delay, if that has not been settled before.
func (w *World) replaceAfter(r int32, delay time.Duration) {
	rec := &w.recoveries[r]
	if rec.stage == stageUnknown {
		rec.stage = stageReady
		rec.pending = w.clock.After(delay, event{KindRecoveryStarted, r})
	}
}

// startRecovery begins the replacement of a node, in its zone and under its name, or waits until that is possible there.
func (w *World) startRecovery(r int32) {
	rec := &w.recoveries[r]
	if w.nodes[rec.Node].blocks > 0 {
		rec.stage, rec.pending = stageHeld, 0
		w.log(w.nodeRecord(KindRecoveryHeld, rec.Node))
		return
	}
	if rec.Started == Never {
		rec.Started = w.clock.Now()
	}
	rec.stage = stageStarting
	given := w.lose(rec.Node) // one that was only cut off is given up
	w.log(w.nodeRecord(KindRecoveryStarted, rec.Node))
	w.emit(serviceEvent{message: messageRecovering, subject: rec.Node})
	provision := w.control(w.draw(rec.NodeGroup, phaseProvision, &w.delays(rec.NodeGroup).Provision))
	rec.pending = w.clock.After(provision, event{KindReplacementUp, r})
	if given {
		w.seekAgain(rec.NodeGroup)
	}
}

// bringUpReplacement is when the new node runs, empty.
func (w *World) bringUpReplacement(r int32) {
	rec := &w.recoveries[r]
	rec.stage, rec.pending, rec.Provisioned = stageSyncing, 0, w.clock.Now()
	n := &w.nodes[rec.Node]
	n.cuts, n.firstCut = 0, int32(len(w.incidents)) // another machine
	n.down = n.down&downStatus | downSyncing
	record := w.nodeRecord(KindReplacementUp, rec.Node)
	record.Span = w.syncAlone(rec.Node)
	w.log(record)
	w.seekData(rec.Node)
}

// finishRecovery brings the replaced node back; with the last one the group is free for the next call.
func (w *World) finishRecovery(r int32) {
	rec := &w.recoveries[r]
	n := &w.nodes[rec.Node]
	rec.stage, rec.Finished = stageOver, w.clock.Now()
	n.recovery = -1
	w.groups[rec.Group].replacing--
	w.updateReaders(rec.NodeGroup)
	record := w.nodeRecord(KindRecoveryFinished, rec.Node)
	record.Lost = rec.LostTail
	w.log(record)
	w.emit(serviceEvent{message: messageRecoveryFinished, subject: rec.Node})
	w.observe(rec.NodeGroup, rec.blame())
	if watcher := rec.watcher; watcher >= 0 {
		rec.watcher = -1
		w.wakeOperator(watcher)
	}
	node := rec.Node
	w.welcome(node)
	w.renew(node, true)
}

// cancelRecovery ends the replacement of a node that came back by itself before it began.
func (w *World) cancelRecovery(r int32) {
	rec := &w.recoveries[r]
	w.clock.Cancel(rec.pending)
	rec.stage, rec.pending, rec.Cancelled = stageOver, 0, w.clock.Now()
	w.nodes[rec.Node].recovery = -1
	w.groups[rec.Group].replacing--
	w.renew(rec.Node, false)
}

// welcome lets go on what waited for the node: a failover for a replica, other members for one to copy from, the
// engine for its majority, planned work for a whole node group.
func (w *World) welcome(node int32) {
	n := &w.nodes[node]
	if !n.up() {
		return
	}
	ng := n.nodeGroup
	g := &w.nodeGroups[ng]
	if g.primary == node {
		w.watchBacklogs(ng)
		w.weighMajority(g.group)
	} else if w.watchBacklog(node); g.failover >= 0 {
		w.takeWaiting(g.failover)
	}
	w.seekAgain(ng)
	w.resumeWork(span{ng, 1})
}

// takeWaiting has the control plane promote a replica that turned up.
func (w *World) takeWaiting(f int32) {
	fo := &w.failovers[f]
	if fo.waiting && w.leastLagged(fo.NodeGroup) >= 0 {
		fo.waiting = false
		takeover := w.untilTakeover(fo.NodeGroup)
		fo.pending = w.clock.After(takeover, event{KindReplicaPromoted, f})
	}
}

// untilDetection, untilTakeover and untilRecovery are the next delays of the control plane: until it knows of a failure, then until it has
// promoted a replica, and until `Recovering`.
func (w *World) untilDetection(ng int32) time.Duration {
	return w.control(w.draw(ng, phaseDetection, &w.delays(ng).Detection))
}

func (w *World) untilTakeover(ng int32) time.Duration {
	return w.control(w.draw(ng, phaseTakeover, &w.delays(ng).Takeover))
}

func (w *World) untilRecovery(ng int32) time.Duration {
	return w.control(w.draw(ng, phaseRecoveryStart, &w.delays(ng).RecoveryStart))
}

// control stretches what the control plane does by how slow it is now: to ten years at most, so that no instant leaves 64 bits.
func (w *World) control(d time.Duration) time.Duration {
	if w.slowdown == Unhurried || d >= longestFault {
		return d
	}
	if d > scale(longestFault, Unhurried, w.slowdown) {
		return longestFault
	}
	return scale(d, w.slowdown, Unhurried)
}
