package network

import "fmt"

// buildResNet builds ResNet (He et al. 2016) in the form of v1.5: the stride of a bottleneck is in
// its middle convolution, unless downsample_in_bottleneck is set.
func buildResNet(c *config, w *Weights, n *Network) {
	sizes := c.sizes("hidden_sizes", []int{256, 512, 1024, 2048}, 16, maxWidth)
	depths := c.sizes("depths", []int{3, 4, 6, 3}, 16, maxLayers)
	width := c.size("embedding_size", 64, maxWidth)
	kind, act := c.text("layer_type", "bottleneck"), c.activation("hidden_act", "relu")
	inFirst, inBottleneck := c.flag("downsample_in_first_stage", false), c.flag("downsample_in_bottleneck", false)
	c.only("num_channels", "3")
	if len(sizes) != len(depths) {
		c.fail("hidden_sizes has %d entries and depths %d", len(sizes), len(depths))
	}
	if kind != "basic" && kind != "bottleneck" {
		c.fail("layer_type is %.60q; basic and bottleneck are known", kind)
	}
	if c.err != nil {
		return
	}
	w.under("embedder.embedder.convolution.weight", "", "resnet.", "model.", "backbone.")
	w.own([]string{"embedder.", "encoder."})
	stem := w.convNorm("embedder.embedder", 3, width, 7, 2)
	// Paddings keep any picture from vanishing.
	t := &cnn{least: 1, steps: []step{
		stem.run, activate(act),
		func(s *Scratch, in plane) plane { return maxPool(s, in, 3, 2, 1) },
	}}
	in := width
	for i, size := range sizes {
		for j := range depths[i] {
			if w.err != nil {
				return
			}
			at := fmt.Sprintf("encoder.stages.%d.layers.%d.", i, j)
			stride := 1
			if j == 0 && (i > 0 || inFirst) {
				stride = 2
			}
			var shortcut *conv
			// The projection shortcut (option B of the paper), only where shapes differ.
			if in != size || stride != 1 {
				shortcut = w.convNorm(at+"shortcut", in, size, 1, stride)
			}
			var branch []step
			if kind == "basic" {
				branch = []step{
					w.convNorm(at+"layer.0", in, size, 3, stride).run, activate(act),
					w.convNorm(at+"layer.1", size, size, 3, 1).run,
				}
			} else {
				// A bottleneck is a quarter as wide (section 4.1).
				first, middle, inner := 1, stride, max(size/4, 1)
				if inBottleneck {
					first, middle = stride, 1
				}
				branch = []step{
					w.convNorm(at+"layer.0", in, inner, 1, first).run, activate(act),
					w.convNorm(at+"layer.1", inner, inner, 3, middle).run, activate(act),
					w.convNorm(at+"layer.2", inner, size, 1, 1).run,
				}
			}
			t.steps = append(t.steps, residual(shortcut, act, branch...))
			in = size
			t.info.Layers++
		}
	}
	t.info.Dim, t.info.Pooled, t.info.Embed, t.info.AnySize = in, in, in, true
	n.Vision = t
}

// convNorm reads a convolution without bias and the batch normalization behind it, which becomes
// part of its weights.
func (w *Weights) convNorm(name string, in, out, k, stride int) *conv {
	scale, shift := w.batchNorm(name+".normalization", out)
	return w.conv(name+".convolution", in, out, k, stride, k/2, scale, shift)
}
