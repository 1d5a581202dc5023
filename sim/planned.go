package sim

import "time"

// work is planned work on one node group: every place gets a new node beside the old one, which then takes it over. Replicas
// come first; the primary's place is swapped last, one primary of a group at a time. Node groups go on in parallel.
type work struct {
	fault    int32 // index into the topology's faults
	ng       int32
	node     int32 // whose place is worked on
	done     uint8 // a bit for each member
	waiting  bool  // for a member that is up
	ready    bool  // the new node stands by
	swapping bool  // the primary's place takes no writes
	over     bool
}

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

// beginWork starts planned work on the node groups of one group.
func (w *World) beginWork(fault int32) {
	facts := &w.top.faults[fault]
	group := w.nodeGroups[facts.nodeGroups[0]].group
	record := about(KindWorkStarted)
	record.Group, record.Incident = group, fault
	w.log(record)
	for _, ng := range facts.nodeGroups {
		i := int32(len(w.works))
		w.groups[group].replacing++
		w.works = append(w.works, work{fault: fault, ng: ng, node: -1})
		w.nextPlace(i)
	}
}

// nextPlace prepares the next new node, or ends the work on the node group. A node that is down is left alone until it is back.
func (w *World) nextPlace(i int32) {
	wk := &w.works[i]
	wk.node, wk.ready = w.placeToDo(wk), false
	if wk.node < 0 {
		w.finishWork(i)
		return
	}
	if wk.waiting = !w.nodes[wk.node].up(); wk.waiting {
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
	w.clock.After(prepared, event{KindReplacementReady, i})
}

// placeToDo is the next member to be replaced: a replica that is up, one that is down, then the primary; -1 when all are done.
func (w *World) placeToDo(wk *work) int32 {
	g := &w.nodeGroups[wk.ng]
	primary, downed := int32(-1), int32(-1)
	for _, node := range w.top.faults[wk.fault].nodes {
		if node < g.members.first || node >= g.members.end() || wk.done>>(node-g.members.first)&1 == 1 {
			continue
		}
		switch {
		case node == g.primary:
			primary = node
		case w.nodes[node].up():
			return node
		case downed < 0:
			downed = node
		}
	}
	if downed >= 0 {
		return downed
	}
	return primary
}

// replacementReady is when the new node stands beside the old one with the data.
func (w *World) replacementReady(i int32) {
	w.works[i].ready = true
	w.takePlace(i)
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
	delays := w.delays(wk.ng)
	var gap time.Duration
	if w.top.faultConfig(wk.fault).Kind == FaultUpgrade {
		gap = w.draw(wk.ng, phaseUpgradeGap, &delays.UpgradeGap)
	} else {
		gap = w.draw(wk.ng, phaseSwap, &delays.Swap)
	}
	if w.top.nodeGroups[wk.ng].replicas == 0 {
		gap += w.fullSync(wk.ng, w.clock.Now())
	}
	return gap
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
	g := &w.nodeGroups[wk.ng]
	wk.done |= 1 << (wk.node - g.members.first)
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
	w.observe(wk.ng, w.workBlame(wk))
	w.nextPlace(i)
}

func (w *World) finishWork(i int32) {
	wk := &w.works[i]
	wk.over = true
	group := w.nodeGroups[wk.ng].group
	w.groups[group].replacing--
	if !w.workRuns(wk.fault) {
		w.groups[group].upgrades.note(w.top.faultConfig(wk.fault).Kind, wk.fault)
	}
	record := about(KindWorkFinished)
	record.Group, record.NodeGroup, record.Incident = group, wk.ng, wk.fault
	w.log(record)
}

// resumeWork lets new nodes that stand by in these node groups take over.
func (w *World) resumeWork(nodeGroups span) {
	for i := range w.works {
		wk := &w.works[i]
		switch {
		case wk.ng < nodeGroups.first || wk.ng >= nodeGroups.end() || wk.swapping || wk.over:
		case wk.ready:
			w.takePlace(int32(i))
		case wk.waiting:
			w.nextPlace(int32(i))
		}
	}
}
