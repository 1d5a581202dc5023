package control_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"failsim/control"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// description is docs/serve-openapi.yaml.
type description struct {
	*testing.T
	root    map[string]any
	schemas *jsonschema.Compiler
}

func readDescription(t *testing.T) *description {
	t.Helper()
	text, err := os.ReadFile("../docs/serve-openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var loose any
	if err := yaml.Unmarshal(text, &loose); err != nil {
		t.Fatal(err)
	}
	asJSON, err := json.Marshal(loose)
	if err != nil {
		t.Fatal(err)
	}
	root, err := jsonschema.UnmarshalJSON(bytes.NewReader(asJSON))
	if err != nil {
		t.Fatal(err)
	}
	d := &description{t, root.(map[string]any), jsonschema.NewCompiler()}
	if err := d.schemas.AddResource("api.json", root); err != nil {
		t.Fatal(err)
	}
	return d
}

// find follows a path in the description, through references; nil where it does not lead anywhere. The pointer is to what is found.
func (d *description) find(path ...string) (found map[string]any, pointer string) {
	found, pointer = d.root, "#"
	for _, name := range path {
		next, ok := found[name].(map[string]any)
		if !ok {
			return nil, ""
		}
		found, pointer = next, pointer+"/"+strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
		if ref, ok := next["$ref"].(string); ok {
			found, pointer = d.find(strings.Split(ref, "/")[1:]...)
		}
	}
	return found, pointer
}

// valid checks a JSON text against the schema at a path.
func (d *description) valid(what, text string, path ...string) {
	d.Helper()
	found, pointer := d.find(path...)
	if found == nil {
		d.Fatalf("%s: no schema at %v", what, path)
	}
	schema, err := d.schemas.Compile("api.json" + pointer)
	if err != nil {
		d.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		d.Fatalf("%s: %v in %s", what, err, text)
	}
	if err := schema.Validate(value); err != nil {
		d.Errorf("%s: %s\n%v", what, text, err)
	}
}

// answer checks what an operation answers, as the description has it for that status.
func (d *description) answer(method, path string, status int, text string) {
	d.Helper()
	base, _, _ := strings.Cut(path, "?")
	code := "200"
	if status != http.StatusOK {
		code = "409"
		if found, _ := d.find("paths", base, strings.ToLower(method), "responses", code); found == nil || status != http.StatusConflict {
			code = "default"
		}
	}
	d.valid(method+" "+path, text, "paths", base, strings.ToLower(method), "responses", code, "content", "application/json", "schema")
}

func TestTheDescriptionHasEveryOperation(t *testing.T) {
	d := readDescription(t)
	var described []string
	paths, _ := d.find("paths")
	for path, item := range paths {
		for method := range item.(map[string]any) {
			described = append(described, strings.ToUpper(method)+" "+path)
		}
	}
	slices.Sort(described)
	operations := control.Operations()
	slices.Sort(operations)
	if diff := cmp.Diff(operations, described); diff != "" {
		t.Error(diff)
	}
}

// gets asks for everything that can be read, and checks it.
func (d *description) gets(c *client) {
	d.Helper()
	for _, operation := range control.Operations() {
		method, path, _ := strings.Cut(operation, " ")
		if method != "GET" || path == "/v1/live" || path == "/v1/timeline" {
			continue
		}
		status, text := c.send(method, path, "")
		d.answer(method, path, status, text)
	}
	_, timeline := c.send("GET", "/v1/timeline", "")
	for lines := bufio.NewScanner(strings.NewReader(timeline)); lines.Scan(); {
		d.valid("GET /v1/timeline", lines.Text(), "components", "schemas", "TimelineLine")
	}
}

func TestAnswersAreAsDescribed(t *testing.T) {
	d, c := readDescription(t), start(t)
	d.gets(c)
	for _, call := range [][2]string{
		{"/v1/test-failover", `{"group": "shop", "node_group": "0002"}`}, {"/v1/clock/advance", `{"duration": "10s"}`},
		{"/v1/test-failover", `{"group": "shop", "node_group": "0002"}`}, {"/v1/faults", `{"kind": "partition", "zone": "us-east-1b", "duration": "1m"}`},
		{"/v1/faults", `{"kind": "typhoon"}`}, {"/v1/test-failover", `{}`}, {"/v1/clock/advance", `{"until": "idle"}`}, {"/v1/clock/speed", `{"speed": "max"}`},
	} {
		status, text := c.send("POST", call[0], call[1])
		d.answer("POST", call[0], status, text)
		d.gets(c)
	}
	for _, call := range []string{"GET /v1/events?after=x", "GET /v1/clock?x=1", "GET /v1/outages?limit=0", "GET /v1/outages?limit=1", "GET /v1/outages?after=1"} {
		method, path, _ := strings.Cut(call, " ")
		status, text := c.send(method, path, "")
		d.answer(method, path, status, text)
	}
}

func TestExamplesOfTheDescriptionWork(t *testing.T) {
	d := readDescription(t)
	tried := 0
	for _, operation := range control.Operations() {
		method, path, _ := strings.Cut(operation, " ")
		body := []string{"paths", path, strings.ToLower(method), "requestBody", "content", "application/json"}
		examples, _ := d.find(append(body, "examples")...)
		for _, name := range slices.Sorted(maps.Keys(examples)) {
			text, err := json.Marshal(examples[name].(map[string]any)["value"])
			if err != nil {
				t.Fatal(err)
			}
			d.valid(operation+", example "+name, string(text), append(body, "schema")...)
			status, answer := start(t).send(method, path, string(text))
			if status != http.StatusOK {
				t.Errorf("%s, example %s: %d %s", operation, name, status, answer)
			}
			d.answer(method, path, status, answer)
			tried++
		}
	}
	if tried < 8 {
		t.Errorf("%d examples only", tried)
	}
}

func TestTheStreamIsAsDescribed(t *testing.T) {
	d := readDescription(t)
	c, _, cancel := startLive(t, time.Hour)
	c.post("/v1/test-failover", `{"group": "carts", "node_group": "0001"}`)
	c.post("/v1/clock/advance", `{"duration": "10s"}`)
	w := c.watch("")
	seen := map[string]bool{}
	w.raw = func(name, data string) {
		seen[name] = true
		if name != "end" {
			d.valid(name, data, "components", "schemas", "Live"+strings.ToUpper(name[:1])+name[1:])
		}
	}
	w.find("events")
	cancel()
	w.find("end")
	if want := map[string]bool{"begin": true, "change": true, "records": true, "events": true, "end": true}; !maps.Equal(seen, want) {
		t.Errorf("events %v", seen)
	}
}
