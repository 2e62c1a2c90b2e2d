package main

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/fusor-ml/fusor"
	"github.com/fusor-ml/fusor/fusion"
	"github.com/fusor-ml/fusor/internal/codec/npy"
	"github.com/fusor-ml/fusor/internal/durable"
	"github.com/fusor-ml/fusor/report"
	"github.com/fusor-ml/fusor/tensor"
)

type fuseCmd struct {
	Method   string    `help:"Fusion method: mean, weighted, concat, attention, bilstm, …" default:"mean"`
	Weights  []float64 `help:"Fixed weights of weighted, one a matrix." placeholder:"W,W"`
	Hidden   int       `help:"Units of one direction of bilstm (default: the first matrix's width)." placeholder:"N"`
	Dim      int       `help:"Width of the fused vector, for methods that choose one." placeholder:"N"`
	Seed     uint64    `help:"Seed of the parameters of methods that have any." default:"0"`
	Out      string    `help:"File for the result, .npy or .csv (default: CSV on stdout)." short:"o" placeholder:"FILE"`
	Matrices []string  `arg:"" help:".npy or .csv files (no header), one a view, a row a sample."`

	resultFlags
}

// Help is the command's longer help.
func (c *fuseCmd) Help() string {
	return `The methods are untrained here: parameters come from --seed. Equal widths are not projected; bilstm takes the rows as time steps. A row whose fields are all empty (NaN in .npy) is absent in that matrix; a row that no matrix has comes out empty. Files are written without loss, stdout shows 15 digits.

Examples:
  fusor fuse a.csv b.csv
  fusor fuse --method weighted --weights 0.3,0.7 a.npy b.npy -o z.npy
  fusor fuse --method bilstm --hidden 3 a.csv b.csv`
}

// Run fuses the matrices.
func (c *fuseCmd) Run(e *env) error {
	// Textbooks and libraries have names of their own for the methods.
	if name, ok := methodAliases[strings.ToLower(c.Method)]; ok {
		c.Method = name
	}
	method, ok := fusor.Methods().Lookup(c.Method)
	if !ok {
		return unknown("fusion", c.Method, fusor.Methods().Names())
	}
	cfg := c.config()
	// An option that the method does not have would be ignored in silence.
	for name := range cfg {
		if _, ok := method.Option(name); !ok {
			return usagef("--%s goes with --method %s", name, strings.Join(fusor.Methods().WithOption(name), ", "))
		}
	}
	// A wrong value is wrong use (exit code 2), and no failure of the computation.
	if err := method.Check(cfg); err != nil {
		return usageError{err}
	}
	if n := len(c.Weights); n > 0 && n != len(c.Matrices) {
		return usagef("--weights has %d of %d weights, one a matrix", n, len(c.Matrices))
	}
	if c.Out == "-" {
		c.Out = ""
	}
	if ext := strings.ToLower(filepath.Ext(c.Out)); ext != "" && ext != ".npy" && ext != ".csv" && ext != ".txt" {
		return usagef("cannot write %s: the ending must be .npy or .csv", c.Out)
	}
	if err := checkOutputs(c.Matrices, c.Out, c.JSON); err != nil {
		return err
	}
	mats := make([]*tensor.Tensor, len(c.Matrices))
	for i, name := range c.Matrices {
		var err error
		if mats[i], err = readMatrix(name); err != nil {
			return unreadable(name, err)
		}
	}
	// Random projections change the result: who computes by hand has to know.
	if !method.AnyWidths && !sameWidth(mats) {
		c.notes(e, []string{fmt.Sprintf("the matrices are not equally wide, so random parameters (--seed %d) bring them to one width first; train learns such parameters, concat needs none", c.Seed)})
	}
	z, weights, err := fusion.Textbook(c.Method, mats, fusion.TextbookOptions{
		Config: cfg, Seed: c.Seed,
	})
	if err != nil {
		return err
	}
	if c.JSON != "" {
		out := struct {
			Method  string       `json:"method"`
			Shape   []int        `json:"shape"`
			Output  [][]*float64 `json:"output"` // null where there is nothing to fuse
			Weights [][]float64  `json:"weights,omitempty"`
		}{c.Method, z.Shape, orNull(rowsOf(z)), rowsOf(weights)}
		if err := c.writeJSON(e, out); err != nil {
			return err
		}
	}
	switch {
	// All digits in a file, a readable number of them on the screen.
	case c.Out != "":
		err = durable.Write(c.Out, func(w io.Writer) error {
			if strings.EqualFold(filepath.Ext(c.Out), ".npy") {
				return npy.Write(w, z.Shape, z.F64)
			}
			return writeMatrix(w, z, exact)
		})
	case !c.jsonToStdout():
		err = writeMatrix(e.stdout, z, readable)
	}
	if err == nil && !c.Quiet && !c.jsonToStdout() {
		e.suggest(c.next(e)...)
	}
	return err
}

// next are the commands that follow from the fused matrix.
func (c *fuseCmd) next(e *env) []report.Step {
	var steps []report.Step
	if c.Out == "" {
		steps = append(steps, step("keep it in a file, without loss", append(slices.Clone(e.args), "-o", "fused.npy")...))
	}
	return append(steps,
		step("train this fusion on a table of yours", "train", "YOUR.csv", "-o", "model.fusor", "--fusion", c.Method),
		step("see whether any fusion helps there", "compare", "YOUR.csv", "-o", "result"))
}

// config returns the options of the method that the flags set.
func (c *fuseCmd) config() fusion.Config {
	var cfg fusion.Config
	if len(c.Weights) > 0 {
		cfg = cfg.With("weights", c.Weights)
	}
	if c.Hidden != 0 {
		cfg = cfg.With("hidden", c.Hidden)
	}
	if c.Dim != 0 {
		cfg = cfg.With("dim", c.Dim)
	}
	return cfg
}

// methodAliases are other names that textbooks have for the methods.
var methodAliases = map[string]string{
	"average": "mean", "balanced": "mean", "平均": "mean", "平均融合": "mean", "均衡": "mean",
	"加权": "weighted", "加权融合": "weighted", "weighted-sum": "weighted",
	"stacking": "concat", "concatenation": "concat", "拼接": "concat", "拼接融合": "concat", "堆叠": "concat",
	"注意力": "attention", "注意力融合": "attention",
	"bi-lstm": "bilstm", "双向lstm": "bilstm",
}

// unreadable names the file that cannot be read, once.
func unreadable(name string, err error) error {
	prefix := "cannot read " + name + ": "
	var pe *fs.PathError
	switch {
	case errors.As(err, &pe):
		return fmt.Errorf("cannot read %s: %w", name, pe.Err)
	case strings.HasPrefix(err.Error(), prefix):
		return err
	}
	return fmt.Errorf("cannot read %s: %w", name, err)
}

func sameWidth(mats []*tensor.Tensor) bool {
	for _, m := range mats {
		if m.Dim(1) != mats[0].Dim(1) {
			return false
		}
	}
	return true
}

func rowsOf(t *tensor.Tensor) [][]float64 {
	if t == nil {
		return nil
	}
	n, d := t.Dim(0), t.Dim(1)
	out := make([][]float64, n)
	for i := range out {
		out[i] = t.F64[i*d : (i+1)*d]
	}
	return out
}

// orNull is for JSON, which has no NaN.
func orNull(rows [][]float64) [][]*float64 {
	out := make([][]*float64, len(rows))
	for i, row := range rows {
		out[i] = make([]*float64, len(row))
		for j := range row {
			if !math.IsNaN(row[j]) {
				out[i][j] = &row[j]
			}
		}
	}
	return out
}

// Digits of a written number: in a file as many as it takes to read it back without
// loss, on stdout what a person wants to see (0.3·1 + 0.7·7 as 5.2, not 5.199999999999999).
const (
	exact    = -1
	readable = 15
)

// writeMatrix writes CSV; NaN is an empty field, as readMatrix reads it.
func writeMatrix(w io.Writer, t *tensor.Tensor, digits int) error {
	b := bufio.NewWriter(w)
	for _, row := range rowsOf(t) {
		for j, v := range row {
			if j > 0 {
				b.WriteByte(',')
			}
			switch {
			case !math.IsNaN(v):
				b.WriteString(strconv.FormatFloat(v, 'g', digits, 64))
			case len(row) == 1: // else the line would be blank, and is no row when it is read
				b.WriteString(`""`)
			}
		}
		b.WriteByte('\n')
	}
	return b.Flush()
}

// readMatrix reads an .npy array or a CSV of numbers without a header; an empty field is NaN.
func readMatrix(name string) (*tensor.Tensor, error) {
	if strings.EqualFold(filepath.Ext(name), ".npy") {
		a, err := npy.ReadFile[float64](name)
		if err != nil {
			return nil, err
		}
		n, d := a.Matrix()
		return tensor.FromF64(a.Data, n, d), nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := csv.NewReader(f)
	// All rows as long as the first.
	r.FieldsPerRecord = 0
	r.TrimLeadingSpace = true
	var data []float64
	n, d := 0, 0
	for {
		rec, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		for j, s := range rec {
			v := math.NaN()
			if s != "" {
				if v, err = strconv.ParseFloat(strings.TrimSpace(s), 64); err != nil {
					// The line of the field, not of the row: a quoted field may hold line breaks.
					line, _ := r.FieldPos(j)
					return nil, fmt.Errorf("line %d, field %d: %q is no number; the file must have no header", line, j+1, s)
				}
			}
			data = append(data, v)
		}
		n, d = n+1, len(rec)
	}
	if n == 0 {
		return nil, fmt.Errorf("it is empty")
	}
	return tensor.FromF64(data, n, d), nil
}
