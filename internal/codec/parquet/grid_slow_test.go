//go:build slow

package parquet

import (
	"cmp"
	"os"
	"os/exec"
	"testing"
)

// TestGrid compares codec × page version × encoding × page size × rows × type with pyarrow, where
// it is installed for python3 or the interpreter that FUSOR_PYTHON names.
func TestGrid(t *testing.T) {
	python := cmp.Or(os.Getenv("FUSOR_PYTHON"), "python3")
	if err := exec.Command(python, "-c", "import pyarrow").Run(); err != nil {
		t.Skip("no pyarrow for ", python)
	}
	dir := t.TempDir()
	if out, err := exec.Command(python, "testdata/make.py", "grid", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	files, cells := compareWithPyarrow(t, dir)
	t.Logf("%d files, %d cells", files, cells)
	if files < 292 {
		t.Errorf("%d files", files)
	}
}
