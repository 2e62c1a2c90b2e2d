package media

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// openFrames takes the pictures of a folder, in the order of the numbers in their names.
func openFrames(ctx context.Context, dir Source) (*Clip, error) {
	names, err := framesOf(ctx, dir)
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, errors.New("the folder holds no pictures")
	}
	clip := &Clip{}
	n := min(len(names), MaxFrames)
	for i := range n {
		m, err := ReadImage(ctx, dir.In(names[i*len(names)/n]), ImageOptions{MaxSide: frameSide})
		if err != nil {
			return nil, err
		}
		clip.Frames = append(clip.Frames, m)
	}
	return clip, nil
}

// HoldsPictures reports whether a folder is the frames of a video: the first of
// its files that is some medium, notes aside, is a picture.
func HoldsPictures(ctx context.Context, dir Source) bool {
	entries, err := dir.Entries()
	if err != nil {
		return false
	}
	for _, e := range entries {
		switch kind, err := kindIn(ctx, dir, e); {
		case err != nil:
			return false
		case kind != "" && kind != Text:
			return kind == Image
		}
	}
	return false
}

// framesOf lists the pictures of a folder by their numbers. Notes and what a
// system leaves in folders (Thumbs.db) are passed over.
func framesOf(ctx context.Context, dir Source) ([]string, error) {
	entries, err := dir.Entries()
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		kind, err := kindIn(ctx, dir, e)
		if err != nil {
			return nil, fmt.Errorf("cannot read the folder: %w", err)
		}
		if kind == Image {
			names = append(names, e.Name())
		}
	}
	slices.SortFunc(names, compareNumbered)
	return names, nil
}

// kindIn is what a visible file of a folder is, "" if that is not known. A file
// that is called a picture is one, so that a broken frame is not passed over.
func kindIn(ctx context.Context, dir Source, e fs.DirEntry) (Kind, error) {
	name := e.Name()
	if !e.Type().IsRegular() || name[0] == '.' {
		return "", nil
	}
	if ByName(name).Kind == Image {
		return Image, nil
	}
	f, err := SniffSource(ctx, dir.In(name))
	return f.Kind, err
}

// compareNumbered compares names part by part, runs of digits as the numbers
// that they are, so that frame2 comes before frame10; as strings where that
// makes no difference.
func compareNumbered(a, b string) int {
	x, y := a, b
	for x != "" && y != "" {
		m, n := digits(x), digits(y)
		if m == 0 || n == 0 {
			if x[0] != y[0] {
				return strings.Compare(x[:1], y[:1])
			}
			x, y = x[1:], y[1:]
			continue
		}
		// However long they are: without leading zeros the longer number is the larger one.
		p, q := strings.TrimLeft(x[:m], "0"), strings.TrimLeft(y[:n], "0")
		if len(p) != len(q) {
			return len(p) - len(q)
		}
		if c := strings.Compare(p, q); c != 0 {
			return c
		}
		x, y = x[m:], y[n:]
	}
	if x == "" && y == "" { // they differ in leading zeros, if at all
		return strings.Compare(a, b)
	}
	return len(x) - len(y) // one goes on
}

// digits counts the digits that s begins with.
func digits(s string) int {
	n := 0
	for n < len(s) && '0' <= s[n] && s[n] <= '9' {
		n++
	}
	return n
}
