package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/rivo/uniseg"

	"github.com/fusor-ml/fusor"
	"github.com/fusor-ml/fusor/internal/lang"
)

func TestProgress(t *testing.T) {
	var b bytes.Buffer
	clock := time.Unix(0, 0)
	p := &progress{w: &b, on: true, now: func() time.Time { return clock }, width: func() int { return 60 }}
	last := func() string { // the line that is there
		lines := strings.Split(b.String(), "\r")
		return strings.TrimRight(lines[len(lines)-1], " ")
	}
	step := func(done int, after time.Duration, detail string) {
		clock = clock.Add(after)
		p.update(fusor.Progress{Stage: "train", Done: done, Total: 100, Detail: detail})
	}
	step(1, 0, "text")
	for i := range 19 { // kept from an earlier run
		step(i+2, time.Microsecond, "text")
	}
	step(21, time.Second, "concat, fold 1 of 5")
	if got := last(); got != "training   21/100  ███░░░░░░░░░░░░░  concat, fold 1 of 5" {
		t.Errorf("%q", got)
	}
	step(22, time.Second, "concat, fold 1 of 5")
	step(23, time.Second, "图像与文本的长名称图像与文本的长名称图像与文本的长名称")
	if got := last(); !strings.HasPrefix(got, "training   23/100  ███░░░░░░░░░░░░░  58 s left  图像") || uniseg.StringWidth(got) > 59 {
		t.Errorf("%q", got)
	}
	clock = clock.Add(time.Second)
	p.update(fusor.Progress{Stage: "compare", Done: 24, Total: 100, Note: "fold 1 of 5: text 80 %"})
	if lines := strings.Split(b.String(), "\n"); len(lines) != 2 || !strings.HasSuffix(lines[0], "\rfold 1 of 5: text 80 %") {
		t.Errorf("%q", b.String())
	}
	p.done()
	if got := last(); got != "" {
		t.Errorf("left behind: %q", got)
	}
	if strings.Contains(b.String(), "\x1b") {
		t.Error("an escape sequence, though a terminal may be dumb")
	}
	// A comparison knows what its kinds of fits take.
	p.update(fusor.Progress{Stage: "compare", Done: 26, Total: 100, Left: 12 * time.Minute})
	if got := last(); !strings.Contains(got, "12 min left") {
		t.Errorf("%q", got)
	}
	p.done()
	quiet := &progress{w: &b, now: time.Now}
	n := b.Len()
	quiet.update(fusor.Progress{Stage: "train", Done: 1, Total: 2})
	if quiet.done(); b.Len() != n {
		t.Error("drawn, though nothing was to be")
	}
}

// What a comparison and a search report of a fit is found in the catalogue, with its fold or
// without.
func TestChineseSteps(t *testing.T) {
	for english, want := range map[string]string{
		"concat":                            "concat",
		"concat, fold 2 of 5, seed 1 of 2":  "concat，第 2 折（共 5 折），第 1 个种子（共 2 个）",
		"pass 1 of 3, trial 4":              "第 1/3 轮筛选，配方 4",
		"pass 1 of 3, trial 4, fold 2 of 5": "第 1/3 轮筛选，配方 4，第 2 折（共 5 折）",
		"photo 50.0 %, film 88.6 % (best single and fusion, validation accuracy)":                     "photo 50.0 %，film 88.6 %（验证集上最好的单一视图与融合，准确率）",
		"fold 1 of 5: photo 50.0 %, film 88.6 % (best single and fusion, validation accuracy)":        "第 1 折（共 5 折）：photo 50.0 %，film 88.6 %（验证集上最好的单一视图与融合，准确率）",
		"fold 1 of 5, seed 2 of 3: a b 0.5, film 0.886 (best single and fusion, validation macro F1)": "第 1 折（共 5 折），第 2 个种子（共 3 个）：a b 0.5，film 0.886（验证集上最好的单一视图与融合，宏平均 F1）",
	} {
		if got := lang.Chinese.Text(english); got != want {
			t.Errorf("%q becomes\n%q, want\n%q", english, got, want)
		}
	}
}

// A line in Chinese has no English word: not of a stage, of what is done, nor of what is left.
func TestChineseProgress(t *testing.T) {
	for stage := range titles {
		for _, left := range []time.Duration{3 * time.Second, 42 * time.Second, 12 * time.Minute, 3 * time.Hour} {
			for _, width := range []int{60, 80, 200} {
				var b bytes.Buffer
				p := &progress{w: &b, on: true, lang: lang.Chinese, width: func() int { return width }}
				clock := time.Unix(0, 0)
				p.now = func() time.Time { return clock }
				for done := range 3 { // at a rate that leaves so long
					p.update(fusor.Progress{Stage: stage, Done: done, Total: 40, Left: left, Detail: "图像, fold 2 of 5"})
					clock = clock.Add(left / 38)
				}
				line := b.String()[strings.LastIndex(b.String(), "\r"):]
				if strings.ContainsFunc(line, func(r rune) bool { return r >= 'a' && r <= 'z' }) || uniseg.StringWidth(line) >= width {
					t.Errorf("%s in %d columns: %q", stage, width, line)
				}
			}
		}
	}
}
