package control_test

import (
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"failsim/control"
	"failsim/scenario"
	"failsim/server"

	"github.com/google/go-cmp/cmp"
)

// fixture has delays of known length: a failover of shop cuts writes off after 2 s, for 25 s; a replacement begins 60 s later and takes 300 s,
// and 1 GiB at 1 GiB/s one more.
const fixture = `
failsim = 1
name = "fixture"
start = 2026-03-02T09:00:00Z
horizon = "1d"
region = "us-east-1"
zones = ["us-east-1a", "us-east-1b"]

[[replication_group]]
id = "shop"
cluster_mode = "enabled"
node_groups = 3
replicas = 1
dataset = "1GiB"

[[replication_group]]
id = "carts"
cluster_mode = "disabled"
replicas = 1
dataset = "1GiB"

[delays]
accept = "2s"
completed_event = "0s"
recovery_start = "60s"
provision = "300s"
sync_rate = "1GiB/s"
lag = "1ms"
[delays.cmd]
promotion = "20s"
propagation = "5s"
dns_ttl = "0s"
[delays.cme]
promotion = "25s"
`

const token = "a-token-for-tests"

func newFleet(t *testing.T) *server.Fleet {
	t.Helper()
	standing := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	return fleetAt(t, func() time.Time { return standing })
}

func fleetAt(t *testing.T, wallClock func() time.Time) *server.Fleet {
	t.Helper()
	sc, err := scenario.Parse("fixture.toml", []byte(fixture), func(string) ([]byte, error) { return nil, fs.ErrNotExist })
	if err != nil {
		t.Fatal(err)
	}
	return server.NewFleet(&sc.Config, 1, server.Clock{Speed: 60, Wall: wallClock})
}

// client calls a control server as a script does.
type client struct {
	*testing.T
	url string
}

func start(t *testing.T) *client {
	t.Helper()
	return serveControl(t, control.New(newFleet(t), token))
}

func serveControl(t *testing.T, s *control.Server) *client {
	t.Helper()
	h := httptest.NewServer(s)
	t.Cleanup(h.Close)
	return &client{t, h.URL}
}

func (c *client) send(method, path, body string) (status int, answer string) {
	c.Helper()
	r, err := http.NewRequest(method, c.url+path, strings.NewReader(body))
	if err != nil {
		c.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	return c.do(r)
}

func (c *client) do(r *http.Request) (status int, answer string) {
	c.Helper()
	response, err := http.DefaultTransport.RoundTrip(r) // a redirection is an answer too
	if err != nil {
		c.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		c.Fatal(err)
	}
	return response.StatusCode, string(text)
}

// get decodes an answer.
func (c *client) get(path string, into any) {
	c.Helper()
	status, text := c.send("GET", path, "")
	if status != http.StatusOK {
		c.Fatalf("GET %s: %d %s", path, status, text)
	}
	if err := json.Unmarshal([]byte(text), into); err != nil {
		c.Fatalf("GET %s: %v in %s", path, err, text)
	}
}

// post expects that a request is granted.
func (c *client) post(path, body string) string {
	c.Helper()
	status, text := c.send("POST", path, body)
	if status != http.StatusOK {
		c.Fatalf("POST %s %s: %d %s", path, body, status, text)
	}
	return text
}

// now is the virtual instant, in seconds.
func (c *client) now() float64 {
	c.Helper()
	var clock struct{ Now float64 }
	c.get("/v1/clock", &clock)
	return clock.Now
}

func TestTheClockMovesByHand(t *testing.T) {
	c := start(t)
	const at90 = `{"now":90,"date":"2026-03-02T09:01:30.000Z","speed":60,"paused":false,"next":null,"next_date":null}` + "\n"
	if got := c.post("/v1/clock/advance", `{"duration": "1m30s"}`); got != at90 {
		t.Errorf("after 1m30s: %s", got)
	}
	if got := c.post("/v1/clock/advance", `{"until": "next"}`); got != at90 {
		t.Errorf("there is no next event, and yet: %s", got)
	}
	c.post("/v1/test-failover", `{"group": "shop", "node_group": "0002"}`)
	called := c.now() // a nanosecond on, where something else happened at that instant
	for _, tt := range []struct{ until, after float64 }{{2, called}, {27, called}} {
		c.post("/v1/clock/advance", `{"until": "next"}`)
		if got, want := c.now(), tt.after+tt.until; got != want {
			t.Errorf("the next event: at %v, want %v", got, want)
		}
	}
	c.post("/v1/clock/advance", `{"until": "idle"}`)
	if got, want := c.now(), called+2+25+60+300+1; got != want { // cut off, promoted, replacement begun, up, copied
		t.Errorf("the fleet is idle at %v, want %v", got, want)
	}
	const paused = `"speed":"max","paused":true`
	c.post("/v1/clock/pause", "")
	if got := c.post("/v1/clock/speed", `{"speed": "max"}`); !strings.Contains(got, paused) {
		t.Errorf("paused, and to go on at max: %s", got)
	}
	if got := c.post("/v1/clock/resume", "{}"); !strings.Contains(got, `"speed":"max","paused":false`) {
		t.Errorf("resumed: %s", got)
	}
}

func TestAFailoverIsSeenInAllAnswers(t *testing.T) {
	c := start(t)
	type state struct {
		Idle   bool
		Groups []struct {
			ID         string
			NodeGroups []struct {
				Primary     string
				FailingOver bool `json:"failing_over"`
				Nodes       []struct{ ID, Zone, Role, Condition string }
			} `json:"node_groups"`
		}
	}
	accepted := c.post("/v1/test-failover", `{"group": "shop", "node_group": "0001"}`)
	if want := `{"group":"shop","node_group":"0001","at":0,"date":"2026-03-02T09:00:00.000Z","quota_left":14}` + "\n"; accepted != want {
		t.Errorf("accepted: %s want %s", accepted, want)
	}
	status, refused := c.send("POST", "/v1/test-failover", `{"group": "shop", "node_group": "0002"}`)
	const busy = `{"error":"TestFailover of shop/0002: a node replacement is still running in the group","code":"InvalidReplicationGroupState"}` + "\n"
	if status != http.StatusConflict || refused != busy {
		t.Errorf("%d %s", status, refused)
	}
	// The refused call came a nanosecond later: what comes from outside has an instant of its own. So it is ten seconds into the cut-off.
	c.post("/v1/clock/advance", `{"duration": "11.999999999s"}`)
	var s state
	c.get("/v1/state", &s)
	shard := s.Groups[0].NodeGroups[0]
	if s.Idle || !shard.FailingOver || shard.Primary != "shop-0001-001" || shard.Nodes[0].Condition == "available" || shard.Nodes[1].Condition != "available" {
		t.Errorf("during the failover: %+v", shard)
	}
	var out struct {
		Totals  []struct{ Windows, Open int }
		Windows []struct {
			From, Seconds   float64
			Open            bool
			To              *float64
			Access, Group   string
			NodeGroup       string `json:"node_group"`
			Observer, Cause string
		}
	}
	c.get("/v1/outages", &out)
	if w := out.Windows[0]; w.Access != "write" || w.From != 2 || w.Seconds != 10 || !w.Open || w.To != nil || out.Totals[0].Open != 1 {
		t.Errorf("the open window: %+v, totals %+v", w, out.Totals[0])
	}
	c.post("/v1/clock/advance", `{"until": "idle"}`)
	c.get("/v1/state", &s)
	shard = s.Groups[0].NodeGroups[0]
	if !s.Idle || shard.FailingOver || shard.Primary != "shop-0001-002" || shard.Nodes[1].Role != "primary" || shard.Nodes[0].Condition != "available" {
		t.Errorf("after the failover: %+v", shard)
	}
	c.get("/v1/outages", &out)
	if w := out.Windows[0]; w.Open || w.To == nil || *w.To != 27 || w.Seconds != 25 || w.Cause != "test-failover" || w.Group != "shop" || w.NodeGroup != "0001" {
		t.Errorf("the window: %+v", w)
	}
	var quota struct {
		Left     int
		NextFree float64 `json:"next_free"`
	}
	c.get("/v1/quota", &quota)
	if quota.Left != 14 || quota.NextFree != 86400 {
		t.Errorf("quota: %+v; want 14 left, and one more a day after the call", quota)
	}
}

func TestListsGoOnWhereTheClientIs(t *testing.T) {
	c := start(t)
	c.post("/v1/test-failover", `{"group": "shop", "node_group": "0001"}`)
	c.post("/v1/clock/advance", `{"until": "idle"}`)
	status, all := c.send("GET", "/v1/timeline", "")
	lines := strings.SplitAfter(all, "\n")
	if status != http.StatusOK || len(lines) < 6 || !strings.HasPrefix(lines[0], `{"at": 0, "kind": "TestFailoverCalled", "group": "shop", "node_group": "0001",`) {
		t.Fatalf("%d %s", status, all)
	}
	if _, rest := c.send("GET", "/v1/timeline?after=2", ""); rest != strings.Join(lines[2:], "") {
		t.Errorf("after 2 lines of\n%s\ncome\n%s", all, rest)
	}
	if status, rest := c.send("GET", fmt.Sprintf("/v1/timeline?after=%d", len(lines)-1), ""); rest != "" || status != http.StatusOK {
		t.Errorf("after all lines: %d %s", status, rest)
	}
	type events struct {
		Events []struct {
			N       int
			At      float64
			Message string
			Source  string `json:"source_id"`
		}
		Next int
	}
	var first, second events
	c.get("/v1/events", &first)
	var told []string
	for _, e := range first.Events {
		told = append(told, e.Source+": "+e.Message)
	}
	if diff := cmp.Diff([]string{ // the five of the API reference, in its order
		"shop: Test Failover API called for node group 0001",
		"shop-0001-001: Failover from primary node shop-0001-001 to replica node shop-0001-002 completed",
		"shop: Failover from primary node shop-0001-001 to replica node shop-0001-002 completed",
		"shop-0001-001: Recovering cache nodes 0001",
		"shop-0001-001: Finished recovery for cache nodes 0001",
	}, told); diff != "" || first.Next != 5 {
		t.Errorf("next %d: %s", first.Next, diff)
	}
	if c.get("/v1/events?after=4", &second); len(second.Events) != 1 || second.Events[0].N != 4 || second.Events[0].At != 388 || second.Next != 5 {
		t.Errorf("after 4: %+v", second)
	}
}

func TestFaultsStrike(t *testing.T) {
	c := start(t)
	struck := c.post("/v1/faults", "[[fault]]\nkind = \"zone\"\nzone = \"us-east-1a\"\nduration = \"10m\"\n")
	if want := `{"kind":"zone","at":0,"date":"2026-03-02T09:00:00.000Z","duration":600}` + "\n"; struck != want {
		t.Errorf("%s want %s", struck, want)
	}
	_, state := c.send("GET", "/v1/state", "")
	if failed := strings.Count(state, `"zone":"us-east-1a","role":"primary","condition":"failed"`) +
		strings.Count(state, `"zone":"us-east-1a","role":"replica","condition":"failed"`); failed != 4 { // a node of each of the four shards
		t.Errorf("%d nodes failed: %s", failed, state)
	}
	later := c.post("/v1/faults", `{"kind": "api-blocked", "at": "1h", "duration": "2h"}`)
	if !strings.HasPrefix(later, `{"kind":"api-blocked","at":3600,`) {
		t.Error(later)
	}
	c.post("/v1/clock/advance", `{"duration": "61m"}`)
	status, blocked := c.send("POST", "/v1/test-failover", `{"group": "carts", "node_group": "0001"}`)
	if status != http.StatusConflict || !strings.Contains(blocked, `"code":"TestFailoverNotAvailableFault"`) {
		t.Errorf("%d %s", status, blocked)
	}
}

func TestAResetPlaysTheSameAgain(t *testing.T) {
	c := start(t)
	play := func() string {
		c.post("/v1/test-failover", `{"group": "carts", "node_group": "0001"}`)
		c.post("/v1/faults", `{"kind": "node", "primary_of": "shop/0003"}`)
		c.post("/v1/clock/advance", `{"duration": "1h"}`)
		_, timeline := c.send("GET", "/v1/timeline", "")
		_, state := c.send("GET", "/v1/state", "")
		return timeline + state
	}
	first := play()
	const zero = `{"seed":1,"clock":{"now":0,`
	if got := c.post("/v1/reset", ""); !strings.HasPrefix(got, zero) {
		t.Errorf("reset: %s", got)
	}
	if _, timeline := c.send("GET", "/v1/timeline", ""); timeline != "" {
		t.Errorf("a timeline at virtual zero: %s", timeline)
	}
	if diff := cmp.Diff(first, play()); diff != "" {
		t.Error(diff)
	}
	if got := c.post("/v1/reset", `{"seed": "007"}`); !strings.HasPrefix(got, `{"seed":7,`) {
		t.Errorf("a seed as a text: %s", got)
	}
	if got := c.post("/v1/reset", `{"seed": 18446744073709551615}`); !strings.HasPrefix(got, `{"seed":18446744073709551615,"clock":{"now":0,`) {
		t.Errorf("reset: %s", got)
	}
}

// deadlines remembers whether a ResponseWriter had a deadline, each time that it was set.
type deadlines struct {
	http.ResponseWriter
	set []bool
}

func (d *deadlines) SetWriteDeadline(t time.Time) error {
	d.set = append(d.set, !t.IsZero())
	return nil
}

// TestAnAnswerMayTakeItsTime: the deadline of the connection is lifted until there is something to write.
func TestAnAnswerMayTakeItsTime(t *testing.T) {
	s := control.New(newFleet(t), token)
	r := httptest.NewRequest(http.MethodPost, "http://localhost/v1/clock/advance", strings.NewReader(`{"duration": "366d"}`))
	r.Header.Set("Authorization", "Bearer "+token)
	w := &deadlines{ResponseWriter: httptest.NewRecorder()}
	s.ServeHTTP(w, r)
	if diff := cmp.Diff([]bool{false, true}, w.set); diff != "" {
		t.Error(diff)
	}
}
