package report

import (
	"cmp"
	"fmt"
	"html/template"
	"slices"

	"failsim/sim"
)

// swimlane is one failover with its phases.
type swimlane struct {
	Title  string
	Chart  template.HTML
	Phases htmlTable
}

// newSwimlanes tells up to two failovers of the trial: of a group with names that have to follow, and of one without; the
// first that ran to its end.
func newSwimlanes(s *trialStory) (lanes []swimlane) {
	for _, named := range []bool{false, true} {
		first := (*sim.Failover)(nil)
		for i := range s.outcome.Failovers {
			f := &s.outcome.Failovers[i]
			if (s.cfg.Groups[f.Group].Mode != sim.ClusterEnabled) != named {
				continue
			}
			if first == nil || !ranThrough(first) && ranThrough(f) {
				first = f
			}
		}
		if first != nil {
			lanes = append(lanes, s.swimlane(first, fmt.Sprintf("failover-%d", len(lanes))))
		}
	}
	return lanes
}

// ranThrough tells whether a failover ended in a promotion and in the old primary's recovery.
func ranThrough(f *sim.Failover) bool { return f.Promoted != sim.Never && f.Finished != sim.Never }

// began is when a failover began: at the accepted call, or at the failure of the primary.
func began(f *sim.Failover) sim.Time { return min(f.Accepted, f.CutOff) }

// phase is a part of a failover in one lane; an instant that was not reached is Never.
type phase struct {
	lane, name string
	from, to   sim.Time
	class      string
}

// phases are in the order of the timeline.
func (s *trialStory) phases(f *sim.Failover) []phase {
	g := &s.cfg.Groups[f.Group]
	nodes := g.NodeGroups[f.NodeGroup].Nodes
	old, promoted := "old primary "+nodes[f.Old].ID, "a replica"
	if f.New >= 0 {
		promoted = "new primary " + nodes[f.New].ID
	}
	begin := began(f)
	all := []phase{
		{"writes", "taken", begin, f.CutOff, "good"},
		{"writes", "refused", f.CutOff, f.Promoted, "bad"},
		{"writes", "taken again", f.Promoted, f.Finished, "good"},
	}
	if g.Mode != sim.ClusterEnabled {
		followed := s.endpointBack(f)
		all = append(all,
			phase{"endpoint's name", "leads to the old primary", begin, f.Promoted, "wait"},
			phase{"endpoint's name", "propagation: the record changes", f.Promoted, f.Propagated, "bad"},
			phase{"endpoint's name", "resolvers still hold the old answer", f.Propagated, followed, "wait"},
			phase{"endpoint's name", "leads to the new primary", followed, f.Finished, "good"})
	}
	all = append(all,
		phase{old, "primary until cut off", begin, f.CutOff, "good"},
		phase{old, "cut off", f.CutOff, f.RecoveryStarted, "bad"},
		phase{old, "replacement node starts", f.RecoveryStarted, f.Provisioned, "work"},
		phase{old, "full sync", f.Provisioned, f.Finished, "wait"},
		phase{promoted, "replica", begin, f.CutOff, "good"})
	if f.Cause == sim.CauseTestFailover {
		all = append(all, phase{promoted, "promotion, its detection included", f.CutOff, f.Promoted, "work"})
	} else {
		all = append(all, phase{promoted, "detection", f.CutOff, f.Known, "wait"}, phase{promoted, "promotion", f.Known, f.Promoted, "work"})
	}
	return append(all, phase{promoted, "primary", f.Promoted, f.Finished, "good"})
}

// endpointBack is when every resolver leads to the new primary: the end of the endpoint's outage that holds the promotion.
func (s *trialStory) endpointBack(f *sim.Failover) sim.Time {
	for i := range s.outcome.Windows {
		w := &s.outcome.Windows[i]
		if w.Group == f.Group && w.NodeGroup == f.NodeGroup && w.Access == sim.AccessWrite &&
			w.Observer == sim.ObserverEndpoint && w.From <= f.CutOff && f.Promoted <= w.To && !w.Censored {
			return w.To
		}
	}
	return sim.Never
}

const (
	laneWidth, laneHeight = 980.0, 30.0
	laneLeft, laneTop     = 190.0, 46.0
	laneBottom            = 26.0
	letterWidth           = 6.6 // of a label in a bar, about
)

// swimlane draws a failover: the seconds around the outage on a scale of their own, then the minutes of the recovery.
func (s *trialStory) swimlane(f *sim.Failover, id string) swimlane {
	g := &s.cfg.Groups[f.Group]
	where := g.ID + "/" + g.NodeGroups[f.NodeGroup].ID
	all := s.phases(f)
	end := s.until(f)
	begin := began(f)
	quick := begin
	for _, p := range all {
		if p.lane == "writes" || p.lane == "endpoint's name" {
			quick = max(quick, min(p.from, end))
		}
	}
	along := laneAxis{begin, quick, end, since(f)}
	var lanes []string
	for _, p := range all {
		if !slices.Contains(lanes, p.lane) {
			lanes = append(lanes, p.lane)
		}
	}
	d := &drawing{width: laneWidth, height: laneTop + laneHeight*float64(len(lanes)) + laneBottom, id: id,
		name:  "Failover of " + where + " in trial 0, by phase",
		about: "One lane each for writes, names and nodes. The table below gives the phases with their lengths."}
	along.draw(d)
	for i, lane := range lanes {
		d.text(laneLeft-8, laneTop+laneHeight*float64(i)+19, "tick end", shorten(lane))
	}
	table := htmlTable{
		Caption: "The phases of this failover; times count from " + since(f),
		Head:    []string{"lane", "phase", "from", "to", "lasts"}, Numeric: "llrrr",
	}
	for _, p := range all {
		neverSeen := p.from == begin && p.to == begin // an unplanned failover begins with the loss
		if p.from == sim.Never || p.from >= end && p.to != p.from || neverSeen {
			continue
		}
		y := laneTop + laneHeight*float64(slices.Index(lanes, p.lane))
		along.phase(d, p, y)
		to, lasts := missing, "not over by the end of the trial"
		if p.to != sim.Never {
			to, lasts = span(p.to.Sub(begin)), span(p.to.Sub(p.from))
		}
		table.Rows = append(table.Rows, []string{p.lane, p.name, span(p.from.Sub(begin)), to, lasts})
	}
	return swimlane{
		Title: fmt.Sprintf("%s, %s at %s UTC, cluster mode %s", where, how(f), clockText(s.cfg.Start, begin), g.Mode),
		Chart: d.html(), Phases: table,
	}
}

// laneAxis has two scales: from the call until writes work again everywhere, and from there to the end of the recovery.
type laneAxis struct {
	begin, quick, end sim.Time
	since             string // what begins there
}

// since names what a failover's times count from.
func since(f *sim.Failover) string {
	if f.Accepted == sim.Never {
		return "the failure"
	}
	return "the accepted call"
}

// how a failover came about.
func how(f *sim.Failover) string {
	if f.Cause == sim.CauseTestFailover {
		return "called"
	}
	return f.Cause.String()
}

// quickShare is how much of the width the first scale has.
const quickShare = 0.58

func (a laneAxis) parts() (first, second axis) {
	width := laneWidth - laneLeft - 10
	seconds := func(t sim.Time) float64 { return t.Sub(a.begin).Seconds() }
	split := float64(quickShare * width)
	if a.quick >= a.end || a.quick <= a.begin {
		split = width
	}
	first = axis{min: 0, max: seconds(cmp.Or(max(a.quick, a.begin), a.end)), from: laneLeft, span: split}
	if a.quick <= a.begin {
		first.max = seconds(a.end)
	}
	second = axis{min: first.max, max: seconds(a.end), from: laneLeft + split, span: width - split}
	return first, second
}

func (a laneAxis) at(t sim.Time) float64 {
	first, second := a.parts()
	v := t.Sub(a.begin).Seconds()
	if v <= first.max || second.span <= 0 {
		return first.at(v)
	}
	return second.at(v)
}

// draw writes both scales and the break between them.
func (a laneAxis) draw(d *drawing) {
	first, second := a.parts()
	bottom := d.height - laneBottom
	for _, v := range first.ticks(8) {
		x := first.at(v)
		d.line(point{x, laneTop}, point{x, bottom}, "grid")
		d.text(x, laneTop-6, "tick middle", tickText(v)+" s")
	}
	d.text(laneLeft, laneTop-24, "tick strong", "from "+a.since)
	if second.span <= 0 {
		return
	}
	minutes := axis{min: second.min / 60, max: second.max / 60, from: second.from, span: second.span}
	for _, v := range minutes.ticks(5) {
		x := minutes.at(v)
		if x-second.from < 34 {
			continue
		}
		d.line(point{x, laneTop}, point{x, bottom}, "grid")
		d.text(x, laneTop-6, "tick middle", tickText(v)+" min")
	}
	d.line(point{second.from, laneTop - 34}, point{second.from, bottom}, "break")
	d.text(second.from+6, laneTop-24, "tick strong", "the scale changes here")
}

// phase draws a bar, and its name in it where that fits.
func (a laneAxis) phase(d *drawing, p phase, y float64) {
	x, to := a.at(min(p.from, a.end)), a.at(min(p.to, a.end))
	width := max(2, to-x)
	length := "not over by the end of the trial"
	if p.to != sim.Never {
		length = span(p.to.Sub(p.from))
	}
	d.bar(box{x, y + 4, width, laneHeight - 8}, "phase "+p.class, p.lane+": "+p.name+", "+length)
	for _, label := range []string{p.name + ", " + length, p.name, length} {
		if float64(len([]rune(label)))*letterWidth+8 <= width {
			d.text(x+5, y+19, "inbar "+p.class, label)
			return
		}
	}
}
