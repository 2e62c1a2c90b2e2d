package network

import "fmt"

// buildCLIP builds both towers of CLIP (Radford et al. 2021).
func buildCLIP(c *config, w *Weights, n *Network) {
	if c.err != nil {
		return
	}
	size := c.size("projection_dim", 512, maxWidth)
	w.under("text_model.final_layer_norm.weight", "", "clip.", "model.")
	w.own([]string{"text_model.", "vision_model.", "text_projection.", "visual_projection."})
	clipText(c, c.part("text_config", "text_config_dict"), w, n, size)
	clipVision(c, c.part("vision_config", "vision_config_dict"), w, n, size)
}

// buildCLIPText and buildCLIPVision build one tower alone, with its projection if the file has it.
func buildCLIPText(c *config, w *Weights, n *Network) {
	w.under("text_model.final_layer_norm.weight", "", "clip.", "model.")
	w.own([]string{"text_model.", "text_projection."}, "vision_model.")
	clipText(c, c, w, n, c.size("projection_dim", 512, maxWidth))
}

func buildCLIPVision(c *config, w *Weights, n *Network) {
	w.under("vision_model.embeddings.class_embedding", "", "clip.", "model.")
	w.own([]string{"vision_model.", "visual_projection."}, "text_model.")
	clipVision(c, c, w, n, c.size("projection_dim", 512, maxWidth))
}

// clipLayers reads the layers that both towers, and SigLIP's, have alike.
func clipLayers(w *Weights, at string, k *stack, layers, heads, inner int, eps float64, act activation) {
	for i := range layers {
		at := fmt.Sprintf("%sencoder.layers.%d.", at, i)
		l := block{heads: heads, act: act}
		l.norm1 = w.norm(at+"layer_norm1", k.dim, eps)
		l.qkv, l.out = w.attention(at+"self_attn.", attentionNames{"q_proj", "k_proj", "v_proj", "out_proj"}, k.dim, heads, true, true, nil)
		l.norm2 = w.norm(at+"layer_norm2", k.dim, eps)
		l.up = w.linear(at+"mlp.fc1", k.dim, inner, true)
		l.down = w.linear(at+"mlp.fc2", inner, k.dim, true)
		if w.err != nil {
			return
		}
		k.layers = append(k.layers, l)
	}
}

// clipText builds the text tower, whose attention is causal. The pooled row is that of the token
// that ends the text.
func clipText(c, p *config, w *Weights, n *Network, size int) {
	dim := p.size("hidden_size", 512, maxWidth)
	heads, layers := p.heads("num_attention_heads", 8, dim), p.size("num_hidden_layers", 12, maxLayers)
	inner, vocab := p.size("intermediate_size", 2048, maxInner), p.size("vocab_size", 49408, maxVocab)
	positions := p.size("max_position_embeddings", 77, maxPositions)
	eps, act := p.epsilon("layer_norm_eps", 1e-5), p.activation("hidden_act", "quick_gelu")
	end := p.id("eos_token_id", 49407)
	if c.err = p.err; c.err != nil {
		return
	}
	t := &text{
		words:     w.table("text_model.embeddings.token_embedding.weight", vocab, dim),
		positions: w.table("text_model.embeddings.position_embedding.weight", positions, dim),
		padding:   -1,
		layers:    stack{dim: dim, pre: true, causal: true},
		final:     w.norm("text_model.final_layer_norm", dim, eps),
	}
	clipLayers(w, "text_model.", &t.layers, layers, heads, inner, eps, act)
	t.info = TowerInfo{Dim: dim, Pooled: dim, Embed: dim, Own: true, MaxTokens: positions, Vocab: vocab, Layers: layers, Floats: t.layers.floats()}
	if w.has("text_projection.weight") {
		t.project = w.linear("text_projection", dim, size, false)
		t.info.Embed = size
	} else if n.Architecture == "clip" {
		w.fail("the tensor text_projection.weight is missing")
	}
	t.pick = func(tokens []int32) int { return clipEnd(tokens, int32(end)) }
	n.Text = t
}

// clipEnd returns the place of the token that ends a text: the first one with the id end, or, in
// configurations of before 2023, where eos_token_id is wrongly 2, the greatest id.
func clipEnd(tokens []int32, end int32) int {
	best := 0
	for i, id := range tokens {
		if end != 2 && id == end {
			return i
		}
		if end == 2 && id > tokens[best] {
			best = i
		}
	}
	return best
}

// clipVision builds the vision tower.
func clipVision(c, p *config, w *Weights, n *Network, size int) {
	b := readVision(p, 1e-5, "quick_gelu")
	b.inner = p.size("intermediate_size", 3072, maxInner)
	b.edges(p, 224, 32)
	if c.err = p.err; c.err != nil {
		return
	}
	v := newVision(w, &b, "vision_model.embeddings.patch_embedding", false)
	v.lead, v.leadPos = [][]float32{w.values("vision_model.embeddings.class_embedding", b.dim)}, 1
	v.positions = w.values("vision_model.embeddings.position_embedding.weight", 1+v.gridH*v.gridW, b.dim)
	v.preNorm = w.norm("vision_model.pre_layrnorm", b.dim, b.eps) // spelled so
	clipLayers(w, "vision_model.", &v.layers, b.layers, b.heads, b.inner, b.eps, b.act)
	v.post = w.norm("vision_model.post_layernorm", b.dim, b.eps)
	if w.has("visual_projection.weight") {
		v.project = w.linear("visual_projection", b.dim, size, false)
		v.info.Embed = size
	} else if n.Architecture == "clip" {
		w.fail("the tensor visual_projection.weight is missing")
	}
	n.Vision = v
}
