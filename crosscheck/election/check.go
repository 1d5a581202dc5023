package main

import (
	"fmt"
	"time"
)

// What the engine's source allows, with room for a busy machine, whose crons and votes come late.
const (
	cron      = 101 * time.Millisecond // the period of clusterCron
	busy      = time.Second            // how much later an instant may be seen than the source has it
	manualEnd = 5 * time.Second        // CLUSTER_MF_TIMEOUT
)

// check holds what was seen of a victim against the source: whom it struck is taken for failed once a ping is a node timeout old, and
// before twice that; a replica is promoted 500 to 1000 ms later, in whole crons; and takes writes as soon as it is. Siblings may split
// their votes, so that the rule for a promotion holds for one replica a shard.
func (r row) check(o options) error {
	b := cases()[o.name]
	switch {
	case b.lost:
		return within("until writes stop", r.stops, span{o.timeout, o.timeout*3/2 + 2*cron})
	case b.signal == 0:
		if r.fail != unseen {
			return fmt.Errorf("a primary that hands over was taken for failed after %v", r.fail)
		}
		if err := within("until promoted", r.promoted, span{0, manualEnd}); err != nil {
			return err
		}
	default:
		if err := within("until FAIL", r.fail, span{o.timeout, 2*o.timeout + 3*cron}); err != nil {
			return err
		}
		if r.promoted == unseen {
			return fmt.Errorf("nothing was promoted")
		}
		if err := within("from FAIL until promoted", r.promoted-r.fail, span{500*time.Millisecond - 2*poll, 11 * cron}); o.replicas == 1 && err != nil {
			return err
		}
	}
	if r.write == unseen {
		return fmt.Errorf("no write was accepted")
	}
	return within("from promotion until a write", r.write-r.promoted, span{-busy, 0})
}

type span struct{ from, to time.Duration }

func within(what string, d time.Duration, s span) error {
	if d < s.from || d > s.to+busy {
		return fmt.Errorf("%s: %v is not within %v and %v", what, d, s.from, s.to+busy)
	}
	return nil
}
