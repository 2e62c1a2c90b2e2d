package imagefile

import (
	"hash/crc32"
	"os"
	"path/filepath"
	"testing"
)

func pngCRC(b []byte) uint32 { return crc32.ChecksumIEEE(b) }

// photos lists the pictures of the flowers set in FUSOR_DATA or ../shared/data.
func photos(t testing.TB) []string {
	t.Helper()
	dir := os.Getenv("FUSOR_DATA")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "..", "shared", "data")
	}
	names, _ := filepath.Glob(filepath.Join(dir, "flowers12", "jpg", "*.jpg"))
	if len(names) < 200 {
		t.Skip("no flowers12 in FUSOR_DATA or ../shared/data")
	}
	return names[:200]
}

func read(t testing.TB, names []string) (all [][]byte) {
	for _, n := range names {
		data, err := os.ReadFile(n)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, data)
	}
	return all
}
