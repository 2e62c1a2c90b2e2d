package kernel

// Packed is op(B)[k,n] of a matrix product laid out for repeated use, such as the recurrent weights
// of an LSTM over the steps. The zero value is empty; Pack may be called again and keeps its
// memory.
type Packed[T Float] struct {
	n, k, ldb int
	t         bool
	b         []T
	tier      Tier
	panels    []float32
}

// Pack lays out op(B); b must stay as it is for as long as Mul is called.
func (p *Packed[T]) Pack(tB bool, n, k int, b []T, ldb int) {
	p.n, p.k, p.t, p.b, p.ldb, p.tier = n, k, tB, b, ldb, Plain
	if b32, ok := any(b).([]float32); ok && n > 0 && k > 0 && active != Plain {
		checkGemm(false, tB, 0, n, k, 0, 0, len(b), ldb, 0, 0)
		g := gemm32{tB: tB, n: n, k: k, b: b32, ldb: ldb}
		p.tier = active
		g.packAll(&p.panels)
	}
}

// Release drops op(B) itself where the panels are all that Mul needs, so that b may be used
// otherwise.
func (p *Packed[T]) Release() {
	if p.tier != Plain {
		p.b = nil
	}
}

// Mul computes C[m,n] = A[m,k] op(B), or adds it to C. The result is Gemm's, bit for bit.
func (p *Packed[T]) Mul(m int, a []T, lda int, c []T, ldc int, accumulate bool) {
	if m == 0 || p.n == 0 {
		return
	}
	if p.tier == Plain || p.tier != active {
		if p.b == nil && p.tier != Plain {
			panic("kernel: the tier changed after Release")
		}
		Gemm(false, p.t, m, p.n, p.k, a, lda, p.b, p.ldb, c, ldc, accumulate)
		return
	}
	checkGemm(false, true, m, p.n, p.k, len(a), lda, p.n*p.k, p.k, len(c), ldc)
	g := gemm32{
		tB: p.t, m: m, n: p.n, k: p.k, a: any(a).([]float32), b: any(p.b).([]float32), c: any(c).([]float32),
		lda: lda, ldb: p.ldb, ldc: ldc, accumulate: accumulate, panels: p.panels,
	}
	if m == 1 {
		g.single(p.tier)
		return
	}
	g.blocked()
}
