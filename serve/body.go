package serve

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/media"
)

// nowhere is where the files of a request are looked up: its strings never name any.
var nowhere = media.Nowhere

// body returns the request's body, inflated and bounded after that.
func (s *Server) body(w http.ResponseWriter, r *http.Request) (io.Reader, error) {
	raw := http.MaxBytesReader(w, r.Body, s.o.MaxBody)
	var inflated io.Reader
	var err error
	switch encoding := strings.ToLower(r.Header.Get("Content-Encoding")); encoding {
	case "", "identity":
		return raw, nil
	case "gzip":
		inflated, err = gzip.NewReader(raw)
	case "deflate":
		inflated, err = zlib.NewReader(raw)
	default:
		return nil, faultf(http.StatusUnsupportedMediaType, "unknown content encoding", "%.100q is not read here; send gzip, deflate or none", encoding)
	}
	if err != nil {
		return nil, faultf(http.StatusBadRequest, "damaged body", "the body cannot be inflated")
	}
	return &limited{r: inflated, left: s.o.MaxBody, limit: s.o.MaxBody}, nil
}

// limited ends with a MaxBytesError, and tells damage from the end.
type limited struct {
	r           io.Reader
	left, limit int64
}

func (l *limited) Read(p []byte) (int, error) {
	if l.left < 0 {
		return 0, &http.MaxBytesError{Limit: l.limit}
	}
	if int64(len(p)) > l.left+1 {
		p = p[:l.left+1]
	}
	n, err := l.r.Read(p)
	if l.left -= int64(n); l.left < 0 {
		return 0, &http.MaxBytesError{Limit: l.limit}
	}
	if err != nil && !errors.Is(err, io.EOF) {
		err = faultf(http.StatusBadRequest, "damaged body", "the body cannot be inflated")
	}
	return n, err
}

// readAll reads the body whole.
func (s *Server) readAll(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	from, err := s.body(w, r)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if n := r.ContentLength; n > 0 {
		b.Grow(int(min(n, s.o.MaxBody)) + bytes.MinRead)
	}
	if _, err := b.ReadFrom(from); err != nil {
		return nil, bodyError(err)
	}
	return b.Bytes(), nil
}

// bodyError is the answer to an error of reading a body, which is the client's unless it is ours.
func bodyError(err error) error {
	var f *fault
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &f), errors.As(err, &tooLarge):
		return err
	}
	return faultf(http.StatusBadRequest, "incomplete body", "the body ends before it should")
}

// readJSON reads {"rows": [{…}, …]}, or one row.
func (s *Server) readJSON(w http.ResponseWriter, r *http.Request, m *Model) ([]dataset.Line, error) {
	data, err := s.readAll(w, r)
	if err != nil {
		return nil, err
	}
	rows, err := splitRows(data, m.Schema())
	if err != nil {
		return nil, err
	}
	if len(rows) > s.o.MaxRows {
		return nil, faultf(http.StatusRequestEntityTooLarge, "too many rows", "%d rows, of which at most %d are answered at once; send application/x-ndjson for more", len(rows), s.o.MaxRows)
	}
	reader := m.rows.Get().(*dataset.RowReader)
	defer m.rows.Put(reader)
	lines := make([]dataset.Line, len(rows))
	for i, row := range rows {
		lines[i] = reader.Read(string(row), i+1)
	}
	return lines, nil
}

// splitRows returns the objects of a JSON body.
func splitRows(data []byte, schema *dataset.Schema) ([]json.RawMessage, error) {
	invalid := func(format string, args ...any) error {
		return faultf(http.StatusBadRequest, "invalid JSON", format, args...)
	}
	if !utf8.Valid(data) {
		return nil, invalid("the body is not UTF-8")
	}
	trimmed := bytes.TrimLeft(data, " \t\r\n\ufeff")
	if len(trimmed) == 0 {
		return nil, invalid("the body is empty")
	}
	if trimmed[0] != '{' {
		return nil, invalid(`the body must be an object: {"rows": [{…}]} or one row`)
	}
	if !hasColumn(schema, "rows") {
		var many struct {
			Rows json.RawMessage `json:"rows"`
		}
		if err := json.Unmarshal(trimmed, &many); err != nil {
			return nil, invalid("%v", err)
		}
		if many.Rows != nil {
			var rows []json.RawMessage
			if err := json.Unmarshal(many.Rows, &rows); err != nil || rows == nil {
				return nil, invalid("rows must be a list of objects")
			}
			return rows, nil
		}
	} else if !json.Valid(trimmed) {
		return nil, invalid("the body is not valid JSON")
	}
	return []json.RawMessage{trimmed}, nil
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

// readMultipart reads one row from a form: a field for each column, media as parts. Everything stays
// in memory.
func (s *Server) readMultipart(w http.ResponseWriter, r *http.Request, m *Model, boundary string) ([]dataset.Line, error) {
	if boundary == "" {
		return nil, faultf(http.StatusBadRequest, "invalid form", "the Content-Type has no boundary")
	}
	from, err := s.body(w, r)
	if err != nil {
		return nil, err
	}
	schema := m.Schema()
	members := map[string]string{}
	files := map[string][]media.Source{}
	ending := &tailReader{r: from}
	parts := multipart.NewReader(ending, boundary)
	for n := 0; ; n++ {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) { // also where the form is cut within the head of a part
			if !bytes.Contains(ending.tail, []byte("--"+boundary+"--")) {
				return nil, formError(err)
			}
			break
		}
		if err != nil {
			return nil, formError(err)
		}
		if n == s.o.MaxParts {
			return nil, faultf(http.StatusRequestEntityTooLarge, "too many parts", "a form may have %d parts", s.o.MaxParts)
		}
		name := part.FormName()
		if !hasColumn(schema, name) && name != schema.Group && name != schema.Order && name != schema.ID {
			return nil, faultf(http.StatusUnprocessableEntity, "unknown column", "the model has no column %.100q", name)
		}
		data, err := io.ReadAll(io.LimitReader(part, s.o.MaxPart+1))
		if err != nil {
			return nil, formError(err)
		}
		if int64(len(data)) > s.o.MaxPart {
			return nil, faultf(http.StatusRequestEntityTooLarge, "too large", "the part %.100q is longer than %d bytes", name, s.o.MaxPart)
		}
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
	object, err := json.Marshal(members)
	if err != nil {
		return nil, fmt.Errorf("cannot read the form: %w", err)
	}
	reader := m.rows.Get().(*dataset.RowReader)
	defer m.rows.Put(reader)
	line := reader.Read(string(object), 1)
	for k := range line.Row.Cells {
		if sources := files[schema.Columns[k].Name]; len(sources) > 0 && schema.Columns[k].Kind != media.Table {
			line.Row.Cells[k].Media = append(line.Row.Cells[k].Media, sources...)
		}
	}
	return []dataset.Line{line}, nil
}

// tailReader keeps the last bytes that were read.
type tailReader struct {
	r    io.Reader
	tail []byte
}

func (t *tailReader) Read(p []byte) (int, error) {
	const keep = 256 // more than a boundary, which has 70 characters at most (RFC 2046, section 5.1.1)
	n, err := t.r.Read(p)
	t.tail = append(t.tail, p[max(0, n-keep):n]...)
	t.tail = t.tail[max(0, len(t.tail)-keep):]
	return n, err
}

// takesFile reports whether a part of a form is the bytes of a medium: always in a column of pictures,
// sounds or films, elsewhere if it was sent as a file.
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
	lines chan dataset.Line
	err   error // set before lines is closed
}

// streamRows is how many lines are answered together at most.
const streamRows = 256

// lines begins to read the lines of a request; the reading ends with the request.
func (s *Server) lines(r *http.Request, m *Model) *lineReader {
	l := &lineReader{lines: make(chan dataset.Line, streamRows)}
	go func() {
		defer close(l.lines)
		from, err := s.streamBody(r)
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
				select {
				case l.lines <- reader.Read(text, number):
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

// streamBody returns the body of a stream, which may be of any length.
func (s *Server) streamBody(r *http.Request) (io.Reader, error) {
	switch encoding := strings.ToLower(r.Header.Get("Content-Encoding")); encoding {
	case "", "identity":
		return r.Body, nil
	case "gzip":
		z, err := gzip.NewReader(r.Body)
		if err != nil {
			return nil, faultf(http.StatusBadRequest, "damaged body", "the body cannot be inflated")
		}
		return z, nil
	default:
		return nil, faultf(http.StatusUnsupportedMediaType, "unknown content encoding", "%.100q is not read here; send gzip or none", encoding)
	}
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
			batch = append(batch, line)
		case <-ctx.Done():
			return nil, false, ctx.Err()
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
