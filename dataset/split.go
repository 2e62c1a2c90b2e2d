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
	case "train", "training", "tr", "trn", "训练", "训练集", "学習", "학습":
		return "train"
	case "val", "valid", "validation", "dev", "development", "va", "vld", "publictest", "验证", "验证集", "検証", "검증":
		return "val"
	case "test", "testing", "te", "tst", "ts", "holdout", "privatetest", "测试", "测试集", "テスト", "테스트":
		return "test"
	}
	return s
}

// Names of columns that hold the split if their values are those of one, and of columns that hold
// folds.
var (
	splitNames = []string{"set", "subset", "partition", "phase", "fold", "folds", "splits", "data_split", "split_name", "dataset_split", "dataset", "data_set", "datasplit", "train_test", "train_or_test", "train_val_test", "tvt", "usage", "划分", "数据集", "集合"}
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

// noteSplitLike reports columns that look like how the rows were divided, though nothing but a
// feature can be made of them as they are: parts under another name, and parts as numbers.
func noteSplitLike(t *Table, used func(int) bool, c *collector) {
	for i, name := range t.Header {
		if used(i) || t.vectors[i] != nil {
			continue
		}
		values := map[string]int{}
		for _, cell := range t.column(i) {
			if s := strings.TrimSpace(cell); s != "" {
				values[splitName(s)]++
			}
			if len(values) > 3 {
				break
			}
		}
		switch {
		case areParts(values):
			c.note("split.like", 0, name, fmt.Sprintf("if it divides the rows, say so with --split-column %s", shellName(name)), "looks like a split, as %s, but is taken as a feature", splitWords(t, i))
		case namesPart(name) && areFlags(values):
			c.note("split.like", 0, name, fmt.Sprintf("leave it out with --ignore %s, or write train, val and test into it", shellName(name)), "looks like a split by its name, but is taken as a feature, as %s", splitWords(t, i))
		}
	}
}

// namesPart reports whether a column of flags or small numbers is a split by its name.
func namesPart(name string) bool {
	lower := strings.ToLower(strings.TrimSpace(name))
	switch lower {
	case "is_train", "is_training", "is_test", "is_val", "is_valid", "is_validation", "istrain", "istest", "isvalid", "train_flag", "test_flag":
		return true
	}
	return slices.Contains(splitNames, lower)
}

// areFlags reports whether the values are truth values, or numbers from 0 or 1 on.
func areFlags(values map[string]int) bool {
	for v := range values {
		_, truth := ParseBoolean(v)
		if k, err := strconv.Atoi(strings.TrimSuffix(v, ".0")); !truth && (err != nil || k < 0 || k > 3) {
			return false
		}
	}
	return len(values) == 2 || len(values) == 3
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
