//go:build slow

package text_test

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"unicode"

	"github.com/fusor-ml/fusor"
	"github.com/fusor-ml/fusor/dataset"
)

// edit spoils each letter or digit with the chance given: it is swapped with the
// next letter, left out, doubled, or becomes another character of the text; or,
// if substitute is set, always the last.
func edit(s string, chance float64, substitute bool, rng *rand.Rand) string {
	x := []rune(s)
	var out []rune
	for i := 0; i < len(x); i++ {
		c, way, other := x[i], rng.IntN(4), x[rng.IntN(len(x))]
		if substitute {
			way = 3
		}
		if rng.Float64() >= chance || !(unicode.IsLetter(c) || unicode.IsDigit(c)) {
			out = append(out, c)
			continue
		}
		switch {
		case way == 0 && i+1 < len(x) && unicode.IsLetter(x[i+1]):
			out = append(out, x[i+1], c)
			i++
		case way <= 1: // left out
		case way == 2:
			out = append(out, c, c)
		default:
			out = append(out, other)
		}
	}
	return string(out)
}

// A fifth of the letters of the test texts are changed: the default view loses
// at most 0.85 of the points that a model of whole words loses, and stays at
// least 1.5 points ahead of it, on the mean of five seeds; whether all kinds of
// error are mixed or every one is a substitution.
func TestTypos(t *testing.T) {
	const seeds, chance = 5, 0.2
	dir := os.Getenv("FUSOR_DATA")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "data")
	}
	path := filepath.Join(dir, "clothing", "manifest.csv")
	if _, err := os.Stat(path); err != nil {
		t.Skip("no clothing set in FUSOR_DATA or ../shared/data")
	}
	ctx := context.Background()
	const clean, mixed, substituted = 0, 1, 2
	scores := func(views []string) (mean [3]float64) {
		for seed := range uint64(seeds) {
			o := fusor.TrainOptions{Seed: seed}
			o.Recipe.Views = views
			data, err := fusor.Open(path, dataset.Options{Columns: []string{"text"}})
			if err != nil {
				t.Fatal(err)
			}
			m, rep, err := fusor.Train(ctx, data, o)
			if err != nil {
				t.Fatal(err)
			}
			s := [3]float64{clean: accuracy(rep.Test)}
			for way := mixed; way <= substituted; way++ {
				ds, err := dataset.Open(path, dataset.Options{Schema: m.Schema()})
				if err != nil {
					t.Fatal(err)
				}
				var test []int
				rng := rand.New(rand.NewPCG(seed, uint64(way)))
				for i := range ds.Rows {
					if r := &ds.Rows[i]; r.Split == "test" {
						r.Cells[0].Text = edit(r.Cells[0].Text, chance, way == substituted, rng)
						test = append(test, i)
					}
				}
				e, err := m.Evaluate(ctx, ds, test)
				if err != nil {
					t.Fatal(err)
				}
				s[way] = accuracy(e)
			}
			t.Logf("%v seed %d: clean %.2f, mixed edits %.2f, substitutions %.2f", views, seed, s[0], s[1], s[2])
			for i := range mean {
				mean[i] += s[i] / seeds
			}
		}
		return mean
	}
	words, ours := scores([]string{"text.words"}), scores(nil)
	for way, name := range map[int]string{mixed: "mixed edits", substituted: "substitutions"} {
		lost, lostWords := ours[clean]-ours[way], words[clean]-words[way]
		ahead := ours[way] - words[way]
		t.Logf("%s: %.2f → %.2f, words alone %.2f → %.2f: %.2f of the loss, %.2f points ahead",
			name, ours[clean], ours[way], words[clean], words[way], lost/lostWords, ahead)
		if lost > 0.85*lostWords || ahead < 1.5 {
			t.Errorf("%s: %.2f of the loss of words alone, want at most 0.85; %.2f points ahead, want 1.5", name, lost/lostWords, ahead)
		}
	}
}

// accuracy is in points.
func accuracy(e *fusor.Evaluation) float64 { return 100 * e.Scores[0].Summary.Mean }
