package train

import (
	"bytes"
	"crypto/sha256"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/internal/flat"
	"github.com/fusor-ml/fusor/optim"
	"github.com/fusor-ml/fusor/tensor"
)

// What was damaged on the disk must not go on as another training.
func TestDamagedCheckpoint(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c")
	c := &Checkpoint{Phase: phaseSearch, Epoch: 3, Step: 12, Params: [][]float32{{1, 2, 3}}, Best: [][]float32{{0, 2, 3}}, Stopping: Stopping{Chosen: math.Inf(1)}}
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

// No field is forgotten.
func TestCheckpointHoldsEveryField(t *testing.T) {
	want := &Checkpoint{
		"data", []byte("{}"), phaseRefit, 1, 2,
		[][]float32{{1}, nil},
		[][]float32{{2}, nil},
		Stopping{1, 2, 3, 4},
		[]byte{1},
		optim.AverageState{Taken: 5, Mean: [][]float32{{6}}},
		History{[]Epoch{{1, 2, 3}}, 4, 5, 6, 7, 8},
	}
	got := &Checkpoint{}
	if err := flat.Decode(checkpointFormat, flat.Encode(checkpointFormat, want.flat), got.flat); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
}

// A checkpoint whose arrays have other sizes than the model's is refused, not copied in part.
func TestCheckpointOfOtherSizes(t *testing.T) {
	params := []*grad.Param{{Name: "w", Value: tensor.New(tensor.F32, 2)}}
	for _, held := range [][][]float32{nil, {{1}}, {{1, 2, 3}}, {{1, 2}, {3}}} {
		if sameSizes(params, held) == nil {
			t.Errorf("%v was taken", held)
		}
	}
	if err := sameSizes(params, [][]float32{{1, 2}}); err != nil {
		t.Error(err)
	}
}

// Whatever lies behind a checksum that holds, reading it ends in a checkpoint or an error.
func FuzzCheckpoint(f *testing.F) {
	c := &Checkpoint{Phase: phaseSearch, Spec: []byte("{}"), Params: [][]float32{{1, 2}}, History: History{Epochs: []Epoch{{1, 2, 3}}}}
	whole := flat.Encode(checkpointFormat, c.flat)
	f.Add(whole[:len(whole)-sha256.Size])
	f.Add([]byte(checkpointFormat + "\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		sum := sha256.Sum256(data)
		file := append(bytes.Clone(data), sum[:]...)
		c := &Checkpoint{}
		if flat.Decode(checkpointFormat, file, c.flat) != nil {
			return
		}
		if !bytes.Equal(flat.Encode(checkpointFormat, c.flat), file) {
			t.Error("what was read is written in other bytes")
		}
	})
}
