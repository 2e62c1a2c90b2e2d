package imagefile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/png"
	"io"
	"slices"
)

// Frame is one picture of an animation. Transparent parts of it let through what was drawn before.
type Frame struct {
	Bounds  image.Rectangle // on the canvas
	Seconds float64
	Replace bool // transparent parts clear what was drawn before
	Clear   bool // its place becomes transparent before the next one is drawn
	Restore bool // its place becomes what it was before
	Decode  func(o Options) (image.Image, error)
}

// Animation returns the canvas and the pictures of an animated PNG or WebP, without decoding them;
// no pictures are those of a still one.
func Animation(data []byte) (width, height int, frames []Frame, err error) {
	switch Sniff(data) {
	case PNG:
		return pngAnimation(data)
	case WebP:
		return webpAnimation(data)
	}
	return 0, 0, nil, nil
}

// pngAnimation walks over the chunks of an animated PNG (PNG third edition, section 11.3.6).
func pngAnimation(data []byte) (width, height int, frames []Frame, err error) {
	still, err := openPNG(data, false)
	if err != nil {
		return 0, 0, nil, err
	}
	be := binary.BigEndian
	animated := false
	var part *pngFile // of the picture that is collected
	for at := len(pngSignature); len(data)-at >= 12; {
		n := int64(be.Uint32(data[at:]))
		if n > int64(len(data)-at-12) {
			return 0, 0, nil, errTruncated
		}
		name, payload, sum := string(data[at+4:at+8]), data[at+8:at+8+int(n)], be.Uint32(data[at+8+int(n):])
		sound := func() bool { return crc32.ChecksumIEEE(data[at+4:at+8+int(n)]) == sum }
		switch name {
		case "acTL":
			animated = true
		case "fcTL":
			f, part2, ok := pngFrame(still, payload)
			if !ok || !sound() {
				return 0, 0, nil, errors.New("the control of a picture is damaged")
			}
			part = part2
			// Nothing is before the first one.
			if f.Restore && len(frames) == 0 {
				f.Restore, f.Clear = false, true
			}
			frames = append(frames, f)
		case "IDAT":
			if part != nil {
				part.pixels = append(part.pixels, bytes.NewReader(payload))
			}
		case "fdAT":
			if part == nil || n < 4 || !sound() {
				return 0, 0, nil, errors.New("the data of a picture is damaged")
			}
			part.pixels = append(part.pixels, bytes.NewReader(payload[4:]))
		}
		if at += 12 + int(n); name == "IEND" {
			break
		}
	}
	if !animated {
		frames = nil
	}
	return int(still.width), int(still.height), frames, nil
}

// pngFrame reads a frame control: a picture of the same colors as the still one.
func pngFrame(still *pngFile, b []byte) (f Frame, part *pngFile, ok bool) {
	if len(b) != 26 {
		return f, nil, false
	}
	be := binary.BigEndian
	w, h, x, y := int64(be.Uint32(b[4:])), int64(be.Uint32(b[8:])), int64(be.Uint32(b[12:])), int64(be.Uint32(b[16:]))
	if w < 1 || h < 1 || x+w > still.width || y+h > still.height {
		return f, nil, false
	}
	f.Bounds = image.Rect(int(x), int(y), int(x+w), int(y+h))
	// Without a denominator hundredths of a second are meant.
	den := float64(be.Uint16(b[22:]))
	if den == 0 {
		den = 100
	}
	f.Seconds = float64(be.Uint16(b[20:])) / den
	f.Clear, f.Restore, f.Replace = b[24] == 1, b[24] == 2, b[25] == 0
	part = &pngFile{header: slices.Clone(still.header), width: w, height: h, palette: still.palette, transparent: still.transparent}
	copy(part.header, b[4:12])
	f.Decode = func(o Options) (image.Image, error) {
		for _, r := range part.pixels {
			if _, err := r.(*bytes.Reader).Seek(0, io.SeekStart); err != nil {
				return nil, err
			}
		}
		clean, err := part.clean(&o)
		if err != nil {
			return nil, err
		}
		return png.Decode(&stoppable{Reader: bytes.NewReader(clean), options: &o})
	}
	return f, part, true
}

// webpAnimation walks over the chunks of an animated WebP (RFC 9649, section 2.7.1.1).
func webpAnimation(data []byte) (width, height int, frames []Frame, err error) {
	width, height, err = webpConfig(data)
	if err != nil {
		return 0, 0, nil, err
	}
	for at := webpHead; at+8 <= len(data); {
		n := int64(binary.LittleEndian.Uint32(data[at+4:]))
		if int64(at)+8+n > int64(len(data)) {
			return 0, 0, nil, errTruncated
		}
		if string(data[at:at+4]) == "ANMF" {
			b := data[at+8 : at+8+int(n)]
			if len(b) < 16+8 {
				return 0, 0, nil, errTruncated
			}
			x, y, w, h := 2*uint24(b), 2*uint24(b[3:]), uint24(b[6:])+1, uint24(b[9:])+1
			if x+w > width || y+h > height {
				return 0, 0, nil, errors.New("a frame outside the canvas")
			}
			frames = append(frames, Frame{
				Bounds: image.Rect(x, y, x+w, y+h), Seconds: float64(uint24(b[12:])) / 1000,
				Clear: b[15]&1 != 0, Replace: b[15]&2 != 0,
				Decode: func(o Options) (image.Image, error) { return decodeStill(b[16:], w, h, &o) },
			})
		}
		at += 8 + int(n+n&1)
	}
	return width, height, frames, nil
}
