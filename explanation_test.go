package fusor

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/explain"
	"github.com/fusor-ml/fusor/internal/codec/npy"
	"github.com/fusor-ml/fusor/internal/kernel"
	"github.com/fusor-ml/fusor/predict"
	"github.com/fusor-ml/fusor/report"
)

// signal is a modality of width values in which the first one shows the class
// (0 or 1) apart by d standard deviations; d = 1.68 makes 80 % right, two such
// modalities together 88 %.
type signal struct {
	name  string
	width int
	d     float64
}

// folder writes a data set of n rows with two classes.
func folder(t testing.TB, seed uint64, n int, split bool, views ...signal) string {
	t.Helper()
	dir := t.TempDir()
	rng := rand.New(rand.NewPCG(seed, 0x73657473))
	labels := "id,label\n"
	if split {
		labels = "id,label,split\n"
	}
	class := make([]int, n)
	for i := range class {
		class[i] = rng.IntN(2)
		labels += fmt.Sprintf("r%d,%s", i, [...]string{"no", "yes"}[class[i]])
		if split {
			labels += "," + [...]string{"train", "train", "test"}[i%3]
		}
		labels += "\n"
	}
	if err := os.WriteFile(filepath.Join(dir, "labels.csv"), []byte(labels), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, v := range views {
		x := make([]float32, n*v.width)
		for i := range x {
			x[i] = float32(rng.NormFloat64())
		}
		for i, y := range class {
			x[i*v.width] += float32(v.d * (float64(y) - 0.5))
		}
		var b bytes.Buffer
		if err := npy.Write(&b, []int{n, v.width}, x); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, v.name+".npy"), b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func trained(t *testing.T, path string, o Setup) (*Model, *dataset.Dataset) {
	t.Helper()
	o.NoCache = true
	m, _, err := TrainFile(context.Background(), path, o)
	if err != nil {
		t.Fatal(err)
	}
	ds, err := dataset.Open(path, dataset.Options{Schema: m.Schema()})
	if err != nil {
		t.Fatal(err)
	}
	return m, ds
}

func TestExplainFindsWhatDecides(t *testing.T) {
	path := folder(t, 1, 600, false, signal{"strong", 3, 3}, signal{"weak", 3, 1}, signal{"useless", 3, 0})
	o := Setup{}
	o.Recipe.Fusion = "concat"
	m, ds := trained(t, path, o)
	ex, err := m.Explain(context.Background(), ds, ExplainOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(ex.Importance.Players, " "); got != "strong useless weak" {
		t.Fatalf("players: %s", got)
	}
	if n := len(ex.Importance.Subsets); n != 8 {
		t.Errorf("%d subsets of three modalities", n)
	}
	for _, c := range ex.Importance.Contributions {
		sum := 0.0
		for _, p := range c.Parts {
			sum += p.Value
		}
		if math.Abs(sum-(c.Full-c.Empty)) > 1e-6 {
			t.Errorf("%s: the parts sum to %g, the whole is %g", c.Goal, sum, c.Full-c.Empty)
		}
		if c.Goal != explain.Correctness {
			continue
		}
		strong, useless, weak := c.Parts[0], c.Parts[1], c.Parts[2]
		if strong.Low <= weak.High || weak.Low <= 0 {
			t.Errorf("strong %+v, weak %+v", strong, weak)
		}
		if useless.Low > 0 || useless.High < 0 {
			t.Errorf("the useless modality: %+v", useless)
		}
	}
	for _, n := range ex.Noise {
		scores := n.Curves[0].Scores
		first, last := scores[0].Mean, scores[len(scores)-1].Mean
		if n.Column == "strong" && last > first-0.1 {
			t.Errorf("%s of strong: %g to %g", n.Kind, first, last)
		}
		if n.Column == "useless" && math.Abs(last-first) > 0.1 {
			t.Errorf("%s of useless: %g to %g", n.Kind, first, last)
		}
		if math.Abs(first-ex.Evaluation.Scores[0].Summary.Mean) > 1e-9 {
			t.Errorf("%s %s begins at %g, the model scores %g", n.Column, n.Kind, first, ex.Evaluation.Scores[0].Summary.Mean)
		}
	}
	d := ex.Document(ReportOptions{})
	if d.Sets == nil || d.Reliability == nil || d.Confusion == nil || len(d.Mistakes) == 0 || len(d.Learning) != 1 || len(d.Noise) != 8 {
		t.Errorf("the report lacks a part: sets %v, %d mistakes, %d curves, %d noises", d.Sets != nil, len(d.Mistakes), len(d.Learning), len(d.Noise))
	}
	var page bytes.Buffer
	if err := report.HTML(&page, d, report.Options{}); err != nil || page.Len() > 1<<20 {
		t.Errorf("report of %d bytes: %v", page.Len(), err)
	}
}

func TestExplainIsDeterministic(t *testing.T) {
	path := folder(t, 2, 200, true, signal{"a", 3, 2}, signal{"b", 3, 1})
	m, ds := trained(t, path, Setup{})
	var before []byte
	for _, threads := range []int{1, 3} {
		m := &Model{predict.New(m.Artifact(), Options{NoCache: true, Threads: threads})}
		ex, err := m.Explain(context.Background(), ds, ExplainOptions{NoiseRows: 60})
		if err != nil {
			t.Fatal(err)
		}
		if ex.NoiseRows != 60 {
			t.Errorf("%d rows had noise added, 60 were asked for", ex.NoiseRows)
		}
		got, err := json.Marshal(ex)
		if err != nil {
			t.Fatal(err)
		}
		if before != nil && !bytes.Equal(got, before) {
			t.Error("not the same with another number of cores")
		}
		before = got
	}
}

// What modality dropout buys: the curve of missing modalities lies higher.
func TestAgainstAModelWithModalityDropout(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and mostly arithmetic")
	}
	path := folder(t, 3, 600, true, signal{"a", 4, 2}, signal{"b", 4, 2})
	plain, ds := trained(t, path, Setup{})
	var o Setup
	o.Recipe.ModalityDropout = 0.4
	dropout, _ := trained(t, path, o)
	ex, err := dropout.Explain(context.Background(), ds, ExplainOptions{Noise: []string{"missing"}, Against: plain, Name: "dropout", AgainstName: "plain"})
	if err != nil {
		t.Fatal(err)
	}
	if len(ex.Noise) != 3 {
		t.Fatalf("%d curves of two modalities and both", len(ex.Noise))
	}
	for _, n := range ex.Noise {
		if len(n.Curves) != 2 || n.Curves[0].Model != "dropout" || n.Curves[0].Effective == nil || *n.Curves[1].Effective != 0 {
			t.Fatalf("%+v", n)
		}
		if a, b := n.Curves[0].Area, n.Curves[1].Area; a < b-0.02 {
			t.Errorf("%s missing: area %g with modality dropout, %g without", n.Column, a, b)
		}
	}
}

func TestExplainRegressionAndOneColumn(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and mostly arithmetic")
	}
	dir := t.TempDir()
	rng := rand.New(rand.NewPCG(4, 4))
	csv := "id,x,note,label\n"
	for i := range 120 {
		x := rng.NormFloat64()
		csv += fmt.Sprintf("%d,%.4f,the bird sat %s on branch number %d,%.4f\n", i, x, [...]string{"low", "high"}[i%2], i, 2*x+float64(i%2)+0.1*rng.NormFloat64())
	}
	path := filepath.Join(dir, "data.csv")
	if err := os.WriteFile(path, []byte(csv), 0o600); err != nil {
		t.Fatal(err)
	}
	m, ds := trained(t, path, Setup{Data: dataset.Options{Task: "regression"}})
	ex, err := m.Explain(context.Background(), ds, ExplainOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if c := ex.Importance.Contributions; len(c) != 1 || c[0].Goal != explain.ErrorDrop || c[0].Full < c[0].Empty {
		t.Errorf("%+v", c)
	}
	if _, err := json.Marshal(ex); err != nil {
		t.Error(err)
	}
	var page bytes.Buffer
	if err := report.HTML(&page, ex.Document(ReportOptions{}), report.Options{}); err != nil {
		t.Error(err)
	}

	var o Setup
	o.Recipe.Views = []string{"note"}
	m, ds = trained(t, path, o)
	ex, err = m.Explain(context.Background(), ds, ExplainOptions{Noise: []string{"none"}})
	if err != nil {
		t.Fatal(err)
	}
	if len(ex.Importance.Players) < 2 || !strings.HasPrefix(ex.Importance.Players[0], "note.") {
		t.Errorf("players of one column: %v", ex.Importance.Players)
	}
	if len(ex.Noise) != 0 {
		t.Errorf("%d noise curves, none were asked for", len(ex.Noise))
	}
}

func TestCompareDocumentLooksClosely(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and mostly arithmetic")
	}
	path := folder(t, 5, 240, false, signal{"a", 3, 2}, signal{"b", 3, 1.5})
	c, err := CompareFile(context.Background(), path, []string{"attention"}, Setup{Folds: 3, NoCache: true, NoEnsemble: true})
	if err != nil {
		t.Fatal(err)
	}
	c.Run.Command = []string{"fusor", "compare", "my data.csv", "--views", "*.color"}
	d := c.Document(ReportOptions{Coverage: 0.8})
	if report.Command(d.Run.Command) != "fusor compare 'my data.csv' --views '*.color'" || (kernel.ActiveTier() == kernel.AVX512) != strings.HasSuffix(d.Run.Machine, ", AVX-512") || strings.HasSuffix(d.Run.Machine, ", ") {
		t.Errorf("command %s, machine %s", d.Run.Command, d.Run.Machine)
	}
	if len(d.Subsets) != 4 || len(d.Shapley) != 3 || d.Weights == nil || len(d.Learning) != 2 || d.Confusion == nil || d.Sets == nil || len(d.Mistakes) == 0 {
		t.Fatalf("%d subsets, %d values, weights %v, %d learning curves, %d mistakes", len(d.Subsets), len(d.Shapley), d.Weights != nil, len(d.Learning), len(d.Mistakes))
	}
	counted := 0
	for _, r := range d.Confusion.Counts {
		for _, n := range r {
			counted += n
		}
	}
	if counted != 240 {
		t.Errorf("the confusion counts %d of 240 rows", counted)
	}
	if d.Weights.Model != "attention" {
		t.Errorf("weights shown of %s", d.Weights.Model)
	}
	best, _ := c.Best()
	if want := "fusor train " + path + " --fusion " + c.Rows[best].Fusion + " -o model.fusor"; len(d.NoiseBy) != 2 || d.NoiseBy[0] != want {
		t.Errorf("noise is measured by %q, want %s", d.NoiseBy, want)
	}
	var page bytes.Buffer
	if err := report.HTML(&page, d, report.Options{}); err != nil || !strings.Contains(page.String(), d.NoiseBy[1]) {
		t.Errorf("the report does not say what measures noise (%v)", err)
	}
	full := d.Subsets[3]
	if s, _ := c.Rows[best].Of("accuracy"); math.Abs(s.Mean-full.Score) > 1e-9 || math.Abs(s.Low-full.Range.Low) > 1e-9 {
		t.Errorf("with all modalities %g from %g, the leaderboard says %g from %g", full.Score, full.Range.Low, s.Mean, s.Low)
	}
	for _, s := range d.Shapley {
		sum := 0.0
		for _, p := range s.Parts {
			sum += p.Value
		}
		if math.Abs(sum-(s.Full-s.Empty)) > 1e-6 {
			t.Errorf("%s: the parts sum to %g, the whole is %g", s.Goal, sum, s.Full-s.Empty)
		}
	}
	rows := d.Sets.Report
	if rows.Nominal != 0.8 || rows.Rows != 240 {
		t.Errorf("%+v", rows)
	}
	c.Data.Schema.Group = "talk"
	for i := range c.Data.Rows { // twelve talks
		c.Data.Rows[i].Group = fmt.Sprint(c.Data.Rows[i].Class, i%6)
	}
	if groups := c.Document(ReportOptions{Coverage: 0.8}).Sets.Report; groups.Coverage != rows.Coverage || groups.Low == rows.Low || !(groups.Low < groups.Coverage && groups.Coverage < groups.High) {
		t.Errorf("with groups %+v, without %+v", groups, rows)
	}
}
