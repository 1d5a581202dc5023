package sim

import (
	"math/bits"
	"time"
)

// nodeSync is one node's copying of the dataset.
type nodeSync struct {
	left  time.Duration // how long it would still take alone
	began Time
	ready Handle // its end; 0 while it waits for a node to copy from
	from  int32  // the node that it copies from, or fromLog
	held  bool   // it cannot succeed before a stall is over, and begins again then
}

// What a node copies from, where that is not another node.
const (
	fromNobody int32 = -1
	fromLog    int32 = -2
)

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

// seekData lets a node that waits for data copy the dataset from whoever has it. It waits on where all who have it are out of reach; where
// nobody has it, everything is lost and the node begins anew as the primary, or waits for the primary to do so where nothing may
// be promoted.
func (w *World) seekData(node int32) {
	n := &w.nodes[node]
	g := &w.nodeGroups[n.nodeGroup]
	if from := w.sourceFor(node); from != fromNobody {
		w.startSync(node, from)
	} else if !w.anyData(n.nodeGroup) && (g.primary == node || g.failover >= 0 && n.down&downStatus == 0) {
		w.beginAnew(node)
	}
}

// seekAgain is called whenever the data of a node group has come in reach of its members, or may have gone for good: those that wait
// for it look again, and those whose data is stale copy everything.
func (w *World) seekAgain(ng int32) {
	g := &w.nodeGroups[ng]
	for i := g.members.first; i < g.members.end(); i++ {
		switch n := &w.nodes[i]; {
		case n.waits():
			w.seekData(i)
		case n.stale && n.up():
			w.resync(i)
			w.observe(ng, w.incidents[n.cutBy].blame())
		}
	}
}

// seekBeside lets the members beside nodes that were lost look for others to copy from.
func (w *World) seekBeside(nodes []int32) {
	for _, node := range nodes {
		w.seekAgain(w.nodes[node].nodeGroup)
	}
}

// sourceFor is what an empty node can copy from now: the log of a durable group, the primary, or, where the node itself is the primary and
// nobody else is to be, the replica with the least lag.
func (w *World) sourceFor(node int32) int32 {
	ng := w.nodes[node].nodeGroup
	g := &w.nodeGroups[ng]
	switch {
	case w.hasLog(ng):
		return fromLog
	case g.primary != node && w.nodes[g.primary].up():
		return g.primary
	case g.primary == node && g.failover < 0:
		return w.leastLagged(ng)
	}
	return fromNobody
}

// hasLog tells whether the node group keeps its writes in a log of their own, from which any node can copy them.
func (w *World) hasLog(ng int32) bool { return w.top.nodeGroups[ng].group.Durability != DurabilityNone }

// anyData tells whether some member has the dataset, in reach or not, or is not known yet to have lost it.
func (w *World) anyData(ng int32) bool {
	g := &w.nodeGroups[ng]
	for i := g.members.first; i < g.members.end(); i++ {
		if n := &w.nodes[i]; !n.empty || n.recovery >= 0 && w.recoveries[n.recovery].stage == stageUnknown {
			return true
		}
	}
	return false
}

func (w *World) startSync(node, from int32) {
	n := &w.nodes[node]
	g := &w.nodeGroups[n.nodeGroup]
	w.settleSyncs(n.nodeGroup)
	n.sync = nodeSync{left: w.syncAlone(node), began: w.clock.Now(), from: from}
	g.syncs.running++
	w.scheduleSync(node)
	if g.syncs.running > 1 {
		w.shareSyncs(n.nodeGroup)
	}
}

// scheduleSync settles when the node's copy ends, with as many others as there are now. One that cannot succeed in a stall begins again when
// that is over; until then it takes its share from others.
func (w *World) scheduleSync(node int32) {
	n := &w.nodes[node]
	sharers := w.sharers(n.nodeGroup)
	if n.sync.held {
		n.sync.began = w.clock.Now()
	}
	ends := w.clock.Now().Add(n.sync.left * sharers)
	over := w.overrunsUntil(node, ends)
	if n.sync.held = over != Never; n.sync.held {
		n.sync.left = w.syncAlone(node)
		ends = over.Add(n.sync.left * sharers)
	}
	n.sync.ready = w.clock.At(ends, event{KindSyncFinished, node})
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

// haltSyncs stops what copies from a node that is lost. Those who copied wait.
func (w *World) haltSyncs(from int32) {
	g := &w.nodeGroups[w.nodes[from].nodeGroup]
	if g.syncs.running == 0 {
		return
	}
	for i := g.members.first; i < g.members.end(); i++ {
		if n := &w.nodes[i]; n.sync.ready != 0 && n.sync.from == from {
			w.stopSync(i)
		}
	}
}

// settleSyncs brings the nodes' left up to now.
func (w *World) settleSyncs(ng int32) {
	g := &w.nodeGroups[ng]
	now := w.clock.Now()
	if g.syncs.running > 0 {
		done := now.Sub(g.syncs.settled) / w.sharers(ng)
		for i := g.members.first; i < g.members.end(); i++ {
			if n := &w.nodes[i]; n.sync.ready != 0 && !n.sync.held {
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
			w.scheduleSync(i)
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
	n.lag = w.nodeGroups[ng].logLag
	w.dropBacklog(node)
	if w.nodeGroups[ng].primary == node {
		w.dropRestored(n.recovery, n.sync.from)
		if from := n.sync.from; from >= 0 {
			w.nodes[from].stale = false // the primary has what it has
			w.keepAlone(from)
		}
	} else if n.sync.from >= 0 {
		n.backlog = w.top.nodeGroups[ng].queued(n.sync.began, n.counted)
	}
	n.sync = nodeSync{}
	w.nodeGroups[ng].syncs.running--
	w.shareSyncs(ng)
	n.down &^= downSyncing
	n.empty = false
	if g := &w.nodeGroups[ng]; g.primary == node && g.failover >= 0 {
		w.abandonFailover(ng) // it is back before anybody took over
	}
	if w.nodeGroups[ng].primary == node {
		w.followStream(ng, mostVolume) // it has the replicas' data
	}
	w.goOn(node, blame{CauseNodeStatus, -1})
}

// goOn puts a node that has its data to work.
func (w *World) goOn(node int32, by blame) {
	n := &w.nodes[node]
	if n.recovery >= 0 {
		w.finishRecovery(n.recovery)
		return
	}
	w.updateReaders(n.nodeGroup)
	w.log(w.nodeRecord(KindNodeSynced, node))
	w.observe(n.nodeGroup, by)
	w.welcome(node)
}

// resyncReplicas makes all replicas copy everything from the primary, as older engines did from a new one.
func (w *World) resyncReplicas(ng int32) {
	g := &w.nodeGroups[ng]
	for i := g.members.first; i < g.members.end(); i++ {
		if i != g.primary && w.nodes[i].up() {
			w.resync(i)
		}
	}
}

// resync makes a replica copy everything from its primary. It keeps what it has while there is none in reach.
func (w *World) resync(node int32) {
	if g := &w.nodeGroups[w.nodes[node].nodeGroup]; w.nodes[g.primary].up() {
		w.dropData(node)
		w.seekData(node)
	}
}

// dropData is when a node has to copy everything, and has nothing meanwhile.
func (w *World) dropData(node int32) {
	w.endAlone(node)
	n := &w.nodes[node]
	n.down |= downSyncing
	n.empty, n.stale = true, false
	w.updateReaders(n.nodeGroup)
	record := w.nodeRecord(KindFullSync, node)
	record.Span = w.syncAlone(node)
	w.log(record)
}

// beginAnew makes an empty node the primary: no member has the data any more.
func (w *World) beginAnew(node int32) {
	n := &w.nodes[node]
	g := &w.nodeGroups[n.nodeGroup]
	f := g.failover
	by := blame{CauseNodeStatus, -1}
	if n.recovery >= 0 {
		by = w.recoveries[n.recovery].blame()
	} else if f >= 0 {
		by = w.failovers[f].blame()
	}
	w.loseData(n.nodeGroup, by)
	if f >= 0 {
		w.abandonFailover(n.nodeGroup)
	}
	if g.primary != node {
		w.swapRoles(n.nodeGroup, node)
		w.moveNames(n.nodeGroup, event{KindEndpointMoved, f})
	}
	n.down &^= downSyncing
	n.empty = false
	w.goOn(node, by)
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
