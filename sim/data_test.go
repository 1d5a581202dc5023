package sim

import (
	"fmt"
	"testing"
	"time"

	"failsim/dist"
)

// writing is a group of one shard that writes 1,000 KiB a second, of which the backlog holds 1.024 s.
func writing(replicas int) GroupConfig {
	g := makeGroup("g", ClusterDisabled, 1, replicas)
	g.WritesPerSecond, g.Replication = 1000, ReplicationConfig{WriteBytes: 1024, BacklogBytes: 1 << 20}
	return g
}

// The only replica is cut off from 100 s to 160 s, and the primary dies at 105 s: known at 120 s, at 125 s there is nobody to promote. Back at
// 160 s the replica has more than five seconds of writes to copy, and nobody who has them: it keeps what it has, and is promoted at
// 165 s without the last 5 s.
func TestAReplicaThatIsBackIsPromotedForADeadPrimary(t *testing.T) {
	cfg := config(writing(1)).withFault(FaultPartition, sec(100), 60*time.Second, nodeOf(0, 1)).withFault(FaultNode, sec(105), 0, nodeOf(0, 0))
	_, o := play(t, cfg)
	same(t, "losses", len(o.DataLosses), 0)
	same(t, "tail", o.Failovers[0].LostTail, 5*time.Second)
	same(t, "writes", windowsOf(o, AccessWrite, ObserverService, 0), spans(105, 165))
}

// A replica that a lag spike keeps 20 s behind is cut off at 100 s, and the primary dies at 105 s: it lacks 25 s, and may be promoted as it is.
func TestAReplicaThatIsCutOffKeepsItsLag(t *testing.T) {
	g := writing(1)
	g.Replication.BacklogBytes = 6e6 // more than the 5 s that it missed
	cfg := config(g).withFault(FaultLagSpike, sec(50), time.Hour, ofGroup())
	cfg.Faults[0].Lag = 20 * time.Second
	cfg.withFault(FaultPartition, sec(100), 30*time.Second, nodeOf(0, 1)).withFault(FaultNode, sec(105), 0, nodeOf(0, 0))
	w := world(t, cfg)
	w.RunUntil(sec(131))
	same(t, "stale", w.nodes[1].stale, false)
	w.RunUntil(cfg.End())
	same(t, "tail", w.Outcome().Failovers[0].LostTail, 25*time.Second)
}

// The primary is cut off at 100 s, and the replica, promoted at 120 s, dies at 300 s. The old primary is back at 400 s: it is promoted at 405 s,
// without the 180 s that only the dead one had, though its own data had to give way to that one's. The first promotion has lost nothing then.
func TestAnOldPrimaryThatIsBackIsPromotedForADeadNewOne(t *testing.T) {
	cfg := config(writing(1)).withFault(FaultPartition, sec(100), 300*time.Second, inZone("a")).withFault(FaultNode, sec(300), 0, nodeOf(0, 1))
	_, o := play(t, cfg)
	same(t, "losses", len(o.DataLosses), 0)
	same(t, "tails", []time.Duration{o.Failovers[0].LostTail, o.Failovers[1].LostTail}, []time.Duration{0, 180 * time.Second})
	same(t, "lost writes", []int64{o.Failovers[0].LostWrites, o.Failovers[1].LostWrites}, []int64{0, 180_000})
	same(t, "writes", windowsOf(o, AccessWrite, ObserverService, 0), spans(100, 120, 300, 405))
}

// With automatic failover off the dead primary is replaced in its place, known at 120 s, begun at 180 s, up at 480 s. Replica 002, cut off from
// 100 s to 160 s, missed 5 s of writes: it serves reads with what it has, until the primary, which copies from 003 for 10 s, is there
// to copy from; then it copies for 10 s itself.
func TestAReplicaWithStaleDataCopiesOnceThereIsAPrimary(t *testing.T) {
	g := writing(2)
	g.AutomaticFailover, g.MultiAZ = false, false
	cfg := config(g).withFault(FaultPartition, sec(100), 60*time.Second, nodeOf(0, 1)).withFault(FaultNode, sec(105), 0, nodeOf(0, 0))
	w, o := play(t, cfg)
	same(t, "writes", windowsOf(o, AccessWrite, ObserverService, 0), spans(105, 490))
	same(t, "redundancy", windowsOf(o, AccessRedundancy, ObserverService, 0), spans(100, 160, 490, 500))
	same(t, "cause", o.Windows[len(o.Windows)-1].Cause.String(), "partition")
	var synced []string
	for _, line := range told(w) {
		if len(line) > 8 && (line[:8] == "8m10s Fu" || line[:8] == "8m20s No") {
			synced = append(synced, line)
		}
	}
	same(t, "synced", synced, []string{"8m10s FullSync g-002", "8m20s NodeSynced g-002"})
}

// A zone that is cut off with its primary and a replica from 100 s to 110 s is whole in itself: the replica has missed nothing. If it is cut off
// alone up to 112 s it has missed the 2 MB that the primary wrote from 110 s on, and copies for 10 s; up to 111 s it is 1 MB, which the backlog
// holds.
func TestNodesOfAZoneFollowEachOther(t *testing.T) {
	g := writing(1)
	g.NodeGroups[0].Nodes[1].Zone = "a"
	cfg := config(g).withFault(FaultPartition, sec(100), 10*time.Second, inZone("a"))
	_, o := play(t, cfg)
	same(t, "redundancy", windowsOf(o, AccessRedundancy, ObserverService, 0), spans(100, 110))
	_, o = play(t, cfg.withFault(FaultPartition, sec(100), 12*time.Second, nodeOf(0, 1)))
	same(t, "redundancy of one that is away for longer", windowsOf(o, AccessRedundancy, ObserverService, 0), spans(100, 122))
	_, o = play(t, config(g).withFault(FaultPartition, sec(100), 10*time.Second, inZone("a")).withFault(FaultPartition, sec(100), 11*time.Second, nodeOf(0, 1)))
	same(t, "redundancy of one that is away for 1 s more", windowsOf(o, AccessRedundancy, ObserverService, 0), spans(100, 111))
}

// Zone a is cut off from 100 s to 160 s, and the primary dies there at 105 s. The replica beside it followed it to its end: it loses its lag of
// 1 ms alone, promoted at 165 s. With automatic failover off the primary's replacement copies from that one, and not from the replica in zone b, which lacks
// 5 s more.
func TestAReplicaBesideItsPrimaryFollowsItToItsEnd(t *testing.T) {
	g := writing(1)
	g.NodeGroups[0].Nodes[1].Zone = "a"
	cut := func(g GroupConfig) *Config {
		return config(g).withFault(FaultPartition, sec(100), 60*time.Second, inZone("a")).withFault(FaultNode, sec(105), 0, nodeOf(0, 0))
	}
	_, o := play(t, cut(g))
	same(t, "promoted", o.Failovers[0].Promoted, sec(165))
	same(t, "tail", []any{o.Failovers[0].LostTail, o.Failovers[0].LostWrites}, []any{time.Millisecond, int64(1)})

	g = writing(2)
	g.AutomaticFailover, g.MultiAZ, g.NodeGroups[0].Nodes[2].Zone = false, false, "a"
	_, o = play(t, cut(g))
	same(t, "restored", o.Recoveries[0].Restored, true)
	same(t, "tail of the restored", []any{o.Recoveries[0].LostTail, o.Recoveries[0].LostWrites}, []any{time.Millisecond, int64(1)})

	g.NodeGroups[0].Nodes[2].Zone = "c"
	_, o = play(t, cut(g))
	same(t, "tail without one beside", []any{o.Recoveries[0].LostTail, o.Recoveries[0].LostWrites}, []any{5001 * time.Millisecond, int64(5001)})
}

// The primary is cut off for 10 s and goes on as such, with 10 MB that it took alone. A replica elsewhere copies for 10 s where the output buffer and
// the backlog hold less; one beside it, cut off with the zone, has missed nothing.
func TestReplicasMissWhatAPrimaryThatIsBackTookAlone(t *testing.T) {
	for _, c := range []struct {
		buffer int64
		zone   string
		until  float64
	}{{10_240_000, "b", 110}, {10_239_999, "b", 120}, {0, "a", 110}} {
		g := writing(1)
		g.Replication.BufferBytes, g.NodeGroups[0].Nodes[1].Zone = c.buffer, c.zone
		_, o := play(t, config(g).withFault(FaultPartition, sec(100), 10*time.Second, inZone("a")))
		same(t, "failover", o.Failovers[0].Abandoned, sec(110))
		var want [][2]Time
		if c.zone == "a" {
			want = spans(100, 110)
		} else if c.until > 110 {
			want = spans(110, c.until)
		}
		same(t, fmt.Sprint("redundancy ", c), windowsOf(o, AccessRedundancy, ObserverService, 0), want)
	}
}

// The replica dies at 100 s and is replaced from 175 s on; the primary dies at 457 s and is known at 472 s. At 475 s the replica's replacement is
// up, empty; at 477 s there is nobody to promote, and nobody who has the data: the replacement begins anew. The old primary is replaced
// like any node, from 537 s on, and copies for 10 s from 837 s.
func TestADeadPrimaryIsReplacedThoughAnotherBeganAnew(t *testing.T) {
	cfg := config(makeGroup("g", ClusterDisabled, 1, 1)).withFault(FaultNode, sec(100), 0, nodeOf(0, 1)).withFault(FaultNode, sec(457), 0, nodeOf(0, 0))
	w, o := play(t, cfg)
	same(t, "losses", o.DataLosses, []DataLoss{{At: sec(477), Campaign: -1, Cause: CauseOf(FaultNode)}})
	same(t, "writes", windowsOf(o, AccessWrite, ObserverService, 0), spans(457, 477))
	same(t, "recovery", []Time{o.Recoveries[1].Known, o.Recoveries[1].Started, o.Recoveries[1].Finished}, []Time{sec(472), sec(537), sec(837)})
	same(t, "at rest", w.Idle(), true)
}

// Automatic failover is off. The primary dies at 100 s, and its replacement, up at 475 s, waits for the replica, which is cut off from 200 s on.
// `Recovering` of that one is held back by its zone until 1,000 s: at 1,060 s it is given up, and with it the data.
func TestWhoWaitsForDataLearnsThatItIsGone(t *testing.T) {
	g := makeGroup("g", ClusterDisabled, 1, 1)
	g.AutomaticFailover, g.MultiAZ = false, false
	cfg := config(g).withFault(FaultNode, sec(100), 0, nodeOf(0, 0)).withFault(FaultPartition, sec(200), 3*time.Hour, nodeOf(0, 1))
	_, o := play(t, cfg.withFault(FaultNoCapacity, 0, 1000*time.Second, inZone("b")))
	same(t, "losses", o.DataLosses, []DataLoss{{At: sec(1060), Campaign: -1, Cause: CauseOf(FaultNode)}})
	same(t, "writes", windowsOf(o, AccessWrite, ObserverService, 0), spans(100, 1060))
}

// Replica 003 dies at 0 s, and its replacement is up at 375 s; the primary dies at 372 s, and is to be replaced from 392 s on. Replica 002, which is being
// created and has no data, is cut off from 390 s to 400 s: once it is back, and known to have nothing, 003 begins anew.
func TestWhoIsBackWithoutDataEndsTheWaitForIt(t *testing.T) {
	g := makeGroup("g", ClusterDisabled, 1, 2)
	g.NodeGroups[0].Nodes[1].Status = StatusCreating
	cfg := config(g).withFault(FaultNode, 0, 0, nodeOf(0, 2)).withFault(FaultNode, sec(372), 0, nodeOf(0, 0))
	_, o := play(t, cfg.withFault(FaultPartition, sec(390), 10*time.Second, nodeOf(0, 1)))
	same(t, "losses", o.DataLosses, []DataLoss{{At: sec(400), Campaign: -1, Cause: CauseOf(FaultNode)}})
}

// Automatic failover is off. The primary, replaced and up at 475 s, copies for 10 s from the replica with the least lag, 002, which dies at
// 480 s: it begins again with 003, and has the data at 490 s. If that one dies too, at 485 s, all is lost once it is known, at 500 s.
func TestACopyEndsWithItsSource(t *testing.T) {
	for _, both := range []bool{false, true} {
		g := makeGroup("g", ClusterDisabled, 1, 2)
		g.AutomaticFailover, g.MultiAZ = false, false
		cfg := config(g).withFault(FaultNode, sec(100), 0, nodeOf(0, 0)).withFault(FaultNode, sec(480), 0, nodeOf(0, 1))
		until, losses := 490.0, 0
		if both {
			cfg.withFault(FaultNode, sec(485), 0, nodeOf(0, 2))
			until, losses = 500, 1
		}
		_, o := play(t, cfg)
		same(t, "writes", windowsOf(o, AccessWrite, ObserverService, 0), spans(100, until))
		same(t, "losses", len(o.DataLosses), losses)
	}
}

// A replica that is being created has no data. Its primary dies at 100 s, known at 115 s, with nobody to promote at 120 s: at 180 s its
// replacement begins, and is up at 480 s with nothing to copy. Available at 300 s the replica has nothing either, and begins anew.
func TestAReplicaThatIsCreatedHasNoData(t *testing.T) {
	for _, c := range []struct {
		until Time
		anew  float64
	}{{Never, 480}, {sec(300), 300}} {
		g := makeGroup("g", ClusterDisabled, 1, 1)
		g.NodeGroups[0].Nodes[1].Status, g.NodeGroups[0].Nodes[1].StatusUntil = StatusCreating, c.until
		_, o := play(t, config(g).withFault(FaultNode, sec(100), 0, nodeOf(0, 0)))
		same(t, "losses", o.DataLosses, []DataLoss{{At: sec(c.anew), Campaign: -1, Cause: CauseOf(FaultNode)}})
		same(t, "writes", windowsOf(o, AccessWrite, ObserverService, 0), spans(100, c.anew))
	}
}

// One whose primary is there has copied everything by the time at which it is available.
func TestAReplicaThatWasCreatedHasTheData(t *testing.T) {
	g := makeGroup("g", ClusterDisabled, 1, 1)
	g.NodeGroups[0].Nodes[1].Status, g.NodeGroups[0].Nodes[1].StatusUntil = StatusCreating, sec(50)
	_, o := play(t, config(g).withFault(FaultNode, sec(100), 0, nodeOf(0, 0)))
	same(t, "losses", len(o.DataLosses), 0)
	same(t, "writes", windowsOf(o, AccessWrite, ObserverService, 0), spans(100, 120))
}

// tails are what all promotions lost, and then all primaries that were replaced in their place.
func tails(o *Outcome) (lost []time.Duration) {
	for _, f := range o.Failovers {
		if f.Promoted != Never {
			lost = append(lost, f.LostTail)
		}
	}
	for _, r := range o.Recoveries {
		if r.Restored {
			lost = append(lost, r.LostTail)
		}
	}
	return lost
}

// With automatic failover off the primary's replacement copies from a replica, and what that one trailed is lost: 7 s. A primary that is cut off at
// 100 s and given up by `Recovering` at 175 s has taken writes for 75 s more.
func TestWhatAReplacedPrimaryCannotCopyIsLost(t *testing.T) {
	for _, c := range []struct {
		kind  FaultKind
		lasts time.Duration
		lost  time.Duration
	}{{FaultNode, 0, 7 * time.Second}, {FaultPartition, time.Hour, 82 * time.Second}} {
		g := makeGroup("g", ClusterDisabled, 1, 1)
		g.AutomaticFailover, g.MultiAZ = false, false
		cfg := config(g).withFault(FaultLagSpike, 0, time.Hour, ofGroup()).withFault(c.kind, sec(100), c.lasts, nodeOf(0, 0))
		cfg.Faults[0].Lag = 7 * time.Second
		w, o := play(t, cfg)
		same(t, c.kind.String(), tails(o), []time.Duration{c.lost})
		for _, r := range w.Records() {
			if r.Kind == KindRecoveryFinished {
				same(t, c.kind.String()+": told", r.Lost, c.lost)
			}
		}
	}
}

// Every node of a shard dies, and the log of asynchronous durability, which trails by 7 s, has the data: whoever is the primary then lacks these.
func TestTheLogTrailsToo(t *testing.T) {
	for replicas := range 2 {
		for _, c := range []struct {
			durability Durability
			lost       time.Duration
		}{{DurabilityAsync, 7 * time.Second}, {DurabilitySync, 0}} {
			g := makeGroup("g", ClusterEnabled, 1, replicas)
			g.Durability, g.Delays.Lag = c.durability, dist.Constant(7*time.Second)
			_, o := play(t, config(g).withFault(FaultNode, sec(100), 0, ofGroup()))
			same(t, c.durability.String(), tails(o), []time.Duration{c.lost})
		}
	}
}

// The only replica, back with stale data, is what the primary's replacement copies from: it has what the primary has, and copies nothing.
func TestWhoThePrimaryCopiedFromIsNotStale(t *testing.T) {
	g := writing(1)
	g.AutomaticFailover, g.MultiAZ = false, false
	cfg := config(g).withFault(FaultPartition, sec(100), 60*time.Second, nodeOf(0, 1)).withFault(FaultNode, sec(105), 0, nodeOf(0, 0))
	_, o := play(t, cfg)
	same(t, "tail", tails(o), []time.Duration{5 * time.Second})
	same(t, "writes", windowsOf(o, AccessWrite, ObserverService, 0), spans(105, 490))
	same(t, "redundancy", windowsOf(o, AccessRedundancy, ObserverService, 0), spans(100, 160))
}
