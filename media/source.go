package media

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"time"
)

// Source is where one medium comes from: a file of the operating system, a file
// of an [fs.FS], or bytes. It is a value, which can be opened any number of
// times and concurrently. The zero Source cannot be opened.
type Source struct {
	name string
	from origin
}

// origin is what a Source is opened from.
type origin interface {
	// open returns the content and how long it is.
	open() (content io.ReadSeeker, size int64, close func() error, err error)
	// stat returns what is known without opening it; nil of bytes.
	stat() (fs.FileInfo, error)
	// sum is a hash of the content of bytes; "" of a file, which its name distinguishes.
	sum() (string, error)
}

// MaxFileBytes is how long a file may be; a longer one is refused, as are the
// endless ones of /proc.
const MaxFileBytes = 64 << 30

// Errors that opening a Source wraps.
var (
	ErrFolder     = errors.New("it is a folder")
	ErrNotRegular = errors.New("not a regular file")
	ErrTooLarge   = errors.New("the file is too large")
	ErrPointer    = errors.New("it is a pointer of Git LFS to the file, not the file; fetch it: git lfs pull")
)

// File is the source of a file of the operating system. Only regular files are
// opened, and opening never waits: a pipe or a device is refused.
func File(path string) Source { return Source{name: path, from: osFile(path)} }

// FileOf is the source of a file of a file system.
func FileOf(fsys fs.FS, name string) Source { return Source{name: name, from: fsFile{fsys, name}} }

// Bytes is the source of a medium in memory. The name is for messages alone.
func Bytes(name string, data []byte) Source { return Source{name: name, from: memory(data)} }

// Section is the source of size bytes of r, whose SHA-256 is given.
func Section(name string, r io.ReaderAt, size int64, sum [sha256.Size]byte) Source {
	return Source{name: name, from: section{r, size, sum}}
}

// Made is the source of bytes that are made anew whenever they are needed: what
// a cell holds in Base64 takes no more memory than the cell.
func Made(name string, data func() ([]byte, error)) Source {
	return Source{name: name, from: made(data)}
}

// IsZero reports whether s is the zero Source.
func (s Source) IsZero() bool { return s.from == nil }

// Named returns s under another name.
func (s Source) Named(name string) Source { return Source{name, s.from} }

// Name is what messages call s: a file's path, or the name that was given.
func (s Source) Name() string { return s.name }

// ByValue reports whether s holds the medium itself rather than the name of a file.
func (s Source) ByValue() bool {
	switch s.from.(type) {
	case memory, section, made:
		return true
	}
	return false
}

// Sum is a hash of the bytes of a medium by value, "" of a file.
func (s Source) Sum() (string, error) {
	if s.from == nil {
		return "", nil
	}
	return s.from.sum()
}

// MarshalJSON writes what distinguishes s from another source: its name, and a hash of what it
// holds by value.
func (s Source) MarshalJSON() ([]byte, error) {
	sum, err := s.Sum()
	if err != nil { // nothing can be read of it: as good as empty
		sum = "unreadable"
	}
	return json.Marshal([2]string{s.name, sum})
}

// Reader reads an opened Source. Reading and seeking end with the context's error once that is
// done.
type Reader struct {
	ctx     context.Context //nolint:containedctx // a decoder reads through an io.Reader, which has no place for it
	content io.ReadSeeker
	size    int64
	close   func() error
}

var _ io.ReadSeekCloser = (*Reader)(nil)

// Open opens a source for reading under ctx.
func Open(ctx context.Context, s Source) (*Reader, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if s.from == nil {
		return nil, fmt.Errorf("cannot open %q: %w", s.name, fs.ErrNotExist)
	}
	content, size, closing, err := s.from.open()
	if err != nil {
		return nil, err
	}
	r := &Reader{ctx, content, size, closing}
	if size < pointerLen {
		switch pointer, err := r.isPointer(); {
		case err != nil:
			return nil, errors.Join(err, r.Close())
		case pointer:
			return nil, errors.Join(fmt.Errorf("cannot read %s: %w", s.name, ErrPointer), r.Close())
		}
	}
	return r, nil
}

// pointerLen is more than a pointer file of Git LFS has (Git LFS specification, "The Pointer").
const pointerLen = 1024

// isPointer reports whether a short file is a pointer of Git LFS, as clones without it hold, and
// which would be a text by its bytes. It goes back to the start.
func (r *Reader) isPointer() (bool, error) {
	const version = "version https://git-lfs.github.com/spec/"
	if r.size <= int64(len(version)) {
		return false, nil
	}
	head := make([]byte, len(version))
	n, err := io.ReadFull(r, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return false, err
	}
	_, err = r.Seek(0, io.SeekStart)
	return string(head[:n]) == version, err
}

// Read implements io.Reader.
func (r *Reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.content.Read(p)
}

// Seek implements io.Seeker.
func (r *Reader) Seek(offset int64, whence int) (int64, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.content.Seek(offset, whence)
}

// ReadAt implements io.ReaderAt. It may move the place that Read goes on from.
func (r *Reader) ReadAt(p []byte, off int64) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	if at, ok := r.content.(io.ReaderAt); ok {
		return at.ReadAt(p, off)
	}
	if _, err := r.content.Seek(off, io.SeekStart); err != nil {
		return 0, err
	}
	n, err := io.ReadFull(r.content, p)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	return n, err
}

// Close implements io.Closer.
func (r *Reader) Close() error { return r.close() }

// Size is the number of bytes.
func (r *Reader) Size() int64 { return r.size }

// All returns all bytes, of which there may be at most limit. They must not be changed.
func (r *Reader) All(limit int64) ([]byte, error) {
	if r.size > limit {
		return nil, fmt.Errorf("%w: %d MiB are more than the limit of %d", ErrTooLarge, r.size>>20, limit>>20)
	}
	if m, ok := r.content.(*memoryReader); ok {
		return m.data, nil
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	data := make([]byte, r.size)
	n, err := io.ReadFull(r, data)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) { // it has become shorter
		return nil, err
	}
	return data[:n], nil
}

// handle is the opened file of the operating system, nil if it is none.
func (r *Reader) handle() *os.File {
	f, _ := r.content.(*os.File)
	return f
}

// head reads the first bytes, by which the format is told, and goes back to the start.
func (r *Reader) head() ([]byte, error) {
	buf := make([]byte, SniffLen)
	n, err := io.ReadFull(r, buf)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return nil, err
	}
	_, err = r.Seek(0, io.SeekStart)
	return buf[:n], err
}

// SniffSource returns the format of a source by its first bytes: see [Sniff].
func SniffSource(ctx context.Context, s Source) (Format, error) {
	r, err := Open(ctx, s)
	if err != nil {
		return Format{}, err
	}
	defer r.Close() //nolint:errcheck // it was only read
	head, err := r.head()
	if err != nil {
		return Format{}, err
	}
	return Sniff(head), nil
}

// IsFolder reports whether s is a folder. The error is that of looking.
func (s Source) IsFolder() (bool, error) {
	if s.from == nil {
		return false, fs.ErrNotExist
	}
	info, err := s.from.stat()
	if err != nil || info == nil {
		return false, err
	}
	return info.IsDir(), nil
}

// Entries lists a folder by name.
func (s Source) Entries() ([]fs.DirEntry, error) {
	switch f := s.from.(type) {
	case osFile:
		return os.ReadDir(string(f))
	case fsFile:
		return fs.ReadDir(f.fsys, f.name)
	}
	return nil, fmt.Errorf("cannot list %s: it is no folder", s.name)
}

// In is the source of a file of the folder s.
func (s Source) In(name string) Source {
	switch f := s.from.(type) {
	case osFile:
		return File(filepath.Join(string(f), name))
	case fsFile:
		return FileOf(f.fsys, path.Join(f.name, name))
	}
	return Source{name: name}
}

// osFile is a file of the operating system, by its path.
type osFile string

func (f osFile) open() (io.ReadSeeker, int64, func() error, error) {
	// Looked at before it is opened: to open a device may do things, and to open a pipe may wait.
	info, err := os.Stat(string(f))
	if err == nil {
		err = regular(info, string(f))
	}
	if err != nil {
		return nil, 0, nil, err
	}
	file, err := os.OpenFile(string(f), os.O_RDONLY|nonblock, 0)
	if err != nil {
		return nil, 0, nil, err
	}
	return opened(file, string(f))
}

// opened looks at an opened file once more: what stood under its name may have been replaced.
func opened(file *os.File, name string) (io.ReadSeeker, int64, func() error, error) {
	info, err := file.Stat()
	if err == nil {
		err = regular(info, name)
	}
	// A file that can be waited on, such as Linux's /proc/kmsg, calls itself regular but may never
	// have more to read. Elsewhere the poller takes true regular files as well.
	if err == nil && runtime.GOOS == "linux" && file.SetReadDeadline(time.Time{}) == nil {
		err = fmt.Errorf("cannot read %s: %w: reading it may wait", name, ErrNotRegular)
	}
	if err != nil {
		return nil, 0, nil, errors.Join(err, file.Close())
	}
	return file, info.Size(), file.Close, nil
}

func (f osFile) stat() (fs.FileInfo, error) { return os.Stat(string(f)) }

func (osFile) sum() (string, error) { return "", nil }

// regular refuses what is no regular file, or no end of which is near.
func regular(info fs.FileInfo, name string) error {
	switch mode := info.Mode(); {
	case mode.IsDir():
		return fmt.Errorf("cannot read %s: %w", name, ErrFolder)
	case !mode.IsRegular():
		return fmt.Errorf("cannot read %s: %w but %s", name, ErrNotRegular, irregular(mode))
	case info.Size() > MaxFileBytes:
		return fmt.Errorf("cannot read %s: %w: %d GiB are more than the limit of %d", name, ErrTooLarge, info.Size()>>30, MaxFileBytes>>30)
	}
	return nil
}

// irregular names what is neither a file nor a folder.
func irregular(mode fs.FileMode) string {
	switch {
	case mode&fs.ModeNamedPipe != 0:
		return "a pipe"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	case mode&fs.ModeDevice != 0:
		return "a device"
	}
	return "something else"
}

// fsFile is a file of a file system.
type fsFile struct {
	fsys fs.FS
	name string
}

func (f fsFile) open() (io.ReadSeeker, int64, func() error, error) {
	info, err := fs.Stat(f.fsys, f.name)
	if err == nil {
		err = regular(info, f.name)
	}
	if err != nil {
		return nil, 0, nil, err
	}
	file, err := f.fsys.Open(f.name)
	if err != nil {
		return nil, 0, nil, err
	}
	if native, ok := file.(*os.File); ok {
		return opened(native, f.name)
	}
	if seeker, ok := file.(io.ReadSeeker); ok {
		return seeker, info.Size(), file.Close, nil
	}
	data, err := io.ReadAll(io.LimitReader(file, MaxImageBytes+1)) // of an archive, say: it cannot be gone back in
	if err == nil && len(data) > MaxImageBytes {
		err = fmt.Errorf("cannot read %s: %w: more than %d MiB", f.name, ErrTooLarge, MaxImageBytes>>20)
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return nil, 0, nil, err
	}
	return memory(data).open()
}

func (f fsFile) stat() (fs.FileInfo, error) { return fs.Stat(f.fsys, f.name) }

func (fsFile) sum() (string, error) { return "", nil }

// memory is a medium in memory.
type memory []byte

// memoryReader is a reader of bytes that yields them all without a copy.
type memoryReader struct {
	bytes.Reader
	data []byte
}

func (m memory) open() (io.ReadSeeker, int64, func() error, error) {
	r := &memoryReader{data: m}
	r.Reset(m)
	return r, int64(len(m)), func() error { return nil }, nil
}

func (memory) stat() (fs.FileInfo, error) { return nil, nil }

func (m memory) sum() (string, error) { return fmt.Sprintf("%x", sha256.Sum256(m)), nil }

// section is a part of something that can be read anywhere.
type section struct {
	r    io.ReaderAt
	size int64
	hash [sha256.Size]byte
}

func (s section) open() (io.ReadSeeker, int64, func() error, error) {
	return io.NewSectionReader(s.r, 0, s.size), s.size, func() error { return nil }, nil
}

func (section) stat() (fs.FileInfo, error) { return nil, nil }

func (s section) sum() (string, error) { return fmt.Sprintf("%x", s.hash), nil }

// made makes its bytes whenever they are needed.
type made func() ([]byte, error)

func (m made) open() (io.ReadSeeker, int64, func() error, error) {
	data, err := m()
	if err != nil {
		return nil, 0, nil, err
	}
	return memory(data).open()
}

func (made) stat() (fs.FileInfo, error) { return nil, nil }

func (m made) sum() (string, error) {
	data, err := m()
	if err != nil {
		return "", err
	}
	return memory(data).sum()
}
