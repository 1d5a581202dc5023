package scenario

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"failsim/dist"
	"failsim/sim"

	"github.com/google/go-cmp/cmp"
)

func load(t *testing.T, file string) *Scenario {
	t.Helper()
	s, err := Load(file)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// parse reads a text without files; the horizon comes before it.
func parse(t *testing.T, text string) *Scenario {
	t.Helper()
	s, err := Parse("test.toml", []byte("horizon = \"72h\"\n"+text), nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func delay(text string) dist.Delay { return dist.MustParse(text) }

// defaultDelays are those of SCENARIO.md for cluster mode enabled with one or two shards.
func defaultDelays() sim.Delays {
	return sim.Delays{
		Accept:         delay("uniform(1s, 5s)"),
		Promotion:      delay("triangular(40s, 62s, 115s)"),
		CompletedEvent: delay("0s"),
		RecoveryStart:  delay("uniform(40s, 120s)"),
		Provision:      delay("triangular(300s, 480s, 720s)"),
		Lag:            delay("lognormal(median=1ms, p99=20ms)"),
		SyncRate:       100e6,
		Detection:      delay("triangular(10s, 20s, 45s)"),
		Takeover:       delay("triangular(2s, 5s, 15s)"),
		Swap:           delay("uniform(100ms, 1s)"),
		UpgradeGap:     delay("uniform(1s, 5s)"),
		Reboot:         delay("triangular(30s, 60s, 120s)"),
		Modify:         delay("triangular(10s, 30s, 90s)"),
	}
}

// defaultReplication is that of a group with so much data; a tenth of it is kept for a replica that trails.
func defaultReplication(dataset int64) sim.ReplicationConfig {
	return sim.ReplicationConfig{WriteBytes: 1024, BacklogBytes: 1 << 20, BufferBytes: max(1<<20, dataset/10)}
}

// withTrouble fills in the defaults of the delays that only trouble draws.
func withTrouble(d sim.Delays) sim.Delays {
	standard := defaultDelays()
	d.Detection, d.Takeover, d.UpgradeGap = standard.Detection, standard.Takeover, standard.UpgradeGap
	d.Swap, d.Reboot, d.Modify = dist.Constant(14*time.Second), dist.Constant(15*time.Second), dist.Constant(16*time.Second)
	return d
}

func node(id, zone string) sim.NodeConfig {
	return sim.NodeConfig{ID: id, Zone: zone, StatusUntil: sim.Never}
}

func TestDefaultsHoldWhereNothingIsSaid(t *testing.T) {
	s := load(t, "testdata/good/defaults.toml")
	want := sim.Config{
		Start:   time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		Horizon: 72 * time.Hour,
		Drain:   24 * time.Hour,
		Region:  "us-east-1",
		Zones:   []string{"us-east-1a", "us-east-1b", "us-east-1c"},
		Quota:   sim.QuotaConfig{Limit: 15, Window: 24 * time.Hour},
		Refusals: sim.Refusals{
			"", "InvalidParameterValue", "InvalidParameterValue", "ReplicationGroupNotFoundFault", "NodeGroupNotFoundFault",
			"TestFailoverNotAvailableFault", "InvalidParameterCombination", "", "InvalidKMSKeyFault",
			"InvalidReplicationGroupState", "InvalidReplicationGroupState", "InvalidCacheClusterState",
			"InvalidReplicationGroupState", "APICallRateForCustomerExceeded",
			"CacheClusterNotFound", "InvalidCacheClusterState", "InvalidParameterCombination", "InvalidParameterCombination",
			"InvalidParameterCombination", "InvalidParameterCombination", "InvalidParameterCombination", "InvalidParameterValue",
			"InvalidReplicationGroupState",
		},
		Groups: []sim.GroupConfig{{
			ID: "sessions", Mode: sim.ClusterEnabled, Engine: "valkey", EngineVersion: "8.0", NodeType: "cache.r7g.large",
			TLS: true, MultiAZ: true, AutomaticFailover: true, StatusUntil: sim.Never, DatasetBytes: 1 << 30,
			NodeGroups: []sim.NodeGroupConfig{{
				ID: "0001", Slots: []sim.SlotRange{{First: 0, Last: 16383}},
				Nodes: []sim.NodeConfig{node("sessions-0001-001", "us-east-1a"), node("sessions-0001-002", "us-east-1b")},
			}},
			Delays: defaultDelays(), Replication: defaultReplication(1 << 30), NodeTimeout: 15 * time.Second,
		}},
	}
	if diff := cmp.Diff(want, s.Config); diff != "" {
		t.Errorf("config (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(Run{Trials: 2000, Seed: 1, Confidence: 0.95, MaxTrials: 1_000_000}, s.Run); diff != "" {
		t.Errorf("run (-want +got):\n%s", diff)
	}
	if s.Name != "defaults" || len(s.Warnings) != 0 {
		t.Errorf("name %q, warnings %v", s.Name, s.Warnings)
	}
}

func TestEveryKeyIsHonored(t *testing.T) {
	s := load(t, "testdata/good/everything.toml")
	cfg := s.Config
	a, b, c := "eu-central-1a", "eu-central-1b", "eu-central-1c"
	groups := cfg.Groups
	cfg.Groups = nil
	want := sim.Config{
		Start:                time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC),
		Horizon:              7 * 24 * time.Hour,
		Drain:                12 * time.Hour,
		Region:               "eu-central-1",
		Zones:                []string{a, b, c},
		Wording:              sim.WordingLegacy,
		StatusDuringFailover: sim.StatusModifying,
		Quota: sim.QuotaConfig{
			Limit: 5, Window: 12 * time.Hour, Distinct: true,
			AlreadyUsed: []sim.Time{sim.Time(-12 * time.Hour), sim.Time(-90 * time.Minute), sim.Time(-time.Hour)},
		},
		Refusals: sim.Refusals{
			"", "InvalidParameterValue", "InvalidParameterValue", "ReplicationGroupNotFoundFault", "NodeGroupNotFoundFault",
			"TestFailoverNotAvailableFault", "InvalidReplicationGroupState", "InvalidParameterCombination", "InvalidKMSKeyFault",
			"InvalidCacheClusterState", "InvalidReplicationGroupState", "InvalidCacheClusterState",
			"InvalidParameterCombination", "TestFailoverNotAvailableFault",
			"CacheClusterNotFound", "InvalidCacheClusterState", "InvalidParameterCombination", "InvalidParameterCombination",
			"InvalidParameterCombination", "InvalidParameterCombination", "InvalidParameterCombination", "InvalidParameterValue",
			"InvalidReplicationGroupState",
		},
		Calls: []sim.CallConfig{
			{At: sim.Time(10 * time.Minute), Group: "carts-2", NodeGroup: "0001"},
			{At: sim.Time(20 * time.Minute), Action: sim.ActionReboot, Node: "carts-1-001"},
			{At: sim.Time(30 * time.Minute), Action: sim.ActionModify, Group: "carts-1", Modify: sim.ModifyConfig{
				Primary: "carts-1-002", AutomaticFailover: sim.SwitchOff, MultiAZ: sim.SwitchOn}},
			{At: sim.Time(150 * time.Minute), Group: "SESSIONS", NodeGroup: "0003"},
		},
		Campaigns: []sim.CampaignConfig{{
			Name: "quarterly", At: sim.Time(7 * 24 * time.Hour), Groups: []int{1, 2, 0}, RoundRobin: true, ParallelGroups: 2,
			Poll: 20 * time.Second, Blind: true, OnRefusal: sim.ReactStop, RetryEvery: 10 * time.Minute, Timeout: time.Hour,
			OnTimeout: sim.ReactSkip, Rounds: 2,
		}, {
			Name: "campaign-2", Groups: []int{0, 1, 2}, ParallelGroups: 1, Poll: 15 * time.Second, OnRefusal: sim.ReactSkip,
			RetryEvery: 5 * time.Minute, Timeout: 30 * time.Minute, OnTimeout: sim.ReactStop, Rounds: 1,
		}},
		Blocks: []sim.BlockConfig{
			{At: sim.Time(time.Hour), Duration: 2 * time.Hour}, {At: sim.Time(24 * time.Hour), Duration: time.Hour},
		},
	}
	if diff := cmp.Diff(want, cfg); diff != "" {
		t.Errorf("config (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(everyGroup(a, b, c), groups); diff != "" {
		t.Errorf("groups (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(Run{Trials: 50, Seed: 7, Confidence: 0.99, MaxTrials: 1_000_000}, s.Run); diff != "" {
		t.Errorf("run (-want +got):\n%s", diff)
	}
	if s.Name != "game-day" || s.Description != "what the contract shows" || len(s.Assumptions) != 0 {
		t.Errorf("name %q, description %q, assumptions %v", s.Name, s.Description, s.Assumptions)
	}
}

func everyGroup(a, b, c string) []sim.GroupConfig {
	third := []sim.NodeConfig{node("sessions-0003-001", c), node("sessions-0003-002", a), node("sessions-0003-003", b)}
	snapshotting := node("sessions-0001-003", c)
	snapshotting.Status, snapshotting.StatusUntil = sim.StatusSnapshotting, sim.Time(30*time.Minute)
	observed, err := dist.Parse(`empirical("reaction.csv")`, func(string) ([]byte, error) { return []byte("20\n31\n58\n"), nil })
	if err != nil {
		panic(err)
	}
	groups := []sim.GroupConfig{{
		ID: "sessions", Mode: sim.ClusterEnabled, Engine: "redis", EngineVersion: "7.0", NodeType: "cache.m7g.large",
		AutomaticFailover: true, KMSKeyInvalid: true, Status: sim.StatusModifying, StatusUntil: sim.Time(2 * time.Hour),
		DatasetBytes: 1_500_000, WritesPerSecond: 10, ReadsPerSecond: 20,
		NodeGroups: []sim.NodeGroupConfig{{
			ID: "0001", Slots: []sim.SlotRange{{First: 0, Last: 5461}},
			Nodes: []sim.NodeConfig{node("sessions-0001-001", a), node("sessions-0001-002", b), snapshotting},
		}, {
			ID: "0002", Slots: []sim.SlotRange{{First: 5462, Last: 10922}},
			Nodes: []sim.NodeConfig{node("sessions-0002-001", b), node("sessions-0002-002", a), node("sessions-0002-003", a)},
		}, {
			ID: "0003", Slots: []sim.SlotRange{{First: 10923, Last: 16383}}, Nodes: third, Primary: 1,
		}},
		Replication: defaultReplication(1_500_000), NodeTimeout: 15 * time.Second,
		Delays: withTrouble(sim.Delays{
			Accept: delay("1s"), Promotion: delay("12s"), CompletedEvent: delay("2s"), RecoveryStart: delay("3s"),
			Provision: observed, Lag: delay("13ms"), SyncRate: 1000,
		}),
	}}
	for i := range 2 {
		id := fmt.Sprintf("carts-%d", i+1)
		groups = append(groups, sim.GroupConfig{
			ID: id, Mode: sim.ClusterDisabled, Engine: "valkey", EngineVersion: "8.0", NodeType: "cache.r7g.large",
			TLS: true, MultiAZ: true, AutomaticFailover: true, StatusUntil: sim.Never, DatasetBytes: 1 << 30,
			NodeGroups:  []sim.NodeGroupConfig{{ID: "0001", Nodes: []sim.NodeConfig{node(id+"-001", a), node(id+"-002", b)}}},
			Replication: defaultReplication(1 << 30),
			Delays: withTrouble(sim.Delays{
				Accept: delay("6s"), Promotion: delay("7s"), CompletedEvent: delay("2s"), Propagation: delay("8s"),
				RecoveryStart: delay("3s"), Provision: delay("4s"), Lag: delay("5ms"), DNSTTL: 14 * time.Second, SyncRate: 1000,
			}),
		})
	}
	return groups
}

// TestZonesAreNamedAfterTheRegion, where nothing is said of them.
func TestZonesAreNamedAfterTheRegion(t *testing.T) {
	for head, want := range map[string]string{
		"":                            "us-east-1a us-east-1b us-east-1c",
		"region = \"eu-central-1\"\n": "eu-central-1a eu-central-1b eu-central-1c",
		"zones = [\"a\", \"b\"]\n":    "a b", // in no Region in particular
		"region = \"us-west-2\"\nzones = [\"us-west-2b\", \"us-west-2-lax-1a\"]\n": "us-west-2b us-west-2-lax-1a",
	} {
		s := parse(t, head+aloneText)
		node := s.Config.Groups[0].NodeGroups[0].Nodes[0]
		if got := strings.Join(s.Config.Zones, " "); got != want || len(s.Warnings) > 0 || node.Zone != s.Config.Zones[0] {
			t.Errorf("%s: %s, warnings %v, a node in %s; want %s", head, got, s.Warnings, node.Zone, want)
		}
	}
}

func TestDoubtfulScenariosAreWarnedOf(t *testing.T) {
	const file = "testdata/good/warnings.toml"
	var got []string
	for _, w := range load(t, file).Warnings {
		got = append(got, fmt.Sprintf("%d: %s: %s", w.Line, w.Key, w.Text))
	}
	if diff := cmp.Diff(wanted(t, file), got); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
}

// TestAssumptionsAreTheInferredDefaultsInUse: each class of groups brings its own delays, and what is written, be it as
// the default has it, is the user's word.
func TestAssumptionsAreTheInferredDefaultsInUse(t *testing.T) {
	const group = "[[replication_group]]\nid = 'a'\n"
	for _, test := range []struct {
		name, text       string
		present, absent  string // separated by spaces
		wantedAssumption int
	}{
		{"small", group, "delays.cme_small.promotion delays.accept quota.count errors.multi_az_off",
			"delays.cme.promotion delays.cmd.promotion delays.cmd.dns_ttl quota.limit wording", 13},
		{"large", group + "node_groups = 3\n", "delays.cme.promotion", "delays.cme_small.promotion delays.cmd.propagation", 13},
		{"two shards", group + "node_groups = 2\n", "delays.cme_small.promotion", "delays.cme.promotion", 13},
		{"disabled", group + "cluster_mode = 'disabled'\n", "delays.cmd.promotion delays.cmd.propagation delays.cmd.dns_ttl",
			"delays.cme.promotion", 15},
		{"compatible", group + "cluster_mode = 'compatible'\n", "delays.cmd.promotion", "delays.cme_small.promotion", 15},
		{"by all", "delays.accept = '1s'\nquota.count = 'calls'\n" + group, "delays.lag", "delays.accept quota.count", 11},
		{"by class", "delays.cme_small.accept = '1s'\n" + group, "delays.lag", "delays.accept", 12},
		{"by group", group + "delays.accept = '1s'\n", "delays.lag", "delays.accept", 12},
		{"by one of two", group + "delays.accept = '1s'\n[[replication_group]]\nid = 'b'\n", "delays.accept", "", 13},
	} {
		t.Run(test.name, func(t *testing.T) {
			names := map[string]bool{}
			for _, a := range parse(t, test.text).Assumptions {
				names[a.Name] = true
				if a.Grade != sim.GradeInferred {
					t.Errorf("%s is %s", a.Name, a.Grade)
				}
			}
			for name := range strings.FieldsSeq(test.present) {
				if !names[name] {
					t.Errorf("%s is missing", name)
				}
			}
			for name := range strings.FieldsSeq(test.absent) {
				if names[name] {
					t.Errorf("%s is not in use", name)
				}
			}
			if len(names) != test.wantedAssumption {
				t.Errorf("%d assumptions, want %d", len(names), test.wantedAssumption)
			}
		})
	}
}

// The election of an engine that was not read is an assumption, unless the scenario says how it elects or nothing elects.
func TestAnElectionThatWasNotReadIsAnAssumption(t *testing.T) {
	const fault = "[[fault]]\nat = '1h'\nkind = 'node'\nprimary_of = 'a/0001'\n[[replication_group]]\nid = 'a'\n"
	for text, want := range map[string]bool{
		fault + "node_groups = 3\nengine_version = '8.1'":                            true,
		fault + "node_groups = 3\nengine_version = '6.x'\nengine = 'redis'":          true,
		fault + "node_groups = 3\nengine_version = '9.0'\nelection.mode = 'classic'": false,
		fault + "node_groups = 3\nengine_version = '8.0.2'":                          false,
		fault + "node_groups = 3\nengine_version = '7.0'\nengine = 'redis'":          false,
		fault + "node_groups = 1\nengine_version = '9.0'":                            false,
		"[[replication_group]]\nid = 'a'\nnode_groups = 3\nengine_version = '9.0'":   false,
		fault + "engine_version = '9.0'\ncluster_mode = 'disabled'":                  false,
	} {
		s := parse(t, text)
		assumed := slices.ContainsFunc(s.Assumptions, func(d sim.Default) bool { return d.Name == "replication_group.election.mode unread" })
		if assumed != want || (len(s.Warnings) > 0) != want {
			t.Errorf("%s: assumed %t, warnings %v", text, assumed, s.Warnings)
		}
	}
}

func TestSizesAndRates(t *testing.T) {
	for text, want := range map[string]int64{
		"0B": 0, "512MB": 512_000_000, "20GiB": 20 << 30, "1.5 KiB": 1536, "2kB": 2000, "1TB": 1e12, "1TiB": 1 << 40,
		"": -1, "20": -1, "20gb": -1, "GB": -1, "1e3MB": -1, "-1B": -1, "+1B": -1, "1,5GB": -1, "0x1B": -1, "9e9TiB": -1,
		"99999999TiB": -1, "1MB/s": -1, "1.2.3B": -1, "InfB": -1,
	} {
		got, err := parseSize(text)
		if err != nil {
			got = -1
		}
		if got != want {
			t.Errorf("size %q is %d, want %d (%v)", text, got, want, err)
		}
	}
	for text, want := range map[string]int64{"100MB/s": 1e8, "1MiB/s": 1 << 20, "1B/s": 1, "0B/s": -1, "5TiB/s": -1, "1MB": -1, "/s": -1} {
		got, err := parseRate(text)
		if err != nil {
			got = -1
		}
		if got != want {
			t.Errorf("rate %q is %d, want %d (%v)", text, got, want, err)
		}
	}
}

func TestPatternsOfGroups(t *testing.T) {
	for _, test := range []struct {
		pattern, text string
		want          bool
	}{
		{"carts", "carts", true}, {"carts", "carts-1", false}, {"carts-*", "carts-1", true}, {"carts-*", "carts-", true},
		{"carts-*", "carts", false}, {"*", "x", true}, {"*s", "carts", true}, {"c*s", "cs", true}, {"c*s", "c", false},
		{"a*b*c", "axbyc", true}, {"a*b*c", "axc", false}, {"ab*ba", "aba", false}, {"?arts", "carts", false}, {"**", "x", true},
	} {
		if got := matches(test.pattern, test.text); got != test.want {
			t.Errorf("%q matches %q: %v", test.pattern, test.text, got)
		}
	}
}

func TestNameFromTheFile(t *testing.T) {
	const text = "horizon = '1h'\n[[replication_group]]\nid = 'a'\n"
	if s, err := Parse("dir/game-day.v2.toml", []byte(text), nil); err != nil || s.Name != "game-day.v2" {
		t.Errorf("got %v, %v", s, err)
	}
	_, err := Parse("my scenario.toml", []byte(text), nil)
	const want = `my scenario.toml:1: name: missing, and the file's name gives "my scenario"; ` + nameRule
	if mistakes, ok := errors.AsType[Errors](err); !ok || mistakes.Error() != want {
		t.Errorf("got %v", err)
	}
}
