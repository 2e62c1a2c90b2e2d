// Command extraction times the views of tables, kind of medium by kind: one core
// against all of them, and what the cache holds against computing it. Every
// round does all three one after the other, so that they see the same machine.
//
//	go run ./cmd/extraction -rounds 5 data/flowers12 clothing.csv
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"time"

	"github.com/fusor-ml/fusor"
	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/internal/heap"
	"github.com/fusor-ml/fusor/media"
)

func main() {
	rounds := flag.Int("rounds", 5, "how often")
	flag.Parse()
	heap.SetFloor() // as the command does
	fmt.Printf("%-24s %-6s %8s %12s %7s %-15s %7s %-15s\n", "table", "kind", "cells", "cells/s 1", fmt.Sprintf("%d cores", runtime.NumCPU()), "(range)", "cached", "(range)")
	for _, path := range flag.Args() {
		if err := table(path, *rounds); err != nil {
			fmt.Fprintln(os.Stderr, path+":", err)
			os.Exit(1)
		}
	}
}

// table prints a line for each kind of medium of a table.
func table(path string, rounds int) error {
	ds, err := dataset.Open(path, dataset.Options{})
	if err != nil {
		return err
	}
	refs, err := fusor.Views().Select(&ds.Schema, nil)
	if err != nil {
		return err
	}
	byKind := map[media.Kind][]feature.Ref{}
	var kinds []media.Kind
	for _, r := range refs {
		k := ds.Schema.Columns[r.Column].Kind
		if k == media.Table || k == media.Vector { // read with the table
			continue
		}
		if byKind[k] == nil {
			kinds = append(kinds, k)
		}
		byKind[k] = append(byKind[k], r)
	}
	for _, k := range kinds {
		if err := kind(path, ds, k, byKind[k], rounds); err != nil {
			return err
		}
	}
	return nil
}

// kind prints the line of one kind.
func kind(path string, ds *dataset.Dataset, k media.Kind, refs []feature.Ref, rounds int) error {
	columns := map[int]bool{}
	for _, r := range refs {
		columns[r.Column] = true
	}
	cells := len(ds.Rows) * len(columns)
	dir, err := os.MkdirTemp("", "extraction")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if _, err := extract(ds, refs, runtime.NumCPU(), dir); err != nil { // files are in memory from here on, views in the cache
		return err
	}
	var one, cores, cached []float64
	for range rounds {
		o, err := extract(ds, refs, 1, "")
		if err != nil {
			return err
		}
		all, err := extract(ds, refs, runtime.NumCPU(), "")
		if err != nil {
			return err
		}
		again, err := extract(ds, refs, runtime.NumCPU(), dir)
		if err != nil {
			return err
		}
		one = append(one, float64(cells)/o.Seconds())
		cores, cached = append(cores, float64(o)/float64(all)), append(cached, float64(all)/float64(again))
	}
	held := "-"
	if slices.ContainsFunc(refs, func(r feature.Ref) bool { return !r.View.Info().NoCache }) && k.IsFile() {
		held = spread(cached, "%7.1f (%.1f to %.1f)")
	}
	fmt.Printf("%-24s %-6s %8d %12.0f %s %s\n", path, k, cells, median(one), spread(cores, "%7.2f (%.2f to %.2f)"), held)
	return nil
}

// extract computes the views on so many cores, with a cache in dir if it has a name.
func extract(ds *dataset.Dataset, refs []feature.Ref, cores int, dir string) (took time.Duration, err error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(cores))
	start := time.Now()
	e := feature.Extractor{Workers: cores}
	if dir != "" {
		e.Cache = feature.OpenCache(dir)
	}
	features, _, err := e.Extract(context.Background(), ds, refs)
	if err == nil && e.Cache != nil {
		err = e.Cache.Close()
	}
	took = time.Since(start)
	if err == nil {
		err = features.Close()
	}
	return took, err
}

func median(x []float64) float64 {
	s := slices.Sorted(slices.Values(x))
	return (s[len(s)/2] + s[(len(s)-1)/2]) / 2
}

func spread(x []float64, format string) string {
	return fmt.Sprintf(format, median(x), slices.Min(x), slices.Max(x))
}
