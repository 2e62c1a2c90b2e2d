package silk

import (
	"math/bits"
	"slices"
)

// lsfBook is what the coding of the line spectral frequencies (LSF) depends on
// by the band (RFC 6716, section 4.2.7.5).
type lsfBook struct {
	order             int
	step              int32 // of the second stage, Q16
	selects, weightOf [][]uint8
	vectors           [][]uint8
	weights           [2][]int32
	spacing           []int32
	ordering          []uint8
}

var lsfBooks = [2]lsfBook{
	{10, 11796, lsfSelectNB, lsfWeightOfNB, lsfVectorNB, lsfWeightsNB, lsfSpacingNB, lsfOrderNB},
	{16, 9830, lsfSelectWB, lsfWeightOfWB, lsfVectorWB, lsfWeightsWB, lsfSpacingWB, lsfOrderWB},
}

// lsf decodes the frequencies, Q15.
func (d reader) lsf(dst []int32, book *lsfBook, stage1 pdf) {
	i1 := d.Symbol(stage1)
	for k, s := range book.selects[i1] {
		i2 := d.Symbol(pdfLSF2[s]) - 4
		switch i2 {
		case -4:
			i2 -= d.Symbol(pdfLSFMore)
		case 4:
			i2 += d.Symbol(pdfLSFMore)
		}
		dst[k] = int32(i2)
	}
	// Section 4.2.7.5.2: each residual is predicted from the one above it.
	vector := book.vectors[i1]
	var residual int32 // Q10
	for k := book.order - 1; k >= 0; k-- {
		var predicted int32
		if k < book.order-1 {
			predicted = residual * book.weights[book.weightOf[i1][k]][k] >> 8
		}
		v := dst[k] << 10
		switch {
		case v > 0:
			v -= 102
		case v < 0:
			v += 102
		}
		residual = predicted + mulW(v, book.step)
		dst[k] = min(max(int32(vector[k])<<7+residual<<14/lsfWeight(vector, k), 0), 32767)
	}
	stabilize(dst[:book.order], book.spacing)
}

// lsfWeight is the weight of the residual of a coefficient, Q9, the greater
// the closer its neighbors are (section 4.2.7.5.3).
func lsfWeight(vector []uint8, k int) int32 {
	below, above := int32(0), int32(256)
	if k > 0 {
		below = int32(vector[k-1])
	}
	if k+1 < len(vector) {
		above = int32(vector[k+1])
	}
	v := int32(vector[k])
	square := (1024/(v-below) + 1024/(above-v)) << 16
	i := bits.Len32(uint32(square))
	f := square >> (i - 8) & 127
	y := int32(46214)
	if i&1 != 0 {
		y = 32768
	}
	y >>= (32 - i) >> 1
	return y + 213*f*y>>16
}

// stabilize moves the frequencies until they have their least spacing (section 4.2.7.5.4).
func stabilize(f, spacing []int32) {
	n := len(f)
	for range 20 {
		at, least := 0, int32(1<<30)
		for i := range n + 1 {
			below, above := int32(0), int32(32768)
			if i > 0 {
				below = f[i-1]
			}
			if i < n {
				above = f[i]
			}
			if d := above - below - spacing[i]; d < least {
				at, least = i, d
			}
		}
		switch {
		case least >= 0:
			return
		case at == 0:
			f[0] = spacing[0]
		case at == n:
			f[n-1] = 32768 - spacing[n]
		default:
			low, high := spacing[at]>>1, 32768-spacing[at]>>1
			for _, s := range spacing[:at] {
				low += s
			}
			for _, s := range spacing[at+1:] {
				high -= s
			}
			center := min(max((f[at-1]+f[at]+1)>>1, low), high)
			f[at-1] = center - spacing[at]>>1
			f[at] = f[at-1] + spacing[at]
		}
	}
	slices.Sort(f)
	below := int32(0)
	for i := range f {
		f[i] = max(f[i], min(below+spacing[i], 32767))
		below = f[i]
	}
	above := int32(32768)
	for i := n - 1; i >= 0; i-- {
		f[i] = min(f[i], above-spacing[i+1])
		above = f[i]
	}
}
