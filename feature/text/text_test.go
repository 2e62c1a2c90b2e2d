package text

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/internal/nlp"
	"github.com/fusor-ml/fusor/media"
)

var corpus = []string{
	"The dress is lovely and fits well.",
	"The dress is too small, I returned it!!!",
	"Lovely colour; the fit is GREAT 😀",
	"很快，好吃，味道足，量大",
	"没有送水没有送水没有送水",
	"送餐很快,味道好",
	"see http://t.co/abc @user #sale :)",
}

func fit(t testing.TB, v feature.View, texts []string) feature.State {
	t.Helper()
	f := v.NewFitter(feature.PerFeature)
	for _, s := range texts {
		f.Add(extract(t, v, s))
	}
	st, err := f.State()
	if err != nil {
		t.Fatal(err)
	}
	return st
}

func extract(t testing.TB, v feature.View, s string) feature.Raw {
	t.Helper()
	r, err := v.Extract(NewItem(media.NewDocument(s)))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func applied(t testing.TB, v feature.View, st feature.State, s string) feature.Raw {
	t.Helper()
	var dst feature.Raw
	st.Apply(&dst, extract(t, v, s))
	return dst
}

// Every view obeys the same laws on any text.
func TestViewLaws(t *testing.T) {
	texts := rapid.OneOf(rapid.String(), rapid.SampledFrom(corpus), rapid.StringMatching(`([a-z]{1,8}[ ,.!]){0,40}`))
	for _, v := range Modality().Views() {
		name := v.Info().Name
		st := fit(t, v, corpus)
		data, err := json.Marshal(st)
		if err != nil {
			t.Fatal(err)
		}
		loaded, err := v.LoadState(data)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if st.Dim() != loaded.Dim() {
			t.Fatalf("%s: width %d, loaded %d", name, st.Dim(), loaded.Dim())
		}
		rapid.Check(t, func(rt *rapid.T) {
			s := texts.Draw(rt, "text")
			r := extract(t, v, s)
			if again := extract(t, v, s); !slices.Equal(r.Index, again.Index) || !slices.Equal(r.Values, again.Values) {
				rt.Fatalf("%s: two extractions differ", name)
			}
			before := slices.Clone(r.Index)
			var a, b feature.Raw
			st.Apply(&a, r)
			loaded.Apply(&b, r)
			if !slices.Equal(before, r.Index) {
				rt.Fatalf("%s: Apply changed its input", name)
			}
			if !slices.Equal(a.Index, b.Index) || !slices.Equal(a.Values, b.Values) {
				rt.Fatalf("%s: the loaded state differs", name)
			}
			norm := 0.0
			for i, x := range a.Values {
				if x != x {
					rt.Fatalf("%s: NaN", name)
				}
				norm += float64(x) * float64(x)
				if v.Info().Shape == feature.Sparse && (int(a.Index[i]) >= st.Dim() || i > 0 && a.Index[i] <= a.Index[i-1]) {
					rt.Fatalf("%s: index %v", name, a.Index)
				}
			}
			switch v.Info().Shape {
			case feature.Sparse:
				if len(a.Values) > 0 && math.Abs(norm-1) > 1e-4 {
					rt.Fatalf("%s: norm² %g", name, norm)
				}
			case feature.Vector:
				if len(a.Values) != 0 && len(a.Values) != st.Dim() {
					rt.Fatalf("%s: %d values", name, len(a.Values))
				}
			case feature.Tokens:
				for _, id := range a.Index {
					if int(id) >= st.Dim() {
						rt.Fatalf("%s: id %d of %d", name, id, st.Dim())
					}
				}
			}
		})
	}
}

func TestMergedFitIsTheWholeFit(t *testing.T) {
	for _, v := range Modality().Views() {
		if v.Info().Shape == feature.Vector {
			continue // feature.NewDense has its own test
		}
		left, right := v.NewFitter(feature.PerFeature), v.NewFitter(feature.PerFeature)
		for i, s := range corpus {
			if i < 3 {
				left.Add(extract(t, v, s))
			} else {
				right.Add(extract(t, v, s))
			}
		}
		left.Merge(right)
		st, err := left.State()
		if err != nil {
			t.Fatal(err)
		}
		a, _ := json.Marshal(st)
		b, _ := json.Marshal(fit(t, v, corpus))
		if string(a) != string(b) {
			t.Errorf("%s: merged and whole fit differ", v.Info().Name)
		}
	}
}

func TestNothingToFit(t *testing.T) {
	for _, v := range Modality().Views() {
		f := v.NewFitter(feature.PerFeature)
		f.Add(extract(t, v, " \n\t "))
		if _, err := f.State(); !errors.Is(err, feature.ErrNoRows) {
			t.Errorf("%s: %v", v.Info().Name, err)
		}
		for _, in := range []string{``, `[]`, `{"hashes":"AAAA"}`, `{"hashes":"AgAAAAEAAAA=","idf":"AACAPwAAgD8="}`} {
			if _, err := v.LoadState(json.RawMessage(in)); err == nil {
				t.Errorf("%s: %q was loaded", v.Info().Name, in)
			}
		}
	}
}

// similarity is the cosine of two texts in the lexical view.
func similarity(t *testing.T, st feature.State, v feature.View, a, b string) float64 {
	x, y := applied(t, v, st, a), applied(t, v, st, b)
	sum := 0.0
	for i, k := range x.Index {
		if j, ok := slices.BinarySearch(y.Index, k); ok {
			sum += float64(x.Values[i]) * float64(y.Values[j])
		}
	}
	return sum
}

func TestTyposDegradeGently(t *testing.T) {
	texts := append(slices.Clone(corpus), corpus...) // every feature in two texts
	lex, words := fit(t, Lexical(), texts), fit(t, Words(), texts)
	for _, s := range [][2]string{{corpus[0], "Tha dross iz lovley ond fitz wel."}, {corpus[1], "Teh dres is to smal, I retuned it!!!"}} {
		l, w := similarity(t, lex, Lexical(), s[0], s[1]), similarity(t, words, Words(), s[0], s[1])
		if l < 0.5 || l < w {
			t.Errorf("%q: similarity %.2f of the lexical view, %.2f of words", s[1], l, w)
		}
	}
	if x := similarity(t, lex, Lexical(), corpus[3], "好吃又快，量很大"); x < 0.3 {
		t.Errorf("two Chinese sentences of the same words: similarity %.2f", x)
	}
}

func TestWidthForms(t *testing.T) {
	for _, v := range []feature.View{Lexical(), Semantic()} {
		a, b := extract(t, v, "ＡＢＣ，很快！"), extract(t, v, "abc,很快!")
		if !slices.Equal(a.Index, b.Index) {
			t.Errorf("%s: full-width and ASCII forms differ", v.Info().Name)
		}
	}
}

func TestSemanticTokens(t *testing.T) {
	st := fit(t, Semantic(), []string{"good food 好", "good wine 好 http://a.b"}).(*tokenState)
	id := func(word string) uint32 { return uint32(st.ID(wordHash(t, word))) }
	if id("good") == UnknownToken || id("好") == UnknownToken || id("wine") != UnknownToken {
		t.Errorf("good %d, 好 %d, wine %d", id("good"), id("好"), id("wine"))
	}
	got := applied(t, Semantic(), st, "GOOD wine，好")
	want := []uint32{id("good"), UnknownToken, UnknownToken, id("好")}
	if !slices.Equal(got.Index, want) || got.Steps != 4 {
		t.Errorf("ids %v, want %v; %d steps", got.Index, want, got.Steps)
	}
	long := extract(t, Semantic(), "first "+strings.Repeat("x ", 1000)+"last")
	if len(long.Index) != MaxTokens || long.Index[0] != wordHash(t, "first") || long.Index[MaxTokens-1] != wordHash(t, "last") {
		t.Errorf("%d tokens of a long text", len(long.Index))
	}
}

func TestSyntacticTellsStyles(t *testing.T) {
	at := func(s string, place int) float32 { return extract(t, Syntactic(), s).Values[place] }
	more := func(name string, place int, a, b string) {
		t.Helper()
		if at(a, place) <= at(b, place) {
			t.Errorf("%s: %q has %g, %q %g", name, a, at(a, place), b, at(b, place))
		}
	}
	more("not", functionWords["not"], "it is not good", "it is good")
	more("很", functionChars['很'], "很好吃", "好吃")
	more("exclamation", markPlaces['!'], "good!", "good")
	more("full-width exclamation", markPlaces['!'], "好！", "好")
	more("capitals", atShape+3, "GREAT dress", "great dress")
	more("repetition", atClass+7, "sooooo", "so")
	more("Han", atScript+int(nlp.Han), "好吃", "good")
	more("length", atLength, "a b c d", "a b")
	if syntacticDim > 300 {
		t.Errorf("%d dimensions", syntacticDim)
	}
}

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	for name, data := range map[string]string{"a.txt": "很快", "gb.txt": "\xba\xdc\xbf\xec", "bad.txt": "\x00\x01\x02"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	m := Modality()
	open := func(c dataset.Cell) (*Item, error) {
		item, err := m.Open(t.Context(), &c, &dataset.Column{Name: "text", Kind: media.Text}, media.Folder{Dir: dir})
		if err != nil {
			return nil, err
		}
		return item.(*Item), nil
	}
	it, err := open(dataset.Cell{Files: []string{"a.txt", "gb.txt"}})
	if err != nil || it.doc.Text != "很快\n很快" || it.Language() != "zh" {
		t.Errorf("got %+v, %v", it, err)
	}
	for _, f := range []string{"bad.txt", "none.txt"} {
		if _, err := open(dataset.Cell{Files: []string{f}}); err == nil {
			t.Errorf("%s was opened", f)
		}
	}
	if it, err = open(dataset.Cell{Text: "hello there"}); err != nil || len(it.Flags()) != 0 || it.Language() != "en" {
		t.Errorf("flags %v, %v", it.Flags(), err)
	}
	for _, v := range m.Views() {
		if _, err := v.Extract(3); err == nil {
			t.Errorf("%s was extracted from a number", v.Info().Name)
		}
	}
}

// A cell of ten million characters is cut, flagged and extracted in bounded time, whatever it
// holds.
func TestHugeCell(t *testing.T) {
	for _, unit := range []string{"a", "很", "word ", "! ", "e\u0301", "\u0301", ":", "@a", "😀", "\u200d", "\xff", "http://a", "ﷺ"} {
		start := time.Now()
		it, err := Modality().Open(t.Context(), &dataset.Cell{Text: strings.Repeat(unit, 10_000_000/len(unit))}, &dataset.Column{}, media.Folder{})
		if err != nil {
			t.Fatal(err)
		}
		if len(it.(*Item).Flags()) != 1 {
			t.Errorf("%q: flags %v", unit, it.(*Item).Flags())
		}
		for _, v := range Modality().Views() {
			r, err := v.Extract(it)
			if err != nil {
				t.Fatal(err)
			}
			if len(r.Index) > 1<<20 {
				t.Errorf("%q: %s has %d features", unit, v.Info().Name, len(r.Index))
			}
		}
		if d := time.Since(start); d > 10*time.Second {
			t.Errorf("%q took %v", unit, d)
		}
	}
}

func FuzzViews(f *testing.F) {
	for _, s := range corpus {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, v := range Modality().Views() {
			for _, x := range applied(t, v, fit(t, v, corpus[:2]), s).Values {
				if x != x {
					t.Fatalf("%s: NaN of %q", v.Info().Name, s)
				}
			}
		}
	})
}

func BenchmarkExtract(b *testing.B) {
	s := strings.Repeat(corpus[0]+" "+corpus[1]+" ", 4)
	for _, v := range Modality().Views() {
		b.Run(v.Info().Name, func(b *testing.B) {
			b.SetBytes(int64(len(s)))
			b.ReportAllocs()
			for range b.N {
				if _, err := v.Extract(NewItem(media.NewDocument(s))); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func TestLanguagesOfAColumn(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.txt"), []byte("быстро"), 0o644); err != nil {
		t.Fatal(err)
	}
	ds := &dataset.Dataset{Dir: dir, Schema: dataset.Schema{Columns: []dataset.Column{{Name: "t", Kind: media.Text}}}}
	for _, c := range []dataset.Cell{{Text: "fast"}, {Text: "很快"}, {}, {Text: "味道很好"}, {Text: "42"}, {Files: []string{"a.txt"}}, {Files: []string{"none.txt"}}} {
		ds.Rows = append(ds.Rows, dataset.Row{Cells: []dataset.Cell{c}})
	}
	want := []LanguageCount{{"zh", 2}, {"en", 1}, {"ru", 1}, {"und", 1}}
	if got := Languages(t.Context(), ds, 0, true); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	want = []LanguageCount{{"zh", 2}, {"en", 1}, {"und", 1}}
	if got := Languages(t.Context(), ds, 0, false); !slices.Equal(got, want) {
		t.Errorf("without files: %v, want %v", got, want)
	}
}
