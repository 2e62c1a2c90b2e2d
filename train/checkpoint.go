package train

import (
	"bytes"
	"crypto/sha256"
	"encoding/gob"
	"encoding/json"
	"fmt"
	"os"

	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/internal/durable"
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
	if len(c.Params) != len(t.params) {
		return fmt.Errorf("cannot resume: the checkpoint has %d parameters, the model %d", len(c.Params), len(t.params))
	}
	if t.average != nil {
		if err := t.average.Load(c.Average); err != nil {
			return fmt.Errorf("cannot resume: %w", err)
		}
	}
	load(t.params, c.Params)
	return t.opt.Load(c.Optimizer)
}

// WriteFile saves c under path: a temporary name first, synced, then renamed. The file is a gob and its SHA-256.
func (c *Checkpoint) WriteFile(path string) error {
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(c); err != nil {
		return fmt.Errorf("cannot save the checkpoint: %w", err)
	}
	sum := sha256.Sum256(b.Bytes())
	b.Write(sum[:])
	return durable.WriteFile(path, b.Bytes())
}

// ReadCheckpoint reads what WriteFile wrote.
func ReadCheckpoint(path string) (*Checkpoint, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	end := max(0, len(data)-sha256.Size)
	if sum := sha256.Sum256(data[:end]); !bytes.Equal(sum[:], data[end:]) {
		return nil, fmt.Errorf("cannot read the checkpoint %s: it is damaged, or no checkpoint; train without resuming", path)
	}
	c := &Checkpoint{}
	if err := gob.NewDecoder(bytes.NewReader(data[:end])).Decode(c); err != nil {
		return nil, fmt.Errorf("cannot read the checkpoint %s: %w", path, err)
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
