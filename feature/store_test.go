package feature

import (
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// rowOf is a row that can be told from every other.
func rowOf(i, n int) Raw {
	r := Raw{Dim: 2, Steps: n / 2, Values: make([]float32, n)}
	for k := range r.Values {
		r.Values[k] = float32(1000*i + k)
	}
	return r
}

func wantRow(t testing.TB, s *Store, i int, want Raw) {
	t.Helper()
	got := Raw{Values: []float32{9, 9, 9}, Index: []uint32{9}}
	if err := s.Get(i, &got); err != nil {
		t.Fatal(err)
	}
	if got.Dim != want.Dim || got.Steps != want.Steps || len(got.Values) != len(want.Values) || len(got.Index) != len(want.Index) {
		t.Fatalf("row %d: dim %d, steps %d, %d values, %d indices", i, got.Dim, got.Steps, len(got.Values), len(got.Index))
	}
	for k, v := range want.Values {
		if got.Values[k] != v {
			t.Fatalf("row %d: value %d is %g, want %g", i, k, got.Values[k], v)
		}
	}
	for k, v := range want.Index {
		if got.Index[k] != v {
			t.Fatalf("row %d: index %d is %d, want %d", i, k, got.Index[k], v)
		}
	}
	if s.Present(i) == want.Absent() {
		t.Fatalf("row %d: present %v", i, s.Present(i))
	}
}

// Rows that no memory holds lie in a file, in any order, and nothing is left of it.
func TestStoreSpills(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	t.Setenv("TMP", dir)
	const rows, width = 600, 8000 // 19 MB
	s := NewStore(rows)
	for k := range rows {
		i := k * 7 % rows
		if i%5 == 0 {
			continue
		}
		if err := s.Put(i, rowOf(i, width)); err != nil {
			t.Fatal(err)
		}
	}
	if s.held > spillBytes {
		t.Errorf("%d bytes in memory", s.held)
	}
	if s.file == nil {
		t.Error("nothing lies in a file")
	}
	// Where an open file needs no name, it goes with the process, however that ends.
	if names, _ := filepath.Glob(filepath.Join(dir, "*")); len(names) != 0 && runtime.GOOS != "windows" {
		t.Errorf("temporary files: %v", names)
	}
	for i := range rows {
		if i%5 == 0 {
			wantRow(t, s, i, Raw{})
		} else {
			wantRow(t, s, i, rowOf(i, width))
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	if err := s.Close(); err != nil {
		t.Errorf("closed twice: %v", err)
	}
}

func TestStoreRowLargerThanABlock(t *testing.T) {
	s := NewStore(3)
	defer s.Close() //nolint:errcheck // a test's file
	sizes := []int{blockBytes, 3 * spillBytes / 4, 10}
	for i, n := range sizes {
		if err := s.Put(i, rowOf(i, n)); err != nil {
			t.Fatal(err)
		}
	}
	for i, n := range sizes {
		wantRow(t, s, i, rowOf(i, n))
	}
}

func TestStorePutsAtOnce(t *testing.T) {
	const rows, writers = 400, 8
	s := NewStore(rows)
	defer s.Close() //nolint:errcheck // a test's file
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := w; i < rows; i += writers {
				if err := s.Put(i, rowOf(i, 8+i%5*4000)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	for w := range writers { // reading is safe at once as well
		wg.Go(func() {
			for i := range rows {
				wantRow(t, s, (i+w*50)%rows, rowOf((i+w*50)%rows, 8+(i+w*50)%rows%5*4000))
			}
		})
	}
	wg.Wait()
}

func TestStoreWithoutATemporaryFolder(t *testing.T) {
	gone := filepath.Join(t.TempDir(), "gone")
	t.Setenv("TMPDIR", gone)
	t.Setenv("TMP", gone)
	s := NewStore(3)
	for i := range 3 {
		if err := s.Put(i, rowOf(i, spillBytes/8)); err != nil {
			return // as it should
		}
	}
	t.Error("more than the memory holds was stored nowhere")
}

// A small store takes little memory: a service makes one for every request.
func TestSmallStoreIsSmall(t *testing.T) {
	s := NewStore(1)
	if err := s.Put(0, rowOf(0, 100)); err != nil {
		t.Fatal(err)
	}
	if s.held > 16<<10 {
		t.Errorf("a row of 400 bytes holds %d", s.held)
	}
}

func drawRaw(t *rapid.T) Raw {
	r := Raw{
		Dim: rapid.IntRange(0, 5).Draw(t, "dim"), Steps: rapid.IntRange(0, 5).Draw(t, "steps"),
		Values: rapid.SliceOfN(rapid.Float32(), 0, 40).Draw(t, "values"), Index: rapid.SliceOfN(rapid.Uint32(), 0, 9).Draw(t, "index"),
	}
	if r.Absent() {
		return Raw{}
	}
	return r
}

func TestStoreGivesBackWhatWasPut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 10).Draw(t, "rows")
		s, encoded, want := NewStore(n), NewStore(n), make([]Raw, n)
		for range rapid.IntRange(0, 20).Draw(t, "puts") { // the last one of a row counts
			i, r := rapid.IntRange(0, n-1).Draw(t, "row"), drawRaw(t)
			if err := s.Put(i, r); err != nil {
				t.Fatal(err)
			}
			if err := encoded.putRecord(i, appendRecord(nil, r)); err != nil {
				t.Fatal(err)
			}
			if !r.Absent() {
				want[i] = r
			}
		}
		var a, b Raw
		for i := range n {
			if err := s.Get(i, &a); err != nil {
				t.Fatal(err)
			}
			if err := encoded.Get(i, &b); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(appendRecord(nil, a), appendRecord(nil, want[i])) || !reflect.DeepEqual(appendRecord(nil, b), appendRecord(nil, want[i])) {
				t.Fatalf("row %d: %v and %v, want %v", i, a, b, want[i])
			}
		}
	})
}

func FuzzRecord(f *testing.F) {
	f.Add(appendRecord(nil, rowOf(1, 4)))
	f.Add(appendRecord(nil, Raw{Index: []uint32{1, 2}, Dim: 7}))
	f.Add([]byte("\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff\x01\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var r Raw
		if readRecord(data, &r) == nil && string(appendRecord(nil, r)) != string(data) {
			t.Errorf("%x was read as %v", data, r)
		}
	})
}

// A Store whose file is mapped reads what one whose file is not does, also what was put later, and
// every mapping ends.
func TestStoreMapped(t *testing.T) {
	before, long := mostMapped, longRow
	defer func() { mostMapped, longRow = before, long }()
	const rows, width = 600, 8000 // 19 MB
	for _, limits := range [][2]int64{{0, 1 << 20}, {before, 1 << 20}, {before, width}} {
		mostMapped, longRow = limits[0], limits[1]
		most := mostMapped
		if longRow == width { // of which a row takes several
			most = 0
		}
		s := NewStore(rows)
		put := func(from, to int) {
			for i := from; i < to; i++ {
				if err := s.Put(i, rowOf(i, width)); err != nil {
					t.Fatal(err)
				}
			}
		}
		put(0, rows/2)
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() {
				for i := range rows / 2 {
					wantRow(t, s, i, rowOf(i, width))
				}
			})
		}
		wg.Wait()
		if most == 0 && s.mapped != nil || runtime.GOOS == "linux" && most > 0 && s.mapped == nil {
			t.Errorf("with the limits %d the file is mapped: %v", limits, s.mapped != nil)
		}
		put(rows/2, rows)
		for i := range rows {
			wantRow(t, s, i, rowOf(i, width))
		}
		if s.mapped != nil && mappedBytes.Load() == 0 {
			t.Error("a mapping is not counted")
		}
		for range 2 {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
		if err := s.Get(0, &Raw{}); err == nil {
			t.Error("a closed store is read")
		}
	}
	for range 100 { // those of other tests' stores, which nobody closes
		if runtime.GC(); mappedBytes.Load() == 0 {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Errorf("%d bytes are mapped still", mappedBytes.Load())
}
