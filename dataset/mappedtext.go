package dataset

import (
	"cmp"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unsafe"

	"github.com/fusor-ml/fusor/internal/codec/textenc"
	"github.com/fusor-ml/fusor/internal/filemap"
	"github.com/fusor-ml/fusor/internal/spool"
)

// mappedText is a large text that is mapped rather than held.
type mappedText struct {
	text  string
	data  *filemap.File
	file  *os.File // that it lies in
	from  int      // where it begins there
	own   bool     // file is temporary, and nobody else writes it
	plain bool     // it has no carriage return that ends a line alone
}

// temporary is a file that this process has written to unpack something, and that has no name.
type temporary struct{ *os.File }

// mapText maps what begins at a place of the first size bytes of a file.
func mapText(f *os.File, own bool, from int, size int64) (*mappedText, error) {
	var data *filemap.File
	var err error
	if own {
		data, err = filemap.Map(f, size)
	} else {
		dir, name := filepath.Split(f.Name())
		data, err = filemap.Open(os.DirFS(cmp.Or(dir, ".")), name)
	}
	if errors.Is(err, errors.ErrUnsupported) { // then it is held after all
		data = &filemap.File{Data: make([]byte, size)}
		_, err = io.ReadFull(io.NewSectionReader(f, 0, size), data.Data)
	}
	if err != nil {
		return nil, err
	}
	text := data.Data[from:]
	return &mappedText{text: unsafe.String(unsafe.SliceData(text), len(text)), data: data, file: f, from: from, own: own}, nil
}

// mapInput maps all bytes of a table, or holds them if it is in no file.
func mapInput(in input) (*mappedText, error) {
	switch f := in.r.(type) {
	case *os.File:
		return mapText(f, false, 0, in.size)
	case temporary:
		return mapText(f.File, true, 0, in.size)
	}
	var b strings.Builder
	b.Grow(int(in.size))
	_, err := io.Copy(&b, io.NewSectionReader(in.r, 0, in.size))
	return &mappedText{text: b.String(), data: &filemap.File{}}, err
}

// mapPlain maps a large file if its bytes, but for a byte order mark, are a text as it is to be
// read; nil of any other.
func mapPlain(in input, opt *Options) (m *mappedText, mark bool) {
	f, own := in.r.(temporary)
	if !own {
		f.File, _ = in.r.(*os.File)
	}
	if f.File == nil || opt.Encoding != "" {
		return nil, false
	}
	from := 0
	if mark = strings.HasPrefix(string(in.head()), byteOrderMark); mark {
		from = len(byteOrderMark)
	}
	if plain, err := textenc.Plain(io.NewSectionReader(f, int64(from), in.size-int64(from))); err != nil || !plain {
		return nil, false // what reads all other files reports what is wrong
	}
	m, err := mapText(f.File, own, from, in.size)
	if err != nil {
		return nil, false
	}
	m.plain = true
	return m, mark
}

// byteOrderMark is that of UTF-8.
const byteOrderMark = "\ufeff"

// forget returns the memory of a part to the system, until it is read again.
func (m *mappedText) forget(from, to int) {
	if len(m.data.Data) > 0 {
		m.data.Forget(m.data.Data[m.from+from : m.from+to])
	}
}

// trim returns what is read of the text to the system again and again, until the function that it
// returns is called.
func (m *mappedText) trim() (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(trimEvery)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				m.forget(0, len(m.text))
			case <-done:
				return
			}
		}
	}()
	return func() { close(done); <-ended }
}

// trimEvery is how long pages of a text stay in memory: the fastest way to read it passes some
// 20 MB meanwhile.
const trimEvery = 10 * time.Millisecond

// close ends the use of the text. The file stays open for as long as it can be reached.
func (m *mappedText) close() { m.data.Close() } //nolint:errcheck // it was only read

// decodedTexts are what a text became in the steps of its decoding, each in a temporary file.
type decodedTexts struct {
	written *mappedText // as it was
	all     []*mappedText
}

// hold writes a text to a file and maps it.
func (h *decodedTexts) hold(r io.Reader) (string, error) {
	b := spool.NewBuffer(0)
	for {
		_, err := io.CopyN(b, r, forgetBytes)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return "", err
		}
		// What has been read of it, or is read next.
		h.written.forget(0, len(h.written.text))
	}
	f, ok := b.Reader().(*os.File)
	if !ok { // it is empty
		return "", nil
	}
	m, err := mapText(f, true, 0, b.Size())
	if err != nil {
		return "", err
	}
	h.all = append(h.all, m)
	return m.text, nil
}

// of returns the file that a text lies in, which it is written to if it lies in none.
func (h *decodedTexts) of(text string) (*mappedText, error) {
	same := func(m *mappedText) bool {
		return len(m.text) == len(text) && unsafe.StringData(m.text) == unsafe.StringData(text)
	}
	if k := slices.IndexFunc(h.all, same); k >= 0 {
		return h.all[k], nil
	}
	if text == "" {
		return &mappedText{data: &filemap.File{}}, nil
	}
	if _, err := h.hold(strings.NewReader(text)); err != nil {
		return nil, err
	}
	return h.all[len(h.all)-1], nil
}

// close closes all but one.
func (h *decodedTexts) close(but *mappedText) {
	for _, m := range h.all {
		if m != but {
			m.close()
		}
	}
}

// forgetBytes is how much of a mapped text is read before its memory goes back to the system.
const forgetBytes = 8 << 20

// readMapped is readCSV of a mapped text. In blocks the rows are counted only.
func readMapped(m *mappedText, d dialect, blocks bool, c *collector) *Table {
	gone := 0
	var reader *csvReader
	var again *reread
	t := readRows(m.text, d, c, func(t *Table, r *csvReader) func(row []string, line int, from blockStart) {
		reader = r
		t.grid = &grid{width: len(t.Header)}
		if blocks {
			if again = newReread(m, t, r, c); again != nil {
				t.grid.again = again
			}
		}
		return func(row []string, line int, from blockStart) {
			if from.at-gone >= forgetBytes {
				m.forget(gone, from.at)
				gone = from.at
			}
			if again != nil {
				again.add(from)
				t.grid.n++
				return
			}
			t.grid.add(row)
			t.lines = append(t.lines, line)
		}
	})
	if again != nil && reader.footer.n > 0 {
		again.footer = reader.footer.first
	}
	return t
}
