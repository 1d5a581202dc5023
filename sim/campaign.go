package sim

import "time"

// campaign is an operator at work. The queue holds the groups that wait to be taken up in this round, as positions in
// CampaignConfig.Groups; a lane takes one, tests its node groups, and goes on to the next. A round begins when the one
// before is done.
type campaign struct {
	queue   ring
	round   int32
	busy    int32 // lanes that have a group
	stopped bool  // makes no further call
	ended   bool
	// endedAt is no earlier than the instant at which the operator stopped.
	endedAt Time
	covered int64
	calls   CallCount
}

// ring is a queue in a part of state.queue.
type ring struct{ head, n int32 }

// lane is one hand of the operator: it works on one node group at a time.
type lane struct {
	campaign int32
	// member is the group it works on, a position in CampaignConfig.Groups; -1 while idle.
	member   int32
	failover int32 // the one it waits for; -1 for none
	timeout  Handle
}

func (w *World) startCampaign(c int32) {
	record := about(KindCampaignStarted)
	record.Campaign = c
	w.log(record)
	w.startRound(c)
}

// startRound queues every group of the campaign and puts the lanes to work.
func (w *World) startRound(c int32) {
	part := w.top.campaigns[c].queue
	state := &w.campaigns[c]
	state.round++
	state.queue = ring{0, part.n}
	for m := range part.n {
		w.queue[part.first+m] = m
		w.cursors[part.first+m] = 0
	}
	w.assign(c)
}

// assign gives each idle lane the next waiting group; where none waits and no lane is busy, the round is done.
func (w *World) assign(c int32) {
	state := &w.campaigns[c]
	lanes := w.top.campaigns[c].lanes
	for l := lanes.first; l < lanes.end() && !state.stopped && state.queue.n > 0; l++ {
		if w.lanes[l].member < 0 {
			w.lanes[l].member = w.dequeue(c)
			state.busy++
			w.clock.After(0, event{KindOperatorCalls, l})
		}
	}
	switch {
	case state.busy > 0:
	case !state.stopped && int(state.round) < w.top.cfg.Campaigns[c].Rounds:
		w.startRound(c)
	default:
		w.endCampaign(c)
	}
}

func (w *World) enqueue(c, member int32) {
	part := w.top.campaigns[c].queue
	q := &w.campaigns[c].queue
	w.queue[part.first+(q.head+q.n)%part.n] = member
	q.n++
}

func (w *World) dequeue(c int32) int32 {
	part := w.top.campaigns[c].queue
	q := &w.campaigns[c].queue
	member := w.queue[part.first+q.head]
	q.head = (q.head + 1) % part.n
	q.n--
	return member
}

// target is the node group that the lane tests now.
func (w *World) target(l int32) int32 {
	lane := &w.lanes[l]
	group := w.top.cfg.Campaigns[lane.campaign].Groups[lane.member]
	return w.groups[group].nodeGroups.first + w.cursors[w.top.campaigns[lane.campaign].queue.first+lane.member]
}

// operatorCalls is the lane's next try at its node group.
func (w *World) operatorCalls(l int32) {
	lane := &w.lanes[l]
	cfg := &w.top.cfg.Campaigns[lane.campaign]
	if w.campaigns[lane.campaign].stopped {
		w.retire(l)
		return
	}
	now, ng := w.clock.Now(), w.target(l)
	if !cfg.Blind {
		if room := w.quota.roomAt(now, ng); room > now {
			w.waitForRoom(l, room)
			return
		}
	}
	violation := w.call(ng, NoViolation, lane.campaign)
	w.campaigns[lane.campaign].calls.count(violation)
	if violation != NoViolation {
		w.react(l, cfg.OnRefusal)
		return
	}
	g := &w.nodeGroups[ng]
	lane.failover = g.failover
	w.recoveries[w.failovers[g.failover].recovery].watcher = l
	lane.timeout = w.clock.After(cfg.Timeout, event{KindOperatorTimedOut, l})
}

// waitForRoom puts the lane's call off until the quota has room.
func (w *World) waitForRoom(l int32, room Time) {
	record := about(KindOperatorWaits)
	record.Campaign = w.lanes[l].campaign
	if room != Never {
		record.Span = room.Sub(w.clock.Now())
		w.log(record)
	}
	w.callAt(l, room)
}

// callAt schedules the lane's next try, or ends its campaign where that would be after the horizon.
func (w *World) callAt(l int32, at Time) {
	if at > Time(w.top.cfg.Horizon) {
		w.stopCampaign(w.lanes[l].campaign, Time(w.top.cfg.Horizon))
		w.retire(l)
		return
	}
	w.clock.At(at, event{KindOperatorCalls, l})
}

// react does what the operator was told to do about a refusal or a time-out.
func (w *World) react(l int32, reaction Reaction) {
	c := w.lanes[l].campaign
	switch reaction {
	case ReactRetry:
		w.callAt(l, w.clock.Now().Add(w.top.cfg.Campaigns[c].RetryEvery))
	case ReactSkip:
		w.advance(l)
	case ReactStop:
		w.stopCampaign(c, w.clock.Now())
		w.retire(l)
	}
}

// advance takes the lane to its next node group.
func (w *World) advance(l int32) {
	lane := &w.lanes[l]
	c, member := lane.campaign, lane.member
	cfg := &w.top.cfg.Campaigns[c]
	cursor := &w.cursors[w.top.campaigns[c].queue.first+member]
	*cursor++
	more := int(*cursor) < len(w.top.cfg.Groups[cfg.Groups[member]].NodeGroups)
	switch {
	case more && !cfg.RoundRobin:
		w.callAt(l, w.clock.Now())
	case more:
		w.enqueue(c, member)
		w.retire(l)
	default:
		w.retire(l)
	}
}

// retire makes the lane idle, and free for the next group.
func (w *World) retire(l int32) {
	lane := &w.lanes[l]
	lane.member, lane.failover = -1, -1
	w.campaigns[lane.campaign].busy--
	w.assign(lane.campaign)
}

// stopCampaign lets the campaign make no further call. Lanes that wait for a failover see it through.
func (w *World) stopCampaign(c int32, at Time) {
	state := &w.campaigns[c]
	state.stopped = true
	state.endedAt = max(state.endedAt, at)
}

func (w *World) endCampaign(c int32) {
	state := &w.campaigns[c]
	state.ended = true
	state.endedAt = max(state.endedAt, w.clock.Now())
	record := about(KindCampaignEnded)
	record.Campaign = c
	w.log(record)
}

// wakeOperator schedules the poll that will see the lane's `Finished recovery`: the first at or after now of those that
// the operator makes every Poll from the accepted call on. A poll after the time-out never happens.
func (w *World) wakeOperator(l int32) {
	lane := &w.lanes[l]
	f := &w.failovers[lane.failover]
	cfg := &w.top.cfg.Campaigns[lane.campaign]
	polls := max(1, (w.clock.Now().Sub(f.Accepted)+cfg.Poll-1)/cfg.Poll)
	if polls*cfg.Poll > cfg.Timeout {
		return
	}
	w.clock.Cancel(lane.timeout)
	w.clock.At(f.Accepted.Add(polls*cfg.Poll), event{KindOperatorSawRecovery, l})
}

func (w *World) operatorSawRecovery(l int32) {
	lane := &w.lanes[l]
	w.campaigns[lane.campaign].covered++
	w.logLane(KindOperatorSawRecovery, l)
	w.unwatch(l)
	if w.campaigns[lane.campaign].stopped {
		w.retire(l)
		return
	}
	w.advance(l)
}

func (w *World) operatorTimedOut(l int32) {
	w.logLane(KindOperatorTimedOut, l)
	w.unwatch(l)
	if w.campaigns[w.lanes[l].campaign].stopped {
		w.retire(l)
		return
	}
	w.react(l, w.top.cfg.Campaigns[w.lanes[l].campaign].OnTimeout)
}

// unwatch ends the lane's wait for its failover.
func (w *World) unwatch(l int32) {
	lane := &w.lanes[l]
	if r := &w.recoveries[w.failovers[lane.failover].recovery]; r.watcher == l {
		r.watcher = -1
	}
	lane.failover, lane.timeout = -1, 0
}

func (w *World) logLane(kind Kind, l int32) {
	lane := &w.lanes[l]
	f := &w.failovers[lane.failover]
	w.log(Record{Kind: kind, Group: f.Group, NodeGroup: f.NodeGroup, Node: -1, Campaign: lane.campaign,
		Span: time.Duration(w.clock.Now() - f.Accepted)})
}

// campaignOutcome is what the operator has got done by now.
func (w *World) campaignOutcome(c int32) CampaignOutcome {
	state := &w.campaigns[c]
	o := CampaignOutcome{Targets: w.top.campaigns[c].targets, Covered: state.covered, Ended: state.endedAt, Calls: state.calls}
	if !state.ended {
		o.Ended = w.clock.Now()
	}
	return o
}
