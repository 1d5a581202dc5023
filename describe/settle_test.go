package describe

import (
	"fmt"
	"strings"
	"testing"
)

// TestWhatAnswersSayAndScenariosGet gives one group at a time and looks for lines of the scenario and parts of the notes;
// what begins with "no " must be absent.
func TestWhatAnswersSayAndScenariosGet(t *testing.T) {
	const enabled, disabled = `"ClusterEnabled": true, `, `"ClusterEnabled": false, `
	for _, c := range []struct{ group, toml, note string }{
		{disabled + nodes(2), `cluster_mode = "disabled"`, "the answer does not tell MultiAZ; it follows"},
		{enabled + nodes(2), `cluster_mode = "enabled"`, "the first of each node group that the roles do not name is assumed"},
		{`"ClusterMode": "compatible", ` + enabled + nodes(2), `cluster_mode = "compatible"`, "AWS names no primary; the first node"},
		{`"ClusterMode": "odd", ` + disabled + nodes(2), `cluster_mode = "disabled"`, `ClusterMode: "odd" is unknown`},
		{nodes(2), `cluster_mode = "disabled"`, "neither ClusterMode nor ClusterEnabled; cluster mode disabled is assumed"},
		{`"ClusterEnabled": "yes", ` + nodes(2), `cluster_mode = "disabled"`, "ClusterEnabled: a string, want true or false"},

		{disabled + `"AutomaticFailover": "enabled", ` + nodes(2), "automatic_failover = true", "no AutomaticFailover"},
		{disabled + `"AutomaticFailover": "enabling", ` + nodes(2), "automatic_failover = true", "AutomaticFailover is enabling; enabled is assumed"},
		{disabled + `"AutomaticFailover": "disabling", ` + nodes(2), "automatic_failover = false", "left out of the campaign, since automatic failover is off"},
		{disabled + `"AutomaticFailover": "enabled", ` + nodes(1), "automatic_failover = false", "without a replica to fail over to; off is written"},
		{enabled + `"AutomaticFailover": "disabled", ` + nodes(2), "automatic_failover = true", "does not support with cluster mode enabled; on is written"},
		{enabled + `"AutomaticFailover": "enabled", ` + nodes(1), "automatic_failover = true", "left out of the campaign, since a node group has no replica"},
		{enabled + nodes(1), "no multi_az", "does not tell MultiAZ; it follows"},
		{disabled + nodes(2), "no automatic_failover", "does not tell AutomaticFailover"},
		{disabled + `"AutomaticFailover": 1, ` + nodes(2), "no automatic_failover", "AutomaticFailover: a number, want a string"},

		{disabled + `"MultiAZ": "enabled", ` + nodes(2), "multi_az = true", "no MultiAZ"},
		{disabled + `"MultiAZ": "enabled", ` + nodes(1), "multi_az = false", "with a node group that has no replica; off is written"},
		{disabled + `"MultiAZ": "enabled", "CacheNodeType": "cache.t1.micro", ` + nodes(2), "multi_az = false", "on with T1 nodes"},
		{disabled + `"AutomaticFailover": "disabled", ` + nodes(2), "multi_az = false", "off is written, since it needs automatic failover"},

		{`"TransitEncryptionEnabled": true, ` + nodes(2), "tls = true", "no TransitEncryptionEnabled"},
		{nodes(2), "no tls", "does not tell TransitEncryptionEnabled; tls is assumed"},
		{`"CacheNodeType": "cache.m6g.large", ` + nodes(2), `node_type = "cache.m6g.large"`, "no node type"},
		{`"CacheNodeType": "big", ` + nodes(2), "no node_type", `CacheNodeType: "big" is no node type`},
		{`"Engine": "redis", ` + nodes(2), `engine_version = "7.1"`, "the engine version is not told (describe-cache-clusters tells it); 7.1 is assumed"},
		{`"Engine": "memcached", ` + nodes(2), `engine = "valkey"`, `Engine: the engine "memcached" is unknown`},

		{`"Status": "snapshotting", ` + nodes(2), `status = "snapshotting"`, "left out of the campaign, since calls would be refused"},
		{`"Status": "available", ` + nodes(2), "no status =", "no status"},
		{`"Status": "resting", ` + nodes(2), "no status =", `Status: the status "resting" is unknown; available is assumed`},
		{strings.Replace(nodes(1), `"0001"`, `"0001", "Status": "creating"`, 1), `status = "creating"`, "node group 0001 is creating"},

		{enabled + strings.Replace(nodes(2), `"0001"`, `"0001", "Slots": "0-16383"`, 1), "no slots", "no slots"},
		{enabled + strings.Replace(nodes(2), `"0001"`, `"0001", "Slots": "0-5461, 7000"`, 1), `slots = "0-5461,7000-7000"`, "no slots"},
		{disabled + strings.Replace(nodes(2), `"0001"`, `"0001", "Slots": "0-5461"`, 1), "no slots", "the one node group has all slots, whatever"},
		{disabled + strings.Replace(nodes(2), `"0001"`, `"7"`, 1), "no [[replication_group.node_group]]", "node group 7 is written as 0001"},
		{enabled + strings.Replace(nodes(2), `"0001"`, `"7"`, 1), `id = "7"`, "no written as"},

		{strings.ReplaceAll(nodes(2), `"us-east-1`, `"us-west-2-lax-1`), `region = "us-west-2"`, "no tells no zone"},
		{strings.ReplaceAll(nodes(2), "PreferredAvailabilityZone", "x"), `zones = ["us-east-1a", "us-east-1b", "us-east-1c"]`, "us-east-1 (the default) with zones a, b and c is assumed"},
		{
			`"ARN": "arn:aws-cn:elasticache:cn-north-1:1:replicationgroup:g", ` + strings.ReplaceAll(nodes(2), "PreferredAvailabilityZone", "x"),
			`region = "cn-north-1"`, "cn-north-1 (from the ARN)",
		},
		{strings.Replace(nodes(3), "PreferredAvailabilityZone", "x", 1), `zones = ["us-east-1b", "us-east-1c"]`, "the answer tells no zone of 1 node"},
	} {
		text, notes := imported(t, one(c.group))
		for _, part := range []struct{ what, in, want string }{{"scenario", text, c.toml}, {"notes", notes, c.note}} {
			absent, want := strings.CutPrefix(part.want, "no ")
			if !want {
				absent = part.want
			}
			if strings.Contains(part.in, absent) == want {
				t.Errorf("%s\n%s: want %q in\n%s", c.group, part.what, part.want, part.in)
			}
		}
	}
}

func TestEngineFromClusters(t *testing.T) {
	cluster := func(i int, engine, version string) string {
		return fmt.Sprintf(`{"CacheClusterId": "g-%03d", "ReplicationGroupId": "g", "Engine": %q, "EngineVersion": %q}`, i, engine, version)
	}
	for _, c := range []struct{ first, second, toml, note string }{
		{cluster(1, "redis", "7.0.7"), cluster(2, "redis", "7.0.7"), `engine_version = "7.0.7"`, "dataset"},
		{cluster(1, "redis", "7.0.10"), cluster(2, "redis", "7.0.9"), `engine_version = "7.0.9"`, "differ in engine version (7.0.9, 7.0.10); 7.0.9 is taken"},
		{cluster(1, "redis", "6.x"), cluster(2, "redis", "6.2"), `engine_version = "6.2"`, "differ in engine version (6.2, 6.x)"},
		{cluster(1, "redis", "7.1"), cluster(2, "valkey", "8.0"), `engine = "redis"`, "differ in engine (redis, valkey); redis is taken"},
		{cluster(1, "valkey", "6.2"), cluster(2, "valkey", "6.2"), `engine = "valkey"`, "6.2 is taken as absent, since Valkey begins with 7.2"},
		{cluster(1, "", "6.2"), cluster(2, "", "6.2"), `engine = "redis"`, "does not tell the engine; redis is assumed"},
		{cluster(1, "redis", "new"), cluster(3, "redis", "5.0.6"), `engine_version = "7.1"`, `CacheClusters[0].EngineVersion: "new" is no version`},
		{cluster(1, "redis", "7.1"), cluster(3, "redis", "7.1"), `engine_version = "7.1"`, "g: 1 node not told of among the cache clusters"},
		{cluster(1, "redis", "7.1"), cluster(3, "redis", "7.1"), `engine_version = "7.1"`, "1 cache cluster is in none of the groups"},
	} {
		in := one(nodes(2))
		in.Clusters = []byte(`{"CacheClusters": [` + c.first + ", " + c.second + `]}`)
		text, notes := imported(t, in)
		if !strings.Contains(text, c.toml) || !strings.Contains(notes, c.note) {
			t.Errorf("want %s and a note %q:\n%s%s", c.toml, c.note, text, notes)
		}
	}
}

func TestMultiAZNeedsRedis286(t *testing.T) {
	in := one(`"MultiAZ": "enabled", ` + nodes(2))
	in.Clusters = []byte(`[{"CacheClusterId": "g-001", "ReplicationGroupId": "g", "Engine": "redis", "EngineVersion": "2.8.5"}]`)
	if text, notes := imported(t, in); !strings.Contains(text, "multi_az = false") || !strings.Contains(notes, "Redis OSS before 2.8.6") {
		t.Errorf("%s%s", text, notes)
	}
}

func TestRolesGoBeforeAWS(t *testing.T) {
	in := one(strings.Replace(nodes(2), `"g-001"`, `"g-001", "CurrentRole": "primary"`, 1))
	in.Roles = []byte("\ufeffG-002\r\n")
	text, notes := imported(t, in)
	if !strings.Contains(text, `primary = "g-002"`) || !strings.Contains(notes, "g-002 is taken as primary, though AWS says g-001") {
		t.Errorf("%s%s", text, notes)
	}
}

func TestTwoPrimariesAreNone(t *testing.T) {
	in := one(strings.ReplaceAll(nodes(2), `"PreferredAvailabilityZone"`, `"CurrentRole": "primary", "PreferredAvailabilityZone"`))
	text, notes := imported(t, in)
	if strings.Contains(text, "primary =") || !strings.Contains(notes, "g-001 and g-002 have the role primary") ||
		!strings.Contains(notes, "the first node is assumed") {
		t.Errorf("%s%s", text, notes)
	}
}

// TestSlotsOnEveryNodeGroupOnceOrOnNone holds two node groups to what a scenario accepts.
func TestSlotsOnEveryNodeGroupOnceOrOnNone(t *testing.T) {
	for _, c := range []struct {
		first, second string
		kept          bool
		note          string
	}{
		{"0-9000", "9001-16383", true, ""},
		{"0-100", "200-300", true, ""},
		{"0-8191", "8192-16383", false, ""}, // the even split needs no words
		{"0-9000", "", false, "1 of 2 node groups without slots"},
		{"0-9000", "9000-16383", false, "the slots of its node groups overlap"},
	} {
		shard := `{"NodeGroupId": "000%d", "Slots": %q, "NodeGroupMembers": [{"CacheClusterId": "g-000%d-001", "PreferredAvailabilityZone": "us-east-1a"}]}`
		in := one(`"ClusterEnabled": true, "NodeGroups": [` + fmt.Sprintf(shard, 1, c.first, 1) + "," + fmt.Sprintf(shard, 2, c.second, 2) + `]`)
		text, notes := imported(t, in)
		if strings.Contains(text, "slots =") != c.kept || !strings.Contains(notes, c.note) {
			t.Errorf("%q and %q:\n%s%s", c.first, c.second, text, notes)
		}
	}
}

// TestHorizonHoldsTheCampaign: the quota lets 15 shards through in a day, and a day more lets the last ones finish.
func TestHorizonHoldsTheCampaign(t *testing.T) {
	for shards, want := range map[int]string{1: "72h", 30: "72h", 31: "96h", 500: "840h"} { // ceil(500/15) + 1 = 35 days
		if got := horizon(shards); got != want {
			t.Errorf("%d shards: %s, want %s", shards, got, want)
		}
	}
}

func TestQuoteEscapesWhatTOMLForbids(t *testing.T) {
	for text, want := range map[string]string{
		"plain":            `"plain"`,
		`a "b" \c`:         `"a \"b\" \\c"`,
		"\x00\t\n\x1f\x7f": `"\u0000\u0009\u000A\u001F\u007F"`,
		"é\xff…":           "\"é\ufffd…\"",
	} {
		if got := quote(text); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

// TestClustersKnowNodesBest gives the node group one status and one cache cluster another, and a zone to the cache cluster
// alone.
func TestClustersKnowNodesBest(t *testing.T) {
	in := one(`"NodeGroups": [{"NodeGroupId": "0001", "Status": "modifying", "NodeGroupMembers": [
		{"CacheClusterId": "g-001"}, {"CacheClusterId": "g-002", "PreferredAvailabilityZone": "us-east-1a"}]}]`)
	in.Clusters = []byte(`[{"CacheClusterId": "g-001", "ReplicationGroupId": "g", "CacheClusterStatus": "available",
		"PreferredAvailabilityZone": "us-east-1f"}]`)
	text, notes := imported(t, in)
	if strings.Count(text, "[[replication_group.node]]\nid = \"g-002\"\nstatus = \"modifying\"\n") != 1 ||
		strings.Count(text, "status") != 1 || !strings.Contains(text, `zones = ["us-east-1f", "us-east-1a"]`) {
		t.Errorf("%s%s", text, notes)
	}
}

func TestNodeGroupWithoutNodesIsLeftOut(t *testing.T) {
	in := one(`"ClusterEnabled": true, "NodeGroups": [{"NodeGroupId": "0001", "Status": "creating"}, {"NodeGroupId": "0002",
		"NodeGroupMembers": [{"CacheClusterId": "g-0002-001", "PreferredAvailabilityZone": "us-east-1a"}]}]`)
	text, notes := imported(t, in)
	if !strings.Contains(text, "node_groups = 1\n") || !strings.Contains(text, `id = "0002"`) ||
		!strings.Contains(notes, "g: node group 0001 is left out") {
		t.Errorf("%s%s", text, notes)
	}
}

// TestLaidOutByRuleIsWrittenByCounts moves one thing away from what ElastiCache does by itself at a time.
func TestLaidOutByRuleIsWrittenByCounts(t *testing.T) {
	member := func(id string, zone byte) string {
		return fmt.Sprintf(`{"CacheClusterId": %q, "PreferredAvailabilityZone": "us-east-1%c"}`, id, zone)
	}
	shard := func(id, slots string, members ...string) string {
		return fmt.Sprintf(`{"NodeGroupId": %q, "Slots": %q, "NodeGroupMembers": [%s]}`, id, slots, strings.Join(members, ", "))
	}
	second := shard("0002", "8192-16383", member("g-0002-001", 'a'), member("g-0002-002", 'b'), member("g-0002-003", 'c'))
	for _, c := range []struct {
		name, second string
		regular      bool
	}{
		// Zones c, a, b: primaries in c and a; replicas of the first in a, b, of the second in b, c.
		{"regular", second, true},
		{"zone", strings.Replace(second, "1b", "1c", 1), false},
		{"id", strings.Replace(second, `"0002"`, `"0003"`, 1), false},
		{"name", strings.Replace(second, "g-0002-003", "g-0002-004", 1), false},
		{"slots", strings.Replace(second, "8192", "8193", 1), false},
		{"replicas", shard("0002", "8192-16383", member("g-0002-001", 'a'), member("g-0002-002", 'b')), false},
		{"role", strings.Replace(second, `"g-0002-002"`, `"g-0002-002", "CurrentRole": "primary"`, 1), false},
	} {
		first := shard("0001", "0-8191", member("g-0001-001", 'c'), member("g-0001-002", 'a'), member("g-0001-003", 'b'))
		text, _ := imported(t, one(`"ClusterEnabled": true, "NodeGroups": [`+first+", "+c.second+`]`))
		regular := strings.Contains(text, `zones = ["us-east-1c", "us-east-1a", "us-east-1b"]`)
		if regular != c.regular || regular == strings.Contains(text, "[[replication_group.node_group]]") {
			t.Errorf("%s:\n%s", c.name, text)
		}
	}
}

func TestVersionsBelowTheirLimitsAreDropped(t *testing.T) {
	in := one(`"ClusterMode": "compatible", ` + nodes(2))
	in.Clusters = []byte(`[{"CacheClusterId": "g-001", "ReplicationGroupId": "g", "Engine": "redis", "EngineVersion": "6.2",
		"CacheClusterStatus": "deleted"}]`)
	text, notes := imported(t, in)
	if !strings.Contains(text, `engine_version = "7.1"`) || !strings.Contains(notes, "cluster mode compatible begins with 7.0") ||
		!strings.Contains(text, `status = "deleting"`) {
		t.Errorf("%s%s", text, notes)
	}
	var shards []string
	for i := range 251 {
		shards = append(shards, fmt.Sprintf(`{"NodeGroupId": "%04d", "NodeGroupMembers": [{"CacheClusterId": "g-%04d-001"}]}`, i+1, i+1))
	}
	in = one(`"ClusterEnabled": true, "NodeGroups": [` + strings.Join(shards, ", ") + `]`)
	in.Clusters = []byte(`[{"CacheClusterId": "g-0001-001", "ReplicationGroupId": "g", "Engine": "redis", "EngineVersion": "5.0.5"}]`)
	if _, notes := imported(t, in); !strings.Contains(notes, "more than 250 node groups begin with 5.0.6") {
		t.Error(notes)
	}
}

func TestRegionOfTheFirstARN(t *testing.T) {
	group := `{"ReplicationGroupId": %q, "ARN": "arn:aws:elasticache:%s:1:replicationgroup:x", "NodeGroups": [{"NodeGroupId": "0001",
		"NodeGroupMembers": [{"CacheClusterId": "%s-001"}, {"CacheClusterId": "%s-002", "CurrentRole": "primary"},
		{"CacheClusterId": "%s-003"}]}]}`
	a := fmt.Sprintf(group, "a", "eu-west-1", "a", "a", "a")
	b := fmt.Sprintf(group, "b", "eu-west-2", "b", "b", "b")
	text, notes := imported(t, Input{Groups: []byte(`{"ReplicationGroups": [` + a + "," + b + `], "NextToken": "more"}`)})
	// Round robin: the primary in the first zone, the replicas around it by name in the next ones.
	placed := "primary_zone = \"eu-west-1a\"\nreplica_zones = [\"eu-west-1b\", \"eu-west-1c\"]\n"
	if strings.Count(text, placed) != 2 || !strings.Contains(notes, "a, b: the answer tells no zone of 3 nodes") ||
		!strings.Contains(notes, "one page of several") {
		t.Errorf("%s%s", text, notes)
	}
}

// TestEvenSplit: 16384 = 3 x 5461 + 1, and what remains goes to the first.
func TestEvenSplit(t *testing.T) {
	got := [3]string{evenSlots(0, 3), evenSlots(1, 3), evenSlots(2, 3)}
	if want := [3]string{"0-5461", "5462-10922", "10923-16383"}; got != want {
		t.Errorf("%v, want %v", got, want)
	}
}
