package imagefile

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// pnmFile writes values as a picture of Netpbm; most is the largest of them.
func pnmFile(kind byte, w, h, most int, values []int) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "P%c\n# made by hand\n%d %d", kind, w, h)
	if kind != '1' && kind != '4' {
		fmt.Fprintf(&b, "\n%d", most)
	}
	b.WriteByte('\n')
	row := len(values) / h
	for i, v := range values {
		switch {
		case kind == '1' && i%2 == 0:
			fmt.Fprint(&b, v) // digits need no blanks between them
		case kind < '4':
			fmt.Fprintf(&b, " %d", v)
			if i%7 == 0 {
				b.WriteString(" # not a value: 9\n")
			}
		case kind == '4':
			if at := i % row; at%8 == 0 {
				packed := byte(0)
				for k := range min(8, row-at) {
					packed |= byte(values[i+k]) << (7 - k)
				}
				b.WriteByte(packed)
			}
		case most > 255:
			b.WriteByte(byte(v >> 8))
			fallthrough
		default:
			b.WriteByte(byte(v))
		}
	}
	return []byte(b.String())
}

func FuzzPNM(f *testing.F) {
	for _, kind := range []byte("123456") {
		f.Add(pnmFile(kind, 2, 2, 1, make([]int, 4)), uint8(0))
		f.Add([]byte(fmt.Sprintf("P%c\n2 1\n300\n1 0 1 0 1 0", kind)), uint8(1))
	}
	f.Fuzz(func(t *testing.T, data []byte, side uint8) {
		if Sniff(data) != PNM {
			return
		}
		if m, err := Decode(data, Options{MaxSide: int(side), MaxPixels: 1 << 16}); err == nil && len(m.R) != m.Width*m.Height {
			t.Fatalf("%d × %d with %d pixels", m.Width, m.Height, len(m.R))
		}
	})
}

func TestPNMGrid(t *testing.T) {
	for _, kind := range []byte("123456") {
		for _, most := range []int{1, 2, 15, 100, 255, 256, 1023, 65535} {
			for _, size := range [][2]int{{1, 1}, {8, 3}, {9, 5}, {31, 2}} {
				w, h, channels := size[0], size[1], 1
				if kind == '3' || kind == '6' {
					channels = 3
				}
				if (kind == '1' || kind == '4') && most > 1 {
					continue
				}
				r := rand.New(rand.NewPCG(uint64(kind), uint64(most*w)))
				values := make([]int, w*h*channels)
				for i := range values {
					values[i] = r.IntN(most + 1)
				}
				data := pnmFile(kind, w, h, most, values)
				m, err := Decode(data, Options{})
				if err != nil || m.Width != w || m.Height != h || m.IsGray() != (channels == 1) {
					t.Errorf("P%c, %d × %d, %d: %v", kind, w, h, most, err)
					continue
				}
				for i := range w * h {
					for c, plane := range [][]uint8{m.R, m.G, m.B}[:channels] {
						v := values[i*channels+c]
						if kind == '1' || kind == '4' {
							v = 1 - v // 1 is ink
						}
						if want := uint8(math.Round(float64(v) * 255 / float64(most))); plane[i] != want {
							t.Fatalf("P%c, %d × %d, %d: pixel %d is %d, want %d", kind, w, h, most, i, plane[i], want)
						}
					}
				}
				if kind > '3' {
					for cut := range data {
						if _, err := Decode(data[:cut], Options{}); err == nil {
							t.Fatalf("P%c cut at %d of %d is read", kind, cut, len(data))
						}
					}
				}
			}
		}
	}
	for _, data := range []string{"P6\n0 8\n255\n", "P6\n8 8\n0\n", "P5\n60000 60000\n255\n", "P2\n2 2\n9\n1 2 x 4", "P1\n2 2\n1 0 2 0", "P5\n8 8\n70000\n"} {
		if _, err := Decode([]byte(data), Options{}); err == nil {
			t.Errorf("%q is read", data)
		}
	}
}
