package describe_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"failsim/describe"
)

// TestAnyTopologySurvives draws groups laid out by ElastiCache's rule and by hand, and compares what a scenario makes of
// the imported text.
func TestAnyTopologySurvives(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		groups := drawGroups(r)
		answer, err := json.Marshal(map[string]any{"ReplicationGroups": groups})
		if err != nil {
			r.Fatal(err)
		}
		text, _, err := describe.Import(describe.Input{Groups: answer})
		if err != nil {
			r.Fatalf("%v\n%s", err, answer)
		}
		if diff := cmp.Diff(described(t, answer), loaded(t, text)); diff != "" {
			r.Fatalf("(-answer +scenario):\n%s\n%s\n%s", diff, answer, text)
		}
	})
}

type object = map[string]any

func drawGroups(r *rapid.T) (groups []object) {
	for i := range rapid.IntRange(1, 3).Draw(r, "groups") {
		id := fmt.Sprintf("g%d", i)
		enabled := rapid.Bool().Draw(r, "enabled")
		shards := 1
		if enabled {
			shards = rapid.IntRange(1, 7).Draw(r, "shards")
		}
		groups = append(groups, object{
			"ReplicationGroupId": id, "Status": "available", "ClusterEnabled": enabled,
			"AutomaticFailover": rapid.SampledFrom([]string{"enabled", "disabled", "enabling"}).Draw(r, "failover"),
			"MultiAZ":           rapid.SampledFrom([]string{"enabled", "disabled"}).Draw(r, "multi-AZ"),
			"NodeGroups":        drawNodeGroups(r, id, enabled, shards),
		})
	}
	return groups
}

func drawNodeGroups(r *rapid.T, id string, enabled bool, shards int) (all []object) {
	zones := rapid.Permutation([]string{"us-east-1a", "us-east-1b", "us-east-1c", "us-east-1d"}).Draw(r, "zones")
	zones = zones[:rapid.IntRange(1, 4).Draw(r, "number of zones")]
	regular := rapid.Bool().Draw(r, "regular")
	replicas := rapid.IntRange(0, 5).Draw(r, "replicas")
	gap := 0
	for s := range shards {
		if !regular {
			replicas = rapid.IntRange(0, 5).Draw(r, "replicas here")
			gap += rapid.IntRange(0, 2).Draw(r, "ids left out")
		}
		ng := object{"NodeGroupId": "0001", "Status": "available"}
		stem := id
		if enabled {
			ng["NodeGroupId"] = fmt.Sprintf("%04d", s+gap+1)
			stem += "-" + ng["NodeGroupId"].(string)
			ng["Slots"] = fmt.Sprintf("%d-%d", s*16384/shards, (s+1)*16384/shards-1)
		}
		primary := rapid.IntRange(0, replicas).Draw(r, "primary")
		var members []object
		for n := range replicas + 1 {
			zone := zones[(s+n)%len(zones)]
			if !regular {
				zone = rapid.SampledFrom(zones).Draw(r, "zone")
			}
			m := object{"CacheClusterId": fmt.Sprintf("%s-%03d", stem, n+1), "PreferredAvailabilityZone": zone}
			if !enabled {
				m["CurrentRole"] = map[bool]string{true: "primary", false: "replica"}[n == primary]
			}
			members = append(members, m)
		}
		ng["NodeGroupMembers"] = members
		all = append(all, ng)
	}
	return all
}
