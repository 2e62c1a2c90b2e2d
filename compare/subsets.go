package compare

import (
	"math"

	"github.com/fusor-ml/fusor/eval"
	"github.com/fusor-ml/fusor/model"
)

// maxSubsetPlayers bounds the modalities for which every fusion is tested with
// each subset of them present: 2⁶ predictions of the test rows cost little
// beside a fit. Of more modalities only the fusion that is chosen is tested so,
// once it is: see Refit.
const maxSubsetPlayers = 6

// maxSubsetLogits bounds the logits of subsets that a fusion keeps until an ensemble is made of it.
const maxSubsetLogits = 1 << 21

// maxLogOdds bounds log-odds, so that a sure prediction stays finite.
const maxLogOdds = 30

// Index is where an outcome keeps the subset of the players that are present:
// bit k is player k.
func Index(present []bool) int {
	at := 0
	for k, in := range present {
		if in {
			at |= 1 << k
		}
	}
	return at
}

// SubsetScores is what a model predicts of its test rows while only some players are present.
type SubsetScores struct {
	Hit  []bool    // right
	True []float32 // log-odds of the true class
	Top  []float32 // log-odds of the class that the model predicts with all players
	// Value is a regression's prediction; the others are empty then.
	Value []float32
}

// NewSubset scores rows of a classification. class are the true ones, top those
// predicted with all players; temperature divides the logits.
func NewSubsetScores(s *model.Scores, class, top []int, temperature float64) SubsetScores {
	n, c := len(class), s.Outputs
	out := SubsetScores{Hit: make([]bool, n), True: make([]float32, n), Top: make([]float32, n)}
	for i := range n {
		t := temperature
		if s.Absent[i] { // the prior is as it is
			t = 1
		}
		z := s.Logits[i*c : (i+1)*c]
		out.Hit[i] = eval.Argmax(z) == class[i]
		out.True[i] = float32(logOdds(z, class[i], t))
		out.Top[i] = float32(logOdds(z, top[i], t))
	}
	return out
}

// Tops are the classes that s predicts.
func Tops(s *model.Scores) []int {
	out := make([]int, len(s.Absent))
	for i := range out {
		out[i] = eval.Argmax(s.Logits[i*s.Outputs : (i+1)*s.Outputs])
	}
	return out
}

// logOdds is ln(p/(1−p)) of class k under softmax(z/t), without the loss of
// digits that 1−p would bring.
func logOdds(z []float64, k int, t float64) float64 {
	if k < 0 || len(z) < 2 {
		return 0
	}
	top := math.Inf(-1)
	for j, v := range z {
		if j != k {
			top = max(top, v/t)
		}
	}
	sum := 0.0
	for j, v := range z {
		if j != k {
			sum += math.Exp(v/t - top)
		}
	}
	return max(-maxLogOdds, min(maxLogOdds, z[k]/t-top-math.Log(sum)))
}
