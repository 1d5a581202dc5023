package sim

import "slices"

// faultFacts are what a fault strikes, found beforehand. Planned work has one for each group.
type faultFacts struct {
	fault      int32 // index into Config.Faults
	begin      Time  // planned work may wait for a maintenance window
	nodes      []int32
	nodeGroups []int32
}

// incident is a fault or a failure that has struck. While it is active it stands in the World's list of those, at that place.
type incident struct {
	kind    FaultKind
	fault   int32 // index into the topology's faults; -1 where chance struck
	process int32 // -1 for a fault
	node    int32 // the only one that was struck; -1: all of the facts
	ends    Time
	active  bool
	place   int32
}

func (i *incident) blame() blame { return blame{CauseOf(i.kind), -1} }

// addFault finds what a fault strikes.
func (t *topology) addFault(fault int32) {
	f := &t.cfg.Faults[fault]
	if !f.Kind.planned() {
		facts := faultFacts{fault: fault, begin: f.At}
		for group := range t.cfg.Groups {
			t.strikeGroup(&facts, int32(group))
		}
		t.faults = append(t.faults, facts)
		if f.Kind == FaultReplicationStall {
			for _, ng := range facts.nodeGroups {
				t.addStall(ng, f)
			}
		}
		return
	}
	for group := range t.cfg.Groups {
		facts := faultFacts{fault: fault, begin: f.At}
		if f.Work.InWindow {
			facts.begin = t.cfg.Groups[group].Maintenance.Next(t.cfg.Start, f.At)
		}
		if t.strikeGroup(&facts, int32(group)); len(facts.nodes) > 0 {
			t.faults = append(t.faults, facts)
		}
	}
}

// strikeGroup adds what the fault strikes in a group.
func (t *topology) strikeGroup(facts *faultFacts, group int32) {
	target := &t.cfg.Faults[facts.fault].Target
	if len(target.Groups) > 0 && !slices.Contains(target.Groups, int(group)) {
		return
	}
	all := t.pristine.groups[group].nodeGroups
	if target.NodeGroup >= 0 {
		all = span{all.first + int32(target.NodeGroup), 1}
	}
	for ng := all.first; ng < all.end(); ng++ {
		facts.nodeGroups = append(facts.nodeGroups, ng)
		members := t.pristine.nodeGroups[ng].members
		for n := members.first; n < members.end(); n++ {
			if (target.Zone == "" || t.nodes[n].cfg.Zone == target.Zone) && (target.Node < 0 || n-members.first == int32(target.Node)) {
				facts.nodes = append(facts.nodes, n)
			}
		}
	}
}

// faultConfig is the Config's part of one of the topology's faults.
func (t *topology) faultConfig(fault int32) *FaultConfig { return &t.cfg.Faults[t.faults[fault].fault] }

// faultStrikes begins a fault of the Config.
func (w *World) faultStrikes(fault int32) {
	cfg := w.top.faultConfig(fault)
	if cfg.Kind.planned() {
		w.beginWork(fault)
		return
	}
	i := incident{kind: cfg.Kind, fault: fault, process: -1, node: -1, ends: w.clock.Now().Add(cfg.Duration)}
	if cfg.Target.PrimaryOnly {
		i.node = w.nodeGroups[w.top.faults[fault].nodeGroups[0]].primary
	}
	w.strike(i)
}

// strike does what the incident does, and schedules its end where it has one.
func (w *World) strike(i incident) {
	index := int32(len(w.incidents))
	i.active = i.kind != FaultNode && i.kind != FaultReboot
	if i.active {
		i.place = int32(len(w.active))
		w.active = append(w.active, index)
	}
	w.incidents = append(w.incidents, i)
	if i.kind == FaultZonePower {
		w.cutPower(&i)
	}
	w.logIncident(KindFaultStruck, index)
	if i.active {
		w.clock.At(i.ends, event{KindIncidentOver, index})
	}
	switch i.kind {
	case FaultNode:
		w.kill(w.struck(&i), i.blame())
	case FaultZone, FaultZonePower:
		w.hurry()
		w.block(w.struck(&i))
		w.kill(w.struck(&i), i.blame())
		w.losePrepared(w.struck(&i))
	case FaultNoCapacity:
		w.block(w.struck(&i))
	case FaultPartition:
		if w.zonal(&i) {
			w.block(w.struck(&i))
		}
		w.cut(w.struck(&i), index)
	case FaultReboot:
		w.reboot(w.struck(&i), i.blame())
	case FaultLagSpike:
		w.raiseLags(&i)
	case FaultReplicationStall:
		w.changeFlows(&i)
	}
}

// endIncident is when a lasting incident is over.
func (w *World) endIncident(index int32) {
	i := &w.incidents[index]
	i.active = false
	last := w.active[len(w.active)-1]
	w.active[i.place], w.incidents[last].place = last, i.place
	w.active = w.active[:len(w.active)-1]
	w.logIncident(KindIncidentOver, index)
	switch i.kind {
	case FaultZone, FaultZonePower:
		w.hurry()
		w.unblock(w.struck(i))
		if i.kind == FaultZonePower {
			w.restorePower(i)
		}
	case FaultNoCapacity:
		w.unblock(w.struck(i))
	case FaultPartition:
		if w.zonal(i) {
			w.unblock(w.struck(i))
		}
		w.heal(w.struck(i), index)
	case FaultLagSpike:
		w.raiseLags(i)
	case FaultReplicationStall:
		w.changeFlows(i)
	}
	if i.process >= 0 {
		w.scheduleFailure(i.process, w.nextFailure(i.process))
	}
}

// struck are the nodes that the incident strikes.
func (w *World) struck(i *incident) []int32 {
	switch {
	case i.node >= 0:
		return w.top.nodeIndices[i.node : i.node+1]
	case i.kind == FaultZonePower:
		return w.powerless(i)
	case i.fault >= 0:
		return w.top.faults[i.fault].nodes
	}
	return w.top.processes[i.process].nodes
}

// zonal tells whether the incident strikes a zone: then nothing can be replaced there while it lasts.
func (w *World) zonal(i *incident) bool {
	if i.fault >= 0 {
		return w.top.faultConfig(i.fault).Target.Zone != ""
	}
	return w.failureConfig(i.process).Per == PerZone
}

// kill takes nodes' processes and data, all of them before anybody responds.
func (w *World) kill(nodes []int32, by blame) {
	fresh := w.marks[:0]
	for _, node := range nodes {
		if w.lose(node) || w.loseReplacement(node) {
			fresh = append(fresh, node)
		}
	}
	w.marks = fresh
	for _, node := range fresh {
		w.log(w.nodeRecord(KindNodeFailed, node))
		w.respond(node, by)
	}
	w.seekBeside(fresh)
}

// loseReplacement takes a replacement that starts; it answers false where none does.
func (w *World) loseReplacement(node int32) bool {
	r := w.nodes[node].recovery
	return r >= 0 && w.recoveries[r].stage == stageStarting
}

// block keeps replacements from the nodes' places.
func (w *World) block(nodes []int32) {
	for _, node := range nodes {
		w.nodes[node].blocks++
	}
}

// unblock lets replacements that waited for their places begin, after the time that the service takes for it, and planned work go on.
func (w *World) unblock(nodes []int32) {
	for _, node := range nodes {
		n := &w.nodes[node]
		n.blocks--
		if r := n.recovery; n.blocks == 0 && r >= 0 && w.recoveries[r].stage == stageHeld {
			w.recoveries[r].stage = stageUnknown
			w.replaceAfter(r, w.untilRecovery(n.nodeGroup))
		}
		w.resumeWork(span{n.nodeGroup, 1})
	}
}

// hurry sets the control plane's speed: that of the worst zone loss that lasts.
func (w *World) hurry() {
	w.slowdown = Unhurried
	for _, index := range w.active {
		if i := &w.incidents[index]; i.fault >= 0 {
			w.slowdown = max(w.slowdown, w.top.faultConfig(i.fault).Slowdown)
		} else {
			w.slowdown = max(w.slowdown, w.failureConfig(i.process).Slowdown)
		}
	}
}

// reboot restarts nodes at the customer's wish: nothing is promoted, and they come back empty.
func (w *World) reboot(nodes []int32, by blame) {
	for _, node := range nodes {
		n := &w.nodes[node]
		if n.down&(downDead|downCut|downAway|downSwapped|downSyncing) != 0 {
			continue // there is nothing to reboot
		}
		w.detach(node)
		n.down |= downAway
		w.emit(serviceEvent{message: messageShutdown, subject: node})
		w.log(w.nodeRecord(KindNodeRebooting, node))
		w.updateReaders(n.nodeGroup)
		w.observe(n.nodeGroup, by)
		n.rebooted = w.clock.After(w.draw(n.nodeGroup, phaseReboot, &w.delays(n.nodeGroup).Reboot), event{KindNodeRebooted, node})
	}
	w.seekBeside(nodes)
}

// finishReboot is when the node runs again. A primary that is empty empties its replicas.
func (w *World) finishReboot(node int32) {
	n := &w.nodes[node]
	n.rebooted = 0
	n.down &^= downAway
	w.emit(serviceEvent{message: messageRestarted, subject: node})
	w.log(w.nodeRecord(KindNodeRebooted, node))
	by := blame{CauseOf(FaultReboot), -1}
	if w.nodeGroups[n.nodeGroup].primary == node {
		w.loseData(n.nodeGroup, by)
	} else {
		w.dropData(node)
	}
	w.updateReaders(n.nodeGroup)
	w.observe(n.nodeGroup, by)
	w.seekAgain(n.nodeGroup)
	w.welcome(node)
}
