// Package predict answers rows with a trained model: it extracts their views, runs the network,
// calibrates its probabilities, flags what was missing, and shows which modality decided.
//
// It is what a server needs and no more: it does not reach the code that trains. [Model.Predict]
// does everything at once; [Model.Features] and [Model.Answer] are its two halves, so that the
// features of many requests can be extracted side by side and answered in one batch ([Join]).
package predict

import (
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"runtime"
	"slices"
	"sync"

	"github.com/fusor-ml/fusor/artifact"
	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/feature/pretrained"
	"github.com/fusor-ml/fusor/feature/views"
	"github.com/fusor-ml/fusor/fusion"
	"github.com/fusor-ml/fusor/model"
	"github.com/fusor-ml/fusor/progress"
)

// Options are those of any work on data. The zero value is right for most of it.
type Options struct {
	Threads  int    // cores; 0: all
	CacheDir string // of extracted features; "": in the user's cache folder
	NoCache  bool
	Strict   bool // a cell that cannot be read is an error
	// AllowMissing are columns to go on with, where rows are learned from or measured, although most
	// of their cells cannot be read.
	AllowMissing []string

	Methods fusion.Table    // nil: fusion.Methods
	Views   feature.Catalog // nil: all that fusor knows

	// Encoders are folders in which a model's pretrained encoders are looked for: each may be that of
	// an encoder, or hold such folders. After them come those of the environment variable
	// FUSOR_ENCODERS and, of a model in a file, the file's own.
	Encoders []string

	// Progress may be nil. It is never called concurrently, even if a Model is used concurrently. It
	// must not call a Model's methods.
	Progress progress.Func
	Logger   *slog.Logger // of what was done; nil: none
}

// WithDefaults returns o with every field set: to its own value, else the default.
func (o Options) WithDefaults() Options {
	if o.Threads <= 0 {
		o.Threads = runtime.GOMAXPROCS(0)
	}
	switch {
	case o.NoCache:
		o.CacheDir = ""
	case o.CacheDir == "":
		o.CacheDir = feature.UserCacheDir()
	}
	if o.Methods == nil {
		o.Methods = fusion.Methods
	}
	if o.Views == nil {
		o.Views = views.All()
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// Extraction returns how views are extracted under o, which must have its defaults.
func (o Options) Extraction() *feature.Extraction {
	return &feature.Extraction{
		CacheDir: o.CacheDir, Workers: o.Threads, Strict: o.Strict,
		Progress: func(done, total int) { o.Progress.Report(progress.Extract, done, total, "") },
	}
}

// finder looks for encoders in the folders of o, then those of the environment, then others.
func (o Options) finder(others ...string) pretrained.Finder {
	return pretrained.Find(slices.Concat(o.Encoders, pretrained.Folders(), others))
}

// Model is a trained model. Its methods are safe for concurrent use.
type Model struct {
	a         *artifact.Artifact
	o         Options
	predictor *model.Predictor
	refs      func() ([]feature.Ref, error) // the views, in the order of the schema's columns
}

// New returns the model of an artifact, which must not change from then on.
func New(a *artifact.Artifact, o Options) *Model {
	o = o.WithDefaults()
	o.Views = a.Catalog(o.Views)
	o.Progress = o.Progress.Serial()
	m := &Model{a: a, o: o, predictor: model.NewPredictor(a.Model, o.Threads)}
	m.refs = sync.OnceValues(func() ([]feature.Ref, error) { return o.Views.Select(&a.Schema, m.Views()) })
	return m
}

// Load reads a saved model.
func Load(path string, o Options) (*Model, error) {
	o = o.WithDefaults()
	a, err := artifact.ReadFile(path, o.Views, o.Methods, o.finder(filepath.Dir(path)))
	if err != nil {
		return nil, err
	}
	return New(a, o), nil
}

// Decode reads a saved model from r.
func Decode(r io.Reader, o Options) (*Model, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("cannot load the model: %w", err)
	}
	o = o.WithDefaults()
	a, err := artifact.Decode(data, o.Views, o.Methods, o.finder())
	if err != nil {
		return nil, fmt.Errorf("cannot load the model: %w", err)
	}
	return New(a, o), nil
}

// Save writes the model to path; the file is whole or not there.
func (m *Model) Save(path string) error { return m.a.WriteFile(path) }

// Encode writes the model to w.
func (m *Model) Encode(w io.Writer) error { return m.a.Encode(w) }

// Schema returns what the model reads and predicts.
func (m *Model) Schema() *dataset.Schema { return &m.a.Schema }

// Artifact returns what the model is saved as.
func (m *Model) Artifact() *artifact.Artifact { return m.a }

// Options returns what the model was loaded with, every field set.
func (m *Model) Options() Options { return m.o }

// OverRows reports whether the model reads the rows of a group in order, so that all rows of a
// group must be predicted together.
func (m *Model) OverRows() bool { return m.a.Model.OverRows() }

// Views returns the names of the model's views, column.view.
func (m *Model) Views() []string {
	names := make([]string, len(m.a.Views))
	for i, v := range m.a.Views {
		names[i] = v.Name
	}
	return names
}

// Modalities returns what can be hidden from the model: its columns or, if it has only one, the
// views of that.
func (m *Model) Modalities() []string {
	names, _ := model.Players(m.a.Spec.Views)
	return names
}
