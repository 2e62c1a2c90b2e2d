// Package grad records operations on tensors as they run and walks back through them for gradients.
//
// A Tape is used step after step: Reset, run operations, Backward. Nodes, values, gradients and
// everything an operation keeps for the way back live in memory that Reset takes back and the next
// step uses again, so that a steady step allocates nothing. What a Var returns is therefore valid
// until the next Reset; copy what must last.
//
// The code of models has no type parameters: the tape's element type decides. Every operation is a
// pair of static functions, one forward and one backward, generic over float32 and float64; the
// loops over numbers are in internal/kernel. Results don't depend on the number of workers.
//
// A Tape belongs to one goroutine at a time. A misuse of shapes panics with a message that names
// the operation and the shapes.
package grad
