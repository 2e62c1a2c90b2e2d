//go:build !amd64 || purego

package kernel

// fast multiplies with assembly; this build has none.
func (g *gemm32) fast() bool { return false }

// blocked and packAll are never reached: the tier is always Plain.
func (g *gemm32) blocked() { panic("kernel: no assembly in this build") }

func (g *gemm32) packAll(*[]float32) { g.blocked() }
