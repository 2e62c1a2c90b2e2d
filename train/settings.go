package train

import (
	"fmt"
	"math"
	"reflect"
	"strings"

	"github.com/fusor-ml/fusor/fusion"
	"github.com/fusor-ml/fusor/model"
)

// Settings describes the keys of a [Recipe], in the order of its fields; those of Recipe.Train have
// the prefix "train.". Defaults, validation and docs/configuration.md come from it.
var Settings = []fusion.Option{
	{
		Name: "task", Kind: fusion.Choice, Choices: []string{"class", "regression", "multilabel"}, Unset: "by the labels",
		Doc: "what is predicted: one class of a row, a number, or any number of labels; `--task`",
	},
	{
		Name: "fusion", Unset: "concat; bilstm where `--group` and `--order` define how rows follow each other",
		Doc: "the fusion method; `--fusion`. `compare` tries every method that need not be named, or those of `--fusions`, and takes from this key only which of them `fusion_config` is for",
	},
	{
		Name: "fusion_config", Unset: "",
		Doc: "options of the method. `compare` passes them to the method that `fusion` names, or else to every method that it tries, each of which must have them",
	},
	{
		Name: "views", Unset: "the default views (`fusor views` marks them)",
		Doc: "the views to take, by the patterns column, column.view and \\*.view; `--views`",
	},
	{
		Name: "scaling", Kind: fusion.Choice, Choices: []string{"feature", "view", "none"}, Unset: "chosen on validation rows for vector columns, else feature",
		Doc: "whether every feature, or a view as a whole, is brought to mean 0 and deviation 1, or neither; `--scaling`",
	},
	{
		Name: "encoders", Unset: "the first of its kind", Search: []any{string(model.Linear), string(model.MLP)},
		Doc: "how a view, column.view, is turned into a vector of the model's width. vector: mlp, linear, identity; sparse: linear, mlp; tokens: attention, bilstm; sequence: bilstm, attention. Where bilstm runs over rows, vectors stay as they are (identity) unless named here; where it runs over time, it reads tokens and sequences step by step itself, and only the other views are encoded. `fusor views` lists the kind of each view",
	},
	{
		Name: "embeddings", Unset: "none",
		Doc: "file of word vectors (.vec or .txt: a word and its values a line) that initialize the view semantic, relative to the configuration file; `--embeddings`. Without `views` the view is taken beside the default ones",
	},
	{
		Name: "pretrained", Unset: "none",
		Doc: "folders of pretrained encoders (encoders.md), by column, or by a kind of column (text, image, audio, video) for all others of it, relative to the configuration file; `--encoder`. A column that has one gets the view encoder, beside its default views. In place of a folder's name an object with `dir` and, for texts, `pooling`, `prompt` and `max_tokens`",
	},
	{
		Name: "width", Kind: fusion.Integer, Min: 1, Max: fusion.MaxWidth, Default: defaultWidth, Search: []any{32, 128, 256},
		Doc: "width of an encoded view; `--width`",
	},
	{
		Name: "hidden", Kind: fusion.Integer, Min: 0, Max: fusion.MaxWidth, Default: 0, Search: []any{64, 128},
		Doc: "units of a hidden layer between fusion and prediction; 0: none, the head is linear. `late`, whose views predict by themselves, has no head",
	},
	{
		Name: "dropout", Kind: fusion.Number, Min: 0, Max: 1, BelowMax: true, Unset: "0.3; for bilstm over rows 0.6", Search: []any{0.0, 0.1, 0.5},
		Doc: "share of the values dropped in training, after the encoders and before the head; `--dropout`",
	},
	{
		Name: "modality_dropout", Kind: fusion.Number, Min: 0, Max: 1, BelowMax: true, Default: 0.0, Search: []any{0.1, 0.2},
		Doc: "chance that a modality is hidden from a training row, so that the model learns to do without; `--modality-dropout`",
	},
	{
		Name: "auxiliary", Kind: fusion.Number, Min: 0, Max: math.Inf(1), Unset: "0; for quality 1",
		Doc: "weight, beside the loss of the prediction, of the loss of what each view predicts by itself: `late`, `moe` and `quality` as they decide, any other fusion by a head for each view that is used in training alone; `stacking` learns from nothing else, at any weight",
	},
	{
		Name: "train.epochs", Kind: fusion.Integer, Min: 1, Max: math.Inf(1), Default: 100,
		Doc: "epochs at most, fewer of more than 50,000 training rows: docs/performance.md; `--epochs`",
	},
	{
		Name: "train.batch", Kind: fusion.Integer, Min: 1, Max: math.Inf(1), Default: 32, Search: []any{16, 64, 128},
		Doc: "rows of a step; where bilstm runs over rows, whole groups until there are as many; more of more than 50,000 training rows: docs/performance.md; `--batch`",
	},
	{
		Name: "train.lr", Kind: fusion.Number, Min: 0, AboveMin: true, Max: math.Inf(1), Default: 0.002, Search: []any{0.0005, 0.001, 0.005, 0.01},
		Doc: "highest learning rate; `--lr`",
	},
	{
		Name: "train.weight_decay", Kind: fusion.Number, Min: 0, Max: math.Inf(1), Default: 0.01, Search: []any{0.0, 0.1},
		Doc: "of adamw (decoupled) and sgd; adam has none",
	},
	{
		Name: "train.optimizer", Kind: fusion.Choice, Choices: []string{"adamw", "adam", "sgd"}, Default: "adamw",
		Doc: "what makes the steps",
	},
	{
		Name: "train.momentum", Kind: fusion.Number, Min: 0, Max: 1, BelowMax: true, Default: 0.9,
		Doc: "of sgd",
	},
	{
		Name: "train.schedule", Kind: fusion.Choice, Choices: []string{"cosine", "constant"}, Default: "cosine",
		Doc: "how the learning rate goes: up over the first steps (50, or a tenth) and down along a cosine, or not at all",
	},
	{
		Name: "train.patience", Kind: fusion.Integer, Min: 1, Max: math.Inf(1), Default: 12,
		Doc: "epochs without a lower validation loss before it stops, fewer of more than 50,000 training rows: docs/performance.md",
	},
	{
		Name: "train.margin", Kind: fusion.Number, Min: 0, Max: math.Inf(1), Default: 0.5, Search: []any{0.0, 1.0},
		Doc: "by how many standard errors a later epoch must be better than the chosen one to be taken; docs/decisions/0012",
	},
	{
		Name: "train.clip", Kind: fusion.Number, Min: 0, Max: math.Inf(1), Default: 5.0,
		Doc: "bound on the norm of a step's gradient; 0: none",
	},
	{
		Name: "train.class_weights", Kind: fusion.Boolean, Default: false,
		Doc: "whether classes are weighed by 1/frequency, and decided for the best balanced accuracy unless a metric is named; `--class-weights`. An error in a regression, and of several labels, each of which has a threshold of its own instead",
	},
	{
		Name: "train.label_smoothing", Kind: fusion.Number, Min: 0, Max: 1, BelowMax: true, Default: 0.0, Search: []any{0.05, 0.1},
		Doc: "share of the target that is spread over all classes, or of each label over yes and no. An error in a regression",
	},
	{
		Name: "train.loss", Kind: fusion.Choice, Choices: []string{"mse", "l1", "smooth_l1"}, Default: "mse", Search: []any{"l1", "smooth_l1"},
		Doc: "of a regression; an error in any other task",
	},
	{
		Name: "train.modulation", Kind: fusion.Number, Min: 0, Max: math.Inf(1), Default: 0.0,
		Doc: "how much the encoders of a modality that does better alone than the others are slowed: the gradient is multiplied by 1 − tanh(modulation · ratio) (OGM-GE, arXiv:2203.15332); 0: not. An error in a regression",
	},
	{
		Name: "train.modulation_epochs", Kind: fusion.Integer, Min: 1, Max: math.Inf(1), Default: 50,
		Doc: "the first epochs, which are modulated",
	},
	{
		Name: "train.no_modulation_noise", Kind: fusion.Boolean, Default: false,
		Doc: "leave out the noise that modulation adds to the gradients of the encoders",
	},
	{
		Name: "train.no_refit", Kind: fusion.Boolean, Default: false,
		Doc: "keep the best epoch's weights instead of fitting again on train + val; `--no-refit`, or `--refit` to take it back",
	},
	{
		Name: "train.no_average", Kind: fusion.Boolean, Default: false,
		Doc: "keep the weights of a step instead of their moving average; models of n-gram or token tables always do; docs/decisions/0014",
	},
}

// Setting returns the setting of that name.
func Setting(name string) (fusion.Option, bool) {
	for _, s := range Settings {
		if s.Name == name {
			return s, true
		}
	}
	return fusion.Option{}, false
}

// eachSetting calls f for the fields of a struct that have a setting. The zero value of a field
// that is no pointer is one that is not set, and so is a nil pointer: then set is false.
func eachSetting(v reflect.Value, prefix string, f func(o fusion.Option, field reflect.Value, set bool) error) error {
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		if o, ok := Setting(prefix + name); ok && o.Kind != "" {
			if err := f(o, v.Field(i), !v.Field(i).IsZero()); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkSettings reports a field of a struct that is out of its setting's range.
func checkSettings(v any, prefix string) error {
	return eachSetting(reflect.ValueOf(v), prefix, func(o fusion.Option, field reflect.Value, set bool) error {
		if !set {
			return nil
		}
		if field.Kind() == reflect.Pointer {
			field = field.Elem()
		}
		value := field.Interface()
		if field.Kind() == reflect.String {
			value = field.String()
		}
		return o.Check(value)
	})
}

// setDefaults fills in the fields of the struct that p points to that are not set.
func setDefaults(p any, prefix string) {
	err := eachSetting(reflect.ValueOf(p).Elem(), prefix, func(o fusion.Option, field reflect.Value, set bool) error {
		switch {
		case set || o.Default == nil:
		case field.Kind() == reflect.Pointer:
			value := reflect.New(field.Type().Elem())
			value.Elem().Set(reflect.ValueOf(o.Default))
			field.Set(value)
		default:
			field.Set(reflect.ValueOf(o.Default))
		}
		return nil
	})
	if err != nil {
		panic(fmt.Sprintf("train: cannot set defaults: %v", err))
	}
}
