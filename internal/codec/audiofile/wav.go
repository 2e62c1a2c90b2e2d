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
	tagMSADPCM    = 2
	tagFloat      = 3
	tagALaw       = 6
	tagMuLaw      = 7
	tagIMAADPCM   = 0x11
	tagExtensible = 0xfffe
)

// wavFormat is the content of a "fmt " chunk.
type wavFormat struct {
	tag      uint16
	channels int
	rate     int
	bits     int // of a stored sample

	big    bool // the first byte of a sample is the highest
	signed bool // samples of 8 bits, too

	adpcm *adpcm // nil where each sample has a number of its own
}

// frame is the size of what is decoded at once, in bytes: a sample of each channel, or a block.
func (f *wavFormat) frame() int {
	if f.adpcm != nil {
		return f.adpcm.size
	}
	return f.channels * f.bits / 8
}

// decodeWAV reads RIFF/WAVE (Multimedia Programming Interface 1.0, 1991; the
// extensible header of 2001), its 64-bit form RF64 or BW64 (EBU Tech 3306), and RIFX, whose numbers
// have the highest byte first.
// Chunks may come in any order that has "fmt " before "data"; unknown ones are
// skipped. Sizes that cannot be meant are left by who writes to a pipe or stops
// before the end: then the samples last to the end of the file.
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
	// Chunks are read from head where they lie in it, without another call of the system.
	w := wavReader{r: r, head: buf.raw[:n], size: size, order: binary.LittleEndian}
	if n < 12 || string(w.head[8:12]) != "WAVE" {
		return errors.New("no RIFF/WAVE header")
	}
	switch id := string(w.head[:4]); id {
	case "RIFF", "RF64", "BW64":
	case "RIFX":
		w.order = binary.BigEndian
	default:
		return fmt.Errorf("%s instead of RIFF: %w", id, ErrUnsupported)
	}
	w.riff = int64(w.order.Uint32(w.head[4:]))
	var f *wavFormat
	pos := int64(12)
	for {
		id, length, err := w.chunk(pos)
		if err != nil {
			return errors.New("no chunk of samples")
		}
		pos += 8
		switch id {
		// Before "data", whose own size is then 0xFFFFFFFF (EBU Tech 3306).
		case "ds64": // the sizes that 32 bits do not hold: of the file, of the samples
			var body [16]byte
			if length < 16 || w.readAt(body[:], pos) != nil {
				return errors.New("the chunk of 64-bit sizes is cut off")
			}
			w.riff = int64(min(w.order.Uint64(body[:]), math.MaxInt64))
			w.data64 = int64(min(w.order.Uint64(body[8:]), math.MaxInt64))
		case "fmt ":
			// 16 bytes of plain PCM, 18 with an extension, 40 of the extensible header, 50 of Microsoft's
			// ADPCM.
			var body [128]byte
			part := body[:min(length, int64(len(body)))]
			if err := w.readAt(part, pos); err != nil {
				return errors.New("the format chunk is cut off")
			}
			if f, err = parseFormat(part, w.order); err != nil {
				return err
			}
		case "data":
			if f == nil {
				return errors.New("samples come before their format")
			}
			if length, err = w.samplesSize(pos, length, int64(f.frame())); err != nil {
				return err
			}
			if f.adpcm != nil {
				return w.blocks(f, buf, pos, length, s)
			}
			return f.samples(r, buf, n, pos, length, s)
		}
		// Chunks are padded to an even size.
		pos += length
		// Some leave out the byte that pads a chunk of odd size.
		if length&1 == 1 && (w.named(pos+1) || !w.named(pos)) {
			pos++
		}
	}
}

// wavReader reads the chunks of a WAVE file.
type wavReader struct {
	r      io.ReadSeeker
	head   []byte // the file's first bytes
	size   int64  // of the file
	riff   int64  // size that the header claims for what follows its first 8 bytes
	data64 int64  // size of the samples by a chunk of 64-bit sizes
	order  binary.ByteOrder
}

// chunk reads the header of the chunk at pos.
func (w *wavReader) chunk(pos int64) (id string, length int64, err error) {
	var b [8]byte
	if err := w.readAt(b[:], pos); err != nil {
		return "", 0, err
	}
	return string(b[:4]), int64(w.order.Uint32(b[4:])), nil
}

// openSize is the least size that means one that was not known when it was
// written: SoX writes 0x7ffff000, others 0x7fffffff, 0x80000000 or 0xffffffff,
// less the size of the header or not.
const openSize = 0x7ffff000

// samplesSize returns the number of bytes of the samples at pos, of which the
// header claims length, in frames of so many bytes.
func (w *wavReader) samplesSize(pos, length, frame int64) (int64, error) {
	left := max(0, w.size-pos)
	if length == math.MaxUint32 && w.data64 > 0 {
		length = w.data64
	}
	switch {
	case length == 0 && !w.chunkAt(pos):
		return left, nil // recording was stopped before the size was written
	case length < left+frame:
		return min(length, left), nil // a part of a last frame may be missing
	case length >= openSize && left < openSize, w.riff <= w.size-8:
		return left, nil
	}
	return 0, fmt.Errorf("the header claims %d bytes of samples, the file holds %d: it is cut short or its header is wrong", length, left)
}

// chunkAt reports whether what is at pos may be a chunk that goes behind samples.
func (w *wavReader) chunkAt(pos int64) bool {
	_, length, err := w.chunk(pos)
	return err == nil && w.named(pos) && pos+8+length <= w.size
}

// named reports whether what is at pos may be the name of a chunk.
func (w *wavReader) named(pos int64) bool {
	id, _, err := w.chunk(pos)
	for _, c := range []byte(id) {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return err == nil
}

// readAt reads at pos, from the head if it is there.
func (w *wavReader) readAt(dst []byte, pos int64) error {
	if pos+int64(len(dst)) <= int64(len(w.head)) {
		copy(dst, w.head[pos:])
		return nil
	}
	if _, err := w.r.Seek(pos, io.SeekStart); err != nil {
		return err
	}
	_, err := io.ReadFull(w.r, dst)
	return err
}

func parseFormat(b []byte, order binary.ByteOrder) (*wavFormat, error) {
	if len(b) < 16 {
		return nil, fmt.Errorf("a format chunk of %d bytes is too short", len(b))
	}
	rate := order.Uint32(b[4:])
	f := &wavFormat{tag: order.Uint16(b), channels: int(order.Uint16(b[2:])), rate: int(min(rate, math.MaxInt32)), bits: int(order.Uint16(b[14:])), big: order == binary.BigEndian}
	align := int(order.Uint16(b[12:]))
	if f.tag == tagExtensible {
		if len(b) < 40 {
			return nil, errors.New("the extensible format chunk is cut off")
		}
		f.tag = order.Uint16(b[24:]) // the sub-format's GUID starts with its tag
	}
	// A sample takes whole bytes, whatever the size of a block claims, as
	// libsndfile and ffmpeg read it: 12 bits lie left-justified in 16, 20 in 24.
	stored := (f.bits + 7) / 8 * 8
	ok := false
	switch f.tag {
	case tagPCM:
		ok = stored == 8 || stored == 16 || stored == 24 || stored == 32
		// 24 bits in 32 are written with the padding on either side.
		ok = ok && !(stored == 24 && align == 4*f.channels)
	case tagFloat:
		ok = f.bits == 32 || f.bits == 64
	case tagALaw, tagMuLaw:
		ok = f.bits == 8
	case tagMSADPCM, tagIMAADPCM:
		var err error
		f.adpcm, err = parseADPCM(f, b, order)
		return f, err
	default:
		return nil, fmt.Errorf("coding 0x%04x: %w", f.tag, ErrUnsupported)
	}
	if !ok {
		return nil, fmt.Errorf("%d bits of coding %d in blocks of %d bytes: convert it to WAV of 16 bits", f.bits, f.tag, align)
	}
	f.bits = stored
	if f.channels < 1 {
		return nil, errors.New("0 channels are not between 1 and 64")
	}
	return f, nil
}

// samples decodes the data chunk at pos; buf.raw[:have] holds the file's start.
func (f *wavFormat) samples(r io.ReadSeeker, buf *block, have int, pos, length int64, s *sink) error {
	frame := int64(f.channels * f.bits / 8)
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
	f.native(raw)
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
			// Not finite, or far beyond full scale, which is 1: other data taken for floats.
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
	// Shifted up and back, so that the sign is extended.
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
