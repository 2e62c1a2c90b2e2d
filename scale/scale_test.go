package scale_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/fusor-ml/fusor"
	"github.com/fusor-ml/fusor/compare"
	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/fusion"
	"github.com/fusor-ml/fusor/nn"
	"github.com/fusor-ml/fusor/predict"
	"github.com/fusor-ml/fusor/scale"
	"github.com/fusor-ml/fusor/train"
)

// table writes a table of texts, pictures (some of them missing or broken) and vectors, with a
// split of few validation rows where official, and returns its name.
func table(t *testing.T, rows, vectors int, official bool) string {
	t.Helper()
	dir := t.TempDir()
	rng := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	b.WriteString("id,text,photo,price")
	for v := range vectors {
		fmt.Fprintf(&b, ",v%d", v)
	}
	b.WriteString(",split,label\n")
	for i := range rows {
		class := i % 3
		name := fmt.Sprintf("p%d.png", i)
		img := image.NewRGBA(image.Rect(0, 0, 8, 8))
		for k := range 64 {
			img.Set(k%8, k/8, color.RGBA{uint8(80*class + rng.IntN(60)), uint8(rng.IntN(256)), 9, 255})
		}
		var data bytes.Buffer
		if err := png.Encode(&data, img); err != nil {
			t.Fatal(err)
		}
		switch {
		case i%11 == 3: // missing
		case i%13 == 5:
			data.Truncate(data.Len() / 2)
			fallthrough
		default:
			if err := os.WriteFile(filepath.Join(dir, name), data.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		words := []string{"good", "bad", "odd"}
		text := fmt.Sprintf("a %s thing number %d with %s words", words[(class+rng.IntN(2))%3], rng.IntN(5), words[rng.IntN(3)])
		fmt.Fprintf(&b, "r%d,%s,%s,%.3f", i, text, name, float64(class)+rng.NormFloat64())
		for range vectors {
			fmt.Fprintf(&b, `,"[%.3f, %.3f]"`, float64(class)+2*rng.NormFloat64(), rng.NormFloat64())
		}
		split := ""
		if official {
			split = []string{"train", "train", "train", "val", "test"}[i/3%5]
		}
		label := words[class]
		if i%17 == 9 {
			label = ""
		}
		fmt.Fprintf(&b, ",%s,%s\n", split, label)
	}
	path := filepath.Join(dir, "t.csv")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func options(t *testing.T) fusor.CompareOptions {
	return fusor.CompareOptions{
		Options: fusor.Options{CacheDir: t.TempDir()},
		Recipe:  train.Recipe{Width: 4, Train: train.Config{Epochs: 2}},
		Fusions: []string{"mean", "concat", "attention"},
	}
}

// result is everything of a comparison but its times.
func result(t *testing.T, c *fusor.Comparison) map[string]string {
	t.Helper()
	out := map[string]string{}
	c.Run.Seconds, c.Run.Command = 0, nil
	for i := range c.Rows {
		c.Rows[i].FitSeconds = 0
	}
	var model bytes.Buffer
	if err := c.Model.Encode(&model); err != nil {
		t.Fatal(err)
	}
	out["model"] = model.String()
	doc := c.Document(fusor.ReportOptions{})
	outcomes := c.Result.Outcomes
	for _, runs := range outcomes {
		for _, o := range runs {
			o.Seconds = 0
		}
	}
	for name, v := range map[string]any{"compare.json": c.Comparison, "report": doc, "outcomes": outcomes, "problems": c.Problems} {
		data, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		out[name] = string(data)
	}
	return out
}

func equal(t *testing.T, got, want map[string]string) {
	t.Helper()
	for name := range want {
		if got[name] != want[name] {
			t.Errorf("%s differs:\n%.2000s\nwant\n%.2000s", name, got[name], want[name])
		}
	}
}

// newJob makes the job of a comparison of path.
func newJob(t *testing.T, path string, o fusor.CompareOptions, block int) (scale.Storage, *scale.Job) {
	t.Helper()
	ds, err := fusor.Open(path, dataset.Options{Deferred: true})
	if err != nil {
		t.Fatal(err)
	}
	s := scale.Dir(t.TempDir())
	j, err := scale.NewCompare(t.Context(), ds, o, scale.Setup{Storage: s, Block: block})
	if err != nil {
		t.Fatal(err)
	}
	return s, j
}

func worker(t *testing.T, s scale.Storage, o fusor.CompareOptions) *scale.Worker {
	t.Helper()
	w, err := scale.Open(t.Context(), s)
	if err == nil {
		err = w.Compare(t.Context(), o)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// TestCompare does the tasks of comparisons in several ways, one of them a task at a time by
// workers that begin anew, and expects the bits of one machine.
func TestCompare(t *testing.T) {
	for _, c := range []struct {
		name     string
		vectors  int
		official bool
		tune     int
		stages   []string
	}{
		{"folds", 1, false, 0, []string{"features", "prepare", "fit", "model"}},
		{"official", 0, true, 4, []string{"features", "prepare", "tune-1", "tune-2", "tune-3", "fit", "calibrate", "recalibrate", "model"}},
		{"many", 5, true, 0, []string{"features", "prepare", "fit", "calibrate", "subsets", "recalibrate", "model"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			path, o := table(t, 75, c.vectors, c.official), options(t)
			o.Tune = c.tune
			o.Recipe.Views = []string{"text.lexical", "photo.color", "table"}
			for v := range c.vectors {
				o.Recipe.Views = append(o.Recipe.Views, fmt.Sprintf("v%d", v))
			}
			if o.Seeds = 2; !c.official {
				o.Folds, o.Seeds = 2, 1
			}
			ds, err := fusor.Open(path, dataset.Options{})
			if err != nil {
				t.Fatal(err)
			}
			o.Dir = t.TempDir()
			plain, err := fusor.Compare(t.Context(), ds, o)
			if err != nil {
				t.Fatal(err)
			}
			if len(plain.Problems) < 5 {
				t.Errorf("the data have no broken files: %v", plain.Problems)
			}
			want := result(t, plain)
			o.Dir = ""
			s, j := newJob(t, path, o, 20)
			var stages []string
			for _, stage := range j.Stages {
				stages = append(stages, stage.Name)
			}
			if !slices.Equal(stages, c.stages) {
				t.Errorf("stages %v, want %v", stages, c.stages)
			}

			// All at once, by two workers side by side.
			var wg sync.WaitGroup
			for range 2 {
				w := worker(t, s, o)
				wg.Go(func() {
					w.Report = func(l scale.Line) {
						if l.Error != "" {
							t.Errorf("%s: %s", l.Task, l.Error)
						}
					}
					if failed, waiting, err := w.Do(t.Context(), w.Tasks()); failed+waiting > 0 || err != nil {
						t.Errorf("%d failed, %d wait, %v", failed, waiting, err)
					}
				})
			}
			wg.Wait()
			merged, err := worker(t, s, o).MergeCompare(t.Context(), false)
			if err != nil {
				t.Fatal(err)
			}
			equal(t, result(t, merged), want)

			// One by one, the last first, by workers that know of nothing; parts are cut and strange.
			s, _ = newJob(t, path, o, 7)
			first := worker(t, s, o)
			tasks := slices.Clone(first.Tasks())
			slices.Reverse(tasks)
			if _, waiting, err := first.Do(t.Context(), tasks[:1]); waiting != 1 || err != nil {
				t.Errorf("the model is made before all else: %d wait, %v", waiting, err)
			}
			for _, stage := range first.Job().Stages {
				w := worker(t, s, o)
				for _, task := range tasks {
					if task.Stage != stage.Name {
						continue
					}
					name := fmt.Sprintf("parts/%s/%07d", task.Stage, task.Task)
					if task.Task%3 == 0 {
						if err := s.Write(t.Context(), name, []byte("cut")); err != nil {
							t.Fatal(err)
						}
					}
					if failed, waiting, err := w.Do(t.Context(), []scale.Task{task}); failed+waiting > 0 || err != nil {
						t.Fatalf("%s: %d failed, %d wait, %v", task, failed, waiting, err)
					}
				}
			}
			merged, err = worker(t, s, o).MergeCompare(t.Context(), false)
			if err != nil {
				t.Fatal(err)
			}
			equal(t, result(t, merged), want)

			// What is done is kept.
			w := worker(t, s, o)
			w.Report = func(l scale.Line) {
				if l.State != scale.Kept {
					t.Errorf("%s is %s again", l.Task, l.State)
				}
			}
			if _, _, err := w.Do(t.Context(), w.Tasks()); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestPredict answers blocks of rows, in order and not, as one machine does.
func TestPredict(t *testing.T) {
	path := table(t, 60, 1, false)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	lines[0] += ",group,order"
	for i := range lines[1:] {
		lines[i+1] += fmt.Sprintf(",g%d,%d", i*7%13, i%5)
	}
	grouped := filepath.Join(filepath.Dir(path), "grouped.csv")
	if err := os.WriteFile(grouped, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{path, grouped} {
		o := options(t)
		ds, err := fusor.Open(path, dataset.Options{})
		if err != nil {
			t.Fatal(err)
		}
		m, _, err := fusor.Train(t.Context(), ds, fusor.TrainOptions{Options: o.Options, Recipe: o.Recipe})
		if err != nil {
			t.Fatal(err)
		}
		if over := path == grouped; m.OverRows() != over {
			t.Fatalf("over rows: %v", !over)
		}
		for _, q := range []predict.Query{{}, {Top: 2}, {Explain: true}} {
			plain, err := fusor.Open(path, dataset.Options{Schema: m.Schema()})
			if err != nil {
				t.Fatal(err)
			}
			f, err := m.Features(t.Context(), plain)
			if err != nil {
				t.Fatal(err)
			}
			want, err := m.Answer(t.Context(), f, q)
			if err != nil {
				t.Fatal(err)
			}
			deferred, err := fusor.Open(path, dataset.Options{Schema: m.Schema(), Deferred: true})
			if err != nil {
				t.Fatal(err)
			}
			s := scale.Dir(t.TempDir())
			if _, err := scale.NewPredict(t.Context(), m, dataset.OneBlock(deferred), scale.Setup{Storage: s, Block: 7}); err != nil {
				t.Fatal(err)
			}
			w, err := scale.Open(t.Context(), s)
			if err == nil {
				err = w.Predict(m, q)
			}
			if err != nil {
				t.Fatal(err)
			}
			if n := len(w.Tasks()); n < 4 {
				t.Fatalf("%d tasks", n)
			}
			if failed, waiting, err := w.Do(t.Context(), w.Tasks()[1:]); failed+waiting > 0 || err != nil {
				t.Fatal(failed, waiting, err)
			}
			if _, _, err := merged(t, w, false); err == nil {
				t.Error("merged without the first task")
			}
			some, _, err := merged(t, w, true)
			if err != nil {
				t.Fatal(err)
			}
			missing := 0
			for _, p := range some {
				if slices.Equal(p.Flags, []string{scale.Missing}) {
					missing++
				}
			}
			if missing < 7 || missing > 20 {
				t.Errorf("%d rows are missing", missing)
			}
			if failed, waiting, err := w.Do(t.Context(), w.Tasks()); failed+waiting > 0 || err != nil {
				t.Fatal(failed, waiting, err)
			}
			got, problems, err := merged(t, w, false)
			if err != nil {
				t.Fatal(err)
			}
			a, err1 := json.Marshal(got)
			b, err2 := json.Marshal(want)
			if err := errors.Join(err1, err2); err != nil || !bytes.Equal(a, b) {
				t.Errorf("%v: answers\n%.1000s\nwant\n%.1000s, %v", q, a, b, err)
			}
			if problems.Error() != f.Problems.Error() {
				t.Errorf("problems\n%v\nwant\n%v", problems, f.Problems)
			}
		}
	}
}

// merged returns the answers to all rows, taken some at a time where the model allows it.
func merged(t *testing.T, w *scale.Worker, allowMissing bool) (all []fusor.Prediction, problems dataset.Problems, err error) {
	t.Helper()
	a, err := w.MergePredict(allowMissing)
	if err != nil {
		t.Fatal(err)
	}
	n, step := w.Job().Data.Rows, 11
	if w.Model().OverRows() {
		step = n
	}
	for len(all) < n {
		part, err := a.Next(t.Context(), min(step, n-len(all)))
		if err != nil {
			return nil, nil, err
		}
		all = append(all, part...)
	}
	if _, err := a.Next(t.Context(), n+1); err == nil {
		t.Error("there are answers to more rows than the job has")
	}
	return all, a.Problems(), nil
}

// TestSideBySide lets a worker do all blocks but one while another is at work, which leaves what is
// done.
func TestSideBySide(t *testing.T) {
	path, o := table(t, 60, 0, false), options(t)
	o.Folds = 2
	s, j := newJob(t, path, o, 6)
	one, two := worker(t, s, o), worker(t, s, o)
	blocks := one.Tasks()[:j.Stages[0].Tasks]
	one.Threads = 1
	states := map[scale.State]int{}
	one.Report = func(l scale.Line) {
		if states[l.State]++; states[scale.Done]+states[scale.Kept] > 1 {
			return
		}
		if failed, waiting, err := two.Do(t.Context(), blocks); failed+waiting > 0 || err != nil {
			t.Errorf("%d failed, %d wait, %v", failed, waiting, err)
		}
	}
	if failed, waiting, err := one.Do(t.Context(), blocks); failed+waiting > 0 || err != nil {
		t.Errorf("%d failed, %d wait, %v", failed, waiting, err)
	}
	if states[scale.Done] != 1 || states[scale.Kept] != len(blocks)-1 {
		t.Errorf("of %d blocks the first worker has %v", len(blocks), states)
	}
	// And so are fits.
	fits, beside := map[scale.State]int{}, worker(t, s, o)
	one.Report = func(l scale.Line) {
		if l.Stage != "fit" {
			return
		}
		if fits[l.State]++; fits[scale.Done]+fits[scale.Kept] > 1 {
			return
		}
		if failed, waiting, err := beside.Do(t.Context(), beside.Tasks()); failed+waiting > 0 || err != nil {
			t.Errorf("%d failed, %d wait, %v", failed, waiting, err)
		}
	}
	if failed, waiting, err := one.Do(t.Context(), one.Tasks()); failed+waiting > 0 || err != nil {
		t.Errorf("%d failed, %d wait, %v", failed, waiting, err)
	}
	if fits[scale.Done] != 1 || fits[scale.Kept] < 5 {
		t.Errorf("the first worker has the fits %v", fits)
	}
}

// failing is a storage that refuses to keep some files.
type failing struct {
	scale.Storage
	refuses string
}

func (f failing) Write(ctx context.Context, name string, data []byte) error {
	if strings.HasPrefix(name, f.refuses) {
		return errors.New("the disk is full")
	}
	return f.Storage.Write(ctx, name, data)
}

func TestRefusals(t *testing.T) {
	path, o := table(t, 60, 0, false), options(t)
	o.Folds = 2
	s, j := newJob(t, path, o, 30)
	ds, err := fusor.Open(path, dataset.Options{Deferred: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := scale.NewCompare(t.Context(), ds, o, scale.Setup{Storage: s, Block: 30}); err != nil {
		t.Errorf("the same job again: %v", err)
	}
	if _, err := scale.NewCompare(t.Context(), ds, o, scale.Setup{Storage: s, Block: 20}); !errors.Is(err, scale.ErrOther) {
		t.Errorf("another job in its place: %v", err)
	}
	if _, err := scale.Open(t.Context(), scale.Dir(t.TempDir())); err == nil {
		t.Error("an empty folder is a job")
	}
	other := o
	other.Recipe.Width = 5
	w, err := scale.Open(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Compare(t.Context(), other); err == nil || !strings.Contains(err.Error(), "recipe") {
		t.Errorf("another recipe: %v", err)
	}
	if err := w.Predict(nil, predict.Query{}); err == nil {
		t.Error("a comparison predicts")
	}
	for _, c := range []struct{ old, new, want string }{
		{fmt.Sprintf("%q: %q", "version", j.Version), `"version": "0.0.9"`, "version 0.0.9"},
		{fmt.Sprintf("%q: %q", "kernel", j.Kernel), `"kernel": "avx1024"`, "avx1024"},
		{fmt.Sprintf("%q: %d", "format", j.Format), `"format": 99`, "format 99"},
	} {
		data, err := s.Read(t.Context(), "job.json")
		if err != nil {
			t.Fatal(err)
		}
		changed := scale.Dir(t.TempDir())
		text := strings.Replace(string(data), c.old, c.new, 1)
		tasks, err := s.Read(t.Context(), "tasks.jsonl")
		err = errors.Join(err, changed.Write(t.Context(), "job.json", []byte(text)), changed.Write(t.Context(), "tasks.jsonl", tasks))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := scale.Open(t.Context(), changed); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.new, err)
		}
	}

	// A task that fails is named, and the others go on; a fault of the machine ends the work.
	bad := worker(t, failing{s, "parts/features"}, o)
	if _, _, err := bad.Do(t.Context(), bad.Tasks()); err == nil {
		t.Error("a full disk is no error")
	}
	if _, err := s.Read(t.Context(), "parts/features/0000000"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("half a part is left: %v", err)
	}
	w = worker(t, s, o)
	if failed, waiting, err := w.Do(t.Context(), w.Tasks()[:2]); failed+waiting > 0 || err != nil {
		t.Fatal(failed, waiting, err)
	}
	if _, err := w.MergeCompare(t.Context(), false); !errors.Is(err, compare.ErrPending) {
		t.Errorf("merged without fits: %v", err)
	}
	status, err := w.Status(t.Context())
	if err != nil || status.Stages[0].Done != 2 || status.Stages[1].Done != 0 {
		t.Errorf("status %+v, %v", status, err)
	}
}

// TestFailure names a fit that always fails; the others are done, and the merge can go on without.
func TestFailure(t *testing.T) {
	path, o := table(t, 60, 0, false), options(t)
	o.Folds = 2
	methods := slices.Clone(fusor.Methods())
	k := slices.IndexFunc(methods, func(m fusion.Method) bool { return m.Name == "attention" })
	methods[k].Build = func(*nn.Scope, fusion.Config, fusion.Shape) (fusion.Fusion, error) {
		return nil, errors.New("no attention today")
	}
	o.Methods = methods
	s, _ := newJob(t, path, o, 30)
	w := worker(t, s, o)
	failed, waiting, err := w.Do(t.Context(), w.Tasks())
	if failed != 2 || waiting != 1 || err != nil {
		t.Errorf("%d failed, %d wait, %v", failed, waiting, err)
	}
	status, err := w.Status(t.Context())
	if err != nil || len(status.Failed) != 2 || !strings.Contains(status.Failed[0].Error, "no attention today") || status.Failed[0].Piece.Entry != "attention" {
		t.Errorf("status %+v, %v", status, err)
	}
	lacking, err := w.Lacking(t.Context())
	if err != nil || len(lacking) != 3 {
		t.Errorf("lacking %v, %v", lacking, err)
	}
	if _, err := w.MergeCompare(t.Context(), false); !errors.Is(err, compare.ErrPending) {
		t.Errorf("merged without: %v", err)
	}
	merged, err := worker(t, s, o).MergeCompare(t.Context(), true)
	if err != nil {
		t.Fatal(err)
	}
	o.Fusions, o.Dir = []string{"mean", "concat"}, t.TempDir()
	ds, err := fusor.Open(path, dataset.Options{})
	if err != nil {
		t.Fatal(err)
	}
	plain, err := fusor.Compare(t.Context(), ds, o)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, result(t, merged), result(t, plain))
}
