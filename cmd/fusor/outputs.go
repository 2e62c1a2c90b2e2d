package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// checkOutputs states before the work what would stop its result from being written after it, or
// what the result would destroy. "" and - are no files.
func checkOutputs(inputs []string, outs ...string) error {
	for k, out := range outs {
		if out == "" || out == "-" {
			continue
		}
		info, err := os.Stat(out)
		if err == nil && info.IsDir() {
			return usagef("cannot write %s: it is a folder; name a file in it", out)
		}
		if strings.HasSuffix(out, "/") || strings.HasSuffix(out, string(filepath.Separator)) {
			return usagef("cannot write %s: name a file", out)
		}
		if dir := filepath.Dir(out); err != nil {
			if in, err := os.Stat(dir); err != nil || !in.IsDir() {
				return fmt.Errorf("cannot write %s: there is no folder %s; make it first", out, dir)
			}
		}
		if slices.Contains(outs[:k], out) {
			return usagef("two results cannot both be written to %s", out)
		}
		for _, in := range inputs {
			if same, errIn := os.Stat(in); err == nil && errIn == nil && os.SameFile(info, same) {
				return usagef("cannot write %s: it is read as input and would be lost; name another file", out)
			}
		}
		if err != nil || info.Mode().IsRegular() { // a device is written as it is
			if err := writable(out, filepath.Dir(out)); err != nil {
				return err
			}
		}
	}
	return nil
}

// writable tries whether a file can be made in dir, as that of out will be: whole, under another
// name at first.
func writable(out, dir string) error {
	f, err := os.CreateTemp(dir, ".fusor-*.tmp")
	if err == nil {
		err = errors.Join(f.Close(), os.Remove(f.Name()))
	}
	var pe *fs.PathError
	if errors.As(err, &pe) {
		err = pe.Err // of a file that no one knows
	}
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", out, err)
	}
	return nil
}
