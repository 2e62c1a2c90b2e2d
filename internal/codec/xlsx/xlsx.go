// Package xlsx reads a sheet of an Excel workbook (ECMA-376, Office Open XML) as rows of text.
//
// Numbers are written as they are stored, in their shortest form; dates and times, which are
// numbers with the format of a date, as 2006-01-02, 2006-01-02 15:04:05 or 15:04:05; truth values
// as true and false. A formula is the value that Excel last computed. An error such as #N/A is an
// empty cell, and reported.
package xlsx

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"path"
	"slices"
	"strings"
)

// Limits. A sheet may hold 1,048,576 rows of 16,384 columns, and a few bytes may claim any of them.
const (
	maxRows      = 1 << 20
	maxColumns   = 1 << 14
	cellsPerByte = 16  // beyond freeCells, for each byte of the file
	maxExpand    = 200 // of a part beyond freeUnpacked, for each of its bytes
	maxDepth     = 64
)

// What any file may hold.
var (
	freeCells          = 4 << 20
	freeUnpacked int64 = 256 << 20
)

// heldBytes is how large a sheet is, unpacked, that is read into memory at once. It is a variable
// for tests.
var heldBytes uint64 = 32 << 20

// fewRows is how many rows of a sheet are looked at, at least.
const fewRows = 8

// ErrSheet is returned for the name of a sheet that is not there.
var ErrSheet = errors.New("no such sheet")

var errBomb = errors.New("a part of the file unpacks to too many bytes")

// Sheet is a worksheet.
type Sheet struct {
	Name   string
	Names  []string    // of all worksheets of the file, in their order
	Errors []CellError // of the rows that Each has read
	Filled []int       // of each cell that took the value of the merged cells that it is part of, its row's number
	Spans  []Span      // cells that are merged across columns

	book *book
	part string
	held []heldRow // all rows, if they are held in memory
}

// heldRow is a row and its number in the sheet, from 1.
type heldRow struct {
	cells  []string
	number int
}

// Span is a range of cells that are merged across columns, of which the first has the value.
type Span struct{ Row, First, Last int } // the row's number in the sheet, from 1; columns, from 0

// CellError is a cell that holds an error instead of a value.
type CellError struct {
	Row    int // its number in the sheet, from 1
	Column int // from 0
	What   string
}

// Is reports whether the bytes are an Excel workbook.
func Is(r io.ReaderAt, size int64) bool {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return false
	}
	b := book{zip: z}
	main, err := b.main()
	return err == nil && b.file(main) != nil
}

// Open finds the sheet of that name. If name is "", it is the first worksheet that is not hidden,
// or the first of these that is a table, where that has more rows. With [ErrSheet] comes a Sheet of
// which Names alone is set. It reads from r until the last row is read.
func Open(r io.ReaderAt, size int64, name string) (*Sheet, error) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, err
	}
	b := &book{zip: z, maxCells: freeCells + cellsPerByte*int(size)}
	main, err := b.main()
	if err != nil {
		return nil, err
	}
	sheets, err := b.sheets(main)
	if err != nil {
		return nil, err
	}
	s := &Sheet{book: b}
	var wanted []named
	hidden := !slices.ContainsFunc(sheets, func(x named) bool { return !x.hidden })
	for _, x := range sheets {
		s.Names = append(s.Names, x.name)
		if name == "" && x.hidden == hidden || name != "" && len(wanted) == 0 && strings.EqualFold(strings.TrimSpace(name), strings.TrimSpace(x.name)) {
			wanted = append(wanted, x)
		}
	}
	if len(wanted) == 0 {
		if len(sheets) == 0 {
			return nil, errors.New("it has no worksheet")
		}
		return s, ErrSheet
	}
	if err := b.styles(); err != nil {
		return nil, fmt.Errorf("cannot read the styles: %w", err)
	}
	if err := b.strings(); err != nil {
		return nil, fmt.Errorf("cannot read the texts: %w", err)
	}
	s.Name, s.part = wanted[0].name, wanted[0].part
	if err := s.hold(); err != nil {
		return nil, fmt.Errorf("cannot read the sheet %q: %w", s.Name, err)
	}
	n := 0
	for _, x := range wanted[1:] {
		if n == 0 {
			table := false
			if n, table = s.scan(math.MaxInt); table {
				break
			}
		}
		other := &Sheet{book: b, Names: s.Names, Name: x.name, part: x.part}
		if other.hold() != nil { // it was not asked for
			continue
		}
		if rows, table := other.scan(max(n+1, fewRows)); table && rows > n {
			return other, nil
		}
	}
	return s, nil
}

// scan counts the first rows, up to so many, and reports whether several of them have several
// cells, as those of a table have; a sheet with a title or a few remarks has none, nor has the one
// that is empty in every new workbook. A table's rows are not counted any further where all would
// be.
func (s *Sheet) scan(most int) (n int, table bool) {
	try, wide := *s, 0 // whose errors are not those of s
	err := try.Each(func(row []string, _ int) bool {
		cells := 0
		for _, cell := range row {
			if cell != "" {
				cells++
			}
		}
		if cells > 1 {
			wide++
		}
		n++
		return n < most && (wide < 2 || most < math.MaxInt)
	})
	return n, err == nil && wide > 1
}

// Each calls f with the cells of each row that has one, and the row's number in the sheet, from 1,
// until f returns false. A row ends with its last cell that has a value, or behind it. f must not
// keep or change it.
func (s *Sheet) Each(f func(row []string, number int) bool) error {
	if s.held == nil {
		if err := s.read(f, nil); err != nil {
			return fmt.Errorf("cannot read the sheet %q: %w", s.Name, err)
		}
		return nil
	}
	for _, row := range s.held {
		if !f(row.cells, row.number) {
			break
		}
	}
	return nil
}

// hold reads all rows if they are few, or if cells are merged, which the sheet tells behind its
// rows.
func (s *Sheet) hold() error {
	part := s.book.file(s.part)
	if part == nil {
		return errors.New("it is missing")
	}
	if part.UncompressedSize64 > heldBytes {
		if merges, err := s.book.contains(part, "mergeCell"); err != nil || !merges {
			return err
		}
	}
	var merged []area
	width := 0
	s.held = []heldRow{}
	err := s.read(func(row []string, number int) bool {
		s.held = append(s.held, heldRow{slices.Clone(row), number})
		width = max(width, len(row))
		return true
	}, func(a area) { merged = append(merged, a) })
	if err != nil || len(merged) == 0 {
		return err
	}
	for i := range s.held {
		row := &s.held[i]
		row.cells = append(row.cells, make([]string, width-len(row.cells))...)
	}
	s.fill(merged)
	return nil
}

// contains reports whether a word is anywhere in the bytes of a part.
func (b *book) contains(part *zip.File, word string) (bool, error) {
	r, err := b.unpack(part)
	if err != nil {
		return false, err
	}
	defer r.Close()
	buf := make([]byte, 1<<16)
	have := 0 // bytes of before that may begin the word
	for {
		n, err := r.Read(buf[have:])
		if bytes.Contains(buf[:have+n], []byte(word)) {
			return true, nil
		}
		if errors.Is(err, io.EOF) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		all := have + n
		have = copy(buf, buf[max(0, all-len(word)+1):all])
	}
}

// book is an open workbook.
type book struct {
	zip      *zip.Reader
	date1904 bool
	shared   []string
	formats  []format // of the cell styles, by index
	parts    map[string]string
	maxCells int
}

// file finds a part of the package by its name, whatever its case.
func (b *book) file(name string) *zip.File {
	name = strings.TrimPrefix(name, "/")
	for _, f := range b.zip.File {
		if f.Name == name {
			return f
		}
	}
	for _, f := range b.zip.File {
		if strings.EqualFold(strings.ReplaceAll(f.Name, `\`, "/"), name) {
			return f
		}
	}
	return nil
}

// open returns a decoder of a part; nil if there is no such part.
func (b *book) open(name string) (*xml.Decoder, io.Closer, error) {
	f := b.file(name)
	if f == nil {
		return nil, nil, nil
	}
	r, err := b.unpack(f)
	if err != nil {
		return nil, nil, err
	}
	d := xml.NewDecoder(r)
	d.Strict = true
	return d, r, nil
}

// unpack returns the bytes of a part, as many as it may have.
func (b *book) unpack(part *zip.File) (io.ReadCloser, error) {
	r, err := part.Open()
	if err != nil {
		return nil, err
	}
	return &bounded{r, max(freeUnpacked, maxExpand*int64(part.CompressedSize64))}, nil
}

// bounded fails instead of reading more than left bytes.
type bounded struct {
	io.ReadCloser
	left int64
}

// Read implements io.Reader.
func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, errBomb
	}
	return n, err
}

// relation is an entry of a .rels part.
type relation struct {
	ID     string `xml:"Id,attr"`
	Type   string `xml:"Type,attr"`
	Target string `xml:"Target,attr"`
}

// relations reads the relations of a part, their targets as names in the package.
func (b *book) relations(part string) ([]relation, error) {
	dir, base := path.Split(part)
	d, c, err := b.open(dir + "_rels/" + base + ".rels")
	if d == nil || err != nil {
		return nil, err
	}
	defer c.Close()
	var x struct {
		Relations []relation `xml:"Relationship"`
	}
	if err := d.Decode(&x); err != nil {
		return nil, err
	}
	for i := range x.Relations {
		r := &x.Relations[i]
		if strings.HasPrefix(r.Target, "/") {
			r.Target = strings.TrimPrefix(r.Target, "/")
		} else {
			r.Target = path.Join(dir, r.Target)
		}
	}
	return x.Relations, nil
}

// main is the name of the workbook's part.
func (b *book) main() (string, error) {
	rels, err := b.relations("")
	if err != nil {
		return "", err
	}
	for _, r := range rels {
		if strings.HasSuffix(r.Type, "/officeDocument") {
			if !strings.HasSuffix(strings.ToLower(r.Target), ".xml") {
				return "", errors.New("a binary workbook (.xlsb)")
			}
			if b.file(r.Target) != nil {
				return r.Target, nil
			}
		}
	}
	if b.file("xl/workbook.xml") != nil {
		return "xl/workbook.xml", nil
	}
	return "", errors.New("no Excel workbook is in it")
}

// named is a worksheet.
type named struct {
	name, part string
	hidden     bool
}

// sheets lists the worksheets, and reads from which day dates are counted.
func (b *book) sheets(main string) ([]named, error) {
	rels, err := b.relations(main)
	if err != nil {
		return nil, err
	}
	b.parts = map[string]string{}
	byID := map[string]relation{}
	for _, r := range rels {
		byID[r.ID] = r
		// By the last word of the type, which transitional and strict workbooks share while their
		// namespaces differ.
		b.parts[r.Type[strings.LastIndexByte(r.Type, '/')+1:]] = r.Target
	}
	d, c, err := b.open(main)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	var x struct {
		Properties struct {
			Date1904 string `xml:"date1904,attr"`
		} `xml:"workbookPr"`
		Sheets []struct {
			Name  string     `xml:"name,attr"`
			State string     `xml:"state,attr"`
			Attrs []xml.Attr `xml:",any,attr"`
		} `xml:"sheets>sheet"`
	}
	if err := d.Decode(&x); err != nil {
		return nil, err
	}
	// Workbooks of old Macs count days from 1904 (18.2.28).
	b.date1904 = x.Properties.Date1904 == "1" || strings.EqualFold(x.Properties.Date1904, "true")
	var out []named
	for _, s := range x.Sheets {
		id := ""
		for _, a := range s.Attrs {
			// r:id, not the attribute sheetId.
			if a.Name.Local == "id" && a.Name.Space != "" {
				id = a.Value
			}
		}
		r, ok := byID[id]
		if !ok || !strings.HasSuffix(r.Type, "/worksheet") { // a sheet with a chart
			continue
		}
		out = append(out, named{s.Name, r.Target, s.State == "hidden" || s.State == "veryHidden"})
	}
	return out, nil
}

// strings reads the table of shared texts.
func (b *book) strings() error {
	name := b.parts["sharedStrings"]
	if name == "" {
		return nil
	}
	d, c, err := b.open(name)
	if d == nil || err != nil {
		return err
	}
	defer c.Close()
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if e, ok := t.(xml.StartElement); ok && e.Name.Local == "si" {
			s, err := richText(d)
			if err != nil {
				return err
			}
			b.shared = append(b.shared, s)
		}
	}
}

// richText joins the runs of a text up to the end of its element; readings (phonetic runs) are no
// part of it.
func richText(d *xml.Decoder) (string, error) {
	var out strings.Builder
	depth, phonetic, inText := 1, 0, false
	for depth > 0 {
		t, err := d.Token()
		if err != nil {
			return "", err
		}
		switch t := t.(type) {
		case xml.StartElement:
			if depth++; depth > maxDepth {
				return "", errors.New("elements are nested too deep")
			}
			switch {
			case t.Name.Local == "rPh" || phonetic > 0:
				phonetic++
			case t.Name.Local == "t":
				inText = true
			}
		case xml.EndElement:
			depth--
			if phonetic > 0 {
				phonetic--
			}
			inText = false
		case xml.CharData:
			if inText {
				out.Write(t)
			}
		}
	}
	return unescape(out.String()), nil
}

// unescape replaces _x000D_, which is how characters that XML lacks are written.
func unescape(s string) string {
	if !strings.Contains(s, "_x") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		var code rune
		if len(s)-i >= 7 && s[i] == '_' && s[i+1] == 'x' && s[i+6] == '_' {
			if n, err := fmt.Sscanf(s[i+2:i+6], "%04x", &code); err == nil && n == 1 && isHex(s[i+2:i+6]) {
				if code == '\r' {
					code = -1
				}
				if code > 0 {
					b.WriteRune(code)
				}
				i += 7
				continue
			}
		}
		b.WriteByte(s[i])
		i++
	}
	return b.String()
}

func isHex(s string) bool { return strings.Trim(s, "0123456789abcdefABCDEF") == "" }
