package control_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

func TestMistakesSayWhatIsAllowed(t *testing.T) {
	c := start(t)
	for _, tt := range []struct {
		call, body string
		status     int
		want       string
	}{
		{"POST /v1/clock/advance", ``, 400, `body: empty; want {"duration": "90s"}, {"until": "next"} or {"until": "idle"}`},
		{"POST /v1/clock/advance", `{"duration": "1s", "until": "next"}`, 400, `body: want either duration or until: {"duration": "90s"}, {"until": "next"} or {"until": "idle"}`},
		{"POST /v1/clock/advance", `{"durations": "1s"}`, 400, `body: unknown field "durations"; want {"duration": "90s"}, {"until": "next"} or {"until": "idle"}`},
		{"POST /v1/clock/advance", `{"duration": 90}`, 400, `body: duration: is a JSON number; want {"duration": "90s"}, {"until": "next"} or {"until": "idle"}`},
		{"POST /v1/clock/advance", `{"duration": "1s"`, 400, `body: the object is cut short; want {"duration": "90s"}, {"until": "next"} or {"until": "idle"}`},
		{"POST /v1/clock/advance", `{"duration": "1s"} {}`, 400, `body: more than one object; want {"duration": "90s"}, {"until": "next"} or {"until": "idle"}`},
		{"POST /v1/clock/advance", `{"duration": "-1s"}`, 400, `duration: "-1s"; want more than 0 and at most 366d`},
		{"POST /v1/clock/advance", `{"duration": "367d"}`, 400, `duration: "367d"; want more than 0 and at most 366d`},
		{"POST /v1/clock/advance", `{"until": "tomorrow"}`, 400, `until: "tomorrow"; want next or idle`},
		{"POST /v1/clock/pause", `{"for": "1s"}`, 400, `body: unknown field "for"; want nothing`},
		{"POST /v1/clock/speed", `{}`, 400, `speed: missing; want {"speed": 60} or {"speed": "max"}`},
		{"POST /v1/clock/speed", `{"speed": "60"}`, 400, `speed: "60"; want {"speed": 60} or {"speed": "max"}`},
		{"POST /v1/clock/advance", `{"Duration": "1s"}`, 400, `body: unknown field "Duration"; want {"duration": "90s"}`},
		{"POST /v1/clock/speed", `{"speed": 0}`, 400, `speed: "0" is no speed; want a number above 0 and up to 1,000,000, or max`},
		{"POST /v1/test-failover", `{"group": "shop"}`, 400, `body: group and node_group are both needed: {"group": "carts", "node_group": "0001"}`},
		{"POST /v1/test-failover", `{"group": "shops", "node_group": "0001"}`, 409, `TestFailover of shops/0001: no such replication group`},
		{"POST /v1/faults", `{"kind": "zone"}`, 400, `fault:1: duration: missing; want a duration such as "10m"; fault:1: zone: missing; want a zone of a node`},
		{"POST /v1/faults", `{"kind": "node", "node": "shop-0001-001", "zone": "us-east-1a"}`, 400, `fault:1: zone: unknown key`},
		{"POST /v1/reset", `{"seed": -1}`, 400, `body: seed: is -1; want nothing, or {"seed": 7}: a whole number from 0 to 18446744073709551615, also as a text`},
		{"POST /v1/reset", `{"seed": "seven"}`, 400, `body: seed: is "seven"; want nothing, or`},
		{"POST /v1/reset", `{"seed": "18446744073709551616"}`, 400, `body: seed: is "18446744073709551616"; want nothing, or`},
		{"POST /v1/reset", `{"seed": 1.5}`, 400, `body: seed: is 1.5; want nothing, or`},
		{"GET /v1/timeline?after=x", ``, 400, `after="x"; want one number of lines that you have, 0 or more`},
		{"GET /v1/timeline?before=1", ``, 400, `/v1/timeline takes no parameter "before"; have after`},
		{"GET /v1/outages?after=-1", ``, 400, `after="-1"; want a number of a window, 0 or more`},
		{"GET /v1/outages?limit=0", ``, 400, `limit="0"; want a number of windows from 1 to 1,000`},
		{"GET /v1/outages?limit=1001", ``, 400, `limit="1001"; want a number of windows from 1 to 1,000`},
		{"GET /v1/outages?limit=1&limit=2", ``, 400, `limit="1,2"; want a number of windows from 1 to 1,000`},
		{"GET /v1/outages?first=1", ``, 400, `/v1/outages takes no parameter "first"; have after, limit`},
		{"GET /v1/clock?now", ``, 400, `/v1/clock takes no parameter; got "now"`},
		{"GET /v1/clocks", ``, 404, `no path "/v1/clocks"; have GET /v1/clock, POST /v1/clock/advance,`},
		{"PUT /v1/clock", ``, 405, `no "PUT" of /v1/clock; have GET`},
		{"GET /v1/reset", ``, 405, `no "GET" of /v1/reset; have POST`},
		{"POST /v1/faults", strings.Repeat("#", 64<<10+1), 413, `body: too long; want 65536 bytes at most`},
	} {
		method, path, _ := strings.Cut(tt.call, " ")
		status, text := c.send(method, path, tt.body)
		var answer struct{ Error string }
		if err := json.Unmarshal([]byte(text), &answer); err != nil {
			t.Errorf("%s %.60s: %v in %s", tt.call, tt.body, err, text)
		}
		if status != tt.status || !strings.HasPrefix(answer.Error, tt.want) {
			t.Errorf("%s %.60s: %d %s\nwant %d %s", tt.call, tt.body, status, answer.Error, tt.status, tt.want)
		}
	}
	if _, timeline := c.send("GET", "/v1/timeline", ""); strings.Count(timeline, "\n") != 1 { // the call in a group that is not there
		t.Errorf("mistakes have changed something: %s", timeline)
	}
	if now := c.now(); now != 0 {
		t.Errorf("mistakes have moved the clock to %v", now)
	}
}

func TestAMethodThatIsNotAllowedNamesThoseThatAre(t *testing.T) {
	c := start(t)
	if allow := c.visit("DELETE", "/v1/clock/advance", bearer).Header.Get("Allow"); allow != "POST" {
		t.Errorf("Allow: %q", allow)
	}
}

// TestWhoKeepsACountOverAResetIsTold: of what the client has and the fleet has not there would be no end of waiting.
func TestWhoKeepsACountOverAResetIsTold(t *testing.T) {
	c := start(t)
	c.post("/v1/test-failover", `{"group": "shop", "node_group": "0001"}`)
	c.post("/v1/clock/advance", `{"until": "idle"}`)
	_, timeline := c.send("GET", "/v1/timeline", "")
	kept := map[string]int{"/v1/timeline": strings.Count(timeline, "\n")}
	for _, path := range []string{"/v1/events", "/v1/outages"} {
		var page struct{ Next int }
		c.get(path, &page)
		kept[path] = page.Next
	}
	c.post("/v1/reset", "")
	for path, n := range kept {
		status, text := c.send("GET", fmt.Sprintf("%s?after=%d", path, n), "")
		if want := fmt.Sprintf("after=%d; there are 0; begin with 0 again after a reset", n); status != http.StatusBadRequest || !strings.Contains(text, want) {
			t.Errorf("%s: %d %s, want %s", path, status, text, want)
		}
		if status, text := c.send("GET", path+"?after=0", ""); status != http.StatusOK {
			t.Errorf("%s after 0: %d %s", path, status, text)
		}
	}
}
