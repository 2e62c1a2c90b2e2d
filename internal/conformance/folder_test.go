package conformance_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/fusor-ml/fusor/internal/conformance"
)

// TestNamed: a folder that was named must hold golden files, though not of every kind.
func TestNamed(t *testing.T) {
	f := func(fails bool, have ...string) {
		t.Helper()
		dir := t.TempDir()
		for _, name := range have {
			path := filepath.Join(dir, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte("{}"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		t.Setenv("FUSOR_CONFORMANCE", dir)
		if err := conformance.Named(); (err != nil) != fails {
			t.Errorf("%v: %v", have, err)
		}
		if _, err := conformance.FeatureFiles(dir, "image_*.json"); (err != nil) != fails {
			t.Errorf("features of %v: %v", have, err)
		}
	}
	f(true)
	f(true, "README.md", "more/a.json")
	f(true, "features/README.md")
	f(false, "a.json")
	f(false, "features/audio_0.json")
	f(false, "a.json", "features/image_0.json")

	t.Setenv("FUSOR_CONFORMANCE", filepath.Join(t.TempDir(), "nothere"))
	if conformance.Named() == nil {
		t.Error("a folder that is not there is taken")
	}
	t.Setenv("FUSOR_CONFORMANCE", "")
	if err := conformance.Named(); err != nil {
		t.Errorf("no folder was named: %v", err)
	}
}
