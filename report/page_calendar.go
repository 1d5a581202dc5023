package report

import (
	"cmp"
	"fmt"
	"html/template"
	"slices"
	"strings"
	"time"

	"failsim/sim"
)

// calendar is trial 0 as a plan of days: when each shard is called, what the answer is, and how long things take.
type calendar struct {
	Chart template.HTML
	Days  htmlTable
	Calls htmlTable
	Brief bool     // the days are few enough to stand before the chart
	Cut   []string // what is left out, in words
}

// Bounds that keep the page readable, whatever the size of the fleet.
const (
	mostCalendarRows  = 60
	mostCalendarMarks = 1500
	mostCallRows      = 300
	mostDayRows       = 60
	briefDays         = 10
)

func newCalendar(s *trialStory) *calendar {
	if len(s.calls) == 0 {
		return nil
	}
	c := &calendar{Days: s.days(), Calls: s.callTable()}
	c.Brief = len(c.Days.Rows) <= briefDays
	if len(c.Days.Rows) == mostDayRows {
		c.Cut = append(c.Cut, fmt.Sprintf("The table of days ends after %d; timeline.txt has all.", mostDayRows))
	}
	if more := len(s.calls) - mostCallRows; more > 0 {
		c.Cut = append(c.Cut, fmt.Sprintf("The list has the first %d of %s calls; timeline.txt and `failsim timeline` tell all.",
			mostCallRows, count(int64(len(s.calls)))))
	}
	rows := s.calendarRows()
	if more := len(s.shards) - len(rows); more > 0 {
		c.Cut = append(c.Cut, fmt.Sprintf("The chart has the %d shards that were called first; %s more were called. It ends with the last of those %[1]d.",
			len(rows), count(int64(more))))
	}
	drawn := s.draw(rows)
	if drawn.left > 0 {
		c.Cut = append(c.Cut, fmt.Sprintf("The chart leaves out %s marks.", count(int64(drawn.left))))
	}
	c.Chart = drawn.html()
	return c
}

// calendarRows are the shards to draw: where there are too many, those that were called first.
func (s *trialStory) calendarRows() (rows []int) {
	for i := range s.shards {
		rows = append(rows, i)
	}
	if len(rows) > mostCalendarRows {
		slices.SortStableFunc(rows, func(a, b int) int { return cmp.Compare(s.shards[a].first, s.shards[b].first) })
		rows = rows[:mostCalendarRows]
		slices.Sort(rows)
	}
	return rows
}

const (
	calendarWidth = 980.0
	calendarLeft  = 150.0
	calendarTop   = 44.0
	rowHeight     = 15.0
	quotaHeight   = 74.0
)

// planChart is the calendar's drawing.
type planChart struct {
	drawing
	*trialStory
	along *timeAxis
	rows  map[int]float64 // by shard: the middle of its row
	marks int
	left  int // marks that were left out
}

func (s *trialStory) draw(rows []int) *planChart {
	p := &planChart{trialStory: s, rows: map[int]float64{}}
	p.along = newTimeAxis(s.cfg.Start, s.busy(rows), calendarLeft, calendarWidth-calendarLeft-8)
	bottom := calendarTop + rowHeight*float64(len(rows))
	p.drawing = drawing{width: calendarWidth, height: bottom + quotaHeight, id: "calendar-chart",
		name:  "Calendar of trial 0: calls, failovers and recoveries by shard, and the quota in use",
		about: "One row for each shard. The list of calls below says the same in words."}
	for i, row := range rows {
		y := calendarTop + rowHeight*float64(i)
		p.rows[row] = y + rowHeight/2
		if i%2 == 1 {
			p.bar(box{0, y, calendarWidth, rowHeight}, "stripe", "")
		}
		p.text(calendarLeft-8, y+rowHeight-4, "tick end", shorten(s.shards[row].label))
	}
	p.along.draw(&p.drawing, calendarTop, bottom+quotaHeight-14)
	for _, b := range s.blocks {
		x, to := p.along.at(b.from), p.along.at(b.to)
		p.bar(box{x, calendarTop, max(1, to-x), bottom - calendarTop}, "blocked",
			"the service blocks TestFailover from "+p.along.clock(b.from)+" to "+p.along.clock(b.to))
	}
	last := map[int]float64{}
	for i := range s.calls {
		p.mark(&s.calls[i], last)
	}
	p.quota(bottom + 16)
	return p
}

// shorten keeps a label within its column.
func shorten(label string) string {
	const most = 21
	if runes := []rune(label); len(runes) > most {
		return string(runes[:most-9]) + "…" + string(runes[len(runes)-8:])
	}
	return label
}

// mark draws a call: a triangle, the outage and the recovery of one that was accepted, a cross for one that was refused.
// Refusals of a shard that would lie upon each other are drawn once.
func (p *planChart) mark(c *call, last map[int]float64) {
	y, ok := p.rows[c.shard]
	if !ok {
		return
	}
	x := p.along.at(c.at)
	if before, drawn := last[c.shard]; drawn && c.refusal != "" && x-before < 3 {
		return
	}
	if p.marks++; p.marks > mostCalendarMarks {
		p.left++
		return
	}
	last[c.shard] = x
	label := p.shards[c.shard].label
	if c.refusal != "" {
		p.add(`<path class="refused" d="M%s %sl6 6m0 -6l-6 6"><title>%s</title></path>`, px(x-3), px(y-3),
			esc(label+": refused at "+p.along.clock(c.at)+", "+c.refusal))
		return
	}
	if f := c.failover; f != nil {
		p.failover(f, y)
	}
	p.add(`<path class="accepted" d="M%s %sl-3.5 -7h7z"><title>%s</title></path>`, px(x), px(y+1),
		esc(label+": accepted at "+p.along.clock(c.at)))
}

// failover draws the recovery as a bar, and in it the outage.
func (p *planChart) failover(f *sim.Failover, y float64) {
	from, to := p.along.at(f.Accepted), p.along.at(p.until(f))
	text, class := "recovered after "+span(f.Finished.Sub(f.Accepted)), "recovery"
	if f.Finished == sim.Never {
		text, class = "not recovered by the end of the trial", "recovery unfinished"
	}
	p.bar(box{from, y - 3, max(2.5, to-from), 7}, class, text)
	if f.CutOff == sim.Never {
		return
	}
	cut, back := p.along.at(f.CutOff), p.along.at(min(f.Promoted, p.outcome.End))
	text = "no write until the end of the trial"
	if d, ok := p.refused(f); ok {
		text = "no write for " + span(d)
	}
	p.bar(box{cut, y - 4.5, max(2.5, back-cut), 10}, "outage", text)
}

// quota draws how much of the quota is in use, below the rows.
func (p *planChart) quota(top float64) {
	const height = quotaHeight - 34
	steps := p.quotaSteps()
	most := p.cfg.Quota.Limit
	for _, s := range steps {
		most = max(most, s.used)
	}
	up := axis{min: 0, max: float64(max(1, most)), from: top + height, span: -height}
	p.text(calendarLeft-8, top+height/2+4, "tick end", "quota in use")
	limit := up.at(float64(p.cfg.Quota.Limit))
	for i := range p.along.stretches {
		s := &p.along.stretches[i]
		var path strings.Builder
		fmt.Fprintf(&path, "M%s %s", px(s.left), px(up.from))
		for j, at := range steps {
			x := px(max(s.left, p.along.at(at.at)))
			if at.at > s.to {
				break
			}
			// Of steps at one place the last is what goes on from there.
			if j+1 < len(steps) && steps[j+1].at <= s.to && px(max(s.left, p.along.at(steps[j+1].at))) == x {
				continue
			}
			fmt.Fprintf(&path, "H%sV%s", x, px(up.at(float64(at.used))))
		}
		fmt.Fprintf(&path, "H%sV%sZ", px(s.left+s.width), px(up.from))
		p.add(`<path class="quota" d="%s"/>`, path.String())
	}
	p.line(point{calendarLeft, limit}, point{p.along.end(), limit}, "limit")
	p.text(p.along.end(), limit-3, "tick end", fmt.Sprintf("limit: %d", p.cfg.Quota.Limit))
}

// day is what one day of the calendar comes to.
type day struct {
	accepted, refused int
	first, last       sim.Time
	used              int
	shards            map[int]bool
}

// days sums the calls up by day.
func (s *trialStory) days() htmlTable {
	t := htmlTable{
		Caption: "The days of trial 0, in UTC",
		Head:    []string{"day", "accepted calls", "refused", "shards", "first call", "last recovery", "most quota in use"},
		Numeric: "lrrrrrr",
	}
	var order []string
	days := map[string]*day{}
	for i := range s.calls {
		c := &s.calls[i]
		name := s.cfg.Start.Add(time.Duration(c.at)).Format("Mon 2 Jan 2006")
		d := days[name]
		if d == nil {
			d = &day{first: c.at, shards: map[int]bool{}}
			days[name] = d
			order = append(order, name)
		}
		d.used = max(d.used, c.used)
		if c.refusal != "" {
			d.refused++
			continue
		}
		d.accepted++
		d.shards[c.shard] = true
		d.last = max(d.last, s.until(c.failover))
	}
	for _, name := range order[:min(len(order), mostDayRows)] {
		d := days[name]
		last := missing
		if d.last > 0 {
			last = clockText(s.cfg.Start, d.last)
		}
		t.Rows = append(t.Rows, []string{name, count(int64(d.accepted)), count(int64(d.refused)), count(int64(len(d.shards))),
			s.cfg.Start.Add(time.Duration(d.first)).Format("15:04:05"), last,
			fmt.Sprintf("%d of %d", d.used, s.cfg.Quota.Limit)})
	}
	return t
}

// callTable lists the calls one by one.
func (s *trialStory) callTable() htmlTable {
	t := htmlTable{
		Caption: "The calls of trial 0, in UTC",
		Head:    []string{"call", "shard", "by", "answer", "no write for", "recovered after", "quota in use"},
		Numeric: "llllrrr",
	}
	for i := range s.calls[:min(len(s.calls), mostCallRows)] {
		c := &s.calls[i]
		row := []string{clockText(s.cfg.Start, c.at), s.shards[c.shard].label, cmp.Or(c.campaign, "a call of its own"),
			cmp.Or(c.refusal, "accepted"), missing, missing, fmt.Sprintf("%d of %d", c.used, s.cfg.Quota.Limit)}
		if f := c.failover; f != nil {
			row[4], row[5] = "until the end", "not by the end"
			if d, ok := s.refused(f); ok {
				row[4] = span(d)
			}
			if f.Finished != sim.Never {
				row[5] = span(f.Finished.Sub(f.Accepted))
			}
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
