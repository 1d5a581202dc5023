package scenario

import (
	"strings"
	"testing"
	"time"

	"failsim/sim"

	"github.com/google/go-cmp/cmp"
)

const aloneText = `
[[replication_group]]
id = "a"
replicas = 1
cluster_mode = "disabled"
[[replication_group]]
id = "b"
node_groups = 2
cluster_mode = "enabled"
`

// TestAFaultAloneIsReadAsInAFile: TOML with and without its heading and JSON give what a scenario's [[fault]] gives.
func TestAFaultAloneIsReadAsInAFile(t *testing.T) {
	s := parse(t, aloneText)
	withIt := parse(t, aloneText+`
[[fault]]
kind = "zone"
at = "90s"
zone = "us-east-1a"
duration = "1h"
slowdown = 3
`)
	want := withIt.Config.Faults[0]
	for name, text := range map[string]string{
		"keys":    "kind = \"zone\"\nat = \"90s\"\nzone = \"us-east-1a\"\nduration = \"1h\"\nslowdown = 3\n",
		"heading": "[[fault]]\nkind = \"zone\"\nat = \"90s\"\nzone = \"us-east-1a\"\nduration = \"1h\"\nslowdown = 3\n",
		"table":   "[fault]\nkind = \"zone\"\nat = \"90s\"\nzone = \"us-east-1a\"\nduration = \"1h\"\nslowdown = 3\n",
		"JSON":    `{"kind": "zone", "at": "90s", "zone": "us-east-1a", "duration": "1h", "slowdown": 3}`,
		"date":    `{"kind": "zone", "at": "2026-01-01T02:01:30+02:00", "zone": "us-east-1a", "duration": "1h", "slowdown": 3}`,
		"nested":  ` {"fault": {"kind": "zone", "at": "90s", "zone": "us-east-1a", "duration": "1h", "slowdown": 3.0}}`,
	} {
		got, err := ReadFault(&s.Config, []byte(text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestAFaultAloneStrikesImmediately(t *testing.T) {
	s := parse(t, aloneText)
	f, err := ReadFault(&s.Config, []byte(`{"kind": "node", "primary_of": "b/0002"}`))
	want := sim.FaultConfig{At: sim.Immediately, Kind: sim.FaultNode, Slowdown: sim.Unhurried,
		Target: sim.TargetConfig{Groups: []int{1}, NodeGroup: 1, Node: -1, PrimaryOnly: true}}
	if diff := cmp.Diff(want, f); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
	f, err = ReadFault(&s.Config, []byte(`kind = "api-blocked"`))
	if err != nil || f.Kind != sim.FaultAPIBlocked || f.Duration != 2*time.Hour || f.At != sim.Immediately {
		t.Errorf("%v %+v", err, f)
	}
	if len(s.Config.Faults)+len(s.Config.Blocks) > 0 {
		t.Error("the Config was written")
	}
}

func TestMistakesInAFaultAlone(t *testing.T) {
	s := parse(t, aloneText)
	for text, want := range map[string]string{
		"kind = \"node\"\nnode = \"a-003\"":                      `fault:2: node: no node "a-003"; did you mean a-001?`,
		`{"kind": "node", "node": "a-003"}`:                      `fault:1: node: no node "a-003"; did you mean a-001?`,
		"kind = \"nod\"":                                         `fault:1: kind: no kind "nod"; did you mean node?`,
		"[[fault]]\nkind = \"zone\"\nzone = \"us-east-1a\"":      `fault:1: fault[1].duration: missing; want a duration such as "10m"`,
		"kind = \"node\"\nnode = \"a-001\"\nat = \"9999h\"":      `fault:3: at: after the horizon of 3d; no new call, fault or failure after the horizon`,
		"kind = \"node\"\nnode = \"a-001\"\nzone = \"x\"":        `fault:3: zone: unknown key; have at, kind, node, primary_of`,
		"kind = \"reboot\"\nat = \"1m\"\nnode = \"b-0001-001\"":  `fault:1: kind: group b has cluster mode enabled, and RebootCacheCluster is not supported there`,
		"[[fault]]\nkind = \"node\"\n[[fault]]\nkind = \"node\"": `fault:3: fault[2]: a second fault; want one`,
		"[[fault]]\nkind = \"node\"\n[[call]]\nat = \"1m\"":      `fault:3: call: unknown key; have fault`,
		`{"kind": "api-blocked", "at": "2026-01-01T00:01:30"}`:   `fault:1: at: the text "2026-01-01T00:01:30"; want a date and time with an offset, such as 2026-01-01T12:00:00Z`,
		`{"kind": "api-blocked", "at": "2025-12-31T00:00:00Z"}`:  `fault:1: at: before the start; want an instant from the start to the horizon`,
		"kind = \"api-blocked\"\nat = \"2026-01-01T00:01:30Z\"":  `fault:2: at: the text "2026-01-01T00:01:30Z"; write a date and time without quotes`,
		`{"kind": null}`:      `fault:1: syntax: kind: null; leave the key out`,
		`{"kind": "node"} {}`: `fault:1: syntax: more than one object; want one`,
		`{"kind": 3}`:         "fault:1: kind: the integer 3; want a text such as \"…\"",
		`{"fault": [1]}`:      `fault:1: fault: a list; want a table under [fault]`,
		`{`:                   `fault:1: syntax: unexpected EOF`,
		"kind = ":             `fault:1: kind: unexpected EOF; expected value`,
		"":                    `fault:1: kind: missing; want `,
	} {
		_, err := ReadFault(&s.Config, []byte(text))
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q:\n got %v\nwant %s", text, err, want)
		}
	}
}
