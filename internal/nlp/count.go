package nlp

import "slices"

// Counter counts hashed features of one text. The zero Counter is ready; Reset
// keeps its memory.
type Counter struct {
	grams []uint32
	other []uint32
}

// Reset forgets every feature.
func (c *Counter) Reset() { c.grams = c.grams[:0] }

// Add notes one occurrence of feature h.
func (c *Counter) Add(h uint32) { c.grams = append(c.grams, h) }

// Counts sorts what was added and returns the distinct features in ascending
// order with their counts, in fresh slices.
func (c *Counter) Counts() (index []uint32, counts []float32) {
	c.sort()
	n := 0
	for i, h := range c.grams {
		if i == 0 || h != c.grams[i-1] {
			n++
		}
	}
	if n == 0 {
		return nil, nil
	}
	index, counts = make([]uint32, 0, n), make([]float32, 0, n)
	for i, h := range c.grams {
		if i == 0 || h != c.grams[i-1] {
			index, counts = append(index, h), append(counts, 0)
		}
		counts[len(counts)-1]++
	}
	return index, counts
}

// sort orders the features: by radix, eleven bits at a time, where there are many.
func (c *Counter) sort() {
	n := len(c.grams)
	if n < 400 {
		slices.Sort(c.grams)
		return
	}
	if cap(c.other) < n {
		c.other = make([]uint32, n+n/2)
	}
	var at [3][2048]uint32
	for _, h := range c.grams {
		at[0][h&2047]++
		at[1][h>>11&2047]++
		at[2][h>>22]++
	}
	from, to := c.grams, c.other[:n]
	for pass := range at {
		sum := uint32(0)
		for i, k := range at[pass] {
			at[pass][i] = sum
			sum += k
		}
		shift := 11 * pass
		for _, h := range from {
			k := h >> shift & 2047
			to[at[pass][k]] = h
			at[pass][k]++
		}
		from, to = to, from
	}
	c.grams, c.other = from, to[:cap(to)]
}

// Distinct sorts what was added and returns the distinct features in ascending
// order. The slice is the Counter's own, valid until the next call.
func (c *Counter) Distinct() []uint32 {
	c.sort()
	c.grams = slices.Compact(c.grams)
	return c.grams
}
