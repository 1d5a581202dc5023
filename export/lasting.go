package export

import (
	"fmt"
	"slices"
	"strings"

	"failsim/sim"
)

// incidents takes up the faults and failures that last. They may overlap, in any way: each has the first thread of the fleet that is
// free when it strikes.
func (t *tracer) incidents() {
	var all []span
	for _, r := range t.world.Records() {
		i, lasting := t.struck[r.Incident]
		switch {
		case r.Kind == sim.KindFaultStruck && r.Span > 0:
			text := t.world.Describe(r).Text
			name, _, _ := strings.Cut(text, ", for ")
			t.struck[r.Incident] = len(all)
			all = append(all, span{name: name, category: "fault", from: r.At, to: t.end, text: text, begun: t.next(), censored: true})
		case r.Kind == sim.KindIncidentOver && lasting:
			all[i].to, all[i].text, all[i].censored = r.At, t.world.Describe(r).Text, false
		}
	}
	var free []sim.Time // by thread
	for _, s := range all {
		lane := slices.IndexFunc(free, func(since sim.Time) bool { return since <= s.from })
		if lane < 0 {
			lane = len(free)
			free = append(free, 0)
		}
		free[lane] = s.to
		s.track = track{fleetProcess, faultThreads + lane}
		t.names[s.track] = fmt.Sprintf("faults %d", lane+1)
		t.spans = append(t.spans, s)
	}
}

// works takes up the planned work on each node group, from the start of that on its group to its own end. A group is worked on by one work
// at a time.
func (t *tracer) works() {
	begun := map[int32]sim.Record{} // by group
	running := map[shard]int{}      // spans
	for _, r := range t.world.Records() {
		if r.Kind == sim.KindWorkStarted {
			begun[r.Group] = r
		}
		if r.Kind != sim.KindPlacePrepared && r.Kind != sim.KindWorkFinished {
			continue
		}
		on := shard{r.Group, r.NodeGroup - t.first[r.Group]}
		i, runs := running[on]
		if !runs {
			i = len(t.spans)
			running[on] = i
			t.spans = append(t.spans, t.work(on, begun[r.Group]))
		}
		if r.Kind == sim.KindWorkFinished {
			t.spans[i].to, t.spans[i].text, t.spans[i].censored = r.At, t.world.Describe(r).Text, false
			delete(running, on)
		}
	}
}

// work is a work on a node group that has begun, as if it did not end.
func (t *tracer) work(on shard, begun sim.Record) span {
	text := t.world.Describe(begun).Text
	place := laneOf(on.group, on.nodeGroup, workLane)
	t.names[place] = t.cfg.Groups[on.group].NodeGroups[on.nodeGroup].ID + " planned work"
	return span{track: place, name: strings.TrimSuffix(text, " begins"), category: "work", from: begun.At, to: t.end, text: text,
		begun: t.next(), censored: true}
}
