// Command fusor fuses text, images, audio, video, numbers and vectors, and says whether fusion helps.
package main

import (
	"os"

	"github.com/fusor-ml/fusor/internal/cli"
	"github.com/fusor-ml/fusor/internal/heap"
)

func main() {
	heap.SetFloor()
	os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
