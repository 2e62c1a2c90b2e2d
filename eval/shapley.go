package eval

import (
	"math/bits"
	"math/rand/v2"
	"slices"
)

// ExactPlayers is the largest number of players whose Shapley values are computed exactly, from
// all 2ⁿ subsets, unless a Game has a bound of its own.
const ExactPlayers = 12

// samplePairs is the number of random orders drawn beyond that, each together with its reverse:
// the two errors are of opposite sign in part (antithetic sampling).
const samplePairs = 64

// Game is a cooperative game: players and a value function over subsets of them, for every row and
// under one or several goals.
type Game struct {
	Players int
	Rows    int
	Goals   int
	// Exact bounds the players of an exact solution; 0: ExactPlayers.
	Exact int
	// Value returns the value of the players that are present, [goal][row]. The slices, present
	// too, may be reused by the next call. An error ends the computation.
	Value func(present []bool) ([][]float64, error)
}

// ShapleyValues are the Shapley values of every row. For each goal and row the values of the
// players sum to Full − Empty.
type ShapleyValues struct {
	Parts   [][][]float64 // [goal][player][row]
	Empty   [][]float64   // [goal][row]: the value of the empty set
	Full    [][]float64   // [goal][row]: the value of all players
	Sampled bool          // estimated from sampled orders
}

// Evaluations returns how often the value function is called.
func (g *Game) Evaluations() int {
	if !g.sampled() {
		return 1 << g.Players
	}
	return 2 + 2*samplePairs*(g.Players-1)
}

func (g *Game) sampled() bool {
	most := g.Exact
	if most == 0 {
		most = ExactPlayers
	}
	return g.Players > most
}

// Shapley divides the value of all players among them: each gets the mean, over all orders in which
// players can join, of what its joining adds (L. S. Shapley, "A value for n-person games", 1953).
// Beyond the bound of an exact solution the mean is over sampled orders and their reverses, drawn
// with a fixed seed (J. Castro et al., "Polynomial calculation of the Shapley value based on
// sampling", 2009), and still sums to the whole. The error is that of Value.
func (g *Game) Shapley() (*ShapleyValues, error) {
	v := &ShapleyValues{Parts: make([][][]float64, g.Goals), Sampled: g.sampled()}
	for i := range v.Parts {
		v.Parts[i] = matrix(g.Players, g.Rows)
	}
	v.Empty, v.Full = matrix(g.Goals, g.Rows), matrix(g.Goals, g.Rows)
	solve := g.exact
	if v.Sampled {
		solve = g.sample
	}
	if err := solve(v); err != nil {
		return nil, err
	}
	return v, nil
}

func matrix(rows, cols int) [][]float64 {
	out := make([][]float64, rows)
	for i := range out {
		out[i] = make([]float64, cols)
	}
	return out
}

// exact adds up φᵢ = Σ_S |S|!(n−|S|−1)!/n! · (v(S∪i) − v(S)), set by set: every value is needed
// once only, with one sign for the players in the set and the other for those outside.
func (g *Game) exact(v *ShapleyValues) error {
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
	// Memory for one set of values only, where a table of all 2ⁿ would be [2ⁿ × goals × rows].
	for set := range all + 1 {
		for p := range present {
			present[p] = set>>p&1 == 1
		}
		value, err := g.Value(present)
		if err != nil {
			return err
		}
		size := bits.OnesCount64(set)
		for goal, w := range value {
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

func (g *Game) sample(v *ShapleyValues) error {
	present := make([]bool, g.Players)
	// Both ends are part of every permutation, and are asked once.
	for _, keep := range [][][]float64{v.Empty, v.Full} {
		value, err := g.Value(present)
		if err != nil {
			return err
		}
		for goal, w := range value {
			copy(keep[goal], w)
		}
		for p := range present {
			present[p] = true
		}
	}
	// Fixed: the same question has the same answer, and rows are explained by the same orders.
	rng := rand.New(rand.NewPCG(0x7368617065, uint64(g.Players)))
	before := matrix(g.Goals, g.Rows)
	const scale = 1.0 / (2 * samplePairs)
	for range samplePairs {
		order := rng.Perm(g.Players)
		// Antithetic pairs: an order and its reverse, whose errors partly cancel (Mitchell et al., JMLR
		// 2022).
		for range 2 {
			for goal := range before {
				copy(before[goal], v.Empty[goal])
			}
			clear(present)
			for k, p := range order {
				present[p] = true
				after := v.Full // the last one to join completes the set, whose value is known
				if k < len(order)-1 {
					var err error
					if after, err = g.Value(present); err != nil {
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
			slices.Reverse(order)
		}
	}
	return nil
}

// KeySubsets lists the subsets of n players that matter most where there are too many to show: the
// empty set, each player alone, all but one, all.
func KeySubsets(n int) [][]bool {
	none, all := make([]bool, n), slices.Repeat([]bool{true}, n)
	out := [][]bool{none}
	for p := range n {
		alone := slices.Clone(none)
		alone[p] = true
		out = append(out, alone)
	}
	for p := range n {
		without := slices.Clone(all)
		without[p] = false
		if n > 2 { // of two, those are the same
			out = append(out, without)
		}
	}
	if n > 1 {
		out = append(out, all)
	}
	return out
}
