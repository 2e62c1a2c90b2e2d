package fusor

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/internal/codec/safetensors"
	"github.com/fusor-ml/fusor/train"
)

// A file that someone has changed on purpose, with a checksum that holds, is
// refused or answers with numbers: no panic, no NaN, no long wait.
func TestMutatedArtifacts(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and mostly arithmetic")
	}
	mutateArtifacts(t, 300)
}

// mutateArtifacts opens n mutations of models of several kinds and asks each that is taken.
func mutateArtifacts(t *testing.T, n int) {
	t.Helper()
	dir := t.TempDir()
	var csv strings.Builder
	csv.WriteString("label,note,size,shade,day\n")
	for i := range 60 {
		fmt.Fprintf(&csv, "%s,the %s bird sat on branch %d,%d.5,%s,2024-0%d-11\n", []string{"wren", "robin"}[i%2], []string{"red", "blue", "gray"}[i%3], i%7, i*(i%2), []string{"light", "dark"}[i%5/3], 1+i%8)
	}
	path := filepath.Join(dir, "birds.csv")
	if err := os.WriteFile(path, []byte(csv.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	var files [][]byte
	for _, fusion := range []string{"attention", "bilstm", "concat", "poe"} {
		for _, task := range []dataset.Task{dataset.Classification, dataset.Regression} {
			label := map[dataset.Task]string{dataset.Classification: "label", dataset.Regression: "size"}[task]
			ds, err := dataset.Open(path, dataset.Options{Label: label})
			if err != nil {
				t.Fatal(err)
			}
			m, _, err := Train(t.Context(), ds, TrainOptions{Options: Options{NoCache: true}, Recipe: train.Recipe{Fusion: fusion, Width: 8, Train: train.Config{Epochs: 1}}})
			if err != nil {
				t.Fatal(err)
			}
			var b bytes.Buffer
			if err := m.Encode(&b); err != nil {
				t.Fatal(err)
			}
			files = append(files, b.Bytes())
		}
	}
	taken := 0
	for i := range n {
		rng := rand.New(rand.NewPCG(13, uint64(i)))
		file, did := mutated(t, rng, files[i%len(files)])
		answered := func() (answered bool) {
			defer func() {
				if p := recover(); p != nil {
					t.Errorf("mutation %d (%s): %v", i, did, p)
				}
			}()
			m, err := Decode(bytes.NewReader(file), Options{NoCache: true})
			if err != nil {
				return false
			}
			ds, err := dataset.Open(path, dataset.Options{Schema: m.Schema()})
			if err != nil {
				return true
			}
			res, err := m.Predict(context.Background(), ds)
			if err != nil {
				return true
			}
			for _, p := range res.Predictions {
				for _, v := range append(slices.Clone(p.Probabilities), p.Value) {
					if math.IsNaN(v) || math.IsInf(v, 0) {
						t.Errorf("mutation %d (%s): %v, %v", i, did, p.Probabilities, p.Value)
						return true
					}
				}
			}
			return true
		}
		start := time.Now()
		if answered() {
			taken++
		}
		if took := time.Since(start); took > 20*time.Second {
			t.Errorf("mutation %d (%s) took %s", i, did, took)
		}
	}
	t.Logf("%d of %d were taken", taken, n)
	if taken == 0 || taken == n {
		t.Error("the mutations show nothing")
	}
}

// mutated changes one to three things of an artifact and sets its checksum anew.
func mutated(t *testing.T, rng *rand.Rand, file []byte) ([]byte, string) {
	t.Helper()
	meta, tensors, err := safetensors.Read(bytes.Clone(file))
	if err != nil {
		t.Fatal(err)
	}
	decoder := json.NewDecoder(strings.NewReader(meta["manifest"]))
	decoder.UseNumber()
	var manifest any
	if err := decoder.Decode(&manifest); err != nil {
		t.Fatal(err)
	}
	var did []string
	for range 1 + rng.IntN(3) {
		if rng.IntN(4) == 0 {
			did = append(did, mutateTensors(rng, &tensors))
			continue
		}
		manifest = mutateJSON(rng, manifest, "", &did)
	}
	meta["manifest"] = string(must(json.Marshal(manifest)))
	h := sha256.New()
	io.WriteString(h, meta["manifest"]) //nolint:errcheck // a hash takes everything
	for _, x := range tensors {
		fmt.Fprintf(h, "\n%s%v", x.Name, x.Shape)
		safetensors.WriteValues(h, x.Data) //nolint:errcheck // as above
	}
	meta["sha256"] = hex.EncodeToString(h.Sum(nil))
	var b bytes.Buffer
	if err := safetensors.Write(&b, meta, tensors); err != nil {
		return file[:len(file)/2], "cannot be written"
	}
	return b.Bytes(), strings.Join(did, "; ")
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func mutateTensors(rng *rand.Rand, tensors *[]safetensors.Tensor) string {
	all := *tensors
	if len(all) == 0 {
		return "no tensors are left"
	}
	i, j := rng.IntN(len(all)), rng.IntN(len(all))
	x := &all[i]
	switch rng.IntN(6) {
	case 0:
		x.Data, all[j].Data = all[j].Data, x.Data
		x.Shape, all[j].Shape = all[j].Shape, x.Shape
		return "swap " + x.Name + " and " + all[j].Name
	case 1:
		*tensors = slices.Delete(all, i, i+1)
		return "drop a tensor"
	case 2:
		x.Shape = []int{len(x.Data)}
		return "flatten " + x.Name
	case 3:
		n := len(x.Data) / 2
		x.Data, x.Shape = x.Data[:n], []int{n}
		return "cut " + x.Name
	default:
		v := []float32{float32(math.NaN()), float32(math.Inf(1)), math.MaxFloat32, -math.MaxFloat32, 1e30, -1e20, 0}[rng.IntN(7)]
		x.Data = slices.Clone(x.Data)
		for k := range x.Data {
			if rng.IntN(2) == 0 {
				x.Data[k] = v
			}
		}
		return fmt.Sprintf("set %s to %g", x.Name, v)
	}
}

// mutateJSON changes one value somewhere in v.
func mutateJSON(rng *rand.Rand, v any, path string, did *[]string) any {
	inside := rng.IntN(8) > 0
	switch x := v.(type) {
	case map[string]any:
		if len(x) == 0 {
			break
		}
		keys := slices.Sorted(maps.Keys(x))
		key := keys[rng.IntN(len(keys))]
		if inside {
			x[key] = mutateJSON(rng, x[key], path+"."+key, did)
			return x
		}
		*did = append(*did, "delete "+path+"."+key)
		delete(x, key)
		return x
	case []any:
		if len(x) == 0 {
			break
		}
		i, j := rng.IntN(len(x)), rng.IntN(len(x))
		if inside {
			x[i] = mutateJSON(rng, x[i], fmt.Sprintf("%s[%d]", path, i), did)
			return x
		}
		*did = append(*did, fmt.Sprintf("list %s: %d, %d", path, i, j))
		switch rng.IntN(4) {
		case 0:
			return slices.Delete(x, i, i+1)
		case 1:
			return append(x, x[i])
		case 2:
			x[i], x[j] = x[j], x[i]
			return x
		}
		return []any{}
	case json.Number:
		new := []string{"0", "-1", "1", "2", "3", "1e9", "2147483648", "9223372036854775807", "-9223372036854775808", "1e308", "-1e38", "3e38", "0.5", "1e-300", "1" + strings.TrimPrefix(x.String(), "-"), "-" + strings.TrimPrefix(x.String(), "-")}
		n := new[rng.IntN(len(new))]
		*did = append(*did, fmt.Sprintf("%s: %s to %s", path, x, n))
		return json.Number(n)
	case string:
		s := mutateString(rng, x)
		*did = append(*did, fmt.Sprintf("%s: %.40q to %.40q", path, x, s))
		return s
	case bool:
		*did = append(*did, path+": not")
		return !x
	}
	*did = append(*did, path+": null")
	return nil
}

func mutateString(rng *rand.Rand, s string) string {
	if b, err := base64.StdEncoding.DecodeString(s); err == nil && len(b) >= 4 && rng.IntN(4) > 0 { // an array
		switch rng.IntN(4) {
		case 0:
			b = b[:len(b)-4]
		case 1:
			b = append(b, b[:4]...)
		default:
			at := rng.IntN(len(b)/4) * 4
			copy(b[at:], [][]byte{{0, 0, 0xc0, 0x7f}, {0, 0, 0x80, 0x7f}, {0xff, 0xff, 0x7f, 0x7f}, {0, 0, 0, 0}, {0xff, 0xff, 0xff, 0xff}}[rng.IntN(5)])
		}
		return base64.StdEncoding.EncodeToString(b)
	}
	words := []string{
		"", "x", "note", "note.words", "table", "text", "vector", "image", "number", "category", "date", "attention", "bilstm", "mean", "transformer", "identity",
		"linear", "mlp", "bag", "tokens", "class", "regression", "per_feature", "none", "Infinity", s + s, strings.Repeat("long", 100), "\x00", "../../etc/passwd",
	}
	return words[rng.IntN(len(words))]
}
