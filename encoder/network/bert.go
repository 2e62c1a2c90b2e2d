package network

import "fmt"

// Bounds of the sizes in config.json. The tensors must have these sizes as well, so they cost no
// memory by themselves.
const (
	maxWidth     = 1 << 15
	maxInner     = 1 << 18
	maxLayers    = 512
	maxVocab     = 1 << 23
	maxPositions = 1 << 20
)

// bertConfig is what the models after BERT share, whatever their names for it.
type bertConfig struct {
	dim, layers, heads, inner, vocab, positions, types int
	eps                                                float64
	act                                                activation
}

// buildBERT builds BERT (Devlin et al. 2019) and RoBERTa (Liu et al. 2019), whose positions start
// behind the padding's.
func buildBERT(c *config, w *Weights, n *Network) {
	b := bertConfig{
		dim: c.size("hidden_size", 768, maxWidth), layers: c.size("num_hidden_layers", 12, maxLayers),
		inner: c.size("intermediate_size", 3072, maxInner), vocab: c.size("vocab_size", 30522, maxVocab),
		positions: c.size("max_position_embeddings", 512, maxPositions), types: c.size("type_vocab_size", 2, 64),
		eps: c.epsilon("layer_norm_eps", 1e-12), act: c.activation("hidden_act", "gelu"),
	}
	b.heads = c.heads("num_attention_heads", 12, b.dim)
	c.only("position_embedding_type", `"absolute"`)
	if e := c.size("embedding_size", b.dim, maxWidth); e != b.dim {
		c.fail("embedding_size is %d, another than hidden_size: a computation that is not known", e)
	}
	first, prefixes := 0, []string{"", "bert.", "model.", "0.auto_model."}
	if n.Architecture != "bert" {
		prefixes = []string{"", "roberta.", "camembert.", "model.", "0.auto_model."}
		first = c.id("pad_token_id", 1) + 1
	}
	t := newText(c, w, &b, first, prefixes)
	if c.err != nil {
		return
	}
	w.own([]string{"embeddings.", "encoder."}, "pooler.")
	for i := range b.layers {
		at := fmt.Sprintf("encoder.layer.%d.", i)
		l := block{heads: b.heads, act: b.act}
		l.qkv, l.out = w.attention(at+"attention.", attentionNames{"self.query", "self.key", "self.value", "output.dense"}, b.dim, b.heads, true, true, nil)
		l.norm1 = w.norm(at+"attention.output.LayerNorm", b.dim, b.eps)
		l.up = w.linear(at+"intermediate.dense", b.dim, b.inner, true)
		l.down = w.linear(at+"output.dense", b.inner, b.dim, true)
		l.norm2 = w.norm(at+"output.LayerNorm", b.dim, b.eps)
		if w.err != nil {
			return
		}
		t.layers.layers = append(t.layers.layers, l)
	}
	t.tanhPooler(w, b.dim)
	n.Text = t
}

// buildDistilBERT builds DistilBERT (Sanh et al. 2019): BERT without token types and pooler.
func buildDistilBERT(c *config, w *Weights, n *Network) {
	b := bertConfig{
		dim: c.size("dim", 768, maxWidth), layers: c.size("n_layers", 6, maxLayers), inner: c.size("hidden_dim", 3072, maxInner),
		vocab: c.size("vocab_size", 30522, maxVocab), positions: c.size("max_position_embeddings", 512, maxPositions),
		eps: 1e-12, act: c.activation("activation", "gelu"),
	}
	b.heads = c.heads("n_heads", 12, b.dim)
	t := newText(c, w, &b, 0, []string{"", "distilbert.", "model.", "0.auto_model."})
	if c.err != nil {
		return
	}
	w.own([]string{"embeddings.", "transformer."})
	for i := range b.layers {
		at := fmt.Sprintf("transformer.layer.%d.", i)
		l := block{heads: b.heads, act: b.act}
		l.qkv, l.out = w.attention(at+"attention.", attentionNames{"q_lin", "k_lin", "v_lin", "out_lin"}, b.dim, b.heads, true, true, nil)
		l.norm1 = w.norm(at+"sa_layer_norm", b.dim, b.eps)
		l.up = w.linear(at+"ffn.lin1", b.dim, b.inner, true)
		l.down = w.linear(at+"ffn.lin2", b.inner, b.dim, true)
		l.norm2 = w.norm(at+"output_layer_norm", b.dim, b.eps)
		if w.err != nil {
			return
		}
		t.layers.layers = append(t.layers.layers, l)
	}
	n.Text = t
}

// buildMPNet builds MPNet (Song et al. 2020): RoBERTa with a relative bias in the attention.
func buildMPNet(c *config, w *Weights, n *Network) {
	b := bertConfig{
		dim: c.size("hidden_size", 768, maxWidth), layers: c.size("num_hidden_layers", 12, maxLayers),
		inner: c.size("intermediate_size", 3072, maxInner), vocab: c.size("vocab_size", 30527, maxVocab),
		positions: c.size("max_position_embeddings", 512, maxPositions),
		eps:       c.epsilon("layer_norm_eps", 1e-12), act: c.activation("hidden_act", "gelu"),
	}
	b.heads = c.heads("num_attention_heads", 12, b.dim)
	buckets := c.size("relative_attention_num_buckets", 32, 1<<12)
	if buckets%4 != 0 {
		c.fail("relative_attention_num_buckets is %d, no multiple of 4", buckets)
	}
	// Unlike RoBERTa's, MPNet's padding is fixed in its code, whatever pad_token_id is.
	t := newText(c, w, &b, 2, []string{"", "mpnet.", "model.", "0.auto_model."})
	if c.err != nil {
		return
	}
	w.own([]string{"embeddings.", "encoder."}, "pooler.")
	t.layers.bias = w.relative("encoder.relative_attention_bias.weight", buckets, b.heads, t.info.MaxTokens)
	for i := range b.layers {
		at := fmt.Sprintf("encoder.layer.%d.", i)
		l := block{heads: b.heads, act: b.act}
		l.qkv, l.out = w.attention(at+"attention.attn.", attentionNames{"q", "k", "v", "o"}, b.dim, b.heads, true, true, nil)
		l.norm1 = w.norm(at+"attention.LayerNorm", b.dim, b.eps)
		l.up = w.linear(at+"intermediate.dense", b.dim, b.inner, true)
		l.down = w.linear(at+"output.dense", b.inner, b.dim, true)
		l.norm2 = w.norm(at+"output.LayerNorm", b.dim, b.eps)
		if w.err != nil {
			return
		}
		t.layers.layers = append(t.layers.layers, l)
	}
	t.tanhPooler(w, b.dim)
	n.Text = t
}

// newText reads the embeddings of a model after BERT.
func newText(c *config, w *Weights, b *bertConfig, first int, prefixes []string) *text {
	if first < 0 || first >= b.positions {
		c.fail("pad_token_id is %d with %d positions", first-1, b.positions)
	}
	if c.err != nil {
		return nil
	}
	w.under("embeddings.word_embeddings.weight", prefixes...)
	t := &text{
		words:     w.table("embeddings.word_embeddings.weight", b.vocab, b.dim),
		positions: w.table("embeddings.position_embeddings.weight", b.positions, b.dim),
		first:     first,
		embedNorm: w.norm("embeddings.LayerNorm", b.dim, b.eps),
		padding:   int32(first - 1),
		layers:    stack{dim: b.dim},
	}
	if b.types > 0 {
		t.types = w.table("embeddings.token_type_embeddings.weight", b.types, b.dim)
	}
	t.info = TowerInfo{Dim: b.dim, MaxTokens: b.positions - first, Vocab: b.vocab, Layers: b.layers, Floats: t.layers.floats()}
	return t
}

// tanhPooler reads BERT's pooler, a layer and a hyperbolic tangent on the first token, if there is
// one.
func (t *text) tanhPooler(w *Weights, dim int) {
	if !w.has("pooler.dense.weight") {
		return
	}
	t.pooler, t.poolAct, t.pick = w.linear("pooler.dense", dim, dim, true), activations["tanh"], firstToken
	t.info.Pooled, t.info.Embed = dim, dim
}
