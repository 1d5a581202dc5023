package scenario

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"failsim/sim"
)

// FuzzParse: no text panics or hangs, and what is wrong with it is told as Errors, each with a line of the text.
func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"testdata/good/*.toml", "testdata/broken/*.toml"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(text)
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		began := time.Now()
		s, err := Parse("fuzz.toml", text, func(string) ([]byte, error) { return []byte("1s\n2s\n"), nil })
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("took %v", took)
		}
		mistakes, ok := errors.AsType[Errors](err)
		if err != nil && (!ok || len(mistakes) == 0) {
			t.Fatalf("got %v", err)
		}
		for _, m := range mistakes {
			if m.Line < 1 || m.Line > 1+strings.Count(string(text), "\n") || m.Key == "" || m.Text == "" {
				t.Errorf("bad mistake %q", m)
			}
		}
		if err == nil {
			checkConfig(t, &s.Config)
		}
	})
}

// checkConfig holds a Config to what sim takes for granted.
func checkConfig(t *testing.T, cfg *sim.Config) {
	if cfg.Horizon <= 0 || cfg.Drain < 0 || cfg.End() > sim.Time(longestTrial) || len(cfg.Groups) == 0 || cfg.Quota.Limit < 1 {
		t.Errorf("horizon %v, drain %v, %d groups, limit %d", cfg.Horizon, cfg.Drain, len(cfg.Groups), cfg.Quota.Limit)
	}
	names := map[string]bool{}
	for _, g := range cfg.Groups {
		for _, ng := range g.NodeGroups {
			if ng.Primary < 0 || ng.Primary >= len(ng.Nodes) || len(ng.Nodes) > 6 {
				t.Errorf("%s/%s: primary %d of %d", g.ID, ng.ID, ng.Primary, len(ng.Nodes))
			}
			for _, n := range ng.Nodes {
				if names[n.ID] || n.Zone == "" || n.StatusUntil <= 0 {
					t.Errorf("bad node %+v", n)
				}
				names[n.ID] = true
			}
		}
	}
	for _, c := range cfg.Campaigns {
		if len(c.Groups) == 0 || c.Poll <= 0 || c.RetryEvery <= 0 || c.Timeout <= 0 || c.Rounds < 1 || c.ParallelGroups < 1 {
			t.Errorf("bad campaign %+v", c)
		}
	}
}

// TestHugeScenariosAreRead asks for as much as a quarter of the largest text can. What takes the square of that does not end
// within the time that a test has.
func TestHugeScenariosAreRead(t *testing.T) {
	const group = "horizon = \"1h\"\n[[replication_group]]\nid = \"a\"\n"
	fill := func(line string) string { return strings.Repeat(line, largest/4/len(line)) }
	numbered := func(format string, n int) string {
		var out strings.Builder
		for i := range n {
			fmt.Fprintf(&out, format, i)
		}
		return out.String()
	}
	for name, text := range map[string]string{
		"as many groups as may be": group + "count = 100\nnode_groups = 500\nreplicas = 5\n",
		"more groups":              group + "count = 10000\nnode_groups = 500\n",
		"bad nodes":                group + "node_groups = 500\nreplicas = 5\n" + numbered("[[replication_group.node]]\nid=\"a-0%d-001\"\n", 20_000),
		"unknown keys":             group + numbered("horizont%d = 1\n", 100_000),
		"calls":                    group + fill("[[call]]\nat=\"1s\"\ngroup=\"a\"\nnode_group=\"0002\"\n"),
		"patterns":                 group + "[[campaign]]\ngroups = [" + fill("\"b*\",") + "]\n",
		"names":                    group + "[[campaign]]\ngroups = [" + fill("\"b\",") + "]\n",
		"campaigns":                group + fill("[[campaign]]\n"),
		"tables":                   group + fill("[[replication_group]]\n"),
		"zones":                    "horizon=\"1h\"\nzones = [" + fill("\"a\",") + "]\n" + group[len("horizon = \"1h\"\n"):],
		"zones of a group":         group + "zones = [" + fill("\"a\",") + "]\n",
		"shards":                   group + fill("[[replication_group.node_group]]\n"),
		"slots":                    group + "[[replication_group.node_group]]\nslots = \"" + fill("1,") + "1\"\n",
		"too large":                group + strings.Repeat("#", largest),
		"equal headings":           group + fill("[a.b.c.d.e.f]\n"),
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			_, err := Parse("x.toml", []byte(text), nil)
			t.Logf("%.80v", err)
		})
	}
}
