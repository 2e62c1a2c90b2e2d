package mp3

import (
	"bufio"
	"bytes"
	"io"
)

// Reader finds the frames in a stream of bytes. It steps over whatever is not a
// frame: tags, junk, the rest of a frame whose beginning is cut off.
type Reader struct {
	r    *bufio.Reader
	last Header
	sync bool // the last frame ends here
	free int  // size of the frames of free format, without padding; 0 if not known
	lost int  // headers of free format whose size was not found
}

// Frame is one frame.
type Frame struct {
	Header
	Data  []byte // header included; valid until the next call of Next
	Break bool   // other bytes come before it, or its sampling rate is another than before
}

const (
	bufferSize  = 1 << 16
	maxFreeSize = 4608 // bytes of a frame of free format
	maxLost     = 1000 // headers of free format that may lead nowhere
	chain       = 3    // headers in a row that make a first one certain
)

// NewReader returns a Reader that reads from r.
func NewReader(r io.Reader) *Reader {
	return &Reader{r: bufio.NewReaderSize(r, bufferSize)}
}

// Next returns the next frame, io.EOF behind the last. A last frame that is cut
// off is left out.
func (r *Reader) Next() (Frame, error) {
	for {
		b, err := r.r.Peek(HeaderSize)
		if err != nil {
			return Frame{}, err
		}
		h, ok := ParseHeader(b)
		if ok && !(r.sync && h.Alike(r.last)) {
			ok = r.certain(h)
		}
		if !ok {
			r.sync = false
			if err := r.skip(); err != nil {
				return Frame{}, err
			}
			continue
		}
		size := r.size(h)
		data, err := r.r.Peek(size)
		if err != nil {
			return Frame{}, err
		}
		f := Frame{Header: h, Data: data, Break: !r.sync || !h.Alike(r.last)}
		r.sync, r.last = true, h
		r.r.Discard(size) //nolint:errcheck // they were peeked at, and stay in the buffer
		return f, nil
	}
}

// skip discards a byte and goes on to the next that a header may begin with.
func (r *Reader) skip() error {
	r.r.Discard(1) //nolint:errcheck // a header was peeked at
	for {
		n := r.r.Buffered()
		if n == 0 {
			if _, err := r.r.Peek(1); err != nil {
				return err
			}
			n = r.r.Buffered()
		}
		b, err := r.r.Peek(n)
		if err != nil {
			return err
		}
		if i := bytes.IndexByte(b, 0xff); i >= 0 {
			r.r.Discard(i) //nolint:errcheck // as above
			return nil
		}
		r.r.Discard(n) //nolint:errcheck // as above
	}
}

// size is the size of a frame.
func (r *Reader) size(h Header) int {
	if h.Bitrate == 0 {
		return r.free + h.padding
	}
	return h.Size()
}

// certain reports whether the header h, which comes next, begins a chain of
// frames of one kind, or one that the end of the stream cuts short.
func (r *Reader) certain(h Header) bool {
	if h.Bitrate == 0 && !r.measure(h) {
		r.lost++
		return false
	}
	at, n := 0, h
	for seen := 1; seen < chain; seen++ {
		at += r.size(n)
		b, _ := r.r.Peek(at + HeaderSize)
		switch {
		case len(b) < at: // the stream is cut off
			return seen > 1
		case len(b) == at || endsStream(b[at:]):
			return true
		}
		var ok bool
		if n, ok = ParseHeader(b[at:]); !ok || !n.Alike(h) {
			return false
		}
	}
	return true
}

// endsStream reports whether b begins with a tag that goes behind the last frame.
func endsStream(b []byte) bool {
	switch string(b[:min(3, len(b))]) {
	case "TAG", "ID3", "APE", "LYR":
		return true
	}
	return false
}

// measure finds the size of frames of free format: the distance to the next header.
func (r *Reader) measure(h Header) bool {
	if r.lost >= maxLost { // each takes long, and junk may hold many
		return false
	}
	b, _ := r.r.Peek(2*maxFreeSize + HeaderSize)
	for size := HeaderSize + h.sideSize(); size <= maxFreeSize && size+HeaderSize <= len(b); size++ {
		n, ok := ParseHeader(b[size:])
		if !ok || !n.Alike(h) {
			continue
		}
		free := size - h.padding
		third := size + free + n.padding
		if third == len(b) {
			r.free = free
			return true
		}
		if third+HeaderSize <= len(b) {
			if o, ok := ParseHeader(b[third:]); ok && o.Alike(h) {
				r.free = free
				return true
			}
		}
	}
	return false
}

// Begins reports whether b begins with a frame that others follow.
func Begins(b []byte) bool {
	h, ok := ParseHeader(b)
	return ok && NewReader(bytes.NewReader(b)).certain(h)
}
