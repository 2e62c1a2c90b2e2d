// Package demo makes a small data set of text, images, audio and video in which
// no single modality suffices: field notes on eight kinds of bird.
//
// A kind is three traits: size, color and song. The note shows size and
// (sometimes) color, the photo color and song posture, the recording song and
// size, the video flight, which goes with size and song. Each shows its traits
// with errors, and some cells are empty. So a perfect reader of one modality
// gets about half the rows right, and one of all of them nearly all.
package demo

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/fusor-ml/fusor/internal/durable"
)

// Rows is the number of samples; a fixed part of them is for validation and test.
const Rows = 420

// version is part of the folder's mark: a folder made by another version is made anew.
const version = "birds 2\n"

// Names of the kinds, by the bits size, color, song.
var names = [8]string{
	"ash warbler", "ash whistler", "ruby warbler", "ruby whistler",
	"great ash warbler", "great ash whistler", "great ruby warbler", "great ruby whistler",
}

// chineseNames are the same kinds where the data are in Chinese.
var chineseNames = [8]string{"灰柳莺", "灰啸鸫", "红柳莺", "红啸鸫", "大灰柳莺", "大灰啸鸫", "大红柳莺", "大红啸鸫"}

// mark is what a complete folder holds: the version, and the language of the data.
func mark(chinese bool) string {
	if chinese {
		return version + "zh\n"
	}
	return version
}

// bird is one sample: its kind, and what each modality shows of it.
type bird struct {
	kind  int
	rng   *rand.Rand
	large bool // what is shown, errors included
	ruby  bool
	song  bool // rising, not falling
}

// shown draws the traits as one modality shows them: each wrong in 4 % of the cases.
func shown(kind int, rng *rand.Rand) bird {
	const wrong = 0.04
	bit := func(k int) bool { return (kind>>k&1 == 1) != (rng.Float64() < wrong) }
	return bird{kind: kind, rng: rng, large: bit(2), ruby: bit(1), song: bit(0)}
}

// Make writes the set, with notes and names in Chinese if that is wanted, to dir unless it is
// there already, and returns the
// manifest's path. The same version writes the same bytes.
func Make(dir string, chinese bool, progress func(done, total int)) (manifest string, err error) {
	manifest, complete := filepath.Join(dir, "birds.csv"), filepath.Join(dir, ".complete")
	if data, err := os.ReadFile(complete); err == nil && string(data) == mark(chinese) {
		return manifest, nil
	}
	for _, sub := range []string{"photo", "song", "flight"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			return "", fmt.Errorf("cannot make the demo's folder: %w", err)
		}
	}
	var table bytes.Buffer
	w := csv.NewWriter(&table)
	w.UseCRLF = false
	if err := w.Write([]string{"id", "split", "label", "note", "photo", "song", "flight"}); err != nil {
		return "", err
	}
	rows, err := samples(dir, chinese, progress)
	if err != nil {
		return "", err
	}
	if err := w.WriteAll(rows); err != nil {
		return "", err
	}
	w.Flush()
	if err := w.Error(); err != nil {
		return "", err
	}
	if err := durable.WriteFile(manifest, table.Bytes()); err != nil {
		return "", err
	}
	return manifest, durable.WriteFile(complete, []byte(mark(chinese)))
}

// samples makes every row, on all cores; each row has random streams of its own.
func samples(dir string, chinese bool, progress func(done, total int)) ([][]string, error) {
	rows, errs := make([][]string, Rows), make([]error, Rows)
	var next, done atomic.Int64
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < Rows; i = int(next.Add(1)) - 1 {
				rows[i], errs[i] = sample(dir, chinese, i)
				if progress != nil {
					mu.Lock()
					progress(int(done.Add(1)), Rows)
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	return rows, errors.Join(errs...)
}

// sample writes the media of row i and returns its cells.
func sample(dir string, chinese bool, i int) ([]string, error) {
	kind := i % len(names)
	rng := func(purpose uint64) *rand.Rand { return rand.New(rand.NewPCG(uint64(i), purpose)) }
	split := [...]string{"train", "val", "train", "test", "train", "test", "train", "val", "train", "test"}[(i/len(names))%10]
	label := names[kind]
	if chinese {
		label = chineseNames[kind]
	}
	row := []string{fmt.Sprintf("bird-%03d", i), split, label, note(shown(kind, rng(1)), chinese), "", "", ""}
	media := []struct {
		file string
		make func(bird) ([]byte, error)
	}{
		{fmt.Sprintf("photo/%03d.png", i), photo},
		{fmt.Sprintf("song/%03d.wav", i), song},
		{fmt.Sprintf("flight/%03d.avi", i), flight},
	}
	missing := rng(9)
	if missing.Float64() < 0.06 {
		row[3] = ""
	}
	for k, m := range media {
		if missing.Float64() < 0.06 {
			continue
		}
		data, err := m.make(shown(kind, rng(uint64(k+2))))
		if err != nil {
			return nil, fmt.Errorf("cannot make %s: %w", m.file, err)
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(m.file)), data, 0o644); err != nil {
			return nil, fmt.Errorf("cannot make the demo's files: %w", err)
		}
		row[4+k] = m.file
	}
	return row, nil
}
