package eval

import "math"

// Bins is the number of equal-width confidence bins of ECE.
const Bins = 15

// Bin is one bin (Low, High] of a reliability curve.
type Bin struct {
	Low        float64 `json:"low"`
	High       float64 `json:"high"`
	Rows       int     `json:"rows"`
	Confidence float64 `json:"confidence"` // mean top probability of the bin's rows
	Accuracy   float64 `json:"accuracy"`   // share of them that are right
}

func binOf(confidence float64, bins int) int {
	b := int(math.Ceil(confidence*float64(bins))) - 1
	return min(max(b, 0), bins-1)
}

// ece is the expected calibration error of the top label over 15 equal-width
// bins (Guo et al., "On Calibration of Modern Neural Networks", 2017).
func ece(p *Predictions, w []uint8) float64 {
	var gap [Bins]float64
	n, top := 0.0, p.top()
	for i, sure := range p.sure() {
		wi := weight(w, i)
		gap[binOf(sure, Bins)] += wi * (agree(top[i] == p.Labels[i]) - sure)
		n += wi
	}
	sum := 0.0
	for _, g := range gap {
		sum += math.Abs(g)
	}
	return sum / n
}

// Reliability returns the non-empty bins of the top label's confidence.
func Reliability(p *Predictions, bins int) []Bin {
	all := newBins(bins)
	for i, row := range p.Probs {
		top := row[Argmax(row)]
		b := &all[binOf(top, bins)]
		b.Rows++
		b.Confidence += top
		b.Accuracy += agree(p.top()[i] == p.Labels[i])
	}
	return filledBins(all)
}

// newBins returns bins of equal width.
func newBins(bins int) []Bin {
	all := make([]Bin, bins)
	for b := range all {
		all[b].Low, all[b].High = float64(b)/float64(bins), float64(b+1)/float64(bins)
	}
	return all
}

// filledBins are the bins with rows, whose sums become means.
func filledBins(all []Bin) []Bin {
	var out []Bin
	for _, b := range all {
		if b.Rows > 0 {
			b.Confidence /= float64(b.Rows)
			b.Accuracy /= float64(b.Rows)
			out = append(out, b)
		}
	}
	return out
}
