package sim

import (
	"math"
	"math/bits"
	"time"
)

// drawLags draws how far each replica trails the primary that was just cut off. One that is not up now has missed the end:
// it is the last choice, should it come up before the promotion.
func (w *World) drawLags(ng int32) {
	g := &w.nodeGroups[ng]
	lag := &w.delays(ng).Lag
	for i := g.members.first; i < g.members.end(); i++ {
		n := &w.nodes[i]
		n.lag = math.MaxInt64
		if n.up {
			n.lag = lag.Draw(w.source.Bits(w.top.nodes[i].lagStream, uint64(n.lagDraws)))
			n.lagDraws++
		}
	}
}

// leastLagged is the replica that a promotion takes: of those that are up the one with the least lag, in any zone; the
// first by name where lags are equal.
func (w *World) leastLagged(ng int32) int32 {
	g := &w.nodeGroups[ng]
	best := int32(-1)
	for i := g.members.first; i < g.members.end(); i++ {
		n := &w.nodes[i]
		if n.role == RoleReplica && n.up && (best < 0 || n.lag < w.nodes[best].lag) {
			best = i
		}
	}
	if best < 0 {
		panic("sim: a promotion found no replica")
	}
	return best
}

// healthyReplicas counts the replicas that are up.
func (w *World) healthyReplicas(ng int32) int32 {
	g := &w.nodeGroups[ng]
	var healthy int32
	for i := g.members.first; i < g.members.end(); i++ {
		if w.nodes[i].up && w.nodes[i].role == RoleReplica {
			healthy++
		}
	}
	return healthy
}

// fullSync is how long an empty node copies the whole dataset of its node group.
func (w *World) fullSync(ng int32) time.Duration {
	cfg := w.top.nodeGroups[ng].group
	high, low := bits.Mul64(uint64(cfg.DatasetBytes), uint64(time.Second))
	span, _ := bits.Div64(high, low, uint64(cfg.Delays.SyncRate))
	return time.Duration(span)
}
