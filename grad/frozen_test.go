package grad

import (
	"math"
	"slices"
	"testing"

	"github.com/fusor-ml/fusor/tensor"
)

// TestFrozenTapeGivesTheSameBits runs a model on a frozen tape and on one that reads the weights
// where they stand.
func TestFrozenTapeGivesTheSameBits(t *testing.T) {
	ps, rs := mlpParams(), readerParams()
	run := func(frozen bool, workers, rows, times int) (bits []uint32) {
		tape := NewTape(tensor.F32)
		tape.SetRecording(false)
		tape.SetFrozen(frozen)
		tape.SetWorkers(workers)
		x, lengths, mask, target := readerBatch(rows, 12)
		for range times {
			tape.Reset()
			l := mlp(tape, ps, random32(9, rows, 20), target)
			l = tape.Add(l, reader(tape, rs, x, lengths, mask, target))
			bits = append(bits[:0], math.Float32bits(l.Value().F32[0]))
		}
		return bits
	}
	for _, rows := range []int{1, 3, 100} {
		want := run(false, 1, rows, 1)
		for _, workers := range []int{1, 2} {
			if got := run(true, workers, rows, 2); !slices.Equal(got, want) {
				t.Errorf("%d rows, %d workers: %v, want %v", rows, workers, got, want)
			}
		}
	}
}

// TestFrozenForgets holds that switching SetFrozen lets the tape see new values, and that a
// recording tape does anyway.
func TestFrozenForgets(t *testing.T) {
	w := param("w", tensor.FromF32([]float32{1, 2}, 1, 2))
	x := tensor.FromF32([]float32{1, 1}, 1, 2)
	tape := NewTape(tensor.F32)
	f := func(want float32) {
		t.Helper()
		tape.Reset()
		if got := tape.Linear(tape.Const(x), tape.Param(w), nil).Value().F32[0]; got != want {
			t.Errorf("%g, want %g", got, want)
		}
	}
	tape.SetFrozen(true)
	f(3)
	w.Value.F32[0] = 5
	f(7)
	tape.SetRecording(false)
	f(7)
	tape.SetFrozen(true)
	w.Value.F32[1] = 3
	f(8)
}
