package kernel

// Weights is op(B)[k,n] of matrix products, laid out once. It keeps one copy only and may be used
// from any number of goroutines at the same time.
type Weights struct {
	n, k   int
	tier   Tier
	panels []float32 // as packAll leaves them
	b      []float32 // [k,n], where there is no assembly
}

// NewWeights lays out op(B); b is not kept.
func NewWeights(tB bool, n, k int, b []float32, ldb int) *Weights {
	checkGemm(false, tB, 0, n, k, 0, 0, len(b), ldb, 0, 0)
	w := &Weights{n: n, k: k, tier: active}
	if active != Plain && n > 0 && k > 0 {
		g := gemm32{tB: tB, n: n, k: k, b: b, ldb: ldb}
		g.packAll(&w.panels)
		return w
	}
	w.tier = Plain
	w.b = make([]float32, n*k)
	for p := range k {
		for j := range n {
			if tB {
				w.b[p*n+j] = b[j*ldb+p]
			} else {
				w.b[p*n+j] = b[p*ldb+j]
			}
		}
	}
	return w
}

// Mul computes C[m,n] = A[m,k] op(B), or adds it to C. Where the tier has assembly the result is
// Gemm's, bit for bit.
func (w *Weights) Mul(m int, a []float32, lda int, c []float32, ldc int, accumulate bool) {
	checkGemm(false, false, m, w.n, w.k, len(a), lda, w.n*w.k, w.n, len(c), ldc)
	if m == 0 || w.n == 0 {
		return
	}
	if w.tier == Plain {
		RefGemm(false, false, m, w.n, w.k, a, lda, w.b, w.n, c, ldc, accumulate)
		return
	}
	if w.tier != active {
		panic("kernel: weights laid out for another tier")
	}
	g := gemm32{m: m, n: w.n, k: w.k, a: a, b: w.panels, c: c, lda: lda, ldb: w.n, ldc: ldc, accumulate: accumulate, panels: w.panels}
	if m == 1 {
		g.single(w.tier)
		return
	}
	g.blocked()
}
