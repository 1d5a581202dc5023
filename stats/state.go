package stats

import "fmt"

// The states of accumulators are plain data, for storage. Adding the states of parts in any order gives the accumulator of
// the whole.

// RatioState is the state of a Ratio: its sums, low word first.
type RatioState struct {
	Trials           int64
	N, S, NN, NS, SS [3]uint64
}

// State gives the state as it is now.
func (r *Ratio) State() RatioState {
	return RatioState{r.trials, r.n.words(), r.s.words(), r.nn.words(), r.ns.words(), r.ss.words()}
}

// AddState takes up what another Ratio held.
func (r *Ratio) AddState(s RatioState) {
	r.Merge(&Ratio{s.Trials, wideOf(s.N), wideOf(s.S), wideOf(s.NN), wideOf(s.NS), wideOf(s.SS)})
}

func (w *wide) words() [3]uint64  { return [3]uint64{w.low, w.mid, w.high} }
func wideOf(words [3]uint64) wide { return wide{words[0], words[1], words[2]} }

// HistogramState is the state of a Histogram: the buckets that have values, and the extremes, which are exact.
type HistogramState struct {
	Values, Counts []int64
	Min, Max       int64
}

// State gives the state as it is now.
func (h *Histogram) State() HistogramState {
	s := HistogramState{Min: h.min, Max: h.max}
	h.each(func(value, count int64) bool {
		s.Values = append(s.Values, value)
		s.Counts = append(s.Counts, count)
		return true
	})
	return s
}

// AddState takes up what another Histogram of the same range held. An error says that it cannot have been of this range.
func (h *Histogram) AddState(s HistogramState) error {
	if len(s.Values) == 0 {
		return nil
	}
	if len(s.Counts) != len(s.Values) || s.Min < 0 || s.Max > h.highest {
		return fmt.Errorf("state of a histogram: %d values, %d counts, %d to %d: %w", len(s.Values), len(s.Counts), s.Min, s.Max,
			ErrOutOfRange)
	}
	h.widen(s.Min, s.Max)
	for i, v := range s.Values {
		if v < 0 || v > h.highest {
			return fmt.Errorf("state of a histogram: value %d: %w", v, ErrOutOfRange)
		}
		*h.counts.at(h.bucket(v)) += s.Counts[i]
		h.n += s.Counts[i]
	}
	return nil
}

// ClustersState is the state of a Clusters: by cell that has values, its number and its three sums; and the extremes, which are
// exact.
type ClustersState struct {
	Cells            []int32
	Y, YY, YM        []int64
	Min, Max         int64
	Trials, PerTrial int64
}

// State gives the state as it is now.
func (c *Clusters) State() ClustersState {
	s := ClustersState{Min: c.min, Max: c.max, Trials: c.trials, PerTrial: c.perTrial}
	for i, sums := range c.buckets.all() {
		if sums.y > 0 {
			s.Cells = append(s.Cells, int32(i))
			s.Y, s.YY, s.YM = append(s.Y, sums.y), append(s.YY, sums.yy), append(s.YM, sums.ym)
		}
	}
	return s
}

// AddState takes up what another Clusters held. An error says that the state is damaged.
func (c *Clusters) AddState(s ClustersState) error {
	if len(s.Y) != len(s.Cells) || len(s.YY) != len(s.Cells) || len(s.YM) != len(s.Cells) {
		return fmt.Errorf("state of clusters: %d cells with %d, %d and %d sums", len(s.Cells), len(s.Y), len(s.YY), len(s.YM))
	}
	for i, cell := range s.Cells {
		if cell < 0 || int(cell) > c.bucket(1<<63-1) {
			return fmt.Errorf("state of clusters: no cell %d", cell)
		}
		c.buckets.at(int(cell)).add(clusterSums{s.Y[i], s.YY[i], s.YM[i]})
	}
	if s.Trials > 0 {
		c.widen(s.Min, s.Max)
	}
	c.trials += s.Trials
	c.perTrial += s.PerTrial
	return nil
}
