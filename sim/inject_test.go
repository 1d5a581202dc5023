package sim

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// session is a World that is driven from outside, and the Config that is to play the same trial.
type session struct {
	*rand.Rand
	live   *World
	replay Config
}

// newSession takes a World of a random configuration to virtual zero.
func newSession(seed uint64) *session {
	r := rand.New(rand.NewPCG(seed, 2))
	cfg := swarmConfig(r)
	slices.SortStableFunc(cfg.Faults, func(a, b FaultConfig) int { return cmp.Compare(a.At, b.At) })
	s := &session{Rand: r, live: checkedWorld(cfg), replay: *cfg}
	s.live.Trace(true)
	s.live.Reset(seed, 0)
	return s
}

// act does one thing from outside at the instant at which the World stands, and notes it in the Config of the replay.
func (s *session) act() error {
	now := s.live.StepAside(1)
	if s.IntN(2) == 0 {
		s.call(now)
		return nil
	}
	f := swarmFault(s.Rand, s.live.Config())
	if f.At = Immediately; s.IntN(3) == 0 {
		f.At = now + Time(s.Int64N(int64(s.replay.Horizon)-int64(now)+1))
	}
	if s.IntN(8) == 0 {
		f.Kind, f.Duration = FaultAPIBlocked, time.Duration(s.IntN(120))*time.Minute
	}
	f, err := s.live.Inject(f)
	if err != nil && !expectedRefusal(err) {
		return fmt.Errorf("at %v: %+v: %w", now, f, err)
	}
	if err == nil {
		s.note(f)
	}
	return nil
}

// note adds a fault to the Config of the replay.
func (s *session) note(f FaultConfig) {
	if f.Kind == FaultAPIBlocked {
		s.replay.Blocks = append(slices.Clip(s.replay.Blocks), BlockConfig{f.At, f.Duration})
	} else {
		s.replay.Faults = append(slices.Clip(s.replay.Faults), f)
	}
}

func (s *session) call(now Time) {
	g := s.replay.Groups[s.IntN(len(s.replay.Groups))]
	ng := g.NodeGroups[s.IntN(len(g.NodeGroups))]
	c := CallConfig{At: now, Action: Action(s.IntN(3))}
	switch c.Action {
	case ActionReboot:
		c.Node = ng.Nodes[s.IntN(len(ng.Nodes))].ID
		s.live.Reboot(c.Node)
	case ActionModify:
		c.Group = g.ID
		c.Modify = ModifyConfig{AutomaticFailover: Switch(s.IntN(3)), MultiAZ: Switch(s.IntN(3))}
		if s.IntN(2) == 0 {
			c.Modify = ModifyConfig{Primary: ng.Nodes[s.IntN(len(ng.Nodes))].ID, AutomaticFailover: Switch(s.IntN(2))}
		}
		s.live.Modify(c.Group, c.Modify)
	default:
		c.Group, c.NodeGroup = g.ID, fmt.Sprintf("%04d", 1+s.IntN(len(g.NodeGroups)+1))
		s.live.TestFailover(c.Group, c.NodeGroup)
	}
	s.replay.Calls = append(slices.Clip(s.replay.Calls), c)
}

// expectedRefusal tells whether a random fault may be refused so.
func expectedRefusal(err error) bool {
	for _, rule := range []string{"is not Multi-AZ", "at that time", "missing; want an", "missing; want a node type", "has cache.r7g.xlarge already",
		"is not later", "a stall needs less", "one rate at a time", "no replica that could trail", "no node of a group", "more than 100000 times", "duration: ", "none; name the Multi-AZ", "no node stands in zone"} {
		if strings.Contains(err.Error(), rule) {
			return true
		}
	}
	return strings.Contains(err.Error(), "engine_version: missing")
}

// tale is all that a trial tells up to an instant, in words.
func tale(w *World, until Time) string {
	var out strings.Builder
	for _, r := range w.Records() {
		if r.At <= until && r.Kind != KindHorizonReached {
			fmt.Fprintf(&out, "%d %+v\n", r.At, w.Describe(r))
		}
	}
	for _, e := range w.ServiceEvents() {
		fmt.Fprintf(&out, "%+v\n", e)
	}
	return out.String()
}

// TestATrialThatIsDrivenFromOutsideIsThatOfItsConfig: calls and faults at random, made through a World's methods, leave what a Config
// leaves that holds them from the beginning.
func TestATrialThatIsDrivenFromOutsideIsThatOfItsConfig(t *testing.T) {
	for seed := range *swarmCount / 2 {
		s := newSession(seed)
		for range s.IntN(12) {
			at := s.live.Now() + Time(s.Int64N(int64(s.replay.Horizon)/8))
			if s.IntN(4) == 0 {
				at -= at % Time(5*time.Minute) // where other things happen too
			}
			if at = max(at, s.live.Now()); at > Time(s.replay.Horizon)-1000 {
				break
			}
			s.live.RunUntil(at)
			if err := s.act(); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
		}
		s.live.RunUntil(s.replay.End())
		slices.SortStableFunc(s.replay.Faults, func(a, b FaultConfig) int { return cmp.Compare(a.At, b.At) })
		slices.SortStableFunc(s.replay.Calls, func(a, b CallConfig) int { return cmp.Compare(a.At, b.At) })
		w := checkedWorld(&s.replay)
		w.Trace(true)
		w.Reset(seed, 0)
		w.RunUntil(s.replay.End())
		if got, want := tale(w, Never), tale(s.live, Never); got != want {
			same(t, fmt.Sprintf("seed %d", seed), strings.Split(got, "\n"), strings.Split(want, "\n"))
			return
		}
		if got, want := fmt.Sprint(*w.Outcome()), fmt.Sprint(*s.live.Outcome()); got != want {
			t.Fatalf("seed %d: other outcomes:\n%s\n%s", seed, got, want)
		}
	}
}

// A node fault injected at 100 s plays what one of a Config plays: known at 115 s, promoted at 120 s. A World that shares the
// topology and a copy taken before see nothing of it, and Reset forgets it.
func TestAFaultFromOutsideIsOfItsWorldAlone(t *testing.T) {
	w := world(t, config(makeGroup("g", ClusterDisabled, 1, 1)))
	twin, before := w.Twin(), &World{}
	w.RunUntil(sec(100))
	before.CopyFrom(w)
	f, err := w.Inject(FaultConfig{At: Immediately, Kind: FaultNode, Target: nodeOf(0, 0)})
	if err != nil || f.At != sec(100) {
		t.Fatal(f.At, err)
	}
	same(t, "struck", conditionsAt(w, sec(100)), []string{"failed", "available"})
	for _, other := range []*World{twin, before} {
		if _, err := other.Inject(FaultConfig{At: sec(200), Kind: FaultReboot, Target: nodeOf(0, 1)}); err != nil {
			t.Fatal(err)
		}
		same(t, "another fault", conditionsAt(other, sec(200)), []string{"available", "rebooting"})
	}
	w.RunUntil(Time(time.Hour))
	o := w.Outcome()
	same(t, "writes", windowsOf(o, AccessWrite, ObserverService, 0), spans(100, 120))
	same(t, "faults", len(w.Config().Faults), 1)
	w.Reset(1, 0)
	same(t, "forgotten", len(w.Config().Faults), 0)
	w.RunUntil(Time(time.Hour))
	same(t, "writes", windowsOf(w.Outcome(), AccessWrite, ObserverService, 0), spans())
}

// What is due at the very instant comes first, and a block that would end with a call ends after it.
func TestWhatComesFromOutsideHasAnInstantOfItsOwn(t *testing.T) {
	cfg := config(makeGroup("g", ClusterDisabled, 1, 1)).withCall(sec(100), "nope", "0001").withCall(sec(100)+1, "nope", "0001").
		withCall(sec(700), "g", "0001")
	w := world(t, cfg)
	w.RunUntil(sec(100))
	same(t, "aside", w.StepAside(1), sec(100)+2)
	same(t, "still there", w.StepAside(1), sec(100)+2)
	w.TestFailover("nope", "0001")
	same(t, "after a call", w.StepAside(1), sec(100)+3)
	f, err := w.Inject(FaultConfig{At: Immediately, Kind: FaultAPIBlocked, Duration: 600*time.Second - 3})
	if err != nil {
		t.Fatal(err)
	}
	same(t, "duration", f.Duration, 600*time.Second-2)
	w.RunUntil(sec(700))
	same(t, "blocked", w.calls.Refused[APIBlocked], int64(1))
	same(t, "still blocked", w.APIBlocked(), true)
	w.RunUntil(sec(700) + 1)
	same(t, "over", w.APIBlocked(), false)
}

func TestAFaultThatCannotBeInjectedSaysWhyAndChangesNothing(t *testing.T) {
	disabled, enabled := makeGroup("d", ClusterDisabled, 1, 1), makeGroup("e", ClusterEnabled, 2, 0)
	w := world(t, config(disabled, enabled))
	w.RunUntil(sec(100))
	in := func(groups ...int) TargetConfig { return TargetConfig{Groups: groups, NodeGroup: -1, Node: -1} }
	powered := in(0)
	powered.Zone = "a"
	unpowered := in(1)
	unpowered.Zone = "a"
	for _, c := range []struct {
		fault FaultConfig
		want  string
	}{
		{FaultConfig{At: sec(99), Kind: FaultNode, Target: nodeOf(0, 0)}, "at: 1m39s is over; now it is 1m40s"},
		{FaultConfig{At: sec(1e6), Kind: FaultNode, Target: nodeOf(0, 0)}, "at: 277h46m40s is after the horizon of 24h0m0s"},
		{FaultConfig{At: Immediately, Kind: 99}, "kind: no kind 99; have 0 to 11"},
		{FaultConfig{At: Immediately, Kind: FaultNode, Duration: 1, Target: nodeOf(0, 0)}, "duration: 1ns; want 0s to 0s"},
		{FaultConfig{At: Immediately, Kind: FaultNode, Target: nodeOf(0, 2)}, "node: no node 2 in the node group"},
		{FaultConfig{At: Immediately, Kind: FaultNode, Target: nodeOf(1, 0)}, "node_group: no node group 1; have 0 to 0"},
		{FaultConfig{At: Immediately, Kind: FaultNode, Target: in(2)}, "groups: no group 2; have 0 to 1"},
		{FaultConfig{At: Immediately, Kind: FaultZone, Duration: 1, Slowdown: Unhurried, Target: inZone("x")}, "zone: no node stands in zone \"x\""},
		{FaultConfig{At: Immediately, Kind: FaultZone, Duration: 1, Target: inZone("a")}, "slowdown: 0 millionths; want 1.0 to 1000"},
		{FaultConfig{At: Immediately, Kind: FaultReboot, Target: in(1)},
			"kind: group e has cluster mode enabled, and RebootCacheCluster is not supported there"},
		{FaultConfig{At: Immediately, Kind: FaultZonePower, Duration: time.Hour, Slowdown: Unhurried, Target: unpowered},
			"groups: group e is not Multi-AZ; the action takes Multi-AZ groups alone"},
		{FaultConfig{At: Immediately, Kind: FaultScale, Target: in(0)}, "node_type: missing; want a node type such as cache.r7g.xlarge"},
		{FaultConfig{At: Immediately, Kind: FaultScale, Target: in(0), Work: WorkConfig{NodeType: "cache.r7g.large"}},
			"node_type: group d has cache.r7g.large already"},
		{FaultConfig{At: Immediately, Kind: FaultLagSpike, Duration: 1, Target: in()}, "group: 0 groups; want one"},
	} {
		_, err := w.Inject(c.fault)
		if err == nil || err.Error() != c.want {
			t.Errorf("%+v: got %v, want %s", c.fault, err, c.want)
		}
	}
	same(t, "faults", len(w.Config().Faults), 0)
	for _, zone := range []string{"a", "b"} {
		powered.Zone = zone
		_, err := w.Inject(FaultConfig{At: Immediately, Kind: FaultZonePower, Duration: time.Hour, Slowdown: Unhurried, Target: powered})
		if want := "zone: group d is without the power of a at that time; the action takes one zone of a group at a time"; zone == "b" &&
			(err == nil || err.Error() != want) || zone == "a" && err != nil {
			t.Errorf("zone %s: %v", zone, err)
		}
	}
}

// After a scaling to xlarge one back to large is possible, and another to xlarge is not.
func TestASecondScalingStartsFromTheFirst(t *testing.T) {
	w := world(t, config(makeGroup("g", ClusterDisabled, 1, 1)))
	for _, c := range []struct{ nodeType, want string }{
		{"cache.r7g.xlarge", "<nil>"},
		{"cache.r7g.xlarge", "node_type: group g has cache.r7g.xlarge already"},
		{"cache.r7g.large", "<nil>"},
	} {
		w.StepAside(1)
		_, err := w.Inject(FaultConfig{At: Immediately, Kind: FaultScale, Target: ofGroup(), Work: WorkConfig{NodeType: c.nodeType}})
		if got := fmt.Sprint(err); got != c.want {
			t.Errorf("to %s: %s, want %s", c.nodeType, got, c.want)
		}
	}
}

// Work that is planned for later must have something left to do, or a Config with both could not be read again.
func TestWorkLeavesWhatIsPlannedAfterItSomethingToDo(t *testing.T) {
	for _, c := range []struct {
		kind          FaultKind
		later, sooner WorkConfig
		want          string
	}{
		{FaultScale, WorkConfig{NodeType: "cache.r7g.xlarge"}, WorkConfig{NodeType: "cache.r7g.xlarge"},
			"node_type: the work planned for 10h0m0s rules it out: group g has cache.r7g.xlarge already"},
		{FaultUpgrade, WorkConfig{EngineVersion: "8.1"}, WorkConfig{EngineVersion: "8.2"},
			"engine_version: the work planned for 10h0m0s rules it out: 8.1 is not later than the 8.2 of group g"},
		{FaultUpgrade, WorkConfig{EngineVersion: "8.2"}, WorkConfig{EngineVersion: "8.1"}, "<nil>"},
	} {
		w := world(t, config(makeGroup("g", ClusterDisabled, 1, 1)))
		if _, err := w.Inject(FaultConfig{At: Time(10 * time.Hour), Kind: c.kind, Target: ofGroup(), Work: c.later}); err != nil {
			t.Fatal(err)
		}
		_, err := w.Inject(FaultConfig{At: Immediately, Kind: c.kind, Target: ofGroup(), Work: c.sooner})
		if got := fmt.Sprint(err); got != c.want {
			t.Errorf("%+v before %+v: %s, want %s", c.sooner, c.later, got, c.want)
		}
	}
}

// Elections are held for groups that can lose nodes, from the tables that are known.
func TestAFaultFromOutsideNeedsTheElectionsOfWhatItStrikes(t *testing.T) {
	cfg := config(voting(makeGroup("a", ClusterEnabled, 3, 1)), voting(makeGroup("b", ClusterEnabled, 4, 1)), makeGroup("c", ClusterDisabled, 1, 1))
	all := cfg.Electorates()
	same(t, "electorates", len(all), 2)
	f := FaultConfig{At: Immediately, Kind: FaultNode, Target: nodeOf(0, 0)}
	f.Target.Groups = []int{1}
	same(t, "of the fault", slices.Equal(f.Electorates(cfg), all[1:]), true)
	known := PlayElections(all[1])
	w := world(t, cfg)
	w.Know(known)
	if _, err := w.Inject(f); err != nil {
		t.Fatal(err)
	}
	same(t, "held", slices.Equal(w.top.elections, []*election{nil, known[all[1]], nil}), true)
	f.Target.Groups = []int{0}
	if _, err := w.Inject(f); err != nil || w.top.elections[0] == nil || w.top.elections[1] != known[all[1]] {
		t.Errorf("%v, %v", w.top.elections, err)
	}
	same(t, "tables", len(w.Elections()), 2)
	w.Reset(1, 0)
	same(t, "after a reset", slices.Equal(w.top.elections, make([]*election, 3)), true)
}
