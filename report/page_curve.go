package report

import (
	"math"
	"slices"
	"strconv"

	"failsim/measure"
)

// curve is how the values of one sample are distributed, ready to be drawn: in the shown unit, and thinned.
type curve struct {
	Observer string `json:"observer"`
	// X are values, ascending; F is the share of values up to each, and Low and High the band around it (nil: none).
	X    []float64 `json:"x"`
	F    []float64 `json:"f"`
	Low  []float64 `json:"low,omitempty"`
	High []float64 `json:"high,omitempty"`
	// Marks are the quantiles that the summary gives.
	Marks []quantileMark `json:"marks"`
	// CutFrom is the smallest value that was cut short by the end of the trial, if any was: from there on F is at most the
	// share drawn. Cut is how many were.
	CutFrom *float64 `json:"cutFrom,omitempty"`
	Cut     int64    `json:"cut,omitempty"`
	// Shares has, for each bin of the chart, the share of values in it in percent, CutShares that of values cut short.
	Shares    []float64 `json:"shares"`
	CutShares []float64 `json:"cutShares,omitempty"`

	n, zeros int64
	noZero   bool // the axis goes by logarithms
}

type quantileMark struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	F     float64 `json:"f"`
}

// The quantiles that are marked, the most important first. Where more is better, the bad cases lie at the other end.
var (
	markedBelow = []quantileMark{{"p50", 0, 0.5}, {"p99", 0, 0.99}, {"p90", 0, 0.9}}
	markedAbove = []quantileMark{{"p50", 0, 0.5}, {"p1", 0, 0.01}, {"p5", 0, 0.05}}
)

const (
	curveSteps = 160 // a curve keeps a point at least every 1/160 of its range and of the shares: 320 points at most, and the tail
	mostBins   = 40
	// logarithmic is how many times the median the largest value must be for an axis by logarithms.
	logarithmic = 30
)

// newCurve thins a distribution. A point is kept where either the value or the share has moved on by a step since the last;
// in the last hundredth also where what is left of the share has halved.
func newCurve(d *measure.Distribution, in scale, of measure.MetricSummary) curve {
	c := curve{Observer: d.Observer}
	for _, n := range d.Counts {
		c.n += n
	}
	last := len(d.Values) - 1
	steps := axis{min: d.Values[0], max: d.Values[last], span: curveSteps, log: isSkewed(d)}
	if steps.log {
		steps.min = firstPositive(d.Values)
	}
	var seen int64
	var keptX, keptF float64
	for i, v := range d.Values {
		seen += d.Counts[i]
		if v <= 0 {
			c.zeros = seen
		}
		f, x := float64(seen)/float64(c.n), steps.at(v)
		if d.Censored[i] > 0 {
			if c.CutFrom == nil {
				from := shown(v, in)
				c.CutFrom = &from
			}
			c.Cut += d.Censored[i]
		}
		next := i == last || i > 0 && (x-keptX >= 1 || (f-keptF)*curveSteps >= 1 || f > 0.99 && 1-f <= (1-keptF)/2)
		if i > 0 && !next {
			continue
		}
		keptX, keptF = x, f
		c.X, c.F = append(c.X, shown(v, in)), append(c.F, sixDigits(f))
		if d.Low != nil {
			c.Low, c.High = append(c.Low, d.Low[i]), append(c.High, d.High[i])
		}
	}
	marked := markedBelow
	if of.Better == "higher" {
		marked = markedAbove
	}
	for _, m := range marked {
		if q, ok := of.Quantiles[m.Name]; ok {
			c.Marks = append(c.Marks, quantileMark{m.Name, shown(q.Value, in), m.F})
		}
	}
	return c
}

// isSkewed tells whether a distribution needs an axis by logarithms: its largest value dwarfs its median.
func isSkewed(d *measure.Distribution) bool {
	var n, seen int64
	for _, count := range d.Counts {
		n += count
	}
	for i, count := range d.Counts {
		if seen += count; 2*seen >= n {
			return d.Values[i] > 0 && d.Values[len(d.Values)-1] >= logarithmic*d.Values[i]
		}
	}
	return false
}

func firstPositive(ascending []float64) float64 {
	for _, v := range ascending {
		if v > 0 {
			return v
		}
	}
	return 1
}

// shown converts a value to the shown unit. Of a ratio the distance from 1 matters, so it keeps more digits.
func shown(v float64, in scale) float64 {
	digits := 6
	if in.suffix == "%" {
		digits = 10
	}
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(v/in.perUnit, 'g', digits, 64), 64)
	return rounded
}

func sixDigits(v float64) float64 {
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 6, 64), 64)
	return rounded
}

// bins cuts the range of values into equal parts: of an axis by logarithms, equal factors. Whole numbers have bins of whole
// numbers, each around its middle.
func bins(along axis, whole bool) (edges []float64) {
	n := mostBins
	if whole && !along.log {
		width := math.Ceil((along.max - along.min + 1) / mostBins)
		for edge := along.min - 0.5; ; edge += width {
			if edges = append(edges, edge); edge > along.max {
				return edges
			}
		}
	}
	if along.max <= along.min {
		return []float64{along.min, along.max}
	}
	for i := range n + 1 {
		edges = append(edges, along.value(float64(i)/float64(n)))
	}
	return edges
}

// fill counts the values of a distribution in bins whose edges are in the metric's unit, as percentages. A bucket is as
// wide as the gap to its nearer neighbour, and its values lie anywhere in it: so bins of unlike numbers of buckets make no
// comb. A bucket wider than a bin is taken for one value.
func (c *curve) fill(d *measure.Distribution, edges []float64, atoms bool) {
	shares, cut := make([]float64, len(edges)-1), make([]float64, len(edges)-1)
	for i, v := range d.Values {
		if c.noZero && v <= 0 {
			continue // an axis by powers of ten has no place for zero: the chart says how many there are
		}
		width := 0.0
		if !atoms {
			width = gap(d.Values, i)
		}
		spread(shares, edges, pile{v, width, float64(d.Counts[i])})
		spread(cut, edges, pile{v, width, float64(d.Censored[i])})
	}
	for i := range shares {
		shares[i] = sixDigits(100 * shares[i] / float64(c.n))
		cut[i] = sixDigits(100 * cut[i] / float64(c.n))
	}
	c.Shares = shares
	if c.Cut > 0 {
		c.CutShares = cut
	}
}

// gap is the distance to the nearer neighbour.
func gap(ascending []float64, i int) float64 {
	nearest := math.Inf(1)
	if i > 0 {
		nearest = ascending[i] - ascending[i-1]
	}
	if i < len(ascending)-1 {
		nearest = min(nearest, ascending[i+1]-ascending[i])
	}
	return nearest
}

// pile is values that lie evenly around a middle.
type pile struct{ middle, width, count float64 }

// spread adds a pile to the bins that it reaches.
func spread(into, edges []float64, p pile) {
	at, found := slices.BinarySearch(edges, p.middle)
	if !found {
		at--
	}
	at = max(0, min(len(into)-1, at))
	if p.width <= 0 || p.width > edges[at+1]-edges[at] {
		into[at] += p.count
		return
	}
	from, to := p.middle-p.width/2, p.middle+p.width/2
	left := p.count
	for _, next := range []int{at - 1, at + 1} {
		if next < 0 || next >= len(into) {
			continue
		}
		over := min(to, edges[next+1]) - max(from, edges[next])
		if over > 0 {
			part := float64(p.count * (over / p.width))
			into[next] += part
			left -= part
		}
	}
	into[at] += left
}
