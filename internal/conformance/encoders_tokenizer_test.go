package conformance_test

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/fusor-ml/fusor/encoder/tokenizer"
)

// tokenizerCase is a line of golden ids.
type tokenizerCase struct {
	Kind      string
	Text      string
	Pair      string
	MaxLength int `json:"max_length"`
	IDs       []int32
	TypeIDs   []int32 `json:"type_ids"`

	SHA256 string `json:"tokenizer_json_sha256"` // in the first line for a real tokenizer
}

func readTokenizerCases(t *testing.T, path string) []tokenizerCase {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var cases []tokenizerCase
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var c tokenizerCase
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		cases = append(cases, c)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return cases
}

// compareIDs compares every case, and reports the first few that differ.
func compareIDs(t *testing.T, tok *tokenizer.Tokenizer, cases []tokenizerCase) {
	t.Helper()
	wrong := 0
	for _, c := range cases {
		var ids, types []int32
		switch c.Kind {
		case "single", "":
			ids = tok.Encode(c.Text, c.MaxLength)
		case "pair":
			ids, types = tok.EncodePair(c.Text, c.Pair, c.MaxLength)
		default:
			t.Fatalf("unknown kind %q", c.Kind)
		}
		if slices.Equal(ids, c.IDs) && (c.TypeIDs == nil || slices.Equal(types, c.TypeIDs)) {
			continue
		}
		if wrong++; wrong <= 3 {
			t.Errorf("%s %+q %+q, at most %d: ids\n%v, want\n%v, types %v, want %v", c.Kind, c.Text, c.Pair, c.MaxLength, ids, c.IDs, types, c.TypeIDs)
		}
	}
	if wrong > 0 {
		t.Errorf("%d of %d differ", wrong, len(cases))
	}
}

// legacyFiles are what a folder's tokenizer consists of without tokenizer.json.
var legacyFiles = [][]string{{"vocab.txt"}, {"vocab.json", "merges.txt"}}

// runTokenizer compares the ids of a folder's tokenizer, read from tokenizer.json and again from
// the older files where they lie beside it.
func runTokenizer(t *testing.T, dir, name string) {
	dir = filepath.Join(dir, name)
	cases := readTokenizerCases(t, filepath.Join(dir, "golden.jsonl"))
	tok, err := tokenizer.Open(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	compareIDs(t, tok, cases)
	for _, files := range legacyFiles {
		old := t.TempDir()
		missing := false
		for _, file := range append(files, "tokenizer_config.json") {
			data, err := os.ReadFile(filepath.Join(dir, file))
			if err != nil {
				missing = true
				break
			}
			if err := os.WriteFile(filepath.Join(old, file), data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if missing || beyondConfig(t, dir) {
			continue
		}
		tok, err := tokenizer.Open(os.DirFS(old))
		if err != nil {
			t.Fatalf("from %v: %v", files, err)
		}
		compareIDs(t, tok, cases)
	}
}

// beyondConfig reports whether tokenizer.json has settings that tokenizer_config.json cannot
// express.
func beyondConfig(t *testing.T, dir string) bool {
	data, err := os.ReadFile(filepath.Join(dir, "tokenizer.json"))
	if err != nil {
		t.Fatal(err)
	}
	var f struct {
		Normalizer *struct {
			Clean *bool `json:"clean_text"`
		}
		Model struct {
			MaxChars *int `json:"max_input_chars_per_word"`
		}
	}
	if err := json.Unmarshal(data, &f); err != nil {
		t.Fatal(err)
	}
	dirty := f.Normalizer != nil && f.Normalizer.Clean != nil && !*f.Normalizer.Clean
	return dirty || f.Model.MaxChars != nil && *f.Model.MaxChars != 100
}

// runRealTokenizer compares the ids of a published tokenizer, if it lies in FUSOR_MODELS.
func runRealTokenizer(t *testing.T, dir, name string) {
	cases := readTokenizerCases(t, filepath.Join(dir, name+".jsonl"))
	models := os.Getenv("FUSOR_MODELS")
	if models == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			t.Skip("no folder of models: set FUSOR_MODELS")
		}
		models = filepath.Join(cache, "fusor-models")
	}
	data, err := os.ReadFile(filepath.Join(models, name, "tokenizer.json"))
	if err != nil {
		t.Skipf("the model is not there (set FUSOR_MODELS): %v", err)
	}
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != cases[0].SHA256 {
		t.Skipf("%s is another version than the golden ids are of", name)
	}
	tok, err := tokenizer.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	compareIDs(t, tok, cases[1:])
}
