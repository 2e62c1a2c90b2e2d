package artifact

import "github.com/fusor-ml/fusor/eval"

// Record is what a model card shows of a training: nothing that prediction needs. Models of before
// it have none.
type Record struct {
	Version string  `json:"version"` // of the fusor that trained it
	Kernel  string  `json:"kernel"`  // tier of the kernels: other tiers differ in the last bits
	Rows    Rows    `json:"rows"`
	Scored  Scored  `json:"scored"`
	Folds   int     `json:"folds,omitempty"` // that the scores are of
	Seeds   int     `json:"seeds,omitempty"` // repetitions that the scores are means of
	Metric  string  `json:"metric"`          // that it was chosen by
	Metrics []Score `json:"metrics,omitempty"`
	// Compared is, of a model that a comparison chose and that was measured itself, the score that the
	// comparison has for it.
	Compared *Compared `json:"compared,omitempty"`
}

// Compared is the mean score of models that are fitted alike, by as many seeds.
type Compared struct {
	Score
	Seeds int `json:"seeds"`
}

// Rows counts the rows of a training's parts.
type Rows struct {
	Table  int `json:"table"`  // all, labeled or not
	Fitted int `json:"fitted"` // that the weights were fitted on
	Train  int `json:"train"`
	Val    int `json:"val"`
	Test   int `json:"test"`
}

// Scored is which rows the scores of a model are of.
type Scored string

// The rows that scores are of.
const (
	OnTest  Scored = "test"  // rows that were kept for the test
	OnFolds Scored = "folds" // every row, predicted by models like this one that were fitted without it
	OnNone  Scored = "none"  // it was not measured
)

// Score is one metric with its interval.
type Score struct {
	Name    string       `json:"name"` // of eval's registry
	Summary eval.Summary `json:"summary"`
}
