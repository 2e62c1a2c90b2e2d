package imagefile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fusor-ml/fusor/internal/vision"
)

func testdata(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func files(t testing.TB, pattern string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join("testdata", pattern))
	if err != nil || len(names) == 0 {
		t.Fatalf("no %s: %v", pattern, err)
	}
	for i, n := range names {
		names[i] = filepath.Base(n)
	}
	return names
}

// quadrants are what every file of testdata shows.
var quadrants = [4][3]int{{220, 30, 30}, {30, 200, 40}, {30, 40, 210}, {230, 220, 40}}

// checkQuadrants compares the middle of the quadrants of an upright 48 × 40 picture.
func checkQuadrants(t *testing.T, m *vision.Image, tolerance int, want [4][3]int) {
	t.Helper()
	if m.Width != 48 || m.Height != 40 {
		t.Fatalf("size %d × %d, want 48 × 40", m.Width, m.Height)
	}
	for i, w := range want {
		x, y := 12+24*(i%2), 10+20*(i/2)
		at := y*m.Width + x
		got := [3]int{int(m.R[at]), int(m.G[at]), int(m.B[at])}
		for c := range 3 {
			if d := got[c] - w[c]; d > tolerance || d < -tolerance {
				t.Errorf("quadrant %d: %v, want %v ± %d", i, got, w, tolerance)
				break
			}
		}
		l := int(vision.Luma(m.R[at], m.G[at], m.B[at]))
		if d := l - int(m.Y[at]); d > 2 || d < -2 {
			t.Errorf("quadrant %d: luma %d, of its colour %d", i, m.Y[at], l)
		}
	}
}

func TestEveryFormatShowsTheQuadrants(t *testing.T) {
	gray := quadrants
	for i, q := range gray {
		y := int(vision.Luma(uint8(q[0]), uint8(q[1]), uint8(q[2])))
		gray[i] = [3]int{y, y, y}
	}
	clear := quadrants
	clear[1], clear[3] = [3]int{255, 255, 255}, [3]int{255, 255, 255}
	oneClear := quadrants
	oneClear[0] = [3]int{255, 255, 255}
	for _, name := range files(t, "*.*") {
		want, tolerance := quadrants, 14
		switch {
		case name == "make.py", name == "ycck.jpg":
			continue
		case strings.HasPrefix(name, "grey"):
			want = gray
		case name == "palette_transparent.png":
			want, tolerance = oneClear, 30
		case strings.Contains(name, "alpha"):
			want = clear
		case name == "optimised.jpg":
			tolerance = 30
		}
		t.Run(name, func(t *testing.T) {
			m, err := Decode(testdata(t, name), Options{})
			if err != nil {
				t.Fatal(err)
			}
			if m.IsGray() != strings.HasPrefix(name, "grey") {
				t.Errorf("grey: %v", m.IsGray())
			}
			checkQuadrants(t, m, tolerance, want)
		})
	}
}

// TestJPEGAgreesWithTheStandardLibrary compares the samples that both decoders have alike: all
// where chroma is not subsampled, else luma, as the library repeats chroma and does not
// interpolate.
func TestJPEGAgreesWithTheStandardLibrary(t *testing.T) {
	for _, name := range files(t, "*.jpg") {
		t.Run(name, func(t *testing.T) { compareWithStandard(t, testdata(t, name)) })
	}
}

func compareWithStandard(t *testing.T, data []byte) {
	t.Helper()
	d := new(jpegDecoder)
	m, err := d.decode(data, Options{})
	if err != nil {
		t.Fatal(err)
	}
	ref, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	b := ref.Bounds()
	if m.Width != b.Dx() || m.Height != b.Dy() {
		t.Fatalf("size %d × %d, want %v", m.Width, m.Height, b)
	}
	worst := 0
	check := func(a, b uint8) { worst = max(worst, int(a)-int(b), int(b)-int(a)) }
	ycc, _ := ref.(*image.YCbCr)
	for y := range m.Height {
		for x := range m.Width {
			i := y*m.Width + x
			if ycc != nil && ycc.SubsampleRatio != image.YCbCrSubsampleRatio444 {
				check(ycc.Y[ycc.YOffset(x, y)], m.Y[i])
				continue
			}
			c := color.RGBAModel.Convert(ref.At(x, y)).(color.RGBA)
			check(c.R, m.R[i])
			check(c.G, m.G[i])
			check(c.B, m.B[i])
		}
	}
	if worst > 4 {
		t.Errorf("off by up to %d levels", worst)
	}
}

func TestScalingWhileDecodingAverages(t *testing.T) {
	// A smooth picture, so that every way of averaging agrees.
	src := image.NewRGBA(image.Rect(0, 0, 803, 521))
	for y := range 521 {
		for x := range 803 {
			src.SetRGBA(x, y, color.RGBA{uint8(x * 255 / 803), uint8(y * 255 / 521), uint8((x + y) * 255 / 1324), 255})
		}
	}
	var buf bytes.Buffer
	if err := jpeg.Encode(&buf, src, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	full, err := Decode(buf.Bytes(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, side := range []int{803, 640, 402, 401, 300, 256, 200, 101, 100, 64, 17, 2, 1} {
		got, err := Decode(buf.Bytes(), Options{MaxSide: side})
		if err != nil {
			t.Fatal(err)
		}
		want := full.Shrink(side)
		if got.Width != want.Width || got.Height != want.Height || max(got.Width, got.Height) != side {
			t.Fatalf("side %d: %d × %d, want %d × %d", side, got.Width, got.Height, want.Width, want.Height)
		}
		for i := range got.R {
			for _, p := range [][2]uint8{{got.R[i], want.R[i]}, {got.G[i], want.G[i]}, {got.B[i], want.B[i]}, {got.Y[i], want.Y[i]}} {
				if d := int(p[0]) - int(p[1]); d > 6 || d < -6 {
					t.Fatalf("side %d pixel %d: %d, want %d", side, i, p[0], p[1])
				}
			}
		}
	}
}

func TestScaledProgressive(t *testing.T) {
	for _, name := range []string{"progressive.jpg", "progressive444.jpg", "grey_progressive.jpg", "baseline420.jpg", "baseline422.jpg", "restart.jpg", "cmyk.jpg"} {
		full, err := Decode(testdata(t, name), Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, side := range []int{6, 12, 24} {
			got, err := Decode(testdata(t, name), Options{MaxSide: side})
			if err != nil {
				t.Fatal(err)
			}
			want := full.Shrink(side)
			// Compare in the quadrants' middles, away from edges that ring.
			for q := range 4 {
				i := (got.Height/4+q/2*got.Height/2)*got.Width + got.Width/4 + q%2*got.Width/2
				for _, p := range [][2]uint8{{got.R[i], want.R[i]}, {got.G[i], want.G[i]}, {got.B[i], want.B[i]}} {
					if d := int(p[0]) - int(p[1]); d > 20 || d < -20 {
						t.Errorf("%s side %d quadrant %d: %d, want %d", name, side, q, p[0], p[1])
					}
				}
			}
		}
	}
}

func TestTruncatedFilesAreErrors(t *testing.T) {
	for _, name := range files(t, "*.*") {
		if name == "make.py" {
			continue
		}
		data := testdata(t, name)
		for _, part := range []float64{0.3, 0.6, 0.9} {
			cut := int(part * float64(len(data)))
			if strings.HasPrefix(name, "animated") {
				cut = int(part * float64(len(data)) / 3) // within the first frame
			}
			if m, err := Decode(data[:cut], Options{}); err == nil {
				t.Errorf("%s cut at %d of %d: no error, %d × %d", name, cut, len(data), m.Width, m.Height)
			}
		}
	}
}

func TestEveryCutOfAJPEGIsAnError(t *testing.T) {
	for _, name := range []string{"baseline420.jpg", "progressive.jpg", "restart.jpg", "cmyk.jpg"} {
		data := testdata(t, name)
		whole := len(data)
		if name != "progressive.jpg" {
			whole -= 2 // some cameras leave the end marker out
			if _, err := Decode(data[:whole], Options{}); err != nil {
				t.Errorf("%s without its end marker: %v", name, err)
			}
		}
		for cut := range whole {
			if _, err := Decode(data[:cut], Options{}); err == nil {
				t.Errorf("%s cut at %d of %d: no error", name, cut, len(data))
			}
		}
	}
}

func TestBombsAreRefused(t *testing.T) {
	be, le := binary.BigEndian, binary.LittleEndian
	bomb := func(name string, patch func(data []byte)) {
		data := bytes.Clone(testdata(t, name))
		patch(data)
		_, err := Decode(data, Options{MaxSide: 256})
		var size *SizeError
		if !errors.As(err, &size) || size.Width != 60000 || size.Height != 60000 {
			t.Errorf("%s: %v", name, err)
		}
	}
	bomb("baseline420.jpg", func(d []byte) {
		i := bytes.Index(d, []byte{0xff, 0xc0})
		be.PutUint16(d[i+5:], 60000)
		be.PutUint16(d[i+7:], 60000)
	})
	bomb("progressive.jpg", func(d []byte) {
		i := bytes.Index(d, []byte{0xff, 0xc2})
		be.PutUint16(d[i+5:], 60000)
		be.PutUint16(d[i+7:], 60000)
	})
	bomb("animated.gif", func(d []byte) {
		le.PutUint16(d[6:], 60000)
		le.PutUint16(d[8:], 60000)
	})
	bomb("rgb.bmp", func(d []byte) {
		le.PutUint32(d[18:], 60000)
		le.PutUint32(d[22:], 60000)
	})
	bomb("rgb.png", func(d []byte) {
		be.PutUint32(d[16:], 60000)
		be.PutUint32(d[20:], 60000)
		be.PutUint32(d[29:], pngCRC(d[12:29]))
	})
	bomb("lzw.tiff", func(d []byte) {
		at := int(le.Uint32(d[4:]))
		for i := range int(le.Uint16(d[at:])) {
			e := d[at+2+12*i:]
			if tag := le.Uint16(e); tag == 256 || tag == 257 {
				le.PutUint16(e[2:], 4)
				le.PutUint32(e[8:], 60000)
			}
		}
	})
}

func TestWhatIsNoPicture(t *testing.T) {
	f := func(data, want string) {
		t.Helper()
		_, err := Decode([]byte(data), Options{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: %v, want %q", data, err, want)
		}
	}
	f("", "an empty file")
	f("this is only text, named .jpg", "a text file")
	f("BM stands for bitmap, but this is a text", "a text file")
	f("\x00\x00\x00\x18ftypheic\x00\x00", "HEIF")
	f("\x00\x00\x00\x18ftypisom\x00\x00", "MP4")
	f("%PDF-1.4", "PDF")
	f("qoif\x00\x00\x00\x08\x00\x00\x00\x08\x03\x00", "QOI")
	f("P7\nWIDTH 8\n", "PAM")
	f("P2 was the best of the two", "a text file")
	f("\x00\x00\x01\x00\x01\x00\x10\x10", "ICO")
	f("<html><body>404", "HTML")
	f("\x00\x01\x02\x03\x04\x05", "unknown format")
	f("RIFF\x10\x00\x00\x00WAVEfmt ", "sound")
	f("\xff\xd8\xff", "ends early")
	f("\x89PNG\r\n\x1a\n", "ends early")
}

func TestOnePixel(t *testing.T) {
	var buf bytes.Buffer
	for _, size := range []image.Point{{1, 1}, {1, 300}, {300, 1}, {17, 3}} {
		buf.Reset()
		if err := jpeg.Encode(&buf, image.NewGray(image.Rect(0, 0, size.X, size.Y)), nil); err != nil {
			t.Fatal(err)
		}
		compareWithStandard(t, buf.Bytes())
		for _, side := range []int{1, 2, 64} {
			m, err := Decode(buf.Bytes(), Options{MaxSide: side})
			if err != nil || m.Width < 1 || m.Height < 1 || max(m.Width, m.Height) > side {
				t.Errorf("%v within %d: %v %v", size, side, m, err)
			}
		}
	}
}

func TestMotionJPEGFrameWithoutTables(t *testing.T) {
	var buf bytes.Buffer
	src := image.NewRGBA(image.Rect(0, 0, 40, 24))
	for i := range src.Pix {
		src.Pix[i] = uint8(i * 7)
	}
	if err := jpeg.Encode(&buf, src, nil); err != nil { // the encoder takes the usual tables
		t.Fatal(err)
	}
	data := buf.Bytes()
	want, err := Decode(data, Options{})
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(data, []byte{0xff, 0xc4})
	n := int(binary.BigEndian.Uint16(data[at+2:])) + 2
	got, err := Decode(append(bytes.Clone(data[:at]), data[at+n:]...), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.R, want.R) || !bytes.Equal(got.Y, want.Y) {
		t.Error("the picture differs")
	}
}

func TestOrientationOfDamagedData(t *testing.T) {
	ok := "II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00"
	if got := Orientation([]byte(ok)); got != 6 {
		t.Errorf("got %d, want 6", got)
	}
	for cut := range len(ok) {
		if got := Orientation([]byte(ok[:cut])); got != 0 {
			t.Errorf("cut at %d: %d", cut, got)
		}
	}
}

// TestRealPhotos compares with the standard library on photos from outside.
func TestRealPhotos(t *testing.T) {
	for _, name := range photos(t)[:20] {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		compareWithStandard(t, data)
	}
}
