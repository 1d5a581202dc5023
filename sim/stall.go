package sim

import (
	"math/bits"
	"slices"
	"sort"
	"time"
)

// A stall is a fluid. What clients write flows into the backlog of each replica, and what the replica applies flows out of it, at
// constant rates between known instants. A backlog lasts from stall to stall. It ends where the replica has caught up, and where
// another primary leads, whose data is what counts from there on. Once the replica has copied everything it is what was written meanwhile.

// flow is what is written in a node group from an instant on, and what each replica applies at most: bytes per second.
type flow struct {
	from             Time
	written, applied int64
	stalls           bool // a stall lasts; otherwise replicas have only what it left to catch up with
}

// addStall lays a stall out for a node group: its rates, and then the ordinary writes at the rate at which replicas apply.
func (t *topology) addStall(ng int32, f *FaultConfig) {
	facts := &t.nodeGroups[ng]
	until := f.At.Add(f.Duration)
	first, next := facts.flowsBefore(f.At), facts.flowsBefore(until)
	more := []flow{{f.At, f.Stall.Written, f.Stall.Applied, true}}
	if next == len(facts.flows) || facts.flows[next].from > until {
		more = append(more, flow{until, facts.group.streamed(), f.Stall.Applied, false})
	}
	facts.flows = slices.Replace(facts.flows, first, next, more...)
}

// streamed is what ordinary writes add to the replication stream, in bytes per second.
func (g *GroupConfig) streamed() int64 { return g.WritesPerSecond * g.Replication.WriteBytes }

// flowsBefore counts the flows that begin before the instant.
func (f *nodeGroupFacts) flowsBefore(at Time) int {
	return sort.Search(len(f.flows), func(i int) bool { return f.flows[i].from >= at })
}

// flowAt is what flows at an instant, and until when.
func (f *nodeGroupFacts) flowAt(at Time) (now flow, until Time) {
	i := f.flowsBefore(at + 1)
	now, until = flow{written: f.group.streamed(), applied: mostVolume}, Never
	if i > 0 {
		now = f.flows[i-1]
	}
	if i < len(f.flows) {
		until = f.flows[i].from
	}
	return now, until
}

// mostVolume is where volumes of a stream end: above every buffer, and twice it is below 2^63.
const mostVolume = 1 << 61

// volume is what flows at a rate per second in a span.
func volume(rate int64, d time.Duration) int64 {
	high, low := bits.Mul64(uint64(rate), uint64(d))
	if high >= uint64(time.Second) {
		return mostVolume
	}
	v, _ := bits.Div64(high, low, uint64(time.Second))
	return int64(min(v, mostVolume))
}

// written is how many bytes clients write in [from, to).
func (f *nodeGroupFacts) written(from, to Time) (bytes int64) {
	for at := from; at < to; {
		now, until := f.flowAt(at)
		until = min(until, to)
		bytes = min(bytes+volume(now.written, until.Sub(at)), mostVolume)
		at = until
	}
	return bytes
}

// writes is how many whole writes clients make in [from, to). Those of a stall have the size of the others.
func (f *nodeGroupFacts) writes(from, to Time) int64 {
	var ordinary time.Duration
	var stalled int64
	for at := from; at < to; {
		now, until := f.flowAt(at)
		until = min(until, to)
		if now.stalls {
			stalled = min(stalled+volume(now.written, until.Sub(at)), mostVolume)
		} else {
			ordinary += until.Sub(at)
		}
		at = until
	}
	return volume(f.group.WritesPerSecond, ordinary) + stalled/max(1, f.group.Replication.WriteBytes)
}

// pass is what is left of a backlog after a span. A replica that has caught up after a stall stays so.
func (f *flow) pass(backlog int64, d time.Duration) int64 {
	growth := f.written - f.applied
	switch {
	case backlog == 0 && !f.stalls:
		return 0
	case growth < 0:
		return max(0, backlog-volume(-growth, d))
	}
	return min(backlog+volume(growth, d), mostVolume)
}

// settleBacklog brings the backlog of a replica that follows its primary up to now. Where a partition is between them it stays as it was then.
func (w *World) settleBacklog(node int32) {
	n := &w.nodes[node]
	if w.parted(node) {
		return
	}
	facts, now := &w.top.nodeGroups[n.nodeGroup], w.clock.Now()
	if len(facts.flows) == 0 {
		n.backlog, n.counted = 0, now
	}
	for n.counted < now {
		flows, until := facts.flowAt(n.counted)
		until = min(until, now)
		n.backlog = flows.pass(n.backlog, until.Sub(n.counted))
		n.counted = until
	}
}

// dropBacklog is when the node has all that its primary has.
func (w *World) dropBacklog(node int32) {
	n := &w.nodes[node]
	n.backlog, n.counted = 0, w.clock.Now()
}

// watchBacklog settles a replica's backlog, and schedules the instant at which it outgrows what the primary keeps of the stream, if that
// comes before the rates change. It is called wherever these or the backlog change other than with time.
func (w *World) watchBacklog(node int32) {
	n := &w.nodes[node]
	facts, now := &w.top.nodeGroups[n.nodeGroup], w.clock.Now()
	if len(facts.flows) == 0 {
		return
	}
	w.settleBacklog(node)
	w.clock.Cancel(n.overflow)
	n.overflow = 0
	flows, until := facts.flowAt(now)
	until = min(until, now.Add(longestFault))
	growth := flows.written - flows.applied
	if n.role == RolePrimary || !n.up() || growth <= 0 || n.backlog == 0 && !flows.stalls {
		return
	}
	room := max(0, facts.group.Replication.kept()-n.backlog)
	if room/growth > int64(until.Sub(now)/time.Second) {
		return
	}
	if full := now.Add(scale(time.Second, room, growth)); full < until {
		n.overflow = w.clock.At(full, event{KindReplicaDropped, node})
	}
}

// watchBacklogs is when rates change: a stall begins or ends, or the primary is back.
func (w *World) watchBacklogs(ng int32) {
	members := w.nodeGroups[ng].members
	for i := members.first; i < members.end(); i++ {
		w.watchBacklog(i)
	}
}

// changeFlows is when a stall begins or ends: backlogs grow at other rates, and full syncs that run may not succeed in it.
func (w *World) changeFlows(i *incident) {
	for _, ng := range w.top.faults[i.fault].nodeGroups {
		w.watchBacklogs(ng)
		w.settleSyncs(ng)
		w.shareSyncs(ng)
	}
}

// kept is how much of the stream a primary keeps for a replica that follows it: what has to wait in the replica's output buffer, and what
// the backlog holds for all.
func (c *ReplicationConfig) kept() int64 { return max(c.BufferBytes, c.BacklogBytes) }

// dropReplica is when the primary's buffer for a replica overruns: it drops it, and the replica copies everything.
func (w *World) dropReplica(node int32) {
	n := &w.nodes[node]
	n.overflow = 0
	if n.up() && w.nodes[w.nodeGroups[n.nodeGroup].primary].up() {
		w.resync(node)
		w.observe(n.nodeGroup, blame{CauseOf(FaultReplicationStall), -1})
	}
}

// followStream is when the members of a node group follow another primary, or a new process of it. Replicas trail it by no more than what
// they trail the leading one, which had ahead bytes not applied: where that is more than its backlog holds, they copy everything.
func (w *World) followStream(ng int32, ahead int64) {
	g, facts := &w.nodeGroups[ng], &w.top.nodeGroups[ng]
	g.ledSince = w.clock.Now()
	if len(facts.flows) == 0 {
		return
	}
	for i := g.members.first; i < g.members.end(); i++ {
		n := &w.nodes[i]
		if n.down&downCut != 0 {
			continue // it goes on missing the stream since then
		}
		w.settleBacklog(i)
		behind := n.backlog - ahead
		if w.dropBacklog(i); i != g.primary && n.up() && behind > facts.group.Replication.BacklogBytes {
			w.resync(i)
		}
		w.watchBacklog(i)
	}
}

// overrunsUntil is the end of the stall in which the node's copy, which would end at an instant, cannot succeed, because what is written meanwhile
// overruns the primary's buffer; Never where it can. Nothing waits in a buffer for who copies from a log, or as the primary.
func (w *World) overrunsUntil(node int32, ends Time) Time {
	n := &w.nodes[node]
	facts := &w.top.nodeGroups[n.nodeGroup]
	if len(facts.flows) == 0 || n.sync.from != w.nodeGroups[n.nodeGroup].primary {
		return Never
	}
	flows, until := facts.flowAt(w.clock.Now())
	if !flows.stalls || facts.queued(n.sync.began, ends) <= facts.group.Replication.kept() {
		return Never
	}
	return until
}

// queued is how many bytes wait for a replica that copies everything in [from, to): what is written since a stall is in it. Without one
// replicas apply at once.
func (f *nodeGroupFacts) queued(from, to Time) int64 {
	for at := from; at < to; {
		now, until := f.flowAt(at)
		if now.stalls {
			return f.written(at, to)
		}
		at = until
	}
	return 0
}

// stallOver is the end of the first stall that lasts at an instant or begins after it; there must be one.
func (f *nodeGroupFacts) stallOver(from Time) Time {
	now, until := f.flowAt(from)
	for !now.stalls {
		now, until = f.flowAt(until)
	}
	return until
}

// stallLag is how far the replica trails because of a stall.
func (w *World) stallLag(node int32) time.Duration {
	if len(w.top.nodeGroups[w.nodes[node].nodeGroup].flows) == 0 {
		return 0
	}
	w.settleBacklog(node)
	return w.backlogAge(node)
}

// backlogAge is the age of the oldest write that the replica had not applied when its backlog was settled.
func (w *World) backlogAge(node int32) (lag time.Duration) {
	n := &w.nodes[node]
	facts := &w.top.nodeGroups[n.nodeGroup]
	for left, to := n.backlog, n.counted; left > 0 && to > 0; {
		flows, _ := facts.flowAt(to - 1)
		span := to.Sub(flows.from)
		bytes := volume(flows.written, span)
		if left < bytes {
			return lag + scale(time.Second, left, flows.written)
		}
		left, lag, to = left-bytes, lag+span, flows.from
	}
	return lag
}

// untilApplied is how long the replica takes to apply its backlog while nothing is written.
func (w *World) untilApplied(node int32) (took time.Duration) {
	n := &w.nodes[node]
	facts := &w.top.nodeGroups[n.nodeGroup]
	w.settleBacklog(node)
	for left, at := n.backlog, n.counted; left > 0; {
		flows, until := facts.flowAt(at)
		if applied := volume(flows.applied, until.Sub(at)); until != Never && applied < left {
			left, took, at = left-applied, took+until.Sub(at), until
			continue
		}
		if left/max(1, flows.applied) >= int64(longestFault/time.Second) {
			return longestFault
		}
		return took + scale(time.Second, left, flows.applied)
	}
	return took
}

// replTimeout is after how long without a word primary and replica take their connection for broken: until then what the replica misses
// waits in its output buffer. backlogTTL is how long a primary without replicas then keeps the backlog.
const (
	replTimeout = 60 * time.Second
	backlogTTL  = time.Hour
)

// missed tells whether a replica has to copy everything, now that it and its primary reach each other again, which they did not since from:
// what the primary wrote up to until is no longer all there. Alone says that no other replica followed that one.
func (w *World) missed(node int32, from, until Time, alone bool) bool {
	n := &w.nodes[node]
	g, facts, now := &w.nodeGroups[n.nodeGroup], &w.top.nodeGroups[n.nodeGroup], w.clock.Now()
	n.backlog = min(n.backlog+facts.written(from, until), mostVolume)
	n.counted = now
	away, kept := now.Sub(from), facts.group.Replication.BacklogBytes
	switch {
	case away <= replTimeout && from >= g.ledSince: // still connected
		kept = facts.group.Replication.kept()
	case away > replTimeout+backlogTTL && alone: // the backlog was freed
		return true
	}
	return n.backlog > kept
}

// raiseLags sets how far the replicas that the incident strikes trail at least: the most of all spikes that last.
func (w *World) raiseLags(i *incident) {
	for _, ng := range w.top.faults[i.fault].nodeGroups {
		w.nodeGroups[ng].lagFloor = 0
	}
	for _, index := range w.active {
		spike := &w.incidents[index]
		if spike.kind != FaultLagSpike {
			continue
		}
		lag := w.top.faultConfig(spike.fault).Lag
		for _, ng := range w.top.faults[spike.fault].nodeGroups {
			w.nodeGroups[ng].lagFloor = max(w.nodeGroups[ng].lagFloor, lag)
		}
	}
}
