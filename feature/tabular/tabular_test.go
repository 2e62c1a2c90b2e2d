package tabular

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/media"
)

func column(kinds ...media.Kind) *dataset.Column {
	c := &dataset.Column{Name: "table", Kind: media.Table}
	for i, k := range kinds {
		c.Fields = append(c.Fields, dataset.Field{Name: fmt.Sprintf("f%d", i), Kind: k})
	}
	return c
}

func extract(t testing.TB, col *dataset.Column, cells ...string) (feature.Raw, []string) {
	t.Helper()
	item, err := Table().Open(t.Context(), &dataset.Cell{Fields: cells}, col, media.Folder{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := fields{}.Extract(item)
	if err != nil {
		t.Fatal(err)
	}
	return r, item.(*Row).Flags()
}

func fit(t testing.TB, col *dataset.Column, rows ...[]string) feature.State {
	t.Helper()
	f := fields{}.NewFitter(feature.PerFeature)
	for _, row := range rows {
		r, _ := extract(t, col, row...)
		f.Add(r)
	}
	s, err := f.State()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func apply(t testing.TB, s feature.State, col *dataset.Column, cells ...string) []float32 {
	t.Helper()
	r, _ := extract(t, col, cells...)
	var dst feature.Raw
	s.Apply(&dst, r)
	if len(dst.Values) != s.Dim() {
		t.Fatalf("%d values, the state's width is %d", len(dst.Values), s.Dim())
	}
	return dst.Values
}

func near(t *testing.T, got []float32, want ...float64) {
	t.Helper()
	ok := len(got) == len(want)
	for i := range want {
		ok = ok && math.Abs(float64(got[i])-want[i]) < 1e-5
	}
	if !ok {
		t.Fatalf("got %v, want %v", got, want)
	}
}

func single(cells ...string) [][]string {
	rows := make([][]string, len(cells))
	for i, c := range cells {
		rows[i] = []string{c}
	}
	return rows
}

func TestNumbers(t *testing.T) {
	col := column(media.Number)
	s := fit(t, col, single("1", "3")...)
	near(t, apply(t, s, col, "3"), 1)
	near(t, apply(t, s, col, ""), 0) // training missed none: no indicator
	near(t, apply(t, s, col, "1e300"), feature.ClipAt)
	s = fit(t, col, single("1", "3", "", "NaN", "x", "inf")...)
	near(t, apply(t, s, col, "1"), -1, 0)
	near(t, apply(t, s, col, "n/a"), 0, 1)
	near(t, apply(t, fit(t, col, single("5", "5")...), col, "7"), 0)
	near(t, apply(t, fit(t, col, single("", "NA")...), col, "7"), 0, 0)
	if _, flags := extract(t, col, "abc"); len(flags) != 1 || !strings.Contains(flags[0], `"f0"`) || !strings.Contains(flags[0], "abc") {
		t.Errorf("flags %v", flags)
	}
}

// The scale follows from the training values alone.
func TestNumberScales(t *testing.T) {
	scale := func(f func(i int) float64) fieldState {
		var n numberFit
		for i := range 1000 {
			n.push(f(i))
		}
		return n.state()
	}
	want := func(name string, s fieldState, scale string) {
		t.Helper()
		if s.Scale != scale {
			t.Errorf("%s: %s, want %s", name, s.Scale, scale)
		}
	}
	u := func(i int) float64 { return (float64(i) + 0.5) / 1000 }
	normal := func(i int) float64 { return math.Sqrt2 * math.Erfinv(2*u(i)-1) }
	want("uniform", scale(u), "standard")
	want("normal", scale(normal), "standard")
	want("log-normal", scale(func(i int) float64 { return math.Exp(4 + 1.5*normal(i)) }), "log")
	cauchy := func(i int) float64 { return math.Pow(math.Tan(math.Pi*(u(i)-0.5)), 3) * 1e3 * (1 + u(i)) }
	want("heavy on both sides", scale(cauchy), "quantile")
	want("rare flag", scale(func(i int) float64 { return float64(i / 990) }), "standard")

	s := scale(cauchy)
	last := float32(math.Inf(-1))
	for i := range 1000 {
		z := s.number(cauchy(i))
		if z < last || math.Abs(float64(z)-max(-2.58, min(2.58, normal(i)))) > 0.3 {
			t.Fatalf("row %d: %g after %g, normal score %g", i, z, last, normal(i))
		}
		last = z
	}
	for _, v := range []float64{math.MaxFloat64, -math.MaxFloat64, 1e38, -1e38} {
		if z := float64(s.number(v)); math.IsNaN(z) || math.Abs(z) > 3 {
			t.Errorf("%g became %g", v, z)
		}
	}
}

func TestCategories(t *testing.T) {
	col := column(media.Category)
	rows := single("a", "a", "a", "a", "b", "b", "b", "rare", " a ")
	s := fit(t, col, rows...)
	near(t, apply(t, s, col, "a"), 1, 0, 0)
	near(t, apply(t, s, col, "b"), 0, 1, 0)
	near(t, apply(t, s, col, "rare"), 0, 0, 1)
	near(t, apply(t, s, col, "never seen"), 0, 0, 1)
	near(t, apply(t, s, col, ""), 0, 0, 0)
	long := strings.Repeat("长", 100)
	s = fit(t, col, single("", long, long, long, long+"x", long+"x", long+"x")...)
	a, b := apply(t, s, col, long), apply(t, s, col, long+"x")
	if slices.Equal(a, b) || a[0]+a[1] != 1 || b[0]+b[1] != 1 {
		t.Errorf("two long levels became %v and %v", a, b)
	}
	near(t, apply(t, s, col, "new"), 0, 0, 0) // no rare level in training
	near(t, apply(t, s, col, ""), 0, 0, 1)

	var many [][]string
	for i := range 1000 {
		many = append(many, single(fmt.Sprint(i), fmt.Sprint(i), fmt.Sprint(i))...)
	}
	if d := fit(t, col, many...).Dim(); d != maxLevels+1 {
		t.Errorf("1000 levels became %d dimensions", d)
	}
}

func TestDatesAndBooleans(t *testing.T) {
	col := column(media.Date)
	s := fit(t, col, single("2024-01-01", "2024/1/3")...)
	year := 2 * math.Pi * 2 / 365.25
	week := 2 * math.Pi * 3 / 7 // Wednesday
	near(t, apply(t, s, col, "2024年1月3日"), math.Sin(year), math.Cos(year), math.Sin(week), math.Cos(week), 1)
	s = fit(t, col, single("2024-01-01 06:00", "2024-01-01T18:00:00+08:00", "")...)
	got := apply(t, s, col, "2024-01-01T18:00:00+08:00")
	near(t, got[4:], 1, -1, 0, 0)
	near(t, apply(t, s, col, "not a date"), 0, 0, 0, 0, 0, 0, 0, 1)

	col = column(media.Boolean)
	s = fit(t, col, single("yes", "否")...)
	near(t, apply(t, s, col, "TRUE"), 1)
	near(t, apply(t, s, col, "false"), -1)
	near(t, apply(t, s, col, ""), 0)
}

func TestVectors(t *testing.T) {
	col := &dataset.Column{Name: "v", Kind: media.Vector, Dim: 3}
	open := func(c dataset.Cell) (feature.Raw, error) {
		item, err := Vectors().Open(t.Context(), &c, col, media.Folder{})
		if err != nil {
			return feature.Raw{}, err
		}
		return vector{}.Extract(item)
	}
	r, err := open(dataset.Cell{Vector: []float32{1, 2, 3}})
	if err != nil || r.Dim != 3 || !slices.Equal(r.Values, []float32{1, 2, 3}) {
		t.Errorf("got %v, %v", r, err)
	}
	r, err = open(dataset.Cell{Text: "[1, -2, 3e0]"})
	if err != nil || !slices.Equal(r.Values, []float32{1, -2, 3}) {
		t.Errorf("got %v, %v", r, err)
	}
	for _, c := range []dataset.Cell{{}, {Vector: []float32{1}}, {Text: "[1,2]"}, {Text: "[1,2,1e300]"}, {Text: "[1,2,"}, {Text: `["a"]`}, {Text: "[1,null,3]"}, {Vector: []float32{1, float32(math.NaN()), 3}}, {Vector: []float32{1, 2, float32(math.Inf(-1))}}} {
		if r, err := open(c); err == nil {
			t.Errorf("%v became %v", c, r)
		}
	}
}

func TestFieldErrors(t *testing.T) {
	col := column(media.Number, media.Number)
	if _, err := Table().Open(t.Context(), &dataset.Cell{Fields: []string{"1"}}, col, media.Folder{}); err == nil {
		t.Error("a short row was taken")
	}
	if _, err := Table().Open(t.Context(), &dataset.Cell{Fields: []string{"1"}}, column(media.Image), media.Folder{}); err == nil {
		t.Error("an image was taken for a field")
	}
	if _, err := (&fieldsFitter{}).State(); !errors.Is(err, feature.ErrNoRows) {
		t.Errorf("no rows: %v", err)
	}
	a, _ := extract(t, column(media.Number), "1")
	b, _ := extract(t, col, "1", "2")
	f := &fieldsFitter{}
	f.Add(a)
	f.Add(b)
	if _, err := f.State(); err == nil {
		t.Error("rows of different widths were fitted")
	}
	s := fit(t, col, []string{"1", "2"}, []string{"2", "3"})
	var dst feature.Raw
	s.Apply(&dst, a)
	if len(dst.Values) != 0 {
		t.Error("a record of other fields was applied")
	}
	for _, in := range []string{``, `{}`, `{"fields":[{"kind":"x"}]}`, `{"fields":[{"kind":"number","scale":"quantile"}]}`} {
		if _, err := loadFields(json.RawMessage(in)); err == nil {
			t.Errorf("%q was loaded", in)
		}
	}
}

// Merging two fits equals fitting all rows, and a loaded state is the saved one.
func TestFieldLaws(t *testing.T) {
	col := column(media.Number, media.Category, media.Date, media.Boolean)
	row := rapid.Custom(func(t *rapid.T) []string {
		return []string{
			rapid.SampledFrom([]string{"", "1", "2.5", "1e6", "-3", "7", "8", "9", "10", "11", "12"}).Draw(t, "number"),
			rapid.SampledFrom([]string{"", "a", "b", "c"}).Draw(t, "category"),
			rapid.SampledFrom([]string{"", "2024-01-01", "2023-05-06 07:08", "1999-12-31"}).Draw(t, "date"),
			rapid.SampledFrom([]string{"", "true", "false"}).Draw(t, "boolean"),
		}
	})
	rapid.Check(t, func(rt *rapid.T) {
		a, b := rapid.SliceOfN(row, 0, 20).Draw(rt, "a"), rapid.SliceOfN(row, 1, 20).Draw(rt, "b")
		one, left, right := &fieldsFitter{}, &fieldsFitter{}, &fieldsFitter{}
		add := func(rows [][]string, fs ...*fieldsFitter) {
			for _, cells := range rows {
				r, _ := extract(t, col, cells...)
				for _, f := range fs {
					f.Add(r)
				}
			}
		}
		add(a, one, left)
		add(b, one, right)
		left.Merge(right)
		s1, err := one.State()
		if err != nil {
			rt.Fatal(err)
		}
		s2, err := left.State()
		if err != nil {
			rt.Fatal(err)
		}
		j1, _ := json.Marshal(s1)
		if j2, _ := json.Marshal(s2); string(j1) != string(j2) {
			rt.Fatalf("added %s\nmerged %s", j1, j2)
		}
		s3, err := loadFields(j1)
		if err != nil {
			rt.Fatal(err)
		}
		for _, cells := range append(a, b...) {
			x, y := apply(t, s1, col, cells...), apply(t, s3, col, cells...)
			if !slices.Equal(x, y) {
				rt.Fatalf("loaded: %v, before: %v", y, x)
			}
			for _, v := range x {
				if v != v || v > feature.ClipAt || v < -feature.ClipAt {
					rt.Fatalf("%v of %v", x, cells)
				}
			}
		}
	})
}

// A narrowed state has the dimensions that were asked for, also when it was saved.
func TestNarrow(t *testing.T) {
	col := column(media.Number, media.Category, media.Date)
	rows := [][]string{{"1", "a", "2024-01-01"}, {"2", "b", "2024-05-01"}, {"", "a", ""}, {"4", "b", "2023-01-01"}, {"4", "a", "2023-01-01"}, {"5", "b", "2023-01-01"}}
	all := fit(t, col, rows...)
	keep := []int{1, 3, all.Dim() - 1}
	some, err := all.(*fieldsState).Narrow(keep)
	if err != nil || some.Dim() != len(keep) {
		t.Fatalf("%d dimensions, %v", some.Dim(), err)
	}
	data, err := json.Marshal(some)
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := loadFields(data)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		whole := apply(t, all, col, row...)
		want := []float32{whole[keep[0]], whole[keep[1]], whole[keep[2]]}
		if got := apply(t, some, col, row...); !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", row, got, want)
		}
		if got := apply(t, loaded, col, row...); !slices.Equal(got, want) {
			t.Errorf("%q: loaded %v, want %v", row, got, want)
		}
	}
	twice, err := some.(*fieldsState).Narrow([]int{2})
	if got := apply(t, twice, col, rows[0]...); err != nil || got[0] != apply(t, all, col, rows[0]...)[keep[2]] {
		t.Errorf("narrowed twice: %v, %v", got, err)
	}
	for _, wrong := range [][]int{{}, {2, 1}, {-1}, {all.Dim()}} {
		if _, err := all.(*fieldsState).Narrow(wrong); err == nil {
			t.Errorf("%v was taken", wrong)
		}
	}
}

func TestLargeSampleIsThinned(t *testing.T) {
	var one, left, right numberFit
	for i := range 300_000 {
		v := float64(i * 7919 % 300_007)
		one.push(v)
		if i < 100_000 {
			left.push(v)
		} else {
			right.push(v)
		}
	}
	left.join(&right.sample)
	for _, f := range []*numberFit{&one, &left} {
		if len(f.kept) > maxSample {
			t.Errorf("%d values are kept", len(f.kept))
		}
		if mean := f.state().Mean; math.Abs(mean-150_000) > 2000 {
			t.Errorf("mean %g", mean)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"1,234.5", "50%", "2024年2月3日", "是", "[1, null]", "-¥12", "13/2/2024 10:00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if v, err := ParseVector(s); err == nil && len(v) == 0 {
			t.Fatalf("%q became an empty vector", s)
		}
		col := column(media.Number, media.Category, media.Date, media.Boolean)
		st := fit(t, col, []string{s, s, s, s}, []string{"1", "a", "2024-01-01 10:00", "true"})
		for _, x := range apply(t, st, col, s, s, s, s) {
			if x != x {
				t.Fatalf("%q gave NaN", s)
			}
		}
	})
}

func FuzzLoadFields(f *testing.F) {
	col := column(media.Number, media.Category)
	st, _ := json.Marshal(fit(f, col, []string{"1", "a"}, []string{"", "a"}))
	f.Add(st, []byte{0, 8, 0, 0})
	f.Fuzz(func(t *testing.T, data, record []byte) {
		s, err := loadFields(data)
		if err != nil {
			return
		}
		var r feature.Raw
		for i, b := range record {
			r.Index = append(r.Index, uint32(b)<<(8*(i%2)))
		}
		var dst feature.Raw
		s.Apply(&dst, r)
		for _, v := range dst.Values {
			if v != v {
				t.Fatal("NaN")
			}
		}
	})
}

// A released row leaves its memory, and nothing of itself, to the next.
func TestRelease(t *testing.T) {
	col := column(media.Number, media.Category, media.Number)
	want, _ := extract(t, col, "1.5", "red", "")
	next := func(cells ...string) (r feature.Raw, flags []string) {
		item, err := Table().Open(t.Context(), &dataset.Cell{Fields: cells}, col, media.Folder{})
		if err != nil {
			t.Fatal(err)
		}
		if r, err = (fields{}).Extract(item); err != nil {
			t.Fatal(err)
		}
		flags = item.(*Row).Flags()
		item.(feature.Releaser).Release()
		return r, flags
	}
	next("much", "a level that is long, but not too long", "7")
	got, flags := next("1.5", "red", "")
	if fmt.Sprint(got) != fmt.Sprint(want) || len(flags) > 0 {
		t.Errorf("%v with the flags %q after a longer row, want %v", got, flags, want)
	}
	cells := []string{"1.5", "red", ""}
	if n := testing.AllocsPerRun(100, func() { next(cells...) }); n > 1 { // the cell here
		t.Errorf("a row takes %v allocations", n)
	}
}
