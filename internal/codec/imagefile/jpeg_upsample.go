package imagefile

// Chroma of half the width or height is interpolated as libjpeg does it ("fancy upsampling"): an
// output sample is three parts of the nearer and one part of the further input sample, in each
// direction. Pretrained networks have seen pictures that were decoded so. Other ratios repeat.

// upsampling is how a component comes to the size of the picture.
type upsampling struct {
	factorX, factorY      int
	smoothX, smoothY      bool
	width, height         int     // samples that belong to the picture
	above, current, below []uint8 // stripes of rows of MCUs; nil at the picture's edges
}

// planUpsampling chooses the way of each component. It reports whether rows of MCUs are needed
// together with their neighbors.
func (d *jpegDecoder) planUpsampling() (context bool) {
	for i := range d.comps {
		c := &d.comps[i]
		u := &c.up
		*u = upsampling{factorX: d.hMax * d.scale / (c.h * c.size), factorY: d.vMax * d.scale / (c.v * c.size)}
		u.width = (d.sink.width + u.factorX - 1) / u.factorX
		u.height = ((d.height*d.scale+7)/8 + u.factorY - 1) / u.factorY
		u.smoothX = u.factorX == 2 && u.factorY <= 2 && u.width > 2 && d.scale == 8
		u.smoothY = u.factorY == 2 && (u.factorX == 1 || u.smoothX) && d.scale == 8
		if u.factorY == 2 && !u.smoothY {
			u.smoothX = false
		}
		context = context || u.smoothY
	}
	return context
}

// emit hands on the rows of MCU row my, or keeps them until the next one is there.
func (d *jpegDecoder) emit(my int) {
	if !d.context {
		for i := range d.comps {
			d.comps[i].up.current = d.comps[i].stripe
		}
		d.paint(my)
		return
	}
	last := my == d.mcusY-1
	if my > 0 {
		for i := range d.comps {
			c := &d.comps[i]
			c.up.current, c.up.below = c.held, c.stripe
			if c.up.above = c.older; my == 1 {
				c.up.above = nil
			}
		}
		d.paint(my - 1)
	}
	if last {
		for i := range d.comps {
			c := &d.comps[i]
			c.up.current, c.up.below = c.stripe, nil
			if c.up.above = c.held; my == 0 {
				c.up.above = nil
			}
		}
		d.paint(my)
		return
	}
	for i := range d.comps { // the oldest stripe is written next
		c := &d.comps[i]
		c.stripe, c.held, c.older = c.older, c.stripe, c.held
	}
}

// row returns sample row y of the component's plane near the current stripe, of MCU row my.
func (c *component) row(my, y int) []uint8 {
	y = min(max(y, 0), c.up.height-1)
	rows := c.v * c.size
	stripe := c.up.current
	switch first := my * rows; {
	case y < first && c.up.above != nil:
		stripe = c.up.above
	case y >= first+rows && c.up.below != nil:
		stripe = c.up.below
	}
	at := y % rows * c.stride
	return stripe[at : at+c.stride]
}

// line writes row y of the picture, of MCU row my, to dst, or returns the row where nothing is to
// be done.
func (c *component) line(dst []uint8, my, y int) []uint8 {
	u := &c.up
	near := c.row(my, y/u.factorY)
	if !u.smoothY {
		switch {
		case u.factorX == 1:
			return near
		case u.smoothX:
			smoothRow(dst, near[:u.width])
			return dst
		}
		return widen(dst, near, u.factorX)
	}
	far, bias := c.row(my, y/2-1), 1
	if y&1 == 1 {
		far, bias = c.row(my, y/2+1), 2
	}
	if u.factorX == 1 {
		for i, v := range near[:u.width] {
			dst[i] = uint8((3*int(v) + int(far[i]) + bias) >> 2)
		}
		return dst
	}
	smoothRows(dst, near[:u.width], far[:u.width])
	return dst
}

// smoothRow interpolates a row to twice its width.
func smoothRow(dst, src []uint8) {
	n := len(src)
	dst, src = dst[:2*n], src[:n]
	dst[0], dst[2*n-1] = src[0], src[n-1]
	for i := range n - 1 {
		a, b := uint(src[i]), uint(src[i+1])
		dst[2*i+1] = uint8((3*a + b + 2) >> 2)
		dst[2*i+2] = uint8((3*b + a + 1) >> 2)
	}
}

// smoothRows interpolates a row to twice its width, near the row far.
func smoothRows(dst, near, far []uint8) {
	n := len(near)
	dst, far = dst[:2*n], far[:n]
	this := 3*uint(near[0]) + uint(far[0])
	dst[0] = uint8((4*this + 8) >> 4)
	for i := range n - 1 {
		next := 3*uint(near[i+1]) + uint(far[i+1])
		dst[2*i+1] = uint8((3*this + next + 7) >> 4)
		dst[2*i+2] = uint8((3*next + this + 8) >> 4)
		this = next
	}
	dst[2*n-1] = uint8((4*this + 7) >> 4)
}

// widen repeats every sample factor times.
func widen(dst, src []uint8, factor int) []uint8 {
	for i, v := range src {
		if (i+1)*factor > len(dst) {
			break
		}
		out := dst[i*factor : (i+1)*factor]
		for j := range out {
			out[j] = v
		}
	}
	return dst
}
