package conformance

import (
	"os"
	"path/filepath"
	"testing"
)

// largestSeed is the size of a file that a fuzz target begins with, at most.
const largestSeed = 1 << 18

// Seeds calls add with the small files of these endings in shared/cases beside the repository,
// where they are there: what a fuzz target begins with.
func Seeds(f *testing.F, add func(name string, data []byte), endings ...string) {
	f.Helper()
	root := repository()
	if root == "" {
		return
	}
	for _, ending := range endings {
		names, err := filepath.Glob(filepath.Join(filepath.Dir(root), "shared", "cases", "*", "*"+ending))
		if err != nil {
			f.Fatal(err)
		}
		for _, name := range names {
			data, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			if len(data) < largestSeed {
				add(filepath.Base(name), data)
			}
		}
	}
}
