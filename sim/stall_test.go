package sim

import (
	"testing"
	"time"
)

// stalling is a group to which 25 MB/s are written, in writes of 1,000 bytes, and a Config in which from 0 s to 120 s it is 100 MB/s while
// replicas apply 75 MB/s.
func stalling(replicas int, kept ReplicationConfig) *Config {
	g := makeGroup("g", ClusterDisabled, 1, replicas)
	kept.WriteBytes = 1000
	g.WritesPerSecond, g.Replication = 25_000, kept
	return config(g).withStall(0, 120*time.Second)
}

func (c *Config) withStall(at Time, lasts time.Duration) *Config {
	c.withFault(FaultReplicationStall, at, lasts, ofGroup())
	c.Faults[len(c.Faults)-1].Stall = StallConfig{Written: 100e6, Applied: 75e6}
	return c
}

// roomy is a buffer that nothing outgrows, beside a backlog of 1 MiB.
var roomy = ReplicationConfig{BacklogBytes: 1 << 20, BufferBytes: 1 << 40}

// The second stall begins as the first ends: after 160 s 16 GB are written and 12 GB applied, what was written after 120 s. The third begins 40 s
// after their end at 200 s, when 5 GB were left: at 240 s it is 3 GB, all written at 25 MB/s in the last 40 s but 2 GB, of before 200 s. They
// trail by 40 s + 20 s. 20 s on, 1.5 GB more are applied, and 500 MB of 100 MB/s are left: 20 s + 40 s + 5 s.
func TestABacklogLastsFromStallToStall(t *testing.T) {
	cfg := stalling(1, roomy).withStall(sec(120), 80*time.Second).withStall(sec(240), 100*time.Second)
	w := world(t, cfg)
	for _, c := range [][2]float64{{120, 30}, {160, 40}, {200, 50}, {240, 60}, {260, 65}} {
		w.RunUntil(sec(c[0]))
		if got := w.stallLag(1).Seconds(); got < c[1]-1e-6 || got > c[1]+1e-6 {
			t.Errorf("at %v s the replicas trail by %v s, want %v", c[0], got, c[1])
		}
	}
}

// The first stall leaves 3 GB, and 1 GB is left of them at 160 s. A buffer of 3.1 GB overruns in the second stall after 84 s more.
func TestABufferOverrunCountsWhatWasLeft(t *testing.T) {
	cfg := stalling(1, ReplicationConfig{BufferBytes: 3100e6}).withStall(sec(160), 100*time.Second)
	_, o := play(t, cfg)
	same(t, "replica reads", windowsOf(o, AccessReplicaRead, ObserverService, 0)[0][0], sec(244))
}

// The primary dies at 60 s, in the stall: 15 s are lost, written at 100 MB/s: 1,500,000 writes of 1,000 bytes. A death at 200 s, after the
// stall, loses nothing of it.
func TestAStallsLostWritesAreThoseOfItsRate(t *testing.T) {
	_, o := play(t, stalling(1, roomy).withFault(FaultNode, sec(60), 0, nodeOf(0, 0)))
	same(t, "tail", o.Failovers[0].LostTail, 15*time.Second)
	same(t, "writes", o.Failovers[0].LostWrites, int64(1_500_000))
	// At 140 s they trail by 35 s: 15 s at 100 MB/s, 20 s at 25 MB/s.
	_, o = play(t, stalling(1, roomy).withFault(FaultNode, sec(140), 0, nodeOf(0, 0)))
	same(t, "tail across the end", o.Failovers[0].LostTail, 35*time.Second)
	same(t, "writes across the end", o.Failovers[0].LostWrites, int64(1_500_000+500_000))
	_, o = play(t, stalling(1, roomy).withFault(FaultNode, sec(200), 0, nodeOf(0, 0)))
	same(t, "writes after it", o.Failovers[0].LostWrites, int64(25)) // 1 ms at 25,000/s
}

// A full sync of 10 s overruns a buffer of 500 MB in a stall. A replica that was dropped at 20 s copies from 120 s on. It
// is done at 130 s also where a stall begins that has 3.5 s for 350 MB; otherwise it begins again when that is over, at 160 s.
func TestAFullSyncFailsInAStallThatBeginsDuringIt(t *testing.T) {
	for _, c := range []struct{ begin, ready float64 }{{126.5, 130}, {124, 170}, {120, 170}} {
		cfg := stalling(1, ReplicationConfig{BufferBytes: 500e6}).withStall(sec(c.begin), sec(160).Sub(sec(c.begin)))
		_, o := play(t, cfg)
		same(t, "replica reads", windowsOf(o, AccessReplicaRead, ObserverService, 0)[0], [2]Time{sec(20), sec(c.ready)})
	}
}

// Buffers of 500 MB overrun at 20 s, in a stall up to 120 s; then both copy 10 s of data from one primary, in 20 s.
func TestReplicasThatAStallDroppedShareThePrimaryAfterIt(t *testing.T) {
	_, o := play(t, stalling(2, ReplicationConfig{BufferBytes: 500e6}))
	same(t, "replica reads", windowsOf(o, AccessReplicaRead, ObserverService, 0), [][2]Time{{sec(20), sec(140)}})
}

// In a stall of an hour with a buffer of 500 MB the primary dies at 10 s. Nobody writes while its replacement copies for 10 s from its replica,
// without automatic failover, nor where a log has the data of both: it is back as soon as without the stall.
func TestNoStallHoldsTheCopyOfAPrimary(t *testing.T) {
	for _, durable := range []bool{false, true} {
		ready := make([]Time, 2)
		for i, lasts := range []time.Duration{time.Second, time.Hour} {
			cfg := stalling(1, ReplicationConfig{BufferBytes: 500e6})
			cfg.Faults[0].Duration = lasts
			g := &cfg.Groups[0]
			g.AutomaticFailover, g.MultiAZ = durable, false
			cfg.withFault(FaultNode, sec(10), 0, nodeOf(0, 0))
			if durable {
				g.Durability = DurabilityAsync
				cfg.withFault(FaultNode, sec(10), 0, nodeOf(0, 1))
			}
			_, o := play(t, cfg)
			ready[i] = windowsOf(o, AccessWrite, ObserverService, 0)[0][1]
		}
		same(t, "writes again", ready[1], ready[0])
	}
}

// The primary dies 10 s after the stall: its lag is lost. The other replica follows the promoted one from 150 s on and has all that it has, and so
// has the replacement of the old one. What dies later loses 1 ms.
func TestAPromotionEndsTheBacklog(t *testing.T) {
	for _, replicas := range []int{1, 2} {
		cfg := stalling(replicas, roomy).withFault(FaultNode, sec(130), 0, nodeOf(0, 0))
		at := sec(152)
		if replicas == 1 {
			at = sec(550) // the replacement has copied at 520 s
		}
		_, o := play(t, cfg.withFault(FaultNode, at, 0, nodeOf(0, 1)))
		same(t, "tail of the stall", o.Failovers[0].LostTail, 32500*time.Millisecond)
		same(t, "tail after it", o.Failovers[1].LostTail, time.Millisecond)
	}
}

// The primary dies at 100 s and a replica is promoted at 120 s. The other one follows that from then on, and trails by a quarter of 40 s at 160 s.
func TestAPromotionInAStallBeginsTheBacklogAnew(t *testing.T) {
	cfg := stalling(2, roomy)
	cfg.Faults[0].Duration = time.Hour
	_, o := play(t, cfg.withFault(FaultNode, sec(100), 0, nodeOf(0, 0)).withFault(FaultNode, sec(160), 0, nodeOf(0, 1)))
	same(t, "tails", []time.Duration{o.Failovers[0].LostTail, o.Failovers[1].LostTail}, []time.Duration{25 * time.Second, 10 * time.Second})
}

// A replica that dies at 0 s is back at 385 s, in a stall of an hour, with 10 s of writes that have waited while it copied: it trails by these and
// a quarter of the time since, the other one by a quarter of all.
func TestAFullSyncLeavesWhatIsWrittenMeanwhile(t *testing.T) {
	cfg := stalling(2, roomy).withFault(FaultNode, 0, 0, nodeOf(0, 1))
	cfg.Faults[0].Duration = time.Hour
	w := world(t, cfg)
	w.RunUntil(sec(485))
	same(t, "lags", []time.Duration{w.stallLag(1), w.stallLag(2)}, []time.Duration{35 * time.Second, 485 * time.Second / 4})
}

// In a stall a replica is cut off from 100 s to 140 s, which its connection survives: at 142 s it has applied for 102 s, three quarters of what was
// written in them. Its buffer has to hold the 2.5 GB that it trailed by at 100 s, and 4 GB more. One that is cut off for 61 s has lost the
// connection, and the backlog of 1 MiB does not hold what it misses.
func TestAReplicaThatIsCutOffInAStallMissesWhatIsWritten(t *testing.T) {
	for _, c := range []struct {
		away   time.Duration
		buffer int64
		syncs  bool
	}{{40 * time.Second, 6600e6, false}, {40 * time.Second, 6400e6, true}, {61 * time.Second, 1 << 40, true}} {
		cfg := stalling(1, ReplicationConfig{BacklogBytes: 1 << 20, BufferBytes: c.buffer}).withFault(FaultPartition, sec(100), c.away, nodeOf(0, 1))
		cfg.Faults[0].Duration = 203 * time.Second
		w := world(t, cfg)
		w.RunUntil(sec(100).Add(c.away))
		same(t, "copies", w.nodes[1].down&downSyncing != 0, c.syncs)
		if !c.syncs {
			w.RunUntil(sec(142))
			same(t, "lag", w.stallLag(1), 142*time.Second-102*time.Second*3/4)
		}
	}
}

// A new primary stands by at 320 s and serves at 320.5 s. It keeps 1 MiB of the stream, and the replica of a stall was 8 GB behind: it copies for 10 s.
// A replica that copies since 475 s begins again when the place of its primary is swapped at 480.5 s.
func TestTheNewNodeOfAPrimarysPlaceIsAnotherSource(t *testing.T) {
	cfg := stalling(1, roomy)
	cfg.Faults[0].Duration = time.Hour
	_, o := play(t, cfg.withFault(FaultReplacement, sec(10), 0, nodeOf(0, 0)))
	same(t, "replica reads in a stall", windowsOf(o, AccessReplicaRead, ObserverService, 0), spans(320.5, 330.5))

	cfg = config(makeGroup("g", ClusterDisabled, 1, 1)).withFault(FaultNode, sec(100), 0, nodeOf(0, 1))
	_, o = play(t, cfg.withFault(FaultReplacement, sec(170), 0, nodeOf(0, 0)))
	same(t, "replica reads", windowsOf(o, AccessReplicaRead, ObserverService, 0), spans(100, 490.5))
}

// A new primary would copy from 310 s on, in 10 s. 1 GB is written in them, and so it has 500 MB of buffer after the stall, at 1,000 s, or after the
// next one, where that leaves it 4 s.
func TestANewNodeCopiesNothingThatAStallOverruns(t *testing.T) {
	for _, c := range []struct{ next, over, swapped float64 }{{2000, 2100, 1010}, {1004, 1100, 1110}} {
		cfg := stalling(1, ReplicationConfig{BufferBytes: 500e6}).withStall(sec(c.next), sec(c.over).Sub(sec(c.next)))
		cfg.Faults[0].Duration = 1000 * time.Second
		_, o := play(t, cfg.withFault(FaultReplacement, 0, 0, nodeOf(0, 0)))
		same(t, "writes", windowsOf(o, AccessWrite, ObserverService, 0), spans(c.swapped, c.swapped+0.5))
	}
}

// Replicas that apply no more than the 25 MB/s of ordinary writes do not catch up after a stall. That is only doubtful: such a stall can be injected.
func TestAStallFromWhichReplicasDoNotCatchUpCanBeInjected(t *testing.T) {
	cfg := stalling(1, roomy)
	slow := cfg.Faults[0]
	cfg.Faults, slow.Stall.Applied = nil, 25e6
	if _, err := world(t, cfg).Inject(slow); err != nil {
		t.Error(err)
	}
}
