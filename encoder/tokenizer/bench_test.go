package tokenizer

import (
	"os"
	"path/filepath"
	"testing"
)

// benchTexts are of the length of a review.
var benchTexts = []string{
	"The battery of this camera lasted a whole day in the mountains, and the pictures are sharp; I'd buy it again without thinking twice.",
	"Terrible. The sleeve was torn when it arrived, the color isn't what the page shows, and nobody answered my 3 letters!",
	"外卖送得太慢了，米饭都凉了，下次不点。老师说多模态融合需要图像、文本、音频三种特征。",
	"Un café très agréable près du port, service rapide et souriant; la terrasse est un peu bruyante l'été.",
}

// published opens a tokenizer of a published model, where it lies in FUSOR_MODELS.
func published(b *testing.B, name string) *Tokenizer {
	dir := os.Getenv("FUSOR_MODELS")
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			b.Skip(err)
		}
		dir = filepath.Join(cache, "fusor-models")
	}
	tok, err := Open(os.DirFS(filepath.Join(dir, name)))
	if err != nil {
		b.Skipf("the model is not there (set FUSOR_MODELS): %v", err)
	}
	return tok
}

// BenchmarkEncode encodes four texts with MiniLM's WordPiece, words cached.
func BenchmarkEncode(b *testing.B) {
	tok := published(b, "gt-minilm")
	bytes := 0
	for _, t := range benchTexts {
		bytes += len(t)
	}
	b.SetBytes(int64(bytes))
	b.ReportAllocs()
	for b.Loop() {
		for _, t := range benchTexts {
			tok.Encode(t, 256)
		}
	}
}

// BenchmarkEncodeNew encodes them without the cache of words.
func BenchmarkEncodeNew(b *testing.B) {
	tok := published(b, "gt-minilm")
	for b.Loop() {
		tok.idle = nil
		for _, t := range benchTexts {
			tok.Encode(t, 256)
		}
	}
}

// BenchmarkOpen reads a tokenizer.json of 700 KB.
func BenchmarkOpen(b *testing.B) {
	for b.Loop() {
		published(b, "gt-minilm")
	}
}
