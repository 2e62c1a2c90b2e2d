package explain

import (
	"context"
	"errors"
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// table is a game given by the worth of every set, [set][row], under one goal.
func table(players int, worth [][]float64) *Game {
	return &Game{Players: players, Rows: len(worth[0]), Goals: 1, Play: func(present []bool) ([][]float64, error) {
		set := index(present)
		return worth[set : set+1], nil
	}}
}

func values(t rapid.TB, g *Game) *Values {
	v, err := g.Shapley()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// index of the players that are present in a table.
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
func byOrders(players int, worth [][]float64, row int) []float64 {
	out := make([]float64, players)
	orders := 0.0
	var walk func(set uint64, order []int)
	walk = func(set uint64, order []int) {
		if len(order) == players {
			orders++
			s := uint64(0)
			for _, p := range order {
				out[p] += worth[s|1<<p][row] - worth[s][row]
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
		worth := drawn(t, n, 3)
		v := values(t, table(n, worth))
		for row := range 3 {
			for p, want := range byOrders(n, worth, row) {
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
		worth := matrix(1<<n, 4)
		for s := range worth {
			for i := range worth[s] {
				worth[s][i] = 30 * rng.NormFloat64()
			}
		}
		v := values(t, table(n, worth))
		if v.Sampled != (n > ExactPlayers) {
			t.Errorf("%d players: sampled is %v", n, v.Sampled)
		}
		for i := range 4 {
			sum := 0.0
			for p := range n {
				sum += v.Parts[0][p][i]
			}
			if want := worth[len(worth)-1][i] - worth[0][i]; math.Abs(sum-want) > 1e-6 {
				t.Errorf("%d players: the parts sum to %g, the whole is %g", n, sum, want)
			}
		}
	}
}

// Players who add what they have, each for itself, get just that, however many
// they are: more than a machine word has bits.
func TestShapleyOfVeryManyPlayers(t *testing.T) {
	for _, n := range []int{63, 64, 65, 130} {
		v := values(t, &Game{Players: n, Rows: 2, Goals: 1, Play: func(present []bool) ([][]float64, error) {
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
		v := values(t, &Game{Players: n, Rows: 2, Goals: 1, Play: func(present []bool) ([][]float64, error) {
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

func TestContributionIntervals(t *testing.T) {
	// Player 0 adds 1 in about 60 % of the rows; player 1 adds +1 or −1 by chance.
	const rows = 400
	rng := rand.New(rand.NewPCG(5, 5))
	gain := matrix(2, rows)
	for i := range rows {
		if rng.Float64() < 0.6 {
			gain[0][i] = 1
		}
		gain[1][i] = float64(2*rng.IntN(2) - 1)
	}
	g := &Game{Players: 2, Rows: rows, Goals: 1, Play: func(present []bool) ([][]float64, error) {
		w := make([]float64, rows)
		for p, in := range present {
			for i := range w {
				if in {
					w[i] += gain[p][i]
				}
			}
		}
		return [][]float64{w}, nil
	}}
	class := make([]int, rows)
	for i := range class {
		class[i] = i % 2
	}
	c := values(t, g).Contributions([]string{Correctness}, []string{"useful", "noise"}, Sample{Classes: []string{"a", "b", "never"}, Class: class})[0]
	if p := c.Parts[0]; p.Low < 0.5 || p.High > 0.7 || p.Value < p.Low || p.Value > p.High {
		t.Errorf("useful: %+v", p)
	}
	if p := c.Parts[1]; p.Low > 0 || p.High < 0 {
		t.Errorf("noise: %+v", p)
	}
	if len(c.Classes) != 2 {
		t.Errorf("classes: %+v", c.Classes)
	}
	for p := range c.Parts {
		if got := (c.Classes[0].Values[p] + c.Classes[1].Values[p]) / 2; math.Abs(got-c.Parts[p].Value) > 1e-9 {
			t.Errorf("the classes' mean is %g, the data's %g", got, c.Parts[p].Value)
		}
	}
	// One group is too few to resample, so rows are; of many groups, whole ones.
	low, high := intervals(gain, nil)
	if l, h := intervals(gain, make([]int, rows)); !slices.Equal(l, low) || !slices.Equal(h, high) {
		t.Errorf("one group has the intervals %g to %g, no group %g to %g", l, h, low, high)
	}
	groups, alike := make([]int, rows), make([]float64, rows)
	for i := range groups {
		groups[i] = i / (rows / 20)
		alike[i] = float64(groups[i] % 2)
	}
	low, high = intervals([][]float64{alike}, nil)
	if l, h := intervals([][]float64{alike}, groups); h[0]-l[0] < 2*(high[0]-low[0]) {
		t.Errorf("rows that agree within 20 groups have an interval of %g, of %g without groups", h[0]-l[0], high[0]-low[0])
	}
}

func TestAreasByHand(t *testing.T) {
	y := []float64{1, 0.8, 0.2}
	if got := Area([]float64{0, 1, 4}, y); math.Abs(got-(0.9+3*0.5)/4) > 1e-12 {
		t.Errorf("area %g", got)
	}
	if got := Area(nil, y); math.Abs(got-0.7) > 1e-12 {
		t.Errorf("relative %g", got)
	}
	// The baseline begins 0.1 lower: moved up it is 1, 0.7, 0.4.
	if got := Effective(y, []float64{0.9, 0.6, 0.3}); math.Abs(got-(0.1-0.2)) > 1e-12 {
		t.Errorf("effective %g", got)
	}
}

// The first error of a play ends the game.
func TestShapleyStopsAtAnError(t *testing.T) {
	for _, n := range []int{3, ExactPlayers + 1} {
		for stop := 1; stop < 5; stop++ {
			plays := 0
			g := &Game{Players: n, Rows: 1, Goals: 1, Play: func([]bool) ([][]float64, error) {
				if plays++; plays == stop {
					return nil, context.Canceled
				}
				return [][]float64{{1}}, nil
			}}
			if _, err := g.Shapley(); !errors.Is(err, context.Canceled) || plays != stop {
				t.Errorf("%d players: error %v after %d plays, want one after %d", n, err, plays, stop)
			}
		}
	}
}
