package encoder

import (
	"context"

	"github.com/fusor-ml/fusor/encoder/network"
)

// tokens turns texts into ids.
type tokens interface {
	Model() string
}

func (t *textPath) openTokenizer(e *Encoder, f *folder, p *plan, tower *network.TowerInfo) error {
	return nil
}

func (e *Encoder) tokenize(ctx context.Context, inputs []network.Input, texts []string) error {
	return ctx.Err()
}
