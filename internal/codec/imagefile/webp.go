package imagefile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/draw"

	"golang.org/x/image/webp"
)

// webpChunk returns the payload of the first chunk of the given name in a
// WebP container (RFC 9649, section 2.3), nil if there is none.
func webpChunk(data []byte, name string) []byte {
	for at := 12; at+8 <= len(data); {
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
	c, err := webp.DecodeConfig(bytes.NewReader(data))
	return c.Width, c.Height, err
}

// webpStream reads the size in the header of the coded picture itself (RFC 6386,
// section 9.1, and RFC 9649, section 3.4), which may differ from the canvas.
func webpStream(data []byte) (width, height int, err error) {
	if p := webpChunk(data, "VP8 "); len(p) >= 10 {
		le := binary.LittleEndian
		return int(le.Uint16(p[6:]) & 0x3fff), int(le.Uint16(p[8:]) & 0x3fff), nil
	}
	if p := webpChunk(data, "VP8L"); len(p) >= 5 {
		v := binary.LittleEndian.Uint32(p[1:])
		return int(v&0x3fff) + 1, int(v>>14&0x3fff) + 1, nil
	}
	return 0, 0, errTruncated
}

// decodeStill decodes data whose coded picture must be width × height.
func decodeStill(data []byte, width, height int) (image.Image, error) {
	w, h, err := webpStream(data)
	if err != nil {
		return nil, err
	}
	if w != width || h != height {
		return nil, errors.New("the coded picture is of another size than the container claims")
	}
	m, err := webp.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	return studio(m), nil
}

// decodeWebP decodes a still picture, or the first frame of an animation on
// its canvas, of width × height.
func decodeWebP(data []byte, width, height int) (image.Image, error) {
	frame := webpChunk(data, "ANMF")
	if frame == nil {
		if p := webpChunk(data, "VP8X"); len(p) > 0 && p[0]&2 != 0 {
			return nil, errTruncated // animated, by its flags
		}
		return decodeStill(data, width, height)
	}
	if len(frame) < 16+8 {
		return nil, errTruncated
	}
	x, y := 2*uint24(frame), 2*uint24(frame[3:])
	w, h := uint24(frame[6:])+1, uint24(frame[9:])+1
	if x+w > width || y+h > height {
		return nil, errors.New("a frame outside the canvas")
	}
	m, err := decodeStill(stillWebP(frame), w, h)
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

// stillWebP makes a file of its own of an ANMF payload.
func stillWebP(frame []byte) []byte {
	chunks := frame[16:] // position, size, duration and flags come first
	body := make([]byte, 0, len(chunks)+18)
	if string(chunks[:4]) == "ALPH" {
		// Lossy with transparency: only the extended container may hold it.
		head := make([]byte, 18)
		copy(head, "VP8X\x0a\x00\x00\x00\x10")
		copy(head[12:], frame[6:12]) // width-1 and height-1, 24 bits each
		body = append(body, head...)
	}
	body = append(body, chunks...)
	out := make([]byte, 12, 12+len(body))
	copy(out, "RIFF\x00\x00\x00\x00WEBP")
	binary.LittleEndian.PutUint32(out[4:], uint32(4+len(body)))
	return append(out, body...)
}

// studio widens the planes of lossy WebP, in place, from the studio range of
// BT.601 (luma 16 to 235, chroma 16 to 240), which the format has and the
// library does not say, to the full range of [image.YCbCr].
func studio(m image.Image) image.Image {
	var p *image.YCbCr
	switch m := m.(type) {
	case *image.YCbCr:
		p = m
	case *image.NYCbCrA:
		p = &m.YCbCr
	default:
		return m
	}
	for i, v := range p.Y {
		p.Y[i] = clamp8(((int32(v)-16)*76309 + 1<<15) >> 16) // 255/219
	}
	for _, c := range [][]uint8{p.Cb, p.Cr} {
		for i, v := range c {
			c[i] = clamp8(((int32(v)-128)*74606+1<<15)>>16 + 128) // 255/224
		}
	}
	return m
}
