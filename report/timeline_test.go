package report

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"failsim/sim"

	"github.com/google/go-cmp/cmp"
)

const hour = 3600 * sim.Time(1e9)

func story() []sim.RecordText {
	return []sim.RecordText{
		{At: 0, Kind: "CampaignStarted", Text: "campaign quarterly begins: 2 failovers"},
		{At: 612_250_000_000, Kind: "TestFailoverCalled", Group: "sessions", NodeGroup: "0003", Outcome: "accepted", Text: "call accepted"},
		{At: 612_250_000_001, Kind: "TestFailoverCalled", Group: "sessions", NodeGroup: "0004",
			Outcome: "InvalidReplicationGroupState", Text: "call refused: a replacement & more"},
		{At: 26*hour + 612_250_999_999, Kind: "ReplicaPromoted", Group: "sessions", NodeGroup: "0003", Node: "sessions-0003-002",
			Text: `"…"`},
	}
}

func TestTimelineText(t *testing.T) {
	want := `game-day: trial 0
      00:00:00.000                 CampaignStarted     campaign quarterly begins: 2 failovers
      00:10:12.250  sessions/0003  TestFailoverCalled  call accepted
      00:10:12.250  sessions/0004  TestFailoverCalled  call refused: a replacement & more (InvalidReplicationGroupState)
   1d 02:10:12.250  sessions/0003  ReplicaPromoted     "…"
`
	var out bytes.Buffer
	if err := TimelineText(&out, "game-day: trial 0", story(), 0); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

func TestTimelineTextKeepsItsLimit(t *testing.T) {
	for records, last := range map[int]string{9: "8", 10: "… and 2 more lines", 11: "… and 3 more lines"} {
		var told []sim.RecordText
		for i := range records {
			told = append(told, sim.RecordText{Text: fmt.Sprint(i)})
		}
		var out bytes.Buffer
		if err := TimelineText(&out, "head", told, 10); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		if len(lines) != 10 || !strings.HasSuffix(lines[9], last) {
			t.Errorf("%d records: %d lines, the last %q", records, len(lines), lines[len(lines)-1])
		}
	}
}

func TestTimelineJSON(t *testing.T) {
	want := `{"at": 0, "kind": "CampaignStarted", "text": "campaign quarterly begins: 2 failovers"}
{"at": 612.25, "kind": "TestFailoverCalled", "group": "sessions", "node_group": "0003", "outcome": "accepted", "text": "call accepted"}
{"at": 612.250000001, "kind": "TestFailoverCalled", "group": "sessions", "node_group": "0004", "outcome": "InvalidReplicationGroupState", "text": "call refused: a replacement & more"}
{"at": 94212.250999999, "kind": "ReplicaPromoted", "group": "sessions", "node_group": "0003", "node": "sessions-0003-002", "text": "\"…\""}
`
	var out bytes.Buffer
	if err := TimelineJSON(&out, story()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

func TestServiceEvents(t *testing.T) {
	start := time.Date(2020, 3, 18, 23, 51, 34, 0, time.UTC)
	events := []sim.ServiceEvent{
		{At: 457_999_999, SourceID: "test-cluster", SourceType: sim.SourceReplicationGroup, Message: "Test Failover API called for node group 0001"},
		{At: 2_000_000_000, SourceID: "test-cluster-0001-001", SourceType: sim.SourceCacheCluster, Message: "first of one instant"},
		{At: 2_000_000_000, SourceID: "test-cluster", SourceType: sim.SourceReplicationGroup, Message: "second of one instant"},
	}
	var asJSON, asText, none bytes.Buffer
	for _, err := range []error{
		ServiceEventsJSON(&asJSON, start, events), ServiceEventsText(&asText, start, events), ServiceEventsJSON(&none, start, nil),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	golden(t, "events.json", asJSON.String())
	golden(t, "events.txt", asText.String())
	if got, want := none.String(), "{\n    \"Events\": []\n}\n"; got != want {
		t.Errorf("no events are written as %q", got)
	}
}
