package grad

import "github.com/fusor-ml/fusor/internal/kernel"

var (
	opSum      = operation{"Sum", both(sumForward[float32], sumForward[float64]), both(sumBackward[float32], sumBackward[float64])}
	opSumLast  = operation{"SumLast", both(sumLastForward[float32], sumLastForward[float64]), both(sumLastBackward[float32], sumLastBackward[float64])}
	opMeanTime = operation{"MeanTime", both(meanTimeForward[float32], meanTimeForward[float64]), both(meanTimeBackward[float32], meanTimeBackward[float64])}
	opMaxTime  = operation{"MaxTime", both(maxTimeForward[float32], maxTimeForward[float64]), both(maxTimeBackward[float32], maxTimeBackward[float64])}
	opMaskTime = operation{"MaskTime", both(maskTimeForward[float32], maskTimeForward[float64]), both(maskTimeBackward[float32], maskTimeBackward[float64])}
)

// Sum returns the sum of all elements: [1].
func (t *Tape) Sum(x *Var) *Var {
	v := t.node(&opSum, x)
	v.x[0] = 1
	return v.shape(1).run()
}

// Mean returns the mean of all elements: [1].
func (t *Tape) Mean(x *Var) *Var {
	v := t.node(&opSum, x)
	v.x[0] = 1 / float64(x.Len())
	return v.shape(1).run()
}

func sumForward[T kernel.Float](t *Tape, v *Var) {
	data[T](v)[0] = kernel.Sum(data[T](v.in[0])) * T(v.x[0])
}

func sumBackward[T kernel.Float](t *Tape, v *Var) {
	kernel.AccumulateScalar(gradAdd[T](t, v.in[0]), pick[T](&v.grd)[0]*T(v.x[0]))
}

// SumLast returns the sums along the last axis: [..., D] -> [...].
func (t *Tape) SumLast(x *Var) *Var {
	v := t.node(&opSumLast, x)
	v.n[0] = lastOf("SumLast", x)
	return v.shape(x.val.Shape[:x.Rank()-1]...).run()
}

func sumLastForward[T kernel.Float](t *Tape, v *Var) {
	kernel.RowSum(data[T](v), data[T](v.in[0]), v.n[0])
}

func sumLastBackward[T kernel.Float](t *Tape, v *Var) {
	kernel.SpreadRows(gradAdd[T](t, v.in[0]), pick[T](&v.grd), v.n[0])
}

// timed starts an operation on sequences x [B, T, D] with lengths [B], nil for all T.
func (t *Tape) timed(op *operation, x *Var, lengths []int) *Var {
	rank(op.name, x, 3, "[B, T, D]")
	v := t.node(op, x)
	v.n[0], v.n[1] = x.Dim(1), x.Dim(2)
	v.setLengths(lengths, x.Dim(0), x.Dim(1))
	return v
}

// setLengths stores the lengths, or T for each of B rows, in ints.
func (v *Var) setLengths(lengths []int, B, T int) {
	v.ints = v.ints[:0]
	if lengths == nil {
		for range B {
			v.ints = append(v.ints, T)
		}
		return
	}
	if len(lengths) != B {
		badCount(v.op.name, "lengths", len(lengths), B)
	}
	for _, n := range lengths {
		if n < 0 || n > T {
			badRange(v.op.name, n, T)
		}
	}
	v.ints = append(v.ints, lengths...)
}

// MeanTime returns the mean over the first lengths[b] steps (all if nil): [B, T, D] -> [B, D];
// zeros where the length is 0. What is past the end has no effect.
func (t *Tape) MeanTime(x *Var, lengths []int) *Var {
	return t.timed(&opMeanTime, x, lengths).shape(x.Dim(0), x.Dim(2)).run()
}

func meanTimeForward[T kernel.Float](t *Tape, v *Var) {
	kernel.MeanTime(data[T](v), data[T](v.in[0]), v.ints, v.n[0], v.n[1])
}

func meanTimeBackward[T kernel.Float](t *Tape, v *Var) {
	if x := v.in[0]; x.op == &opLSTM && x.needs && meansAll(v.ints, x.ints) {
		meanOfLSTM(t, x, pick[T](&v.grd), v.ints, v.n[1])
		return
	}
	kernel.MeanTimeGrad(gradAdd[T](t, v.in[0]), pick[T](&v.grd), v.ints, v.n[0], v.n[1])
}

// MaxTime returns the greatest value over the first lengths[b] steps (all if nil): [B, T, D] -> [B,
// D]; zeros where the length is 0. The gradient goes to the first step that has the value.
func (t *Tape) MaxTime(x *Var, lengths []int) *Var {
	v := t.timed(&opMaxTime, x, lengths)
	n := x.Dim(0) * x.Dim(2)
	for len(v.ids) < n {
		v.ids = append(v.ids, 0)
	}
	v.ids = v.ids[:n]
	return v.shape(x.Dim(0), x.Dim(2)).run()
}

func maxTimeForward[T kernel.Float](t *Tape, v *Var) {
	kernel.MaxTime(data[T](v), v.ids, data[T](v.in[0]), v.ints, v.n[0], v.n[1])
}

func maxTimeBackward[T kernel.Float](t *Tape, v *Var) {
	kernel.MaxTimeGrad(gradAdd[T](t, v.in[0]), pick[T](&v.grd), v.ids, v.n[0], v.n[1])
}

// MaskTime returns x [B, T, D] with zeros past the lengths. What is there, NaN too, has no effect.
func (t *Tape) MaskTime(x *Var, lengths []int) *Var {
	return t.timed(&opMaskTime, x, lengths).like(x).run()
}

func maskTimeForward[T kernel.Float](t *Tape, v *Var) {
	kernel.MaskTime(data[T](v), data[T](v.in[0]), v.ints, v.n[0], v.n[1])
}

func maskTimeBackward[T kernel.Float](t *Tape, v *Var) {
	kernel.MaskTimeGrad(gradAdd[T](t, v.in[0]), pick[T](&v.grd), v.ints, v.n[0], v.n[1])
}
