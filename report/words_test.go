package report

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every key that the code states is in the table, every entry of the table is
// said somewhere, and both languages take the same arguments.
func TestWords(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var code strings.Builder
	for _, f := range files {
		if f != "words.go" && !strings.HasSuffix(f, "_test.go") {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			code.Write(b)
		}
	}
	said := map[string]bool{}
	for _, m := range regexp.MustCompile(`"([a-z0-9_ ]+)"`).FindAllStringSubmatch(code.String(), -1) {
		said[m[1]] = true
	}
	for _, m := range regexp.MustCompile(`say\("([^"]+)"`).FindAllStringSubmatch(code.String(), -1) {
		if _, ok := words[m[1]]; !ok {
			t.Errorf("%q is said but not in the table", m[1])
		}
	}
	verbs := regexp.MustCompile(`%[sd]`)
	for key, w := range words {
		prefixed := strings.HasPrefix(key, "kind_") || strings.HasPrefix(key, "task_") || strings.HasPrefix(key, "noise_") || strings.HasPrefix(key, "unit_") || strings.HasSuffix(key, "tive_note")
		// Findings, kinds of row and splits come from data.
		data := map[string]bool{"helps": true, "hurts": true, "not shown": true, "single": true, "fusion": true, "test": true}
		if !said[key] && !prefixed && !data[key] {
			t.Errorf("%q is never said", key)
		}
		if w[0] == "" || w[1] == "" || len(verbs.FindAllString(w[0], -1)) != len(verbs.FindAllString(w[1], -1)) {
			t.Errorf("%q: %q and %q don't match", key, w[0], w[1])
		}
	}
}
