package silk

import (
	"math"
	"math/bits"
)

// The arithmetic of RFC 6716, appendix A: products are shifted down by cutting
// off, which the feedback of the filters makes audible, so that every decoder
// must do as the encoder did.

// mulW returns a*b >> 16.
func mulW(a, b int32) int32 { return int32(int64(a) * int64(b) >> 16) }

// mulHigh returns a*b >> 32.
func mulHigh(a, b int32) int32 { return int32(int64(a) * int64(b) >> 32) }

// round returns a >> n, rounded.
func round(a int32, n uint) int32 { return (a>>(n-1) + 1) >> 1 }

// round64 is round of 64 bits.
func round64(a int64, n uint) int64 { return (a>>(n-1) + 1) >> 1 }

func clip16(a int32) int16 { return int16(min(max(a, math.MinInt16), math.MaxInt16)) }

func clip32(a int64) int32 { return int32(min(max(a, math.MinInt32), math.MaxInt32)) }

// normalized shifts a up until its top bit is the one under the sign.
func normalized(a int32) (b int32, shift int) {
	shift = bits.LeadingZeros32(uint32(max(a, -a))) - 1
	return a << shift, shift
}

// down returns a >> n; a negative n shifts up and clips.
func down(a int32, n int) int32 {
	if n < 0 {
		return clip32(int64(a) << -n)
	}
	return a >> n
}

// inverse returns an approximation of 2^q / b.
func inverse(b int32, q int) int32 {
	n, shift := normalized(b)
	inv := math.MaxInt32 >> 2 / (n >> 16)
	rest := (1<<29 - mulW(n, inv)) << 3
	return down(inv<<16+mulW(rest, inv), 61-shift-q)
}

// quotient returns an approximation of a<<q / b.
func quotient(a, b int32, q int) int32 {
	an, ashift := normalized(a)
	bn, bshift := normalized(b)
	inv := math.MaxInt32 >> 2 / (bn >> 16)
	first := mulW(an, inv)
	an -= mulHigh(bn, first) << 3
	return down(first+mulW(an, inv), 29+ashift-bshift-q)
}

// root returns an approximation of the square root.
func root(a int32) int32 {
	if a <= 0 {
		return 0
	}
	zeros := bits.LeadingZeros32(uint32(a))
	fraction := int32(bits.RotateLeft32(uint32(a), zeros-24) & 127) // below the top bit, Q7
	v := int32(46214)                                               // the root of 2, Q15
	if zeros%2 == 1 {
		v = 1 << 15
	}
	v >>= zeros / 2
	return v + mulW(v, 213*fraction)
}

// energyOf returns the sum of the squares shifted down by so much that two bits
// are left above it.
func energyOf(x []int16) (energy int32, shift int) {
	sum := func(energy uint32, shift int) int32 {
		for i := 0; i < len(x); i += 2 {
			pair := uint32(int32(x[i]) * int32(x[i]))
			if i+1 < len(x) {
				pair += uint32(int32(x[i+1]) * int32(x[i+1]))
			}
			energy += pair >> shift
		}
		return int32(energy)
	}
	most := bits.Len32(uint32(len(x))) - 1
	rough := sum(uint32(len(x)), most)
	shift = max(0, most+3-bits.LeadingZeros32(uint32(rough)))
	return sum(0, shift), shift
}
