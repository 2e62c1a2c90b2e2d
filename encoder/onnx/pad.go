package onnx

import "slices"

// buildPad adds or cuts elements at the ends of axes, by attributes before opset 11.
func buildPad(b *builder) runner {
	mode := b.string("mode", "constant")
	switch mode {
	case "constant", "reflect", "edge":
	case "wrap":
		if b.opset < 19 {
			failf("mode = %q is not supported at opset %d", mode, b.opset)
		}
	default:
		failf("mode = %q is not supported", mode)
	}
	if b.opset < 11 {
		pads := b.ints("pads")
		value := NewTensor([]float32{float32(b.float("value", 0))})
		return func(c *call) { c.pad(mode, pads, value, nil) }
	}
	return func(c *call) {
		var axes []int
		if t := c.arg(3); t != nil {
			axes = t.ints()
		}
		c.pad(mode, c.in[1].ints(), c.arg(2), axes)
	}
}

// pad makes output 0 of input 0: before and after each axis named, all if none are.
func (c *call) pad(mode string, pads []int, value *Tensor, axes []int) {
	t := c.in[0]
	rank := len(t.Shape)
	before, after := make([]int, rank), make([]int, rank)
	n := rank
	if axes != nil {
		n = len(axes)
		// Checks that no axis is named twice.
		axisSet(axes, rank)
	}
	if len(pads) != 2*n {
		failf("%d pads for %d axes", len(pads), n)
	}
	for i := range n {
		a := i
		if axes != nil {
			a = axis(axes[i], rank)
		}
		before[a], after[a] = pads[i], pads[n+i]
	}
	shape := make([]int, rank)
	for i, d := range t.Shape {
		// So that the sum cannot overflow; the count is checked by alloc.
		if before[i] > 1<<40 || after[i] > 1<<40 || before[i] < -1<<40 || after[i] < -1<<40 {
			failf("the pads %v are too large", pads)
		}
		if shape[i] = d + before[i] + after[i]; shape[i] < 0 {
			failf("the pads %v leave nothing of the shape %v", pads, t.Shape)
		}
	}
	lies := t.Shape
	out := c.alloc(t.Type, shape...)
	// Channels last: axes change places, elements stay.
	if out.last = t.last; out.last {
		lies, shape, before = lastShape(t.Shape), lastShape(shape), lastShape(before)
	}
	c.out[0] = out
	fill := make([]byte, t.Type.held())
	if value != nil {
		if value.Type != t.Type || value.Len() != 1 {
			failf("the value is %v of shape %v", value.Type, value.Shape)
		}
		copy(fill, raw(value))
	}
	// One table for each axis: modes differ in it alone, and the copy is the same for all.
	source := make([][]int, rank) // of each element along an axis, -1 for the value
	for i, d := range shape {
		source[i] = make([]int, d)
		first := max(0, -before[i]) // what is cut off does not come back
		left := min(lies[i], d-before[i]) - first
		for j := range source[i] {
			source[i][j] = padSource(mode, j-before[i]-first, max(left, 0))
			if source[i][j] >= 0 {
				source[i][j] += first
			}
		}
	}
	if out.Len() > 0 {
		fillPadded(raw(out), raw(t), fill, shape, strides(lies), source)
	}
}

// padSource is the place in an axis of length d that is at place i.
func padSource(mode string, i, d int) int {
	if i >= 0 && i < d {
		return i
	}
	if mode == "constant" {
		return -1
	}
	if d == 0 {
		failf("an axis of length 0 cannot be padded by %s", mode)
	}
	switch mode {
	case "edge":
		return min(max(i, 0), d-1)
	case "wrap":
		return ((i % d) + d) % d
	}
	if d == 1 {
		return 0
	}
	period := 2 * (d - 1)
	i = ((i % period) + period) % period
	return min(i, period-i)
}

// fillPadded sets dst line by line.
func fillPadded(dst, src, fill []byte, shape, step []int, source [][]int) {
	w, last := len(fill), len(shape)-1
	if last < 0 {
		copy(dst, src)
		return
	}
	// The longest stretch of the last axis that is copied as it is.
	inner := source[last]
	from := slices.IndexFunc(inner, func(s int) bool { return s >= 0 })
	run := 0
	for from >= 0 && from+run < len(inner) && inner[from+run] == inner[from]+run {
		run++
	}
	line := len(inner) * w
	eachIndex(shape[:last], func(n int, at []int) {
		to := dst[n*line : (n+1)*line]
		base, outside := 0, false
		for i, j := range at {
			s := source[i][j]
			outside = outside || s < 0
			base += s * step[i]
		}
		for j := 0; j < len(inner); j++ {
			switch {
			case outside || inner[j] < 0:
				copy(to[j*w:(j+1)*w], fill)
			case j == from && run > 1:
				p := (base + inner[j]) * w
				copy(to[j*w:(j+run)*w], src[p:p+run*w])
				j += run - 1
			default:
				p := (base + inner[j]) * w
				copy(to[j*w:(j+1)*w], src[p:p+w])
			}
		}
	})
}
