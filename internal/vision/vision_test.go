package vision

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// texturePlane is a made-up plane with edges, waves and noise.
func texturePlane(width, height int) []uint8 {
	rng := rand.New(rand.NewPCG(1, 2))
	y := make([]uint8, width*height)
	for i := range y {
		x, r := i%width, i/width
		v := 128 + 60*math.Sin(float64(x)/3)*math.Cos(float64(r)/5) + float64(rng.IntN(20))
		if x > r {
			v -= 50
		}
		y[i] = uint8(min(max(v, 0), 255))
	}
	return y
}

func testImage(width, height int) *Image {
	m := NewColor(width, height)
	copy(m.R, texturePlane(width, height))
	for i := range m.R {
		m.G[i] = uint8(i * 255 / len(m.R))
		m.B[i] = 255 - m.R[(i*7)%len(m.R)]
		m.Y[i] = Luma(m.R[i], m.G[i], m.B[i])
	}
	return m
}

func TestHOGAgreesWithItsReference(t *testing.T) {
	for _, size := range [][2]int{{96, 64}, {101, 67}, {32, 32}, {33, 200}} {
		y := texturePlane(size[0], size[1])
		f := make([]float32, len(y))
		for i, v := range y {
			f[i] = float32(v)
		}
		h := HOG{Orientations: 9, Cell: 16, Block: 2}
		got, want := h.Compute(nil, y, size[0], size[1]), h.Reference(nil, f, size[0], size[1])
		if len(got) != h.Len(size[0], size[1]) || len(want) != len(got) {
			t.Fatalf("%v: %d values, want %d", size, len(got), h.Len(size[0], size[1]))
		}
		for i := range got {
			if math.Abs(float64(got[i]-want[i])) > 1e-5 {
				t.Fatalf("%v: value %d is %g, want %g", size, i, got[i], want[i])
			}
		}
	}
	if got := (HOG{9, 16, 2}).Compute(nil, []uint8{1}, 1, 1); len(got) != 0 {
		t.Errorf("of one pixel: %v", got)
	}
}

func TestLBPCodesOfEightAtOnceAndOfOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, h := rapid.IntRange(1, 40).Draw(t, "width"), rapid.IntRange(1, 6).Draw(t, "height")
		y := rapid.SliceOfN(rapid.ByteRange(100, 255), w*h, w*h).Draw(t, "plane")
		if rapid.Bool().Draw(t, "dark") {
			for i := range y {
				y[i] -= 100
			}
		}
		codes := LBPCodes(nil, y, w, h)
		if want := max(0, w-2) * max(0, h-2); len(codes) != want {
			t.Fatalf("%d codes, want %d", len(codes), want)
		}
		for i, c := range codes {
			x, r := i%(w-2), i/(w-2)
			if want := code1(y[r*w+x:r*w+x+3], y[(r+1)*w+x:(r+1)*w+x+3], y[(r+2)*w+x:(r+2)*w+x+3]); c != want {
				t.Fatalf("code %d is %08b, want %08b", i, c, want)
			}
		}
	})
}

func TestCircularLBPCountsEveryPixel(t *testing.T) {
	for _, size := range [][2]int{{1, 1}, {1, 7}, {7, 1}, {2, 2}, {31, 17}} {
		var h [RotationInvariantBins]uint32
		CircularLBP(h[:], texturePlane(size[0], size[1]), size[0], size[1])
		n := uint32(0)
		for _, c := range h {
			n += c
		}
		if n != uint32(size[0]*size[1]) {
			t.Errorf("%v: %d pixels", size, n)
		}
	}
}

// TestCircularLBPDoesNotTurn: a pattern that is turned by 90° is in the same bin.
func TestCircularLBPDoesNotTurn(t *testing.T) {
	m := FromGray(24, 24, texturePlane(24, 24))
	// A frame of zeros makes the border the same on all sides anyway.
	var a, b [RotationInvariantBins]uint32
	CircularLBP(a[:], m.Y, 24, 24)
	turned := m.Orient(6)
	CircularLBP(b[:], turned.Y, 24, 24)
	if a != b {
		t.Errorf("%v, turned %v", a, b)
	}
}

func TestHSVHistogramsAgreeWithHSV(t *testing.T) {
	m := testImage(40, 30)
	var got [3 * 7]uint32
	HSVHistograms(got[:], m, 7)
	var want [3 * 7]uint32
	for i := range m.R {
		h, s, v := HSV(m.R[i], m.G[i], m.B[i])
		for c, x := range []float32{h, s, v} {
			want[7*c+min(int(x*7), 6)]++
		}
	}
	for i := range got {
		if d := int(got[i]) - int(want[i]); d > 3 || d < -3 { // values on an edge may fall either way in float32
			t.Errorf("bin %d: %d, want %d", i, got[i], want[i])
		}
	}
}

func TestLab(t *testing.T) {
	// Reference: skimage.color.rgb2lab.
	for _, c := range []struct {
		r, g, b    uint8
		l, a, blue float64
	}{
		{255, 0, 0, 53.2406, 80.0923, 67.2028},
		{0, 255, 0, 87.7351, -86.1829, 83.1795},
		{0, 0, 255, 32.2957, 79.1876, -107.8602},
		{255, 255, 255, 100, -0.0024, 0.0046},
		{0, 0, 0, 0, 0, 0},
	} {
		l, a, b := Lab(c.r, c.g, c.b)
		if math.Abs(float64(l)-c.l) > 0.02 || math.Abs(float64(a)-c.a) > 0.02 || math.Abs(float64(b)-c.blue) > 0.02 {
			t.Errorf("Lab(%d, %d, %d) = %g %g %g", c.r, c.g, c.b, l, a, b)
		}
	}
}

func TestShrinkKeepsTheMean(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, h := rapid.IntRange(1, 50).Draw(t, "width"), rapid.IntRange(1, 50).Draw(t, "height")
		y := texturePlane(w, h)
		dw, dh := rapid.IntRange(1, w).Draw(t, "to width"), rapid.IntRange(1, h).Draw(t, "to height")
		dst := Resize(nil, y, w, h, dw, dh)
		mean := func(p []uint8) float64 {
			s := 0.0
			for _, v := range p {
				s += float64(v)
			}
			return s / float64(len(p))
		}
		if d := mean(dst) - mean(y); math.Abs(d) > 0.5+100/float64(256*dw*dh) && math.Abs(d) > 1.5 {
			t.Fatalf("%d × %d to %d × %d: mean off by %g", w, h, dw, dh, d)
		}
	})
}

func TestResizeOfAFlatPlaneIsFlat(t *testing.T) {
	for _, size := range [][4]int{{1, 1, 9, 5}, {3, 200, 64, 8}, {200, 3, 8, 64}, {28, 28, 56, 56}, {5, 5, 5, 5}} {
		y := make([]uint8, size[0]*size[1])
		for i := range y {
			y[i] = 77
		}
		for i, v := range Resize(nil, y, size[0], size[1], size[2], size[3]) {
			if v != 77 {
				t.Fatalf("%v: pixel %d is %d", size, i, v)
			}
		}
	}
}

func TestOrientUndoesItself(t *testing.T) {
	m := testImage(7, 4)
	undo := [9]int{0, 1, 2, 3, 4, 5, 8, 7, 6}
	for o := 1; o <= 8; o++ {
		back := m.Orient(o).Orient(undo[o])
		if back.Width != 7 || back.Height != 4 || string(back.R) != string(m.R) || string(back.Y) != string(m.Y) {
			t.Errorf("orientation %d is not undone by %d", o, undo[o])
		}
	}
}

func TestGradientGridFindsTheDirection(t *testing.T) {
	// Darkness to the left: all gradients point right, at the edge of the first and the last bin.
	y := make([]uint8, 32*32)
	for i := range y {
		y[i] = uint8(i % 32 * 8)
	}
	g := GradientGrid{Side: 2, Bins: 8, Signed: true}
	sums := g.Sums([][]uint8{y}, 32, 32)
	total, right := 0.0, 0.0
	for i, v := range sums {
		total += float64(v)
		if b := i % 8; b == 0 || b == 7 {
			right += float64(v)
		}
	}
	if math.Abs(total-16*30*30) > 1 || right < 0.999*total {
		t.Errorf("%g of %g to the right, want all of %d", right, total, 16*30*30)
	}
	n := g.Normalize(nil, sums)
	if len(n) != g.Len() {
		t.Errorf("%d values, want %d", len(n), g.Len())
	}
}

func TestGaborEnergyPrefersItsWave(t *testing.T) {
	const side = 32
	for k, dir := range [4][2]float64{{1, 0}, {math.Sqrt2 / 2, math.Sqrt2 / 2}, {0, 1}, {math.Sqrt2 / 2, -math.Sqrt2 / 2}} {
		y := make([]uint8, side*side)
		for i := range y {
			phase := math.Pi / 2 * (float64(i%side)*dir[0] + float64(i/side)*dir[1])
			y[i] = uint8(128 + 100*math.Cos(phase))
		}
		var e [8]float32
		GaborEnergy(e[:], y, side, side)
		for j := range 4 {
			if j != k && e[2*j] > e[2*k]/2 {
				t.Errorf("wave %d: filter %d answers %g, its own %g", k, j, e[2*j], e[2*k])
			}
		}
	}
}

func TestZernikeDoesNotTurn(t *testing.T) {
	m := FromGray(32, 32, texturePlane(32, 32))
	var a, b [ZernikeLen]float32
	Zernike(a[:], m.Y, 32, 32)
	Zernike(b[:], m.Orient(6).Y, 32, 32)
	for i := range a {
		if math.Abs(float64(a[i]-b[i])) > 1e-4 {
			t.Errorf("moment %d: %g, turned %g", i, a[i], b[i])
		}
	}
	if a[0] < 0.2 {
		t.Errorf("the mean is %g", a[0])
	}
}

func TestCoOccurrenceOfStripes(t *testing.T) {
	// Columns of 0 and 1 in turn: every horizontal neighbor differs by one.
	q := make([]uint8, 8*8)
	for i := range q {
		q[i] = uint8(i % 2)
	}
	counts := make([]uint32, 4)
	if g := CoOccurrence(q, 8, 8, 1, 0, 2, counts); g.Contrast != 1 || g.Correlation != -1 || g.Homogeneity != 0.5 {
		t.Errorf("across: %+v", g)
	}
	if g := CoOccurrence(q, 8, 8, 0, 1, 2, counts); g.Contrast != 0 || g.Correlation != 1 || g.Homogeneity != 1 {
		t.Errorf("along: %+v", g)
	}
}
