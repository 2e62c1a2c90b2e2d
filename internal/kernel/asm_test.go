package kernel

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// TestAVX2StaysWithinAVX2 holds that no file of that tier names a register that only AVX-512 has:
// the assembler would silently choose an encoding that the CPU doesn't know.
func TestAVX2StaysWithinAVX2(t *testing.T) {
	files, err := filepath.Glob("*256_amd64.s")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	beyond := regexp.MustCompile(`\b([XY](1[6-9]|2\d|3[01])|Z\d+|K[0-7])\b`)
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if m := beyond.Find(text); m != nil {
			t.Errorf("%s uses register %s", f, m)
		}
	}
}

// TestNoSSE holds that vector registers are used by instructions of AVX alone: one of SSE while
// upper halves are in use took 120 ns on a Zen 3, more than the rest of many a call.
func TestNoSSE(t *testing.T) {
	files, err := filepath.Glob("*_amd64.s")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	sse := regexp.MustCompile(`(?m)^\t[^/V\s]\S*\s.*\b[XYZ]\d+\b.*$`)
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if m := sse.Find(text); m != nil {
			t.Errorf("%s: %s", f, m)
		}
	}
}
