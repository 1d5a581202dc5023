package stats

// Clusters tells how values cluster in trials, by the buckets of a Histogram: what the variance of a share of values needs, since
// values of one trial are not independent of each other. NewClusters makes one; once grown to its working size it does not
// allocate.
type Clusters struct {
	scale
	buckets  window[clusterSums]
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
	c.buckets.include(c.bucket(ascending[0]), c.bucket(ascending[m-1])+1)
	for j, v := range ascending {
		c.buckets.cells[c.bucket(v)-c.buckets.first].add(clusterSums{1, int64(2*j + 1), m})
	}
	c.trials++
	c.perTrial += m * m
}

// Merge takes up all trials of o, which must have the same unit.
func (c *Clusters) Merge(o *Clusters) {
	c.buckets.include(o.buckets.first, o.buckets.first+len(o.buckets.cells))
	for i, sums := range o.buckets.cells {
		c.buckets.at(o.buckets.first + i).add(sums)
	}
	c.trials += o.trials
	c.perTrial += o.perTrial
}

// Reset empties the Clusters; it keeps its memory.
func (c *Clusters) Reset() {
	c.buckets.reset()
	c.trials, c.perTrial = 0, 0
}

// around gives the shares of the n values that lie below the bucket of v, and up to its end.
func (c *Clusters) around(n, v int64) (below, through share) {
	at := c.bucket(v) - c.buckets.first
	var sums clusterSums
	for _, cell := range c.buckets.cells[:at] {
		sums.add(cell)
	}
	below = c.share(n, sums)
	sums.add(c.buckets.cells[at])
	return below, c.share(n, sums)
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
