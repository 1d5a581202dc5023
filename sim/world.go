package sim

import (
	"fmt"
	"time"

	"failsim/dist"
)

// World is one trial in progress. Its state is plain data: CopyFrom makes an independent copy in mid-flight, and Reset
// starts another trial in the same memory.
type World struct {
	top         *topology
	seed, trial uint64
	source      dist.Source
	clock       Clock[event]
	last        Time // when something last happened; before the first event, before virtual zero
	state
	quota quota
	known Elections // tables that a fault from outside may need

	tracing  bool
	records  []Record
	service  []serviceEvent
	checking bool
	outcome  Outcome
	marks    []int32 // nodes or failovers, for the length of one event
	powered  []int32 // nodes, for the length of one call of struck
}

// state is what a trial changes, besides the clock and the quota. Entities live in slabs and name each other by index.
type state struct {
	groups     []ReplicationGroup
	nodeGroups []NodeGroup
	nodes      []Node
	failovers  []failover
	recoveries []recovery
	losses     []DataLoss
	incidents  []incident
	active     []int32 // the incidents that last now, in no order
	processes  []process
	works      []work
	held       []int32 // planned works, of the topology's faults, whose groups are worked on: the earliest first

	modifications []modification

	windows   []OutageWindow
	campaigns []campaign
	lanes     []lane
	queue     []int32 // the campaigns' queues of groups; see campaign
	cursors   []int32 // per campaign and group: its next node group in this round
	fleet     fleet
	calls     CallCount
	blocks    int32 // how many blocks of the API hold
	slowdown  int64 // of the control plane, in millionths
}

func (s *state) copyFrom(src *state) {
	s.groups = append(s.groups[:0], src.groups...)
	s.nodeGroups = append(s.nodeGroups[:0], src.nodeGroups...)
	s.nodes = append(s.nodes[:0], src.nodes...)
	s.failovers = append(s.failovers[:0], src.failovers...)
	s.recoveries = append(s.recoveries[:0], src.recoveries...)
	s.losses = append(s.losses[:0], src.losses...)
	s.incidents = append(s.incidents[:0], src.incidents...)
	s.active = append(s.active[:0], src.active...)
	s.processes = append(s.processes[:0], src.processes...)
	s.works = append(s.works[:0], src.works...)
	s.held = append(s.held[:0], src.held...)
	s.modifications = append(s.modifications[:0], src.modifications...)
	s.windows = append(s.windows[:0], src.windows...)
	s.campaigns = append(s.campaigns[:0], src.campaigns...)
	s.lanes = append(s.lanes[:0], src.lanes...)
	s.queue = append(s.queue[:0], src.queue...)
	s.cursors = append(s.cursors[:0], src.cursors...)
	s.fleet, s.calls, s.blocks = src.fleet, src.calls, src.blocks
	s.slowdown = src.slowdown
}

// NewWorld returns a World that plays cfg, standing at virtual zero of trial 0 with seed 0. Only Reset starts a trial.
func NewWorld(cfg *Config) *World { return NewWorldKnowing(cfg, nil) }

// NewWorldKnowing is NewWorld for somebody who has tables of elections already.
func NewWorldKnowing(cfg *Config, known Elections) *World {
	top := newTopology(cfg, known)
	top.pristine.fleet.windows = [2]windowSlot{noWindow, noWindow}
	w := &World{top: top, known: known}
	w.Reset(0, 0)
	return w
}

// Elections are the tables that the World has.
func (w *World) Elections() Elections { return w.top.tables }

// Know gives the World tables of elections, which it otherwise plays when a fault is injected that needs them.
func (w *World) Know(known Elections) { w.known = known }

// Twin returns another World that plays the same Config, standing at virtual zero of trial 0 with seed 0. The two share what neither
// writes, and so what it costs to lay the Config out.
func (w *World) Twin() *World {
	twin := &World{top: w.top, known: w.known}
	twin.Reset(0, 0)
	return twin
}

// Run plays one trial to its end.
func Run(cfg *Config, seed, trial uint64) *Outcome {
	w := NewWorld(cfg)
	w.Reset(seed, trial)
	w.RunUntil(cfg.End())
	return w.Outcome()
}

// Trace turns the recording of the timeline and of the service events on or off, from the next Reset on.
func (w *World) Trace(on bool) { w.tracing = on }

// CheckEveryEvent makes the World verify its invariants after every event, and panic where one is broken.
func (w *World) CheckEveryEvent() { w.checking = true }

// Reset puts the World at virtual zero of a trial. It keeps the memory: a warm World plays trials without allocating.
func (w *World) Reset(seed, trial uint64) {
	if w.top.origin != nil {
		w.top = w.top.origin
	}
	w.seed, w.trial, w.last = seed, trial, -1
	w.source = dist.NewSource(seed, trial, 0)
	w.clock.Reset()
	w.copyFrom(&w.top.pristine)
	w.quota.reset(&w.top.cfg.Quota, len(w.nodeGroups))
	w.records, w.service = w.records[:0], w.service[:0]
	w.scheduleScript()
	for ng := range w.nodeGroups {
		w.observe(int32(ng), blame{CauseNodeStatus, -1})
	}
}

// CopyFrom makes w a copy of src in mid-flight. The copies share only what neither writes.
func (w *World) CopyFrom(src *World) {
	w.top, w.seed, w.trial, w.source = src.top, src.seed, src.trial, src.source
	w.clock.CopyFrom(&src.clock)
	w.copyFrom(&src.state)
	w.quota.copyFrom(&src.quota)
	w.last, w.tracing, w.checking, w.known = src.last, src.tracing, src.checking, src.known
	w.records = append(w.records[:0], src.records...)
	w.service = append(w.service[:0], src.service...)
}

// scheduleScript schedules what the Config knows beforehand. Blocks and statuses come first, so that they hold for a call
// of the same instant.
func (w *World) scheduleScript() {
	cfg := w.top.cfg
	for _, b := range cfg.Blocks {
		w.clock.At(b.At, event{kind: KindAPIBlocked})
		w.clock.At(b.At.Add(b.Duration), event{kind: KindAPIUnblocked})
	}
	for i := range cfg.Groups {
		if g := &cfg.Groups[i]; g.Status != StatusAvailable && g.StatusUntil != Never {
			w.clock.At(g.StatusUntil, event{kind: KindGroupAvailable, subject: int32(i)})
		}
	}
	for i := range w.top.nodes {
		if n := w.top.nodes[i].cfg; n.Status != StatusAvailable && n.StatusUntil != Never {
			w.clock.At(n.StatusUntil, event{kind: KindNodeAvailable, subject: int32(i)})
		}
	}
	for i := range cfg.Calls {
		w.clock.At(cfg.Calls[i].At, event{kind: KindCallDue, subject: int32(i)})
	}
	for i := range cfg.Campaigns {
		w.clock.At(cfg.Campaigns[i].At, event{kind: KindCampaignStarted, subject: int32(i)})
	}
	for i := range w.top.faults {
		w.scheduleFault(int32(i))
	}
	for p := range w.processes {
		w.scheduleFailure(int32(p), w.firstFailure(int32(p)))
	}
	if w.tracing && cfg.Horizon < Endless {
		w.clock.At(Time(cfg.Horizon), event{kind: KindHorizonReached})
	}
}

// scheduleFault schedules what a fault of the topology begins with: the announcement of work that waits, or else the strike.
func (w *World) scheduleFault(fault int32) {
	begin, announced := w.top.faults[fault].begin, w.top.faultConfig(fault).At
	if begin > announced {
		w.clock.At(announced, event{kind: KindWorkScheduled, subject: fault})
	} else if begin <= Time(w.top.cfg.Horizon) {
		w.clock.At(begin, event{kind: KindFaultStruck, subject: fault})
	}
}

// Now is the instant at which the World stands.
func (w *World) Now() Time { return w.clock.Now() }

// Step plays the next event; false when none is left.
func (w *World) Step() bool {
	e, ok := w.clock.Next()
	if !ok {
		return false
	}
	w.last = w.clock.Now()
	w.happen(e)
	if w.checking {
		w.verify(e.kind)
	}
	return true
}

// verify checks the invariants after an event of that kind.
func (w *World) verify(after Kind) {
	if err := w.Check(); err != nil {
		panic(fmt.Sprintf("sim: broken invariant after %v at %v, seed %d, trial %d: %v", after, w.clock.Now(), w.seed, w.trial, err))
	}
}

// RunUntil plays every event up to and including the instant t, and leaves the World standing at t.
func (w *World) RunUntil(t Time) {
	for {
		next, ok := w.clock.Peek()
		if !ok || next > t {
			break
		}
		w.Step()
	}
	w.clock.AdvanceTo(t)
}

// happen does what the event does: one function each.
func (w *World) happen(e event) {
	switch e.kind {
	case KindCallDue:
		w.callDue(e.subject)
	case KindPrimaryCutOff:
		w.cutOffPrimary(e.subject)
	case KindReplicaPromoted:
		w.promoteReplica(e.subject)
	case KindFailoverCompleted:
		w.completeFailover(e.subject)
	case KindEndpointMoved:
		w.moveEndpoint(e.subject)
	case KindResolversFollowed:
		fo := &w.failovers[e.subject]
		w.followRecords(fo.NodeGroup, fo.blame())
	case KindFailureKnown:
		w.learnOfFailure(e.subject)
	case KindRecoveryStarted:
		w.startRecovery(e.subject)
	case KindReplacementUp:
		w.bringUpReplacement(e.subject)
	case KindSyncFinished:
		w.finishSync(e.subject)
	default:
		w.happenOutside(e)
	}
}

// happenOutside goes on with happen: the operator's events, and what strikes from outside.
func (w *World) happenOutside(e event) {
	switch e.kind {
	case KindCampaignStarted:
		w.startCampaign(e.subject)
	case KindOperatorCalls:
		w.operatorCalls(e.subject)
	case KindOperatorSawRecovery:
		w.operatorSawRecovery(e.subject)
	case KindOperatorTimedOut:
		w.operatorTimedOut(e.subject)
	case KindAPIBlocked:
		w.blockAPI()
	case KindAPIUnblocked:
		w.unblockAPI()
	case KindGroupAvailable:
		w.endGroupStatus(e.subject)
	case KindNodeAvailable:
		w.endNodeStatus(e.subject)
	case KindFaultStruck:
		w.faultStrikes(e.subject)
	case KindWorkScheduled:
		w.announceWork(e.subject)
	case KindFailureStruck:
		w.failureStrikes(e.subject)
	case KindIncidentOver:
		w.endIncident(e.subject)
	case KindReplicaDropped:
		w.dropReplica(e.subject)
	case KindNodeRebooted:
		w.finishReboot(e.subject)
	case KindMajorityLost:
		w.haltGroup(e.subject)
	case KindMajorityBack:
		w.resumeGroup(e.subject)
	case KindReplacementReady:
		w.replacementReady(e.subject)
	case KindPlaceSwapped:
		w.finishSwap(e.subject)
	case KindHorizonReached:
		w.log(about(KindHorizonReached))
	default:
		if !w.happenByCall(e) {
			panic(fmt.Sprintf("sim: no event of kind %v", e.kind))
		}
	}
}

// draw takes the next delay of a phase of a node group: a pure function of the seed, the trial, the phase, the node
// group's name and how often it was drawn before.
func (w *World) draw(ng int32, p phase, d *dist.Delay) time.Duration {
	return d.Draw(w.bits(ng, p))
}

func (w *World) bits(ng int32, p phase) uint64 {
	g := &w.nodeGroups[ng]
	occurrence := g.draws[p]
	g.draws[p]++
	return w.source.Bits(w.top.nodeGroups[ng].streams[p], uint64(occurrence))
}

func (w *World) blockAPI() {
	w.blocks++
	w.log(about(KindAPIBlocked))
}

func (w *World) unblockAPI() {
	w.blocks--
	w.log(about(KindAPIUnblocked))
}

func (w *World) endGroupStatus(group int32) {
	w.groups[group].status = StatusAvailable
	record := about(KindGroupAvailable)
	record.Group = group
	w.log(record)
}

// fill gives a replica that was not in service so far the data of its primary, which it has copied by then; or has it wait for data,
// where the primary has none.
func (w *World) fill(node int32) {
	n := &w.nodes[node]
	if !n.empty || n.down&(downDead|downSyncing) != 0 {
		return
	}
	primary := &w.nodes[w.nodeGroups[n.nodeGroup].primary]
	if n.empty = n.down != 0 || primary.empty || primary.down&downLost != 0; n.empty {
		n.down |= downSyncing
	}
}

func (w *World) endNodeStatus(node int32) {
	n := &w.nodes[node]
	n.status = StatusAvailable
	n.down &^= downStatus
	w.fill(node)
	w.updateReaders(n.nodeGroup)
	w.log(w.nodeRecord(KindNodeAvailable, node))
	w.observe(n.nodeGroup, blame{CauseNodeStatus, -1})
	w.seekAgain(n.nodeGroup)
	w.welcome(node)
}
