package main

import (
	"bytes"
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"path/filepath"
	"strings"

	pq "github.com/parquet-go/parquet-go"
	"github.com/rogpeppe/go-internal/testscript"
)

// byValue writes a table of files, photo,sound,label, as one that holds them: byvalue media.csv
// held.parquet.
func byValue(ts *testscript.TestScript, _ bool, args []string) {
	rows, err := csv.NewReader(strings.NewReader(ts.ReadFile(args[0]))).ReadAll()
	ts.Check(err)
	read := func(name string) []byte {
		if name == "" {
			return nil
		}
		return []byte(ts.ReadFile(name))
	}
	encode := base64.StdEncoding.EncodeToString
	var out bytes.Buffer
	switch filepath.Ext(args[1]) {
	case ".csv": // a data: URI, and bare Base64
		w := csv.NewWriter(&out)
		ts.Check(w.Write(rows[0]))
		for _, r := range rows[1:] {
			photo := ""
			if r[0] != "" {
				photo = "data:image/png;base64," + encode(read(r[0]))
			}
			ts.Check(w.Write([]string{photo, encode(read(r[1])), r[2]}))
		}
		w.Flush()
	case ".jsonl":
		for _, r := range rows[1:] {
			row := map[string]any{"label": r[2], "sound": map[string]any{"bytes": encode(read(r[1])), "path": nil}}
			if r[0] != "" {
				row["photo"] = map[string]string{"$base64": encode(read(r[0])), "name": r[0]}
			}
			line, err := json.Marshal(row)
			ts.Check(err)
			out.Write(append(line, '\n'))
		}
	case ".parquet":
		type medium struct {
			Bytes []byte `parquet:"bytes,optional"`
			Path  string `parquet:"path,optional"`
		}
		type row struct {
			Photo medium `parquet:"photo"`
			Sound []byte `parquet:"sound,optional"`
			Label string `parquet:"label"`
		}
		w := pq.NewGenericWriter[row](&out, pq.Compression(&pq.Snappy))
		for _, r := range rows[1:] {
			_, err := w.Write([]row{{medium{read(r[0]), r[0]}, read(r[1]), r[2]}})
			ts.Check(err)
		}
		ts.Check(w.Close())
	}
	writeFile(ts, args[1], out.Bytes())
}
