package kernel

//go:generate go run -C _asm . -part gemm512 -out ../gemm512_amd64.s -stubs ../gemm512_amd64.go -pkg kernel
//go:generate go run -C _asm . -part gemm256 -out ../gemm256_amd64.s -stubs ../gemm256_amd64.go -pkg kernel
//go:generate go run -C _asm . -part vector512 -out ../vector512_amd64.s -stubs ../vector512_amd64.go -pkg kernel
//go:generate go run -C _asm . -part vector256 -out ../vector256_amd64.s -stubs ../vector256_amd64.go -pkg kernel
//go:generate go run -C _asm . -part table -file ../vector_table.go
//go:generate go run -C _asm . -part tiers -file ../vector_tiers_amd64.go
