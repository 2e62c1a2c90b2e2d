package imagefile

import "errors"

// scan decodes one SOS segment and the data behind it. done: the whole
// picture was in it and has been handed on.
func (d *jpegDecoder) scan(p []byte) (done bool, err error) {
	if len(p) < 1 || len(p) < 4+2*int(p[0]) {
		return false, errTruncated
	}
	n := int(p[0])
	if n < 1 || n > len(d.comps) {
		return false, errors.New("bad number of components in a JPEG scan")
	}
	from, to := int(p[1+2*n]), int(p[2+2*n])
	high, low := uint(p[3+2*n]>>4), uint(p[3+2*n]&15)
	// A sequential scan has all coefficients, whatever is written there; some encoders write zeros.
	if !d.progressive {
		from, to, high, low = 0, 63, 0, 0
	}
	// T.81, G.1.1.1: DC and AC never share a scan of a progressive picture, and AC scans have one
	// component.
	if from > to || to > 63 || (from == 0 && to != 0 && d.progressive) || low > 13 || (from > 0 && n > 1) {
		return false, errors.New("bad spectral selection in a JPEG scan")
	}
	var comps [4]*component
	for i := range n {
		id, tables := p[1+2*i], p[2+2*i]
		for j := range d.comps {
			if d.comps[j].id == id {
				comps[i] = &d.comps[j]
			}
		}
		c := comps[i]
		if c == nil {
			return false, errors.New("a JPEG scan names a component that is not there")
		}
		for _, o := range comps[:i] {
			if o == c {
				return false, errors.New("a JPEG scan names a component twice")
			}
		}
		c.dc, c.ac, c.pred = tables>>4, tables&15, 0
		if c.dc > 3 || c.ac > 3 {
			return false, errHuffman
		}
		if from == 0 && high == 0 {
			// Frames of Motion JPEG leave the tables out and mean those of T.81, annex K.
			if err := d.usualTables(0, c.dc); err != nil {
				return false, err
			}
		}
		if to > 0 {
			if err := d.usualTables(1, c.ac); err != nil {
				return false, err
			}
		}
		if !d.quantSet[c.quant] {
			return false, errors.New("a JPEG component names a quantisation table that is not there")
		}
	}
	d.acc, d.n, d.phantom, d.eobRun = 0, 0, 0, 0
	// At 1/8 of the size a block is its mean.
	if d.progressive && from > 0 && comps[0].size == 1 {
		return false, nil // only the means are wanted: segment() skips to the next marker
	}
	// Everything in this scan: rows are put out while they are decoded.
	if !d.progressive && n == len(d.comps) {
		return true, d.stream(comps[:n])
	}
	for _, c := range comps[:n] {
		if c.coefs == nil {
			c.coefs = make([]int16, 64*c.perRow*d.mcusY*c.v)
		}
	}
	return false, d.buffered(comps[:n], from, to, high, low)
}

// restartDue handles the marker that comes before MCU number i.
func (d *jpegDecoder) restartDue(i int, comps []*component) error {
	if d.interval == 0 || i == 0 || i%d.interval != 0 {
		return nil
	}
	if d.overrun() || !d.restart() {
		return errTruncated
	}
	for _, c := range comps {
		c.pred = 0
	}
	d.eobRun = 0
	return nil
}

// stream decodes the one scan of a sequential picture and hands on its rows.
func (d *jpegDecoder) stream(comps []*component) error {
	i := 0
	for my := range d.mcusY {
		if err := d.options.stopped(); err != nil {
			return err
		}
		for mx := range d.mcusX {
			if err := d.restartDue(i, comps); err != nil {
				return err
			}
			i++
			for _, c := range comps {
				for by := range c.v {
					at := by*c.size*c.stride + mx*c.h*c.size
					for range c.h {
						last := d.sequential(c)
						c.inverse(c.stripe[at:], c.stride, &d.block, last)
						at += c.size
					}
				}
			}
		}
		if d.overrun() {
			return errTruncated
		}
		d.emit(my)
	}
	return nil
}

// sequential decodes one block, dequantized, into d.block and returns the
// zigzag index of its last coefficient that isn't zero.
func (d *jpegDecoder) sequential(c *component) (last int) {
	b := &d.block
	*b = [64]int32{}
	q := &d.quant[c.quant&3]
	dc, ac := &d.huff[0][c.dc&3], &d.huff[1][c.ac&3]
	br := &d.bitReader

	br.refill()
	// The table has code and value at once where both fit into lutBits; else one is read after the
	// other.
	e := dc.lut[br.acc>>(64-lutBits)]
	diff := int32(e.value)
	if e.kind == entryWhole {
		br.drop(uint(e.n))
	} else {
		diff = br.extended(uint(dc.symbol(br)) & 15)
	}
	c.pred += diff
	b[0] = c.pred * q[0]

	// In local variables, which stay in registers; br's own are in memory. Written back before any
	// method of br.
	acc, n := br.acc, br.n
	for k := 1; k < 64; k++ {
		if n < 32 {
			br.acc, br.n = acc, n
			br.refill()
			acc, n = br.acc, br.n
		}
		e := ac.lut[acc>>(64-lutBits)]
		if e.kind == entryWhole {
			acc <<= e.n & 63
			n -= int(e.n)
			k += int(e.run)
			// A run may lead past 63 in broken data; the masks keep it in the tables without a branch.
			b[zigzag[k&127]&63] = int32(e.value) * q[k&63]
			last = k
			continue
		}
		br.acc, br.n = acc, n
		code := ac.symbol(br)
		size := uint(code & 15)
		k += int(code >> 4)
		if size == 0 {
			// A size of 0 is the end of the block, but for ZRL, which is sixteen zeros.
			if code>>4 != 15 {
				return min(last, 63)
			}
			acc, n = br.acc, br.n
			continue
		}
		v := br.extended(size)
		acc, n = br.acc, br.n
		b[zigzag[k&127]&63] = v * q[k&63]
		last = k
	}
	br.acc, br.n = acc, n
	return min(last, 63)
}

// buffered decodes one of several scans into the components' coefficients.
func (d *jpegDecoder) buffered(comps []*component, from, to int, high, low uint) error {
	one := func(c *component, index int) {
		b := (*[64]int16)(c.coefs[64*index:])
		switch {
		case !d.progressive:
			d.store(c, b)
		case from == 0:
			d.dcScan(c, b, high, low)
		case high == 0:
			d.acFirst(c, b, from, to, low)
		default:
			d.acRefine(c, b, from, to, low)
		}
	}
	// Not interleaved: rows of blocks as the component has them, without the padding of MCUs.
	if len(comps) == 1 {
		c := comps[0]
		for y := range c.blocksY {
			if err := d.options.stopped(); err != nil {
				return err
			}
			for x := range c.blocksX {
				if err := d.restartDue(y*c.blocksX+x, comps); err != nil {
					return err
				}
				one(c, y*c.perRow+x)
			}
			// Zeros are read past the end: checked once a row, not for each block.
			if d.overrun() {
				return errTruncated
			}
		}
		return nil
	}
	i := 0
	// Interleaved: each MCU has h × v blocks of every component (T.81, A.2.3).
	for my := range d.mcusY {
		if err := d.options.stopped(); err != nil {
			return err
		}
		for mx := range d.mcusX {
			if err := d.restartDue(i, comps); err != nil {
				return err
			}
			i++
			for _, c := range comps {
				for by := range c.v {
					for bx := range c.h {
						one(c, (my*c.v+by)*c.perRow+mx*c.h+bx)
					}
				}
			}
		}
		if d.overrun() {
			return errTruncated
		}
	}
	return nil
}

// store decodes a sequential block without dequantizing it.
func (d *jpegDecoder) store(c *component, b *[64]int16) {
	d.refill()
	c.pred += d.extended(uint(d.huff[0][c.dc&3].symbol(&d.bitReader)) & 15)
	b[0] = int16(c.pred)
	ac := &d.huff[1][c.ac&3]
	for k := 1; k < 64; k++ {
		d.refill()
		code := ac.symbol(&d.bitReader)
		k += int(code >> 4)
		if size := uint(code & 15); size != 0 {
			b[min(k, 63)] = int16(d.extended(size))
		} else if code>>4 != 15 {
			return
		}
	}
}
