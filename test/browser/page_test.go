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
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// served trains a model of a note, a photo, a sound and a table with the command line, serves it,
// and returns its address, and what kills it.
func served(t *testing.T) (url string, kill func()) {
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
	kill = sync.OnceFunc(func() { cancel(); cmd.Wait() }) //nolint:errcheck // it was ended
	t.Cleanup(kill)
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	var ok bool
	if _, url, ok = strings.Cut(strings.TrimSpace(line), " at "); !ok {
		t.Fatalf("it printed %q", line)
	}
	return url, kill
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

// accessible checks the page with axe-core, if FUSOR_AXE names its script or npm has put it into
// this folder (npm install --no-save axe-core): nothing that is found may be serious.
func (p *page) accessible(what string) {
	p.t.Helper()
	path := os.Getenv("FUSOR_AXE")
	if path == "" {
		path = filepath.Join("node_modules", "axe-core", "axe.min.js")
	}
	script, err := os.ReadFile(path)
	if err != nil {
		p.t.Logf("%s: not checked with axe-core: %v", what, err)
		return
	}
	p.eval(string(script) + `; delete window.found; axe.run().then((r) => { window.found = r.violations.filter((v) => ["serious", "critical"].includes(v.impact))
		.map((v) => v.id + ": " + v.help + ": " + v.nodes.map((n) => n.html.slice(0, 120)).join(" ")) }); 0`)
	p.until("axe-core", `window.found`)
	if found := p.text(`window.found.join("\n")`); found != "" {
		p.t.Errorf("%s: %s", what, found)
	}
}

// keys presses keys, as a hand on a keyboard does.
func (p *page) keys(keys ...string) {
	p.t.Helper()
	for _, k := range keys {
		if err := chromedp.Do(p.ctx, chromedp.KeyEvent(k)); err != nil {
			p.t.Fatal(err)
		}
	}
}

// byKeyboard fills in a note, switches it off and on, and reads the methods, without a pointer.
func byKeyboard(t *testing.T, ctx context.Context, url string) {
	p := openPage(t, ctx, url, 1100)
	p.eval(`localStorage.setItem('language', 'en')`)
	// to goes on with Tab until a thing has the focus, which must be seen.
	to := func(what, is string) {
		t.Helper()
		for range 60 {
			p.keys(kb.Tab)
			if p.text(`String((e => `+is+`)(document.activeElement))`) == "true" {
				if p.text(`String((s => s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0 || s.boxShadow !== 'none')(getComputedStyle(document.activeElement)))`) != "true" {
					t.Errorf("%s: the focus is not seen", what)
				}
				return
			}
		}
		t.Fatalf("%s is not reached with Tab", what)
	}
	to("the note", `e.id === 'c-0-v'`)
	p.keys(strings.Split("late and broken", "")...)
	p.until("an answer to what is typed", answerText+`.includes('bad')`)
	p.eval(`document.activeElement.blur(); scrollTo(0, 0)`)
	to("the note's switch", `e.id === 'c-0-use'`)
	p.keys(" ")
	p.until("the answer without the note", answerText+`.includes('Nothing is filled in')`)
	p.keys(" ")
	p.until("the answer with the note", answerText+`.includes('bad')`)
	p.eval(`document.activeElement.blur(); scrollTo(0, 0)`)
	to("the tabs", `e.id === 'tab-try'`)
	p.keys(kb.ArrowRight) // within tabs the arrows move (ARIA Authoring Practices, tabs pattern)
	p.until("the methods", `document.querySelectorAll('#method-bilstm .matrix span').length === 12`)
}

// record records what the browser's pretended microphone hears.
func record(t *testing.T, ctx context.Context, url string) {
	p := openPage(t, ctx, url, 1100)
	const card = `document.querySelectorAll('#form fieldset')[2]`
	p.eval(`[...` + card + `.querySelectorAll('button')].find(b => /record|录/i.test(b.innerText)).click()`)
	p.until("a level", card+`.querySelector('meter').value > 0`)
	time.Sleep(1200 * time.Millisecond) // the microphone beeps every second
	p.eval(`[...` + card + `.querySelectorAll('button')].find(b => /stop|停/i.test(b.innerText)).click()`)
	p.until("the sound", card+`.querySelector('audio')`)
	p.until("an answer", `document.querySelector('#answer strong')`)
	if got := p.text(answerText); strings.Contains(got, "Could not be read") || strings.Contains(got, "无法读取") {
		t.Errorf("the recording: %s", got)
	}
	p.wellMade("recorded")
	for _, s := range p.watch.errors {
		t.Errorf("console: %s", s)
	}
}

// largePicture sends a picture of some 20 MB, and one that has more pixels than a request may.
func largePicture(t *testing.T, ctx context.Context, url string) {
	p := openPage(t, ctx, url, 1100)
	p.eval(`localStorage.setItem('language', 'en')`)
	choose := func(side int) {
		p.eval(fmt.Sprintf(`{ const c = document.createElement('canvas'); c.width = c.height = %d; const g = c.getContext('2d'), image = g.createImageData(c.width, c.height);
			const d = new Uint32Array(image.data.buffer); let x = 1; for (let i = 0; i < d.length; i++) { x ^= x << 13; x ^= x >>> 17; x ^= x << 5; d[i] = x | 0xff000000; }
			g.putImageData(image, 0, 0); window.size = 0; document.querySelector('#answer').textContent = '';
			c.toBlob((b) => { window.size = b.size; const files = new DataTransfer(); files.items.add(new File([b], 'large.png', {type: 'image/png'}));
				const input = document.getElementById('c-1-f'); input.files = files.files; input.dispatchEvent(new Event('change')); }, 'image/png') }`, side))
	}
	choose(2600)
	p.until("an answer to a picture of 20 MB", `window.size > 15e6 && document.querySelector('#answer strong')`)
	if got := p.text(answerText); strings.Contains(got, "Could not be read") {
		t.Errorf("a picture of %s bytes: %s", p.text(`String(window.size)`), got)
	}
	choose(4200)
	p.until("a word on a picture of 17 million pixels", answerText+`.match(/Could not be read|too large|longer than/)`)
}

// serverGone asks a server that is killed while it answers.
func serverGone(t *testing.T, ctx context.Context, url string, kill func()) {
	p := openPage(t, ctx, url, 1100)
	p.eval(`localStorage.setItem('language', 'en')`)
	p.eval(`{ const v = document.getElementById('c-0-v'); v.value = 'late and broken'; v.dispatchEvent(new Event('input')) }`)
	p.until("an answer", answerText+`.includes('bad')`)
	p.eval(`{ const v = document.getElementById('c-0-v'); v.value = 'lovely '.repeat(100000); v.dispatchEvent(new Event('input')) }`)
	kill()
	p.until("a word on the lost server", `document.querySelector('#answer .error')`)
	if got := p.text(`document.querySelector('#answer').getAttribute('aria-busy')`); got != "false" {
		t.Errorf("the answer is busy: %s", got)
	}
	p.wellMade("without a server")
}

// TestPage does what a visitor does: an example, a switch, a file, the other language, the five
// methods; by keyboard, with a microphone, a large picture, and a server that goes away.
func TestPage(t *testing.T) {
	ctx := browser(t)
	url, kill := served(t)
	t.Run("visitor", func(t *testing.T) { visit(t, ctx, url) })
	t.Run("keyboard", func(t *testing.T) { byKeyboard(t, ctx, url) })
	t.Run("recording", func(t *testing.T) { record(t, ctx, url) })
	t.Run("large picture", func(t *testing.T) { largePicture(t, ctx, url) })
	t.Run("server gone", func(t *testing.T) { serverGone(t, ctx, url, kill) })
}

func visit(t *testing.T, ctx context.Context, url string) {
	p := openPage(t, ctx, url, 1100)
	p.wellMade("empty")
	p.eval(`document.querySelector('#examples button').click()`)
	p.until("an answer", answerText+`.includes('good')`)
	p.until("what decided", answerText+`.includes('What decided')`)
	p.wellMade("answered")
	p.accessible("answered")
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
	p.accessible("methods")
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
	phone.accessible("phone")
	phone.shot("page-phone")
	phone.eval(`document.getElementById('tab-methods').click()`)
	phone.until("the methods on a phone", `document.querySelectorAll('#method-bilstm .matrix span').length === 12`)
	phone.wellMade("methods on a phone")
	phone.shot("page-phone-methods")
}
