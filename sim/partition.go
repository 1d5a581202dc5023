package sim

// cut takes nodes out of everybody's reach while they run on.
func (w *World) cut(nodes []int32, index int32) {
	by := w.incidents[index].blame()
	fresh := w.marks[:0]
	for _, node := range nodes {
		n := &w.nodes[node]
		n.cuts++
		if n.down&(downCut|downDead) != 0 {
			if w.loseReplacement(node) {
				fresh = append(fresh, node)
			}
			continue
		}
		w.detach(node)
		n.down |= downCut
		n.cutAt, n.cutBy, n.cutLag = w.clock.Now(), index, w.nodeGroups[n.nodeGroup].lagFloor
		fresh = append(fresh, node)
	}
	w.marks = fresh
	for _, node := range fresh {
		w.nodes[node].amongMajority = w.keepsMajority(node)
	}
	for _, node := range fresh {
		w.log(w.nodeRecord(KindNodeCutOff, node))
		w.respond(node, by)
	}
	w.seekBeside(fresh)
}

// keepsMajority tells whether a node that was just cut off is a primary with a majority of its group's primaries on its side: those of
// one zone reach each other.
func (w *World) keepsMajority(node int32) bool {
	n := &w.nodes[node]
	if w.nodeGroups[n.nodeGroup].primary != node || n.down&downCut == 0 || !w.zonal(&w.incidents[n.cutBy]) {
		return false
	}
	beside, size := w.countVoters(w.nodeGroups[n.nodeGroup].group, func(other *Node) bool {
		return other.down&downCut != 0 && other.down&downDead == 0 && other.cutBy == n.cutBy
	})
	return electable(size-beside, size)
}

// heal brings nodes back into reach. One that nobody replaced goes on, as the primary if it still is, else as a replica that
// has to catch up; a primary over whom an election is due has to wait for it.
func (w *World) heal(nodes []int32, index int32) {
	by := w.incidents[index].blame()
	for _, node := range nodes {
		n := &w.nodes[node]
		if index < n.firstCut {
			continue // that held another machine
		}
		if n.cuts--; n.cuts > 0 || n.down&downCut == 0 {
			continue
		}
		if n.down&downDead != 0 {
			n.down &^= downCut
			continue
		}
		w.log(w.nodeRecord(KindNodeHealed, node))
		if !w.electionDue(node) {
			w.reach(node, by)
		}
	}
}

// electionDue tells whether a replica is about to ask for votes to take over from the node. That a majority took a primary for failed is
// not undone by its return until two node timeouts later (redis, valkey: clearNodeFailureIfNeeded), and up to then it gets the votes. The
// primary, which misses its majority since about that time too, refuses clients for the rejoin delay, and hardly comes to serve again
// before it is demoted.
func (w *World) electionDue(node int32) bool {
	g := &w.nodeGroups[w.nodes[node].nodeGroup]
	if g.primary != node || g.failover < 0 {
		return false
	}
	fo := &w.failovers[g.failover]
	return fo.asks != Never && fo.asker >= 0 && fo.asks < fo.Known.Add(2*w.top.cfg.Groups[fo.Group].NodeTimeout)
}

// awaits tells whether the node is in reach again and awaits an election.
func (n *Node) awaits() bool { return n.down&downCut != 0 && n.cuts == 0 }

// release lets an old primary that awaited the failover's election go on: as a replica, or as the primary if nobody has won it.
func (w *World) release(f int32) {
	if old := w.failovers[f].Old; w.nodes[old].awaits() {
		w.reach(old, w.incidents[w.nodes[old].cutBy].blame())
	}
}

// reach is when a node that was cut off goes on.
func (w *World) reach(node int32, by blame) {
	n := &w.nodes[node]
	n.down &^= downCut
	w.silence(node)
	w.comeBack(node)
	if n.stale && w.nodes[w.nodeGroups[n.nodeGroup].primary].down&downLost == 0 {
		n.lag = w.clock.Now().Sub(w.unfedSince(node)) // until it can copy: its primary may be lost before it serves again
	}
	w.updateReaders(n.nodeGroup)
	w.observe(n.nodeGroup, by)
	w.welcome(node)
}

// comeBack settles what becomes of a node that is in reach again with its data.
func (w *World) comeBack(node int32) {
	n := &w.nodes[node]
	g := &w.nodeGroups[n.nodeGroup]
	if n.down&downSyncing != 0 { // it had no data yet: a replacement goes on, and so does a replica that catches up
		w.goOnSyncing(node)
		return
	}
	if g.primary == node && g.failover >= 0 && w.failovers[g.failover].Accepted != Never {
		w.goOnWithCall(g.failover)
		return
	}
	if n.recovery >= 0 {
		w.cancelRecovery(n.recovery)
	}
	if g.primary == node {
		if g.failover >= 0 {
			w.abandonFailover(n.nodeGroup)
		}
		w.hearAgain(node)
		return
	}
	if !n.empty && !n.stale && !w.heardAll(node) {
		n.stale = w.missed(node, n.cutAt, w.unheard(node), w.healthyReplicas(n.nodeGroup) <= 1)
	}
	if n.stale {
		w.resync(node)
	}
	if n.empty && n.down&downSyncing == 0 {
		w.seekAgain(n.nodeGroup) // it is known now to have nothing
	}
}

// beside tells whether two nodes were last cut off with one zone: up to its end they reach each other.
func (w *World) beside(a, b int32) bool {
	by := w.nodes[a].cutBy
	return by >= 0 && by == w.nodes[b].cutBy && w.zonal(&w.incidents[by])
}

// parted tells whether a partition is between a node and its primary.
func (w *World) parted(node int32) bool {
	primary := w.nodeGroups[w.nodes[node].nodeGroup].primary
	a, b := w.nodes[node].down&downCut, w.nodes[primary].down&downCut
	return a != b || a != 0 && !w.beside(node, primary)
}

// hearAgain is when a primary that was cut off goes on as such. Those who were not beside it have missed what it took alone; one that is
// still cut off goes on missing what it writes.
func (w *World) hearAgain(primary int32) {
	p := &w.nodes[primary]
	until := min(w.clock.Now(), w.silencedAt(primary))
	members, followed := w.nodeGroups[p.nodeGroup].members, false
	for i := members.first; i < members.end(); i++ {
		followed = followed || i != primary && w.beside(i, primary)
	}
	for i := members.first; i < members.end(); i++ {
		n, from := &w.nodes[i], w.aloneSince(primary, i)
		switch {
		case i == primary:
		case n.down&downCut != 0 && from > p.cutAt:
			n.cutAt = from
		case n.down&downCut != 0:
			n.cutAt = min(n.cutAt, from)
		case from < until && n.up() && !n.stale && w.missed(i, from, until, !followed):
			w.resync(i)
		}
	}
}

// heardAll tells whether a replica that is back was cut off with the zone of its primary up to now, and followed it all the time.
func (w *World) heardAll(node int32) bool {
	n := &w.nodes[node]
	return w.beside(node, w.nodeGroups[n.nodeGroup].primary) && w.incidents[n.cutBy].ends == w.clock.Now()
}

// unheard is the instant up to which its primary took writes that a replica which was cut off has not received.
func (w *World) unheard(node int32) Time {
	n := &w.nodes[node]
	primary := &w.nodes[w.nodeGroups[n.nodeGroup].primary]
	if primary.down&downLost == 0 {
		return w.clock.Now()
	}
	lost := n.cutAt.Add(n.lag - max(n.cutLag, w.backlogAge(node)))
	if primary.recovery >= 0 {
		lost -= Time(w.recoveries[primary.recovery].alone)
	}
	return lost
}

// goOnSyncing lets a node that was cut off while it copied, or waited to, begin that again.
func (w *World) goOnSyncing(node int32) {
	n := &w.nodes[node]
	rec := &w.recoveries[n.recovery]
	w.clock.Cancel(rec.pending)
	if rec.pending = 0; rec.Provisioned == Never {
		w.cancelRecovery(n.recovery)
		w.dropData(node)
	} else {
		rec.stage = stageSyncing
	}
	if g := &w.nodeGroups[n.nodeGroup]; g.primary == node && g.failover >= 0 {
		w.goOnWaiting(g.failover)
	}
	w.seekAgain(n.nodeGroup)
}

// goOnWaiting lets a failover that found nobody to promote wait again, or take whom it finds.
func (w *World) goOnWaiting(f int32) {
	fo := &w.failovers[f]
	w.clock.Cancel(fo.pending)
	fo.pending, fo.asks, fo.waiting = 0, Never, true
	w.takeWaiting(f)
}

// goOnWithCall cuts off the primary that an accepted call was about to cut off when a partition did, and which is back.
func (w *World) goOnWithCall(f int32) {
	fo := &w.failovers[f]
	w.clock.Cancel(fo.pending)
	rec := &w.recoveries[fo.recovery]
	w.clock.Cancel(rec.pending)
	rec.stage, rec.pending = stageUnknown, 0
	fo.waiting, fo.elects, fo.CutOff, fo.Known, fo.asks = false, false, Never, Never, Never
	fo.Cause, rec.Cause = CauseTestFailover, CauseTestFailover
	fo.pending = w.clock.After(0, event{KindPrimaryCutOff, f})
}
