package imagefile

import (
	"math"

	"github.com/fusor-ml/fusor/internal/vision"
)

// place puts the rows of a segment into the band, as 8-bit samples: those that are kept, or of
// separate planes the k-th of them.
func (d *tiffDecoder) place(p []byte, x, rows, k int) error {
	w := min(d.segWidth, d.width-x)
	n := d.rowBytes()
	for r := range rows {
		dst := d.band[(r*d.width+x)*d.kept:][:w*d.kept]
		switch {
		case d.hs*d.vs > 1:
			d.placeSubsampled(dst, p[r/d.vs*n:(r/d.vs+1)*n], r%d.vs)
		case d.palette != nil:
			row := p[r*n : (r+1)*n]
			for i := range w {
				copy(dst[3*i:3*i+3], d.palette[3*d.raw(row, i*d.inSegment()):])
			}
		case d.planar:
			row := p[r*n : (r+1)*n]
			for i := range w {
				dst[i*d.kept+k] = d.sample(row, i, k == d.kept-1 && d.alpha >= 0)
			}
		case d.bits == 8 && d.format == sampleUint && d.samples == d.kept:
			copy(dst, p[r*n:(r+1)*n])
		default:
			row := p[r*n : (r+1)*n]
			for i := range w {
				for c := range d.colors {
					dst[i*d.kept+c] = d.sample(row, i*d.samples+c, false)
				}
				if d.alpha >= 0 {
					dst[i*d.kept+d.colors] = d.sample(row, i*d.samples+d.alpha, true)
				}
			}
		}
	}
	return nil
}

// placeSubsampled takes line r of blocks of hs × vs luma samples, each with its two of chroma.
func (d *tiffDecoder) placeSubsampled(dst, blocks []byte, r int) {
	size := d.hs*d.vs + 2
	for i := range len(dst) / 3 {
		b := blocks[i/d.hs*size:][:size]
		dst[3*i], dst[3*i+1], dst[3*i+2] = b[r*d.hs+i%d.hs], b[size-2], b[size-1]
	}
}

// raw is unsigned sample i of a row. Those that fill no bytes are packed, most significant bit
// first.
func (d *tiffDecoder) raw(row []byte, i int) uint32 {
	switch d.bits {
	case 8:
		return uint32(row[i])
	case 16:
		return uint32(d.order.Uint16(row[2*i:]))
	case 32:
		return d.order.Uint32(row[4*i:])
	case 24:
		p := row[3*i : 3*i+3]
		if d.order.Uint16([]byte{1, 0}) == 1 {
			return uint32(p[0]) | uint32(p[1])<<8 | uint32(p[2])<<16
		}
		return uint32(p[2]) | uint32(p[1])<<8 | uint32(p[0])<<16
	}
	var v uint32
	for at := i * d.bits; at < (i+1)*d.bits; at++ {
		v = v<<1 | uint32(row[at>>3]>>(7-at&7)&1)
	}
	return v
}

// number is sample i as it is meant.
func (d *tiffDecoder) number(row []byte, i int) float64 {
	switch {
	case d.format == sampleFloat && d.bits == 64:
		return math.Float64frombits(d.order.Uint64(row[8*i:]))
	case d.format == sampleFloat && d.bits == 32:
		return float64(math.Float32frombits(d.order.Uint32(row[4*i:])))
	case d.format == sampleFloat:
		return halfFloat(d.order.Uint16(row[2*i:]))
	case d.format == sampleInt:
		shift := 32 - d.bits
		return float64(int32(d.raw(row, i)<<shift) >> shift)
	}
	return float64(d.raw(row, i))
}

// sample is sample i of a row in 8 bits.
func (d *tiffDecoder) sample(row []byte, i int, opacity bool) uint8 {
	if d.format == sampleUint && d.bits < 32 {
		v := d.raw(row, i)
		switch d.bits {
		case 8:
			return uint8(v)
		case 16:
			return narrow(v)
		}
		full := uint64(1)<<d.bits - 1
		return uint8((uint64(v)*255 + full/2) / full)
	}
	low, high := d.low, d.high
	if opacity {
		low, high = 0, 1
		if d.format != sampleFloat {
			high = float64(uint64(1)<<d.bits - 1)
		}
	}
	v := (d.number(row, i) - low) / (high - low)
	if !(v > 0) { // NaN too
		return 0
	}
	return uint8(min(v, 1)*255 + 0.5)
}

// halfFloat widens an IEEE 754 half-precision float.
func halfFloat(h uint16) float64 {
	exp, frac := int(h>>10&31), float64(h&1023)
	v := math.Ldexp(1024+frac, exp-25)
	switch exp {
	case 0:
		v = math.Ldexp(frac, -24)
	case 31:
		v = math.Inf(1)
		if frac != 0 {
			v = math.NaN()
		}
	}
	if h>>15 != 0 {
		return -v
	}
	return v
}

// findScale finds what samples without a full scale of their own are scaled by.
func (d *tiffDecoder) findScale() error {
	// Unsigned samples have the scale of their bits, but for 32 bits, which are measurements.
	if d.format == sampleUint && d.bits < 32 || d.compression == packJPEG {
		return nil
	}
	low, high := d.floats(tagSMin), d.floats(tagSMax)
	// SMinSampleValue and SMaxSampleValue are what the writer means by black and white.
	if len(low) > 0 && len(high) > 0 && low[0] < high[0] && !math.IsInf(high[0]-low[0], 0) {
		d.low, d.high = low[0], high[0]
		return nil
	}
	// Else all pixels are read once for their range.
	smallest, largest := math.Inf(1), math.Inf(-1)
	for y := 0; y < d.height; y += d.segRows {
		for k, plane := range d.planes() {
			if d.planar && k == d.kept-1 && d.alpha >= 0 {
				continue
			}
			err := d.walk(y, plane, func(x, rows int, p []byte) error {
				w := min(d.segWidth, d.width-x)
				n := d.rowBytes()
				for r := range rows {
					row := p[r*n : (r+1)*n]
					for i := range w * d.inSegment() {
						if !d.planar && i%d.samples >= d.colors {
							continue
						}
						v := d.number(row, i)
						if math.IsNaN(v) || math.IsInf(v, 0) || d.hasNoData && v == d.noData {
							continue
						}
						smallest, largest = min(smallest, v), max(largest, v)
					}
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
	}
	d.low, d.high = 0, largest
	// Values within a usual range are on its scale, so that a dark picture stays dark: 1 (of floats),
	// 8, 16 or 32 bits.
	scales := []float64{255, 65535, 1<<32 - 1}
	if d.format == sampleFloat {
		scales = append([]float64{1}, scales...)
	}
	for _, full := range scales {
		if smallest >= 0 && largest <= full {
			d.high = full
			return nil
		}
	}
	d.low = smallest
	if !(d.high > d.low) {
		d.low, d.high = 0, 1 // all alike, or nothing that is finite
	}
	return nil
}

// paint converts a row of the band.
func (d *tiffDecoder) paint(row []uint8, ly, r, g, b []uint8) {
	switch d.photometric {
	case whiteIsZero, blackIsZero:
		flip := uint8(0)
		if d.photometric == whiteIsZero {
			flip = 255
		}
		if d.alpha < 0 {
			for i, v := range row {
				ly[i] = v ^ flip
			}
			return
		}
		// Gray with alpha is put over white below, like colors.
		for i := range r {
			r[i] = row[i*d.kept] ^ flip
		}
		copy(g, r)
		copy(b, r)
	case photoCMYK:
		for i := range r {
			p := row[i*d.kept:][:4]
			// Naive inks: without a profile C, M and Y scale what K leaves of white.
			k := 255 - p[3]
			r[i], g[i], b[i] = scale255(255-p[0], k), scale255(255-p[1], k), scale255(255-p[2], k)
		}
	case photoYCC:
		for i := range r {
			p := row[i*d.kept:][:3]
			r[i], g[i], b[i] = d.yccTable.rgb(p[0], p[1], p[2])
		}
	case photoLab, photoICCLab:
		for i := range r {
			p := row[i*d.kept:][:3]
			// CIE Lab has a and b as signed bytes (TIFF 6.0, section 23); ICC Lab adds 128 to them.
			a, bb := float64(int8(p[1])), float64(int8(p[2]))
			if d.photometric == photoICCLab {
				a, bb = float64(p[1])-128, float64(p[2])-128
			}
			r[i], g[i], b[i] = labToRGB(float64(p[0])*100/255, a, bb)
		}
	default:
		for i := range r {
			p := row[i*d.kept:][:3]
			r[i], g[i], b[i] = p[0], p[1], p[2]
		}
	}
	if d.alpha >= 0 && !d.options.DropAlpha {
		for i := range r {
			a := row[i*d.kept+d.kept-1]
			if d.associated { // multiplied already
				// Broken files have colors above their alpha.
				white := 255 - a
				r[i], g[i], b[i] = min(r[i], a)+white, min(g[i], a)+white, min(b[i], a)+white
			} else {
				r[i], g[i], b[i] = overWhite(r[i], a), overWhite(g[i], a), overWhite(b[i], a)
			}
		}
	}
	for i := range ly {
		ly[i] = vision.Luma(r[i], g[i], b[i])
	}
}

// yccConverter converts YCbCr by the tags of TIFF 6.0, section 21.
type yccConverter struct {
	luma  [3]float64
	black [3]float64
	scale [3]float64
}

func newYCCConverter(coefficients, reference []float64) *yccConverter {
	c := &yccConverter{luma: [3]float64{0.299, 0.587, 0.114}}
	if len(coefficients) >= 3 && coefficients[1] > 0 {
		copy(c.luma[:], coefficients)
	}
	if len(reference) < 6 || reference[1] <= reference[0] || reference[3] <= reference[2] || reference[5] <= reference[4] {
		reference = []float64{0, 255, 128, 255, 128, 255}
	}
	for i, full := range []float64{255, 127, 127} {
		c.black[i], c.scale[i] = reference[2*i], full/(reference[2*i+1]-reference[2*i])
	}
	return c
}

func (c *yccConverter) rgb(y, cb, cr uint8) (r, g, b uint8) {
	fy := (float64(y) - c.black[0]) * c.scale[0]
	fr := fy + (float64(cr)-c.black[2])*c.scale[2]*(2-2*c.luma[0])
	fb := fy + (float64(cb)-c.black[1])*c.scale[1]*(2-2*c.luma[2])
	fg := (fy - c.luma[2]*fb - c.luma[0]*fr) / c.luma[1]
	return round8(fr), round8(fg), round8(fb)
}

func round8(v float64) uint8 {
	if !(v > 0) {
		return 0
	}
	return uint8(min(v, 255) + 0.5)
}

// labToRGB converts CIE L*a*b* under D50 to sRGB, with Bradford's adaptation to D65.
func labToRGB(l, a, b float64) (uint8, uint8, uint8) {
	f := func(t float64) float64 {
		if t > 6.0/29 {
			return t * t * t
		}
		return 3 * (6.0 / 29) * (6.0 / 29) * (t - 4.0/29)
	}
	fy := (l + 16) / 116
	x, y, z := 0.9642*f(fy+a/500), f(fy), 0.8249*f(fy-b/200)
	gamma := func(v float64) uint8 {
		if v > 0.0031308 {
			v = 1.055*math.Pow(v, 1/2.4) - 0.055
		} else {
			v *= 12.92
		}
		return round8(255 * v)
	}
	return gamma(3.1338561*x - 1.6168667*y - 0.4906146*z),
		gamma(-0.9787684*x + 1.9161415*y + 0.0334540*z),
		gamma(0.0719453*x - 0.2289914*y + 1.4052427*z)
}
