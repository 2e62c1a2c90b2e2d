package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/rivo/uniseg"
	"golang.org/x/term"

	"github.com/fusor-ml/fusor"
	"github.com/fusor-ml/fusor/internal/lang"
	"github.com/fusor-ml/fusor/internal/termtext"
)

// progress draws one line per stage that is written over, on a terminal only:
//
//	comparing  43/125  ███████░░░░░░░░░  2 min left  concat, fold 2 of 5
//
// It is our own: a comparison foretells its time by what each kind of fit took, and the line must
// fit narrow terminals and Han characters.
type progress struct {
	w     io.Writer
	lang  lang.Language
	on    bool
	now   func() time.Time
	width func() int
	lines bool // JSON lines instead, on anything

	stage string
	start time.Time // of the stage
	last  time.Time // of the last step
	drawn time.Time
	quick int // steps that took no time
	cells int // of the line that is there

	before, rows, all int // rows before those that are read, of these, and of the table; 0: it is read at once
}

// block makes the steps that follow those of some rows of a table, of which others came before.
func (p *progress) block(before, rows, all int) { p.before, p.rows, p.all = before, rows, all }

func newProgress(e *env, quiet bool) *progress {
	w := e.stderr
	return &progress{w: w, lang: e.lang, on: !quiet && isTerminal(w), now: time.Now, width: func() int { return width(w) }}
}

func isTerminal(w io.Writer) bool {
	f, ok := fileOf(w)
	return ok && term.IsTerminal(int(f.Fd()))
}

// titles name the stages for people.
var titles = map[string]string{"extract": "reading media", "train": "training", "tune": "searching", "compare": "comparing", "calibrate": "calibrating", "demo": "making birds", "explain": "trying subsets", "noise": "adding noise", "bench": "timing"}

// How often the line is drawn, how soon a step follows one that took no time, and when there is
// enough to foretell the rest from.
const (
	redraw   = 100 * time.Millisecond
	instant  = 3 * time.Millisecond
	foretell = 2 * time.Second
)

func (p *progress) update(s fusor.Progress) {
	now := p.now()
	if p.rows > 0 && s.Stage == "extract" {
		each := s.Total / p.rows
		s.Done, s.Total = s.Done+p.before*each, p.all*each
	}
	if p.lines {
		p.write(s, now)
	}
	if !p.on || p.lines {
		return
	}
	if s.Stage != p.stage {
		p.done()
		p.stage, p.start, p.last, p.quick, p.drawn = s.Stage, now, now, 0, time.Time{}
	} else if now.Sub(p.last) < instant {
		p.quick++
	}
	p.last = now
	if s.Note != "" {
		p.clear()
		fmt.Fprintln(p.w, p.lang.Text(s.Note))
	} else if now.Sub(p.drawn) < redraw && s.Done < s.Total {
		return
	}
	p.drawn = now
	p.draw(s, now)
}

// write is a step as a line of JSON, the last of a stage in any case.
func (p *progress) write(s fusor.Progress, now time.Time) {
	if s.Stage == p.stage && now.Sub(p.drawn) < redraw && s.Done < s.Total {
		return
	}
	p.stage, p.drawn = s.Stage, now
	fmt.Fprintf(p.w, "{\"stage\":%s,\"done\":%d,\"total\":%d,\"detail\":%s}\n", quote(s.Stage), s.Done, s.Total, quote(s.Detail))
}

func (p *progress) draw(s fusor.Progress, now time.Time) {
	const bar = 16
	parts := []string{p.lang.Text(titles[s.Stage]), fmt.Sprintf("%*d/%d", len(fmt.Sprint(s.Total)), s.Done, s.Total)}
	full := 0
	if s.Total > 0 {
		full = min(bar, bar*s.Done/s.Total)
	}
	parts = append(parts, strings.Repeat("█", full)+strings.Repeat("░", bar-full))
	if left := p.left(s, now); left != "" {
		parts = append(parts, left)
	}
	const least = 10 // columns that a detail needs to say anything
	room := p.width() - 1
	s.Detail = p.lang.Text(s.Detail)
	if s.Detail != "" && uniseg.StringWidth(strings.Join(parts, "  "))+2+min(least, uniseg.StringWidth(s.Detail)) <= room {
		parts = append(parts, s.Detail)
	}
	line := termtext.Cut(strings.Join(parts, "  "), room)
	n := uniseg.StringWidth(line)
	fmt.Fprint(p.w, "\r"+line+strings.Repeat(" ", max(0, p.cells-n)))
	p.cells = n
}

// left describes how long the rest will take, from the steps that took time.
func (p *progress) left(s fusor.Progress, now time.Time) string {
	rest := s.Left
	if s.Stage != "compare" && s.Stage != "tune" { // whose fits take too unlike times for that
		took, steps := now.Sub(p.start), s.Done-p.quick
		if steps <= s.Done/10 { // all of them are quick
			steps = s.Done
		}
		if took < foretell || steps < 2 {
			return ""
		}
		rest = time.Duration(float64(took) / float64(steps) * float64(s.Total-s.Done))
	}
	switch {
	case rest == 0 || s.Done >= s.Total:
		return ""
	case rest < 5*time.Second:
		return p.lang.Text("a few seconds left")
	case rest < 100*time.Second:
		return p.lang.Sprintf("%.0f s left", rest.Seconds())
	case rest < 100*time.Minute:
		return p.lang.Sprintf("%.0f min left", rest.Minutes())
	}
	return p.lang.Sprintf("%.1f h left", rest.Hours())
}

// clear takes the line away.
func (p *progress) clear() {
	if p.cells > 0 {
		fmt.Fprint(p.w, "\r"+strings.Repeat(" ", p.cells)+"\r")
		p.cells = 0
	}
}

// done ends the stage.
func (p *progress) done() {
	p.clear()
	p.stage = ""
}
