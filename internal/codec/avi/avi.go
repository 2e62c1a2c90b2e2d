// Package avi reads and writes AVI files (RIFF, "Multimedia Programming
// Interface and Data Specifications 1.0", with OpenDML's further RIFF AVIX
// parts) with the codecs that need no foreign decoder: Motion JPEG or
// uncompressed 24-bit pictures, and PCM sound. It reads from a stream, so a
// pipe will do.
package avi

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Codec is how a stream's samples are coded.
type Codec string

// The codecs that are read.
const (
	MJPEG Codec = "mjpeg"
	Raw   Codec = "raw" // 24-bit BGR rows, padded to 4 bytes, bottom-up unless TopDown
	PCM   Codec = "pcm" // signed 16-bit little-endian, or unsigned 8-bit
)

// Info describes the streams.
type Info struct {
	Video         Codec // "" without pictures
	Width, Height int
	TopDown       bool
	FrameSeconds  float64 // duration of one picture; 0 if unknown

	Audio    Codec // "" without sound
	Rate     int   // samples per second
	Channels int
	Bits     int // 8 or 16
}

// ErrCodec is wrapped by Open where a stream is coded in a way that is not read here.
var ErrCodec = errors.New("a codec that is not decoded here")

// maxChunk bounds one picture or block of sound, before memory is taken.
const maxChunk = 64 << 20

// Reader reads the chunks of an AVI file in order.
type Reader struct {
	Info  Info
	r     io.Reader
	video int // stream numbers, -1 without
	audio int
	left  int64 // bytes left in the current list that holds chunks; <0: until the end of the stream
	buf   []byte
}

// Chunk is one picture or one block of sound. A picture without Data is a dropped
// frame, which repeats the one before. Data is valid until the next call of Next.
type Chunk struct {
	Video bool
	Data  []byte
}

// Open reads the headers up to the first chunk.
func Open(r io.Reader) (*Reader, error) {
	a := &Reader{r: r, video: -1, audio: -1}
	var head [12]byte
	if _, err := io.ReadFull(r, head[:]); err != nil || string(head[:4]) != "RIFF" || string(head[8:]) != "AVI " {
		return nil, fmt.Errorf("not an AVI file")
	}
	stream := 0
	for {
		id, size, err := a.chunkHeader()
		if err != nil {
			return nil, fmt.Errorf("AVI file ends before its pictures: %w", err)
		}
		// Chunks of the main header and JUNK; what matters is in the lists.
		if id != "LIST" {
			if err := a.skip(size); err != nil {
				return nil, err
			}
			continue
		}
		var kind [4]byte
		if _, err := io.ReadFull(r, kind[:]); err != nil {
			return nil, fmt.Errorf("AVI file ends in a list: %w", err)
		}
		switch string(kind[:]) {
		case "movi":
			if a.video < 0 && a.audio < 0 {
				return nil, fmt.Errorf("AVI file without a stream of pictures or sound")
			}
			if a.left = size - 4; size <= 4 || size >= 0xFFFFFFF0 { // a writer to a pipe cannot know
				a.left = -1
			}
			return a, nil
		case "hdrl": // its chunks follow
		case "strl":
			// The size counts the four letters of the list's kind.
			if err := a.stream(size-4, stream); err != nil {
				return nil, err
			}
			stream++
		default:
			if err := a.skip(size - 4); err != nil {
				return nil, err
			}
		}
	}
}

// stream reads one stream's header list.
func (a *Reader) stream(size int64, number int) error {
	// Before it is allocated; real ones have some hundred bytes.
	if size < 0 || size > 1<<20 {
		return fmt.Errorf("AVI stream header of %d bytes", size)
	}
	data := make([]byte, size+size%2)
	if _, err := io.ReadFull(a.r, data); err != nil {
		return fmt.Errorf("AVI file ends in a stream header: %w", err)
	}
	var strh, strf []byte
	for len(data) >= 8 {
		n := int64(binary.LittleEndian.Uint32(data[4:]))
		if n > int64(len(data)-8) {
			break
		}
		switch string(data[:4]) {
		case "strh":
			strh = data[8 : 8+n]
		case "strf":
			strf = data[8 : 8+n]
		}
		data = data[min(int64(len(data)), 8+n+n%2):]
	}
	if len(strh) < 28 {
		return fmt.Errorf("AVI stream %d has no header", number)
	}
	le := binary.LittleEndian
	switch string(strh[:4]) {
	case "vids":
		// The first stream of each kind.
		if a.video >= 0 || len(strf) < 20 {
			return nil
		}
		codec, err := videoCodec(strh, strf)
		if err != nil {
			return err
		}
		h := int(int32(le.Uint32(strf[8:])))
		a.Info.Video, a.Info.Width, a.Info.Height = codec, int(int32(le.Uint32(strf[4:]))), h
		if h < 0 {
			a.Info.Height, a.Info.TopDown = -h, true
		}
		// A decoded picture has three bytes a pixel.
		if a.Info.Width <= 0 || a.Info.Height <= 0 || int64(a.Info.Width)*int64(a.Info.Height) > maxChunk/3 {
			return fmt.Errorf("AVI pictures of %d × %d", a.Info.Width, a.Info.Height)
		}
		// Scale over rate, as 1001/30000.
		if rate := le.Uint32(strh[24:]); rate > 0 {
			a.Info.FrameSeconds = float64(le.Uint32(strh[20:])) / float64(rate)
		}
		a.video = number
	case "auds":
		if a.audio >= 0 || len(strf) < 16 {
			return nil
		}
		format, bits := le.Uint16(strf), int(le.Uint16(strf[14:]))
		if format == 0xFFFE && len(strf) >= 26 { // WAVE_FORMAT_EXTENSIBLE: the code opens the GUID
			format = le.Uint16(strf[24:])
		}
		if format != 1 || (bits != 8 && bits != 16) {
			return fmt.Errorf("AVI sound of format %#x, %d bits: %w", format, bits, ErrCodec)
		}
		a.Info.Audio, a.Info.Channels, a.Info.Rate, a.Info.Bits = PCM, int(le.Uint16(strf[2:])), int(le.Uint32(strf[4:])), bits
		if a.Info.Channels < 1 || a.Info.Channels > 64 || a.Info.Rate < 1 || a.Info.Rate > 1<<20 {
			return fmt.Errorf("AVI sound of %d channels at %d Hz", a.Info.Channels, a.Info.Rate)
		}
		a.audio = number
	}
	return nil
}

func videoCodec(strh, strf []byte) (Codec, error) {
	le := binary.LittleEndian
	switch code := string(strf[16:20]); {
	case code == "MJPG" || code == "mjpg" || string(strh[4:8]) == "MJPG" || string(strh[4:8]) == "mjpg":
		return MJPEG, nil
	case le.Uint32(strf[16:]) == 0 && le.Uint16(strf[14:]) == 24:
		return Raw, nil
	default:
		return "", fmt.Errorf("AVI pictures in %q: %w", code, ErrCodec)
	}
}

// Next returns the next picture or block of sound, io.EOF at the end. A file
// that is cut off ends with io.ErrUnexpectedEOF after its whole chunks.
func (a *Reader) Next() (Chunk, error) {
	for {
		if a.left == 0 {
			if err := a.nextList(); err != nil {
				return Chunk{}, err
			}
			continue
		}
		id, size, err := a.chunkHeader()
		if err != nil {
			return Chunk{}, err
		}
		if id == "LIST" { // "rec " groups chunks; they follow
			if _, err := io.CopyN(io.Discard, a.r, 4); err != nil {
				return Chunk{}, io.ErrUnexpectedEOF
			}
			a.spend(12)
			continue
		}
		// Chunks are padded to an even size, which the list's size counts.
		a.spend(8 + size + size%2)
		stream := -1
		// 00dc: stream 0, compressed picture (db: not compressed; wb: sound).
		if id[0] >= '0' && id[0] <= '9' && id[1] >= '0' && id[1] <= '9' {
			stream = int(id[0]-'0')*10 + int(id[1]-'0')
		}
		video := stream >= 0 && stream == a.video && (id[2:] == "dc" || id[2:] == "db")
		audio := stream >= 0 && stream == a.audio && id[2:] == "wb"
		if a.left < 0 && id == "idx1" { // past the pictures of a list of unknown length
			return Chunk{}, io.EOF
		}
		// An empty picture means that the one before stays; empty sound means nothing.
		if !video && !audio || audio && size == 0 {
			if err := a.skip(size); err != nil {
				return Chunk{}, err
			}
			continue
		}
		if size > maxChunk {
			return Chunk{}, fmt.Errorf("AVI chunk of %d bytes", size)
		}
		// The buffer is reused: a chunk is valid until the next call.
		if int64(cap(a.buf)) < size+1 {
			a.buf = make([]byte, size+1)
		}
		if _, err := io.ReadFull(a.r, a.buf[:size]); err != nil {
			return Chunk{}, io.ErrUnexpectedEOF
		}
		if size%2 == 1 {
			io.CopyN(io.Discard, a.r, 1) //nolint:errcheck // the pad of the last chunk may be missing
		}
		return Chunk{Video: video, Data: a.buf[:size]}, nil
	}
}

// nextList finds the next list of chunks: OpenDML continues a file in further RIFF parts.
func (a *Reader) nextList() error {
	for {
		id, size, err := a.chunkHeader()
		if err != nil {
			return io.EOF
		}
		switch id {
		case "RIFF":
			if _, err := io.CopyN(io.Discard, a.r, 4); err != nil {
				return io.EOF
			}
		case "LIST":
			var kind [4]byte
			if _, err := io.ReadFull(a.r, kind[:]); err != nil {
				return io.EOF
			}
			if string(kind[:]) == "movi" {
				a.left = max(0, size-4)
				return nil
			}
			if a.skip(size-4) != nil {
				return io.EOF
			}
		default:
			if a.skip(size) != nil {
				return io.EOF
			}
		}
	}
}

func (a *Reader) spend(n int64) {
	if a.left > 0 {
		a.left = max(0, a.left-n)
	}
}

func (a *Reader) chunkHeader() (id string, size int64, err error) {
	var h [8]byte
	if n, err := io.ReadFull(a.r, h[:]); err != nil {
		if n == 0 && a.left <= 0 {
			return "", 0, io.EOF
		}
		return "", 0, io.ErrUnexpectedEOF
	}
	return string(h[:4]), int64(binary.LittleEndian.Uint32(h[4:])), nil
}

func (a *Reader) skip(n int64) error {
	if n < 0 {
		return fmt.Errorf("AVI list of negative length")
	}
	if _, err := io.CopyN(io.Discard, a.r, n+n%2); err != nil {
		return io.ErrUnexpectedEOF
	}
	return nil
}
