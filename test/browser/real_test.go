package browser

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// inlined are pictures and sounds within a page.
var inlined = regexp.MustCompile(`data:(image|audio)/[^"]*`)

// Reports of real runs: FUSOR_REPORTS lists .html files, or folders that are
// searched for report.html.
func TestRealReports(t *testing.T) {
	var pages []string
	for _, p := range filepath.SplitList(os.Getenv("FUSOR_REPORTS")) {
		if strings.HasSuffix(p, ".html") {
			pages = append(pages, p)
			continue
		}
		err := filepath.WalkDir(p, func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.Name() == "report.html" {
				pages = append(pages, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(pages) == 0 {
		t.Skip("FUSOR_REPORTS names no report")
	}
	ctx := browser(t)
	for _, page := range pages {
		path, err := filepath.Abs(page)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.Trim(strings.ReplaceAll(filepath.ToSlash(filepath.Dir(page)), "/", "_"), "_.")
		t.Run(name, func(t *testing.T) { realReport(t, ctx, name, path) })
	}
}

func realReport(t *testing.T, ctx context.Context, name, path string) {
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const most = 1 << 20
	if size := len(inlined.ReplaceAll(data, nil)); size >= most {
		t.Errorf("%d bytes without media, want under %d", size, most)
	}
	f := func(as string, width int64, how string) {
		t.Helper()
		shot := ""
		if dir := os.Getenv("FUSOR_SCREENSHOTS"); dir != "" {
			shot = filepath.Join(dir, name+"-"+as+".png")
		}
		wrong, w := look(t, ctx, "file://"+filepath.ToSlash(path), width, how, shot)
		for _, s := range append(wrong, w.errors...) {
			t.Errorf("%s: %s", as, s)
		}
		if len(w.requests) != 1 {
			t.Errorf("%s: requests: %v", as, w.requests)
		}
	}
	f("light", 1100, light)
	f("dark", 1100, dark)
	f("tablet", 700, light)
	f("phone", 360, light)
	f("phone-dark", 360, dark)
	f("print", 740, printed)
}
