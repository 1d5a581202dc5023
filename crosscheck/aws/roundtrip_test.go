package aws_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// TestImportReadsWhatIsServed: the answers, given to import, make the scenario that they came from. No poll moves time at speed 1 before
// a virtual hour has passed.
func TestImportReadsWhatIsServed(t *testing.T) {
	scenario := imported(t)
	d := gameDay{t, client(t, serve(t, scenario))}
	if again := importFleet(t, d.groups(), d.clusters()); again != scenario {
		t.Errorf("import of what is served:\n%s\nwant\n%s", again, scenario)
	}
}

// TestPresence holds what is described to what the service shows in each cluster mode.
func TestPresence(t *testing.T) {
	d := gameDay{t, client(t, serve(t, imported(t)))}
	groups := d.groups()
	if len(groups) != len(fleet()) {
		t.Fatalf("%d groups, want %d", len(groups), len(fleet()))
	}
	for _, g := range groups {
		enabled := *g.ClusterEnabled
		if (g.ConfigurationEndpoint != nil) != enabled {
			t.Errorf("%s: ConfigurationEndpoint %v", *g.ReplicationGroupId, g.ConfigurationEndpoint)
		}
		for _, ng := range g.NodeGroups {
			if (ng.Slots != nil) != enabled || (ng.PrimaryEndpoint == nil) != enabled || (ng.ReaderEndpoint == nil) != enabled {
				t.Errorf("%s/%s: Slots, PrimaryEndpoint, ReaderEndpoint: %v %v %v", *g.ReplicationGroupId, *ng.NodeGroupId, ng.Slots, ng.PrimaryEndpoint,
					ng.ReaderEndpoint)
			}
			for _, m := range ng.NodeGroupMembers {
				if (m.CurrentRole == nil) != enabled || (m.ReadEndpoint == nil) != enabled || aws.ToString(m.CacheNodeId) != "0001" {
					t.Errorf("%s: CurrentRole, ReadEndpoint, CacheNodeId: %v %v %v", *m.CacheClusterId, m.CurrentRole, m.ReadEndpoint, m.CacheNodeId)
				}
			}
		}
	}
	for _, c := range d.clusters() {
		if len(c.CacheNodes) != 1 || aws.ToString(c.CacheNodes[0].CacheNodeId) != "0001" || c.CacheNodes[0].Endpoint == nil {
			t.Errorf("%s: CacheNodes %v", *c.CacheClusterId, c.CacheNodes)
		}
	}
}
