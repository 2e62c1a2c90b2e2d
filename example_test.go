package fusor_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"

	"github.com/fusor-ml/fusor"
	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/train"
)

// openReviews writes a table of reviews with a price and opens it. What was said and what was paid
// together decide whether the thing was kept.
func openReviews(dir string) (*dataset.Dataset, error) {
	words := [2][]string{{"awful", "broken", "poor"}, {"lovely", "sturdy", "fine"}}
	var b strings.Builder
	b.WriteString("label,review,price\n")
	for i := range 60 {
		kept := i % 2
		fmt.Fprintf(&b, "%s,a %s and %s thing,%d\n", []string{"returned", "kept"}[kept], words[kept][i%3], words[kept][i/3%3], 40-30*kept+i%7)
	}
	path := filepath.Join(dir, "reviews.csv")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		return nil, err
	}
	return fusor.Open(path, dataset.Options{})
}

// Train a model on a table and ask it about new rows.
func Example() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "fusor")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	reviews, err := openReviews(dir)
	if err != nil {
		log.Fatal(err)
	}

	model, report, err := fusor.Train(ctx, reviews, fusor.TrainOptions{Seed: 1, Options: fusor.Options{NoCache: true}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(report.Fusion, "of", report.Views)

	// New rows: the same columns, no label. One has no price.
	table := filepath.Join(dir, "new.csv")
	if err := os.WriteFile(table, []byte("review,price\na lovely and sturdy thing,12\na broken and poor thing,\n"), 0o600); err != nil {
		log.Fatal(err)
	}
	rows, err := dataset.Open(table, dataset.Options{Schema: model.Schema()})
	if err != nil {
		log.Fatal(err)
	}
	result, err := model.Predict(ctx, rows)
	if err != nil {
		log.Fatal(err)
	}
	answers := result.Predictions
	for _, a := range answers {
		fmt.Println(a.Class, a.Flags)
	}
	// Output:
	// concat of [review.lexical table.fields]
	// kept []
	// returned [absent:table]
}

func ExampleTrain() {
	dir, err := os.MkdirTemp("", "fusor")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	reviews, err := openReviews(dir)
	if err != nil {
		log.Fatal(err)
	}
	_, report, err := fusor.Train(context.Background(), reviews, fusor.TrainOptions{
		Seed: 1, Options: fusor.Options{NoCache: true},
		Recipe: train.Recipe{Fusion: "concat", ModalityDropout: 0.1},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d rows to train, %d to choose the epoch, %d to test\n", report.Rows.Train, report.Rows.Val, report.Rows.Test)
	for _, s := range report.Test.Scores {
		if s.Metric.Name == "accuracy" {
			fmt.Printf("%s %.0f %%\n", s.Metric.Name, 100*s.Summary.Mean)
		}
	}
	// Output:
	// 42 rows to train, 9 to choose the epoch, 9 to test
	// accuracy 100 %
}

func ExampleCompare() {
	dir, err := os.MkdirTemp("", "fusor")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	reviews, err := openReviews(dir)
	if err != nil {
		log.Fatal(err)
	}
	c, err := fusor.Compare(context.Background(), reviews, fusor.CompareOptions{
		Fusions: []string{"mean", "attention"}, Folds: 2, Options: fusor.Options{NoCache: true},
		Recipe: train.Recipe{Train: train.Config{Epochs: 40}},
	})
	if err != nil {
		log.Fatal(err)
	}
	kinds := map[string]int{}
	for _, row := range c.Rows {
		kinds[row.Kind]++
	}
	fmt.Println(kinds["single"], "single,", kinds["fusion"], "fusions")
	fmt.Println("does fusion help?", c.Verdict.Low > 0) // the price alone is enough here
	// Output:
	// 2 single, 2 fusions
	// does fusion help? false
}

func ExampleLoad() {
	dir, err := os.MkdirTemp("", "fusor")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	reviews, err := openReviews(dir)
	if err != nil {
		log.Fatal(err)
	}
	trained, _, err := fusor.Train(context.Background(), reviews, fusor.TrainOptions{Options: fusor.Options{NoCache: true}})
	if err != nil {
		log.Fatal(err)
	}
	file := filepath.Join(dir, "reviews.fusor")
	if err := trained.Save(file); err != nil {
		log.Fatal(err)
	}

	model, err := fusor.Load(file, fusor.Options{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(model.Schema().Classes)
	// Output: [kept returned]
}

// Many goroutines may share one model.
func ExampleModel_Predict() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "fusor")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	reviews, err := openReviews(dir)
	if err != nil {
		log.Fatal(err)
	}
	model, _, err := fusor.Train(ctx, reviews, fusor.TrainOptions{Options: fusor.Options{NoCache: true}})
	if err != nil {
		log.Fatal(err)
	}

	// A request's body: JSON lines, whose files would lie in dir. One of them is cut off.
	body := strings.NewReader(`{"review": "a fine and sturdy thing", "price": 11}` + "\n" + `{"review": "a` + "\n" + `{"review": "an awful thing", "price": "low"}` + "\n")
	rows, err := dataset.OpenJSONLines(body, os.DirFS(dir), model.Schema())
	if err != nil {
		log.Fatal(err)
	}
	result, err := model.Predict(ctx, rows)
	if err != nil {
		log.Fatal(err)
	}
	answers := result.Predictions
	for i, a := range answers {
		fmt.Printf("line %d: %s %v\n", rows.Rows[i].Number, a.Class, a.Flags)
	}
	for _, p := range rows.Problems.Fatal() {
		fmt.Printf("line %d: %s\n", p.Row, p.What)
	}
	// Output:
	// line 1: kept []
	// line 3: returned [unreadable:table]
	// line 2: the JSON object is cut off
}
