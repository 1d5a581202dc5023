package sim

import (
	"reflect"
	"testing"
	"time"

	"failsim/dist"

	"github.com/google/go-cmp/cmp"
)

func TestTimelineOfAFailoverWithClusterModeDisabled(t *testing.T) {
	cfg := config(makeGroup("carts", ClusterDisabled, 1, 1)).withCall(sec(100), "carts", "0001")
	_, o := play(t, cfg)
	at := sec(100)
	want := []Failover{{
		Group: 0, NodeGroup: 0, Old: 0, New: 1, Campaign: -1, Cause: CauseTestFailover,
		Accepted: at, CutOff: at.Add(plainCutOff), Known: Never, Promoted: at.Add(plainPromoted), Abandoned: Never,
		Completed:  at.Add(plainPromoted),
		Propagated: at.Add(plainMoved), RecoveryStarted: at.Add(plainRecover), Provisioned: at.Add(plainUp),
		Finished: at.Add(plainFinished), LostTail: time.Millisecond,
	}}
	if diff := cmp.Diff(want, o.Failovers); diff != "" {
		t.Error(diff)
	}
	service := [][2]Time{{at.Add(plainCutOff), at.Add(plainPromoted)}}
	byName := [][2]Time{{at.Add(plainCutOff), at.Add(plainMoved)}}
	alone := [][2]Time{{at.Add(plainPromoted), at.Add(plainFinished)}} // 1+1: no replica until the old node is back
	for _, c := range []struct {
		name      string
		access    Access
		observer  Observer
		nodeGroup int32
		want      [][2]Time
	}{
		{"write", AccessWrite, ObserverService, 0, service},
		{"write by name", AccessWrite, ObserverEndpoint, 0, byName},
		{"read", AccessRead, ObserverService, 0, nil},
		{"read by name", AccessRead, ObserverEndpoint, 0, nil},
		{"replica read", AccessReplicaRead, ObserverService, 0, alone},
		{"redundancy", AccessRedundancy, ObserverService, 0, alone},
	} {
		if diff := cmp.Diff(c.want, windowsOf(o, c.access, c.observer, c.nodeGroup)); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

func TestWithClusterModeEnabledTheEndpointEqualsTheService(t *testing.T) {
	cfg := config(makeGroup("sessions", ClusterEnabled, 3, 2)).withCall(0, "sessions", "0002")
	_, o := play(t, cfg)
	if got := o.Failovers[0].Propagated; got != Never {
		t.Errorf("propagated at %v; a group with cluster mode enabled has no record to change", got)
	}
	want := [][2]Time{{Time(plainCutOff), Time(plainPromoted)}}
	for _, observer := range []Observer{ObserverService, ObserverEndpoint} {
		if diff := cmp.Diff(want, windowsOf(o, AccessWrite, observer, 0)); diff != "" {
			t.Error(observer, diff)
		}
	}
	if got := windowsOf(o, AccessReplicaRead, ObserverService, 0); got != nil {
		t.Errorf("1+2 nodes keep a replica throughout, but %v", got)
	}
}

// The resolvers follow uniform(0, ttl) after the record: with a TTL of 100 s the mean of 2,000 trials lies within 4
// standard errors, 4 x 100/sqrt(12 x 2000) = 2.6 s, of 50 s.
func TestResolversFollowWithinTheTTL(t *testing.T) {
	cfg := config(makeGroup("carts", ClusterDisabled, 1, 1)).withCall(0, "carts", "0001")
	cfg.Groups[0].Delays.DNSTTL = 100 * time.Second
	w := checkedWorld(cfg)
	var sum float64
	for trial := range uint64(2000) {
		w.Reset(7, trial)
		w.RunUntil(cfg.End())
		window := windowsOf(w.Outcome(), AccessWrite, ObserverEndpoint, 0)[0]
		stale := window[1].Sub(Time(plainMoved))
		if stale < 0 || stale >= 100*time.Second {
			t.Fatalf("trial %d: the resolver followed after %v", trial, stale)
		}
		sum += stale.Seconds()
	}
	if mean := sum / 2000; mean < 50-2.6 || mean > 50+2.6 {
		t.Errorf("mean %v s, want 50 within 2.6", mean)
	}
}

func TestRecoveringIsNeverAnnouncedBeforeTheFailover(t *testing.T) {
	cfg := config(makeGroup("carts", ClusterDisabled, 1, 1)).withCall(0, "carts", "0001")
	cfg.Groups[0].Delays.CompletedEvent = dist.Constant(100 * time.Second) // longer than recovery_start, 60 s
	_, o := play(t, cfg)
	if f := o.Failovers[0]; f.Completed != sec(122) || f.RecoveryStarted != sec(122) {
		t.Errorf("completed at %v, recovering at %v; want both at 122 s", f.Completed, f.RecoveryStarted)
	}
}

// The second promotion, at 422 s, overtakes names that have not followed the first: they lead to node 1 all along, which is
// then the primary again, so the window ends there.
func TestALaterPromotionCancelsThePendingNames(t *testing.T) {
	cfg := config(makeGroup("carts", ClusterDisabled, 1, 1)).withCall(0, "carts", "0001").withCall(sec(400), "carts", "0001")
	cfg.Groups[0].Delays.Propagation = dist.Constant(1000 * time.Second)
	_, o := play(t, cfg)
	if o.Failovers[0].Propagated != Never || o.Failovers[1].Propagated != sec(400+22+1000) {
		t.Errorf("propagated at %v and %v; want never and 1422 s", o.Failovers[0].Propagated, o.Failovers[1].Propagated)
	}
	want := [][2]Time{{sec(2), sec(422)}}
	if diff := cmp.Diff(want, windowsOf(o, AccessWrite, ObserverEndpoint, 0)); diff != "" {
		t.Error(diff)
	}
}

func TestServiceEvents(t *testing.T) {
	type row struct {
		at                float64
		id, kind, message string
	}
	called := row{0, "sessions", "replication-group", "Test Failover API called for node group 0001"}
	recovering := row{82, "sessions-0001-001", "cache-cluster", "Recovering cache nodes 0001"}
	finished := row{392, "sessions-0001-001", "cache-cluster", "Finished recovery for cache nodes 0001"}
	primary := "Failover from primary node sessions-0001-001 to replica node sessions-0001-002 completed"
	legacy := "Failover from master node sessions-0001-001 to replica node sessions-0001-002 completed"
	for wording, completed := range map[Wording][]row{
		WordingDocumented: {{22, "sessions-0001-001", "cache-cluster", primary}, {22, "sessions", "replication-group", primary}},
		WordingLegacy:     {{22, "sessions-0001-001", "cache-cluster", legacy}, {22, "sessions", "replication-group", legacy}},
		WordingObserved:   {{22, "sessions", "replication-group", "Failover to replica node sessions-0001-002 completed"}},
	} {
		cfg := config(makeGroup("sessions", ClusterEnabled, 1, 2)).withCall(0, "sessions", "0001")
		cfg.Wording = wording
		w, _ := play(t, cfg)
		var want []ServiceEvent
		for _, r := range append(append([]row{called}, completed...), recovering, finished) {
			want = append(want, ServiceEvent{sec(r.at), r.id, r.kind, r.message})
		}
		if diff := cmp.Diff(want, w.ServiceEvents()); diff != "" {
			t.Errorf("wording %d: %s", wording, diff)
		}
	}
}

// Every rule is broken at once, then the foremost is mended, and so on: the answers come in the order of the checks.
func TestOrderOfChecks(t *testing.T) {
	cfg := config(makeGroup("carts", ClusterDisabled, 1, 0))
	cfg.Quota.Limit = 0
	g := &cfg.Groups[0]
	g.KMSKeyInvalid, g.Status, g.NodeGroups[0].Nodes[0].Status = true, StatusModifying, StatusSnapshotting
	cfg.Blocks = []BlockConfig{{0, time.Hour}}
	w := world(t, cfg)
	w.Step()
	w.groups[0].replacing = 1 // as if a replacement ran
	w.checking = false
	node := &w.nodes[0]
	for _, step := range []struct {
		group, nodeGroup string
		want             Violation
		mend             func()
	}{
		{"9carts", "9999x", InvalidGroupID, nil},
		{"nope", "00001", InvalidNodeGroupID, nil},
		{"nope", "", InvalidNodeGroupID, nil},
		{"nope", "9999", GroupNotFound, nil},
		{"carts", "9999", NodeGroupNotFound, nil},
		{"CARTS", "0001", APIBlocked, func() { w.blocks = 0 }},
		{"carts", "0001", AutomaticFailoverOff, func() { w.groups[0].automaticFailover = true }},
		{"carts", "0001", MultiAZOff, func() { cfg.Refusals[MultiAZOff] = "" }},
		{"carts", "0001", KMSKeyInvalid, func() { g.KMSKeyInvalid = false }},
		{"carts", "0001", ReplacementRunning, func() { w.groups[0].replacing = 0 }},
		{"carts", "0001", GroupNotAvailable, func() { w.groups[0].status = StatusAvailable }},
		{"carts", "0001", NodeNotAvailable, func() { node.status = StatusAvailable }},
		{"carts", "0001", NoHealthyReplica, func() { cfg.Refusals[NoHealthyReplica] = "" }},
		{"carts", "0001", QuotaSpent, nil},
	} {
		if got := w.TestFailover(step.group, step.nodeGroup); got != step.want {
			t.Errorf("call on %q/%q: %v, want %v", step.group, step.nodeGroup, got, step.want)
		}
		if step.mend != nil {
			step.mend()
		}
	}
}

func TestARefusedCallChangesNothing(t *testing.T) {
	cfg := config(makeGroup("sessions", ClusterEnabled, 3, 1)).withCall(0, "sessions", "0001")
	w := world(t, cfg)
	for at := Time(0); at < sec(400); at += sec(7) {
		w.RunUntil(at)
		before := checkedWorld(cfg)
		before.CopyFrom(w)
		if w.TestFailover("sessions", "0002") == NoViolation {
			if at < Time(plainFinished) {
				t.Fatalf("at %v a second node replacement began in the group", at)
			}
			return
		}
		w.calls, w.records = before.calls, before.records
		if diff := cmp.Diff(before.state, w.state, cmp.Exporter(func(reflect.Type) bool { return true })); diff != "" {
			t.Fatalf("at %v: %s", at, diff)
		}
		if w.clock.Len() != before.clock.Len() || w.quota.counted != before.quota.counted {
			t.Fatalf("at %v the refused call left an event or used the quota", at)
		}
	}
	t.Error("no later call was accepted")
}

func TestOneReplacementAtATimeInAGroupButNotAcrossGroups(t *testing.T) {
	cfg := config(makeGroup("a", ClusterEnabled, 3, 1), makeGroup("b", ClusterEnabled, 3, 1), makeGroup("c", ClusterDisabled, 1, 1))
	for _, c := range []struct {
		at               Time
		group, nodeGroup string
	}{
		{0, "a", "0001"}, {0, "b", "0001"}, {0, "c", "0001"}, // concurrently across groups
		{sec(10), "a", "0002"},                      // refused: before the promotion
		{sec(100), "a", "0002"},                     // refused: promoted, but the replacement still runs
		{sec(391), "c", "0001"},                     // refused: the same node group
		{Time(plainFinished) + 1, "a", "0003"},      // accepted
		{Time(plainFinished) + sec(3), "a", "0002"}, // refused
	} {
		cfg.withCall(c.at, c.group, c.nodeGroup)
	}
	_, o := play(t, cfg)
	want := CallCount{Made: 8, Accepted: 4}
	want.Refused[ReplacementRunning] = 4
	if diff := cmp.Diff(want, o.Calls); diff != "" {
		t.Error(diff)
	}
}

// Of three replicas with lags drawn apart, the one promoted is the least lagged, and its lag is what is lost.
func TestTheLeastLaggedReplicaIsPromoted(t *testing.T) {
	cfg := config(makeGroup("sessions", ClusterEnabled, 1, 3)).withCall(0, "sessions", "0001")
	cfg.Groups[0].Delays.Lag = dist.MustParse("uniform(0s, 10s)")
	w := checkedWorld(cfg)
	chosen := map[int32]int{}
	var sum float64
	const trials = 3000
	for trial := range uint64(trials) {
		w.Reset(3, trial)
		w.RunUntil(cfg.End())
		f := w.Outcome().Failovers[0]
		for i := int32(1); i <= 3; i++ {
			if w.nodes[i].lag < f.LostTail {
				t.Fatalf("trial %d: node %d trails by %v, the promoted %d by %v", trial, i, w.nodes[i].lag, f.New, f.LostTail)
			}
		}
		if f.LostTail != w.nodes[f.New].lag {
			t.Fatalf("trial %d: %v are lost, the promoted replica trails by %v", trial, f.LostTail, w.nodes[f.New].lag)
		}
		chosen[f.New]++
		sum += f.LostTail.Seconds()
	}
	// The minimum of three uniform(0, 10) has mean 10/4 and variance 100 x 3/(16 x 5) = 3.75.
	if mean, se := sum/trials, 1.9365/54.77; mean < 2.5-4*se || mean > 2.5+4*se {
		t.Errorf("mean lost tail %v s, want 2.5 within %v", mean, 4*se)
	}
	for i := int32(1); i <= 3; i++ {
		if chosen[i] < 1000-4*26 || chosen[i] > 1000+4*26 { // binomial: sqrt(3000/3 x 2/3) = 25.8
			t.Errorf("replica %d was promoted %d times of %d, want a third", i, chosen[i], trials)
		}
	}
}

// A tie goes to the first by name; a replica that is not up is passed over however small its lag.
func TestOnlyAReplicaThatIsUpIsPromoted(t *testing.T) {
	cfg := config(makeGroup("sessions", ClusterEnabled, 1, 2)).withCall(0, "sessions", "0001")
	w := world(t, cfg)
	if got := w.leastLagged(0); got != 1 {
		t.Errorf("of equal lags node %d is taken, want the first replica", got)
	}
	w.nodes[1].down, w.nodes[2].lag = downStatus, time.Hour // died after the cut-off
	if got := w.leastLagged(0); got != 2 {
		t.Errorf("node %d is taken, want the one that is up", got)
	}
	if w.healthyReplicas(0) != 1 {
		t.Errorf("%d replicas are healthy, want 1", w.healthyReplicas(0))
	}
}

// Replica 002 is cut off from 99 s to 110 s, and the primary dies at 100 s: at the promotion it is up, but has missed a second.
func TestAReplicaThatMissedTheCutOffIsTheLastChoice(t *testing.T) {
	cfg := config(makeGroup("g", ClusterEnabled, 1, 2)).withFault(FaultPartition, sec(99), 11*time.Second, nodeOf(0, 1))
	_, o := play(t, cfg.withFault(FaultNode, sec(100), 0, nodeOf(0, 0)))
	same(t, "promoted", o.Failovers[0].New, int32(2))
}

func TestEveryCutOffDrawsFreshLags(t *testing.T) {
	cfg := config(makeGroup("sessions", ClusterEnabled, 1, 1))
	cfg.Groups[0].Delays.Lag = dist.MustParse("uniform(0s, 10s)")
	w := world(t, cfg)
	w.drawLags(0)
	first := w.nodes[1].lag
	w.drawLags(0)
	if w.nodes[1].lag == first {
		t.Errorf("the second lag is the first again, %v", first)
	}
}

// 3 GB at 100 MB/s: 30 s.
func TestAFullSyncLastsDatasetOverRate(t *testing.T) {
	cfg := config(makeGroup("sessions", ClusterEnabled, 1, 1)).withCall(0, "sessions", "0001")
	cfg.Groups[0].DatasetBytes = 3e9
	_, o := play(t, cfg)
	if f := o.Failovers[0]; f.Finished.Sub(f.Provisioned) != 30*time.Second {
		t.Errorf("the sync took %v, want 30 s", f.Finished.Sub(f.Provisioned))
	}
}
