package grad

import "github.com/fusor-ml/fusor/internal/kernel"

// Activation is a function applied to each element.
type Activation uint8

const (
	ActNone    Activation = iota // x
	ActTanh                      // tanh x
	ActSigmoid                   // 1/(1 + exp(-x))
	ActReLU                      // max(x, 0)
	ActGELU                      // x Φ(x), the form with erf
)

var (
	opTanh     = operation{"Tanh", both(tanhForward[float32], tanhForward[float64]), both(tanhBackward[float32], tanhBackward[float64])}
	opSigmoid  = operation{"Sigmoid", both(sigmoidForward[float32], sigmoidForward[float64]), both(sigmoidBackward[float32], sigmoidBackward[float64])}
	opReLU     = operation{"ReLU", both(reluForward[float32], reluForward[float64]), both(reluBackward[float32], reluBackward[float64])}
	opGELU     = operation{"GELU", both(geluForward[float32], geluForward[float64]), both(geluBackward[float32], geluBackward[float64])}
	opExp      = operation{"Exp", both(expForward[float32], expForward[float64]), both(expBackward[float32], expBackward[float64])}
	opLog      = operation{"Log", both(logForward[float32], logForward[float64]), both(logBackward[float32], logBackward[float64])}
	opSoftplus = operation{"Softplus", both(softplusForward[float32], softplusForward[float64]), both(softplusBackward[float32], softplusBackward[float64])}
	opSquare   = operation{"Square", both(squareForward[float32], squareForward[float64]), both(squareBackward[float32], squareBackward[float64])}
	opSqrt     = operation{"Sqrt", both(sqrtForward[float32], sqrtForward[float64]), both(sqrtBackward[float32], sqrtBackward[float64])}
)

// unary records an element-wise operation.
func (t *Tape) unary(op *operation, x *Var) *Var { return t.node(op, x).like(x).run() }

// Act applies an activation.
func (t *Tape) Act(x *Var, a Activation) *Var {
	switch a {
	case ActNone:
		return x
	case ActTanh:
		return t.Tanh(x)
	case ActSigmoid:
		return t.Sigmoid(x)
	case ActReLU:
		return t.ReLU(x)
	case ActGELU:
		return t.GELU(x)
	}
	panic("grad: Act: unknown activation")
}

// Tanh returns tanh x.
func (t *Tape) Tanh(x *Var) *Var { return t.unary(&opTanh, x) }

// Sigmoid returns 1/(1 + exp(-x)).
func (t *Tape) Sigmoid(x *Var) *Var { return t.unary(&opSigmoid, x) }

// ReLU returns max(x, 0).
func (t *Tape) ReLU(x *Var) *Var { return t.unary(&opReLU, x) }

// GELU returns x Φ(x), the form with erf.
func (t *Tape) GELU(x *Var) *Var { return t.unary(&opGELU, x) }

// Exp returns e^x.
func (t *Tape) Exp(x *Var) *Var { return t.unary(&opExp, x) }

// Log returns the natural logarithm.
func (t *Tape) Log(x *Var) *Var { return t.unary(&opLog, x) }

// Softplus returns ln(1 + e^x).
func (t *Tape) Softplus(x *Var) *Var { return t.unary(&opSoftplus, x) }

// Square returns x².
func (t *Tape) Square(x *Var) *Var { return t.unary(&opSquare, x) }

// Sqrt returns √x.
func (t *Tape) Sqrt(x *Var) *Var { return t.unary(&opSqrt, x) }

func tanhForward[T kernel.Float](t *Tape, v *Var) { kernel.Tanh(data[T](v), data[T](v.in[0])) }

func tanhBackward[T kernel.Float](t *Tape, v *Var) {
	kernel.TanhGrad(gradAdd[T](t, v.in[0]), data[T](v), pick[T](&v.grd))
}

func sigmoidForward[T kernel.Float](t *Tape, v *Var) { kernel.Sigmoid(data[T](v), data[T](v.in[0])) }

func sigmoidBackward[T kernel.Float](t *Tape, v *Var) {
	kernel.SigmoidGrad(gradAdd[T](t, v.in[0]), data[T](v), pick[T](&v.grd))
}

func reluForward[T kernel.Float](t *Tape, v *Var) { kernel.ReLU(data[T](v), data[T](v.in[0])) }

func reluBackward[T kernel.Float](t *Tape, v *Var) {
	kernel.ReLUGrad(gradAdd[T](t, v.in[0]), data[T](v), pick[T](&v.grd))
}

func geluForward[T kernel.Float](t *Tape, v *Var) { kernel.GELU(data[T](v), data[T](v.in[0])) }

func geluBackward[T kernel.Float](t *Tape, v *Var) {
	kernel.GELUGrad(gradAdd[T](t, v.in[0]), data[T](v.in[0]), pick[T](&v.grd))
}

func expForward[T kernel.Float](t *Tape, v *Var) { kernel.Exp(data[T](v), data[T](v.in[0])) }

func expBackward[T kernel.Float](t *Tape, v *Var) {
	kernel.MulAdd(gradAdd[T](t, v.in[0]), data[T](v), pick[T](&v.grd))
}

func logForward[T kernel.Float](t *Tape, v *Var) { kernel.Log(data[T](v), data[T](v.in[0])) }

func logBackward[T kernel.Float](t *Tape, v *Var) {
	kernel.LogGrad(gradAdd[T](t, v.in[0]), data[T](v.in[0]), pick[T](&v.grd))
}

func softplusForward[T kernel.Float](t *Tape, v *Var) { kernel.Softplus(data[T](v), data[T](v.in[0])) }

func softplusBackward[T kernel.Float](t *Tape, v *Var) {
	kernel.SoftplusGrad(gradAdd[T](t, v.in[0]), data[T](v.in[0]), pick[T](&v.grd))
}

func squareForward[T kernel.Float](t *Tape, v *Var) {
	x := data[T](v.in[0])
	kernel.Mul(data[T](v), x, x)
}

func squareBackward[T kernel.Float](t *Tape, v *Var) {
	kernel.SquareGrad(gradAdd[T](t, v.in[0]), data[T](v.in[0]), pick[T](&v.grd))
}

func sqrtForward[T kernel.Float](t *Tape, v *Var) { kernel.Sqrt(data[T](v), data[T](v.in[0])) }

func sqrtBackward[T kernel.Float](t *Tape, v *Var) {
	kernel.SqrtGrad(gradAdd[T](t, v.in[0]), data[T](v), pick[T](&v.grd))
}
