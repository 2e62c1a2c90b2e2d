package feature

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/media"
)

// extract runs an extraction with a cache in dir; want are both views' rows.
func extract(t *testing.T, m *letters, ds *dataset.Dataset, dir string, want ...string) {
	t.Helper()
	c := OpenCache(dir)
	e := Extractor{Cache: c, Workers: 2}
	b, _, err := e.Extract(context.Background(), ds, m.refs(t, ds))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	for i, s := range b.Stores {
		if got := texts(t, s, m.views[i].(*letterView).factor); !slices.Equal(got, want) {
			t.Fatalf("view %d: %q, want %q", i, got, want)
		}
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
}

// wantComputed checks how many rows each view computed since the last call.
func wantComputed(t *testing.T, m *letters, opened, first, second int64) {
	t.Helper()
	if o, a, b := m.opened.Swap(0), m.computed(0), m.computed(1); o != opened || a != first || b != second {
		t.Fatalf("opened %d files, computed %d and %d rows; want %d, %d and %d", o, a, b, opened, first, second)
	}
	for _, v := range m.views {
		v.(*letterView).done.Store(0)
	}
}

func segmentsIn(t *testing.T, dir string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		if filepath.Ext(n) != ".seg" {
			t.Fatalf("left behind: %s", n)
		}
	}
	return names
}

func TestCacheRemembersContent(t *testing.T) {
	dir, m := filepath.Join(t.TempDir(), "new", "cache"), newLetters()
	ds := lettersData(t, "ab", "-", "c", "ab")
	extract(t, m, ds, dir, "ab", "", "c", "ab")
	if n := m.opened.Load(); n != 2 && n != 3 { // the same content twice, perhaps at once
		t.Fatalf("opened %d files", n)
	}
	wantComputed(t, m, m.opened.Load(), m.computed(0), m.computed(1))
	extract(t, m, ds, dir, "ab", "", "c", "ab")
	wantComputed(t, m, 0, 0, 0)

	// Another name and place, the same content.
	extract(t, m, lettersData(t, "c", "ab"), dir, "c", "ab")
	wantComputed(t, m, 0, 0, 0)
}

func TestCacheNoticesWhatChanged(t *testing.T) {
	dir, m := t.TempDir(), newLetters()
	ds := lettersData(t, "ab", "cd")
	extract(t, m, ds, dir, "ab", "cd")
	wantComputed(t, m, 2, 2, 2)

	// A file: same name, same size, same time.
	path := filepath.Join(ds.Dir, "1.txt")
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("cx"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, info.ModTime(), info.ModTime()); err != nil {
		t.Fatal(err)
	}
	extract(t, m, ds, dir, "ab", "cx")
	wantComputed(t, m, 1, 1, 1)

	m.views[0].(*letterView).info.Version = 2
	extract(t, m, ds, dir, "ab", "cx")
	wantComputed(t, m, 2, 2, 0)

	m.views[1].(*letterView).info.Options = "x=2"
	extract(t, m, ds, dir, "ab", "cx")
	wantComputed(t, m, 2, 0, 2)

	m.views[1].(*letterView).info.Options = "x=1" // and back
	extract(t, m, ds, dir, "ab", "cx")
	wantComputed(t, m, 0, 0, 0)

	m.views[0].(*letterView).info.NoCache = true
	extract(t, m, ds, dir, "ab", "cx")
	wantComputed(t, m, 2, 2, 0)
}

// Whatever byte of a segment is damaged, its rows are right, and the next run finds everything.
func TestCacheHealsDamage(t *testing.T) {
	for _, at := range []int{0, 9, 25, 40, 60, -1} {
		t.Run(fmt.Sprint(at), func(t *testing.T) {
			dir, m := t.TempDir(), newLetters()
			ds := lettersData(t, "ab", "cd", "efg")
			extract(t, m, ds, dir, "ab", "cd", "efg")
			wantComputed(t, m, 3, 3, 3)
			for _, name := range segmentsIn(t, dir) {
				data, err := os.ReadFile(name)
				if err != nil {
					t.Fatal(err)
				}
				data[(at+len(data))%len(data)] ^= 0x40
				if err := os.WriteFile(name, data, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			extract(t, m, ds, dir, "ab", "cd", "efg")
			if m.computed(0) == 0 || m.computed(1) == 0 {
				t.Errorf("the damage was not noticed")
			}
			wantComputed(t, m, m.opened.Load(), m.computed(0), m.computed(1))
			extract(t, m, ds, dir, "ab", "cd", "efg")
			wantComputed(t, m, 0, 0, 0)
			// A damaged key is that of no file: nothing asks for it, so nothing removes it.
			if n := segmentsIn(t, dir); len(n) != 2 && at != 9 && at != 60 {
				t.Errorf("the damaged segments are still there: %v", n)
			}
		})
	}
}

func TestCacheReadsCutSegments(t *testing.T) {
	dir, m := t.TempDir(), newLetters()
	ds := lettersData(t, "ab", "cd", "efg")
	extract(t, m, ds, dir, "ab", "cd", "efg")
	for cut := int64(1); ; cut += 5 {
		names := segmentsIn(t, dir)
		info, err := os.Stat(names[0])
		if err != nil {
			t.Fatal(err)
		}
		if cut > info.Size() {
			break
		}
		if err := os.Truncate(names[0], info.Size()-cut); err != nil {
			t.Fatal(err)
		}
		extract(t, m, ds, dir, "ab", "cd", "efg")
	}
	wantComputed(t, m, m.opened.Load(), m.computed(0), m.computed(1))
	extract(t, m, ds, dir, "ab", "cd", "efg")
	wantComputed(t, m, 0, 0, 0)
}

// Two caches of one folder, as two processes would have them, at once and one after the other.
func TestCacheIsShared(t *testing.T) {
	dir := t.TempDir()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			m := newLetters()
			ds := lettersData(t, "a", "b", "c", "d")
			for range 10 {
				extract(t, m, ds, dir, "a", "b", "c", "d")
			}
		})
	}
	wg.Wait()
	m := newLetters()
	extract(t, m, lettersData(t, "d", "c", "b", "a"), dir, "d", "c", "b", "a")
	wantComputed(t, m, 0, 0, 0)
}

// A cache that was opened before another one merged the segments still reads them.
func TestCacheMergesSegments(t *testing.T) {
	dir, m := t.TempDir(), newLetters()
	var all []string
	for i := range mergeSegments - 1 {
		s := string(rune('A' + i))
		all = append(all, s)
		extract(t, m, lettersData(t, s), dir, s)
	}
	if n := len(segmentsIn(t, dir)); n != 2*(mergeSegments-1) {
		t.Fatalf("%d segments", n)
	}
	old := OpenCache(dir)
	first := old.viewCache("image", m.views[0].Info())
	extract(t, m, lettersData(t, "z"), dir, "z")
	wantComputed(t, m, mergeSegments, mergeSegments, mergeSegments)
	all = append(all, "z")
	extract(t, m, lettersData(t, all...), dir, all...) // merges
	if n := len(segmentsIn(t, dir)); n != 2 {
		t.Errorf("%d segments, want one a view", n)
	}
	if runtime.GOOS != "windows" { // where an open file cannot be removed
		key, err := ContentKey(t.Context(), []media.Source{media.File(filepath.Join(lettersData(t, "A").Dir, "0.txt"))})
		if err != nil {
			t.Fatal(err)
		}
		var w window
		if first.get(key, &w) == nil {
			t.Error("the older reader lost a row")
		}
	}
	if err := old.Close(); err != nil {
		t.Error(err)
	}
	extract(t, m, lettersData(t, all...), dir, all...)
	wantComputed(t, m, 0, 0, 0)
}

func TestCacheThatCannotBeWrittenIsNoFailure(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	m := newLetters()
	ds := lettersData(t, "ab")
	c := OpenCache(filepath.Join(file, "cache")) // beneath a file: not even root can make it
	e := Extractor{Cache: c}
	b, problems, err := e.Extract(context.Background(), ds, m.refs(t, ds))
	if err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
	if got := texts(t, b.Stores[0], 1); got[0] != "ab" {
		t.Errorf("%q", got)
	}
	if err := c.Close(); err == nil || !strings.Contains(err.Error(), "cannot write the feature cache in") {
		t.Errorf("Close says %v", err)
	}
	if err := c.Close(); err != nil {
		t.Errorf("said twice: %v", err)
	}
	if err := (*Cache)(nil).Close(); err != nil {
		t.Error(err)
	}
}

// What an interrupted process leaves has no final name, is not read, and goes after a day.
func TestCacheLeavesNothingHalfWritten(t *testing.T) {
	dir, m := t.TempDir(), newLetters()
	ds := lettersData(t, "ab")
	e := Extractor{Cache: OpenCache(dir)}
	if _, _, err := e.Extract(context.Background(), ds, m.refs(t, ds)); err != nil {
		t.Fatal(err)
	}
	if names, _ := filepath.Glob(filepath.Join(dir, "*", "*.seg")); len(names) != 0 { // not closed: interrupted
		t.Errorf("under a final name: %v", names)
	}
	parts, _ := filepath.Glob(filepath.Join(dir, "*", "*.tmp"))
	if len(parts) != 2 {
		t.Fatalf("unfinished: %v", parts)
	}
	wantComputed(t, m, 1, 1, 1)
	young := parts[0]
	if err := os.Chtimes(parts[1], time.Now(), time.Now().Add(-2*staleAfter)); err != nil {
		t.Fatal(err)
	}
	e = Extractor{Cache: OpenCache(dir)}
	if _, _, err := e.Extract(context.Background(), ds, m.refs(t, ds)); err != nil {
		t.Fatal(err)
	}
	wantComputed(t, m, 1, 1, 1)
	if err := e.Cache.Close(); err != nil {
		t.Fatal(err)
	}
	if parts, _ = filepath.Glob(filepath.Join(dir, "*", "*.tmp")); !slices.Equal(parts, []string{young}) {
		t.Errorf("unfinished: %v, want %s", parts, young)
	}
}

func TestContentKey(t *testing.T) {
	dir := t.TempDir()
	write := func(name, data string) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	a, b, ab, empty := write("a", "x"), write("b", "y"), write("ab", "xy"), write("empty", "")
	large := write("large", strings.Repeat("l", 200_000))
	larger := write("larger", strings.Repeat("l", 200_001))
	for _, f := range []string{"one/1.png", "one/2.png", "two/1.png", "three/2.png", "three/1.png", "three/.hidden"} {
		write(f, f[strings.Index(f, "/"):])
	}
	write("two/2.png", "other")
	write("swapped/1.png", "/2.png")
	write("swapped/2.png", "/1.png")
	folder := func(name string) string { return filepath.Join(dir, name) }
	seen := map[Key]string{}
	for _, paths := range [][]string{
		{a},
		{b},
		{a, b},
		{b, a},
		{ab},
		{empty},
		{a, empty},
		{empty, a},
		{empty, empty},
		{large},
		{larger},
		{folder("one")},
		{folder("two")},
		{folder("swapped")},
		{folder("one"), folder("two")},
		{folder("one"), a},
		{a, folder("one")},
	} {
		k, err := ContentKey(t.Context(), sourcesOf(paths))
		if err != nil {
			t.Fatal(err)
		}
		if before, ok := seen[k]; ok {
			t.Errorf("%v has the key of %s", paths, before)
		}
		seen[k] = fmt.Sprint(paths)
	}
	same := func(p, q string) {
		t.Helper()
		x, _ := ContentKey(t.Context(), []media.Source{media.File(p)})
		if y, err := ContentKey(t.Context(), []media.Source{media.File(q)}); err != nil || x != y {
			t.Errorf("%s and %s differ (%v)", p, q, err)
		}
	}
	same(a, write("copy", "x"))
	same(folder("one"), folder("three"))
	if _, err := ContentKey(t.Context(), []media.Source{media.File(folder("none"))}); !os.IsNotExist(err) {
		t.Errorf("error %v", err)
	}
}

func FuzzSegment(f *testing.F) {
	whole := []byte(segmentMagic)
	for i := range 3 {
		whole = appendEntry(whole, Key{byte(i)}, rowOf(i, 4*i))
	}
	f.Add(whole)
	f.Add(whole[:len(whole)-3])
	f.Add([]byte(segmentMagic))
	huge := slices.Clone(whole)
	binary.LittleEndian.PutUint32(huge[len(segmentMagic)+16:], 1<<32-1)
	f.Add(huge)
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte) {
		end := int64(len(segmentMagic))
		var keys []Key
		var places []place
		err := scanSegment(bytes.NewReader(data), int64(len(data)), func(k Key, off int64, n int) {
			if off != end || n < entryHead+entryTail || off+int64(n) > int64(len(data)) {
				t.Fatalf("an entry of %d bytes at %d of %d", n, off, len(data))
			}
			end += int64(n)
			keys, places = append(keys, k), append(places, place{off: off, len: n})
		})
		if err == nil && end != int64(len(data)) {
			t.Fatalf("%d of %d bytes make a whole segment", end, len(data))
		}
		if len(places) == 0 {
			return
		}
		name := filepath.Join(dir, "x.seg")
		if err := os.WriteFile(name, data, 0o644); err != nil {
			t.Fatal(err)
		}
		file, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		var w window
		for i, p := range places {
			p.seg = file
			entry, sound := p.read(keys[i], &w)
			if !sound {
				continue
			}
			var r Raw
			if err := readRecord(entry[entryHead:len(entry)-entryTail], &r); err != nil {
				t.Fatalf("a sound entry cannot be read: %v", err)
			}
			if !bytes.Equal(appendEntry(nil, keys[i], r), entry) {
				t.Fatal("an entry is not what was written")
			}
		}
	})
}

func BenchmarkRecall(b *testing.B) {
	m := newLetters()
	contents := make([]string, 500)
	for i := range contents {
		contents[i] = fmt.Sprint(strings.Repeat("x", 700), i)
	}
	ds, dir := lettersData(b, contents...), b.TempDir()
	for b.Loop() {
		c := OpenCache(dir)
		e := Extractor{Cache: c}
		features, _, err := e.Extract(context.Background(), ds, m.refs(b, ds))
		if err != nil {
			b.Fatal(err)
		}
		if err := c.Close(); err != nil {
			b.Fatal(err)
		}
		if err := features.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*len(contents)), "µs/row")
}

func sourcesOf(paths []string) (out []media.Source) {
	for _, p := range paths {
		out = append(out, media.File(p))
	}
	return out
}
