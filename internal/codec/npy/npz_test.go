package npy

import (
	"archive/zip"
	"bytes"
	"io"
	"strings"
	"testing"
	"time"
)

// archive zips the given members.
func archive(t testing.TB, members map[string][]byte, names ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range names {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(members[name]); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// array is a small .npy file.
func array(t testing.TB, data ...float32) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, []int{len(data)}, data); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestReadZip(t *testing.T) {
	data := archive(t, map[string][]byte{"x.npy": array(t, 1, 2), "y.npy": array(t, 3), "notes.txt": []byte("no")}, "x.npy", "notes.txt", "y.npy")
	got, err := ReadFrom[float32](bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got[0].Name != "x" || got[1].Name != "y" || got[0].Data[1] != 2 || got[1].Data[0] != 3 {
		t.Errorf("got %+v", got)
	}
}

func TestReadZipRefuses(t *testing.T) {
	f := func(data []byte, want string) {
		t.Helper()
		if _, err := ReadZip[float32](bytes.NewReader(data), int64(len(data))); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	good := archive(t, map[string][]byte{"x.npy": array(t, 1, 2)}, "x.npy")
	f(good[:len(good)-5], "not an .npz")
	f([]byte("PK\x03\x04junk"), "not an .npz")
	f(archive(t, map[string][]byte{"a.txt": nil}, "a.txt"), "no .npy")
	f(archive(t, map[string][]byte{"x.npy": array(t, 1)}, "x.npy", "x.npy"), "twice")
	f(archive(t, map[string][]byte{"x.npy": []byte("junk")}, "x.npy"), "not an .npy")

	broken := bytes.Clone(good)
	at := bytes.Index(broken, []byte("NUMPY"))
	if at < 0 { // compressed: damage the middle of the member
		at = 60
	}
	broken[at] ^= 0xff
	if _, err := ReadZip[float32](bytes.NewReader(broken), int64(len(broken))); err == nil {
		t.Error("a damaged member was read")
	}
}

// zeros reads as endless zero bytes.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func TestZipBombIsRefusedQuickly(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create("bomb.npy")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(file(dict("|u1", "False", "(400000000,)"), "")); err != nil {
		t.Fatal(err)
	}
	if _, err := io.CopyN(w, zeros{}, 400_000_000); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	_, err = ReadZip[float32](bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err == nil || !strings.Contains(err.Error(), "zip bomb") {
		t.Errorf("%d bytes: error %v", b.Len(), err)
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("refused after %v", took)
	}
}

func FuzzReadZip(f *testing.F) {
	f.Add(archive(f, map[string][]byte{"x.npy": array(f, 1, 2)}, "x.npy"))
	f.Fuzz(func(t *testing.T, data []byte) {
		all, err := ReadZip[float32](bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return
		}
		for _, a := range all {
			if n, _ := Count(a.Shape); n != len(a.Data) {
				t.Fatalf("shape %v with %d values", a.Shape, len(a.Data))
			}
		}
	})
}
