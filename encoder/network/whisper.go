package network

import (
	"fmt"

	"github.com/fusor-ml/fusor/internal/kernel"
)

// whisper is the encoder of Whisper (Radford et al. 2022): two convolutions over the log-mel
// spectrogram of a chunk of fixed length, then a transformer.
type whisper struct {
	info         TowerInfo
	conv1, conv2 *conv1d
	positions    []float32 // [rows, dim]
	rows         int
	layers       stack
	final        *norm
}

func buildWhisper(c *config, w *Weights, n *Network) {
	dim, layers := c.size("d_model", 384, maxWidth), c.size("encoder_layers", 4, maxLayers)
	heads, inner := c.heads("encoder_attention_heads", 6, dim), c.size("encoder_ffn_dim", 1536, maxInner)
	bins, rows := c.size("num_mel_bins", 80, 4096), c.size("max_source_positions", 1500, maxPositions)
	act := c.activation("activation_function", "gelu")
	if c.err != nil {
		return
	}
	const eps = 1e-5
	w.under("encoder.conv1.weight", "", "model.")
	w.own([]string{"encoder."})
	t := &whisper{
		conv1:     w.conv1d("encoder.conv1", bins, dim, 3, 1, true),
		conv2:     w.conv1d("encoder.conv2", dim, dim, 3, 2, true),
		positions: w.values("encoder.embed_positions.weight", rows, dim),
		rows:      rows,
		layers:    stack{dim: dim, pre: true},
	}
	for i := range layers {
		at := fmt.Sprintf("encoder.layers.%d.", i)
		l := block{heads: heads, act: act}
		l.norm1 = w.norm(at+"self_attn_layer_norm", dim, eps)
		l.qkv, l.out = w.attention(at+"self_attn.", attentionNames{"q_proj", "k_proj", "v_proj", "out_proj"}, dim, heads, true, false, nil)
		l.norm2 = w.norm(at+"final_layer_norm", dim, eps)
		l.up, l.down = w.linear(at+"fc1", dim, inner, true), w.linear(at+"fc2", inner, dim, true)
		if w.err != nil {
			return
		}
		t.layers.layers = append(t.layers.layers, l)
	}
	t.final = w.norm("encoder.layer_norm", dim, eps)
	t.info = TowerInfo{Dim: dim, Layers: layers, MelBins: bins, MelFrames: 2 * rows, Floats: t.layers.floats()}
	n.Audio = t
	n.Notes = append(n.Notes, "Whisper's decoder is left out: the encoder alone is used")
}

// Info describes the tower.
func (t *whisper) Info() TowerInfo { return t.info }

// Check returns an error if in is no spectrogram of a whole chunk.
func (t *whisper) Check(in Input) error {
	if in.Frames != t.info.MelFrames || len(in.Mel) != t.info.MelBins*in.Frames {
		return fmt.Errorf("cannot encode a spectrogram of %d values in %d frames: the network takes %d by %d", len(in.Mel), in.Frames, t.info.MelBins, t.info.MelFrames)
	}
	return nil
}

// Run encodes spectrograms.
func (t *whisper) Run(s *Scratch, in []Input, out []Output) error {
	s.reset()
	d, frames, bins := t.layers.dim, t.info.MelFrames, t.info.MelBins
	x := s.take(len(in) * t.rows * d)
	lens := make([]int, len(in))
	for i := range in {
		mark := s.mark()
		mel := s.take((frames + 2) * bins) // with a row of zeros on both sides
		clear(mel[:bins])
		clear(mel[(frames+1)*bins:])
		kernel.Transpose(mel[bins:(frames+1)*bins], in[i].Mel, bins, frames)
		h := s.take((frames + 2) * d)
		clear(h[:d])
		clear(h[(frames+1)*d:])
		inside := h[d : (frames+1)*d]
		t.conv1.run(inside, mel, frames+2)
		activation(gelu).inPlace(inside)
		y := x[i*t.rows*d : (i+1)*t.rows*d]
		t.conv2.run(y, h, frames+2)
		activation(gelu).inPlace(y)
		kernel.Add(y, y, t.positions)
		s.release(mark)
		lens[i] = t.rows
	}
	t.layers.run(s, x, lens)
	t.final.apply(s, x, x, len(in)*t.rows)
	for i := range in {
		out[i] = Output{Hidden: x[i*t.rows*d : (i+1)*t.rows*d], Rows: t.rows}
	}
	return nil
}
