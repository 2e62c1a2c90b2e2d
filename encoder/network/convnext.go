package network

import (
	"fmt"
	"math"

	"github.com/fusor-ml/fusor/internal/kernel"
)

// buildConvNeXt builds ConvNeXt (Liu et al. 2022) and ConvNeXt V2 (Woo et al. 2023), which has
// global response normalization in place of layer scale.
func buildConvNeXt(c *config, w *Weights, n *Network) {
	sizes := c.sizes("hidden_sizes", []int{96, 192, 384, 768}, 16, maxWidth)
	depths := c.sizes("depths", []int{3, 3, 9, 3}, 16, maxLayers)
	patch := c.size("patch_size", 4, 64)
	act := c.activation("hidden_act", "gelu")
	last := c.epsilon("layer_norm_eps", 1e-12)
	second := n.Architecture == "convnextv2"
	// A value of 0 means no layer scale in transformers, and files then have none.
	scaled := !second && c.flagScale("layer_scale_init_value", 1e-6)
	c.only("num_channels", "3")
	if stages := c.size("num_stages", len(sizes), 16); len(sizes) != len(depths) || stages != len(sizes) {
		c.fail("num_stages is %d, hidden_sizes has %d entries and depths %d", stages, len(sizes), len(depths))
	}
	// Before the weights, whose names and shapes follow from the configuration.
	if c.err != nil {
		return
	}
	const eps = 1e-6 // of all norms but the last
	w.under("embeddings.patch_embeddings.weight", "", n.Architecture+".", "model.", "backbone.")
	w.own([]string{"embeddings.", "encoder.", "layernorm."})
	stem := w.conv("embeddings.patch_embeddings", 3, sizes[0], patch, patch, 0, nil, w.values("embeddings.patch_embeddings.bias", sizes[0]))
	// Every stage but the first halves the picture.
	t := &cnn{least: patch << (len(sizes) - 1), steps: []step{stem.run, w.norm("embeddings.layernorm", sizes[0], eps).step}}
	in := sizes[0]
	for i, size := range sizes {
		at := fmt.Sprintf("encoder.stages.%d.", i)
		if i > 0 {
			down := w.conv(at+"downsampling_layer.1", in, size, 2, 2, 0, nil, w.values(at+"downsampling_layer.1.bias", size))
			t.steps = append(t.steps, w.norm(at+"downsampling_layer.0", in, eps).step, down.run)
		}
		in = size
		for j := range depths[i] {
			if w.err != nil {
				return
			}
			at := fmt.Sprintf("%slayers.%d.", at, j)
			depthwise := w.depthwise(at+"dwconv", size, 7, 3)
			pre := w.norm(at+"layernorm", size, eps)
			up := w.linear(at+"pwconv1", size, 4*size, true)
			branch := []step{depthwise.run, pre.step, up.step, activate(act)}
			// Layer scale is folded into the second pointwise layer, which is linear.
			var scale []float32
			if second {
				branch = append(branch, w.responseNorm(at+"grn", 4*size))
			} else if scaled {
				scale = w.values(at+"layer_scale_parameter", size)
			}
			branch = append(branch, w.scaled(at+"pwconv2", 4*size, size, true, scale).step)
			t.steps = append(t.steps, residual(nil, nil, branch...))
			t.info.Layers++
		}
	}
	t.post = w.norm("layernorm", in, last)
	t.info.Dim, t.info.Pooled, t.info.Embed, t.info.AnySize = in, in, in, true
	n.Vision = t
}

// flagScale reports whether a layer scale with this initial value exists: if it is above 0.
func (c *config) flagScale(key string, def float64) bool {
	v := def
	c.get(key, &v)
	return v > 0
}

// step applies the norm to every position.
func (n *norm) step(s *Scratch, in plane) plane {
	n.apply(s, in.x, in.x, in.h*in.w)
	return in
}

// step applies the layer to every position.
func (l *linear) step(s *Scratch, in plane) plane {
	rows := in.h * in.w
	out := plane{in.h, in.w, l.out, s.take(rows * l.out)}
	l.apply(out.x, l.out, in.x, l.in, rows)
	return out
}

// depthwise is a convolution of each channel by itself, of stride 1.
type depthwise struct {
	k, pad int
	w      []float32 // [k, k, c]
	b      []float32
}

func (w *Weights) depthwise(name string, c, k, pad int) *depthwise {
	raw := w.values(name+".weight", c, 1, k, k)
	d := &depthwise{k: k, pad: pad, w: make([]float32, len(raw)), b: w.values(name+".bias", c)}
	if w.err != nil {
		return d
	}
	for i := range c {
		for p := range k * k {
			d.w[p*c+i] = raw[i*k*k+p]
		}
	}
	return d
}

// run returns the convolution of in.
func (d *depthwise) run(s *Scratch, in plane) plane {
	c := in.c
	out := plane{in.h + 2*d.pad - d.k + 1, in.w + 2*d.pad - d.k + 1, c, nil}
	out.x = s.take(out.h * out.w * c)
	for y := range out.h {
		for x := range out.w {
			to := out.x[(y*out.w+x)*c:][:c]
			copy(to, d.b)
			for ky := max(d.pad-y, 0); ky < min(d.k, in.h+d.pad-y); ky++ {
				for kx := max(d.pad-x, 0); kx < min(d.k, in.w+d.pad-x); kx++ {
					from := in.x[((y+ky-d.pad)*in.w+x+kx-d.pad)*c:][:c]
					kernel.MulAdd(to, from, d.w[(ky*d.k+kx)*c:][:c])
				}
			}
		}
	}
	return out
}

// responseNorm reads a global response normalization as a step in place.
func (w *Weights) responseNorm(name string, c int) step {
	weight, bias := w.values(name+".weight", 1, 1, 1, c), w.values(name+".bias", 1, 1, 1, c)
	return func(s *Scratch, in plane) plane {
		mark := s.mark()
		defer s.release(mark)
		f := s.take(c)
		clear(f)
		kernel.ColDot(f, in.x, in.x)
		mean := 0.0
		for i, v := range f {
			f[i] = float32(math.Sqrt(float64(v)))
			mean += float64(f[i])
		}
		mean = mean/float64(c) + 1e-6
		for i, v := range f {
			f[i] = float32(float64(weight[i])*float64(v)/mean) + 1
		}
		kernel.MulRow(in.x, in.x, f)
		kernel.AddRow(in.x, in.x, bias)
		return in
	}
}
