package imagefile

import (
	"errors"
	"math/bits"
	"strings"
	"sync"
)

// Run lengths of ITU-T T.4, tables 2 and 3: the codes of 0 to 63, then of 64, 128, … 1728.
const whiteCodes = `00110101 000111 0111 1000 1011 1100 1110 1111 10011 10100 00111 01000 001000 000011 110100 110101
101010 101011 0100111 0001100 0001000 0010111 0000011 0000100 0101000 0101011 0010011 0100100 0011000 00000010 00000011 00011010
00011011 00010010 00010011 00010100 00010101 00010110 00010111 00101000 00101001 00101010 00101011 00101100 00101101 00000100 00000101 00001010
00001011 01010010 01010011 01010100 01010101 00100100 00100101 01011000 01011001 01011010 01011011 01001010 01001011 00110010 00110011 00110100
11011 10010 010111 0110111 00110110 00110111 01100100 01100101 01101000 01100111 011001100 011001101 011010010 011010011 011010100 011010101
011010110 011010111 011011000 011011001 011011010 011011011 010011000 010011001 010011010 011000 010011011`

const blackCodes = `0000110111 010 11 10 011 0011 0010 00011 000101 000100 0000100 0000101 0000111 00000100 00000111 000011000
0000010111 0000011000 0000001000 00001100111 00001101000 00001101100 00000110111 00000101000 00000010111 00000011000 000011001010 000011001011 000011001100 000011001101 000001101000 000001101001
000001101010 000001101011 000011010010 000011010011 000011010100 000011010101 000011010110 000011010111 000001101100 000001101101 000011011010 000011011011 000001010100 000001010101 000001010110 000001010111
000001100100 000001100101 000001010010 000001010011 000000100100 000000110111 000000111000 000000100111 000000101000 000001011000 000001011001 000000101011 000000101100 000001011010 000001100110 000001100111
0000001111 000011001000 000011001001 000001011011 000000110011 000000110100 000000110101 0000001101100 0000001101101 0000001001010 0000001001011 0000001001100 0000001001101 0000001110010 0000001110011 0000001110100
0000001110101 0000001110110 0000001110111 0000001010010 0000001010011 0000001010100 0000001010101 0000001011010 0000001011011 0000001100100 0000001100101`

// Of both colors: 1792, 1856, … 2560.
const longCodes = `00000001000 00000001100 00000001101 000000010010 000000010011 000000010100 000000010101 000000010110 000000010111 000000011100 000000011101 000000011110 000000011111`

// Modes of T.6, table 4.
const modeCodes = `0001 001 1 011 000011 0000011 010 000010 0000010`

const (
	modePass = iota
	modeHorizontal
	modeVertical0
)

// verticalShifts of the modes from modeVertical0 on.
var verticalShifts = [...]int{0, 1, 2, 3, -1, -2, -3}

const faxBits = 13 // of the longest code

// faxTable maps the next faxBits bits to a value and the length of its code, 0 where there is none.
type faxTable [1 << faxBits]struct {
	value  int16
	length uint8
}

func newFaxTable(codes ...string) *faxTable {
	t := new(faxTable)
	for i, list := range codes {
		for k, code := range strings.Fields(list) {
			value := k
			switch {
			case i == 1:
				value = 1792 + 64*k
			case len(codes) > 1 && k > 63:
				value = 64 * (k - 63)
			}
			prefix := 0
			for _, c := range code {
				prefix = prefix<<1 | int(c-'0')
			}
			rest := faxBits - len(code)
			for j := range 1 << rest {
				e := &t[prefix<<rest|j]
				e.value, e.length = int16(value), uint8(len(code))
			}
		}
	}
	return t
}

var faxTables = sync.OnceValue(func() [3]*faxTable {
	return [3]*faxTable{newFaxTable(whiteCodes, longCodes), newFaxTable(blackCodes, longCodes), newFaxTable(modeCodes)}
})

var errFax = errors.New("damaged fax data")

// faxReader decodes the rows of ITU-T T.4 (one- and two-dimensional) and T.6.
type faxReader struct {
	src    []byte
	at     int // bit
	width  int
	tables [3]*faxTable
	above  []int // columns at which the row above changes color, white first
	row    []int
}

func (f *faxReader) peek(n int) int {
	v, first := uint32(0), f.at>>3
	for i := range 4 {
		v <<= 8
		if first+i < len(f.src) {
			v |= uint32(f.src[first+i])
		}
	}
	return int(v << (f.at & 7) >> (32 - n))
}

func (f *faxReader) ended() bool { return f.at >= 8*len(f.src) }

func (f *faxReader) code(table int) (int, error) {
	e := f.tables[table][f.peek(faxBits)]
	if e.length == 0 || f.ended() {
		return 0, errFax
	}
	f.at += int(e.length)
	return int(e.value), nil
}

// run reads the length of a run of a color: 0 is white.
func (f *faxReader) run(color int) (int, error) {
	n := 0
	for {
		v, err := f.code(color)
		if err != nil {
			return 0, err
		}
		n += v
		if n > f.width {
			return 0, errFax
		}
		if v < 64 {
			return n, nil
		}
	}
}

// oneDimensional reads a row of runs.
func (f *faxReader) oneDimensional() error {
	f.row = f.row[:0]
	for at, color := 0, 0; at < f.width; color ^= 1 {
		n, err := f.run(color)
		if err != nil {
			return err
		}
		if at += n; at > f.width {
			return errFax
		}
		f.row = append(f.row, at)
	}
	return nil
}

// twoDimensional reads a row by its difference from the one above.
func (f *faxReader) twoDimensional() error {
	f.row = f.row[:0]
	a0, color := -1, 0
	// ITU-T T.6, 2.2: a0 is the last change coded, b1 and b2 the next ones in the row above; -1 is
	// before the first pixel.
	b := 0 // index of b1 in above
	for a0 < f.width {
		// b1 is the first change of the row above behind a0 to the other color.
		// A vertical code may go back by up to 3, so b1 may lie before the last one.
		for b > 0 && f.edge(b-1) > a0 {
			b--
		}
		// Even changes are to black, odd ones to white.
		for f.edge(b) <= a0 && f.edge(b) < f.width || b&1 != color {
			b++
		}
		mode, err := f.code(2)
		if err != nil {
			return err
		}
		switch mode {
		// b2 is passed over without a change: the color stays.
		case modePass:
			a0 = f.edge(b + 1)
		// Two runs: one of a0's color, one of the other.
		case modeHorizontal:
			at := max(a0, 0)
			for i := range 2 {
				n, err := f.run(color ^ i)
				if err != nil {
					return err
				}
				if at += n; at > f.width {
					return errFax
				}
				f.row = append(f.row, at)
			}
			a0 = at
		default:
			// a1 lies at b1, or up to three pixels beside it.
			at := f.edge(b) + verticalShifts[mode-modeVertical0]
			if at < max(a0, 0) || at > f.width {
				return errFax
			}
			f.row = append(f.row, at)
			a0, color = at, color^1
		}
	}
	return nil
}

// edge is change i of the row above, the width behind its last.
func (f *faxReader) edge(i int) int {
	if i < len(f.above) {
		return f.above[i]
	}
	return f.width
}

// endOfLine passes over fill bits and the end of line, if it is next.
func (f *faxReader) endOfLine() bool {
	at := f.at
	for !f.ended() && f.peek(12) == 0 {
		f.at++
	}
	if f.peek(12) == 1 {
		f.at += 12
		return true
	}
	f.at = at
	return false
}

// unpackFax appends rows of one bit a pixel, most significant first. Black is 1 in all of them, as
// the bits of the file are before its tag PhotometricInterpretation yields them a meaning.
func unpackFax(dst, src []byte, compression, options int64, width, rows int) ([]byte, error) {
	f := faxReader{src: src, width: width, tables: faxTables()}
	for range rows {
		var err error
		twoDimensional := compression == packGroup4
		switch compression {
		case packRLE:
			f.at = (f.at + 7) &^ 7
		case packRLEW:
			f.at = (f.at + 15) &^ 15
		case packGroup3:
			f.endOfLine()
			if options&1 != 0 { // a bit behind the end of line yields the next row's kind
				twoDimensional = f.peek(1) == 0
				f.at++
			}
		}
		if f.ended() {
			return nil, errTruncated
		}
		if twoDimensional {
			err = f.twoDimensional()
		} else {
			err = f.oneDimensional()
		}
		if err != nil {
			if f.ended() {
				err = errTruncated
			}
			return nil, err
		}
		dst = f.draw(dst)
		f.above, f.row = f.row, f.above
	}
	return dst, nil
}

// draw appends the bits of the row.
func (f *faxReader) draw(dst []byte) []byte {
	start := len(dst)
	for range (f.width + 7) / 8 {
		dst = append(dst, 0)
	}
	out := dst[start:]
	for i := 0; i < len(f.row); i += 2 {
		from, to := f.row[i], f.width
		if i+1 < len(f.row) {
			to = f.row[i+1]
		}
		for from < to {
			n := min(8-from&7, to-from)
			out[from>>3] |= bits.Reverse8(uint8(1<<n-1)) >> (from & 7)
			from += n
		}
	}
	return dst
}
