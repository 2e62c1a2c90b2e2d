package fusor

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/media"
	"github.com/fusor-ml/fusor/report"
)

// rowName is a row's id, or its place in the manifest.
func rowName(ds *dataset.Dataset, i int) string {
	if id := ds.Rows[i].ID; id != "" {
		return id
	}
	return fmt.Sprintf("%s:%d", filepath.Base(ds.Path), ds.Rows[i].Number)
}

// shownCell is a cell as a mistake shows it: its text, its fields, or the paths
// of its files; with media the first file itself.
func shownCell(ds *dataset.Dataset, col *dataset.Column, c *dataset.Cell, withMedia bool) report.Cell {
	out := report.Cell{Column: col.Name, Kind: string(col.Kind)}
	switch {
	case c.Absent():
	case len(c.Files) > 0:
		out.Text = strings.Join(c.Files, "; ")
		path := dataset.Resolve(ds.Dir, c.Files[0])
		if col.Kind == media.Text {
			if doc, err := media.ReadText(path); err == nil {
				out.Text = cut(doc.Text)
			}
			break
		}
		if !withMedia {
			break
		}
		if info, err := os.Stat(path); err != nil || info.Size() > mediaBytes || info.IsDir() {
			break
		}
		if data, err := os.ReadFile(path); err == nil {
			out.Data, out.MIME = data, http.DetectContentType(data)
		}
	case c.Text != "":
		out.Text = cut(c.Text)
	case len(c.Fields) > 0:
		for i, f := range c.Fields {
			if f != "" && i < len(col.Fields) && len(out.Fields) < shownFields {
				out.Fields = append(out.Fields, report.Field{Name: col.Fields[i].Name, Value: cut(f)})
			}
		}
	default:
		out.Text = vectorText(c.Vector)
	}
	return out
}

func cut(s string) string {
	r := []rune(s)
	if len(r) <= shownText {
		return s
	}
	return string(r[:shownText]) + " …"
}

// vectorText shows the first values of a vector.
func vectorText(v []float32) string {
	const shown = 4
	var parts []string
	for _, x := range v[:min(shown, len(v))] {
		parts = append(parts, fmt.Sprintf("%.3g", x))
	}
	s := strings.Join(parts, ", ")
	if len(v) > shown {
		s += fmt.Sprintf(", … (%d values)", len(v))
	}
	return s
}
