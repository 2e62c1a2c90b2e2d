package ref

// Dropout sets dst = x/(1-p) with probability 1-p, else 0. Which elements stay depends on key and
// their place alone, so that the way back needs no stored mask: it calls DropoutGrad with the same
// key. dst may be x.
func Dropout[T Float](dst, x []T, p float64, key uint64) {
	scale, bar := T(1/(1-p)), dropBar(p)
	for i := 0; i < len(x); i += 2 {
		z := dropBits(key, i)
		dst[i] = x[i] * keep(z, bar, scale)
		if i+1 < len(x) {
			dst[i+1] = x[i+1] * keep(z>>32, bar, scale)
		}
	}
}

// DropoutGrad adds dy/(1-p) to dx where Dropout kept the element.
func DropoutGrad[T Float](dx, dy []T, p float64, key uint64) {
	scale, bar := T(1/(1-p)), dropBar(p)
	for i := 0; i < len(dy); i += 2 {
		z := dropBits(key, i)
		dx[i] += dy[i] * keep(z, bar, scale)
		if i+1 < len(dy) {
			dx[i+1] += dy[i+1] * keep(z>>32, bar, scale)
		}
	}
}

// dropBar is p on the scale of 32 random bits.
func dropBar(p float64) uint32 { return uint32(p * (1 << 32)) }

// keep is scale if the lower half of z is not below bar, else 0.
func keep[T Float](z uint64, bar uint32, scale T) T {
	if uint32(z) >= bar {
		return scale
	}
	return 0
}

// dropBits draws 64 bits for the elements i and i+1, i even, the lower half for the first: the
// output function of SplitMix64 (Steele 2014) of the counter key + (i/2+1)γ.
func dropBits(key uint64, i int) uint64 {
	z := key + uint64(i/2+1)*0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
