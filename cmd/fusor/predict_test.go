package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/fusor-ml/fusor"
	"github.com/fusor-ml/fusor/dataset"
)

// The array of --json is written as the answers come, in the pass that writes those of -o.
func TestJSONAnswersInOnePass(t *testing.T) {
	for _, blocks := range [][]int{{}, {1}, {2, 0, 3}} {
		c, passes := &predictCmd{}, 0
		c.Bare = true
		all := &allRows{answers: func(yield func(answered, error) bool) {
			passes++
			for k, n := range blocks {
				in := &input{ds: &dataset.Dataset{Rows: make([]dataset.Row, n)}, object: func(int) (json.RawMessage, error) { return nil, nil }}
				if !yield(answered{in, 0, make([]fusor.Prediction, n)}, nil) {
					t.Errorf("the pass ended with block %d", k)
				}
			}
		}}
		var asJSON, out bytes.Buffer
		if err := c.writeBoth(&asJSON, &out, nil, all, "jsonl"); err != nil {
			t.Fatal(err)
		}
		lines := []json.RawMessage{}
		for line := range bytes.Lines(out.Bytes()) {
			lines = append(lines, bytes.TrimSpace(line))
		}
		want, err := json.MarshalIndent(lines, "", "  ")
		if err != nil || asJSON.String() != string(want)+"\n" || passes != 1 {
			t.Errorf("%v: in %d passes %s, want %s, %v", blocks, passes, asJSON.String(), want, err)
		}
		asJSON.Reset()
		failed := errors.New("failed")
		all.answers = func(yield func(answered, error) bool) { yield(answered{}, failed) }
		if err := c.writeBoth(&asJSON, nil, nil, all, ""); !errors.Is(err, failed) {
			t.Errorf("%v", err)
		}
	}
}

// An interrupt is heard while no line comes.
func TestNextBatchInterrupted(t *testing.T) {
	for _, together := range []bool{false, true} {
		ctx, stop := context.WithCancel(t.Context())
		time.AfterFunc(10*time.Millisecond, stop)
		if batch, err := nextBatch(ctx, make(chan dataset.Line), together); !errors.Is(err, context.Canceled) || batch != nil {
			t.Errorf("together %v: %d lines, %v", together, len(batch), err)
		}
	}
}

func TestNextBatch(t *testing.T) {
	lines := make(chan dataset.Line, 3*streamRows)
	sizes := func(together bool) (n []int) {
		for {
			batch, err := nextBatch(t.Context(), lines, together)
			if err != nil {
				t.Fatal(err)
			}
			n = append(n, len(batch))
			if len(batch) < streamRows {
				return n
			}
		}
	}
	for range streamRows + 7 {
		lines <- dataset.Line{}
	}
	if n := sizes(false); len(n) != 2 || n[0] != streamRows || n[1] != 7 { // those that are there, without waiting for more
		t.Errorf("batches of %d", n)
	}
	for range streamRows + 7 {
		lines <- dataset.Line{}
	}
	close(lines)
	if batch, err := nextBatch(t.Context(), lines, true); err != nil || len(batch) != streamRows+7 {
		t.Errorf("%d lines together, %v", len(batch), err)
	}
	if batch, err := nextBatch(t.Context(), lines, false); err != nil || len(batch) != 0 {
		t.Errorf("%d lines after the last, %v", len(batch), err)
	}
}
