package cli

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/fusor-ml/fusor"
)

// progress draws one bar per stage, on a terminal only.
type progress struct {
	w     io.Writer
	on    bool
	stage string
	bar   *progressbar.ProgressBar
}

func newProgress(w io.Writer, quiet bool) *progress {
	return &progress{w: w, on: !quiet && isTerminal(w)}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// titles name the stages for people.
var titles = map[string]string{"extract": "reading media", "train": "training", "compare": "comparing", "demo": "making birds", "explain": "trying subsets", "noise": "disturbing"}

func (p *progress) update(s fusor.Progress) {
	if !p.on {
		return
	}
	if s.Stage != p.stage {
		p.done()
		p.stage = s.Stage
		p.bar = progressbar.NewOptions(s.Total,
			progressbar.OptionSetWriter(p.w), progressbar.OptionSetWidth(24), progressbar.OptionShowCount(),
			progressbar.OptionSetPredictTime(true), progressbar.OptionThrottle(100*time.Millisecond),
			progressbar.OptionClearOnFinish(), progressbar.OptionSetDescription(titles[s.Stage]))
	}
	p.bar.ChangeMax(s.Total)
	if s.Detail != "" {
		p.bar.Describe(fmt.Sprintf("%s: %s", titles[s.Stage], s.Detail))
	}
	p.bar.Set(s.Done) //nolint:errcheck // a bar that cannot be drawn is no failure
}

// done removes the bar.
func (p *progress) done() {
	if p.bar != nil {
		p.bar.Clear() //nolint:errcheck // a bar that cannot be drawn is no failure
		p.bar = nil
	}
}
