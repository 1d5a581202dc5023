package stats

// Clusters counts values by the buckets of a Histogram, and tells how they cluster in trials: what the variance of a share of values
// needs, since values of one trial are not independent of each other. NewClusters makes one; once grown to its working size it does
// not allocate.
type Clusters struct {
	scale
	buckets  window[clusterSums]
	min, max int64
	trials   int64
	perTrial int64 // sum over trials of the square of the number of values
}

// NewClusters gives an empty Clusters for the values of a Histogram of that unit.
func NewClusters(unit int64) Clusters { return Clusters{scale: newScale(unit)} }

// clusterSums are, of the values in a bucket: their number; the sum of 2j-1, where j is a value's rank in its trial; and the
// sum of the numbers of values in their trials. Cumulated up to x they are the sums over trials of y, of y² (the first y odd
// numbers sum to y²) and of y·m, where y of a trial's m values are at or below x.
type clusterSums struct{ y, yy, ym int64 }

func (c *clusterSums) add(o clusterSums) {
	c.y += o.y
	c.yy += o.yy
	c.ym += o.ym
}

// Add takes up one trial's values, which must be ascending and not negative.
func (c *Clusters) Add(ascending []int64) {
	m := int64(len(ascending))
	if m == 0 {
		return
	}
	c.Begin(m, ascending[0], ascending[m-1])
	for j, v := range ascending {
		c.Count(c.Bucket(v), int64(j+1), m)
	}
}

// Begin takes up a trial of m > 0 values from low to high. Count must follow for each.
func (c *Clusters) Begin(m, low, high int64) {
	c.widen(low, high)
	c.trials++
	c.perTrial += m * m
}

// widen takes values from low to high into the extremes. It comes before they are counted.
func (c *Clusters) widen(low, high int64) {
	if c.trials == 0 {
		c.min, c.max = low, high
		return
	}
	c.min, c.max = min(c.min, low), max(c.max, high)
}

// Count takes up one of the m values of a trial, by the number of its Bucket and its rank among them, from 1. In which order values of
// one bucket are ranked makes no difference.
func (c *Clusters) Count(bucket int, rank, m int64) {
	p := c.buckets.page(bucket)
	if p == nil {
		p = c.buckets.add(bucket)
	}
	p[uint(bucket)%pageSize].add(clusterSums{1, 2*rank - 1, m})
}

// Bucket numbers the bucket of a value that is not negative.
func (c *Clusters) Bucket(v int64) int { return c.bucket(v) }

// Merge takes up all trials of o, which must have the same unit.
func (c *Clusters) Merge(o *Clusters) {
	if o.trials == 0 {
		return
	}
	c.widen(o.min, o.max)
	for i, sums := range o.buckets.all() {
		c.buckets.at(i).add(*sums)
	}
	c.trials += o.trials
	c.perTrial += o.perTrial
}

// Reset empties the Clusters; it keeps its memory.
func (c *Clusters) Reset() {
	c.buckets.reset()
	c.min, c.max, c.trials, c.perTrial = 0, 0, 0, 0
}

// Cells is how many buckets have memory, of 24 bytes each.
func (c *Clusters) Cells() int { return c.buckets.cells() }

// around gives the shares of the n values that lie below the bucket of v, and up to its end.
func (c *Clusters) around(n, v int64) (below, through share) {
	at := c.bucket(v)
	var under, upTo clusterSums
	for i, cell := range c.buckets.all() {
		if i > at {
			break
		}
		if i < at {
			under.add(*cell)
		}
		upTo.add(*cell)
	}
	return c.share(n, under), c.share(n, upTo)
}

// share is that of the n values which the sums are cumulated over. Floats do, since a spread that cancels leaves a size of n.
func (c *Clusters) share(n int64, of clusterSums) share {
	e := share{trials: float64(c.trials), n: float64(n), s: float64(of.y)}
	p := e.s / e.n
	e.spread = float64(of.yy) - float64(2*p*float64(of.ym)) + float64(p*p*float64(c.perTrial))
	e.sizes = float64(e.n*e.n) / float64(c.perTrial)
	if of.y > 0 {
		e.counting = float64(e.s*e.s) / float64(of.yy)
	}
	if of.y < n {
		e.others = float64((e.n-e.s)*(e.n-e.s)) / float64(c.perTrial-2*of.ym+of.yy)
	}
	return e
}

// several tells whether any trial has more than one value.
func (c *Clusters) several() bool { return c.perTrial > c.trials }
