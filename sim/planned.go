package sim

import (
	"slices"
	"time"
)

// work is planned work on one node group: every place gets a new node beside the old one, which then takes it over. Replicas
// come first; the primary's place is swapped last, one primary of a group at a time. Node groups go on in parallel.
type work struct {
	fault    int32 // index into the topology's faults
	ng       int32
	node     int32 // whose place is worked on
	done     uint8 // a bit for each member
	waiting  bool  // for a member that is up, in a place that nothing blocks
	ready    bool  // the new node stands by
	swapping bool  // the primary's place takes no writes
	over     bool
	prepared Handle // when the new node is to be ready
	// previous and next are its neighbours among the group's works, -1 for none, until it is over.
	previous, next int32
}

// works lists the planned works of a group that are not over, in the order in which they began; -1 for none.
type works struct{ first, last int32 }

// noWorks: nothing is planned.
var noWorks = works{-1, -1}

// announceWork tells of work that waits for a maintenance window; the service tells of replacements. After the horizon it does not
// begin.
func (w *World) announceWork(fault int32) {
	facts := &w.top.faults[fault]
	if facts.begin <= Time(w.top.cfg.Horizon) {
		w.clock.At(facts.begin, event{KindFaultStruck, fault})
	}
	record := about(KindWorkScheduled)
	record.Group, record.Incident = w.nodeGroups[facts.nodeGroups[0]].group, fault
	record.Span = facts.begin.Sub(w.clock.Now())
	w.log(record)
	if w.top.faultConfig(fault).Kind != FaultReplacement {
		return
	}
	for _, node := range facts.nodes {
		w.emit(serviceEvent{message: messageScheduled, subject: node, fault: fault})
	}
}

// workedOn is the group that a planned work is about.
func (w *World) workedOn(fault int32) int32 {
	return w.nodeGroups[w.top.faults[fault].nodeGroups[0]].group
}

// beginWork starts planned work on the node groups of one group, unless another is in progress there: then it waits for that.
func (w *World) beginWork(fault int32) {
	facts := &w.top.faults[fault]
	group := w.workedOn(fault)
	record := about(KindWorkStarted)
	record.Group, record.Incident = group, fault
	if w.groups[group].works != noWorks {
		w.held = append(w.held, fault)
		record.Kind = KindWorkHeld
		w.log(record)
		return
	}
	w.log(record)
	for _, ng := range facts.nodeGroups {
		i := int32(len(w.works))
		w.groups[group].replacing++
		w.works = append(w.works, work{fault: fault, ng: ng, node: -1})
		w.enlist(i)
		w.nextPlace(i)
	}
}

// nextPlace prepares the next new node, or ends the work on the node group. A node that is down is left alone until it is back, and
// so is a place in which nothing can be prepared.
func (w *World) nextPlace(i int32) {
	wk := &w.works[i]
	wk.node, wk.ready = w.placeToDo(wk), false
	if wk.node < 0 {
		w.finishWork(i)
		return
	}
	if wk.waiting = !w.canPrepare(wk.node); wk.waiting {
		return
	}
	if w.top.faultConfig(wk.fault).Kind == FaultReplacement {
		w.emit(serviceEvent{message: messageRecovering, subject: wk.node})
	}
	w.log(w.nodeRecord(KindPlacePrepared, wk.node))
	prepared := w.control(w.draw(wk.ng, phaseProvision, &w.delays(wk.ng).Provision))
	if w.top.nodeGroups[wk.ng].replicas > 0 {
		prepared += w.fullSync(wk.ng, w.clock.Now())
	}
	w.works[i].prepared = w.clock.After(prepared, event{KindReplacementReady, i})
}

// canPrepare tells whether a new node can be prepared beside a node.
func (w *World) canPrepare(node int32) bool { return w.nodes[node].up() && w.nodes[node].blocks == 0 }

// losePrepared is when a zone is lost: what stands by in it, or is prepared, is lost too, and has to be prepared again.
func (w *World) losePrepared(nodes []int32) {
	for _, node := range nodes {
		group := w.nodeGroups[w.nodes[node].nodeGroup].group
		next := w.groups[group].works.first
		for next >= 0 {
			i, wk := next, &w.works[next]
			next = wk.next
			if wk.node != node || wk.waiting {
				continue
			}
			w.clock.Cancel(wk.prepared)
			wk.prepared, wk.ready, wk.waiting = 0, false, true
			if !wk.swapping {
				w.nextPlace(i)
			}
		}
	}
}

// placeToDo is the next member to be replaced: a replica beside which a new node can be prepared, another one, then the primary; -1
// when all are done.
func (w *World) placeToDo(wk *work) int32 {
	g := &w.nodeGroups[wk.ng]
	primary, later := int32(-1), int32(-1)
	for _, node := range w.top.faults[wk.fault].nodes {
		if node < g.members.first || node >= g.members.end() || wk.done>>(node-g.members.first)&1 == 1 {
			continue
		}
		switch {
		case node == g.primary:
			primary = node
		case w.canPrepare(node):
			return node
		case later < 0:
			later = node
		}
	}
	if later >= 0 {
		return later
	}
	return primary
}

// replacementReady is when the new node stands beside the old one with the data, unless a stall overran the buffer while it copied.
func (w *World) replacementReady(i int32) {
	wk := &w.works[i]
	if ready := w.preparedAt(wk.ng); ready > w.clock.Now() {
		wk.prepared = w.clock.At(ready, event{KindReplacementReady, i})
		return
	}
	wk.ready, wk.prepared = true, 0
	w.takePlace(i)
}

// preparedAt is when a new node has its data that would have it now if no stall had overrun the primary's buffer: after each of these it begins
// to copy again.
func (w *World) preparedAt(ng int32) Time {
	facts := &w.top.nodeGroups[ng]
	if len(facts.flows) == 0 || facts.replicas == 0 || w.hasLog(ng) {
		return w.clock.Now()
	}
	copies := w.fullSync(ng, w.clock.Now())
	begins := w.clock.Now().Add(-copies)
	for facts.queued(begins, begins.Add(copies)) > facts.group.Replication.kept() {
		begins = facts.stallOver(begins)
	}
	return begins.Add(copies)
}

// takePlace lets the new node take over. Where its node group is in trouble, or another primary of the group is being swapped,
// that has to wait.
func (w *World) takePlace(i int32) {
	wk := &w.works[i]
	n := &w.nodes[wk.node]
	g := &w.nodeGroups[wk.ng]
	group := &w.groups[g.group]
	switch {
	case !n.up() || g.failover >= 0:
	case wk.node == g.primary && w.placeToDo(wk) != wk.node: // it was promoted meanwhile, and others come first
		w.nextPlace(i)
	case wk.node != g.primary:
		w.finishPlace(i)
	case group.swapping < 0:
		group.swapping, wk.swapping = i, true
		n.down |= downSwapped
		gap := w.swapGap(wk)
		record := w.nodeRecord(KindPlaceTaken, wk.node)
		record.Span = gap
		w.log(record)
		w.observe(wk.ng, w.workBlame(wk))
		w.clock.After(gap, event{KindPlaceSwapped, i})
	}
}

// swapGap is how long the primary's place takes no writes. One that has no replica serves nobody while the new node copies.
func (w *World) swapGap(wk *work) time.Duration {
	gaps := w.gaps(wk.ng)
	var gap time.Duration
	if w.top.faultConfig(wk.fault).Kind == FaultUpgrade {
		gap = w.draw(wk.ng, phaseUpgradeGap, &gaps.UpgradeGap)
	} else {
		gap = w.draw(wk.ng, phaseSwap, &gaps.Swap)
	}
	if w.top.nodeGroups[wk.ng].replicas == 0 {
		gap += w.fullSync(wk.ng, w.clock.Now())
	}
	return gap
}

// gaps are those of the engine that the node group has now. The work that upgrades it is among those that it had before.
func (w *World) gaps(ng int32) Gaps {
	delays, upgrade := w.delays(ng), w.groups[w.nodeGroups[ng].group].upgrades.engineVersion
	if delays.Upgraded != nil && upgrade >= 0 && isModern(w.top.faultConfig(upgrade).Work.EngineVersion) {
		return *delays.Upgraded
	}
	return Gaps{delays.Swap, delays.UpgradeGap}
}

func (w *World) workBlame(wk *work) blame {
	return blame{CauseOf(w.top.faultConfig(wk.fault).Kind), -1}
}

// finishSwap is when the primary's place takes writes again, unless the node died in the middle.
func (w *World) finishSwap(i int32) {
	wk := &w.works[i]
	node := wk.node
	n := &w.nodes[node]
	group := w.nodeGroups[wk.ng].group
	wk.swapping = false
	w.groups[group].swapping = -1
	if n.down&downSwapped != 0 {
		n.down &^= downSwapped
		w.updateReaders(wk.ng) // another may have been promoted meanwhile
		w.finishPlace(i)
		w.welcome(node)
	}
	w.resumeWork(w.groups[group].nodeGroups) // the next primary may be swapped
}

// finishPlace is when the place has its new node.
func (w *World) finishPlace(i int32) {
	wk := &w.works[i]
	wk.done |= 1 << (wk.node - w.nodeGroups[wk.ng].members.first)
	wk.ready = false
	kind := w.top.faultConfig(wk.fault).Kind
	w.nodes[wk.node].upgrades.note(kind, wk.fault)
	w.renew(wk.node, true)
	w.log(w.nodeRecord(KindPlaceSwapped, wk.node))
	switch kind {
	case FaultReplacement:
		w.emit(serviceEvent{message: messageRecoveryFinished, subject: wk.node})
	case FaultUpgrade:
		w.emit(serviceEvent{message: messagePatched, subject: wk.node})
	case FaultScale:
		w.emit(serviceEvent{message: messageScaled, subject: wk.node, fault: wk.fault})
	}
	w.followPlace(wk.node)
	w.observe(wk.ng, w.workBlame(wk))
	w.nextPlace(i)
}

// followPlace lets the others go on with the new node of a place: it has all of the data, and what the old one was sending ends.
func (w *World) followPlace(node int32) {
	ng := w.nodes[node].nodeGroup
	if w.haltSyncs(node); w.nodeGroups[ng].primary == node {
		w.followStream(ng, 0)
	} else {
		w.dropBacklog(node)
		w.watchBacklog(node)
	}
	w.seekAgain(ng)
}

func (w *World) finishWork(i int32) {
	wk := &w.works[i]
	wk.over = true
	w.delist(i)
	group := w.nodeGroups[wk.ng].group
	w.groups[group].replacing--
	if !w.workRuns(group, wk.fault) {
		w.groups[group].upgrades.note(w.top.faultConfig(wk.fault).Kind, wk.fault)
	}
	record := about(KindWorkFinished)
	record.Group, record.NodeGroup, record.Incident = group, wk.ng, wk.fault
	w.log(record)
	if w.groups[group].works == noWorks {
		w.beginHeld(group)
	}
}

// beginHeld begins the work that waited longest for the group to be free. After the horizon none begins.
func (w *World) beginHeld(group int32) {
	next := slices.IndexFunc(w.held, func(fault int32) bool { return w.workedOn(fault) == group })
	if next < 0 {
		return
	}
	fault := w.held[next]
	w.held = slices.Delete(w.held, next, next+1)
	if w.clock.Now() <= Time(w.top.cfg.Horizon) {
		w.beginWork(fault)
	} else {
		w.beginHeld(group)
	}
}

// resumeWork lets new nodes that stand by in these node groups of one group take over.
func (w *World) resumeWork(nodeGroups span) {
	next := w.groups[w.nodeGroups[nodeGroups.first].group].works.first
	for next >= 0 {
		i, wk := next, &w.works[next]
		next = wk.next // to take the place may end this work, but no other
		switch {
		case wk.ng < nodeGroups.first || wk.ng >= nodeGroups.end() || wk.swapping:
		case wk.ready:
			w.takePlace(i)
		case wk.waiting:
			w.nextPlace(i)
		}
	}
}

// enlist puts a work that begins at the end of its group's list.
func (w *World) enlist(i int32) {
	wk := &w.works[i]
	list := &w.groups[w.nodeGroups[wk.ng].group].works
	wk.previous, wk.next = list.last, -1
	if list.last >= 0 {
		w.works[list.last].next = i
	} else {
		list.first = i
	}
	list.last = i
}

// delist takes a work that is over out of its group's list.
func (w *World) delist(i int32) {
	wk := &w.works[i]
	list := &w.groups[w.nodeGroups[wk.ng].group].works
	if wk.previous >= 0 {
		w.works[wk.previous].next = wk.next
	} else {
		list.first = wk.next
	}
	if wk.next >= 0 {
		w.works[wk.next].previous = wk.previous
	} else {
		list.last = wk.previous
	}
}
