package grad

import (
	"github.com/fusor-ml/fusor/internal/kernel"
	"github.com/fusor-ml/fusor/tensor"
)

// Var is a value on a tape: a leaf or the result of an operation. It is valid until the tape's
// Reset.
type Var struct {
	tape  *Tape
	op    *operation
	index int

	val   tensor.Tensor
	grd   tensor.Tensor
	needs bool // wants a gradient
	has   bool // grd is in use and holds the sum so far
	every tensor.Tensor
	some  bool // every [B, D] is in use: what each step of an LSTM's output [B, T, D] gets beside grd
	param *Param
	base  *Var // val is a part of base's, from off on: the gradient is a part of base's too
	off   int

	in   []*Var // operands
	more []*Var // further results, which the operation of this one computes too

	// What the operation keeps. The slices are reused by whatever operation gets this node in a later
	// step.
	ints  []int
	plan  []int
	ids   []int32
	ids2  []int32
	f32s  []float32
	x     [3]float64
	n     [4]int
	key   uint64
	flag  bool
	other tensor.Tensor // a mask or a target
	keep  [8]tensor.Tensor
}

// operation is the static part of a node. The functions are indexed by element type.
type operation struct {
	name              string
	forward, backward [2]func(*Tape, *Var)
}

var (
	opConst = operation{name: "Const"}
	opInput = operation{name: "Input"}
	opParam = operation{name: "Param"}
	opView  = operation{name: "Reshape"}
	opMore  = operation{name: "result"}
)

// Value returns the value. Its memory is the tape's, or that of the tensor behind a leaf.
func (v *Var) Value() *tensor.Tensor { return &v.val }

// Grad returns the gradient, zeros where Backward did not reach, nil where none is wanted.
func (v *Var) Grad() *tensor.Tensor {
	if !v.needs {
		return nil
	}
	v.grd.Shape = append(v.grd.Shape[:0], v.val.Shape...)
	if v.tape.dtype == tensor.F64 {
		spread[float64](v.tape, root(v))
		v.grd.F64, v.grd.F32 = gradAdd[float64](v.tape, v), nil
	} else {
		spread[float32](v.tape, root(v))
		v.grd.F32, v.grd.F64 = gradAdd[float32](v.tape, v), nil
	}
	return &v.grd
}

// Shape returns the lengths of the axes. The slice is the tape's.
func (v *Var) Shape() []int { return v.val.Shape }

// Dim returns the length of axis i; a negative i counts from the end.
func (v *Var) Dim(i int) int { return v.val.Dim(i) }

// Rank returns the number of axes.
func (v *Var) Rank() int { return len(v.val.Shape) }

// Len returns the number of elements.
func (v *Var) Len() int { return v.val.Len() }

// next takes an unused node.
func (t *Tape) next(op *operation) *Var {
	if t.n == len(t.vars) {
		block := make([]Var, 64)
		for i := range block {
			block[i].tape, block[i].index = t, t.n+i
			t.vars = append(t.vars, &block[i])
		}
	}
	v := t.vars[t.n]
	t.n++
	v.op = op
	v.val.Shape = v.val.Shape[:0]
	v.in, v.more = v.in[:0], v.more[:0]
	v.needs, v.has, v.some, v.flag = false, false, false, false
	v.param, v.base, v.off = nil, nil, 0
	return v
}

// node takes an unused node for a result of op on x.
func (t *Tape) node(op *operation, x *Var) *Var {
	v := t.next(op)
	v.use(x)
	return v
}

// use adds an operand; a nil one, where an operand may be left out, keeps its place.
func (v *Var) use(x *Var) {
	v.in = append(v.in, x)
	if x == nil {
		return
	}
	if x.tape != v.tape {
		badTape(v.op.name)
	}
	if x.index >= v.index {
		badStale(v.op.name)
	}
	v.needs = v.needs || x.needs
}

// like returns v the shape of x, and memory.
func (v *Var) like(x *Var) *Var {
	v.val.Shape = append(v.val.Shape, x.val.Shape...)
	v.tape.room(&v.val, x.val.Len())
	return v
}

// shape returns v a shape, and memory. The content is not cleared.
func (v *Var) shape(dims ...int) *Var {
	v.val.Shape = append(v.val.Shape, dims...)
	v.tape.room(&v.val, tensor.Size(dims))
	return v
}

// run computes v.
func (v *Var) run() *Var {
	v.op.forward[v.tape.dtype](v.tape, v)
	return v
}

// another adds a further result of v's operation.
func (v *Var) another(dims ...int) *Var {
	o := v.tape.next(&opMore)
	o.shape(dims...)
	o.needs = v.needs
	v.more = append(v.more, o)
	return o
}

// room returns x n elements of the arena.
func (t *Tape) room(x *tensor.Tensor, n int) {
	if t.dtype == tensor.F64 {
		x.F64, x.F32 = t.m64.alloc(n), nil
	} else {
		x.F32, x.F64 = t.m32.alloc(n), nil
	}
}

// take makes dst's data that of src, converted if the element type differs from the tape's.
func (t *Tape) take(dst, src *tensor.Tensor) {
	if src.DType() == t.dtype || src.Len() == 0 {
		dst.F32, dst.F64 = src.F32, src.F64
		return
	}
	t.room(dst, src.Len())
	dst.CopyFrom(src)
}

// pick returns the data of the element type T.
func pick[T kernel.Float](x *tensor.Tensor) []T {
	if p, ok := any(&x.F32).(*[]T); ok {
		return *p
	}
	return *any(&x.F64).(*[]T)
}

// data returns the elements of v.
func data[T kernel.Float](v *Var) []T { return pick[T](&v.val) }

// scratch returns n elements that release takes back, not cleared.
func scratch[T kernel.Float](t *Tape, n int) []T {
	if a, ok := any(&t.s32).(*arena[T]); ok {
		return a.alloc(n)
	}
	return any(&t.s64).(*arena[T]).alloc(n)
}

// kept returns n elements that v keeps in place i for the way back, not cleared. Without a way back
// they are scratch.
func kept[T kernel.Float](t *Tape, v *Var, i, n int) []T {
	if !v.needs {
		return scratch[T](t, n)
	}
	t.room(&v.keep[i], n)
	return pick[T](&v.keep[i])
}

// mark returns the place up to which scratch is in use, for release.
func (t *Tape) mark() mark {
	if t.dtype == tensor.F64 {
		return t.s64.at
	}
	return t.s32.at
}

// release returns scratch taken since m.
func (t *Tape) release(m mark) {
	if t.dtype == tensor.F64 {
		t.s64.release(m)
	} else {
		t.s32.release(m)
	}
}

// gradOf returns the gradient of x to write to: if add is set the content must be added to, else
// overwritten. It returns nil if x wants none.
func gradOf[T kernel.Float](t *Tape, x *Var) (g []T, add bool) {
	switch {
	case x == nil || !x.needs:
		return nil, false
	case x.base != nil:
		n := x.val.Len()
		if n == x.base.val.Len() {
			return gradOf[T](t, x.base)
		}
		return gradAdd[T](t, x.base)[x.off : x.off+n], true
	case x.param != nil:
		if x.param.Sparse && !x.flag {
			x.param.touchAll()
			x.flag = true
		}
		return pick[T](x.param.Grad), true
	case x.has:
		return pick[T](&x.grd), true
	}
	x.has = true
	t.room(&x.grd, x.val.Len())
	return pick[T](&x.grd), false
}

// gradAdd returns the gradient of x to add to, nil if x wants none.
func gradAdd[T kernel.Float](t *Tape, x *Var) []T {
	g, add := gradOf[T](t, x)
	if !add {
		clear(g)
	}
	return g
}

// both lists the two instances of a generic function.
func both(f32, f64 func(*Tape, *Var)) [2]func(*Tape, *Var) { return [2]func(*Tape, *Var){f32, f64} }
