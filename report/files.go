package report

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/fusor-ml/fusor/internal/durable"
	"github.com/fusor-ml/fusor/internal/svg"
)

// WriteFiles writes report.html into dir, and beside it report.json, every
// plot as .svg and every table as .csv. Each file is written under a temporary
// name, synced and renamed. It returns the path of report.html.
func WriteFiles(dir string, d *Document, o Options) (string, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return "", fmt.Errorf("cannot make the report's folder: %w", err)
	}
	r := newReader(d, speakerOf(o.Lang))
	var figures []figure
	for _, s := range r.sections() {
		figures = append(figures, s.figures...)
	}
	for _, f := range []*figure{r.classes(), r.modalities()} {
		if f != nil {
			figures = append(figures, *f)
		}
	}
	for _, f := range figures {
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
	}
	data, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return "", fmt.Errorf("cannot write report.json: %w", err)
	}
	if err := durable.WriteFile(filepath.Join(dir, "report.json"), append(data, '\n')); err != nil {
		return "", err
	}
	path := filepath.Join(dir, "report.html")
	return path, durable.Write(path, func(w io.Writer) error { return HTML(w, d, o) })
}
