package vision

import (
	"math"
	"sync"
)

// HOG is the histogram of oriented gradients of N. Dalal and B. Triggs
// ("Histograms of oriented gradients for human detection", CVPR 2005) as
// skimage.feature.hog computes it: unsigned orientations in hard bins, central
// differences with none at the border, blocks normalized by L2-Hys.
type HOG struct {
	Orientations int // bins over 180°
	Cell         int // pixels per side of a cell
	Block        int // cells per side of a block
}

// Len is the number of values for a picture of width × height.
func (o HOG) Len(width, height int) int {
	nx, ny := width/o.Cell-o.Block+1, height/o.Cell-o.Block+1
	if nx < 1 || ny < 1 {
		return 0
	}
	return nx * ny * o.Block * o.Block * o.Orientations
}

// Compute appends the descriptor of the plane y [height*width] to dst: blocks
// row by row, in each the cells row by row, in each the orientations.
func (o HOG) Compute(dst []float32, y []uint8, width, height int) []float32 {
	cx, cy := width/o.Cell, height/o.Cell
	if o.Len(width, height) == 0 {
		return dst
	}
	return o.blocks(dst, o.cells(y, width, cx, cy), cx, cy)
}

// Reference is Compute on a plane of any scale by the definition, arctangent
// included: what the fast way is tested against.
func (o HOG) Reference(dst []float32, y []float32, width, height int) []float32 {
	cx, cy := width/o.Cell, height/o.Cell
	if o.Len(width, height) == 0 {
		return dst
	}
	sums := make([]float64, cx*cy*o.Orientations)
	for row := range cy * o.Cell {
		for col := range cx * o.Cell {
			var gx, gy float64
			if col > 0 && col < width-1 {
				gx = float64(y[row*width+col+1]) - float64(y[row*width+col-1])
			}
			if row > 0 && row < height-1 {
				gy = float64(y[(row+1)*width+col]) - float64(y[(row-1)*width+col])
			}
			cell := row/o.Cell*cx + col/o.Cell
			sums[cell*o.Orientations+orientation(gx, gy, o.Orientations)] += math.Hypot(gx, gy)
		}
	}
	cells := make([]float32, len(sums))
	for i, v := range sums {
		cells[i] = float32(v / float64(o.Cell*o.Cell))
	}
	return o.blocks(dst, cells, cx, cy)
}

// orientation is the bin of the angle of (gx, gy) modulo 180°, of n.
func orientation(gx, gy float64, n int) int {
	deg := math.Atan2(gy, gx) * (180 / math.Pi)
	if deg < 0 {
		deg += 180
	}
	if deg >= 180 {
		deg -= 180
	}
	return min(int(deg/(180/float64(n))), n-1)
}

// blocks appends the normalized blocks of cells [cy, cx, orientations] to dst.
func (o HOG) blocks(dst, cells []float32, cx, cy int) []float32 {
	n := o.Orientations
	for by := range cy - o.Block + 1 {
		for bx := range cx - o.Block + 1 {
			at := len(dst)
			for r := range o.Block {
				from := ((by+r)*cx + bx) * n
				dst = append(dst, cells[from:from+o.Block*n]...)
			}
			l2hys(dst[at:])
		}
	}
	return dst
}

// cells returns the mean gradient magnitude by orientation [cy, cx, orientations].
func (o HOG) cells(y []uint8, width, cx, cy int) []float32 {
	n := o.Orientations
	out := make([]float32, cx*cy*n)
	table := orientationTable(n)
	height := len(y) / width
	for row := 1; row < min(cy*o.Cell, height-1); row++ {
		up, mid, down := y[(row-1)*width:row*width], y[row*width:(row+1)*width], y[(row+1)*width:(row+2)*width]
		band := out[row/o.Cell*cx*n:][:cx*n]
		for c := range cx {
			hist := band[c*n : c*n+n]
			from, to := max(1, c*o.Cell), min((c+1)*o.Cell, width-1)
			if from >= to {
				continue
			}
			left, right := mid[from-1:to-1], mid[from+1:to+1]
			a, b := up[from:to], down[from:to]
			right, a, b = right[:len(left)], a[:len(left)], b[:len(left)]
			for i, l := range left {
				gx, gy := int32(right[i])-int32(l), int32(b[i])-int32(a[i])
				hist[table[uint32((gy+256)<<9|(gx+256))&(1<<18-1)]] += magnitude(gx, gy)
			}
		}
	}
	o.border(out, y, width, height, cx, cy, table)
	scale := 1 / float32(o.Cell*o.Cell)
	for i := range out {
		out[i] *= scale
	}
	return out
}

// border adds the pixels of the picture's edge, where one of the two differences is zero.
func (o HOG) border(out []float32, y []uint8, width, height, cx, cy int, table []uint8) {
	add := func(row, col int) {
		if row >= cy*o.Cell || col >= cx*o.Cell {
			return
		}
		var gx, gy int32
		if col > 0 && col < width-1 {
			gx = int32(y[row*width+col+1]) - int32(y[row*width+col-1])
		}
		if row > 0 && row < height-1 {
			gy = int32(y[(row+1)*width+col]) - int32(y[(row-1)*width+col])
		}
		bin := int(table[(gy+256)<<9|(gx+256)])
		out[(row/o.Cell*cx+col/o.Cell)*o.Orientations+bin] += magnitude(gx, gy)
	}
	for col := range width {
		add(0, col)
		if height > 1 {
			add(height-1, col)
		}
	}
	for row := 1; row < height-1; row++ {
		add(row, 0)
		if width > 1 {
			add(row, width-1)
		}
	}
}

func magnitude(gx, gy int32) float32 {
	return float32(math.Sqrt(float64(float32(gx*gx + gy*gy))))
}

// tableKey names a table of directions.
type tableKey struct {
	bins   int
	signed bool
}

var directionTables sync.Map // tableKey -> []uint8

// orientationTable maps (gy+256)<<9|(gx+256) to one of n bins of the angle of
// (gx, gy) modulo 180°, so that no arctangent is taken per pixel.
func orientationTable(n int) []uint8 { return directionTable(n, false) }

// directionTable is orientationTable over 180°, or signed over 360°.
func directionTable(n int, signed bool) []uint8 {
	key := tableKey{n, signed}
	if t, ok := directionTables.Load(key); ok {
		return t.([]uint8)
	}
	t := make([]uint8, 1<<18)
	for gy := -255; gy <= 255; gy++ {
		for gx := -255; gx <= 255; gx++ {
			bin := 0
			if signed {
				turn := math.Atan2(float64(gy), float64(gx)) / (2 * math.Pi)
				if turn < 0 {
					turn++
				}
				bin = int(turn*float64(n)) % n
			} else {
				bin = orientation(float64(gx), float64(gy), n)
			}
			t[(gy+256)<<9|(gx+256)] = uint8(bin)
		}
	}
	directionTables.Store(key, t)
	return t
}

// l2hys normalizes v to length 1, cuts it at 0.2 and normalizes it again.
func l2hys(v []float32) {
	const eps2 = 1e-10
	scale := func() float32 {
		var sum float64
		for _, x := range v {
			sum += float64(x) * float64(x)
		}
		return float32(1 / math.Sqrt(sum+eps2))
	}
	f := scale()
	for i := range v {
		v[i] = min(v[i]*f, 0.2)
	}
	f = scale()
	for i := range v {
		v[i] *= f
	}
}
