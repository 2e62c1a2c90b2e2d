package predict_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"github.com/fusor-ml/fusor"
	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/predict"
)

// A saved model answers rows whose features are extracted once, however often it is queried: here
// also as if the price were not known.
func ExampleModel_Answer() {
	ctx := context.Background()
	var table strings.Builder
	table.WriteString("label,review,price\n")
	for i := range 60 {
		kept := i % 2
		fmt.Fprintf(&table, "%s,%s after %d days,%d\n", []string{"returned", "kept"}[kept], []string{"came broken and late", "lovely and sturdy thing"}[kept], i, 40-30*kept+i%7)
	}
	reviews, err := dataset.Read(strings.NewReader(table.String()), "reviews.csv", dataset.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	trained, _, err := fusor.Train(ctx, reviews, fusor.TrainOptions{Seed: 1, Options: fusor.Options{NoCache: true}})
	if err != nil {
		fmt.Println(err)
		return
	}
	var file bytes.Buffer
	if err := trained.Encode(&file); err != nil {
		fmt.Println(err)
		return
	}

	m, err := predict.Decode(&file, predict.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	rows, err := dataset.Read(strings.NewReader("review,price\na lovely and sturdy thing,12\n"), "new.csv", dataset.Options{Schema: m.Schema()})
	if err != nil {
		fmt.Println(err)
		return
	}
	features, err := m.Features(ctx, rows)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, q := range []predict.Query{{}, {Without: []string{"table"}}} {
		answers, err := m.Answer(ctx, features, q)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(answers[0].Class, answers[0].Flags)
	}
	// Output:
	// kept []
	// kept []
}
