package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestFormatReader runs the reader that docs/format.md has, which computes with NumPy what predict
// answers, from an exported model and extracted arrays.
func TestFormatReader(t *testing.T) {
	text, err := os.ReadFile("../../docs/format.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), "```python\n")
	program, _, closed := strings.Cut(rest, "```")
	if !found || !closed || strings.Count(program, "\n") > 80 {
		t.Fatalf("docs/format.md has no reader, or a long one of %d lines", strings.Count(program, "\n"))
	}
	interpreter := os.Getenv("FUSOR_PYTHON")
	if interpreter == "" {
		interpreter = "python3"
	}
	if out, err := exec.Command(interpreter, "-c", "import numpy").CombinedOutput(); err != nil {
		t.Skipf("%s with numpy is not there: %v %.200s", interpreter, err, out)
	}
	dir := t.TempDir()
	var table strings.Builder
	for i := range 60 {
		row := map[string]any{"id": i, "label": []string{"good", "bad", "odd"}[i%3], "price": float64(i%3) + float64(i%7)/8}
		if i%5 != 1 {
			row["note"] = fmt.Sprintf("the %s one of %d", []string{"lovely", "broken", "purple"}[i%3], i%4)
		}
		if i%4 != 2 {
			row["v"] = []float64{float64(i % 3), 1 / float64(i+1), float64(i%5) * 100}
		}
		line, err := json.Marshal(row)
		if err != nil {
			t.Fatal(err)
		}
		table.Write(line)
		table.WriteByte('\n')
	}
	path := func(name string) string { return filepath.Join(dir, name) }
	if err := os.WriteFile(path("rows.jsonl"), []byte(table.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path("reader.py"), []byte(program), 0o600); err != nil {
		t.Fatal(err)
	}
	fusor := func(args ...string) string {
		t.Helper()
		var out, errs bytes.Buffer
		if code := run(args, strings.NewReader(table.String()), &out, &errs); code != 0 {
			t.Fatalf("%v: %d\n%s", args, code, &errs)
		}
		return out.String()
	}
	fusor("train", path("rows.jsonl"), "-o", path("m.fusor"), "--fusion", "concat", "--epochs", "12", "--no-cache", "-q")
	fusor("export", path("m.fusor"), "--format", "safetensors", "-o", path("export"))
	fusor("extract", path("rows.jsonl"), "--model", path("m.fusor"), "-o", path("arrays"), "-q")
	data, err := exec.Command(interpreter, path("reader.py"), path("export"), path("arrays")).Output()
	if err != nil {
		t.Fatalf("the reader: %v", err)
	}
	var got []map[string]float64
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(fusor("predict", path("m.fusor"), "-")), "\n")
	if len(got) != len(lines) {
		t.Fatalf("%d rows, want %d", len(got), len(lines))
	}
	for i, line := range lines {
		var want struct {
			Probabilities map[string]float64 `json:"probabilities"`
		}
		if err := json.Unmarshal([]byte(line), &want); err != nil {
			t.Fatal(err)
		}
		for class, p := range want.Probabilities {
			if math.Abs(got[i][class]-p) > 1e-5 {
				t.Errorf("row %d: p(%s) is %g, want %g", i, class, got[i][class], p)
			}
		}
	}
}
