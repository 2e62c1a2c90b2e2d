// Command accuracy prints the accuracy table of the reference data: every set
// with the defaults, everything chosen on validation rows, the test rows looked
// at once. It exits 1 if a floor is missed.
//
//	go run ./cmd/accuracy            all sets
//	go run ./cmd/accuracy -quick     the sets that take seconds, fewer fusions
//	go run ./cmd/accuracy mosi       one set
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fusor-ml/fusor"
	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/eval"
)

// set is one line of the table.
type set struct {
	name    string
	metric  string // "": the task's main one
	data    dataset.Options
	fusions []string // none: all
	seeds   int      // on an official split; with folds one a fold
	single  bool     // the floor is for the best single row
	floor   float64
	gap     float64 // fusion may be this far below the best single row; 2: not looked at
	quick   bool
}

var sets = []set{
	{name: "leaves100", floor: 0.985, gap: 2, quick: true},
	{name: "mfeat", floor: 0.982, gap: 2},
	{name: "mosi", data: dataset.Options{Group: "video_id", Order: "utterance"}, fusions: []string{"bilstm"}, seeds: 5, floor: 0.785, gap: 2, quick: true},
	{name: "av_digits", data: dataset.Options{Group: "speaker"}, seeds: 5, floor: 0.965, gap: 0},
	{name: "flowers12", seeds: 5, floor: 0.80, gap: 2},
	{name: "wikipedia", seeds: 5, floor: 0.685, gap: 2, quick: true},
	{name: "clothing", seeds: 5, floor: 0.925, gap: 2},
	{name: "waimai", seeds: 5, single: true, floor: 0.90, gap: 2},
	{name: "mvsa_train", seeds: 5, floor: 0.69, gap: 0.01},
	{name: "tables/computers", metric: "r2", single: true, floor: 0.93, gap: 2},
	{name: "tables/diamonds", metric: "r2", single: true, floor: 0.975, gap: 2},
	{name: "tables/hmda", single: true, floor: 0.885, gap: 2},
	{name: "tables/digits", single: true, floor: 0.97, gap: 2},
	{name: "tables/diabetes", metric: "r2", single: true, floor: 0.45, gap: 2},
	{name: "tables/participation", single: true, floor: 0.65, gap: 2},
	{name: "tables/wine", single: true, floor: 0.96, gap: 2},
	{name: "esc10_dev", floor: 0.65, gap: 2},
	{name: "av_emotion", data: dataset.Options{Group: "speaker", Ignore: []string{"face_subject"}}, seeds: 5, floor: 0, gap: 0},
}

// quickSlack is how far below a floor the quick run may end: it is a guard
// against regressions with a few fusions, and last bits differ between processors.
const quickSlack = 0.01

func main() {
	quick := flag.Bool("quick", false, "only the quick sets, with mean, concat and attention")
	fusions := flag.String("fusions", "", "fusions instead of all, by commas")
	verbose := flag.Bool("v", false, "every row")
	config := flag.String("views", "", "views instead of the defaults, by commas")
	flag.Parse()
	dir := os.Getenv("FUSOR_DATA")
	if dir == "" {
		dir = filepath.Join("..", "shared", "data")
	}
	slack := 0.0
	if *quick {
		slack = quickSlack
	}
	missed := 0
	var ranks ranking
	fmt.Printf("%-20s %-16s %7s   %-16s %7s %6s %6s %6s\n", "set", "best single", "%", "best fusion", "%", "± sd", "floor", "s")
	for _, s := range sets {
		if flag.NArg() > 0 && !slices.Contains(flag.Args(), s.name) || *quick && !s.quick {
			continue
		}
		if *quick && s.fusions == nil {
			s.fusions = []string{"mean", "concat", "attention"}
		}
		if *fusions != "" {
			s.fusions = strings.Split(*fusions, ",")
		}
		path := find(filepath.Join(dir, s.name))
		if path == "" {
			fmt.Printf("%-20s skipped: not in %s\n", s.name, dir)
			continue
		}
		o := fusor.CompareOptions{Fusions: s.fusions, Seeds: s.seeds, Metric: s.metric}
		if *config != "" {
			o.Recipe.Views = strings.Split(*config, ",")
		}
		start := time.Now()
		ds, err := fusor.Open(path, s.data)
		var c *fusor.Comparison
		if err == nil {
			c, err = fusor.Compare(context.Background(), ds, o)
		}
		if err != nil {
			fmt.Fprintf(os.Stderr, "accuracy: %s: %v\n", s.name, err)
			os.Exit(1)
		}
		if !s.report(c, slack, time.Since(start).Seconds()) {
			missed++
		}
		ranks.add(c)
		if *verbose {
			for _, r := range c.Rows {
				sum := r.Scores[0].Summary
				fmt.Printf("    %-24s %6.2f ± %.2f  val %.2f  %6d parameters  %.1f s\n", r.Name, 100*sum.Mean, 100*sum.Std, 100*mean(r.ValRuns), r.Parameters, r.FitSeconds)
			}
			if c.Verdict != nil {
				fmt.Println("   ", c.Verdict.Text)
			}
		}
	}
	ranks.print(os.Stdout)
	if missed > 0 {
		fmt.Printf("%d below the floor\n", missed)
		os.Exit(1)
	}
}

// find is the manifest of a set, or its folder.
func find(dir string) string {
	for _, p := range []string{dir + ".csv", filepath.Join(dir, "manifest.csv"), filepath.Join(dir, "labels.csv")} {
		if _, err := os.Stat(p); err == nil {
			if filepath.Base(p) == "labels.csv" {
				return dir
			}
			return p
		}
	}
	return ""
}

// report prints the set's line and reports whether the floor holds.
func (s *set) report(c *fusor.Comparison, slack, seconds float64) bool {
	fused, single := chosen(c)
	value := fused
	if s.single {
		value = single
	}
	ok := value != nil && value.mean >= s.floor-slack && (fused == nil || single == nil || fused.mean >= single.mean-s.gap)
	note := ""
	if !ok {
		note = "  BELOW"
	}
	fmt.Printf("%-20s %s   %s %6.2f %6.1f%s\n", s.name, single.text(), fused.text(), 100*value.sd(), seconds, note)
	return ok
}

type score struct {
	name string
	eval.Summary
	mean float64
}

func (s *score) sd() float64 {
	if s == nil {
		return 0
	}
	return s.Std
}

func (s *score) text() string {
	if s == nil {
		return fmt.Sprintf("%-16s %7s", "–", "")
	}
	return fmt.Sprintf("%-16s %7.2f", s.name, 100*s.mean)
}

// chosen returns the best fusion and the best single row, as the verdict takes them; nil: none.
func chosen(c *fusor.Comparison) (fused, single *score) {
	of := func(i int, kind string) *score {
		if i < 0 || c.Rows[i].Kind != kind {
			return nil
		}
		r := &c.Rows[i]
		return &score{r.Name, r.Scores[0].Summary, r.Scores[0].Summary.Mean}
	}
	b, s := c.Best()
	return of(b, eval.Fusion), of(s, eval.Single)
}

func mean(x []float64) float64 {
	s := 0.0
	for _, v := range x {
		s += v
	}
	return s / float64(max(1, len(x)))
}
