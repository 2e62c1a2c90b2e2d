package nlp

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
)

// Limits of an embedding file.
const (
	maxVectorDim  = 1 << 13
	maxVectorLine = 1 << 20
)

// ReadVectors streams an embedding file in the text format of word2vec, GloVe and
// fastText: a line per word, the word and its values separated by spaces or tabs;
// a first line "count width" is taken for the header. Words may hold spaces. For
// every word that want accepts, each is called with its vector, valid for the
// call only; the numbers of other words are not looked at. It returns the width
// and names the line of what is wrong.
func ReadVectors(r io.Reader, want func(word []byte) bool, each func(word []byte, v []float32)) (dim int, err error) {
	sc := bufio.NewScanner(r)
	sc.Buffer(make([]byte, 64<<10), maxVectorLine)
	var v []float32
	line, words := 0, 0
	for sc.Scan() {
		line++
		text := bytes.TrimRight(sc.Bytes(), " \t\r")
		if line == 1 {
			text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
			if dim, err = vectorWidth(text); err != nil {
				return 0, fmt.Errorf("cannot read the vectors: line 1: %w", err)
			}
			v = make([]float32, dim)
			// word2vec and fastText have it, GloVe has not.
			if isVectorHeader(text) {
				continue
			}
		}
		if len(text) == 0 {
			continue
		}
		word, rest, ok := splitVector(text, dim)
		if !ok {
			return 0, fmt.Errorf("cannot read the vectors: line %d: no word with %d values: %.40q", line, dim, text)
		}
		// A word may hold spaces, but not what looks like a value: then the line has too many.
		if hasValue(word) {
			return 0, fmt.Errorf("cannot read the vectors: line %d: more than %d values: %.40q", line, dim, text)
		}
		words++
		// Before the numbers are parsed, which is nearly all of the work.
		if !want(word) {
			continue
		}
		if err := parseVector(v, rest); err != nil {
			return 0, fmt.Errorf("cannot read the vectors: line %d: word %.40q: %w", line, word, err)
		}
		each(word, v)
	}
	switch err := sc.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return 0, fmt.Errorf("cannot read the vectors: line %d is longer than %d bytes: not a text file of vectors", line+1, maxVectorLine)
	case err != nil:
		return 0, fmt.Errorf("cannot read the vectors: after line %d: %w", line, err)
	case words == 0:
		return 0, errors.New("cannot read the vectors: the file has none")
	}
	return dim, nil
}

// isVectorHeader reports whether a line is "count width".
func isVectorHeader(line []byte) bool {
	f := bytes.Fields(line)
	if len(f) != 2 {
		return false
	}
	for _, x := range f {
		if n, err := strconv.Atoi(string(x)); err != nil || n <= 0 {
			return false
		}
	}
	return true
}

// vectorWidth takes the width from the header, or counts the numbers at the end of the first line.
func vectorWidth(line []byte) (int, error) {
	f := bytes.Fields(line)
	n := 0
	if isVectorHeader(line) {
		n, _ = strconv.Atoi(string(f[1]))
	} else {
		for n+1 < len(f) {
			if _, err := strconv.ParseFloat(string(f[len(f)-1-n]), 32); err != nil {
				break
			}
			n++
		}
	}
	if n < 1 || n > maxVectorDim {
		return 0, fmt.Errorf("neither a header \"count width\" nor a word with 1 to %d values: %.40q", maxVectorDim, line)
	}
	return n, nil
}

// splitVector cuts a line before its last dim fields.
func splitVector(line []byte, dim int) (word, rest []byte, ok bool) {
	end := len(line)
	for range dim {
		for end > 0 && isBlank(line[end-1]) {
			end--
		}
		for end > 0 && !isBlank(line[end-1]) {
			end--
		}
	}
	word = bytes.TrimRight(line[:end], " \t")
	return word, line[end:], len(word) > 0
}

// hasValue reports whether a word of several parts ends with what is a value rather than a word:
// 0.25, but not 66.
func hasValue(word []byte) bool {
	at := bytes.LastIndexAny(word, " \t")
	if at < 0 || !bytes.ContainsAny(word[at:], "0123456789") || !bytes.Contains(word[at:], []byte(".")) {
		return false
	}
	_, err := strconv.ParseFloat(string(word[at+1:]), 32)
	return err == nil
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

func parseVector(v []float32, text []byte) error {
	for i := range v {
		text = bytes.TrimLeft(text, " \t")
		field := text
		if at := bytes.IndexAny(text, " \t"); at >= 0 {
			field = text[:at]
		}
		text = text[len(field):]
		x, err := strconv.ParseFloat(string(field), 32)
		if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
			return fmt.Errorf("value %d is no number: %.40q", i+1, field)
		}
		v[i] = float32(x)
	}
	return nil
}
