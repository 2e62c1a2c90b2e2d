// Package archtest holds the structure of the project as a test: data flows one
// way through the folders, and every package describes what it is for.
package archtest

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const module = "github.com/fusor-ml/fusor"

// order lists the layers in the order in which data runs. A package imports
// only the content of an earlier layer, in its own, or before it in the same line.
var order = [][]string{
	{"progress"},
	{"internal/machine", "internal/spool", "internal/buffer", "internal/durable", "internal/flat", "internal/filemap", "internal/heap", "internal/parallel", "internal/termtext"},
	{"internal/kernel/ref", "internal/kernel", "tensor", "grad", "nn", "optim"},
	{"internal/dsp", "internal/vision", "internal/nlp", "internal/codec", "internal/ffmpeg"},
	{"media"},
	{"dataset"},
	{"encoder/tokenizer", "encoder/preprocess", "encoder/onnx", "encoder/network", "encoder"},
	{"feature"},
	{"fusion"},
	{"model"},
	{"train"},
	{"eval"},
	{"artifact"},
	{"export"},
	{"predict"},
	{"extract"},
	{"compare"},
	{"explain"},
	{"internal/svg", "internal/lang", "internal/cli", "report"},
	{"analysis"},
	{"serve"},
	{""},
	{"scale"},
	{"cmd/accuracy", "cmd/extraction"},
	{"cmd/fusor/internal", "cmd/fusor"},
}

// never lists imports that would be allowed by the order but break a rule.
var never = map[string][]string{
	"fusion": {"media", "dataset", "feature", "internal/dsp", "internal/vision", "internal/nlp", "internal/codec", "internal/ffmpeg"},
}

// unreachable lists what a package must not import even through others.
var unreachable = map[string][]string{
	"artifact": {"train", "optim"},
	"export":   {"train", "optim", "predict"},
	"predict":  {"train", "optim", "compare", "explain"},
	"extract":  {"train", "optim", "compare", "explain"},
	"serve":    {"train", "optim", "compare", "explain"},
}

// processes is the only package that may start a process, beside the command line's.
const processes = "internal/ffmpeg"

// place returns a package's layer and its position within it.
func place(pkg string) (layer, at int, ok bool) {
	for i, names := range order {
		for j, name := range names {
			if name == pkg || (name != "" && strings.HasPrefix(pkg, name+"/")) {
				if layer <= i && (!ok || len(name) > len(order[layer][at])) {
					layer, at, ok = i, j, true
				}
			}
		}
	}
	return layer, at, ok
}

type file struct {
	name, pkg string
	imports   []string
	doc       bool
}

// files parses the imports of every Go file of the main module.
func files(t *testing.T) []file {
	root := "../.."
	var out []file
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if path != root && (strings.HasPrefix(d.Name(), ".") || strings.HasPrefix(d.Name(), "_") || d.Name() == "testdata") {
				return filepath.SkipDir
			}
			if _, err := os.Stat(filepath.Join(path, "go.mod")); err == nil && path != root {
				return filepath.SkipDir // a module of its own
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly|parser.ParseComments)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		pkg := filepath.ToSlash(filepath.Dir(rel))
		if pkg == "." {
			pkg = ""
		}
		one := file{name: filepath.ToSlash(rel), pkg: pkg, doc: f.Doc != nil}
		for _, s := range f.Imports {
			one.imports = append(one.imports, strings.Trim(s.Path.Value, `"`))
		}
		out = append(out, one)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestImportsGoUpwards(t *testing.T) {
	for _, f := range files(t) {
		if strings.HasSuffix(f.name, "_test.go") || strings.HasPrefix(f.pkg, "examples") || f.pkg == "internal/archtest" || f.pkg == "internal/conformance" {
			continue
		}
		layer, at, ok := place(f.pkg)
		if !ok {
			t.Errorf("%s: package %q stands in no layer; add it to order", f.name, f.pkg)
			continue
		}
		for _, imp := range f.imports {
			to, ours := strings.CutPrefix(imp, module)
			if !ours {
				if imp == "os/exec" && f.pkg != processes && f.pkg != "cmd/fusor/internal/bench" {
					t.Errorf("%s imports os/exec; only %s starts processes", f.name, processes)
				}
				continue
			}
			to = strings.TrimPrefix(to, "/")
			l, a, ok := place(to)
			if !ok || l > layer || (l == layer && a > at) {
				t.Errorf("%s imports %s, which does not stand before it", f.name, imp)
			}
			for _, n := range never[f.pkg] {
				if to == n || strings.HasPrefix(to, n+"/") {
					t.Errorf("%s imports %s, which %s must never see", f.name, imp, f.pkg)
				}
			}
		}
	}
}

// A saved model is read and answers rows without the code that trains.
func TestUnreachable(t *testing.T) {
	imports := map[string]map[string]bool{}
	for _, f := range files(t) {
		if strings.HasSuffix(f.name, "_test.go") {
			continue
		}
		if imports[f.pkg] == nil {
			imports[f.pkg] = map[string]bool{}
		}
		for _, imp := range f.imports {
			if to, ours := strings.CutPrefix(imp, module+"/"); ours {
				imports[f.pkg][to] = true
			}
		}
	}
	var walk func(pkg string, seen map[string]string)
	walk = func(pkg string, seen map[string]string) {
		for to := range imports[pkg] {
			if _, was := seen[to]; !was {
				seen[to] = pkg
				walk(to, seen)
			}
		}
	}
	for pkg, banned := range unreachable {
		if imports[pkg] == nil {
			t.Errorf("package %s is listed, but is not there", pkg)
		}
		seen := map[string]string{}
		walk(pkg, seen)
		for _, b := range banned {
			if by, is := seen[b]; is {
				t.Errorf("%s reaches %s through %s", pkg, b, by)
			}
		}
	}
}

func TestEveryPackageHasADoc(t *testing.T) {
	docs := map[string]bool{}
	for _, f := range files(t) {
		if !strings.HasSuffix(f.name, "_test.go") {
			docs[f.pkg] = docs[f.pkg] || f.doc
		}
	}
	for pkg, ok := range docs {
		if !ok {
			t.Errorf("package %q has no package comment", pkg)
		}
	}
}
