package network

import (
	"fmt"
	"math"
	"slices"

	"github.com/fusor-ml/fusor/internal/kernel"
)

// waveform is wav2vec 2.0 (Baevski et al. 2020) and HuBERT (Hsu et al. 2021): convolutions over the
// waveform, then a transformer with a convolution as positions.
type waveform struct {
	info      TowerInfo
	convs     []*conv1d
	norms     []*norm // of the outputs of convs, nil: none
	grouped   bool    // norms[0] normalizes each channel over time
	convAct   activation
	projNorm  *norm // nil: none
	project   *linear
	positions *groupConv
	embedNorm *norm // before the layers, nil: none
	layers    stack
	final     *norm // behind the layers, nil: none
}

func buildWav2Vec2(c *config, w *Weights, n *Network) {
	dim, layers := c.size("hidden_size", 768, maxWidth), c.size("num_hidden_layers", 12, maxLayers)
	heads, inner := c.heads("num_attention_heads", 12, dim), c.size("intermediate_size", 3072, maxInner)
	widths := c.sizes("conv_dim", []int{512, 512, 512, 512, 512, 512, 512}, 32, maxWidth)
	kernels := c.sizes("conv_kernel", []int{10, 3, 3, 3, 3, 2, 2}, 32, 1<<12)
	strides := c.sizes("conv_stride", []int{5, 2, 2, 2, 2, 2, 2}, 32, 1<<12)
	bias, kind := c.flag("conv_bias", false), c.text("feat_extract_norm", "group")
	taps, groups := c.size("num_conv_pos_embeddings", 128, 1<<12), c.size("num_conv_pos_embedding_groups", 16, 1<<12)
	eps, stable := c.epsilon("layer_norm_eps", 1e-5), c.flag("do_stable_layer_norm", false)
	act := c.activation("hidden_act", "gelu")
	t := &waveform{convAct: c.activation("feat_extract_activation", "gelu"), layers: stack{dim: dim, pre: stable}}
	// Only HuBERT's configuration can leave it out.
	projNorm := n.Architecture != "hubert" || c.flag("feat_proj_layer_norm", true)
	c.empty("add_adapter", "adapter_attn_dim", "conv_pos_batch_norm")
	switch {
	case len(kernels) != len(widths) || len(strides) != len(widths) || c.size("num_feat_extract_layers", len(widths), 32) != len(widths):
		c.fail("conv_dim has %d entries, conv_kernel %d and conv_stride %d", len(widths), len(kernels), len(strides))
	case kind != "group" && kind != "layer":
		c.fail("feat_extract_norm is %.60q; group and layer are known", kind)
	case dim%groups != 0:
		c.fail("num_conv_pos_embedding_groups is %d, which does not divide a width of %d", groups, dim)
	}
	if c.err != nil {
		return
	}
	w.under("feature_extractor.conv_layers.0.conv.weight", "", n.Architecture+".", "model.")
	w.own([]string{"feature_extractor.", "feature_projection.", "encoder.", "adapter."})
	in := 1
	// "group": a group norm behind the first convolution alone; "layer": a layer norm behind each.
	t.grouped = kind == "group"
	for i, width := range widths {
		at := fmt.Sprintf("feature_extractor.conv_layers.%d.", i)
		t.convs = append(t.convs, w.conv1d(at+"conv", in, width, kernels[i], strides[i], bias))
		var nm *norm
		if i == 0 || !t.grouped {
			nm = w.norm(at+"layer_norm", width, 1e-5)
		}
		t.norms = append(t.norms, nm)
		in = width
	}
	if projNorm {
		t.projNorm = w.norm("feature_projection.layer_norm", in, eps)
	}
	t.project = w.linear("feature_projection.projection", in, dim, true)
	t.positions = w.groupConv("encoder.pos_conv_embed.conv", dim, taps, groups)
	// The norm comes before the layers, or behind them where these normalize first.
	if nm := w.norm("encoder.layer_norm", dim, eps); stable {
		t.final = nm
	} else {
		t.embedNorm = nm
	}
	for i := range layers {
		at := fmt.Sprintf("encoder.layers.%d.", i)
		l := block{heads: heads, act: act}
		l.qkv, l.out = w.attention(at+"attention.", attentionNames{"q_proj", "k_proj", "v_proj", "out_proj"}, dim, heads, true, true, nil)
		l.norm1, l.norm2 = w.norm(at+"layer_norm", dim, eps), w.norm(at+"final_layer_norm", dim, eps)
		l.up = w.linear(at+"feed_forward.intermediate_dense", dim, inner, true)
		l.down = w.linear(at+"feed_forward.output_dense", inner, dim, true)
		if w.err != nil {
			return
		}
		t.layers.layers = append(t.layers.layers, l)
	}
	if w.err != nil {
		return
	}
	t.info = TowerInfo{Dim: dim, Layers: layers, Floats: t.layers.floats(), MinSamples: 1}
	// Backward from one frame to the samples that it takes.
	for i := len(t.convs) - 1; i >= 0; i-- {
		t.info.MinSamples = (t.info.MinSamples-1)*t.convs[i].stride + t.convs[i].k
	}
	n.Audio = t
}

// Info describes the tower.
func (t *waveform) Info() TowerInfo { return t.info }

// Check returns an error if in is too short to make a frame.
func (t *waveform) Check(in Input) error {
	if len(in.Samples) < t.info.MinSamples {
		return fmt.Errorf("cannot encode a sound of %d samples: the network takes %d at least", len(in.Samples), t.info.MinSamples)
	}
	return nil
}

// Run encodes waveforms.
func (t *waveform) Run(s *Scratch, in []Input, out []Output) error {
	s.reset()
	d, rows := t.layers.dim, 0
	lens := make([]int, len(in))
	for i := range in {
		n := len(in[i].Samples)
		for _, c := range t.convs {
			n = c.steps(n)
		}
		lens[i] = n
		rows += n
	}
	x := s.take(rows * d)
	at := 0
	for i := range in {
		t.embed(s, x[at*d:(at+lens[i])*d], in[i].Samples)
		at += lens[i]
	}
	if t.embedNorm != nil {
		t.embedNorm.apply(s, x, x, rows)
	}
	t.layers.run(s, x, lens)
	if t.final != nil {
		t.final.apply(s, x, x, rows)
	}
	at = 0
	for i, n := range lens {
		out[i] = Output{Hidden: x[at*d : (at+n)*d], Rows: n}
		at += n
	}
	return nil
}

// extractFrames is how many frames the convolutions make at a time. Their first planes are hundreds
// of times as large as what they end in.
const extractFrames = 64

// embed sets x to the projected features of a waveform, with positions.
func (t *waveform) embed(s *Scratch, x, samples []float32) {
	d := t.layers.dim
	n := len(x) / d
	var scale, shift []float32
	if t.grouped {
		scale, shift = t.overTime(s, samples)
	}
	step, span := 1, 1 // samples from a frame to the next, and of a frame
	for _, c := range slices.Backward(t.convs) {
		step, span = step*c.stride, (span-1)*c.stride+c.k
	}
	for from := 0; from < n; from += extractFrames {
		mark := s.mark()
		frames := min(extractFrames, n-from)
		h := t.extract(s, samples[from*step:(from+frames-1)*step+span], scale, shift)
		if t.projNorm != nil {
			t.projNorm.apply(s, h, h, frames)
		}
		t.project.apply(x[from*d:], d, h, t.project.in, frames)
		s.release(mark)
	}
	t.positions.add(s, x, n, t.convAct)
}

// extract runs the convolutions over a piece of a waveform.
func (t *waveform) extract(s *Scratch, samples, scale, shift []float32) []float32 {
	h, n, from := samples, len(samples), s.mark()
	for i, c := range t.convs {
		steps := c.steps(n)
		y := s.take(steps * c.w.out)
		c.run(y, h, n)
		if i == 0 && t.grouped {
			kernel.MulRow(y, y, scale)
			kernel.AddRow(y, y, shift)
		} else if nm := t.norms[i]; nm != nil {
			nm.apply(s, y, y, steps)
		}
		t.convAct.inPlace(y)
		s.release(from)
		h = s.take(len(y)) // moved down, over the input
		copy(h, y)
		n = steps
	}
	return h
}

// overTime returns the scale and shift of the group normalization behind the first convolution:
// each channel is normalized over all of time.
func (t *waveform) overTime(s *Scratch, samples []float32) (scale, shift []float32) {
	c, nm := t.convs[0], t.norms[0]
	out, steps := c.w.out, c.steps(len(samples))
	mean, square := make([]float64, out), make([]float64, out)
	each := func(f func(i int, v float64)) {
		const block = 4096
		mark := s.mark()
		y := s.take(min(block, steps) * out)
		for from := 0; from < steps; from += block {
			n := min(block, steps-from)
			part := samples[from*c.stride : (from+n-1)*c.stride+c.k]
			c.run(y, part, len(part))
			for i, v := range y[:n*out] {
				f(i%out, float64(v))
			}
		}
		s.release(mark)
	}
	each(func(i int, v float64) { mean[i] += v })
	for i := range mean {
		mean[i] /= float64(steps)
	}
	each(func(i int, v float64) { square[i] += (v - mean[i]) * (v - mean[i]) })
	scale, shift = make([]float32, out), make([]float32, out)
	for i := range scale {
		f := float64(nm.w[i]) / math.Sqrt(square[i]/float64(steps)+nm.eps)
		scale[i], shift[i] = float32(f), float32(float64(nm.b[i])-mean[i]*f)
	}
	return scale, shift
}

// groupConv is a convolution over time in groups of channels that keeps the length: the positions
// of wav2vec 2.0.
type groupConv struct {
	k, width int // width of a group
	groups   []*linear
}

// groupConv reads the convolution. Its weights are normalized (Salimans & Kingma 2016) for each
// position of the kernel; both spellings that PyTorch has had are read, and weights without it.
func (w *Weights) groupConv(name string, dim, k, groups int) *groupConv {
	g := &groupConv{k: k, width: dim / groups}
	b := w.values(name+".bias", dim)
	var v []float32
	if w.has(name + ".weight") {
		v = w.values(name+".weight", dim, g.width, k)
	} else {
		gain, direction := name+".weight_g", name+".weight_v"
		if !w.has(gain) {
			gain, direction = name+".parametrizations.weight.original0", name+".parametrizations.weight.original1"
		}
		scale := w.values(gain, 1, 1, k)
		v = w.values(direction, dim, g.width, k)
		if w.err == nil {
			weightNorm(v, scale)
		}
	}
	for i := 0; i < groups && w.err == nil; i++ {
		n := g.width * g.width * k
		g.groups = append(g.groups, newLinear(k*g.width, g.width, windowsOf(v[i*n:(i+1)*n], g.width, g.width, k), b[i*g.width:(i+1)*g.width]))
	}
	return g
}

// weightNorm makes the weights v [out, in, k] of each position p of the kernel scale[p] long.
func weightNorm(v, scale []float32) {
	k := len(scale)
	square := make([]float64, k)
	for i, x := range v {
		square[i%k] += float64(x) * float64(x)
	}
	for i := range v {
		v[i] = float32(float64(v[i]) * float64(scale[i%k]) / math.Sqrt(square[i%k]))
	}
}

// add adds act of the convolution of x [n, dim] to x.
func (g *groupConv) add(s *Scratch, x []float32, n int, act activation) {
	mark := s.mark()
	defer s.release(mark)
	dim, width := len(g.groups)*g.width, g.width
	pad := g.k / 2 // on both sides; of an even kernel the last output is dropped
	part, y := s.take((n+2*pad)*width), s.take(n*dim)
	for i, l := range g.groups {
		clear(part[:pad*width])
		clear(part[(pad+n)*width:])
		kernel.CopyCols(part[pad*width:], width, x[i*width:], dim, n, width)
		l.apply(y[i*width:], dim, part, width, n)
	}
	act.inPlace(y)
	kernel.Add(x[:n*dim], x[:n*dim], y)
}
