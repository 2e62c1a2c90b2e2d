package serve

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"math"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/fusion"
	"github.com/fusor-ml/fusor/media"
	"github.com/fusor-ml/fusor/tensor"
)

// The page at / tries a model in a browser: a card for each column, the answer beside them, and the
// textbook methods with matrices to edit. It loads nothing from elsewhere.

//go:embed page
var pageFiles embed.FS

// contentPolicy lets the page load its own files, and show what the user chose, and nothing else.
const contentPolicy = "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob: data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"

func (s *Server) pageRoutes(mux *http.ServeMux) {
	files, err := fs.Sub(pageFiles, "page")
	if err != nil {
		panic(err) // the folder is in the binary
	}
	assets := http.FileServerFS(files)
	page := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", contentPolicy)
		w.Header().Set("Referrer-Policy", "no-referrer")
		w.Header().Set("Cache-Control", "no-cache")
		assets.ServeHTTP(w, r)
	}
	mux.HandleFunc("GET /{$}", page)
	mux.HandleFunc("GET /page.js", page)
	mux.HandleFunc("GET /words.js", page)
	mux.HandleFunc("GET /recorder.js", page)
	mux.HandleFunc("GET /worklet.js", page)
	mux.HandleFunc("GET /style.css", page)
	mux.HandleFunc("GET /v1/models/{model}/form", s.showForm)
	mux.HandleFunc("GET /v1/models/{model}/examples/{row}/{column}", s.exampleMedium)
	mux.HandleFunc("POST /v1/fuse", s.fuse)
	if s.o.Reports != nil {
		mux.Handle("GET /report/", http.StripPrefix("/report/", reports(s.o.Reports)))
	}
}

// form describes what the page shows of a model.
type form struct {
	modelInfo
	Levels   map[string][]string `json:"levels"`   // of the categories, by field
	Examples []map[string]any    `json:"examples"` // rows to try: values, and media as addresses
	Reports  bool                `json:"reports"`
	MaxBody  int64               `json:"max_body"`
}

func (s *Server) showForm(w http.ResponseWriter, r *http.Request) {
	m, err := s.model(r.PathValue("model"))
	if err != nil {
		writeFault(w, r, err)
		return
	}
	out := form{modelInfo: describe(m), Levels: map[string][]string{}, Examples: []map[string]any{}, Reports: s.o.Reports != nil, MaxBody: s.o.MaxBody}
	a := m.Artifact()
	for i, state := range a.States {
		l, ok := state.(feature.Leveler)
		k := slices.IndexFunc(a.Schema.Columns, func(c dataset.Column) bool { return c.Name == a.Views[i].Column })
		if !ok || k < 0 {
			continue
		}
		for f, levels := range l.Levels() {
			if fields := a.Schema.Columns[k].Fields; levels != nil && f < len(fields) {
				out.Levels[fields[f].Name] = levels[:min(len(levels), 200)]
			}
		}
	}
	for i := range m.exampleRows() {
		out.Examples = append(out.Examples, m.example(i))
	}
	writeJSON(w, r, out)
}

// maxExamples is how many rows the page offers.
const maxExamples = 12

func (m *Model) exampleRows() []dataset.Row {
	if m.Examples == nil {
		return nil
	}
	return m.Examples.Rows[:min(len(m.Examples.Rows), maxExamples)]
}

// example returns row i as the page fills its form with it.
func (m *Model) example(i int) map[string]any {
	row, out := &m.Examples.Rows[i], map[string]any{}
	for k, c := range m.Schema().Columns {
		cell := &row.Cells[k]
		switch {
		case cell.Absent():
		case c.Kind == media.Table:
			for f, field := range c.Fields {
				if cell.Fields[f] != "" {
					out[field.Name] = cell.Fields[f]
				}
			}
		case c.Kind == media.Vector:
			out[c.Name] = cell.Vector
		case len(cell.Sources(m.Examples.Folder())) > 0:
			out[c.Name] = map[string]string{"href": fmt.Sprintf("/v1/models/%s/examples/%d/%d", m.Name, i, k)}
		case c.Kind.IsArray(): // the page has no field for it
		default:
			out[c.Name] = cell.Text
		}
	}
	return out
}

// exampleMedium sends the bytes of one medium of an example.
func (s *Server) exampleMedium(w http.ResponseWriter, r *http.Request) {
	m, err := s.model(r.PathValue("model"))
	if err != nil {
		writeFault(w, r, err)
		return
	}
	rows := m.exampleRows()
	i, ierr := strconv.Atoi(r.PathValue("row"))
	k, kerr := strconv.Atoi(r.PathValue("column"))
	if ierr != nil || kerr != nil || i < 0 || i >= len(rows) || k < 0 || k >= len(rows[i].Cells) {
		writeFault(w, r, faultf(http.StatusNotFound, "no such example", "there is no such example"))
		return
	}
	sources := rows[i].Cells[k].Sources(m.Examples.Folder())
	if len(sources) == 0 {
		writeFault(w, r, faultf(http.StatusNotFound, "no such example", "the example has nothing there"))
		return
	}
	f, err := media.Open(r.Context(), sources[0])
	if err != nil {
		writeFault(w, r, err)
		return
	}
	defer f.Close() //nolint:errcheck // it was only read
	w.Header().Set("Content-Type", "application/octet-stream")
	http.ServeContent(w, r, "", time.Time{}, f)
}

// fuseRequest asks for a textbook fusion of matrices.
type fuseRequest struct {
	Method   string        `json:"method"`
	Matrices [][][]float64 `json:"matrices"`
	Weights  []float64     `json:"weights"`
	Hidden   int           `json:"hidden"`
}

// fuse computes a textbook method on small matrices, with the code of the command fuse.
func (s *Server) fuse(w http.ResponseWriter, r *http.Request) {
	invalid := func(format string, args ...any) {
		writeFault(w, r, faultf(http.StatusUnprocessableEntity, "cannot fuse", format, args...))
	}
	var q fuseRequest
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<16))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&q); err != nil {
		writeFault(w, r, faultf(http.StatusBadRequest, "invalid JSON", "%v", err))
		return
	}
	// Bounds of matrices, not of bytes: 64 KB hold thousands of rows of one digit.
	const most = 64 // rows, columns and units: the page shows textbook examples
	var mats []*tensor.Tensor
	for i, rows := range q.Matrices {
		if len(rows) == 0 || len(rows) > most || len(rows[0]) == 0 || len(rows[0]) > most {
			invalid("matrix %d must have 1 to %d rows and columns", i+1, most)
			return
		}
		var flat []float64
		for _, row := range rows {
			if len(row) != len(rows[0]) {
				invalid("matrix %d: its rows differ in length", i+1)
				return
			}
			flat = append(flat, row...)
		}
		mats = append(mats, tensor.FromF64(flat, len(rows), len(rows[0])))
	}
	// The page lays matrices out side by side; a method may refuse fewer (tensorFactors).
	if len(mats) > 8 || q.Hidden < 0 || q.Hidden > most {
		invalid("there may be 8 matrices and %d units", most)
		return
	}
	var cfg fusion.Config
	if len(q.Weights) > 0 {
		cfg = cfg.With("weights", q.Weights)
	}
	if q.Hidden > 0 {
		cfg = cfg.With("hidden", q.Hidden)
	}
	z, weights, err := fusion.Textbook(q.Method, mats, fusion.TextbookOptions{Config: cfg})
	if err != nil {
		invalid("%v", err)
		return
	}
	out := object{"output": rowsOf(z)}
	if weights != nil {
		out["weights"] = rowsOf(weights)
	}
	writeJSON(w, r, out)
}

// rowsOf returns a matrix as JSON has it: null where there is nothing to fuse.
func rowsOf(t *tensor.Tensor) [][]*float64 {
	out := make([][]*float64, t.Dim(0))
	for i := range out {
		out[i] = make([]*float64, t.Dim(1))
		for j := range out[i] {
			if v := t.At(i, j); !math.IsNaN(v) && !math.IsInf(v, 0) {
				out[i][j] = &v
			}
		}
	}
	return out
}
