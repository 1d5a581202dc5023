package sim

import (
	"fmt"
	"testing"
	"time"
)

// conditionsAt plays on and tells how the nodes of the first node group stand, a word each.
func conditionsAt(w *World, at Time) (words []string) {
	w.RunUntil(at)
	for n := range w.top.cfg.Groups[0].NodeGroups[0].Nodes {
		words = append(words, w.NodeState(0, 0, n).Condition.String())
	}
	return words
}

// A call at 100 s: cut off at 102 s, promoted at 122 s, the name followed at 132 s, `Recovering` at 182 s, the new node up at 482 s,
// finished at 492 s.
func TestWhatCanBeReadFollowsAFailover(t *testing.T) {
	cfg := config(makeGroup("g", ClusterDisabled, 1, 1)).withCall(sec(100), "g", "0001")
	cfg.StatusDuringFailover = StatusModifying
	w := world(t, cfg)
	before := NodeGroupState{ID: "0001", Status: StatusAvailable}
	called := NodeGroupState{ID: "0001", Status: StatusModifying, FailingOver: true}
	promoted := NodeGroupState{ID: "0001", Status: StatusModifying, Primary: 1}
	followed := NodeGroupState{ID: "0001", Status: StatusModifying, Primary: 1, PrimaryName: 1}
	after := NodeGroupState{ID: "0001", Status: StatusAvailable, Primary: 1, PrimaryName: 1}
	for _, c := range []struct {
		at         float64
		conditions []string
		nodeGroup  NodeGroupState
	}{
		{99, []string{"available", "available"}, before},
		{101, []string{"available", "available"}, called},
		{102, []string{"failed", "available"}, called},
		{122, []string{"failed", "available"}, promoted},
		{132, []string{"failed", "available"}, followed},
		{182, []string{"starting", "available"}, followed},
		{482, []string{"syncing", "available"}, followed},
		{492, []string{"available", "available"}, after},
	} {
		same(t, sec(c.at).String(), conditionsAt(w, sec(c.at)), c.conditions)
		same(t, sec(c.at).String(), w.NodeGroupState(0, 0), c.nodeGroup)
		same(t, sec(c.at).String(), w.GroupState(0), GroupState{ID: "g", Status: c.nodeGroup.Status, AutomaticFailover: true, MultiAZ: true,
			NodeType: "cache.r7g.large", EngineVersion: "8.0"})
	}
	same(t, "old primary", w.NodeState(0, 0, 0), NodeState{ID: "g-001", Zone: "a", Role: RoleReplica, NodeType: "cache.r7g.large", EngineVersion: "8.0"})
	same(t, "new primary", w.NodeState(0, 0, 1).Role, RolePrimary)
}

// A lost zone holds the replacement back; a partition cuts off; a reboot takes 50 s and a sync of 10 s; a node's status stands
// beside its condition.
func TestTroubleShowsInTheConditionOfNodes(t *testing.T) {
	cfg := config(makeGroup("g", ClusterDisabled, 1, 2)).withFault(FaultReboot, sec(100), 0, nodeOf(0, 1)).
		withFault(FaultPartition, sec(1000), 10*time.Second, nodeOf(0, 1)).withFault(FaultZone, sec(2000), time.Hour, inZone("c"))
	w := world(t, cfg)
	same(t, "reboot", conditionsAt(w, sec(149)), []string{"available", "rebooting", "available"})
	same(t, "sync", conditionsAt(w, sec(159)), []string{"available", "syncing", "available"})
	same(t, "partition", conditionsAt(w, sec(1005)), []string{"available", "cut off", "available"})
	same(t, "healed", conditionsAt(w, sec(1010)), []string{"available", "available", "available"})
	same(t, "lost", conditionsAt(w, sec(2074)), []string{"available", "available", "failed"})
	same(t, "held", conditionsAt(w, sec(2075)), []string{"available", "available", "held"})

	g := makeGroup("g", ClusterDisabled, 1, 0)
	g.NodeGroups[0].Nodes[0].Status = StatusCreating
	w = world(t, config(g))
	same(t, "creating", conditionsAt(w, 0), []string{"not available"})
	same(t, "status", w.NodeState(0, 0, 0).Status, StatusCreating)
}

// Two of three primaries die: no majority is left, and the node that still runs refuses its clients.
func TestNodesWithoutAMajorityRefuse(t *testing.T) {
	g := makeGroup("g", ClusterEnabled, 3, 0)
	g.NodeTimeout = 2 * time.Second
	for s := range g.NodeGroups {
		g.NodeGroups[s].Slots = []SlotRange{{uint16(s), uint16(s)}}
	}
	w := world(t, config(g).withFault(FaultNode, sec(100), 0, nodeOf(1, 0)).withFault(FaultNode, sec(100), 0, nodeOf(2, 0)))
	same(t, "before", conditionsAt(w, sec(99)), []string{"available"})
	same(t, "after", conditionsAt(w, sec(110)), []string{"refusing"})
	same(t, "group", w.GroupState(0).Halted, true)
}

// Scaling prepares a node for 300 s + 10 s of sync: the replica has its new type at 410 s, the primary's place is swapped from 720 s
// to 720.5 s, and only then the group has it.
func TestWorkShowsInNodesAndThenInTheirGroup(t *testing.T) {
	cfg := config(makeGroup("g", ClusterDisabled, 1, 1)).withFault(FaultScale, sec(100), 0, ofGroup()).withFault(FaultUpgrade, sec(2000), 0, ofGroup())
	cfg.Faults[0].Work.NodeType, cfg.Faults[1].Work.EngineVersion = "cache.r7g.xlarge", "8.1"
	w := world(t, cfg)
	types := func(at Time) []string {
		w.RunUntil(at)
		return []string{w.GroupState(0).NodeType, w.NodeState(0, 0, 0).NodeType, w.NodeState(0, 0, 1).NodeType}
	}
	const old, scaled = "cache.r7g.large", "cache.r7g.xlarge"
	same(t, "before", types(sec(409)), []string{old, old, old})
	same(t, "replica", types(sec(410)), []string{old, old, scaled})
	same(t, "swapping", conditionsAt(w, sec(720.25)), []string{"swapping", "available"})
	same(t, "all", types(sec(720.5)), []string{scaled, scaled, scaled})
	w.RunUntil(sec(4000))
	same(t, "version", []string{w.GroupState(0).EngineVersion, w.NodeState(0, 0, 0).EngineVersion}, []string{"8.1", "8.1"})
	w.Reset(1, 0)
	same(t, "reset", types(0), []string{old, old, old})
}

// One call 10 h before the trial and one at 100 s, of a quota of 2 a day: the first is free again at 14 h.
func TestTheQuotaTellsWhatIsLeftAndWhenMoreIs(t *testing.T) {
	cfg := config(makeGroup("g", ClusterDisabled, 1, 1)).withCall(sec(100), "g", "0001")
	cfg.Quota.Limit, cfg.Quota.AlreadyUsed = 2, []Time{-Time(10 * time.Hour)}
	w := world(t, cfg)
	same(t, "before", w.QuotaState(), QuotaState{Limit: 2, Used: 1, Left: 1, NextFree: Time(14 * time.Hour)})
	w.RunUntil(sec(100))
	same(t, "spent", w.QuotaState(), QuotaState{Limit: 2, Used: 2, Left: 0, NextFree: Time(14 * time.Hour)})
	w.RunUntil(Time(14 * time.Hour))
	same(t, "freed", w.QuotaState(), QuotaState{Limit: 2, Used: 1, Left: 1, NextFree: sec(100).Add(24 * time.Hour)})
	w.RunUntil(Time(25 * time.Hour))
	same(t, "unused", w.QuotaState(), QuotaState{Limit: 2, Used: 0, Left: 2, NextFree: Never})
}

// The outage of a call at 100 s opens at 102 s: open at 110 s, it ends there so far, and is said to be censored.
func TestOpenOutagesEndNow(t *testing.T) {
	w := world(t, config(makeGroup("g", ClusterEnabled, 1, 1)).withCall(sec(100), "g", "0001"))
	w.RunUntil(sec(110))
	first := w.AppendOutages(nil)[0]
	same(t, "window", first, OutageWindow{From: sec(102), To: sec(110), Campaign: -1, Censored: true})
	w.RunUntil(sec(200))
	same(t, "closed", w.AppendOutages(nil)[0], OutageWindow{From: sec(102), To: sec(122), Campaign: -1})
	same(t, "the first", w.OutageAt(0), w.AppendOutages(nil)[0])
	if next, ok := w.Next(); !ok || next != sec(482) {
		t.Errorf("next %v %t", next, ok)
	}
}

// TestWhatLastsIsListedByItsEnd, and no longer than it lasts.
func TestWhatLastsIsListedByItsEnd(t *testing.T) {
	cfg := config(makeGroup("g", ClusterDisabled, 1, 1)).withFault(FaultZone, sec(100), 900*time.Second, inZone("a")).
		withFault(FaultPartition, sec(200), 10*time.Second, nodeOf(0, 1)).withFault(FaultReboot, sec(200), 0, nodeOf(0, 1)).
		withFault(FaultLagSpike, sec(200), time.Hour, ofGroup())
	cfg.Blocks = []BlockConfig{{sec(150), 100 * time.Second}}
	w := world(t, cfg)
	lasting := func(at Time) (names []string) {
		w.RunUntil(at)
		for _, l := range w.Lasting() {
			names = append(names, fmt.Sprintf("%v: %s until %v", l.Kind, l.What, l.Until))
		}
		return names
	}
	zone, lag := "zone: zone a until 16m40s", "lag-spike: lag-spike of g until 1h3m20s"
	same(t, "before", lasting(sec(99)), []string(nil))
	same(t, "a zone", lasting(sec(100)), []string{zone})
	same(t, "all", lasting(sec(209)), []string{"partition: partition g-002 until 3m30s", "api-blocked: api-blocked until 4m10s", zone, lag})
	same(t, "later", lasting(sec(250)), []string{zone, lag})
	same(t, "at the end", lasting(sec(3800)), []string(nil))
}
