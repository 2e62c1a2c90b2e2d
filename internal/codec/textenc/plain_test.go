package textenc

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"
	"testing/iotest"
)

func TestPlain(t *testing.T) {
	long := strings.Repeat("语言,1.5\n", 300_000) // characters over the ends of its parts
	for _, c := range []struct {
		text string
		want bool
	}{
		{"", true},
		{"a,b\r\n1,\t2\n", true},
		{"é\n", true},
		{long, true},
		{"x" + long, true},
		{"xy" + long, true},
		{"\xef\xbb\xbfa\n", false},
		{"a\x00b", false},
		{"a\x1b$B", false},
		{"a\x7f", false},
		{"a\rb", false},
		{"a\r", false},
		{strings.Repeat("a", 1<<20-1) + "\r\n", true},
		{strings.Repeat("a", 1<<20-1) + "\rb", false},
		{"a\xe9b", false},
		{long + "\xe8", false},
		{long + "\x00", false},
		{"\xe8" + long, false},
	} {
		got, err := Plain(iotest.HalfReader(strings.NewReader(c.text)))
		if err != nil || got != c.want {
			t.Errorf("%.20q, %d bytes: %v, %v", c.text, len(c.text), got, err)
		}
		if decoded, r, err := Decode(c.text); got && (err != nil || decoded != c.text || r.String() != string(UTF8)) {
			t.Errorf("%.20q is decoded as %v, %v", c.text, r, err)
		}
	}
	if _, err := Plain(iotest.ErrReader(errors.New("broken"))); err == nil {
		t.Error("no error of a reader that fails")
	}
}

// TestHasControl compares eight bytes at a time with a byte at a time.
func TestHasControl(t *testing.T) {
	for _, around := range []byte{' ', 'a', 0x7e, 0x80, 0xff} {
		for at := range 8 {
			for c := range 256 {
				b := bytes.Repeat([]byte{around}, 8)
				b[at] = byte(c)
				if got, want := hasControl(binary.LittleEndian.Uint64(b)), c < ' ' || c == 0x7f; got != want {
					t.Fatalf("% x: %v", b, got)
				}
			}
		}
	}
}

// BenchmarkPlain is of the cells of a wide table.
func BenchmarkPlain(b *testing.B) {
	row := []byte(strings.Repeat("0.3345437298741913,", 1000) + "\r\n")
	b.SetBytes(int64(len(row)))
	for b.Loop() {
		if !plain(0, row) {
			b.Fatal("it has control characters")
		}
	}
}
