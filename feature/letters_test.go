package feature

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/media"
)

// letters is a modality for the tests: a file's bytes. It counts what it computes.
type letters struct {
	views  []View
	opened atomic.Int64
}

func (m *letters) Kind() media.Kind { return media.Image }
func (m *letters) Views() []View    { return m.views }

func (m *letters) Open(_ context.Context, c *dataset.Cell, _ *dataset.Column, from media.Folder) (any, error) {
	m.opened.Add(1)
	var all lettersItem
	for _, f := range c.Files {
		data, err := os.ReadFile(filepath.Join(from.Dir, f))
		if err != nil {
			return nil, err
		}
		all = append(all, data...)
	}
	switch string(all) {
	case "broken":
		return nil, errors.New("not a text: it is broken")
	case "panic":
		panic("index out of range")
	}
	return all, nil
}

type lettersItem []byte

// Flags implements Warner.
func (i lettersItem) Flags() []string {
	if strings.HasPrefix(string(i), "part") {
		return []string{"half of it is missing"}
	}
	return nil
}

// letterView is the bytes of a file, each times a factor.
type letterView struct {
	info   Info
	factor float32
	denied string // a content that the view cannot take
	done   atomic.Int64
}

func (v *letterView) Info() Info { return v.info }

func (v *letterView) Extract(item any) (Raw, error) {
	v.done.Add(1)
	data := item.(lettersItem)
	if v.denied != "" && string(data) == v.denied {
		return Raw{}, fmt.Errorf("no %s", v.info.Name)
	}
	if string(data) == "late panic" && v.info.Name == "second" {
		panic("nil map")
	}
	r := Raw{Dim: 1, Steps: len(data)}
	for _, b := range data {
		r.Values = append(r.Values, v.factor*float32(b))
	}
	return r, nil
}

func (v *letterView) NewFitter(s Scaling) Fitter                    { return NewDense(s) }
func (v *letterView) LoadState(data json.RawMessage) (State, error) { return LoadDense(data) }

func newLetters() *letters {
	view := func(name string, factor float32) *letterView {
		return &letterView{info: Info{Name: name, Shape: Sequence, Version: 1, Options: "x=1", Default: true}, factor: factor}
	}
	return &letters{views: []View{view("first", 1), view("second", -2)}}
}

// computed is how often a view's Extract was called.
func (m *letters) computed(i int) int64 { return m.views[i].(*letterView).done.Load() }

// lettersData writes a file for each content; "-" is an absent cell, "!" a missing file.
func lettersData(t testing.TB, contents ...string) *dataset.Dataset {
	t.Helper()
	ds := &dataset.Dataset{Path: filepath.Join(t.TempDir(), "train.csv"), Schema: dataset.Schema{Columns: []dataset.Column{{Name: "file", Kind: media.Image}}}}
	ds.Dir = filepath.Dir(ds.Path)
	for i, s := range contents {
		cell := dataset.Cell{}
		if s != "-" {
			name := fmt.Sprintf("%d.txt", i)
			cell.Files = []string{name}
			if s != "!" {
				if err := os.WriteFile(filepath.Join(ds.Dir, name), []byte(s), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
		ds.Rows = append(ds.Rows, dataset.Row{Number: i + 2, Cells: []dataset.Cell{cell}})
	}
	return ds
}

func (m *letters) refs(t testing.TB, ds *dataset.Dataset) []Ref {
	t.Helper()
	refs, err := Catalog{m}.Select(&ds.Schema, nil)
	if err != nil {
		t.Fatal(err)
	}
	return refs
}

// texts are the rows of a view as text; "" is absent.
func texts(t testing.TB, s *Store, factor float32) []string {
	t.Helper()
	out := make([]string, s.Len())
	var r Raw
	for i := range out {
		if err := s.Get(i, &r); err != nil {
			t.Fatal(err)
		}
		for _, v := range r.Values {
			out[i] += string(rune(v / factor))
		}
		if s.Present(i) != (out[i] != "") {
			t.Fatalf("row %d: present is %v of %q", i, s.Present(i), out[i])
		}
	}
	return out
}
