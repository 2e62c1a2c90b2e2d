// Package progress describes the steps of long work to whoever shows them.
package progress

import (
	"sync"
	"time"
)

// Stages of the work.
const (
	Extract   = "extract"   // features of the data's media
	Train     = "train"     // epochs of one fit
	Tune      = "tune"      // fits of a search for the best recipe
	Compare   = "compare"   // fits of a comparison
	Calibrate = "calibrate" // fits in folds of the training rows, for the threshold of prediction sets
	Explain   = "explain"   // subsets of the modalities
	Noise     = "noise"     // levels of noise
)

// Step is one step of long work.
type Step struct {
	Stage  string
	Done   int
	Total  int
	Detail string
	Kept   bool          // the step is from an interrupted run and took no time now
	Left   time.Duration // until the stage's end, by what its kinds of steps took; 0: unknown
	Note   string        // a line worth keeping, or "": what a finished fold or seed of a comparison shows
}

// Func receives steps. A nil Func ignores them.
type Func func(Step)

// Report calls f, unless it is nil, with a step that has no more than a place in its stage.
func (f Func) Report(stage string, done, total int, detail string) {
	if f != nil {
		f(Step{Stage: stage, Done: done, Total: total, Detail: detail})
	}
}

// Serial returns a Func that calls f from one goroutine at a time; nil if f is nil.
func (f Func) Serial() Func {
	if f == nil {
		return nil
	}
	var mu sync.Mutex
	return func(s Step) {
		mu.Lock()
		defer mu.Unlock()
		f(s)
	}
}
