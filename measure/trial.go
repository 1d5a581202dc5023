package measure

import (
	"failsim/sim"
)

// trialSums gathers what the windows of one trial come to, by observer.
type trialSums struct {
	horizon sim.Time
	first   []int32 // by group: its first node group among those of the fleet
	seen    [2]observed
	losses  []int64 // by slot: node groups that lost all of their data
}

// observed is what one observer saw in one trial.
type observed struct {
	// By slot, over the write outages of node groups: sum, longest, and whether one was still open at the end.
	total, longest []int64
	open           []bool
	// Within the horizon, the fleet first and then by group: the outages of node groups, and those of whole groups.
	inside, groupInside []int64
	// By node group of the fleet: how long it took no writes, and no reads.
	writes, reads []int64
	// By slot of a group: whether a read outage was still open at the end.
	openReads []bool
}

func newTrialSums(cfg *sim.Config, l layout) trialSums {
	s := trialSums{horizon: sim.Time(cfg.Horizon), first: make([]int32, l.groups), losses: make([]int64, l.size())}
	nodeGroups := 0
	for g := range cfg.Groups {
		s.first[g] = int32(nodeGroups)
		nodeGroups += len(cfg.Groups[g].NodeGroups)
	}
	for o := range s.seen {
		s.seen[o] = observed{
			total:       make([]int64, l.size()),
			longest:     make([]int64, l.size()),
			open:        make([]bool, l.size()),
			inside:      make([]int64, 1+l.groups),
			groupInside: make([]int64, 1+l.groups),
			writes:      make([]int64, nodeGroups),
			reads:       make([]int64, nodeGroups),
			openReads:   make([]bool, 1+l.groups),
		}
	}
	return s
}

func (s *trialSums) reset() {
	clear(s.losses)
	for o := range s.seen {
		seen := &s.seen[o]
		clear(seen.total)
		clear(seen.longest)
		clear(seen.open)
		clear(seen.inside)
		clear(seen.groupInside)
		clear(seen.writes)
		clear(seen.reads)
		clear(seen.openReads)
	}
}

// lose gathers one loss of all data.
func (s *trialSums) lose(d *sim.DataLoss, l layout) {
	slots := l.slots(place{d.Group, int32(d.Cause), -1})
	for _, slot := range slots.at[:slots.n] {
		s.losses[slot]++
	}
}

// take gathers one window.
func (s *trialSums) take(w *sim.OutageWindow, l layout) error {
	seen := &s.seen[w.Observer]
	length := int64(w.To - w.From)
	inside := int64(min(w.To, s.horizon) - min(w.From, s.horizon))
	switch metricOf(w) {
	case writeOutage:
		// Every other sum of the trial is a part of this one.
		if seen.total[0]+length < 0 {
			return errSum
		}
		slots := l.slots(place{w.Group, int32(w.Cause), w.Campaign})
		for _, slot := range slots.at[:slots.n] {
			seen.total[slot] += length
			seen.longest[slot] = max(seen.longest[slot], length)
			seen.open[slot] = seen.open[slot] || w.Censored
		}
		seen.inside[0] += inside
		seen.inside[1+w.Group] += inside
		seen.writes[s.first[w.Group]+w.NodeGroup] += length
	case groupWriteOutage:
		seen.groupInside[0] += inside
		seen.groupInside[1+w.Group] += inside
	case readOutage:
		seen.reads[s.first[w.Group]+w.NodeGroup] += length
		seen.openReads[1+w.Group] = seen.openReads[1+w.Group] || w.Censored
	}
	return nil
}

// addTrial takes up the metrics with one value per trial; each of their slots gets one.
func (t *Tally) addTrial(o *sim.Outcome) error {
	for observer := range sim.Observer(len(t.sums.seen)) {
		if err := t.addObserved(observer); err != nil {
			return err
		}
		if err := t.addFailed(failedWrites, observer); err != nil {
			return err
		}
		if err := t.addFailed(failedReads, observer); err != nil {
			return err
		}
	}
	lost := seriesOf(dataLosses, sim.ObserverService)
	for _, slot := range t.series[lost].live {
		if err := t.put(lost, slot, measured{value: t.sums.losses[slot]}); err != nil {
			return err
		}
	}
	return t.addPeak(o.PeakReads)
}

func (t *Tally) addObserved(observer sim.Observer) error {
	seen := &t.sums.seen[observer]
	values := [...]struct {
		id     metricID
		bySlot []int64
		open   bool
	}{
		{longestWriteOutage, seen.longest, true},
		{totalWriteOutage, seen.total, true},
		{writeAvailability, seen.inside, false},
		{groupAvailability, seen.groupInside, false},
	}
	for _, v := range values {
		id := seriesOf(v.id, observer)
		for _, slot := range t.series[id].live {
			value := measured{v.bySlot[slot], v.open && seen.open[slot]}
			if err := t.put(id, slot, value); err != nil {
				return err
			}
		}
	}
	return nil
}

// addFailed takes up the requests that met an outage: by node group rounded down, then summed.
func (t *Tally) addFailed(m metricID, observer sim.Observer) error {
	id := seriesOf(m, observer)
	live := t.series[id].live
	if len(live) == 0 {
		return nil
	}
	seen := &t.sums.seen[observer]
	outage, open := seen.writes, seen.open
	if m == failedReads {
		outage, open = seen.reads, seen.openReads
	}
	var fleet int64
	fleetOpen := false
	for _, slot := range live[1:] {
		failed, err := t.failedOf(m, int(slot-1), outage)
		if err != nil {
			return err
		}
		if fleet += failed; fleet < 0 {
			return errCount
		}
		fleetOpen = fleetOpen || open[slot]
		if err := t.put(id, slot, measured{failed, open[slot]}); err != nil {
			return err
		}
	}
	return t.put(id, 0, measured{fleet, fleetOpen})
}

// failedOf is the number of requests of a group that met an outage.
func (t *Tally) failedOf(m metricID, group int, outage []int64) (int64, error) {
	g := &t.cfg.Groups[group]
	rate := g.WritesPerSecond
	if m == failedReads {
		rate = g.ReadsPerSecond
	}
	var sum int64
	first := t.sums.first[group]
	for _, span := range outage[first : int(first)+len(g.NodeGroups)] {
		if span == 0 {
			continue
		}
		n, err := occurrences(rate, span)
		if err != nil {
			return 0, err
		}
		if sum += n; sum < 0 {
			return 0, errCount
		}
	}
	return sum, nil
}

// addPeak takes up the highest load of a reader.
func (t *Tally) addPeak(byGroup []int64) error {
	id := seriesOf(peakReads, sim.ObserverService)
	live := t.series[id].live
	if len(live) == 0 {
		return nil
	}
	var peak int64
	for _, slot := range live[1:] {
		peak = max(peak, byGroup[slot-1])
		if err := t.put(id, slot, measured{value: byGroup[slot-1]}); err != nil {
			return err
		}
	}
	return t.put(id, 0, measured{value: peak})
}
