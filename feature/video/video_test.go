package video

import (
	"bytes"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/feature"
	imageview "github.com/fusor-ml/fusor/feature/image"
	"github.com/fusor-ml/fusor/internal/codec/avi"
	"github.com/fusor-ml/fusor/internal/vision"
	"github.com/fusor-ml/fusor/media"
)

const side = 32

// square is a picture with a white square whose left edge is at x.
func square(x int) *image.Gray {
	m := image.NewGray(image.Rect(0, 0, side, side))
	for dy := range 8 {
		for dx := range 8 {
			m.SetGray(x+dx, 12+dy, color.Gray{255})
		}
	}
	return m
}

func writeFile(t testing.TB, dir, name string, data []byte) string {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

// aviOf is a clip of pictures at 10 a second, with a tone or without.
func aviOf(t testing.TB, hz float64, pictures ...*image.Gray) []byte {
	t.Helper()
	var frames [][]byte
	for _, m := range pictures {
		var b bytes.Buffer
		if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 95}); err != nil {
			t.Fatal(err)
		}
		frames = append(frames, b.Bytes())
	}
	var sound []int16
	if hz > 0 {
		sound = make([]int16, 16000)
		for i := range sound {
			sound[i] = int16(12000 * math.Sin(2*math.Pi*hz*float64(i)/16000))
		}
	}
	var b bytes.Buffer
	if err := avi.Write(&b, avi.Info{Width: side, Height: side, FrameSeconds: 0.1, Rate: 16000}, frames, sound); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func gifOf(t testing.TB, pictures ...*image.Gray) []byte {
	t.Helper()
	var grays color.Palette
	for i := range 256 {
		grays = append(grays, color.Gray{uint8(i)})
	}
	g := &gif.GIF{}
	for _, m := range pictures {
		p := image.NewPaletted(m.Bounds(), grays)
		copy(p.Pix, m.Pix)
		g.Image, g.Delay = append(g.Image, p), append(g.Delay, 10)
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, g); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func opened(t testing.TB, dir string, names ...string) any {
	t.Helper()
	it, err := Modality().Open(t.Context(), &dataset.Cell{Files: names}, &dataset.Column{Kind: media.Video}, media.Folder{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	return it
}

func extracted(t testing.TB, v feature.View, item any) feature.Raw {
	t.Helper()
	r, err := v.Extract(item)
	if err != nil {
		t.Fatal(err)
	}
	for i, x := range r.Values {
		if x != x || x > 100 || x < -100 {
			t.Fatalf("%s: value %d is %g", v.Info().Name, i, x)
		}
	}
	return r
}

// moves are n pictures of a square that goes from left to right.
func moves(n int) []*image.Gray {
	var out []*image.Gray
	for i := range n {
		out = append(out, square(i*(side-8)/max(1, n-1)))
	}
	return out
}

func TestViewsOfAnAVI(t *testing.T) {
	dir := t.TempDir()
	it := opened(t, dir, writeFile(t, dir, "a.avi", aviOf(t, 440, moves(8)...)))
	visual, stills, sound := extracted(t, Visual{}, it), extracted(t, Stills{}, it), extracted(t, Audio{}, it)
	if visual.Steps != 8 || visual.Dim != 514 || len(visual.Values) != 8*514 {
		t.Errorf("visual: %d steps of %d, %d values", visual.Steps, visual.Dim, len(visual.Values))
	}
	if stills.Dim != 1316 || len(stills.Values) != 1316 {
		t.Errorf("stills: %d of %d values", len(stills.Values), stills.Dim)
	}
	if sound.Absent() || sound.Dim != len(sound.Values) {
		t.Errorf("audio: %d of %d values", len(sound.Values), sound.Dim)
	}
}

// The motion is where the square went: nothing before, then ever further right.
func TestMotionFollowsTheSquare(t *testing.T) {
	dir := t.TempDir()
	r := extracted(t, Visual{}, opened(t, dir, writeFile(t, dir, "a.gif", gifOf(t, moves(7)...))))
	at := func(step int) []float32 { return r.Values[(step+1)*r.Dim-motionDim : (step+1)*r.Dim] }
	for i, v := range at(0) {
		if v != 0 {
			t.Errorf("motion %d of the first picture is %g", i, v)
		}
	}
	before := float32(-1)
	for step := 1; step < 7; step++ {
		m := at(step)
		x, y := m[motionDim-2], m[motionDim-1]
		if x <= before || math.Abs(float64(y)) > 0.1 {
			t.Errorf("step %d: the changes' centre is at %g, %g after %g", step, x, y, before)
		}
		before = x
		for cell, v := range m[:motionGrid*motionGrid] {
			if row := cell / motionGrid; (row == 0 || row == 3) && v != 0 {
				t.Errorf("step %d: motion %g in row %d", step, v, row)
			}
		}
	}
}

// A clip that does not move has no motion, and all its steps are alike.
func TestStandingStill(t *testing.T) {
	dir := t.TempDir()
	still := []*image.Gray{square(4), square(4), square(4)}
	it := opened(t, dir, writeFile(t, dir, "a.gif", gifOf(t, still...)))
	r := extracted(t, Visual{}, it)
	for step := 1; step < 3; step++ {
		if !slices.Equal(r.Values[:r.Dim], r.Values[step*r.Dim:(step+1)*r.Dim]) {
			t.Errorf("step %d differs", step)
		}
	}
	s := extracted(t, Stills{}, it).Values
	for i, v := range s[len(s)-surfaceDim:] {
		if v > 1e-3 {
			t.Errorf("deviation %d is %g", i, v)
		}
	}
	one := extracted(t, Stills{}, opened(t, dir, writeFile(t, dir, "b.gif", gifOf(t, still[0])))).Values
	for i := range s {
		if math.Abs(float64(s[i]-one[i])) > 1e-3 {
			t.Fatalf("value %d: %g of three pictures, %g of one", i, s[i], one[i])
		}
	}
}

// What the first step holds is what the image package makes of the first picture.
func TestStepsAreFrames(t *testing.T) {
	dir := t.TempDir()
	r := extracted(t, Visual{}, opened(t, dir, writeFile(t, dir, "a.gif", gifOf(t, moves(3)...))))
	rgb := make([]uint8, 0, 3*side*side)
	for _, v := range square(0).Pix {
		rgb = append(rgb, v, v, v)
	}
	m := vision.FromRGB(side, side, rgb)
	want := imageview.AppendFrame(imageview.AppendOutline(nil, m, stepGrid), m)
	if !slices.Equal(r.Values[:len(want)], want) {
		t.Error("the first step is not the first picture")
	}
}

func TestLongClipsAreSampledEvenly(t *testing.T) {
	dir := t.TempDir()
	it := opened(t, dir, writeFile(t, dir, "a.gif", gifOf(t, moves(64)...))).(*item)
	if n := len(it.clips[0].Frames); n != 64 {
		t.Fatalf("%d pictures", n)
	}
	p := it.pictures()
	if len(p) != Steps {
		t.Fatalf("%d taken", len(p))
	}
	for i := range p {
		if p[i] != it.clips[0].Frames[4*i+2] {
			t.Errorf("picture %d is not number %d", i, 4*i+2)
		}
	}
}

// Several files are one clip, across a change of size; the sound is joined.
func TestSeveralFiles(t *testing.T) {
	dir := t.TempDir()
	a := writeFile(t, dir, "a.avi", aviOf(t, 300, moves(3)...))
	b := writeFile(t, dir, "b.avi", aviOf(t, 300, moves(2)...))
	small := image.NewGray(image.Rect(0, 0, 16, 20))
	c := writeFile(t, dir, "c.gif", gifOf(t, small))
	r := extracted(t, Visual{}, opened(t, dir, a, b, c))
	if r.Steps != 6 {
		t.Errorf("%d steps", r.Steps)
	}
	for _, v := range r.Values[6*r.Dim-motionDim:] {
		if v != 0 {
			t.Errorf("motion %g across a change of size", v)
		}
	}
	one, both := extracted(t, Audio{}, opened(t, dir, a)), extracted(t, Audio{}, opened(t, dir, a, b, c))
	if slices.Equal(one.Values, both.Values) {
		t.Error("the second file's sound is not there")
	}
}

func TestWithoutSoundTheAudioIsAbsent(t *testing.T) {
	dir := t.TempDir()
	if r := extracted(t, Audio{}, opened(t, dir, writeFile(t, dir, "a.avi", aviOf(t, 0, moves(3)...)))); !r.Absent() {
		t.Errorf("%d values of no sound", len(r.Values))
	}
}

func TestFolderOfPictures(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "clip"), 0o755); err != nil {
		t.Fatal(err)
	}
	for i, m := range moves(3) {
		var b bytes.Buffer
		if err := jpeg.Encode(&b, m, nil); err != nil {
			t.Fatal(err)
		}
		writeFile(t, filepath.Join(dir, "clip"), string(rune('a'+i))+".jpg", b.Bytes())
	}
	if r := extracted(t, Visual{}, opened(t, dir, "clip")); r.Steps != 3 {
		t.Errorf("%d steps", r.Steps)
	}
}

// What of a file was not looked at is said with the file's name.
func TestFlags(t *testing.T) {
	dir := t.TempDir()
	whole := aviOf(t, 300, moves(4)...)
	broken := bytes.Clone(whole)
	copy(broken[bytes.LastIndex(broken, []byte{0xff, 0xd8, 0xff}):], "no picture")
	it := opened(t, dir, writeFile(t, dir, "a.avi", whole), writeFile(t, dir, "b.avi", broken))
	f := it.(feature.Warner).Flags()
	if len(f) != 1 || !strings.HasPrefix(f[0], "b.avi: 1 of the 4 pictures") {
		t.Errorf("flags %q", f)
	}
}

func TestErrors(t *testing.T) {
	dir := t.TempDir()
	for name, data := range map[string]string{"empty.avi": "", "text.avi": "this is no video at all, but a text of some length", "cut.gif": "GIF89a"} {
		writeFile(t, dir, name, []byte(data))
		if _, err := Modality().Open(t.Context(), &dataset.Cell{Files: []string{name}}, nil, media.Folder{Dir: dir}); err == nil {
			t.Errorf("%s was opened", name)
		}
	}
	for _, v := range Modality().Views() {
		if _, err := v.Extract("a text"); err == nil || !strings.Contains(err.Error(), "string") {
			t.Errorf("%s: error %v", v.Info().Name, err)
		}
	}
}

func TestModality(t *testing.T) {
	if Modality().Kind() != media.Video {
		t.Error("not the kind video")
	}
	var names []string
	for _, v := range Modality().Views() {
		info := v.Info()
		names = append(names, info.Name)
		if !info.Default || info.Doc == "" || info.Version < 1 {
			t.Errorf("%+v", info)
		}
	}
	if !slices.Equal(names, []string{"stills", "visual", "audio"}) {
		t.Errorf("views %v", names)
	}
}

// TestOpenNamesFile: what cannot be opened is told with the cell's own path and, where it goes
// through ffmpeg, with its format.
func TestOpenNamesFile(t *testing.T) {
	dir := t.TempDir()
	whole := aviOf(t, 0, square(2), square(12))
	if err := os.Mkdir(filepath.Join(dir, "frames"), 0o755); err != nil {
		t.Fatal(err)
	}
	writeFile(t, dir, "good.avi", whole)
	writeFile(t, dir, "cut.avi", whole[:len(whole)-200])
	writeFile(t, dir, "text.mp4", []byte("just words"))
	writeFile(t, dir, "junk.mp4", []byte("\x00\x00\x00\x20ftypisom\x00\x00\x02\x00and nothing more"))
	f := func(want string, files ...string) {
		t.Helper()
		_, err := Modality().Open(t.Context(), &dataset.Cell{Files: files}, &dataset.Column{Name: "clip"}, media.Folder{Dir: dir})
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v: %v, want %q", files, err, want)
		}
	}
	f("cut.avi: AVI file", "cut.avi")
	f("cut.avi: AVI file", "good.avi", "cut.avi")
	f("text.mp4: not a video: it is text", "text.mp4")
	f("junk.mp4: cannot decode mp4: ", "junk.mp4")
	f("frames: the folder holds no pictures", "frames")
	f("gone.avi: no such file", "gone.avi")
}
