package dist

// Source is where the draws of one trial come from. It is plain data and has
// no position: every draw is a function of its name, so a new draw elsewhere
// shifts nothing, and a copied Source goes on exactly like the original.
type Source struct{ key uint64 }

// The odd constants spread small consecutive numbers over 64 bits before they
// are mixed: the golden ratio, as in SplitMix64 (Steele, Lea, Flood 2014), and
// leading digits of pi, so that the zero seed is no fixed point of mix.
const (
	golden = 0x9e3779b97f4a7c15
	digits = 0x243f6a8885a308d3
)

// NewSource gives the source of one trial: of a seed, the trial's index from
// 0, and the branch (0, unless a World was split in mid-flight).
func NewSource(seed, trial, branch uint64) Source {
	key := mix(seed ^ digits)
	key = mix(key + golden*trial)
	return Source{key: mix(mix(key^digits) + golden*branch)}
}

// Name hashes what is drawn (the phase word) and for whom (the entity's name).
// Lengths are hashed too: Name("ab", "c") differs from Name("a", "bc"). It
// walks both texts, so keep its result beside the entity.
func Name(purpose, entity string) uint64 {
	return hash(hash(digits, purpose), entity)
}

func hash(h uint64, text string) uint64 {
	h = mix(h + golden*uint64(len(text)+1))
	for len(text) > 0 {
		n := min(8, len(text))
		var word uint64
		for i := range n {
			word |= uint64(text[i]) << (8 * i)
		}
		h = mix(mix(h^word) + golden)
		text = text[n:]
	}
	return h
}

// Bits gives the 64 random bits of a draw: name is from Name, occurrence is
// how many draws of that name came before.
func (s Source) Bits(name, occurrence uint64) uint64 {
	base := mix(s.key ^ name)
	// One round gives the SplitMix64 stream that starts at base. Streams of two
	// names may overlap there at some distance; mixing base in once more parts
	// them.
	return mix(mix(base+golden*(occurrence+1)) ^ base)
}

// mix is the 64-bit finalizer "Mix13" of David Stafford, a bijection in which
// each input bit turns each output bit with a probability close to 1/2.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// Uniform turns bits into a number strictly between 0 and 1: an odd multiple
// of 2^-53, from the upper 52 bits. So 1-Uniform(bits) is exact and never 0.
func Uniform(bits uint64) float64 {
	return float64(int64(bits>>11|1)) * 0x1p-53
}
