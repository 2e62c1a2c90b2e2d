package pickle

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// Limits of a program: an array takes some sixty opcodes, so these leave room for all of maxArrays.
const (
	maxOpcodes = 2_000_000
	maxMarks   = 100_000
)

// argument describes what follows an opcode.
type argument int8

const (
	refused argument = iota // no array needs the opcode
	none                    // nothing
	one                     // fixed numbers of bytes
	two
	four
	eight
	line   // up to a newline
	lines  // two of them
	count1 // a length of 1, 4 or 8 bytes, then as many bytes
	count4
	count8
	frame // a length of 8 bytes of what follows; the content is scanned as usual
)

// arguments is the table of opcodes that pickles of arrays are made of
// (https://docs.python.org/3/library/pickletools.html). Classes, persistent ids, the extension
// registry, sets and out-of-band buffers stay refused.
var arguments = [256]argument{
	0x80: one, // PROTO
	0x95: frame,
	'(':  none, '.': none, '0': none, '1': none, '2': none, // MARK STOP POP POP_MARK DUP
	'F': line, 'G': eight, // floats
	'I': line, 'J': four, 'K': one, 'M': two, 'L': line, 0x8a: count1, // integers
	'N': none, 0x88: none, 0x89: none, // None True False
	'T': count4, 'U': count1, // strings of Python 2
	'X': count4, 0x8c: count1, 0x8d: count8, // text
	'B': count4, 'C': count1, 0x8e: count8, 0x96: count8, // bytes
	'a': none, 'e': none, ']': none, 'l': none, // lists
	't': none, ')': none, 0x85: none, 0x86: none, 0x87: none, // tuples
	'd': none, '}': none, 's': none, 'u': none, // dicts
	'c': lines, 0x93: none, // GLOBAL STACK_GLOBAL
	'R': none, 'b': none, // REDUCE BUILD
	'g': line, 'h': one, 'j': four, 'p': line, 'q': one, 'r': four, 0x94: none, // the memo
}

// old reports whether data starts as a NumPy array, or a list or dict of them, in protocol 0 or 1.
// They have no magic number, but name the function that makes an array near their start.
func old(data []byte) bool {
	head := data[:min(len(data), 64)]
	return len(head) > 0 && head[0] != 0x80 &&
		(bytes.Contains(head, []byte("cnumpy.core.multiarray\n")) || bytes.Contains(head, []byte("cnumpy._core.multiarray\n")))
}

// scan walks the opcodes without running them. After it, every length is known to lie inside data.
func scan(data []byte) error {
	if old(data) {
		return errors.New("a pickle of protocol 0 or 1, and 2 to 5 are read; save the array with pickle protocol 4, or with numpy.save")
	}
	if len(data) < 2 || data[0] != 0x80 {
		return errors.New("not a pickle of protocol 2 to 5, the ones that are read; save the array with pickle protocol 4, or with numpy.save")
	}
	if data[1] < 2 || data[1] > 5 {
		return fmt.Errorf("pickle protocol %d; 2 to 5 are read", data[1])
	}
	rest, marks := data, 0
	for ops := 0; ; ops++ {
		if len(rest) == 0 {
			return errors.New("truncated pickle: it does not end")
		}
		if ops >= maxOpcodes {
			return fmt.Errorf("more than %d instructions: no pickle of arrays", maxOpcodes)
		}
		op := rest[0]
		rest = rest[1:]
		if op == '(' {
			if marks++; marks > maxMarks {
				return fmt.Errorf("more than %d marks: no pickle of arrays", maxMarks)
			}
		}
		n, err := argumentLength(op, rest)
		if err != nil {
			return err
		}
		if n > uint64(len(rest)) {
			return fmt.Errorf("truncated pickle: %d bytes are needed where %d are left", n, len(rest))
		}
		rest = rest[n:]
		if op == '.' {
			return nil
		}
	}
}

// argumentLength is how many bytes of rest belong to op.
func argumentLength(op byte, rest []byte) (uint64, error) {
	kind := arguments[op]
	switch kind {
	case refused:
		return 0, fmt.Errorf("the pickle holds something other than arrays (instruction 0x%02x)", op)
	case none:
		return 0, nil
	case one:
		return 1, nil
	case two:
		return 2, nil
	case four:
		return 4, nil
	case eight:
		return 8, nil
	case line, lines:
		total := 0
		// lines are two lines: a module and a name.
		for range kind - line + 1 {
			end := bytes.IndexByte(rest[total:], '\n')
			if end < 0 || end > 1000 {
				return 0, errors.New("truncated pickle: a line does not end")
			}
			total += end + 1
		}
		return uint64(total), nil
	}
	// What is left are arguments that begin with their own length, little-endian.
	width := map[argument]int{count1: 1, count4: 4, count8: 8, frame: 8}[kind]
	if len(rest) < width {
		return 0, errors.New("truncated pickle: a length is cut")
	}
	var n uint64
	switch width {
	case 1:
		n = uint64(rest[0])
		// LONG1. Longer integers would be computed with, at any size.
		if op == 0x8a && n > 8 {
			return 0, errors.New("an integer of more than 8 bytes")
		}
	case 4:
		n = uint64(binary.LittleEndian.Uint32(rest))
	default:
		n = binary.LittleEndian.Uint64(rest)
	}
	if n > uint64(len(rest)-width) {
		return 0, fmt.Errorf("truncated pickle: %d bytes are claimed where %d are left", n, len(rest)-width)
	}
	// A frame's length (protocol 4) bounds what follows, but does not take part in it: instructions
	// inside are checked too.
	if kind == frame {
		return 8, nil
	}
	return uint64(width) + n, nil
}
