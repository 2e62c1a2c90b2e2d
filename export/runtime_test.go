package export_test

import (
	"encoding/binary"
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/fusor-ml/fusor/encoder/onnx"
	"github.com/fusor-ml/fusor/export"
)

// python returns an interpreter that has the given packages; the test is skipped where there is
// none. FUSOR_PYTHON names one that is not python3.
func python(t *testing.T, packages string) string {
	t.Helper()
	name := os.Getenv("FUSOR_PYTHON")
	if name == "" {
		name = "python3"
	}
	if out, err := exec.Command(name, "-c", "import "+packages).CombinedOutput(); err != nil {
		t.Skipf("%s with %s is not there: %v %.200s", name, packages, err, out)
	}
	return name
}

// array is a tensor for a program that reads raw files.
type array struct {
	Type  string `json:"type"` // numpy's name
	Shape []int  `json:"shape"`
	File  string `json:"file"`
}

func write(t *testing.T, path string, data any) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := binary.Write(f, binary.LittleEndian, data); err != nil {
		t.Fatal(err)
	}
}

// TestONNXRuntime: the files pass onnx.checker, and ONNX Runtime computes what the model does.
func TestONNXRuntime(t *testing.T) {
	interpreter := python(t, "onnx, onnxruntime, numpy")
	dir := t.TempDir()
	type job struct {
		Name    string           `json:"name"`
		File    string           `json:"file"`
		Inputs  map[string]array `json:"inputs"`
		Outputs map[string]array `json:"outputs"`
	}
	var jobs []job
	for i, s := range setups() {
		rng := rand.New(rand.NewPCG(2, uint64(i)))
		a := s.made(t, rng)
		b := s.rows(a, rng)
		j := job{s.name, filepath.Join(dir, strconv.Itoa(i)+".onnx"), map[string]array{}, map[string]array{}}
		if err := os.WriteFile(j.File, encode(t, a, export.Options{Opset: 17 + 4*(i%2)}), 0o600); err != nil {
			t.Fatal(err)
		}
		for name, x := range b.inputs {
			in := array{"float32", x.Shape, filepath.Join(dir, strconv.Itoa(i)+".in."+strconv.Itoa(len(j.Inputs)))}
			if x.Type == onnx.Int64 {
				in.Type = "int64"
			}
			write(t, in.File, x.Data)
			j.Inputs[name] = in
		}
		for name, x := range want(t, a, b) {
			out := array{"float64", []int{len(x)}, filepath.Join(dir, strconv.Itoa(i)+".out."+name)}
			write(t, out.File, x)
			j.Outputs[name] = out
		}
		jobs = append(jobs, j)
	}
	list, err := json.Marshal(jobs)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "jobs.json")
	if err := os.WriteFile(path, list, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(interpreter, filepath.Join("testdata", "runtime.py"), path).CombinedOutput()
	if err != nil {
		t.Errorf("%v", err)
	}
	t.Logf("%s", out)
}
