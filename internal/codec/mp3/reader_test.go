package mp3

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// fixture reads a file of audiofile's golden ones.
func fixture(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "audiofile", "testdata", "golden", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// framesOf lists the frames of a stream.
func framesOf(t testing.TB, data []byte) (frames [][]byte, breaks int) {
	t.Helper()
	r := NewReader(bytes.NewReader(data))
	for {
		f, err := r.Next()
		if errors.Is(err, io.EOF) {
			return frames, breaks
		}
		if err != nil {
			t.Fatal(err)
		}
		if f.Break {
			breaks++
		}
		frames = append(frames, bytes.Clone(f.Data))
	}
}

// TestFramesAreFound puts tags and junk around, between and into frames.
func TestFramesAreFound(t *testing.T) {
	data := fixture(t, "22050-joint.mp3")
	want, breaks := framesOf(t, data)
	if len(want) < 10 || breaks != 1 {
		t.Fatalf("%d frames, %d breaks", len(want), breaks)
	}
	if _, ok := ParseTag(parsed(t, want[0]), want[0]); !ok {
		t.Error("the first frame is no tag")
	}
	want = want[1:]
	sound := bytes.Join(want, nil)
	f := func(what string, data []byte, want [][]byte, wantBreaks int) {
		t.Helper()
		got, breaks := framesOf(t, data)
		if len(got) != len(want) || breaks != wantBreaks {
			t.Errorf("%s: %d frames and %d breaks, want %d and %d", what, len(got), breaks, len(want), wantBreaks)
			return
		}
		for i := range got {
			if !bytes.Equal(got[i], want[i]) {
				t.Errorf("%s: frame %d is another", what, i)
				return
			}
		}
	}
	join := func(parts ...any) []byte {
		var b []byte
		for _, p := range parts {
			switch p := p.(type) {
			case string:
				b = append(b, p...)
			case []byte:
				b = append(b, p...)
			}
		}
		return b
	}
	f("zeros before", join(make([]byte, 417), sound), want, 1)
	f("a megabyte of zeros before", join(make([]byte, 1<<20), sound), want, 1)
	f("false headers before", join(strings.Repeat("\xff\xfb\x90\x64", 300), sound), want, 1)
	f("an APE tag before", join("APETAGEX\xd0\x07\x00\x00\x20\x00\x00\x00", make([]byte, 16), "cover", sound), want, 1)
	f("ID3v1 behind", join(sound, "TAG", strings.Repeat("\xff", 125)), want, 1)
	f("cut at the start", sound[100:], want[1:], 1)
	f("cut at the end", sound[:len(sound)-10], want[:len(want)-1], 1)
	f("one frame", want[3], want[3:4], 1)
	f("one frame and a tag", join(want[3], "TAG", make([]byte, 125)), want[3:4], 1)
	f("two frames, the second cut off", join(want[3], want[4][:20]), want[3:4], 1)
	f("junk between", join(want[0], want[1], want[2], "junk", join(toAny(want[3:])...)), want, 2)
	f("text", []byte(strings.Repeat("no sound at all. ", 1000)), nil, 0)
	f("ones", bytes.Repeat([]byte{0xff}, 100000), nil, 0)
	f("false headers alone", bytes.Repeat([]byte("\xff\xfb\x90\x64 0"), 10000), nil, 0)
	f("nothing", nil, nil, 0)
	other, _ := framesOf(t, fixture(t, "44100-joint.mp3"))
	f("another rate behind", join(sound, join(toAny(other)...)), append(append([][]byte{}, want...), other...), 2)
}

func toAny(frames [][]byte) (all []any) {
	for _, f := range frames {
		all = append(all, f)
	}
	return all
}

func parsed(t testing.TB, frame []byte) Header {
	t.Helper()
	h, ok := ParseHeader(frame)
	if !ok {
		t.Fatalf("% x is no header", frame[:4])
	}
	return h
}

func TestHeaders(t *testing.T) {
	f := func(header string, version Version, layer, rate, channels, bitrate, samples, size int) {
		t.Helper()
		h, ok := ParseHeader([]byte(header))
		if !ok || h.Version != version || h.Layer != layer || h.Rate != rate || h.Channels != channels || h.Bitrate != bitrate || h.Samples() != samples || h.Size() != size {
			t.Errorf("% x: %+v, %v, %d samples in %d bytes", header, h, ok, h.Samples(), h.Size())
		}
	}
	f("\xff\xfb\x90\x64", MPEG1, 3, 44100, 2, 128, 1152, 417)
	f("\xff\xfb\x92\x64", MPEG1, 3, 44100, 2, 128, 1152, 418)
	f("\xff\xfa\x90\xc4", MPEG1, 3, 44100, 1, 128, 1152, 417)
	f("\xff\xf3\x48\xc4", MPEG2, 3, 16000, 1, 32, 576, 144)
	f("\xff\xf3\x40\xc4", MPEG2, 3, 22050, 1, 32, 576, 104)
	f("\xff\xf3\x42\xc4", MPEG2, 3, 22050, 1, 32, 576, 105)
	f("\xff\xe3\x48\xc4", MPEG25, 3, 8000, 1, 32, 576, 288)
	f("\xff\xfb\x00\x64", MPEG1, 3, 44100, 2, 0, 1152, 0)
	f("\xff\xfd\x84\x00", MPEG1, 2, 48000, 2, 128, 1152, 384)
	f("\xff\xff\x94\x00", MPEG1, 1, 48000, 2, 288, 384, 288)
	for _, bad := range []string{"", "\xff\xfb\x90", "\xff\xeb\x90\x64", "\xff\xf9\x90\x64", "\xff\xfb\xf0\x64", "\xff\xfb\x9c\x64", "\xfe\xfb\x90\x64"} {
		if h, ok := ParseHeader([]byte(bad)); ok {
			t.Errorf("% x: %+v", bad, h)
		}
	}
}

// TestCodeTables checks that no code word is missing or twice.
func TestCodeTables(t *testing.T) {
	for k, tree := range trees {
		side := map[int]int{1: 2, 2: 3, 3: 3, 5: 4, 6: 4, 7: 6, 8: 6, 9: 6, 10: 8, 11: 8, 12: 8, 13: 16, 15: 16, 16: 16, 24: 16}[k]
		checkTree(t, k, tree, func(v int) bool { return v>>4 < side && v&15 < side }, side*side)
	}
	for k, tree := range quadTrees {
		checkTree(t, 32+k, tree, func(v int) bool { return v < 16 }, 16)
	}
}

func checkTree(t *testing.T, k int, tree string, valid func(int) bool, leaves int) {
	t.Helper()
	table := newCodeTable(tree)
	seen := map[uint32]bool{}
	for word := uint64(0); word < 1<<20; {
		v, n := table.find(word << 44)
		if seen[v] || n < 1 || n > 20 || !valid(int(v)) {
			t.Fatalf("table %d: the word at %05x is of %d bits, value %02x, seen %v", k, word, n, v, seen[v])
		}
		seen[v] = true
		word += 1 << (20 - n)
	}
	if len(seen) != leaves {
		t.Errorf("table %d has %d words, want %d", k, len(seen), leaves)
	}
}

// TestMissingReservoir decodes from the middle of a stream: what is missing is
// silent, and what comes later is as ever.
func TestMissingReservoir(t *testing.T) {
	data := fixture(t, "32000-stereo.mp3")
	frames, _ := framesOf(t, data)
	const from = 4
	whole, part := Decoder{}, Decoder{}
	for i, frame := range frames[1:] {
		h := parsed(t, frame)
		want, ok := whole.Decode(h, frame)
		if !ok {
			t.Fatalf("frame %d is damaged", i)
		}
		if i < from {
			continue
		}
		got, _ := part.Decode(h, frame)
		if db := snr(got, want); i > from+3 && db < 100 {
			t.Errorf("frame %d: %.1f dB", i, db)
		}
	}
}

// TestDamageIsSilent decodes frames of random main data and side information.
func TestDamageIsSilent(t *testing.T) {
	data := fixture(t, "48000-joint.mp3")
	for at := 200; at < len(data); at += 7 {
		data[at] ^= byte(at * 31)
		if _, _, _, err := decodeAll(data, at%2 == 0); err != nil {
			t.Fatal(err)
		}
	}
}

// TestJunkIsPassedFast has headers of free format at growing distances: the size
// of most is searched for in vain.
func TestJunkIsPassedFast(t *testing.T) {
	var junk []byte
	for len(junk) < 8<<20 {
		for gap := range 300 {
			junk = append(append(junk, "\xff\xfb\x00\x64"...), make([]byte, gap)...)
		}
		junk = append(junk, make([]byte, maxFreeSize)...)
	}
	start := time.Now()
	framesOf(t, junk)
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("%d bytes took %v", len(junk), took)
	}
}

func FuzzDecode(f *testing.F) {
	for _, name := range []string{"8000.mp3", "22050-joint.mp3", "44100-joint.mp3", "44100-variable.mp3"} {
		f.Add(fixture(f, name))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<16 {
			return
		}
		x, rate, channels, err := decodeAll(data, len(data)%2 == 0)
		if err != nil {
			t.Fatal(err)
		}
		if len(x) > 0 && (rate < 8000 || channels < 1) {
			t.Fatalf("%d samples at %d Hz", len(x), rate)
		}
		for _, v := range x {
			if v-v != 0 {
				t.Fatalf("a sample of %g", v)
			}
		}
	})
}

// TestFreeFormat takes the bit rate out of the headers of frames of one size.
func TestFreeFormat(t *testing.T) {
	data := fixture(t, "48000-joint.mp3")
	frames, _ := framesOf(t, data)
	var free []byte
	for _, f := range frames {
		if len(f) != len(frames[0]) {
			t.Fatalf("frames of %d and %d bytes", len(f), len(frames[0]))
		}
		f[2] &= 0x0f
		free = append(free, f...)
	}
	want, _, _, err := decodeAll(data, false)
	if err != nil {
		t.Fatal(err)
	}
	got, rate, channels, err := decodeAll(free, false)
	if err != nil || rate != 48000 || channels != 2 || !slices.Equal(got, want) {
		t.Errorf("%d samples of %d channels at %d Hz, %v; want %d", len(got), channels, rate, err, len(want))
	}
}
