package main

import (
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"

	"github.com/fusor-ml/fusor"
	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/eval"
	"github.com/fusor-ml/fusor/internal/cli"
	"github.com/fusor-ml/fusor/internal/heap"
	"github.com/fusor-ml/fusor/media"
)

// roleFlags say what the columns of a manifest are for.
type roleFlags struct {
	Label  *string  `help:"Column with the label (default: label, else one of the usual names: target, class, y, …), or several columns of 0 and 1, each a label that a row may have." placeholder:"COL"`
	ID     *string  `help:"Column with the row's name (default: id; none with --id=)." placeholder:"COL"`
	Split  *string  `help:"Column with train, val, test or a fold's name (default: split; none with --split-column=)." placeholder:"COL" name:"split-column"`
	Group  *string  `help:"Column whose rows belong together: never divided between parts (default: group; none with --group=)." placeholder:"COL"`
	Order  *string  `help:"Column with the order of rows within a group: bilstm then runs over the rows (default: order; none with --order=)." placeholder:"COL"`
	Ignore []string `help:"Columns to leave out, also of those known by their names." placeholder:"COL,COL"`

	Encoding string `help:"Encoding of a text table, as web pages name it: utf-8, windows-1252, gb18030, shift_jis (default: found by its bytes)." placeholder:"NAME"`
	Sheet    string `help:"Sheet of an .xlsx file (default: the first)." placeholder:"NAME"`
	Root     string `help:"Folder that the names of media files are relative to (default: the manifest's)." placeholder:"DIR" type:"existingdir"`
}

// dataFlags say how a manifest is read that no model has read before.
type dataFlags struct {
	roleFlags
	Columns []string          `help:"Columns to take as modalities, instead of all that are not id, split, group, order or label." placeholder:"COL,COL"`
	Kind    map[string]string `help:"Set a column's kind: text, image, audio, video, number, category, date, boolean, vector, sequence." placeholder:"COL=KIND" mapsep:","`
	Task    string            `help:"What is predicted: class, regression or multilabel, any number of labels a row (default: by the labels)." enum:",class,regression,multilabel" default:"" placeholder:"TASK"`
}

// lossFlags say what may be lost. Commands have them that end with 1 where most of a column is.
type lossFlags struct {
	AllowMissing []string `help:"Columns to go on with although most of their cells cannot be read." placeholder:"COL,COL"`
}

// metricFlag is what models are chosen and compared by.
type metricFlag struct {
	Metric string `help:"Metric that choosing, leaderboard and verdict go by: accuracy (the default of classes), balanced_accuracy, macro_f1, weighted_f1, log_loss, brier, roc_auc, average_precision, ece; mae (the default of numbers), rmse, r2, pearson, spearman; micro_f1 (the default of several labels), macro_f1, subset_accuracy, hamming_loss, mean_average_precision. By balanced_accuracy, macro_f1 and weighted_f1 thresholds of the classes are chosen as well, on validation rows." placeholder:"NAME"`
}

func (f *metricFlag) check() error {
	if _, ok := eval.MetricByName(f.Metric); f.Metric != "" && !ok {
		return unknown("metric", f.Metric, eval.MetricNames())
	}
	return nil
}

// kinds are those that --kind sets.
var kinds = []string{
	string(media.Text), string(media.Image), string(media.Audio), string(media.Video),
	string(media.Number), string(media.Category), string(media.Date), string(media.Boolean), string(media.Vector), string(media.Sequence),
}

// options are those of the flags: a role that is named ” is one that no column has.
func (f *roleFlags) options() (dataset.Options, error) {
	o := dataset.Options{Compact: true, Ignore: f.Ignore, Encoding: f.Encoding, Sheet: f.Sheet, Root: f.Root}
	for _, r := range []struct {
		role  string
		given *string
		to    *string
	}{
		{"label", f.Label, &o.Label},
		{"id", f.ID, &o.ID},
		{"split", f.Split, &o.Split},
		{"group", f.Group, &o.Group},
		{"order", f.Order, &o.Order},
	} {
		switch {
		case r.given == nil:
		case *r.given == "":
			o.None = append(o.None, r.role)
		default:
			*r.to = *r.given
		}
	}
	return o, namedOnce(&o)
}

// namedOnce refuses a column that a role's flag and another flag name.
func namedOnce(o *dataset.Options) error {
	roles := map[string]string{}
	clash := func(flag, column string) error {
		if first := roles[column]; first != "" && column != "" {
			return usagef("%s and %s name the same column %q", first, flag, column)
		}
		return nil
	}
	for name := range strings.SplitSeq(o.Label, ",") {
		roles[strings.TrimSpace(name)] = "--label"
	}
	for _, r := range [][2]string{{"--id", o.ID}, {"--split-column", o.Split}, {"--group", o.Group}, {"--order", o.Order}} {
		if err := clash(r[0], r[1]); err != nil {
			return err
		}
		roles[r[1]] = r[0]
	}
	others := map[string][]string{"--ignore": o.Ignore, "--columns": o.Columns, "--kind": slices.Collect(maps.Keys(o.Kinds))}
	for _, flag := range slices.Sorted(maps.Keys(others)) {
		for _, column := range others[flag] {
			if err := clash(flag, column); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f *dataFlags) options() (dataset.Options, error) {
	o, err := f.roleFlags.options()
	if err != nil {
		return o, err
	}
	o.Columns, o.Task, o.Kinds = f.Columns, f.Task, map[string]media.Kind{}
	for col, kind := range f.Kind {
		k := media.Kind(kind)
		if !k.Valid() || k == media.Table {
			return o, unknown("kind", kind, kinds)
		}
		o.Kinds[col] = k
	}
	return o, namedOnce(&o)
}

// commonFlags every command has that works on data.
type commonFlags struct {
	resultFlags
	Threads uint     `help:"Cores to use (default: all)." placeholder:"N"`
	Memory  cli.Size `help:"Most memory to take, as 2GB or 500MB: garbage is collected more often near it, and views of more than a sixteenth of it are read from disk. Data that are in use are not given up for it (default: no limit, or GOMEMLIMIT)." placeholder:"SIZE" least:"16MB"`
	Strict  bool     `help:"Fail on the first set of unreadable cells instead of going on without them."`
	Cache   string   `help:"Folder of the feature cache (default: fusor/features in the user's cache folder)." env:"FUSOR_CACHE" placeholder:"DIR"`
	NoCache bool     `help:"Keep no extracted features."`
	Steps   bool     `help:"Progress as JSON lines on stderr, for programs: {\"stage\", \"done\", \"total\", \"detail\"}."`
}

func (f *commonFlags) apply(e *env, o *fusor.Options) *progress {
	o.Threads, o.Strict, o.CacheDir, o.NoCache = int(f.Threads), f.Strict, f.Cache, f.NoCache
	if f.Threads > 0 { // of all that runs, what asks for no number of threads as well
		runtime.GOMAXPROCS(min(int(f.Threads), runtime.NumCPU()))
	}
	if f.Memory > 0 {
		heap.SetLimit(int64(f.Memory))
	}
	p := newProgress(e, f.Quiet)
	p.lines = f.Steps
	o.Progress = p.update
	return p
}

// plural counts a thing: 1 line, 2 lines.
func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

func percent(x float64) string { return fmt.Sprintf("%.1f %%", 100*x) }

func indent(s string) string { return "  " + strings.ReplaceAll(s, "\n", "\n  ") }
