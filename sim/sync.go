package sim

import (
	"math/bits"
	"time"
)

// nodeSync is one node's copying of the dataset.
type nodeSync struct {
	left  time.Duration // how long it would still take alone
	ready Handle        // its end; 0 while it waits for a node to copy from
}

// syncs are the copies that run in a node group. They share what the node that they copy from can send, so that each of n
// takes n times as long.
type syncs struct {
	running int32
	settled Time // up to here the nodes' left is right
}

// scale is d x numerator / denominator, rounded down; the result must be below 2^63.
func scale(d time.Duration, numerator, denominator int64) time.Duration {
	high, low := bits.Mul64(uint64(d), uint64(numerator))
	quotient, _ := bits.Div64(high, low, uint64(denominator))
	return time.Duration(quotient)
}

// fullSync is how long an empty node copies the whole dataset of its node group alone. There is nothing to copy for one that
// failed before the node group lost everything.
func (w *World) fullSync(ng int32, failed Time) time.Duration {
	if emptied := w.nodeGroups[ng].emptiedAt; emptied != Never && failed <= emptied {
		return 0
	}
	cfg := w.top.nodeGroups[ng].group
	return scale(time.Second, cfg.DatasetBytes, cfg.Delays.SyncRate)
}

// seekData lets a node that runs without data copy the dataset from whoever has it: the log of a durable group, the primary,
// or a replica where the node itself is the primary. It waits where all who have it are out of reach; where nobody has it,
// everything is lost and the node begins anew as the primary, or waits for the primary to do so where nothing may be promoted.
func (w *World) seekData(node int32) {
	ng := w.nodes[node].nodeGroup
	g := &w.nodeGroups[ng]
	switch {
	case w.hasLog(ng) || w.canCopy(node):
		w.startSync(node)
	case !w.anyData(ng) && (g.primary == node || g.failover >= 0):
		w.beginAnew(node)
	}
}

// hasLog tells whether the node group keeps its writes in a log of their own, from which any node can copy them.
func (w *World) hasLog(ng int32) bool { return w.top.nodeGroups[ng].group.Durability != DurabilityNone }

// canCopy tells whether a member with the dataset is in reach of the node.
func (w *World) canCopy(node int32) bool {
	g := &w.nodeGroups[w.nodes[node].nodeGroup]
	if g.primary != node {
		return w.nodes[g.primary].up()
	}
	return g.failover < 0 && w.healthyReplicas(w.nodes[node].nodeGroup) > 0
}

// anyData tells whether some member has the dataset, in reach or not.
func (w *World) anyData(ng int32) bool {
	g := &w.nodeGroups[ng]
	for i := g.members.first; i < g.members.end(); i++ {
		if !w.nodes[i].empty {
			return true
		}
	}
	return false
}

func (w *World) startSync(node int32) {
	n := &w.nodes[node]
	g := &w.nodeGroups[n.nodeGroup]
	w.settleSyncs(n.nodeGroup)
	alone := w.syncAlone(node)
	n.sync.left = w.stalledSync(n.nodeGroup, alone, alone)
	n.sync.ready = w.clock.After(n.sync.left, event{KindSyncFinished, node})
	g.syncs.running++
	if g.syncs.running > 1 {
		w.shareSyncs(n.nodeGroup)
	}
}

// syncAlone is how long the node copies the dataset if no other does.
func (w *World) syncAlone(node int32) time.Duration {
	n := &w.nodes[node]
	failed := w.clock.Now()
	if n.recovery >= 0 {
		failed = w.recoveries[n.recovery].Began
	}
	return w.fullSync(n.nodeGroup, failed)
}

// sharers is by how many the copies of the node group are slowed down: who copies from a log has it for itself.
func (w *World) sharers(ng int32) time.Duration {
	if w.hasLog(ng) {
		return 1
	}
	return time.Duration(w.nodeGroups[ng].syncs.running)
}

// stopSync ends the node's copying; it begins again from the start.
func (w *World) stopSync(node int32) {
	n := &w.nodes[node]
	if n.sync.ready == 0 {
		return
	}
	w.settleSyncs(n.nodeGroup)
	w.clock.Cancel(n.sync.ready)
	n.sync = nodeSync{}
	w.nodeGroups[n.nodeGroup].syncs.running--
	w.shareSyncs(n.nodeGroup)
}

// haltSyncs stops what copies from a primary that is lost. Those nodes wait for the next one.
func (w *World) haltSyncs(ng int32) {
	g := &w.nodeGroups[ng]
	if g.syncs.running == 0 || w.hasLog(ng) {
		return
	}
	for i := g.members.first; i < g.members.end(); i++ {
		w.stopSync(i)
	}
}

// settleSyncs brings the nodes' left up to now.
func (w *World) settleSyncs(ng int32) {
	g := &w.nodeGroups[ng]
	now := w.clock.Now()
	if g.syncs.running > 0 {
		done := now.Sub(g.syncs.settled) / w.sharers(ng)
		for i := g.members.first; i < g.members.end(); i++ {
			if n := &w.nodes[i]; n.sync.ready != 0 {
				n.sync.left = max(0, n.sync.left-done)
			}
		}
	}
	g.syncs.settled = now
}

// shareSyncs moves the ends of the copies to where their number puts them.
func (w *World) shareSyncs(ng int32) {
	g := &w.nodeGroups[ng]
	if g.syncs.running == 0 {
		return
	}
	for i := g.members.first; i < g.members.end(); i++ {
		if n := &w.nodes[i]; n.sync.ready != 0 {
			w.clock.Cancel(n.sync.ready)
			n.sync.ready = w.clock.After(n.sync.left*w.sharers(ng), event{KindSyncFinished, i})
		}
	}
}

// finishSync is when the node has the dataset and serves clients.
func (w *World) finishSync(node int32) {
	n := &w.nodes[node]
	ng := n.nodeGroup
	if w.nodeGroups[ng].syncs.running > 1 {
		w.settleSyncs(ng)
	}
	n.sync = nodeSync{}
	w.nodeGroups[ng].syncs.running--
	w.shareSyncs(ng)
	n.down &^= downSyncing
	n.empty, n.demoted, n.lag = false, false, 0
	if g := &w.nodeGroups[ng]; g.primary == node && g.failover >= 0 {
		w.abandonFailover(ng) // it is back before anybody took over
	}
	if w.dropBacklog(node); w.nodeGroups[ng].primary == node {
		w.followStream(ng, mostVolume) // it has the replicas' data
	}
	if n.recovery >= 0 {
		w.finishRecovery(n.recovery)
		return
	}
	w.updateReaders(ng)
	w.log(w.nodeRecord(KindNodeSynced, node))
	w.observe(ng, blame{CauseNodeStatus, -1})
	w.welcome(node)
}

// followPrimary lets members that wait for somebody to copy from do so, now that there is a primary.
func (w *World) followPrimary(ng int32) {
	g := &w.nodeGroups[ng]
	for i := g.members.first; i < g.members.end(); i++ {
		if n := &w.nodes[i]; i != g.primary && n.sync.ready == 0 && n.down&^downStatus == downSyncing {
			w.startSync(i)
		}
	}
}

// resyncReplicas makes all replicas copy everything from a new primary, as older engines did.
func (w *World) resyncReplicas(ng int32) {
	g := &w.nodeGroups[ng]
	for i := g.members.first; i < g.members.end(); i++ {
		if i != g.primary && w.nodes[i].up() {
			w.resync(i)
		}
	}
}

// resync makes a replica drop what it has and copy the dataset.
func (w *World) resync(node int32) {
	n := &w.nodes[node]
	n.down |= downSyncing
	n.empty = true
	w.updateReaders(n.nodeGroup)
	record := w.nodeRecord(KindFullSync, node)
	record.Span = w.syncAlone(node)
	w.log(record)
	if n.down&downCut == 0 && (w.hasLog(n.nodeGroup) || w.canCopy(node)) {
		w.startSync(node)
	}
}

// beginAnew makes an empty node the primary: no member has the data any more.
func (w *World) beginAnew(node int32) {
	n := &w.nodes[node]
	g := &w.nodeGroups[n.nodeGroup]
	w.loseData(n.nodeGroup, w.recoveries[n.recovery].blame())
	f := g.failover
	if f >= 0 {
		w.abandonFailover(n.nodeGroup)
	}
	if g.primary != node {
		w.swapRoles(n.nodeGroup, node)
		w.moveNames(n.nodeGroup, event{KindEndpointMoved, f})
	}
	n.down &^= downSyncing
	n.empty = false
	w.finishRecovery(n.recovery)
}

// loseData notes that the node group has lost everything.
func (w *World) loseData(ng int32, by blame) {
	g := &w.nodeGroups[ng]
	g.emptiedAt = w.clock.Now()
	w.followStream(ng, mostVolume)
	w.losses = append(w.losses, DataLoss{At: g.emptiedAt, Group: g.group, NodeGroup: ng, Campaign: by.campaign, Cause: by.cause})
	record := w.nodeRecord(KindDataLost, g.primary)
	record.Node = -1
	w.log(record)
}
