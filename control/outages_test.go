package control_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"failsim/control"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// outageWindow is a window as it is answered, and outageTotal what some come to; instants and spans are whole nanoseconds.
type outageWindow struct {
	N                int
	From, Seconds    nanoseconds
	To               *nanoseconds
	Open             bool
	Group            string
	NodeGroup        string `json:"node_group"`
	Access, Observer string
	Cause            string
}

type outageTotal struct {
	Access, Observer string
	Windows, Open    int
	Seconds, Longest nanoseconds
}

// nanoseconds reads seconds with a fraction of any length: a float would round those of a year.
type nanoseconds int64

func (n *nanoseconds) UnmarshalJSON(text []byte) error {
	whole, rest, _ := strings.Cut(string(text), ".")
	_, err := fmt.Sscan(whole+(rest + "000000000")[:9], (*int64)(n))
	return err
}

type outageAnswer struct {
	Now     nanoseconds
	Totals  []outageTotal
	Windows []outageWindow
	Next    int
	More    bool
}

// allOutages asks for every window, in pages of that many.
func (c *client) allOutages(limit int) (all outageAnswer) {
	c.Helper()
	for {
		var page outageAnswer
		c.get(fmt.Sprintf("/v1/outages?after=%d&limit=%d", all.Next, limit), &page)
		if len(page.Windows) > limit || page.More && len(page.Windows) < limit {
			c.Fatalf("%d windows on a page of %d, more %t", len(page.Windows), limit, page.More)
		}
		page.Windows = append(all.Windows, page.Windows...)
		if all = page; !page.More {
			return all
		}
	}
}

// addUp is what totals should be.
func addUp(windows []outageWindow) (totals []outageTotal) {
	for _, view := range []string{"write service", "write endpoint", "read service", "read endpoint", "replica-read service", "redundancy service"} {
		access, observer, _ := strings.Cut(view, " ")
		t := outageTotal{Access: access, Observer: observer}
		for _, w := range windows {
			if w.NodeGroup == "" || w.Access != access || w.Observer != observer {
				continue
			}
			t.Windows++
			t.Seconds += w.Seconds
			t.Longest = max(t.Longest, w.Seconds)
			if w.Open {
				t.Open++
			}
		}
		totals = append(totals, t)
	}
	return totals
}

// latest is what a change should have of the windows.
func latest(windows []outageWindow) (newest []outageWindow) {
	count := map[string]int{}
	for _, w := range slices.Backward(windows) {
		if count[w.Access]++; w.NodeGroup == "" {
			count[w.Access]--
		} else if count[w.Access] <= 30 {
			newest = append(newest, w)
		}
	}
	return newest
}

// trouble does something to the fleet of newFleet, or lets time pass.
func (c *client) trouble(random *rand.Rand) {
	c.Helper()
	switch random.IntN(8) {
	case 0, 1:
		c.post("/v1/clock/advance", `{"until": "next"}`) // windows open and close at this very instant
	case 2, 3:
		c.post("/v1/clock/advance", fmt.Sprintf(`{"duration": "%ds"}`, 1+random.IntN(400)))
	case 4:
		c.post("/v1/clock/advance", `{"until": "idle"}`)
	case 5:
		c.send("POST", "/v1/test-failover", fmt.Sprintf(`{"group": "shop", "node_group": "000%d"}`, 1+random.IntN(3)))
	case 6:
		c.post("/v1/faults", fmt.Sprintf(`{"kind": "node", "node": "shop-000%d-00%d"}`, 1+random.IntN(3), 1+random.IntN(2)))
	case 7:
		c.post("/v1/faults", fmt.Sprintf(`{"kind": "zone", "zone": "us-east-1%c", "duration": "%ds"}`, "ab"[random.IntN(2)], 1+random.IntN(600)))
	}
}

// outagesTold are those of the change in a stream's text; the ones before where there is none.
func outagesTold(t *testing.T, text []byte, before told) told {
	t.Helper()
	_, change, found := strings.Cut(string(text), "event: change\ndata: ")
	if !found {
		return before
	}
	data, _, _ := strings.Cut(change, "\n")
	var now struct{ Outages *told }
	if err := json.Unmarshal([]byte(data), &now); err != nil {
		t.Fatal(err)
	}
	if now.Outages == nil {
		return before
	}
	return *now.Outages
}

type told struct {
	Totals []outageTotal
	Latest []outageWindow
}

// Totals and the latest windows are kept as windows come and end; they are those of all windows, at every instant.
func TestOutagesAreAddedUpAsTheyCome(t *testing.T) {
	s := control.New(newFleet(t), token)
	c := serveControl(t, s)
	wall := time.Now()
	look := s.Watch(func() time.Time { wall = wall.Add(time.Hour); return wall })
	random := rand.New(rand.NewPCG(1, 2))
	var seen told
	most := 0
	for step := range 200 {
		if step == 40 {
			c.post("/v1/reset", `{"seed": 7}`)
		}
		c.trouble(random)
		text, err := look()
		if err != nil {
			t.Fatal(err)
		}
		seen = outagesTold(t, text, seen)
		all := c.allOutages(1000)
		if diff := cmp.Diff(addUp(all.Windows), all.Totals); diff != "" {
			t.Fatalf("step %d: totals of %d windows: %s", step, len(all.Windows), diff)
		}
		if diff := cmp.Diff(told{addUp(all.Windows), latest(all.Windows)}, seen, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("step %d: what a stream tells of %d windows: %s", step, len(all.Windows), diff)
		}
		if diff := cmp.Diff(all, c.allOutages(7)); diff != "" {
			t.Fatalf("step %d: pages of 7 windows and one of all differ: %s", step, diff)
		}
		most = max(most, len(all.Windows))
	}
	if most < 300 {
		t.Errorf("%d windows only: that there are more than a stream tells is hardly tried", most)
	}
}

// Pages that look at about the same time see the same: it is put into words once. What changes the fleet is seen at once.
func TestStreamsShareWhatTheySee(t *testing.T) {
	wall := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	wallClock := func() time.Time { return wall }
	s := control.New(fleetAt(t, wallClock), token)
	c := serveControl(t, s)
	one, other := s.Watch(wallClock), s.Watch(wallClock)
	now := func(look func() ([]byte, error)) string {
		text, err := look()
		if err != nil {
			t.Fatal(err)
		}
		_, rest, _ := strings.Cut(string(text), `"now":`)
		shown, _, _ := strings.Cut(rest, ",")
		return shown
	}
	check := func(what string, look func() ([]byte, error), want string) {
		t.Helper()
		if got := now(look); got != want {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	check("the first", one, "0")
	wall = wall.Add(100 * time.Millisecond) // 6 virtual seconds
	check("another, soon after", other, "0")
	wall = wall.Add(100 * time.Millisecond)
	check("a while later", other, "12")
	wall = wall.Add(50 * time.Millisecond)
	check("the first again, soon after", one, "12")
	c.post("/v1/clock/pause", "")
	check("after a pause", one, "15")
	c.post("/v1/clock/advance", `{"duration": "1s"}`)
	check("a second on", other, "16")
	c.post("/v1/test-failover", `{"group": "shop", "node_group": "0001"}`)
	if text, _ := one(); !strings.Contains(string(text), `"quota"`) || !strings.Contains(string(text), `"groups":[{"id":"shop"`) {
		t.Errorf("after a call: %s", text)
	}
}

// A client that goes on with next misses no window, whenever it asks.
func TestPagesOfOutagesGoOnWhereTheClientIs(t *testing.T) {
	c := start(t)
	random := rand.New(rand.NewPCG(3, 4))
	seen, next := map[int]bool{}, 0
	for range 150 {
		c.trouble(random)
		var page outageAnswer
		c.get(fmt.Sprintf("/v1/outages?limit=3&after=%d", next), &page)
		for _, w := range page.Windows {
			if w.N < next || seen[w.N] {
				t.Fatalf("after %d comes window %d, which was there before", next, w.N)
			}
			seen[w.N] = true
		}
		next = page.Next
	}
	c.post("/v1/clock/advance", `{"duration": "1s"}`)
	for more := true; more; {
		var page outageAnswer
		c.get(fmt.Sprintf("/v1/outages?limit=3&after=%d", next), &page)
		for _, w := range page.Windows {
			seen[w.N] = true
		}
		next, more = page.Next, page.More
	}
	all := c.allOutages(1000)
	for _, w := range all.Windows {
		if !seen[w.N] {
			t.Errorf("window %d of %d was never told: %+v", w.N, len(all.Windows), w)
		}
	}
	if len(seen) != len(all.Windows) || len(seen) < 100 {
		t.Errorf("%d windows were told; there are %d", len(seen), len(all.Windows))
	}
	first := all.Windows[0]
	var again outageAnswer
	if c.get(fmt.Sprintf("/v1/outages?limit=1&after=%d", first.N), &again); !cmp.Equal(again.Windows, []outageWindow{first}) || !again.More {
		t.Errorf("by its number comes %+v, want %+v", again, first)
	}
	if c.get(fmt.Sprintf("/v1/outages?after=%d", all.Next), &again); len(again.Windows) > 0 || again.Next != all.Next || again.More {
		t.Errorf("after the end: %+v", again)
	}
}
