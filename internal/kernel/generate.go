package kernel

//go:generate go run -C _asm . -part gemm512 -out ../gemm512_amd64.s -stubs ../gemm512_amd64.go -pkg kernel
//go:generate go run -C _asm . -part gemm256 -out ../gemm256_amd64.s -stubs ../gemm256_amd64.go -pkg kernel
