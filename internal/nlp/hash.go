package nlp

import (
	"math"
	"math/bits"

	"github.com/twmb/murmur3"
)

// Hash is MurmurHash3 x86 32-bit (Appleby), as scikit-learn's HashingVectorizer uses it with seed
// 0.
func Hash(seed uint32, text []byte) uint32 { return murmur3.SeedSum32(seed, text) }

// Bucket folds a hash into one of n buckets (0 < n < 2³¹) with a sign, as
// scikit-learn's HashingVectorizer does: the hash is a signed number, its
// magnitude modulo n the bucket, its sign the sign.
func Bucket(h uint32, n int) (bucket int, sign float32) {
	v := int32(h)
	switch {
	case v == math.MinInt32:
		return (math.MaxInt32 - (n - 1)) % n, -1
	case v < 0:
		return int(-v) % n, -1
	}
	return int(v) % n, 1
}

// GramHash is MurmurHash3 x86 32-bit of runes in UTF-32LE, one rune at a time:
// every rune is one block, so that the hash of an n-gram extends that of its first n−1 runes.
type GramHash struct {
	h uint32
	n uint32
}

// NewGramHash starts an n-gram.
func NewGramHash(seed uint32) GramHash { return GramHash{h: seed} }

// Add returns the hash state with r appended.
func (g GramHash) Add(r rune) GramHash {
	k := uint32(r) * 0xcc9e2d51
	k = bits.RotateLeft32(k, 15) * 0x1b873593
	return GramHash{bits.RotateLeft32(g.h^k, 13)*5 + 0xe6546b64, g.n + 4}
}

// Sum returns the hash of the runes so far.
func (g GramHash) Sum() uint32 {
	h := g.h ^ g.n
	h ^= h >> 16
	h *= 0x85ebca6b
	h ^= h >> 13
	h *= 0xc2b2ae35
	return h ^ h>>16
}
