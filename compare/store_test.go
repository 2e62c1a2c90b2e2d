package compare

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/eval"
	"github.com/fusor-ml/fusor/internal/flat"
	"github.com/fusor-ml/fusor/train"
)

func openStore(t *testing.T, dir string, of any) *Folder {
	t.Helper()
	s, err := OpenFolder(dir, of)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// load returns a kept outcome; nil if none is kept.
func (s *Folder) load(e *Entry, r dataset.Run) *Outcome {
	o, err := keepOutcome(s, fitPiece(e, r), r, func() (*Outcome, error) { return nil, ErrPending })
	if err != nil {
		return nil
	}
	return o
}

func (s *Folder) save(e *Entry, r dataset.Run, o *Outcome) error {
	return s.Save(fitPiece(e, r), flat.Encode(outcomeFormat, o.flat))
}

func outcome(k int) *Outcome {
	return &Outcome{Test: []int{k, 2}, TestP: []float64{0.25, 0.75}, Views: []string{"a.b"}, Absent: []bool{false, true}, TrainRows: k, Seconds: 1.5}
}

func TestStoreKeepsOutcomes(t *testing.T) {
	dir := t.TempDir()
	of := []any{"v1", 3}
	s := openStore(t, dir, of)
	odd := &Entry{Name: "图像/../" + strings.Repeat("long ", 60), Kind: eval.Single}
	entries := []*Entry{{Name: "mean", Kind: eval.Single}, {Name: "mean", Kind: eval.Fusion}, {Name: "Mean", Kind: eval.Fusion}, odd}
	runs := []dataset.Run{{}, {Seed: 1}, {Fold: 1}, {Fold: 1, Seed: 1}}
	k := 0
	for _, e := range entries {
		for _, r := range runs {
			k++
			r.Test = []int{k, 2}
			if s.load(e, r) != nil {
				t.Fatalf("%s, %v: kept before it was saved", e.Name, r)
			}
			if err := s.save(e, r, outcome(k)); err != nil {
				t.Fatal(err)
			}
		}
	}
	s, k = openStore(t, dir, of), 0 // as the next process does
	for _, e := range entries {
		for _, r := range runs {
			k++
			if s.load(e, r) != nil {
				t.Errorf("%s, %v: kept for other test rows", e.Name, r)
			}
			r.Test = []int{k, 2}
			if got := s.load(e, r); !reflect.DeepEqual(got, outcome(k)) {
				t.Errorf("%s, %v: %+v", e.Name, r, got)
			}
		}
	}
	if other := openStore(t, dir, []any{"v2", 3}); other.load(entries[0], runs[0]) != nil {
		t.Error("another comparison finds the outcome")
	}
}

func TestStoreComputesDamagedOutcomesAgain(t *testing.T) {
	s := openStore(t, t.TempDir(), 1)
	e, r := &Entry{Name: "mean", Kind: eval.Fusion}, dataset.Run{Test: []int{1, 2}}
	if err := s.save(e, r, outcome(1)); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(s.path(fitPiece(e, r)))
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"", "no outcome", string(data[:len(data)/2])} {
		if err := os.WriteFile(s.path(fitPiece(e, r)), []byte(bad), 0o644); err != nil {
			t.Fatal(err)
		}
		if s.load(e, r) != nil {
			t.Errorf("%.20q was read", bad)
		}
	}
	if err := s.save(e, r, outcome(1)); err != nil || s.load(e, r) == nil {
		t.Errorf("it cannot be saved again: %v", err)
	}
}

// No field is forgotten: of each the value below is another than the zero one.
func TestStoreHoldsEveryField(t *testing.T) {
	want := &Outcome{
		Calibration{12, []float64{13}, "m", []float32{14}},
		[]int{1},
		[]float64{2},
		[]int{3},
		[]float64{4},
		[]float64{5},
		[]bool{true},
		[]float64{6},
		[]float64{7},
		[]bool{true},
		train.History{Epochs: []train.Epoch{{Epoch: 1, TrainLoss: 2, ValLoss: 3}}, BestEpoch: 4, BestSteps: 5, BestLoss: 6, BestError: 7, RefitSteps: 8},
		[]string{"v"},
		[]string{"p"},
		[]SubsetScores{{[]bool{true}, []float32{1}, []float32{2}, []float32{3}, []float32{4}, []float32{5}}},
		[]float64{8},
		9, true, 10, 11,
		"c",
		[][]float32{{6}},
		[][]bool{{true}},
	}
	got := &Outcome{}
	if err := flat.Decode(outcomeFormat, flat.Encode(outcomeFormat, want.flat), got.flat); err != nil || !reflect.DeepEqual(got, want) || !got.consistent() {
		t.Errorf("%+v, %v", got, err)
	}
	for _, bad := range []Outcome{
		{Test: []int{1, 2}, TestP: []float64{1, 2, 3}},
		{TestP: []float64{1}},
		{Test: []int{1}, Absent: []bool{true, true}},
		{Val: []int{1}, ValAbsent: []bool{true, false}},
		{Test: []int{1}, Subsets: []SubsetScores{{Hit: []bool{true, true}}}},
		{Test: []int{1}, TestLogits: []float64{1}, subsetLogits: [][]float32{{1, 2}}, subsetAbsent: [][]bool{{true}}},
		{Test: []int{1}, TestLogits: []float64{1}, subsetLogits: [][]float32{{1}}, subsetAbsent: [][]bool{{true, true}}},
	} {
		if bad.consistent() {
			t.Errorf("%+v is taken", bad)
		}
	}
}

// Whatever lies behind a checksum that holds, reading it ends in an outcome or an error.
func FuzzOutcome(f *testing.F) {
	whole := flat.Encode(outcomeFormat, outcome(3).flat)
	f.Add(whole[:len(whole)-sha256.Size])
	f.Add([]byte(outcomeFormat + "\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		sum := sha256.Sum256(data)
		file := append(bytes.Clone(data), sum[:]...)
		o := &Outcome{}
		if flat.Decode(outcomeFormat, file, o.flat) != nil {
			return
		}
		if !bytes.Equal(flat.Encode(outcomeFormat, o.flat), file) {
			t.Error("what was read is written in other bytes")
		}
		o.consistent()
	})
}

func TestStoreIsRemoved(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir, 1)
	if err := s.save(&Entry{Name: "x"}, dataset.Run{}, outcome(1)); err != nil {
		t.Fatal(err)
	}
	if err := s.Remove(); err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestNoStore(t *testing.T) {
	computed := false
	o, err := keepOutcome(nil, Piece{}, dataset.Run{}, func() (*Outcome, error) { computed = true; return outcome(1), nil })
	if !computed || o == nil || err != nil {
		t.Errorf("without a store nothing is computed: %v, %v", o, err)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenFolder(file, 1); err == nil || !strings.Contains(err.Error(), "cannot open") {
		t.Errorf("error %v", err)
	}
	if _, err := OpenFolder(t.TempDir(), func() {}); err == nil {
		t.Error("a function was hashed")
	}
}

// A comparison that fails leaves no folder behind unless there is something to go on from.
func TestEndedStore(t *testing.T) {
	dir, why := t.TempDir(), errors.New("no memory")
	s, err := OpenFolder(dir, 1)
	if err != nil {
		t.Fatal(err)
	}
	var kept *KeptError
	if err := s.Ended(why); !errors.Is(err, why) || errors.As(err, &kept) {
		t.Errorf("of nothing kept: %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
	if s, err = OpenFolder(dir, 1); err != nil {
		t.Fatal(err)
	}
	if err := s.Save(Piece{Stage: StageFit}, []byte("x")); err != nil {
		t.Fatal(err)
	}
	if err := s.Ended(why); !errors.Is(err, why) || !errors.As(err, &kept) || err.Error() != why.Error() {
		t.Errorf("of a piece that is kept: %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("left: %v, %v", left, err)
	}
}
