package main

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// block is a fenced part of a README.
type block struct{ info, text string }

// readmes returns the fenced parts of both READMEs.
func readmes(t *testing.T) map[string][]block {
	t.Helper()
	out := map[string][]block{}
	for _, name := range []string{"README.md", "README.zh-CN.md"} {
		data, err := os.ReadFile(filepath.Join("..", "..", name))
		if err != nil {
			t.Fatal(err)
		}
		out[name] = blocks(string(data))
	}
	return out
}

func blocks(text string) []block {
	var out []block
	for _, m := range regexp.MustCompile("(?ms)^```([^\n]*)\n(.*?)^```$").FindAllStringSubmatch(text, -1) {
		out = append(out, block{m[1], m[2]})
	}
	return out
}

// TestReadmeMethods runs the five methods as the READMEs show them, on the matrices that they show.
func TestReadmeMethods(t *testing.T) {
	for name, parts := range readmes(t) {
		t.Chdir(t.TempDir())
		shown := map[string]bool{}
		for _, b := range parts {
			if file, ok := strings.CutPrefix(b.info, "csv "); ok {
				if err := os.WriteFile(file, []byte(b.text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if b.info != "console" {
				continue
			}
			command, want, _ := strings.Cut(b.text, "\n")
			args := strings.Fields(strings.TrimPrefix(command, "$ fusor "))
			var got, errs bytes.Buffer
			if code := run(args, strings.NewReader(""), &got, &errs); code != exitOK {
				t.Errorf("%s: %s ended with %d: %s", name, command, code, &errs)
				continue
			}
			if !near(t, got.String(), want) {
				t.Errorf("%s: %s gives\n%s, not\n%s", name, command, &got, want)
			}
			shown[args[2]] = true
		}
		for _, method := range []string{"mean", "weighted", "concat", "attention", "bilstm"} {
			if !shown[method] {
				t.Errorf("%s does not show %s", name, method)
			}
		}
	}
}

// near compares two tables of numbers to 12 digits.
func near(t *testing.T, a, b string) bool {
	t.Helper()
	numbers := func(s string) (out []float64, rows int) {
		for _, line := range strings.Split(strings.TrimSpace(s), "\n") {
			rows++
			for _, f := range strings.Split(line, ",") {
				v, err := strconv.ParseFloat(f, 64)
				if err != nil {
					t.Errorf("%q is no number", f)
				}
				out = append(out, v)
			}
		}
		return out, rows
	}
	x, n := numbers(a)
	y, m := numbers(b)
	if len(x) != len(y) || n != m {
		return false
	}
	for i := range x {
		if math.Abs(x[i]-y[i]) > 1e-12*max(1, math.Abs(y[i])) {
			return false
		}
	}
	return true
}

// TestReadmesAgree holds the two READMEs to the same blocks, but for their comments and for what
// the program writes, which is in the language of each.
func TestReadmesAgree(t *testing.T) {
	all := readmes(t)
	en, zh := all["README.md"], all["README.zh-CN.md"]
	if len(en) != len(zh) {
		t.Fatalf("%d blocks in English, %d in Chinese", len(en), len(zh))
	}
	comment := regexp.MustCompile(` +# .*`)
	for i := range en {
		if e, z := comment.ReplaceAllString(en[i].text, ""), comment.ReplaceAllString(zh[i].text, ""); en[i].info != zh[i].info || e != z && en[i].info != "" {
			t.Errorf("block %d differs:\n%s\n%s", i+1, e, z)
		}
	}
}

// TestReadmeNames holds that every command of both READMEs is one.
func TestReadmeNames(t *testing.T) {
	known := map[string]bool{}
	for f := range reflect.TypeFor[commands]().Fields() {
		known[strings.ToLower(f.Name)] = true
	}
	command := regexp.MustCompile("(?m)(?:^|[`|] ?|\\$ |… )(?:go run \\./cmd/)?fusor ([a-z]+)\\b")
	for name, parts := range readmes(t) {
		found := 0
		for _, b := range parts {
			for _, m := range command.FindAllStringSubmatch(b.text, -1) {
				if found++; !known[m[1]] {
					t.Errorf("%s: there is no command %s", name, m[1])
				}
			}
		}
		if found < 10 {
			t.Errorf("%s: only %d commands were found", name, found)
		}
	}
}
