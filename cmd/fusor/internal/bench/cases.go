package bench

import (
	"fmt"
	"math/rand/v2"
	"path"
	"strings"

	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/internal/kernel"
	"github.com/fusor-ml/fusor/nn"
	"github.com/fusor-ml/fusor/optim"
	"github.com/fusor-ml/fusor/tensor"
)

// testCase is one thing to time: prepare returns the function of one run.
type testCase struct {
	name    string
	flops   float64 // of one run, where the rate is reported
	prepare func(threads int) func()
}

var (
	trainBatches = [...]int{32, 256}
	inferBatches = [...]int{1, 256}
	products     = [...]int{64, 256, 512, 1024}
)

// list returns all cases, in the order in which they run.
func list() []testCase {
	var all []testCase
	for _, k := range kinds {
		for _, n := range trainBatches {
			all = append(all, testCase{name: fmt.Sprintf("%s/train/%d", k.name, n), prepare: func(threads int) func() { return training(k, n, threads) }})
		}
		for _, n := range inferBatches {
			all = append(all, testCase{name: fmt.Sprintf("%s/infer/%d", k.name, n), prepare: func(threads int) func() { return inference(k, n, threads) }})
		}
	}
	for _, n := range products {
		all = append(all, testCase{
			name: fmt.Sprintf("gemm_%d", n), flops: 2 * float64(n) * float64(n) * float64(n),
			prepare: func(threads int) func() { return product(n, threads) },
		})
	}
	return all
}

// Names lists the cases that a glob matches ("" for all), in the order in which they run. A * in it
// represents any characters; the rest is as in path.Match. A pattern also matches the part of a
// name before its first /.
func Names(glob string) ([]string, error) {
	cases, err := match(glob)
	var names []string
	for _, c := range cases {
		names = append(names, c.name)
	}
	return names, err
}

func match(glob string) ([]testCase, error) {
	all := list()
	if glob == "" {
		return all, nil
	}
	var some []testCase
	pattern := flat(glob)
	for _, c := range all {
		whole, err := path.Match(pattern, flat(c.name))
		if err != nil {
			return nil, fmt.Errorf("cannot use the pattern %q: %w", glob, err)
		}
		if head, _ := path.Match(pattern, firstPart(c.name)); whole || head {
			some = append(some, c)
		}
	}
	if len(some) == 0 {
		return nil, fmt.Errorf("no case is called %q", glob)
	}
	return some, nil
}

// flat has no / at which a * would end.
func flat(name string) string { return strings.ReplaceAll(name, "/", "\x00") }

// firstPart is a name up to its first slash.
func firstPart(name string) string {
	for i := range name {
		if name[i] == '/' {
			return name[:i]
		}
	}
	return name
}

// runner holds what a run of a model needs.
type runner struct {
	net    net
	params []*grad.Param
	tape   *grad.Tape
	data   []*tensor.Tensor
	xs     []*grad.Var
	target []int32
}

func newRunner(k kind, batch, threads int) *runner {
	s := nn.NewScope(0, tensor.F32)
	r := &runner{net: k.build(s), params: s.Params(), tape: grad.NewTape(tensor.F32), xs: make([]*grad.Var, len(widths))}
	r.tape.SetWorkers(threads)
	r.data, r.target = batchOf(rand.New(rand.NewPCG(1, uint64(batch))), batch, k.sequence)
	return r
}

// logits runs the forward pass.
func (r *runner) logits() *grad.Var {
	r.tape.Reset()
	for i, x := range r.data {
		r.xs[i] = r.tape.Const(x)
	}
	return r.net.forward(r.tape, r.xs)
}

// training is forward, loss, backward and a step of Adam.
func training(k kind, batch, threads int) func() {
	r := newRunner(k, batch, threads)
	r.tape.SetTraining(true)
	optim.Flatten(r.params)
	opt := optim.NewAdam(r.params, optim.AdamConfig{})
	return func() {
		optim.ZeroGrad(r.params)
		r.tape.Backward(r.tape.CrossEntropy(r.logits(), r.target, grad.LossOptions{}))
		opt.Step(1e-3)
	}
}

// inference is the forward pass alone.
func inference(k kind, batch, threads int) func() {
	r := newRunner(k, batch, threads)
	r.tape.SetRecording(false)
	r.tape.SetFrozen(true)
	return func() { r.logits() }
}

// product is one product of square matrices.
func product(n, threads int) func() {
	rng := rand.New(rand.NewPCG(2, uint64(n)))
	a, b, c := make([]float32, n*n), make([]float32, n*n), make([]float32, n*n)
	normal(rng, a)
	normal(rng, b)
	return func() { kernel.GemmWorkers(threads, false, false, n, n, n, a, n, b, n, c, n, false) }
}
