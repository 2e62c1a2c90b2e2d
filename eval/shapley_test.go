package eval

import (
	"context"
	"errors"
	"math"
	"math/bits"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// cooperative is a game given by the value of every set, [set][row], under one goal.
func cooperative(players int, value [][]float64) *Game {
	return &Game{Players: players, Rows: len(value[0]), Goals: 1, Value: func(present []bool) ([][]float64, error) {
		set := index(present)
		return value[set : set+1], nil
	}}
}

func values(t rapid.TB, g *Game) *ShapleyValues {
	v, err := g.Shapley()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// index of the players that are present.
func index(present []bool) (set uint64) {
	for p, in := range present {
		if in {
			set |= 1 << p
		}
	}
	return set
}

func drawn(t *rapid.T, players, rows int) [][]float64 {
	rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
	out := matrix(1<<players, rows)
	for s := range out {
		for i := range out[s] {
			out[s][i] = 10 * rng.NormFloat64()
		}
	}
	return out
}

// The definition: the mean of what a player adds over every order.
func byOrders(players int, value [][]float64, row int) []float64 {
	out := make([]float64, players)
	orders := 0.0
	var walk func(set uint64, order []int)
	walk = func(set uint64, order []int) {
		if len(order) == players {
			orders++
			s := uint64(0)
			for _, p := range order {
				out[p] += value[s|1<<p][row] - value[s][row]
				s |= 1 << p
			}
			return
		}
		for p := range players {
			if set>>p&1 == 0 {
				walk(set|1<<p, append(order, p))
			}
		}
	}
	walk(0, nil)
	for p := range out {
		out[p] /= orders
	}
	return out
}

func TestShapleyIsTheMeanOverAllOrders(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 5).Draw(t, "players")
		value := drawn(t, n, 3)
		v := values(t, cooperative(n, value))
		for row := range 3 {
			for p, want := range byOrders(n, value, row) {
				if got := v.Parts[0][p][row]; math.Abs(got-want) > 1e-9 {
					t.Fatalf("%d players, player %d: %g, by orders %g", n, p, got, want)
				}
			}
		}
	})
}

func TestShapleySumsToTheWhole(t *testing.T) {
	for _, n := range []int{1, 2, 7, ExactPlayers, ExactPlayers + 2} {
		rng := rand.New(rand.NewPCG(uint64(n), 2))
		value := matrix(1<<n, 4)
		for s := range value {
			for i := range value[s] {
				value[s][i] = 30 * rng.NormFloat64()
			}
		}
		v := values(t, cooperative(n, value))
		if v.Sampled != (n > ExactPlayers) {
			t.Errorf("%d players: sampled is %v", n, v.Sampled)
		}
		for i := range 4 {
			sum := 0.0
			for p := range n {
				sum += v.Parts[0][p][i]
			}
			if want := value[len(value)-1][i] - value[0][i]; math.Abs(sum-want) > 1e-6 {
				t.Errorf("%d players: the parts sum to %g, the whole is %g", n, sum, want)
			}
		}
	}
}

// Players who add what they have, each for itself, get just that, however many
// they are: more than a machine word has bits.
func TestShapleyOfVeryManyPlayers(t *testing.T) {
	for _, n := range []int{63, 64, 65, 130} {
		v := values(t, &Game{Players: n, Rows: 2, Goals: 1, Value: func(present []bool) ([][]float64, error) {
			w := make([]float64, 2)
			for p, in := range present {
				if in {
					w[0] += float64(p + 1)
					w[1] -= float64(p)
				}
			}
			return [][]float64{w}, nil
		}})
		for p := range n {
			if a, b := v.Parts[0][p][0], v.Parts[0][p][1]; math.Abs(a-float64(p+1)) > 1e-6 || math.Abs(b+float64(p)) > 1e-6 {
				t.Errorf("%d players: player %d gets %g and %g, adds %d and %d", n, p, a, b, p+1, -p)
			}
		}
		if want := float64(n*(n+1)) / 2; v.Full[0][0] != want || v.Empty[0][0] != 0 {
			t.Errorf("%d players: from %g to %g, want 0 to %g", n, v.Empty[0][0], v.Full[0][0], want)
		}
	}
}

// Player 1 never changes anything; players 0 and 2 can stand in for each other.
func TestUselessGetsNothingAndDuplicatesShare(t *testing.T) {
	for _, n := range []int{4, ExactPlayers + 1} {
		rng := rand.New(rand.NewPCG(3, uint64(n)))
		base := matrix(1<<n, 2)
		for s := range base {
			for i := range base[s] {
				base[s][i] = rng.NormFloat64() + float64(bits.OnesCount(uint(s)))
			}
		}
		v := values(t, &Game{Players: n, Rows: 2, Goals: 1, Value: func(present []bool) ([][]float64, error) {
			set := index(present) &^ (1 << 1)
			if set>>2&1 == 1 { // one of the two is as good as both
				set = set&^(1<<2) | 1
			}
			return base[set : set+1], nil
		}})
		for i := range 2 {
			if x := v.Parts[0][1][i]; math.Abs(x) > 1e-9 {
				t.Errorf("%d players: the useless one gets %g", n, x)
			}
			a, b := v.Parts[0][0][i], v.Parts[0][2][i]
			if n <= ExactPlayers && math.Abs(a-b) > 1e-9 {
				t.Errorf("duplicates get %g and %g", a, b)
			}
			if n > ExactPlayers && math.Abs(a-b) > 0.25*math.Abs(a+b) { // whoever comes first in an order has it
				t.Errorf("sampled: duplicates get %g and %g", a, b)
			}
		}
	}
}

// The first error of the value function ends the computation.
func TestShapleyStopsAtAnError(t *testing.T) {
	for _, n := range []int{3, ExactPlayers + 1} {
		for stop := 1; stop < 5; stop++ {
			calls := 0
			g := &Game{Players: n, Rows: 1, Goals: 1, Value: func([]bool) ([][]float64, error) {
				if calls++; calls == stop {
					return nil, context.Canceled
				}
				return [][]float64{{1}}, nil
			}}
			if _, err := g.Shapley(); !errors.Is(err, context.Canceled) || calls != stop {
				t.Errorf("%d players: error %v after %d calls, want one after %d", n, err, calls, stop)
			}
		}
	}
}
