package fusor_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fusor-ml/fusor"
	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/train"
)

// synonyms are words of two meanings; the first of each are those that training rows use.
var synonyms = [2][]string{
	{"awful", "bad", "poor", "nasty", "dreadful", "horrid", "lousy", "grim"},
	{"lovely", "good", "fine", "pleasant", "splendid", "superb", "delightful", "charming"},
}

// reviews writes a few training rows, and test rows that praise and blame in words that no training
// row has.
func reviews(t testing.TB) string {
	t.Helper()
	rng := rand.New(rand.NewPCG(7, 8))
	var b strings.Builder
	b.WriteString("split,label,text,price\n")
	row := func(split string, c, from, to int) {
		pick := func() string { return synonyms[c][from+rng.IntN(to-from)] }
		fmt.Fprintf(&b, "%s,%d,the room was %s and the food %s,%d\n", split, c, pick(), pick(), rng.IntN(9))
	}
	for i := range 60 {
		row("train", i%2, 0, 4)
	}
	for i := range 20 {
		row("val", i%2, 0, 4)
	}
	for i := range 40 {
		row("test", i%2, 4, 8)
	}
	path := filepath.Join(t.TempDir(), "reviews.csv")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// vectors writes a file in which words of one meaning lie close together.
func vectors(t testing.TB, dir string) string {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 9))
	var b strings.Builder
	for c, words := range synonyms {
		for _, w := range words {
			b.WriteString(w)
			for k := range 12 {
				v := 0.1 * rng.NormFloat64()
				if k%2 == c {
					v += 0.5
				}
				fmt.Fprintf(&b, " %.4f", v)
			}
			b.WriteByte('\n')
		}
	}
	path := filepath.Join(dir, "words.vec")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func wordOptions(embeddings string, views ...string) fusor.Setup {
	return fusor.Setup{NoCache: true, Seed: 3, Recipe: train.Recipe{
		Embeddings: embeddings, Views: views, Width: 16, Train: train.Config{Epochs: 12, Batch: 8, LR: 0.01},
	}}
}

// Words that no training row has are understood by their vectors, also once the file is gone.
func TestEmbeddingsHelp(t *testing.T) {
	path, dir := reviews(t), t.TempDir()
	accuracy := func(embeddings string) (*fusor.Model, float64) {
		t.Helper()
		m, rep, err := fusor.TrainFile(context.Background(), path, wordOptions(embeddings, "text.semantic"))
		if err != nil {
			t.Fatal(err)
		}
		return m, rep.Test.Row.Scores[0].Summary.Mean
	}
	_, without := accuracy("")
	m, with := accuracy(vectors(t, dir))
	if with < 0.95 || without > 0.7 {
		t.Errorf("accuracy %.2f with vectors, %.2f without", with, without)
	}
	kept, learned := 0, 0
	st := m.Artifact().States[0].(feature.PretrainedState)
	for _, p := range m.Artifact().Model.Params() {
		if p.Name != "encoder.text.semantic.embedding.weight" {
			continue
		}
		if p.Value.Dim(1) != 12 {
			t.Errorf("the table has width %d, the file 12", p.Value.Dim(1))
		}
		for id := range st.Dim() {
			switch v := st.Vector(id); {
			case v == nil:
			case slices.Equal(v, p.Value.F32[id*12:(id+1)*12]):
				kept++
			default:
				learned++
			}
		}
	}
	if kept != 8 || learned != 8 { // those of test rows, and those of training rows
		t.Errorf("%d vectors are as they were, %d were learned on", kept, learned)
	}
	file := filepath.Join(dir, "m.fusor")
	if err := m.Save(file); err != nil {
		t.Fatal(err)
	}
	want := predict(t, m, path)
	if err := os.Remove(filepath.Join(dir, "words.vec")); err != nil {
		t.Fatal(err)
	}
	loaded, err := fusor.Load(file, fusor.Setup{NoCache: true}.Options())
	if err != nil {
		t.Fatal(err)
	}
	if got := predict(t, loaded, path); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Error("the saved model predicts otherwise")
	}
	if e := loaded.Artifact().Embeddings; e == nil || e.Name != "words.vec" || len(e.SHA256) != 64 {
		t.Errorf("the model keeps %+v of the embeddings", e)
	}
}

// The same file yields the same bytes wherever it lies, also after a stop.
func TestEmbeddingsSameBytes(t *testing.T) {
	path := reviews(t)
	opt := func() fusor.Setup { return wordOptions(vectors(t, t.TempDir())) }
	want := fit(t, context.Background(), path, opt())
	if !bytes.Equal(want, fit(t, context.Background(), path, opt())) {
		t.Error("the file's folder shows in the model")
	}
	for _, stop := range []int{2, 12} { // in the search, and at its end
		o := opt()
		o.Checkpoint = filepath.Join(t.TempDir(), "checkpoint")
		ctx, cancel := context.WithCancel(context.Background())
		o.Progress = func(p fusor.Progress) {
			if p.Stage == "train" && p.Done == stop {
				cancel()
			}
		}
		if _, _, err := fusor.TrainFile(ctx, path, o); !errors.Is(err, context.Canceled) {
			t.Fatalf("it was not stopped: %v", err)
		}
		o.Resume, o.Progress = true, nil
		if got := fit(t, context.Background(), path, o); !bytes.Equal(got, want) {
			t.Errorf("after a stop at epoch %d the model is another", stop)
		}
	}
}

// A comparison goes on from its fits only with the same vectors, under whatever name.
func TestEmbeddingsAreCompared(t *testing.T) {
	path, dir := reviews(t), t.TempDir()
	run := func(embeddings string) *fusor.Comparison {
		t.Helper()
		o := wordOptions(embeddings)
		o.Seeds, o.Dir, o.Recipe.Train.Epochs = 1, filepath.Join(dir, "out"), 1
		c, err := fusor.CompareFile(context.Background(), path, []string{"mean"}, o)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	stores := func(want int) {
		t.Helper()
		if found, _ := filepath.Glob(filepath.Join(dir, "out", "unfinished-*")); len(found) != want {
			t.Errorf("%d stores, want %d: %v", len(found), want, found)
		}
	}
	file := vectors(t, dir)
	c := run(file)
	stores(1)
	if names := fmt.Sprint(c.Rows); !strings.Contains(names, "text.semantic") || !strings.Contains(names, "text.lexical") {
		t.Errorf("views are %v", names)
	}
	if notes := strings.Join(c.Result.Plan.Notes, "\n"); !strings.Contains(notes, "vectors of 12 values for 16 of the 21 different words") {
		t.Errorf("notes: %s", notes)
	}
	run(vectors(t, t.TempDir()))
	stores(1)
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, bytes.Replace(data, []byte("awful 0."), []byte("awful 1."), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	run(file)
	stores(2)
}

func TestEmbeddingsSayWhatIsWrong(t *testing.T) {
	path, file := reviews(t), vectors(t, t.TempDir())
	f := func(path, embeddings, want string, views ...string) {
		t.Helper()
		if _, _, err := fusor.TrainFile(context.Background(), path, wordOptions(embeddings, views...)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	f(path, file+"x", "cannot read the embeddings")
	f(path, file, "take text.semantic as well", "text.lexical", "table")
	f(path, path, "reviews.csv: cannot read the vectors: line 1")
	numbers := filepath.Join(t.TempDir(), "numbers.csv")
	if err := os.WriteFile(numbers, []byte("label,x\na,1\nb,2\na,3\nb,4\na,5\nb,6\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	f(numbers, file, "no column of text")
}
