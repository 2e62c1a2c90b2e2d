package kernel

// RefGemm is the plain definition of Gemm: C[m,n] = op(A)[m,k] op(B)[k,n], added to C if accumulate
// is set. Every output is summed in the order of k. The fast kernels are tested against it.
func RefGemm[T Float](tA, tB bool, m, n, k int, a []T, lda int, b []T, ldb int, c []T, ldc int, accumulate bool) {
	if !accumulate {
		for i := range m {
			clear(c[i*ldc : i*ldc+n])
		}
	}
	ai, ak := lda, 1
	if tA {
		ai, ak = 1, lda
	}
	for i := range m {
		row := c[i*ldc : i*ldc+n]
		if tB {
			for j := range row {
				var s T
				for p, y := range b[j*ldb : j*ldb+k] {
					s += a[i*ai+p*ak] * y
				}
				row[j] += s
			}
			continue
		}
		for p := range k {
			x := a[i*ai+p*ak]
			for j, y := range b[p*ldb : p*ldb+n] {
				row[j] += x * y
			}
		}
	}
}
