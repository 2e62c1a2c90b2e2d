package dataset

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// splitName writes the usual names of the three parts in one way; other names stay.
func splitName(s string) string {
	switch strings.ToLower(s) {
	case "train", "training", "tr", "trn", "训练", "训练集":
		return "train"
	case "val", "valid", "validation", "dev", "development", "验证", "验证集":
		return "val"
	case "test", "testing", "te", "tst", "测试", "测试集":
		return "test"
	}
	return s
}

// Names of columns that hold the split if their values are those of one, and of columns that hold
// folds.
var (
	splitNames = []string{"set", "subset", "partition", "phase", "fold", "folds", "splits", "data_split", "split_name", "dataset_split", "train_test", "train_val_test", "usage", "划分", "数据集", "集合"}
	foldNames  = []string{"fold", "folds", "cv_fold", "fold_id", "kfold"}
)

const (
	maxFolds = 20
	foldRows = 5 // that a fold has at least, or a column of small numbers is none of folds
)

// splitColumn finds a column that is the split by its name and by its values; -1 if there is none.
func splitColumn(t *Table, used func(int) bool) int {
	found := func(names []string, fits func(values map[string]int) bool) int {
		for _, name := range names {
			i := column(t.Header, name)
			if i < 0 || used(i) || t.vectors[i] != nil {
				continue
			}
			values := map[string]int{}
			for _, cell := range t.column(i) {
				if s := strings.TrimSpace(cell); s != "" {
					values[splitName(s)]++
				}
				if len(values) > maxFolds {
					break
				}
			}
			if fits(values) {
				return i
			}
		}
		return -1
	}
	if i := found(splitNames, areParts); i >= 0 {
		return i
	}
	return found(foldNames, areFolds)
}

// areParts reports whether the values are train, val and test, or two of them.
func areParts(values map[string]int) bool {
	for v := range values {
		if v != "train" && v != "val" && v != "test" {
			return false
		}
	}
	return len(values) >= 2 && values["train"] > 0
}

// areFolds reports whether the values number folds of about the same size.
func areFolds(values map[string]int) bool {
	if len(values) < 2 || len(values) > maxFolds {
		return false
	}
	var numbers, sizes []int
	for v, n := range values {
		digits := strings.TrimLeft(strings.TrimPrefix(strings.ToLower(v), "fold"), "_- ")
		k, err := strconv.Atoi(strings.TrimSuffix(digits, ".0"))
		if err != nil {
			return false
		}
		numbers, sizes = append(numbers, k), append(sizes, n)
	}
	low, high := slices.Min(numbers), slices.Max(numbers)
	return low >= 0 && low <= 1 && high-low == len(values)-1 && slices.Min(sizes) >= foldRows && slices.Max(sizes) <= 3*slices.Min(sizes)
}

// splitWords lists the values of a split column for a note.
func splitWords(t *Table, i int) string {
	var names []string
	for _, cell := range t.column(i) {
		if s := strings.TrimSpace(cell); s != "" && !slices.Contains(names, s) {
			if names = append(names, s); len(names) > maxFolds {
				break
			}
		}
	}
	slices.Sort(names)
	return fmt.Sprintf("its values are %s", someOf(names))
}
