package mp3

import "strconv"

// codeTable decodes code words by looking up their first bits. An entry is a
// leaf, the word's length << 8 | its value, or a link to a further part of the
// table: link | bits of that part << 16 | its place.
type codeTable struct {
	bits    int // of the first lookup
	entries []uint32
}

const link = 1 << 31

// firstBits bounds the first lookup. Longer words are rare.
const firstBits = 8

// pairTables are the tables 0 to 31; nil for those of values that are all 0.
// quadTables are the tables of fours.
var (
	pairTables [32]*codeTable
	quadTables [2]*codeTable
)

func init() {
	for k, tree := range trees {
		pairTables[k] = newCodeTable(tree)
	}
	for k := 17; k < 32; k++ {
		if k != 24 {
			pairTables[k] = pairTables[16+k/24*8]
		}
	}
	for k, tree := range quadTrees {
		quadTables[k] = newCodeTable(tree)
	}
}

// leaf is a code word and its value.
type leaf struct {
	word   uint32 // left-justified
	length int
	value  uint32
}

func newCodeTable(tree string) *codeTable {
	var leaves []leaf
	longest := 0
	var walk func(word uint32, length int)
	walk = func(word uint32, length int) {
		longest = max(longest, length)
		if tree[0] == '.' {
			tree = tree[1:]
			walk(word, length+1)
			walk(word|1<<(31-length), length+1)
			return
		}
		v, err := strconv.ParseUint(tree[:2], 16, 8)
		if err != nil {
			panic(err)
		}
		tree = tree[2:]
		leaves = append(leaves, leaf{word, length, uint32(v)})
	}
	walk(0, 0)
	t := &codeTable{bits: min(longest, firstBits)}
	t.fill(leaves, 0, t.bits)
	return t
}

// fill appends the part of the table that decodes the bits from skip on of
// words that agree in the bits before.
func (t *codeTable) fill(leaves []leaf, skip, bits int) {
	at := len(t.entries)
	t.entries = append(t.entries, make([]uint32, 1<<bits)...)
	for len(leaves) > 0 {
		first := leaves[0]
		i := at + int(first.word<<skip>>(32-bits))
		if first.length <= skip+bits {
			for k := range 1 << (skip + bits - first.length) {
				t.entries[i+k] = uint32(first.length)<<8 | first.value
			}
			leaves = leaves[1:]
			continue
		}
		n, longest := 0, 0
		for n < len(leaves) && at+int(leaves[n].word<<skip>>(32-bits)) == i {
			longest = max(longest, leaves[n].length)
			n++
		}
		rest := longest - skip - bits
		t.entries[i] = link | uint32(rest)<<16 | uint32(len(t.entries))
		t.fill(leaves[:n], skip+bits, rest)
		leaves = leaves[n:]
	}
}

// find returns the value of the word that v begins with, and the word's length.
func (t *codeTable) find(v uint64) (value uint32, length int) {
	e := t.entries[v>>(64-t.bits)]
	if e&link != 0 {
		v <<= t.bits
		e = t.entries[e&0xffff+uint32(v>>(64-e>>16&15))]
	}
	return e & 0xff, int(e >> 8)
}
