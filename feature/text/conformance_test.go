package text

import (
	"math"
	"testing"
	"unicode/utf8"

	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/internal/conformance"
	"github.com/fusor-ml/fusor/internal/nlp"
	"github.com/fusor-ml/fusor/media"
)

type matrix struct {
	Shape []int     `json:"shape"`
	Data  []float64 `json:"data"`
}

type fitted struct {
	Vocabulary []string `json:"vocabulary"`
	Matrix     matrix   `json:"matrix"`
}

const tolerance = 1e-5 // of values in [-1, 1], as float32 holds them

// TestConformanceFeatures compares the views with scikit-learn's vectorizers.
func TestConformanceFeatures(t *testing.T) {
	files, err := conformance.FeatureFiles(conformance.Folder(), "text.json")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Skip("no features/text.json in FUSOR_CONFORMANCE or ../shared/conformance")
	}
	t.Run("text", func(t *testing.T) {
		var all struct {
			Source  string   `json:"source"`
			English []string `json:"english"`
			Chinese []string `json:"chinese"`
			Words   fitted   `json:"english_tfidf_word_1_2_sublinear"`
			Chars   fitted   `json:"chinese_tfidf_char_1_2"`
			Hashed  matrix   `json:"english_hashed_1024_murmur3_seed0_signed"`
		}
		if err := conformance.ReadFile(files[0], &all); err != nil {
			t.Fatal(err)
		}
		t.Run("english_tfidf_word_1_2_sublinear", func(t *testing.T) {
			compareTFIDF(t, all.Words, raws(t, Words(), all.English), &tfidfFitter{minDocs: 1})
		})
		t.Run("chinese_tfidf_char_1_2", func(t *testing.T) {
			compareTFIDF(t, all.Chars, charRaws(all.Chinese, 2), &tfidfFitter{minDocs: 1, linear: true})
		})
		t.Run("english_hashed_1024_murmur3_seed0_signed", func(t *testing.T) {
			if len(all.Hashed.Shape) != 2 {
				t.Fatalf("a matrix of shape %v", all.Hashed.Shape)
			}
			v := hashing{dim: all.Hashed.Shape[1]}
			compareRows(t, all.Hashed, dense(&hashingState{Buckets: v.dim}, raws(t, v, all.English)), nil)
		})
	})
}

func raws(t *testing.T, v feature.View, texts []string) []feature.Raw {
	t.Helper()
	out := make([]feature.Raw, len(texts))
	for i, s := range texts {
		var err error
		if out[i], err = v.Extract(NewItem(media.NewDocument(s))); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// charRaws counts characters and runs of them across the whole text, as
// TfidfVectorizer(analyzer="char") does, in the hashes of words.
func charRaws(texts []string, most int) []feature.Raw {
	out := make([]feature.Raw, len(texts))
	for i, s := range texts {
		var c nlp.Counter
		lower := nlp.Lower(nil, []byte(s))
		for at := range string(lower) {
			end := at
			for range most {
				if end == len(lower) {
					break
				}
				_, n := utf8.DecodeRune(lower[end:])
				end += n
				c.Add(nlp.Hash(0, lower[at:end]) &^ charFamily)
			}
		}
		out[i].Index, out[i].Values = c.Counts()
	}
	return out
}

func compareTFIDF(t *testing.T, want fitted, rows []feature.Raw, f *tfidfFitter) {
	t.Helper()
	for _, r := range rows {
		f.Add(r)
	}
	st, err := f.State()
	if err != nil {
		t.Fatal(err)
	}
	if len(want.Vocabulary) == 0 || st.Dim() != len(want.Vocabulary) {
		t.Fatalf("%d features, want %d", st.Dim(), len(want.Vocabulary))
	}
	order := make([]int, len(want.Vocabulary))
	for i, term := range want.Vocabulary {
		if order[i] = st.(*tfidfState).vocabulary.Find(nlp.Hash(0, []byte(term)) &^ charFamily); order[i] < 0 {
			t.Fatalf("feature %q is not in the vocabulary", term)
		}
	}
	compareRows(t, want.Matrix, dense(st, rows), order)
}

func dense(st feature.State, rows []feature.Raw) [][]float32 {
	out := make([][]float32, len(rows))
	var r feature.Raw
	for i := range rows {
		st.Apply(&r, rows[i])
		out[i] = make([]float32, st.Dim())
		for k, at := range r.Index {
			out[i][at] = r.Values[k]
		}
	}
	return out
}

func compareRows(t *testing.T, want matrix, got [][]float32, order []int) {
	t.Helper()
	if len(want.Shape) != 2 || want.Shape[0] != len(got) || len(want.Data) != want.Shape[0]*want.Shape[1] {
		t.Fatalf("%d rows, want a matrix of shape %v with %d values", len(got), want.Shape, len(want.Data))
	}
	worst := 0.0
	for i, row := range got {
		for j := range want.Shape[1] {
			at := j
			if order != nil {
				at = order[j]
			}
			worst = max(worst, math.Abs(float64(row[at])-want.Data[i*want.Shape[1]+j]))
		}
	}
	if worst > tolerance {
		t.Errorf("differs by %g", worst)
	}
	t.Logf("%d rows of %d, largest difference %.1e", len(got), want.Shape[1], worst)
}
