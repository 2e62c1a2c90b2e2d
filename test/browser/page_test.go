package browser

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// served trains a model of a note, a photo, a sound and a table with the command line, serves it,
// and returns its address.
func served(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	fusor := filepath.Join(dir, "fusor")
	run := func(name string, args ...string) {
		t.Helper()
		cmd := exec.Command(name, args...)
		if name == "go" {
			cmd.Dir = filepath.Join("..", "..")
		}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s %v: %v\n%s", name, args, err, out)
		}
	}
	run("go", "build", "-o", fusor, "./cmd/fusor")
	table := shop(t, dir)
	model := filepath.Join(dir, "shop.fusor")
	run(fusor, "train", table, "-o", model, "--fusion", "attention", "--epochs", "25", "--quiet", "--no-cache")
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, fusor, "serve", model, "--examples", table, "--listen", "127.0.0.1:0")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); cmd.Wait() }) //nolint:errcheck // it was ended
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	_, url, ok := strings.Cut(strings.TrimSpace(line), " at ")
	if !ok {
		t.Fatalf("it printed %q", line)
	}
	return url
}

// shop writes a table of two classes, which the note, the photo and the price show.
func shop(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("label,note,photo,sound,price,place\n")
	for i := range 40 {
		word, tone := "late and broken", byte(30+i)
		if i%2 == 0 {
			word, tone = "很好吃 lovely", byte(200+i)
		}
		img := image.NewGray(image.Rect(0, 0, 24, 24))
		for k := range img.Pix {
			img.Pix[k] = tone + byte(k%7)
		}
		var p bytes.Buffer
		if err := png.Encode(&p, img); err != nil {
			t.Fatal(err)
		}
		photo, sound := fmt.Sprintf("%d.png", i), fmt.Sprintf("%d.wav", i)
		write(t, filepath.Join(dir, photo), p.Bytes())
		write(t, filepath.Join(dir, sound), tone440(i))
		fmt.Fprintf(&b, "%s,%s %d,%s,%s,%d,p%d\n", []string{"good", "bad"}[i%2], word, i, photo, sound, i%2*10+i%5, i%3)
	}
	path := filepath.Join(dir, "shop.csv")
	write(t, path, []byte(b.String()))
	return path
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// tone440 is half a second of a square wave, a WAV file of 8 kHz.
func tone440(i int) []byte {
	const n = 4000
	head := "RIFF\xc4\x1f\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x80\x3e\x00\x00\x02\x00\x10\x00data\x40\x1f\x00\x00"
	out := []byte(head)
	for k := range n {
		v := int16(3000)
		if k/(9+i%5)%2 == 0 {
			v = -v
		}
		out = append(out, byte(v), byte(uint16(v)>>8))
	}
	return out
}

// page is the service's page in a tab.
type page struct {
	t     *testing.T
	ctx   context.Context
	watch *watch
}

func openPage(t *testing.T, parent context.Context, url string, width int64) *page {
	t.Helper()
	ctx, cancel := chromedp.NewContext(parent)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	ctx, cancel = context.WithTimeout(ctx, 3*time.Minute)
	t.Cleanup(cancel)
	p := &page{t, ctx, &watch{}}
	if err := chromedp.Listen(ctx, p.watch.see); err != nil {
		t.Fatal(err)
	}
	enable := chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		if _, err := cdp.Call(ctx, tab, network.Enable, network.EnableParams{}); err != nil {
			return err
		}
		if _, err := cdp.Call(ctx, tab, runtime.Enable, cdp.Empty{}); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, tab, log.Enable, cdp.Empty{})
		return err
	})
	if err := chromedp.Do(ctx, enable, chromedp.EmulateViewport(width, 900), chromedp.Navigate(url)); err != nil {
		t.Fatal(err)
	}
	p.until("the form", `document.querySelectorAll('#form fieldset').length === 4`)
	return p
}

func (p *page) eval(js string) {
	p.t.Helper()
	if _, err := chromedp.Run(p.ctx, chromedp.Evaluate[any](js)); err != nil {
		p.t.Fatalf("%s: %v", js, err)
	}
}

func (p *page) text(js string) string {
	p.t.Helper()
	s, err := chromedp.Run(p.ctx, chromedp.Evaluate[string](js))
	if err != nil {
		p.t.Fatalf("%s: %v", js, err)
	}
	return s
}

// until waits for a condition.
func (p *page) until(what, js string) {
	p.t.Helper()
	for range 300 {
		ok, err := chromedp.Run(p.ctx, chromedp.Evaluate[bool]("!!("+js+")"))
		if err != nil {
			p.t.Fatalf("%s: %v", what, err)
		}
		if ok {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	p.t.Fatalf("%s does not come; the answer is %q; console: %q; requests: %q", what, p.text(answerText), p.watch.errors, p.watch.requests)
}

const answerText = `document.querySelector('#answer').innerText`

// shot keeps a picture of the page in the folder that FUSOR_SCREENSHOTS names.
func (p *page) shot(name string) {
	p.t.Helper()
	dir := os.Getenv("FUSOR_SCREENSHOTS")
	if dir == "" {
		return
	}
	data, err := chromedp.Run(p.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		p.t.Fatal(err)
	}
	write(p.t, filepath.Join(dir, name+".png"), data)
}

// wellMade checks that the page is well made as it is: see checks.js.
func (p *page) wellMade(what string) {
	p.t.Helper()
	wrong, err := chromedp.Run(p.ctx, chromedp.Evaluate[[]string](checks))
	if err != nil {
		p.t.Fatal(err)
	}
	for _, s := range wrong {
		if s != "no drawing" && !strings.HasPrefix(s, "contrast of only") { // those are of reports
			p.t.Errorf("%s: %s", what, s)
		}
	}
	unnamed := p.text(`[...document.querySelectorAll('button, input, select, textarea, meter')].filter(e => e.checkVisibility() && !(e.labels && e.labels.length) && !e.ariaLabel && !e.innerText).map(e => e.outerHTML.slice(0, 80)).join('\n')`)
	if unnamed != "" {
		p.t.Errorf("%s: without a name: %s", what, unnamed)
	}
}

// TestPage does what a visitor does: an example, a switch, a file, the other language, the five
// methods.
func TestPage(t *testing.T) {
	ctx := browser(t)
	url := served(t)
	p := openPage(t, ctx, url, 1100)
	p.wellMade("empty")
	p.eval(`document.querySelector('#examples button').click()`)
	p.until("an answer", answerText+`.includes('good')`)
	p.until("what decided", answerText+`.includes('What decided')`)
	p.wellMade("answered")
	p.shot("page-desktop")
	p.eval(`[...document.querySelectorAll('#answer button')].at(-1).click()`)
	for k := range 4 {
		p.eval(fmt.Sprintf(`document.getElementById('c-%d-use').click()`, k))
	}
	p.until("the answer without anything", answerText+`.includes('Nothing is filled in')`)
	if got := p.text(`document.querySelector('#pinned').innerText`); !strings.Contains(got, "good") {
		t.Errorf("pinned: %q", got)
	}
	p.eval(`document.getElementById('c-0-use').click(); const v = document.getElementById('c-0-v'); v.value = 'late and broken'; v.dispatchEvent(new Event('input'))`)
	p.until("the answer to a note", answerText+`.includes('bad') && `+answerText+`.includes('only note')`)

	p.eval(`document.getElementById('c-1-use').click(); {
		const files = new DataTransfer(); files.items.add(new File([Uint8Array.from([1, 2, 3])], 'no.png', {type: 'image/png'}));
		const input = document.getElementById('c-1-f'); input.files = files.files; input.dispatchEvent(new Event('change')) }`)
	p.until("a word on the broken picture", answerText+`.includes('Could not be read: photo')`)
	for _, kind := range []string{"curl", "go", "python"} {
		p.eval(`document.getElementById('code').open = true; document.querySelector('[data-code=` + kind + `]').click()`)
		p.until(kind, `document.querySelector('#code pre').innerText.includes('/v1/models/shop/predict')`)
	}
	p.eval(`document.getElementById('language').click()`)
	p.until("Chinese", `document.documentElement.lang === 'zh-CN' && document.querySelector('#tab-methods').innerText === '五种方法' && `+answerText+`.includes('起决定作用')`)
	p.wellMade("Chinese")
	p.shot("page-chinese")
	p.eval(`document.getElementById('tab-methods').click()`)
	p.until("the textbook's numbers", `document.querySelector('#method-weighted').innerText.replace(/\s+/g, ' ').includes('5.2 6.2 7.2 8.2 9.2 10.2')`)
	p.until("the Bi-LSTM", `document.querySelectorAll('#method-bilstm .matrix span').length === 12`)
	p.wellMade("methods")
	p.shot("page-methods")
	for _, s := range p.watch.errors {
		t.Errorf("console: %s", s)
	}
	for _, r := range p.watch.requests {
		if !strings.HasPrefix(r, url) && !strings.HasPrefix(r, "blob:"+url) {
			t.Errorf("a request to %s", r)
		}
	}

	phone := openPage(t, ctx, url, 360)
	phone.eval(`localStorage.setItem('language', 'en'); document.querySelector('#examples button:nth-of-type(2)').click()`)
	phone.until("an answer on a phone", answerText+`.length > 40`)
	phone.wellMade("phone")
	phone.shot("page-phone")
	phone.eval(`document.getElementById('tab-methods').click()`)
	phone.until("the methods on a phone", `document.querySelectorAll('#method-bilstm .matrix span').length === 12`)
	phone.wellMade("methods on a phone")
	phone.shot("page-phone-methods")
}
