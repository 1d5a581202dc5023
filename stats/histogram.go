package stats

import (
	"errors"
	"fmt"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// ErrOutOfRange says that a value is negative or beyond what its Histogram can hold.
var ErrOutOfRange = errors.New("out of range")

// digits is how many significant decimal digits a Histogram keeps.
const digits = 3

// Histogram counts non-negative integers to three significant digits, with their exact number, minimum and maximum.
// It takes memory at its first value, and Record allocates nothing after that. NewHistogram makes one; it must not be copied
// once it holds values.
type Histogram struct {
	unit, highest int64
	counts        *hdrhistogram.Histogram // nil before the first value
	n, min, max   int64
}

// NewHistogram gives an empty Histogram of values from 0 to highest that need not be told
// apart below unit: 1000 for nanoseconds that matter to the microsecond, 1 for counts.
func NewHistogram(unit, highest int64) Histogram {
	return Histogram{unit: unit, highest: highest}
}

// Record takes up a value; ErrOutOfRange if it is negative or above the highest.
func (h *Histogram) Record(v int64) error {
	if v < 0 || v > h.highest {
		return fmt.Errorf("value %d is %w: 0 to %d", v, ErrOutOfRange, h.highest)
	}
	h.allocate(v)
	h.min, h.max = min(h.min, v), max(h.max, v)
	h.n++
	return h.counts.RecordValue(v)
}

// allocate takes memory before the first value, which is the lowest so far.
func (h *Histogram) allocate(first int64) {
	if h.counts == nil {
		h.counts = hdrhistogram.New(h.unit, h.highest, digits)
	}
	if h.n == 0 {
		h.min = first
	}
}

// Reset empties the Histogram; it keeps its memory.
func (h *Histogram) Reset() {
	if h.n > 0 {
		h.counts.Reset()
	}
	h.n, h.min, h.max = 0, 0, 0
}

// each calls f with the buckets that have values, ascending, until f returns false: a value that stands for the bucket, the
// same in every Histogram of one range, and the number of values in it.
func (h *Histogram) each(f func(value, count int64) bool) {
	if h.n == 0 {
		return
	}
	packed := hdrhistogram.NewPacked(h.unit, h.highest, digits)
	if dropped := packed.MergeFrom(h.counts); dropped != 0 {
		panic(fmt.Sprintf("stats: packing dropped %d values", dropped))
	}
	packed.ForEachBucket(f)
}

// Bucket is a number of values that a Histogram does not tell apart, and a value that stands for them.
type Bucket struct{ Value, Count int64 }

// Buckets gives those that have values, ascending. Histograms of one range have the same buckets.
func (h *Histogram) Buckets() (buckets []Bucket) {
	h.each(func(value, count int64) bool {
		buckets = append(buckets, Bucket{value, count})
		return true
	})
	return buckets
}

// Merge takes up all values of o, which must have the same unit and highest value.
func (h *Histogram) Merge(o *Histogram) {
	if h.unit != o.unit || h.highest != o.highest {
		panic("stats: merge of histograms of unlike range")
	}
	if o.n == 0 {
		return
	}
	h.allocate(o.min)
	h.min, h.max = min(h.min, o.min), max(h.max, o.max)
	h.n += o.n
	// Through the packed form: it reads the counts where they lie, several times as fast as the library's own Merge.
	packed := hdrhistogram.NewPacked(h.unit, h.highest, digits)
	if dropped := packed.MergeFrom(o.counts) + packed.MergeInto(h.counts); dropped != 0 {
		panic(fmt.Sprintf("stats: merge dropped %d values", dropped))
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
	if h.n == 0 {
		return 0
	}
	// The library takes the rank percentage/100 x n + 1/2, cut off: halfway between two ranks, whatever the rounding.
	percentage := 100 * float64(k) / float64(h.n)
	return max(h.min, min(h.max, h.counts.ValueAtPercentile(percentage)))
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
