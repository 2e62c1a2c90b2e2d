package train

import (
	"math"

	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/model"
)

// modulate is on-the-fly gradient modulation with generalization enhancement (OGM-GE, Peng et al.
// 2022, arXiv:2203.15332), between the gradient of a step and the step: where one modality does
// better than the others, its encoders learn slower, so that it does not take the place of what the
// others could learn. With s_m the mean probability that the model gives the truth in the rows of
// the batch that have modality m, by that modality alone,
//
//	ρ_m = s_m / mean_{j≠m} s_j,  k_m = 1 − tanh(α ρ_m) where ρ_m > 1, else 1
//
// multiplies the gradients of the encoders of m, α being the setting modulation. What one modality
// does alone is asked of the model itself, by the presence mask, so that it has a meaning for every
// fusion; in the paper it is read off the weights of a linear layer on two concatenated vectors,
// and there are two modalities. Noise as large as the gradient's deviation is added to those of
// weight matrices, but not to tables of which a step touches few rows.
func (t *trainer) modulate(step int) {
	if t.c.Modulation == 0 || t.current > t.c.ModulationEpochs {
		return
	}
	names, of := model.Players(t.m.Spec.Views)
	if len(names) < 2 {
		return
	}
	scores := t.aloneScores(len(names), of)
	rng := stream(t.c.Seed, 3, uint64(step))
	for v, player := range of {
		k := coefficient(scores, player, t.c.Modulation)
		for _, p := range t.m.EncoderParams(v) {
			if p.Sparse {
				scaleTouched(p, k)
				continue
			}
			g := p.Grad.F32
			sd := 0.0
			if !t.c.NoModulationNoise && p.Value.Rank() > 1 {
				sd = deviation(g)
			}
			for i := range g {
				if g[i] *= float32(k); sd > 0 {
					g[i] += float32(sd * rng.NormFloat64())
				}
			}
		}
	}
}

// coefficient is what the gradients of a player are multiplied by; a score below 0 means that no
// row has the player.
func coefficient(scores []float64, player int, alpha float64) float64 {
	others, n := 0.0, 0
	for j, s := range scores {
		if j != player && s >= 0 {
			others += s
			n++
		}
	}
	if n == 0 || scores[player] < 0 {
		return 1
	}
	ratio := scores[player] / math.Max(others/float64(n), 1e-12)
	if ratio <= 1 {
		return 1
	}
	return 1 - math.Tanh(alpha*ratio)
}

// aloneScores returns the mean probability of the truth by each player alone, over the rows of the
// batch that have it; -1 where none has. It uses the tape anew, and leaves the batch as it was.
func (t *trainer) aloneScores(players int, of []int) []float64 {
	t.tape.SetTraining(false)
	t.tape.SetRecording(false)
	defer func() {
		t.tape.SetTraining(true)
		t.tape.SetRecording(true)
	}()
	scores := make([]float64, players)
	present := make([]bool, players)
	p := make([]float64, t.m.Spec.Outputs)
	for k := range scores {
		clear(present)
		present[k] = true
		restore := t.batch.HideViews(model.Hidden(of, present))
		t.tape.Reset()
		z := t.m.Forward(t.tape, &t.batch).Logits.Value().F32
		sum, rows := 0.0, 0
		for i := range t.batch.N {
			if t.batch.Any[i] == 0 {
				continue
			}
			rows++
			sum += t.truth(z[i*len(p):(i+1)*len(p)], p, i)
		}
		restore()
		if scores[k] = -1; rows > 0 {
			scores[k] = sum / float64(rows)
		}
	}
	return scores
}

// truth returns the probability that logits z give what row i of the batch is: its class, or each
// of its labels on average. p has room for the probabilities.
func (t *trainer) truth(z []float32, p []float64, i int) float64 {
	logits := make([]float64, len(z))
	for c, v := range z {
		logits[c] = float64(v)
	}
	t.m.Spec.Activate(p, logits)
	if !t.m.Spec.Multilabel {
		return p[t.batch.Class[i]]
	}
	sum := 0.0
	for c, y := range t.batch.Labels.F32[i*len(p) : (i+1)*len(p)] {
		sum += float64(y)*p[c] + float64(1-y)*(1-p[c])
	}
	return sum / float64(len(p))
}

// scaleTouched multiplies the rows of a table that have a gradient.
func scaleTouched(p *grad.Param, k float64) {
	cols := p.Cols()
	for _, r := range p.Touched() {
		row := p.Grad.F32[int(r)*cols : (int(r)+1)*cols]
		for i := range row {
			row[i] *= float32(k)
		}
	}
}

// deviation is the standard deviation of x.
func deviation(x []float32) float64 {
	mean, squares := 0.0, 0.0
	for _, v := range x {
		mean += float64(v)
	}
	mean /= float64(len(x))
	for _, v := range x {
		squares += (float64(v) - mean) * (float64(v) - mean)
	}
	return math.Sqrt(squares / float64(max(1, len(x)-1)))
}
