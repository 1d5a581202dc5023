package sim

import "time"

// drawLags draws how far each replica trails the primary that was just lost. One that is cut off has received nothing since, and
// trails by what it trailed by then.
func (w *World) drawLags(ng int32) {
	g := &w.nodeGroups[ng]
	if w.top.nodeGroups[ng].group.Durability == DurabilityAsync {
		g.logLag = max(g.lagFloor, w.draw(ng, phaseLogLag, &w.delays(ng).Lag))
	}
	for i := g.members.first; i < g.members.end(); i++ {
		switch n := &w.nodes[i]; {
		case n.stale && n.up(): // it could not follow since it is back, and trails as then
		case n.down&downCut != 0:
			n.lag = w.clock.Now().Sub(w.unfedSince(i)) + max(n.cutLag, w.stallLag(i))
		case n.stale:
			n.lag = w.clock.Now().Sub(w.unfedSince(i))
		case !n.empty && n.down&^downStatus == 0:
			w.drawLag(i)
		}
	}
}

// unfedSince is since when a node that was cut off has received nothing that clients wrote: where it was the primary itself, since they
// write to another.
func (w *World) unfedSince(node int32) Time {
	n := &w.nodes[node]
	if n.alone < 0 {
		return n.cutAt
	}
	return w.failovers[n.alone].Promoted
}

// drawLag draws how far a replica trails a primary that it could follow up to now.
func (w *World) drawLag(node int32) {
	n := &w.nodes[node]
	lag := w.delays(n.nodeGroup).Lag.Draw(w.source.Bits(w.top.nodes[node].lagStream, uint64(n.lagDraws)))
	n.lag = max(w.nodeGroups[n.nodeGroup].lagFloor, w.stallLag(node), lag)
	n.lagDraws++
}

// leastLagged is the replica that the control plane promotes: of those that are up the one with the least lag, in any zone; the
// first by name where lags are equal; -1 where none is up.
func (w *World) leastLagged(ng int32) int32 {
	g := &w.nodeGroups[ng]
	best := int32(-1)
	for i := g.members.first; i < g.members.end(); i++ {
		if w.follows(i) && (best < 0 || w.nodes[i].lag < w.nodes[best].lag) {
			best = i
		}
	}
	return best
}

// asyncLossMost is what asynchronous durability loses at most: the primary rejects writes while its log trails further.
const asyncLossMost = 10 * time.Second

// dropTail settles what the promotion loses: what the promoted replica had missed, and what the old primary takes from clients on its
// side if it was only cut off, until it misses the majority or comes to its end there.
func (w *World) dropTail(f int32) {
	fo := &w.failovers[f]
	fo.missed, fo.alone = w.nodes[fo.New].lag, Never
	w.keepAlone(fo.New)
	old := &w.nodes[fo.Old]
	if old.down&downDead == 0 && old.down&downCut != 0 {
		fo.alone, fo.silent = w.aloneSince(fo.Old, fo.New), w.silencedAt(fo.Old)
		old.alone = f
	}
	fo.LostTail = w.lostTail(fo)
}

// silencedAt is when a primary that is cut off takes no more writes on its side, because it misses its majority; Never where it needs none,
// or has one.
func (w *World) silencedAt(node int32) Time {
	n := &w.nodes[node]
	group := w.nodeGroups[n.nodeGroup].group
	if w.top.elections[group] == nil || !w.top.nodeGroups[n.nodeGroup].votes || n.amongMajority {
		return Never
	}
	return n.cutAt.Add(w.untilHalt(group))
}

// aloneSince is since when a primary that is cut off takes writes of which a member has not heard.
func (w *World) aloneSince(primary, member int32) Time {
	p := &w.nodes[primary]
	if w.beside(primary, member) {
		return w.incidents[p.cutBy].ends
	}
	return p.cutAt
}

// noteAlone notes what a primary that is cut off has taken on its side, in whose place nobody is promoted yet: it is about to be lost. The
// replicas trail by it too, but those of a zone that is cut off with it, which follow it to its end.
func (w *World) noteAlone(node int32) {
	n := &w.nodes[node]
	g := &w.nodeGroups[n.nodeGroup]
	if g.primary != node || n.down&downCut == 0 || n.empty {
		return
	}
	until := min(w.clock.Now(), w.silencedAt(node))
	w.recoveries[n.recovery].alone = until.Sub(n.cutAt)
	for i := g.members.first; i < g.members.end(); i++ {
		if i == node || w.nodes[i].empty {
			continue
		}
		if w.beside(i, node) {
			w.drawLag(i)
		}
		w.nodes[i].lag += max(0, until.Sub(w.aloneSince(node, i)))
	}
}

// dropRestored settles what is lost where nobody was promoted for a primary: what was not there when it copied its data.
func (w *World) dropRestored(r, from int32) {
	rec := &w.recoveries[r]
	trailed := w.nodeGroups[rec.NodeGroup].logLag + rec.alone
	if from >= 0 {
		trailed = w.nodes[from].lag
	}
	rec.Restored, rec.LostTail = true, w.undurable(rec.NodeGroup, trailed)
	rec.LostWrites = w.writesBefore(rec.NodeGroup, rec.Began.Add(rec.alone), rec.LostTail)
}

// lostTail is the span of acknowledged writes that the promotion has dropped by now. What an old primary takes alone adds to it as
// time goes on.
func (w *World) lostTail(fo *failover) time.Duration {
	tail := fo.missed
	if fo.alone != Never {
		tail += max(0, min(w.clock.Now(), fo.silent).Sub(fo.alone))
	}
	return w.undurable(fo.NodeGroup, tail)
}

// undurable is what is lost of a tail of writes that the members of a node group do not have.
func (w *World) undurable(ng int32, tail time.Duration) time.Duration {
	switch w.top.nodeGroups[ng].group.Durability {
	case DurabilitySync:
		return 0
	case DurabilityAsync:
		return min(tail, asyncLossMost)
	}
	return min(tail, longestFault) // what measures hold
}

// lostWrites is how many writes the lost tail is: the last ones before the primary was lost, or before the old one took no more of
// them.
func (w *World) lostWrites(fo *failover, tail time.Duration) int64 {
	end := w.lastWrite(fo)
	if fo.alone != Never {
		end = min(w.clock.Now(), fo.silent)
	}
	return w.writesBefore(fo.NodeGroup, end, tail)
}

// lastWrite is when the lost primary took its last write: on its own side, if it was cut off and then lost.
func (w *World) lastWrite(fo *failover) Time { return fo.CutOff.Add(w.recoveries[fo.recovery].alone) }

// writesBefore counts what clients wrote in a span that ends at that instant.
func (w *World) writesBefore(ng int32, end Time, span time.Duration) int64 {
	return w.top.nodeGroups[ng].writes(end.Add(-span), end)
}

// silence is when an old primary is back: it takes no more writes for itself.
func (w *World) silence(node int32) {
	if f := w.nodes[node].alone; f >= 0 {
		w.failovers[f].silent = min(w.failovers[f].silent, w.clock.Now())
	}
}

// endAlone is when the data of an old primary that took writes on its side of a partition is gone: they are lost.
func (w *World) endAlone(node int32) {
	f := w.nodes[node].alone
	if f < 0 {
		return
	}
	w.silence(node)
	w.nodes[node].alone = -1
	fo := &w.failovers[f]
	before := fo.LostTail
	if fo.LostTail = w.lostTail(fo); fo.LostTail > before {
		record := w.nodeRecord(KindAloneEnded, node)
		record.Span, record.Lost = fo.silent.Sub(fo.alone), fo.LostTail
		w.log(record)
	}
}

// keepAlone is when an old primary is promoted with its data, or the primary has copied it: the promotion in its place has lost nothing of that.
func (w *World) keepAlone(node int32) {
	if f := w.nodes[node].alone; f >= 0 {
		w.nodes[node].alone = -1
		fo := &w.failovers[f]
		fo.alone, fo.missed, fo.LostTail = Never, 0, 0
	}
}

// healthyReplicas counts the replicas that are up.
func (w *World) healthyReplicas(ng int32) int32 {
	g := &w.nodeGroups[ng]
	var healthy int32
	for i := g.members.first; i < g.members.end(); i++ {
		if w.follows(i) {
			healthy++
		}
	}
	return healthy
}
