package grad

import (
	"fmt"

	"github.com/fusor-ml/fusor/tensor"
)

// The misuses of shapes, in one place. Shapes are copied before they are printed, so that a
// caller's variadic shape stays on its stack.

func copied(s []int) []int { return append([]int{}, s...) }

func badParam(p *Param, d tensor.DType) {
	panic(fmt.Sprintf("grad: Param: %q is %v, the tape computes in %v", p.Name, p.Value.DType(), d))
}

func badOne(op string, x *Var) {
	panic(fmt.Sprintf("grad: %s: needs one element, not the shape %v", op, copied(x.val.Shape)))
}

func badPair(op string, a, b []int) {
	panic(fmt.Sprintf("grad: %s: the shapes %v and %v do not fit", op, copied(a), copied(b)))
}

func badShape(op string, x []int, want string) {
	panic(fmt.Sprintf("grad: %s: the shape %v is not %s", op, copied(x), want))
}

func badRange(op string, i, n int) {
	panic(fmt.Sprintf("grad: %s: %d is out of range for %d", op, i, n))
}

func badCount(op, what string, got, want int) {
	panic(fmt.Sprintf("grad: %s: %d %s, want %d", op, got, what, want))
}

func badTape(op string) {
	panic(fmt.Sprintf("grad: %s: an operand belongs to another tape", op))
}

func badStale(op string) {
	panic(fmt.Sprintf("grad: %s: an operand is from before the tape's Reset", op))
}

// sameShape panics unless a and b have one shape.
func sameShape(op string, a, b *Var) {
	if !tensor.SameShape(a.val.Shape, b.val.Shape) {
		badPair(op, a.val.Shape, b.val.Shape)
	}
}

// rank panics unless x has n axes.
func rank(op string, x *Var, n int, want string) {
	if len(x.val.Shape) != n {
		badShape(op, x.val.Shape, want)
	}
}

// vector panics unless x is [n].
func vector(op string, x *Var, n int) {
	if x.val.Len() != n {
		badShape(op, x.val.Shape, fmt.Sprintf("[%d]", n))
	}
}

// lastOf returns the length of the last axis, which an operation acts on.
func lastOf(op string, x *Var) int {
	if len(x.val.Shape) == 0 {
		badShape(op, x.val.Shape, "a shape with a last axis")
	}
	return x.val.Shape[len(x.val.Shape)-1]
}
