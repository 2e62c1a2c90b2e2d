package train

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"

	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/internal/durable"
	"github.com/fusor-ml/fusor/internal/flat"
	"github.com/fusor-ml/fusor/model"
	"github.com/fusor-ml/fusor/optim"
)

// Checkpoint is the state of a fit after an epoch. Random streams need no
// saving: they are drawn from the seed and the step.
type Checkpoint struct {
	Data      string // the caller's: what the fit was begun on
	Spec      []byte // JSON of the model's spec: a checkpoint goes on with the same model only
	Phase     string
	Epoch     int
	Step      int
	Params    [][]float32
	Best      [][]float32
	Stopping  Stopping
	Optimizer []byte
	Average   optim.AverageState
	History   History
}

func (h History) clone() History {
	h.Epochs = append([]Epoch(nil), h.Epochs...)
	return h
}

func (t *trainer) save(h *History, step int, best [][]float32, stop Stopping) error {
	if t.hooks.Save == nil {
		return nil
	}
	return t.write(&Checkpoint{Phase: phaseSearch, Epoch: len(h.Epochs), Step: step, Best: best, Stopping: stop, History: h.clone()})
}

func (t *trainer) saveRefit(h *History, epoch, step int, best [][]float32) error {
	if t.hooks.Save == nil {
		return nil
	}
	return t.write(&Checkpoint{Phase: phaseRefit, Epoch: epoch, Step: step, Best: best, History: h.clone()})
}

func (t *trainer) write(c *Checkpoint) error {
	var err error
	if c.Spec, err = json.Marshal(t.m.Spec); err != nil {
		return err
	}
	if c.Optimizer, err = t.opt.State(); err != nil {
		return err
	}
	c.Params = snapshot(t.params)
	if t.average != nil {
		c.Average = t.average.State()
	}
	return t.hooks.Save(c)
}

// fits reports whether c belongs to a fit of m.
func (c *Checkpoint) fits(m *model.Model) error {
	spec, err := json.Marshal(m.Spec)
	if err != nil {
		return err
	}
	if !bytes.Equal(spec, c.Spec) {
		return fmt.Errorf("cannot resume: the checkpoint is of another model (data, views, fusion or seed differ)")
	}
	return nil
}

func (c *Checkpoint) restore(t *trainer) error {
	if err := sameSizes(t.params, c.Params, c.Best); err != nil {
		return err
	}
	if c.Step < 0 || c.Epoch < 0 {
		return fmt.Errorf("cannot resume: the checkpoint is of step %d of epoch %d", c.Step, c.Epoch)
	}
	if t.average != nil {
		if err := t.average.Load(c.Average); err != nil {
			return fmt.Errorf("cannot resume: %w", err)
		}
	}
	load(t.params, c.Params)
	return t.opt.Load(c.Optimizer)
}

// sameSizes reports where values that a checkpoint holds are not those of params.
func sameSizes(params []*grad.Param, held ...[][]float32) error {
	for _, values := range held {
		if len(values) != len(params) {
			return fmt.Errorf("cannot resume: the checkpoint has %d parameters, the model %d", len(values), len(params))
		}
		for i, p := range params {
			if len(values[i]) != p.Value.Len() {
				return fmt.Errorf("cannot resume: parameter %s has %d values in the checkpoint, %d in the model", p.Name, len(values[i]), p.Value.Len())
			}
		}
	}
	return nil
}

// checkpointFormat changes with what a checkpoint holds.
const checkpointFormat = "fusor checkpoint 2"

// flat visits every field, to write or to read it.
func (c *Checkpoint) flat(s *flat.Stream) {
	s.Text(&c.Data)
	s.Bytes(&c.Spec)
	s.Text(&c.Phase)
	s.Int(&c.Epoch)
	s.Int(&c.Step)
	flat.List(s, &c.Params, s.Floats32)
	flat.List(s, &c.Best, s.Floats32)
	s.Float(&c.Stopping.Chosen)
	s.Float(&c.Stopping.ChosenError)
	s.Float(&c.Stopping.Lowest)
	s.Int(&c.Stopping.LowestEpoch)
	s.Bytes(&c.Optimizer)
	s.Int(&c.Average.Taken)
	flat.List(s, &c.Average.Mean, s.Floats32)
	c.History.Flat(s)
}

// Flat visits every field of h, to write or to read it.
func (h *History) Flat(s *flat.Stream) {
	flat.List(s, &h.Epochs, func(e *Epoch) {
		s.Int(&e.Epoch)
		s.Float(&e.TrainLoss)
		s.Float(&e.ValLoss)
	})
	s.Int(&h.BestEpoch)
	s.Int(&h.BestSteps)
	s.Float(&h.BestLoss)
	s.Float(&h.BestError)
	s.Int(&h.RefitSteps)
}

// WriteFile saves c under path; the file is whole or not there.
func (c *Checkpoint) WriteFile(path string) error {
	return durable.WriteFile(path, flat.Encode(checkpointFormat, c.flat))
}

// ReadCheckpoint reads what WriteFile wrote.
func ReadCheckpoint(path string) (*Checkpoint, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	c := &Checkpoint{}
	if err := flat.Decode(checkpointFormat, data, c.flat); err != nil {
		return nil, fmt.Errorf("cannot read the checkpoint %s: %w; train without resuming", path, err)
	}
	return c, nil
}

func snapshot(params []*grad.Param) [][]float32 {
	s := make([][]float32, len(params))
	for i, p := range params {
		s[i] = append([]float32(nil), p.Value.F32...)
	}
	return s
}

func copySnapshot(dst [][]float32, params []*grad.Param) {
	for i, p := range params {
		copy(dst[i], p.Value.F32)
	}
}

func load(params []*grad.Param, s [][]float32) {
	for i, p := range params {
		copy(p.Value.F32, s[i])
	}
}
