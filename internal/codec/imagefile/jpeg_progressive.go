package imagefile

// The four procedures of T.81 annex G. Coefficients stand in zigzag order.

// dcScan decodes the mean of a block, or one more bit of it.
func (d *jpegDecoder) dcScan(c *component, b *[64]int16, high, low uint) {
	d.refill()
	if high != 0 {
		b[0] |= int16(d.bits(1) << low)
		return
	}
	c.pred += d.extended(uint(d.huff[0][c.dc&3].symbol(&d.bitReader)) & 15)
	b[0] = int16(c.pred << low)
}

// acFirst decodes the first bits of the coefficients from … to.
func (d *jpegDecoder) acFirst(c *component, b *[64]int16, from, to int, low uint) {
	if d.eobRun > 0 {
		d.eobRun--
		return
	}
	ac := &d.huff[1][c.ac&3]
	for k := from; k <= to; k++ {
		d.refill()
		code := ac.symbol(&d.bitReader)
		run, size := code>>4, uint(code&15)
		if size == 0 {
			if run < 15 {
				d.eobRun = 1<<run - 1 + int(d.bits(uint(run)))
				return
			}
			k += 15
			continue
		}
		k += int(run)
		if k > 63 {
			return
		}
		b[k] = int16(d.extended(size) << low)
	}
}

// acRefine adds one bit to the coefficients from … to.
func (d *jpegDecoder) acRefine(c *component, b *[64]int16, from, to int, low uint) {
	bit := int16(1) << low
	k := from
	if d.eobRun == 0 {
		ac := &d.huff[1][c.ac&3]
		for k <= to {
			d.refill()
			code := ac.symbol(&d.bitReader)
			run, size := int(code>>4), code&15
			var fresh int16
			if size == 0 {
				if run < 15 {
					d.eobRun = 1<<run + int(d.bits(uint(run)))
					break
				}
			} else if d.bits(1) != 0 {
				fresh = bit
			} else {
				fresh = -bit
			}
			k = d.refineRun(b, k, to, run, bit)
			if k <= to && fresh != 0 {
				b[k] = fresh
			}
			k++
		}
	}
	if d.eobRun > 0 {
		d.eobRun--
		d.refineRun(b, k, to, -1, bit)
	}
}

// refineRun takes a bit for every coefficient that isn't zero, past zeros that
// are, and returns where it stopped.
func (d *jpegDecoder) refineRun(b *[64]int16, k, to, zeros int, bit int16) int {
	for ; k <= to; k++ {
		v := b[k&63]
		if v == 0 {
			if zeros == 0 {
				break
			}
			zeros--
			continue
		}
		d.refill()
		if d.bits(1) != 0 && v&bit == 0 {
			if v > 0 {
				b[k&63] = v + bit
			} else {
				b[k&63] = v - bit
			}
		}
	}
	return k
}

// output transforms the stored coefficients and hands on the rows.
func (d *jpegDecoder) output() error {
	for my := range d.mcusY {
		if err := d.options.stopped(); err != nil {
			return err
		}
		for i := range d.comps {
			c := &d.comps[i]
			q := &d.quant[c.quant&3]
			for by := range c.v {
				row := (my*c.v + by) * c.perRow
				for bx := range c.perRow {
					in := (*[64]int16)(c.coefs[64*(row+bx):])
					last := 63
					for last > 0 && in[last] == 0 {
						last--
					}
					d.block = [64]int32{}
					for k := range last + 1 {
						d.block[zigzag[k]] = int32(in[k]) * q[k&63]
					}
					c.inverse(c.stripe[by*c.size*c.stride+bx*c.size:], c.stride, &d.block, last)
				}
			}
		}
		d.emit(my)
	}
	return nil
}
