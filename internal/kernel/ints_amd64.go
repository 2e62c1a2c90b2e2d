//go:build !purego

package kernel

import "unsafe"

func atInts(x []int32) *float32 { return (*float32)(unsafe.Pointer(unsafe.SliceData(x))) }

// fast multiplies with assembly: rows of A are widened to 16 bits, less the zero point.
func (w *IntWeights) fast(m int, a []uint8, za uint8, c []int32, room []int16) []int16 {
	lda := 2 * w.pairs()
	if len(room) < m*lda {
		room = make([]int16, m*lda)
	}
	whole := w.k &^ 15
	for i := range m {
		from, to := a[i*w.k:(i+1)*w.k], room[i*lda:(i+1)*lda]
		if whole > 0 {
			widen256(whole, &to[0], &from[0], int16(za))
		}
		for p := whole; p < w.k; p++ {
			to[p] = int16(from[p]) - int16(za)
		}
		clear(to[w.k:])
	}
	ldc := w.Stride()
	panel := lda * intCols
	for j := 0; j < ldc; j += intCols {
		intPanel256(m, lda/2, &room[0], 2*lda, &w.panels[j/intCols*panel], &c[j], 4*ldc)
	}
	return room
}

// quantizeFast does whole vectors and returns how many elements those are.
func quantizeFast(dst []uint8, x []float32, scale float32, zero uint8) int {
	n := len(x) &^ 31
	if active == Plain || n == 0 {
		return 0
	}
	quantize256(n, &dst[:n][0], &x[0], scale, int32(zero))
	return n
}
