package fusion_test

import (
	"fmt"

	"github.com/fusor-ml/fusor/fusion"
	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/nn"
	"github.com/fusor-ml/fusor/tensor"
)

func ExampleTextbook() {
	m1 := tensor.FromF64([]float64{1, 2, 3, 4, 5, 6}, 2, 3)
	m2 := tensor.FromF64([]float64{7, 8, 9, 10, 11, 12}, 2, 3)
	o := fusion.TextbookOptions{Config: fusion.Config{"weights": []float64{0.3, 0.7}}}
	z, _, err := fusion.Textbook("weighted", []*tensor.Tensor{m1, m2}, o)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.1f", z.F64)
	// Output: [5.2 6.2 7.2 8.2 9.2 10.2]
}

// sum adds the views up, which have one width. It has no parameters.
type sum struct{ dim int }

func (s sum) OutDim() int { return s.dim }

func (s sum) Forward(t *grad.Tape, in fusion.Input) fusion.Output {
	var xs []*grad.Var
	for _, v := range in.Views {
		xs = append(xs, v.X)
	}
	return fusion.Output{Z: t.WeightedSum(t.Stack(xs...), t.Const(in.Present))} // an absent view has weight 0
}

// A method from another module is added to a table, which a program then yields
// to fusor as Options.Methods. fusiontest.Run holds it to the laws of all methods.
func ExampleTable_With() {
	methods := fusion.Methods.With(fusion.Method{
		Name: "sum", Doc: "the sum of the views that are present", Source: "an example",
		Build: func(_ *nn.Scope, _ fusion.Config, shape fusion.Shape) (fusion.Fusion, error) {
			dim := shape.Views[0].Dim
			for _, v := range shape.Views {
				if v.Dim != dim {
					return nil, fmt.Errorf("view %q is %d wide, the first %d", v.Name, v.Dim, dim)
				}
			}
			return sum{dim}, nil
		},
	})
	m1 := tensor.FromF64([]float64{1, 2, 3, 4, 5, 6}, 2, 3)
	m2 := tensor.FromF64([]float64{7, 8, 9, 10, 11, 12}, 2, 3)
	z, _, err := methods.Textbook("sum", []*tensor.Tensor{m1, m2}, fusion.TextbookOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(z.F64)
	// Output: [8 10 12 14 16 18]
}
