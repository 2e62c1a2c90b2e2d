package report_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/fusor-ml/fusor/report"
)

func TestCommandIsReadBack(t *testing.T) {
	f := func(word, want string) {
		t.Helper()
		if got := report.Command([]string{"fusor", word}); got != "fusor "+want {
			t.Errorf("%q is written %s, want %s", word, got, want)
		}
	}
	f("shop.csv", "shop.csv")
	f("--kind=a=text", "--kind=a=text")
	f("数据/鸟.csv", "数据/鸟.csv")
	f("my shop.csv", "'my shop.csv'")
	f("*.color", "'*.color'")
	f("it's", `'it'\''s'`)
	f("~/x", "'~/x'")
	f("", "''")
	f("caf\xe9 it's.csv", `$'caf\xe9 it\'s.csv'`)

	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no shell here")
	}
	words := []string{"a b", "*", "it's \"so\"", "$HOME", "`x`", "数据 集", "\\", "", "#x", "a;b&c|d<e>(f)", "!x", "{a,b}", "[a]", "line\nbreak"}
	out, err := exec.Command(sh, "-c", `show() { for w in "$@"; do printf '%s\001' "$w"; done; }; show `+report.Command(words)).Output()
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Split(strings.TrimSuffix(string(out), "\001"), "\001"); strings.Join(got, "|") != strings.Join(words, "|") {
		t.Errorf("the shell reads %q, want %q", got, words)
	}
}
