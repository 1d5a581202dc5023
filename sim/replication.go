package sim

import "time"

// drawLags draws how far each replica trails the primary that was just lost. One that is cut off has received nothing since.
func (w *World) drawLags(ng int32) {
	g := &w.nodeGroups[ng]
	lag := &w.delays(ng).Lag
	for i := g.members.first; i < g.members.end(); i++ {
		n := &w.nodes[i]
		switch {
		case n.down&downCut != 0:
			n.lag = w.clock.Now().Sub(n.cutAt) + w.stallLag(i)
		case !n.empty && n.down&^downStatus == 0:
			n.lag = max(g.lagFloor, w.stallLag(i), lag.Draw(w.source.Bits(w.top.nodes[i].lagStream, uint64(n.lagDraws))))
			n.lagDraws++
		}
	}
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
	old := &w.nodes[fo.Old]
	if old.down&downDead == 0 && old.down&downCut != 0 {
		fo.alone, fo.silent = old.cutAt, Never
		if w.top.elections[fo.Group] != nil && w.top.nodeGroups[fo.NodeGroup].votes && !old.amongMajority {
			fo.silent = old.cutAt.Add(w.untilHalt(fo.Group))
		}
		old.alone = f
	}
	fo.LostTail = w.lostTail(fo)
}

// lostTail is the span of acknowledged writes that the promotion has dropped by now. What an old primary takes alone adds to it as
// time goes on.
func (w *World) lostTail(fo *failover) time.Duration {
	tail := fo.missed
	if fo.alone != Never {
		tail += min(w.clock.Now(), fo.silent).Sub(fo.alone)
	}
	switch w.top.nodeGroups[fo.NodeGroup].group.Durability {
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
	end := fo.CutOff
	if fo.alone != Never {
		end = min(w.clock.Now(), fo.silent)
	}
	return w.top.nodeGroups[fo.NodeGroup].writes(end.Add(-tail), end)
}

// endAlone is when an old primary that took writes on its side of a partition is given up, or back: they are lost.
func (w *World) endAlone(node int32) {
	f := w.nodes[node].alone
	if f < 0 {
		return
	}
	w.nodes[node].alone = -1
	fo := &w.failovers[f]
	before := fo.LostTail
	fo.LostTail = w.lostTail(fo)
	if fo.silent = min(fo.silent, w.clock.Now()); fo.LostTail > before {
		record := w.nodeRecord(KindAloneEnded, node)
		record.Span, record.Lost = fo.silent.Sub(fo.alone), fo.LostTail
		w.log(record)
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
