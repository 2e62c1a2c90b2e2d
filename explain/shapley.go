// Package explain says why a trained model decides as it does, and how long it
// holds: what each modality contributes (Shapley values over the presence
// mask), and how its score falls as a modality is disturbed or missing.
package explain

import (
	"math/bits"
	"math/rand/v2"
)

// ExactPlayers is the largest number of players whose Shapley values are
// computed exactly, from all 2ⁿ subsets.
const ExactPlayers = 12

// samplePairs is how many random orders of the players are drawn beyond that,
// each together with its reverse.
const samplePairs = 64

// Plays is how often a game of so many players is played for their values.
func Plays(players int) int {
	if players <= ExactPlayers {
		return 1 << players
	}
	return 2 + 2*samplePairs*(players-1)
}

// Game is what Shapley values are of: players, and the worth of any set of
// them for every row, under one or several goals.
type Game struct {
	Players int
	Rows    int
	Goals   int
	// Play returns the worth of the players that are present, [goal][row]. The
	// slices, present too, may be reused by the next call. An error ends the game.
	Play func(present []bool) ([][]float64, error)
}

// Values are Shapley values of every row. For each goal and row the values of
// the players sum to Full − Empty.
type Values struct {
	Parts   [][][]float64 // [goal][player][row]
	Empty   [][]float64   // [goal][row]: the worth of nobody
	Full    [][]float64   // [goal][row]: the worth of all
	Sampled bool          // estimated from sampled orders
}

// Shapley divides the worth of all players among them: each gets the mean, over
// all orders in which players can join, of what its joining adds (L. S. Shapley,
// "A value for n-person games", 1953). With up to ExactPlayers players it is
// exact; beyond, the mean is over sampled orders and their reverses, drawn with
// a fixed seed, and still sums to the whole. The error is that of Play.
func (g *Game) Shapley() (*Values, error) {
	v := &Values{Parts: make([][][]float64, g.Goals)}
	for i := range v.Parts {
		v.Parts[i] = matrix(g.Players, g.Rows)
	}
	v.Empty, v.Full = matrix(g.Goals, g.Rows), matrix(g.Goals, g.Rows)
	if g.Players <= ExactPlayers {
		return v, g.exact(v)
	}
	v.Sampled = true
	return v, g.sampled(v)
}

func matrix(rows, cols int) [][]float64 {
	out := make([][]float64, rows)
	for i := range out {
		out[i] = make([]float64, cols)
	}
	return out
}

// exact adds up φᵢ = Σ_S |S|!(n−|S|−1)!/n! · (v(S∪i) − v(S)), set by set: every
// worth is needed once only, with one sign for the players in the set and the
// other for those outside.
func (g *Game) exact(v *Values) error {
	n := g.Players
	all := uint64(1)<<n - 1
	// weight[s] = s!(n−s−1)!/n!
	weight := make([]float64, n)
	for s := range weight {
		weight[s] = 1 / float64(n)
		for k := 1; k <= s; k++ { // 1/(n·C(n−1, s))
			weight[s] *= float64(k) / float64(n-k)
		}
	}
	present := make([]bool, n)
	for set := range all + 1 {
		for p := range present {
			present[p] = set>>p&1 == 1
		}
		worth, err := g.Play(present)
		if err != nil {
			return err
		}
		size := bits.OnesCount64(set)
		for goal, w := range worth {
			switch set {
			case 0:
				copy(v.Empty[goal], w)
			case all:
				copy(v.Full[goal], w)
			}
			for p := range n {
				c := 0.0
				if present[p] {
					c = weight[size-1]
				} else {
					c = -weight[size]
				}
				for i, x := range w {
					v.Parts[goal][p][i] += c * x
				}
			}
		}
	}
	return nil
}

func (g *Game) sampled(v *Values) error {
	present := make([]bool, g.Players)
	for _, keep := range [][][]float64{v.Empty, v.Full} {
		worth, err := g.Play(present)
		if err != nil {
			return err
		}
		for goal, w := range worth {
			copy(keep[goal], w)
		}
		for p := range present {
			present[p] = true
		}
	}
	rng := rand.New(rand.NewPCG(0x7368617065, uint64(g.Players)))
	before := matrix(g.Goals, g.Rows)
	const scale = 1.0 / (2 * samplePairs)
	for range samplePairs {
		order := rng.Perm(g.Players)
		for range 2 {
			for goal := range before {
				copy(before[goal], v.Empty[goal])
			}
			clear(present)
			for k, p := range order {
				present[p] = true
				after := v.Full
				if k < len(order)-1 {
					var err error
					if after, err = g.Play(present); err != nil {
						return err
					}
				}
				for goal, w := range after {
					for i, x := range w {
						v.Parts[goal][p][i] += scale * (x - before[goal][i])
					}
					copy(before[goal], w)
				}
			}
			for i, j := 0, len(order)-1; i < j; i, j = i+1, j-1 {
				order[i], order[j] = order[j], order[i]
			}
		}
	}
	return nil
}
