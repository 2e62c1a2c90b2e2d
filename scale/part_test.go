package scale

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"testing"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/internal/flat"
)

// FuzzPart reads parts whose checksum holds, whatever lies before it: they end in a value, which is
// written as it was read, or in an error.
func FuzzPart(f *testing.F) {
	one := &part{"id", "0.1.0", "avx2", 3, true, []byte("data")}
	cut := func(b []byte) []byte { return b[:len(b)-sha256.Size] }
	f.Add(cut(flat.Encode(partFormat, one.flat)))
	block := &features{
		Block:    feature.Block{Views: []string{"a.b"}, Records: [][][]byte{{make([]byte, 16), nil}}, Incomplete: []feature.CellRef{{Row: 1, Column: 0}}},
		resolved: []resolved{{1, 0, []byte(`{"text":"x"}`)}}, problems: dataset.Problems{{Code: "c", Row: 2, What: "w"}},
	}
	f.Add(cut(flat.Encode(featuresFormat, block.flat)))
	all := &answers{[]byte(`[{"Class":"x"}]`), dataset.Problems{{What: "w"}}}
	f.Add(cut(flat.Encode(answersFormat, all.flat)))
	f.Fuzz(func(t *testing.T, data []byte) {
		sum := sha256.Sum256(data)
		file := append(bytes.Clone(data), sum[:]...)
		for format, visit := range map[string]func(*flat.Stream){
			partFormat: new(part).flat, featuresFormat: new(features).flat, answersFormat: new(answers).flat,
		} {
			if flat.Decode(format, file, visit) == nil && !bytes.Equal(flat.Encode(format, visit), file) {
				t.Errorf("a part of %s is written in other bytes than it was read", format)
			}
		}
		var c features
		if flat.Decode(featuresFormat, file, c.flat) == nil {
			views := feature.NewFeatures([]feature.Ref{{Name: "a.b"}}, 2)
			views.PutBlock([]int{0, 1}, &c.Block) //nolint:errcheck // an error is as good
			for _, r := range c.resolved {
				json.Unmarshal(r.cell, new(dataset.Cell)) //nolint:errcheck // an error is as good
			}
		}
	})
}
