// Catalog makes a small shop (a text and a picture for each thing), trains a
// model on both, saves it, loads it, and asks about things of which one is
// missing its picture.
//
//	go run ./examples/catalog
package main

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"log"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"github.com/fusor-ml/fusor"
	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/train"
)

func main() {
	dir, err := os.MkdirTemp("", "catalogue")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	if err := run(context.Background(), dir); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, dir string) error {
	table := filepath.Join(dir, "things.csv")
	if err := things(table, 240); err != nil {
		return err
	}

	// Hiding a modality from a tenth of the training rows makes the model robust to missing ones.
	o := fusor.TrainOptions{Seed: 1, Recipe: train.Recipe{Fusion: "gated", ModalityDropout: 0.1}}
	o.NoCache = true
	data, err := fusor.Open(table, dataset.Options{})
	if err != nil {
		return err
	}
	trained, report, err := fusor.Train(ctx, data, o)
	if err != nil {
		return err
	}
	for _, s := range report.Test.Scores[:1] {
		fmt.Printf("%s on %d test rows: %.0f %%\n", s.Metric.Name, report.Rows.Test, 100*s.Summary.Mean)
	}
	file := filepath.Join(dir, "things.fusor")
	if err := trained.Save(file); err != nil {
		return err
	}

	// Later, perhaps in a service: the file and the media are all that it takes.
	model, err := fusor.Load(file, fusor.Options{NoCache: true})
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "new.csv"), []byte("note,photo\na thing that is warm and woollen,0.png\na thing that is airy,\n"), 0o600); err != nil {
		return err
	}
	rows, err := dataset.Open(filepath.Join(dir, "new.csv"), dataset.Options{Schema: model.Schema()})
	if err != nil {
		return err
	}
	answer, err := model.Predict(ctx, rows)
	if err != nil {
		return err
	}
	for _, p := range answer.Problems {
		fmt.Println(p)
	}
	for i, a := range answer.Predictions {
		fmt.Printf("row %d: %s %.3f %v\n", i+1, a.Class, a.Probabilities, a.Flags)
	}
	return nil
}

// things writes a table whose notes tell the season and whose pictures tell
// the color; the label needs both.
func things(table string, n int) error {
	rng := rand.New(rand.NewPCG(1, 1))
	seasons := [2][]string{{"warm", "woollen", "for snow", "for cold days", "lined"}, {"cool", "linen", "for the beach", "for hot days", "airy"}}
	var b strings.Builder
	b.WriteString("label,note,photo\n")
	for i := range n {
		season, red := i/2%2, i%2
		name := fmt.Sprintf("%d.png", i)
		if err := picture(filepath.Join(filepath.Dir(table), name), red == 1, rng); err != nil {
			return err
		}
		note := fmt.Sprintf("a thing that is %s and %s", seasons[season][rng.IntN(5)], seasons[season][rng.IntN(5)])
		fmt.Fprintf(&b, "%s %s,%s,%s\n", []string{"blue", "red"}[red], []string{"winter", "summer"}[season], note, name)
	}
	return os.WriteFile(table, []byte(b.String()), 0o600)
}

// picture draws a disc somewhere on gray.
func picture(path string, red bool, rng *rand.Rand) error {
	img := image.NewNRGBA(image.Rect(0, 0, 48, 48))
	cx, cy, r := 16+rng.IntN(16), 16+rng.IntN(16), 8+rng.IntN(8)
	for y := range 48 {
		for x := range 48 {
			c := color.NRGBA{130, 130, 130, 255}
			if dx, dy := x-cx, y-cy; dx*dx+dy*dy < r*r {
				if c = (color.NRGBA{40, 60, 190, 255}); red {
					c = color.NRGBA{190, 60, 40, 255}
				}
			}
			img.SetNRGBA(x, y, c)
		}
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := png.Encode(f, img); err != nil {
		f.Close() //nolint:errcheck // the first error counts
		return err
	}
	return f.Close()
}
