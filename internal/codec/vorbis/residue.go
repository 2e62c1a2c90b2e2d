package vorbis

// residue is the fine spectrum of some channels: vectors of codebooks, of which each partition has
// those of its class, in up to eight passes (section 8).
type residue struct {
	kind       int // 0: values of a vector apart, 1: one after the other, 2: channels interleaved
	begin, end int
	size       int // of a partition
	classes    int
	classbook  int
	books      [][8]int // of each class, by pass; −1: none
}

func readResidue(r *bitReader, books []*codebook) (*residue, error) {
	x := &residue{kind: r.read(16)}
	if x.kind > 2 {
		return nil, errDamaged
	}
	x.begin, x.end, x.size = r.read(24), r.read(24), r.read(24)+1
	x.classes, x.classbook = r.read(6)+1, r.read(8)
	if x.classbook >= len(books) {
		return nil, errDamaged
	}
	cascade := make([]int, x.classes)
	for i := range cascade {
		cascade[i] = r.read(3)
		if r.flag() {
			cascade[i] |= r.read(5) << 3
		}
	}
	x.books = make([][8]int, x.classes)
	for i, passes := range cascade {
		for pass := range 8 {
			x.books[i][pass] = -1
			if passes>>pass&1 == 0 {
				continue
			}
			book := r.read(8)
			if book >= len(books) || books[book].values == nil {
				return nil, errDamaged
			}
			x.books[i][pass] = book
		}
	}
	if r.ended {
		return nil, errShort
	}
	return x, nil
}

// read adds the residue to channels, [channel][n]; nil ones are silent.
func (x *residue) read(r *bitReader, books []*codebook, channels [][]float32, n int) {
	vectors := channels
	if x.kind == 2 {
		silent := true
		for _, c := range channels {
			silent = silent && c == nil
		}
		if silent {
			return
		}
		// One vector, through all channels in turn.
		vectors, n = make([][]float32, 1), n*len(channels)
	}
	begin, end := min(x.begin, n), min(x.end, n)
	parts, words := max(0, end-begin)/x.size, books[x.classbook].dim
	class := make([][]int, len(vectors))
	for v := range class {
		class[v] = make([]int, parts+words)
	}
	for pass := range 8 {
		for part := 0; part < parts; {
			if pass == 0 {
				for v := range vectors {
					if x.kind != 2 && vectors[v] == nil {
						continue
					}
					word := books[x.classbook].scalar(r)
					if r.ended {
						return
					}
					for i := words - 1; i >= 0; i-- {
						class[v][part+i] = word % x.classes
						word /= x.classes
					}
				}
			}
			for range min(words, parts-part) {
				for v := range vectors {
					if x.kind != 2 && vectors[v] == nil {
						continue
					}
					book := x.books[class[v][part]][pass]
					if book < 0 {
						continue
					}
					if at := begin + part*x.size; x.kind == 2 {
						x.interleaved(r, books[book], channels, at)
					} else {
						x.part(r, books[book], vectors[v][at:at+x.size])
					}
					if r.ended {
						return
					}
				}
				part++
			}
		}
	}
}

// part adds the vectors of a partition to one channel.
func (x *residue) part(r *bitReader, book *codebook, to []float32) {
	step := len(to) / book.dim
	for at := 0; at < len(to); at += book.dim {
		for k, v := range book.vector(r) {
			i := at + k
			if x.kind == 0 {
				i = at/book.dim + k*step
			}
			if i < len(to) {
				to[i] += v
			}
		}
		if r.ended || x.kind == 0 && at/book.dim+1 >= step {
			return
		}
	}
}

// interleaved adds the vectors of a partition to all channels in turn.
func (x *residue) interleaved(r *bitReader, book *codebook, channels [][]float32, from int) {
	c, i := from%len(channels), from/len(channels)
	for at := 0; at < x.size; at += book.dim {
		for k, v := range book.vector(r) {
			if at+k < x.size && channels[c] != nil {
				channels[c][i] += v
			}
			if c++; c == len(channels) {
				c, i = 0, i+1
			}
		}
		if r.ended {
			return
		}
	}
}
