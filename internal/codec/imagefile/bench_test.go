package imagefile

import (
	"bytes"
	"image/jpeg"
	"testing"
)

func BenchmarkJPEG(b *testing.B) {
	all := read(b, photos(b))
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := Decode(all[i%len(all)], Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkStandardJPEG(b *testing.B) {
	all := read(b, photos(b))
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := jpeg.Decode(bytes.NewReader(all[i%len(all)])); err != nil {
			b.Fatal(err)
		}
	}
}
