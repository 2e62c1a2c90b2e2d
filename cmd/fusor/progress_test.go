package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/rivo/uniseg"

	"github.com/fusor-ml/fusor"
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
