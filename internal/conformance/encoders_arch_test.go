package conformance_test

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fusor-ml/fusor/encoder"
	"github.com/fusor-ml/fusor/encoder/network"
	"github.com/fusor-ml/fusor/media"
)

// archCase is one case of an architecture's golden.json.
type archCase struct {
	Name     string          `json:"name"`
	Text     json.RawMessage `json:"text"`
	Max      int             `json:"max_length"`
	Tokens   [][]int32       `json:"input_ids"`
	Mask     [][]int         `json:"attention_mask"`
	Types    [][]int32       `json:"token_type_ids"`
	Picture  []string        `json:"picture"`
	Pixels   []nested        `json:"pixel_values"`
	Sound    string          `json:"sound"`
	Mel      nested          `json:"input_features"`
	Samples  nested          `json:"input_values"`
	Frames   []int           `json:"frames"`
	Outputs  map[string]nested
	compared map[string]bool
}

// nested is an array of any depth: its numbers, and the lengths at every level of its first
// entries.
type nested struct {
	shape []int
	x     []float64
	rows  []nested // of the first level
}

// UnmarshalJSON reads the array.
func (n *nested) UnmarshalJSON(data []byte) error {
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		return err
	}
	*n = nest(v)
	return nil
}

func nest(v any) nested {
	switch v := v.(type) {
	case float64:
		return nested{x: []float64{v}}
	case []any:
		n := nested{shape: []int{len(v)}}
		for _, e := range v {
			r := nest(e)
			n.rows = append(n.rows, r)
			n.x = append(n.x, r.x...)
		}
		if len(n.rows) > 0 {
			n.shape = append(n.shape, n.rows[0].shape...)
		}
		return n
	}
	return nested{}
}

func (n nested) floats() []float32 {
	x := make([]float32, len(n.x))
	for i, v := range n.x {
		x[i] = float32(v)
	}
	return x
}

// archTolerance is of a difference relative to one plus the golden value.
const archTolerance = 2e-5

// near compares values with golden ones.
func near(t *testing.T, what string, got []float32, want []float64, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s has %d values, want %d", what, len(got), len(want))
		return
	}
	worst, at := 0.0, -1
	for i, g := range got {
		if d := math.Abs(float64(g)-want[i]) / (1 + math.Abs(want[i])); d > worst || math.IsNaN(d) {
			worst, at = d, i
		}
	}
	if !(worst <= tolerance) {
		t.Errorf("%s is off by %.2g (relative to 1 + the value) at %d: %g, want %g", what, worst, at, got[at], want[at])
	}
}

// arch compares the towers of a model with golden values, then what the encoder makes of the texts,
// pictures and sounds themselves.
func arch(t *testing.T, dir, name string) {
	data, err := os.ReadFile(filepath.Join(dir, name, "golden.json"))
	if err != nil {
		t.Fatal(err)
	}
	var golden struct{ Cases []*archCase }
	if err := json.Unmarshal(data, &golden); err != nil {
		t.Fatal(err)
	}
	e, err := encoder.Open(filepath.Join(dir, name), encoder.Options{})
	if err != nil {
		t.Fatal(err)
	}
	net := e.Network()
	for _, c := range golden.Cases {
		c.compared = map[string]bool{}
		t.Run(c.Name, func(t *testing.T) {
			switch {
			case len(c.Tokens) > 0:
				c.run(t, net.Text, c.textInputs(net.Text), "text.")
			case len(c.Pixels) > 0:
				var in []network.Input
				for _, p := range c.Pixels {
					in = append(in, network.Input{Pixels: p.floats(), Height: p.shape[1], Width: p.shape[2]})
				}
				c.run(t, net.Vision, in, "image.")
			case len(c.Mel.x) > 0:
				c.run(t, net.Audio, []network.Input{{Mel: c.Mel.floats(), Frames: c.Mel.shape[1]}}, "")
			case len(c.Samples.x) > 0:
				c.run(t, net.Audio, []network.Input{{Samples: c.Samples.floats()}}, "")
			case len(c.Frames) > 0:
				c.soundBatch(t, net.Audio, golden.Cases)
			case c.Name == "similarity":
				similarity(t, c, net, golden.Cases)
			default:
				t.Fatalf("a case of an unknown form")
			}
			endToEnd(t, e, filepath.Join(dir, name), c)
			for key, v := range c.Outputs {
				if !c.compared[key] && len(v.x) > 0 {
					t.Errorf("nothing compares the output %s", key)
				}
			}
		})
	}
	if data, err := os.ReadFile(filepath.Join(dir, name, "config.json")); err != nil || len(data) == 0 {
		t.Fatal("the case has no config.json")
	}
}

// textInputs returns the tokens without padding, or with it where there is no mask.
func (c *archCase) textInputs(tower network.Tower) []network.Input {
	var in []network.Input
	for i, ids := range c.Tokens {
		one := network.Input{Tokens: ids}
		if c.Mask != nil {
			n := 0
			for _, m := range c.Mask[i] {
				n += m
			}
			one.Tokens = ids[:n]
			if c.Types != nil {
				one.Types = c.Types[i][:n]
			}
		}
		in = append(in, one)
	}
	return in
}

// run compares what a tower computes for a batch.
func (c *archCase) run(t *testing.T, tower network.Tower, in []network.Input, side string) {
	t.Helper()
	if tower == nil {
		t.Fatal("the model has no such tower")
	}
	for _, one := range in {
		if err := tower.Check(one); err != nil {
			t.Fatal(err)
		}
	}
	out := make([]network.Output, len(in))
	runTower(t, tower, in, out)
	for i, o := range out {
		d := tower.Info().Dim
		for key, want := range c.Outputs {
			if i >= len(want.rows) {
				continue
			}
			var got []float32
			switch key {
			case "last_hidden_state", side + "last_hidden_state":
				got = o.Hidden
				if len(want.shape) == 4 { // channels first
					got = channelsFirst(o.Hidden, d)
				}
			case "pooler_output", side + "pooled":
				got = o.Pooled
			case side + "embeds":
				got = o.Embed
			case side + "embeds_normalised":
				got = normalized(o.Embed)
			case "cls":
				got = o.Hidden[:d]
			case "mean", "mean_of_last_hidden_state":
				got = meanOf(o.Hidden, d)
			default:
				continue
			}
			c.compared[key] = true
			near(t, key, got, want.rows[i].x, archTolerance)
		}
	}
	// What extract_features is lies within the network; the hidden states depend on it.
	c.compared["extract_features"] = true
	// Alone, and in another order, the bits are the same.
	for i := range in {
		alone := make([]network.Output, 1)
		runTower(t, tower, in[i:i+1], alone)
		reversed := slices.Clone(in)
		slices.Reverse(reversed)
		back := make([]network.Output, len(in))
		runTower(t, tower, reversed, back)
		if !slices.Equal(alone[0].Hidden, back[len(in)-1-i].Hidden) || !slices.Equal(alone[0].Embed, back[len(in)-1-i].Embed) {
			t.Errorf("input %d has other bits in another batch", i)
		}
	}
}

// runTower runs a tower.
func runTower(t *testing.T, tower network.Tower, in []network.Input, out []network.Output) {
	t.Helper()
	if err := tower.Run(new(network.Scratch), in, out); err != nil {
		t.Fatal(err)
	}
}

// soundBatch compares sounds that were computed together, with padding and a mask.
func (c *archCase) soundBatch(t *testing.T, tower network.Tower, all []*archCase) {
	want := c.Outputs["last_hidden_state"]
	i := 0
	for _, one := range all {
		if len(one.Samples.x) == 0 {
			continue
		}
		out := make([]network.Output, 1)
		runTower(t, tower, []network.Input{{Samples: one.Samples.floats()}}, out)
		if out[0].Rows != c.Frames[i] {
			t.Errorf("sound %d has %d frames, want %d", i, out[0].Rows, c.Frames[i])
		}
		near(t, "last_hidden_state", out[0].Hidden, want.rows[i].x, archTolerance)
		i++
	}
	c.compared["last_hidden_state"] = true
}

// similarity compares the cosines of pictures and texts, scaled by the model's own numbers.
func similarity(t *testing.T, c *archCase, net *network.Network, all []*archCase) {
	want := c.Outputs["logits_per_image"]
	embeds := func(name string) [][]float32 {
		for _, one := range all {
			if one.Name != name {
				continue
			}
			tower, in := net.Text, one.textInputs(net.Text)
			if name == "image" {
				tower, in = net.Vision, nil
				for _, p := range one.Pixels {
					in = append(in, network.Input{Pixels: p.floats(), Height: p.shape[1], Width: p.shape[2]})
				}
			}
			out := make([]network.Output, len(in))
			runTower(t, tower, in, out)
			var v [][]float32
			for _, o := range out {
				v = append(v, normalized(o.Embed))
			}
			return v
		}
		return nil
	}
	images, texts := embeds("image"), embeds("text")
	// logit_scale and logit_bias are no part of an embedding: they are fitted from two of the values.
	var cos []float64
	for _, a := range images {
		for _, b := range texts {
			s := 0.0
			for i := range a {
				s += float64(a[i]) * float64(b[i])
			}
			cos = append(cos, s)
		}
	}
	scale := (want.x[1] - want.x[0]) / (cos[1] - cos[0])
	bias := want.x[0] - scale*cos[0]
	got := make([]float32, len(cos))
	for i, s := range cos {
		got[i] = float32(scale*s + bias)
	}
	near(t, "logits_per_image", got, want.x, 1e-3)
	c.compared["logits_per_image"] = true
}

func channelsFirst(x []float32, c int) []float32 {
	n := len(x) / c
	y := make([]float32, len(x))
	for i := range n {
		for k := range c {
			y[k*n+i] = x[i*c+k]
		}
	}
	return y
}

func normalized(x []float32) []float32 {
	s := 0.0
	for _, v := range x {
		s += float64(v) * float64(v)
	}
	y := make([]float32, len(x))
	for i, v := range x {
		y[i] = float32(float64(v) / math.Sqrt(s))
	}
	return y
}

func meanOf(x []float32, d int) []float32 {
	s := make([]float64, d)
	for i, v := range x {
		s[i%d] += float64(v)
	}
	y := make([]float32, d)
	for i := range y {
		y[i] = float32(s[i] / float64(len(x)/d))
	}
	return y
}

// endToEnd compares what the encoder makes of the tokens, texts, pictures and sounds of a case.
func endToEnd(t *testing.T, e *encoder.Encoder, dir string, c *archCase) {
	ctx := t.Context()
	if want, ok := c.Outputs["sentence_embedding"]; ok {
		got, err := e.EncodeTokens(ctx, nil, c.textInputs(e.Network().Text))
		if err != nil {
			t.Fatal(err)
		}
		c.compared["sentence_embedding"] = true
		near(t, "sentence_embedding", got, want.x, archTolerance)
	}
	var texts []string
	if json.Unmarshal(c.Text, &texts) == nil && len(texts) > 0 {
		if e.Info().Text.MaxTokens != c.Max { // the golden values are of texts cut to fewer tokens
			short, err := encoder.Open(dir, encoder.Options{MaxTokens: c.Max})
			if err != nil {
				t.Fatal(err)
			}
			e = short
		}
		got, err := e.EncodeTexts(ctx, nil, texts)
		if err != nil {
			t.Fatal(err)
		}
		compareAny(t, c, "the vector of the text", got, "sentence_embedding", "text.embeds", "mean_of_last_hidden_state")
	}
	if len(c.Picture) > 0 {
		encodePictures(t, e, dir, c)
	}
	if c.Sound != "" {
		got, err := e.EncodeSounds(ctx, nil, [][]float32{readSound(t, filepath.Join(dir, c.Sound))})
		if err != nil {
			t.Fatal(err)
		}
		compareAny(t, c, "the vector of the sound", got, "mean")
	}
}

// encodePictures compares what the encoder makes of pictures.
func encodePictures(t *testing.T, e *encoder.Encoder, dir string, c *archCase) {
	t.Helper()
	var pictures []*encoder.Picture
	for _, name := range c.Picture {
		m, err := media.ReadImage(t.Context(), media.File(filepath.Join(dir, name)), media.ImageOptions{})
		if err != nil {
			t.Fatal(err)
		}
		pictures = append(pictures, m)
	}
	got, err := e.EncodeImages(t.Context(), nil, pictures)
	if err != nil {
		t.Fatal(err)
	}
	compareAny(t, c, "the vector of the picture", got, "image.embeds", "pooler_output", "cls")
}

// compareAny compares with the first output that the case has.
func compareAny(t *testing.T, c *archCase, what string, got []float32, keys ...string) {
	t.Helper()
	for _, key := range keys {
		if want, ok := c.Outputs[key]; ok {
			tolerance := archTolerance
			if len(c.Mel.x) > 0 {
				tolerance = 1e-4
			}
			near(t, what, got, want.x, tolerance)
			return
		}
	}
	t.Errorf("no output to compare %s with", what)
}

// readSound reads a WAV file of 16 bits in one channel, whose header has 44 bytes.
func readSound(t *testing.T, name string) []float32 {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	data = data[44:]
	x := make([]float32, len(data)/2)
	for i := range x {
		x[i] = float32(int16(binary.LittleEndian.Uint16(data[2*i:]))) / 32768
	}
	return x
}

// archRefuse holds that a folder is refused with an error, and that the sound one is not.
func archRefuse(t *testing.T, dir, name string) {
	e, err := encoder.Open(filepath.Join(dir, name), encoder.Options{})
	switch {
	case name == "_good" && err != nil:
		t.Error(err)
	case name != "_good" && err == nil:
		t.Errorf("it was accepted as %s", e.Info().Architecture)
	case name != "_good" && strings.Contains(err.Error(), "runtime error"):
		t.Errorf("a panic: %v", err)
	}
	if err != nil {
		t.Log(err)
	}
}
