package describe_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"failsim/describe"
	"failsim/scenario"
	"failsim/sim"
)

// shape is what a topology comes to, from the answer and from the scenario alike.
type shape struct {
	ID, Mode string
	Primary  map[string]string            // node group -> node
	Slots    map[string]string            // node group -> as AWS writes them, empty without cluster mode
	Zones    map[string]map[string]string // node group -> node -> zone
	Busy     map[string]string            // node -> status other than available
}

func newShape(id, mode string) shape {
	return shape{id, mode, map[string]string{}, map[string]string{}, map[string]map[string]string{}, map[string]string{}}
}

// described reads an answer by itself, in the plainest way.
func described(t *testing.T, text []byte) (shapes []shape) {
	t.Helper()
	var answer struct {
		ReplicationGroups []struct {
			ReplicationGroupID string `json:"ReplicationGroupId"`
			ClusterEnabled     bool
			NodeGroups         []struct {
				NodeGroupID      string `json:"NodeGroupId"`
				Slots            string
				NodeGroupMembers []struct{ CacheClusterID, PreferredAvailabilityZone, CurrentRole string }
			}
		}
	}
	text = []byte(strings.ReplaceAll(string(text), `"CacheClusterId"`, `"CacheClusterID"`))
	if err := json.Unmarshal(text, &answer); err != nil {
		t.Fatal(err)
	}
	for _, g := range answer.ReplicationGroups {
		if len(g.NodeGroups) == 0 {
			continue
		}
		mode := map[bool]string{true: "enabled", false: "disabled"}[g.ClusterEnabled]
		s := newShape(g.ReplicationGroupID, mode)
		for _, ng := range g.NodeGroups {
			s.Zones[ng.NodeGroupID] = map[string]string{}
			s.Slots[ng.NodeGroupID] = ng.Slots
			for _, n := range ng.NodeGroupMembers {
				s.Zones[ng.NodeGroupID][n.CacheClusterID] = n.PreferredAvailabilityZone
				// Without a role the first by name is assumed.
				first := s.Primary[ng.NodeGroupID]
				if n.CurrentRole == "primary" || n.CurrentRole == "" && (first == "" || n.CacheClusterID < first) {
					s.Primary[ng.NodeGroupID] = n.CacheClusterID
				}
			}
		}
		shapes = append(shapes, s)
	}
	return shapes
}

// loaded reads the text as a scenario.
func loaded(t *testing.T, text string) (shapes []shape) {
	t.Helper()
	noFile := func(string) ([]byte, error) { return nil, os.ErrNotExist }
	s, err := scenario.Parse("imported.toml", []byte(text), noFile)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	for _, g := range s.Config.Groups {
		s := newShape(g.ID, g.Mode.String())
		for _, ng := range g.NodeGroups {
			s.Primary[ng.ID] = ng.Nodes[ng.Primary].ID
			s.Slots[ng.ID] = ""
			if len(ng.Slots) > 0 {
				s.Slots[ng.ID] = sim.FormatSlots(ng.Slots)
			}
			s.Zones[ng.ID] = map[string]string{}
			for _, n := range ng.Nodes {
				s.Zones[ng.ID][n.ID] = n.Zone
				if n.Status != sim.StatusAvailable {
					s.Busy[n.ID] = n.Status.String()
				}
			}
		}
		shapes = append(shapes, s)
	}
	return shapes
}

func TestScenarioHasTheTopologyOfTheAnswer(t *testing.T) {
	groups := file(t, "testdata/fleet-groups.json")
	text, _, err := describe.Import(describe.Input{Groups: groups})
	if err != nil {
		t.Fatal(err)
	}
	want := described(t, groups)
	// The loader sorts ranges; this is the one node group whose ranges AWS did not sort.
	want[1].Slots["0004"] = "0-99,8000-16383"
	if diff := cmp.Diff(want, loaded(t, text)); diff != "" {
		t.Errorf("(-answer +scenario):\n%s", diff)
	}
}

func TestRolesAndClustersReachTheScenario(t *testing.T) {
	groups := file(t, "testdata/fleet-groups.json")
	text, _, err := describe.Import(describe.Input{
		Groups: groups, Clusters: file(t, "testdata/fleet-clusters.json"), Roles: file(t, "testdata/fleet-roles.txt"),
	})
	if err != nil {
		t.Fatal(err)
	}
	want := described(t, groups)
	want[0].Primary["0003"] = "sessions-0003-002"
	want[1].Slots["0004"] = "0-99,8000-16383"
	want[2].Busy = map[string]string{"profiles-001": "rebooting", "profiles-003": "snapshotting"}
	if diff := cmp.Diff(want, loaded(t, text)); diff != "" {
		t.Errorf("(-answer +scenario):\n%s", diff)
	}
}

func TestRecordedAnswerKeepsItsTopology(t *testing.T) {
	path := filepath.Join("..", "..", "shared", "fixtures", "describe", "recorded-describe-replication-groups.json")
	if _, err := os.Stat(path); err != nil {
		t.Skipf("SKIPPED: the recorded answers are not here: %v", err)
	}
	groups := file(t, path)
	text, _, err := describe.Import(describe.Input{Groups: groups})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(described(t, groups), loaded(t, text)); diff != "" {
		t.Errorf("(-answer +scenario):\n%s", diff)
	}
}

func file(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
