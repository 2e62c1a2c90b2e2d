package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/fusor-ml/fusor/compare"
	"github.com/fusor-ml/fusor/internal/durable"
	"github.com/fusor-ml/fusor/internal/svg"
)

// WriteFiles writes report.html into dir, and beside it report.json, every
// plot as .svg and every table as .csv. Each file is written under a temporary
// name, synced and renamed. Plots and tables of the report that was there before
// and that this one lacks are removed. It returns the path of report.html.
func WriteFiles(dir string, d *Document, o Options) (string, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return "", fmt.Errorf("cannot make the report's folder: %w", err)
	}
	// Listed before anything is written, by the index of the report that is there: other files are not
	// ours to remove.
	old := formerFiles(dir)
	var names []string
	for _, f := range newReader(d, speakerOf(o.Lang)).allFigures() {
		if f.plot != nil {
			width := wideWidth
			if f.small {
				width = 560
			}
			if err := durable.WriteFile(filepath.Join(dir, f.name+".svg"), svg.File(f.plot, width)); err != nil {
				return "", err
			}
		}
		if f.table != nil {
			if err := durable.Write(filepath.Join(dir, f.name+".csv"), f.table.writeCSV); err != nil {
				return "", err
			}
		}
		for _, name := range f.files() {
			delete(old, name)
			names = append(names, name)
		}
	}
	for name := range old {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("cannot remove what the report before has left: %w", err)
		}
	}
	page := struct {
		*Document
		Files  []string       `json:"files"`
		Timing compare.Timing `json:"timing"` // all that differs between two equal runs
	}{d, names, compare.NewTiming(d.Run.Seconds, d.Run.Command, d.Rows)}
	data, err := json.MarshalIndent(page, "", "  ")
	if err != nil {
		return "", fmt.Errorf("cannot write report.json: %w", err)
	}
	if err := durable.WriteFile(filepath.Join(dir, "report.json"), append(data, '\n')); err != nil {
		return "", err
	}
	// Last: who sees the page finds the files that it names.
	path := filepath.Join(dir, "report.html")
	return path, durable.Write(path, func(w io.Writer) error { return HTML(w, d, o) })
}

// allFigures are those of the report, folded or not.
func (r *reader) allFigures() []figure {
	var out []figure
	for _, s := range r.sections() {
		out = append(out, s.figures...)
	}
	for _, f := range []*figure{r.classes(), r.modalities()} {
		if f != nil {
			out = append(out, *f)
		}
	}
	return out
}

// files are the names of the figure's files.
func (f *figure) files() []string {
	var out []string
	if f.plot != nil {
		out = append(out, f.name+".svg")
	}
	if f.table != nil {
		out = append(out, f.name+".csv")
	}
	return out
}

// formerFiles are the figures that the report in dir came with, by its report.json.
func formerFiles(dir string) map[string]bool {
	names := map[string]bool{}
	data, err := os.ReadFile(filepath.Join(dir, "report.json"))
	var former struct {
		Run   Run      `json:"run"`
		Files []string `json:"files"`
	}
	if err != nil || json.Unmarshal(data, &former) != nil || former.Run.Version == "" {
		return names
	}
	for _, name := range former.Files {
		if ext := filepath.Ext(name); name == filepath.Base(name) && (ext == ".svg" || ext == ".csv") {
			names[name] = true
		}
	}
	return names
}
