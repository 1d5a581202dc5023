package describe

import (
	"fmt"
	"strings"
	"testing"
)

// nodes is one node group of n nodes in us-east-1.
func nodes(n int) string {
	var members []string
	for i := range n {
		members = append(members, fmt.Sprintf(`{"CacheClusterId": "g-%03d", "PreferredAvailabilityZone": "us-east-1%c"}`, i+1, 'a'+i%3))
	}
	return `"NodeGroups": [{"NodeGroupId": "0001", "NodeGroupMembers": [` + strings.Join(members, ", ") + `]}]`
}

func TestErrorsNameThePlace(t *testing.T) {
	member := func(member string) string {
		return `{"ReplicationGroups": [{"ReplicationGroupId": "g", "NodeGroups": [{"NodeGroupId": "0001", "NodeGroupMembers": [` + member + `]}]}]}`
	}
	shard := func(members string) string {
		return `{"ReplicationGroups": [{"ReplicationGroupId": "a"}, {"ReplicationGroupId": "g", "NodeGroups": [` + members + `]}]}`
	}
	for _, c := range []struct{ groups, want string }{
		{"", "replication groups: empty: want what `aws elasticache describe-replication-groups` prints"},
		{" \n\t", "replication groups: empty"},
		{"{\n  \"ReplicationGroups\": [}\n", "not JSON at line 2, column 25 (invalid character '}'"},
		{"{}\n{\"a\": bad}", "not JSON at line 2, column 7 (invalid character 'b'"},
		{"{\"ReplicationGroups\": [\n", "not JSON at line 2, column 1 (the text ends in the middle of a value)"},
		{"REPLICATIONGROUPS\tFalse", "not JSON at line 1, column 1 "},
		{strings.Repeat("[", 1<<20), "exceeded max depth"},
		{`"text"`, "a string is no answer of aws elasticache describe-replication-groups"},
		{`{"CacheClusters": []}`, "no member ReplicationGroups: want what `aws elasticache describe-replication-groups` prints"},
		{`{"ReplicationGroups": []}`, "no replication group in the answer"},
		{`{"ReplicationGroups": "none"}`, "ReplicationGroups: a string, want an array"},
		{`[null]`, "ReplicationGroups[0]: null, want an object"},
		{`[{"Status": "available"}]`, "ReplicationGroups[0].ReplicationGroupId: missing"},
		{`[{"ReplicationGroupId": 7}]`, "ReplicationGroups[0].ReplicationGroupId: a number, want a string"},
		{`[{"ReplicationGroupId": "a--b"}]`, `ReplicationGroups[0].ReplicationGroupId: "a--b" is no id`},
		{`[{"ReplicationGroupId": "a"}, {"ReplicationGroupId": "A"}]`, "ReplicationGroups[1]: the group a stands in ReplicationGroups[0] already"},
		{`{"ReplicationGroups": [{"ReplicationGroupId": "a"}]} {"ReplicationGroups": [5]}`, "page 2: ReplicationGroups[0]: a number"},
		{`{"ReplicationGroup": {"ReplicationGroupId": "a", "NodeGroups": 1}}`, "ReplicationGroup.NodeGroups: a number, want an array"},
		{`[{"ReplicationGroupId": "a"}]`, "none of 1 group has nodes in the answer"},
		{shard(`3`), "ReplicationGroups[1].NodeGroups[0]: a number, want an object"},
		{shard(`{}`), `ReplicationGroups[1].NodeGroups[0].NodeGroupId: "" is no id of a node group`},
		{shard(`{"NodeGroupId": "0001"}, {"NodeGroupId": "0001"}`), `ReplicationGroups[1].NodeGroups[1].NodeGroupId: "0001" stands in the group twice`},
		{shard(`{"NodeGroupId": "0001", "Slots": 5}`), "ReplicationGroups[1].NodeGroups[0].Slots: a number, want a string"},
		{shard(`{"NodeGroupId": "0001", "Slots": "0-16384"}`), `ReplicationGroups[1].NodeGroups[0].Slots: "0-16384", want ranges of slots`},
		{shard(`{"NodeGroupId": "0001", "Slots": "9-5"}`), `Slots: "9-5", want ranges`},
		{shard(`{"NodeGroupId": "0001", "NodeGroupMembers": {}}`), "NodeGroups[0].NodeGroupMembers: an object, want an array"},
		{shard(strings.Repeat(`{"NodeGroupId": "1"}, `, 500) + `{}`), "ReplicationGroups[1].NodeGroups: 501 node groups, at most 500"},
		{member(`{"CacheClusterId": "g-001"}, {"CacheClusterId": "g-001"}`), "NodeGroupMembers[1].CacheClusterId: the node g-001 stands in the answer twice"},
		{member(`{"CacheClusterId": "g"}`), "ReplicationGroups[0]: g is the id of a node, too"},
		{member(`{"CacheClusterId": "g_001"}`), `NodeGroupMembers[0].CacheClusterId: "g_001" is no id`},
		{member(`{"CacheClusterId": "g-001", "PreferredAvailabilityZone": ["us-east-1a"]}`), "PreferredAvailabilityZone: an array, want a string"},
		{member(`{"CacheClusterId": "g-001", "PreferredAvailabilityZone": "Multiple"}`), `PreferredAvailabilityZone: "Multiple" is no zone`},
		{
			member(`{"CacheClusterId": "a", "PreferredAvailabilityZone": "us-west-2a"}, {"CacheClusterId": "b", "PreferredAvailabilityZone": "eu-west-1a"}`),
			"zones of several Regions: eu-west-1 (b), us-west-2 (a)",
		},
		{string(one(nodes(7)).Groups), "ReplicationGroups[0].NodeGroups[0].NodeGroupMembers: 7 members, at most 6"},
		{
			`[{"ReplicationGroupId": "g", "ClusterEnabled": false, "NodeGroups": [{"NodeGroupId": "0001", "NodeGroupMembers": [{"CacheClusterId": "a"}]},
				{"NodeGroupId": "0002", "NodeGroupMembers": [{"CacheClusterId": "b"}]}]}]`,
			"ReplicationGroups[0].NodeGroups: 2 of them with cluster mode disabled, which has one",
		},
	} {
		wantError(t, Input{Groups: []byte(c.groups)}, c.want)
	}
}

func TestErrorsOfClustersAndRoles(t *testing.T) {
	in := one(nodes(2))
	for clusters, want := range map[string]string{
		"":                          "cache clusters: empty: want what `aws elasticache describe-cache-clusters` prints",
		"{":                         "cache clusters: not JSON at line 1, column 2",
		`{"ReplicationGroups": []}`: "cache clusters: no member CacheClusters",
		`[{}]`:                      "CacheClusters[0].CacheClusterId: missing",
		`[{"CacheClusterId": "a"}, {"CacheClusterId": "a"}]`: "CacheClusters[1]: the cache cluster a stands in the answer twice",
	} {
		wantError(t, Input{Groups: in.Groups, Clusters: []byte(clusters)}, want)
	}
	for roles, want := range map[string]string{
		"\n# primaries\ng-003 # gone\n": `roles: line 3: no node "g-003" among the replication groups`,
		"g-001 primary":                 `roles: line 1: "g-001 primary", want one node id a line`,
		"g-002\n\ng-001\n":              "roles: line 3: line 1 names a primary of this node group already",
	} {
		wantError(t, Input{Groups: in.Groups, Roles: []byte(roles)}, want)
	}
}

func wantError(t *testing.T, in Input, want string) {
	t.Helper()
	text, notes, err := Import(in)
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v\nwant       … %s …", err, want)
	}
	if text != "" || notes != nil {
		t.Errorf("a text or notes came with the error %v", err)
	}
}

func FuzzImport(f *testing.F) {
	all := fleet(f)
	f.Add(all.Groups, all.Clusters, all.Roles)
	f.Add(one(nodes(2)).Groups, []byte(`{"CacheCluster": {"CacheClusterId": "g-001", "EngineVersion": "6.x"}}`), []byte("g-002"))
	f.Add([]byte(`{"ReplicationGroup": {"ReplicationGroupId": "a", "NodeGroups": [{"NodeGroupId": "1", "Slots": "7"}]}}`), []byte(nil), []byte("#"))
	f.Add([]byte(`[{"ReplicationGroupId": "\u0000", "Status": "\ud800"}]`), []byte("[]"), []byte("\xff"))
	f.Fuzz(func(t *testing.T, groups, clusters, roles []byte) {
		in := Input{groups, clusters, roles}
		if _, _, err := Import(in); err == nil {
			imported(t, in)
		}
	})
}
