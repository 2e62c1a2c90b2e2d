package celt

import (
	"math"
	"math/bits"
	"sync"

	"github.com/fusor-ml/fusor/internal/codec/rangecoder"
)

// The shape of a band is a vector of n whole numbers whose magnitudes add up to
// k, the pulses (RFC 6716, section 4.3.4.2). There are V(n,k) of them, and
//
//	V(n,k) = U(n,k) + U(n,k+1)
//	U(n,k) = U(n-1,k) + U(n,k-1) + U(n-1,k-1)
//
// where U(n,k) counts those whose first number is positive, or, equally, those of
// k-1 pulses with a number at the front that is not negative. U is symmetric.

const (
	maxPulses = 128
	maxLength = 176 // coefficients of the widest band of 20 ms
)

// table holds U(n,k) for the smaller of n and k below 15; what does not fit 32 bits
// is the largest value, which no codebook in use reaches.
type table [15][maxLength + 2]uint32

var counts = sync.OnceValue(func() *table {
	u := new(table)
	u[0][0] = 1
	for n := 1; n < len(u); n++ {
		for k := 1; k < len(u[n]); k++ {
			sum := uint64(u[n-1][k]) + uint64(u[n][k-1]) + uint64(u[n-1][k-1])
			u[n][k] = uint32(min(sum, math.MaxUint32))
		}
	}
	return u
})

// ways returns U(n,k).
func (u *table) ways(n, k int) uint32 {
	if n > k {
		n, k = k, n
	}
	if n >= len(u) || k >= len(u[0]) {
		return math.MaxUint32
	}
	return u[n][k]
}

// vectors returns V(n,k), and whether it fits 32 bits.
func vectors(n, k int) (v uint32, ok bool) {
	u := counts()
	sum := uint64(u.ways(n, k)) + uint64(u.ways(n, k+1))
	return uint32(sum), sum < math.MaxUint32
}

// readPulses decodes a vector of so many pulses into dst and returns the sum of
// the squares.
func readPulses(r *rangecoder.Decoder, dst []int32, pulses int) (energy int32) {
	total, _ := vectors(len(dst), pulses)
	return vector(dst, pulses, r.Uniform(total))
}

// vector writes the vector of an index to dst: number by number, those with a
// positive one come first, and of these the ones with more pulses behind it.
func vector(dst []int32, pulses int, index uint32) (energy int32) {
	u := counts()
	for i := range dst {
		n := len(dst) - i
		negative := false
		if half := u.ways(n, pulses+1); index >= half {
			negative = true
			index -= half
		}
		before := pulses
		below := u.ways(n, pulses)
		for below > index {
			pulses--
			below = u.ways(n, pulses)
		}
		index -= below
		v := int32(before - pulses)
		energy += v * v
		if negative {
			v = -v
		}
		dst[i] = v
	}
	return energy
}

// maxSteps is how many numbers of pulses a band may have, which are not all
// numbers: above 8 they are as coarse as a floating-point number of 3 bits.
const maxSteps = 40

// pulsesAt returns the number of pulses of a step.
func pulsesAt(step int) int {
	if step < 8 {
		return step
	}
	return (8 + step&7) << (step>>3 - 1)
}

// A price list holds what each step costs a partition of n coefficients, in
// 8ths of a bit, rounded up; it ends with the last whose codebook fits 32 bits.
type prices []int

// priceLists are those by n, filled where a band has a partition of that length.
var priceLists = sync.OnceValue(func() *[maxLength + 1]prices {
	lists := new([maxLength + 1]prices)
	for b := range bands {
		for n := width(b) << 3; n > 1; n /= 2 {
			if lists[n] == nil {
				lists[n] = priceList(n)
			}
			if n%2 != 0 {
				break
			}
		}
	}
	return lists
})

func priceList(n int) prices {
	p := prices{0}
	for step := 1; step <= maxSteps; step++ {
		v, ok := vectors(n, pulsesAt(step))
		if !ok {
			break
		}
		p = append(p, logUp(v))
	}
	return p
}

// logUp returns the logarithm of v to base 2 in 8ths, rounded up. It squares the
// mantissa of 16 bits for each bit of the result; as every step rounds up, it is at
// times one more than the logarithm rounded up once, and so are the encoders.
func logUp(v uint32) int {
	whole := bits.Len32(v) - 1
	if v&(v-1) == 0 {
		return 8 * whole
	}
	m := v << 15 >> whole // Q15
	if whole > 15 {
		m = (v-1)>>(whole-15) + 1
	}
	eighths := 0
	for i := range 4 {
		if m >= 1<<16 {
			m = (m + 1) >> 1
			eighths += 8 >> i
		}
		m = (m*m + 1<<15 - 1) >> 15
	}
	if m > 1<<15 {
		eighths++
	}
	return 8*whole + eighths
}

// most returns what the last step costs.
func (p prices) most() int { return p[len(p)-1] }

// step returns the step whose price is the closest to the bits, the lower of two.
func (p prices) step(bits int) int {
	low, high := 0, len(p)-1
	for high-low > 1 {
		if mid := (low + high) / 2; p[mid] >= bits {
			high = mid
		} else {
			low = mid
		}
	}
	if bits-p[low] <= p[high]-bits {
		return low
	}
	return high
}
