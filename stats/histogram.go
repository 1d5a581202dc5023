package stats

import (
	"errors"
	"fmt"
)

// ErrOutOfRange says that a value is negative or beyond what its Histogram can hold.
var ErrOutOfRange = errors.New("out of range")

// Histogram counts non-negative integers to three significant digits, with their exact number, minimum and maximum.
// It has the buckets of an HdrHistogram, but memory only around those in use: a run keeps hundreds of them for each worker.
// Record allocates nothing once the range of the values is known. NewHistogram makes one; it must not be copied once it holds
// values.
type Histogram struct {
	scale
	highest     int64
	counts      window[int64]
	n, min, max int64
}

// NewHistogram gives an empty Histogram of values from 0 to highest that need not be told
// apart below unit: 1000 for nanoseconds that matter to the microsecond, 1 for counts.
func NewHistogram(unit, highest int64) Histogram {
	return Histogram{scale: newScale(unit), highest: highest}
}

// Record takes up a value; ErrOutOfRange if it is negative or above the highest.
func (h *Histogram) Record(v int64) error {
	if err := h.Check(v); err != nil {
		return err
	}
	h.widen(v, v)
	*h.counts.at(h.bucket(v))++
	h.n++
	return nil
}

// Check is the error that Record would give.
func (h *Histogram) Check(v int64) error {
	if v < 0 || v > h.highest {
		return fmt.Errorf("value %d is %w: 0 to %d", v, ErrOutOfRange, h.highest)
	}
	return nil
}

// widen takes values from low to high into the extremes. It comes before they are counted.
func (h *Histogram) widen(low, high int64) {
	if h.n == 0 {
		h.min, h.max = low, high
		return
	}
	h.min, h.max = min(h.min, low), max(h.max, high)
}

// Reset empties the Histogram; it keeps its memory.
func (h *Histogram) Reset() {
	h.counts.reset()
	h.n, h.min, h.max = 0, 0, 0
}

// Cells is how many buckets have memory, of 8 bytes each.
func (h *Histogram) Cells() int { return h.counts.cells() }

// Bucket is a number of values that a Histogram does not tell apart, and a value that stands for them.
type Bucket struct{ Value, Count int64 }

// Buckets gives those that have values, ascending, each with its lowest value. Histograms of one range have the same buckets.
func (h *Histogram) Buckets() (buckets []Bucket) {
	h.each(func(value, count int64) bool {
		buckets = append(buckets, Bucket{value, count})
		return true
	})
	return buckets
}

// each calls f with the buckets that have values, ascending, until f returns false: the lowest value of the bucket, and the
// number of values in it.
func (h *Histogram) each(f func(value, count int64) bool) {
	for i, count := range h.counts.all() {
		if *count == 0 {
			continue
		}
		if value, _ := h.ends(i); !f(value, *count) {
			return
		}
	}
}

// Merge takes up all values of o, which must have the same unit and highest value.
func (h *Histogram) Merge(o *Histogram) {
	if h.scale != o.scale || h.highest != o.highest {
		panic("stats: merge of histograms of unlike range")
	}
	if o.n == 0 {
		return
	}
	h.widen(o.min, o.max)
	h.n += o.n
	for i, count := range o.counts.all() {
		*h.counts.at(i) += *count
	}
}

// MergeClusters takes up all values of a Clusters, which must have the same unit.
func (h *Histogram) MergeClusters(c *Clusters) {
	if h.scale != c.scale {
		panic("stats: merge of a histogram and clusters of unlike unit")
	}
	if c.trials == 0 {
		return
	}
	h.widen(c.min, c.max)
	for i, sums := range c.buckets.all() {
		if sums.y > 0 {
			*h.counts.at(i) += sums.y
			h.n += sums.y
		}
	}
}

// Count is how many values were recorded.
func (h *Histogram) Count() int64 { return h.n }

// Min is the lowest value, exactly; 0 if there is none.
func (h *Histogram) Min() int64 { return h.min }

// Max is the highest value, exactly; 0 if there is none.
func (h *Histogram) Max() int64 { return h.max }

// AtRank gives the k-th lowest value, 1 <= k <= Count, to three digits: the upper end of its bucket, but never outside
// [Min, Max]. An empty Histogram gives 0.
func (h *Histogram) AtRank(k int64) int64 {
	_, high := h.around(k)
	return high
}

// around gives two values between which the k-th lowest lies, 1 <= k <= Count: the ends of its bucket, but never outside
// [Min, Max].
func (h *Histogram) around(k int64) (low, high int64) {
	below := int64(0)
	for i, count := range h.counts.all() {
		if below += *count; below >= k {
			low, high = h.ends(i)
			return max(h.min, low), min(h.max, high)
		}
	}
	return h.max, h.max
}

// Quantile gives the lowest recorded value that at least permille thousandths of the values do not exceed (Hyndman and
// Fan, The American Statistician 50, 1996, definition 1), to the precision of AtRank.
func (h *Histogram) Quantile(permille int64) int64 {
	return h.AtRank(Rank(permille, h.n))
}

// Rank is the rank, from 1, of the quantile of permille thousandths among n sorted values.
func Rank(permille, n int64) int64 {
	return max(1, min(n, (permille*n+999)/1000))
}
