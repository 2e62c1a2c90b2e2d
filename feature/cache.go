package feature

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"

	"github.com/cespare/xxhash/v2"
)

// Key names one cell's content: what its files hold, not what they are called.
type Key [16]byte

// Cache keeps extracted features on disk by content, view, version and options.
//
// Every view has a folder of append-only segments. A process writes segments of
// its own under a temporary name and renames them when they are complete, so
// any number of processes share a cache. Each record carries a checksum: a
// damaged one counts as missing and is computed again.
type Cache struct {
	dir string
	mu  sync.Mutex
	by  map[string]*drawer // by view folder
}

// OpenCache opens the cache in dir, which is created when something is first written.
func OpenCache(dir string) *Cache { return &Cache{dir: dir, by: map[string]*drawer{}} }

// drawer holds what is cached of one view.
type drawer struct {
	mu   sync.Mutex
	dir  string
	at   map[Key]place
	segs []*os.File
	out  *os.File // the segment being written
	tmp  []byte
	pend map[Key]bool
	// damaged: a record failed its checksum, so the segments are written anew on close
	damaged bool
	size    int64
	err     error
}

type place struct {
	seg *os.File
	off int64
	len int
}

const (
	segmentMagic  = "fusorfc1"
	segmentBytes  = 16 << 20 // a segment is closed, and so saved, at this size
	recordHeader  = 16 + 4   // key, length
	recordTrailer = 8        // xxhash64 of header and body
	mergeSegments = 24       // so many segments are merged into one
)

func (c *Cache) drawer(kind string, v Info) *drawer {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d\n%s", v.Version, v.Options))
	name := fmt.Sprintf("%s.%s-v%d-%x", kind, v.Name, v.Version, sum[:4])
	c.mu.Lock()
	defer c.mu.Unlock()
	d := c.by[name]
	if d == nil {
		d = &drawer{dir: filepath.Join(c.dir, name), at: map[Key]place{}, pend: map[Key]bool{}}
		d.load()
		c.by[name] = d
	}
	return d
}

// load indexes every complete segment. Unreadable ones are left alone: their rows are computed again.
func (d *drawer) load() {
	names, _ := filepath.Glob(filepath.Join(d.dir, "*.seg"))
	for _, name := range names {
		f, err := os.Open(name)
		if err != nil {
			continue
		}
		d.segs = append(d.segs, f)
		d.index(f)
	}
}

func (d *drawer) index(f *os.File) {
	info, err := f.Stat()
	if err != nil {
		return
	}
	var magic [len(segmentMagic)]byte
	if _, err := f.ReadAt(magic[:], 0); err != nil || string(magic[:]) != segmentMagic {
		return
	}
	off := int64(len(segmentMagic))
	var rec [recordHeader]byte
	for off+recordHeader+recordTrailer <= info.Size() {
		if _, err := f.ReadAt(rec[:], off); err != nil {
			return
		}
		n := int64(binary.LittleEndian.Uint32(rec[16:]))
		end := off + recordHeader + n + recordTrailer
		if end > info.Size() {
			return
		}
		d.at[Key(rec[:16])] = place{f, off, int(end - off)}
		off = end
	}
}

// get reads the row under k into r; false means that it must be computed.
func (d *drawer) get(k Key, r *Raw) bool {
	d.mu.Lock()
	p, ok := d.at[k]
	d.mu.Unlock()
	if !ok {
		return false
	}
	rec, sound := p.read(k)
	if !sound {
		d.mu.Lock()
		delete(d.at, k)
		d.damaged = true
		d.mu.Unlock()
		return false
	}
	return readRaw(rec[recordHeader:p.len-recordTrailer], r) == nil
}

// put appends a row. A cache that cannot be written is no reason to fail: the first error is kept for Close.
func (d *drawer) put(k Key, r Raw) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.err != nil || d.pend[k] {
		return
	}
	if d.out == nil {
		if d.err = d.begin(); d.err != nil {
			return
		}
	}
	b := append(d.tmp[:0], k[:]...)
	b = append(b, 0, 0, 0, 0)
	b = appendRaw(b, r)
	binary.LittleEndian.PutUint32(b[16:], uint32(len(b)-recordHeader))
	b = binary.LittleEndian.AppendUint64(b, xxhash.Sum64(b))
	d.tmp = b
	if _, d.err = d.out.Write(b); d.err != nil {
		return
	}
	d.pend[k] = true
	if d.size += int64(len(b)); d.size >= segmentBytes {
		d.err = d.finish()
	}
}

func (d *drawer) begin() error {
	if err := os.MkdirAll(d.dir, 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(d.dir, "part-*.tmp")
	if err != nil {
		return err
	}
	d.out, d.size = f, 0
	_, err = io.WriteString(f, segmentMagic)
	return err
}

// finish gives the written segment its final name.
func (d *drawer) finish() error {
	if d.out == nil {
		return nil
	}
	f := d.out
	d.out = nil
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return os.Rename(f.Name(), strings.TrimSuffix(f.Name(), ".tmp")+".seg")
}

// Close saves what was added and merges small segments. The error says that
// the cache could not be written; the extracted features are whole all the same.
func (c *Cache) Close() error {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	var errs []error
	for _, d := range c.by {
		errs = append(errs, d.close())
	}
	c.by = map[string]*drawer{}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("cannot write the feature cache in %s: %w", c.dir, err)
	}
	return nil
}

func (d *drawer) close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	err := errors.Join(d.err, d.finish())
	if err == nil && (len(d.segs) >= mergeSegments || d.damaged) {
		err = d.merge()
	}
	for _, f := range d.segs {
		f.Close() //nolint:errcheck // only read from
	}
	return err
}

// merge copies the sound records of the segments that were read into one, and removes them.
func (d *drawer) merge() error {
	if err := d.begin(); err != nil {
		return err
	}
	keys := make([]Key, 0, len(d.at))
	for k := range d.at {
		keys = append(keys, k)
	}
	sort.Slice(keys, func(i, j int) bool { return bytes.Compare(keys[i][:], keys[j][:]) < 0 })
	for _, k := range keys {
		rec, ok := d.at[k].read(k)
		if !ok {
			continue
		}
		if _, err := d.out.Write(rec); err != nil {
			return err
		}
	}
	if err := d.finish(); err != nil {
		return err
	}
	for _, f := range d.segs {
		os.Remove(f.Name()) //nolint:errcheck // another process may have merged it already
	}
	return nil
}

// read returns the whole record, and whether it is the one of k and undamaged.
func (p place) read(k Key) ([]byte, bool) {
	rec := make([]byte, p.len)
	if _, err := p.seg.ReadAt(rec, p.off); err != nil {
		return nil, false
	}
	body := rec[:p.len-recordTrailer]
	return rec, binary.LittleEndian.Uint64(rec[len(body):]) == xxhash.Sum64(body) && Key(body[:16]) == k
}

// ContentKey hashes the files of a cell, in order.
func ContentKey(paths []string) (Key, error) {
	h := sha256.New()
	for _, p := range paths {
		f, err := os.Open(p)
		if err != nil {
			return Key{}, err
		}
		n, err := io.Copy(h, f)
		if err = errors.Join(err, f.Close()); err != nil {
			return Key{}, err
		}
		h.Write(binary.LittleEndian.AppendUint64(nil, uint64(n)))
	}
	return Key(h.Sum(nil)[:16]), nil
}
