// Package kernel holds the loops over raw floats that everything above it is made of: matrix
// products, element-wise functions, row reductions, the optimizer's update and the LSTM step.
//
// Every function is generic over float32 and float64. float64 always takes the plain Go definition
// (package ref and RefGemm), which gradient checks use; float32 takes assembly where the CPU has
// it. The tier (AVX-512, AVX2+FMA or plain Go) is chosen once at start-up; the build tag purego
// leaves plain Go only.
//
// Matrices are row-major with a leading dimension (the distance between the starts of two rows, in
// elements). Slices may be longer than what is used. Results are bit-identical for any worker
// count: the order in which an output is summed depends on nothing but the sizes of the reduction.
package kernel

// Float is the element type of every kernel.
type Float interface{ ~float32 | ~float64 }
