package dist_test

import (
	"math"
	"math/bits"
	"testing"

	"gonum.org/v1/gonum/stat"

	"failsim/dist"
)

// streams are the ways in which one draw can stand next to another: i counts draws.
var streams = []struct {
	name string
	bits func(i uint64) uint64
}{
	{"occurrence", func(i uint64) uint64 { return dist.NewSource(1, 0, 0).Bits(5, i) }},
	{"trial", func(i uint64) uint64 { return dist.NewSource(1, i, 0).Bits(5, 0) }},
	{"seed", func(i uint64) uint64 { return dist.NewSource(i, 0, 0).Bits(5, 0) }},
	{"branch", func(i uint64) uint64 { return dist.NewSource(1, 0, i).Bits(5, 0) }},
	{"name", func(i uint64) uint64 { return dist.NewSource(1, 0, 0).Bits(i, 0) }},
	{"seed and trial", func(i uint64) uint64 { return dist.NewSource(i, i, 0).Bits(i, i) }},
}

const streamLength = 200_000

// 4 standard errors of a correlation of independent numbers.
var correlationLimit = 4 / math.Sqrt(streamLength)

func TestBitsAreUniform(t *testing.T) {
	const cells = 256
	// Chi-square with 255 degrees of freedom: mean 255, standard deviation sqrt(510); 4 of them.
	limit := 255 + 4*math.Sqrt(510)
	for _, s := range streams {
		for _, shift := range []int{56, 28, 0} {
			count := [cells]float64{}
			for i := range uint64(streamLength) {
				count[s.bits(i)>>shift%cells]++
			}
			chi := 0.0
			for _, n := range count {
				miss := n - streamLength/cells
				chi += miss * miss / (streamLength / cells)
			}
			if chi > limit {
				t.Errorf("%s, bits from %d: chi-square %.1f, limit %.1f", s.name, shift, chi, limit)
			}
		}
	}
}

func TestNeighboursAreNotCorrelated(t *testing.T) {
	for _, s := range streams {
		u := make([]float64, streamLength+3)
		for i := range u {
			u[i] = dist.Uniform(s.bits(uint64(i)))
		}
		for lag := 1; lag <= 3; lag++ {
			r := stat.Correlation(u[:streamLength], u[lag:lag+streamLength], nil)
			if math.Abs(r) > correlationLimit {
				t.Errorf("%s: correlation %.5f at distance %d, limit %.5f", s.name, r, lag, correlationLimit)
			}
		}
	}
}

func TestStreamsAreNotCorrelated(t *testing.T) {
	u := make([][]float64, len(streams))
	for i, s := range streams {
		for k := range uint64(streamLength) {
			u[i] = append(u[i], dist.Uniform(s.bits(k+1)))
		}
	}
	for i := range u {
		for k := range i {
			if r := stat.Correlation(u[i], u[k], nil); math.Abs(r) > correlationLimit {
				t.Errorf("%s and %s: correlation %.5f", streams[i].name, streams[k].name, r)
			}
		}
	}
}

// Each bit is set half of the time, and one bit of an input turns each bit of the output half of the time. The largest
// of 64 x 64 deviations stays within 5.5 standard errors (a normal deviate exceeds that once in 26 million).
func TestBitsBalanceAndAvalanche(t *testing.T) {
	const n = 10_000
	source := dist.NewSource(1, 2, 3)
	flips := map[string]func(i, mask uint64) uint64{
		"none":       func(i, mask uint64) uint64 { return source.Bits(7, i) },
		"occurrence": func(i, mask uint64) uint64 { return source.Bits(7, i) ^ source.Bits(7, i^mask) },
		"name":       func(i, mask uint64) uint64 { return source.Bits(i, 0) ^ source.Bits(i^mask, 0) },
		"trial": func(i, mask uint64) uint64 {
			return dist.NewSource(1, i, 0).Bits(7, 0) ^ dist.NewSource(1, i^mask, 0).Bits(7, 0)
		},
		"seed": func(i, mask uint64) uint64 {
			return dist.NewSource(i, 0, 0).Bits(7, 0) ^ dist.NewSource(i^mask, 0, 0).Bits(7, 0)
		},
	}
	for name, flip := range flips {
		for in := range 64 {
			var count [64]int
			for i := range uint64(n) {
				// Inputs far apart, so that no pair counts twice.
				for x := flip(i*0x9e3779b97f4a7c15, 1<<in); x != 0; x &= x - 1 {
					count[bits.TrailingZeros64(x)]++
				}
			}
			for out, c := range count {
				if math.Abs(float64(c)-n/2) > 5.5*math.Sqrt(n)/2 {
					t.Errorf("%s: bit %d turns bit %d in %d of %d cases", name, in, out, c, n)
				}
			}
		}
	}
}

func TestNamesTellTextsApart(t *testing.T) {
	texts := []string{"", "a", "ab", "abc", "b", "c", "bc", "\x00", "a\x00", "\x00a", "promotion", "promotionsessions", "sessions/0003", "sessions/0030"}
	seen := map[uint64][2]string{}
	for _, purpose := range texts {
		for _, entity := range texts {
			h := dist.Name(purpose, entity)
			if other, ok := seen[h]; ok {
				t.Errorf("%q has the name of %q", [2]string{purpose, entity}, other)
			}
			seen[h] = [2]string{purpose, entity}
		}
	}
}

func TestUniformIsOpenAndSymmetric(t *testing.T) {
	for _, b := range []uint64{0, 1, 1 << 11, 1<<12 - 1, 1 << 63, math.MaxUint64} {
		u := dist.Uniform(b)
		if !(0 < u && u < 1) || dist.Uniform(^b) != 1-u || 1-(1-u) != u {
			t.Errorf("Uniform(%#x) = %v, of the complement %v", b, u, dist.Uniform(^b))
		}
	}
	if dist.Uniform(0) != 0x1p-53 || dist.Uniform(math.MaxUint64) != 1-0x1p-53 {
		t.Error("the ends are not 2^-53 and 1 - 2^-53")
	}
}
