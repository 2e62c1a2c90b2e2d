package compare

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/media"
	"github.com/fusor-ml/fusor/train"
)

// Choice is what a comparison chose, with all that it takes to fit and measure it again.
type Choice struct {
	Entry
	Recipe train.Recipe `json:"recipe"` // of every entry; Entry.Fusion goes before its fusion
	Folds  int          `json:"folds"`  // as asked for; 0: those of the data, or its split
	Seeds  int          `json:"seeds"`  // as asked for; 0: the default
	Seed   uint64       `json:"seed"`
	Reads  Reading      `json:"reads"`
}

// Reading is how a comparison read its data: dataset.Options but for what belongs to one file.
type Reading struct {
	Label   string                `json:"label,omitempty"`
	ID      string                `json:"id,omitempty"`
	Split   string                `json:"split,omitempty"`
	Group   string                `json:"group,omitempty"`
	Order   string                `json:"order,omitempty"`
	None    []string              `json:"none,omitempty"`
	Ignore  []string              `json:"ignore,omitempty"`
	Columns []string              `json:"columns,omitempty"`
	Kinds   map[string]media.Kind `json:"kinds,omitempty"`
	Task    string                `json:"task,omitempty"`
}

// NewReading returns what of o another table can be read by.
func NewReading(o dataset.Options) Reading {
	return Reading{o.Label, o.ID, o.Split, o.Group, o.Order, o.None, o.Ignore, o.Columns, o.Kinds, o.Task}
}

// Under returns o with what it leaves open taken from r.
func (r Reading) Under(o dataset.Options) dataset.Options {
	for _, role := range []struct {
		name string
		to   *string
		from string
	}{{"label", &o.Label, r.Label}, {"id", &o.ID, r.ID}, {"split", &o.Split, r.Split}, {"group", &o.Group, r.Group}, {"order", &o.Order, r.Order}} {
		if *role.to != "" || slices.Contains(o.None, role.name) {
			continue
		}
		*role.to = role.from
		if slices.Contains(r.None, role.name) {
			o.None = append(slices.Clip(o.None), role.name)
		}
	}
	if len(o.Ignore) == 0 {
		o.Ignore = r.Ignore
	}
	if len(o.Columns) == 0 {
		o.Columns = r.Columns
	}
	if len(o.Kinds) == 0 {
		o.Kinds = r.Kinds
	}
	if o.Task == "" {
		o.Task = r.Task
	}
	return o
}

// ReadChoice returns what the finished comparison in dir chose.
func ReadChoice(dir string) (*Choice, string, error) {
	path := filepath.Join(dir, "compare.json")
	data, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return nil, "", fmt.Errorf("%s holds no finished comparison: it has no compare.json", dir)
	}
	if err != nil {
		return nil, "", err
	}
	var c struct {
		Metric string  `json:"metric"`
		Chosen *Choice `json:"chosen"`
	}
	if err := json.Unmarshal(data, &c); err != nil {
		return nil, "", fmt.Errorf("cannot read %s: %w", path, err)
	}
	if c.Chosen == nil || c.Chosen.Name == "" || len(c.Chosen.Views) == 0 {
		return nil, "", fmt.Errorf("%s does not hold what was chosen: an older version wrote it; run the comparison again", path)
	}
	return c.Chosen, c.Metric, nil
}

// Watch returns the hooks of the fit of an entry, which may be the k-th member of an ensemble, and
// a checkpoint to go on from, which may be nil.
type Watch func(k int, e *Entry) (train.Hooks, *train.Checkpoint, error)

// Fit fits one entry in a run, which need not be one of the plan, with workers cores; watch may be
// nil. In a run of the plan it yields the very model that was measured. In another one an ensemble
// has the mean of the weights of the plan's runs.
func (res *Result) Fit(ctx context.Context, src train.Source, entry int, run dataset.Run, o Options, workers int, watch Watch) (*train.Prepared, *train.Fitting, error) {
	p, err := train.Prepare(ctx, src, run, o.Recipe, workers)
	if err != nil {
		return nil, nil, err
	}
	one := func(k int, e *Entry) (*train.Fitting, error) {
		views := e.indices(p.Views)
		if len(views) == 0 {
			return nil, fmt.Errorf("no training row has %v", e.Views)
		}
		var hooks train.Hooks
		var from *train.Checkpoint
		if watch != nil {
			if hooks, from, err = watch(k, e); err != nil {
				return nil, err
			}
		}
		return e.fit(ctx, p, o.Recipe, views, workers, hooks, from)
	}
	e := res.Entries[entry].in(res.indexOf(run))
	if !e.isEnsemble() {
		f, err := one(0, &e)
		return p, f, err
	}
	var members []*train.Fitting
	var weights []float64
	for k, w := range res.weights(entry, run) {
		if w == 0 {
			continue
		}
		f, err := one(k, &e.Members[k])
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", e.Members[k].Name, err)
		}
		members, weights = append(members, f), append(weights, w)
	}
	f, err := p.Join(members, weights)
	return p, f, err
}

// fit fits the entry with its views, given by their indices.
func (e *Entry) fit(ctx context.Context, p *train.Prepared, r train.Recipe, views []int, workers int, hooks train.Hooks, from *train.Checkpoint) (*train.Fitting, error) {
	own := make([]train.Fitted, len(views))
	for i, v := range views {
		own[i] = p.Views[v]
	}
	r, err := e.recipe(r, own)
	if err != nil {
		return nil, err
	}
	return p.Fit(ctx, r, views, workers, hooks, from)
}

// indexOf returns which run of the plan a run is; −1: none of them.
func (res *Result) indexOf(run dataset.Run) int {
	return slices.IndexFunc(res.Plan.Runs, func(at dataset.Run) bool {
		return at.Fold == run.Fold && at.Seed == run.Seed && slices.Equal(at.Train, run.Train) && slices.Equal(at.Test, run.Test)
	})
}

// weights returns the weights of an ensemble's members in a run.
func (res *Result) weights(entry int, run dataset.Run) []float64 {
	if r := res.indexOf(run); r >= 0 {
		return pruned(res.Outcomes[entry][r].Weights)
	}
	mean := make([]float64, len(res.Entries[entry].Members))
	for _, o := range res.Outcomes[entry] {
		for k, w := range o.Weights {
			mean[k] += w
		}
	}
	normalize(mean)
	return pruned(mean)
}
