package stats

import "math/bits"

// Clusters tells how values cluster in trials, by value to two digits: what the variance of a share of values needs, since
// values of one trial are not independent of each other. The zero Clusters is empty and ready for use; once grown to its
// working size it does not allocate.
type Clusters struct {
	buckets  window[clusterSums]
	trials   int64
	perTrial int64 // sum over trials of the square of the number of values
}

// clusterSums are, of the values in a bucket: their number; the sum of 2j-1, where j is a value's rank in its trial; and the
// sum of the numbers of values in their trials. Cumulated up to x they are the sums over trials of y, of y² (the first y odd
// numbers sum to y²) and of y·m, where y of a trial's m values are at or below x.
type clusterSums struct{ y, yy, ym int64 }

func (c *clusterSums) add(o clusterSums) {
	c.y += o.y
	c.yy += o.yy
	c.ym += o.ym
}

// clusterBits is how many leading bits of a value its bucket tells: it is at most 1/128 wide.
const clusterBits = 8

// clusterBucket numbers the bucket of a value, ascending: the value itself while it is short, then its leading bits.
func clusterBucket(v int64) int {
	shift := max(0, bits.Len64(uint64(v))-clusterBits)
	return shift<<(clusterBits-1) + int(v>>shift)
}

// Add takes up one trial's values, which must be ascending and not negative.
func (c *Clusters) Add(ascending []int64) {
	m := int64(len(ascending))
	if m == 0 {
		return
	}
	for j, v := range ascending {
		c.buckets.at(clusterBucket(v)).add(clusterSums{1, int64(2*j + 1), m})
	}
	c.trials++
	c.perTrial += m * m
}

// Merge takes up all trials of o.
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

// cumulate gives the sums below the bucket of v, and through it.
func (c *Clusters) cumulate(v int64) (below, through clusterSums) {
	at := clusterBucket(v) - c.buckets.first
	for _, sums := range c.buckets.cells[:at] {
		below.add(sums)
	}
	through = below
	through.add(c.buckets.cells[at])
	return below, through
}

// effectiveSize is the number of independent values that tell as much as the n values do about the share of values up to v:
// n* = n·f(1-f)/(n·var(f)), at either edge of v's bucket, where they tell less.
func (c *Clusters) effectiveSize(n, v int64) int64 {
	below, through := c.cumulate(v)
	effect := max(1, c.designEffect(n, below), c.designEffect(n, through))
	return max(1, int64(float64(n)/effect))
}

// designEffect is by how much the variance of the share y/n, a ratio over trials, exceeds that of independent values.
func (c *Clusters) designEffect(n int64, at clusterSums) float64 {
	all, trials := float64(n), float64(c.trials)
	f := float64(at.y) / all
	if f <= 0 || f >= 1 || trials < 2 {
		return 1
	}
	spread := float64(at.yy) - float64(2*f*float64(at.ym)) + float64(f*f*float64(c.perTrial))
	return trials / (trials - 1) * spread / (all * f * (1 - f))
}

// reaching is a lower bound of the number of trials that have values in the bucket of v or beyond it, on the thinner side of
// a quantile of permille thousandths: (Σb)²/Σb² for b such values in a trial, by the Cauchy-Schwarz inequality.
func (c *Clusters) reaching(n, v, permille int64) float64 {
	below, through := c.cumulate(v)
	if permille < 500 {
		return float64(through.y) * float64(through.y) / float64(through.yy)
	}
	b := float64(n - below.y)
	return b * b / float64(c.perTrial-2*below.ym+below.yy)
}

// several tells whether any trial has more than one value.
func (c *Clusters) several() bool { return c.perTrial > c.trials }
