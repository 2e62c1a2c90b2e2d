package nlp

import (
	"cmp"
	"math"
	"slices"
)

// maxDistinct bounds the features a DocFreq keeps (96 MiB): past it, those of a
// single document are dropped, as in lossy counting (Manku and Motwani, 2002).
const maxDistinct = 6 << 20

// DocFreq counts in how many texts each hashed feature occurs. The zero DocFreq is empty.
type DocFreq struct {
	Docs  int // texts added
	keys  []uint32
	count []uint32 // 0 = free slot
	used  int
}

// Add counts one text with the given distinct features.
func (d *DocFreq) Add(index []uint32) {
	d.Docs++
	for _, h := range index {
		d.add(h, 1)
	}
}

// Merge adds what o counted.
func (d *DocFreq) Merge(o *DocFreq) {
	d.Docs += o.Docs
	for i, n := range o.count {
		if n > 0 {
			d.add(o.keys[i], n)
		}
	}
}

func (d *DocFreq) add(h, n uint32) {
	if d.used*4 >= len(d.keys)*3 {
		d.grow()
	}
	at := d.slot(h)
	if d.count[at] == 0 {
		d.keys[at] = h
		d.used++
	}
	d.count[at] += n
}

// slot finds where h is or belongs, by linear probing.
func (d *DocFreq) slot(h uint32) int {
	mask := len(d.keys) - 1
	at := int(h*0x9e3779b1>>4) & mask
	for d.count[at] != 0 && d.keys[at] != h {
		at = (at + 1) & mask
	}
	return at
}

func (d *DocFreq) grow() {
	keys, count := d.keys, d.count
	size, least := max(1<<12, 2*len(keys)), uint32(1)
	if d.used >= maxDistinct {
		size, least = len(keys), 2
	}
	for {
		d.keys, d.count, d.used = make([]uint32, size), make([]uint32, size), 0
		for i, n := range count {
			if n >= least {
				at := d.slot(keys[i])
				d.keys[at], d.count[at] = keys[i], n
				d.used++
			}
		}
		if d.used*2 <= size || least == 1 {
			return
		}
		least++ // too little was dropped
	}
}

// Of returns in how many texts h occurs.
func (d *DocFreq) Of(h uint32) int {
	if d.used == 0 {
		return 0
	}
	return int(d.count[d.slot(h)])
}

// Select returns, in ascending order, the top most frequent of the features in
// [lo, hi] that occur in at least minDocs texts; ties go to the smaller hash.
// top ≤ 0 takes all.
func (d *DocFreq) Select(lo, hi uint32, minDocs, top int) []uint32 {
	type entry struct{ h, n uint32 }
	var all []entry
	for i, n := range d.count {
		if n > 0 && int(n) >= minDocs && d.keys[i] >= lo && d.keys[i] <= hi {
			all = append(all, entry{d.keys[i], n})
		}
	}
	slices.SortFunc(all, func(a, b entry) int {
		return cmp.Or(cmp.Compare(b.n, a.n), cmp.Compare(a.h, b.h))
	})
	if top > 0 && len(all) > top {
		all = all[:top]
	}
	out := make([]uint32, len(all))
	for i, e := range all {
		out[i] = e.h
	}
	slices.Sort(out)
	return out
}

// IDF is the smoothed inverse document frequency ln((1+docs)/(1+df)) + 1, as scikit-learn has it.
func IDF(docs, df int) float32 {
	return float32(math.Log(float64(1+docs)/float64(1+df)) + 1)
}
