package imagefile

import "errors"

// unpackJPEG decodes a segment that is a JPEG of its own, with the tables that all share. What it
// returns is RGB where the samples stand together, whatever the file's color space.
func (d *tiffDecoder) unpackJPEG(src []byte, rows int) ([]byte, error) {
	if d.bits != 8 {
		return nil, unsupported("TIFF of JPEG with %d bits", d.bits)
	}
	if d.tables == nil {
		d.tables = new(jpegDecoder)
		if e, ok := d.tags[tagJPEGTables]; ok {
			if err := d.tables.onlyTables(e.data); err != nil {
				return nil, err
			}
		}
	}
	if len(src) < 3 || src[0] != 0xff || src[1] != markSOI {
		return nil, errTruncated
	}
	j := &jpegDecoder{preset: d.tables, colors: d.jpegColors}
	area := int64(d.segWidth+64) * int64(d.segRows+64)
	m, err := j.decode(src, Options{MaxPixels: area, Context: d.options.Context})
	if err != nil {
		return nil, err
	}
	n := d.inSegment()
	if m.Width < d.segWidth || m.Height < rows || m.IsGray() != (n == 1) {
		return nil, errors.New("a JPEG in the TIFF differs in size or colors")
	}
	d.buffer = grow(d.buffer, d.segWidth*rows*n)
	for y := range rows {
		out := d.buffer[y*d.segWidth*n:][:d.segWidth*n]
		from := y * m.Width
		if n == 1 {
			copy(out, m.Y[from:])
			continue
		}
		for x := range d.segWidth {
			out[3*x], out[3*x+1], out[3*x+2] = m.R[from+x], m.G[from+x], m.B[from+x]
		}
	}
	return d.buffer, nil
}
