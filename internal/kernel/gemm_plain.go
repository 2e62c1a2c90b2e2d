//go:build !amd64 || purego

package kernel

// gemmTiles is not used: the tier is always Plain.
var gemmTiles [1]struct{ rows, cols int }

// fast multiplies with assembly; this build has none.
func (g *gemm32) fast() bool { return false }

// blocked and packAll are never reached: the tier is always Plain.
func (g *gemm32) blocked() { panic("kernel: no assembly in this build") }

func chunkOf(k int) int { return k }

func (g *gemm32) single(Tier) { g.blocked() }

func (g *gemm32) packAll(*[]float32) { g.blocked() }

func multiplyPieces(Tier, int, []gemmPiece, int, int, *float32, int, int, bool) {
	(*gemm32).blocked(nil)
}

func copyRows[T Float](dst []T, step int, src []T, ld, k, w int) {
	plainRows(dst, step, src, ld, k, w)
}

func turn[T Float](dst, src []T, rows, cols, ld int) { plainTurn(dst, src, rows, cols, ld) }
