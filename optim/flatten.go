package optim

import (
	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/tensor"
)

// Flatten moves the values and the gradients of all dense parameters into two blocks of memory, so
// that an optimizer made afterward updates them as one vector. First come those with weight decay,
// then those without; the order of params itself stays. Views of the old memory (leaves on a tape)
// are stale afterward.
func Flatten(params []*grad.Param) {
	var list []*grad.Param
	for _, noDecay := range []bool{false, true} {
		for _, p := range params {
			if !p.Sparse && p.Grad != nil && p.NoDecay == noDecay {
				list = append(list, p)
			}
		}
	}
	for _, d := range []tensor.DType{tensor.F32, tensor.F64} {
		n := 0
		for _, p := range list {
			if p.Value.DType() == d {
				n += p.Value.Len()
			}
		}
		values, grads := tensor.New(d, n), tensor.New(d, n)
		at := 0
		for _, p := range list {
			if p.Value.DType() == d {
				move(p.Value, values, at)
				move(p.Grad, grads, at)
				at += p.Value.Len()
			}
		}
	}
}

// move copies x to block from at on and lets x lie there.
func move(x, block *tensor.Tensor, at int) {
	n := x.Len()
	if block.F64 != nil {
		copy(block.F64[at:], x.F64)
		x.F64 = block.F64[at : at+n]
		return
	}
	copy(block.F32[at:], x.F32)
	x.F32 = block.F32[at : at+n]
}
