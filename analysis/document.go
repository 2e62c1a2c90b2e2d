package analysis

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/eval"
	"github.com/fusor-ml/fusor/feature/text"
	"github.com/fusor-ml/fusor/internal/kernel"
	"github.com/fusor-ml/fusor/media"
	"github.com/fusor-ml/fusor/report"
)

// ReportOptions describe what a report takes along.
type ReportOptions struct {
	Coverage float64 // nominal, of prediction sets; 0: 0.9
	Media    bool    // the mistakes' files, as far as the report's size limit lets them in
	// Of an explanation: the version that made it, the words that ran it, and how long that took.
	Version string
	Command []string
	Seconds float64
}

func (o *ReportOptions) coverage() float64 {
	if o.Coverage == 0 {
		return 0.9
	}
	return o.Coverage
}

// Document is the comparison as the report shows it. Beside the leaderboard it
// holds the diagnostics of the best fusion, chosen by validation.
func (c *Comparison) Document(o ReportOptions) *report.Document {
	d := &report.Document{Metric: c.Metric, Verdict: c.Verdict, Rows: c.Rows, Tuning: c.Tuning, Data: describe(c.Data, c.Problems)}
	d.Run = report.Run{
		Version: c.Run.Version, Go: runtime.Version(), Machine: machine(),
		Command: c.Run.Command, Folds: c.Run.Folds, Seed: &c.Run.Seed, Seeds: c.Run.Seeds, Seconds: c.Run.Seconds, Notes: c.Result.Plan.Notes,
	}
	if n := len(c.Run.Seeds); n > 1 {
		d.Run.FirstOf = n
	}
	c.addViews(d)
	best, single := c.Best()
	if k := c.BestOfAll(); k >= 0 {
		d.Chosen = &report.Chosen{Name: c.Rows[k].Name, Kind: c.Rows[k].Kind, Val: c.validation(k)}
	}
	if best >= 0 {
		c.addDiagnostics(d, best, &o)
		c.addImportance(d, best)
		c.addWeights(d, best)
		c.addLearning(d, best)
		if c.Rows[best].Kind == eval.Fusion {
			made, file := slices.Concat([]string{"fusor", "train", c.path, "--fusion", c.Rows[best].Fusion}, c.Run.Shared, []string{"-o", "model.fusor"}), "model.fusor"
			if e := &c.Result.Entries[best]; len(e.Members) > 0 || e.Tuned != nil { // only a comparison makes one
				made, file = slices.Concat([]string{"fusor", "compare", c.path}, c.Run.Shared, c.search(), []string{"-o", "result"}), "result/model.fusor"
			}
			d.NoiseBy = []string{report.Command(made), report.Command([]string{"fusor", "explain", file, c.path, "-o", "why"})}
		}
	}
	if single >= 0 && single != best {
		c.addLearning(d, single)
	}
	return d
}

// validation summarizes an entry's scores on the validation rows of an official split; nil with
// folds. The interval is the mean one of the seeds, whose validation rows may be others.
func (c *Comparison) validation(entry int) *eval.Summary {
	if !c.Result.Plan.Official {
		return nil
	}
	outcomes, m := c.Result.Outcomes[entry], metricNamed(c.Task, c.Metric)
	mean := &eval.Summary{}
	for _, out := range outcomes {
		_, val := out.Predictions(c.Data)
		s := eval.SummarizeSplit(m, []*eval.Predictions{val}, eval.Groups(c.Data, out.Val))
		n := float64(len(outcomes))
		mean.Mean, mean.Low, mean.High = mean.Mean+s.Mean/n, mean.Low+s.Low/n, mean.High+s.High/n
		mean.Runs = append(mean.Runs, s.Mean)
	}
	return mean
}

// search returns the flag of the search that was a part of the comparison.
func (c *Comparison) search() []string {
	if c.Tuning == nil {
		return nil
	}
	return []string{"--tune", strconv.Itoa(len(c.Tuning.Trials))}
}

// machine returns what results depend on: kernels of another tier differ in the last bits.
func machine() string {
	tier := map[kernel.Tier]string{kernel.Plain: "plain Go", kernel.AVX2: "AVX2", kernel.AVX512: "AVX-512"}[kernel.ActiveTier()]
	return runtime.GOOS + "/" + runtime.GOARCH + ", " + tier
}

// addViews lists the views of each modality.
func (c *Comparison) addViews(d *report.Document) {
	for i := range d.Data.Modalities {
		m := &d.Data.Modalities[i]
		for _, e := range c.Result.Entries {
			for _, v := range e.Views {
				if name, ok := strings.CutPrefix(v, m.Name+"."); ok && !slices.Contains(m.Views, name) {
					m.Views = append(m.Views, name)
				}
			}
		}
	}
}

// shownName is the data set's name; a manifest whose name is no more than a habit gets its folder's
// beside it.
func shownName(ds *dataset.Dataset) string {
	switch base, _, _ := strings.Cut(ds.Name, "."); strings.ToLower(base) {
	case "manifest", "data", "dataset", "labels", "index", "metadata", "train", "samples":
	default:
		return ds.Name
	}
	dir, err := filepath.Abs(ds.Dir)
	if err != nil || filepath.Base(dir) == ds.Name {
		return ds.Name
	}
	return filepath.Base(dir) + "/" + ds.Name
}

// describe summarizes a data set for the report.
func describe(ds *dataset.Dataset, problems dataset.Problems) report.Data {
	d := report.Data{Name: shownName(ds), Task: ds.Schema.Task, Rows: len(ds.Rows)}
	classes, splits := make([]int, len(ds.Schema.Classes)), map[string]int{}
	var names []string
	for i := range ds.Rows {
		r := &ds.Rows[i]
		// Rows without a label have no class, and those of a multilabel task have labels in its place.
		if r.Class >= 0 && r.Class < len(classes) {
			classes[r.Class]++
		}
		for _, l := range r.Labels {
			classes[l]++
		}
		if r.Split != "" {
			if splits[r.Split] == 0 {
				names = append(names, r.Split)
			}
			splits[r.Split]++
		}
	}
	for k, n := range classes {
		d.Classes = append(d.Classes, report.Count{Name: ds.Schema.Classes[k], Rows: n})
	}
	for _, s := range names {
		d.Splits = append(d.Splits, report.Count{Name: s, Rows: splits[s]})
	}
	for k, col := range ds.Schema.Columns {
		m := report.Modality{Name: col.Name, Kind: string(col.Kind)}
		for i := range ds.Rows {
			if c := ds.Rows[i].Cell(k); c.Absent() {
				m.Missing++
			}
		}
		if col.Kind == media.Text {
			for _, l := range text.Languages(context.Background(), ds, k, true) {
				m.Languages = append(m.Languages, report.Count{Name: l.Language, Rows: l.Texts})
			}
		}
		d.Modalities = append(d.Modalities, m)
	}
	// A report is read by people; inspect lists all of them.
	const shown = 50
	for i, p := range problems {
		if i == shown {
			d.Problems = append(d.Problems, fmt.Sprintf("… and %d more", len(problems)-i))
			break
		}
		p.File = filepath.Base(p.File) // a report holds no path of the machine
		d.Problems = append(d.Problems, p.String())
	}
	return d
}
