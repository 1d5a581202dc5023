package report

import (
	"fmt"
	"html/template"
	"math"
	"slices"
	"strings"

	"failsim/measure"
)

// chart is a metric's curves and histogram: one curve for each observer that sees something of its own. As JSON it is what
// the script of the page draws.
type chart struct {
	ID     string    `json:"id"`
	Name   string    `json:"name"`
	Unit   string    `json:"unit"` // of what is shown, with a blank in front where one belongs
	Per    string    `json:"per"`
	Log    bool      `json:"log"`
	Whole  bool      `json:"whole"` // values are whole numbers, few enough to tell apart
	Min    float64   `json:"min"`
	Max    float64   `json:"max"`
	Edges  []float64 `json:"edges"`
	Curves []curve   `json:"curves"`

	// What works without the script.
	ECDF      template.HTML `json:"-"`
	Histogram template.HTML `json:"-"`
	Cut       string        `json:"-"` // what was cut short, in words
	Zeros     string        `json:"-"` // how many values are 0 and have no column, in words
	Data      htmlTable     `json:"-"`
}

// newChart draws a metric as its observers see it; nil where there is nothing to draw: no distribution, or one value alone.
func newChart(seen []measure.MetricSummary, distributions []measure.Distribution) *chart {
	first := seen[0]
	in := scaleOf(first.Unit, first.Figures)
	c := &chart{ID: "chart-" + first.Name, Name: wordsOf(first.Name).title, Unit: in.suffix, Per: first.Per}
	var drawn []*measure.Distribution
	for _, m := range seen {
		if d := find(distributions, m); d != nil {
			drawn = append(drawn, d)
			c.Log = c.Log || isSkewed(d)
			c.Curves = append(c.Curves, newCurve(d, in, m))
		}
	}
	if len(drawn) == 0 {
		return nil
	}
	along := c.range_(drawn)
	if along.max <= along.min {
		return nil
	}
	c.Whole = first.Unit == "count" && along.max-along.min < 1000 && !c.Log
	edges := bins(along, c.Whole)
	for i, d := range drawn {
		c.Curves[i].noZero = c.Log
		c.Curves[i].fill(d, edges, c.Whole)
	}
	for _, edge := range edges {
		c.Edges = append(c.Edges, shown(edge, in))
	}
	c.Min, c.Max = c.Edges[0], c.Edges[len(c.Edges)-1]
	c.ECDF, c.Histogram = c.drawECDF(), c.drawHistogram()
	c.Cut, c.Zeros = c.cutShort(), c.zeroShare()
	c.Data = c.table()
	return c
}

func find(distributions []measure.Distribution, m measure.MetricSummary) *measure.Distribution {
	for i := range distributions {
		if d := &distributions[i]; d.Metric == m.Name && d.Observer == m.Observer && d.By == "" && len(d.Values) > 0 {
			return d
		}
	}
	return nil
}

// range_ spans all values, in the metric's unit; by logarithms, those above zero.
func (c *chart) range_(drawn []*measure.Distribution) axis {
	along := axis{min: math.Inf(1), max: math.Inf(-1), log: c.Log}
	for _, d := range drawn {
		low := d.Values[0]
		if c.Log {
			low = firstPositive(d.Values)
		}
		along.min, along.max = min(along.min, low), max(along.max, d.Values[len(d.Values)-1])
	}
	return along
}

// The plots, in units of the drawing.
const (
	plotWidth, plotHeight  = 440.0, 250.0
	plotLeft, plotRight    = 44.0, 12.0
	plotTop, plotBottom    = 22.0, 36.0
	plotTicksX, plotTicksY = 6, 5
	closestMarks           = 26.0 // labels of quantiles nearer than this are left out
	mostRowsOfCurve        = 16
)

// plot begins a chart: its axes, with the range of values along the bottom.
func (c *chart) plot(kind, about string, up axis) (*drawing, axis) {
	d := &drawing{width: plotWidth, height: plotHeight, id: c.ID + "-" + kind, about: about}
	along := axis{min: c.Min, max: c.Max, log: c.Log, from: plotLeft, span: plotWidth - plotLeft - plotRight}
	bottom := plotHeight - plotBottom
	for _, v := range up.ticks(plotTicksY) {
		y := up.at(v)
		d.line(point{plotLeft, y}, point{plotWidth - plotRight, y}, "grid")
		d.text(plotLeft-5, y+4, "tick end", tickText(v)+"%")
	}
	for _, v := range along.ticks(plotTicksX) {
		if c.Whole && v != math.Trunc(v) {
			continue
		}
		x := along.at(v)
		d.line(point{x, bottom}, point{x, bottom + 4}, "axis")
		d.text(x, bottom+16, "tick middle", tickText(v))
	}
	d.line(point{plotLeft, bottom}, point{plotWidth - plotRight, bottom}, "axis")
	unit := strings.TrimSpace(c.Unit)
	if unit == "" {
		unit = "number"
	}
	if c.Log {
		unit += ", by powers of ten"
	}
	d.text(plotWidth-plotRight, plotHeight-5, "tick end", unit)
	return d, along
}

// drawECDF draws, for each value, the share of values up to it, with its band, quantiles marked.
func (c *chart) drawECDF() template.HTML {
	up := axis{min: 0, max: 100, from: plotHeight - plotBottom, span: plotTop + plotBottom - plotHeight}
	d, along := c.plot("ecdf", c.describe(), up)
	d.name = c.Name + ": share of values up to each value"
	for i := range c.Curves {
		cv := &c.Curves[i]
		if cv.Low != nil {
			d.add(`<path class="band %s" d="%s"/>`, cv.Observer, bandPath(cv, along, up))
		}
		d.add(`<path class="curve %s" d="%s"/>`, cv.Observer, stepPath(cv, along, up))
		if cv.CutFrom != nil {
			x := along.at(*cv.CutFrom)
			d.line(point{x, plotTop}, point{x, plotHeight - plotBottom}, "cutfrom")
		}
		c.drawMarks(d, cv, along, up)
	}
	return d.html()
}

// drawMarks marks quantiles on a curve; the first curve's have labels, the more important first where room is scarce.
func (c *chart) drawMarks(d *drawing, cv *curve, along, up axis) {
	var labels []float64
	for _, m := range cv.Marks {
		x, y := along.at(m.Value), up.at(100*m.F)
		d.add(`<circle class="mark %s" cx="%s" cy="%s" r="3.5"><title>%s</title></circle>`, cv.Observer, px(x), px(y),
			esc(m.Name+": "+c.figure(m.Value)))
		near := func(label float64) bool { return math.Abs(label-x) < closestMarks }
		if cv.Observer != c.Curves[0].Observer || slices.ContainsFunc(labels, near) {
			continue
		}
		labels = append(labels, x)
		d.line(point{x, plotTop}, point{x, plotHeight - plotBottom}, "quantile")
		d.text(x, plotTop-6, "tick middle", m.Name)
	}
}

// stepPath is a curve that keeps each share up to the next value.
func stepPath(c *curve, along, up axis) string {
	var path strings.Builder
	fmt.Fprintf(&path, "M%s %s", px(along.at(c.X[0])), px(up.from))
	for i, x := range c.X {
		fmt.Fprintf(&path, "H%sV%s", px(along.at(x)), px(up.at(100*c.F[i])))
	}
	return path.String() + "H" + px(along.from+along.span)
}

// bandPath runs along the upper ends and back along the lower ones.
func bandPath(c *curve, along, up axis) string {
	var path strings.Builder
	fmt.Fprintf(&path, "M%s %s", px(along.at(c.X[0])), px(up.at(100*c.High[0])))
	for i := 1; i < len(c.X); i++ {
		fmt.Fprintf(&path, "H%sV%s", px(along.at(c.X[i])), px(up.at(100*c.High[i])))
	}
	for i := len(c.X) - 1; i >= 0; i-- {
		fmt.Fprintf(&path, "V%sH%s", px(up.at(100*c.Low[i])), px(along.at(c.X[i])))
	}
	return path.String() + "Z"
}

// drawHistogram draws the share of values in each bin; those that were cut short are hatched.
func (c *chart) drawHistogram() template.HTML {
	highest := 0.0
	for i := range c.Curves {
		for _, share := range c.Curves[i].Shares {
			highest = max(highest, share)
		}
	}
	up := axis{min: 0, max: float64(1.05 * highest), from: plotHeight - plotBottom, span: plotTop + plotBottom - plotHeight}
	d, along := c.plot("histogram", c.describe(), up)
	d.name = c.Name + ": share of values in each of " + count(int64(len(c.Edges)-1)) + " ranges"
	for i := range c.Curves {
		cv := &c.Curves[i]
		if i > 0 {
			d.add(`<path class="curve %s" d="%s"/>`, cv.Observer, c.outline(cv, along, up))
			continue
		}
		for j, share := range cv.Shares {
			if share > 0 {
				d.bar(c.column(j, share, along, up), "column "+cv.Observer, c.binText(j, share))
			}
			if cv.CutShares != nil && cv.CutShares[j] > 0 {
				d.bar(c.column(j, cv.CutShares[j], along, up), "cutshort", "cut short: "+tickText(cv.CutShares[j])+"%")
			}
		}
	}
	return d.html()
}

func (c *chart) column(bin int, share float64, along, up axis) box {
	left, right, y := along.at(c.Edges[bin]), along.at(c.Edges[bin+1]), up.at(share)
	return box{left, y, max(0.5, right-left-0.5), up.from - y}
}

func (c *chart) binText(bin int, share float64) string {
	return c.figure(c.Edges[bin]) + " to " + c.figure(c.Edges[bin+1]) + ": " + tickText(share) + "% of values"
}

// outline is the histogram of a second observer, drawn over the columns of the first.
func (c *chart) outline(cv *curve, along, up axis) string {
	var path strings.Builder
	fmt.Fprintf(&path, "M%s %s", px(along.at(c.Edges[0])), px(up.from))
	for j, share := range cv.Shares {
		fmt.Fprintf(&path, "V%sH%s", px(up.at(share)), px(along.at(c.Edges[j+1])))
	}
	return path.String() + "V" + px(up.from)
}

// figure writes a value in the shown unit.
func (c *chart) figure(v float64) string { return tickText(v) + c.Unit }

// describe says what the charts show, for those who do not see them.
func (c *chart) describe() string {
	var parts []string
	for i := range c.Curves {
		cv := &c.Curves[i]
		text := fmt.Sprintf("As the %s sees it: %s values from %s to %s", cv.Observer, count(cv.n), c.figure(cv.X[0]),
			c.figure(cv.X[len(cv.X)-1]))
		for _, m := range cv.Marks {
			text += ", " + m.Name + " " + c.figure(m.Value)
		}
		parts = append(parts, text+".")
	}
	return strings.Join(parts, " ")
}

// cutShort says what the end of the trial hides.
func (c *chart) cutShort() string {
	var parts []string
	for i := range c.Curves {
		if cv := &c.Curves[i]; cv.Cut > 0 {
			parts = append(parts, fmt.Sprintf("%s of %s values as the %s sees them, from %s on", count(cv.Cut), count(cv.n),
				cv.Observer, c.figure(*cv.CutFrom)))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return strings.Join(parts, "; ") + ": their trial ended before they did, so their true length is larger. To the right of the " +
		"dotted red line the share drawn is the most that it can be; the lower end of the band takes them to be longer than " +
		"anything. In the histogram they have a dashed red frame."
}

// zeroShare says what an axis by powers of ten cannot show.
func (c *chart) zeroShare() string {
	var parts []string
	for i := range c.Curves {
		if cv := &c.Curves[i]; c.Log && cv.zeros > 0 {
			parts = append(parts, fmt.Sprintf("%s of %s values (%s) as the %s sees them", count(cv.zeros), count(cv.n),
				share(cv.zeros, cv.n), cv.Observer))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return strings.Join(parts, "; ") + ". An axis by powers of ten has no place for 0: the curve starts at their share, and the " +
		"columns are of the other values, in percent of all."
}

// table gives the curves in numbers: some sixteen values, with what share lies at or below each.
func (c *chart) table() htmlTable {
	t := htmlTable{
		Caption: c.Name + ": the curve in numbers",
		Head:    []string{"observer", "value", "share of values at or below", "band, low", "band, high"},
		Numeric: "ltttt",
	}
	for i := range c.Curves {
		cv := &c.Curves[i]
		step := max(1, (len(cv.X)+mostRowsOfCurve-1)/mostRowsOfCurve)
		for j := range cv.X {
			if j%step != 0 && j != len(cv.X)-1 {
				continue
			}
			low, high := missing, missing
			if cv.Low != nil {
				low, high = percent(cv.Low[j]), percent(cv.High[j])
			}
			t.Rows = append(t.Rows, []string{cv.Observer, c.figure(cv.X[j]), percent(cv.F[j]), low, high})
		}
	}
	return t
}
