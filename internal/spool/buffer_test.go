package spool_test

import (
	"bytes"
	"io"
	"os"
	"testing"

	"github.com/fusor-ml/fusor/internal/spool"
)

func TestBuffer(t *testing.T) {
	const limit = 100
	for _, parts := range [][]int{{}, {40, 60}, {40, 61}, {101}, {99, 1, 1, 5000}} {
		b := spool.NewBuffer(limit)
		var want []byte
		for k, n := range parts {
			part := bytes.Repeat([]byte{byte('a' + k)}, n)
			want = append(want, part...)
			if _, err := b.Write(part); err != nil {
				t.Fatal(err)
			}
		}
		r := b.Reader()
		got, err := io.ReadAll(io.NewSectionReader(r, 0, b.Size()))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%v: %d bytes of %d, %v", parts, len(got), len(want), err)
		}
		if _, file := r.(*os.File); file != (len(want) > limit) {
			t.Errorf("%v: in a file: %t", parts, file)
		}
	}
}

func TestBufferWithoutRoom(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir()+"/gone")
	b := spool.NewBuffer(3)
	if _, err := b.Write([]byte("four")); err == nil {
		t.Skip("temporary files are elsewhere")
	}
	if b.Size() != 0 {
		t.Errorf("%d bytes were written", b.Size())
	}
}
