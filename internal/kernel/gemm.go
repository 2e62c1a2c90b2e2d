package kernel

// Gemm computes C[m,n] = op(A)[m,k] op(B)[k,n], row-major; with accumulate it adds to C. op
// transposes where tA or tB is set: then A is stored [k,m] and B [n,k]. k = 0 yields zeros.
//
// An output is summed in the order of k, in chunks of fixed length, whatever m and n are: a row of
// C depends on its row of A alone, bit for bit, and so the product may be cut into blocks of rows
// or columns at will.
func Gemm[T Float](tA, tB bool, m, n, k int, a []T, lda int, b []T, ldb int, c []T, ldc int, accumulate bool) {
	GemmWorkers(1, tA, tB, m, n, k, a, lda, b, ldb, c, ldc, accumulate)
}

// GemmWorkers is Gemm on up to workers goroutines, the caller's included. The result is
// bit-identical to Gemm's.
func GemmWorkers[T Float](workers int, tA, tB bool, m, n, k int, a []T, lda int, b []T, ldb int, c []T, ldc int, accumulate bool) {
	checkGemm(tA, tB, m, n, k, len(a), lda, len(b), ldb, len(c), ldc)
	if m == 0 || n == 0 {
		return
	}
	if k > 0 && active != Plain {
		if a32, ok := any(a).([]float32); ok {
			g := gemm32{
				tA: tA, tB: tB, m: m, n: n, k: k, a: a32, b: any(b).([]float32), c: any(c).([]float32),
				lda: lda, ldb: ldb, ldc: ldc, accumulate: accumulate,
			}
			if workers > 1 && m*n*k >= gemmParallelWork {
				g.parallel(workers)
				return
			}
			if g.fast() {
				return
			}
		}
	}
	RefGemm(tA, tB, m, n, k, a, lda, b, ldb, c, ldc, accumulate)
}

// gemmParallelWork is the number of multiply-adds from which a second goroutine is worth its start
// (about 20 µs).
const gemmParallelWork = 1 << 20

// checkGemm panics when a matrix does not hold what the sizes say. Rows of A may overlap (lda below
// its width), so that a convolution over time is a product with windows where they lie.
func checkGemm(tA, tB bool, m, n, k, la, lda, lb, ldb, lc, ldc int) {
	if m < 0 || n < 0 || k < 0 {
		panic("kernel: negative matrix size")
	}
	fits := func(rows, cols, have, ld int) bool {
		return rows == 0 || cols == 0 || ld >= cols && have >= (rows-1)*ld+cols
	}
	ar, ac, br, bc := m, k, k, n
	if tA {
		ar, ac = k, m
	}
	if tB {
		br, bc = n, k
	}
	if lda < 0 || !fits(ar, min(ac, lda), la-max(ac-lda, 0), lda) || !fits(br, bc, lb, ldb) || !fits(m, n, lc, ldc) {
		panic("kernel: matrix shorter than its sizes say")
	}
}

// gemm32 is one float32 product.
type gemm32 struct {
	tA, tB        bool
	m, n, k       int
	a, b, c       []float32
	lda, ldb, ldc int
	accumulate    bool
	panels        []float32 // op(B) as packAll leaves it, or nil
}

// rows is the product of rows i to i+m alone.
func (g *gemm32) rows(i, m int) gemm32 {
	s := *g
	s.m = m
	if s.tA {
		s.a = s.a[i:]
	} else {
		s.a = s.a[i*s.lda:]
	}
	s.c = s.c[i*s.ldc:]
	return s
}

// cols is the product of columns j to j+n alone.
func (g *gemm32) cols(j, n int) gemm32 {
	s := *g
	s.n = n
	if s.tB {
		s.b = s.b[j*s.ldb:]
	} else {
		s.b = s.b[j:]
	}
	s.c = s.c[j:]
	return s
}

// gemmJob cuts a product along its longer side.
type gemmJob struct {
	g      gemm32
	byRows bool
	step   int
}

// Run computes one piece.
func (j *gemmJob) Run(i int) {
	from := i * j.step
	var part gemm32
	if j.byRows {
		part = j.g.rows(from, min(j.step, j.g.m-from))
	} else {
		part = j.g.cols(from, min(j.step, j.g.n-from))
	}
	part.fast()
}

var gemmJobs freeList[gemmJob]

// parallel cuts the product into about two pieces for each worker.
func (g *gemm32) parallel(workers int) {
	j := gemmJobs.take()
	j.g = *g
	j.byRows = g.m >= g.n
	side, grain := g.n, 32
	if j.byRows {
		side, grain = g.m, 12
	}
	pieces := min(2*workers, max(2, g.m*g.n*g.k/gemmParallelWork))
	j.step = (side+pieces-1)/pieces + grain - 1
	j.step -= j.step % grain
	Do(workers, (side+j.step-1)/j.step, j)
	j.g = gemm32{}
	gemmJobs.give(j)
}
