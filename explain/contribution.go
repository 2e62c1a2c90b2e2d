package explain

import (
	"slices"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/eval"
)

// Goals that contributions explain.
const (
	Correctness = "correctness"   // 1 where the prediction is right
	LogOdds     = "log_odds"      // of the class that the whole model predicts
	TrueLogOdds = "log_odds_true" // of the true class
	ErrorDrop   = "error"         // of a regression: minus the absolute error
	RowF1       = "row_f1"        // of a multi-label task: the F1 of a row's labels
)

// Goals are what contributions explain of a task, the main one first.
func Goals(task dataset.Task) []string {
	switch task {
	case dataset.Regression:
		return []string{ErrorDrop}
	case dataset.Multilabel:
		return []string{RowF1, LogOdds, TrueLogOdds}
	}
	return []string{Correctness, LogOdds, TrueLogOdds}
}

// Contribution is how much each player contributes to one goal on the mean of the rows: the parts
// sum to Full − Empty.
type Contribution struct {
	Model   string      `json:"model,omitempty"` // where several are shown
	Goal    string      `json:"goal"`
	Empty   float64     `json:"empty"`
	Full    float64     `json:"full"`
	Sampled bool        `json:"sampled,omitempty"`
	Parts   []Part      `json:"parts"`
	Classes []ClassPart `json:"classes,omitempty"` // by true class, or by each of several true labels
}

// Part is one player's share with its 95 % bootstrap interval over the rows.
type Part struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// ClassPart holds the shares within one true class, in the order of Parts.
type ClassPart struct {
	Class  string    `json:"class"`
	Rows   int       `json:"rows"`
	Values []float64 `json:"values"`
}

// Sample describes the rows that values are averaged over.
type Sample struct {
	Classes []string // names; none for a regression
	Class   [][]int  // [rows]: the class of each, or its labels
	Groups  []int    // [rows], or nil: rows of a group are resampled together, as eval.Units has it
}

// NewSample returns the sample that rows of a data set are.
func NewSample(ds *dataset.Dataset, rows []int) Sample {
	s := Sample{Groups: eval.Groups(ds, rows)}
	if ds.Schema.Task == dataset.Regression {
		return s
	}
	s.Classes = ds.Schema.Classes
	for _, r := range rows {
		if ds.Schema.Task == dataset.Multilabel {
			s.Class = append(s.Class, ds.Rows[r].Labels)
		} else {
			s.Class = append(s.Class, []int{ds.Rows[r].Class})
		}
	}
	return s
}

// Contributions averages the values of each goal over the rows.
func Contributions(v *eval.ShapleyValues, goals, players []string, s Sample) []Contribution {
	out := make([]Contribution, len(goals))
	low, high := eval.MeanIntervals(slices.Concat(v.Parts...), s.Groups)
	for g, goal := range goals {
		c := Contribution{Goal: goal, Empty: mean(v.Empty[g]), Full: mean(v.Full[g]), Sampled: v.Sampled}
		for p, name := range players {
			k := g*len(players) + p
			c.Parts = append(c.Parts, Part{name, mean(v.Parts[g][p]), low[k], high[k]})
		}
		for k, class := range s.Classes {
			cp := ClassPart{Class: class, Values: make([]float64, len(players))}
			for i, y := range s.Class {
				if !slices.Contains(y, k) {
					continue
				}
				cp.Rows++
				for p := range players {
					cp.Values[p] += v.Parts[g][p][i]
				}
			}
			if cp.Rows == 0 {
				continue
			}
			for p := range cp.Values {
				cp.Values[p] /= float64(cp.Rows)
			}
			c.Classes = append(c.Classes, cp)
		}
		out[g] = c
	}
	return out
}

func matrix(rows, cols int) [][]float64 {
	out := make([][]float64, rows)
	for i := range out {
		out[i] = make([]float64, cols)
	}
	return out
}

func mean(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(max(len(x), 1))
}
