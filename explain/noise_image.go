package explain

import (
	"bytes"
	"image"
	"image/jpeg"
	"math"
	"math/rand/v2"

	"github.com/fusor-ml/fusor/internal/vision"
)

// planes returns a picture's own planes: one of a gray picture, else R, G and B.
func planes(m *vision.Image) [][]uint8 {
	if m.IsGray() {
		return [][]uint8{m.Y}
	}
	return [][]uint8{m.R, m.G, m.B}
}

// remade is a picture of the size of m with other planes; the luma is made anew.
func remade(m *vision.Image, p [][]uint8) *vision.Image {
	if len(p) == 1 {
		return vision.FromGray(m.Width, m.Height, p[0])
	}
	out := vision.NewColor(m.Width, m.Height)
	out.R, out.G, out.B = p[0], p[1], p[2]
	for i := range out.Y {
		out.Y[i] = vision.Luma(p[0][i], p[1][i], p[2][i])
	}
	return out
}

func byteOf(v float64) uint8 { return uint8(math.Round(max(0, min(255, v)))) }

// gaussian adds noise of the deviation given (1 is full scale) to every value.
func gaussian(m *vision.Image, sd float64, rng *rand.Rand) *vision.Image {
	var out [][]uint8
	for _, p := range planes(m) {
		q := make([]uint8, len(p))
		for i, v := range p {
			q[i] = byteOf(float64(v) + 255*sd*rng.NormFloat64())
		}
		out = append(out, q)
	}
	return remade(m, out)
}

// blur is a Gaussian blur with the deviation given in pixels; beyond the border
// is the nearest pixel.
func blur(m *vision.Image, sd float64, _ *rand.Rand) *vision.Image {
	if sd <= 0 {
		return m
	}
	reach := int(math.Ceil(3 * sd))
	kernel, sum := make([]float64, 2*reach+1), 0.0
	for i := range kernel {
		d := float64(i-reach) / sd
		kernel[i] = math.Exp(-d * d / 2)
		sum += kernel[i]
	}
	for i := range kernel {
		kernel[i] /= sum
	}
	w, h := m.Width, m.Height
	row := make([]float64, w*h)
	var out [][]uint8
	for _, p := range planes(m) {
		q := make([]uint8, len(p))
		for y := range h {
			for x := range w {
				v := 0.0
				for k, f := range kernel {
					v += f * float64(p[y*w+min(w-1, max(0, x+k-reach))])
				}
				row[y*w+x] = v
			}
		}
		for y := range h {
			for x := range w {
				v := 0.0
				for k, f := range kernel {
					v += f * row[min(h-1, max(0, y+k-reach))*w+x]
				}
				q[y*w+x] = byteOf(v)
			}
		}
		out = append(out, q)
	}
	return remade(m, out)
}

// occlude covers a rectangle of the picture's proportions, of the share of its
// area given, with mid gray.
func occlude(m *vision.Image, share float64, rng *rand.Rand) *vision.Image {
	u, v := rng.Float64(), rng.Float64()
	side := math.Sqrt(share)
	w, h := int(math.Round(side*float64(m.Width))), int(math.Round(side*float64(m.Height)))
	x0, y0 := int(u*float64(m.Width-w+1)), int(v*float64(m.Height-h+1))
	var out [][]uint8
	for _, p := range planes(m) {
		q := bytes.Clone(p)
		for y := y0; y < y0+h; y++ {
			for x := x0; x < x0+w; x++ {
				q[y*m.Width+x] = 128
			}
		}
		out = append(out, q)
	}
	return remade(m, out)
}

// jpegAt compresses the picture as JPEG with the quality 100 − harm, and takes
// what comes out; no harm leaves it as it is.
func jpegAt(m *vision.Image, harm float64, _ *rand.Rand) *vision.Image {
	if harm <= 0 {
		return m
	}
	box := image.Rect(0, 0, m.Width, m.Height)
	var src image.Image
	if m.IsGray() {
		src = &image.Gray{Pix: m.Y, Stride: m.Width, Rect: box}
	} else {
		rgba := image.NewRGBA(box)
		for i := range m.R {
			copy(rgba.Pix[4*i:], []uint8{m.R[i], m.G[i], m.B[i], 255})
		}
		src = rgba
	}
	var b bytes.Buffer
	if jpeg.Encode(&b, src, &jpeg.Options{Quality: max(1, 100-int(harm))}) != nil {
		return m // larger than JPEG allows, which no opened picture is
	}
	got, err := jpeg.Decode(&b)
	if err != nil {
		return m
	}
	out := make([][]uint8, len(planes(m)))
	for k := range out {
		out[k] = make([]uint8, m.Width*m.Height)
	}
	for y := range m.Height {
		for x := range m.Width {
			r, g, bl, _ := got.At(x, y).RGBA()
			for k, v := range []uint32{r, g, bl}[:len(out)] {
				out[k][y*m.Width+x] = uint8(v >> 8)
			}
		}
	}
	return remade(m, out)
}
