package spool

import (
	"bytes"
	"io"
	"os"
	"runtime"
	"sync"
	"testing"
)

func TestBlobs(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	var s Spool
	const n, size = 60, 1 << 20 // twice what memory holds
	blob := func(i int) []byte { return bytes.Repeat([]byte{byte(i), byte(i >> 1)}, (size+i)/2) }
	got := make([]io.ReaderAt, n)
	var wg sync.WaitGroup
	for w := range 3 {
		wg.Go(func() {
			for i := w; i < n; i += 3 {
				r, err := s.Add(blob(i))
				if err != nil {
					t.Error(err)
				}
				got[i] = r
			}
		})
	}
	wg.Wait()
	for i, r := range got {
		want := blob(i)
		data, err := io.ReadAll(io.NewSectionReader(r, 0, int64(len(want))))
		if err != nil || !bytes.Equal(data, want) {
			t.Fatalf("blob %d: %d bytes, %v", i, len(data), err)
		}
	}
	if s.held > InMemory || s.size == 0 {
		t.Errorf("%d bytes in memory, %d on disk", s.held, s.size)
	}
	if names, _ := os.ReadDir(os.TempDir()); runtime.GOOS != "windows" && len(names) != 0 {
		t.Errorf("left behind: %v", names)
	}
}

func TestNoRoom(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir()+"/none")
	var s Spool
	if _, err := s.Add(make([]byte, InMemory+1)); err == nil && runtime.GOOS != "windows" {
		t.Error("no error without a place for the file")
	}
}
