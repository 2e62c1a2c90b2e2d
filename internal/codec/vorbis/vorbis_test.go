package vorbis

import (
	"math"
	"os"
	"slices"
	"testing"
)

// bitWriter packs numbers as bitReader reads them.
type bitWriter struct {
	b []byte
	n int
}

func (w *bitWriter) write(v uint64, bits int) {
	for i := range bits {
		if w.n&7 == 0 {
			w.b = append(w.b, 0)
		}
		w.b[w.n>>3] |= byte(v>>i&1) << (w.n & 7)
		w.n++
	}
}

func TestBits(t *testing.T) {
	var w bitWriter
	for i := range 200 {
		w.write(uint64(i)*0x9e3779b9, i%33)
	}
	r := newBitReader(w.b)
	for i := range 200 {
		if got, want := r.read(i%33), int(uint64(i)*0x9e3779b9&(1<<(i%33)-1)); got != want {
			t.Fatalf("number %d of %d bits is %x, not %x", i, i%33, got, want)
		}
	}
	if r.read(32); !r.ended {
		t.Error("the end is not seen")
	}
}

// The code words of the example in section 3.2.1, and words that are longer than the table of fast
// ones; codes that are not complete are refused.
func TestCodewords(t *testing.T) {
	var c codebook
	if err := c.assign([]int{2, 4, 4, 4, 4, 2, 3, 3}); err != nil {
		t.Fatal(err)
	}
	words := []string{"00", "0100", "0101", "0110", "0111", "10", "110", "111"}
	var w bitWriter
	for _, word := range words {
		for _, bit := range word {
			w.write(uint64(bit-'0'), 1)
		}
	}
	r := newBitReader(w.b)
	for entry := range words {
		if got := c.scalar(r); got != entry {
			t.Errorf("entry %d, not %d", got, entry)
		}
	}

	long := make([]int, 25) // 0, 10, 110, ...
	for i := range long {
		long[i] = min(i+1, len(long)-1)
	}
	c = codebook{}
	if err := c.assign(long); err != nil {
		t.Fatal(err)
	}
	w = bitWriter{}
	for i := range long {
		w.write(1<<min(i, len(long)-1)-1, long[i])
	}
	r = newBitReader(w.b)
	for i := range long {
		if got := c.scalar(r); got != i {
			t.Errorf("entry %d, not %d", got, i)
		}
	}

	for _, bad := range [][]int{{1, 2}, {1, 1, 1}, {33, 1}, {2, 2, 2}} {
		c = codebook{}
		if c.assign(bad) == nil {
			t.Errorf("code words of %v bits are taken", bad)
		}
	}
	c = codebook{}
	if err := c.assign([]int{0, 0, 1, 0}); err != nil {
		t.Fatal(err)
	}
	r = newBitReader([]byte{2})
	for range 2 { // of either value
		if got := c.scalar(r); got != 2 {
			t.Errorf("entry %d, not the one that is alone", got)
		}
	}
	if r.held != 6 {
		t.Errorf("%d bits are left, not 6", r.held)
	}
}

// The side of a lattice is counted, for all that books may hold.
func TestLatticeSide(t *testing.T) {
	for dim := 1; dim <= 8; dim++ {
		for side := 1; ; side++ {
			n := int(math.Round(math.Pow(float64(side), float64(dim))))
			if n > maxEntries {
				break
			}
			if got := latticeSide(n, dim); got != side {
				t.Errorf("side of %d in %d dimensions is %d, not %d", n, dim, got, side)
			}
			if got := latticeSide(n-1, dim); side > 1 && got != side-1 {
				t.Errorf("side of %d in %d dimensions is %d, not %d", n-1, dim, got, side-1)
			}
			if dim == 1 && side > 1000 {
				break
			}
		}
	}
}

// The heights of a line are those of its definition, the nearest below in size, up and down.
func TestHeights(t *testing.T) {
	for x1 := 1; x1 < 20; x1++ {
		for y1 := -30; y1 < 30; y1++ {
			var got []int
			for x, y := range (segment{0, 0, x1, y1}).heights(100) {
				if x != len(got) {
					t.Fatalf("x is %d after %d", x, len(got)-1)
				}
				got = append(got, y)
			}
			var want []int
			for x := range x1 {
				want = append(want, line(0, 0, x1, y1, x))
			}
			if !slices.Equal(got, want) {
				t.Errorf("to %d, %d: %v, not %v", x1, y1, got, want)
			}
		}
	}
}

// packets returns those of an Ogg file of one stream.
func packets(t testing.TB, file string) (out [][]byte) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var packet []byte
	for len(data) > 27 {
		table := data[27 : 27+int(data[26])]
		data = data[27+len(table):]
		for _, n := range table {
			packet = append(packet, data[:n]...)
			if data = data[n:]; n < 255 {
				out, packet = append(out, packet), nil
			}
		}
	}
	return out
}

// Whatever the setup and the packets, a stream is refused or decoded to blocks of the size that the
// identification allows.
func FuzzDecode(f *testing.F) {
	all := packets(f, "../audiofile/testdata/chirp.ogg")
	f.Add(all[0], all[2], all[3], all[4])
	f.Add(all[0], all[2], all[5][:len(all[5])/2], all[6])
	f.Fuzz(func(t *testing.T, identification, setup, a, b []byte) {
		d, err := NewDecoder(identification, setup)
		if err != nil {
			return
		}
		if d.Channels() > 8 {
			return
		}
		for _, packet := range [][]byte{a, b, a} {
			samples, err := d.Decode(packet)
			if err != nil {
				continue
			}
			if len(samples) > d.Channels()*d.blocks[1]/2 || len(samples)%d.Channels() != 0 {
				t.Fatalf("%d samples of %d channels, blocks of %v", len(samples), d.Channels(), d.blocks)
			}
		}
	})
}
