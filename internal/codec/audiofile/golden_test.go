package audiofile

import (
	"bytes"
	"encoding/json"
	"flag"
	"math"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew with ffmpeg")

// golden is what ffmpeg decodes a file of testdata/golden to.
type golden struct {
	File, Format  string
	Rate, Samples int
	Levels        []float64 // root of the mean square of equal parts
	Values        []float64 // samples at equal distances
}

// goldenFiles are how the files were coded; files without arguments are kept.
var goldenFiles = []struct {
	file, format, args    string
	rate, channels, sound int
}{
	{"8000.mp3", "mp3", "-c:a libmp3lame -b:a 16k", 8000, 1, 3},
	{"11025-joint.mp3", "mp3", "-c:a libmp3lame -b:a 32k -joint_stereo 1", 11025, 2, 1},
	{"12000.mp3", "mp3", "-c:a libmp3lame -b:a 24k", 12000, 1, 1},
	{"16000.mp3", "mp3", "-c:a libmp3lame -b:a 24k", 16000, 1, 2},
	{"22050.mp3", "mp3", "-c:a libmp3lame -b:a 32k", 22050, 1, 0},
	{"22050-joint.mp3", "mp3", "-c:a libmp3lame -b:a 64k -joint_stereo 1", 22050, 2, 1},
	{"32000-checksums.mp3", "mp3", "", 32000, 2, 0}, // by lame -p -b 96
	{"32000-stereo.mp3", "mp3", "-c:a libmp3lame -b:a 96k -joint_stereo 0", 32000, 2, 0},
	{"44100-joint.mp3", "mp3", "-c:a libmp3lame -b:a 128k -joint_stereo 1", 44100, 2, 1},
	{"44100-variable.mp3", "mp3", "-c:a libmp3lame -q:a 4", 44100, 2, 3},
	{"44100-320.mp3", "mp3", "-c:a libmp3lame -b:a 320k", 44100, 1, 2},
	{"48000-joint.mp3", "mp3", "-c:a libmp3lame -b:a 64k -joint_stereo 1", 48000, 2, 1},
	{"16-bit.flac", "flac", "-c:a flac -sample_fmt s16", 16000, 2, 1},
	{"24-bit.flac", "flac", "-c:a flac -sample_fmt s32", 8000, 1, 3},
	{"22050.ogg", "vorbis", "-c:a libvorbis -q:a 1", 22050, 1, 3},
	{"44100-stereo.ogg", "vorbis", "-c:a libvorbis -q:a 4", 44100, 2, 0},
	{"speech.opus", "opus", "-c:a libopus -b:a 16k", 16000, 1, 3},
	{"hybrid-stereo.opus", "opus", "-c:a libopus -b:a 32k -application voip", 48000, 2, 3},
	{"music-stereo.opus", "opus", "-c:a libopus -b:a 64k", 48000, 2, 1},
	{"music-2.5ms.opus", "opus", "-c:a libopus -b:a 48k -application lowdelay -frame_duration 2.5", 48000, 2, 0},
	{"surround.opus", "opus", "-c:a libopus -b:a 96k", 48000, 6, 3},
	{"music-10ms.opus", "opus", "-c:a libopus -b:a 24k -vbr off -application lowdelay -frame_duration 10", 24000, 1, 1},
	// Their bit rate changed from 8 to 64 kbit/s, and with it the layers; the encoder
	// left frames out where nobody spoke.
	{"changing-stereo.opus", "opus", "", 48000, 2, 0},
	{"pauses.opus", "opus", "", 48000, 1, 0},
	{lostMusic, "opus", "", 48000, 1, 0},
}

// lostMusic has lost frames, which are filled in through a predictor of high order:
// two builds of libopus differ in them by up to 40 dB.
const lostMusic = "music-lost.opus"

const goldenSeconds = 0.3

// TestGolden compares with what ffmpeg decoded when the files were made.
func TestGolden(t *testing.T) {
	dir := filepath.Join("testdata", "golden")
	list := filepath.Join(dir, "golden.json")
	if *update {
		needFFmpeg(t)
		writeGolden(t, dir, list)
	}
	text, err := os.ReadFile(list)
	if err != nil {
		t.Fatal(err)
	}
	var all []golden
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	if len(all) != len(goldenFiles) {
		t.Errorf("%d golden files, want %d", len(all), len(goldenFiles))
	}
	for _, want := range all {
		data, err := os.ReadFile(filepath.Join(dir, want.File))
		if err != nil {
			t.Fatal(err)
		}
		sig, err := decodeWhole(t.Context(), want.Format, bytes.NewReader(data))
		if err != nil {
			t.Errorf("%s: %v", want.File, err)
			continue
		}
		if sig.Rate != want.Rate || len(sig.Samples) != want.Samples {
			t.Errorf("%s: %d samples at %d Hz, want %d at %d", want.File, len(sig.Samples), sig.Rate, want.Samples, want.Rate)
			continue
		}
		tolerance := 2e-6
		if want.File == lostMusic {
			tolerance = 1e-4
		}
		levels, values := outline(sig.Samples)
		for i, v := range want.Levels {
			if math.Abs(levels[i]-v) > tolerance {
				t.Errorf("%s: part %d is of level %g, want %g", want.File, i, levels[i], v)
			}
		}
		for i, v := range want.Values {
			if math.Abs(values[i]-v) > tolerance {
				t.Errorf("%s: value %d is %g, want %g", want.File, i, values[i], v)
			}
		}
	}
}

// outline computes the levels and values of a golden file.
func outline(x []float32) (levels, values []float64) {
	const parts, samples = 16, 48
	for p := range parts {
		part := x[p*len(x)/parts : (p+1)*len(x)/parts]
		sum := 0.0
		for _, v := range part {
			sum += float64(v) * float64(v)
		}
		levels = append(levels, round(math.Sqrt(sum/float64(len(part)))))
	}
	for i := range samples {
		values = append(values, round(float64(x[i*len(x)/samples])))
	}
	return levels, values
}

func round(v float64) float64 { return math.Round(v*1e6) / 1e6 }

func writeGolden(t *testing.T, dir, list string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	var all []golden
	for _, g := range goldenFiles {
		file := filepath.Join(dir, g.file)
		n := int(goldenSeconds * float64(g.rate))
		if g.args != "" {
			encode(t, file, g.args, g.rate, g.channels, gridSounds[g.sound].make(g.rate, g.channels, n))
		}
		x := reference(t, g.format, file, g.channels, n)
		rate := g.rate
		if g.format == "opus" {
			rate = opusRate
		}
		levels, values := outline(x)
		all = append(all, golden{g.file, g.format, rate, len(x), levels, values})
	}
	text, err := json.MarshalIndent(all, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(list, append(text, '\n'), 0o600); err != nil {
		t.Fatal(err)
	}
}
