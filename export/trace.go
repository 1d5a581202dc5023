package export

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"failsim/sim"
)

// Trace writes the timeline of a trial in Chrome's trace event format, for Perfetto and the like. world has played it to its
// end, with Trace on. Times are microseconds since the trial began, exact to the nanosecond.
//
// A process is a replication group, the fleet, or a campaign. A node group has a thread for its failovers, and more for what may
// overlap them: what its name goes through, its outages, one for each access and observer, the recoveries of each node, and planned
// work. The fleet has threads for the faults that last. So spans of one thread nest.
func Trace(w io.Writer, cfg *sim.Config, world *sim.World, settings []Setting) error {
	outcome := world.Outcome()
	t := &tracer{cfg: cfg, world: world, end: outcome.End, names: map[track]string{}, endings: map[ending]string{},
		struck: map[int32]int{}, moves: map[shard][]sim.Time{}, followed: map[shard][]sim.Time{}}
	t.nameTracks()
	t.incidents()
	t.works()
	for _, r := range world.Records() {
		t.record(r)
	}
	for i := range outcome.Failovers {
		t.failover(&outcome.Failovers[i])
	}
	for i := range outcome.Failovers {
		t.propagation(&outcome.Failovers[i])
	}
	for i := range outcome.Recoveries {
		t.recovery(&outcome.Recoveries[i])
	}
	for i := range outcome.Windows {
		t.outage(&outcome.Windows[i])
	}
	return t.write(w, settings)
}

// track is a thread of a process. Thread 0 stands for the process itself where it is named.
type track struct{ process, thread int }

// The processes: the fleet, then the groups, then the campaigns.
const fleetProcess = 1

// The threads of the fleet and of each group. Those of its node groups follow, `lanes` for each.
const (
	ownThread     = 1 // what concerns all of it
	outageThreads = 2 // write outages, by observer
	faultThreads  = 4 // of the fleet: faults that last
	lanes         = workLane + 1
)

// The lanes of a node group: its failovers, its name, its outages by access and observer, then the recoveries of its nodes, of
// which there are six at most, and planned work.
const (
	failoverLane = iota
	nameLane
	outageLanes
	nodeLanes = outageLanes + 2*4
	workLane  = nodeLanes + 6
)

// span is a complete event, or an instant.
type span struct {
	track
	name, category string
	from, to       sim.Time
	instant        bool
	text           string
	begun          int // how many began before it: of two equal spans the first is around the other
	censored       bool
}

type tracer struct {
	cfg   *sim.Config
	world *sim.World
	end   sim.Time
	first []int32 // by group: its first node group among those of the fleet
	names map[track]string
	spans []span
	begun int
	// struck has the incidents that last.
	struck map[int32]int
	// endings has the words of records that end a phase.
	endings map[ending]string
	// moves has when the names of a node group began to move, followed when every resolver had followed them.
	moves    map[shard][]sim.Time
	followed map[shard][]sim.Time
}

// ending names the record that ends a phase; node is "" for what happens to names.
type ending struct {
	kind sim.Kind
	shard
	node string
	at   sim.Time
}

// shard is a node group: the index of its group, and its own within that.
type shard struct{ group, nodeGroup int32 }

// nameTracks names what is there whatever happens: the processes, and a thread for each node group.
func (t *tracer) nameTracks() {
	t.names[track{fleetProcess, 0}] = "fleet"
	nodeGroups := int32(0)
	for g := range t.cfg.Groups {
		t.first = append(t.first, nodeGroups)
		nodeGroups += int32(len(t.cfg.Groups[g].NodeGroups))
		t.names[track{groupProcess(int32(g)), 0}] = t.cfg.Groups[g].ID
		for ng := range t.cfg.Groups[g].NodeGroups {
			t.names[laneOf(int32(g), int32(ng), failoverLane)] = t.cfg.Groups[g].NodeGroups[ng].ID
		}
	}
	for c := range t.cfg.Campaigns {
		t.names[track{t.campaignProcess(int32(c)), 0}] = "campaign " + t.cfg.Campaigns[c].Name
	}
}

func groupProcess(group int32) int { return fleetProcess + 1 + int(group) }

func (t *tracer) campaignProcess(campaign int32) int {
	return groupProcess(int32(len(t.cfg.Groups))) + int(campaign)
}

func laneOf(group, nodeGroup int32, lane int) track {
	return track{groupProcess(group), lanes*(1+int(nodeGroup)) + lane}
}

// record takes up one line of the timeline: those that begin or end a phase give it their words, the others are instants.
func (t *tracer) record(r sim.Record) {
	told := t.world.Describe(r)
	if _, lasts := t.struck[r.Incident]; r.Kind == sim.KindWorkFinished || lasts && (r.Kind == sim.KindFaultStruck || r.Kind == sim.KindIncidentOver) {
		return // the end of a span, or one that begins
	}
	if r.Group < 0 || r.NodeGroup < 0 || r.Kind != sim.KindTestFailoverCalled && r.Campaign >= 0 {
		t.instant(t.placeOf(&r), &told)
		return
	}
	on := shard{r.Group, r.NodeGroup - t.first[r.Group]} // records count the node groups of all groups
	by := ending{r.Kind, on, told.Node, r.At}
	switch r.Kind {
	case sim.KindPrimaryCutOff, sim.KindReplicaPromoted, sim.KindRecoveryStarted, sim.KindReplacementUp, sim.KindRecoveryFinished:
	case sim.KindEndpointMoved, sim.KindResolversFollowed:
		by.node = ""
		if r.Kind == sim.KindResolversFollowed {
			t.followed[on] = append(t.followed[on], r.At)
		}
	default:
		t.instant(laneOf(on.group, on.nodeGroup, failoverLane), &told)
	}
	t.endings[by] = told.Text
}

// failover takes up the phases of a failover but those of its names. What nobody called for has its detection inside.
func (t *tracer) failover(f *sim.Failover) {
	s := shard{f.Group, f.NodeGroup}
	on := laneOf(f.Group, f.NodeGroup, failoverLane)
	old, over := t.node(s, f.Old), min(f.Promoted, f.Abandoned, t.end)
	t.phase(span{track: on, name: "accept", from: f.Accepted, to: f.CutOff}, over, ending{sim.KindPrimaryCutOff, s, old, f.CutOff})
	if f.Abandoned != sim.Never {
		t.phase(span{track: on, name: "abandoned failover", from: f.CutOff, to: f.Abandoned}, over,
			ending{sim.KindFailoverAbandoned, s, old, f.Abandoned})
	} else {
		t.phase(span{track: on, name: "promotion", from: f.CutOff, to: f.Promoted}, over,
			ending{sim.KindReplicaPromoted, s, t.node(s, f.New), f.Promoted})
	}
	if f.Cause != sim.CauseTestFailover {
		t.phase(span{track: on, name: "detection", from: f.CutOff, to: f.Known}, over, ending{sim.KindFailureKnown, s, old, f.Known})
	}
	if moved := nameMoved(f); moved != sim.Never {
		t.moves[s] = append(t.moves[s], moved)
	}
}

// node is the id of a member of a node group; "" for none, -1.
func (t *tracer) node(s shard, member int32) string {
	if member < 0 {
		return ""
	}
	return t.cfg.Groups[s.group].NodeGroups[s.nodeGroup].Nodes[member].ID
}

// nameMoved is when the names began to move: at the promotion, or where all data was lost and another node began anew.
func nameMoved(f *sim.Failover) sim.Time {
	if f.Promoted == sim.Never && f.Propagated != sim.Never {
		return f.Abandoned
	}
	return f.Promoted
}

// propagation takes up what the names of a node group go through after a failover, until the next one moves them again.
func (t *tracer) propagation(f *sim.Failover) {
	s := shard{f.Group, f.NodeGroup}
	on := laneOf(f.Group, f.NodeGroup, nameLane)
	moved := nameMoved(f)
	if moved == sim.Never || t.cfg.Groups[f.Group].Mode == sim.ClusterEnabled {
		return
	}
	t.names[on] = t.cfg.Groups[f.Group].NodeGroups[f.NodeGroup].ID + " primary's name"
	over := t.end
	for _, next := range t.moves[s] {
		if next > moved {
			over = min(over, next)
		}
	}
	t.phase(span{track: on, name: "propagation", from: moved, to: f.Propagated}, over, ending{sim.KindEndpointMoved, s, "", f.Propagated})
	caches := span{track: on, name: "resolver caches", from: f.Propagated, to: sim.Never}
	for _, at := range t.followed[s] {
		if at >= f.Propagated && at <= over {
			caches.to = min(caches.to, at)
		}
	}
	t.phase(caches, over, ending{sim.KindResolversFollowed, s, "", caches.to})
}

// recovery takes up the replacement of a node.
func (t *tracer) recovery(r *sim.Recovery) {
	if r.Started == sim.Never {
		return
	}
	s := shard{r.Group, r.NodeGroup}
	id := t.node(s, r.Node)
	on := laneOf(r.Group, r.NodeGroup, nodeLanes+int(r.Node))
	t.names[on] = id
	over := min(r.Cancelled, t.end)
	finished := ending{sim.KindRecoveryFinished, s, id, r.Finished}
	t.phase(span{track: on, name: "recovery", from: r.Started, to: r.Finished}, over, finished)
	t.phase(span{track: on, name: "provision", from: r.Started, to: r.Provisioned}, over,
		ending{sim.KindReplacementUp, s, id, r.Provisioned})
	t.phase(span{track: on, name: "sync", from: r.Provisioned, to: r.Finished}, over, finished)
}

// phase takes up a stretch with the words of what ended it. One that did not end was cut when all was over.
func (t *tracer) phase(s span, over sim.Time, by ending) {
	if s.from == sim.Never {
		return
	}
	s.category, s.begun, s.text = "phase", t.next(), t.endings[by]
	if s.to == sim.Never {
		s.to, s.censored = over, true
	}
	t.spans = append(t.spans, s)
}

// placeOf is where an instant stands that is not about a node group: with its campaign, its group or the fleet.
func (t *tracer) placeOf(r *sim.Record) track {
	place, name := track{fleetProcess, ownThread}, "service"
	switch {
	case r.Campaign >= 0 && r.Kind != sim.KindTestFailoverCalled:
		place, name = track{t.campaignProcess(r.Campaign), ownThread}, "operator"
	case r.Group >= 0:
		place, name = track{groupProcess(r.Group), ownThread}, "group"
	}
	t.names[place] = name
	return place
}

func (t *tracer) instant(at track, told *sim.RecordText) {
	name := told.Kind
	if told.Outcome != "" {
		name += ": " + told.Outcome
	}
	t.spans = append(t.spans, span{track: at, name: name, category: "event", from: told.At, to: told.At, instant: true,
		text: told.Text, begun: t.next()})
}

func (t *tracer) next() int {
	t.begun++
	return t.begun
}

// outage takes up a window, of a node group, a group or the fleet.
func (t *tracer) outage(w *sim.OutageWindow) {
	what := [...]string{
		sim.AccessWrite: "write_outage", sim.AccessRead: "read_outage", sim.AccessReplicaRead: "replica_read_outage",
		sim.AccessRedundancy: "reduced_redundancy",
	}[w.Access]
	seen := what + "@" + w.Observer.String()
	on, name := track{fleetProcess, outageThreads + int(w.Observer)}, "fleet_"+seen
	switch {
	case w.NodeGroup >= 0:
		on = laneOf(w.Group, w.NodeGroup, outageLanes+2*int(w.Access)+int(w.Observer))
		name = t.cfg.Groups[w.Group].NodeGroups[w.NodeGroup].ID + " " + seen
	case w.Group >= 0:
		on, name = track{groupProcess(w.Group), outageThreads + int(w.Observer)}, "group_"+seen
	}
	t.names[on] = name
	t.spans = append(t.spans, span{track: on, name: what, category: "outage", from: w.From, to: w.To,
		text: "cause: " + w.Cause.String(), begun: t.next(), censored: w.Censored})
}

// write puts everything into one order: by process and thread, then by time, the outer span first.
func (t *tracer) write(w io.Writer, settings []Setting) error {
	slices.SortFunc(t.spans, func(a, b span) int {
		return cmp.Or(compareTracks(a.track, b.track), cmp.Compare(a.from, b.from), cmp.Compare(b.to, a.to),
			cmp.Compare(a.begun, b.begun))
	})
	out := bufio.NewWriter(w)
	fmt.Fprint(out, "{\"traceEvents\":[")
	separator := "\n"
	line := func(format string, args ...any) {
		fmt.Fprintf(out, separator+format, args...)
		separator = ",\n"
	}
	var tracks []track
	for on := range t.names {
		tracks = append(tracks, on)
	}
	slices.SortFunc(tracks, compareTracks)
	for _, on := range tracks {
		what, sort := "thread", on.thread
		if on.thread == 0 {
			what, sort = "process", on.process
		}
		head := fmt.Sprintf(`"ph":"M","ts":0,"pid":%d,"tid":%d`, on.process, on.thread)
		line(`{"name":"%s_name",%s,"args":{"name":%s}}`, what, head, jsonText(t.names[on]))
		line(`{"name":"%s_sort_index",%s,"args":{"sort_index":%d}}`, what, head, sort)
	}
	for i := range t.spans {
		line("%s", t.spans[i].json())
	}
	var about []string
	for _, s := range settings {
		about = append(about, jsonText(s.Key)+":"+jsonText(s.Value))
	}
	fmt.Fprintf(out, "\n],\"displayTimeUnit\":\"ms\",\"otherData\":{%s}}\n", strings.Join(about, ","))
	return out.Flush()
}

func compareTracks(a, b track) int {
	return cmp.Or(cmp.Compare(a.process, b.process), cmp.Compare(a.thread, b.thread))
}

func (s *span) json() string {
	kind := fmt.Sprintf(`"ph":"X","dur":%s`, microseconds(int64(s.to-s.from)))
	if s.instant {
		kind = `"ph":"i","s":"t"` // as wide as its thread
	}
	args := `"text":` + jsonText(s.text)
	if s.censored {
		args += `,"censored":true`
	}
	return fmt.Sprintf(`{"name":%s,"cat":%s,%s,"ts":%s,"pid":%d,"tid":%d,"args":{%s}}`, jsonText(s.name),
		jsonText(s.category), kind, microseconds(int64(s.from)), s.process, s.thread, args)
}

// microseconds writes nanoseconds as microseconds with three decimals.
func microseconds(ns int64) string { return fmt.Sprintf("%d.%03d", ns/1000, ns%1000) }
