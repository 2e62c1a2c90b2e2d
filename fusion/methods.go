package fusion

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Table is a list of methods. It is a value: whoever builds or loads a model is given one.
type Table []Method

// Methods that other packages take by name.
const (
	// Default is taken where no method is named. See docs/decisions/0016-default-fusion.md.
	Default = "concat"
	// DefaultOrdered is taken in its place where the rows of a group have an order.
	DefaultOrdered = "bilstm"
	// Plain has no parameters beside projections: what is tried with it depends on the views alone.
	Plain = "mean"
)

// Methods is every method that ships here, those of textbooks first. The type of each ([Mean],
// [Weighted], …) describes what it computes.
var Methods = shipped

var shipped = Table{
	{
		Name: "mean", Doc: "the mean of the views that are present (balanced fusion)", Source: "textbook",
		Options: []Option{dim(0)},
		Build:   newMean,
		Laws: Laws{
			Permutable: true, Indexed: []string{"proj"},
			Cases: []Case{
				{Name: "plain", Widths: []int{3, 3, 3, 3}, Drop: true, Weights: true},
				{Name: "projected", Config: Config{"dim": 2}, Drop: true, Weights: true},
			},
		},
	},
	{
		Name: "weighted", Doc: "a weighted sum of the views, with weights that are given or learned", Source: "textbook",
		Options: []Option{dim(0), {
			Name: "weights", Kind: Numbers, PerView: true, Unset: "learned", Doc: "fixed weights, one a view, in the order of the views",
		}},
		Build: newWeighted,
		Laws: Laws{
			Permutable: true, Indexed: []string{"proj"}, Axis: []string{"logits"},
			Cases: []Case{
				{Name: "learned", Widths: []int{3, 3, 3, 3}, Drop: true, Weights: true},
				{Name: "learned, projected", Config: Config{"dim": 2}, Drop: true, Weights: true},
				{Name: "fixed", Widths: []int{3, 3, 3, 3}, Config: Config{"weights": []float64{0.4, 0.3, 0.2, 0.1}}, Weights: true},
				{Name: "fixed, of any sign", Config: Config{"dim": 2, "weights": []float64{2, -1, 0.5, 1}}},
			},
		},
	},
	{
		Name: "concat", AnyWidths: true, Doc: "the views side by side (stacking), with a learned vector for an absent one", Source: "textbook",
		Options: []Option{dim(0)},
		Build:   newConcat,
		Laws:    Laws{Cases: []Case{{Name: "plain"}, {Name: "projected", Config: Config{"dim": 4}}}},
	},
	{
		Name: "attention", RowWeights: true, Doc: "additive attention: each view is scored, a softmax over the present views weighs them",
		Source:  "Bahdanau, Cho & Bengio 2015, arXiv:1409.0473",
		Options: []Option{dim(sharedDim), hidden("width of the scorer", nil, "`dim`")},
		Build:   newAttention,
		Laws: Laws{
			Permutable: true, Indexed: []string{"proj"},
			Cases: []Case{{Name: "plain", Drop: true, Weights: true}},
		},
	},
	{
		Name: "bilstm", Doc: "an LSTM in both directions over time, over the views, or over the rows of a group",
		Source: "Graves & Schmidhuber 2005, doi:10.1016/j.neunet.2005.06.042; over rows: Poria et al. 2017, ACL P17-1081",
		Options: []Option{
			{
				Name: "over", Kind: Choice, Choices: []string{OverRows, OverTime, OverViews}, Doc: "what the steps are",
				Unset: "rows where they have groups and an order, else time where a view is a sequence, else views",
			},
			hidden("units of one direction", 64, ""), layers(), dropout(0), dim(0),
			{Name: "skip", Kind: Boolean, Default: false, Doc: "over rows: whether a row's own features go on beside what was read"},
		},
		ReadsRows: bilstmReadsRows, Adapt: adaptBiLSTM, Textbook: textbookBiLSTM,
		Build:          newBiLSTM,
		TakesSequences: bilstmTakesSequences,
		Laws: Laws{
			Idle: []string{"weight_hh"},
			Cases: []Case{
				{Name: "views", Config: Config{"over": OverViews, "dim": 3}, Drop: true},
				{Name: "views as they are", Config: Config{"over": OverViews}, Widths: []int{3, 3, 3, 3}, Drop: true},
				{Name: "time", Config: Config{"over": OverTime}, Sequences: true},
				{Name: "time, two layers", Config: Config{"layers": 2}, Sequences: true},
				{Name: "rows", Config: Config{"over": OverRows}, Groups: true},
				{Name: "rows, skip", Config: Config{"over": OverRows, "skip": true}, Groups: true},
			},
		},
	},
	{
		Name: "gated", Doc: "gated multimodal units: each view has a gate that sees all views",
		Source:  "Arevalo et al. 2017, arXiv:1702.01992",
		Options: []Option{dim(sharedDim)},
		Build:   newGated,
		Laws: Laws{
			Permutable: true, Indexed: []string{"h", "z"}, Columns: []string{"z"},
			Cases: []Case{{Name: "plain", Drop: true}},
		},
	},
	{
		Name: "tensor", Optional: true, Doc: "the outer product of the views, each with a 1 in front",
		Source:  "Zadeh et al. 2017, arXiv:1707.07250",
		Options: []Option{dim(0)},
		Build:   newTensor,
		Laws: Laws{Cases: []Case{
			{Name: "plain", Widths: []int{2, 3, 1}},
			{Name: "projected", Config: Config{"dim": 2}, Widths: []int{2, 3, 4}},
			{Name: "more views than factors", Config: Config{"dim": 1}, Widths: []int{2, 1, 1, 1, 2, 1, 3, 1}},
		}},
	},
	{
		Name: "lowrank", Optional: true, Doc: "tensor fusion as a sum of rank-one parts, without making the product",
		Source: "Liu et al. 2018, arXiv:1806.00064",
		Options: []Option{dim(sharedDim), {
			Name: "rank", Kind: Integer, Min: 1, Max: MaxWidth, Default: 4, Doc: "rank-one parts", Search: []any{2, 8},
		}},
		Build: newLowRank,
		Laws: Laws{
			Permutable: true, Indexed: []string{"factor"},
			Cases: []Case{{Name: "plain"}},
		},
	},
	{
		Name: "film", Optional: true, Doc: "the first view, scaled and shifted by what the others say",
		Source:  "Perez et al. 2018, arXiv:1709.07871",
		Options: []Option{dim(0)},
		Build:   newFiLM,
		Laws: Laws{Cases: []Case{
			{Name: "two views", Widths: []int{3, 4}},
			{Name: "four views", Drop: true},
			{Name: "four views of one width", Widths: []int{3, 2, 2, 2}, Drop: true},
			{Name: "projected", Config: Config{"dim": 2}, Drop: true},
		}},
	},
	{
		Name: "multiplicative", Optional: true, Doc: "a bilinear layer, summed over the pairs of views",
		Source:  "Jayakumar et al. 2020, openreview.net/forum?id=rylnK6VtDH",
		Options: []Option{dim(sharedDim)},
		Build:   newMultiplicative,
		Laws: Laws{Cases: []Case{
			{Name: "two views", Widths: []int{3, 4}},
			{Name: "four views", Drop: true},
		}},
	},
	{
		Name: "poe", Doc: "a product of Gaussian experts: what is surer counts more",
		Source:  "Wu & Goodman 2018, arXiv:1802.05335",
		Options: []Option{dim(sharedDim)},
		Build:   newPoE,
		Laws: Laws{
			Permutable: true, Indexed: []string{"mu", "logvar"},
			Cases: []Case{{Name: "plain", Drop: true}},
		},
	},
	{
		Name: "transformer", Doc: "a token per view, encoder layers, and the mean of the tokens",
		Source: "Vaswani et al. 2017, arXiv:1706.03762",
		Options: []Option{
			dim(sharedDim),
			heads(),
			layers(), hidden("width of the feed-forward part", nil, "2 · `dim`"), dropout(0.1),
		},
		Textbook: func(cfg Config, _ []ViewShape) Config { return cfg.WithDefaults(Config{"heads": 1}) },
		Build:    newTransformer,
		Laws: Laws{
			Permutable: true, Indexed: []string{"proj"},
			Cases: []Case{
				{Name: "plain", Config: Config{"dim": 4, "heads": 2}, Drop: true},
				{Name: "two layers", Config: Config{"dim": 3, "layers": 2}, Drop: true},
			},
		},
	},
	{
		Name: "late", AnyWidths: true, Doc: "the mean of a prediction per view (decision fusion)", Source: "textbook",
		Final: true, Votes: true,
		Build: newLate,
		Laws: Laws{
			Permutable: true, Indexed: []string{"head"},
			Cases: []Case{
				{Name: "classes", Drop: true, Weights: true},
				{Name: "regression", Regression: true, Drop: true, Weights: true},
				{Name: "labels", Multilabel: true, Drop: true, Weights: true},
			},
		},
	},
	{
		Name: "moe", AnyWidths: true, RowWeights: true, Optional: true,
		Doc:    "a mixture of experts: a prediction per view, weighed by a gate that sees all views",
		Source: "Jacobs, Jordan, Nowlan & Hinton 1991, doi:10.1162/neco.1991.3.1.79",
		Final:  true, Votes: true,
		Build: newMoE,
		Laws: Laws{
			Permutable: true, Indexed: []string{"expert", "gate"}, Columns: []string{"gate"},
			Cases: []Case{
				{Name: "classes", Drop: true, Weights: true},
				{Name: "regression", Regression: true, Drop: true, Weights: true},
				{Name: "labels", Multilabel: true, Drop: true, Weights: true},
			},
		},
	},
	{
		Name: "evidential", AnyWidths: true, RowWeights: true, Optional: true, NoRegression: true,
		Doc:    "trusted late fusion: an opinion per view from its evidence, joined by Dempster's rule",
		Source: "Han et al. 2021, arXiv:2102.02051",
		Options: []Option{{
			Name: "anneal", Kind: Number, Min: 0, Max: math.Inf(1), Default: 50.0,
			Doc: "epochs in which the weight of the divergence in the loss grows to 1; 0: it is 1 from the start",
		}},
		Final: true,
		Build: newEvidential,
		Laws: Laws{
			Permutable: true, Indexed: []string{"head"},
			Cases: []Case{
				{Name: "classes", Drop: true, Weights: true},
				{Name: "labels", Multilabel: true, Drop: true, Weights: true},
			},
		},
	},
	{
		Name: "quality", AnyWidths: true, RowWeights: true, NoRegression: true,
		Doc:    "late fusion in which each view counts by the energy of its own prediction in the row",
		Source: "Zhang et al. 2023, arXiv:2306.02050",
		Options: []Option{
			{
				Name: "scale", Kind: Number, Min: 0, AboveMin: true, Max: math.Inf(1), Default: 0.1,
				Doc: "what a negative energy is multiplied by to be a confidence",
			},
			{
				Name: "temperature", Kind: Number, Min: 0, AboveMin: true, Max: math.Inf(1), Default: 1.0,
				Doc: "temperature of the energy",
			},
		},
		Final: true, Votes: true, Auxiliary: 1,
		Build: newQuality,
		Laws: Laws{
			Permutable: true, Indexed: []string{"head"},
			Cases: []Case{
				{Name: "classes", Drop: true, Weights: true},
				{Name: "tempered", Config: Config{"temperature": 2.0, "scale": 1.5}, Drop: true, Weights: true},
				{Name: "labels", Multilabel: true, Drop: true, Weights: true},
			},
		},
	},
	{
		Name: "stacking", AnyWidths: true, Optional: true,
		Doc:    "stacked generalization: how the predictions of the views are joined is learned from rows that they were not trained on",
		Source: "Wolpert 1992, doi:10.1016/S0893-6080(05)80023-1",
		Final:  true, Votes: true,
		Build: newStacking,
		Laws: Laws{
			Permutable: true, Indexed: []string{"head", "scale"},
			Cases: []Case{
				{Name: "classes", Drop: true},
				{Name: "regression", Regression: true, Drop: true},
				{Name: "labels", Multilabel: true, Drop: true},
			},
		},
	},
	{
		Name: "mlb", Optional: true,
		Doc:    "low-rank bilinear pooling: the first view asks, attention over the others answers, their product is taken",
		Source: "Kim et al. 2017, arXiv:1610.04325",
		Options: []Option{dim(sharedDim), {
			Name: "glimpses", Kind: Integer, Min: 1, Max: 64, Default: 2, Doc: "sums that attention takes; with two views there is nothing to attend to",
		}},
		Build: newMLB,
		Laws: Laws{Cases: []Case{
			{Name: "two views", Widths: []int{3, 4}},
			{Name: "four views", Drop: true},
			{Name: "glimpse", Config: Config{"dim": 3, "glimpses": 1}, Widths: []int{2, 3, 3, 4}, Drop: true},
		}},
	},
	{
		Name: "mult", Optional: true,
		Doc:    "cross-modal attention: every view, step by step, looks at each other one, then at itself",
		Source: "Tsai et al. 2019, arXiv:1906.00295",
		Options: []Option{
			dim(multDim),
			heads(),
			layers(), hidden("width of the feed-forward part", nil, "4 · `dim`"), dropout(0.1),
		},
		TakesSequences: func(Config) bool { return true },
		Textbook:       func(cfg Config, _ []ViewShape) Config { return cfg.WithDefaults(Config{"heads": 1}) },
		Build:          newMulT,
		Laws: Laws{Cases: []Case{
			{Name: "vectors", Config: Config{"dim": 4, "heads": 2, "hidden": 6}, Widths: []int{3, 2}},
			{Name: "sequences", Config: Config{"dim": 2, "heads": 2, "hidden": 6}, Widths: []int{3, 2, 4}, Sequences: true},
			{Name: "two layers", Config: Config{"dim": 3, "heads": 1, "layers": 2, "hidden": 6}, Widths: []int{3, 2}, Sequences: true},
		}},
	},
}

// Lookup returns the method called name.
func (t Table) Lookup(name string) (m Method, ok bool) {
	for _, m := range t {
		if m.Name == name {
			return m, true
		}
	}
	return Method{}, false
}

// Unknown is the error of a name that the table does not have.
func (t Table) Unknown(name string) error {
	return fmt.Errorf("no fusion %q; there are %s", name, strings.Join(t.Names(), ", "))
}

// With returns a table with m at its end, or in place of the method of that name. t stays as it is.
func (t Table) With(m Method) Table {
	with := slices.Clone(t)
	for i := range with {
		if with[i].Name == m.Name {
			with[i] = m
			return with
		}
	}
	return append(with, m)
}

// Tried returns the names of the methods that a comparison tries where none is named, in the order
// of the table.
func (t Table) Tried() []string {
	var names []string
	for _, m := range t {
		if !m.Optional {
			names = append(names, m.Name)
		}
	}
	return names
}

// Names returns the names in the order of the table.
func (t Table) Names() []string {
	names := make([]string, len(t))
	for i, m := range t {
		names[i] = m.Name
	}
	return names
}

// WithOption returns the names of the methods that have the option.
func (t Table) WithOption(name string) []string {
	var names []string
	for _, m := range t {
		if _, ok := m.Option(name); ok {
			names = append(names, m.Name)
		}
	}
	return names
}
