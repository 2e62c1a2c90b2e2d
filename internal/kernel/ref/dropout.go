package ref

// Dropout sets dst = x/(1-p) with probability 1-p, else 0. Which elements stay depends on key and their place alone, so
// that the way back needs no stored mask: it calls DropoutGrad with the same key.
func Dropout[T Float](dst, x []T, p float64, key uint64) {
	scale, bar := T(1/(1-p)), dropBar(p)
	for i, v := range x {
		dst[i] = 0
		if kept(key, i, bar) {
			dst[i] = v * scale
		}
	}
}

// DropoutGrad adds dy/(1-p) to dx where Dropout kept the element.
func DropoutGrad[T Float](dx, dy []T, p float64, key uint64) {
	scale, bar := T(1/(1-p)), dropBar(p)
	for i, v := range dy {
		if kept(key, i, bar) {
			dx[i] += v * scale
		}
	}
}

// dropBar is p on the scale of 32 random bits.
func dropBar(p float64) uint32 { return uint32(p * (1 << 32)) }

// kept draws 32 bits for element i: the output function of SplitMix64 (Steele 2014) of the counter key + (i/2+1)γ, the
// low half for even places, the high half for odd ones.
func kept(key uint64, i int, bar uint32) bool {
	z := key + uint64(i/2+1)*0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	z ^= z >> 31
	return uint32(z>>(32*(uint(i)&1))) >= bar
}
