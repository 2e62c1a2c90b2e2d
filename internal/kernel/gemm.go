package kernel

// Gemm computes C[m,n] = op(A)[m,k] op(B)[k,n], row-major; with accumulate it adds to C. op transposes where tA or tB is
// set: then A is stored [k,m] and B [n,k]. k = 0 gives zeros.
func Gemm[T Float](tA, tB bool, m, n, k int, a []T, lda int, b []T, ldb int, c []T, ldc int, accumulate bool) {
	GemmWorkers(1, tA, tB, m, n, k, a, lda, b, ldb, c, ldc, accumulate)
}

// GemmWorkers is Gemm on up to workers goroutines, the caller's included. The result is bit-identical to Gemm's.
func GemmWorkers[T Float](workers int, tA, tB bool, m, n, k int, a []T, lda int, b []T, ldb int, c []T, ldc int, accumulate bool) {
	if m <= 0 || n <= 0 {
		return
	}
	RefGemm(tA, tB, m, n, k, a, lda, b, ldb, c, ldc, accumulate)
}
