package stats

import "math/bits"

// scale cuts the non-negative integers into the buckets of an HdrHistogram, numbered from 0, ascending.
type scale struct {
	unitBits int // values need not be told apart below 1 << unitBits
}

// subBits is how many leading bits of a value its bucket tells: it is at most 1/1024 wide, which is three digits.
const subBits = 11

// newScale gives the scale of values that need not be told apart below unit, which it takes down to a power of two.
func newScale(unit int64) scale { return scale{bits.Len64(uint64(unit)) - 1} }

// bucket numbers the bucket of a value: its number of units while that is short, then the leading bits of that number.
func (s scale) bucket(v int64) int {
	units := uint64(v) >> s.unitBits
	shift := max(0, bits.Len64(units)-subBits)
	return shift<<(subBits-1) + int(units>>shift)
}

// ends gives the lowest and the highest value of a bucket.
func (s scale) ends(bucket int) (low, high int64) {
	shift := max(0, bucket>>(subBits-1)-1)
	width := shift + s.unitBits
	low = int64(bucket-shift<<(subBits-1)) << width
	return low, low + 1<<width - 1
}
