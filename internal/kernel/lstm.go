package kernel

import "github.com/fusor-ml/fusor/internal/kernel/ref"

// LSTMCell does one step of an LSTM for rows rows of hidden units (Hochreiter & Schmidhuber 1997,
// PyTorch's gate order i, f, g, o). gates [rows, 4·hidden] holds the sums before the activations
// and gets the activations; cPrev [rows, hidden] is the cell state before, nil for zeros. It sets
// the cell state c and the output h. float32 activations are within 5e-7.
func LSTMCell[T Float](gates, cPrev, c, h []T, rows, hidden int) {
	v := vectors[T]()
	if v == nil || 4*hidden > len(zeroRow) {
		ref.LSTMCell(gates, cPrev, c, h, rows, hidden)
		return
	}
	prev := &zeroRow[0]
	for r := range rows {
		from, to := r*hidden, (r+1)*hidden
		if cPrev != nil {
			prev = at(cPrev[from:to])
		}
		v.vlstm(hidden, at(gates[4*from:4*to]), &zeroRow[0], &zeroRow[0], prev, at(c[from:to]), at(h[from:to]), at(h[from:to]), &zeroRow[0])
	}
}

// LSTMCellGrad is the way back through LSTMCell: from dh and dc, the gradients of h and c, it sets
// dGates, the gradient of the sums before the activations, and replaces dc by the gradient of
// cPrev. gates are the activations, c the cell state.
func LSTMCellGrad[T Float](dGates, dc, dh, gates, cPrev, c []T, rows, hidden int) {
	v := vectors[T]()
	if v == nil || hidden > len(zeroRow) {
		ref.LSTMCellGrad(dGates, dc, dh, gates, cPrev, c, rows, hidden)
		return
	}
	prev := &zeroRow[0]
	for r := range rows {
		from, to := r*hidden, (r+1)*hidden
		if cPrev != nil {
			prev = at(cPrev[from:to])
		}
		v.vlstmback(hidden, at(dGates[4*from:4*to]), at(dGates[4*from:4*to]), at(dc[from:to]), at(dh[from:to]), at(gates[4*from:4*to]), prev, at(c[from:to]), &zeroRow[0])
	}
}

// zeroRow represents a cell state before the first step, or for nothing to add. It is never
// written.
var zeroRow [4096]float32
