package audiofile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// The format tags of RFC 2361 that are decoded.
const (
	tagPCM        = 1
	tagFloat      = 3
	tagALaw       = 6
	tagMuLaw      = 7
	tagExtensible = 0xfffe
)

// wavFormat is what a "fmt " chunk says.
type wavFormat struct {
	tag      uint16
	channels int
	rate     int
	bits     int // of a stored sample
}

// decodeWAV reads RIFF/WAVE (Multimedia Programming Interface 1.0, 1991; the
// extensible header of 2001). Chunks may come in any order that has "fmt "
// before "data"; unknown ones are skipped. A "data" chunk that claims more
// than the file holds is refused: the file is cut short or its header lies.
func decodeWAV(r io.ReadSeeker, s *sink) error {
	size, err := r.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return err
	}
	buf := blocks.Get().(*block)
	defer blocks.Put(buf)
	// One read takes the header and, of a short sound, everything.
	n, err := io.ReadFull(r, buf.raw[:])
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return err
	}
	head := buf.raw[:n]
	if len(head) < 12 || string(head[8:12]) != "WAVE" {
		return errors.New("no RIFF/WAVE header")
	}
	if string(head[:4]) != "RIFF" {
		return fmt.Errorf("%s instead of RIFF: %w", head[:4], ErrUnsupported)
	}
	var f *wavFormat
	pos := int64(12)
	var chunk [8]byte
	for {
		if err := readAt(r, head, chunk[:], pos); err != nil {
			return errors.New("no chunk of samples")
		}
		id, length := string(chunk[:4]), int64(binary.LittleEndian.Uint32(chunk[4:]))
		pos += 8
		switch id {
		case "fmt ":
			var body [40]byte
			part := body[:min(length, 40)]
			if err := readAt(r, head, part, pos); err != nil {
				return errors.New("the format chunk is cut off")
			}
			if f, err = parseFormat(part); err != nil {
				return err
			}
		case "data":
			if f == nil {
				return errors.New("samples come before their format")
			}
			return f.samples(r, buf, n, pos, length, size, s)
		}
		pos += length + length&1
	}
}

// readAt reads at pos, from head if it is there.
func readAt(r io.ReadSeeker, head, dst []byte, pos int64) error {
	if pos+int64(len(dst)) <= int64(len(head)) {
		copy(dst, head[pos:])
		return nil
	}
	if _, err := r.Seek(pos, io.SeekStart); err != nil {
		return err
	}
	_, err := io.ReadFull(r, dst)
	return err
}

func parseFormat(b []byte) (*wavFormat, error) {
	if len(b) < 16 {
		return nil, fmt.Errorf("a format chunk of %d bytes is too short", len(b))
	}
	le := binary.LittleEndian
	rate := le.Uint32(b[4:])
	f := &wavFormat{tag: le.Uint16(b), channels: int(le.Uint16(b[2:])), rate: int(min(rate, math.MaxInt32)), bits: int(le.Uint16(b[14:]))}
	align := int(le.Uint16(b[12:]))
	if f.tag == tagExtensible {
		if len(b) < 40 {
			return nil, errors.New("the extensible format chunk is cut off")
		}
		f.tag = le.Uint16(b[24:]) // the sub-format's GUID starts with its tag
	}
	ok := false
	switch f.tag {
	case tagPCM:
		if align > 0 && f.channels > 0 && align%f.channels == 0 && f.bits > 0 && f.bits <= align/f.channels*8 {
			f.bits = align / f.channels * 8 // 12 bits lie left-justified in 16, 20 in 24
		}
		ok = f.bits == 8 || f.bits == 16 || f.bits == 24 || f.bits == 32
	case tagFloat:
		ok = f.bits == 32 || f.bits == 64
	case tagALaw, tagMuLaw:
		ok = f.bits == 8
	default:
		return nil, fmt.Errorf("coding 0x%04x: %w", f.tag, ErrUnsupported)
	}
	if !ok {
		return nil, fmt.Errorf("%d bits of coding %d", f.bits, f.tag)
	}
	if f.channels < 1 || align != f.channels*f.bits/8 {
		return nil, fmt.Errorf("%d channels of %d bits in blocks of %d bytes", f.channels, f.bits, align)
	}
	return f, nil
}

// samples decodes the data chunk at pos; buf.raw[:have] holds the file's start.
func (f *wavFormat) samples(r io.ReadSeeker, buf *block, have int, pos, length, size int64, s *sink) error {
	frame := int64(f.channels * f.bits / 8)
	if left := size - pos; length > left+frame-1 {
		return fmt.Errorf("the header claims %d bytes of samples, the file holds %d: it is cut short or its header is wrong", length, max(0, left))
	} else if length > left {
		length = left
	}
	frames := length / frame
	if err := s.open(f.rate, f.channels, frames); err != nil {
		return err
	}
	s.grow(int(frames))
	length = frames * frame
	step := blockBytes / frame * frame
	raw := buf.raw[:]
	if start := pos; start < int64(have) {
		part := min(length, (int64(have)-start)/frame*frame)
		if err := f.take(raw[start:start+part], buf, s); err != nil {
			return err
		}
		pos, length = pos+part, length-part
	}
	if length == 0 {
		return nil
	}
	if _, err := r.Seek(pos, io.SeekStart); err != nil {
		return err
	}
	for length > 0 {
		part := raw[:min(step, length)]
		if _, err := io.ReadFull(r, part); err != nil {
			return err
		}
		if err := f.take(part, buf, s); err != nil {
			return err
		}
		length -= int64(len(part))
	}
	return nil
}

func (f *wavFormat) take(raw []byte, buf *block, s *sink) error {
	x := buf.samples[:len(raw)/(f.bits/8)]
	if err := f.convert(x, raw); err != nil {
		return err
	}
	return s.write(x)
}

// convert decodes stored samples to full scale ±1.
func (f *wavFormat) convert(x []float32, raw []byte) error {
	le := binary.LittleEndian
	switch {
	case f.tag == tagALaw:
		for i := range x {
			x[i] = aLaw[raw[i]]
		}
	case f.tag == tagMuLaw:
		for i := range x {
			x[i] = muLaw[raw[i]]
		}
	case f.tag == tagFloat:
		for i := range x {
			if f.bits == 32 {
				x[i] = math.Float32frombits(le.Uint32(raw[4*i:]))
			} else {
				x[i] = float32(math.Float64frombits(le.Uint64(raw[8*i:])))
			}
			if x[i]-x[i] != 0 || x[i] > 1e6 || x[i] < -1e6 {
				return fmt.Errorf("a sample of %g is no sound", x[i])
			}
		}
	case f.bits == 8: // alone in being unsigned
		for i := range x {
			x[i] = (float32(raw[i]) - 128) / 128
		}
	case f.bits == 16:
		raw = raw[:2*len(x)]
		for i := range x {
			x[i] = float32(int16(le.Uint16(raw[2*i:]))) / (1 << 15)
		}
	case f.bits == 24:
		for i := range x {
			b := raw[3*i : 3*i+3]
			x[i] = float32(int32(uint32(b[0])<<8|uint32(b[1])<<16|uint32(b[2])<<24)>>8) / (1 << 23)
		}
	default:
		for i := range x {
			x[i] = float32(int32(le.Uint32(raw[4*i:]))) / (1 << 31)
		}
	}
	return nil
}
