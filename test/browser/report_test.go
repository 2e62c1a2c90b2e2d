package browser

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/fusor-ml/fusor/report"
	"github.com/fusor-ml/fusor/report/reporttest"
)

//go:embed checks.js
var checks string

// browser starts Chromium, or skips the test where there is none.
func browser(t *testing.T) context.Context {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		t.Skip("no Chromium here: install one to look at the report")
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-gpu", true), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("use-fake-device-for-media-stream", true), chromedp.Flag("use-fake-ui-for-media-stream", true))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), opts...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	return ctx
}

// watch collects the console's errors and every request but the page itself.
type watch struct {
	mu       sync.Mutex
	errors   []string
	requests []string
}

func (w *watch) see(ev any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch e := ev.(type) {
	case *network.EventRequestWillBeSent:
		if u := e.Request.URL; !strings.HasPrefix(u, "data:") {
			w.requests = append(w.requests, u)
		}
	case *runtime.EventExceptionThrown:
		w.errors = append(w.errors, e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		w.errors = append(w.errors, fmt.Sprintf("console.%s", e.Type))
	case *log.EventEntryAdded:
		w.errors = append(w.errors, e.Entry.Text)
	}
}

// How a page is looked at.
const (
	light   = "light"
	dark    = "dark"
	printed = "print"
)

// look opens url and returns what is wrong with it, with the tables shut and
// with all of them open.
func look(t *testing.T, parent context.Context, url string, width int64, how, shot string) (wrong []string, w *watch) {
	t.Helper()
	ctx, cancel := chromedp.NewContext(parent)
	defer cancel()
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	limited, stop := context.WithTimeout(ctx, time.Minute)
	defer stop()
	w = &watch{}
	if err := chromedp.Listen(ctx, w.see); err != nil {
		t.Fatal(err)
	}
	as := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: how}}}
	if how == printed {
		as = emulation.SetEmulatedMediaParams{Media: printed}
	}
	media := chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		if _, err := cdp.Call(ctx, tab, network.Enable, network.EnableParams{}); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, tab, emulation.SetEmulatedMedia, as)
		return err
	})
	if err := chromedp.Do(limited, media, chromedp.EmulateViewport(width, 900), chromedp.Navigate(url)); err != nil {
		t.Fatal(err)
	}
	wrong, err := chromedp.Run(limited, chromedp.Evaluate[[]string](checks))
	if err != nil {
		t.Fatal(err)
	}
	if shot != "" {
		png, err := chromedp.Run(limited, chromedp.FullScreenshot(100))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(shot, png, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	open := `document.querySelectorAll('details').forEach(d => d.open = true)`
	if _, err := chromedp.Run(limited, chromedp.Evaluate[any](open)); err != nil {
		t.Fatal(err)
	}
	more, err := chromedp.Run(limited, chromedp.Evaluate[[]string](checks))
	if err != nil {
		t.Fatal(err)
	}
	return append(wrong, more...), w
}

// FUSOR_SCREENSHOTS names a folder for pictures of the pages.
func TestReport(t *testing.T) {
	ctx := browser(t)
	dir := t.TempDir()
	shots := os.Getenv("FUSOR_SCREENSHOTS")
	f := func(name, lang string, d *report.Document, width int64, how string) {
		t.Helper()
		var b bytes.Buffer
		if err := report.HTML(&b, d, report.Options{Lang: lang, Media: true}); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, name+".html")
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		shot := ""
		if shots != "" {
			shot = filepath.Join(shots, name+".png")
		}
		wrong, w := look(t, ctx, "file://"+path, width, how, shot)
		for _, s := range wrong {
			t.Errorf("%s: %s", name, s)
		}
		for _, s := range w.errors {
			t.Errorf("%s: console: %s", name, s)
		}
		if len(w.requests) != 1 {
			t.Errorf("%s: requests: %v", name, w.requests)
		}
	}
	f("desktop-light", "en", reporttest.Sample(), 1100, light)
	f("desktop-dark", "en", reporttest.Sample(), 1100, dark)
	f("desktop-zh-dark", "zh", reporttest.Sample(), 1100, dark)
	f("phone-light", "en", reporttest.Sample(), 360, light)
	f("phone-zh", "zh", reporttest.Sample(), 360, light)
	f("phone-dark", "en", reporttest.Sample(), 360, dark)
	f("tablet", "en", reporttest.Sample(), 700, light)
	f("printed", "en", reporttest.Sample(), 740, printed)
	f("many-classes", "en", reporttest.Many(100), 1100, light)
	f("many-classes-phone", "en", reporttest.Many(40), 360, light)
}

// The checks themselves must be able to fail.
func TestChecksSee(t *testing.T) {
	ctx := browser(t)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, `<!doctype html><body style="background:#fff"><div style="width:900px;color:#aaa">pale</div>
<svg width="100" height="50"><text x="5" y="20">one</text><text x="8" y="22">two</text></svg>
<img src="http://127.0.0.1:1/x.png"><script>console.error("bad")</script>`)
	}))
	defer srv.Close()
	wrong, w := look(t, ctx, srv.URL, 360, light, "")
	all := strings.Join(wrong, "\n")
	for _, want := range []string{"px wide in a window of 360", `"two" lies over "one"`, "contrast 2.32", "only 2 texts in", "contrast of only 3 texts"} {
		if !strings.Contains(all, want) {
			t.Errorf("the checks don't see %q in\n%s", want, all)
		}
	}
	if len(w.requests) < 2 || len(w.errors) == 0 {
		t.Errorf("requests %v, errors %v: the watch is blind", w.requests, w.errors)
	}
}
