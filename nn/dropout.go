package nn

import "github.com/fusor-ml/fusor/grad"

// Dropout sets elements to zero with probability P while the tape trains (Srivastava 2014).
type Dropout struct{ P float64 }

// Forward drops elements of x and scales the others.
func (d Dropout) Forward(t *grad.Tape, x *grad.Var) *grad.Var { return t.Dropout(x, d.P) }
