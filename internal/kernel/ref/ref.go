// Package ref holds the plain Go definitions of the kernels: short loops, generic over float32 and
// float64, in a fixed order. Package kernel dispatches to them or to faster code that is tested
// against them.
//
// Conventions: dst comes first; a function whose name ends in Grad adds into its first arguments
// (dx, dw, …) and takes the gradient of the result as dy. Matrices are row-major and dense; rows
// follow from the lengths. Transcendental functions are evaluated in float64 and rounded once.
package ref

// Float is the element type of every kernel.
type Float interface{ ~float32 | ~float64 }
