package network

import (
	"fmt"

	"github.com/fusor-ml/fusor/internal/kernel"
)

// text is a transformer over tokens.
type text struct {
	info      TowerInfo
	words     table
	positions table
	first     int   // position of the first token
	padding   int32 // a token that keeps the position before first, -1: none
	types     table // no rows: none
	embedNorm *norm // nil: none
	layers    stack
	final     *norm // nil: none
	pooler    *linear
	poolAct   activation // of the pooler, nil: none
	pick      func(tokens []int32) int
	project   *linear // nil: none
}

// Info describes the tower.
func (t *text) Info() TowerInfo { return t.info }

// Check returns an error if in is no text of this vocabulary and length.
func (t *text) Check(in Input) error {
	switch {
	case len(in.Tokens) == 0:
		return fmt.Errorf("cannot encode a text without tokens")
	case len(in.Tokens) > t.info.MaxTokens:
		return fmt.Errorf("cannot encode %d tokens: the network takes %d", len(in.Tokens), t.info.MaxTokens)
	case t.info.PadTo > 0 && len(in.Tokens) != t.info.PadTo:
		return fmt.Errorf("cannot encode %d tokens: the network takes exactly %d, padding included", len(in.Tokens), t.info.PadTo)
	case in.Types != nil && len(in.Types) != len(in.Tokens):
		return fmt.Errorf("cannot encode %d tokens with %d token types", len(in.Tokens), len(in.Types))
	}
	for _, id := range in.Tokens {
		if id < 0 || int(id) >= t.words.rows {
			return fmt.Errorf("cannot encode token %d: the vocabulary has %d", id, t.words.rows)
		}
	}
	for _, id := range in.Types {
		if id < 0 || int(id) >= max(t.types.rows, 1) {
			return fmt.Errorf("cannot encode token type %d: the network has %d", id, max(t.types.rows, 1))
		}
	}
	return nil
}

// Run encodes texts.
func (t *text) Run(s *Scratch, in []Input, out []Output) error {
	s.reset()
	rows, d := 0, t.layers.dim
	lens := make([]int, len(in))
	for i := range in {
		lens[i] = len(in[i].Tokens)
		rows += lens[i]
	}
	x := s.take(rows * d)
	t.embed(s, x, in)
	t.layers.run(s, x, lens)
	if t.final != nil {
		t.final.apply(s, x, x, rows)
	}
	at := 0
	for i, n := range lens {
		out[i] = Output{Hidden: x[at*d : (at+n)*d], Rows: n}
		if t.pick != nil {
			p := t.pick(in[i].Tokens)
			t.pool(s, &out[i], out[i].Hidden[p*d:(p+1)*d])
		}
		at += n
	}
	return nil
}

// pool makes the pooled vectors from a hidden row.
func (t *text) pool(s *Scratch, out *Output, row []float32) {
	out.Pooled = row
	if t.pooler != nil {
		out.Pooled = s.take(t.pooler.out)
		t.pooler.apply(out.Pooled, t.pooler.out, row, t.pooler.in, 1)
		if t.poolAct != nil {
			t.poolAct.inPlace(out.Pooled)
		}
	}
	out.Embed = out.Pooled
	if t.project != nil {
		out.Embed = s.take(t.project.out)
		t.project.apply(out.Embed, t.project.out, out.Pooled, t.project.in, 1)
	}
}

// embed sets x to the sums of the embeddings of tokens, positions and types.
func (t *text) embed(s *Scratch, x []float32, in []Input) {
	d := t.layers.dim
	mark := s.mark()
	defer s.release(mark)
	more := s.take(d)
	row := 0
	for i := range in {
		next := t.first
		for p, id := range in[i].Tokens {
			y := x[row*d : (row+1)*d]
			t.words.row(y, int(id))
			if id == t.padding { // written in a text: RoBERTa does not count it
				t.positions.row(more, t.first-1)
			} else {
				t.positions.row(more, next)
				next++
			}
			kernel.Add(y, y, more)
			if t.types.rows > 0 {
				kind := 0
				if in[i].Types != nil {
					kind = int(in[i].Types[p])
				}
				t.types.row(more, kind)
				kernel.Add(y, y, more)
			}
			row++
		}
	}
	if t.embedNorm != nil {
		t.embedNorm.apply(s, x, x, row)
	}
}

// firstToken is the pick of the first token.
func firstToken([]int32) int { return 0 }
