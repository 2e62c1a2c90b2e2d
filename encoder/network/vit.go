package network

import "fmt"

// visionConfig is what vision transformers share.
type visionConfig struct {
	dim, layers, heads, inner, patch, height, width int
	eps                                             float64
	act                                             activation
}

// readVision reads the sizes that ViT, CLIP and SigLIP spell alike.
func readVision(c *config, eps float64, act string) visionConfig {
	b := visionConfig{
		dim: c.size("hidden_size", 768, maxWidth), layers: c.size("num_hidden_layers", 12, maxLayers),
		eps: c.epsilon("layer_norm_eps", eps), act: c.activation("hidden_act", act),
	}
	b.heads = c.heads("num_attention_heads", 12, b.dim)
	c.only("num_channels", "3")
	return b
}

// edges reads the sizes of the picture and of a patch.
func (b *visionConfig) edges(c *config, image, patch int) {
	var w int
	b.height, b.width = c.pair("image_size", image, maxEdge)
	b.patch, w = c.pair("patch_size", patch, 256)
	if b.patch != w {
		c.fail("%spatch_size is %d by %d: only square patches are known", c.at, b.patch, w)
	}
	if b.patch > min(b.height, b.width) {
		c.fail("%spatch_size is %d, larger than a picture of %d by %d", c.at, b.patch, b.width, b.height)
	}
}

// newVision begins a tower: the projection of patches.
func newVision(w *Weights, b *visionConfig, patches string, bias bool) *vision {
	in := 3 * b.patch * b.patch
	weight := w.values(patches+".weight", b.dim, 3, b.patch, b.patch)
	v := &vision{
		patch: b.patch, gridH: b.height / b.patch, gridW: b.width / b.patch,
		layers: stack{dim: b.dim, pre: true},
	}
	v.info = TowerInfo{
		Dim: b.dim, Pooled: b.dim, Embed: b.dim, Layers: b.layers, Height: b.height, Width: b.width, Floats: v.layers.floats(),
	}
	var bv []float32
	if bias {
		bv = w.values(patches+".bias", b.dim)
	}
	v.patches = newLinear(in, b.dim, weight, bv)
	return v
}

// buildViT builds ViT (Dosovitskiy et al. 2021) and DeiT (Touvron et al. 2021), which has a second
// leading token. Neither interpolates its positions.
func buildViT(c *config, w *Weights, n *Network) {
	b := readVision(c, 1e-12, "gelu")
	b.inner = c.size("intermediate_size", 3072, maxInner)
	b.edges(c, 224, 16)
	qkvBias := c.flag("qkv_bias", true)
	if c.err != nil {
		return
	}
	w.under("embeddings.cls_token", "", n.Architecture+".", "model.", "vit.")
	v := newVision(w, &b, "embeddings.patch_embeddings.projection", true)
	v.lead = [][]float32{w.values("embeddings.cls_token", 1, 1, b.dim)}
	if n.Architecture == "deit" {
		v.lead = append(v.lead, w.values("embeddings.distillation_token", 1, 1, b.dim))
	}
	v.leadPos = len(v.lead)
	v.positions = w.values("embeddings.position_embeddings", 1, v.leadPos+v.gridH*v.gridW, b.dim)
	w.own([]string{"embeddings.", "encoder.", "layernorm."}, "embeddings.mask_token", "pooler.")
	for i := range b.layers {
		at := fmt.Sprintf("encoder.layer.%d.", i)
		l := block{heads: b.heads, act: b.act}
		l.norm1 = w.norm(at+"layernorm_before", b.dim, b.eps)
		l.qkv, l.out = w.attention(at+"attention.", attentionNames{"attention.query", "attention.key", "attention.value", "output.dense"}, b.dim, b.heads, qkvBias, qkvBias, nil)
		l.norm2 = w.norm(at+"layernorm_after", b.dim, b.eps)
		l.up = w.linear(at+"intermediate.dense", b.dim, b.inner, true)
		l.down = w.linear(at+"output.dense", b.inner, b.dim, true)
		if w.err != nil {
			return
		}
		v.layers.layers = append(v.layers.layers, l)
	}
	v.final = w.norm("layernorm", b.dim, b.eps)
	if w.has("pooler.dense.weight") {
		size := c.size("pooler_output_size", b.dim, maxWidth)
		v.pooler, v.poolAct = w.linear("pooler.dense", b.dim, size, true), c.activation("pooler_act", "tanh")
		v.info.Pooled, v.info.Embed = size, size
	}
	n.Vision = v
}

// buildDINOv2 builds DINOv2 (Oquab et al. 2024), also with registers (Darcet et al. 2024). It takes
// pictures of any size and interpolates its positions.
func buildDINOv2(c *config, w *Weights, n *Network) {
	b := readVision(c, 1e-6, "gelu")
	patch, registers := 14, 0
	if n.Architecture == "dinov2_with_registers" {
		patch, registers = 16, c.size("num_register_tokens", 4, 1024)
	}
	b.edges(c, 224, patch)
	ratio := c.number("mlp_ratio", 4)
	gated := c.flag("use_swiglu_ffn", false)
	qkvBias := c.flag("qkv_bias", true)
	if ratio < 1.0/64 || ratio > 64 {
		c.fail("mlp_ratio is %g", ratio)
	}
	if c.err != nil {
		return
	}
	b.inner = max(1, int(float64(b.dim)*ratio))
	// SwiGLU has three matrices: two thirds of the width, in multiples of 8, keep the number of
	// parameters.
	if gated {
		b.inner = (b.inner*2/3 + 7) / 8 * 8
	}
	w.under("embeddings.cls_token", "", n.Architecture+".", "model.", "backbone.")
	v := newVision(w, &b, "embeddings.patch_embeddings.projection", true)
	// The class token has a position, registers have none.
	v.lead, v.leadPos = [][]float32{w.values("embeddings.cls_token", 1, 1, b.dim)}, 1
	v.positions = w.values("embeddings.position_embeddings", 1, 1+v.gridH*v.gridW, b.dim)
	v.resize = bicubic
	if v.gridH != v.gridW {
		c.fail("image_size is %d by %d: DINOv2's positions form a square", b.width, b.height)
	}
	if registers > 0 {
		// transformers resizes positions with antialias only in the model with registers.
		v.resize = bicubicAntialiased
		tokens := w.values("embeddings.register_tokens", 1, registers, b.dim)
		for i := 0; i < registers && w.err == nil; i++ {
			v.lead = append(v.lead, tokens[i*b.dim:(i+1)*b.dim])
		}
	}
	v.info.AnySize = true
	// Of pretraining alone.
	w.own([]string{"embeddings.", "encoder.", "layernorm."}, "embeddings.mask_token")
	for i := range b.layers {
		at := fmt.Sprintf("encoder.layer.%d.", i)
		l := block{heads: b.heads, act: b.act, gated: gated}
		// Layer scale goes into the projections behind it, which are linear.
		scale1 := w.values(at+"layer_scale1.lambda1", b.dim)
		scale2 := w.values(at+"layer_scale2.lambda1", b.dim)
		l.norm1 = w.norm(at+"norm1", b.dim, b.eps)
		l.qkv, l.out = w.attention(at+"attention.", attentionNames{"attention.query", "attention.key", "attention.value", "output.dense"}, b.dim, b.heads, qkvBias, qkvBias, scale1)
		l.norm2 = w.norm(at+"norm2", b.dim, b.eps)
		if gated {
			l.act = silu
			l.up = w.linear(at+"mlp.weights_in", b.dim, 2*b.inner, true)
			l.down = w.scaled(at+"mlp.weights_out", b.inner, b.dim, true, scale2)
		} else {
			l.up = w.linear(at+"mlp.fc1", b.dim, b.inner, true)
			l.down = w.scaled(at+"mlp.fc2", b.inner, b.dim, true, scale2)
		}
		if w.err != nil {
			return
		}
		v.layers.layers = append(v.layers.layers, l)
	}
	v.final = w.norm("layernorm", b.dim, b.eps)
	n.Vision = v
}
