package kernel

import (
	"unsafe"

	"github.com/fusor-ml/fusor/internal/buffer"
)

// Columns are some columns of a matrix, stored apart from the others: X [rows, N].
type Columns[T Float] struct {
	X []T
	N int
}

// rowRun is n rows of such a matrix from row on, and where their product goes.
type rowRun[T Float] struct {
	row, n int
	c      []T
}

// outerSum is m rows of a matrix C from row at on, each a sum over pieces of AᵀB.
type outerSum[T Float] struct {
	at, m  int
	pieces []outerPiece[T]
	fast   []gemmPiece
}

// outerPiece is k rows of A, lda apart, and of B, from row on. lda is 0 for one row of A again and
// again.
type outerPiece[T Float] struct {
	k    int
	a    []T
	lda  int
	row  int
	soon []T // what to fetch meanwhile
}

// gemmPiece is what the assembly knows of a piece of an inner sum of k > 0 terms. Distances are in
// bytes.
type gemmPiece struct {
	k        int
	a        *float32
	ars, acs int
	b        *float32
	ahead    // what to fetch meanwhile
}

// ahead is memory that is needed soon, and how much of it to fetch at each step of an inner sum.
// Fetching does nothing but bring it into the cache.
type ahead struct {
	next uintptr
	step int
}

// fetch returns the elements of x, spread over so many steps.
func fetch[T Float](x []T, steps int) ahead {
	if len(x) == 0 || steps == 0 {
		return ahead{next: uintptr(unsafe.Pointer(&zeroRow))}
	}
	return ahead{uintptr(unsafe.Pointer(&x[0])), (len(x)*int(unsafe.Sizeof(x[0])) + steps - 1) / steps}
}

// gemmRuns is about how many rows are multiplied with a panel of B before the next one.
const gemmRuns = 56

// mulColumns multiplies rows of the matrix whose columns are xs with op(B), which is laid out and
// transposed. Where there is assembly the result is Mul's of the whole matrix, bit for bit. The
// last of runs, soon many, are only fetched ahead. room is for pieces.
func (p *Packed[T]) mulColumns(room *[]gemmPiece, xs []Columns[T], runs []rowRun[T], soon, ldc int) {
	for len(runs) > soon {
		count, rows := 1, runs[0].n
		for count < len(runs)-soon && rows+runs[count].n <= gemmRuns {
			rows += runs[count].n
			count++
		}
		if p.tier == Plain || p.tier != active {
			p.plainColumns(xs, runs[:count], ldc)
		} else {
			p.fastColumns(room, xs, runs[:count], runs[count:], ldc)
		}
		runs = runs[count:]
	}
}

func (p *Packed[T]) plainColumns(xs []Columns[T], runs []rowRun[T], ldc int) {
	for _, r := range runs {
		from := 0
		for i, x := range xs {
			Gemm(false, true, r.n, p.n, x.N, x.X[r.row*x.N:], x.N, p.b[min(from, len(p.b)):], p.ldb, r.c, ldc, i > 0)
			from += x.N
		}
	}
}

func (p *Packed[T]) fastColumns(room *[]gemmPiece, xs []Columns[T], runs, then []rowRun[T], ldc int) {
	// All checks first: behind them only pointers go on.
	for _, r := range runs {
		k := 0
		for _, x := range xs {
			checkGemm(false, true, r.n, p.n, x.N, len(x.X)-r.row*x.N, x.N, p.n*x.N, x.N, len(r.c), ldc)
			k += x.N
		}
		if k != p.k {
			panic("kernel: columns of another width than the weights")
		}
	}
	t := p.tier
	cols := gemmTiles[t].cols
	width := (p.n + cols - 1) / cols * cols
	// The chunks of the inner sum depend on its length alone, for equal bits in any batch (decision
	// 22).
	chunk := chunkOf(p.k)
	for k := 0; k < p.k; k += chunk {
		kb := min(chunk, p.k-k)
		pieces, each := (*room)[:0], 0
		for i, r := range runs {
			from := 0
			// A chunk may end within one input and begin within the next: pieces are what is left of each.
			for _, x := range xs {
				lo, hi := max(from, k), min(from+x.N, k+kb)
				if lo < hi {
					var soon []T
					if i < len(then) {
						soon = x.X[then[i].row*x.N : (then[i].row+then[i].n)*x.N]
					}
					tiles := max(r.n/gemmTiles[t].rows, 1)
					pieces = append(pieces, gemmPiece{
						k: hi - lo, a: at(x.X[r.row*x.N+lo-from:]), ars: 4 * x.N, acs: 4, b: &p.panels[k*width+(lo-k)*cols],
						ahead: fetch(soon, x.N*tiles*(width/cols)),
					})
				}
				from += x.N
			}
			// Every run has as many pieces, as they all have the same inputs.
			if each == 0 {
				each = len(pieces)
			}
		}
		*room = pieces
		// Columns outside, so that a panel of the weights stays in the cache for all runs.
		for j := 0; j < p.n; j += cols {
			for i, r := range runs {
				multiplyPieces(t, r.n, pieces[i*each:(i+1)*each], 4*j*kb, 4*cols, at(r.c[j:]), 4*ldc, min(cols, p.n-j), k > 0)
			}
		}
	}
}

// panelled is a matrix whose columns stand in panels, one after the other, each [rows, width]; the
// last is filled up.
type panelled[T Float] struct {
	x           []T
	rows, width int
}

// resize makes room for n columns, in panels as wide as a tile, or in one panel where there is no
// assembly.
func (m *panelled[T]) resize(rows, n int) {
	m.rows, m.width = rows, n
	if _, ok := any(m.x).([]float32); ok && active != Plain {
		m.width = gemmTiles[active].cols
	}
	m.x = buffer.Grow(m.x, rows*((n+m.width-1)/m.width*m.width))
}

// panel returns the panel that starts with column j.
func (m *panelled[T]) panel(j int) []T { return m.x[j*m.rows : (j+m.width)*m.rows] }

// setRows copies k rows x [k, n] to rows to, to+step, and so on.
func (m *panelled[T]) setRows(to, step, k int, x []T, n int) {
	for j := 0; j < n; j += m.width {
		copyRows(m.panel(j)[to*m.width:], step*m.width, x[j:], n, k, min(m.width, n-j))
	}
}

// addOuter computes sums in C from rows of B, or adds them to C; both have n columns. Each output
// is one chain over all pieces of its sum.
func addOuter[T Float](sums []outerSum[T], n int, b, c *panelled[T], accumulate bool) {
	_, fast := any(b.x).([]float32)
	fast = fast && active != Plain
	for i := range sums {
		s := &sums[i]
		s.check(b.rows, c.rows)
		s.fast = s.fast[:0]
		if fast && len(s.pieces) > 0 {
			visits := max(s.m/gemmTiles[active].rows, 1) * ((n + c.width - 1) / c.width)
			for _, p := range s.pieces {
				s.fast = append(s.fast, gemmPiece{
					k: p.k, a: at(p.a), ars: 4, acs: 4 * p.lda, b: at(b.x[p.row*b.width:]), ahead: fetch(p.soon, p.k*visits),
				})
			}
			continue
		}
		for j := 0; j < n && !accumulate; j += c.width {
			clear(c.panel(j)[s.at*c.width : (s.at+s.m)*c.width])
		}
		for _, p := range s.pieces {
			p.add(s.m, n, b.x, c.x[s.at*c.width:])
		}
	}
	for j := 0; j < n && fast; j += c.width {
		for i := range sums {
			if s := &sums[i]; len(s.fast) > 0 {
				multiplyPieces(active, s.m, s.fast, 4*j*b.rows, 4*b.width, at(c.panel(j)[s.at*c.width:]), 4*c.width, c.width, accumulate)
			}
		}
	}
}

// check panics when a piece is not as large as it states.
func (s *outerSum[T]) check(rows, c int) {
	for _, p := range s.pieces {
		if p.k < 1 || p.row < 0 || p.row+p.k > rows || s.at < 0 || s.at+s.m > c || len(p.a) < (p.k-1)*p.lda+s.m {
			panic("kernel: matrix shorter than its sizes say")
		}
	}
}

// add is the definition: it adds the product to C.
func (p outerPiece[T]) add(m, n int, b, c []T) {
	if p.lda > 0 {
		Gemm(true, false, m, n, p.k, p.a, p.lda, b[p.row*n:], n, c, n, true)
		return
	}
	for i := range p.k {
		Gemm(true, false, m, n, 1, p.a, m, b[(p.row+i)*n:], n, c, n, true)
	}
}

// addTranspose adds the transpose of rows at to at+rows of m to d [n, rows]. room is for a panel.
func (m *panelled[T]) addTranspose(room *[]T, d []T, at, rows, n int) {
	*room = buffer.Grow(*room, (rows+16)*m.width)
	for j := 0; j < n; j += m.width {
		w := min(m.width, n-j)
		turn(*room, m.panel(j)[at*m.width:], rows, w, m.width)
		for q := range w {
			Accumulate(d[(j+q)*rows:(j+q+1)*rows], (*room)[q*rows:(q+1)*rows])
		}
	}
}

// plainRows and plainTurn are the definitions of copyRows and turn.
func plainRows[T Float](dst []T, step int, src []T, ld, k, w int) {
	for i := range k {
		copy(dst[i*step:i*step+w], src[i*ld:])
	}
}

func plainTurn[T Float](dst, src []T, rows, cols, ld int) {
	for r := range rows {
		for q, x := range src[r*ld : r*ld+cols] {
			dst[q*rows+r] = x
		}
	}
}
