package sim

import (
	"fmt"
	"testing"
	"time"

	"failsim/dist"
)

// voting gives each shard a slot, so that its primary votes; the node timeout is 10 s.
func voting(g GroupConfig) GroupConfig {
	g.NodeTimeout = 10 * time.Second
	for s := range g.NodeGroups {
		g.NodeGroups[s].Slots = []SlotRange{{uint16(s), uint16(s)}}
	}
	return g
}

// A partition of 10 s is over before anybody knows: the primary goes on, nothing is lost, nobody is replaced.
func TestAShortPartitionPromotesNothing(t *testing.T) {
	_, o := play(t, config(makeGroup("g", ClusterDisabled, 1, 1)).withFault(FaultPartition, sec(100), 10*time.Second, nodeOf(0, 0)))
	same(t, "writes", windowsOf(o, AccessWrite, ObserverService, 0), spans(100, 110))
	same(t, "abandoned", o.Failovers[0].Abandoned, sec(110))
	same(t, "cancelled", o.Recoveries[0].Cancelled, sec(110))
}

// A zone is cut off for 50 s: at 20 s a replica elsewhere is promoted. The old primary took writes on its side for all of the
// 50 s, which are lost, with the lag of 1 ms; back at 150 s its data differs, and it copies everything for 10 s.
func TestAPrimaryThatIsCutOffTakesWritesThatAreLost(t *testing.T) {
	_, o := play(t, config(makeGroup("g", ClusterDisabled, 1, 1)).withFault(FaultPartition, sec(100), 50*time.Second, inZone("a")))
	same(t, "writes", windowsOf(o, AccessWrite, ObserverService, 0), spans(100, 120))
	same(t, "lost", o.Failovers[0].LostTail, 50*time.Second+time.Millisecond)
	same(t, "redundancy", windowsOf(o, AccessRedundancy, ObserverService, 0), spans(120, 160))
}

// A replica misses what is written while it is cut off. Its connection lasts 60 s: until then its output buffer keeps that, 60 MB for 1,000
// writes of 1,000 bytes a second; after it only the backlog does, which holds 61 s of 10 writes a second in 610 kB. Nothing is in a backlog that was
// freed after an hour without replicas; another replica keeps it.
func TestAReplicaThatWasAwayTooLongCopiesEverything(t *testing.T) {
	const still, full = 0, 10 * time.Second
	for _, c := range []struct {
		writes, buffer, backlog int64
		away, syncs             time.Duration
		replicas                int
	}{
		{1000, 60e6, 0, 60 * time.Second, still, 1},
		{1000, 60e6 - 1, 0, 60 * time.Second, full, 1},
		{1000, 1e9, 60e6, 61 * time.Second, full, 1},
		{10, 0, 610e3, 61 * time.Second, still, 1},
		{10, 0, 610e3 - 1, 61 * time.Second, full, 1},
		{10, 0, 1e9, time.Hour + 60*time.Second, still, 1},
		{10, 0, 1e9, time.Hour + 61*time.Second, full, 1},
		{10, 0, 1e9, time.Hour + 61*time.Second, still, 2},
	} {
		g := makeGroup("g", ClusterDisabled, 1, c.replicas)
		g.Delays.RecoveryStart = dist.Constant(2 * time.Hour) // nobody gives the replica up
		g.WritesPerSecond, g.Replication = c.writes, ReplicationConfig{WriteBytes: 1000, BacklogBytes: c.backlog, BufferBytes: c.buffer}
		_, o := play(t, config(g).withFault(FaultPartition, sec(100), c.away, nodeOf(0, 1)))
		same(t, fmt.Sprint(c), windowsOf(o, AccessRedundancy, ObserverService, 0), [][2]Time{{sec(100), sec(100).Add(c.away + c.syncs)}})
	}
}

// At 100 s a replica is cut off for 30 s, and at 101 s the primary dies; at 121 s another replica is promoted. To that one there is no connection, and its
// backlog does not hold the 30 s.
func TestAConnectionToAnOldPrimaryIsOver(t *testing.T) {
	g := makeGroup("g", ClusterDisabled, 1, 2)
	g.WritesPerSecond, g.Replication = 1000, ReplicationConfig{WriteBytes: 1000, BacklogBytes: 1e6, BufferBytes: 1e9}
	w := world(t, config(g).withFault(FaultPartition, sec(100), 30*time.Second, nodeOf(0, 1)).withFault(FaultNode, sec(101), 0, nodeOf(0, 0)))
	w.RunUntil(sec(130))
	same(t, "copies", w.nodes[1].down&downSyncing != 0, true)
}

// A primary that is cut off at 100 s and replaced by a promotion at 120 s takes writes until it comes to its end: given up by `Recovering` at
// 180 s; not before 1,160 s where its zone has no capacity up to 1,100 s; dead at 150 s; in reach again at 160 s. The lag of 1 ms
// is lost too.
func TestWritesTakenAloneEndWithTheNode(t *testing.T) {
	cut := func(lasts time.Duration) *Config {
		return config(makeGroup("g", ClusterDisabled, 1, 1)).withFault(FaultPartition, sec(100), lasts, nodeOf(0, 0))
	}
	for _, c := range []struct {
		name string
		cfg  *Config
		lost time.Duration
	}{
		{"given up", cut(time.Hour), 80 * time.Second},
		{"no capacity", cut(time.Hour).withFault(FaultNoCapacity, sec(50), 1050*time.Second, inZone("a")), 1060 * time.Second},
		{"dies", cut(time.Hour).withFault(FaultNode, sec(150), 0, nodeOf(0, 0)), 50 * time.Second},
		{"in reach", cut(60 * time.Second), 60 * time.Second},
	} {
		w, o := play(t, c.cfg)
		same(t, c.name, o.Failovers[0].LostTail, c.lost+time.Millisecond)
		ended := 0
		for _, r := range w.Records() {
			if r.Kind == KindAloneEnded {
				ended++
				same(t, c.name+": told", []any{r.At, r.Span, r.Lost}, []any{sec(100).Add(c.lost), c.lost, c.lost + time.Millisecond})
			}
		}
		same(t, c.name+": lines", ended, 1)
	}
}

// In the midst of it the tail is what was taken so far.
func TestWritesTakenAloneCountAsTheyAreTaken(t *testing.T) {
	w := world(t, config(makeGroup("g", ClusterDisabled, 1, 1)).withFault(FaultPartition, sec(100), time.Hour, inZone("a")))
	for _, at := range []float64{120, 150, 1000} {
		w.RunUntil(sec(at))
		same(t, "lost", w.Outcome().Failovers[0].LostTail, sec(at).Sub(sec(100))+time.Millisecond)
	}
}

// With three votes a primary that is cut off misses its majority, 10 s to 15 s later, whoever promotes another: the engine, or the control
// plane where a shard has lost all of its nodes.
func TestAPrimaryStopsOnceItMissesTheMajority(t *testing.T) {
	elected := config(voting(makeGroup("g", ClusterEnabled, 3, 1)))
	appointed := config(voting(makeGroup("g", ClusterEnabled, 3, 1))).withFault(FaultNode, sec(80), 0, nodeOf(0, 0)).withFault(FaultNode, sec(80), 0, nodeOf(0, 1))
	for name, cfg := range map[string]*Config{"elected": elected, "appointed": appointed} {
		_, o := play(t, cfg.withFault(FaultPartition, sec(100), 300*time.Second, nodeOf(1, 0)))
		f := o.Failovers[len(o.Failovers)-1]
		if f.NodeGroup != 1 || f.Promoted == Never || f.LostTail < 10*time.Second || f.LostTail > 15*time.Second+time.Millisecond {
			t.Errorf("%s: %+v: want a tail between 10 and 15 s", name, f)
		}
	}
}

// Two of three primaries are cut off with their zone: they are a majority, and take writes for all of the 300 s. The third
// is in the minority with the replicas: the control plane promotes for the two.
func TestACutOffMajorityGoesOn(t *testing.T) {
	g := voting(makeGroup("g", ClusterEnabled, 3, 1))
	g.NodeGroups[1].Nodes[0].Zone, g.NodeGroups[1].Nodes[1].Zone = "a", "b"
	_, o := play(t, config(g).withFault(FaultPartition, sec(100), 300*time.Second, inZone("a")))
	for _, f := range o.Failovers {
		same(t, "instants", []Time{f.Known, f.Promoted}, []Time{sec(115), sec(120)})
		same(t, "lost", f.LostTail, 300*time.Second+time.Millisecond)
	}
	same(t, "failovers", len(o.Failovers), 2)
}

// The replacement of the primary, up at 475 s and without a replica that may be promoted, is cut off for 5 s while it copies: it begins
// the 10 s again at 483 s.
func TestAPrimaryThatIsCutOffWhileItCopiesGoesOn(t *testing.T) {
	g := makeGroup("g", ClusterDisabled, 1, 1)
	g.AutomaticFailover, g.MultiAZ = false, false
	cfg := config(g).withFault(FaultNode, sec(100), 0, nodeOf(0, 0)).withFault(FaultPartition, sec(478), 5*time.Second, nodeOf(0, 0))
	_, o := play(t, cfg)
	same(t, "writes", windowsOf(o, AccessWrite, ObserverService, 0), spans(100, 493))
	same(t, "finished", o.Recoveries[0].Finished, sec(493))
}

// A majority takes the primary, cut off at 100 s, for failed, and the replica asks for votes. If the primary is in reach again before it was
// taken for failed, it is spared; after it, the replica is promoted all the same, and the old primary's writes are lost. If the replica
// dies before it has the votes, or reached after that, the primary is spared too.
func TestAnElectionThatIsDueGoesOnWithoutNeed(t *testing.T) {
	cut := func(lasts time.Duration) *Config {
		return config(voting(makeGroup("g", ClusterEnabled, 3, 1))).withFault(FaultPartition, sec(100), lasts, nodeOf(0, 0))
	}
	_, o := play(t, cut(time.Hour))
	known, promoted := o.Failovers[0].Known, o.Failovers[0].Promoted
	until := known.Sub(sec(100))

	_, o = play(t, cut(until-time.Millisecond))
	same(t, "before", []Time{o.Failovers[0].Promoted, o.Failovers[0].Abandoned}, []Time{Never, known - Time(time.Millisecond)})

	_, o = play(t, cut(until+time.Millisecond))
	f := o.Failovers[0]
	same(t, "after", []Time{f.Known, f.Promoted, f.Abandoned}, []Time{known, promoted, Never})
	same(t, "writes", windowsOf(o, AccessWrite, ObserverService, 0), [][2]Time{{sec(100), promoted}})
	same(t, "recovery", []Time{o.Recoveries[0].Started, o.Recoveries[0].Cancelled}, []Time{Never, promoted})
	same(t, "redundancy", windowsOf(o, AccessRedundancy, ObserverService, 0), [][2]Time{{promoted, promoted.Add(10 * time.Second)}})
	if f.LostTail < 10*time.Second || f.LostTail > promoted.Sub(sec(100))+time.Millisecond {
		t.Errorf("the tail is %v, want what was written alone for 10 s or more", f.LostTail)
	}

	_, o = play(t, cut(until+time.Millisecond).withFault(FaultNode, known.Add(2*time.Millisecond), 0, nodeOf(0, 1)))
	same(t, "without a replica", []Time{o.Failovers[0].Promoted, o.Failovers[0].Abandoned}, []Time{Never, promoted})
}

// The primary is cut off at 100 s, and dies at 110 s, before anybody is promoted: what it took in these 10 s is lost.
func TestWritesTakenAloneBeforeThePromotionAreLost(t *testing.T) {
	cfg := config(makeGroup("g", ClusterDisabled, 1, 1)).withFault(FaultPartition, sec(100), time.Hour, nodeOf(0, 0)).withFault(FaultNode, sec(110), 0, nodeOf(0, 0))
	_, o := play(t, cfg)
	same(t, "promoted", o.Failovers[0].Promoted, sec(130))
	same(t, "lost", o.Failovers[0].LostTail, 10*time.Second+time.Millisecond)
}

// With a node timeout of 200 ms FAIL is undone after 400 ms, and a replica asks for votes 500 ms after FAIL at the earliest: a primary that is
// back before is spared.
func TestFailIsUndoneAfterTwoNodeTimeouts(t *testing.T) {
	cut := func(lasts time.Duration) *Config {
		g := voting(makeGroup("g", ClusterEnabled, 3, 1))
		g.NodeTimeout = 200 * time.Millisecond
		return config(g).withFault(FaultPartition, sec(100), lasts, nodeOf(0, 0))
	}
	_, o := play(t, cut(time.Hour))
	back := o.Failovers[0].Known.Add(time.Millisecond)
	_, o = play(t, cut(back.Sub(sec(100))))
	same(t, "abandoned", o.Failovers[0].Abandoned, back)
}

// The replica is cut off at 100 s, for an hour, and replaced: given up at 175 s, its machine runs at 475 s and has copied at 485 s. Its zone is cut
// off from 3,000 s to 5,000 s: the end of the first partition at 3,700 s is nothing to the new machine.
func TestAPartitionEndsWithTheMachineThatItHolds(t *testing.T) {
	cfg := config(makeGroup("g", ClusterDisabled, 1, 1)).withFault(FaultPartition, sec(100), time.Hour, nodeOf(0, 1))
	_, o := play(t, cfg.withFault(FaultPartition, sec(3000), 2000*time.Second, inZone("b")))
	same(t, "replica reads", windowsOf(o, AccessReplicaRead, ObserverService, 0), spans(100, 485, 3000, 5000))
}

// A shard of three is cut off with its zone: the majority takes its primary for failed, and nobody is in reach who could stand for election. Both of
// its nodes are back before anybody would have asked for votes: nothing is promoted, and they go on.
func TestWhoWasCutOffTooStandsForNoElection(t *testing.T) {
	cut := func(lasts time.Duration) *Config {
		g := voting(makeGroup("g", ClusterEnabled, 3, 1))
		g.NodeGroups[0].Nodes[1].Zone = "a"
		return config(g).withFault(FaultPartition, sec(100), lasts, inZone("a"))
	}
	_, o := play(t, cut(time.Hour))
	back := o.Failovers[0].Known.Add(time.Millisecond)
	_, o = play(t, cut(back.Sub(sec(100))))
	same(t, "failover", []Time{o.Failovers[0].Promoted, o.Failovers[0].Abandoned}, []Time{Never, back})
	same(t, "writes", windowsOf(o, AccessWrite, ObserverService, 0), [][2]Time{{sec(100), back}})
}

// The primary of one shard of three dies at 100 s, while its replica is cut off, which is back a millisecond after FAIL. It did not stand: once
// the time of the election has come the control plane takes 5 s to promote it.
func TestWhoIsBackAfterFAILIsPromotedByTheControlPlane(t *testing.T) {
	play := func(lasts time.Duration) *World {
		cfg := config(voting(makeGroup("g", ClusterEnabled, 3, 1))).withFault(FaultPartition, sec(90), lasts, nodeOf(0, 1))
		w := world(t, cfg.withFault(FaultNode, sec(100), 0, nodeOf(0, 0)))
		w.RunUntil(sec(90).Add(lasts))
		return w
	}
	known := play(25 * time.Second).failovers[0].Known
	w := play(known.Add(time.Millisecond).Sub(sec(90)))
	asks := w.failovers[0].asks
	w.RunUntil(sec(200))
	same(t, "promoted", w.failovers[0].Promoted, asks.Add(votesTake+5*time.Second))
}
