//go:build !purego

package kernel

import "unsafe"

// Block sizes. gemmK decides the order of summation, so it is the same for every size and tier. A chunk of B, gemmK by
// gemmN, and of A, gemmM by gemmK, lie in the second-level cache together.
const (
	gemmK = 256
	gemmM = 384
	gemmN = 512
)

// gemmTile is the shape of a tier's tile: rows of A by columns of B.
type gemmTile struct{ rows, cols int }

var gemmTiles = [...]gemmTile{AVX2: {6, 16}, AVX512: {12, 32}}

// fast multiplies with assembly if a tier has been chosen that has it.
func (g *gemm32) fast() bool {
	if active == Plain {
		return false
	}
	g.blocked()
	return true
}

// gemmBuffers hold packed parts of A and B for one goroutine.
type gemmBuffers struct{ a, b, edge []float32 }

var gemmFree freeList[gemmBuffers]

// room makes *s at least n floats long, at a multiple of 64 bytes, with 16 floats behind them that may be overwritten.
func room(s *[]float32, n int) []float32 {
	if cap(*s) < n+16 {
		raw := make([]float32, n+32)
		skip := (64 - int(uintptr(unsafe.Pointer(&raw[0]))%64)) % 64 / 4
		*s = raw[skip : skip+n+16]
	}
	return (*s)[:n+16]
}

// blocked runs over chunks of k, panels of B and blocks of A.
func (g *gemm32) blocked() {
	t := active
	tile := gemmTiles[t]
	packB := g.tB || g.m > 8*tile.rows && g.k > 8
	packA := g.m*g.k > 1<<15 && g.n >= 8*tile.cols || g.n >= 2*tile.cols && g.conflictsA()
	buf := gemmFree.take()
	ars, acs := 4*g.lda, 4
	if g.tA {
		ars, acs = acs, ars
	}
	for p := 0; p < g.k; p += gemmK {
		kb := min(gemmK, g.k-p)
		add := g.accumulate || p > 0
		for j := 0; j < g.n; j += gemmN {
			nb := min(gemmN, g.n-j)
			var packed []float32
			if packB {
				packed = room(&buf.b, kb*(nb+tile.cols))
				g.packB(t, packed, p, kb, j, nb)
			} else if e := nb % tile.cols; e > 0 {
				g.packB(t, room(&buf.edge, kb*tile.cols), p, kb, j+nb-e, e)
			}
			for i := 0; i < g.m; i += gemmM {
				mb := min(gemmM, g.m-i)
				a, rs, cs := &g.a[(i*ars+p*acs)/4], ars, acs
				step := tile.rows * ars
				if packA {
					space := room(&buf.a, kb*(mb+tile.rows))
					g.packA(t, space, p, kb, i, mb)
					a, rs, cs, step = &space[0], 4, 4*tile.rows, 4*tile.rows*kb
				}
				for jj := 0; jj < nb; jj += tile.cols {
					w := min(tile.cols, nb-jj)
					var b *float32
					brs := 4 * tile.cols
					switch {
					case packB:
						b = &packed[jj*kb]
					case w < tile.cols:
						b = &buf.edge[0]
					default:
						b, brs = &g.b[p*g.ldb+j+jj], 4*g.ldb
					}
					gemmPanel(t, mb, kb, a, rs, cs, step, b, brs, &g.c[i*g.ldc+j+jj], 4*g.ldc, w, add)
				}
			}
		}
	}
	gemmFree.give(buf)
}

// conflictsA tells whether the rows of A fall into the same few cache sets.
func (g *gemm32) conflictsA() bool { return g.lda%512 == 0 && g.k > 16 && g.m > 4 }

// gemmPanel multiplies with the kernel for w columns.
func gemmPanel(t Tier, m, k int, a *float32, ars, acs, astep int, b *float32, brs int, c *float32, crs, w int, add bool) {
	switch {
	case t == AVX512 && w > 16:
		gemmPanel512x2(m, k, a, ars, acs, astep, b, brs, c, crs, w, add)
	case t == AVX512:
		gemmPanel512x1(m, k, a, ars, acs, astep, b, brs, c, crs, w, add)
	case w > 8:
		gemmPanel256x2(m, k, a, ars, acs, astep, b, brs, c, crs, w, add)
	default:
		gemmPanel256x1(m, k, a, ars, acs, astep, b, brs, c, crs, w, add)
	}
}

// packB copies columns j to j+n of rows p to p+k of op(B) into panels.
func (g *gemm32) packB(t Tier, dst []float32, p, k, j, n int) {
	cols := gemmTiles[t].cols
	for jj := 0; jj < n; jj += cols {
		w := min(cols, n-jj)
		to := dst[jj*k:]
		if g.tB {
			interleave(k, w, g.b[(j+jj)*g.ldb+p:], g.ldb, to, cols)
			continue
		}
		copyPanel2(t, k, &g.b[p*g.ldb+j+jj], 4*g.ldb, &to[0], 4*cols, w)
	}
}

// packA copies rows i to i+m of columns p to p+k of op(A) into tiles.
func (g *gemm32) packA(t Tier, dst []float32, p, k, i, m int) {
	rows := gemmTiles[t].rows
	for ii := 0; ii < m; ii += rows {
		to := dst[ii*k:]
		if g.tA {
			copyPanel1(t, k, &g.a[p*g.lda+i+ii], 4*g.lda, &to[0], 4*rows, min(rows, m-ii))
			continue
		}
		interleave(k, min(rows, m-ii), g.a[(i+ii)*g.lda+p:], g.lda, to, rows)
	}
}

// interleave writes dst[p*width+r] = src[r*ld+p] for r < rows, p < k. It goes from the last rows to the first, since a
// group of four may reach into the next group of width, and up to 3 floats behind the end.
func interleave(k, rows int, src []float32, ld int, dst []float32, width int) {
	for r := (rows - 1) &^ 3; r >= 0; r -= 4 {
		last := rows - 1
		transpose4(k, &src[r*ld], &src[min(r+1, last)*ld], &src[min(r+2, last)*ld], &src[min(r+3, last)*ld], &dst[r], 4*width)
	}
}

func copyPanel1(t Tier, k int, src *float32, srs int, dst *float32, drs, n int) {
	if t == AVX512 {
		copyPanel512x1(k, src, srs, dst, drs, n)
	} else {
		copyPanel256x1(k, src, srs, dst, drs, n)
	}
}

func copyPanel2(t Tier, k int, src *float32, srs int, dst *float32, drs, n int) {
	if t == AVX512 {
		copyPanel512x2(k, src, srs, dst, drs, n)
	} else {
		copyPanel256x2(k, src, srs, dst, drs, n)
	}
}
