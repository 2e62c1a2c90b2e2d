package conformance_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fusor-ml/fusor/internal/conformance"
)

// encoderKind is one kind of golden material for pretrained encoders: how the cases of its folder
// are found, and what compares one of them.
type encoderKind struct {
	cases func(t *testing.T, dir string) []string
	run   func(t *testing.T, dir, name string)
}

// encoderKinds holds the kinds by the name of their folder.
var encoderKinds = map[string]encoderKind{
	"arch":           {cases: subfolders, run: arch},
	"arch-refuse":    {cases: subfolders, run: archRefuse},
	"onnx":           {cases: onnxCases, run: compareGraph},
	"tokenizer":      {cases: subfolders, run: runTokenizer},
	"tokenizer-real": {cases: files("*.jsonl", ".jsonl"), run: runRealTokenizer},
	"image":          {cases: files("*/*.npy", ".npy"), run: runImage},
}

// TestConformanceEncoders compares every case of every kind.
func TestConformanceEncoders(t *testing.T) {
	root := filepath.Join(conformance.Folder(), "encoders")
	entries, err := os.ReadDir(root)
	if os.IsNotExist(err) {
		t.Skipf("no golden material in %q; set FUSOR_CONFORMANCE", root)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !e.IsDir() || e.Name() == "src" { // src made the material
			continue
		}
		t.Run(e.Name(), func(t *testing.T) {
			kind, ok := encoderKinds[e.Name()]
			if !ok {
				t.Fatalf("unknown kind of case %q", e.Name())
			}
			dir := filepath.Join(root, e.Name())
			names := kind.cases(t, dir)
			if len(names) == 0 {
				t.Fatalf("no case in %s", dir)
			}
			for _, name := range names {
				t.Run(name, func(t *testing.T) { kind.run(t, dir, name) })
			}
		})
	}
}

// subfolders lists the folders in dir, each of which is a case.
func subfolders(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names
}

// files returns a function that lists the files of a pattern without their suffix, each of which
// is a case.
func files(pattern, suffix string) func(t *testing.T, dir string) []string {
	return func(t *testing.T, dir string) []string {
		t.Helper()
		paths, err := filepath.Glob(filepath.Join(dir, filepath.FromSlash(pattern)))
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, p := range paths {
			rel, err := filepath.Rel(dir, p)
			if err != nil {
				t.Fatal(err)
			}
			names = append(names, strings.TrimSuffix(filepath.ToSlash(rel), suffix))
		}
		return names
	}
}

// onnxCases lists the graphs with golden values, at the top and in folders, and those of the folder
// refuse as refuse/NAME.
func onnxCases(t *testing.T, dir string) []string {
	t.Helper()
	names := files("*.golden.json", ".golden.json")(t, dir)
	names = append(names, files("*/*.golden.json", ".golden.json")(t, dir)...)
	names = append(names, files("*/golden.json", "/golden.json")(t, dir)...)
	return append(names, files("refuse/*.onnx", "")(t, dir)...)
}
