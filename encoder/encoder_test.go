package encoder_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/fusor-ml/fusor/encoder"
	"github.com/fusor-ml/fusor/encoder/network"
	"github.com/fusor-ml/fusor/internal/codec/safetensors"
)

// words are the vocabulary of the small model.
var words = []string{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "b", "c", "d", "##a", "##b", "##c"}

// smallConfig is the config.json of a BERT with one layer.
func smallConfig() map[string]any {
	return map[string]any{
		"model_type": "bert", "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 12,
		"vocab_size": len(words), "max_position_embeddings": 40,
	}
}

// smallModel returns the folder of a BERT with random weights.
func smallModel(t testing.TB) fstest.MapFS {
	t.Helper()
	rng := rand.New(rand.NewPCG(3, 4))
	var tensors []safetensors.Tensor
	add := func(name string, shape ...int) {
		n := 1
		for _, d := range shape {
			n *= d
		}
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(rng.NormFloat64())
		}
		tensors = append(tensors, safetensors.Tensor{Name: name, Shape: shape, Data: x})
	}
	layer := func(name string, in, out int) {
		add(name+".weight", out, in)
		add(name+".bias", out)
	}
	norm := func(name string) {
		add(name+".weight", 8)
		add(name+".bias", 8)
	}
	add("embeddings.word_embeddings.weight", len(words), 8)
	add("embeddings.position_embeddings.weight", 40, 8)
	add("embeddings.token_type_embeddings.weight", 2, 8)
	norm("embeddings.LayerNorm")
	const at = "encoder.layer.0."
	for _, name := range []string{"query", "key", "value"} {
		layer(at+"attention.self."+name, 8, 8)
	}
	layer(at+"attention.output.dense", 8, 8)
	norm(at + "attention.output.LayerNorm")
	layer(at+"intermediate.dense", 8, 12)
	layer(at+"output.dense", 12, 8)
	norm(at + "output.LayerNorm")
	var b bytes.Buffer
	if err := safetensors.Write(&b, nil, tensors); err != nil {
		t.Fatal(err)
	}
	return fstest.MapFS{
		"config.json":       {Data: marshal(t, smallConfig())},
		"model.safetensors": {Data: b.Bytes()},
		"vocab.txt":         {Data: []byte(strings.Join(words, "\n") + "\n")},
	}
}

func marshal(t testing.TB, v any) []byte {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestSameBits holds that a vector depends on its text alone.
func TestSameBits(t *testing.T) {
	dir := smallModel(t)
	rng := rand.New(rand.NewPCG(5, 6))
	var texts []string
	for range 200 {
		var b strings.Builder
		for range rng.IntN(30) {
			b.WriteString(words[5+rng.IntN(4)])
			if rng.IntN(2) == 0 {
				b.WriteByte(' ')
			}
		}
		texts = append(texts, b.String())
	}
	var want []float32
	for _, threads := range []int{1, 2, 5} {
		e, err := encoder.OpenFS(dir, encoder.Options{Threads: threads})
		if err != nil {
			t.Fatal(err)
		}
		got, err := e.EncodeTexts(t.Context(), nil, texts)
		if err != nil {
			t.Fatal(err)
		}
		if want == nil {
			for _, text := range texts {
				one, err := e.EncodeTexts(t.Context(), nil, []string{text})
				if err != nil {
					t.Fatal(err)
				}
				want = append(want, one...)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d threads: other bits than one text at a time", threads)
		}
	}
}

// TestMapped holds that weights stay mapped for as long as a tower is used, the Encoder being gone.
func TestMapped(t *testing.T) {
	dir := t.TempDir()
	for name, f := range smallModel(t) {
		if err := os.WriteFile(filepath.Join(dir, name), f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	e, err := encoder.Open(dir, encoder.Options{})
	if err != nil {
		t.Fatal(err)
	}
	in, out := []network.Input{{Tokens: []int32{2, 5, 6, 3}}}, make([]network.Output, 1)
	tower := e.Network().Text
	if err := tower.Run(new(network.Scratch), in, out); err != nil {
		t.Fatal(err)
	}
	want := slices.Clone(out[0].Hidden)
	for range 3 {
		runtime.GC()
	}
	if err := tower.Run(new(network.Scratch), in, out); err != nil || !slices.Equal(out[0].Hidden, want) {
		t.Error("other values after a collection", err)
	}
}

// TestRefused holds that what would change the computation is refused by its name.
func TestRefused(t *testing.T) {
	open := func(change func(dir fstest.MapFS)) error {
		dir := smallModel(t)
		change(dir)
		_, err := encoder.OpenFS(dir, encoder.Options{})
		return err
	}
	refused := func(err error, want string) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want one with %q", err, want)
		}
	}
	if err := open(func(fstest.MapFS) {}); err != nil {
		t.Fatal(err)
	}
	config := func(key string, value any) error {
		return open(func(dir fstest.MapFS) {
			c := smallConfig()
			c[key] = value
			dir["config.json"].Data = marshal(t, c)
		})
	}
	for key, value := range map[string]any{
		"model_type": "modernbert", "hidden_act": "gelu_10", "position_embedding_type": "alibi", "is_decoder": true,
		"add_cross_attention": true, "pruned_heads": map[string]any{"0": []int{1}}, "quantization_config": map[string]any{"bits": 4},
		"auto_map": map[string]any{"AutoModel": "modeling.Own"}, "embedding_size": 4, "layer_norm_eps": -1, "num_attention_heads": 3,
		"vocab_size": 1 << 30, "intermediate_size": "12", "max_position_embeddings": 41,
	} {
		want := key
		if key == "max_position_embeddings" {
			want = "embeddings.position_embeddings.weight"
		}
		refused(config(key, value), want)
	}
	if err := config("hidden_act", nil); err != nil { // null is the default
		t.Error(err)
	}
	modules := func(list string, more fstest.MapFS) error {
		return open(func(dir fstest.MapFS) {
			dir["modules.json"] = &fstest.MapFile{Data: []byte(list)}
			for name, f := range more {
				dir[name] = f
			}
		})
	}
	module := func(path, kind string) string { return fmt.Sprintf(`{"path":%q,"type":%q}`, path, kind) }
	first, pool := module("", "sentence_transformers.models.Transformer"), module("1_Pooling", "sentence_transformers.models.Pooling")
	file := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	mean := fstest.MapFS{"1_Pooling/config.json": file(`{"word_embedding_dimension":8,"pooling_mode_mean_tokens":true}`)}
	if err := modules("["+first+","+pool+"]", mean); err != nil {
		t.Error(err)
	}
	refused(modules("["+first+","+pool+"]", nil), "1_Pooling/config.json")
	refused(modules("["+first+","+pool+"]", fstest.MapFS{"1_Pooling/config.json": file(`{"pooling_mode_mean_tokens":true,"pooling_mode_median_tokens":true}`)}), "median")
	refused(modules("["+first+","+module("1", "mine.Pooling")+"]", mean), "mine.Pooling")
	refused(modules("["+first+","+module("1", "sentence_transformers.models.LSTM")+"]", mean), "LSTM")
	refused(modules("["+first+","+module("../1_Pooling", "sentence_transformers.models.Pooling")+"]", mean), "leads out")
	refused(modules(`{}`, nil), "modules.json")
	refused(modules(`[]`, nil), "modules.json")
	dense := func(config string) error {
		return modules("["+first+","+pool+","+module("2_Dense", "sentence_transformers.models.Dense")+"]",
			fstest.MapFS{"1_Pooling/config.json": mean["1_Pooling/config.json"], "2_Dense/config.json": file(config), "2_Dense/pytorch_model.bin": file("")})
	}
	refused(dense(`{"in_features":8,"out_features":4,"activation_function":"torch.nn.modules.activation.Softmax"}`), "Softmax")
	refused(dense(`{"in_features":8,"out_features":4}`), "pytorch_model.bin")
	refused(dense(`{"in_features":-8,"out_features":4}`), "-8")
	refused(open(func(dir fstest.MapFS) { delete(dir, "model.safetensors"); dir["tf_model.h5"] = file("x") }), "tf_model.h5")
	refused(open(func(dir fstest.MapFS) { dir["sentence_bert_config.json"] = file(`{"max_seq_length":-4}`) }), "max_seq_length")
	refused(open(func(dir fstest.MapFS) { dir["vocab.txt"].Data = append(dir["vocab.txt"].Data, "more\n"...) }), "tokenizer")
}

func TestOptions(t *testing.T) {
	dir := smallModel(t)
	dir["config_sentence_transformers.json"] = &fstest.MapFile{Data: []byte(`{"prompts":{"query":"a b "},"default_prompt_name":null}`)}
	encode := func(o encoder.Options, text string) []float32 {
		t.Helper()
		e, err := encoder.OpenFS(dir, o)
		if err != nil {
			t.Fatal(err)
		}
		v, err := e.EncodeTexts(t.Context(), nil, []string{text})
		if err != nil {
			t.Fatal(err)
		}
		if len(v) != e.Info().Text.Dim {
			t.Errorf("%d values, want %d", len(v), e.Info().Text.Dim)
		}
		return v
	}
	same := func(a, b []float32) {
		t.Helper()
		if !slices.Equal(a, b) {
			t.Errorf("%v and %v differ", a, b)
		}
	}
	same(encode(encoder.Options{Prompt: "query"}, "c"), encode(encoder.Options{}, "a b c"))
	same(encode(encoder.Options{Prompt: "a b "}, "c"), encode(encoder.Options{}, "a b c"))
	same(encode(encoder.Options{MaxTokens: 4}, "a b c d"), encode(encoder.Options{}, "a b"))
	both := encode(encoder.Options{Pooling: "mean+cls"}, "a b")
	same(both, slices.Concat(encode(encoder.Options{Pooling: "cls"}, "a b"), encode(encoder.Options{}, "a b")))
	if _, err := encoder.OpenFS(dir, encoder.Options{Pooling: "median"}); err == nil {
		t.Error("an unknown pooling was taken")
	}
}

func TestCanceled(t *testing.T) {
	e, err := encoder.OpenFS(smallModel(t), encoder.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := e.EncodeTexts(ctx, nil, []string{"a"}); err == nil {
		t.Error("a cancelled context was not noticed")
	}
	if _, err := e.EncodeTokens(t.Context(), nil, []network.Input{{Tokens: []int32{99}}}); err == nil {
		t.Error("a token past the vocabulary was taken")
	}
	if _, err := e.EncodeSounds(t.Context(), nil, nil); err == nil {
		t.Error("a model of texts takes sounds")
	}
	if _, err := e.EncodeImages(t.Context(), nil, nil); err == nil {
		t.Error("a model of texts takes pictures")
	}
}

// FuzzOpen holds that no config.json, modules.json or pooling makes Open panic or take much memory.
func FuzzOpen(f *testing.F) {
	f.Add(marshal(f, smallConfig()), []byte(`[{"idx":0,"path":"","type":"sentence_transformers.models.Transformer"},{"path":"1_Pooling","type":"sentence_transformers.models.Pooling"}]`), []byte(`{"pooling_mode":"mean"}`))
	f.Add([]byte(`{"model_type":"clip","text_config":{},"vision_config":null}`), []byte(`[{}]`), []byte(`{"pooling_mode":["cls","mean"]}`))
	for _, kind := range network.Architectures() {
		f.Add([]byte(fmt.Sprintf(`{"model_type":%q}`, kind)), []byte(`null`), []byte(`{}`))
	}
	f.Fuzz(func(t *testing.T, config, modules, pooling []byte) {
		dir := smallModel(t)
		dir["config.json"].Data = config
		dir["modules.json"] = &fstest.MapFile{Data: modules}
		dir["1_Pooling/config.json"] = &fstest.MapFile{Data: pooling}
		e, err := encoder.OpenFS(dir, encoder.Options{Threads: 1})
		if err != nil {
			return
		}
		v, err := e.EncodeTexts(t.Context(), nil, []string{"a b", ""})
		if err == nil && len(v) != 2*e.Info().Text.Dim {
			t.Errorf("%d values, want two vectors of %d", len(v), e.Info().Text.Dim)
		}
	})
}
