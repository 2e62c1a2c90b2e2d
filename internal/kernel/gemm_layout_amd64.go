//go:build !purego

package kernel

// copyRows copies k rows of w columns, step and ld apart; w is no more than a panel is wide.
func copyRows[T Float](dst []T, step int, src []T, ld, k, w int) {
	_, ok := any(dst).([]float32)
	if t := active; ok && t != Plain && k > 0 {
		_, _ = dst[(k-1)*step+gemmTiles[t].cols-1], src[(k-1)*ld+w-1]
		copyPanel2(t, k, at(src), 4*ld, at(dst), 4*step, w)
		return
	}
	plainRows(dst, step, src, ld, k, w)
}

// turn sets dst [cols, rows] to the transpose of src [rows, cols], whose rows are ld apart. It may
// write up to 3 elements more.
func turn[T Float](dst, src []T, rows, cols, ld int) {
	d, ok := any(dst).([]float32)
	if t := active; ok && t != Plain && rows >= gemmTiles[t].cols && cols > 0 {
		_, _ = dst[rows*cols+2], src[(rows-1)*ld+cols-1]
		interleave(t, cols, rows, any(src).([]float32), ld, d, rows)
		return
	}
	plainTurn(dst, src, rows, cols, ld)
}

// packB copies columns j to j+n of rows p to p+k of op(B) into panels.
func (g *gemm32) packB(t Tier, dst []float32, p, k, j, n int) {
	cols := gemmTiles[t].cols
	for jj := 0; jj < n; jj += cols {
		w := min(cols, n-jj)
		to := dst[jj*k:]
		if g.tB {
			interleave(t, k, w, g.b[(j+jj)*g.ldb+p:], g.ldb, to, cols)
			continue
		}
		copyPanel2(t, k, &g.b[p*g.ldb+j+jj], 4*g.ldb, &to[0], 4*cols, w)
	}
}

// packA copies rows i to i+m of columns p to p+k of op(A) into tiles.
func (g *gemm32) packA(t Tier, a, dst []float32, p, k, i, m int) {
	rows := gemmTiles[t].rows
	for ii := 0; ii < m; ii += rows {
		to := dst[ii*k:]
		if g.tA {
			copyPanel1(t, k, &a[p*g.lda+i+ii], 4*g.lda, &to[0], 4*rows, min(rows, m-ii))
			continue
		}
		interleave(t, k, min(rows, m-ii), a[(i+ii)*g.lda+p:], g.lda, to, rows)
	}
}

// interleave writes dst[p*width+r] = src[r*ld+p] for r < rows, p < k. Groups of four rows go from
// the last to the first, since one may reach into the next column, and up to 3 floats behind the
// end.
func interleave(t Tier, k, rows int, src []float32, ld int, dst []float32, width int) {
	lanes := gemmTiles[t].cols / 2
	whole := 0 // rows in full vectors; only panels of B are wide enough for those
	if width >= lanes {
		whole = rows - rows%lanes
	}
	for r := (rows - 1) &^ 3; r >= whole; r -= 4 {
		last := rows - 1
		transpose4(k, &src[r*ld], &src[min(r+1, last)*ld], &src[min(r+2, last)*ld], &src[min(r+3, last)*ld], &dst[r], 4*width)
	}
	for r := 0; r < whole; r += lanes {
		if t == AVX512 {
			transpose512(k, &src[r*ld], 4*ld, &dst[r], 4*width)
		} else {
			transpose256(k, &src[r*ld], 4*ld, &dst[r], 4*width)
		}
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
