package sim

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// placed makes a group with one node group for each list of zones, its primary first: "a b" is a primary in a and a replica
// in b. Each owns slots.
func placed(mode ClusterMode, shards ...string) GroupConfig {
	g := GroupConfig{ID: "g", Mode: mode, AutomaticFailover: true, WritesPerSecond: 10, ReadsPerSecond: 100, Delays: plain()}
	for i, zones := range shards {
		ng := NodeGroupConfig{ID: nodeGroupID(i), Slots: []SlotRange{{uint16(i), uint16(i)}}}
		for _, zone := range zones {
			if zone != ' ' {
				name := nodeName("g", mode, ng.ID, len(ng.Nodes))
				ng.Nodes = append(ng.Nodes, NodeConfig{ID: name, Zone: string(zone), StatusUntil: Never})
			}
		}
		g.NodeGroups = append(g.NodeGroups, ng)
	}
	return g
}

func lossOf(t *testing.T, g GroupConfig, zone string) GroupLoss {
	t.Helper()
	cfg := config(g)
	cfg.Zones = []string{"a", "b", "c"}
	for _, loss := range cfg.ZoneLosses() {
		if loss.Zone == zone && len(loss.Groups) == 1 {
			return loss.Groups[0]
		}
	}
	t.Fatalf("the loss of zone %s strikes nothing", zone)
	return GroupLoss{}
}

// Three zones, one primary in each: two of three primaries are left, and that is 3/2+1 = 2.
func TestLossOfAZoneWithOnePrimaryOfThree(t *testing.T) {
	over := ShardLoss{LosesPrimary: true, FailsOver: true, Reduced: true}
	for name, c := range map[string]struct {
		group GroupConfig
		want  GroupLoss
	}{
		// One replica: the promoted one was the only one, so that none is left to read.
		"one replica": {placed(ClusterEnabled, "ab", "bc", "ca"), GroupLoss{Nodes: 2, Primaries: 1, Voters: 3, VotersLeft: 2,
			EngineElects: true, Shards: []ShardLoss{
				{NodeGroup: 0, LosesPrimary: true, FailsOver: true, NoReplicaReads: true, Reduced: true},
				{NodeGroup: 2, NoReplicaReads: true, Reduced: true},
			}}},
		// Two replicas: one of them is promoted, the other left.
		"two replicas": {placed(ClusterEnabled, "abc", "bca", "cab"), GroupLoss{Nodes: 3, Primaries: 1, Voters: 3, VotersLeft: 2,
			EngineElects: true, Shards: []ShardLoss{over, {NodeGroup: 1, Reduced: true}, {NodeGroup: 2, Reduced: true}}}},
	} {
		if diff := cmp.Diff(c.want, lossOf(t, c.group, "a")); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// Two of three primaries in one zone: the one that is left is below 3/2+1 = 2, so the group halts as a whole.
func TestTwoOfThreePrimariesInAZoneLoseTheMajority(t *testing.T) {
	g := placed(ClusterEnabled, "ab", "ac", "bc")
	loss := lossOf(t, g, "a")
	if loss.Voters != 3 || loss.VotersLeft != 1 || loss.EngineElects || !loss.Halts {
		t.Errorf("%+v", loss)
	}
	if writes, reads := loss.Stopped(&g); writes != 30 || reads != 300 {
		t.Errorf("%d writes/s and %d reads/s stop; a halted group stops all of 30 and 300", writes, reads)
	}
	// Elsewhere one primary of three: a majority is left, and only its own writes stop.
	loss = lossOf(t, g, "b")
	if !loss.EngineElects || loss.Halts || loss.VotersLeft != 2 {
		t.Errorf("%+v", loss)
	}
	if writes, reads := loss.Stopped(&g); writes != 10 || reads != 0 {
		t.Errorf("%d writes/s and %d reads/s stop, want 10 and 0", writes, reads)
	}
	// A primary without slots has no vote: now it is one of two, and 2/2+1 = 2.
	g.NodeGroups[1].Slots = nil
	if loss = lossOf(t, g, "a"); loss.Voters != 2 || loss.VotersLeft != 1 || !loss.Halts {
		t.Errorf("without slots: %+v", loss)
	}
}

// The promotion in one of two shards, when both have stopped for want of a majority, does not say that writes go on; that in a group of one shard does.
func TestAPromotionSaysWhetherWritesGoOn(t *testing.T) {
	for shards, want := range map[int]string{1: ": writes go on after 20s;", 2: ": the group waits for its majority after 20s;"} {
		w, _ := play(t, config(voting(makeGroup("g", ClusterEnabled, shards, 1))).withFault(FaultNode, sec(100), 0, nodeOf(0, 0)))
		for _, r := range w.Records() {
			if text := w.Describe(r).Text; r.Kind == KindReplicaPromoted && !strings.Contains(text, want) {
				t.Errorf("%d shards: %s; want %s", shards, text, want)
			}
		}
	}
}

// One shard never has a majority without its primary, but there is nobody else who would refuse clients.
func TestOneShardDoesNotHalt(t *testing.T) {
	if loss := lossOf(t, placed(ClusterEnabled, "ab"), "a"); loss.Voters != 1 || loss.EngineElects || loss.Halts {
		t.Errorf("%+v", loss)
	}
}

func TestAShardWithAllNodesInOneZone(t *testing.T) {
	g := placed(ClusterDisabled, "aa")
	all := ShardLoss{LosesPrimary: true, NoWrites: true, NoReads: true, NoReplicaReads: true, LosesAll: true, DataLost: true,
		Reduced: true}
	want := GroupLoss{Nodes: 2, Primaries: 1, Shards: []ShardLoss{all}}
	if diff := cmp.Diff(want, lossOf(t, g, "a")); diff != "" {
		t.Error(diff)
	}
	g.Durability = DurabilityAsync // the log has the data
	if loss := lossOf(t, g, "a"); loss.Shards[0].DataLost || !loss.Shards[0].LosesAll {
		t.Errorf("durable: %+v", loss.Shards[0])
	}
	// No replica is configured, so that none is missing.
	alone := ShardLoss{LosesPrimary: true, NoWrites: true, NoReads: true, LosesAll: true, DataLost: true}
	if diff := cmp.Diff(alone, lossOf(t, placed(ClusterDisabled, "a"), "a").Shards[0]); diff != "" {
		t.Error(diff)
	}
}

func TestNothingIsPromotedWithoutAutomaticFailoverOrReplicaInService(t *testing.T) {
	g := placed(ClusterDisabled, "ab")
	g.AutomaticFailover = false // the replica goes on: it can be read, and is all that was configured
	if diff := cmp.Diff(ShardLoss{LosesPrimary: true, NoWrites: true}, lossOf(t, g, "a").Shards[0]); diff != "" {
		t.Error(diff)
	}
	g = placed(ClusterDisabled, "ab")
	g.NodeGroups[0].Nodes[1].Status = StatusCreating // it has no data yet
	want := ShardLoss{LosesPrimary: true, NoWrites: true, NoReads: true, DataLost: true, Reduced: true}
	if diff := cmp.Diff(want, lossOf(t, g, "a").Shards[0]); diff != "" {
		t.Error(diff)
	}
}

// Zones come in the scenario's order, also those without nodes; then those of nodes placed by hand, by name.
func TestZonesOfAConfig(t *testing.T) {
	cfg := config(placed(ClusterDisabled, "zcy"))
	cfg.Zones = []string{"c", "a"}
	if diff := cmp.Diff([]string{"c", "a", "y", "z"}, cfg.ZoneNames()); diff != "" {
		t.Error(diff)
	}
}

// The World is the oracle: whatever ZoneLosses says of a random configuration, a trial in which the zone is lost at virtual
// zero shows. The nodes that are down are counted right after the blow, and who was promoted before the zone is back.
func TestZoneLossesAreWhatATrialShows(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		cfg := randomPlacement(r)
		for _, loss := range cfg.ZoneLosses() {
			if len(loss.Groups) == 1 {
				compareWithTrial(t, cfg, loss)
			}
		}
		if t.Failed() {
			return
		}
	}
}

func randomPlacement(r *rand.Rand) *Config {
	shards := make([]string, 1+r.IntN(5))
	for i := range shards {
		for range 1 + r.IntN(3) {
			shards[i] += string("abc"[r.IntN(3)])
		}
	}
	mode := ClusterEnabled
	if len(shards) == 1 {
		mode = ClusterDisabled
	}
	g := placed(mode, shards...)
	g.NodeTimeout = 500 * time.Millisecond
	g.AutomaticFailover = mode == ClusterEnabled || r.IntN(2) == 0
	g.Durability = []Durability{DurabilityNone, DurabilitySync}[r.IntN(2)]
	for i := range g.NodeGroups {
		ng := &g.NodeGroups[i]
		ng.Primary = r.IntN(len(ng.Nodes))
		if len(shards) > 3 && r.IntN(4) == 0 {
			ng.Slots = nil
		}
		for n := range ng.Nodes {
			if r.IntN(6) == 0 {
				ng.Nodes[n].Status = StatusCreating
			}
		}
	}
	cfg := config(g)
	cfg.Zones = []string{"a", "b", "c"}
	return cfg
}

func compareWithTrial(t *testing.T, cfg *Config, loss ZoneLoss) {
	t.Helper()
	played := *cfg
	played.Faults = []FaultConfig{{Kind: FaultZone, Duration: 2 * time.Hour, Slowdown: 1_000_000,
		Target: TargetConfig{Zone: loss.Zone, NodeGroup: -1, Node: -1}}}
	w := NewWorld(&played)
	w.Reset(1, 0)
	before := make([]bool, len(w.nodes))
	for i := range before {
		before[i] = w.nodes[i].up()
	}
	w.RunUntil(0)
	got := loss.Groups[0]
	lost, size := w.voters(0)
	if got.Voters != size || got.VotersLeft != size-lost || got.EngineElects != electable(lost, size) {
		t.Errorf("zone %s: %d of %d primaries left, but the trial has %d of %d", loss.Zone, got.VotersLeft, got.Voters, size-lost, size)
	}
	struck := map[int]ShardLoss{}
	for _, s := range got.Shards {
		struck[s.NodeGroup] = s
	}
	firsts := make([]int32, len(w.nodeGroups))
	for i := range firsts {
		firsts[i] = w.nodeGroups[i].primary
	}
	reads := make([]bool, len(w.nodeGroups))
	for i := range reads {
		reads[i] = upAmong(w, int32(i))
	}
	w.RunUntil(Time(time.Hour)) // every promotion is over, and the zone is not back
	for i := range w.nodeGroups {
		g := &w.nodeGroups[i]
		s, hit := struck[i]
		if !hit {
			continue
		}
		configured, replicas, readable := g.members.n-1, false, false
		for n := g.members.first; n < g.members.end(); n++ {
			replicas = replicas || before[n] && n != firsts[i]
			readable = readable || before[n]
		}
		left := w.healthyReplicas(int32(i))
		want := ShardLoss{NodeGroup: i, LosesPrimary: w.nodes[firsts[i]].down&downDead != 0, FailsOver: g.primary != firsts[i],
			NoReads: readable && !reads[i], NoReplicaReads: replicas && left == 0, LosesAll: true, Reduced: left < configured}
		for n := g.members.first; n < g.members.end(); n++ {
			want.LosesAll = want.LosesAll && w.nodes[n].down&downDead != 0
		}
		want.NoWrites = want.LosesPrimary && !want.FailsOver
		want.DataLost = !w.anyData(int32(i)) && !w.hasLog(int32(i))
		if diff := cmp.Diff(want, s); diff != "" {
			t.Errorf("zone %s of %+v: %s", loss.Zone, cfg.Groups[0].NodeGroups[i], diff)
		}
	}
}

func upAmong(w *World, ng int32) bool {
	for n := w.nodeGroups[ng].members.first; n < w.nodeGroups[ng].members.end(); n++ {
		if w.nodes[n].up() {
			return true
		}
	}
	return false
}
