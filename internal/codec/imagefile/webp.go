package imagefile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/draw"

	"golang.org/x/image/webp"
)

// webpChunk returns the payload of the first chunk of the given name in a
// WebP container (RFC 9649, section 2.3), nil if there is none.
func webpChunk(data []byte, name string) []byte {
	for at := webpHead; at+8 <= len(data); {
		n := int64(binary.LittleEndian.Uint32(data[at+4:]))
		if int64(at)+8+n > int64(len(data)) {
			return nil
		}
		if string(data[at:at+4]) == name {
			return data[at+8 : at+8+int(n)]
		}
		at += 8 + int(n+n&1)
	}
	return nil
}

func uint24(p []byte) int { return int(p[0]) | int(p[1])<<8 | int(p[2])<<16 }

// webpConfig reads the size of the canvas.
func webpConfig(data []byte) (width, height int, err error) {
	if p := webpChunk(data, "VP8X"); len(p) >= 10 {
		return uint24(p[4:]) + 1, uint24(p[7:]) + 1, nil
	}
	p, err := webpPicture(data[webpHead:])
	return p.width, p.height, err
}

// webpCoded is one coded picture of a WebP container.
type webpCoded struct {
	width, height int    // in the header of the coded picture itself, which may differ from the canvas
	name          string // of its chunk: "VP8 ", which is lossy, or "VP8L"
	data          []byte
	alpha         []byte // the chunk ALPH of a lossy picture, nil without
}

// webpHead is the length of what comes before a container's chunks.
const webpHead = 12

// webpPicture finds the first coded picture among chunks (RFC 9649, section 2.5 f.) and reads its
// size (RFC 6386, section 9.1, and RFC 9649, section 3.4).
func webpPicture(chunks []byte) (p webpCoded, err error) {
	for at := 0; at+8 <= len(chunks); {
		n := int64(binary.LittleEndian.Uint32(chunks[at+4:]))
		if n > int64(len(chunks)-at-8) {
			break
		}
		chunk := chunks[at+8 : at+8+int(n)]
		switch name := string(chunks[at : at+4]); {
		case name == "ALPH" && p.alpha == nil:
			p.alpha = chunk
		case name == "VP8 " && n >= 10:
			le := binary.LittleEndian
			p.name, p.data, p.width, p.height = name, chunk, int(le.Uint16(chunk[6:])&0x3fff), int(le.Uint16(chunk[8:])&0x3fff)
			return p, nil
		case name == "VP8L" && n >= 5:
			v := binary.LittleEndian.Uint32(chunk[1:])
			p.name, p.data, p.width, p.height = name, chunk, int(v&0x3fff)+1, int(v>>14&0x3fff)+1
			return p, nil
		}
		at += 8 + int(n+n&1)
	}
	return p, errTruncated
}

// decodeStill decodes the first picture among chunks, which must be of width × height. The
// library gets it in a container made for it: of several pictures or canvases in
// one file it may take another than the one whose size was checked.
func decodeStill(chunks []byte, width, height int, o *Options) (image.Image, error) {
	p, err := webpPicture(chunks)
	if err != nil {
		return nil, err
	}
	if p.width != width || p.height != height {
		return nil, errors.New("the coded picture is of another size than the container claims")
	}
	m, err := interruptible(o, func() (image.Image, error) {
		return webp.Decode(&stoppable{Reader: bytes.NewReader(p.container()), options: o})
	})
	if err != nil {
		return nil, err
	}
	return upsampled(m, o)
}

// interruptible calls decode, which cannot be stopped within a picture, and returns without it once
// the context of o is done: what goes on until the picture's end is bounded by its pixels.
func interruptible(o *Options, decode func() (image.Image, error)) (image.Image, error) {
	if o.Context == nil || o.Context.Done() == nil {
		return decode()
	}
	type result struct {
		m   image.Image
		err error
	}
	done := make(chan result, 1)
	go func() {
		var r result
		defer func() {
			if p := recover(); p != nil { // damaged files
				r = result{err: fmt.Errorf("the file is damaged (%v)", p)}
			}
			done <- r
		}()
		r.m, r.err = decode()
	}()
	select {
	case r := <-done:
		return r.m, r.err
	case <-o.Context.Done():
		return nil, o.Context.Err()
	}
}

// container is the picture as a file of its own.
func (p *webpCoded) container() []byte {
	out := make([]byte, webpHead, webpHead+18+16+len(p.alpha)+len(p.data)+2)
	copy(out, "RIFF\x00\x00\x00\x00WEBP")
	add := func(name string, payload []byte) {
		out = binary.LittleEndian.AppendUint32(append(out, name...), uint32(len(payload)))
		out = append(out, payload...)
		if len(payload)%2 == 1 {
			out = append(out, 0)
		}
	}
	if p.alpha != nil && p.name == "VP8 " { // only the extended container may hold it
		w, h := p.width-1, p.height-1
		add("VP8X", []byte{0x10, 0, 0, 0, byte(w), byte(w >> 8), byte(w >> 16), byte(h), byte(h >> 8), byte(h >> 16)})
		add("ALPH", p.alpha)
	}
	add(p.name, p.data)
	binary.LittleEndian.PutUint32(out[4:], uint32(len(out)-8))
	return out
}

// decodeWebP decodes a still picture, or the first frame of an animation on
// its canvas, of width × height.
func decodeWebP(data []byte, width, height int, o *Options) (image.Image, error) {
	frame := webpChunk(data, "ANMF")
	if frame == nil {
		if p := webpChunk(data, "VP8X"); len(p) > 0 && p[0]&2 != 0 {
			return nil, errTruncated // animated, by its flags
		}
		return decodeStill(data[webpHead:], width, height, o)
	}
	if len(frame) < 16+8 {
		return nil, errTruncated
	}
	x, y := 2*uint24(frame), 2*uint24(frame[3:])
	w, h := uint24(frame[6:])+1, uint24(frame[9:])+1
	if x+w > width || y+h > height {
		return nil, errors.New("a frame outside the canvas")
	}
	m, err := decodeStill(frame[16:], w, h, o) // after position, size, duration and flags
	if err != nil {
		return nil, err
	}
	if w == width && h == height {
		return m, nil
	}
	canvas := image.NewRGBA(image.Rect(0, 0, width, height))
	draw.Draw(canvas, image.Rect(x, y, x+w, y+h), m, m.Bounds().Min, draw.Src)
	return canvas, nil
}
