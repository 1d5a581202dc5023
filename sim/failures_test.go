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
