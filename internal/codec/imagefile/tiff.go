package imagefile

import (
	"strconv"
	"strings"

	"github.com/fusor-ml/fusor/internal/vision"
)

// Values of the tag PhotometricInterpretation.
const (
	whiteIsZero = 0
	blackIsZero = 1
	photoRGB    = 2
	photoMap    = 3
	photoMask   = 4
	photoCMYK   = 5
	photoYCC    = 6
	photoLab    = 8
	photoICCLab = 9
)

// Values of the tag SampleFormat.
const (
	sampleUint  = 1
	sampleInt   = 2
	sampleFloat = 3
)

// tiffDecoder decodes the first picture of a TIFF 6.0 or BigTIFF file: strips or tiles, samples
// together or in separate planes, whole numbers of up to 32 bits and floats of 16, 32 and 64.
//
// Samples become 8-bit ones. Unsigned ones of up to 31 bits are a part of their full scale. The
// others are scaled by the tags SMinSampleValue and SMaxSampleValue; without them from 0 to the
// first of 1 (floats alone), 255, 65535 and 2³²-1 that no sample of the picture exceeds, or, where
// some are negative or larger, from the smallest to the largest.
type tiffDecoder struct {
	*tiffDirectory
	options       Options
	width, height int

	photometric int64
	compression int64
	planar      bool
	samples     int // of a pixel in the file
	colors      int // samples that make the color
	alpha       int // the sample that is opacity, -1 without
	associated  bool
	bits        int
	format      int64
	predictor   int64
	hs, vs      int // subsampling of chroma
	low, high   float64
	noData      float64
	hasNoData   bool

	tiled             bool
	segWidth, segRows int // of a strip or a tile
	across            int // tiles side by side
	offsets, counts   []int64
	buffer, previous  []byte
	palette           []uint8
	kept              int // samples of a pixel that are kept: the color's, and opacity
	band              []uint8
	tables            *jpegDecoder // of all JPEG segments
	yccTable          *yccConverter
	jpegColors        jpegColors
}

// decodeTIFF decodes the first picture, not yet turned by its orientation.
func decodeTIFF(file []byte, o Options) (*vision.Image, int, error) {
	dir, err := openTIFF(file)
	if err != nil {
		return nil, 0, err
	}
	d := &tiffDecoder{tiffDirectory: dir, options: o}
	if d.width, d.height, err = dir.size(o.maxPixels()); err != nil {
		return nil, 0, err
	}
	if err := d.readColors(); err != nil {
		return nil, 0, err
	}
	if err := d.readLayout(); err != nil {
		return nil, 0, err
	}
	if err := d.findScale(); err != nil {
		return nil, 0, err
	}
	m, err := d.decode()
	return m, int(dir.first(tagOrientation, 1)), err
}

// readColors reads what the samples are.
func (d *tiffDecoder) readColors() error {
	samples := d.first(tagSamples, 1)
	if samples < 1 || samples > 1<<16 {
		return errTIFF
	}
	d.samples = int(samples)
	// Defaults as in TIFF 6.0, section 8: one bit, unsigned.
	bits := d.ints(tagBits)
	if bits == nil {
		bits = []int64{1}
	}
	formats := d.ints(tagSampleFormat)
	if formats == nil {
		formats = []int64{sampleUint}
	}
	// The tag is required, but old scanners leave it out; libtiff guesses likewise.
	guess := int64(blackIsZero)
	if d.samples >= 3 {
		guess = photoRGB
	}
	d.photometric = d.first(tagPhotometric, guess)
	d.compression = d.first(tagCompression, 1)
	d.predictor = d.first(tagPredictor, 1)
	d.planar = d.first(tagPlanar, 1) == 2 && d.samples > 1
	switch d.photometric {
	case whiteIsZero, blackIsZero, photoMap:
		d.colors = 1
	case photoRGB, photoYCC, photoLab, photoICCLab:
		d.colors = 3
	case photoCMYK:
		d.colors = 4
		// 1 is CMYK, and the default; 2 is inks by name.
		if d.first(tagInkSet, 1) != 1 {
			return unsupported("TIFF of inks other than CMYK")
		}
	default:
		return unsupported("TIFF of color space %d", d.photometric)
	}
	if d.samples < d.colors {
		return errTIFF
	}
	// One entry for all samples is common, where the standard wants one each.
	for i, b := range bits[:min(len(bits), d.samples)] {
		if b != bits[0] {
			return unsupported("TIFF whose samples differ in depth")
		}
		if f := formats[min(i, len(formats)-1)]; f != formats[0] {
			return unsupported("TIFF whose samples differ in format")
		}
	}
	d.bits, d.format = int(bits[0]), formats[0]
	if d.format == 4 { // untyped
		d.format = sampleUint
	}
	switch {
	case d.format == sampleFloat && (d.bits == 16 || d.bits == 32 || d.bits == 64):
	case d.format == sampleUint && d.bits >= 1 && d.bits <= 32:
	case d.format == sampleInt && (d.bits == 8 || d.bits == 16 || d.bits == 32):
	default:
		return unsupported("TIFF with samples of %d bits in format %d", d.bits, d.format)
	}
	d.readAlpha()
	return d.readSpaces()
}

// readAlpha finds the sample that is opacity. A single one more than the color needs, of which the
// file means nothing, is taken for it, as most readers do.
func (d *tiffDecoder) readAlpha() {
	d.alpha = -1
	if d.samples == d.colors {
		return
	}
	extra, ok := d.tags[tagExtraSamples]
	switch kinds := d.ints(tagExtraSamples); {
	case !ok || extra.count == 0:
		if d.samples == d.colors+1 && d.photometric != photoMap {
			d.alpha = d.colors
		}
	default:
		for i, k := range kinds {
			if at := d.colors + i; (k == 1 || k == 2) && at < d.samples {
				d.alpha, d.associated = at, k == 1
				return
			}
		}
	}
}

// readSpaces reads what single color spaces need.
func (d *tiffDecoder) readSpaces() error {
	d.kept = d.colors
	if d.alpha >= 0 {
		d.kept++
	}
	d.hs, d.vs = 1, 1
	switch d.photometric {
	case photoMap:
		// 2^bits entries three times over.
		if d.bits > 16 || d.format != sampleUint {
			return unsupported("TIFF with a palette of %d bits", d.bits)
		}
		entries := d.ints(tagColorMap)
		n := 1 << d.bits
		if len(entries) < 3*n {
			return errTIFF
		}
		shift := 0 // some writers have bytes where 16 bits are meant
		for _, v := range entries {
			if v > 255 {
				shift = 8
			}
		}
		d.palette = make([]uint8, 3*n)
		// The map has all reds, then all greens, then all blues (section 5).
		for i := range n {
			for c := range 3 {
				d.palette[3*i+c] = uint8(entries[c*n+i] >> shift)
			}
		}
		d.colors, d.kept = 3, 3
		if d.alpha >= 0 {
			d.alpha = -1 // beside a palette nobody writes it
		}
	case photoYCC:
		if d.bits != 8 || d.format != sampleUint {
			return unsupported("TIFF of YCbCr with %d bits", d.bits)
		}
		// 2, 2 is the default of section 21, also where nobody meant it.
		if s := d.ints(tagYCCSubsampling); len(s) >= 2 {
			d.hs, d.vs = int(s[0]), int(s[1])
		} else {
			d.hs, d.vs = 2, 2
		}
		ok := func(n int) bool { return n == 1 || n == 2 || n == 4 }
		if !ok(d.hs) || !ok(d.vs) {
			return errTIFF
		}
		if d.compression == packJPEG {
			d.hs, d.vs = 1, 1 // JPEG does it itself
		}
		// Subsampled data come in units of hs·vs luma samples and one of each chroma, which a predictor
		// would tear apart.
		if d.hs*d.vs > 1 && (d.planar || d.samples != 3 || d.predictor != 1) {
			return unsupported("TIFF of subsampled YCbCr in separate planes, or with a predictor")
		}
		d.yccTable = newYCCConverter(d.floats(tagYCCCoefficients), d.floats(tagReferenceBW))
	case photoLab, photoICCLab:
		if d.bits != 8 {
			return unsupported("TIFF of CIE Lab with %d bits", d.bits)
		}
		d.format = sampleUint // bytes are converted with the color
	}
	// The JPEG decoder returns RGB, so that from here on it is a picture of RGB.
	if d.compression == packJPEG && !d.planar && d.colors >= 3 {
		if d.samples != d.colors || d.palette != nil || d.photometric >= photoLab {
			return unsupported("TIFF of JPEG with %d samples in color space %d", d.samples, d.photometric)
		}
		d.jpegColors = map[int64]jpegColors{photoRGB: colorsRGB, photoYCC: colorsYCC, photoCMYK: colorsInk}[d.photometric]
		d.photometric, d.samples, d.colors, d.kept = photoRGB, 3, 3, 3
	}
	// GDAL writes the value that marks pixels without data, in ASCII.
	if e, ok := d.tags[tagGDALNoData]; ok && e.kind == 2 {
		v, err := strconv.ParseFloat(strings.Trim(string(e.data), "\x00 "), 64)
		d.noData, d.hasNoData = v, err == nil
	}
	return nil
}

// readLayout reads where the strips or tiles are.
func (d *tiffDecoder) readLayout() error {
	limit := d.options.maxPixels()
	_, d.tiled = d.tags[tagTileWidth]
	var down int64
	if d.tiled {
		w, h := d.first(tagTileWidth, 0), d.first(tagTileHeight, 0)
		if w < 1 || h < 1 || w > 1<<20 || h > 1<<20 || w*h > limit {
			return unsupported("TIFF with tiles of %d × %d", w, h)
		}
		d.segWidth, d.segRows = int(w), int(h)
		d.across = (d.width + d.segWidth - 1) / d.segWidth
		down = (int64(d.height) + h - 1) / h
		if down*h > 4*limit/int64(d.across*d.segWidth) {
			return unsupported("TIFF with tiles of %d × %d", w, h)
		}
		d.offsets, d.counts = d.ints(tagTileOffsets), d.ints(tagTileCounts)
		if d.offsets == nil { // some writers use the tags of strips
			d.offsets, d.counts = d.ints(tagStripOffsets), d.ints(tagStripCounts)
		}
	} else {
		rows := d.first(tagRowsPerStrip, int64(d.height))
		if rows < 1 {
			return errTIFF
		}
		d.segWidth, d.segRows, d.across = d.width, int(min(rows, int64(d.height))), 1
		down = (int64(d.height) + int64(d.segRows) - 1) / int64(d.segRows)
		d.offsets, d.counts = d.ints(tagStripOffsets), d.ints(tagStripCounts)
	}
	need := down * int64(d.across)
	if d.planar {
		need *= int64(d.samples)
	}
	if int64(len(d.offsets)) < need || len(d.counts) > 0 && int64(len(d.counts)) < need {
		return errTruncated
	}
	if bytes := int64(d.rowBytes()) * int64(d.segRows); bytes > 8*limit || d.rowBytes() > 1<<31-1 {
		return unsupported("TIFF with %d million bytes in one strip", bytes>>20)
	}
	return nil
}

// inSegment is how many samples of a pixel stand side by side.
func (d *tiffDecoder) inSegment() int {
	if d.planar {
		return 1
	}
	return d.samples
}

// rowBytes is the length of an unpacked row of a segment; of subsampled YCbCr the length of what
// holds vs rows.
func (d *tiffDecoder) rowBytes() int {
	if d.hs*d.vs > 1 {
		return (d.segWidth + d.hs - 1) / d.hs * (d.hs*d.vs + 2)
	}
	return (d.segWidth*d.inSegment()*d.bits + 7) / 8
}

// packed is the compressed bytes of a segment.
func (d *tiffDecoder) packed(i int) ([]byte, error) {
	at, all := d.offsets[i], int64(len(d.file))
	if at < 0 || at > all {
		return nil, errTruncated
	}
	n := all - at // of writers that leave the count out
	if len(d.counts) > 0 && (d.counts[i] > 0 || len(d.offsets) > 1) {
		n = d.counts[i]
	}
	if n < 0 || n > all-at {
		return nil, errTruncated
	}
	return d.file[at : at+n], nil
}

// walk hands every segment, unpacked, to use: its plane, its first column and row, and how many
// rows of the picture it has.
func (d *tiffDecoder) walk(y, plane int, use func(x, rows int, p []byte) error) error {
	rows := min(d.segRows, d.height-y)
	down := (d.height + d.segRows - 1) / d.segRows
	for tx := range d.across {
		if err := d.options.stopped(); err != nil {
			return err
		}
		i := plane*down*d.across + y/d.segRows*d.across + tx
		stored := rows
		if d.tiled {
			stored = d.segRows
		}
		p, err := d.unpackSegment(i, stored)
		if err != nil {
			return err
		}
		if err := use(tx*d.segWidth, rows, p); err != nil {
			return err
		}
	}
	return nil
}

// planes is how many segments lie above one another, of those that are kept.
func (d *tiffDecoder) planes() []int {
	if !d.planar {
		return []int{0}
	}
	var out []int
	for i := range d.kept {
		if i == d.kept-1 && d.alpha >= 0 {
			i = d.alpha
		}
		out = append(out, i)
	}
	if d.palette != nil {
		return out[:1]
	}
	return out
}

// decode reads the picture band by band and hands on its rows.
func (d *tiffDecoder) decode() (*vision.Image, error) {
	gray := d.photometric == whiteIsZero || d.photometric == blackIsZero
	sink := newRowSink(d.width, d.height, d.width, d.height, d.options.MaxSide, gray && d.alpha < 0)
	d.band = make([]uint8, min(d.segRows, d.height)*d.width*d.kept)
	for y := 0; y < d.height; y += d.segRows {
		for k, plane := range d.planes() {
			err := d.walk(y, plane, func(x, rows int, p []byte) error { return d.place(p, x, rows, k) })
			if err != nil {
				return nil, err
			}
		}
		for r := range min(d.segRows, d.height-y) {
			ly, lr, lg, lb := sink.next()
			row := d.band[r*d.width*d.kept : (r+1)*d.width*d.kept]
			d.paint(row, ly, lr, lg, lb)
			sink.commit()
		}
	}
	return sink.image, nil
}
