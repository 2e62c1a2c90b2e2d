package pretrained_test

import (
	"bytes"
	"context"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/encoder"
	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/feature/pretrained"
	"github.com/fusor-ml/fusor/feature/views"
	"github.com/fusor-ml/fusor/internal/codec/safetensors"
	"github.com/fusor-ml/fusor/media"
)

// network writes the folder of a BERT of one layer with random weights, which takes 8 tokens.
func network(t testing.TB, dir string, seed uint64) string {
	t.Helper()
	words := []string{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "b", "c", "d"}
	rng := rand.New(rand.NewPCG(seed, 4))
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
	for _, l := range []struct {
		name    string
		in, out int
	}{
		{"attention.self.query", 8, 8},
		{"attention.self.key", 8, 8},
		{"attention.self.value", 8, 8},
		{"attention.output.dense", 8, 8},
		{"intermediate.dense", 8, 12},
		{"output.dense", 12, 8},
	} {
		add("encoder.layer.0."+l.name+".weight", l.out, l.in)
		add("encoder.layer.0."+l.name+".bias", l.out)
	}
	for _, name := range []string{"embeddings.LayerNorm", "encoder.layer.0.attention.output.LayerNorm", "encoder.layer.0.output.LayerNorm"} {
		add(name+".weight", 8)
		add(name+".bias", 8)
	}
	add("embeddings.word_embeddings.weight", len(words), 8)
	add("embeddings.position_embeddings.weight", 8, 8)
	add("embeddings.token_type_embeddings.weight", 2, 8)
	var b bytes.Buffer
	if err := safetensors.Write(&b, nil, tensors); err != nil {
		t.Fatal(err)
	}
	config, err := json.Marshal(map[string]any{
		"model_type": "bert", "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 12,
		"vocab_size": len(words), "max_position_embeddings": 8,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"config.json": config, "model.safetensors": b.Bytes(), "vocab.txt": []byte(strings.Join(words, "\n") + "\n"),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func texts(rows ...string) *dataset.Dataset {
	ds := &dataset.Dataset{Path: "t.csv", Schema: dataset.Schema{Columns: []dataset.Column{{Name: "review", Kind: media.Text}}}}
	for i, s := range rows {
		ds.Rows = append(ds.Rows, dataset.Row{Number: i + 2, Cells: []dataset.Cell{{Text: s}}})
	}
	return ds
}

func open(t testing.TB, ds *dataset.Dataset, key, dir string) pretrained.Set {
	t.Helper()
	set, err := pretrained.Open(&ds.Schema, map[string]pretrained.Choice{key: {Dir: dir}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// extract returns the vectors of the view encoder, nil where it is absent.
func extract(t testing.TB, ds *dataset.Dataset, set pretrained.Set, x feature.Extraction) [][]float32 {
	t.Helper()
	refs, err := set.Catalog(views.All()).Select(&ds.Schema, []string{"*.encoder"})
	if err != nil {
		t.Fatal(err)
	}
	features, problems, err := x.Extract(context.Background(), ds, refs)
	if err != nil || len(problems) > 0 {
		t.Fatal(problems, err)
	}
	defer features.Close()
	out := make([][]float32, len(ds.Rows))
	for i := range out {
		var r feature.Raw
		if err := features.Stores[0].Get(i, &r); err != nil {
			t.Fatal(err)
		}
		if !r.Absent() {
			out[i] = r.Values
		}
	}
	return out
}

// TestTexts compares the view with the encoder itself, in any batch and with any number of workers:
// a text that fits is its vector, a longer one the mean of its windows, none of text is absent.
func TestTexts(t *testing.T) {
	dir := network(t, filepath.Join(t.TempDir(), "tiny"), 1)
	var rows []string
	rng := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		rows = append(rows, strings.TrimSpace(strings.Repeat(string("abcd"[rng.IntN(4)])+" ", 1+rng.IntN(6))))
	}
	rows = append(rows, "", "a b c d a b c d") // the last: two windows of four tokens
	ds := texts(rows...)
	set := open(t, ds, "text", dir)
	e, err := encoder.Open(dir, encoder.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := make([][]float32, len(rows))
	for i, s := range rows {
		if s != "" {
			if want[i], err = e.EncodeTexts(context.Background(), nil, []string{s}); err != nil {
				t.Fatal(err)
			}
		}
	}
	half, err := e.EncodeTexts(context.Background(), nil, []string{"a b c d"})
	if err != nil {
		t.Fatal(err)
	}
	want[len(want)-1] = half
	for _, workers := range []int{1, 3} {
		got := extract(t, ds, set, feature.Extraction{Workers: workers})
		for i := range want {
			if !slices.Equal(got[i], want[i]) {
				t.Fatalf("%d workers, row %d (%q): %v, want %v", workers, i, rows[i], got[i], want[i])
			}
		}
	}
}

// TestCache holds that vectors come from the cache where text and network are the same, and only
// there.
func TestCache(t *testing.T) {
	tmp := t.TempDir()
	ds, cache := texts("a b", "c", "a b c d a b c d"), feature.Extraction{CacheDir: filepath.Join(tmp, "cache")}
	one, two := network(t, filepath.Join(tmp, "one"), 1), network(t, filepath.Join(tmp, "two"), 2)
	first := extract(t, ds, open(t, ds, "review", one), cache)
	if entries, err := filepath.Glob(filepath.Join(tmp, "cache", "text.encoder-*", "*.seg")); err != nil || len(entries) != 1 {
		t.Fatalf("the cache has %v (%v)", entries, err)
	}
	if again := extract(t, ds, open(t, ds, "review", one), cache); !slices.EqualFunc(first, again, slices.Equal[[]float32]) {
		t.Error("the second time the vectors are others")
	}
	other := extract(t, ds, open(t, ds, "review", two), cache)
	if slices.EqualFunc(first, other, slices.Equal[[]float32]) || !slices.EqualFunc(other, extract(t, ds, open(t, ds, "review", two), feature.Extraction{}), slices.Equal[[]float32]) {
		t.Error("another network has the vectors of the first")
	}
}

// TestFind holds that a network is found by its content, in a folder or one below, and no other
// instead.
func TestFind(t *testing.T) {
	tmp := t.TempDir()
	ds := texts("a")
	ids := open(t, ds, "review", network(t, filepath.Join(tmp, "one"), 1)).Identities(&ds.Schema)
	network(t, filepath.Join(tmp, "shelf", "renamed"), 1)
	network(t, filepath.Join(tmp, "wrong", "one"), 2)
	for _, folder := range []string{"one", "shelf", "shelf/renamed"} {
		if set, err := pretrained.Find([]string{filepath.Join(tmp, "wrong"), filepath.Join(tmp, folder)})(&ds.Schema, ids); err != nil || set["review"].SHA256 != ids[0].SHA256 {
			t.Errorf("%s: %v", folder, err)
		}
	}
	f := func(want string, folders ...string) {
		t.Helper()
		_, err := pretrained.Find(folders)(&ds.Schema, ids)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "column review: cannot find the encoder one (bert, 8 values, SHA-256 "+ids[0].SHA256[:12]) {
			t.Errorf("%v: %v, want %q", folders, err, want)
		}
	}
	f("no folder was named")
	f("one holds another one: its model.safetensors differs", filepath.Join(tmp, "wrong"))
	f("nowhere", "nowhere")
}

// TestOpenRefuses lists choices that fit no column.
func TestOpenRefuses(t *testing.T) {
	dir := network(t, filepath.Join(t.TempDir(), "tiny"), 1)
	ds := texts("a")
	ds.Schema.Columns = append(ds.Schema.Columns, dataset.Column{Name: "photo", Kind: media.Image}, dataset.Column{Name: "table", Kind: media.Table})
	f := func(key, want string) {
		t.Helper()
		_, err := pretrained.Open(&ds.Schema, map[string]pretrained.Choice{key: {Dir: dir}}, nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", key, err, want)
		}
	}
	f("photo", "bert takes texts, and the column is one of image")
	f("image", "bert takes texts")
	f("table", "encoders are for text, image, audio and video, not for table")
	f("sound", `no such column, and no column of such a kind; it has review (text), photo (image)`)
	f("video", `no such column, and no column of such a kind`)
}

// TestChoice reads both forms of a choice.
func TestChoice(t *testing.T) {
	f := func(data string, want pretrained.Choice, fails bool) {
		t.Helper()
		var got pretrained.Choice
		if err := json.Unmarshal([]byte(data), &got); (err != nil) != fails || !fails && got != want {
			t.Errorf("%s: %+v, %v", data, got, err)
		}
	}
	f(`"models/a"`, pretrained.Choice{Dir: "models/a"}, false)
	f(`{"dir": "a", "pooling": "cls", "max_tokens": 5}`, pretrained.Choice{Dir: "a", Options: pretrained.Options{Pooling: "cls", MaxTokens: 5}}, false)
	f(`{"pooling": "cls"}`, pretrained.Choice{}, true)
	f(`{"dir": "a", "pool": "cls"}`, pretrained.Choice{}, true)
	f(`{"dir": "a", "max_tokens": -1}`, pretrained.Choice{}, true)
	f(`7`, pretrained.Choice{}, true)
}
