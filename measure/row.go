package measure

import (
	"strings"

	"failsim/sim"
)

// Column is one number of every trial, over all groups and causes: the value of a metric that has one a trial, or the
// number (n) or the sum of the values of one that may have several.
type Column struct {
	// Name is the metric, with `_endpoint` where that is its observer, then `_n` or `_sum` where it may have several values,
	// then `_ns` for nanoseconds.
	Name             string
	Metric, Observer string
	// Count says that the numbers are how many values there are, and Sum that they are sums.
	Count, Sum bool
	// Offset + Scale x number is the value in the metric's unit.
	Offset, Scale float64
	series        seriesID
}

// Columns lists those of every trial, in the order of a Summary.
func (t *Tally) Columns() []Column {
	var columns []Column
	for i := range t.series {
		id := seriesID(i)
		if t.series[i].samples == nil {
			continue
		}
		m := metrics[id.metric()]
		c := Column{Name: m.Name, Metric: m.Name, Observer: m.Observers[id.observer()], series: id}
		if id.observer() == sim.ObserverEndpoint {
			c.Name += "_endpoint"
		}
		in := t.scaleOf(id.metric(), 0)
		c.Scale = 1 / in.denominator
		if in.complement {
			c.Offset, c.Scale = 1, -c.Scale
		}
		unit := ""
		if m.Unit == "s" {
			unit = "_ns"
		}
		if m.Per == "trial" {
			if in.complement {
				c.Name = strings.Replace(c.Name, "availability", "unavailability", 1)
				unit = "_ns"
			}
			c.Name += unit
			columns = append(columns, c)
			continue
		}
		count, sum := c, c
		count.Name, count.Count, count.Scale, count.Offset = c.Name+"_n", true, 1, 0
		sum.Name, sum.Sum = c.Name+"_sum"+unit, true
		columns = append(columns, count, sum)
	}
	return columns
}

// AddRow takes up one trial as Add does, and fills row with the numbers of its Columns.
func (t *Tally) AddRow(o *sim.Outcome, row []int64) error {
	if err := t.take(o); err != nil {
		return err
	}
	i := 0
	for id := range t.series {
		if t.series[id].samples == nil {
			continue
		}
		s := &t.series[id].samples[0]
		if metrics[seriesID(id).metric()].Per != "trial" {
			row[i] = s.n
			i++
		}
		row[i] = s.sum
		i++
	}
	t.endTrial(o)
	return nil
}
