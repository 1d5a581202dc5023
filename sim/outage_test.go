package sim

import (
	"testing"
	"time"

	"failsim/dist"

	"github.com/google/go-cmp/cmp"
)

// Two groups are cut off at 2 s and 12 s, for 20 s each: the fleet cannot be written from 2 s to 32 s.
func TestGroupAndFleetWindowsAreUnions(t *testing.T) {
	cfg := config(makeGroup("a", ClusterEnabled, 3, 1), makeGroup("b", ClusterDisabled, 1, 1)).
		withCall(0, "a", "0001").withCall(sec(10), "b", "0001").withCall(sec(1000), "a", "0002")
	_, o := play(t, cfg)
	fleet := map[Observer][][2]Time{}
	groups := map[int32][][2]Time{}
	for _, w := range o.Windows {
		switch {
		case w.Group < 0:
			fleet[w.Observer] = append(fleet[w.Observer], [2]Time{w.From, w.To})
		case w.NodeGroup < 0 && w.Observer == ObserverService:
			groups[w.Group] = append(groups[w.Group], [2]Time{w.From, w.To})
		}
	}
	wantFleet := map[Observer][][2]Time{
		ObserverService:  {{sec(2), sec(32)}, {sec(1002), sec(1022)}},
		ObserverEndpoint: {{sec(2), sec(42)}, {sec(1002), sec(1022)}},
	}
	if diff := cmp.Diff(wantFleet, fleet); diff != "" {
		t.Error(diff)
	}
	wantGroups := map[int32][][2]Time{0: {{sec(2), sec(22)}, {sec(1002), sec(1022)}}, 1: {{sec(12), sec(32)}}}
	if diff := cmp.Diff(wantGroups, groups); diff != "" {
		t.Error(diff)
	}
}

// A trial that ends 10 s into the outage reports it as censored, 10 s long so far.
func TestAWindowOpenAtTheEndIsCensored(t *testing.T) {
	cfg := config(makeGroup("a", ClusterEnabled, 3, 1)).withCall(0, "a", "0001")
	cfg.Horizon, cfg.Drain = time.Second, 11*time.Second
	_, o := play(t, cfg)
	want := OutageWindow{From: sec(2), To: sec(12), Group: 0, NodeGroup: 0, Campaign: -1, Censored: true}
	if diff := cmp.Diff(want, o.Windows[0]); diff != "" {
		t.Error(diff)
	}
}

// Windows that touch are one, with the first cause; one that turns out empty is none.
func TestTouchingWindowsAreOneAndEmptyOnesNone(t *testing.T) {
	w := world(t, config(makeGroup("a", ClusterEnabled, 1, 1)))
	w.checking = false
	set := func(at float64, open bool, cause Cause) {
		w.RunUntil(sec(at))
		w.setWindow(&w.nodeGroups[0].windows[viewWrite], open, OutageWindow{Group: -1, NodeGroup: -1}, blame{cause, -1})
	}
	set(1, true, CauseTestFailover)
	set(2, false, 0)
	set(2, true, CauseNodeStatus) // touches
	set(3, false, 0)
	set(4, true, CauseNodeStatus)
	set(4, false, 0) // empty
	set(5, true, CauseNodeStatus)
	set(6, false, 0)
	want := []OutageWindow{
		{From: sec(1), To: sec(3), Group: -1, NodeGroup: -1, Campaign: -1, Cause: CauseTestFailover},
		{From: sec(5), To: sec(6), Group: -1, NodeGroup: -1, Campaign: -1, Cause: CauseNodeStatus},
	}
	if diff := cmp.Diff(want, w.Outcome().Windows); diff != "" {
		t.Error(diff)
	}
}

// A primary that is rebooting until 50 s: writes are impossible from the start, reads too where it has no replica.
func TestANodeThatDoesNotServeOpensItsWindowsAtZero(t *testing.T) {
	for replicas, reads := range map[int][][2]Time{0: {{0, sec(50)}}, 1: nil} {
		cfg := config(makeGroup("a", ClusterEnabled, 1, replicas))
		cfg.Groups[0].NodeGroups[0].Nodes[0].Status = StatusRebooting
		cfg.Groups[0].NodeGroups[0].Nodes[0].StatusUntil = sec(50)
		_, o := play(t, cfg)
		if diff := cmp.Diff([][2]Time{{0, sec(50)}}, windowsOf(o, AccessWrite, ObserverService, 0)); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(reads, windowsOf(o, AccessRead, ObserverService, 0)); diff != "" {
			t.Errorf("%d replicas: %s", replicas, diff)
		}
		if o.Windows[0].Cause != CauseNodeStatus {
			t.Errorf("cause %v", o.Windows[0].Cause)
		}
	}
}

// A snapshotting replica serves, a creating one does not: only the latter lowers redundancy. Neither lets a call through.
func TestOnlyAStatusThatStopsANodeLowersRedundancy(t *testing.T) {
	for status, want := range map[Status][][2]Time{StatusSnapshotting: nil, StatusModifying: nil, StatusCreating: {{0, sec(60)}}} {
		cfg := config(makeGroup("a", ClusterEnabled, 3, 1)).withCall(sec(10), "a", "0001")
		node := &cfg.Groups[0].NodeGroups[0].Nodes[1]
		node.Status, node.StatusUntil = status, sec(60)
		_, o := play(t, cfg)
		if diff := cmp.Diff(want, windowsOf(o, AccessRedundancy, ObserverService, 0)); diff != "" {
			t.Errorf("%v: %s", status, diff)
		}
		if o.Calls.Refused[NodeNotAvailable] != 1 {
			t.Errorf("%v: the call was not refused for its node", status)
		}
	}
}

// The reader's name led to the one replica. It is promoted and still answers; the fresh record leads to it as the only
// node; when the old primary is back, the name leads there: never an outage for readers by name.
func TestTheReaderNameFallsToThePrimaryWhereNoReplicaIsLeft(t *testing.T) {
	cfg := config(makeGroup("b", ClusterDisabled, 1, 1)).withCall(0, "b", "0001")
	w := world(t, cfg)
	for _, step := range []struct {
		at   float64
		want uint8
	}{{1, 0b10}, {25, 0b10}, {33, 0b10}, {393, 0b01}} {
		w.RunUntil(sec(step.at))
		if got := w.nodeGroups[0].readerNames; got != step.want {
			t.Errorf("at %g s the reader's name leads to %02b, want %02b", step.at, got, step.want)
		}
	}
	// With two replicas the record drops the promoted one.
	w = world(t, config(makeGroup("b", ClusterDisabled, 1, 2)).withCall(0, "b", "0001"))
	w.RunUntil(sec(33))
	if got := w.nodeGroups[0].readerNames; got != 0b100 {
		t.Errorf("the reader's name leads to %03b, want 100", got)
	}
}

// While the only replica is being created the reader's name leads to the primary, afterwards to the replica.
func TestTheReaderNameLeadsOnlyToNodesThatServe(t *testing.T) {
	cfg := config(makeGroup("b", ClusterDisabled, 1, 1))
	node := &cfg.Groups[0].NodeGroups[0].Nodes[1]
	node.Status, node.StatusUntil = StatusCreating, sec(60)
	w := world(t, cfg)
	for at, want := range map[float64]uint8{59: 0b01, 61: 0b10} {
		w.Reset(1, 0)
		w.RunUntil(sec(at))
		if got := w.nodeGroups[0].readerNames; got != want {
			t.Errorf("at %g s the reader's name leads to %02b, want %02b", at, got, want)
		}
	}
	w.RunUntil(cfg.End())
	if got := windowsOf(w.Outcome(), AccessRead, ObserverEndpoint, 0); got != nil {
		t.Errorf("readers by name met an outage: %v", got)
	}
}

// 600 reads a second over 3 nodes are 200 each; while one is gone, 300 each.
func TestPeakReadsPerNode(t *testing.T) {
	cfg := config(makeGroup("a", ClusterEnabled, 1, 2)).withCall(0, "a", "0001")
	cfg.Groups[0].ReadsPerSecond = 600
	w := world(t, cfg)
	for at, want := range map[float64]int64{1: 200, 3: 300} {
		w.Reset(1, 0)
		w.RunUntil(sec(at))
		if got := w.Outcome().PeakReads[0]; got != want*ReadersScale {
			t.Errorf("at %g s %d/60, want %d", at, got, want)
		}
	}
}

// A promotion that takes no time is no outage.
func TestAnInstantPromotionIsNoOutage(t *testing.T) {
	cfg := config(makeGroup("a", ClusterEnabled, 3, 1)).withCall(0, "a", "0001")
	cfg.Groups[0].Delays.Promotion = dist.Constant(0)
	if _, o := play(t, cfg); windowsOf(o, AccessWrite, ObserverService, 0) != nil || len(o.Failovers) != 1 {
		t.Errorf("%+v", o.Windows)
	}
}

func TestABlockedAPIRefusesEveryCall(t *testing.T) {
	cfg := config(makeGroup("a", ClusterDisabled, 1, 1))
	cfg.Blocks = []BlockConfig{{sec(10), 20 * time.Second}, {sec(25), 10 * time.Second}} // 10 s to 35 s in all
	for _, at := range []float64{10, 20, 30, 34} {
		cfg.withCall(sec(at), "a", "0001")
	}
	cfg.withCall(sec(35), "a", "0001")
	if _, o := play(t, cfg); o.Calls.Refused[APIBlocked] != 4 || o.Calls.Accepted != 1 {
		t.Errorf("%+v", o.Calls)
	}
}

func TestShownStatusDuringAFailover(t *testing.T) {
	for _, shown := range []Status{StatusAvailable, StatusModifying} {
		cfg := config(makeGroup("a", ClusterDisabled, 1, 1)).withCall(sec(1), "a", "0001")
		cfg.StatusDuringFailover = shown
		w := world(t, cfg)
		for at, want := range map[float64]Status{0: StatusAvailable, 100: shown, 394: StatusAvailable} {
			w.Reset(1, 0)
			w.RunUntil(sec(at))
			if got := w.ShownStatus(0); got != want {
				t.Errorf("at %g s %v, want %v", at, got, want)
			}
		}
	}
}
