package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/fusor-ml/fusor/eval"
	"github.com/fusor-ml/fusor/internal/lang"
)

// english matches what no Chinese message has: words in a row. Commands, names in quotes, codes and
// paths are taken out before.
var (
	english = regexp.MustCompile(`[A-Za-z][a-z']+(?: [A-Za-z][a-z']+){2,}|\b(?:the|is|are|of|with|has|not|and|must|cannot)\b`)
	codes   = regexp.MustCompile("\"(?:[^\"\\\\]|\\\\.)*\"|`[^`]*`|'[^']*'|\\bfusor [a-z ]+|\\S*[/\\\\_=.<>-]\\S*|\\b[A-Z]{2,}\\S*")
	// sources are those of a definition: Graves & Schmidhuber 2005.
	sources = regexp.MustCompile(`[（(][^（）()]*\d{4}[^（）()]*[）)]`)
)

// left returns the lines of a Chinese output that are English.
func left(output string) (lines []string) {
	for _, line := range strings.Split(output, "\n") {
		if strings.HasPrefix(strings.TrimSpace(line), "fusor ") || strings.HasPrefix(strings.TrimSpace(line), "curl ") || strings.HasPrefix(strings.TrimSpace(line), "echo ") {
			continue // a command to type
		}
		if english.MatchString(codes.ReplaceAllString(sources.ReplaceAllString(line, ""), "")) {
			lines = append(lines, line)
		}
	}
	return lines
}

// inChinese runs a command line in Chinese and fails on what is English in its output.
func inChinese(t *testing.T, stdin string, args ...string) (code int, output string) {
	t.Helper()
	var out, errs bytes.Buffer
	args = append(slices.Clone(args), "--lang=zh")
	code = run(args, strings.NewReader(stdin), &out, &errs)
	for _, line := range append(left(out.String()), left(errs.String())...) {
		t.Errorf("fusor %s: %s", strings.Join(args, " "), line)
	}
	return code, out.String() + errs.String()
}

// shop writes a table of notes, prices and colors, with some mistakes in it.
func shop(t *testing.T, dir, name, extra string) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("id,label,text,price,color,photo\n")
	for i := range 60 {
		words := [2][]string{{"很差", "失望", "难吃"}, {"很好", "满意", "好吃"}}[i%2]
		fmt.Fprintf(&b, "%d,%s,今天%s又%s,%d,%s,\n", i, []string{"neg", "pos"}[i%2], words[i%3], words[i/2%3], 10*(i%2)+i%5, []string{"red", "blue", "grey"}[i%3])
	}
	b.WriteString(extra)
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestChinese runs every command in Chinese, on good data and on bad, and finds no English sentence
// in what it writes.
func TestChinese(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	t.Setenv("FUSOR_CACHE", filepath.Join(dir, "cache"))
	t.Setenv("FUSOR_ENCODERS", "")
	data := shop(t, dir, "shop.csv", "61,pos,so good,cheap,red,\n62,,no label,3,blue,\n63,pos,twice,3,blue,\n1,neg,重复,4,blue,\n")
	write := func(name, text string) string {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	f := func(want int, args ...string) {
		t.Helper()
		if code, out := inChinese(t, "", args...); code != want {
			t.Errorf("fusor %s ended with %d, want %d:\n%s", strings.Join(args, " "), code, want, out)
		}
	}
	f(0, "inspect", data)
	lost := shop(t, dir, "lost.csv", "61,pos,so,1,red,none.png\n")
	f(0, "inspect", lost)
	f(1, "train", lost, "-o", "n.fusor")
	f(0, "train", data, "-o", "m.fusor", "--epochs", "2")
	f(0, "compare", data, "-o", "result", "--fusions", "mean,concat", "--folds", "2", "--epochs", "1")
	f(0, "tune", data, "-o", "searched", "--trials", "12", "--fusions", "mean,concat", "--folds", "2", "--epochs", "1")
	f(2, "tune", data, "--trials", "0")
	f(0, "compare", data, "--fusions", "mean", "--folds", "3", "--epochs", "1", "--metric", "log_loss")
	f(0, "info", "m.fusor")
	f(0, "evaluate", "m.fusor", data)
	f(0, "evaluate", "m.fusor", data, "--split", "all")
	f(0, "predict", "m.fusor", data, "-o", "answers.csv")
	f(0, "explain", "m.fusor", data, "-o", "why")
	f(0, "export", "m.fusor", "-o", "m.onnx")
	f(0, "views")
	f(0, "version")
	f(0, "bench", "--cases", "gemm_64", "--seconds", "0", "-q")
	f(0, "fuse", write("a.csv", "1,2,3\n4,5,6\n"), write("b.csv", "7,8\n10,11\n"))

	f(2, "fuse", "a.csv", "b.csv", "--weights", "1", "--method", "weighted")
	f(2, "fuse", "a.csv", "--method", "men")
	f(1, "fuse", write("h.csv", "x,y\n1,2\n"))
	f(1, "fuse", "a.csv", write("c.csv", "1,2,3\n"), "--method", "concat")
	f(1, "inspect", "none.csv")
	f(1, "inspect", write("empty.csv", ""))
	f(1, "inspect", write("head.csv", "id,label,text\n"))
	f(1, "inspect", write("one.csv", "id,label,text\n1,a,hello there\n2,a,hello you\n"))
	f(1, "inspect", write("bad.json", "{\"rows\": [1, 2"))
	f(1, "inspect", write("a.pdf", "%PDF-1.4\n"))
	f(1, "train", data, "-o", "n.fusor", "--label", "labl")
	f(1, "train", data, "-o", "n.fusor", "--label", "text", "--task", "regression")
	f(2, "train", data, "-o", "n.fusor", "--fusion", "atention")
	f(2, "train", data, "-o", "n.fusor", "--config", write("r.yaml", "fuson: mean\n"))
	f(2, "train", data, "-o", "n.fusor", "--config", write("s.yaml", "width: -3\n"))
	f(1, "train", data, "-o", "n.fusor", "--views", "photo.colour")
	f(2, "train", data)
	f(1, "train", data, "-o", filepath.Join("none", "n.fusor"))
	f(1, "predict", write("no.fusor", "no model"), data)
	f(2, "predict", "m.fusor", data, "--top", "-1")
	f(2, "predict", "m.fusor", "nothing.txt", "more.txt")
	f(1, "predict", "none.fusor", data)
	f(2, "evaluate", "m.fusor", data, "--split", "dev")
	f(2, "explain", "m.fusor", data, "--noise", "snow")
	f(2, "serve", "a=m.fusor", "a=m.fusor")
	f(1, "serve", "none.fusor")
	f(1, "encoder", ".")
	f(2, "compare", data, "--folds", "1")
	f(1, "compare", data, "--folds", "70", "--fusions", "mean")
	f(2, "nonsense")
	if code, _ := inChinese(t, "{\"text\": \"good\"}\n[1]\n{\"price\": \n", "predict", "m.fusor", "-", "-q"); code != 1 {
		t.Errorf("predict - ended with %d", code)
	}
	for _, page := range []string{"result/report.html", "why/report.html"} {
		html, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range left(regexp.MustCompile(`(?s)<style>.*?</style>|<pre>.*?</pre>|<[^>]*>`).ReplaceAllString(string(html), "\n")) {
			t.Errorf("%s: %s", page, line)
		}
	}
}

// TestChineseHelp asks for the help of every command, and gives every flag a value that it does not
// take.
func TestChineseHelp(t *testing.T) {
	t.Chdir(t.TempDir())
	inChinese(t, "", "--help")
	for _, command := range program(new(commands)).Leaves() {
		name := strings.Fields(command.Path())
		ask := func(args ...string) { inChinese(t, "", append(slices.Clone(name), args...)...) }
		ask("--help")
		for _, flag := range command.Flags {
			if flag.Name == "lang" {
				continue
			}
			if ask("--"+flag.Name+"=?", "--nonsense"); !flag.IsBool() {
				ask("--" + flag.Name)
			}
		}
	}
}

// Every metric that models are chosen by has a word on it, in both languages.
func TestMetricWords(t *testing.T) {
	t.Setenv("COLUMNS", "200")
	_, output := inChinese(t, "", "help", "metrics")
	for _, name := range eval.MetricNames() {
		word := metricWords[name]
		if word == "" || lang.Chinese.Text(word) == word || !strings.Contains(output, lang.Chinese.Text(word)) {
			t.Errorf("%s: %q", name, word)
		}
	}
}
