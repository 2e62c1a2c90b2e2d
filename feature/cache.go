package feature

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/fusor-ml/fusor/internal/kernel"
	"github.com/fusor-ml/fusor/media"
)

// Cache keeps extracted features on disk by content, view, versions, options and
// the kernels of this CPU, whose last bits differ.
//
// Every view has a folder of segments that are never changed. A process writes
// segments of its own under a temporary name and renames them when they are
// complete, so any number of processes share a cache. Every entry carries a
// checksum: a damaged one counts as missing and is computed again, and its
// segment is written anew without it.
type Cache struct {
	dir string
	mu  sync.Mutex
	by  map[string]*viewCache // by view folder
}

// OpenCache opens the cache in dir, which is created when something is first written.
func OpenCache(dir string) *Cache { return &Cache{dir: dir, by: map[string]*viewCache{}} }

const (
	segmentBytes  = 16 << 20         // a segment is finished, and so saved, at this size
	smallSegment  = segmentBytes / 2 // segments under this size are merged
	mergeSegments = 24               // when there are so many of them
	staleAfter    = 24 * time.Hour   // an unfinished segment this old has lost its process
)

// viewCache holds what is cached of one view.
type viewCache struct {
	dir  string
	mu   sync.Mutex // guards what follows
	at   map[Key]place
	segs []*segment
	out  *segmentWriter // being written
	tmp  []byte
	done map[Key]bool // written since the cache was opened
	err  error        // the first of writing
}

// segment is a finished segment that was there when the cache was opened.
type segment struct {
	file    *os.File
	size    int64
	damaged bool
}

func (c *Cache) viewCache(kind string, v Info) *viewCache {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %d\n%s\n%s %s", v.Version, media.DecodingVersion, v.Options, runtime.GOARCH, kernel.ActiveTier()))
	name := fmt.Sprintf("%s.%s-v%d-%x", kind, v.Name, v.Version, sum[:4])
	c.mu.Lock()
	defer c.mu.Unlock()
	d := c.by[name]
	if d == nil {
		d = &viewCache{dir: filepath.Join(c.dir, name), at: map[Key]place{}, done: map[Key]bool{}}
		d.load()
		c.by[name] = d
	}
	return d
}

// load finds the entries of every finished segment, and removes unfinished ones that were left
// behind.
func (d *viewCache) load() {
	names, _ := filepath.Glob(filepath.Join(d.dir, "*.seg")) // the pattern is well formed
	for _, name := range names {
		f, err := os.Open(name)
		if err != nil { // another process has merged it
			continue
		}
		s := &segment{file: f}
		d.segs = append(d.segs, s)
		if info, err := f.Stat(); err == nil {
			s.size = info.Size()
		}
		s.damaged = scanSegment(f, s.size, func(k Key, off int64, n int) { d.at[k] = place{f, off, n} }) != nil
	}
	names, _ = filepath.Glob(filepath.Join(d.dir, temporary))
	for _, name := range names {
		if info, err := os.Stat(name); err == nil && time.Since(info.ModTime()) > staleAfter {
			os.Remove(name) //nolint:errcheck // tried again the next time
		}
	}
}

// get reads the record under k into w's memory; nil means that it must be computed.
func (d *viewCache) get(k Key, w *window) []byte {
	d.mu.Lock()
	p, ok := d.at[k]
	d.mu.Unlock()
	if !ok {
		return nil
	}
	entry, sound := p.read(k, w)
	if sound {
		return entry[entryHead : len(entry)-entryTail]
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.at, k)
	for _, s := range d.segs {
		if s.file == p.seg {
			s.damaged = true
		}
	}
	return nil
}

// put adds a row. A cache that cannot be written is no reason to fail: the first error is kept for
// Close.
func (d *viewCache) put(k Key, r Raw) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.err != nil || d.done[k] {
		return
	}
	d.done[k] = true
	d.tmp = appendEntry(d.tmp[:0], k, r)
	d.err = d.write(d.tmp)
}

// write adds an entry to the segment being written.
func (d *viewCache) write(entry []byte) (err error) {
	if d.out == nil {
		if d.out, err = newSegment(d.dir); err != nil {
			return err
		}
	}
	if err := d.out.write(entry); err != nil {
		return err
	}
	if d.out.size >= segmentBytes {
		return d.finish()
	}
	return nil
}

// finish saves the segment being written, if there is one.
func (d *viewCache) finish() error {
	if d.out == nil {
		return nil
	}
	w := d.out
	d.out = nil
	return w.finish()
}

// Close saves what was added, and merges small and damaged segments. The error reports that
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
	c.by = map[string]*viewCache{}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("cannot write the feature cache in %s: %w", c.dir, err)
	}
	return nil
}

func (d *viewCache) close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	var old []*segment // to be written anew
	for _, s := range d.segs {
		if !s.damaged && s.size < smallSegment {
			old = append(old, s)
		}
	}
	if len(old) < mergeSegments {
		old = nil
	}
	for _, s := range d.segs {
		if s.damaged {
			old = append(old, s)
		}
	}
	err := d.err
	for _, s := range old {
		if err == nil {
			err = d.copy(s)
		}
	}
	if err == nil {
		err = d.finish()
	} else if d.out != nil {
		err = errors.Join(err, d.out.abandon())
	}
	for _, s := range d.segs {
		s.file.Close() //nolint:errcheck // it was only read
	}
	for _, s := range old {
		if err == nil {
			os.Remove(s.file.Name()) //nolint:errcheck // another process may have merged it already
		}
	}
	return err
}

// copy writes the sound entries of s that are not elsewhere as well, in their order.
func (d *viewCache) copy(s *segment) error {
	var err error
	var w window
	scanSegment(s.file, s.size, func(k Key, off int64, n int) { //nolint:errcheck // what is lost is computed again
		p := place{s.file, off, n}
		if err != nil || d.done[k] || d.at[k] != p {
			return
		}
		if entry, sound := p.read(k, &w); sound {
			err = d.write(entry)
		}
	})
	return err
}
