package mp3

import (
	"os"
	"path/filepath"
	"testing"
)

// setBits writes the low n bits of v at bit at.
func setBits(b []byte, at, n int, v uint) {
	for i := range n {
		mask := byte(0x80) >> ((at + i) & 7)
		if b[(at+i)>>3] &^= mask; v>>(n-1-i)&1 == 1 {
			b[(at+i)>>3] |= mask
		}
	}
}

// TestIntensityStereo marks frames of LAME, which never uses it, as intensity
// stereo: the scale factors of the right channel become positions. ffmpeg does
// not know the position of MPEG-2 that rules intensity stereo out (ISO/IEC
// 13818-3, 2.4.3.2), so that only MPEG-1 is compared.
func TestIntensityStereo(t *testing.T) {
	needFFmpeg(t)
	for _, rate := range []int{32000, 44100, 48000} {
		for _, sound := range []string{"tone", "clicks"} {
			for _, ms := range []byte{0, 0x20} {
				file := filepath.Join(t.TempDir(), "x.mp3")
				lame(t, file, sound, rate, 2, 0.3, "-b:a", "64k", "-write_xing", "0", "-id3v2_version", "0")
				data, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				for at := 0; at+4 <= len(data); {
					h, ok := ParseHeader(data[at:])
					if !ok {
						break
					}
					data[at+3] = data[at+3]&0x0f | 0x40 | 0x10 | ms
					at += h.Size()
				}
				if err := os.WriteFile(file, data, 0o600); err != nil {
					t.Fatal(err)
				}
				want := reference(t, file)
				got, _, _, err := decodeAll(data, false)
				if err != nil || len(got) != len(want) {
					t.Fatalf("%d samples, want %d; %v", len(got), len(want), err)
				}
				if db := snr(got, want); db < limit {
					t.Errorf("%s at %d Hz, bits %x: %.1f dB", sound, rate, ms, db)
				}
			}
		}
	}
}

// TestMixedBlocks marks granules of short blocks, and the others of switched
// windows, as mixed.
func TestMixedBlocks(t *testing.T) {
	needFFmpeg(t)
	for _, rate := range allRates {
		file := filepath.Join(t.TempDir(), "x.mp3")
		lame(t, file, "clicks", rate, 1, 0.6, "-b:a", "64k", "-write_xing", "0", "-id3v2_version", "0")
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		marked := 0
		for at := 0; at+4 <= len(data); {
			h, ok := ParseHeader(data[at:])
			if !ok || at+h.Size() > len(data) {
				break
			}
			side := data[at+HeaderSize+h.crc:]
			first, size, window := 18, 59, 33 // main_data_begin, private, scfsi
			if h.Version != MPEG1 {
				first, size, window = 9, 63, 38
			}
			for gr := range h.granules() {
				g := first + gr*size
				if side[(g+window)>>3]>>(7-(g+window)&7)&1 == 1 {
					setBits(side, g+window+3, 1, 1)
					marked++
				}
			}
			at += h.Size()
		}
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		want := reference(t, file)
		got, _, _, err := decodeAll(data, false)
		if err != nil || len(got) != len(want) {
			t.Fatalf("%d samples, want %d; %v", len(got), len(want), err)
		}
		if db := snr(got, want); db < limit || marked < 4 {
			t.Errorf("%d granules at %d Hz: %.1f dB", marked, rate, db)
		}
	}
}
