package vision

// Halve averages squares of 2 × 2 pixels; of an odd size the last column or
// row is left out, unless it is the only one.
func Halve(dst, src []uint8, width, height int) (out []uint8, w, h int) {
	w, h = max(1, width/2), max(1, height/2)
	if cap(dst) < w*h {
		dst = make([]uint8, w*h)
	}
	dst = dst[:w*h]
	right, below := min(1, width-1), min(1, height-1)*width
	for y := range h {
		a := src[2*y*width:]
		b := src[2*y*width+below:]
		row := dst[y*w : (y+1)*w]
		if right == 0 {
			row[0] = uint8((uint32(a[0]) + uint32(b[0]) + 1) / 2)
			continue
		}
		a, b = a[:2*w], b[:2*w]
		for x := range row {
			row[x] = uint8((uint32(a[2*x]) + uint32(a[2*x+1]) + uint32(b[2*x]) + uint32(b[2*x+1]) + 2) >> 2)
		}
	}
	return dst, w, h
}

// Resize scales a plane to w × h whatever its proportions: by the mean over
// the area where it shrinks, by linear interpolation where it grows.
func Resize(dst, src []uint8, width, height, w, h int) []uint8 {
	if cap(dst) < w*h {
		dst = make([]uint8, w*h)
	}
	dst = dst[:w*h]
	if w <= width && h <= height {
		shrinkPlane(dst, w, h, src, width, height)
		return dst
	}
	// Shrink the axis that shrinks first, then interpolate the other.
	sw, sh := min(w, width), min(h, height)
	if sw != width || sh != height {
		t := make([]uint8, sw*sh)
		shrinkPlane(t, sw, sh, src, width, height)
		src, width, height = t, sw, sh
	}
	xs := taps(width, w)
	ys := taps(height, h)
	for y := range h {
		ty := ys[y]
		a, b := src[ty.at*width:(ty.at+1)*width], src[ty.next*width:(ty.next+1)*width]
		row := dst[y*w : (y+1)*w]
		for x := range row {
			t := xs[x]
			up := uint32(a[t.at])*(256-t.f) + uint32(a[t.next])*t.f
			down := uint32(b[t.at])*(256-t.f) + uint32(b[t.next])*t.f
			row[x] = uint8((up*(256-ty.f) + down*ty.f + 1<<15) >> 16)
		}
	}
	return dst
}

// tap is a place between two pixels, in 1/256.
type tap struct {
	at, next int
	f        uint32
}

// taps places m pixels over n, middles on middles.
func taps(n, m int) []tap {
	out := make([]tap, m)
	for i := range out {
		p := ((2*i+1)*n*128)/m - 128
		p = max(0, min(p, (n-1)*256))
		out[i] = tap{at: p >> 8, next: min(p>>8+1, n-1), f: uint32(p & 255)}
	}
	return out
}
