package control_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"failsim/control"
)

// event is a server-sent event. Data is decoded where it is one of the page's.
type event struct {
	ID, Name, Comment string
	Data              struct {
		Continued bool
		Seed      uint64 `json:"seed,string"`
		First     int
		Lines     []struct {
			N             int
			Kind, Message string
		}
		Clock  *struct{ Now float64 }
		Groups []struct{ ID string }
		Quota  *struct{ Left int }
		// Lasting is what lasts; nil where it is as it was.
		Lasting []struct {
			Kind, What string
			Until      float64
		}
	}
}

// watcher reads a stream.
type watcher struct {
	*testing.T
	lines *bufio.Scanner
	close func()
	last  string                  // the latest id
	raw   func(name, data string) // sees each event, where it is set
}

// startLive is start with streams that look often; cancel shuts down.
func startLive(t *testing.T, quiet time.Duration) (c *client, s *control.Server, cancel func()) {
	t.Helper()
	s = control.New(newFleet(t), token)
	s.Hurry(time.Millisecond, quiet)
	ctx, cancel := context.WithCancel(t.Context())
	h := httptest.NewUnstartedServer(s)
	h.Config.BaseContext = func(net.Listener) context.Context { return ctx }
	h.Config.ReadTimeout, h.Config.WriteTimeout = 50*time.Millisecond, 50*time.Millisecond // a stream outlives both
	h.Start()
	t.Cleanup(func() { cancel(); h.Close() })
	return &client{t, h.URL}, s, cancel
}

func (c *client) watch(lastID string) *watcher {
	c.Helper()
	r, err := http.NewRequest(http.MethodGet, c.url+"/v1/live", http.NoBody)
	if err != nil {
		c.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	if lastID != "" {
		r.Header.Set("Last-Event-ID", lastID)
	}
	response, err := http.DefaultClient.Do(r) //nolint:bodyclose // the watcher closes it
	if err != nil {
		c.Fatal(err)
	}
	if response.StatusCode != http.StatusOK || response.Header.Get("Content-Type") != "text/event-stream" {
		response.Body.Close()
		c.Fatalf("%s, %s", response.Status, response.Header.Get("Content-Type"))
	}
	w := &watcher{c.T, bufio.NewScanner(response.Body), func() { response.Body.Close() }, "", nil}
	w.lines.Buffer(nil, 1<<20)
	c.Cleanup(w.close)
	return w
}

// next reads an event; false where the stream has ended.
func (w *watcher) next() (e event, ok bool) {
	w.Helper()
	for w.lines.Scan() {
		field, value, _ := strings.Cut(w.lines.Text(), ": ")
		switch field {
		case "":
			if value == "" && w.lines.Text() == "" {
				return e, true
			}
			e.Comment = value
		case "id":
			e.ID, w.last = value, value
		case "event":
			e.Name = value
		case "data":
			if w.raw != nil {
				w.raw(e.Name, value)
			}
			if err := json.Unmarshal([]byte(value), &e.Data); err != nil {
				w.Fatalf("%v in %s", err, value)
			}
		}
	}
	return e, false
}

// find reads up to the next event of that name.
func (w *watcher) find(name string) event {
	w.Helper()
	for {
		e, ok := w.next()
		if !ok {
			w.Fatalf("the stream ended before %s", name)
		}
		if e.Name == name {
			return e
		}
	}
}

func TestAStreamTellsWhatChanges(t *testing.T) {
	c, _, _ := startLive(t, time.Hour)
	w := c.watch("")
	if e, _ := w.next(); e.Name != "begin" || e.Data.Continued || e.Data.Seed != 1 {
		t.Errorf("first: %+v", e)
	}
	if e, _ := w.next(); e.Name != "change" || len(e.Data.Groups) != 2 || e.Data.Clock == nil || e.Data.Quota.Left != 15 {
		t.Errorf("second: %+v", e)
	}
	c.post("/v1/test-failover", `{"group": "carts", "node_group": "0001"}`)
	if e := w.find("change"); len(e.Data.Groups) != 1 || e.Data.Groups[0].ID != "carts" || e.Data.Quota.Left != 14 {
		t.Errorf("of a call in carts: %+v", e)
	}
	if e := w.find("records"); e.Data.First != 0 || len(e.Data.Lines) != 1 || e.Data.Lines[0].Kind != "TestFailoverCalled" {
		t.Errorf("the timeline: %+v", e)
	}
	if e := w.find("events"); e.Data.First != 0 || len(e.Data.Lines) != 1 || e.Data.Lines[0].Message != "Test Failover API called for node group 0001" {
		t.Errorf("the service's messages: %+v", e)
	}
	c.post("/v1/clock/pause", "") // nothing but the clock is other than before
	if e := w.find("change"); e.Data.Clock == nil || e.Data.Groups != nil || e.Data.Quota != nil {
		t.Errorf("a pause: %+v", e)
	}
}

func TestAStreamGoesOnWhereTheLastOneWas(t *testing.T) {
	c, _, _ := startLive(t, time.Hour)
	w := c.watch("")
	c.post("/v1/test-failover", `{"group": "carts", "node_group": "0001"}`)
	w.find("events")
	w.close()
	c.post("/v1/clock/advance", `{"duration": "1m"}`)
	again := c.watch(w.last)
	if e := again.find("begin"); !e.Data.Continued {
		t.Errorf("after %s: %+v", w.last, e)
	}
	if e := again.find("records"); e.Data.First != 1 || e.Data.Lines[0].N != 1 {
		t.Errorf("records after %s: %+v", w.last, e)
	}
	if e := again.find("events"); e.Data.First != 1 || e.Data.Lines[0].N != 1 {
		t.Errorf("events after %s: %+v", w.last, e)
	}
	c.post("/v1/reset", `{"seed": "9007199254740993"}`) // as the page sends it, and as it is told
	if e := again.find("begin"); e.Data.Continued || e.Data.Seed != 1<<53+1 {
		t.Errorf("after a reset: %+v", e)
	}
	c.post("/v1/test-failover", `{"group": "carts", "node_group": "0001"}`)
	if e := again.find("records"); e.Data.First != 0 {
		t.Errorf("records after a reset: %+v", e)
	}
	for _, id := range []string{w.last, "ANOTHER0.2.1.1", "nonsense", "a.1.-1.-1"} {
		other := c.watch(id)
		if e := other.find("begin"); e.Data.Continued {
			t.Errorf("an id of another fleet, %s: %+v", id, e)
		}
		if e := other.find("records"); e.Data.First != 0 {
			t.Errorf("records after %s: %+v", id, e)
		}
	}
}

func TestALongAbsenceIsCutToTheLatestLines(t *testing.T) {
	c, _, _ := startLive(t, time.Hour)
	for range 210 {
		if status, text := c.send("POST", "/v1/test-failover", `{"group": "none", "node_group": "0001"}`); status != http.StatusConflict {
			t.Fatal(text)
		}
	}
	if e := c.watch("").find("records"); e.Data.First != 10 || len(e.Data.Lines) != 200 || e.Data.Lines[0].N != 10 {
		t.Errorf("from %d on %d lines; want the last 200 of 210", e.Data.First, len(e.Data.Lines))
	}
}

func TestAStreamSaysThatItLives(t *testing.T) {
	c, _, _ := startLive(t, 100*time.Millisecond) // longer than the server's deadlines for ordinary answers
	w := c.watch("")
	for beats := 0; beats < 3; {
		e, ok := w.next()
		if !ok {
			t.Fatal("the stream has ended")
		}
		if e.Comment == "still here" {
			beats++
		}
	}
}

func TestStreamsAreBounded(t *testing.T) {
	c, s, _ := startLive(t, 10*time.Millisecond)
	var open []*watcher
	for range 16 {
		open = append(open, c.watch(""))
	}
	status, text := c.send("GET", "/v1/live", "")
	if want := `{"error":"16 streams are open already; close a page"}` + "\n"; status != http.StatusServiceUnavailable || text != want {
		t.Errorf("%d %s", status, text)
	}
	for _, w := range open {
		w.close()
	}
	for deadline := time.Now().Add(20 * time.Second); s.OpenStreams() > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d streams are still open", s.OpenStreams())
		}
	}
	c.watch("").find("begin")
}

func TestStreamsEndWithTheServer(t *testing.T) {
	c, s, cancel := startLive(t, time.Hour)
	w := c.watch("")
	w.find("change")
	cancel()
	w.find("end")
	if e, ok := w.next(); ok {
		t.Errorf("after the end: %+v", e)
	}
	for deadline := time.Now().Add(20 * time.Second); s.OpenStreams() > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the stream is still open")
		}
	}
}

// TestAStreamTellsWhatLasts: a block of the API and a lost zone, until each is over.
func TestAStreamTellsWhatLasts(t *testing.T) {
	c, _, _ := startLive(t, time.Hour)
	w := c.watch("")
	last := func() string {
		t.Helper()
		for {
			e := w.find("change")
			if e.Data.Lasting == nil {
				continue
			}
			var all []string
			for _, l := range e.Data.Lasting {
				all = append(all, fmt.Sprintf("%s %s %v", l.Kind, l.What, l.Until))
			}
			return strings.Join(all, ", ")
		}
	}
	if got := last(); got != "" {
		t.Errorf("at the beginning: %s", got)
	}
	c.post("/v1/clock/pause", "")
	c.post("/v1/reset", "")
	c.post("/v1/faults", `{"kind": "api-blocked", "duration": "1h"}`)
	for want := "api-blocked api-blocked 3600"; ; {
		if got := last(); got == want {
			break
		} else if got != "" {
			t.Fatalf("blocked: %s", got)
		}
	}
	c.post("/v1/faults", `{"kind": "zone", "zone": "us-east-1a", "duration": "10m"}`)
	if got := last(); got != "zone zone us-east-1a 600.000000001, api-blocked api-blocked 3600" {
		t.Errorf("a lost zone: %s", got)
	}
	c.post("/v1/clock/advance", `{"duration": "11m"}`)
	if got := last(); got != "api-blocked api-blocked 3600" {
		t.Errorf("eleven minutes later: %s", got)
	}
}
