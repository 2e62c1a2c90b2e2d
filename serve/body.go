package serve

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/internal/codec/jsontext"
	"github.com/fusor-ml/fusor/media"
)

// nowhere is where the files of a request are looked up: its strings never name any.
var nowhere = media.Nowhere

// readJSON reads {"rows": [{…}, …]}, or one row. h holds the copy of the body that texts are parts
// of.
func (s *Server) readJSON(data []byte, m *Model, h *hold) ([]dataset.Line, error) {
	if !utf8.Valid(data) {
		return nil, invalidJSON("the body is not UTF-8")
	}
	if err := h.grow(int64(len(data))); err != nil {
		return nil, err
	}
	rows, err := s.splitRows(string(data), m.Schema())
	if err != nil {
		return nil, err
	}
	reader := m.rows.Get().(*dataset.RowReader)
	defer m.rows.Put(reader)
	lines := make([]dataset.Line, len(rows))
	for i, row := range rows {
		lines[i] = reader.Read(row, i+1)
		if len(lines[i].Problems.Fatal()) > 0 && !json.Valid(data) {
			return nil, invalidJSON("%s", lines[i].Problems.Fatal()[0].What)
		}
	}
	return lines, nil
}

// splitRows returns the objects of a JSON body, of which no more are kept than may be answered.
func (s *Server) splitRows(body string, schema *dataset.Schema) ([]string, error) {
	trimmed := strings.Trim(strings.TrimPrefix(body, "\ufeff"), " \t\r\n")
	if trimmed == "" {
		return nil, invalidJSON("the body is empty")
	}
	if trimmed[0] != '{' {
		return nil, invalidJSON(`the body must be an object: {"rows": [{…}]} or one row`)
	}
	// That the body is valid is seen when its rows are read, which is not done twice.
	if hasColumn(schema, "rows") || !strings.Contains(trimmed, `"rows"`) {
		return []string{trimmed}, nil
	}
	list, found := "", false
	if !jsontext.EachMember(trimmed, func(key, value string) bool {
		if key == `"rows"` {
			list, found = value, true
		}
		return true
	}) {
		return nil, syntaxError([]byte(trimmed))
	}
	if !found {
		return []string{trimmed}, nil
	}
	var rows []string
	count := 0
	if !jsontext.EachElement(list, func(row string) bool {
		if count++; count <= s.o.MaxRows {
			rows = append(rows, row)
		}
		return true
	}) {
		return nil, invalidJSON("rows must be a list of objects")
	}
	if count > s.o.MaxRows {
		return nil, faultf(http.StatusRequestEntityTooLarge, "too many rows", "%d rows, of which at most %d are answered at once; send application/x-ndjson for more", count, s.o.MaxRows)
	}
	return rows, nil
}

func hasColumn(schema *dataset.Schema, name string) bool {
	for _, c := range schema.Columns {
		if c.Kind != media.Table && c.Name == name {
			return true
		}
		if slices.ContainsFunc(c.Fields, func(f dataset.Field) bool { return f.Name == name }) {
			return true
		}
	}
	return false
}

// readMultipart reads one row from a form: a field for each column, media as parts. Everything
// stays in memory.
func (s *Server) readMultipart(body []byte, m *Model, boundary string) ([]dataset.Line, error) {
	if boundary == "" {
		return nil, faultf(http.StatusBadRequest, "invalid form", "the Content-Type has no boundary")
	}
	schema := m.Schema()
	members := map[string]string{}
	files := map[string][]media.Source{}
	parts := multipart.NewReader(bytes.NewReader(body), boundary)
	for n := 0; ; n++ {
		// Raw, since forms have no Content-Transfer-Encoding (RFC 7578, section 4.7), and NextPart would
		// undo one.
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) { // also where the form is cut within the head of a part
			if !bytes.Contains(body, []byte("--"+boundary+"--")) {
				return nil, formError(err)
			}
			break
		}
		if err != nil {
			return nil, formError(err)
		}
		// Before the part is read; many empty parts cost more than their bytes.
		if n == s.o.MaxParts {
			return nil, faultf(http.StatusRequestEntityTooLarge, "too many parts", "a form may have %d parts", s.o.MaxParts)
		}
		name := part.FormName()
		if !hasColumn(schema, name) && !slices.Contains(roles(schema), name) {
			return nil, faultf(http.StatusUnprocessableEntity, "unknown column", "the model has no column %.100q", name)
		}
		// One byte more, to tell a part of exactly the limit from a longer one.
		data, err := io.ReadAll(io.LimitReader(part, s.o.MaxPart+1))
		if err != nil {
			return nil, formError(err)
		}
		if int64(len(data)) > s.o.MaxPart {
			return nil, faultf(http.StatusRequestEntityTooLarge, "too large", "the part %.100q is longer than %d bytes", name, s.o.MaxPart)
		}
		// A name may be a column and a field; the modality table itself is no column of a form.
		column := slices.IndexFunc(schema.Columns, func(c dataset.Column) bool { return c.Kind != media.Table && c.Name == name })
		switch {
		case len(data) == 0: // absent
		case column >= 0 && takesFile(&schema.Columns[column], part.FileName() != ""):
			file := part.FileName()
			if file == "" {
				file = name
			}
			files[name] = append(files[name], media.Bytes(file, data))
		default:
			if !utf8.Valid(data) {
				return nil, faultf(http.StatusUnprocessableEntity, "not text", "the part %.100q is not UTF-8", name)
			}
			members[name] = string(data)
		}
	}
	reader := m.rows.Get().(*dataset.RowReader)
	defer m.rows.Put(reader)
	// Without a detour through JSON (decision 39).
	line := reader.ReadTexts(members, 1)
	for k := range line.Row.Cells {
		if sources := files[schema.Columns[k].Name]; len(sources) > 0 && schema.Columns[k].Kind != media.Table {
			line.Row.Cells[k].Media = append(line.Row.Cells[k].Media, sources...)
		}
	}
	return []dataset.Line{line}, nil
}

// takesFile reports whether a part of a form is the bytes of a medium: always in a column of
// pictures, sounds or films, elsewhere if it was sent as a file.
func takesFile(c *dataset.Column, named bool) bool {
	return c.Kind.IsFile() || named && c.Kind == media.Text
}

func formError(err error) error {
	var f *fault
	var tooLarge *http.MaxBytesError
	if errors.As(err, &f) || errors.As(err, &tooLarge) {
		return err
	}
	return faultf(http.StatusBadRequest, "invalid form", "the form cannot be read: it is cut or damaged")
}

// lineReader reads NDJSON in batches: what has come, at most streamRows lines.
type lineReader struct {
	lines chan streamLine
	err   error // set before lines is closed
	hold  hold  // of the lines that are not answered yet
	batch int64 // bytes of the last batch
	freed chan struct{}
}

type streamLine struct {
	dataset.Line
	bytes int64
}

const (
	streamRows  = 256     // lines that are answered together at most
	streamBytes = 8 << 20 // bytes of lines that one stream holds, unless one line has more
)

// room makes room for a line, which waits until those before it are answered where they are long,
// or where all requests hold too much.
func (l *lineReader) room(ctx context.Context, bytes int64) error {
	for !l.hold.within(bytes, streamBytes) {
		select {
		case <-l.freed:
		case <-time.After(l.hold.a.maxWait):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// answered frees the last batch.
func (l *lineReader) answered() {
	l.hold.shrink(l.batch)
	l.batch = 0
	select {
	case l.freed <- struct{}{}:
	default:
	}
}

// lines begins to read the lines of a request; the reading ends with the request.
func (s *Server) lines(w http.ResponseWriter, r *http.Request, m *Model) *lineReader {
	l := &lineReader{lines: make(chan streamLine, streamRows), hold: hold{a: s.admit}, freed: make(chan struct{}, 1)}
	go func() {
		defer close(l.lines)
		from, err := s.streamBody(w, r)
		if err != nil {
			l.err = err
			return
		}
		reader := m.rows.Get().(*dataset.RowReader)
		defer m.rows.Put(reader)
		b := bufio.NewReaderSize(from, 64<<10)
		for number := 1; ; number++ {
			text, err := readLine(b, s.o.MaxPart)
			if err != nil && !errors.Is(err, io.EOF) {
				l.err = bodyError(err)
				return
			}
			if text = strings.TrimSpace(text); text != "" {
				bytes := int64(len(text))
				if l.err = l.room(r.Context(), bytes); l.err != nil {
					return
				}
				select {
				case l.lines <- streamLine{reader.Read(text, number), bytes}:
				case <-r.Context().Done():
					return
				}
			}
			if err != nil {
				return
			}
		}
	}()
	return l
}

// streamBody returns the body of a stream, which may be of any length, but must not stop coming.
func (s *Server) streamBody(w http.ResponseWriter, r *http.Request) (io.Reader, error) {
	body := &steadyReader{r.Body, http.NewResponseController(w), s.o.Timeout}
	from, err := inflater(r.Header.Get("Content-Encoding"), body)
	if from == nil {
		return body, err
	}
	return from, err
}

// steadyReader ends where nothing comes for a while.
type steadyReader struct {
	r       io.Reader
	control *http.ResponseController
	wait    time.Duration
}

func (s *steadyReader) Read(p []byte) (int, error) {
	s.control.SetReadDeadline(time.Now().Add(s.wait)) //nolint:errcheck // where there are no deadlines
	return s.r.Read(p)
}

// next returns the lines that have come, waiting for one; more is false after the last.
func (l *lineReader) next(ctx context.Context) (batch []dataset.Line, more bool, err error) {
	for len(batch) < streamRows {
		if len(batch) > 0 && len(l.lines) == 0 {
			return batch, true, nil
		}
		select {
		case line, ok := <-l.lines:
			if !ok {
				if len(batch) > 0 {
					return batch, true, nil // the end is told by the next call
				}
				return nil, false, l.err
			}
			batch = append(batch, line.Line)
			l.batch += line.bytes
		case <-ctx.Done():
			for range l.lines { // the reading ends too, maybe first: then its error is the reason
			}
			return nil, false, cmp.Or(l.err, ctx.Err())
		}
	}
	return batch, true, nil
}

// readLine reads to the next line break, at most limit bytes.
func readLine(b *bufio.Reader, limit int64) (string, error) {
	var out strings.Builder
	for {
		part, err := b.ReadSlice('\n')
		out.Write(part)
		if int64(out.Len()) > limit {
			return "", faultf(http.StatusRequestEntityTooLarge, "too large", "a line is longer than %d bytes", limit)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return out.String(), err
		}
	}
}
