package dataset

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// dataDir finds the real data sets, or skips the test.
func dataDir(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("FUSOR_DATA")
	if dir == "" {
		root, err := os.Getwd()
		if err != nil {
			t.Fatal(err)
		}
		for {
			if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
				break
			}
			if filepath.Dir(root) == root {
				t.Skip("no go.mod above the test")
			}
			root = filepath.Dir(root)
		}
		dir = filepath.Join(root, "..", "shared", "data")
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("the real data sets are not there (%s; set FUSOR_DATA)", dir)
	}
	return dir
}

// describe writes the columns of a schema in one line.
func describe(s *Schema) string {
	var out []string
	for _, c := range s.Columns {
		item := c.Name + ":" + string(c.Kind)
		if c.Dim > 0 {
			item += fmt.Sprint(":", c.Dim)
		}
		for _, f := range c.Fields {
			item += fmt.Sprintf(" %s=%s", f.Name, f.Kind)
		}
		out = append(out, item)
	}
	return strings.Join(out, ", ")
}

func TestRealSets(t *testing.T) {
	dir := dataDir(t)
	f := func(name, file string, opt Options, rows, classes int, columns string, runs, train, val, test int) {
		t.Helper()
		ds, err := Open(filepath.Join(dir, name, file), opt)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
		if ds.Name == "" || ds.Encoding != "UTF-8" || ds.Schema.Task != Classification {
			t.Errorf("%s: name %q, encoding %q, task %q", name, ds.Name, ds.Encoding, ds.Schema.Task)
		}
		if len(ds.Rows) != rows || len(ds.Schema.Classes) != classes || ds.Raw().Len() != rows {
			t.Errorf("%s: %d rows, %d classes; want %d, %d", name, len(ds.Rows), len(ds.Schema.Classes), rows, classes)
		}
		if got := describe(&ds.Schema); got != columns {
			t.Errorf("%s: columns\n%s\nwant\n%s", name, got, columns)
		}
		for _, p := range ds.Problems {
			if p.Column != "" && p.Row > 0 && name != "mosi" {
				t.Errorf("%s: %v", name, p)
			}
		}
		p, err := NewPlan(ds, PlanOptions{Seed: 7})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
		checkPlan(t, ds, p)
		r := p.Runs[0]
		if len(p.Runs) != runs || len(r.Train) != train || len(r.Val) != val || len(r.Test) != test {
			t.Errorf("%s: %d runs of %d, %d, %d; want %d of %d, %d, %d", name, len(p.Runs), len(r.Train), len(r.Val), len(r.Test), runs, train, val, test)
		}
	}
	speaker := Options{Group: "speaker"}
	f("av_digits", "manifest.csv", speaker, 3000, 10, "audio:audio, image:image", 3, 1500, 500, 1000)
	f("av_emotion", "manifest.csv", Options{Group: "speaker", Ignore: []string{"face_subject"}}, 287, 5, "video:video", 3, 165, 26, 96)
	f("clothing", "manifest.csv", Options{}, 4698, 2, "text:text, table:table cat_division_name=category cat_department_name=category cat_class_name=category num_rating=number num_age=number num_positive_feedback_count=number", 3, 1997, 352, 2349)
	f("flowers12", "manifest.csv", Options{}, 960, 12, "image:image", 3, 612, 108, 240)
	f("leaves100", "", Options{}, 1600, 100, "margin:vector:64, shape:vector:64, texture:vector:64", 5, 1088, 192, 320)
	f("mfeat", "", Options{}, 2000, 10, "fac:vector:216, fou:vector:76, kar:vector:64, mor:vector:6, pix:vector:240, zer:vector:47", 5, 1360, 240, 400)
	f("mosi", "", Options{Group: "video_id", Order: "utterance"}, 2199, 2, "audio:vector:73, text:vector:100, video:vector:100", 3, 1223, 224, 752)
	f("mosi", "", Options{Columns: []string{"transcript"}, Group: "video_id", Order: "utterance", Ignore: []string{"audio", "video", "text"}}, 2199, 2, "transcript:text", 3, 1223, 224, 752)
	f("mvsa_train", "manifest.csv", Options{}, 1451, 3, "text:text, image:image", 3, 1040, 146, 265)
	f("waimai", "manifest.csv", Options{}, 11987, 2, "text:text", 3, 9606, 1168, 1213)
	f("wikipedia", "", Options{}, 2866, 10, "image_sift:vector:128, text_lda:vector:10", 3, 1847, 326, 693)
}
