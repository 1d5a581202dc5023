package export

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"failsim/scenario"
	"failsim/sim"

	gocmp "github.com/google/go-cmp/cmp"
)

// traceEvent is an event of the trace event format, with the keys that this package writes.
type traceEvent struct {
	Name     *string     `json:"name"`
	Phase    string      `json:"ph"`
	Category string      `json:"cat"`
	At       json.Number `json:"ts"`
	Duration json.Number `json:"dur"`
	Process  *int        `json:"pid"`
	Thread   *int        `json:"tid"`
	Scope    string      `json:"s"`
	Args     struct {
		Name      *string `json:"name"`
		SortIndex *int    `json:"sort_index"`
		Text      string  `json:"text"`
		Censored  bool    `json:"censored"`
	} `json:"args"`
}

type traceFile struct {
	Events    []traceEvent      `json:"traceEvents"`
	Unit      string            `json:"displayTimeUnit"`
	OtherData map[string]string `json:"otherData"`
}

func worldOf(t *testing.T, file string, trial uint64) (*sim.Config, *sim.World) {
	t.Helper()
	sc, err := scenario.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	w := sim.NewWorld(&sc.Config)
	w.Trace(true)
	w.Reset(sc.Run.Seed, trial)
	w.RunUntil(sc.Config.End())
	return &sc.Config, w
}

func traced(t *testing.T, cfg *sim.Config, world *sim.World) traceFile {
	t.Helper()
	text := written(t, func(w io.Writer) error { return Trace(w, cfg, world, []Setting{{"seed", "1"}}) })
	in := json.NewDecoder(bytes.NewReader(text))
	in.DisallowUnknownFields()
	var file traceFile
	if err := in.Decode(&file); err != nil {
		t.Fatal(err)
	}
	return file
}

var threeDecimals = regexp.MustCompile(`^\d+\.\d{3}$`)

// nanoseconds reads microseconds with three decimals.
func nanoseconds(t *testing.T, n json.Number) int64 {
	t.Helper()
	if !threeDecimals.MatchString(string(n)) {
		t.Fatalf("%q is not microseconds with three decimals", n)
	}
	ns, err := strconv.ParseInt(strings.Replace(string(n), ".", "", 1), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return ns
}

// The rules of the format: every event has its keys, complete events have a duration, instants a scope, processes and threads
// a name; the spans of a thread nest, and come in order.
func TestTracesFollowTheFormat(t *testing.T) {
	files, err := filepath.Glob("../scenarios/*.toml")
	if err != nil || len(files) < 9 {
		t.Fatalf("%d scenarios, %v", len(files), err)
	}
	for _, file := range append(files, "testdata/overlap.toml", "testdata/faults.toml") {
		trials := uint64(1)
		if strings.HasPrefix(file, "testdata/") {
			trials = 10
		}
		for trial := range trials {
			cfg, world := worldOf(t, file, trial)
			checkTrace(t, traced(t, cfg, world))
		}
	}
}

func checkTrace(t *testing.T, file traceFile) {
	t.Helper()
	named := map[track]bool{}
	inside := map[track][]int64{} // the ends of the spans around an event
	last := map[track]int64{}
	for i, e := range file.Events {
		if e.Name == nil || *e.Name == "" || e.Process == nil || e.Thread == nil {
			t.Fatalf("event %d lacks keys: %+v", i, e)
		}
		on := track{*e.Process, *e.Thread}
		switch {
		case e.Phase == "M" && (e.Args.Name != nil && *e.Args.Name != "" || e.Args.SortIndex != nil):
			named[on] = true
			continue
		case e.Phase == "X" && e.Category != "", e.Phase == "i" && e.Scope == "t" && e.Duration == "":
		default:
			t.Fatalf("event %d is neither: %+v", i, e)
		}
		from := nanoseconds(t, e.At)
		to := from
		if e.Phase == "X" {
			to += nanoseconds(t, e.Duration)
		}
		if !named[on] || !named[track{on.process, 0}] {
			t.Errorf("event %d is on a thread without a name: %+v", i, e)
		}
		if from < last[on] {
			t.Errorf("event %d comes after a later one: %+v", i, e)
		}
		last[on] = from
		around := inside[on]
		for len(around) > 0 && around[len(around)-1] <= from {
			around = around[:len(around)-1]
		}
		if len(around) > 0 && to > around[len(around)-1] {
			t.Errorf("event %d does not nest: %+v", i, e)
		}
		inside[on] = append(around, to)
	}
}

// Phases are those of the trial's failovers, outages its windows, and instants the calls, to the nanosecond.
func TestTracesTellTheTrial(t *testing.T) {
	for _, file := range []string{"../scenarios/quickstart.toml", "../scenarios/game-day.toml", "../scenarios/no-replica.toml",
		"testdata/faults.toml"} {
		cfg, world := worldOf(t, file, 7)
		var got []string
		for _, e := range traced(t, cfg, world).Events {
			switch {
			case e.Phase == "M" || slices.Contains([]string{"accept", "provision", "sync", "resolver caches"}, *e.Name):
				continue
			case e.Phase == "X" && e.Category == "phase" && e.Args.Censored: // wanted has those that ended
			case e.Phase == "X":
				from := nanoseconds(t, e.At)
				got = append(got, fmt.Sprint(*e.Name, from, from+nanoseconds(t, e.Duration), e.Args.Censored))
			case strings.HasPrefix(*e.Name, "TestFailoverCalled: "):
				got = append(got, fmt.Sprint(*e.Name, nanoseconds(t, e.At)))
			}
		}
		want := wanted(cfg, world)
		if strings.Contains(file, "faults") {
			for _, name := range []string{"zone us-east-1a", "partition carts-001", "replacement", "upgrade", "abandoned failover", "detection", "promotion", "propagation", "recovery", "read_outage"} {
				if !slices.ContainsFunc(want, func(s string) bool { return strings.HasPrefix(s, name) }) {
					t.Errorf("%s: no %s", file, name)
				}
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		if diff := gocmp.Diff(want, got); diff != "" || len(want) < 5 {
			t.Errorf("%s: %d spans: %s", file, len(want), diff)
		}
	}
}

func wanted(cfg *sim.Config, world *sim.World) (all []string) {
	o := world.Outcome()
	add := func(name string, from, to sim.Time) {
		if from != sim.Never && to != sim.Never {
			all = append(all, fmt.Sprint(name, int64(from), int64(to), false))
		}
	}
	for _, f := range o.Failovers {
		add("promotion", f.CutOff, f.Promoted)
		add("abandoned failover", f.CutOff, f.Abandoned)
		if f.Cause != sim.CauseTestFailover {
			add("detection", f.CutOff, f.Known)
		}
		add("propagation", min(f.Promoted, f.Abandoned), f.Propagated)
	}
	for _, r := range o.Recoveries {
		add("recovery", r.Started, r.Finished)
	}
	for _, w := range o.Windows {
		name := map[sim.Access]string{sim.AccessWrite: "write_outage", sim.AccessRead: "read_outage",
			sim.AccessReplicaRead: "replica_read_outage", sim.AccessRedundancy: "reduced_redundancy"}[w.Access]
		all = append(all, fmt.Sprint(name, int64(w.From), int64(w.To), w.Censored))
	}
	for _, f := range cfg.Faults {
		what := f.Target.Zone
		if what == "" && f.Target.Node >= 0 {
			what = cfg.Groups[f.Target.Groups[0]].NodeGroups[f.Target.NodeGroup].Nodes[f.Target.Node].ID
		}
		if f.Duration > 0 {
			add(f.Kind.String()+" "+what, f.At, f.At.Add(f.Duration))
		}
	}
	begun := map[int32]sim.Time{} // by work
	for _, r := range world.Records() {
		switch r.Kind {
		case sim.KindWorkStarted:
			begun[r.Incident] = r.At
		case sim.KindWorkFinished:
			kind, _, _ := strings.Cut(world.Describe(r).Text, " ")
			add(kind, begun[r.Incident], r.At)
		}
		if r.Kind == sim.KindTestFailoverCalled {
			outcome := cmp.Or(map[bool]string{true: "accepted"}[r.Violation == sim.NoViolation], cfg.Refusals[r.Violation])
			all = append(all, fmt.Sprint("TestFailoverCalled: "+outcome, int64(r.At)))
		}
	}
	return all
}

// A group is a process, a node group a thread; what a second failover overtakes, and what the trial's end cuts, says so.
func TestTracesNameTheirTracks(t *testing.T) {
	cfg, world := worldOf(t, "testdata/overlap.toml", 0)
	file := traced(t, cfg, world)
	names := map[track]string{}
	cut := map[string]int{}
	for _, e := range file.Events {
		if e.Phase == "M" && e.Args.Name != nil {
			names[track{*e.Process, *e.Thread}] = *e.Args.Name
		}
		if e.Args.Censored {
			cut[*e.Name]++
		}
	}
	for on, want := range map[track]string{
		{1, 0}: "fleet", {1, 2}: "fleet_write_outage@service", {2, 0}: "carts", {2, 17}: "0001", {2, 18}: "0001 primary's name",
		{2, 19}: "0001 write_outage@service", {2, 20}: "0001 write_outage@endpoint", {2, 27}: "carts-001", {3, 0}: "sessions",
		{3, 17}: "0001", {3, 34}: "0002",
	} {
		if names[on] != want {
			t.Errorf("%v is named %q; want %q", on, names[on], want)
		}
	}
	// Of carts the first propagation is overtaken and the second cut by the end; the second promotion brings back the node
	// that the name leads to, which ends the outage by name. Of sessions the end cuts the sync, and with it the recovery and
	// the outages of the only replica.
	want := map[string]int{"propagation": 2, "sync": 1, "recovery": 1, "replica_read_outage": 1, "reduced_redundancy": 1}
	if diff := gocmp.Diff(want, cut); diff != "" {
		t.Error(diff)
	}
	if file.Unit != "ms" || file.OtherData["seed"] != "1" {
		t.Errorf("%q, %v", file.Unit, file.OtherData)
	}
}

// A lag spike that overlaps a zone without capacity has a thread of its own, and a partition later the first again. What the trial's end
// cuts says so: a work, and a stall.
func TestTracesShowWhatLasts(t *testing.T) {
	cfg, world := worldOf(t, "testdata/lasting.toml", 0)
	file := traced(t, cfg, world)
	checkTrace(t, file)
	names := map[track]string{}
	var got []string
	for _, e := range file.Events {
		on := track{*e.Process, *e.Thread}
		switch {
		case e.Phase == "M" && e.Args.Name != nil:
			names[on] = *e.Args.Name
		case e.Category == "fault" || e.Category == "work":
			from := nanoseconds(t, e.At)
			got = append(got, fmt.Sprintf("%s: %s %v %v: %s, cut: %t", names[on], *e.Name, sim.Time(from), sim.Time(from+nanoseconds(t, e.Duration)),
				e.Args.Text, e.Args.Censored))
		}
	}
	want := []string{
		"faults 1: no-capacity us-east-1a 10m0s 30m0s: no-capacity us-east-1a is over, cut: false",
		"faults 1: partition us-east-1b 30m0s 31m0s: partition us-east-1b is over, cut: false",
		"faults 1: replication-stall of carts 55m0s 1h0m0s: replication-stall of carts, for 10m0s, cut: true",
		"faults 2: lag-spike of carts 20m0s 40m0s: lag-spike of carts is over, cut: false",
		"0001 planned work: replacement 40m0s 50m20s: replacement of the node group is done, cut: false",
		"0001 planned work: upgrade 50m20s 1h0m0s: upgrade begins, cut: true",
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
