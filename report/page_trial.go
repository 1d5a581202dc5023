package report

import (
	"cmp"
	"slices"
	"time"

	"failsim/sim"
)

// trialStory is what happened in one trial, as the calendar tells it.
type trialStory struct {
	cfg     *sim.Config
	outcome *sim.Outcome
	calls   []call
	blocks  []stretch // spans in which the service answered no call
	shards  []shard   // those that were called, in the order of the scenario
}

// call is a TestFailover call and what came of it.
type call struct {
	at       sim.Time
	campaign string
	shard    int    // index into trialStory.shards
	refusal  string // the error code, with the reason; empty: accepted
	failover *sim.Failover
	used     int // of the quota, right after the call
}

// shard is a row of the calendar: a node group that exists, or what a call named in vain.
type shard struct {
	group, nodeGroup int32 // indices; -1: it does not exist
	label            string
	first            sim.Time // its first call
}

// teller gathers a trialStory; it finds shards and failovers by what names them.
type teller struct {
	*trialStory
	nodeGroups map[string][2]int32 // by `group/node group`
	rows       map[[2]int32]int
	failovers  map[failoverKey]*sim.Failover
}

type failoverKey struct {
	group, nodeGroup int32
	accepted         sim.Time
}

// tellStory gathers the calls of a World that has played its trial to the end with its trace on.
func tellStory(cfg *sim.Config, w *sim.World) *trialStory {
	t := teller{&trialStory{cfg: cfg, outcome: w.Outcome()}, map[string][2]int32{}, map[[2]int32]int{}, map[failoverKey]*sim.Failover{}}
	for g := range cfg.Groups {
		for n := range cfg.Groups[g].NodeGroups {
			t.nodeGroups[cfg.Groups[g].ID+"/"+cfg.Groups[g].NodeGroups[n].ID] = [2]int32{int32(g), int32(n)}
		}
	}
	for i := range t.outcome.Failovers {
		f := &t.outcome.Failovers[i]
		t.failovers[failoverKey{f.Group, f.NodeGroup, f.Accepted}] = f
	}
	var blockedSince []sim.Time
	for _, r := range w.Records() {
		switch r.Kind {
		case sim.KindAPIBlocked:
			blockedSince = append(blockedSince, r.At)
		case sim.KindAPIUnblocked:
			if last := len(blockedSince) - 1; last >= 0 {
				t.blocks = append(t.blocks, stretch{from: blockedSince[last], to: r.At})
				blockedSince = blockedSince[:last]
			}
		case sim.KindTestFailoverCalled:
			t.take(r, w.Describe(r))
		}
	}
	for _, since := range blockedSince {
		t.blocks = append(t.blocks, stretch{from: since, to: t.outcome.End})
	}
	t.blocks = mergeSpans(t.blocks)
	t.order()
	t.countQuota()
	return t.trialStory
}

// take notes a call.
func (t *teller) take(r sim.Record, told sim.RecordText) {
	c := call{at: r.At}
	if r.Campaign >= 0 {
		c.campaign = t.cfg.Campaigns[r.Campaign].Name
	}
	where := shard{group: -1, nodeGroup: -1, label: "no such shard", first: r.At}
	if at, ok := t.nodeGroups[told.Group+"/"+told.NodeGroup]; ok {
		where.group, where.nodeGroup, where.label = at[0], at[1], told.Group+"/"+told.NodeGroup
	}
	key := [2]int32{where.group, where.nodeGroup}
	row, known := t.rows[key]
	if !known {
		row = len(t.shards)
		t.rows[key] = row
		t.shards = append(t.shards, where)
	}
	c.shard = row
	if r.Violation != sim.NoViolation {
		c.refusal = told.Outcome + ": " + r.Violation.String()
	} else {
		c.failover = t.failovers[failoverKey{where.group, where.nodeGroup, r.At}]
	}
	t.calls = append(t.calls, c)
}

// order puts the shards in the order of the scenario, what does not exist last.
func (s *trialStory) order() {
	places := make([]int, len(s.shards))
	for i := range places {
		places[i] = i
	}
	slices.SortStableFunc(places, func(a, b int) int {
		x, y := s.shards[a], s.shards[b]
		return cmp.Or(cmp.Compare(uint32(x.group), uint32(y.group)), cmp.Compare(x.nodeGroup, y.nodeGroup))
	})
	sorted, moved := make([]shard, len(places)), make([]int, len(places))
	for to, from := range places {
		sorted[to], moved[from] = s.shards[from], to
	}
	s.shards = sorted
	for i := range s.calls {
		s.calls[i].shard = moved[s.calls[i].shard]
	}
}

// uses are the spans in which something counts against the quota: each accepted call for one window or, where node groups
// are counted, each node group from its first call to one window after its latest.
func (s *trialStory) uses() (uses []stretch) {
	window := s.cfg.Quota.Window
	for _, at := range s.cfg.Quota.AlreadyUsed {
		uses = append(uses, stretch{from: at, to: at.Add(window)})
	}
	if !s.cfg.Quota.Distinct {
		for i := range s.calls {
			if s.calls[i].refusal == "" {
				uses = append(uses, stretch{from: s.calls[i].at, to: s.calls[i].at.Add(window)})
			}
		}
		return uses
	}
	byShard := make([][]stretch, len(s.shards))
	for i := range s.calls {
		if c := &s.calls[i]; c.refusal == "" {
			byShard[c.shard] = append(byShard[c.shard], stretch{from: c.at, to: c.at.Add(window)})
		}
	}
	for _, spans := range byShard {
		uses = append(uses, mergeSpans(spans)...)
	}
	return uses
}

// step is how much of the quota is in use from an instant on.
type step struct {
	at   sim.Time
	used int
}

// quotaSteps follows the quota through the trial.
func (s *trialStory) quotaSteps() []step {
	type change struct {
		at sim.Time
		by int
	}
	var changes []change
	for _, use := range s.uses() {
		changes = append(changes, change{max(0, use.from), 1}, change{max(0, use.to), -1})
	}
	slices.SortStableFunc(changes, func(a, b change) int { return cmp.Compare(a.at, b.at) })
	steps := []step{{}}
	for _, c := range changes {
		last := &steps[len(steps)-1]
		if c.at > last.at {
			steps = append(steps, step{c.at, last.used})
			last = &steps[len(steps)-1]
		}
		last.used += c.by
	}
	return steps
}

// countQuota notes with each call how much of the quota was in use right after it.
func (s *trialStory) countQuota() {
	steps := s.quotaSteps()
	at := 0
	for i := range s.calls {
		for at+1 < len(steps) && steps[at+1].at <= s.calls[i].at {
			at++
		}
		s.calls[i].used = steps[at].used
	}
}

// busy is when something goes on with those shards: from each call to the end of the replacement that it caused.
func (s *trialStory) busy(shards []int) (spans []stretch) {
	wanted := make([]bool, len(s.shards))
	for _, row := range shards {
		wanted[row] = true
	}
	for i := range s.calls {
		c := &s.calls[i]
		if !wanted[c.shard] {
			continue
		}
		spans = append(spans, stretch{from: c.at, to: max(c.at, s.until(c.failover))})
	}
	return spans
}

// until is when a failover is over, with the node replacement; the end of the trial where it never is.
func (s *trialStory) until(f *sim.Failover) sim.Time {
	switch {
	case f == nil:
		return 0
	case f.Finished == sim.Never:
		return s.outcome.End
	}
	return f.Finished
}

// refused is how long a failover kept writes out, as the service sees it; false where they never came back.
func (s *trialStory) refused(f *sim.Failover) (time.Duration, bool) {
	if f == nil || f.CutOff == sim.Never || f.Promoted == sim.Never {
		return 0, false
	}
	return f.Promoted.Sub(f.CutOff), true
}
