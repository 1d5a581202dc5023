package sim

import (
	"math"
	"time"
)

// drawLags draws how far each replica trails the primary that was just lost. One that is not up now has missed the end:
// it is the last choice, should it come up before the promotion.
func (w *World) drawLags(ng int32) {
	g := &w.nodeGroups[ng]
	lag := &w.delays(ng).Lag
	floor := max(g.lagFloor, w.stallLag(ng))
	for i := g.members.first; i < g.members.end(); i++ {
		n := &w.nodes[i]
		n.lag = math.MaxInt64
		if n.up() {
			n.lag = max(floor, lag.Draw(w.source.Bits(w.top.nodes[i].lagStream, uint64(n.lagDraws))))
			n.lagDraws++
		}
	}
}

// leastLagged is the replica that a promotion takes: of those that are up the one with the least lag, in any zone; the
// first by name where lags are equal; -1 where none is up.
func (w *World) leastLagged(ng int32) int32 {
	g := &w.nodeGroups[ng]
	best := int32(-1)
	for i := g.members.first; i < g.members.end(); i++ {
		n := &w.nodes[i]
		if n.role == RoleReplica && n.up() && (best < 0 || n.lag < w.nodes[best].lag) {
			best = i
		}
	}
	return best
}

// asyncLossMost is what asynchronous durability loses at most: the primary rejects writes while its log trails further.
const asyncLossMost = 10 * time.Second

// lostTail is the span of acknowledged writes that the promotion drops: what the promoted replica had not received, and
// what a primary that was only cut off went on to take from clients on its side. The old primary is replaced at the instant
// given, unless it is back before.
func (w *World) lostTail(fo *failover, replaced Time) time.Duration {
	tail := w.nodes[fo.New].lag
	if tail == math.MaxInt64 { // it followed nobody when the primary was lost: since it was cut off, or since virtual zero
		tail = time.Duration(fo.CutOff)
		if cutAt := w.nodes[fo.New].cutAt; cutAt <= fo.CutOff {
			tail = fo.CutOff.Sub(cutAt)
		}
	}
	if old := &w.nodes[fo.Old]; old.down&downDead == 0 && old.down&downCut != 0 {
		tail += w.acceptedAlone(fo, replaced)
	}
	switch w.top.nodeGroups[fo.NodeGroup].group.Durability {
	case DurabilitySync:
		return 0
	case DurabilityAsync:
		return min(tail, asyncLossMost)
	}
	return tail
}

// acceptedAlone is for how long a primary that is cut off takes writes: until it notices that the majority is out of its
// reach, where it has one to miss, and no longer than it is cut off and not replaced.
func (w *World) acceptedAlone(fo *failover, replaced Time) time.Duration {
	old := &w.nodes[fo.Old]
	until := min(old.healAt, replaced)
	if fo.elects {
		until = min(until, old.cutAt.Add(w.untilHalt(fo.Group)))
	}
	return max(0, until.Sub(old.cutAt))
}

// healthyReplicas counts the replicas that are up.
func (w *World) healthyReplicas(ng int32) int32 {
	g := &w.nodeGroups[ng]
	var healthy int32
	for i := g.members.first; i < g.members.end(); i++ {
		if w.nodes[i].up() && w.nodes[i].role == RoleReplica {
			healthy++
		}
	}
	return healthy
}
