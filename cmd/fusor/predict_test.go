package main

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/fusor-ml/fusor/dataset"
)

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
