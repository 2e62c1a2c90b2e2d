package onnx

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func normals(rng *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(rng.NormFloat64())
	}
	return x
}

// reduceMean adds a mean over the last axis, by attribute or input as the opset has it.
func (w *writer) reduceMean(x string) string {
	if w.opset >= 18 {
		return w.node("ReduceMean", nil, x, w.ints(-1))
	}
	return w.node("ReduceMean", attrs{"axes": []int{-1}}, x)
}

// fusedCase is a graph whose nodes run as one kernel, by name.
type fusedCase struct {
	name, kernel string
	opset        int
	shape        []int
	build        func(w *writer, rng *rand.Rand, x string) string
}

// geluCases are GELU in the orders that exporters write.
func geluCases() []fusedCase {
	half := func(w *writer) string { return w.number(0.5) }
	erf := func(w *writer, x string, div bool) string {
		arg := w.node("Mul", nil, x, w.number(1/math.Sqrt2))
		if div {
			arg = w.node("Div", nil, x, w.number(math.Sqrt2))
		}
		return w.node("Add", nil, w.node("Erf", nil, arg), w.number(1))
	}
	tanh := func(w *writer, x, cube string) string {
		u := w.node("Add", nil, x, w.node("Mul", nil, w.number(0.044715), cube))
		return w.node("Add", nil, w.number(1), w.node("Tanh", nil, w.node("Mul", nil, u, w.number(math.Sqrt(2/math.Pi)))))
	}
	orders := map[string]func(w *writer, x, f string) string{
		"xf.5": func(w *writer, x, f string) string { return w.node("Mul", nil, w.node("Mul", nil, x, f), half(w)) },
		".5xf": func(w *writer, x, f string) string { return w.node("Mul", nil, w.node("Mul", nil, half(w), x), f) },
		"f.5x": func(w *writer, x, f string) string { return w.node("Mul", nil, w.node("Mul", nil, f, half(w)), x) },
		"xf/2": func(w *writer, x, f string) string { return w.node("Div", nil, w.node("Mul", nil, f, x), w.number(2)) },
		"f(x.5)": func(w *writer, x, f string) string {
			return w.node("Mul", nil, f, w.node("Mul", nil, x, half(w)))
		},
	}
	var cases []fusedCase
	for order, f := range orders {
		for _, div := range []bool{false, true} {
			cases = append(cases, fusedCase{
				fmt.Sprint("gelu ", order, div), "gelu", 13,
				[]int{3, 70},
				func(w *writer, _ *rand.Rand, x string) string { return f(w, x, erf(w, x, div)) },
			})
		}
		cases = append(cases, fusedCase{
			"gelu tanh " + order, "gelu tanh", 13,
			[]int{3, 70},
			func(w *writer, _ *rand.Rand, x string) string {
				return f(w, x, tanh(w, x, w.node("Pow", nil, x, w.number(3))))
			},
		}, fusedCase{
			"gelu tanh xxx " + order, "gelu tanh", 13,
			[]int{3, 70},
			func(w *writer, _ *rand.Rand, x string) string {
				return f(w, x, tanh(w, x, w.node("Mul", nil, x, w.node("Mul", nil, x, x))))
			},
		})
	}
	return cases
}

func normCases() []fusedCase {
	var cases []fusedCase
	for _, opset := range []int{11, 13, 18} {
		for _, square := range []string{"Pow", "Mul"} {
			for _, bias := range []bool{true, false} {
				for _, twice := range []bool{true, false} {
					cases = append(cases, fusedCase{
						fmt.Sprint("norm ", opset, square, bias, twice), "LayerNormalization", opset,
						[]int{2, 5, 37},
						func(w *writer, rng *rand.Rand, x string) string {
							mean := w.reduceMean(x)
							d := w.node("Sub", nil, x, mean)
							d2 := d
							if twice {
								d2 = w.node("Sub", nil, x, mean)
							}
							sq := w.node("Mul", nil, d2, d2)
							if square == "Pow" {
								sq = w.node("Pow", nil, d2, w.number(2))
							}
							root := w.node("Sqrt", nil, w.node("Add", nil, w.reduceMean(sq), w.number(1e-5)))
							y := w.node("Mul", nil, w.floats(normals(rng, 37), 37), w.node("Div", nil, d, root))
							if bias {
								y = w.node("Add", nil, y, w.floats(normals(rng, 37), 37))
							}
							return y
						},
					})
				}
			}
		}
	}
	return cases
}

// attentionCases are attentions over [batch, length, heads, 8] with masks of several shapes.
func attentionCases() []fusedCase {
	const heads, d = 3, 8
	split := func(w *writer, x string, perm ...int) string {
		return w.node("Transpose", attrs{"perm": perm}, w.node("Reshape", nil, x, w.ints(0, 0, heads, d)))
	}
	var cases []fusedCase
	for _, mask := range []string{"none", "row", "full", "head", "two", "zero", "scalar"} {
		for _, scale := range []string{"div", "mul", "both", "none"} {
			for _, out := range []bool{true, false} {
				cases = append(cases, fusedCase{
					fmt.Sprint("attention ", mask, scale, out), "attention", 13,
					[]int{2, 70, heads * d},
					func(w *writer, rng *rand.Rand, x string) string {
						q := split(w, w.node("MatMul", nil, x, w.floats(normals(rng, 576), 24, 24)), 0, 2, 1, 3)
						k := split(w, w.node("MatMul", nil, x, w.floats(normals(rng, 576), 24, 24)), 0, 2, 3, 1)
						v := split(w, x, 0, 2, 1, 3)
						if scale == "both" {
							q, k = w.node("Mul", nil, q, w.number(0.3)), w.node("Mul", nil, k, w.number(0.2))
						}
						s := w.node("MatMul", nil, q, k)
						switch scale {
						case "div":
							s = w.node("Div", nil, s, w.number(16))
						case "mul":
							s = w.node("Mul", nil, w.number(0.06), s)
						}
						add := func(shape ...int) {
							s = w.node("Add", nil, s, w.floats(normals(rng, size(shape)), shape...))
						}
						switch mask {
						case "row":
							add(2, 1, 1, 70)
						case "full":
							add(1, 1, 70, 70)
						case "head":
							add(1, heads, 70, 70)
						case "two":
							add(heads, 70, 70)
							add(2, 1, 70, 1)
						case "zero":
							s = w.node("Add", nil, w.floats(make([]float32, 140), 2, 1, 1, 70), s)
						case "scalar":
							s = w.node("Add", nil, s, w.number(1.5))
						}
						y := w.node("MatMul", nil, w.node("Softmax", attrs{"axis": -1}, s), v)
						if out {
							y = w.node("Transpose", attrs{"perm": []int{0, 2, 1, 3}}, y)
						}
						return y
					},
				})
			}
		}
	}
	return cases
}

func linearCases() []fusedCase {
	var cases []fusedCase
	acts := map[string]func(w *writer, x string) string{
		"":     func(_ *writer, x string) string { return x },
		"relu": func(w *writer, x string) string { return w.node("Relu", nil, x) },
		"clip": func(w *writer, x string) string { return w.node("Clip", nil, x, w.number(-0.5), w.number(1)) },
		"tanh": func(w *writer, x string) string { return w.node("Tanh", nil, x) },
		"silu": func(w *writer, x string) string { return w.node("Mul", nil, x, w.node("Sigmoid", nil, x)) },
		"quick": func(w *writer, x string) string {
			return w.node("Mul", nil, x, w.node("Sigmoid", nil, w.node("Mul", nil, x, w.number(1.702))))
		},
		"hardswish": func(w *writer, x string) string {
			return w.node("Mul", nil, x, w.node("HardSigmoid", attrs{"alpha": 1.0 / 6, "beta": 0.5}, x))
		},
	}
	for act, f := range acts {
		for _, residual := range []string{"", "same", "row"} {
			cases = append(cases, fusedCase{
				fmt.Sprint("linear ", act, residual), "linear", 13,
				[]int{3, 50, 33},
				func(w *writer, rng *rand.Rand, x string) string {
					y := w.node("Add", nil, w.floats(normals(rng, 33), 33), w.node("MatMul", nil, x, w.floats(normals(rng, 33*33), 33, 33)))
					y = f(w, y)
					switch residual {
					case "same":
						y = w.node("Add", nil, y, x)
					case "row":
						y = w.node("Add", nil, w.node("Slice", nil, x, w.ints(0), w.ints(1)), y)
					}
					return y
				},
			}, fusedCase{
				fmt.Sprint("conv ", act, residual), "conv", 13,
				[]int{2, 6, 15, 11},
				func(w *writer, rng *rand.Rand, x string) string {
					p := w.node("Pad", nil, x, w.ints(0, 0, 1, 0, 0, 0, 1, 2))
					y := w.node("Conv", attrs{"pads": []int{0, 0, 0, 0}}, p, w.floats(normals(rng, 6*6*9), 6, 6, 3, 3), w.floats(normals(rng, 6), 6))
					v := normals(rng, 6)
					for i := range v {
						v[i] = v[i]*v[i] + 0.1
					}
					y = w.node("BatchNormalization", nil, y, w.floats(normals(rng, 6), 6), w.floats(normals(rng, 6), 6), w.floats(normals(rng, 6), 6), w.floats(v, 6))
					y = f(w, y)
					y = w.node("Conv", attrs{"group": 6, "pads": []int{1, 1, 1, 1}}, y, w.floats(normals(rng, 54), 6, 1, 3, 3))
					switch residual {
					case "same":
						y = w.node("Add", nil, y, x)
					case "row":
						y = w.node("Add", nil, w.node("Slice", nil, x, w.ints(0), w.ints(1)), y)
					}
					return w.node("Mul", nil, y, w.node("Sigmoid", nil, w.node("GlobalAveragePool", nil, y)))
				},
			})
		}
	}
	return cases
}

// integerCases are products of bytes; the weights are signed or not, scaled as one or by column.
func integerCases() []fusedCase {
	var cases []fusedCase
	for _, signed := range []bool{true, false} {
		for _, columns := range []bool{true, false} {
			for _, k := range []int{16, 45} {
				cases = append(cases, fusedCase{
					fmt.Sprint("integer ", signed, columns, k), "integer linear", 13,
					[]int{3, 50, k},
					func(w *writer, rng *rand.Rand, x string) string {
						const n = 21
						count := 1
						if columns {
							count = n
						}
						scale, zero := make([]float32, count), make([]uint8, count)
						for i := range scale {
							scale[i], zero[i] = rng.Float32()*0.1, uint8(rng.UintN(200))
						}
						b := make([]uint8, k*n)
						for i := range b {
							b[i] = uint8(rng.UintN(256))
						}
						weights, zeros := w.constant(NewTensor(b, k, n)), w.constant(NewTensor(zero, count))
						if signed {
							weights, zeros = w.constant(NewTensor(convert[int8](b), k, n)), w.constant(NewTensor(convert[int8](zero), count))
						}
						q := w.nodes("DynamicQuantizeLinear", 3, nil, x)
						y := w.node("Cast", attrs{"to": 1}, w.node("MatMulInteger", nil, q[0], weights, q[2], zeros))
						y = w.node("Mul", nil, y, w.node("Mul", nil, q[1], w.floats(scale, count)))
						return w.node("Relu", nil, w.node("Add", nil, y, w.floats(normals(rng, n), n)))
					},
				})
			}
		}
	}
	return cases
}

// TestFused holds graphs whose nodes run as one kernel against the same graphs as they are written,
// and their bits against those of two workers and of a batch of one.
func TestFused(t *testing.T) {
	for _, c := range slices.Concat(geluCases(), normCases(), attentionCases(), linearCases(), integerCases()) {
		t.Run(c.name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(1, 2))
			w := &writer{opset: c.opset}
			x := w.input("x", Float32, len(c.shape))
			w.output(c.build(w, rng, x))
			in := map[string]*Tensor{"x": NewTensor(normals(rng, size(c.shape)), c.shape...)}
			fused := w.open(t, Options{})
			if fused.Operators()[c.kernel] == 0 {
				t.Errorf("%v: no %s", fused.Operators(), c.kernel)
			}
			got, want := only(t, fused, in), only(t, w.open(t, Options{Plain: true}), in)
			if !slices.Equal(got.Shape, want.Shape) {
				t.Fatalf("the shape is %v, want %v", got.Shape, want.Shape)
			}
			for i, v := range want.f32() {
				if d := math.Abs(float64(got.f32()[i] - v)); !(d <= 3e-5*(1+math.Abs(float64(v)))) {
					t.Fatalf("element %d is %v, want %v", i, got.f32()[i], v)
				}
			}
			two := only(t, w.open(t, Options{Workers: 3}), in)
			if !slices.Equal(two.f32(), got.f32()) {
				t.Error("the bits depend on the number of workers")
			}
			again := only(t, fused, in)
			if !slices.Equal(again.f32(), got.f32()) {
				t.Error("the bits of the second run differ")
			}
		})
	}
}

// only runs a graph of one output.
func only(t *testing.T, g *Graph, in map[string]*Tensor) *Tensor {
	t.Helper()
	out, err := g.Run(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	return out[g.Outputs()[0].Name]
}
