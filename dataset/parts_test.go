package dataset

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Tables in a folder are one where their names say so, with the split or the value of the folder as
// a column.
func TestFoldersOfTables(t *testing.T) {
	lines := strings.SplitAfter(good(60), "\n")
	rows := func(from, to int) string { return lines[0] + strings.Join(lines[1+from:1+to], "") }
	noLabel := strings.ReplaceAll(strings.ReplaceAll(strings.Replace(rows(40, 60), ",label", "", 1), ",a,", ","), ",b,", ",")
	f := func(files map[string]string, splits, codes string) *Dataset {
		t.Helper()
		ds, err := Open(write(t, files), Options{})
		if err != nil {
			t.Errorf("%v: %v", files, err)
			return &Dataset{}
		}
		count := map[string]int{}
		for i := range ds.Rows {
			count[ds.Rows[i].Split]++
		}
		if got := fmt.Sprint(count); got != splits || codesOf(ds.Problems) != codes {
			t.Errorf("%s: %s, want %s", got, ds.Problems, codes)
		}
		if err := ds.CheckCells(); err != nil {
			t.Error(err)
		}
		return ds
	}
	all := rows(0, 60)
	f(map[string]string{"shop.csv": all, "README.md": "words", ".hidden.csv": "x", "dataset_info.json": "{}"}, "map[:60]", "")
	ds := f(map[string]string{"train.csv": rows(0, 40), "test.csv": rows(40, 60)}, "map[test:20 train:40]", "folder.parts")
	if r := ds.Rows[40]; r.Number != 41 || r.ID != "40" || r.Split != "test" || r.Cells[0].Text != "the sample number 40 here" {
		t.Errorf("%+v", r)
	}
	if got := ds.Problems.Error(); !strings.Contains(got, "2 tables are read as one, with these rows: train.csv (1 to 40), test.csv (41 to 60)") {
		t.Error(got)
	}
	// Columns in another order.
	swapped := "text,label,price,id\n"
	for i := 40; i < 60; i++ {
		swapped += fmt.Sprintf("the sample number %d here,%c,%d,%d\n", i, 'a'+i%2, i*i, i)
	}
	ds = f(map[string]string{"shop_train.csv": rows(0, 30), "shop_val.csv": rows(30, 40), "shop_test.csv": swapped}, "map[test:20 train:30 val:10]", "folder.parts")
	if r := ds.Rows[40]; r.ID != "40" || r.Label != "a" || r.Cells[1].Fields[0] != "1600" {
		t.Errorf("%+v", r)
	}
	f(map[string]string{"train.csv.gz": packedAs(t, "gz", rows(0, 40)), "test.csv": rows(40, 60)}, "map[test:20 train:40]", "folder.parts")
	f(map[string]string{"data/train-00000-of-00002.csv": rows(0, 20), "data/train-00001-of-00002.csv": rows(20, 40), "data/validation-00000-of-00001.csv": rows(40, 60), "README.md": "words"}, "map[train:40 val:20]", "folder.parts")
	f(map[string]string{"train/part-0.csv": rows(0, 20), "train/part-1.csv": rows(20, 40), "test/part-0.csv": rows(40, 60)}, "map[test:20 train:40]", "folder.parts")
	const spark = "-6b7e9a0e-5b1f-4b0c-9c3e-0c9d5d1f2a3b-c000.csv"
	f(map[string]string{"part-00000" + spark: rows(0, 40), "part-00001" + spark: rows(40, 60), "_SUCCESS": "", "._SUCCESS.crc": "x"}, "map[:60]", "folder.parts")
	f(map[string]string{"2023.csv": rows(0, 40), "2024.csv": rows(40, 60)}, "map[:60]", "folder.parts")
	// As in competitions.
	f(map[string]string{"train.csv": rows(0, 40), "test.csv": noLabel, "sample_submission.csv": "id,label\n40,a\n"}, "map[train:40]", "folder.left-out folder.parts")
	f(map[string]string{"train.csv": rows(0, 40), "test.csv": rows(40, 60), "train/1.jpg": "x", "test/2.jpg": "x"}, "map[test:20 train:40]", "folder.parts")
	f(map[string]string{"shop.csv": all, "images/1.jpg": "x", "images/2.jpg": "x"}, "map[:60]", "")

	hive := map[string]string{}
	for i, name := range []string{"shop=a%20b/part-0.csv", "shop=c/part-0.csv", "shop=__HIVE_DEFAULT_PARTITION__/part-0.csv"} {
		hive[name] = rows(20*i, 20*i+20)
	}
	ds = f(hive, "map[:60]", "folder.parts")
	values := map[string]int{}
	for i := range ds.Rows {
		values[ds.Rows[i].Cells[1].Fields[1]]++
	}
	if got := fmt.Sprint(values); got != "map[:20 a b:20 c:20]" || ds.Schema.Columns[1].Fields[1].Name != "shop" {
		t.Errorf("%s, %+v", got, ds.Schema)
	}
	ds = f(map[string]string{"label=x/0.csv": "text,n\nsome words are,1\nother words are,2\n", "label=y/0.csv": "text,n\nfew words are,1\nmany words are,2\n"}, "map[:4]", "folder.parts")
	if got := summary(ds); !strings.HasSuffix(got, "4 rows map[x:2 y:2]") {
		t.Error(got)
	}
	// A model reads what has fewer columns.
	ds, err := Open(write(t, map[string]string{"1.csv": noLabel, "2.csv": all}), Options{Schema: &ds.Schema})
	if err != nil || len(ds.Rows) != 80 {
		t.Error(err)
	}
}

// What may belong together in several ways is refused by the names of what there is, and folders of
// classes stay what they are.
func TestFoldersThatAreNoTable(t *testing.T) {
	f := func(files map[string]string, want string) {
		t.Helper()
		_, err := Open(write(t, files), Options{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q", files, err, want)
		}
	}
	all := good(20)
	f(map[string]string{"a.csv": all, "b.csv": all}, "the folder holds 2 tables, and it is not clear which belong together: a.csv, b.csv; give one of them")
	f(map[string]string{"train_data.csv": all, "train_labels.csv": all, "test_data.csv": all}, "which belong together: test_data.csv, train_data.csv, train_labels.csv")
	f(map[string]string{"train.csv": all, "train.jsonl": `{"label": "a"}`}, "which belong together: train.csv, train.jsonl")
	f(map[string]string{"1.csv": all, "2.csv": strings.Replace(all, "price", "cost", 1)}, "2.csv has other columns than 1.csv: without price, with cost")
	f(map[string]string{"1.csv": all, "2.csv": strings.Replace(all, "price", "id", 1)}, `2.csv:1: column "id": the header has the column twice`)
	f(map[string]string{"1.csv": all, "2.csv": "id,label\n1\n"}, "2.csv:2: the row has 1 cell")
	f(map[string]string{"README.md": "x"}, "neither labels.csv, a manifest nor class sub-folders")

	for _, stray := range []string{"notes.csv", "train.csv"} {
		ds, err := Open(write(t, map[string]string{"cats/1.txt": "one cat", "cats/2.txt": "two cats", "dogs/1.txt": "one dog", "dogs/2.txt": "two dogs", stray: all}), Options{})
		if err != nil || fmt.Sprint(ds.Schema.Classes) != "[cats dogs]" || len(ds.Rows) != 4 {
			t.Errorf("%s: %v", stray, err)
		}
	}
	ds, err := Open(write(t, map[string]string{"old/a.csv": "one text", "old/b.csv": "two texts", "new/a.csv": "a text", "new/b.csv": "no text"}), Options{})
	if err != nil || fmt.Sprint(ds.Schema.Classes) != "[new old]" {
		t.Error(err)
	}
	dir := write(t, map[string]string{"manifest.csv": good(20), "train.csv": good(40)})
	if ds, err := Open(dir, Options{}); err != nil || len(ds.Rows) != 20 || ds.Manifest != filepath.Join(dir, "manifest.csv") {
		t.Error(err)
	}
}

// Vectors and media of parts are those of the tables alone.
func TestPartsOfParquet(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "labels.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	one := open(t, write(t, map[string]string{"m.parquet": string(data)}), "m.parquet", Options{})
	all := open(t, write(t, map[string]string{"part-0.parquet": string(data), "part-1.parquet": string(data)}), "", Options{})
	n := len(one.Rows)
	if len(all.Rows) != 2*n || describe(&all.Schema) != describe(&one.Schema) {
		t.Fatalf("%d rows of %s, want %s", len(all.Rows), describe(&all.Schema), describe(&one.Schema))
	}
	for i := range all.Rows {
		got, want := all.Rows[i], one.Rows[i%n]
		want.Number = i + 1
		sameRow(t, &got, &want)
	}
}
