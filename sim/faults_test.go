package sim

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// nodeOf aims at one node of the first group.
func nodeOf(nodeGroup, node int) TargetConfig {
	return TargetConfig{Groups: []int{0}, NodeGroup: nodeGroup, Node: node}
}

// inZone aims at a zone.
func inZone(zone string) TargetConfig { return TargetConfig{Zone: zone, NodeGroup: -1, Node: -1} }

// ofGroup aims at the first group.
func ofGroup() TargetConfig { return TargetConfig{Groups: []int{0}, NodeGroup: -1, Node: -1} }

// withFault adds a fault that lasts so long.
func (c *Config) withFault(kind FaultKind, at Time, lasts time.Duration, target TargetConfig) *Config {
	c.Faults = append(c.Faults, FaultConfig{Kind: kind, At: at, Duration: lasts, Target: target, Slowdown: Unhurried})
	return c
}

// told is the timeline in words, a line for each record: seconds, kind, node.
func told(w *World) (lines []string) {
	for _, r := range w.Records() {
		text := w.Describe(r)
		lines = append(lines, strings.Join(strings.Fields(time.Duration(r.At).String()+" "+text.Kind+" "+text.Node), " "))
	}
	return lines
}

// messages are the service events, a line each.
func messages(w *World) (lines []string) {
	for _, e := range w.ServiceEvents() {
		lines = append(lines, time.Duration(e.At).String()+" "+e.SourceID+" "+e.Message)
	}
	return lines
}

// same compares what came with what was expected.
func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// spans makes windows readable: pairs of seconds.
func spans(seconds ...float64) (all [][2]Time) {
	for i := 0; i < len(seconds); i += 2 {
		all = append(all, [2]Time{sec(seconds[i]), sec(seconds[i+1])})
	}
	return all
}

// The primary dies at 100 s, is known at 115 s, a replica is promoted at 120 s, `Recovering` comes 60 s later, the new node runs
// 300 s after that and has the data in 10 s: 490 s.
func TestADeadPrimaryIsDetectedReplacedByAReplicaAndRecovered(t *testing.T) {
	w, o := play(t, config(makeGroup("g", ClusterDisabled, 1, 2)).withFault(FaultNode, sec(100), 0, nodeOf(0, 0)))
	f := o.Failovers[0]
	same(t, "instants", []Time{f.Accepted, f.CutOff, f.Known, f.Promoted, f.Completed, f.Propagated, f.RecoveryStarted, f.Provisioned, f.Finished},
		[]Time{Never, sec(100), sec(115), sec(120), sec(120), sec(130), sec(180), sec(480), sec(490)})
	same(t, "cause", f.Cause.String(), "node")
	same(t, "writes", windowsOf(o, AccessWrite, ObserverService, 0), spans(100, 120))
	same(t, "writes by name", windowsOf(o, AccessWrite, ObserverEndpoint, 0), spans(100, 130))
	same(t, "redundancy", windowsOf(o, AccessRedundancy, ObserverService, 0), spans(120, 490))
	same(t, "events", messages(w), []string{
		"2m0s g-001 Failover from primary node g-001 to replica node g-002 completed",
		"2m0s g Failover from primary node g-001 to replica node g-002 completed",
		"3m0s g-001 Recovering cache nodes 0001",
		"8m10s g-001 Finished recovery for cache nodes 0001",
	})
}

// A replica dies at 100 s: known at 115 s, `Recovering` 60 s later, back after 300 s and a sync of 10 s. Nobody misses a write.
func TestADeadReplicaIsReplacedAndWritesGoOn(t *testing.T) {
	w, o := play(t, config(makeGroup("g", ClusterEnabled, 1, 2)).withFault(FaultNode, sec(100), 0, nodeOf(0, 2)))
	same(t, "failovers", len(o.Failovers), 0)
	same(t, "writes", windowsOf(o, AccessWrite, ObserverService, 0), spans())
	same(t, "replica reads", windowsOf(o, AccessReplicaRead, ObserverService, 0), spans())
	same(t, "redundancy", windowsOf(o, AccessRedundancy, ObserverService, 0), spans(100, 485))
	same(t, "recoveries", o.Recoveries, []Recovery{{Node: 2, Campaign: -1, Cause: CauseOf(FaultNode), Began: sec(100), Known: sec(115),
		Started: sec(175), Provisioned: sec(475), Finished: sec(485), Cancelled: Never}})
	same(t, "events", messages(w), []string{"2m55s g-0001-003 Recovering cache nodes 0001", "8m5s g-0001-003 Finished recovery for cache nodes 0001"})
}

func TestOnlyReplicasThatAreLeftArePromoted(t *testing.T) {
	cfg := config(makeGroup("g", ClusterDisabled, 1, 2)).withFault(FaultNode, sec(100), 0, nodeOf(0, 1)).withFault(FaultNode, sec(100), 0, nodeOf(0, 0))
	_, o := play(t, cfg)
	same(t, "promoted", o.Failovers[0].New, int32(2))
	same(t, "recoveries", len(o.Recoveries), 2)
}

// All nodes die at 100 s. At 120 s no replica is there to promote. Replicas are known dead at 115 s and begin to be replaced at
// 175 s, the primary at 180 s: so the first replica is up at 475 s, empty, and begins anew as the primary; the others have
// nothing to copy.
func TestAShardThatLosesAllNodesComesBackEmpty(t *testing.T) {
	w, o := play(t, config(makeGroup("g", ClusterEnabled, 1, 2)).withFault(FaultNode, sec(100), 0, ofGroup()))
	same(t, "losses", o.DataLosses, []DataLoss{{At: sec(475), Campaign: -1, Cause: CauseOf(FaultNode)}})
	same(t, "writes", windowsOf(o, AccessWrite, ObserverService, 0), spans(100, 475))
	same(t, "redundancy", windowsOf(o, AccessRedundancy, ObserverService, 0), spans(100, 480))
	same(t, "promoted", o.Failovers[0].Promoted, Never)
	same(t, "abandoned", o.Failovers[0].Abandoned, sec(475))
	same(t, "primary", w.nodeGroups[0].primary, int32(1))
}

// With automatic failover off nothing is promoted: the primary is replaced in its place, known at 115 s, begun at 175 s, up at
// 475 s, and copies from a replica for 10 s. Reads go on.
func TestWithoutAutomaticFailoverThePrimaryItselfIsReplaced(t *testing.T) {
	g := makeGroup("g", ClusterDisabled, 1, 1)
	g.AutomaticFailover, g.MultiAZ = false, false
	w, o := play(t, config(g).withFault(FaultNode, sec(100), 0, nodeOf(0, 0)))
	same(t, "failovers", len(o.Failovers), 0)
	same(t, "writes", windowsOf(o, AccessWrite, ObserverService, 0), spans(100, 485))
	same(t, "reads", windowsOf(o, AccessRead, ObserverService, 0), spans())
	same(t, "losses", len(o.DataLosses), 0)
	same(t, "primary", w.nodeGroups[0].primary, int32(0))
}

// Zone a holds the primary and is lost from 100 s to 1,000 s: the failover is as ever, but `Recovering` comes 60 s after the zone
// is back.
func TestReplacementsInALostZoneWaitForIt(t *testing.T) {
	w, o := play(t, config(makeGroup("g", ClusterDisabled, 1, 2)).withFault(FaultZone, sec(100), 900*time.Second, inZone("a")))
	same(t, "writes", windowsOf(o, AccessWrite, ObserverService, 0), spans(100, 120))
	same(t, "recovering", o.Recoveries[0].Started, sec(1060))
	same(t, "redundancy", windowsOf(o, AccessRedundancy, ObserverService, 0), spans(120, 1370))
	same(t, "story", told(w)[:5], []string{"1m40s FaultStruck", "1m40s NodeFailed g-001", "1m55s FailureKnown g-001",
		"2m0s ReplicaPromoted g-002", "2m0s FailoverCompleted g-002"})
}

// The power of zone a is lost from 100 s to 700 s: only then, and 60 s later, does `Recovering` come. A group that is not Multi-AZ keeps its power.
func TestReplacementsWithoutPowerWaitForTheEndOfTheAction(t *testing.T) {
	single := makeGroup("h", ClusterDisabled, 1, 1)
	single.MultiAZ = false
	_, o := play(t, config(makeGroup("g", ClusterDisabled, 1, 1), single).withFault(FaultZonePower, sec(100), 600*time.Second, inZone("a")))
	same(t, "writes", windowsOf(o, AccessWrite, ObserverService, 0), spans(100, 120))
	same(t, "recoveries", len(o.Recoveries), 1)
	same(t, "recovering", o.Recoveries[0].Started, sec(760))
}

// While the zone is lost the control plane takes three times as long: 45 s + 15 s to the promotion.
func TestALostZoneSlowsTheControlPlaneDown(t *testing.T) {
	cfg := config(makeGroup("g", ClusterDisabled, 1, 1)).withFault(FaultZone, sec(100), time.Hour, inZone("a"))
	cfg.Faults[0].Slowdown = 3 * Unhurried
	_, o := play(t, cfg)
	same(t, "writes", windowsOf(o, AccessWrite, ObserverService, 0), spans(100, 160))
}

// A detection of 213 days takes ten years where a lost zone makes it a thousand times longer, and one of twenty years stays as it is.
func TestASlowControlPlaneTakesTenYearsAtMost(t *testing.T) {
	const year = 365 * 24 * time.Hour
	w := world(t, config(makeGroup("g", ClusterDisabled, 1, 1)))
	w.slowdown = 1000 * Unhurried
	for d, want := range map[time.Duration]time.Duration{
		time.Second: 1000 * time.Second, year / 100: 10 * year, 213 * 24 * time.Hour: 10 * year, 20 * year: 20 * year, 250 * year: 250 * year,
	} {
		same(t, d.String(), w.control(d), want)
	}
}

// A lag of ten years and the 80 s that the old primary takes writes alone are ten years.
func TestALostTailIsTenYearsAtMost(t *testing.T) {
	cfg := config(makeGroup("g", ClusterDisabled, 1, 1)).withFault(FaultLagSpike, 0, time.Hour, ofGroup())
	cfg.Faults[0].Lag = longestFault
	_, o := play(t, cfg.withFault(FaultPartition, sec(100), time.Hour, nodeOf(0, 0)))
	same(t, "lost", o.Failovers[0].LostTail, longestFault)
}

// Without capacity in its zone the replacement, due at 180 s, waits until 1,100 s and then 60 s more.
func TestAReplacementWaitsForCapacity(t *testing.T) {
	cfg := config(makeGroup("g", ClusterDisabled, 1, 1)).withFault(FaultNoCapacity, sec(50), 1050*time.Second, inZone("a"))
	_, o := play(t, cfg.withFault(FaultNode, sec(100), 0, nodeOf(0, 0)))
	same(t, "recovering", o.Recoveries[0].Started, sec(1160))
}

// Two replicas die together and come up together at 475 s; the primary sends 1 GB to each at 100 MB/s in all: 20 s.
func TestFullSyncsOfAShardShareThePrimary(t *testing.T) {
	_, o := play(t, config(makeGroup("g", ClusterEnabled, 1, 2)).withFault(FaultNode, sec(100), 0, nodeOf(0, 1)).withFault(FaultNode, sec(104), 0, nodeOf(0, 2)))
	// The first copies alone for 4 s, 6 s are left; both take twice as long: the first is done 12 s later, the other then has
	// 4 s left and is alone.
	same(t, "finished", []Time{o.Recoveries[0].Finished, o.Recoveries[1].Finished}, []Time{sec(475 + 16), sec(475 + 20)})
}

// The new primary dies while the old one still copies: there is nobody to promote, and nobody to copy from, so all is lost.
func TestASecondFailureDuringTheRecoveryLosesTheData(t *testing.T) {
	_, o := play(t, config(makeGroup("g", ClusterDisabled, 1, 1)).withFault(FaultNode, sec(100), 0, nodeOf(0, 0)).withFault(FaultNode, sec(485), 0, nodeOf(0, 1)))
	// The replacement of 001 is up at 480 s and waits from 485 s on; 002 is known dead at 500 s. At 505 s the control plane finds nobody to
	// promote, and nobody who has the data: 001 begins anew.
	same(t, "losses", o.DataLosses, []DataLoss{{At: sec(505), Campaign: -1, Cause: CauseOf(FaultNode)}})
	same(t, "writes", windowsOf(o, AccessWrite, ObserverService, 0), spans(100, 120, 485, 505))
}

// A reboot of the primary promotes nothing: no writes for 50 s, and the data is gone; replicas serve reads meanwhile.
func TestARebootedPrimaryComesBackEmpty(t *testing.T) {
	w, o := play(t, config(makeGroup("g", ClusterDisabled, 1, 1)).withFault(FaultReboot, sec(100), 0, nodeOf(0, 0)))
	same(t, "writes", windowsOf(o, AccessWrite, ObserverService, 0), spans(100, 150))
	same(t, "reads", windowsOf(o, AccessRead, ObserverService, 0), spans())
	same(t, "losses", o.DataLosses, []DataLoss{{At: sec(150), Campaign: -1, Cause: CauseOf(FaultReboot)}})
	same(t, "failovers", len(o.Failovers)+len(o.Recoveries), 0)
	same(t, "events", messages(w), []string{"1m40s g-001 Cache node 0001 shutdown", "2m30s g-001 Cache node 0001 restarted"})
}

func TestALagSpikeIsLostAtAPromotion(t *testing.T) {
	cfg := config(makeGroup("g", ClusterDisabled, 1, 1)).withFault(FaultLagSpike, sec(50), 100*time.Second, ofGroup())
	cfg.Faults[0].Lag = 7 * time.Second
	_, o := play(t, cfg.withFault(FaultNode, sec(100), 0, nodeOf(0, 0)).withFault(FaultNode, sec(10_000), 0, nodeOf(0, 1)))
	same(t, "lost", []time.Duration{o.Failovers[0].LostTail, o.Failovers[1].LostTail}, []time.Duration{7 * time.Second, time.Millisecond})
}

// Written at 100 MB/s and applied at 75 MB/s: after 100 s the replicas have applied 7.5 GB, which were written after 75 s, so
// they trail by 25 s. The stretch ends after 120 s with 3 GB to go; ordinary writes are 25 MB/s. 20 s later, at 140 s, 10.5 GB are applied:
// what was written after 105 s, a lag of 35 s. At 170 s 12.75 GB are applied, 750 MB beyond the 12 GB of the stretch: written 30 s
// after its end, at 150 s; 20 s. From 180 s on, 13.5 GB = 12 GB + 60 s x 25 MB/s, they have caught up.
func TestAStallIsAFluidBacklog(t *testing.T) {
	g := makeGroup("g", ClusterDisabled, 1, 1)
	g.WritesPerSecond, g.Replication = 25_000, ReplicationConfig{WriteBytes: 1000, BufferBytes: 1 << 40}
	cfg := config(g).withFault(FaultReplicationStall, 0, 120*time.Second, ofGroup())
	cfg.Faults[0].Stall = StallConfig{Written: 100e6, Applied: 75e6}
	w := world(t, cfg)
	for _, c := range [][2]float64{{0, 0}, {100, 25}, {120, 30}, {140, 35}, {160, 40}, {170, 20}, {180, 0}, {1000, 0}} {
		w.RunUntil(sec(c[0]))
		if got := w.stallLag(1).Seconds(); got < c[1]-1e-6 || got > c[1]+1e-6 {
			t.Errorf("at %v s the replicas trail by %v s, want %v", c[0], got, c[1])
		}
	}
}

// The backlog grows by 25 MB/s and outgrows a buffer of 500 MB after 20 s: the replica is dropped. Its sync of 10 s would need a
// buffer of 1 GB, so it succeeds only 10 s after the stretch ends at 120 s.
func TestABufferOverrunEndsInAFullSync(t *testing.T) {
	g := makeGroup("g", ClusterDisabled, 1, 1)
	g.WritesPerSecond, g.Replication = 25_000, ReplicationConfig{WriteBytes: 1000, BufferBytes: 500e6}
	cfg := config(g).withFault(FaultReplicationStall, 0, 120*time.Second, ofGroup())
	cfg.Faults[0].Stall = StallConfig{Written: 100e6, Applied: 75e6}
	_, o := play(t, cfg)
	same(t, "replica reads", windowsOf(o, AccessReplicaRead, ObserverService, 0), spans(20, 130))
}

// Each place of a 1+1 shard takes 300 s to prepare and 10 s to fill. The replicas' places are swapped at 310 s, the primaries'
// would be at 620 s: the first is, for 0.5 s, the second has to wait for it.
func TestPlannedWorkTakesReplicasFirstAndOnePrimaryAtATime(t *testing.T) {
	w, o := play(t, config(makeGroup("g", ClusterEnabled, 2, 1)).withFault(FaultReplacement, 0, 0, ofGroup()))
	same(t, "writes", windowsOf(o, AccessWrite, ObserverService, 0), spans(620, 620.5, 620.5, 621))
	same(t, "redundancy", windowsOf(o, AccessRedundancy, ObserverService, 0), spans())
	same(t, "cause", o.Windows[0].Cause.String(), "replacement")
	same(t, "replacing", w.groups[0].replacing, int32(0))
	want := []string{"Recovering", "Recovering", "Finished recovery", "Recovering", "Finished recovery", "Recovering", "Finished recovery", "Finished recovery"}
	for i, line := range messages(w) {
		if !strings.Contains(line, want[i]) {
			t.Errorf("event %d is %q, want %s", i, line, want[i])
		}
	}
}

func TestUpgradesAndScalingSayWhenANodeIsDone(t *testing.T) {
	cfg := config(makeGroup("g", ClusterDisabled, 1, 1)).withFault(FaultUpgrade, 0, 0, ofGroup()).withFault(FaultScale, sec(10_000), 0, ofGroup())
	cfg.Faults[1].Work.NodeType = "cache.r7g.xlarge"
	w, o := play(t, cfg)
	same(t, "writes", windowsOf(o, AccessWrite, ObserverService, 0), spans(620, 623, 10_620, 10_620.5))
	same(t, "events", messages(w), []string{
		"5m10s g-002 Cache cluster patched",
		"10m23s g-001 Cache cluster patched",
		"2h51m50s g-002 Succeeded applying modification to cache node type to cache.r7g.xlarge.",
		"2h57m0.5s g-001 Succeeded applying modification to cache node type to cache.r7g.xlarge.",
	})
}

// Three shards of 1+2 prepare a new node each 310 s, side by side: the replicas' places are swapped at 310 s and at 620 s. The primaries' new nodes
// are ready at 930 s, and are swapped one after the other, 3 s each; all the time every shard can be read.
func TestAnUpgradeTakesShardsInParallelAndOnePrimaryAtATime(t *testing.T) {
	w, o := play(t, config(makeGroup("g", ClusterEnabled, 3, 2)).withFault(FaultUpgrade, 0, 0, ofGroup()))
	for shard := range int32(3) {
		from := 930 + 3*float64(shard)
		var writes [][2]Time
		for _, window := range o.Windows {
			if window.Access == AccessWrite && window.Observer == ObserverService && window.NodeGroup == shard {
				writes = append(writes, [2]Time{window.From, window.To})
			}
		}
		same(t, "writes", writes, spans(from, from+3))
	}
	same(t, "reads", windowsOf(o, AccessRead, ObserverService, 0), spans())
	same(t, "events", messages(w), []string{
		"5m10s g-0001-002 Cache cluster patched", "5m10s g-0002-002 Cache cluster patched", "5m10s g-0003-002 Cache cluster patched",
		"10m20s g-0001-003 Cache cluster patched", "10m20s g-0002-003 Cache cluster patched", "10m20s g-0003-003 Cache cluster patched",
		"15m33s g-0001-001 Cache cluster patched", "15m36s g-0002-001 Cache cluster patched", "15m39s g-0003-001 Cache cluster patched",
	})
}

// 2026-01-01 is a Thursday: the first Sunday 05:00 is 3 days and 5 hours on; inside a window work begins at once, also in one
// that began on the Saturday before.
func TestWorkWaitsForTheMaintenanceWindow(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	sunday := MaintenanceWindow{Day: time.Sunday, Begin: 5 * time.Hour, Length: 4 * time.Hour}
	wraps := MaintenanceWindow{Day: time.Saturday, Begin: 23 * time.Hour, Length: 2 * time.Hour}
	const day = 24 * time.Hour
	for _, c := range []struct {
		window   MaintenanceWindow
		at, want time.Duration
	}{
		{sunday, 0, 3*day + 5*time.Hour},
		{sunday, 3*day + 6*time.Hour, 3*day + 6*time.Hour},
		{sunday, 3*day + 9*time.Hour, 10*day + 5*time.Hour},
		{wraps, 3*day + 30*time.Minute, 3*day + 30*time.Minute},
		{wraps, 3*day + 90*time.Minute, 9*day + 23*time.Hour},
	} {
		if got := c.window.Next(start, Time(c.at)); got != Time(c.want) {
			t.Errorf("from %v on: %v, want %v", c.at, got, c.want)
		}
	}
}

// Two shards have two votes, and a majority of two is two: without one primary the other stops too, after the node timeout and
// the wait for a ping, 15 s to 22.5 s, and goes on 5 s after the promotion at 100 + 15 + 5 s, which finds it stopped at most.
func TestTheEngineHaltsWithoutAMajority(t *testing.T) {
	g := makeGroup("g", ClusterEnabled, 2, 1)
	w, o := play(t, config(voting(g)).withFault(FaultNode, sec(100), 0, nodeOf(0, 0)))
	var other [][2]Time
	for _, window := range o.Windows {
		if window.NodeGroup == 1 && window.Access == AccessWrite && window.Observer == ObserverService {
			other = append(other, [2]Time{window.From, window.To})
		}
	}
	if len(other) != 1 || other[0][0] < sec(110) || other[0][0] > sec(115) || other[0][1] != sec(125) {
		t.Errorf("the other shard was out %v, want from between 110 and 115 s to 125 s\n%s", other, strings.Join(told(w), "\n"))
	}
}

func TestWorkInAWindowIsAnnounced(t *testing.T) {
	g := makeGroup("g", ClusterDisabled, 1, 1)
	g.Maintenance = MaintenanceWindow{Day: time.Thursday, Begin: time.Hour, Length: 2 * time.Hour}
	cfg := config(g).withFault(FaultReplacement, sec(60), 0, nodeOf(0, 1))
	cfg.Faults[0].Work.InWindow = true
	w, _ := play(t, cfg)
	same(t, "events", messages(w), []string{
		"1m0s g-002 The node with Cache Cluster ID: g-002, Node ID: 0001 is scheduled for replacement during the maintenance window " +
			"from Start Time: 2026-01-01T01:00:00Z, End Time: 2026-01-01T03:00:00Z",
		"1h0m0s g-002 Recovering cache nodes 0001",
		"1h5m10s g-002 Finished recovery for cache nodes 0001",
	})
}

func TestADurableGroupLosesNothing(t *testing.T) {
	for _, c := range []struct {
		durability Durability
		lost       time.Duration
	}{{DurabilityNone, 30 * time.Second}, {DurabilityAsync, 10 * time.Second}, {DurabilitySync, 0}} {
		g := makeGroup("g", ClusterEnabled, 1, 1)
		g.Durability = c.durability
		cfg := config(g).withFault(FaultLagSpike, 0, time.Hour, ofGroup())
		cfg.Faults[0].Lag = 30 * time.Second
		_, o := play(t, cfg.withFault(FaultNode, sec(100), 0, nodeOf(0, 0)).withFault(FaultNode, sec(10_000), 0, ofGroup()))
		same(t, c.durability.String(), o.Failovers[0].LostTail, c.lost)
		losses := 0
		if c.durability == DurabilityNone {
			losses = 1
		}
		same(t, c.durability.String()+": losses", len(o.DataLosses), losses)
	}
}

// A node failed at 100 s keeps its group busy until `Finished recovery` at 490 s.
func TestAFailedNodeKeepsTheGroupBusy(t *testing.T) {
	w := world(t, config(makeGroup("g", ClusterEnabled, 3, 1)).withFault(FaultNode, sec(100), 0, nodeOf(0, 1)))
	w.RunUntil(sec(110))
	same(t, "during", w.TestFailover("g", "0002"), ReplacementRunning)
	w.RunUntil(sec(485))
	same(t, "after", w.TestFailover("g", "0002"), NoViolation)
}

// The primary dies one second into an accepted call: the call's failover is the one that the service now makes for the dead node.
func TestAPrimaryThatDiesDuringACallIsFailedOverOnce(t *testing.T) {
	_, o := play(t, config(makeGroup("g", ClusterDisabled, 1, 1)).withCall(sec(100), "g", "0001").withFault(FaultNode, sec(101), 0, nodeOf(0, 0)))
	same(t, "failovers", len(o.Failovers), 1)
	same(t, "recoveries", len(o.Recoveries), 1)
	f := o.Failovers[0]
	same(t, "instants", []Time{f.Accepted, f.CutOff, f.Known, f.Promoted}, []Time{sec(100), sec(101), sec(116), sec(121)})
}
