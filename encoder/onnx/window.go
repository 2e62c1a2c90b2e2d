package onnx

// window is the sliding window of a convolution or a pool over one or two axes; one axis is the
// second of two, the first having the length 1.
type window struct {
	axes             int
	size             [2]int
	stride, dilation [2]int
	begin, end       [2]int // padding
	auto             string
	ceil             bool
}

// newWindow reads the attributes; size is known for convolutions, else kernel_shape has it.
func newWindow(b *builder, size []int) *window {
	shape := b.ints("kernel_shape")
	if size == nil {
		size = shape
	}
	if shape != nil && !same(shape, size) {
		failf("kernel_shape is %v, but the weights have %v", shape, size)
	}
	w := &window{axes: len(size), auto: b.string("auto_pad", "NOTSET")}
	if w.axes != 1 && w.axes != 2 {
		failf("a window over %d axes is not supported", w.axes)
	}
	w.size = [2]int{1, 1}
	copy(w.size[2-w.axes:], size)
	pads := b.ints("pads")
	if pads == nil {
		pads = make([]int, 2*w.axes)
	}
	if len(pads) != 2*w.axes {
		failf("pads is %v", pads)
	}
	copy(w.begin[2-w.axes:], pads[:w.axes])
	copy(w.end[2-w.axes:], pads[w.axes:])
	w.stride, w.dilation = w.pair(b, "strides"), w.pair(b, "dilations")
	for i := range 2 {
		if w.size[i] < 1 || w.size[i] > 1<<20 || w.begin[i] < 0 || w.end[i] < 0 || w.begin[i] > 1<<40 || w.end[i] > 1<<40 {
			failf("a window of %v with the pads %v is not supported", size, pads)
		}
	}
	switch w.auto {
	case "NOTSET", "SAME_UPPER", "SAME_LOWER":
	case "VALID":
		w.begin, w.end = [2]int{}, [2]int{}
	default:
		failf("auto_pad = %q is not supported", w.auto)
	}
	return w
}

// pair reads one positive number for each axis.
func (w *window) pair(b *builder, name string) [2]int {
	p := [2]int{1, 1}
	list := b.ints(name)
	if list == nil {
		return p
	}
	if len(list) != w.axes {
		failf("%s is %v", name, list)
	}
	for i, v := range list {
		if v < 1 || v > 1<<30 {
			failf("%s is %v", name, list)
		}
		p[2-w.axes+i] = v
	}
	return p
}

// placed is a window on an input of known size.
type placed struct {
	window
	in, out [2]int
}

// place computes the size of the result.
func (w *window) place(shape []int) placed {
	if len(shape) != 2+w.axes {
		failf("a window over %d axes of the shape %v", w.axes, shape)
	}
	p := placed{window: *w, in: [2]int{1, 1}}
	copy(p.in[2-w.axes:], shape[2:])
	for i := range 2 {
		reach := (p.size[i]-1)*p.dilation[i] + 1
		if w.auto == "SAME_UPPER" || w.auto == "SAME_LOWER" {
			p.out[i] = (p.in[i] + p.stride[i] - 1) / p.stride[i]
			total := max(0, (p.out[i]-1)*p.stride[i]+reach-p.in[i])
			p.begin[i] = total / 2
			if w.auto == "SAME_LOWER" {
				p.begin[i] = total - total/2
			}
			p.end[i] = total - p.begin[i]
			continue
		}
		room := p.in[i] + p.begin[i] + p.end[i] - reach
		if room < 0 {
			failf("a window of %v does not fit into the shape %v", w.size[2-w.axes:], shape)
		}
		p.out[i] = room/p.stride[i] + 1
		// A window more at the end, unless it would start in the padding.
		if w.ceil && room%p.stride[i] != 0 && p.out[i]*p.stride[i] < p.in[i]+p.begin[i] {
			p.out[i]++
		}
	}
	return p
}

// shape is the shape of a result with the given channels.
func (p *placed) shape(n, channels int) []int {
	return append([]int{n, channels}, p.out[2-p.axes:]...)
}

// taps returns which elements of a window at output position o along axis i lie in the input.
func (p *placed) taps(i, o int) (first, from, to int) {
	first = o*p.stride[i] - p.begin[i]
	from = 0
	if first < 0 {
		from = (-first + p.dilation[i] - 1) / p.dilation[i]
	}
	to = p.size[i]
	if last := first + (to-1)*p.dilation[i]; last >= p.in[i] {
		to = max(from, (p.in[i]-first+p.dilation[i]-1)/p.dilation[i])
	}
	return first, min(from, to), to
}
