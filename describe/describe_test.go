package describe

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"failsim/scenario"
)

var update = flag.Bool("update", false, "write the goldens anew")

// fleet is an account with a bit of everything.
func fleet(t testing.TB) Input {
	t.Helper()
	return Input{
		Groups:   read(t, "testdata/fleet-groups.json"),
		Clusters: read(t, "testdata/fleet-clusters.json"),
		Roles:    read(t, "testdata/fleet-roles.txt"),
	}
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// imported imports and holds the text to being a scenario that loads.
func imported(t testing.TB, in Input) (text, notes string) {
	t.Helper()
	text, sentences, err := Import(in)
	if err != nil {
		t.Fatalf("Import: %v", err)
	}
	if _, err := scenario.Parse("imported.toml", []byte(text), noFile); err != nil {
		t.Fatalf("no scenario: %v\n%s", err, text)
	}
	return text, strings.Join(sentences, "\n") + "\n"
}

// noFile stands for the files that a scenario names: import names none.
func noFile(string) ([]byte, error) { return nil, os.ErrNotExist }

// one wraps the members of one group, with the id first, in an answer.
func one(members string) Input {
	return Input{Groups: []byte(`{"ReplicationGroups": [{"ReplicationGroupId": "g", ` + members + `}]}`)}
}

func TestGoldenFleet(t *testing.T) {
	text, notes := imported(t, fleet(t))
	golden(t, "fleet.toml", text)
	golden(t, "fleet-notes.txt", notes)
}

func TestGoldenWithoutClustersAndRoles(t *testing.T) {
	text, notes := imported(t, Input{Groups: fleet(t).Groups})
	golden(t, "groups-only.toml", text)
	golden(t, "groups-only-notes.txt", notes)
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(string(read(t, path)), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func TestSameInputGivesSameBytes(t *testing.T) {
	text, notes := imported(t, fleet(t))
	for range 20 {
		again, notesAgain := imported(t, fleet(t))
		if text != again || notes != notesAgain {
			t.Fatalf("differs:\n%s", cmp.Diff(text+notes, again+notesAgain))
		}
	}
}

// TestAnswersOfAnyShapeAreOne says that pages one after another, an array and answers with one group each give the same
// scenario.
func TestAnswersOfAnyShapeAreOne(t *testing.T) {
	group := func(id string) string {
		return `{"ReplicationGroupId": "` + id + `", "Status": "available", "ClusterEnabled": false, "NodeGroups": [{"NodeGroupId":
			"0001", "NodeGroupMembers": [{"CacheClusterId": "` + id + `-001", "PreferredAvailabilityZone": "us-east-1a"}]}]}`
	}
	a, b := group("a"), group("b")
	want, _ := imported(t, Input{Groups: []byte(`{"ReplicationGroups": [` + a + "," + b + `]}`)})
	for name, text := range map[string]string{
		"array":      "[" + a + "," + b + "]",
		"pages":      `{"ReplicationGroups": [` + a + `], "Marker": "m"}` + "\n" + `{"ReplicationGroups": [` + b + `]}`,
		"single":     `{"ReplicationGroup": ` + a + `}{"ReplicationGroup": ` + b + `}`,
		"byte order": "\ufeff[" + a + "," + b + "]",
	} {
		got, notes := imported(t, Input{Groups: []byte(text)})
		if got != want {
			t.Errorf("%s: %s", name, cmp.Diff(want, got))
		}
		if strings.Contains(notes, "one page of several") {
			t.Errorf("%s: a marker that the next page answers is noted", name)
		}
	}
}

func TestMarkerOfLastPageIsNoted(t *testing.T) {
	in := fleet(t)
	in.Groups = append([]byte(`{"Marker": "more", "ReplicationGroups": `), append(members(t, in.Groups), '}')...)
	if _, notes := imported(t, in); !strings.Contains(notes, "describe-replication-groups is one page of several") {
		t.Errorf("no note:\n%s", notes)
	}
}

// members returns the array of groups of an answer.
func members(t testing.TB, text []byte) []byte {
	t.Helper()
	_, list, _ := strings.Cut(string(text), `"ReplicationGroups":`)
	return []byte(strings.TrimSuffix(strings.TrimSpace(list), "}"))
}

// TestUnusedMembersMayHaveAnyShape gives every member that a scenario has no use for a shape that AWS never gives.
func TestUnusedMembersMayHaveAnyShape(t *testing.T) {
	node := `{"CacheClusterId": "g-001", "PreferredAvailabilityZone": "us-east-1a", %}`
	plain := `"Status": "available", "ClusterEnabled": false, "NodeGroups": [{"NodeGroupId": "0001", "NodeGroupMembers": [` + node + `], %}], %`
	want, _ := imported(t, one(strings.ReplaceAll(plain, "%", `"x": 0`)))
	for _, shape := range []string{`"text"`, `null`, `12.5e300`, `[1, [2]]`, `{"a": {"b": []}}`, `true`} {
		var odd []string
		for _, name := range []string{
			"Description", "PendingModifiedValues", "MemberClusters", "PrimaryEndpoint", "ReaderEndpoint", "ReadEndpoint",
			"ConfigurationEndpoint", "SnapshotRetentionLimit", "SnapshotWindow", "LogDeliveryConfigurations", "ARN",
			"GlobalReplicationGroupInfo", "UserGroupIds", "KmsKeyId", "DataTiering", "ReplicationGroupCreateTime", "CacheNodeId",
			"replicationgroupid", "nodeGroups", "Durability",
		} {
			odd = append(odd, `"`+name+`": `+shape)
		}
		got, _ := imported(t, one(strings.ReplaceAll(plain, "%", strings.Join(odd, ", "))))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s:\n%s", shape, diff)
		}
	}
}

func TestRecordedAnswersImport(t *testing.T) {
	folder := filepath.Join("..", "..", "shared", "fixtures", "describe")
	if _, err := os.Stat(folder); err != nil {
		t.Skipf("SKIPPED: the recorded answers are not here: %v", err)
	}
	for _, name := range []string{
		"describe-replication-groups-sample1.json", "recorded-describe-replication-groups.json", "test-failover-sample1.json",
	} {
		text, _ := imported(t, Input{
			Groups:   read(t, filepath.Join(folder, name)),
			Clusters: read(t, filepath.Join(folder, "describe-cache-clusters-sample1.json")),
		})
		if name == "recorded-describe-replication-groups.json" && !strings.Contains(text, `slots = "0-5461"`) {
			t.Errorf("%s: the third of the slots that was recorded is gone:\n%s", name, text)
		}
	}
}
