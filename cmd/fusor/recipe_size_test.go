package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func recipeOf(t testing.TB, text string) error {
	t.Helper()
	path := filepath.Join(t.TempDir(), "r.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := readRecipe(path)
	return err
}

// Recipes that grow when they are read, or whose parser would call itself without end, are refused
// at once.
func TestRecipeIsBounded(t *testing.T) {
	laughs := "a: &a [x, x, x, x, x, x, x, x, x]\n"
	for c := 'b'; c <= 'k'; c++ {
		laughs += string(c) + ": &" + string(c) + " [" + strings.TrimSuffix(strings.Repeat("*"+string(c-1)+", ", 9), ", ") + "]\n"
	}
	indented := ""
	for i := range 700 {
		indented += strings.Repeat(" ", i) + "a:\n"
	}
	f := func(text, want string) {
		t.Helper()
		start := time.Now()
		if err := recipeOf(t, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.30q: %.200v", text, err)
		}
		if took := time.Since(start); took > 20*time.Second {
			t.Errorf("%.30q took %s", text, took)
		}
	}
	f(laughs, "line 1: anchors and aliases are not taken")
	f("train: {<<: {lr: 1}}", "anchors")
	f(strings.Repeat("[", 200_000), "nested too deep")
	f(strings.Repeat("[", 100_000)+strings.Repeat("]", 100_000), "nested too deep")
	f(strings.Repeat(`{"a":`, 40_000)+"1"+strings.Repeat("}", 40_000), "nested too deep")
	f(strings.Repeat("- ", 100_000), "nested too deep")
	f(strings.Repeat("? ", 100_000), "nested too deep")
	f(strings.Repeat("!a ", 50_000), "")
	f(strings.Repeat("[", 1<<20), "bytes; a recipe has")
	f(indented, "nested too deep")
	if err := recipeOf(t, "width: 8\ntrain: {lr: 0.01}\nviews: [note.lexical]\n"); err != nil {
		t.Error(err)
	}
}

// Any bytes are a recipe or an error, soon.
func FuzzRecipe(f *testing.F) {
	for _, s := range []string{"", "width: 8\n", "train: {lr: 0.01, epochs: 3}\nviews: [a.b]\n", "fusion: attention\nfusion_config:\n  heads: 2\n", "a: &a [*a]", "--- {}\n--- {}\n", "[[[[", "- - -", "? ? ?", "!!a !!b c", "x: |\n  y\n", "\"a", "%YAML 1.2\n---\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		start := time.Now()
		recipeOf(t, text) //nolint:errcheck // either is right
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%d bytes took %s", len(text), took)
		}
	})
}
