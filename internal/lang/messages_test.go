package lang

import (
	"bytes"
	"compress/gzip"
	"errors"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// outside are folders whose texts no user of the program reads in a terminal or a report: tools and
// tests, what is written for other programs, and panics of the tensor core. Reports have a table of
// their own (report/words.go), and so has the page of serve.
var outside = []string{
	".git", "testdata", "tools", "test", "compat", "engines", "examples", "cmd/accuracy", "cmd/extraction", "internal/archtest", "internal/conformance",
	"internal/kernel", "internal/dsp", "internal/svg", "report", "serve", "export", "tensor", "grad", "nn", "internal/lang",
}

// notMessages are literals that look like sentences and are none.
var notMessages = regexp.MustCompile(`^(fusor[: ]|curl |echo |  |<|\{'|SQLite format|version https://git-lfs|from transformers|Last message repeated|\$1|\^)|arXiv:|doi:|openreview\.net|^[0-9a-f -]+$|hog=|^(%s|%w|audio: .*|gelu tanh|GFLOP/s)$`)

// apart are files with texts in two languages of their own, and of panics.
var apart = []string{"eval/sentence.go", "cmd/fusor/internal/demo/demo.go", "cmd/fusor/internal/demo/note.go", "encoder/tokenizer/unicode.go", "internal/codec/safetensors/parse.go"}

// sentence matches texts of at least two words.
var sentence = regexp.MustCompile(`[A-Za-z']{2,}[,;:]? (%|[A-Za-z'("]+)`)

// translators are calls whose arguments are in the reader's language, were they of one word: the
// headers of tables are among them.
var translators = []string{"e.newTable", "e.say", "e.printf", "e.fprintf", "e.lang.Text", "Text", "Texts", "h.lang.Sprintf", "Sprintf"}

// message is a format of the program.
type message struct{ text, place string }

// source parses the Go files of the module that hold messages.
func source(t *testing.T, visit func(path string, fset *token.FileSet, f *ast.File)) {
	t.Helper()
	root := filepath.Join("..", "..")
	fset := token.NewFileSet()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel := filepath.ToSlash(strings.TrimPrefix(path, root+string(filepath.Separator)))
		if d.IsDir() {
			if slices.Contains(outside, rel) || strings.HasSuffix(d.Name(), "test") && d.Name() != "test" || d.Name() == "testdata" || d.Name() == "_asm" {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || slices.Contains(apart, rel) {
			return nil
		}
		f, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
		if err == nil {
			visit(rel, fset, f)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// nameOf is the name of what a call calls: fmt.Errorf, usagef.
func nameOf(call *ast.CallExpr) string {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		if x, ok := f.X.(*ast.Ident); ok {
			return x.Name + "." + f.Sel.Name
		}
		return f.Sel.Name
	}
	return ""
}

// inPanic reports whether the innermost of nodes is in a panic, of what no user can bring about.
func inPanic(nodes []ast.Node) bool {
	return slices.ContainsFunc(nodes, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		return ok && nameOf(call) == "panic"
	})
}

func isCase(n ast.Node) bool {
	_, ok := n.(*ast.CaseClause)
	return ok
}

// messages are the formats of all messages in the program: texts of errors, whatever else looks
// like a sentence, and the help of flags.
func messages(t *testing.T) (all []message) {
	source(t, func(path string, fset *token.FileSet, f *ast.File) {
		add := func(n ast.Node, s string) {
			for _, line := range strings.Split(s, "\n") {
				if line = strings.TrimSpace(line); lettersOf(directive.ReplaceAllString(line, "")) > 0 {
					all = append(all, message{line, fmt.Sprintf("%s:%d", path, fset.Position(n.Pos()).Line)})
				}
			}
		}
		var above []ast.Node
		ast.Inspect(f, func(n ast.Node) bool {
			if n == nil {
				above = above[:len(above)-1]
				return true
			}
			above = append(above, n)
			switch n := n.(type) {
			case *ast.ImportSpec:
				above = above[:len(above)-1]
				return false
			case *ast.Field:
				if n.Tag != nil {
					tag, _ := strconv.Unquote(n.Tag.Value)
					add(n, reflect.StructTag(tag).Get("help"))
				}
			case *ast.BasicLit:
				parent := above[len(above)-2]
				if _, tag := parent.(*ast.Field); tag || n.Kind != token.STRING {
					return true
				}
				s, _ := strconv.Unquote(n.Value)
				call, ok := parent.(*ast.CallExpr)
				switch {
				case ok && slices.Contains([]string{"strings.Fields", "strings.HasPrefix", "strings.TrimPrefix", "os.NewFile", "logger.Error", "setActivation"}, nameOf(call)), inPanic(above):
				case ok && (nameOf(call) == "plural" || nameOf(call) == "areOf"):
					add(n, "1 "+s)
					add(n, "%d "+s+"s")
				case isCase(parent): // names that are looked for
				case ok && slices.Contains(translators, nameOf(call)) && !notMessages.MatchString(s):
					add(n, s)
				case slices.Contains(prefixes, s) || notMessages.MatchString(s):
				case ok && (nameOf(call) == "fmt.Errorf" || nameOf(call) == "errors.New"):
					add(n, s)
				case sentence.MatchString(s):
					for _, line := range strings.Split(s, "\n") {
						if !notMessages.MatchString(line) {
							add(n, line)
						}
					}
				}
			}
			return true
		})
	})
	return all
}

// TestEveryMessage checks that the catalogue has every message of the program.
func TestEveryMessage(t *testing.T) {
	c := chinese()
	missing := map[string]string{}
	for _, m := range messages(t) {
		if e, ok := c.byID[m.text]; !ok || e.format == "" {
			missing[m.text] = m.place
		}
	}
	var list []string
	for text, place := range missing {
		list = append(list, fmt.Sprintf("%s: %q", place, text))
	}
	slices.Sort(list)
	for _, l := range list {
		t.Errorf("no Chinese in internal/lang/zh for %s", l)
	}
}

// TestSameParameters checks that both languages of a message take the same parameters, in any
// order, by directives that print them.
func TestSameParameters(t *testing.T) {
	for id, e := range chinese().byID {
		want, got := map[int]byte{}, map[int]byte{}
		for _, v := range e.verbs {
			want[v.arg] = v.letter
		}
		for _, v := range verbsOf(e.format) {
			got[v.arg] = v.letter
		}
		same := len(want) == len(got)
		for arg, letter := range want {
			if l := got[arg]; l != printed(letter) && (l != 's' || letter == 'q') {
				same = false
			}
		}
		if !same {
			t.Errorf("%q and %q take other parameters", id, e.format)
		}
		if !strings.ContainsFunc(e.format, han) && !strings.ContainsAny(e.format, "：（，；") && strings.Contains(id, " ") && !same {
			t.Errorf("%q is not Chinese: %q", id, e.format)
		}
	}
}

func han(r rune) bool { return r >= 0x4e00 && r < 0xa000 }

// prefixes are what is taken off a text, not put before one.
var prefixes = []string{"cannot read "}

// joining matches a word that is put before or after another text.
var joining = regexp.MustCompile(`^[A-Za-z]{2,} $|^,? [A-Za-z]{2,} ?$`)

// TestNoPieces checks that no message is put together of pieces, which no other language could put
// into another order.
func TestNoPieces(t *testing.T) {
	source(t, func(path string, fset *token.FileSet, f *ast.File) {
		ast.Inspect(f, func(n ast.Node) bool {
			b, ok := n.(*ast.BinaryExpr)
			if !ok || b.Op != token.ADD {
				return true
			}
			for _, pair := range [][2]ast.Expr{{b.X, b.Y}, {b.Y, b.X}} {
				lit, ok := pair[0].(*ast.BasicLit)
				if _, constant := pair[1].(*ast.BasicLit); !ok || lit.Kind != token.STRING || constant {
					continue
				}
				s, _ := strconv.Unquote(lit.Value)
				if (sentence.MatchString(s) || joining.MatchString(s)) && !slices.Contains(prefixes, s) && !notMessages.MatchString(strings.TrimSpace(s)) {
					t.Errorf("%s:%d: %q is a piece of a message; write a format", path, fset.Position(lit.Pos()).Line, s)
				}
			}
			return true
		})
	})
}

var update = flag.Bool("update", false, "write zh.po.gz from the files of zh")

// TestPacked checks that the messages of the program are those of the .po files.
func TestPacked(t *testing.T) {
	names, err := filepath.Glob("zh/*.po")
	if err != nil {
		t.Fatal(err)
	}
	var all, b bytes.Buffer
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(data)
		all.WriteByte('\n')
	}
	if *update {
		w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.Write(all.Bytes())
		if err := errors.Join(err, w.Close(), os.WriteFile("zh.po.gz", b.Bytes(), 0o644)); err != nil {
			t.Fatal(err)
		}
		packed = b.Bytes()
	}
	got, err := unpack(packed)
	if err != nil {
		t.Fatal(err)
	}
	if want, err := parsePO(all.String()); err != nil || !slices.Equal(got, want) {
		t.Fatalf("zh.po.gz is not of these files (%v); run go test ./internal/lang -update", err)
	}
}

// TestWritten checks the .po files themselves: every string closed, no message twice.
func TestWritten(t *testing.T) {
	seen := map[string]string{}
	names, err := filepath.Glob("zh/*.po")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all, err := parsePO(string(data))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, m := range all {
			if first := seen[m[0]]; first != "" {
				t.Errorf("%s: %q is in %s already", name, m[0], first)
			}
			if seen[m[0]] = name; m[1] == "" {
				t.Errorf("%s: %q has no Chinese", name, m[0])
			}
		}
	}
}

// sample is a value that a directive prints.
func sample(letter byte, k int) any {
	switch letter {
	case 'd', 'c', 'x', 'X':
		return 70 + k
	case 'g', 'f', 'e':
		return 0.5 + float64(k)
	case 't':
		return true
	}
	return fmt.Sprintf("x%d/y.csv", k)
}

// TestFoundAgain checks that every message is found again in the text that it makes, and no other
// one is taken for it.
func TestFoundAgain(t *testing.T) {
	c := chinese()
	for id, e := range c.byID {
		if len(e.verbs) == 0 || e.letters < 3 {
			continue
		}
		args := make([]any, len(e.verbs))
		for _, v := range e.verbs {
			args[v.arg] = sample(v.letter, v.arg)
		}
		english, want := fmt.Sprintf(strings.ReplaceAll(id, "%w", "%v"), args...), e.sprint(args)
		if got := Chinese.Text(english); got != want {
			t.Errorf("%q becomes\n     %q, want\n     %q", english, got, want)
		}
	}
}

// TestPunctuation checks that Chinese quotes a name, and joins names, by signs of its own, whether
// the message is a format or finished.
func TestPunctuation(t *testing.T) {
	f := func(want, format string, args ...any) {
		t.Helper()
		if got := Chinese.Sprintf(format, args...); got != want {
			t.Errorf("Sprintf(%q) = %s, want %s", format, got, want)
		}
		if english := fmt.Sprintf(format, args...); Chinese.Text(english) != want {
			t.Errorf("Text(%q) = %s, want %s", english, Chinese.Text(english), want)
		}
	}
	f("没有指标“foo”；可用的有 mae、r2", "no %s %q; there are %s", "metric", "foo", "mae, r2")
	f(`没有视图匹配“a "b”；数据有 t.x (a)、u`, "no view matches %q; the data has %s", `a "b`, "t.x (a), u")
	f("没有视图匹配“好\\n”；数据有 只有一个", "no view matches %q; the data has %s", "好\n", "只有一个")
	// JSON and code keep theirs.
	if got := Chinese.Text(`in a quoted cell, write "" for a quote`); strings.Contains(got, "“") {
		t.Error(got)
	}
}

// TestQuotes checks that no Chinese text quotes a parameter by ASCII quotes.
func TestQuotes(t *testing.T) {
	quotes := regexp.MustCompile(`["'](%(\[\d+\])?[a-z]|\p{Han})|(%(\[\d+\])?[a-z]|\p{Han})["']`)
	for id, e := range chinese().byID {
		if quotes.MatchString(e.format) {
			t.Errorf("%q is quoted as English is: %s", id, e.format)
		}
	}
}
