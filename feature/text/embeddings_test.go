package text

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fusor-ml/fusor/feature"
)

// wordHash is the hash of a word that is one token.
func wordHash(t testing.TB, word string) uint32 {
	t.Helper()
	h, ok := Semantic().(feature.WordEmbedder).Word(word)
	if !ok {
		t.Fatalf("%q is not one token", word)
	}
	return h
}

// embed writes a file of vectors and yields it to a semantic view of the texts.
func embed(t *testing.T, file string, texts ...string) (*feature.Features, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "small.vec")
	if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b := &feature.Features{Refs: []feature.Ref{{Name: "note.semantic", View: Semantic()}}, Stores: []*feature.Store{feature.NewStore(len(texts))}}
	t.Cleanup(func() { b.Close() })
	for i, s := range texts {
		if err := b.Stores[0].Put(i, extract(t, Semantic(), s)); err != nil {
			t.Fatal(err)
		}
	}
	return b, b.Embed(context.Background(), f)
}

// started fits the features' view on its first n rows.
func started(t *testing.T, b *feature.Features, n int) *tokenState {
	t.Helper()
	rows := make([]int, n)
	for i := range rows {
		rows[i] = i
	}
	st, err := feature.Fit(b.Stores[0], b.Refs[0].View, feature.PerFeature, rows)
	if err != nil {
		t.Fatal(err)
	}
	return st.(*tokenState)
}

func TestEmbed(t *testing.T) {
	b, err := embed(t, "7 2\nＧood 1 2\ngood 9 9\n好 3 4\nnew york 5 5\n1234 6 6\n5678 7 7\nnever 5 6\n",
		"GOOD food 好 2024", "good food", "good wine")
	if err != nil {
		t.Fatal(err)
	}
	st := started(t, b, 2)
	has := func(word string, want ...float32) {
		t.Helper()
		id := st.ID(wordHash(t, word))
		if id == UnknownToken {
			t.Fatalf("%s is not in the vocabulary", word)
		}
		if got := st.Vector(id); !slices.Equal(got, want) {
			t.Errorf("%s starts from %v, want %v", word, got, want)
		}
	}
	has("good", 1, 2) // the first in the file, in whatever form it is written
	has("好", 3, 4)    // in one training text only
	has("4321", 6, 6) // numbers of four digits are one token
	has("food")       // not in the file: left as drawn
	has("never", 5, 6)
	if st.ID(wordHash(t, "wine")) != UnknownToken || st.Vector(UnknownToken) != nil {
		t.Error("a word that neither the training texts nor the file has is known")
	}
	if e := b.Embeddings; e.Known != 3 || e.Tokens != 5 || e.Name != "small.vec" || len(e.SHA256) != 64 {
		t.Errorf("%+v", e)
	}
	if _, ok := Semantic().(feature.WordEmbedder).Word("new york"); ok {
		t.Error("two tokens are one word")
	}
}

// Of a long file the first words are kept, and those of the training texts wherever they stand.
func TestEmbedKeepsFirstWords(t *testing.T) {
	word := func(i int) string {
		s := ""
		for range 4 {
			s, i = string(rune('a'+i%26))+s, i/26
		}
		return "x" + s
	}
	var b strings.Builder
	for i := range feature.FirstWords + 500 {
		fmt.Fprintf(&b, "%s %d\n", word(i), i)
	}
	trained, other := word(feature.FirstWords+77), word(feature.FirstWords+99)
	features, err := embed(t, b.String(), "one "+trained, "two "+other)
	if err != nil {
		t.Fatal(err)
	}
	st := started(t, features, 1)
	id := func(w string) int { return st.ID(wordHash(t, w)) }
	if got := st.Vector(id(trained)); len(got) != 1 || got[0] != feature.FirstWords+77 {
		t.Errorf("a word of a training text starts from %v", got)
	}
	if id(other) != UnknownToken {
		t.Error("a word of a row that is not trained on is in the vocabulary")
	}
	last := wordHash(t, word(feature.FirstWords-1))
	if n := st.Dim() - 1; st.ID(last) == UnknownToken || n > feature.FirstWords+1 || n < feature.FirstWords-10 {
		t.Errorf("%d words are kept, the last of the first ones as %d", n, st.ID(last))
	}
	if n := len(features.Embeddings.Hashes); n > feature.FirstWords+2 {
		t.Errorf("%d vectors are held", n)
	}
}

func TestEmbedSaysWhatIsWrong(t *testing.T) {
	f := func(file string, want ...string) {
		t.Helper()
		_, err := embed(t, file, "good food")
		for _, w := range want {
			if err == nil || !strings.Contains(err.Error(), w) {
				t.Errorf("%.20q: %v, want %q", file, err, w)
			}
		}
	}
	f("good 1 2\nfood 3\n", "small.vec", "line 2")
	f("good 1 2\nfood 3 x\n", "small.vec", "line 2", `"x"`)
	f("bon 1 2\nrepas 3 4\n", "small.vec", "none of its words")
	f("", "small.vec", "has none")
}
