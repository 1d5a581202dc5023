package stats

import (
	"encoding/binary"
	"math/big"
	"math/bits"
)

// wide is an unsigned integer of 192 bits: 2^66 products of two int64 fit.
type wide struct{ low, mid, high uint64 }

// addProduct adds x times y.
func (w *wide) addProduct(x, y uint64) {
	high, low := bits.Mul64(x, y)
	w.merge(&wide{low, high, 0})
}

// merge adds v.
func (w *wide) merge(v *wide) {
	var carry uint64
	w.low, carry = bits.Add64(w.low, v.low, 0)
	w.mid, carry = bits.Add64(w.mid, v.mid, carry)
	w.high, _ = bits.Add64(w.high, v.high, carry)
}

// int gives the number for the arithmetic of a final estimate.
func (w *wide) int() *big.Int {
	var b [24]byte
	binary.BigEndian.PutUint64(b[0:], w.high)
	binary.BigEndian.PutUint64(b[8:], w.mid)
	binary.BigEndian.PutUint64(b[16:], w.low)
	return new(big.Int).SetBytes(b[:])
}
