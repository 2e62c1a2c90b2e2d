package imagefile

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"testing"
)

// pngChunks cuts a PNG into its chunks.
func pngChunks(data []byte) (chunks [][]byte) {
	for at := len(pngSignature); at < len(data); {
		n := int(binary.BigEndian.Uint32(data[at:])) + 12
		chunks = append(chunks, data[at:at+n])
		at += n
	}
	return chunks
}

func pngChunk(name, payload string) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(payload)))
	b = append(b, name+payload...)
	return binary.BigEndian.AppendUint32(b, pngCRC(b[4:]))
}

// What libpng forgives is forgiven, and nothing else.
func TestPNGDamage(t *testing.T) {
	for _, name := range []string{"rgb.png", "palette.png", "grey16.png"} {
		data := testdata(t, name)
		want, err := Decode(data, Options{})
		if err != nil {
			t.Fatal(err)
		}
		chunks := pngChunks(data)
		head, end := chunks[0], chunks[len(chunks)-1]
		body := chunks[1 : len(chunks)-1]
		f := func(what string, sound bool, parts ...[]byte) {
			t.Helper()
			got, err := Decode(append([]byte(pngSignature), bytes.Join(parts, nil)...), Options{})
			if (err == nil) != sound || sound && difference(got, want) != 0 {
				t.Errorf("%s, %s: %v", name, what, err)
			}
		}
		all := bytes.Join(body, nil)
		wrong := func(chunk []byte) []byte {
			b := bytes.Clone(chunk)
			b[len(b)-1] ^= 1
			return b
		}
		f("as it is", true, head, all, end)
		f("without an end", true, head, all)
		f("with garbage behind", true, head, all, end, []byte("garbage, of any length"))
		f("a note with a wrong checksum", true, head, wrong(pngChunk("iCCP", "x\x00\x00x")), all, end)
		f("transparency of a wrong length", true, head, all[:len(all)-len(body[len(body)-1])], pngChunk("tRNS", "x"+string(make([]byte, 300))), body[len(body)-1], end)
		f("a note cut off behind the picture", true, head, all, pngChunk("tEXt", "Comment\x00long")[:13])
		f("an unknown note", true, head, pngChunk("abCd", "?"), all, end)
		f("a header with a wrong checksum", false, wrong(head), all, end)
		f("pixels with a wrong checksum", false, head, bytes.Join(body[:len(body)-1], nil), wrong(body[len(body)-1]), end)
		f("half of the pixels", false, head, all[:len(all)/2])
		f("no pixels", false, head, end)
	}
}

// A decoder stops where its context has ended.
func TestStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, name := range []string{"rgb.png", "animated.gif", "rgb.bmp", "lzw.tiff", "baseline420.jpg", "progressive.jpg"} {
		if _, err := Decode(testdata(t, name), Options{Context: ctx}); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
