package encoder

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/fusor-ml/fusor/encoder/network"
	"github.com/fusor-ml/fusor/encoder/onnx"
)

// graphNames are the places of a graph in a folder, in the order in which they are looked for.
var graphNames = []string{
	"model.onnx", "onnx/model.onnx", "model_quantized.onnx", "onnx/model_quantized.onnx", "model_int8.onnx", "onnx/model_int8.onnx",
}

// graph is a tower that is an ONNX graph.
type graph struct {
	g      *onnx.Graph
	info   network.TowerInfo
	input  string // of pixels, samples or a spectrogram
	hidden string // outputs; "": none
	pooled string
	embed  string
}

// findGraph returns the name of the graph in dir, "" if there is none.
func (f *folder) findGraph(dir string) string {
	for _, name := range graphNames {
		if p := path.Join(dir, name); f.exists(p) {
			return p
		}
	}
	return ""
}

// loadGraph makes a network of an ONNX graph. config.json may be missing.
func loadGraph(f *folder, dir, name string) (*network.Network, error) {
	var c graphConfig
	if _, err := f.decode(path.Join(dir, "config.json"), &c); err != nil {
		return nil, err
	}
	g, err := onnx.Open(f.fsys, name, onnx.Options{})
	if err != nil {
		return nil, err
	}
	if err := f.hashGraph(name); err != nil {
		return nil, err
	}
	t := &graph{g: g}
	n := &network.Network{Architecture: "onnx"}
	if c.Type != "" {
		n.Architecture = c.Type + " (onnx)"
	}
	switch kind := t.kind(); kind {
	case "text":
		t.limits(&c)
		n.Text = t
	case "image":
		n.Vision = t
	case "sound":
		n.Audio = t
	default:
		return nil, fmt.Errorf("cannot use %s: its inputs %s are not those of one encoder of texts, pictures or sounds", name, t.inputs())
	}
	if err := t.probe(); err != nil {
		return nil, fmt.Errorf("cannot use %s: %w", name, err)
	}
	return n, nil
}

// graphConfig is what is read of a graph's config.json.
type graphConfig struct {
	Type      string          `json:"model_type"`
	Vocab     int             `json:"vocab_size"`
	Positions int             `json:"max_position_embeddings"`
	Pad       *int            `json:"pad_token_id"`
	Size      json.RawMessage `json:"image_size"`
}

// hashGraph takes the graph and the files of weights beside it into the list.
func (f *folder) hashGraph(name string) error {
	if err := f.hash(name); err != nil {
		return err
	}
	entries, err := fs.ReadDir(f.fsys, path.Dir(name))
	if err != nil {
		return err
	}
	for _, e := range entries {
		switch ext := path.Ext(e.Name()); {
		case strings.HasPrefix(ext, ".onnx_data"), ext == ".data", ext == ".weight", ext == ".bin" && !strings.HasPrefix(e.Name(), "pytorch_model"):
			if err := f.hash(path.Join(path.Dir(name), e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// inputs lists the names of the inputs.
func (t *graph) inputs() string {
	var names []string
	for _, v := range t.g.Inputs() {
		names = append(names, v.Name)
	}
	return strings.Join(names, ", ")
}

// kind returns what the graph encodes, by its inputs: text, image, sound, or "".
func (t *graph) kind() string {
	in := t.g.Inputs()
	for _, v := range in {
		switch v.Name {
		case "input_ids":
			for _, o := range in {
				if o.Name != "input_ids" && o.Name != "attention_mask" && o.Name != "token_type_ids" && o.Name != "position_ids" {
					return ""
				}
			}
			return "text"
		}
	}
	if len(in) != 1 || in[0].Type != onnx.Float32 {
		return ""
	}
	t.input = in[0].Name
	switch shape := in[0].Shape; {
	case len(shape) == 4 && (shape[1] == 3 || shape[1] == -1):
		t.info.AnySize = shape[2] < 0 || shape[3] < 0
		if !t.info.AnySize {
			t.info.Height, t.info.Width = shape[2], shape[3]
		}
		return "image"
	case len(shape) == 3 && t.input == "input_features":
		t.info.MelBins, t.info.MelFrames = max(shape[1], 0), max(shape[2], 0)
		return "sound"
	case len(shape) == 2 && (t.input == "input_values" || t.input == "input"):
		t.info.MinSamples = 400
		return "sound"
	}
	return ""
}

// limits sets the numbers of tokens and words, by the graph and config.json.
func (t *graph) limits(c *graphConfig) {
	t.info.Vocab = c.Vocab
	t.info.MaxTokens = 512
	if c.Positions > 0 {
		t.info.MaxTokens = c.Positions
		switch c.Type {
		case "roberta", "xlm-roberta", "camembert":
			t.info.MaxTokens -= 2 // see network
			if c.Pad != nil {
				t.info.MaxTokens = c.Positions - *c.Pad - 1
			}
		case "mpnet":
			t.info.MaxTokens -= 2
		}
	}
	for _, v := range t.g.Inputs() {
		if v.Name == "input_ids" && len(v.Shape) == 2 && v.Shape[1] > 0 {
			t.info.MaxTokens = v.Shape[1]
			t.info.PadTo = v.Shape[1]
			if c.Pad != nil {
				t.info.PadID = *c.Pad
			}
		}
	}
	t.info.MaxTokens = max(t.info.MaxTokens, 1)
}

// Info describes the tower.
func (t *graph) Info() network.TowerInfo { return t.info }

// Check returns an error if in is not what the graph takes.
func (t *graph) Check(in network.Input) error {
	switch {
	case t.input != "" && len(in.Tokens) > 0, t.input == "" && len(in.Tokens) == 0:
		return errors.New("the graph takes another kind of input")
	case len(in.Tokens) > t.info.MaxTokens && t.input == "":
		return fmt.Errorf("cannot encode %d tokens: the network takes %d", len(in.Tokens), t.info.MaxTokens)
	case in.Types != nil && len(in.Types) != len(in.Tokens):
		return fmt.Errorf("cannot encode %d tokens with %d token types", len(in.Tokens), len(in.Types))
	}
	for _, id := range in.Tokens {
		if id < 0 || t.info.Vocab > 0 && int(id) >= t.info.Vocab {
			return fmt.Errorf("cannot encode token %d: the vocabulary has %d", id, t.info.Vocab)
		}
	}
	return nil // the graph checks shapes itself
}

// Run encodes inputs. Those of one size that follow each other are run together, unless the graph
// lets them change each other.
func (t *graph) Run(_ *network.Scratch, in []network.Input, out []network.Output) error {
	for from := 0; from < len(in); {
		n := 1
		for !t.g.MixesRows() && from+n < len(in) && sameSize(&in[from], &in[from+n]) {
			n++
		}
		if err := t.run(in[from:from+n], out[from:from+n]); err != nil {
			return err
		}
		from += n
	}
	return nil
}

func sameSize(a, b *network.Input) bool {
	return len(a.Tokens) == len(b.Tokens) && len(a.Pixels) == len(b.Pixels) && a.Height == b.Height &&
		len(a.Samples) == len(b.Samples) && len(a.Mel) == len(b.Mel)
}

// run encodes inputs of one size.
func (t *graph) run(in []network.Input, out []network.Output) error {
	feed := map[string]*onnx.Tensor{}
	// Inputs of one call have one size, so that a graph without masks sees no padding (decision 27).
	rows := len(in[0].Tokens)
	if t.input == "" {
		t.feedText(feed, in)
	} else {
		var all []float32
		shape := []int{len(in)}
		for i := range in {
			all = append(append(append(all, in[i].Pixels...), in[i].Samples...), in[i].Mel...)
		}
		switch one := &in[0]; {
		case len(one.Pixels) > 0:
			shape = append(shape, 3, one.Height, one.Width)
		case len(one.Mel) > 0:
			shape = append(shape, len(one.Mel)/max(one.Frames, 1), one.Frames)
		default:
			shape = append(shape, len(one.Samples))
		}
		feed[t.input] = onnx.NewTensor(all, shape...)
	}
	results, err := t.g.Run(context.Background(), feed)
	if err != nil {
		return err
	}
	part := func(name string, i int) ([]float32, []int, error) {
		v := results[name]
		if v == nil {
			return nil, nil, nil
		}
		// The batch is the first axis; a graph that was exported for one row has another.
		x, ok := v.Data.([]float32)
		if !ok || len(v.Shape) < 2 || v.Shape[0] != len(in) {
			return nil, nil, fmt.Errorf("the graph's output %s has the shape %v", name, v.Shape)
		}
		n := len(x) / len(in)
		return x[i*n : (i+1)*n], v.Shape[1:], nil
	}
	for i := range in {
		o := &out[i]
		*o = network.Output{}
		h, shape, err := part(t.hidden, i)
		if err != nil {
			return err
		}
		if h != nil {
			o.Hidden, o.Rows = t.hiddenRows(h, shape)
			// Where the graph's length is fixed.
			if t.input == "" && rows > 0 && rows < o.Rows { // padding is left out
				o.Hidden, o.Rows = o.Hidden[:rows*shape[len(shape)-1]], rows
			}
		}
		if o.Pooled, _, err = part(t.pooled, i); err != nil {
			return err
		}
		if o.Embed, _, err = part(t.embed, i); err != nil {
			return err
		}
		// A graph without a projection: its pooled vector is what it has for a whole.
		if o.Embed == nil {
			o.Embed = o.Pooled
		}
	}
	return nil
}

// feedText adds the inputs of a graph of texts. Where its length is fixed, padding is masked.
func (t *graph) feedText(feed map[string]*onnx.Tensor, in []network.Input) {
	n := len(in[0].Tokens)
	width := max(n, t.info.PadTo)
	ids, mask, types, at := make([]int64, len(in)*width), make([]int64, len(in)*width), make([]int64, len(in)*width), make([]int64, len(in)*width)
	for i := range in {
		for k := range width {
			j := i*width + k
			at[j] = int64(k)
			if k >= n {
				ids[j] = int64(t.info.PadID)
				continue
			}
			ids[j], mask[j] = int64(in[i].Tokens[k]), 1
			if in[i].Types != nil {
				types[j] = int64(in[i].Types[k])
			}
		}
	}
	for _, v := range t.g.Inputs() {
		x := map[string][]int64{"input_ids": ids, "attention_mask": mask, "token_type_ids": types, "position_ids": at}[v.Name]
		if v.Type == onnx.Int32 {
			y := make([]int32, len(x))
			for i := range x {
				y[i] = int32(x[i])
			}
			feed[v.Name] = onnx.NewTensor(y, len(in), width)
			continue
		}
		feed[v.Name] = onnx.NewTensor(x, len(in), width)
	}
}

// hiddenRows returns rows of an output: of [rows, dim] as it is, of [dim, height, width] with the
// dimensions last.
func (t *graph) hiddenRows(h []float32, shape []int) ([]float32, int) {
	if len(shape) != 3 {
		return h, shape[0]
	}
	dim, n := shape[0], shape[1]*shape[2]
	y := make([]float32, len(h))
	for c := range dim {
		for i, v := range h[c*n : (c+1)*n] {
			y[i*dim+c] = v
		}
	}
	return y, n
}

// probe runs the graph once, on the smallest input, to learn which output is what.
func (t *graph) probe() error {
	feed := map[string]*onnx.Tensor{}
	switch {
	case t.input == "":
		// The first and last special token; the ids do not matter.
		t.feedText(feed, []network.Input{{Tokens: make([]int32, 2)}})
	// Whisper's chunk of 30 s, which its graphs demand.
	case t.info.MelBins > 0:
		feed[t.input] = onnx.NewTensor(make([]float32, t.info.MelBins*max(t.info.MelFrames, 3000)), 1, t.info.MelBins, max(t.info.MelFrames, 3000))
	case t.info.MinSamples > 0:
		// A tenth of a second at 16 kHz.
		feed[t.input] = onnx.NewTensor(make([]float32, 1600), 1, 1600)
	default:
		h, w := t.info.Height, t.info.Width
		if h == 0 {
			h, w = 224, 224
		}
		feed[t.input] = onnx.NewTensor(make([]float32, 3*h*w), 1, 3, h, w)
	}
	results, err := t.g.Run(context.Background(), feed)
	if err != nil {
		return err
	}
	// By name where exporters agree on one, else by rank: [rows, width] is a whole, [rows, steps,
	// width] its parts, [rows, channels, h, w] a map.
	for _, v := range t.g.Outputs() {
		r := results[v.Name]
		if _, ok := r.Data.([]float32); !ok {
			continue
		}
		switch rank := len(r.Shape); v.Name {
		case "sentence_embedding", "text_embeds", "image_embeds":
			if rank == 2 && t.embed == "" {
				t.embed, t.info.Embed, t.info.Own = v.Name, r.Shape[1], true
			}
		case "pooler_output":
			if rank == 2 || rank == 4 && r.Shape[2]*r.Shape[3] == 1 {
				t.pooled, t.info.Pooled = v.Name, r.Shape[1]
			}
		default:
			switch {
			// Of a text it may be a classifier's logits, and its vector is pooled here.
			case rank == 2 && t.pooled == "" && t.input != "": // a vector of a picture or sound
				t.pooled, t.info.Pooled, t.info.Own = v.Name, r.Shape[1], true
			case rank == 3 && t.hidden == "":
				t.hidden, t.info.Dim = v.Name, r.Shape[2]
			case rank == 4 && t.hidden == "" && t.input != "":
				t.hidden, t.info.Dim = v.Name, r.Shape[1]
			}
		}
	}
	if t.info.Embed == 0 {
		t.info.Embed = t.info.Pooled
	}
	if t.hidden == "" && t.info.Embed == 0 {
		return errors.New("it has no output that is a vector or rows of vectors")
	}
	return nil
}
