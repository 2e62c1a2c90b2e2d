package textenc

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"golang.org/x/text/transform"
)

// peek is how much of a stream is looked at.
const peek = 64 << 10

// NewReader decodes a stream to UTF-8, judging its encoding by the first bytes it yields. It waits
// for no more than one read, so that a pipe is answered at once. With [ErrUnknown] and [ErrBinary]
// comes a reader of the bytes as they are.
func NewReader(r io.Reader) (io.Reader, Report, error) {
	b := bufio.NewReaderSize(r, peek)
	if _, err := b.Peek(1); err != nil {
		if errors.Is(err, io.EOF) {
			return b, Report{Encoding: UTF8}, nil
		}
		return nil, Report{}, fmt.Errorf("cannot read text: %w", err)
	}
	head, _ := b.Peek(b.Buffered()) // no error: that much is there
	report, err := detect(string(head), false)
	if err != nil {
		return b, report, err
	}
	if report.Encoding == UTF8 {
		if report.BOM {
			_, err = b.Discard(3)
		}
		return b, report, err
	}
	if report.BOM {
		width := 2
		if report.Encoding == UTF32LE || report.Encoding == UTF32BE {
			width = 4
		}
		if _, err := b.Discard(width); err != nil {
			return nil, report, err
		}
	}
	return transform.NewReader(b, decoder(report.Encoding)), report, nil
}
