package report

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"failsim/sim"
)

// timeAxis maps instants to positions where much happens in few stretches of a long time: the gaps between stretches are
// left out, and marked.
type timeAxis struct {
	start     time.Time // virtual zero
	stretches []stretch // ascending, apart from each other
}

// stretch is a span of time and where it is drawn.
type stretch struct {
	from, to    sim.Time
	first       sim.Time // what it was before it was padded: its first call
	left, width float64
}

const (
	gapWidth       = 18.0
	mostStretches  = 12
	narrowest      = 56.0             // of a stretch
	dateWidth      = 72.0             // of a label such as `Wed 21 Jan`, with the space after it
	tickDistance   = 58.0             // between labels, at least
	shortestGap    = 10 * time.Minute // that is left out
	stretchPadding = 0.03
)

// newTimeAxis lays busy spans out over a width: spans that are near each other share a stretch.
func newTimeAxis(start time.Time, busy []stretch, left, width float64) *timeAxis {
	merged := mergeSpans(busy)
	var total sim.Time
	for _, s := range merged {
		total += s.to - s.from
	}
	a := &timeAxis{start: start, stretches: joinNear(merged, max(sim.Time(shortestGap), total/4))}
	length := a.pad()
	room := width - gapWidth*float64(len(a.stretches)-1) - narrowest*float64(len(a.stretches))
	for i := range a.stretches {
		s := &a.stretches[i]
		s.left, s.width = left, narrowest+float64(room*(float64(s.to-s.from)/length))
		left += s.width + gapWidth
	}
	return a
}

// pad gives each stretch some room at its ends, and the length of all. A quarter of a gap at most goes to either side, so
// that the rest of it is still left out.
func (a *timeAxis) pad() (length float64) {
	spans := slices.Clone(a.stretches)
	for i, span := range spans {
		pad := max(sim.Time(time.Second), sim.Time(float64(stretchPadding*float64(span.to-span.from))))
		before, after := pad, pad
		if i > 0 {
			before = min(pad, (span.from-spans[i-1].to)/4)
		}
		if i < len(spans)-1 {
			after = min(pad, (spans[i+1].from-span.to)/4)
		}
		s := &a.stretches[i]
		s.first, s.from, s.to = span.from, max(0, span.from-before), span.to+after
		length += float64(s.to - s.from)
	}
	return length
}

// mergeSpans sorts spans and joins those that touch or overlap.
func mergeSpans(spans []stretch) (merged []stretch) {
	spans = slices.Clone(spans)
	slices.SortFunc(spans, func(a, b stretch) int { return cmp.Compare(a.from, b.from) })
	for _, s := range spans {
		if last := len(merged) - 1; last >= 0 && s.from <= merged[last].to {
			merged[last].to = max(merged[last].to, s.to)
			continue
		}
		merged = append(merged, s)
	}
	return merged
}

// joinNear joins spans with gaps shorter than least between them, and the nearest ones while there are too many.
func joinNear(spans []stretch, least sim.Time) []stretch {
	var gaps []sim.Time
	for i := 1; i < len(spans); i++ {
		gaps = append(gaps, spans[i].from-spans[i-1].to)
	}
	slices.SortFunc(gaps, func(a, b sim.Time) int { return cmp.Compare(b, a) })
	if len(gaps) >= mostStretches {
		least = max(least, gaps[mostStretches-1]+1)
	}
	var joined []stretch
	for _, s := range spans {
		if last := len(joined) - 1; last >= 0 && s.from-joined[last].to < least {
			joined[last].to = s.to
			continue
		}
		joined = append(joined, s)
	}
	return joined
}

// at is the position of an instant; one in a gap lies at its edge.
func (a *timeAxis) at(t sim.Time) float64 {
	for _, s := range a.stretches {
		if t <= s.to {
			share := max(0, float64(t-s.from)/float64(s.to-s.from))
			return s.left + float64(share*s.width)
		}
	}
	return a.end()
}

func (a *timeAxis) end() float64 {
	last := a.stretches[len(a.stretches)-1]
	return last.left + last.width
}

// draw writes the axis above the rows, with a line down to bottom at each tick, and the gaps.
func (a *timeAxis) draw(d *drawing, top, bottom float64) {
	free, named := 0.0, "" // from where on there is room for a date, and the last that was written
	for i, s := range a.stretches {
		if day := a.start.Add(time.Duration(s.first)).Format("Mon 2 Jan"); day != named && s.left >= free {
			d.text(s.left, top-16, "tick strong", day)
			free, named = s.left+dateWidth, day
		}
		for _, t := range a.ticks(s) {
			x := a.at(t)
			d.line(point{x, top}, point{x, bottom}, "grid")
			d.text(x, top-3, "tick middle", a.start.Add(time.Duration(t)).Format("15:04"))
		}
		if i == 0 {
			continue
		}
		before := a.stretches[i-1]
		d.bar(box{before.left + before.width, top, gapWidth, bottom - top}, "gap",
			spell(time.Duration(s.from-before.to).Seconds())+" without a call are left out")
	}
}

// tickSteps are the spans between ticks, in the order of their length.
var tickSteps = []time.Duration{
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour,
	2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour,
}

// ticks are round times of day within a stretch, far enough apart for their labels.
func (a *timeAxis) ticks(s stretch) (ticks []sim.Time) {
	if s.to <= s.from || s.width <= 0 {
		return nil
	}
	step := tickSteps[len(tickSteps)-1]
	for _, candidate := range tickSteps {
		if float64(candidate)/float64(s.to-s.from)*s.width >= tickDistance {
			step = candidate
			break
		}
	}
	for float64(step)/float64(s.to-s.from)*s.width < tickDistance {
		step *= 2
	}
	first := a.start.Add(time.Duration(s.from)).Truncate(step)
	for t := sim.Time(first.Sub(a.start)); t <= s.to; t = t.Add(step) {
		if x := a.at(t); t >= s.from && x-s.left >= 12 && s.left+s.width-x >= 8 {
			ticks = append(ticks, t)
		}
	}
	return ticks
}

// clock writes an instant as people in a meeting say it, in UTC.
func (a *timeAxis) clock(t sim.Time) string { return clockText(a.start, t) }

func clockText(start time.Time, t sim.Time) string {
	return start.Add(time.Duration(t)).Format("Mon 2 Jan 15:04:05")
}

// span writes a length of time to a tenth of a second, or as it is spelt where it is long.
func span(d time.Duration) string {
	if d < 2*time.Minute {
		return fmt.Sprintf("%.1f s", d.Round(100*time.Millisecond).Seconds())
	}
	return spell(d.Seconds())
}
