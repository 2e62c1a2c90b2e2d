//go:build !purego

package kernel

import "unsafe"

// Block sizes. gemmK bounds the chunks of k. A chunk of B, gemmK by gemmN, lies in the third-level
// cache, and one of A, gemmM by gemmK, in the second.
const (
	gemmK = 512
	gemmM = 252
	gemmN = 1024
)

// chunkOf is the length of the chunks of k, all but the last, in which outputs are summed. It
// depends on nothing else, so the order of summation is the same for every m, n and tier.
func chunkOf(k int) int {
	count := (k + gemmK - 1) / gemmK
	return (k + count - 1) / count
}

// gemmTile is the shape of a tier's tile: rows of A by columns of B.
type gemmTile struct{ rows, cols int }

var gemmTiles = [...]gemmTile{AVX2: {6, 16}, AVX512: {12, 32}}

// fast multiplies with assembly if a tier has been chosen that has it.
func (g *gemm32) fast() bool {
	if active == Plain {
		return false
	}
	if g.tB && !g.tA && g.m <= 4 && g.n >= gemvWidth(active, g.m) {
		g.few()
	} else {
		g.blocked()
	}
	return true
}

// few multiplies at most four rows of A with the transpose of B without packing it.
func (g *gemm32) few() {
	t := active
	width := gemvWidth(t, g.m)
	chunk := chunkOf(g.k)
	for p := 0; p < g.k; p += chunk {
		kb := min(chunk, g.k-p)
		add := g.accumulate || p > 0
		j := 0
		for ; j+width <= g.n; j += width {
			gemv(t, g.m, kb, &g.a[p], 4*g.lda, &g.b[j*g.ldb+p], 4*g.ldb, &g.c[j], 4*g.ldc, add)
		}
		if j == g.n {
			continue
		}
		// The last columns: a full width that ends at n, of which the first were done already.
		var sum [4 * 32]float32
		skip := width - (g.n - j)
		gemv(t, g.m, kb, &g.a[p], 4*g.lda, &g.b[(j-skip)*g.ldb+p], 4*g.ldb, &sum[0], 4*width, false)
		for i := range g.m {
			from, to := sum[i*width+skip:(i+1)*width], g.c[i*g.ldc+j:]
			for q, s := range from {
				if add {
					s += to[q]
				}
				to[q] = s
			}
		}
	}
}

// gemvWidth is how many columns gemv computes.
func gemvWidth(t Tier, m int) int {
	if t == AVX2 && m > 2 {
		return 16
	}
	return 32
}

// gemv multiplies m rows, 1 to 4, with gemvWidth columns.
func gemv(t Tier, m, k int, a *float32, ars int, b *float32, brs int, c *float32, crs int, add bool) {
	switch {
	case m == 1:
		gemv256x1(k, a, ars, b, brs, c, crs, add)
	case m == 2:
		gemv256x2(k, a, ars, b, brs, c, crs, add)
	case t == AVX512 && m == 3:
		gemv512x3(k, a, ars, b, brs, c, crs, add)
	case t == AVX512:
		gemv512x4(k, a, ars, b, brs, c, crs, add)
	case m == 3:
		gemv256x3(k, a, ars, b, brs, c, crs, add)
	default:
		gemv256x4(k, a, ars, b, brs, c, crs, add)
	}
}

// gemmBuffers hold packed parts of A and B for one goroutine.
type gemmBuffers struct{ a, b, edge []float32 }

var gemmFree freeList[gemmBuffers]

// room makes *s at least n floats long, at a multiple of 64 bytes, with 16 floats behind them that
// may be overwritten.
func room(s *[]float32, n int) []float32 {
	if cap(*s) < n+16 {
		raw := Block[float32](n + 32)
		skip := (64 - int(uintptr(unsafe.Pointer(&raw[0]))%64)) % 64 / 4
		*s = raw[skip : skip+n+16]
	}
	return (*s)[:n+16]
}

// blocked runs over chunks of k, panels of B and blocks of A.
func (g *gemm32) blocked() {
	t := active
	tile := gemmTiles[t]
	ready := g.panels != nil
	packB := ready || g.tB || g.m > 8*tile.rows && g.k > 8
	width := (g.n + tile.cols - 1) / tile.cols * tile.cols
	packA := g.n >= 2*tile.cols && g.conflictsA() || g.n >= 1024 && g.m*g.k >= 1<<18
	buf := gemmFree.take()
	ars, acs := 4*g.lda, 4
	if g.tA {
		ars, acs = acs, ars
	}
	chunk := chunkOf(g.k)
	for p := 0; p < g.k; p += chunk {
		kb := min(chunk, g.k-p)
		add := g.accumulate || p > 0
		for j := 0; j < g.n; j += gemmN {
			nb := min(gemmN, g.n-j)
			var packed []float32
			if ready {
				packed = g.panels[p*width+j*kb:]
			} else if packB {
				packed = room(&buf.b, kb*(nb+tile.cols))
				g.packB(t, packed, p, kb, j, nb)
			} else if e := nb % tile.cols; e > 0 {
				g.packB(t, room(&buf.edge, kb*tile.cols), p, kb, j+nb-e, e)
			}
			blk := gemmBlock{t: t, p: p, kb: kb, j: j, nb: nb, ars: ars, acs: acs, packA: packA, packB: packB, packed: packed, add: add, buf: buf}
			g.panel(&blk, g.a, g.c)
		}
	}
	gemmFree.give(buf)
}

// gemmBlock is a chunk of k by a stretch of columns of a product.
type gemmBlock struct {
	t            Tier
	p, kb, j, nb int
	ars, acs     int // strides of op(A) in bytes
	packA, packB bool
	packed       []float32 // of B, if packB
	add          bool
	buf          *gemmBuffers
}

// panel multiplies all rows of an A with a block of B.
func (g *gemm32) panel(k *gemmBlock, a, c []float32) {
	tile := gemmTiles[k.t]
	for i, mb := 0, 0; i < g.m; i += mb {
		mb = g.m - i
		if mb > gemmM+tile.rows { // a few rows too many are better done now than by themselves
			mb = gemmM
		}
		// Strides are in bytes, as the assembly takes them; k.ars and k.acs are those of A as it lies.
		from, rs, cs := a[(i*k.ars+k.p*k.acs)/4:], k.ars, k.acs
		step := tile.rows * k.ars
		// Only where rows of A would fall into the same few sets of a cache (decision 22).
		if k.packA {
			space := room(&k.buf.a, k.kb*(mb+tile.rows))
			g.packA(k.t, a, space, k.p, k.kb, i, mb)
			from, rs, cs, step = space, 4, 4*tile.rows, 4*tile.rows*k.kb
		}
		// A rest of one or two rows waits for memory: the last tiles are made even instead.
		parts := [3]int{mb}
		if !k.packA {
			parts = evenly(mb, tile.rows)
		}
		first := 0
		// A single row is multiplied with two panels at once.
		if mb == 1 && !k.packA {
			first = g.row(k.t, i, k.p, k.j, k.nb, k.kb, &from[0], cs, k.packed, c, k.add)
		}
		for jj := first; jj < k.nb; jj += tile.cols {
			w := min(tile.cols, k.nb-jj)
			var b *float32
			brs := 4 * tile.cols
			switch {
			case k.packB:
				b = &k.packed[jj*k.kb]
			// The last columns are copied to a full tile, whose surplus is not stored.
			case w < tile.cols:
				b = &k.buf.edge[0]
			default:
				b, brs = &g.b[k.p*g.ldb+k.j+jj], 4*g.ldb
			}
			to := c[i*g.ldc+k.j+jj:]
			if g.panels != nil && !k.packA {
				// Weights that are laid out are many: the next panel is fetched meanwhile.
				soon := k.packed[min((jj+tile.cols)*k.kb, len(k.packed)):]
				soon = soon[:min(tile.cols*k.kb, len(soon))]
				piece := [1]gemmPiece{{k: k.kb, a: &from[0], ars: rs, acs: cs, b: b, ahead: fetch(soon, k.kb*max(mb/tile.rows, 1))}}
				multiplyPieces(k.t, mb, piece[:], 0, brs, &to[0], 4*g.ldc, w, k.add)
				continue
			}
			row := 0
			for _, n := range parts {
				if n > 0 {
					gemmPanel(k.t, n, k.kb, &from[row*rs/4], rs, cs, step, b, brs, &to[row*g.ldc], 4*g.ldc, w, k.add)
				}
				row += n
			}
		}
	}
}

// evenly cuts m rows in whole tiles and a rest. If the rest is small, so that a tile of it would
// wait for memory, it is two halves of the last tile and the rest together.
func evenly(m, tile int) [3]int {
	rest := m % tile
	if m < tile || rest == 0 || rest >= tile/2 {
		return [3]int{m}
	}
	half := (tile + rest + 1) / 2
	return [3]int{m - rest - tile, half, tile + rest - half}
}

// packAll lays out all of op(B): chunks of k, in each the panels. dst keeps its memory.
func (g *gemm32) packAll(dst *[]float32) {
	cols := gemmTiles[active].cols
	width := (g.n + cols - 1) / cols * cols
	to := room(dst, g.k*width)
	*dst = to
	chunk := chunkOf(g.k)
	for p := 0; p < g.k; p += chunk {
		g.packB(active, to[p*width:], p, min(chunk, g.k-p), 0, g.n)
	}
}

// single multiplies one row with panels that are laid out. Few products need more than that.
func (g *gemm32) single(t Tier) {
	if cols := gemmTiles[t].cols; g.n%(2*cols) == 0 && g.n <= gemmN && g.k <= gemmK {
		g.row(t, 0, 0, 0, g.n, g.k, &g.a[0], 4, g.panels, g.c, g.accumulate)
		return
	}
	g.blocked()
}

// row multiplies row i of A with as many pairs of whole panels as there are and returns how many
// columns that makes.
func (g *gemm32) row(t Tier, i, p, j, nb, kb int, a *float32, acs int, packed, to []float32, add bool) int {
	cols := gemmTiles[t].cols
	jj := 0
	for ; jj+2*cols <= nb; jj += 2 * cols {
		var b0, b1 *float32
		brs := 4 * cols
		if packed != nil {
			b0, b1 = &packed[jj*kb], &packed[(jj+cols)*kb]
		} else {
			at := p*g.ldb + j + jj
			b0, b1, brs = &g.b[at], &g.b[at+cols], 4*g.ldb
		}
		c := &to[i*g.ldc+j+jj]
		if t == AVX512 {
			gemmRow512(kb, a, acs, b0, b1, brs, c, add)
		} else {
			gemmRow256(kb, a, acs, b0, b1, brs, c, add)
		}
	}
	return jj
}

// conflictsA reports whether the lines of a tile of A fall into the same few sets of a cache. Else
// tiles are read where they stand, which costs nothing.
func (g *gemm32) conflictsA() bool {
	if g.tA {
		return g.lda%512 == 0 && g.k > 128
	}
	return g.lda%512 == 0 && g.k > 16 && g.m > 4
}

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

// multiplyPieces computes m rows of w columns of C, all rows of a panel of B, from the pieces of
// the inner sum.
func multiplyPieces(t Tier, m int, ps []gemmPiece, boff, brs int, c *float32, crs, w int, add bool) {
	first := (*byte)(unsafe.Pointer(&ps[0]))
	row := 0
	for _, n := range evenly(m, gemmTiles[t].rows) {
		if n == 0 {
			continue
		}
		to := (*float32)(unsafe.Add(unsafe.Pointer(c), row*crs))
		if t == AVX512 {
			gemmPieces512(row, row+n, first, len(ps), boff, brs, to, crs, w, add)
		} else {
			gemmPieces256(row, row+n, first, len(ps), boff, brs, to, crs, w, add)
		}
		row += n
	}
}
