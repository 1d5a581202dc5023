package sim

import (
	"strings"
	"testing"
	"time"

	"failsim/dist"
)

// The place of 002 is prepared when 001 dies at 100 s and 002 is promoted at 120 s. Ready at 310 s, it stands back: 003 is prepared and
// swapped at 620 s, then 001, which is back since 490 s, at 930 s, and the primary last, at 1,240 s.
func TestAPromotedNodeIsSwappedLast(t *testing.T) {
	cfg := config(makeGroup("g", ClusterDisabled, 1, 2)).withFault(FaultReplacement, 0, 0, ofGroup())
	w, o := play(t, cfg.withFault(FaultNode, sec(100), 0, nodeOf(0, 0)))
	var swapped []string
	for _, r := range w.Records() {
		if r.Kind == KindPlaceSwapped {
			swapped = append(swapped, w.Describe(r).Node)
		}
	}
	same(t, "order", swapped, []string{"g-003", "g-001", "g-002"})
	same(t, "writes", windowsOf(o, AccessWrite, ObserverService, 0), spans(100, 120, 1240, 1240.5))
}

// Work that begins while a replica is down takes the other one first, and then waits: 002, dead at 100 s, is back at 485 s; 003 is swapped
// at 510 s, 002 at 820 s, and the primary at 1,130 s.
func TestWorkLeavesANodeAloneThatIsDown(t *testing.T) {
	cfg := config(makeGroup("g", ClusterDisabled, 1, 2)).withFault(FaultNode, sec(100), 0, nodeOf(0, 1))
	_, o := play(t, cfg.withFault(FaultReplacement, sec(200), 0, ofGroup()))
	same(t, "writes", windowsOf(o, AccessWrite, ObserverService, 0), spans(1130, 1130.5))

	cfg = config(makeGroup("g", ClusterDisabled, 1, 1)).withFault(FaultNode, sec(100), 0, nodeOf(0, 1))
	_, o = play(t, cfg.withFault(FaultReplacement, sec(200), 0, ofGroup()))
	same(t, "nothing else to do: 002 from 485 s on, swapped at 795 s, the primary at 1,105 s",
		windowsOf(o, AccessWrite, ObserverService, 0), spans(1105, 1105.5))
}

// A reboot that would last from 100 s to 905 s ends with the node's death at 110 s: it does not end the swap of the node's place, from 900 s
// to 910.5 s: 0.5 s, and 10 s of copying because no replica serves meanwhile.
func TestADeadNodesRebootIsOver(t *testing.T) {
	g := makeGroup("g", ClusterDisabled, 1, 0)
	g.Delays.Reboot = dist.Constant(805 * time.Second)
	cfg := config(g).withFault(FaultReboot, sec(100), 0, nodeOf(0, 0)).withFault(FaultNode, sec(110), 0, nodeOf(0, 0))
	w, o := play(t, cfg.withFault(FaultReplacement, sec(600), 0, ofGroup()))
	same(t, "writes", windowsOf(o, AccessWrite, ObserverService, 0), spans(100, 485, 900, 910.5))
	for _, line := range messages(w) {
		if line == "15m5s g-001 Cache node 0001 restarted" {
			t.Errorf("the dead node's reboot came to an end: %s", line)
		}
	}
}

// A replica that is cut off from 270 s to 310.2 s has lost more than the backlog holds. Its primary's place is swapped from 310 s to 310.5 s, so that it cannot
// copy yet, and its primary dies at 310.3 s: what it missed is lost.
func TestAStaleReplicaThatIsPromotedHasMissedWhatItMissed(t *testing.T) {
	g := makeGroup("g", ClusterDisabled, 1, 1)
	g.WritesPerSecond, g.Replication = 1000, ReplicationConfig{WriteBytes: 1000}
	cfg := config(g).withFault(FaultReplacement, 0, 0, nodeOf(0, 0)).withFault(FaultPartition, sec(270), 40200*time.Millisecond, nodeOf(0, 1))
	_, o := play(t, cfg.withFault(FaultNode, sec(310.3), 0, nodeOf(0, 0)))
	same(t, "tail", o.Failovers[0].LostTail, 40200*time.Millisecond)
}

// What looks for works sees those in progress alone, however many there were: on two node groups an hour apart, three times.
func TestWorksThatAreOverAreNoLongerLookedAt(t *testing.T) {
	cfg := config(makeGroup("g", ClusterEnabled, 2, 1), makeGroup("h", ClusterDisabled, 1, 1))
	for i := range 3 {
		cfg = cfg.withFault(FaultReplacement, sec(3600*float64(i)), 0, ofGroup())
	}
	w := world(t, cfg)
	listed := func() (works []int32) {
		for i := w.groups[0].works.first; i >= 0; i = w.works[i].next {
			works = append(works, i)
		}
		return works
	}
	for i := range int32(3) {
		w.RunUntil(sec(3600*float64(i) + 1))
		same(t, "in progress", listed(), []int32{2 * i, 2*i + 1})
		w.RunUntil(sec(3600*float64(i) + 3599))
		same(t, "an hour later", listed(), []int32(nil))
	}
	same(t, "works", len(w.works), 6)
}

// A primary's place takes no writes from 620 s to 720 s; the node is cut off from 630 s to 700 s, and another is promoted at 650 s. At 720 s
// the new node serves, as a replica that has copied everything: the reader's name leads to it.
func TestANodeThatIsCutOffAmidItsSwapIsReadAgain(t *testing.T) {
	g := makeGroup("g", ClusterDisabled, 1, 1)
	g.Delays.Swap = dist.Constant(100 * time.Second)
	w, o := play(t, config(g).withFault(FaultReplacement, 0, 0, ofGroup()).withFault(FaultPartition, sec(630), 70*time.Second, nodeOf(0, 0)))
	same(t, "promoted", o.Failovers[0].Promoted, sec(650))
	same(t, "readers", w.nodeGroups[0].readerNames, uint8(1))
	same(t, "at rest", atRest(w), nil)
}

// swaps are the instants, in seconds, at which new nodes serve.
func swaps(w *World) (told []string) {
	for _, r := range w.Records() {
		if r.Kind == KindPlaceSwapped {
			told = append(told, w.Describe(r).Node+" "+time.Duration(r.At).String())
		}
	}
	return told
}

// Zone b has no capacity until 1,000 s. Work that begins at 100 s takes 003 first, in 310 s, and then waits: 002 is swapped at 1,310 s, and the
// primary at 1,620 s, for 0.5 s.
func TestWorkWaitsForCapacity(t *testing.T) {
	cfg := config(makeGroup("g", ClusterDisabled, 1, 2)).withFault(FaultNoCapacity, 0, 1000*time.Second, inZone("b"))
	w, _ := play(t, cfg.withFault(FaultReplacement, sec(100), 0, ofGroup()))
	same(t, "swaps", swaps(w), []string{"g-003 6m50s", "g-002 21m50s", "g-001 27m0.5s"})
}

// A zone that is lost, at the instant given to 1,000 s, takes the new node that is prepared in it, or takes over there, along with the old one. That is
// back at 1,370 s: 60 s, 300 s and 10 s later. Only then is another new node prepared, for 310 s.
func TestANewNodeIsLostWithItsZone(t *testing.T) {
	for _, c := range []struct {
		zone string
		at   float64
		want []string
	}{
		{"b", 200, []string{"g-002 28m0s", "g-001 33m10.5s"}},
		{"a", 400, []string{"g-002 5m10s", "g-001 28m0s"}},
		{"a", 620.2, []string{"g-002 5m10s", "g-001 28m0s"}},
	} {
		cfg := config(makeGroup("g", ClusterDisabled, 1, 1)).withFault(FaultReplacement, 0, 0, ofGroup())
		w, _ := play(t, cfg.withFault(FaultZone, sec(c.at), sec(1000).Sub(sec(c.at)), inZone(c.zone)))
		same(t, c.zone, swaps(w), c.want)
	}
}

// A group is worked on by one work at a time: the upgrade that is due at 100 s begins when the scaling is done, at 620.5 s, and takes 623 s more, and
// the replacement of 002 comes after it. Another group is worked on meanwhile.
func TestWorksOfAGroupComeOneAfterTheOther(t *testing.T) {
	cfg := config(makeGroup("g", ClusterDisabled, 1, 1), makeGroup("h", ClusterDisabled, 1, 1)).withFault(FaultScale, 0, 0, ofGroup())
	cfg.withFault(FaultUpgrade, sec(100), 0, ofGroup()).withFault(FaultReplacement, sec(200), 0, nodeOf(0, 1)).withFault(FaultReplacement, sec(300), 0, ofGroup())
	cfg.Faults[3].Target.Groups = []int{1}
	w := world(t, cfg)
	w.RunUntil(sec(700))
	same(t, "status", w.TestFailover("g", "0001"), ReplacementRunning)
	w.RunUntil(cfg.End())
	same(t, "swaps", swaps(w), []string{"g-002 5m10s", "h-002 10m10s", "g-001 10m20.5s", "h-001 15m20.5s", "g-002 15m30.5s", "g-001 20m43.5s", "g-002 25m53.5s"})
	var begun []string
	for _, line := range told(w) {
		if strings.Contains(line, "Work") {
			begun = append(begun, line)
		}
	}
	same(t, "works", begun, []string{"0s WorkStarted", "1m40s WorkHeld", "3m20s WorkHeld", "5m0s WorkStarted", "10m20.5s WorkFinished",
		"10m20.5s WorkStarted", "15m20.5s WorkFinished", "20m43.5s WorkFinished", "20m43.5s WorkStarted", "25m53.5s WorkFinished"})
}

// Work that would begin after the horizon does not.
func TestNoWorkThatWaitedBeginsAfterTheHorizon(t *testing.T) {
	cfg := config(makeGroup("g", ClusterDisabled, 1, 1)).withFault(FaultReplacement, 0, 0, ofGroup()).withFault(FaultReplacement, sec(100), 0, ofGroup())
	cfg.Horizon = 10 * time.Minute
	w, _ := play(t, cfg)
	same(t, "swaps", swaps(w), []string{"g-002 5m10s", "g-001 10m20.5s"})
}

// The first upgrade still has the old engine's gap, 45 s; what comes after it the new one's, 3 s and 0.5 s. One that does not reach 5.0.6 changes nothing.
func TestAnUpgradedEngineHasItsOwnGaps(t *testing.T) {
	for version, want := range map[string][][2]Time{
		"7.0":   spans(620, 665, 10_620, 10_623, 20_620, 20_620.5),
		"5.0.5": spans(620, 665, 10_620, 10_665, 20_620, 20_622),
	} {
		g := makeGroup("g", ClusterDisabled, 1, 1)
		g.EngineVersion = "4.0.10"
		g.Delays.Upgraded = &Gaps{Swap: g.Delays.Swap, UpgradeGap: g.Delays.UpgradeGap}
		g.Delays.Swap, g.Delays.UpgradeGap = dist.Constant(2*time.Second), dist.Constant(45*time.Second)
		cfg := config(g).withFault(FaultUpgrade, 0, 0, ofGroup()).withFault(FaultUpgrade, sec(10_000), 0, ofGroup())
		cfg.withFault(FaultReplacement, sec(20_000), 0, ofGroup())
		cfg.Faults[0].Work.EngineVersion, cfg.Faults[1].Work.EngineVersion = version, version
		_, o := play(t, cfg)
		same(t, version, windowsOf(o, AccessWrite, ObserverService, 0), want)
	}
}
