package sim

import (
	"testing"
	"time"

	"failsim/dist"
)

// dying makes every node of the first group, of one node, fail once it was whole for an hour.
func dying() *Config {
	cfg := config(makeGroup("g", ClusterDisabled, 1, 0))
	cfg.Horizon = 4 * time.Hour
	cfg.Failures = []FailureConfig{{Kind: FaultNode, Every: dist.Constant(time.Hour), Slowdown: Unhurried}}
	return cfg
}

// began are the instants at which nodes were lost.
func began(o *Outcome) (at []Time) {
	for _, r := range o.Recoveries {
		at = append(at, r.Began)
	}
	return at
}

// The node is cut off from 3,595 s to 3,605 s. The process strikes at 3,600 s, finds it taken, and waits for it; it comes back by itself, and
// fails an hour later, at 7,205 s. Known at 7,220 s and replaced from 7,280 s on, it runs at 7,580 s with nothing to copy: again at 11,180 s.
func TestANodeThatComesBackByItselfFailsAgain(t *testing.T) {
	_, o := play(t, dying().withFault(FaultPartition, sec(3595), 10*time.Second, nodeOf(0, 0)))
	same(t, "lost", began(o), []Time{sec(3595), sec(7205), sec(11_180)})
}

// A fault kills the node at 1,000 s: known at 1,015 s, replaced from 1,075 s on, up at 1,375 s with nothing to copy. The new machine fails an hour
// after that, at 4,975 s, and the next is up 375 s later. A service update at 6,000 s puts a new machine in its place at 6,310.5 s, after 300 s to
// prepare it, and 0.5 s and 10 s to swap and to copy: that one fails an hour later, and the next an hour and 375 s after it.
func TestANewMachineIsNew(t *testing.T) {
	_, o := play(t, dying().withFault(FaultNode, sec(1000), 0, nodeOf(0, 0)).withFault(FaultReplacement, sec(6000), 0, nodeOf(0, 0)))
	same(t, "lost", began(o), []Time{sec(1000), sec(4975), sec(9910.5), sec(13_885.5)})
}

// A group's process strikes one of its nodes at a time; that another of them is replaced is no matter to it.
func TestAGroupsClockIsItsOwn(t *testing.T) {
	cfg := config(makeGroup("g", ClusterDisabled, 1, 1)).withFault(FaultNode, sec(1000), 0, nodeOf(0, 0))
	cfg.Failures = []FailureConfig{{Kind: FaultNode, Per: PerGroup, Every: dist.Constant(time.Hour), Slowdown: Unhurried}}
	cfg.Horizon = 4000 * time.Second
	_, o := play(t, cfg)
	same(t, "lost", began(o), []Time{sec(1000), sec(3600)})
}
