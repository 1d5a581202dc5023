package measure

import (
	"errors"
	"math"
	"math/bits"
	"time"

	"failsim/sim"
)

// addWindows takes up the length of every window, and gathers what they come to.
func (t *Tally) addWindows(windows []sim.OutageWindow) error {
	for i := range windows {
		w := &windows[i]
		p := place{w.Group, int32(w.Cause), w.Campaign}
		id := seriesOf(metricOf(w), w.Observer)
		if err := t.add(id, p, measured{int64(w.To - w.From), w.Censored}); err != nil {
			return err
		}
		if err := t.sums.take(w, t.layout); err != nil {
			return err
		}
	}
	return nil
}

// metricOf tells which metric a window is a value of.
func metricOf(w *sim.OutageWindow) metricID {
	switch w.Access {
	case sim.AccessRead:
		return readOutage
	case sim.AccessReplicaRead:
		return replicaReadOutage
	case sim.AccessRedundancy:
		return reducedRedundancy
	}
	switch {
	case w.NodeGroup >= 0:
		return writeOutage
	case w.Group >= 0:
		return groupWriteOutage
	}
	return fleetWriteOutage
}

// phase is a stretch of a failover or a recovery that is a value of a metric.
type phase struct {
	id       metricID
	from, to sim.Time
	counts   bool
}

// addPhases takes up stretches. One that began and did not end is censored at the end of the trial; one that never began has no
// value.
func (t *Tally) addPhases(p place, end sim.Time, phases []phase) error {
	for _, phase := range phases {
		if !phase.counts || phase.from == sim.Never {
			continue
		}
		v := measured{int64(min(phase.to, end) - phase.from), phase.to == sim.Never}
		if err := t.add(seriesOf(phase.id, sim.ObserverService), p, v); err != nil {
			return err
		}
	}
	return nil
}

// addFailover takes up the phases of a failover and what its promotion lost. One in which nothing was promoted after all has no
// promotion.
func (t *Tally) addFailover(f *sim.Failover, end sim.Time) error {
	p := place{f.Group, int32(f.Cause), f.Campaign}
	unplanned := f.Cause != sim.CauseTestFailover
	phases := [...]phase{
		{detection, f.CutOff, f.Known, unplanned && (f.Known != sim.Never || f.Promoted == sim.Never && f.Abandoned == sim.Never)},
		{promotion, f.CutOff, f.Promoted, f.Abandoned == sim.Never},
		{propagation, f.Promoted, f.Propagated, hasNames(&t.cfg.Groups[f.Group])},
	}
	if err := t.addPhases(p, end, phases[:]); err != nil {
		return err
	}
	if f.Accepted != sim.Never {
		called := place{f.Group, int32(sim.CauseTestFailover), f.Campaign}
		call := [...]phase{{callToCompleted, f.Accepted, f.Completed, true}}
		if err := t.addPhases(called, end, call[:]); err != nil {
			return err
		}
	}
	if f.Promoted == sim.Never {
		return nil
	}
	return t.addLost(p, f.LostTail, f.LostWrites)
}

// addRecovery takes up the replacement of a node, unless the node came back by itself, and what is lost where that was the primary.
func (t *Tally) addRecovery(r *sim.Recovery, end sim.Time) error {
	whole := [...]phase{{recovery, r.Started, r.Finished, r.Cancelled == sim.Never}}
	p := place{r.Group, int32(r.Cause), r.Campaign}
	if err := t.addPhases(p, end, whole[:]); err != nil || !r.Restored {
		return err
	}
	return t.addLost(p, r.LostTail, r.LostWrites)
}

// addLost takes up the acknowledged writes that a promotion dropped, or that a primary's replacement does not have: a span, and how many.
func (t *Tally) addLost(p place, tail time.Duration, writes int64) error {
	err := t.add(seriesOf(lostTail, sim.ObserverService), p, measured{value: int64(tail)})
	if err != nil || t.cfg.Groups[p.group].WritesPerSecond == 0 {
		return err
	}
	return t.add(seriesOf(lostWrites, sim.ObserverService), p, measured{value: writes})
}

// addCampaign takes up what an operator got done.
func (t *Tally) addCampaign(campaign int32, c *sim.CampaignOutcome) error {
	var refused int64
	for _, n := range c.Calls.Refused {
		refused += n
	}
	values := [...]struct {
		id metricID
		v  measured
	}{
		{makespan, measured{int64(c.Ended - t.cfg.Campaigns[campaign].At), c.Covered < c.Targets}},
		{covered, measured{value: share(c.Covered, c.Targets)}},
		{acceptedCalls, measured{value: c.Calls.Accepted}},
		{refusedCalls, measured{value: refused}},
	}
	for _, value := range values {
		if err := t.add(seriesOf(value.id, sim.ObserverService), place{-1, -1, campaign}, value.v); err != nil {
			return err
		}
	}
	return nil
}

// share gives part/whole over ratioScale, rounded down; all of nothing is 1.
func share(part, whole int64) int64 {
	if whole == 0 {
		return ratioScale
	}
	return part * ratioScale / whole
}

var errCount = errors.New("rate times outage is more than an int64 holds")

// occurrences is how often something that happens rate times a second happens in a span of nanoseconds, rounded down.
func occurrences(rate, span int64) (int64, error) {
	const second = 1_000_000_000
	high, low := bits.Mul64(uint64(rate), uint64(span))
	if high >= second/2 { // the quotient would reach 2^63
		return 0, errCount
	}
	n, _ := bits.Div64(high, low, second)
	return int64(min(n, math.MaxInt64)), nil
}
