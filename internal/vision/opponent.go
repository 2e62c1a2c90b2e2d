package vision

// Opponents returns the planes (R-G)/2+128 and (R+G-2B)/4+128: the opponent
// colors of K. van de Sande, T. Gevers and C. Snoek, "Evaluating color
// descriptors for object and scene recognition", PAMI 32 (2010), scaled to bytes.
func Opponents(r, g, b []uint8) (redGreen, yellowBlue []uint8) {
	n := len(r)
	buf := make([]uint8, 2*n)
	redGreen, yellowBlue = buf[:n:n], buf[n:]
	g, b = g[:n], b[:n]
	for i, v := range r {
		rr, gg, bb := int(v), int(g[i]), int(b[i])
		redGreen[i] = uint8((rr - gg + 256) >> 1)
		yellowBlue[i] = uint8((rr + gg - 2*bb + 512) >> 2)
	}
	return redGreen, yellowBlue
}
