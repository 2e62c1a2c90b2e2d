package imagefile

import "image"

// upsampled turns the planes of lossy WebP, which have a quarter as many samples of chroma, into
// colors as the reference decoder does: chroma between four samples is their mean with the weights
// 9, 3, 3 and 1 by distance, rounded in two steps, and the colors are the fixed-point sums of
// BT.601 in its studio range (luma 16 to 235, chroma 16 to 240). Other pictures stay.
func upsampled(m image.Image, o *Options) (image.Image, error) {
	var p *image.YCbCr
	var alpha *image.NYCbCrA
	switch m := m.(type) {
	case *image.YCbCr:
		p = m
	case *image.NYCbCrA:
		p, alpha = &m.YCbCr, m
	default:
		return m, nil
	}
	if p.SubsampleRatio != image.YCbCrSubsampleRatio420 {
		return m, nil
	}
	b := p.Bounds()
	w, h := b.Dx(), b.Dy()
	out := image.NewNRGBA(image.Rect(0, 0, w, h))
	u, v := make([]uint8, w), make([]uint8, w)
	for y := range h {
		if y%64 == 0 {
			if err := o.stopped(); err != nil {
				return nil, err
			}
		}
		near := y / 2   // the row of chroma that the row lies in
		far := near + 1 // the next nearest, above or below it
		if y%2 == 0 {
			far = near - 1
		}
		// At the edges the nearest row stands in for the one that is not there.
		far = max(0, min(far, (h-1)/2))
		// Vertically here, horizontally in between; libwebp rounds in the same two steps.
		at, beside := near*p.CStride, far*p.CStride
		n := (w + 1) / 2
		between(u, p.Cb[at:at+n], p.Cb[beside:beside+n])
		between(v, p.Cr[at:at+n], p.Cr[beside:beside+n])
		luma, row := p.Y[y*p.YStride:y*p.YStride+w], out.Pix[y*out.Stride:y*out.Stride+4*w]
		for x, l := range luma {
			row[4*x], row[4*x+1], row[4*x+2] = studioRGB(l, u[x], v[x])
			row[4*x+3] = 255
			if alpha != nil {
				row[4*x+3] = alpha.A[y*alpha.AStride+x]
			}
		}
	}
	return out, nil
}

// between fills a row of chroma from the two rows of samples that it lies between, nearer to near.
func between(dst, near, far []uint8) {
	w := len(dst)
	edge := func(k int) uint8 { return uint8((3*int(near[k]) + int(far[k]) + 2) >> 2) }
	dst[0] = edge(0)
	for k := 1; k <= (w-1)/2; k++ {
		a, b, c, d := int(near[k-1]), int(near[k]), int(far[k-1]), int(far[k])
		sum := a + b + c + d + 8
		// The two diagonals' means, each nearer to its own corners.
		other, own := (sum+2*(b+c))>>3, (sum+2*(a+d))>>3
		dst[2*k-1] = uint8((other + a) >> 1)
		dst[2*k] = uint8((own + b) >> 1)
	}
	if w%2 == 0 {
		dst[w-1] = edge((w - 1) / 2)
	}
}

// studioRGB returns the color of a luma and two chromas, in 14-bit fixed-point numbers that lose
// eight bits on the way.
func studioRGB(y, u, v uint8) (r, g, b uint8) {
	l := int(y) * 19077 >> 8
	clip := func(x int) uint8 { return uint8(max(0, min(x>>6, 255))) }
	return clip(l + int(v)*26149>>8 - 14234),
		clip(l - int(u)*6419>>8 - int(v)*13320>>8 + 8708),
		clip(l + int(u)*33050>>8 - 17685)
}
