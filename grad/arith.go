package grad

import "github.com/fusor-ml/fusor/internal/kernel"

var (
	opAdd       = operation{"Add", both(addForward[float32], addForward[float64]), both(addBackward[float32], addBackward[float64])}
	opSub       = operation{"Sub", both(subForward[float32], subForward[float64]), both(subBackward[float32], subBackward[float64])}
	opMul       = operation{"Mul", both(mulForward[float32], mulForward[float64]), both(mulBackward[float32], mulBackward[float64])}
	opDiv       = operation{"Div", both(divForward[float32], divForward[float64]), both(divBackward[float32], divBackward[float64])}
	opScale     = operation{"Scale", both(scaleForward[float32], scaleForward[float64]), both(scaleBackward[float32], scaleBackward[float64])}
	opAddScalar = operation{"AddScalar", both(addScalarForward[float32], addScalarForward[float64]), both(scaleBackward[float32], scaleBackward[float64])}
	opMulScalar = operation{"MulScalarVar", both(mulScalarForward[float32], mulScalarForward[float64]), both(mulScalarBackward[float32], mulScalarBackward[float64])}
)

// binary records an operation on two values of one shape.
func (t *Tape) binary(op *operation, a, b *Var) *Var {
	sameShape(op.name, a, b)
	v := t.node(op, a)
	v.use(b)
	return v.like(a).run()
}

// Add returns a + b, of one shape.
func (t *Tape) Add(a, b *Var) *Var { return t.binary(&opAdd, a, b) }

// Sub returns a - b, of one shape.
func (t *Tape) Sub(a, b *Var) *Var { return t.binary(&opSub, a, b) }

// Mul returns the products of the elements of a and b, of one shape.
func (t *Tape) Mul(a, b *Var) *Var { return t.binary(&opMul, a, b) }

// Div returns the quotients of the elements of a and b, of one shape.
func (t *Tape) Div(a, b *Var) *Var { return t.binary(&opDiv, a, b) }

func addForward[T kernel.Float](t *Tape, v *Var) {
	kernel.Add(data[T](v), data[T](v.in[0]), data[T](v.in[1]))
}

func addBackward[T kernel.Float](t *Tape, v *Var) {
	dy := pick[T](&v.grd)
	passOn(t, v.in[0], dy)
	passOn(t, v.in[1], dy)
}

// passOn adds dy to the gradient of x.
func passOn[T kernel.Float](t *Tape, x *Var, dy []T) {
	switch dx, add := gradOf[T](t, x); {
	case dx == nil:
	case add:
		kernel.Accumulate(dx, dy)
	default:
		copy(dx, dy)
	}
}

func subForward[T kernel.Float](t *Tape, v *Var) {
	kernel.Sub(data[T](v), data[T](v.in[0]), data[T](v.in[1]))
}

func subBackward[T kernel.Float](t *Tape, v *Var) {
	dy := pick[T](&v.grd)
	passOn(t, v.in[0], dy)
	if db := gradAdd[T](t, v.in[1]); db != nil {
		kernel.Axpy(-1, dy, db)
	}
}

func mulForward[T kernel.Float](t *Tape, v *Var) {
	kernel.Mul(data[T](v), data[T](v.in[0]), data[T](v.in[1]))
}

func mulBackward[T kernel.Float](t *Tape, v *Var) {
	dy := pick[T](&v.grd)
	for i, x := range v.in {
		other := data[T](v.in[1-i])
		switch dx, add := gradOf[T](t, x); {
		case dx == nil:
		case add:
			kernel.MulAdd(dx, dy, other)
		default:
			kernel.Mul(dx, dy, other)
		}
	}
}

func divForward[T kernel.Float](t *Tape, v *Var) {
	kernel.Div(data[T](v), data[T](v.in[0]), data[T](v.in[1]))
}

func divBackward[T kernel.Float](t *Tape, v *Var) {
	dy, b := pick[T](&v.grd), data[T](v.in[1])
	if da := gradAdd[T](t, v.in[0]); da != nil {
		kernel.DivGradA(da, b, dy)
	}
	if db := gradAdd[T](t, v.in[1]); db != nil {
		kernel.DivGradB(db, b, data[T](v), dy)
	}
}

// Scale returns c x.
func (t *Tape) Scale(x *Var, c float64) *Var {
	v := t.node(&opScale, x)
	v.x[0] = c
	return v.like(x).run()
}

// Neg returns -x.
func (t *Tape) Neg(x *Var) *Var { return t.Scale(x, -1) }

func scaleForward[T kernel.Float](t *Tape, v *Var) {
	kernel.Scale(data[T](v), T(v.x[0]), data[T](v.in[0]))
}

func scaleBackward[T kernel.Float](t *Tape, v *Var) {
	if dx := gradAdd[T](t, v.in[0]); dx != nil {
		kernel.Axpy(T(v.x[0]), pick[T](&v.grd), dx)
	}
}

// AddScalar returns x + c.
func (t *Tape) AddScalar(x *Var, c float64) *Var {
	v := t.node(&opAddScalar, x)
	v.x[0], v.x[1] = 1, c
	return v.like(x).run()
}

func addScalarForward[T kernel.Float](t *Tape, v *Var) {
	kernel.AddScalar(data[T](v), data[T](v.in[0]), T(v.x[1]))
}

// MulScalarVar returns s x, where s has one element.
func (t *Tape) MulScalarVar(x, s *Var) *Var {
	if s.Len() != 1 {
		badOne("MulScalarVar", s)
	}
	v := t.node(&opMulScalar, x)
	v.use(s)
	return v.like(x).run()
}

func mulScalarForward[T kernel.Float](t *Tape, v *Var) {
	kernel.Scale(data[T](v), data[T](v.in[1])[0], data[T](v.in[0]))
}

func mulScalarBackward[T kernel.Float](t *Tape, v *Var) {
	dy, x, s := pick[T](&v.grd), v.in[0], v.in[1]
	if dx := gradAdd[T](t, x); dx != nil {
		kernel.Axpy(data[T](s)[0], dy, dx)
	}
	if ds := gradAdd[T](t, s); ds != nil {
		ds[0] += kernel.Dot(dy, data[T](x))
	}
}
