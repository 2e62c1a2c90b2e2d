package vision

import "math"

// GradientGrid is the sum of gradient magnitudes by direction over a grid of
// cells that covers the whole picture, whatever its size: the cells of P.
// Felzenszwalb et al., "Object detection with discriminatively trained
// part-based models", PAMI 32 (2010). Every pixel counts in the plane where its
// gradient is largest, and is shared linearly between the two nearest
// directions and the four nearest cells.
type GradientGrid struct {
	Side   int  // cells per side
	Bins   int  // directions
	Signed bool // over 360°, so that light-to-dark and dark-to-light differ; else over 180°
}

// Len is the number of values.
func (g GradientGrid) Len() int { return g.Side * g.Side * g.Bins }

// Sums returns [Side, Side, Bins] of the planes, each [height*width].
func (g GradientGrid) Sums(planes [][]uint8, width, height int) []float32 {
	// Pixels are counted hard in half cells and half bins; sharing follows on
	// the sums, which yields the linear shares to within a quarter.
	n, fine := 2*g.Side, 2*g.Bins
	half := make([]float32, n*n*fine)
	table := directionTable(fine, g.Signed)
	column := make([]int, width)
	for x := range column {
		column[x] = x * n / width * fine
	}
	for y := 1; y < height-1; y++ {
		band := half[y*n/height*n*fine:][:n*fine]
		at := y * width
		for x := 1; x < width-1; x++ {
			i := at + x
			var gx, gy, best int32
			for _, p := range planes {
				dx, dy := int32(p[i+1])-int32(p[i-1]), int32(p[i+width])-int32(p[i-width])
				if d := dx*dx + dy*dy; d > best {
					gx, gy, best = dx, dy, d
				}
			}
			if best > 0 {
				band[column[x]+int(table[uint32((gy+256)<<9|(gx+256))&(1<<18-1)])] += float32(math.Sqrt(float64(float32(best))))
			}
		}
	}
	return g.share(half)
}

// share turns half cells and half bins into cells and bins, three quarters to
// the nearer and a quarter to the farther neighbor along each axis. What falls
// beyond the outer cells stays in them.
func (g GradientGrid) share(half []float32) []float32 {
	n, fine := 2*g.Side, 2*g.Bins
	binned := make([]float32, n*n*g.Bins)
	for c := range n * n {
		in, out := half[c*fine:(c+1)*fine], binned[c*g.Bins:(c+1)*g.Bins]
		for f, v := range in {
			near := f / 2
			far := (near + 2*(f&1) - 1 + g.Bins) % g.Bins
			out[near] += 0.75 * v
			out[far] += 0.25 * v
		}
	}
	out := make([]float32, g.Len())
	for y := range n {
		nearY := y / 2
		farY := min(max(nearY+2*(y&1)-1, 0), g.Side-1)
		for x := range n {
			nearX := x / 2
			farX := min(max(nearX+2*(x&1)-1, 0), g.Side-1)
			in := binned[(y*n+x)*g.Bins:][:g.Bins]
			for _, to := range [4]struct {
				cell  int
				share float32
			}{
				{nearY*g.Side + nearX, 0.5625},
				{nearY*g.Side + farX, 0.1875},
				{farY*g.Side + nearX, 0.1875},
				{farY*g.Side + farX, 0.0625},
			} {
				o := out[to.cell*g.Bins:][:g.Bins]
				for k, v := range in {
					o[k] += to.share * v
				}
			}
		}
	}
	return out
}

// Normalize appends the cells to dst, each divided by the energy of the four
// squares of 2 × 2 cells that it is part of, cut at 0.2, and averaged over the
// four (Felzenszwalb et al., section 6.2).
func (g GradientGrid) Normalize(dst, cells []float32) []float32 {
	energy := make([]float64, g.Side*g.Side)
	for c := range energy {
		for _, v := range cells[c*g.Bins : (c+1)*g.Bins] {
			energy[c] += float64(v) * float64(v)
		}
	}
	at := func(y, x int) float64 {
		return energy[min(max(y, 0), g.Side-1)*g.Side+min(max(x, 0), g.Side-1)]
	}
	for y := range g.Side {
		for x := range g.Side {
			from := len(dst)
			in := cells[(y*g.Side+x)*g.Bins:][:g.Bins]
			dst = append(dst, make([]float32, g.Bins)...)
			for _, d := range [4][2]int{{-1, -1}, {-1, 1}, {1, -1}, {1, 1}} {
				sum := at(y, x) + at(y+d[0], x) + at(y, x+d[1]) + at(y+d[0], x+d[1])
				f := float32(1 / math.Sqrt(sum+1e-6))
				for k, v := range in {
					dst[from+k] += 0.5 * min(0.2, v*f)
				}
			}
		}
	}
	return dst
}
