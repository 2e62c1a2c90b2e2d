package feature

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/cespare/xxhash/v2"

	"github.com/fusor-ml/fusor/internal/buffer"
)

// A segment is a file of the cache: a magic word, then entries. An entry is the
// key, the record's length as uint32, the record, and the xxhash64 of all that.
const (
	segmentMagic = "fusorfc2"
	entryHead    = 16 + 4
	entryTail    = 8
	scanWindow   = 64 << 10
	readAhead    = 64 << 10
)

var errSegment = errors.New("cannot read a segment of the feature cache: it is cut or damaged")

// place is where an entry lies, head and tail included.
type place struct {
	seg *os.File
	off int64
	len int
}

// scanSegment calls each for every entry of a segment of size bytes, in order.
// What the entries hold is not looked at. The error reports that some are lost.
func scanSegment(r io.ReaderAt, size int64, each func(k Key, off int64, n int)) error {
	win := make([]byte, min(size, scanWindow))
	from, to := int64(0), int64(0) // what of the file is in win
	at := func(off, n int64) []byte {
		if off < from || off+n > to {
			k, _ := r.ReadAt(win, off) // what is short shows below
			from, to = off, off+int64(k)
			if n > int64(k) {
				return nil
			}
		}
		return win[off-from:][:n]
	}
	if size < int64(len(segmentMagic)) || string(at(0, int64(len(segmentMagic)))) != segmentMagic {
		return errSegment
	}
	off := int64(len(segmentMagic))
	for off < size {
		if size-off < entryHead+entryTail {
			return errSegment
		}
		head := at(off, entryHead)
		if head == nil {
			return errSegment
		}
		n := entryHead + int64(binary.LittleEndian.Uint32(head[16:])) + entryTail
		if n > size-off {
			return errSegment
		}
		each(Key(head[:16]), off, int(n))
		off += n
	}
	return nil
}

// window is what was read last of a segment. Entries are mostly asked for in the
// order in which they were written: the next one is then in the window already.
type window struct {
	seg  *os.File
	from int64
	data []byte
}

// take returns n bytes of seg at off, in w's memory. It reads ahead if they
// follow closely on what it has.
func (w *window) take(seg *os.File, off int64, n int) ([]byte, error) {
	end := w.from + int64(len(w.data))
	if seg == w.seg && off >= w.from && off+int64(n) <= end {
		return w.data[off-w.from:][:n], nil
	}
	size := n
	if seg == w.seg && off >= w.from && off <= end+readAhead {
		size = max(n, readAhead)
	}
	w.data = buffer.Grow(w.data, size)
	got, err := seg.ReadAt(w.data, off)
	w.seg, w.from, w.data = seg, off, w.data[:got]
	if got < n {
		return nil, err
	}
	return w.data[:n], nil
}

// read returns the entry of k in w's memory and whether it is undamaged.
func (p place) read(k Key, w *window) (entry []byte, sound bool) {
	entry, err := w.take(p.seg, p.off, p.len)
	if err != nil {
		return nil, false
	}
	body := entry[:p.len-entryTail]
	if Key(body[:16]) != k || binary.LittleEndian.Uint32(body[16:]) != uint32(len(body)-entryHead) ||
		binary.LittleEndian.Uint64(entry[len(body):]) != xxhash.Sum64(body) {
		return nil, false
	}
	_, _, err = recordCounts(body[entryHead:])
	return entry, err == nil
}

func appendEntry(dst []byte, k Key, r Raw) []byte {
	from := len(dst)
	dst = append(dst, k[:]...)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(recordLen(r)))
	dst = appendRecord(dst, r)
	return binary.LittleEndian.AppendUint64(dst, xxhash.Sum64(dst[from:]))
}

// segmentWriter writes a segment under a temporary name.
type segmentWriter struct {
	file *os.File
	buf  *bufio.Writer
	size int64
}

// temporary is the pattern of the names of unfinished segments.
const temporary = "part-*.tmp"

func newSegment(dir string) (*segmentWriter, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(dir, temporary)
	if err != nil {
		return nil, err
	}
	w := &segmentWriter{file: f, buf: bufio.NewWriterSize(f, 64<<10)}
	return w, w.write([]byte(segmentMagic))
}

func (w *segmentWriter) write(b []byte) error {
	w.size += int64(len(b))
	_, err := w.buf.Write(b)
	return err
}

// finish returns the segment its final name, or removes it if it cannot be written.
func (w *segmentWriter) finish() error {
	name := w.file.Name()
	err := errors.Join(w.buf.Flush(), w.file.Sync(), w.file.Close())
	if err == nil {
		err = os.Rename(name, strings.TrimSuffix(name, ".tmp")+".seg")
	}
	if err != nil {
		return fmt.Errorf("cannot finish a segment: %w", errors.Join(err, os.Remove(name)))
	}
	return nil
}

func (w *segmentWriter) abandon() error {
	return errors.Join(w.file.Close(), os.Remove(w.file.Name()))
}
