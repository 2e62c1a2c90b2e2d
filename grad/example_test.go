package grad_test

import (
	"fmt"

	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/tensor"
)

func Example() {
	w := &grad.Param{Name: "w", Value: tensor.FromF32([]float32{1, 2}, 1, 2), Grad: tensor.New(tensor.F32, 1, 2)}
	x := tensor.FromF32([]float32{3, 4, 5, 6}, 2, 2)
	target := tensor.FromF32([]float32{10, 20}, 2, 1)

	tape := grad.NewTape(tensor.F32)
	for step := range 3 {
		tape.Reset() // takes the memory of the step before
		w.ZeroGrad()
		y := tape.Linear(tape.Const(x), tape.Param(w), nil)
		loss := tape.MSE(y, target)
		tape.Backward(loss)
		fmt.Printf("step %d: loss %.3f, gradient %.2f\n", step, loss.Value().At(0), w.Grad.F32)
		for i, g := range w.Grad.F32 {
			w.Value.F32[i] -= 0.01 * g
		}
	}
	// Output:
	// step 0: loss 5.000, gradient [-12.00 -14.00]
	// step 1: loss 3.060, gradient [-2.04 -1.68]
	// step 2: loss 3.019, gradient [-0.64 0.05]
}
