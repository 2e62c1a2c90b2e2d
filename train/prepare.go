package train

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/fusion"
	"github.com/fusor-ml/fusor/internal/flat"
	"github.com/fusor-ml/fusor/media"
	"github.com/fusor-ml/fusor/model"
)

// Source is a data set with its extracted views.
type Source struct {
	Data     *dataset.Dataset
	Features *feature.Features
	Methods  fusion.Table
}

// Prepared is a source with every view's state fitted on one run's training rows.
type Prepared struct {
	Source
	Run    dataset.Run
	Views  []Fitted // views that no training row has are left out
	Set    *model.Set
	Prior  []float32
	Target *Scale // of a regression
	// DampDense: wide vectors beside a bag are brought to half the bag's length.
	// A bag has length 1, a scaled vector √Dim: where the vector states little it
	// learns, and overfits, ahead of the bag; where it states much it should.
	// Chosen on validation rows.
	DampDense bool
}

// Fitted is a view with its state.
type Fitted struct {
	Name    string // column.view
	Column  string
	Kind    media.Kind // of the column
	Info    feature.Info
	Scaling feature.Scaling
	State   feature.State
}

// Scale standardizes the targets of a regression.
type Scale struct {
	Mean float64 `json:"mean"`
	Std  float64 `json:"std"`
}

func (p *Prepared) outputs() int {
	if p.Target != nil {
		return 1
	}
	return len(p.Data.Schema.Classes)
}

// Ordered reports whether the data has groups in order, so that a fusion can run over rows.
func (p *Prepared) Ordered() bool { return p.Data.Schema.Group != "" && p.Data.Schema.Order != "" }

// Choices are what Prepare chose on validation rows. With them it fits no model.
type Choices struct {
	Scaling   map[string]feature.Scaling // by view
	DampDense bool
}

// Flat visits the choices, to write or to read them.
func (c *Choices) Flat(s *flat.Stream) {
	type one struct{ view, scaling string }
	var list []one
	for _, view := range slices.Sorted(maps.Keys(c.Scaling)) {
		list = append(list, one{view, string(c.Scaling[view])})
	}
	flat.List(s, &list, func(o *one) {
		s.Text(&o.view)
		s.Text(&o.scaling)
	})
	s.Bool(&c.DampDense)
	if s.Reading() {
		c.Scaling = map[string]feature.Scaling{}
		for _, o := range list {
			c.Scaling[o.view] = feature.Scaling(o.scaling)
		}
	}
}

// Choices returns what was chosen.
func (p *Prepared) Choices() Choices {
	c := Choices{map[string]feature.Scaling{}, p.DampDense}
	for _, v := range p.Views {
		c.Scaling[v.Name] = v.Scaling
	}
	return c
}

// Prepare fits the state of every view on the run's training rows. Where a
// vector's scaling is open, each is tried with a model of that view alone and
// the one with the lowest validation loss is taken.
func Prepare(ctx context.Context, src Source, run dataset.Run, r Recipe, workers int) (*Prepared, error) {
	return PrepareAs(ctx, src, run, r, workers, nil)
}

// PrepareAs is Prepare with the choices that it made before; nil leaves them open.
func PrepareAs(ctx context.Context, src Source, run dataset.Run, r Recipe, workers int, made *Choices) (*Prepared, error) {
	if err := r.checkViews(src.Features.Refs); err != nil {
		return nil, err
	}
	p := &Prepared{Source: src, Run: run, Set: &model.Set{Groups: model.NewGroups(len(src.Data.Rows), dataset.Sequences(src.Data, nil))}}
	p.targets()
	for i, ref := range src.Features.Refs {
		f, m, err := p.fit(ctx, i, r, workers, made)
		if errors.Is(err, feature.ErrNoRows) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("view %s: %w", ref.Name, err)
		}
		p.Views, p.Set.Views = append(p.Views, f), append(p.Set.Views, m)
	}
	if len(p.Views) == 0 {
		return nil, fmt.Errorf("cannot train: no training row has a view")
	}
	if made != nil {
		r.DampDense = &made.DampDense
	}
	return p, p.balance(ctx, r, workers)
}

// balance chooses Balanced by the validation loss of the mean of all views, where the choice is
// open.
func (p *Prepared) balance(ctx context.Context, r Recipe, workers int) error {
	bag, broad := false, false
	if r.DampDense != nil {
		p.DampDense = *r.DampDense
		return nil
	}
	all := make([]int, len(p.Views))
	width := r.Width
	if width == 0 {
		width = defaultWidth
	}
	for i, v := range p.Views {
		all[i] = i
		bag, broad = bag || v.Info.Shape == feature.Sparse, broad || wide(v, width)
	}
	if !bag || !broad || len(p.Run.Val) == 0 {
		return nil
	}
	r.Fusion, r.FusionConfig = fusion.Plain, nil
	asItIs, _, err := p.loss(ctx, all, r, workers)
	if err != nil {
		return err
	}
	p.DampDense = true
	balanced, _, err := p.loss(ctx, all, r, workers)
	p.DampDense = balanced < asItIs
	return err
}

// fit fits view i, choosing its scaling.
func (p *Prepared) fit(ctx context.Context, i int, r Recipe, workers int, made *Choices) (Fitted, *feature.Matrix, error) {
	ref, store := p.Features.Refs[i], p.Features.Stores[i]
	col := p.Data.Schema.Columns[ref.Column]
	f := Fitted{Name: ref.Name, Column: col.Name, Kind: col.Kind, Info: ref.View.Info()}
	// Scalings to try, the default first. More than one only where the numbers are of unknown scale.
	open := []feature.Scaling{feature.PerFeature}
	switch {
	// Chosen before, in another process or pass: the same choice without the probes.
	case made != nil && made.Scaling[ref.Name] != "":
		open = []feature.Scaling{made.Scaling[ref.Name]}
	case r.Scaling != "":
		open = []feature.Scaling{r.Scaling}
	// A choice needs validation rows that have the view.
	case (col.Kind == media.Vector || f.Info.Pretrained) && slices.ContainsFunc(p.Run.Val, store.Present):
		open = []feature.Scaling{feature.PerFeature, feature.PerView, feature.NoScaling}
	}
	var best *feature.Matrix
	bestLoss := math.Inf(1)
	for _, s := range open {
		// Training rows alone.
		state, err := feature.Fit(store, ref.View, s, p.Run.Train)
		if err != nil {
			return f, nil, err
		}
		m, err := feature.OnDemand(store, f.Info.Shape, state)
		if err != nil {
			return f, nil, err
		}
		// Screening follows scaling, since what is screened is the matrix that the network would get.
		if wide, ok := state.(narrower); ok && f.Info.Shape == feature.Vector {
			keep, err := p.screen(m)
			if err != nil {
				return f, nil, err
			}
			if keep != nil {
				if state, err = wide.Narrow(keep); err != nil {
					return f, nil, err
				}
				if m, err = feature.OnDemand(store, f.Info.Shape, state); err != nil {
					return f, nil, err
				}
			}
		}
		var loss, se float64
		if len(open) > 1 {
			if loss, se, err = p.probe(ctx, f, state, m, r, workers); err != nil {
				return f, nil, err
			}
		}
		// The first is the default: another one must be better beyond its own error.
		if best == nil || loss+se < bestLoss {
			best, bestLoss, f.Scaling, f.State = m, loss, s, state
		}
	}
	return f, best, nil
}

// probe is the validation loss, with its standard error, of a model of one view alone.
func (p *Prepared) probe(ctx context.Context, f Fitted, state feature.State, m *feature.Matrix, r Recipe, workers int) (loss, se float64, err error) {
	f.State = state
	one := *p
	one.Views, one.Set = []Fitted{f}, &model.Set{Views: []*feature.Matrix{m}, Class: p.Set.Class, Labels: p.Set.Labels, Target: p.Set.Target, Groups: p.Set.Groups}
	r.Fusion, r.FusionConfig = fusion.Default, nil
	return one.loss(ctx, []int{0}, r, workers)
}

// loss is the validation loss, with its standard error, of a model of the given views; +Inf where
// it diverges, so that another choice is taken.
func (p *Prepared) loss(ctx context.Context, views []int, r Recipe, workers int) (loss, se float64, err error) {
	r.Train.NoRefit = true
	r.Train.Seed = fitSeed(r.Train.Seed, p.Run)
	net, err := p.build(r, views)
	if err != nil {
		return 0, 0, err
	}
	h, err := Fit(ctx, net, Data{Set: p.Set.Pick(views), Train: some(p.Run.Train), Val: some(p.Run.Val)}, r.Train, workers, Hooks{}, nil)
	if errors.Is(err, ErrDiverged) {
		return math.Inf(1), 0, nil
	}
	if err != nil {
		return 0, 0, err
	}
	return h.BestLoss, h.BestError, nil
}

// some returns rows at even distances, which are enough for a choice between few; all of them up to
// manyRows.
func some(rows []int) []int {
	if len(rows) <= manyRows {
		return rows
	}
	out := make([]int, manyRows)
	for i := range out {
		out[i] = rows[i*len(rows)/manyRows]
	}
	return out
}

// NewScale returns the scale of the targets of rows.
func NewScale(ds *dataset.Dataset, rows []int) *Scale {
	var n, mean, m2 float64
	for _, i := range rows {
		if y := ds.Rows[i].Target; ds.Rows[i].Labeled() {
			n++
			d := y - mean
			mean += d / n
			m2 += d * (y - mean)
		}
	}
	s := &Scale{Mean: mean, Std: math.Sqrt(m2 / max(n, 1))}
	if s.Std == 0 {
		s.Std = 1
	}
	return s
}

// targets fills the labels, and the prior or the scale, from the run's training rows.
func (p *Prepared) targets() {
	rows := p.Data.Rows
	if p.Data.Schema.Task == dataset.Regression {
		p.Target = NewScale(p.Data, p.Run.Train)
		p.Prior = []float32{0}
		p.Set.Target = make([]float32, len(rows))
		for i := range rows {
			p.Set.Target[i] = float32((rows[i].Target - p.Target.Mean) / p.Target.Std)
		}
		return
	}
	if p.Data.Schema.Task == dataset.Multilabel {
		p.labels()
		return
	}
	count := make([]float64, len(p.Data.Schema.Classes))
	total := float64(len(count))
	for _, i := range p.Run.Train {
		if c := rows[i].Class; c >= 0 {
			count[c]++
			total++
		}
	}
	p.Prior = make([]float32, len(count))
	for k, n := range count {
		p.Prior[k] = float32(math.Log((n + 1) / total)) // Laplace: a class unseen in this fold stays finite
	}
	p.Set.Class = make([]int32, len(rows))
	for i := range rows {
		p.Set.Class[i] = int32(rows[i].Class)
	}
}

// labels fills the labels of a multi-label task and their prior: how often each is on a training
// row, as log-odds.
func (p *Prepared) labels() {
	rows := p.Data.Rows
	count, n := make([]float64, len(p.Data.Schema.Classes)), 0.0
	for _, i := range p.Run.Train {
		if !rows[i].Labeled() {
			continue
		}
		n++
		for _, l := range rows[i].Labels {
			count[l]++
		}
	}
	p.Prior = make([]float32, len(count))
	for k, c := range count {
		p.Prior[k] = float32(math.Log((c + 1) / (n - c + 1))) // Laplace: one that is on none or all stays finite
	}
	p.Set.Labels = make([][]int, len(rows))
	for i := range rows {
		p.Set.Labels[i] = rows[i].Labels
	}
}
