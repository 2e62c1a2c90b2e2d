package network

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/fusor-ml/fusor/internal/codec/safetensors"
	"github.com/fusor-ml/fusor/internal/kernel"
)

// random returns n numbers of a normal distribution.
func random(rng *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(rng.NormFloat64())
	}
	return x
}

// closeTo compares with float64 values.
func closeTo(t *testing.T, what string, got []float32, want []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	for i, v := range want {
		if d := math.Abs(float64(got[i])-v) / (1 + math.Abs(v)); !(d < 2e-5) {
			t.Fatalf("%s: value %d is %g, want %g", what, i, got[i], v)
		}
	}
}

// weightsOf returns tensors for tests.
func weightsOf(t *testing.T, tensors ...safetensors.Tensor) *Weights {
	t.Helper()
	var raw []safetensors.Raw
	for _, x := range tensors {
		data := make([]byte, 0, 4*len(x.Data))
		for _, v := range x.Data {
			b := math.Float32bits(v)
			data = append(data, byte(b), byte(b>>8), byte(b>>16), byte(b>>24))
		}
		raw = append(raw, safetensors.Raw{Name: x.Name, DType: safetensors.F32, Shape: x.Shape, Data: data})
	}
	w, err := NewWeights(raw, nil)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// TestConv compares convolutions with their definition over a grid of sizes.
func TestConv(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, k := range []int{1, 2, 3, 7} {
		for _, stride := range []int{1, 2, 3} {
			for _, pad := range []int{0, 1, 3} {
				for _, size := range [][2]int{{7, 7}, {9, 20}, {30, 8}} {
					if pad >= k {
						continue
					}
					const in, out = 3, 5
					h, width := size[0], size[1]
					raw, bias, x := random(rng, out*in*k*k), random(rng, out), random(rng, h*width*in)
					w := weightsOf(t, safetensors.Tensor{Name: "c.weight", Shape: []int{out, in, k, k}, Data: raw})
					c := w.conv("c", in, out, k, stride, pad, nil, bias)
					got := c.run(new(Scratch), plane{h, width, in, x})
					oh, ow := (h+2*pad-k)/stride+1, (width+2*pad-k)/stride+1
					if got.h != oh || got.w != ow {
						t.Fatalf("%d by %d, want %d by %d", got.h, got.w, oh, ow)
					}
					var want []float64
					for y := range oh {
						for xx := range ow {
							for o := range out {
								s := float64(bias[o])
								for i := range in {
									for ky := range k {
										for kx := range k {
											iy, ix := y*stride-pad+ky, xx*stride-pad+kx
											if iy >= 0 && iy < h && ix >= 0 && ix < width {
												s += float64(raw[((o*in+i)*k+ky)*k+kx]) * float64(x[(iy*width+ix)*in+i])
											}
										}
									}
								}
								want = append(want, s)
							}
						}
					}
					closeTo(t, fmt.Sprint("conv ", k, stride, pad, size), got.x, want)
				}
			}
		}
	}
}

// TestConv1d compares convolutions over time with their definition, also where windows overlap.
func TestConv1d(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 1))
	for _, k := range []int{1, 2, 3, 10} {
		for _, stride := range []int{1, 2, 5} {
			for _, in := range []int{1, 4, 33} {
				for _, n := range []int{k, k + 1, 40, 333} {
					const out = 6
					raw, x := random(rng, out*in*k), random(rng, n*in)
					w := weightsOf(t, safetensors.Tensor{Name: "c.weight", Shape: []int{out, in, k}, Data: raw})
					c := w.conv1d("c", in, out, k, stride, false)
					steps := (n-k)/stride + 1
					if c.steps(n) != steps {
						t.Fatalf("%d steps, want %d", c.steps(n), steps)
					}
					got := make([]float32, steps*out)
					c.run(got, x, n)
					var want []float64
					for s := range steps {
						for o := range out {
							sum := 0.0
							for i := range in {
								for p := range k {
									sum += float64(raw[(o*in+i)*k+p]) * float64(x[(s*stride+p)*in+i])
								}
							}
							want = append(want, sum)
						}
					}
					closeTo(t, fmt.Sprint("conv1d ", k, stride, in, n), got, want)
				}
			}
		}
	}
}

// TestAttention compares attention with its definition, with and without a causal mask and a
// relative bias, over lengths below and above the block of scores.
func TestAttention(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 1))
	const dim, heads = 12, 3
	for _, n := range []int{1, 2, 17, 300} {
		for _, causal := range []bool{false, true} {
			for _, relative := range []bool{false, true} {
				k := &stack{dim: dim, causal: causal}
				if relative {
					k.bias = &relativeBias{most: 400}
					for range heads {
						k.bias.bias = append(k.bias.bias, random(rng, 2*400-1))
					}
				}
				qkv, got := random(rng, 3*dim*n), make([]float32, dim*n)
				k.attend(new(Scratch), qkv, got, n, heads)
				want := make([]float64, dim*n)
				at := func(row, part, head, i int) float64 { return float64(qkv[row*3*dim+part*dim+head*dim/heads+i]) }
				for h := range heads {
					for q := range n {
						score := make([]float64, n)
						sum := 0.0
						for j := range n {
							for i := range dim / heads {
								score[j] += at(q, 0, h, i) * at(j, 1, h, i)
							}
							if relative {
								score[j] += float64(k.bias.bias[h][j-q+399])
							}
							score[j] = math.Exp(score[j])
							if causal && j > q {
								score[j] = 0
							}
							sum += score[j]
						}
						for j := range n {
							for i := range dim / heads {
								want[q*dim+h*dim/heads+i] += score[j] / sum * at(j, 2, h, i)
							}
						}
					}
				}
				closeTo(t, fmt.Sprint("attention ", n, causal, relative), got, want)
			}
		}
	}
}

// TestDepthwiseAndPool compares with definitions.
func TestDepthwiseAndPool(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 1))
	const c, h, width = 5, 6, 9
	raw, bias, x := random(rng, c*49), random(rng, c), random(rng, h*width*c)
	w := weightsOf(t, safetensors.Tensor{Name: "d.weight", Shape: []int{c, 1, 7, 7}, Data: raw}, safetensors.Tensor{Name: "d.bias", Shape: []int{c}, Data: bias})
	got := w.depthwise("d", c, 7, 3).run(new(Scratch), plane{h, width, c, x})
	pooled := maxPool(new(Scratch), plane{h, width, c, x}, 3, 2, 1)
	var want, most []float64
	for y := range h {
		for xx := range width {
			for i := range c {
				s, m := float64(bias[i]), math.Inf(-1)
				for ky := range 7 {
					for kx := range 7 {
						iy, ix := y+ky-3, xx+kx-3
						if iy < 0 || iy >= h || ix < 0 || ix >= width {
							continue
						}
						v := float64(x[(iy*width+ix)*c+i])
						s += float64(raw[i*49+ky*7+kx]) * v
						if max(ky, kx) <= 4 && min(ky, kx) >= 2 { // the middle 3 by 3
							m = max(m, v)
						}
					}
				}
				want = append(want, s)
				if y%2 == 0 && xx%2 == 0 {
					most = append(most, m)
				}
			}
		}
	}
	closeTo(t, "depthwise", got.x, want)
	closeTo(t, "max pool", pooled.x, most)
}

// TestActivations compares with definitions in float64.
func TestActivations(t *testing.T) {
	phi := func(x float64) float64 { return 0.5 * (1 + math.Erf(x/math.Sqrt2)) }
	logistic := func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
	for name, f := range map[string]func(x float64) float64{
		"gelu":       func(x float64) float64 { return x * phi(x) },
		"gelu_new":   func(x float64) float64 { return 0.5 * x * (1 + math.Tanh(math.Sqrt(2/math.Pi)*(x+0.044715*x*x*x))) },
		"quick_gelu": func(x float64) float64 { return x * logistic(1.702*x) },
		"silu":       func(x float64) float64 { return x * logistic(x) },
		"relu":       func(x float64) float64 { return max(x, 0) },
		"tanh":       math.Tanh, "sigmoid": logistic, "linear": func(x float64) float64 { return x },
	} {
		var x []float32
		var want []float64
		for v := -12.0; v <= 12; v += 1.0 / 512 {
			x = append(x, float32(v))
			want = append(want, f(float64(float32(v))))
		}
		ActivationByName(name)(x)
		closeTo(t, name, x, want)
	}
	if ActivationByName("gelu_10") != nil {
		t.Error("an unknown activation has a function")
	}
}

// TestBucket compares with values of T5's rule.
func TestBucket(t *testing.T) {
	for distance, want := range map[int]int{0: 0, -1: 1, 1: 17, -7: 7, 7: 23, -8: 8, -15: 9, -16: 10, 16: 26, -64: 14, 64: 30, -90: 14, -91: 15, -128: 15, 500: 31} {
		if got := bucket(distance, 32); got != want {
			t.Errorf("distance %d has bucket %d, want %d", distance, got, want)
		}
	}
}

// TestResizedPositions holds that interpolation reproduces what it must: the grid itself at its
// own size, a constant at any, and with antialiasing the mean of a fine pattern.
func TestResizedPositions(t *testing.T) {
	for _, mode := range []resizePositions{bicubic, bicubicAntialiased} {
		v := &vision{gridH: 4, gridW: 4, resize: mode, layers: stack{dim: 1}}
		v.positions = random(rand.New(rand.NewPCG(5, 1)), 16)
		same := v.resized(new(Scratch), 4, 4)
		for i := range same {
			if math.Abs(float64(same[i]-v.positions[i])) > 1e-6 {
				t.Errorf("mode %d: the own size changes %g to %g", mode, v.positions[i], same[i])
			}
		}
		for i := range v.positions {
			v.positions[i] = 3
		}
		for _, size := range [][2]int{{2, 9}, {16, 1}, {5, 7}} {
			for _, x := range v.resized(new(Scratch), size[0], size[1]) {
				if math.Abs(float64(x)-3) > 1e-5 {
					t.Errorf("mode %d, size %v: a constant 3 becomes %g", mode, size, x)
				}
			}
		}
	}
}

// TestStackBits holds that a row has the same bits whatever is computed with it.
func TestStackBits(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 1))
	const dim, inner = 48, 96
	layer := func(in, out int) *linear { return newLinear(in, out, random(rng, in*out), random(rng, out)) }
	unit := func() *norm { return &norm{random(rng, dim), random(rng, dim), 1e-5} }
	for _, pre := range []bool{false, true} {
		k := &stack{dim: dim, pre: pre}
		for range 2 {
			k.layers = append(k.layers, block{qkv: layer(dim, 3*dim), out: layer(dim, dim), heads: 4, up: layer(dim, inner), down: layer(inner, dim), act: gelu, norm1: unit(), norm2: unit()})
		}
		lens := []int{1, 2, 3, 4, 5, 30, 255, 256, 300}
		var x []float32
		var want []float32
		for _, n := range lens {
			part := random(rng, n*dim)
			x = append(x, part...)
			k.run(new(Scratch), part, []int{n})
			want = append(want, part...)
		}
		s := new(Scratch)
		for range 2 { // the second time in memory that has been used
			got := slices.Clone(x)
			s.reset()
			k.run(s, got, lens)
			if !slices.Equal(got, want) {
				t.Errorf("pre %v, %s: a batch has other bits than its parts", pre, kernel.ActiveTier())
			}
		}
	}
}
