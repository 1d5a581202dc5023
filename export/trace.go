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
// A process is a replication group, the fleet, or a campaign. A node group has a thread for its failovers, and one more for
// everything that may overlap them: what its name goes through, and its outages, one for each access and observer. So spans of
// one thread nest.
func Trace(w io.Writer, cfg *sim.Config, world *sim.World, settings []Setting) error {
	outcome := world.Outcome()
	t := &tracer{cfg: cfg, world: world, names: map[track]string{}, open: map[track][]span{}, recovering: map[int32]track{}, ended: map[track]sim.Time{}}
	t.nameTracks()
	for _, r := range world.Records() {
		t.record(r)
	}
	t.closeAll(outcome.End)
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
	lanes         = 16
)

// The lanes of a node group: its failovers, its name, its outages by access and observer, then its nodes, which can be replaced at
// the same time.
const (
	failoverLane = iota
	nameLane
	outageLanes
	nodeLanes = outageLanes + 8
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
	first []int32 // by group: its first node group among those of the fleet
	names map[track]string
	spans []span
	begun int
	// recovering has the tracks of the recoveries that run, by node.
	recovering map[int32]track
	// ended is when the latest span of a track ended.
	ended map[track]sim.Time
	// open are the spans of a track that have begun, the innermost last.
	open map[track][]span
}

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

// record takes up one line of the timeline: most begin or end a phase, the others are instants.
func (t *tracer) record(r sim.Record) {
	told := t.world.Describe(r)
	if r.Group < 0 || r.NodeGroup < 0 || r.Kind != sim.KindTestFailoverCalled && r.Campaign >= 0 {
		t.instant(t.placeOf(&r), &told)
		return
	}
	ng := r.NodeGroup - t.first[r.Group] // records count the node groups of all groups
	lane, names := laneOf(r.Group, ng, failoverLane), laneOf(r.Group, ng, nameLane)
	switch r.Kind {
	case sim.KindPrimaryCutOff:
		t.end(lane, &told)
		t.begin(lane, "promotion", r.At)
	case sim.KindReplicaPromoted:
		t.promoted(lane, &r, &told)
		if t.cfg.Groups[r.Group].Mode != sim.ClusterEnabled {
			t.names[names] = told.NodeGroup + " primary's name"
			t.cut(names, r.At)
			t.begin(names, "propagation", r.At)
		}
	case sim.KindEndpointMoved:
		t.end(names, &told)
		t.begin(names, "resolver caches", r.At)
	case sim.KindResolversFollowed:
		t.end(names, &told)
	case sim.KindRecoveryStarted, sim.KindReplacementUp, sim.KindRecoveryFinished:
		t.recovery(lane, &r, &told)
	default:
		t.instant(lane, &told)
		if r.Kind == sim.KindTestFailoverCalled && r.Violation == sim.NoViolation {
			t.begin(lane, "accept", r.At)
		}
	}
}

// promoted ends the promotion that a cut-off began, or draws the one that a failure did, on the promoted node's own track.
func (t *tracer) promoted(lane track, r *sim.Record, told *sim.RecordText) {
	if len(t.open[lane]) > 0 && t.open[lane][len(t.open[lane])-1].name == "promotion" {
		t.end(lane, told)
		return
	}
	on := t.nodeTrack(lane, told)
	t.spans = append(t.spans, span{track: on, name: "promotion", category: "phase", from: max(t.ended[on], r.At.Add(-r.Span)), to: r.At,
		text: told.Text, begun: t.next()})
	t.ended[on] = r.At
}

// recovery follows the replacement of a node: on the failovers' track where that is free, else on the node's own.
func (t *tracer) recovery(lane track, r *sim.Record, told *sim.RecordText) {
	on, running := t.recovering[r.Node]
	switch {
	case r.Kind == sim.KindRecoveryStarted:
		if running {
			t.cut(on, r.At) // the replacement was lost in its turn
		} else if on = lane; len(t.open[lane]) > 0 {
			on = t.nodeTrack(lane, told)
		}
		t.recovering[r.Node] = on
		t.begin(on, "recovery", r.At)
		t.begin(on, "provision", r.At)
	case running && r.Kind == sim.KindReplacementUp:
		t.end(on, told)
		t.begin(on, "sync", r.At)
	case running:
		for len(t.open[on]) > 0 {
			t.end(on, told)
		}
		delete(t.recovering, r.Node)
	}
}

// nodeTrack is the node's own track.
func (t *tracer) nodeTrack(lane track, told *sim.RecordText) track {
	on := track{lane.process, lane.thread - failoverLane + nodeLanes}
	for t.names[on] != "" && t.names[on] != told.Node {
		on.thread++
	}
	t.names[on] = told.Node
	return on
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

func (t *tracer) begin(on track, name string, at sim.Time) {
	t.open[on] = append(t.open[on], span{track: on, name: name, category: "phase", from: at, begun: t.next()})
}

// end closes the innermost span of a track, with the words of what ended it.
func (t *tracer) end(on track, told *sim.RecordText) {
	inner := len(t.open[on]) - 1
	s := t.open[on][inner]
	t.open[on] = t.open[on][:inner]
	s.to, s.text = told.At, told.Text
	t.ended[on] = told.At
	t.spans = append(t.spans, s)
}

// cut closes every span of a track that something else put an end to.
func (t *tracer) cut(on track, at sim.Time) {
	for _, s := range t.open[on] {
		s.to, s.censored = at, true
		t.spans = append(t.spans, s)
	}
	t.ended[on] = at
	t.open[on] = nil
}

// closeAll cuts what is open when the trial ends; write brings it into order.
func (t *tracer) closeAll(at sim.Time) {
	for on := range t.open {
		t.cut(on, at)
	}
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
