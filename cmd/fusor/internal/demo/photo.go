package demo

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
	"math/rand/v2"
)

// scene is a picture under construction.
type scene struct {
	*image.RGBA
	rng *rand.Rand
}

func newScene(w, h int, rng *rand.Rand, ground color.RGBA) *scene {
	s := &scene{image.NewRGBA(image.Rect(0, 0, w, h)), rng}
	for i := 0; i < len(s.Pix); i += 4 {
		n := rng.IntN(25) - 12
		s.Pix[i], s.Pix[i+1], s.Pix[i+2], s.Pix[i+3] = clamp(int(ground.R)+n), clamp(int(ground.G)+n), clamp(int(ground.B)+n), 255
	}
	return s
}

func clamp(v int) uint8 { return uint8(max(0, min(255, v))) }

// ellipse paints a tilted ellipse with a grainy color.
func (s *scene) ellipse(cx, cy, rx, ry, tilt float64, c color.RGBA) {
	sin, cos := math.Sincos(tilt)
	r := max(rx, ry)
	for y := int(cy - r); y <= int(cy+r); y++ {
		for x := int(cx - r); x <= int(cx+r); x++ {
			dx, dy := float64(x)-cx, float64(y)-cy
			u, v := (dx*cos+dy*sin)/rx, (dy*cos-dx*sin)/ry
			if u*u+v*v <= 1 && image.Pt(x, y).In(s.Rect) {
				n := s.rng.IntN(31) - 15
				s.SetRGBA(x, y, color.RGBA{clamp(int(c.R) + n), clamp(int(c.G) + n), clamp(int(c.B) + n), 255})
			}
		}
	}
}

func plumage(ruby bool) color.RGBA {
	if ruby {
		return color.RGBA{176, 52, 58, 255}
	}
	return color.RGBA{120, 124, 132, 255}
}

// photo paints the bird from nearby, so its size cannot be told: the color
// shows, and the head, held high by those whose song rises.
func photo(b bird) ([]byte, error) {
	grounds := []color.RGBA{{120, 160, 110, 255}, {150, 180, 205, 255}, {170, 150, 120, 255}}
	s := newScene(64, 64, b.rng, grounds[b.rng.IntN(len(grounds))])
	scale := 0.8 + 0.4*b.rng.Float64()
	x, y := 28+8*b.rng.Float64(), 32+8*b.rng.Float64()
	up := -1.0
	if !b.song {
		up = 0.7
	}
	c := plumage(b.ruby)
	s.ellipse(x, y, 15*scale, 9*scale, 0.15*up, c)
	s.ellipse(x+13*scale, y+9*up*scale, 6*scale, 6*scale, 0, c)
	s.ellipse(x+19*scale, y+11*up*scale, 4*scale, 1.6*scale, 0.4*up, color.RGBA{230, 180, 60, 255})
	s.ellipse(x-2*scale, y+1, 8*scale, 4*scale, 0.4, color.RGBA{c.R / 2, c.G / 2, c.B / 2, 255})
	s.ellipse(x+14*scale, y+9*up*scale-1, 1.4, 1.4, 0, color.RGBA{10, 10, 10, 255})
	var out bytes.Buffer
	err := png.Encode(&out, s)
	return out.Bytes(), err
}
