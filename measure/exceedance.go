package measure

import (
	"fmt"
	"math"
	"math/big"

	"failsim/stats"
)

// exceedance counts, exactly, the values of a sample above a limit.
type exceedance struct {
	statistic string // as the figure that asked for it has it
	limit     int64
	below     bool // the figure falls as the value rises: values below the limit count

	over, perhaps int64 // of the current trial; perhaps: also those that were cut short before the limit
	sure, most    stats.Ratio
}

// watch counts for a figure that is a probability; others need nothing.
func (t *Tally) watch(f Figure) {
	metric, _ := metricNamed(f.Metric)
	parsed, err := statisticOf(metric, f.Statistic)
	if err != nil {
		panic("measure: " + err.Error())
	}
	if parsed.above == nil {
		return
	}
	id := seriesOf(metric, f.observer(metric))
	slot := t.slot(id, f)
	s := &t.series[id].samples[slot]
	scale := t.scaleOf(metric, slot)
	s.exceedances = append(s.exceedances, newExceedance(f.Statistic, parsed.above, scale))
}

// newExceedance converts x, in the metric's unit, to a limit for whole values: v/d > x where v > floor(x·d), and
// 1 - v/d > x where v < ceil((1-x)·d).
func newExceedance(statistic string, above *big.Rat, in scale) exceedance {
	e := exceedance{statistic: statistic, below: in.complement}
	if in.complement {
		above = new(big.Rat).Sub(big.NewRat(1, 1), above)
	}
	limit := new(big.Rat).SetFloat64(in.denominator)
	limit.Mul(limit, above)
	// big.Int's Div rounds down for a positive divisor.
	floor := new(big.Int).Div(limit.Num(), limit.Denom())
	if in.complement && !limit.IsInt() {
		floor.Add(floor, big.NewInt(1))
	}
	switch {
	case floor.IsInt64():
		e.limit = floor.Int64()
	case floor.Sign() > 0:
		e.limit = math.MaxInt64
	default:
		e.limit = math.MinInt64
	}
	return e
}

func (e *exceedance) record(v int64, censored bool) {
	switch {
	case e.below && v < e.limit, !e.below && v > e.limit:
		e.over++
	case censored && !e.below:
		e.perhaps++
	}
}

func (e *exceedance) endTrial(n int64) {
	e.sure.Add(n, e.over)
	e.most.Add(n, e.over+e.perhaps)
	e.over, e.perhaps = 0, 0
}

func (e *exceedance) merge(o *exceedance) {
	e.sure.Merge(&o.sure)
	e.most.Merge(&o.most)
}

// estimate gives the probability; its upper end takes every value that was cut short to be above the limit.
func (e *exceedance) estimate(confidence float64) (*Estimate, string) {
	p, ok := e.sure.Proportion(confidence)
	if !ok {
		return nil, "there was no value"
	}
	most, _ := e.most.Proportion(confidence)
	low, high := sixDigits(p.Low), sixDigits(most.High)
	return &Estimate{Value: sixDigits(p.Value), Low: &low, High: &high, Method: p.Method}, ""
}

// probability finds the exceedance that was counted for a figure.
func (t *Tally) probability(f Figure) *exceedance {
	metric, _ := metricNamed(f.Metric)
	id := seriesOf(metric, f.observer(metric))
	s := &t.series[id].samples[t.slot(id, f)]
	for i := range s.exceedances {
		if s.exceedances[i].statistic == f.Statistic {
			return &s.exceedances[i]
		}
	}
	panic(fmt.Sprintf("measure: nobody counted %v", f))
}
