// Command asm writes the assembly of package kernel: one file per part and tier, together with its Go declarations.
//
//	go run . -part gemm512 -out ../gemm512_amd64.s -stubs ../gemm512_amd64.go -pkg kernel
package main

//go:generate go run . -part gemm512 -out ../gemm512_amd64.s -stubs ../gemm512_amd64.go -pkg kernel
//go:generate go run . -part gemm256 -out ../gemm256_amd64.s -stubs ../gemm256_amd64.go -pkg kernel
//go:generate go run . -part vector512 -out ../vector512_amd64.s -stubs ../vector512_amd64.go -pkg kernel
//go:generate go run . -part vector256 -out ../vector256_amd64.s -stubs ../vector256_amd64.go -pkg kernel
//go:generate go run . -part table -file ../vector_table.go
//go:generate go run . -part tiers -file ../vector_tiers_amd64.go

import (
	"flag"
	"go/format"
	"log"
	"os"

	. "github.com/mmcloughlin/avo/build"
)

func main() {
	part := flag.String("part", "", "which part to write: gemm512, gemm256, vector512, vector256, table or tiers")
	file := flag.String("file", "", "Go file to write, for table and tiers")
	flag.Parse()
	ConstraintExpr("amd64,!purego")
	switch *part {
	case "gemm512":
		gemm(avx512)
	case "gemm256":
		gemm(avx2)
	case "vector512":
		vectors(avx512)
	case "vector256":
		vectors(avx2)
	case "table", "tiers":
		vectors(avx512)
		writeTable(*file, dispatch(*part == "tiers"))
		return
	default:
		log.Fatalf("unknown part %q", *part)
	}
	Generate()
}

// writeTable formats Go source and writes it.
func writeTable(file, source string) {
	text, err := format.Source([]byte(source))
	if err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(file, text, 0o644); err != nil {
		log.Fatal(err)
	}
}
