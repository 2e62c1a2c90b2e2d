package dataset

import (
	"context"
	"iter"
	"slices"
	"strings"
	"unicode"

	"github.com/fusor-ml/fusor/internal/machine"
	"github.com/fusor-ml/fusor/media"
)

// How many cells are looked at.
const (
	fileSample = 200  // whether they name files
	textSample = 2000 // how long their texts are
)

// mostly is the share of cells that must be numbers for a column to be one of numbers; the
// others are then reported one by one. So for dates, truth values and vectors.
const mostly = 0.95

// inferred is what a column holds; of numbers and dates also how they are written.
type inferred struct {
	kind media.Kind
	style
	open     doubt
	standIns int  // of numbers: cells that may stand for missing ones
	amounts  bool // of numbers: not all cells are figures
}

// inferKind describes what a column holds, by its cells: what most of them can be read as, and for
// names of files, what the files are by their first bytes. "" means that every cell is empty. room
// is memory for the cells, which are looked at several times.
func inferKind(name string, cells iter.Seq[string], from media.Folder, room []string) (inferred, error) {
	held, standIns, amounts := room[:0], 0, false
	for s := range cells {
		if s = trim(s); s != "" && s != "[]" {
			held = append(held, s)
			if maybeStandIn(s) {
				standIns++
			}
			amounts = amounts || !isFigure(s)
		}
	}
	total, values := len(held), slices.Values(held)
	if total == 0 {
		return inferred{}, nil
	}
	share := func(f func(string) bool, missing func(string) bool) bool {
		n, none, others := 0, 0, 0
		for _, s := range held {
			switch {
			case f(s):
				n++
			case missing(s):
				none++
			default:
				// Texts are not read to the end for each kind that they are not.
				if others++; mostly*float64(others) > (1-mostly)*float64(total-others)+1 { // whatever follows
					return false
				}
			}
		}
		return n > 0 && float64(n) >= mostly*float64(total-none)
	}
	// From the strictest form to the loosest: each kind below would also accept cells of one before
	// it, and texts accept anything.
	if share(looksLikeVector, isMissing) {
		return inferred{kind: media.Vector}, nil
	}
	if digitDates(name, held) {
		return inferred{kind: media.Date}, nil
	}
	number, open := styleOf(media.Number, values)
	// An infinity is no number to learn from, but what writes it is a column of numbers.
	if share(number.reads, func(s string) bool { return isMissing(s) || isInfinite(s) }) {
		// 01234 is a postal code or a number of an article; as a number it would lose its zeros.
		if share, _ := leadingZeros(values); share >= codesShare {
			return inferred{kind: media.Category}, nil
		}
		if _, ok := longCodes(name, values); ok {
			return inferred{kind: media.Category}, nil
		}
		return inferred{media.Number, number, open, standIns, amounts}, nil
	}
	// Behind numbers, which may have commas and blanks between thousands.
	if bareLists(held) {
		return inferred{kind: media.Vector}, nil
	}
	// Behind numbers: 0 and 1 stay numbers.
	if share(func(s string) bool { _, ok := ParseBoolean(s); return ok }, isMissing) {
		return inferred{kind: media.Boolean}, nil
	}
	date, open := styleOf(media.Date, values)
	if share(func(s string) bool { _, _, ok := date.date(s); return ok }, isMissing) {
		if seasons(held) {
			return inferred{kind: media.Category}, nil
		}
		return inferred{kind: media.Date, style: date, open: open}, nil
	}
	// Last before text, since it looks at the disk.
	if k, err := fileKind(name, every(values, fileSample), from); k != "" || err != nil {
		return inferred{kind: k}, err
	}
	return inferred{kind: textOrCategory(name, values)}, nil
}

// plainColumns reports of the given columns which hold nothing but empty cells and plain numbers as
// they are to be kept, without blanks around them or zeros in front, whose points can stand for
// nothing else. That is what inferKind would find in most columns of a wide table, in one walk over
// the rows in place of one for each column, of which nothing is left in the processor's cache.
func plainColumns(t *Table, columns []int) []bool {
	plain := make([]bool, len(t.Header))
	t.standIns = make([]int, len(t.Header))
	left := slices.Clone(columns)
	for i := range t.Len() {
		if len(left) == 0 {
			break
		}
		row := t.row(i)
		left = slices.DeleteFunc(left, func(c int) bool {
			s := row.cell(c)
			if s == "" {
				return false
			}
			_, _, date := digitDate(s)
			plain[c] = isPlain(s) && !grouped(s) && !(len(s) > 1 && s[0] == '0' && s[1] != '.') && !date && !losesDigits(s)
			if maybeStandIn(s) {
				t.standIns[c]++
			}
			return !plain[c]
		})
	}
	return plain
}

// every takes n of the values at even distances, or all if there are no more.
func every(values iter.Seq[string], n int) []string {
	total := 0
	for range values {
		total++
	}
	n = min(n, total)
	out := make([]string, 0, n)
	i := 0
	for s := range values {
		if len(out) == n {
			break
		}
		if i == len(out)*total/n {
			out = append(out, s)
		}
		i++
	}
	return out
}

// fileKind is the kind of most files that the sample names or holds by value, or "" if it does
// neither. Files that are missing count by their ending, so that the user is told of missing files
// rather than given a strange category; so do files that are no medium at all. The error is the
// machine's.
func fileKind(name string, sample []string, from media.Folder) (media.Kind, error) {
	votes := map[media.Kind]int{}
	there, byName := 0, 0
	ctx := context.Background()
	for _, s := range sample {
		if kind := kindHeld(s); kind.IsFile() || kind == media.Vector {
			votes[kind]++
			there++
			continue
		}
		files := splitFiles(s)
		// No name of a file is that long on any system (PATH_MAX on Linux).
		if len(files) == 0 || len(s) > 4096 || strings.ContainsAny(s, "\n\r") {
			continue
		}
		f := files[0]
		if len(files) > 1 && isFile(from, s) {
			f = s
		}
		ending := media.ByName(unquoted(f)).Kind
		found, err := lookFor(from, f)
		if machine.Fault(err) {
			return "", err
		}
		switch {
		// A folder of numbered frames is a film.
		case err == nil && found.is == aFolder && media.HoldsPictures(ctx, from.Source(found.name)):
			votes[media.Video]++
			there++
		case err == nil && found.is == aFile:
			kind, err := media.SniffSource(ctx, from.Source(found.name))
			if machine.Fault(err) {
				return "", err
			}
			// Bytes that could be any text do not outvote an ending: a broken .jpg is a broken picture.
			if kind.Kind == media.Text || !kind.Known() || kind.Kind == media.Table {
				kind.Kind = ending
			}
			// GIF is a picture or a film; only the column's name can tell.
			if kind.Name == "gif" && strings.Contains(strings.ToLower(name), "video") {
				kind.Kind = media.Video
			}
			if kind.Kind != "" && kind.Kind != media.Table {
				votes[kind.Kind]++
				there++
			}
		// Not there, but named as one.
		case ending != "" && ending != media.Table:
			votes[ending]++
			byName++
		}
	}
	switch n := there + byName; {
	// One file that is there makes the others names of files that are missing. None there needs more
	// of a majority: "a.b" may be anything.
	case there > 0 && 2*n >= len(sample), there == 0 && float64(n) >= 0.8*float64(len(sample)):
		best := media.Kind("")
		// A fixed order, since ties must not go by the map's.
		for _, k := range []media.Kind{media.Image, media.Audio, media.Video, media.Vector, media.Text} {
			if votes[k] > votes[best] {
				best = k
			}
		}
		return best, nil
	}
	return "", nil
}

// sniffFile looks at the first bytes of a file.
func sniffFile(path string) (media.Format, error) {
	return media.SniffSource(context.Background(), media.File(path))
}

// textNames are names that columns of texts usually have.
var textNames = []string{"text", "review", "comment", "sentence", "utterance", "transcript", "caption", "description", "title", "content", "message", "tweet", "body", "文本", "评论", "标题", "内容", "正文", "描述"}

// textOrCategory distinguishes texts from levels: texts are long, or differ from row to row and are
// more than one word.
func textOrCategory(name string, values iter.Seq[string]) media.Kind {
	lower := strings.ToLower(name)
	if lower == "text" || lower == "文本" {
		return media.Text
	}
	named := false
	for _, n := range textNames {
		named = named || strings.Contains(lower, n)
	}
	distinct, total := map[string]struct{}{}, 0
	for s := range values {
		distinct[s] = struct{}{}
		total++
	}
	words := 0.0
	sample := every(values, textSample)
	for _, s := range sample {
		words += wordCount(s)
	}
	words /= float64(len(sample))
	repeated := float64(total) / float64(len(distinct)) // rows for each level
	switch {
	case words >= 5:
		if repeated >= 10 && !named {
			return media.Category
		}
		return media.Text
	case named && words >= 1.5 && repeated < 10:
		return media.Text
	case words >= 2 && repeated <= 2 && len(distinct) > 2:
		return media.Text
	}
	return media.Category
}

// wordCount counts the words of s; two Han characters count as a word.
func wordCount(s string) float64 {
	n, inWord := 0.0, false
	for i, r := range s {
		if i > 1000 {
			break
		}
		switch {
		case unicode.Is(unicode.Han, r):
			n += 0.5
			inWord = false
		case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '\'':
			if !inWord {
				n++
			}
			inWord = true
		default:
			inWord = false
		}
	}
	return n
}
