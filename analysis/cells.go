package analysis

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"path/filepath"
	"strings"
	"time"

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
// of its files; with media the first file itself, or a picture of it.
func shownCell(ds *dataset.Dataset, col *dataset.Column, c *dataset.Cell, withMedia bool) report.Cell {
	out := report.Cell{Column: col.Name, Kind: string(col.Kind)}
	switch {
	case c.Absent():
	case c.IsMedia():
		// A report is not held up by one film: what takes longer is shown by its name.
		ctx, cancel := context.WithTimeout(context.Background(), stillTime)
		defer cancel()
		sources := c.Sources(ds.Folder())
		var names []string
		for _, src := range sources {
			names = append(names, src.Name())
		}
		out.Text = strings.Join(names, "; ")
		src := sources[0]
		// Read as extraction reads it, so that the text shown is the text learned from.
		if col.Kind == media.Text {
			if doc, err := media.ReadText(ctx, src); err == nil {
				out.Text = cut(doc.Text)
			}
			break
		}
		if !withMedia {
			break
		}
		// A picture of what it is about; the file itself only where it is small enough to lie in the
		// report.
		if out.Data = still(ctx, src, col.Kind); out.Data != nil {
			out.MIME = "image/png"
			break
		}
		if data := small(ctx, src); data != nil {
			out.Data, out.MIME = data, http.DetectContentType(data)
		}
	case c.Text != "":
		out.Text = cut(c.Text)
	case len(c.Fields) > 0:
		// A table may have hundreds of fields: the first shownFields that are not empty.
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

// Bounds of a picture that is shown for a cell.
const (
	stillSide = 440 // pixels; the report makes it smaller, and sharper than from a smaller one
	stillTime = 20 * time.Second
)

// still returns what is shown for a picture or a video, as a small PNG: of a
// video the middle frame. It is nil where there is none.
func still(ctx context.Context, src media.Source, kind media.Kind) []byte {
	switch kind {
	case media.Image:
		if m, err := media.ReadImage(ctx, src, media.ImageOptions{MaxSide: stillSide}); err == nil {
			return pngOf(m.Width, m.Height, m.R, m.G, m.B)
		}
	case media.Video:
		if clip, err := media.OpenVideo(ctx, src); err == nil && len(clip.Frames) > 0 {
			m := clip.Frames[len(clip.Frames)/2]
			return pngOf(m.Width, m.Height, m.R, m.G, m.B)
		}
	}
	return nil
}

// small is the bytes of a medium that a report has room for, nil of any other.
func small(ctx context.Context, src media.Source) []byte {
	r, err := media.Open(ctx, src)
	if err != nil {
		return nil
	}
	defer r.Close() //nolint:errcheck // it was only read
	data, err := r.All(mediaBytes)
	if err != nil {
		return nil
	}
	return data
}

func pngOf(w, h int, r, g, b []uint8) []byte {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range w * h {
		copy(m.Pix[4*i:], []uint8{r[i], g[i], b[i], 255})
	}
	var out bytes.Buffer
	if err := png.Encode(&out, m); err != nil {
		return nil
	}
	return out.Bytes()
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

// usualFields returns the value that most rows have in each field of a column; "" where none is in
// more than half of them.
func usualFields(ds *dataset.Dataset, k int) []string {
	usual := make([]string, len(ds.Schema.Columns[k].Fields))
	for j := range usual {
		n := map[string]int{}
		for i := range ds.Rows {
			n[ds.Rows[i].Field(k, j)]++
		}
		for value, rows := range n {
			if 2*rows > len(ds.Rows) {
				usual[j] = value
			}
		}
	}
	return usual
}

// differing returns a cell without the fields that are as in most rows, and their number; the cell
// itself where no other field is there.
func differing(c *dataset.Cell, usual []string) (*dataset.Cell, int) {
	out, left, rest := *c, 0, 0
	out.Fields = make([]string, len(c.Fields))
	for j, value := range c.Fields {
		switch {
		case value == "":
		case j < len(usual) && value == usual[j]:
			left++
		default:
			out.Fields[j] = value
			rest++
		}
	}
	if rest == 0 {
		return c, 0
	}
	return &out, left
}
