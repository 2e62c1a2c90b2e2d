package nlp

import "slices"

// Counter counts hashed features of one text. The zero Counter is ready; Reset
// keeps its memory.
type Counter struct {
	grams []uint32
	other []uint32
	at    [4][256]uint32 // where the next feature of a digit goes; here, as stacks that grow cost more than sorting
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

// sort orders the features: by radix, eight bits at a time, where there are many.
func (c *Counter) sort() {
	n := len(c.grams)
	if n < 64 {
		slices.Sort(c.grams)
		return
	}
	if cap(c.other) < n {
		c.other = make([]uint32, n+n/2)
	}
	at := &c.at
	*at = [4][256]uint32{}
	for _, h := range c.grams {
		at[0][h&255]++
		at[1][h>>8&255]++
		at[2][h>>16&255]++
		at[3][h>>24]++
	}
	from, to := c.grams, c.other[:n]
	for pass := range at {
		next := &at[pass]
		sum := uint32(0)
		for i, k := range next {
			next[i] = sum
			sum += k
		}
		shift := 8 * pass
		for _, h := range from {
			k := uint8(h >> shift)
			to[next[k]] = h
			next[k]++
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
