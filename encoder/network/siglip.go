package network

// buildSigLIP builds both towers of SigLIP (Zhai et al. 2023).
func buildSigLIP(c *config, w *Weights, n *Network) {
	w.under("text_model.final_layer_norm.weight", "", "siglip.", "model.")
	w.own([]string{"text_model.", "vision_model."})
	siglipText(c, c.part("text_config", "text_config_dict"), w, n)
	siglipVision(c, c.part("vision_config", "vision_config_dict"), w, n)
}

// buildSigLIPText and buildSigLIPVision build one tower alone.
func buildSigLIPText(c *config, w *Weights, n *Network) {
	w.under("text_model.final_layer_norm.weight", "", "siglip.", "model.")
	w.own([]string{"text_model."})
	siglipText(c, c, w, n)
}

func buildSigLIPVision(c *config, w *Weights, n *Network) {
	w.under("vision_model.post_layernorm.weight", "", "siglip.", "model.")
	w.own([]string{"vision_model."})
	siglipVision(c, c, w, n)
}

// siglipText builds the text tower. Texts are filled up to full length without a mask, and the last
// row is pooled, whatever token it is of.
func siglipText(c, p *config, w *Weights, n *Network) {
	dim := p.size("hidden_size", 768, maxWidth)
	heads, layers := p.heads("num_attention_heads", 12, dim), p.size("num_hidden_layers", 12, maxLayers)
	inner, vocab := p.size("intermediate_size", 3072, maxInner), p.size("vocab_size", 32000, maxVocab)
	positions := p.size("max_position_embeddings", 64, maxPositions)
	size := p.size("projection_size", dim, maxWidth)
	eps, act := p.epsilon("layer_norm_eps", 1e-6), p.activation("hidden_act", "gelu_pytorch_tanh")
	pad := p.id("pad_token_id", 1)
	if pad < 0 || pad >= vocab {
		p.fail("%spad_token_id is %d with a vocabulary of %d", p.at, pad, vocab)
	}
	if c.err = p.err; c.err != nil {
		return
	}
	t := &text{
		words:     w.table("text_model.embeddings.token_embedding.weight", vocab, dim),
		positions: w.table("text_model.embeddings.position_embedding.weight", positions, dim),
		padding:   -1,
		layers:    stack{dim: dim, pre: true},
		final:     w.norm("text_model.final_layer_norm", dim, eps),
		pooler:    w.linear("text_model.head", dim, size, true),
		pick:      func(tokens []int32) int { return len(tokens) - 1 },
	}
	clipLayers(w, "text_model.", &t.layers, layers, heads, inner, eps, act)
	t.info = TowerInfo{
		Dim: dim, Pooled: size, Embed: size, Own: true, MaxTokens: positions, Vocab: vocab, Layers: layers,
		PadTo: positions, PadID: pad, Floats: t.layers.floats(),
	}
	n.Text = t
}

// siglipVision builds the vision tower, with attention pooling unless vision_use_head is false.
func siglipVision(c, p *config, w *Weights, n *Network) {
	b := readVision(p, 1e-6, "gelu_pytorch_tanh")
	b.inner = p.size("intermediate_size", 3072, maxInner)
	b.edges(p, 224, 16)
	head := p.flag("vision_use_head", true)
	if c.err = p.err; c.err != nil {
		return
	}
	v := newVision(w, &b, "vision_model.embeddings.patch_embedding", true)
	v.positions = w.values("vision_model.embeddings.position_embedding.weight", v.gridH*v.gridW, b.dim)
	clipLayers(w, "vision_model.", &v.layers, b.layers, b.heads, b.inner, b.eps, b.act)
	v.final = w.norm("vision_model.post_layernorm", b.dim, b.eps)
	if head {
		v.attend = w.attentionPool("vision_model.head.", &b)
	} else {
		v.noPool = true
		v.info.Pooled, v.info.Embed = 0, 0
	}
	n.Vision = v
}

// attentionPool reads SigLIP's pooling. in_proj_weight holds queries, keys and values.
func (w *Weights) attentionPool(at string, b *visionConfig) *attentionPool {
	d := b.dim
	probe := w.values(at+"probe", 1, 1, d)
	weight, bias := w.values(at+"attention.in_proj_weight", 3*d, d), w.values(at+"attention.in_proj_bias", 3*d)
	p := &attentionPool{
		heads: b.heads, act: b.act,
		out:  w.linear(at+"attention.out_proj", d, d, true),
		norm: w.norm(at+"layernorm", d, b.eps),
		up:   w.linear(at+"mlp.fc1", d, b.inner, true),
		down: w.linear(at+"mlp.fc2", b.inner, d, true),
	}
	if w.err != nil {
		return p
	}
	all := make([]float32, 3*d)
	joined(weight, bias, d, b.heads).apply(all, 3*d, probe, d, 1)
	p.query = all[:d]
	p.kv = newLinear(d, 2*d, weight[d*d:], bias[d:])
	return p
}
