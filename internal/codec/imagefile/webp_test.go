package imagefile

import (
	"encoding/binary"
	"runtime"
	"testing"
)

// webpOf is a container of chunks: names and payloads in turn.
func webpOf(chunks ...string) []byte {
	out := []byte("RIFF\x00\x00\x00\x00WEBP")
	for i := 0; i < len(chunks); i += 2 {
		out = binary.LittleEndian.AppendUint32(append(out, chunks[i]...), uint32(len(chunks[i+1])))
		out = append(out, chunks[i+1]...)
		if len(chunks[i+1])%2 == 1 {
			out = append(out, 0)
		}
	}
	binary.LittleEndian.PutUint32(out[4:], uint32(len(out)-8))
	return out
}

// The library goes by the first picture and canvas that it meets, so a second
// one with another size must not be what memory is reckoned with.
func TestWebPOfSeveralPicturesIsBounded(t *testing.T) {
	lossy := testdata(t, "lossy.webp")
	small := string(webpChunk(lossy, "VP8 "))
	w, h, err := claimed(WebP, lossy)
	if err != nil {
		t.Fatal(err)
	}
	canvas := func(flags byte, w, h int) string {
		return string([]byte{flags, 0, 0, 0, byte(w - 1), byte((w - 1) >> 8), byte((w - 1) >> 16), byte(h - 1), byte((h - 1) >> 8), byte((h - 1) >> 16)})
	}
	huge := "\x2f\xff\xff\xff\x0f" + string(make([]byte, 64)) // lossless, of 16384 × 16384
	frame := string(make([]byte, 6)) + canvas(0, w, h)[4:] + string(make([]byte, 4))
	for name, data := range map[string][]byte{
		"a picture before the canvas":        webpOf("VP8L", huge, "VP8X", canvas(0, w, h), "VP8 ", small),
		"a canvas in a frame":                webpOf("VP8X", canvas(2, w, h), "ANMF", frame+string(webpOf("VP8X", canvas(0x10, 46000, 46000), "ALPH", "\x00", "VP8 ", small)[webpHead:])),
		"a picture in a frame before it":     webpOf("VP8X", canvas(2, w, h), "ANMF", frame+string(webpOf("VP8L", huge, "VP8 ", small)[webpHead:])),
		"a canvas before a canvas":           webpOf("VP8X", canvas(0x10, w, h), "VP8X", canvas(0x10, 46000, 46000), "ALPH", "\x00", "VP8 ", small),
		"a huge lossless picture on its own": webpOf("VP8L", huge),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Decode(data, Options{})
		runtime.ReadMemStats(&after)
		if took := (after.TotalAlloc - before.TotalAlloc) >> 20; took > 16 {
			t.Errorf("%s: %d MiB were taken (error %v)", name, took, err)
		}
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	// What comes after the first picture does not count.
	if _, err := Decode(webpOf("VP8 ", small, "VP8L", huge), Options{}); err != nil {
		t.Errorf("a picture with another after it: %v", err)
	}
}
