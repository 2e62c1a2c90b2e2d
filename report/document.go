// Package report shows the results of compare and explain: as one HTML file
// without any outside request, as .svg, .csv and .json files, and as tables
// with bars in the terminal.
//
// A Document is plain data. compare and explain fill the parts they have; a
// part without data is left out of the report. Every visible string stands in
// one table, in English and Chinese (words.go).
package report

import (
	"encoding/json"
	"math"

	"github.com/fusor-ml/fusor/eval"
)

// Document is everything a report can show.
type Document struct {
	Title       string        `json:"title,omitempty"` // empty: from the data set's name
	Metric      string        `json:"metric"`          // a name of eval's registry: the one the verdict is about
	Verdict     *eval.Verdict `json:"verdict,omitempty"`
	Rows        []Row         `json:"rows,omitempty"`
	Subsets     []Subset      `json:"subsets,omitempty"`
	Shapley     []Shapley     `json:"shapley,omitempty"`
	Noise       []Noise       `json:"noise,omitempty"`
	NoiseBy     []string      `json:"noise_by,omitempty"` // without Noise: the commands that measure it
	Weights     *Weights      `json:"weights,omitempty"`
	Learning    []Learning    `json:"learning,omitempty"`
	Confusion   *Confusion    `json:"confusion,omitempty"`
	Reliability *Reliability  `json:"reliability,omitempty"`
	Sets        *Sets         `json:"sets,omitempty"`
	Mistakes    []Mistake     `json:"mistakes,omitempty"`
	Looked      *Looked       `json:"looked,omitempty"`
	Data        Data          `json:"data"`
	Run         Run           `json:"run"`
}

// Row is one contestant of the leaderboard.
type Row struct {
	Name       string   `json:"name"`
	Kind       string   `json:"kind"` // eval.Single or eval.Fused
	Fusion     string   `json:"fusion,omitempty"`
	Views      []string `json:"views,omitempty"`
	Scores     []Score  `json:"scores"`
	FitSeconds float64  `json:"fit_seconds,omitempty"`
	Parameters int      `json:"parameters,omitempty"`
}

// Score is one metric of a row.
type Score struct {
	Metric  string       `json:"metric"`
	Summary eval.Summary `json:"summary"`
}

// Of returns the summary of a metric; ok is false where the row lacks it.
func (r Row) Of(metric string) (s eval.Summary, ok bool) {
	for _, v := range r.Scores {
		if v.Metric == metric {
			return v.Summary, true
		}
	}
	return s, false
}

// Subset is the score of one model with only some modalities present.
type Subset struct {
	Views []string  `json:"views"` // present; none: the class prior
	Score float64   `json:"score"`
	Range *Interval `json:"range,omitempty"`
}

// Interval is a 95 % interval.
type Interval struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// Goals a Shapley value can explain.
const (
	Correctness = "correctness"
	LogOdds     = "log_odds"      // of the predicted class
	TrueLogOdds = "log_odds_true" // of the true class
	ErrorDrop   = "error"         // of a regression: minus the absolute error
)

// Shapley tells how much each modality contributes: the values sum to Full − Empty.
type Shapley struct {
	Model   string         `json:"model"`
	Goal    string         `json:"goal"`              // one of the goals above
	Empty   float64        `json:"empty"`             // the goal with no modality present
	Full    float64        `json:"full"`              // with all of them
	Sampled bool           `json:"sampled,omitempty"` // estimated from sampled orders
	Parts   []Contribution `json:"parts"`
	Classes []ClassParts   `json:"classes,omitempty"`
}

// Contribution is one modality's share.
type Contribution struct {
	Name  string    `json:"name"`
	Value float64   `json:"value"`
	Range *Interval `json:"range,omitempty"`
}

// ClassParts holds the shares within one true class, in the order of Parts.
type ClassParts struct {
	Class  string    `json:"class"`
	Values []float64 `json:"values"`
}

// Noise holds the curves of one disturbance of one modality.
type Noise struct {
	Modality string       `json:"modality"`       // column; empty: all of them jointly
	Kind     string       `json:"kind"`           // "typos", "missing", …: see noiseNames
	Unit     string       `json:"unit,omitempty"` // of Levels; empty: a share, shown in percent
	Levels   []float64    `json:"levels"`
	Curves   []NoiseCurve `json:"curves"`
}

// NoiseCurve is one model's score at each level. Relative and Effective are
// MultiBench's robustness, Area the mean under the curve; nil if unknown.
type NoiseCurve struct {
	Model     string   `json:"model"`
	Scores    Series   `json:"scores"`
	Low       Series   `json:"low,omitempty"`
	High      Series   `json:"high,omitempty"`
	Area      *float64 `json:"area,omitempty"`
	Relative  *float64 `json:"relative,omitempty"`
	Effective *float64 `json:"effective,omitempty"`
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
}

// Reliability compares stated confidence with accuracy, before and after
// temperature calibration. After may be empty.
type Reliability struct {
	Model       string     `json:"model"`
	Before      []eval.Bin `json:"before"`
	After       []eval.Bin `json:"after,omitempty"`
	ECEBefore   float64    `json:"ece_before"`
	ECEAfter    float64    `json:"ece_after,omitempty"`
	Temperature float64    `json:"temperature,omitempty"`
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
	MIME   string  `json:"mime,omitempty"`
	Data   []byte  `json:"-"`
}

// Field is one named value of a table.
type Field struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Looked says which rows one model's scores are of; a comparison has none.
type Looked struct {
	Rows    int  `json:"rows"`               // labelled ones
	HeldOut bool `json:"held_out,omitempty"` // they are those that training held out of data without a split
	Unsplit bool `json:"unsplit,omitempty"`  // they are all rows, for the data has no test rows
	Trained *int `json:"trained,omitempty"`  // so many of them the model was fitted on; nil: it cannot be told
}

// Note says what a reader of the scores should know of the rows; "" where
// there is nothing to say.
func (l *Looked) Note(lang string) string {
	s := speakerOf(lang)
	switch {
	case l == nil:
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
	Name       string     `json:"name"`
	Task       string     `json:"task"` // classification or regression
	Rows       int        `json:"rows"`
	Splits     []Count    `json:"splits,omitempty"`
	Classes    []Count    `json:"classes,omitempty"`
	Modalities []Modality `json:"modalities,omitempty"`
	Problems   []string   `json:"problems,omitempty"` // located messages
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
	// Languages of a text column, as far as the script tells, the most frequent first.
	Languages []Count `json:"languages,omitempty"`
}

// Run says what was run, so that it can be repeated.
type Run struct {
	Version string   `json:"version"`
	Go      string   `json:"go,omitempty"`
	Machine string   `json:"machine,omitempty"` // system, processor, kernels
	Command string   `json:"command"`
	Folds   int      `json:"folds,omitempty"` // 0: an official split
	Seed    *uint64  `json:"seed,omitempty"`  // of everything random
	Seeds   []int    `json:"seeds,omitempty"` // repetitions, numbered from 0
	Seconds float64  `json:"seconds,omitempty"`
	Notes   []string `json:"notes,omitempty"`
	// FirstOf: confusion, reliability, abstention and mistakes are the runs' of the first of so many seeds.
	FirstOf int `json:"first_of,omitempty"`
	// Disturbed is how many rows the noise curves were measured on.
	Disturbed int `json:"disturbed,omitempty"`
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
