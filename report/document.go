// Package report shows the results of compare and explain: as one HTML file
// without any outside request, as .svg, .csv and .json files, and as tables
// with bars in the terminal.
//
// A Document is plain data. compare and explain fill the parts they have; a
// part without data is left out of the report. Every visible string is in
// one table, in English and Chinese (words.go).
package report

import (
	"encoding/json"
	"math"

	"github.com/fusor-ml/fusor/compare"
	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/eval"
	"github.com/fusor-ml/fusor/explain"
)

// Document is everything a report can show.
type Document struct {
	Title       string                 `json:"title,omitempty"` // empty: from the data set's name
	Metric      string                 `json:"metric"`          // a name of eval's registry: the one the verdict is about
	Verdict     *eval.Verdict          `json:"verdict,omitempty"`
	Rows        []compare.Row          `json:"rows,omitempty"`
	Chosen      *Chosen                `json:"chosen,omitempty"` // nil: of no comparison
	Tuning      *compare.Tuning        `json:"tuning,omitempty"` // what a search tried
	Subsets     []explain.Subset       `json:"subsets,omitempty"`
	Shapley     []explain.Contribution `json:"shapley,omitempty"`
	Noise       []explain.Noise        `json:"noise,omitempty"`
	NoiseBy     []string               `json:"-"` // without Noise: the commands that measure it
	Weights     *Weights               `json:"weights,omitempty"`
	Learning    []Learning             `json:"learning,omitempty"`
	Confusion   *Confusion             `json:"confusion,omitempty"`
	Labels      *Labels                `json:"labels,omitempty"`
	Reliability *Reliability           `json:"reliability,omitempty"`
	Sets        *Sets                  `json:"sets,omitempty"`
	Mistakes    []Mistake              `json:"mistakes,omitempty"`
	Scope       *Scope                 `json:"scope,omitempty"`
	Data        Data                   `json:"data"`
	Run         Run                    `json:"run"`
	Next        []Step                 `json:"-"` // what to do now: it names paths
}

// Chosen names the row that the model of a comparison is made of.
type Chosen struct {
	Name string        `json:"name"`
	Kind string        `json:"kind"`
	Val  *eval.Summary `json:"val,omitempty"` // its score on the validation rows of an official split
}

// Weights is the mean weight a method gave each view, by true class.
type Weights struct {
	Model   string      `json:"model"`
	Views   []string    `json:"views"`
	Classes []string    `json:"classes"`
	Values  [][]float64 `json:"values"` // [classes][views], each row sums to 1
}

// Learning is one model's loss per epoch. Best is the epoch kept, from 0; −1 if
// unknown.
type Learning struct {
	Model string `json:"model"`
	Train Series `json:"train"`
	Val   Series `json:"val"`
	Best  int    `json:"best"`
}

// Confusion counts test rows by true (first index) and predicted class.
type Confusion struct {
	Model   string   `json:"model"`
	Classes []string `json:"classes"`
	Counts  [][]int  `json:"counts"`
	// Decision is the metric for which thresholds of the classes were chosen; "": the most probable
	// class is predicted.
	Decision   string    `json:"decision,omitempty"`
	Thresholds []float64 `json:"thresholds,omitempty"` // their mean over the runs
}

// Reliability compares stated confidence with accuracy, before and after temperature calibration.
// After is empty where there was none: Temperature is then 1 if validation rows did not show that
// one helps.
type Reliability struct {
	Model       string     `json:"model"`
	Before      []eval.Bin `json:"before"`
	After       []eval.Bin `json:"after,omitempty"`
	ECEBefore   float64    `json:"ece_before"`
	ECEAfter    float64    `json:"ece_after,omitempty"`
	Temperature float64    `json:"temperature,omitempty"`
	Labels      bool       `json:"labels,omitempty"` // the bins count labels of rows, by their own probability
	// ForUse is the calibration of the model that a comparison hands over, where it is another.
	ForUse *ForUse `json:"for_use,omitempty"`
}

// ForUse is a temperature that was chosen by training rows that were left out for it, and the ECE
// of the model that has it on the rows that are shown.
type ForUse struct {
	Temperature float64 `json:"temperature"`
	ECE         float64 `json:"ece"`
}

// Labels is how well each label of a multi-label task is told.
type Labels struct {
	Model  string            `json:"model"`
	Scores []eval.LabelScore `json:"scores"`
}

// Sets measures conformal prediction sets, and accuracy when only the surest
// rows are answered.
type Sets struct {
	Model      string            `json:"model"`
	Report     eval.SetReport    `json:"report"`
	Abstention []eval.Abstention `json:"abstention,omitempty"`
}

// Mistake is a wrong prediction the model was sure of; of a regression, one far
// from the truth.
type Mistake struct {
	ID          string  `json:"id"`
	True        string  `json:"true"`
	Predicted   string  `json:"predicted"`
	Probability float64 `json:"probability,omitempty"` // of the predicted class
	Error       float64 `json:"error,omitempty"`       // of a regression: how far off, without sign
	Cells       []Cell  `json:"cells,omitempty"`
}

// Cell is one modality of a shown sample. Data, if given, is the file itself or
// a picture of it; it is shown only if Options.Media asks for it.
type Cell struct {
	Column string  `json:"column"`
	Kind   string  `json:"kind"`             // text, image, audio, video, …
	Text   string  `json:"text,omitempty"`   // the text, or the path of the file
	Fields []Field `json:"fields,omitempty"` // of a table, instead of the text
	Usual  int     `json:"usual,omitempty"`  // fields left out, whose value is that of most rows
	MIME   string  `json:"mime,omitempty"`
	Data   []byte  `json:"-"`
}

// Field is one named value of a table.
type Field struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Scope describes the rows that one model's scores are of; a comparison has none.
type Scope struct {
	Rows    int  `json:"rows"`               // labeled ones
	HeldOut bool `json:"held_out,omitempty"` // they are those that training held out of data without a split
	Unsplit bool `json:"unsplit,omitempty"`  // they are all rows, for the data has no test rows
	Trained *int `json:"trained,omitempty"`  // those of them that were also used for training; nil: unknown
}

// Note returns what a reader of the scores should know of the rows; "" if there is nothing.
func (l *Scope) Note(lang string) string {
	s := speakerOf(lang)
	switch {
	case l == nil:
	case l.Trained != nil && *l.Trained == l.Rows && l.Rows > 0:
		return s.say("looked_trained_all", l.Rows)
	case l.Trained != nil && *l.Trained > 0:
		return s.say("looked_trained", *l.Trained, l.Rows)
	case l.HeldOut:
		return s.say("looked_held", l.Rows)
	case l.Unsplit && l.Trained == nil:
		return s.say("looked_unsplit", l.Rows)
	}
	return ""
}

// Data describes the data set.
type Data struct {
	Name       string       `json:"name"`
	Task       dataset.Task `json:"task"`
	Rows       int          `json:"rows"`
	Splits     []Count      `json:"splits,omitempty"`
	Classes    []Count      `json:"classes,omitempty"`
	Modalities []Modality   `json:"modalities,omitempty"`
	Problems   []string     `json:"problems,omitempty"` // located messages
}

// Count is a name with a number of rows.
type Count struct {
	Name string `json:"name"`
	Rows int    `json:"rows"`
}

// Modality is one column and the views taken of it.
type Modality struct {
	Name    string   `json:"name"`
	Kind    string   `json:"kind"`
	Views   []string `json:"views,omitempty"`
	Missing int      `json:"missing"` // rows without it
	// Languages of a text column, as far as the script shows, the most frequent first.
	Languages []Count `json:"languages,omitempty"`
}

// Run is what was run, so that it can be repeated.
type Run struct {
	Version string   `json:"version"`
	Go      string   `json:"go,omitempty"`
	Machine string   `json:"machine,omitempty"` // system, processor, kernels
	Command []string `json:"-"`                 // among the timing: it names paths
	Folds   int      `json:"folds,omitempty"`   // 0: an official split
	Seed    *uint64  `json:"seed,omitempty"`    // of everything random
	Seeds   []int    `json:"seeds,omitempty"`   // repetitions, numbered from 0
	Seconds float64  `json:"-"`                 // among the timing
	Notes   []string `json:"notes,omitempty"`
	// FirstOf: confusion, reliability, abstention and mistakes are the runs' of the first of so many
	// seeds.
	FirstOf int `json:"first_of,omitempty"`
	// NoiseRows is how many rows the noise curves were measured on.
	NoiseRows int `json:"noise_rows,omitempty"`
}

// Series is a list of numbers in which NaN and ±Inf, as a diverging loss has
// them, are null in JSON.
type Series []float64

// MarshalJSON implements json.Marshaler.
func (s Series) MarshalJSON() ([]byte, error) {
	out := make([]*float64, len(s))
	for i := range s {
		if !math.IsNaN(s[i]) && !math.IsInf(s[i], 0) {
			out[i] = &s[i]
		}
	}
	return json.Marshal(out)
}

// UnmarshalJSON implements json.Unmarshaler.
func (s *Series) UnmarshalJSON(b []byte) error {
	var in []*float64
	if err := json.Unmarshal(b, &in); err != nil {
		return err
	}
	*s = nil
	for _, v := range in {
		if v == nil {
			*s = append(*s, math.NaN())
		} else {
			*s = append(*s, *v)
		}
	}
	return nil
}
