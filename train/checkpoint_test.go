package train

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// What was damaged on the disk must not go on as another training.
func TestDamagedCheckpoint(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c")
	c := &Checkpoint{Phase: phaseSearch, Epoch: 3, Step: 12, Params: [][]float32{{1, 2, 3}}, Best: [][]float32{{0, 2, 3}}}
	if err := c.WriteFile(path); err != nil {
		t.Fatal(err)
	}
	if got, err := ReadCheckpoint(path); err != nil || !reflect.DeepEqual(got, c) {
		t.Fatalf("%+v, %v", got, err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	refuse := func(data []byte, what string) {
		t.Helper()
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadCheckpoint(path); err == nil || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("%s: %v", what, err)
		}
	}
	for i := range whole {
		bad := append([]byte(nil), whole...)
		bad[i] ^= 1 << (i % 8)
		refuse(bad, "a bit is another")
	}
	refuse(whole[:len(whole)/2], "cut")
	refuse(nil, "empty")
}
