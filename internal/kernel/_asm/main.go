// Command asm writes the assembly of package kernel: one file per part and tier, together with its Go declarations.
//
//	go run . -part gemm512 -out ../gemm512_amd64.s -stubs ../gemm512_amd64.go -pkg kernel
package main

import (
	"flag"
	"log"

	. "github.com/mmcloughlin/avo/build"
)

func main() {
	part := flag.String("part", "", "which part to write: gemm512, gemm256")
	flag.Parse()
	ConstraintExpr("amd64,!purego")
	switch *part {
	case "gemm512":
		gemm(avx512)
	case "gemm256":
		gemm(avx2)
	default:
		log.Fatalf("unknown part %q", *part)
	}
	Generate()
}
