package ref

import "math"

// LSTMCell does one step of an LSTM for rows rows of hidden units (Hochreiter & Schmidhuber 1997,
// PyTorch's gate order i, f, g, o). gates [rows, 4·hidden] holds the sums before the activations
// and gets the activations; cPrev [rows, hidden] is the cell state before, nil for zeros. It sets
// the cell state c and the output h.
func LSTMCell[T Float](gates, cPrev, c, h []T, rows, hidden int) {
	for r := range rows {
		g := gates[r*4*hidden : (r+1)*4*hidden]
		i, f, u, o := g[:hidden], g[hidden:2*hidden], g[2*hidden:3*hidden], g[3*hidden:]
		for j := range hidden {
			at := r*hidden + j
			i[j] = T(sigmoid(float64(i[j])))
			f[j] = T(sigmoid(float64(f[j])))
			u[j] = T(math.Tanh(float64(u[j])))
			o[j] = T(sigmoid(float64(o[j])))
			s := i[j] * u[j]
			if cPrev != nil {
				s += f[j] * cPrev[at]
			}
			c[at] = s
			h[at] = o[j] * T(math.Tanh(float64(s)))
		}
	}
}

// LSTMCellGrad is the way back through LSTMCell: from dh and dc, the gradients of h and c, it sets
// dGates, the gradient of the sums before the activations, and replaces dc by the gradient of
// cPrev. gates are the activations, c the cell state.
func LSTMCellGrad[T Float](dGates, dc, dh, gates, cPrev, c []T, rows, hidden int) {
	for r := range rows {
		g, d := gates[r*4*hidden:(r+1)*4*hidden], dGates[r*4*hidden:(r+1)*4*hidden]
		for j := range hidden {
			at := r*hidden + j
			i, f, u, o := g[j], g[hidden+j], g[2*hidden+j], g[3*hidden+j]
			y := T(math.Tanh(float64(c[at])))
			s := dc[at] + dh[at]*o*(1-y*y)
			var p T
			if cPrev != nil {
				p = cPrev[at]
			}
			d[j] = s * u * i * (1 - i)
			d[hidden+j] = s * p * f * (1 - f)
			d[2*hidden+j] = s * i * (1 - u*u)
			d[3*hidden+j] = dh[at] * y * o * (1 - o)
			dc[at] = s * f
		}
	}
}
