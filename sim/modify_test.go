package sim

import (
	"testing"
	"time"
)

// byHand makes a group with cluster mode disabled whose automatic failover is off.
func byHand(replicas int) GroupConfig {
	g := makeGroup("g", ClusterDisabled, 1, replicas)
	g.AutomaticFailover, g.MultiAZ = false, false
	return g
}

// The call comes at 100 s, is applied at 130 s; the primary hands over for 500 ms, and the name follows 10 s later.
func TestAPrimaryChosenByHandTakesOver(t *testing.T) {
	cfg := config(byHand(2))
	cfg.Calls = []CallConfig{{At: sec(100), Action: ActionModify, Group: "G", Modify: ModifyConfig{Primary: "G-003"}}}
	w := world(t, cfg)
	w.RunUntil(sec(129))
	same(t, "modifying", w.GroupState(0).Status, StatusModifying)
	same(t, "called meanwhile", w.TestFailover("g", "0001"), AutomaticFailoverOff)
	same(t, "modified meanwhile", w.Modify("g", ModifyConfig{MultiAZ: SwitchOff}), GroupNotAvailable)
	same(t, "handing over", conditionsAt(w, sec(130)), []string{"swapping", "available", "available"})
	w.RunUntil(cfg.End())
	o := w.Outcome()
	same(t, "writes", windowsOf(o, AccessWrite, ObserverService, 0), spans(130, 130.5))
	same(t, "writes by name", windowsOf(o, AccessWrite, ObserverEndpoint, 0), spans(130, 140.5))
	same(t, "cause", o.Windows[0].Cause.String(), "modify")
	same(t, "failovers", len(o.Failovers)+len(o.Recoveries)+len(o.DataLosses), 0)
	same(t, "primary", w.NodeGroupState(0, 0), NodeGroupState{ID: "0001", Primary: 2, PrimaryName: 2})
	same(t, "status", w.GroupState(0).Status, StatusAvailable)
	same(t, "story", told(w), []string{"1m40s ModifyCalled", "2m9s TestFailoverCalled", "2m9s ModifyCalled", "2m10s Modified",
		"2m10s HandOverBegun g-001", "2m10.5s HandOverDone g-003", "2m20.5s EndpointMoved g-003", "2m20.5s ResolversFollowed g-003",
		"24h0m0s HorizonReached"})
	same(t, "events", messages(w), []string(nil))
}

// The primary dies 250 ms after it began to hand over: nobody takes over, and it is replaced, as without automatic failover: known
// at 145.25 s, begun at 205.25 s, up at 505.25 s, synced at 515.25 s.
func TestAPrimaryThatDiesWhileItHandsOverStaysThePrimary(t *testing.T) {
	cfg := config(byHand(1)).withFault(FaultNode, sec(130.25), 0, nodeOf(0, 0))
	cfg.Calls = []CallConfig{{At: sec(100), Action: ActionModify, Group: "g", Modify: ModifyConfig{Primary: "g-002"}}}
	w, o := play(t, cfg)
	same(t, "writes", windowsOf(o, AccessWrite, ObserverService, 0), spans(130, 515.25))
	same(t, "primary", w.NodeGroupState(0, 0).Primary, 0)
	same(t, "status", w.GroupState(0).Status, StatusAvailable)
}

// Automatic failover is on from 130 s: a primary that dies at 120 s is replaced in its place, one that dies at 1,000 s is failed over.
// TestFailover is accepted only then.
func TestAutomaticFailoverHoldsFromWhenItIsApplied(t *testing.T) {
	cfg := config(byHand(1)).withCall(sec(90), "g", "0001").withCall(sec(131), "g", "0001").withFault(FaultNode, sec(2000), 0, nodeOf(0, 1))
	cfg.Refusals[MultiAZOff] = ""
	cfg.Calls = append(cfg.Calls, CallConfig{At: sec(100), Action: ActionModify, Group: "g",
		Modify: ModifyConfig{AutomaticFailover: SwitchOn, MultiAZ: SwitchOn}})
	w, o := play(t, cfg)
	want := CallCount{Made: 2, Accepted: 1}
	want.Refused[AutomaticFailoverOff] = 1
	same(t, "calls", o.Calls, want)
	same(t, "causes", []string{o.Failovers[0].Cause.String(), o.Failovers[1].Cause.String()}, []string{"test-failover", "node"})
	same(t, "events", messages(w)[0], "2m10s g Automatic failover has been turned on for replication group g")
	same(t, "settings", []bool{w.GroupState(0).AutomaticFailover, w.GroupState(0).MultiAZ, w.Config().Groups[0].MultiAZ, cfg.Groups[0].MultiAZ},
		[]bool{true, true, true, false})

	cfg = config(byHand(1)).withFault(FaultNode, sec(120), 0, nodeOf(0, 0))
	cfg.Calls = []CallConfig{{At: sec(100), Action: ActionModify, Group: "g", Modify: ModifyConfig{AutomaticFailover: SwitchOn}}}
	_, o = play(t, cfg)
	same(t, "failovers", len(o.Failovers), 0)
}

// A reboot at 100 s takes 50 s; the primary comes back empty, and its replica copies for 10 s.
func TestARebootByCallIsTheRebootFault(t *testing.T) {
	w := world(t, config(makeGroup("g", ClusterDisabled, 1, 1)))
	w.RunUntil(sec(100))
	same(t, "call", w.Reboot("G-001"), NoViolation)
	same(t, "again", w.Reboot("g-001"), NodeNotAvailable)
	same(t, "rebooting", conditionsAt(w, sec(149)), []string{"rebooting", "available"})
	w.RunUntil(Time(time.Hour))
	o := w.Outcome()
	same(t, "writes", windowsOf(o, AccessWrite, ObserverService, 0), spans(100, 150))
	same(t, "losses", o.DataLosses, []DataLoss{{At: sec(150), Campaign: -1, Cause: CauseOf(FaultReboot)}})
	same(t, "calls of TestFailover", o.Calls.Made, int64(0))
}

func TestReasonsToRefuseAModificationOrAReboot(t *testing.T) {
	cfg := config(byHand(1), makeGroup("auto", ClusterDisabled, 1, 1), makeGroup("enabled", ClusterEnabled, 2, 0),
		makeGroup("alone", ClusterDisabled, 1, 0), makeGroup("busy", ClusterDisabled, 1, 2), makeGroup("snapshot", ClusterDisabled, 1, 2)).
		withFault(FaultNode, sec(50), 0, TargetConfig{Groups: []int{4}, NodeGroup: 0, Node: 1})
	cfg.Groups[5].Status, cfg.Groups[5].StatusUntil = StatusSnapshotting, Never
	w := world(t, cfg)
	w.RunUntil(sec(100))
	for _, c := range []struct {
		group  string
		modify ModifyConfig
		want   Violation
	}{
		{"9", ModifyConfig{}, InvalidGroupID},
		{"nope", ModifyConfig{}, GroupNotFound},
		{"g", ModifyConfig{}, NothingToModify},
		{"snapshot", ModifyConfig{MultiAZ: SwitchOff}, GroupNotAvailable},
		{"enabled", ModifyConfig{AutomaticFailover: SwitchOff}, FailoverMandatory},
		{"enabled", ModifyConfig{MultiAZ: SwitchOn}, ReplicaMissing},
		{"alone", ModifyConfig{AutomaticFailover: SwitchOn}, ReplicaMissing},
		{"g", ModifyConfig{MultiAZ: SwitchOn}, MultiAZNeedsFailover},
		{"auto", ModifyConfig{AutomaticFailover: SwitchOff}, MultiAZNeedsFailover},
		{"enabled", ModifyConfig{Primary: "enabled-0001-001"}, PromotionWithClusterMode},
		{"g", ModifyConfig{Primary: "g-003"}, NodeNotFound},
		{"g", ModifyConfig{Primary: "auto-002"}, NotAMember},
		{"auto", ModifyConfig{Primary: "auto-002"}, PromotionWithFailover},
		{"busy", ModifyConfig{MultiAZ: SwitchOff}, ReplacementRunning},
		{"auto", ModifyConfig{AutomaticFailover: SwitchOff, MultiAZ: SwitchOff}, NoViolation},
	} {
		if got := w.Modify(c.group, c.modify); got != c.want {
			t.Errorf("%s %+v: %v, want %v", c.group, c.modify, got, c.want)
		}
	}
	for node, want := range map[string]Violation{"x": NodeNotFound, "enabled-0001-001": RebootWithClusterMode, "busy-002": NodeNotAvailable} {
		if got := w.Reboot(node); got != want {
			t.Errorf("%s: %v, want %v", node, got, want)
		}
	}
	w.RunUntil(sec(200))
	same(t, "turned off", []bool{w.GroupState(1).AutomaticFailover, w.GroupState(1).MultiAZ}, []bool{false, false})
}

// The power of zone a goes twice: before Multi-AZ is on it strikes nobody, after that it does.
func TestPowerIsLostByGroupsThatAreMultiAZThen(t *testing.T) {
	target := inZone("a")
	target.Groups = []int{0}
	cfg := config(byHand(1)).withFault(FaultZonePower, sec(50), 10*time.Second, target).withFault(FaultZonePower, sec(500), 600*time.Second, target)
	cfg.Calls = []CallConfig{{At: sec(100), Action: ActionModify, Group: "g", Modify: ModifyConfig{AutomaticFailover: SwitchOn, MultiAZ: SwitchOn}}}
	w := world(t, cfg)
	same(t, "before", conditionsAt(w, sec(51)), []string{"available", "available"})
	same(t, "after", conditionsAt(w, sec(501)), []string{"failed", "available"})
	w.RunUntil(cfg.End())
	same(t, "replaced when it is back", w.Outcome().Recoveries[0].Started, sec(1160))
}

// The old primary handed over all of its data: cut off for a while as a replica, it copies nothing when it is back.
func TestAPrimaryThatHandedOverFollowsWithTheSameData(t *testing.T) {
	cfg := config(byHand(1)).withFault(FaultPartition, sec(200), time.Second, nodeOf(0, 0))
	cfg.Calls = []CallConfig{{At: sec(100), Action: ActionModify, Group: "g", Modify: ModifyConfig{Primary: "g-002"}}}
	w := world(t, cfg)
	same(t, "back", conditionsAt(w, sec(201)), []string{"available", "available"})
}

// The hand-over begins at 60 s, in the stall: the replica has 1.5 GB to apply, for 20 s, and 0.5 s are the swap. Where another stall begins at 70 s, in which
// replicas apply 150 MB/s, the rest of 750 MB takes 5 s.
func TestAHandOverWaitsForTheBacklog(t *testing.T) {
	for _, c := range []struct{ second, until float64 }{{120, 80.5}, {70, 75.5}} {
		cfg := stalling(1, roomy).withStall(sec(c.second), 100*time.Second)
		cfg.Faults[0].Duration, cfg.Faults[1].Stall.Applied = sec(c.second).Sub(0), 150e6
		cfg.Groups[0].AutomaticFailover, cfg.Groups[0].MultiAZ = false, false
		cfg.Calls = []CallConfig{{At: sec(30), Action: ActionModify, Group: "g", Modify: ModifyConfig{Primary: "g-002"}}}
		_, o := play(t, cfg)
		same(t, "writes", windowsOf(o, AccessWrite, ObserverService, 0), spans(60, c.until))
	}
}
