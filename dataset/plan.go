package dataset

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// PlanOptions say how rows are divided. The zero value takes the official split or predefined
// folds of the data, else 5 folds.
type PlanOptions struct {
	Folds       int     // > 0: so many folds, whatever the split column states
	Seeds       int     // runs of each fold; 0 = 3 on an official split, 1 with folds
	ValFraction float64 // of the training rows, where the data names no val rows; 0 = 0.15
	Seed        uint64  // of every random choice
}

// Plan is all runs of an experiment.
type Plan struct {
	Official bool     // the split column states train, (val) and test
	Folds    int      // 1 on an official split
	Runs     []Run    // fold by fold, seed by seed
	Notes    []string // what a reader of the results should know of the division
}

// Run is one fold and one seed: indices into Dataset.Rows, ascending, no row twice. Unlabeled
// rows are in no part.
type Run struct {
	Fold, Seed       int
	Train, Val, Test []int
}

const (
	defaultFolds = 5
	defaultVal   = 0.15
	holdOutTest  = 0.15
	fewTests     = 20 // rows
)

// streams of random numbers, one for each choice, so that one choice does not move another.
const (
	streamFolds = iota + 1
	streamTest
	streamVal
)

// NewPlan divides the labeled rows.
//
// A split column of train, val and test alone is the official split; other values are predefined
// folds, each the test once; else the rows are dealt into folds, anew for each seed. Classes (or,
// of a regression, quantiles) are spread evenly; rows of one group always stay together. Where val
// rows are not given, they are ValFraction of the training rows, drawn anew for each seed and fold.
func NewPlan(ds *Dataset, opt PlanOptions) (Plan, error) {
	d, err := newDivider(ds, &opt)
	if err != nil {
		return Plan{}, err
	}
	p, err := d.plan(opt)
	if err != nil {
		return Plan{}, err
	}
	d.noteClasses(&p)
	return p, nil
}

// plan is NewPlan without what there is to say of the classes.
func (d *splitter) plan(opt PlanOptions) (Plan, error) {
	// Takes rows without a predefined fold out of d.rows, so that it has to come first.
	parts, official, err := d.splitColumn(opt.Folds > 0)
	if err != nil {
		return Plan{}, err
	}
	p := Plan{Official: official}
	switch n := d.ds.Unsplit(); {
	case n == 0 || parts == nil:
	case n == 1:
		p.note("1 row has no split and is left out")
	default:
		p.note("%d rows have no split and are left out", n)
	}
	// With folds every row is tested already; an official split repeats nothing but the training.
	seeds := opt.Seeds
	if seeds <= 0 {
		if seeds = 1; official {
			seeds = 3
		}
	}
	tests := make([][][]int, seeds) // of each seed and fold
	train, val := d.rows, []int(nil)
	switch {
	case official:
		train, val = parts[0], parts[1]
		test := parts[2]
		if len(test) == 0 { // an honest test needs rows that nothing else saw
			// One cut for all seeds: runs with the same test rows are averaged as one (decision 17).
			cut, err := d.divide(train, []float64{1 - holdOutTest, holdOutTest}, streamTest)
			if err != nil {
				return Plan{}, fmt.Errorf("cannot take a test part: %w", err)
			}
			train, test = cut[0], cut[1]
			p.note("the split column names no test rows: %s of the training rows are the test", percent(holdOutTest))
		}
		for s := range tests {
			tests[s] = [][]int{test}
		}
		// A split that the data prescribes is kept, but reported: the scores are too good.
		d.warnLeaks(&p, train, val, test)
	case parts != nil:
		for s := range tests {
			tests[s] = parts
		}
	default:
		k := opt.Folds
		if k <= 0 {
			k = defaultFolds
		}
		// Each seed deals folds of its own (decision 17).
		for s := range tests {
			if tests[s], err = d.folds(k, s); err != nil {
				return Plan{}, err
			}
		}
		if n := d.single(); n > 0 {
			p.note("%s of one sample: always in the training part, never tested", plural(n, "label"))
		}
	}
	p.Folds = len(tests[0])
	for f := range p.Folds {
		for s := range seeds {
			test, rest := tests[s][f], train
			if !official {
				rest = without(train, test)
			}
			r := Run{Fold: f, Seed: s, Train: rest, Val: val, Test: test}
			// Drawn anew for each fold and seed, so that no one draw decides for all of them.
			if len(val) == 0 {
				if r.Train, r.Val, err = d.splitVal(rest, f, s); err != nil {
					return Plan{}, err
				}
			}
			p.Runs = append(p.Runs, r)
		}
	}
	return p, nil
}

// Tests numbers the test parts of the runs: runs with the same test rows have the same number.
func (p *Plan) Tests() []int {
	out := make([]int, len(p.Runs))
	for r := range p.Runs {
		out[r] = slices.IndexFunc(p.Runs, func(q Run) bool { return slices.Equal(q.Test, p.Runs[r].Test) })
	}
	return out
}

// HoldOut is the plan that train takes, of one run: the official split, the first of predefined
// folds, else 70 % training, 15 % validation and 15 % test rows.
func HoldOut(ds *Dataset, opt PlanOptions) (Plan, error) {
	d, err := newDivider(ds, &opt)
	if err != nil {
		return Plan{}, err
	}
	parts, official, err := d.splitColumn(opt.Folds > 0)
	if err != nil {
		return Plan{}, err
	}
	if parts != nil || official || opt.Folds > 0 {
		opt.Seeds = 1
		p, err := d.plan(opt)
		if err != nil {
			return Plan{}, err
		}
		p.Runs = p.Runs[:1]
		if !official {
			p.note("one fold of %d is the test: %s", p.Folds, plural(len(p.Runs[0].Test), "row"))
		}
		d.noteClasses(&p)
		return p, nil
	}
	rest := 1 - holdOutTest - d.val
	if rest <= 0 {
		return Plan{}, fmt.Errorf("cannot take %s of the rows for validation and %s for the test", percent(d.val), percent(holdOutTest))
	}
	three, err := d.divide(d.rows, []float64{rest, d.val, holdOutTest}, streamTest)
	if err != nil {
		return Plan{}, fmt.Errorf("cannot divide the rows into training, validation and test: %w", err)
	}
	p := Plan{Folds: 1, Runs: []Run{{Train: three[0], Val: three[1], Test: three[2]}}}
	if n := len(three[2]); n < fewTests {
		p.note("the test has %s only, so its scores say little; compare tests every row, in folds", plural(n, "row"))
	}
	d.noteClasses(&p)
	return p, nil
}

// InnerFolds divides the training and validation rows of a run into folds, as NewPlan does all
// rows. The runs' folds count from 1, the run's own being 0.
func InnerFolds(ds *Dataset, run Run, folds int, seed uint64) (Plan, error) {
	d, err := newDivider(ds, &PlanOptions{Folds: folds, Seed: seed})
	if err != nil {
		return Plan{}, err
	}
	d.rows = slices.Sorted(slices.Values(slices.Concat(run.Train, run.Val)))
	tests, err := d.folds(folds, run.Seed)
	if err != nil {
		return Plan{}, err
	}
	p := Plan{Folds: folds}
	for f, test := range tests {
		r := Run{Fold: f + 1, Seed: run.Seed, Test: test}
		if r.Train, r.Val, err = d.splitVal(without(d.rows, test), r.Fold, r.Seed); err != nil {
			return Plan{}, err
		}
		p.Runs = append(p.Runs, r)
	}
	return p, nil
}

// note adds a remark.
func (p *Plan) note(format string, args ...any) {
	p.Notes = append(p.Notes, fmt.Sprintf(format, args...))
}

// percent writes a fraction for a person.
func percent(f float64) string { return strconv.FormatFloat(100*f, 'f', -1, 64) + " %" }

// newDivider checks the options and takes the labeled rows.
func newDivider(ds *Dataset, opt *PlanOptions) (*splitter, error) {
	switch {
	case opt.Folds < 0 || opt.Folds == 1:
		return nil, fmt.Errorf("cannot divide the rows into %s: 2 folds are the least", plural(opt.Folds, "fold"))
	case opt.Seeds < 0:
		return nil, errors.New("cannot plan a negative number of seeds")
	case opt.ValFraction < 0 || opt.ValFraction >= 1 || math.IsNaN(opt.ValFraction):
		return nil, fmt.Errorf("cannot take %v of the training rows for validation: it must lie between 0 and 1", opt.ValFraction)
	}
	d := &splitter{ds: ds, seed: opt.Seed, val: opt.ValFraction}
	if d.val == 0 {
		d.val = defaultVal
	}
	for i := range ds.Rows {
		if ds.Rows[i].Labeled() {
			d.rows = append(d.rows, i)
		}
	}
	if len(d.rows) < 2 {
		return nil, fmt.Errorf("cannot divide %s", plural(len(d.rows), "labelled row"))
	}
	d.strata = strata(ds, d.rows)
	return d, nil
}

// splitColumn reads the split column: train, val and test of an official split, or the tests of
// predefined folds; nil if there is none or it is not wanted.
func (d *splitter) splitColumn(ignore bool) (parts [][]int, official bool, err error) {
	by := map[string][]int{}
	var names []string
	for _, i := range d.rows {
		// The splits are normalized already: splitName made validation, dev and the like to val.
		s := d.ds.Rows[i].Split
		if s == "" {
			continue
		}
		if by[s] == nil {
			names = append(names, s)
		}
		by[s] = append(by[s], i)
	}
	if ignore || len(names) == 0 {
		return nil, false, nil
	}
	// One of the three names makes it an official split. Any other beside them is a typing error more
	// probably than a fold, and a guess would move rows between train and test.
	usual := by["train"] != nil || by["val"] != nil || by["test"] != nil
	slices.SortFunc(names, natural)
	for _, n := range names {
		if usual && n != "train" && n != "val" && n != "test" {
			return nil, false, fmt.Errorf("cannot read the split column: it has %q beside train, val or test (its values: %s)", n, strings.Join(names, ", "))
		}
	}
	if usual {
		if len(by["train"]) == 0 {
			return nil, false, errors.New("cannot plan: the split column has no labelled training rows")
		}
		return [][]int{by["train"], by["val"], by["test"]}, true, nil
	}
	if len(names) == 1 {
		return nil, false, fmt.Errorf("cannot plan: every row is in the fold %q", names[0])
	}
	d.rows = d.rows[:0:0]
	for i := range d.ds.Rows { // rows without a fold are left out
		if row := &d.ds.Rows[i]; row.Labeled() && row.Split != "" {
			d.rows = append(d.rows, i)
		}
	}
	for _, n := range names {
		parts = append(parts, by[n])
	}
	return parts, false, nil
}

// Unsplit counts the labeled rows without a split where other rows have one: what goes by the split
// column leaves them out.
func (d *Dataset) Unsplit() int {
	n, split := 0, false
	for i := range d.Rows {
		row := &d.Rows[i]
		split = split || row.Split != ""
		if row.Labeled() && row.Split == "" {
			n++
		}
	}
	if !split {
		return 0
	}
	return n
}

func are(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// natural orders names with their numbers by value: fold2 before fold10.
func natural(a, b string) int {
	stem := func(s string) (string, int) {
		t := strings.TrimRightFunc(s, unicode.IsDigit)
		n, err := strconv.Atoi(s[len(t):])
		if err != nil {
			n = -1
		}
		return t, n
	}
	sa, na := stem(a)
	sb, nb := stem(b)
	if c := strings.Compare(sa, sb); c != 0 {
		return c
	}
	if na != nb {
		return na - nb
	}
	return strings.Compare(a, b)
}

// warnLeaks notes groups that the official split divides.
func (d *splitter) warnLeaks(p *Plan, train, val, test []int) {
	if d.ds.Schema.Group == "" {
		return
	}
	in := map[string]int{}
	mark := func(rows []int, bit int) {
		for _, i := range rows {
			if g := d.ds.Rows[i].Group; g != "" {
				in[g] |= bit
			}
		}
	}
	mark(train, 1)
	mark(val, 1)
	mark(test, 2)
	n := 0
	for _, bits := range in {
		if bits == 3 {
			n++
		}
	}
	if n > 0 {
		p.note("the official split divides %s between training and test", plural(n, "group"))
	}
}

// without returns the rows that are not in drop; both ascend.
func without(rows, drop []int) []int {
	out := make([]int, 0, len(rows))
	k := 0
	for _, i := range rows {
		for k < len(drop) && drop[k] < i {
			k++
		}
		if k < len(drop) && drop[k] == i {
			continue
		}
		out = append(out, i)
	}
	return out
}
