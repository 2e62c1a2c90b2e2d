package text

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"
	"unicode/utf8"

	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/internal/nlp"
	"github.com/fusor-ml/fusor/media"
)

// conformanceFile finds the golden values: FUSOR_CONFORMANCE, else beside the repository.
func conformanceFile(t *testing.T, name string) string {
	t.Helper()
	dir := os.Getenv("FUSOR_CONFORMANCE")
	if dir == "" {
		root, err := os.Getwd()
		if err != nil {
			t.Fatal(err)
		}
		for {
			if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
				break
			}
			if filepath.Dir(root) == root {
				t.Fatal("no go.mod above the test")
			}
			root = filepath.Dir(root)
		}
		dir = filepath.Join(root, "..", "shared", "conformance")
	}
	path := filepath.Join(dir, "features", name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("no golden values: %v (set FUSOR_CONFORMANCE)", err)
	}
	return path
}

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
	t.Run("text", func(t *testing.T) {
		data, err := os.ReadFile(conformanceFile(t, "text.json"))
		if err != nil {
			t.Fatal(err)
		}
		var all map[string]json.RawMessage
		if err := json.Unmarshal(data, &all); err != nil {
			t.Fatal(err)
		}
		read := func(name string, into any) {
			t.Helper()
			if err := json.Unmarshal(all[name], into); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		var english, chinese []string
		read("english", &english)
		read("chinese", &chinese)
		for name := range all {
			switch name {
			case "source", "english", "chinese":
			case "english_tfidf_word_1_2_sublinear":
				t.Run(name, func(t *testing.T) {
					var want fitted
					read(name, &want)
					compareTFIDF(t, want, raws(t, Words(), english), &tfidfFitter{minDocs: 1})
				})
			case "chinese_tfidf_char_1_2":
				t.Run(name, func(t *testing.T) {
					var want fitted
					read(name, &want)
					compareTFIDF(t, want, charRaws(chinese, 2), &tfidfFitter{minDocs: 1, linear: true})
				})
			case "english_hashed_1024_murmur3_seed0_signed":
				t.Run(name, func(t *testing.T) {
					var want matrix
					read(name, &want)
					v := hashing{dim: want.Shape[1]}
					compareRows(t, want, dense(&hashingState{Buckets: v.dim}, raws(t, v, english)), nil)
				})
			default:
				t.Errorf("unknown case %s", name)
			}
		}
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
	if st.Dim() != len(want.Vocabulary) {
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
