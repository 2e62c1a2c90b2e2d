//go:build !amd64 || purego

package kernel

// fast multiplies with assembly; this build has none.
func (g *gemm32) fast() bool { return false }
