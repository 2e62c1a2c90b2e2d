package onnx

import (
	"math"
	"slices"
)

// resizing is how Resize maps axes.
type resizing struct {
	mode, coordinates, nearest string
	cubic                      float64
	antialias, exclude         bool
}

func buildUpsample(b *builder) runner {
	r := resizing{mode: b.string("mode", "nearest"), coordinates: "asymmetric", nearest: "simple"}
	r.check()
	return func(c *call) { c.resize(&r, c.in[1].f32(), nil, nil) }
}

func buildResize(b *builder) runner {
	r := resizing{mode: b.string("mode", "nearest"), coordinates: "asymmetric", nearest: "simple"}
	if b.opset < 11 {
		r.check()
		return func(c *call) { c.resize(&r, c.in[1].f32(), nil, nil) }
	}
	r.coordinates = b.string("coordinate_transformation_mode", "half_pixel")
	if r.nearest = b.string("nearest_mode", "round_prefer_floor"); r.nearest == "simple" {
		failf("nearest_mode = %q is not supported", r.nearest)
	}
	r.cubic = b.float("cubic_coeff_a", -0.75)
	r.exclude = b.flag("exclude_outside", false)
	b.ignore("extrapolation_value") // of tf_crop_and_resize alone
	var axes []int
	if b.opset >= 18 {
		r.antialias = b.flag("antialias", false)
		axes = b.ints("axes")
		if p := b.string("keep_aspect_ratio_policy", "stretch"); p != "stretch" {
			failf("keep_aspect_ratio_policy = %q is not supported", p)
		}
	}
	r.check()
	return func(c *call) {
		var scales []float32
		var sizes []int
		if t := c.arg(2); t != nil && t.Len() > 0 {
			scales = t.f32()
		}
		if t := c.arg(3); t != nil && t.Len() > 0 {
			sizes = t.ints()
		}
		c.resize(&r, scales, sizes, axes)
	}
}

// check reports a mode that is not known.
func (r *resizing) check() {
	if r.mode == "bilinear" {
		r.mode = "linear"
	}
	for what, v := range map[string][]string{
		r.mode: {"nearest", "linear", "cubic"},
		r.coordinates: {
			"half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric", "half_pixel_symmetric", "tf_half_pixel_for_nn",
		},
		r.nearest: {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil", "simple"},
	} {
		if !slices.Contains(v, what) {
			failf("the mode %q is not supported", what)
		}
	}
	if r.antialias && r.mode == "nearest" {
		failf("antialias = 1 with the mode nearest is not supported")
	}
}

// tapSet is how each element along an axis is made: count places of the input and their weights.
type tapSet struct {
	count   int
	places  []int
	weights []float32
}

// resize makes output 0 of input 0.
func (c *call) resize(r *resizing, scales []float32, sizes, axes []int) {
	t := c.in[0]
	rank := len(t.Shape)
	n := len(scales) + len(sizes)
	if scales != nil && sizes != nil || n == 0 {
		failf("either scales or sizes are needed")
	}
	if axes == nil {
		for i := range rank {
			axes = append(axes, i)
		}
	}
	axisSet(axes, rank)
	if n != len(axes) {
		failf("%d scales or sizes for %d axes", n, len(axes))
	}
	scale, shape := make([]float32, rank), slices.Clone(t.Shape)
	for i := range scale {
		scale[i] = 1
	}
	for i, a := range axes {
		a = axis(a, rank)
		if scales != nil {
			scale[a] = scales[i]
			// Scales are float32, and their product with the size is rounded to float32 before it is cut.
			to := math.Floor(float64(float32(t.Shape[a]) * scales[i]))
			if !(scales[i] > 0) || !(to < 1<<40) {
				failf("a scale of %v", scales[i])
			}
			shape[a] = int(to)
			continue
		}
		if shape[a] = sizes[i]; sizes[i] < 0 || sizes[i] > 1<<40 || t.Shape[a] == 0 {
			failf("a size of %d from %d", sizes[i], t.Shape[a])
		}
		scale[a] = float32(sizes[i]) / float32(t.Shape[a])
	}
	// Before anything is allocated.
	if _, ok := count(shape); !ok {
		failf("its result would have the shape %v", shape)
	}
	x := t
	// Separable: one axis after the other.
	for a := range rank {
		if scale[a] == 1 && shape[a] == t.Shape[a] {
			continue
		}
		next := slices.Clone(x.Shape)
		next[a] = shape[a]
		y := c.alloc(t.Type, next...)
		s := r.taps(t.Shape[a], shape[a], scale[a])
		resample(c, y, x, a, s)
		if x != t && x.buf != nil {
			c.scratch = append(c.scratch, x.buf)
		}
		x = y
	}
	if x == t {
		x = c.view(t, t.Shape...)
	}
	c.out[0] = x
}

// taps finds what the elements of an axis are made of.
func (r *resizing) taps(from, to int, scale float32) tapSet {
	if to > 0 && from == 0 {
		failf("an axis of length 0 is resized")
	}
	// A filter's support in elements; shrinking with antialias stretches it (as Pillow does).
	reach, stretch := 1, 1.0
	if r.mode == "cubic" {
		reach = 2
	}
	if r.antialias && scale < 1 {
		stretch = 1 / float64(scale)
	}
	s := tapSet{count: 1}
	if r.mode != "nearest" {
		s.count = 2 * reach
		if r.antialias {
			// One more than its width, since it begins between elements.
			s.count = 2*int(math.Ceil(float64(reach)*stretch)) + 1
		}
	}
	if s.count > 1<<16 {
		failf("a scale of %v", scale)
	}
	s.places, s.weights = make([]int, to*s.count), make([]float32, to*s.count)
	for i := range to {
		at := r.coordinate(i, from, to, scale)
		places, weights := s.places[i*s.count:(i+1)*s.count], s.weights[i*s.count:(i+1)*s.count]
		switch {
		// No weights: the place is rounded as nearest_mode has it.
		case r.mode == "nearest":
			places[0], weights[0] = min(max(r.round(at, scale), 0), from-1), 1
			continue
		case r.antialias:
			r.wide(places, weights, float64(at), float64(reach)*stretch, stretch)
		default:
			first := int(math.Floor(float64(at))) - reach + 1
			for j := range places {
				places[j] = first + j
				weights[j] = float32(r.weight(math.Abs(float64(at) - float64(first+j))))
			}
		}
		sum := float32(0)
		for j, p := range places {
			// exclude_outside: elements beyond the edge have no weight; else the edge is repeated.
			if r.exclude && (p < 0 || p >= from) {
				weights[j] = 0
			}
			sum += weights[j]
			places[j] = min(max(p, 0), from-1)
		}
		if r.exclude || r.antialias {
			for j := range weights {
				weights[j] /= sum
			}
		}
	}
	return s
}

// wide sets the taps of a window that grows as a picture shrinks, as PIL has them.
func (r *resizing) wide(places []int, weights []float32, at, support, stretch float64) {
	center := at + 0.5
	first, end := int(math.Floor(center-support+0.5)), int(math.Floor(center+support+0.5))
	for j := range places {
		places[j] = first + j
		weights[j] = 0
		if first+j < end {
			weights[j] = float32(r.weight(math.Abs((float64(first+j) - center + 0.5) / stretch)))
		}
	}
}

// weight is the filter at a distance.
func (r *resizing) weight(d float64) float64 {
	if r.mode == "linear" {
		return max(0, 1-d)
	}
	a := r.cubic
	switch {
	case d <= 1:
		return ((a+2)*d-(a+3))*d*d + 1
	case d < 2:
		return ((a*d-5*a)*d+8*a)*d - 4*a
	}
	return 0
}

// coordinate is the place in the input that element i of the output lies at, in float32 as in
// onnxruntime, so that places between two elements round alike.
func (r *resizing) coordinate(i, from, to int, scale float32) float32 {
	x := float32(i)
	switch r.coordinates {
	case "half_pixel":
		return (x+0.5)/scale - 0.5
	case "pytorch_half_pixel":
		if to <= 1 {
			return 0
		}
		return (x+0.5)/scale - 0.5
	case "align_corners":
		if to == 1 {
			return 0
		}
		return x * float32(from-1) / float32(to-1)
	case "half_pixel_symmetric":
		adjust := float32(to) / (scale * float32(from))
		center := float32(from) / 2
		return center*(1-adjust) + (x+0.5)/scale - 0.5
	case "tf_half_pixel_for_nn":
		return (x + 0.5) / scale
	}
	return x / scale
}

// round is the nearest element.
func (r *resizing) round(x, scale float32) int {
	v := float64(x)
	switch r.nearest {
	case "floor":
		return int(math.Floor(v))
	case "ceil":
		return int(math.Ceil(v))
	case "simple": // before opset 11
		if scale < 1 {
			return int(math.Ceil(v))
		}
		return int(math.Floor(v))
	case "round_prefer_ceil":
		return int(math.Floor(v + 0.5))
	}
	return int(math.Ceil(v - 0.5))
}

// resample makes y of x along axis a.
func resample(c *call, y, x *Tensor, a int, s tapSet) {
	outer, from, to, inner := size(x.Shape[:a]), x.Shape[a], y.Shape[a], size(x.Shape[a+1:])
	if y.Len() == 0 {
		return
	}
	if s.count == 1 {
		w := x.Type.held() * inner
		src, dst := raw(x), raw(y)
		for o := range outer {
			for i := range to {
				copy(dst[(o*to+i)*w:(o*to+i+1)*w], src[(o*from+s.places[i])*w:])
			}
		}
		return
	}
	src, dst := x.f32(), y.f32()
	c.parallel(outer, max(1, grain/(to*inner)), func(first, end int) {
		for o := first; o < end; o++ {
			for i := range to {
				row := dst[(o*to+i)*inner : (o*to+i+1)*inner]
				clear(row)
				for j := i * s.count; j < (i+1)*s.count; j++ {
					f, at := s.weights[j], (o*from+s.places[j])*inner
					for k, v := range src[at : at+inner] {
						row[k] += f * v
					}
				}
			}
		}
	})
}
