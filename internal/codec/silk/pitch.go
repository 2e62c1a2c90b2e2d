package silk

// readPitch decodes the lags and the long-term filters of a voiced frame (RFC
// 6716, section 4.2.7.6).
func (c *channel) readPitch(d reader, how coding) {
	f := &c.frame
	delta := 0
	if how == conditional && c.voiced {
		delta = d.Symbol(pdfLagDelta)
	}
	if delta > 0 {
		c.lag += delta - 9
	} else {
		c.lag = d.Symbol(pdfLagHigh)*(c.rate/2) + d.Symbol(pdfLagLow[c.rate/4-2]) + 2*c.rate
	}
	contours := [2][2][][]int8{{contourNB10, contourNB20}, {contourWB10, contourWB20}}
	wide, long := 0, 0
	if c.rate > 8 {
		wide = 1
	}
	if f.subframes == 4 {
		long = 1
	}
	contour := contours[wide][long][d.Symbol(pdfContour[wide][long])]
	for k, offset := range contour {
		f.lags[k] = min(max(c.lag+int(offset), 2*c.rate), 18*c.rate)
	}
	periodicity := d.Symbol(pdfPeriodicity)
	for k := range f.subframes {
		for i, tap := range filters[periodicity][d.Symbol(pdfFilter[periodicity])] {
			f.taps[k][i] = int32(tap) << 7
		}
	}
	f.historyScale = 15565
	if how == independent {
		f.historyScale = [3]int32{15565, 12288, 8192}[d.Symbol(pdfLTPScale)]
	}
}
