package sim

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// spec is a group that Build accepts; mode and counts as a test wants them.
func spec(mode ClusterMode, nodeGroups, replicas int) GroupSpec {
	return GroupSpec{
		ID: "rg", Mode: mode, Engine: "valkey", EngineVersion: "8.0", NodeType: "cache.r7g.large", NodeGroups: nodeGroups,
		Replicas: replicas, Zones: []string{"a", "b", "c"}, StatusUntil: Never, DatasetBytes: 1 << 30, Delays: plain(),
	}
}

// picture writes a node group in a line: id, slots, then name@zone of each member, the primary's with a star.
func picture(ng *NodeGroupConfig) string {
	parts := []string{ng.ID, FormatSlots(ng.Slots)}
	for i, n := range ng.Nodes {
		star := ""
		if i == ng.Primary {
			star = "*"
		}
		parts = append(parts, n.ID+star+"@"+n.Zone)
	}
	return strings.Join(parts, " ")
}

func TestBuildLaysOut(t *testing.T) {
	byHand := spec(ClusterEnabled, 3, 1)
	byHand.Shards = []NodeGroupSpec{
		{ID: "0003", Primary: "RG-0003-002", PrimaryZone: "c", ReplicaZones: []string{"a", "b"}},
		{ID: "0001", ReplicaZones: []string{}},
	}
	byHand.Nodes = []NodeSpec{{ID: "rg-0002-002", Zone: "a"}}
	own := spec(ClusterEnabled, 0, 1)
	own.Shards = []NodeGroupSpec{
		{ID: "7", Slots: "100-16383", Nodes: []string{"X", "y", "z"}, Primary: "y"},
		{ID: "0001", Slots: "0-99"},
	}
	upper := spec(ClusterDisabled, 0, 0)
	upper.ID = "RG"
	for name, test := range map[string]struct {
		spec GroupSpec
		want []string
	}{
		"enabled": {spec(ClusterEnabled, 2, 2), []string{
			"0001 0-8191 rg-0001-001*@a rg-0001-002@b rg-0001-003@c",
			"0002 8192-16383 rg-0002-001*@b rg-0002-002@c rg-0002-003@a",
		}},
		"disabled":   {spec(ClusterDisabled, 1, 1), []string{"0001  rg-001*@a rg-002@b"}},
		"compatible": {spec(ClusterCompatible, 0, 1), []string{"0001  rg-001*@a rg-002@b"}},
		"lower case": {upper, []string{"0001  rg-001*@a"}},
		"by hand": {byHand, []string{
			"0001 0-5461 rg-0001-001*@a",
			"0002 5462-10922 rg-0002-001*@b rg-0002-002@a",
			"0003 10923-16383 rg-0003-001@a rg-0003-002*@c rg-0003-003@b",
		}},
		"ids of its own": {own, []string{"7 100-16383 x@b y*@a z@c", "0001 0-99 rg-0001-001*@b rg-0001-002@c"}},
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			group, problems := test.spec.Build([]string{"a", "b", "c"})
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			var got []string
			for i := range group.NodeGroups {
				got = append(got, picture(&group.NodeGroups[i]))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("layout (-want +got):\n%s", diff)
			}
		})
	}
}

// TestFailoverFollowsFromTheTopology has Multi-AZ and automatic failover where neither was given.
func TestFailoverFollowsFromTheTopology(t *testing.T) {
	alone := spec(ClusterEnabled, 2, 1)
	alone.Shards = []NodeGroupSpec{{ID: "0002", ReplicaZones: []string{}}}
	together := spec(ClusterEnabled, 1, 2)
	together.Zones = []string{"a"}
	moved := spec(ClusterEnabled, 1, 1)
	moved.Nodes = []NodeSpec{{ID: "rg-0001-002", Zone: "a"}}
	tiny := spec(ClusterDisabled, 1, 1)
	tiny.NodeType = "cache.t1.micro"
	old := spec(ClusterDisabled, 1, 1)
	old.Engine, old.EngineVersion = "redis", "2.8.5"
	for name, test := range map[string]struct {
		spec              GroupSpec
		multiAZ, failover bool
	}{
		"enabled":                     {spec(ClusterEnabled, 2, 1), true, true},
		"enabled without replicas":    {spec(ClusterEnabled, 2, 0), false, true},
		"disabled":                    {spec(ClusterDisabled, 1, 1), true, true},
		"disabled without replicas":   {spec(ClusterDisabled, 1, 0), false, false},
		"compatible without replicas": {spec(ClusterCompatible, 1, 0), false, false},
		"one shard without a replica": {alone, false, true},
		"one zone":                    {together, false, true},
		"moved by hand":               {moved, false, true},
		"T1":                          {tiny, false, true},
		"Redis 2.8.5":                 {old, false, true},
	} {
		group, problems := test.spec.Build([]string{"a", "b", "c"})
		if len(problems) > 0 || group.MultiAZ != test.multiAZ || group.AutomaticFailover != test.failover {
			t.Errorf("%s: Multi-AZ %v, automatic failover %v, problems %v", name, group.MultiAZ, group.AutomaticFailover, problems)
		}
	}
}

// brokenRule is a spec and the fields that Build finds fault with, a warning's with a question mark.
type brokenRule struct {
	want string
	spec GroupSpec
}

const fine = ""

func enabled(change func(s *GroupSpec)) GroupSpec {
	s := spec(ClusterEnabled, 0, 1)
	change(&s)
	return s
}

func disabled(change func(s *GroupSpec)) GroupSpec {
	s := spec(ClusterDisabled, 0, 1)
	change(&s)
	return s
}

// TestBuildNamesTheFieldAndTheRule breaks one rule at a time. The texts are held by the scenarios of package scenario;
// here stand the fields, and the edge on which each rule turns.
func TestBuildNamesTheFieldAndTheRule(t *testing.T) {
	for _, test := range slices.Concat(engineRules(), failoverRules(), shardRules()) {
		_, problems := test.spec.Build([]string{"a", "b", "c"})
		var fields []string
		for _, p := range problems {
			if p.Warning {
				p.Field += "?"
			}
			fields = append(fields, p.Field)
		}
		if got := strings.Join(fields, " "); got != test.want {
			t.Errorf("got %q, want %q: %v", got, test.want, problems)
		}
	}
}

func engineRules() []brokenRule {
	return []brokenRule{
		{fine, enabled(func(*GroupSpec) {})},
		{"id", enabled(func(s *GroupSpec) { s.ID = "rg-" })},
		{"id", enabled(func(s *GroupSpec) { s.ID = strings.Repeat("a", 41) })},
		{fine, enabled(func(s *GroupSpec) { s.ID = strings.Repeat("a", 40) })},
		{"engine", enabled(func(s *GroupSpec) { s.Engine = "memcached" })},
		{"engine_version", enabled(func(s *GroupSpec) { s.EngineVersion = "7.1" })},
		{fine, enabled(func(s *GroupSpec) { s.Engine, s.EngineVersion = "redis", "7.1" })},
		{fine, enabled(func(s *GroupSpec) { s.Engine, s.EngineVersion = "redis", "6.x" })},
		{"engine_version", enabled(func(s *GroupSpec) { s.EngineVersion = "8.0.1.2" })},
		{"engine_version", enabled(func(s *GroupSpec) { s.EngineVersion = "x.1" })},
		{"engine_version", enabled(func(s *GroupSpec) { s.EngineVersion = "" })},
		{"node_type", enabled(func(s *GroupSpec) { s.NodeType = "r7g.large" })},
		{"node_type", enabled(func(s *GroupSpec) { s.NodeType = "cache.r7g." })},
		{"node_type", enabled(func(s *GroupSpec) { s.NodeType = "cache.R7g.large" })},
		{"node_groups", enabled(func(s *GroupSpec) { s.NodeGroups = -1 })},
		{"node_groups", enabled(func(s *GroupSpec) { s.NodeGroups = 501 })},
		{"node_groups?", enabled(func(s *GroupSpec) { s.NodeGroups = 500 })},
		{"node_groups?", enabled(func(s *GroupSpec) { s.NodeGroups = 91 })},
		{fine, enabled(func(s *GroupSpec) { s.NodeGroups = 90 })},
		{"node_groups", enabled(func(s *GroupSpec) { s.NodeGroups, s.Engine, s.EngineVersion = 251, "redis", "5.0.5" })},
		{"node_groups?", enabled(func(s *GroupSpec) { s.NodeGroups, s.Engine, s.EngineVersion = 251, "redis", "5.0.6" })},
		{"node_groups?", enabled(func(s *GroupSpec) { s.NodeGroups, s.Engine, s.EngineVersion = 250, "redis", "5.0.5" })},
		{"node_groups", disabled(func(s *GroupSpec) { s.NodeGroups = 2 })},
		{"node_groups", disabled(func(s *GroupSpec) { s.Shards = make([]NodeGroupSpec, 2) })},
		{"replicas", enabled(func(s *GroupSpec) { s.Replicas = 6 })},
		{"replicas", enabled(func(s *GroupSpec) { s.Replicas = -1 })},
		{fine, enabled(func(s *GroupSpec) { s.Replicas = 5 })},
	}
}

func failoverRules() []brokenRule {
	yes, no := true, false
	return []brokenRule{
		{"zones", enabled(func(s *GroupSpec) { s.Zones = nil })},
		{"zones[2]", enabled(func(s *GroupSpec) { s.Zones = []string{"a", "d"} })},
		{"zones[2]", enabled(func(s *GroupSpec) { s.Zones = []string{"a", "a"} })},
		{"automatic_failover", enabled(func(s *GroupSpec) { s.AutomaticFailover = &no })},
		{fine, enabled(func(s *GroupSpec) { s.AutomaticFailover = &yes })},
		{fine, disabled(func(s *GroupSpec) { s.AutomaticFailover = &no })},
		{fine, disabled(func(s *GroupSpec) { s.AutomaticFailover = &yes })},
		{"automatic_failover", disabled(func(s *GroupSpec) { s.AutomaticFailover, s.Replicas = &yes, 0 })},
		{"multi_az", disabled(func(s *GroupSpec) { s.MultiAZ, s.Replicas = &yes, 0 })},
		{fine, disabled(func(s *GroupSpec) { s.MultiAZ, s.Replicas = &no, 0 })},
		{"multi_az?", enabled(func(s *GroupSpec) { s.MultiAZ, s.Zones = &yes, []string{"a"} })},
		{"multi_az", enabled(func(s *GroupSpec) { s.MultiAZ, s.NodeType = &yes, "cache.t1.micro" })},
		{fine, enabled(func(s *GroupSpec) { s.MultiAZ, s.NodeType = &yes, "cache.t2.micro" })},
		{"multi_az", enabled(func(s *GroupSpec) { s.MultiAZ, s.Engine, s.EngineVersion = &yes, "redis", "2.8.5" })},
		{fine, enabled(func(s *GroupSpec) { s.MultiAZ, s.Engine, s.EngineVersion = &yes, "redis", "2.8.6" })},
		{"cluster_mode", disabled(func(s *GroupSpec) { s.Mode, s.Engine, s.EngineVersion = ClusterCompatible, "redis", "6.2" })},
		{"status", enabled(func(s *GroupSpec) { s.Status = StatusRebooting })},
		{fine, enabled(func(s *GroupSpec) { s.Status = StatusCreateFailed })},
		{"status_until?", enabled(func(s *GroupSpec) { s.StatusUntil = 1 })},
		{"status_until", enabled(func(s *GroupSpec) { s.Status, s.StatusUntil = StatusModifying, 0 })},
		{fine, enabled(func(s *GroupSpec) { s.Status, s.StatusUntil = StatusModifying, 1 })},
		{"writes_per_second", enabled(func(s *GroupSpec) { s.WritesPerSecond = -1 })},
		{"reads_per_second", enabled(func(s *GroupSpec) { s.ReadsPerSecond = 1e9 + 1 })},
		{"dataset", enabled(func(s *GroupSpec) { s.DatasetBytes = -1 })},
		{"dataset", enabled(func(s *GroupSpec) { s.DatasetBytes = 100<<40 + 1 })},
		// 10 years of 365 days are 315,360,000 s.
		{"dataset", enabled(func(s *GroupSpec) { s.DatasetBytes, s.Delays.SyncRate = 315_360_001_000, 1000 })},
		{fine, enabled(func(s *GroupSpec) { s.DatasetBytes, s.Delays.SyncRate = 315_360_000_000, 1000 })},
		{"delays.sync_rate", enabled(func(s *GroupSpec) { s.Delays.SyncRate = 0 })},
	}
}

func shardRules() []brokenRule {
	return []brokenRule{
		{"node_group[2]", enabled(func(s *GroupSpec) { s.NodeGroups, s.Shards = 1, make([]NodeGroupSpec, 2) })},
		{"node_group[1].id", enabled(func(s *GroupSpec) { s.Shards = []NodeGroupSpec{{ID: "00001"}} })},
		{fine, enabled(func(s *GroupSpec) { s.Shards = []NodeGroupSpec{{ID: "9999"}} })},
		{"node_group[1].id", enabled(func(s *GroupSpec) { s.NodeGroups, s.Shards = 2, []NodeGroupSpec{{ID: "9999"}} })},
		{"node_group[2].id", enabled(func(s *GroupSpec) { s.Shards = []NodeGroupSpec{{ID: "5"}, {ID: "5"}} })},
		{"node_group[1].id", disabled(func(s *GroupSpec) { s.Shards = []NodeGroupSpec{{ID: "0002"}} })},
		{"node_group[1].slots", enabled(func(s *GroupSpec) { s.NodeGroups, s.Shards = 2, []NodeGroupSpec{{Slots: "0-16383"}} })},
		{"node_group[1].slots?", enabled(func(s *GroupSpec) { s.Shards = []NodeGroupSpec{{Slots: "0-16382"}} })},
		{"node_group[2].slots", enabled(func(s *GroupSpec) { s.Shards = []NodeGroupSpec{{Slots: "0-9"}, {Slots: "9-16383"}} })},
		{"node_group[2].slots", enabled(func(s *GroupSpec) { s.Shards = []NodeGroupSpec{{Slots: "9-16383"}, {Slots: "0-9"}} })},
		{"node_group[1].nodes", enabled(func(s *GroupSpec) { s.Shards = []NodeGroupSpec{{Nodes: []string{}}} })},
		{"node_group[1].nodes", enabled(func(s *GroupSpec) {
			s.Shards = []NodeGroupSpec{{Nodes: []string{"x"}, ReplicaZones: []string{"a"}}}
		})},
		{"node_group[1].nodes[1]", enabled(func(s *GroupSpec) { s.Shards = []NodeGroupSpec{{Nodes: []string{"1x"}}} })},
		{"node_group[1].nodes[2]", enabled(func(s *GroupSpec) { s.Shards = []NodeGroupSpec{{Nodes: []string{"x", "X"}}} })},
		{"node_group[1].replica_zones", enabled(func(s *GroupSpec) {
			s.Shards = []NodeGroupSpec{{ReplicaZones: strings.Split("aaaaaa", "")}}
		})},
		{"node_group[1].replica_zones[2]", enabled(func(s *GroupSpec) {
			s.Shards = []NodeGroupSpec{{ReplicaZones: []string{"a", "d"}}}
		})},
		{"node_group[1].primary_zone", enabled(func(s *GroupSpec) { s.Shards = []NodeGroupSpec{{PrimaryZone: "d"}} })},
		{"node_group[1].primary", enabled(func(s *GroupSpec) { s.Shards = []NodeGroupSpec{{Primary: "rg-0001-003"}} })},
		{"node[1].id", enabled(func(s *GroupSpec) { s.Nodes = []NodeSpec{{ID: "rg-0001-003"}} })},
		{"node[2].id", enabled(func(s *GroupSpec) { s.Nodes = []NodeSpec{{ID: "rg-0001-001"}, {ID: "RG-0001-001"}} })},
		{"node[1].zone", enabled(func(s *GroupSpec) { s.Nodes = []NodeSpec{{ID: "rg-0001-001", Zone: "d"}} })},
		{"node[1].status", enabled(func(s *GroupSpec) {
			s.Nodes = []NodeSpec{{ID: "rg-0001-001", Status: StatusCreateFailed, StatusUntil: 1}}
		})},
		{"node[1].status_until?", enabled(func(s *GroupSpec) { s.Nodes = []NodeSpec{{ID: "rg-0001-001", StatusUntil: 1}} })},
		{fine, enabled(func(s *GroupSpec) {
			s.Nodes = []NodeSpec{{ID: "rg-0001-001", Status: StatusRestoreFailed, StatusUntil: Time(time.Hour)}}
		})},
	}
}

func TestAnyZoneWillDoWhereNoneIsKnown(t *testing.T) {
	s := spec(ClusterEnabled, 1, 1)
	s.Zones = []string{"x", "y"}
	if _, problems := s.Build(nil); len(problems) > 0 {
		t.Error(problems)
	}
}

func TestRulesQuoteTheService(t *testing.T) {
	no := false
	s := spec(ClusterEnabled, 1, 1)
	s.AutomaticFailover = &no
	_, problems := s.Build(nil)
	const want = "[{automatic_failover Turning off automatic failover for replication group with cluster mode enabled is " +
		"not supported. false}]"
	if got := fmt.Sprint(problems); got != want {
		t.Errorf("got %s", got)
	}
}

// TestAvailableHoldsThroughout: nobody has to say until when, be it for a group or for a node.
func TestAvailableHoldsThroughout(t *testing.T) {
	s := spec(ClusterDisabled, 1, 0)
	s.StatusUntil = 0
	s.Nodes = []NodeSpec{{ID: "rg-001"}}
	group, problems := s.Build(nil)
	if len(problems) > 0 || group.StatusUntil != Never || group.NodeGroups[0].Nodes[0].StatusUntil != Never {
		t.Errorf("group until %v, node %+v, %v", group.StatusUntil, group.NodeGroups[0].Nodes[0], problems)
	}
}
