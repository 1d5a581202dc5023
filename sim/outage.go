package sim

// view is one way to see a node group: an access and an observer. Each has its own windows.
type view uint8

const (
	viewWrite view = iota // write, service
	viewWriteByName
	viewRead
	viewReadByName
	viewReplicaRead
	viewRedundancy
	numViews
)

func (v view) access() Access {
	return [...]Access{AccessWrite, AccessWrite, AccessRead, AccessRead, AccessReplicaRead, AccessRedundancy}[v]
}

func (v view) observer() Observer {
	if v == viewWriteByName || v == viewReadByName {
		return ObserverEndpoint
	}
	return ObserverService
}

// fleet is the outage of any group.
type fleet struct {
	unwritable [2]int32
	windows    [2]windowSlot
}

// windowSlot follows the windows of one key: last is its latest window (-1: none yet), open tells whether it is open.
type windowSlot struct {
	last int32
	open bool
}

// noWindow is the slot before the first window.
var noWindow = windowSlot{last: -1}

// observe looks at a node group after a change, and opens and closes windows accordingly.
func (w *World) observe(ng int32, by blame) {
	g := &w.nodeGroups[ng]
	impossible := w.impossible(ng)
	for v := range numViews {
		if g.windows[v].open == impossible[v] {
			continue
		}
		window := OutageWindow{Group: g.group, NodeGroup: ng, Access: v.access(), Observer: v.observer()}
		w.setWindow(&g.windows[v], impossible[v], window, by)
		if v == viewWrite || v == viewWriteByName {
			w.observeGroup(g.group, v.observer(), impossible[v], by)
		}
	}
	w.observeLoad(ng)
}

// impossible tells, for each view, what clients of the node group cannot do now.
func (w *World) impossible(ng int32) [numViews]bool {
	g := &w.nodeGroups[ng]
	facts := &w.top.nodeGroups[ng]
	up := w.upMembers(ng)
	primary := uint8(1) << (g.primary - g.members.first)
	replicas := w.healthyReplicas(ng)
	if w.groups[g.group].halted {
		up = 0 // the engine's nodes run, but refuse
	}
	return [numViews]bool{
		viewWrite:       up&primary == 0,
		viewWriteByName: up&primary == 0 || g.primaryName != g.primary,
		viewRead:        up == 0,
		viewReadByName:  up == 0 || facts.named && up&g.readerNames == 0,
		viewReplicaRead: facts.replicas > 0 && up&^primary == 0,
		viewRedundancy:  replicas < facts.replicas,
	}
}

// upMembers has a bit for each member that serves clients.
func (w *World) upMembers(ng int32) uint8 {
	g := &w.nodeGroups[ng]
	var up uint8
	for i := range g.members.n {
		if w.nodes[g.members.first+i].up() {
			up |= 1 << i
		}
	}
	return up
}

// observeGroup follows one node group's writes into the windows of its group and of the fleet.
func (w *World) observeGroup(group int32, o Observer, impossible bool, by blame) {
	delta := int32(-1)
	if impossible {
		delta = 1
	}
	g := &w.groups[group]
	g.unwritable[o] += delta
	w.fleet.unwritable[o] += delta
	window := OutageWindow{Group: group, NodeGroup: -1, Access: AccessWrite, Observer: o}
	w.setWindow(&g.windows[o], g.unwritable[o] > 0, window, by)
	window.Group = -1
	w.setWindow(&w.fleet.windows[o], w.fleet.unwritable[o] > 0, window, by)
}

// setWindow opens or closes the window of a slot; one that touches the latest continues it, with its first cause.
func (w *World) setWindow(slot *windowSlot, open bool, window OutageWindow, by blame) {
	if slot.open == open {
		return
	}
	slot.open = open
	now := w.clock.Now()
	switch {
	case !open:
		w.windows[slot.last].To = now
	case slot.last >= 0 && w.windows[slot.last].To == now:
		w.windows[slot.last].To = Never
	default:
		window.From, window.To = now, Never
		window.Cause, window.Campaign = by.cause, by.campaign
		slot.last = int32(len(w.windows))
		w.windows = append(w.windows, window)
	}
}

// observeLoad notes the load of each reader: the members that are up share the reads evenly.
func (w *World) observeLoad(ng int32) {
	reads := w.top.nodeGroups[ng].group.ReadsPerSecond
	if reads == 0 {
		return
	}
	var readers int64
	for up := w.upMembers(ng); up != 0; up &= up - 1 {
		readers++
	}
	if readers > 0 {
		g := &w.groups[w.nodeGroups[ng].group]
		g.peakReads = max(g.peakReads, reads*ReadersScale/readers)
	}
}

// OutageCount is how many windows have opened so far, those that turned out empty among them.
func (w *World) OutageCount() int { return len(w.windows) }

// OutageAt gives one of them, counted from 0 in the order in which they opened. One that is open ends now and is Censored. One that has
// ended before now stays as it is; one that ends now may go on, or be empty.
func (w *World) OutageAt(index int) OutageWindow {
	window := w.windows[index]
	if window.To == Never {
		window.To, window.Censored = w.clock.Now(), true
	}
	if window.NodeGroup >= 0 {
		window.NodeGroup -= w.groups[window.Group].nodeGroups.first
	}
	return window
}

// AppendOutages appends the windows so far, in the order in which they opened, as OutageAt gives them. Those that are empty are left out.
func (w *World) AppendOutages(to []OutageWindow) []OutageWindow {
	for i := range w.windows {
		if window := w.OutageAt(i); window.From != window.To {
			to = append(to, window)
		}
	}
	return to
}

// Outcome is what the trial has left by now. Windows that are open are censored at this instant, and those that turned
// out empty are left out. It is valid until the World is stepped or reset.
func (w *World) Outcome() *Outcome {
	o := &w.outcome
	now := w.clock.Now()
	o.Seed, o.Trial, o.End, o.Calls = w.seed, w.trial, now, w.calls
	o.Windows = w.AppendOutages(o.Windows[:0])
	o.Failovers = o.Failovers[:0]
	for i := range w.failovers {
		f := w.failovers[i].Failover
		if f.Promoted != Never {
			f.LostTail = w.lostTail(&w.failovers[i])
			f.LostWrites = w.lostWrites(&w.failovers[i], f.LostTail)
		}
		first := w.nodeGroups[f.NodeGroup].members.first
		f.Old -= first
		if f.New >= 0 {
			f.New -= first
		}
		f.NodeGroup -= w.groups[f.Group].nodeGroups.first
		rec := &w.recoveries[w.failovers[i].recovery]
		f.RecoveryStarted, f.Provisioned, f.Finished = rec.Started, rec.Provisioned, rec.Finished
		o.Failovers = append(o.Failovers, f)
	}
	o.Recoveries = o.Recoveries[:0]
	for i := range w.recoveries {
		r := w.recoveries[i].Recovery
		r.Node -= w.nodeGroups[r.NodeGroup].members.first
		r.NodeGroup -= w.groups[r.Group].nodeGroups.first
		o.Recoveries = append(o.Recoveries, r)
	}
	o.DataLosses = o.DataLosses[:0]
	for _, l := range w.losses {
		l.NodeGroup -= w.groups[l.Group].nodeGroups.first
		o.DataLosses = append(o.DataLosses, l)
	}
	o.PeakReads = o.PeakReads[:0]
	for i := range w.groups {
		o.PeakReads = append(o.PeakReads, w.groups[i].peakReads)
	}
	o.Campaigns = o.Campaigns[:0]
	for c := range w.campaigns {
		o.Campaigns = append(o.Campaigns, w.campaignOutcome(int32(c)))
	}
	return o
}
