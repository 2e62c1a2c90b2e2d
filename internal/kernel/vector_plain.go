//go:build !amd64 || purego

package kernel

// vectorTiers has no kernels in this build.
var vectorTiers [AVX512 + 1]*vectorKernels
