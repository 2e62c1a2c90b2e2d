package audiofile

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/hajimehoshi/go-mp3"
)

// decodeMP3 reads MPEG-1 and MPEG-2 layer III. The frames are counted by their
// headers first, so that an endless file is refused before anything is
// decoded. The encoder's delay and padding, where a LAME tag tells them, are
// cut off.
func decodeMP3(r io.ReadSeeker, s *sink) error {
	if err := skipID3(r); err != nil {
		return err
	}
	start, err := r.Seek(0, io.SeekCurrent)
	if err != nil {
		return err
	}
	var magic [4]byte
	if _, err := io.ReadFull(r, magic[:]); err != nil {
		return unlessEOF(err)
	}
	if _, err := r.Seek(start, io.SeekStart); err != nil {
		return err
	}
	if string(magic[:]) == "fLaC" { // some taggers put an ID3 tag before FLAC
		return decodeFLAC(r, s)
	}
	scan, err := scanMP3(bufio.NewReaderSize(r, blockBytes), s)
	if err != nil {
		return err
	}
	if scan.frames == 0 {
		return ErrEmpty
	}
	if _, err := r.Seek(start+scan.first, io.SeekStart); err != nil {
		return err
	}
	// Only a plain reader: of a seekable one the library would index every frame.
	dec, err := mp3.NewDecoder(bufio.NewReaderSize(io.LimitReader(r, scan.last-scan.first), blockBytes))
	if err != nil {
		return unlessEOF(err)
	}
	if dec.SampleRate() != s.rate {
		return fmt.Errorf("%d Hz and %d Hz in one file", s.rate, dec.SampleRate())
	}
	s.channels = 2 // the library doubles mono
	s.grow(scan.frames * scan.head.samples)
	buf := blocks.Get().(*block)
	defer blocks.Put(buf)
	for {
		n, err := io.ReadFull(dec, buf.raw[:])
		x := buf.samples[:n/4*2]
		for i := range x {
			x[i] = float32(int16(binary.LittleEndian.Uint16(buf.raw[2*i:]))) / (1 << 15)
		}
		if err := s.write(x); err != nil {
			return err
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			break
		}
		if err != nil {
			return err
		}
	}
	lead, trail := min(scan.delay, len(s.mono)), scan.padding
	s.mono = s.mono[lead:]
	s.mono = s.mono[:len(s.mono)-min(trail, len(s.mono))]
	return nil
}

// mp3Header is what a frame header of four bytes says.
type mp3Header struct {
	rate    int
	samples int // per channel in the frame
	bytes   int // of the frame, header included
	side    int // bytes of the side information
	crc     int // bytes of the checksum
}

var (
	mp3Rates    = [3]int{44100, 48000, 32000}
	mp3Bitrates = [2][16]int{ // kbit/s of layer III: MPEG-1, MPEG-2
		{0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320},
		{0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160},
	}
)

// parseMP3Header reads a header (ISO/IEC 11172-3, 2.4.1.3). ok is false for
// bytes that are no header; the error is for headers of what isn't decoded here.
func parseMP3Header(b []byte) (h mp3Header, ok bool, err error) {
	version, layer := b[1]>>3&3, b[1]>>1&3
	bitrate, rate := b[2]>>4, b[2]>>2&3
	if b[0] != 0xff || b[1]&0xe0 != 0xe0 || version == 1 || layer == 0 || bitrate == 15 || rate == 3 {
		return h, false, nil
	}
	if version == 0 {
		return h, true, fmt.Errorf("MPEG 2.5: %w", ErrUnsupported)
	}
	if layer != 1 {
		return h, true, fmt.Errorf("MPEG audio layer %d: %w", 4-layer, ErrUnsupported)
	}
	if bitrate == 0 {
		return h, true, fmt.Errorf("free bit rate: %w", ErrUnsupported)
	}
	mono := b[3]>>6 == 3
	h.rate = mp3Rates[rate]
	kbit := mp3Bitrates[0][bitrate]
	h.samples, h.side = 1152, 32
	if mono {
		h.side = 17
	}
	if version == 2 {
		h.rate /= 2
		kbit = mp3Bitrates[1][bitrate]
		h.samples, h.side = 576, 17
		if mono {
			h.side = 9
		}
	}
	if b[1]&1 == 0 {
		h.crc = 2
	}
	h.bytes = h.samples/8*kbit*1000/h.rate + int(b[2]>>1&1)
	return h, true, nil
}

// mp3Scan is what a walk over the frame headers found.
type mp3Scan struct {
	head           mp3Header // of the first sound frame
	frames         int
	first, last    int64 // bytes of the sound frames, from where the scan began
	delay, padding int   // samples to cut at the start and at the end
}

// scanMP3 walks over the frames. Junk between frames is stepped over; the
// sound must start within the first 64 KiB.
func scanMP3(r *bufio.Reader, s *sink) (mp3Scan, error) {
	var sc mp3Scan
	var pos int64
	junk := 0
	for {
		b, err := r.Peek(4)
		if err != nil {
			break // the end
		}
		h, ok, err := parseMP3Header(b)
		if ok && err == nil && sc.frames == 0 {
			// A first header counts if another of its kind follows the frame.
			if next, e := r.Peek(h.bytes + 4); e == nil {
				n, ok2, _ := parseMP3Header(next[h.bytes:])
				ok = ok2 && n.rate == h.rate
			}
		}
		if !ok || (err != nil && sc.frames > 0) || (sc.frames > 0 && h.rate != sc.head.rate) {
			if junk++; sc.frames == 0 && junk > blockBytes {
				return sc, errors.New("no MPEG audio frame at its start")
			}
			n, _ := r.Discard(1)
			pos += int64(n)
			continue
		}
		if err != nil {
			return sc, err
		}
		if sc.frames == 0 && sc.head.rate == 0 {
			if err := s.open(h.rate, 2, 0); err != nil {
				return sc, err
			}
			sc.head, sc.first = h, pos
			if frame, e := r.Peek(h.bytes); e == nil && sc.tag(frame) {
				n, _ := r.Discard(h.bytes)
				pos += int64(n)
				sc.first = pos
				continue
			}
		}
		n, err := r.Discard(h.bytes)
		pos += int64(n)
		if err != nil {
			break // the last frame is cut off
		}
		if sc.frames == 0 {
			sc.first = pos - int64(n)
		}
		sc.frames++
		sc.last = pos
		if seconds := float64(sc.frames) * float64(h.samples) / float64(h.rate); seconds > MaxSeconds {
			return sc, tooLong(seconds)
		}
	}
	return sc, nil //nolint:nilerr // the error that ended the scan is the end of the file
}

// decoderDelay is the delay of every layer III decoder, in samples.
const decoderDelay = 528 + 1

// tag reads a Xing, Info or VBRI frame, which holds no sound, and its LAME delay.
func (sc *mp3Scan) tag(frame []byte) bool {
	if len(frame) >= 40 && string(frame[36:40]) == "VBRI" {
		return true
	}
	at := 4 + sc.head.crc + sc.head.side
	if len(frame) < at+8 || (string(frame[at:at+4]) != "Xing" && string(frame[at:at+4]) != "Info") {
		return false
	}
	flags := binary.BigEndian.Uint32(frame[at+4:])
	at += 8
	for bit, size := range []int{4, 4, 100, 4} { // frames, bytes, table, quality
		if flags>>bit&1 != 0 {
			at += size
		}
	}
	if len(frame) >= at+24 && frame[at] != 0 {
		d := frame[at+21 : at+24]
		delay, padding := int(d[0])<<4|int(d[1])>>4, int(d[1]&15)<<8|int(d[2])
		sc.delay = delay + decoderDelay
		sc.padding = max(0, padding-decoderDelay)
	}
	return true
}

// skipID3 moves r past an ID3v2 tag at its place, whatever size the tag claims.
func skipID3(r io.ReadSeeker) error {
	pos, err := r.Seek(0, io.SeekCurrent)
	if err != nil {
		return err
	}
	for range 4 { // some files have several
		var h [10]byte
		if _, err := io.ReadFull(r, h[:]); err != nil || string(h[:3]) != "ID3" {
			break
		}
		pos += 10 + int64(h[6]&127)<<21 + int64(h[7]&127)<<14 + int64(h[8]&127)<<7 + int64(h[9]&127)
		if h[5]&0x10 != 0 {
			pos += 10 // a footer
		}
		if _, err := r.Seek(pos, io.SeekStart); err != nil {
			return err
		}
	}
	_, err = r.Seek(pos, io.SeekStart)
	return err
}
