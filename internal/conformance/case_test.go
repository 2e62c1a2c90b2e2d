package conformance_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fusor-ml/fusor/internal/conformance"
	"github.com/fusor-ml/fusor/tensor"
)

func TestReadFolder(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	refused := func(want string) {
		t.Helper()
		if _, err := conformance.ReadFolder(dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want one that says %q", err, want)
		}
	}
	write("a.json", `{"name": "a", "method": "tanh", "config": {"eps": 1}, "inputs": {"x": {"shape": [2], "data": [1, 2]}}}`)
	write("notes.txt", "not a case")
	if err := os.Mkdir(filepath.Join(dir, "features"), 0o700); err != nil {
		t.Fatal(err)
	}
	cases, err := conformance.ReadFolder(dir)
	if err != nil || len(cases) != 1 || cases[0].Inputs["x"].As(tensor.F32).F32[1] != 2 {
		t.Fatalf("%d cases, %v", len(cases), err)
	}
	var known struct {
		Eps float64 `json:"eps"`
	}
	var unknown struct{}
	if cases[0].DecodeConfig(&known) != nil || known.Eps != 1 || cases[0].DecodeConfig(&unknown) == nil {
		t.Error("a configuration is read wrongly, or one with an unknown key is taken")
	}
	write("b.json", `{"name": "b", "inputs": {"x": {"shape": [3], "data": [1, 2]}}}`)
	refused("x does not fill its shape")
	write("b.json", `{"name": "b", "extra": 1}`)
	refused("extra")
	write("b.json", `{"name": "b"} {"name": "c"}`)
	refused("more after")
	write("b.json", `{"name": `)
	refused("b.json")
	if none, err := conformance.ReadFolder(filepath.Join(dir, "nowhere")); err != nil || none != nil {
		t.Errorf("no folder: %v, %v", none, err)
	}
}

func TestFeatureFiles(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "features"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"text.json", "text_1.json", "audio_0.json", "image_7.json", "video_0.json", "zzz_0.json", "notes.txt"} {
		if err := os.WriteFile(filepath.Join(dir, "features", name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f := func(want []string) func([]string, error) {
		return func(got []string, err error) {
			t.Helper()
			for i := range got {
				got[i] = filepath.Base(got[i])
			}
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("%q, want %q; error %v", got, want, err)
			}
		}
	}
	f([]string{"text_1.json", "video_0.json", "zzz_0.json"})(conformance.UnclaimedFeatures(dir))
	f([]string{"audio_0.json"})(conformance.FeatureFiles(dir, "audio_*.json"))
	if _, err := conformance.FeatureFiles(dir, "video_*.json"); err == nil {
		t.Error("a pattern that is in no list is taken")
	}
}

func TestCompare(t *testing.T) {
	want := &conformance.Tensor{Shape: []int{2}, Data: []float64{100, 0}}
	f := func(a, b float64, ok bool) {
		t.Helper()
		if err := conformance.Compare(tensor.FromF64([]float64{a, b}, 2), want, 1e-5); (err == nil) != ok {
			t.Errorf("%v, %v: %v", a, b, err)
		}
	}
	f(100, 0, true)
	f(100.0009, 0.0009, true)
	f(100, 0.0011, false)
	if conformance.Compare(nil, want, 1) == nil || conformance.Compare(tensor.New(tensor.F64, 2, 1), want, 1e9) == nil {
		t.Error("a missing result or a wrong shape is taken")
	}
}
