package scenario

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"

	"failsim/measure"
	"failsim/sim"
)

const base = `
quota = { limit = 3, count = "calls" }
[[replication_group]]
id = "a"
node_groups = 2
zones = ["us-east-1a", "us-east-1b"]
[replication_group.delays]
accept = "uniform(1s, 2s)"
lag = "1500ms"
[[call]]
at = "1h"
group = "a"
node_group = "0001"
[[call]]
at = "2h"
group = "a"
node_group = "0002"
`

func TestIdentityIgnoresWhatHasNoMeaning(t *testing.T) {
	want := parse(t, base).Identity
	if !strings.HasPrefix(want, "sha256:") || len(want) != len("sha256:")+64 {
		t.Fatalf("identity %q", want)
	}
	edit := func(pairs ...string) string { return strings.NewReplacer(pairs...).Replace(base) }
	calls := strings.Split(base, "[[call]]")
	for name, text := range map[string]string{
		"comments":        "# a comment\n" + edit("id = ", "  id =  "),
		"name":            "name = \"other\"\ndescription = \"other\"\n" + base,
		"run":             base + "[run]\ntrials = 7\nseed = 9\nconfidence = 0.9\n",
		"order of keys":   edit(`limit = 3, count = "calls"`, `count = "calls", limit = 3`),
		"defaults":        "failsim = 1\ndrain = \"24h\"\nwording = \"documented\"\nquota.already_used = []\n" + edit("quota = { limit = 3, count = \"calls\" }", "quota.limit = 3"),
		"notation":        edit("uniform(1s, 2s)", "uniform( 1000ms,2s )", "1500ms", "1.5s", `"1h"`, "2026-01-01T01:00:00Z"),
		"offset":          "start = 2026-01-01T02:00:00+02:00\n" + base,
		"order of calls":  calls[0] + "[[call]]" + calls[2] + "[[call]]" + calls[1],
		"placement given": edit("node_groups = 2", "node_groups = 2\nmulti_az = true\nengine_version = \"8.0\"\nstatus = \"available\""),
		"delays by class": edit("[replication_group.delays]", "[delays]"),
	} {
		if got := parse(t, text).Identity; got != want {
			t.Errorf("%s changed the identity", name)
		}
	}
}

func TestIdentityChangesWithTheMeaning(t *testing.T) {
	seen := map[string]string{parse(t, base).Identity: "nothing"}
	for name, pair := range map[string][2]string{
		"horizon":         {"\nquota = ", "\ndrain = \"25h\"\nquota = "},
		"limit":           {"limit = 3", "limit = 4"},
		"delay":           {"uniform(1s, 2s)", "uniform(1s, 3s)"},
		"delay's family":  {"uniform(1s, 2s)", "triangular(1s, 1.5s, 2s)"},
		"lag":             {"1500ms", "1501ms"},
		"sync rate":       {"lag = ", "sync_rate = \"99MB/s\"\nlag = "},
		"order of zones":  {`["us-east-1a", "us-east-1b"]`, `["us-east-1b", "us-east-1a"]`},
		"time of a call":  {`at = "1h"`, `at = "1h1ns"`},
		"target":          {`node_group = "0001"`, `node_group = "0002"`},
		"id":              {`id = "a"`, `id = "b"`},
		"refusal":         {"\nquota = ", "\nerrors.multi_az_off = \"InvalidParameterCombination\"\nquota = "},
		"campaign":        {"[[call]]\nat = \"1h\"", "[[campaign]]\n[[call]]\nat = \"1h\""},
		"block":           {"[[call]]\nat = \"1h\"", "[[fault]]\nkind = \"api-blocked\"\nat = \"1h\"\n[[call]]\nat = \"1h\""},
		"status":          {"node_groups = 2", "node_groups = 2\nstatus = \"modifying\""},
		"status until":    {"node_groups = 2", "node_groups = 2\nstatus = \"modifying\"\nstatus_until = \"1h\""},
		"number of nodes": {"node_groups = 2", "node_groups = 2\nreplicas = 2"},
	} {
		text := strings.Replace(base, pair[0], pair[1], 1)
		if text == base {
			t.Fatalf("%s: nothing to replace", name)
		}
		id := parse(t, text).Identity
		if other, taken := seen[id]; taken {
			t.Errorf("%s and %s have the same identity", name, other)
		}
		seen[id] = name
	}
}

// TestIdentityHasThePowerLossesOfThoseWhoCanBeStruck: to name all Multi-AZ groups is to name none, unless a call makes another so.
func TestIdentityHasThePowerLossesOfThoseWhoCanBeStruck(t *testing.T) {
	const fault = "[[fault]]\nkind = \"zone-power\"\nat = \"3h\"\nzone = \"us-east-1a\"\nduration = \"10m\"\n"
	fleet := base + "[[replication_group]]\nid = \"alone\"\ncluster_mode = \"disabled\"\nmulti_az = false\n"
	const call = "[[call]]\naction = \"modify\"\nat = \"2h\"\ngroup = \"Alone\"\nmulti_az = true\n"
	if parse(t, fleet+fault).Identity != parse(t, fleet+fault+"groups = [\"a\"]\n").Identity {
		t.Error("a group that is not struck counts")
	}
	if parse(t, fleet+call+fault).Identity == parse(t, fleet+call+fault+"groups = [\"a\"]\n").Identity {
		t.Error("a group that may be struck does not count")
	}
}

// TestIdentityHasTheContentsOfFiles: the same values give the same identity under any name, others another.
func TestIdentityHasTheContentsOfFiles(t *testing.T) {
	files := map[string]string{"a.csv": "1s\n2s\n", "b.csv": "2s\n1s\n", "c.csv": "1s\n3s\n"}
	identity := func(name string) string {
		text := strings.Replace("horizon = '72h'"+base, "1500ms", `empirical(\"`+name+`\")`, 1)
		s, err := Parse("x.toml", []byte(text), func(name string) ([]byte, error) {
			if content, ok := files[name]; ok {
				return []byte(content), nil
			}
			return nil, os.ErrNotExist
		})
		if err != nil {
			t.Fatal(err)
		}
		return s.Identity
	}
	if identity("a.csv") != identity("b.csv") {
		t.Error("the name of a file and the order of its values changed the identity")
	}
	if identity("a.csv") == identity("c.csv") {
		t.Error("the values of a file did not change the identity")
	}
}

// TestIdentityHasEveryFieldOfTheConfig changes each field by itself, so that a field added later is covered too.
func TestIdentityHasEveryFieldOfTheConfig(t *testing.T) {
	s := load(t, "testdata/good/everything.toml")
	texts := make([]string, len(s.Config.Groups))
	want := identity(s.Config, texts, nil)
	changed := 0
	eachLeaf(reflect.ValueOf(&s.Config).Elem(), "Config", func(path string) {
		changed++
		if identity(s.Config, texts, nil) == want {
			t.Errorf("%s does not count", path)
		}
	})
	if changed < 150 {
		t.Errorf("only %d fields were changed", changed)
	}
	texts[0] = "other"
	if identity(s.Config, texts, nil) == want {
		t.Error("the delays do not count")
	}
	texts[0] = ""
	if identity(s.Config, texts, []measure.Threshold{{}}) == want {
		t.Error("the thresholds do not count")
	}
}

// eachLeaf changes one field after the other below v, calls check, and changes it back.
func eachLeaf(v reflect.Value, path string, check func(path string)) {
	if _, own := v.Interface().(json.Marshaler); own || v.Type() == reflect.TypeFor[sim.Delays]() {
		return // instants of the calendar, and delays, which count by their texts
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			eachLeaf(v.Field(i), path+"."+v.Type().Field(i).Name, check)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			eachLeaf(v.Index(i), path+"[]", check)
		}
	default:
		old := reflect.ValueOf(v.Interface())
		switch v.Kind() {
		case reflect.String:
			v.SetString(v.String() + "x")
		case reflect.Bool:
			v.SetBool(!v.Bool())
		case reflect.Int, reflect.Int64:
			v.SetInt(v.Int() + 1)
		default:
			v.SetUint(v.Uint() ^ 1)
		}
		check(path)
		v.Set(old)
	}
}
