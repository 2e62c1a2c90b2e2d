// Package reporttest makes documents to look at and to test reports with: they
// are computed from simulated predictions, so that their numbers fit together.
package reporttest

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/fusor-ml/fusor/compare"
	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/eval"
	"github.com/fusor-ml/fusor/explain"
	"github.com/fusor-ml/fusor/report"
)

var (
	classes = []string{"dress", "knitwear", "blouse", "sweater", "trousers", "jacket", "skirt"}
	fusions = []string{"mean", "weighted", "concat", "attention", "bilstm", "gated", "tensor", "lowrank", "film", "multiplicative", "poe", "transformer", "late"}
)

// Sample is the report of a comparison of 13 fusions and 3 single views on 7
// classes in 5 folds × 3 seeds, with every part filled in.
func Sample() *report.Document {
	rng := rand.New(rand.NewPCG(7, 7))
	d := &report.Document{Metric: "accuracy", Data: data(), Run: run()}
	contestants := rows(d, rng)
	acc, _ := eval.MetricByName("accuracy")
	v, err := eval.Judge(eval.Trial{Metric: acc, Resampling: eval.Resampling{TrainRows: 960, TestRows: 240}, Lang: "en"}, contestants)
	if err != nil {
		panic(err) // the sample is wrong, not its user
	}
	d.Verdict = &v
	explained(d, rng)
	p := predictions(1200, 2.1, rng)
	d.Confusion = &report.Confusion{Model: v.BestFusion, Classes: slices.Clone(classes), Counts: eval.Confusion(p)}
	hot := &eval.Predictions{Probs: eval.Soften(eval.Logits(p.Probs), 0.55), Labels: p.Labels}
	temp := eval.Temperature(eval.Logits(hot.Probs), hot.Labels)
	cool := &eval.Predictions{Probs: eval.Soften(eval.Logits(hot.Probs), temp), Labels: p.Labels}
	ece, _ := eval.MetricByName("ece")
	d.Reliability = &report.Reliability{
		Model: v.BestFusion, Before: eval.Reliability(hot, 10), After: eval.Reliability(cool, 10),
		ECEBefore: ece.Of(hot), ECEAfter: ece.Of(cool), Temperature: temp,
	}
	sets := eval.FitConformal(cool.Probs[:600], cool.Labels[:600], 0.9).Measure(cool.Probs[600:], cool.Labels[600:], nil)
	d.Sets = &report.Sets{Model: v.BestFusion, Report: sets, Abstention: eval.AbstentionCurve(cool)}
	return d
}

// Many is a sample with so many classes that names and numbers don't fit.
func Many(n int) *report.Document {
	d := Sample()
	rng := rand.New(rand.NewPCG(8, uint64(n)))
	c := &report.Confusion{Model: "attention"}
	d.Data.Classes, d.Weights.Classes, d.Weights.Values = nil, nil, nil
	for i := range n {
		name := fmt.Sprintf("Quercus × hispanica %03d", i)
		c.Classes = append(c.Classes, name)
		row := make([]int, n)
		row[i] = 14
		row[rng.IntN(n)]++
		c.Counts = append(c.Counts, row)
		d.Data.Classes = append(d.Data.Classes, report.Count{Name: name, Rows: 16})
		d.Weights.Classes = append(d.Weights.Classes, name)
		d.Weights.Values = append(d.Weights.Values, []float64{.5, .3, .15, .05})
	}
	d.Confusion = c
	return d
}

func rows(d *report.Document, rng *rand.Rand) []eval.Contestant {
	var out []eval.Contestant
	add := func(name, kind string, level float64, views []string) {
		row := compare.Row{Name: name, Kind: kind, Views: views, FitSeconds: 0.4 + 3*rng.Float64(), Parameters: 4000 + rng.IntN(60000)}
		con := eval.Contestant{Name: name, Kind: kind}
		if kind == eval.Fusion {
			row.Fusion = name
		}
		f1, loss, ece := []float64{}, []float64{}, []float64{}
		for fold := range 5 {
			hard := 0.012 * math.Sin(float64(fold)*2)
			for range 3 {
				a := math.Round((level+hard+0.008*rng.NormFloat64())*240) / 240
				con.Test = append(con.Test, a)
				con.Val = append(con.Val, level+0.004*rng.NormFloat64())
				f1, loss, ece = append(f1, a-0.02+0.005*rng.NormFloat64()), append(loss, 2.6*(1-a)+0.02*rng.NormFloat64()), append(ece, 0.03+0.01*rng.Float64())
			}
		}
		for _, m := range []struct {
			name string
			runs []float64
		}{{"accuracy", con.Test}, {"macro_f1", f1}, {"log_loss", loss}, {"ece", ece}} {
			metric, _ := eval.MetricByName(m.name)
			row.Scores = append(row.Scores, compare.Score{Metric: metric, Summary: eval.SummarizeRuns(metric, m.runs, eval.Resampling{TrainRows: 960, TestRows: 240})})
		}
		d.Rows, out = append(d.Rows, row), append(out, con)
	}
	add("review.lexical", eval.Single, 0.795, []string{"review.lexical"})
	add("review.semantic", eval.Single, 0.771, []string{"review.semantic"})
	add("photo.color", eval.Single, 0.612, []string{"photo.color"})
	add("table", eval.Single, 0.688, []string{"table"})
	all := []string{"review.lexical", "review.semantic", "photo.color", "table"}
	for _, f := range fusions {
		add(f, eval.Fusion, 0.845+0.035*rng.Float64(), all)
	}
	return out
}

// predictions are of a model whose confidence is right; more sharp is more accurate.
func predictions(n int, sharp float64, rng *rand.Rand) *eval.Predictions {
	p := &eval.Predictions{}
	for range n {
		logits := make([]float64, len(classes))
		for c := range logits {
			logits[c] = sharp * 1.6 * rng.NormFloat64()
		}
		row := eval.Soften([][]float64{logits}, 1)[0]
		u, y := rng.Float64(), 0
		for y < len(classes)-1 && u > row[y] {
			u -= row[y]
			y++
		}
		p.Probs, p.Labels = append(p.Probs, row), append(p.Labels, y)
	}
	return p
}

func explained(d *report.Document, rng *rand.Rand) {
	names := []string{"review", "photo", "table"}
	gain := []float64{0.412, 0.131, 0.172}
	sh := explain.Contribution{Model: "attention", Goal: explain.Correctness, Empty: 0.149, Full: 0.864}
	odds := explain.Contribution{Model: "attention", Goal: explain.LogOdds, Empty: -1.74, Full: 2.41}
	for i, n := range names {
		sh.Parts = append(sh.Parts, explain.Part{Name: n, Value: gain[i], Low: gain[i] - 0.03, High: gain[i] + 0.03})
		odds.Parts = append(odds.Parts, explain.Part{Name: n, Value: gain[i] * 5.8, Low: gain[i]*5.8 - 0.2, High: gain[i]*5.8 + 0.2})
	}
	for _, c := range classes {
		v := make([]float64, len(names))
		for k := range v {
			v[k] = gain[k] + 0.12*rng.NormFloat64()
		}
		sh.Classes = append(sh.Classes, explain.ClassPart{Class: c, Values: v})
	}
	d.Shapley = []explain.Contribution{sh, odds}
	for mask := range 8 {
		s := explain.Subset{Score: 0.149}
		for i, n := range names {
			if mask>>i&1 == 1 {
				s.Players = append(s.Players, n)
				s.Score = s.Score + (0.9-s.Score)*gain[i]*1.7
			}
		}
		s.Range = &explain.Interval{Low: s.Score - 0.021, High: s.Score + 0.02}
		d.Subsets = append(d.Subsets, s)
	}
	curve := func(model string, levels []float64, drop float64) explain.Curve {
		c := explain.Curve{Model: model}
		area := 0.0
		for _, l := range levels {
			s := 0.864 - drop*math.Pow(l/levels[len(levels)-1], 1.4)
			c.Scores = append(c.Scores, eval.Summary{Mean: s, Low: s - 0.02, High: s + 0.02})
			area += s / float64(len(levels))
		}
		rel, eff := area/0.864, 0.2-drop/2
		c.Area, c.Relative, c.Effective = area, rel, &eff
		return c
	}
	for _, n := range []struct {
		column, kind, unit string
		levels             []float64
		drop               float64
	}{
		{"review", "typos", "", []float64{0, .1, .2, .3, .5}, .25},
		{"review", "dropped_words", "", []float64{0, .1, .2, .3, .5}, .18},
		{"photo", "gaussian", "σ (0–1)", []float64{0, .05, .1, .2, .4}, .08},
		{"table", "gaussian", "σ", []float64{0, .5, 1, 2, 4}, .14},
		{"photo", "missing", "", []float64{0, .25, .5, .75, 1}, .09},
		{"", "missing", "", []float64{0, .25, .5, .75, 1}, .71},
	} {
		d.Noise = append(d.Noise, explain.Noise{Column: n.column, Kind: n.kind, Unit: n.unit, Levels: n.levels, Curves: []explain.Curve{
			curve("attention", n.levels, n.drop), curve("attention + modality dropout", n.levels, n.drop*0.6), curve("review.lexical", n.levels, n.drop*1.1),
		}})
	}
	d.Weights = &report.Weights{Model: "attention", Views: []string{"review.lexical", "review.semantic", "photo.color", "table"}, Classes: slices.Clone(classes)}
	for range classes {
		w := []float64{0.45 + 0.1*rng.Float64(), 0.2 + 0.1*rng.Float64(), 0.05 + 0.1*rng.Float64(), 0}
		w[3] = 1 - w[0] - w[1] - w[2]
		d.Weights.Values = append(d.Weights.Values, w)
	}
	for _, m := range []string{"attention", "review.lexical"} {
		l := report.Learning{Model: m, Best: 17}
		for e := range 26 {
			x := float64(e)
			l.Train = append(l.Train, 1.9*math.Exp(-x/6)+0.12+0.01*rng.NormFloat64())
			l.Val = append(l.Val, 1.7*math.Exp(-x/6)+0.42+0.00035*x*x+0.012*rng.NormFloat64())
		}
		d.Learning = append(d.Learning, l)
	}
	mistakes(d)
}

func mistakes(d *report.Document) {
	for i, m := range [][3]string{
		{"trousers", "skirt", "Love these! They sit perfectly on the waist, but the cut of the leg is so wide that my husband asked whether I had bought a skirt."},
		{"dress", "blouse", "Too short to be worn without leggings."},
		{"sweater", "knitwear", "这件毛衣很柔软，颜色也比图片上更好看，就是洗了一次以后有点缩水，建议买大一号。"},
	} {
		d.Mistakes = append(d.Mistakes, report.Mistake{
			ID: fmt.Sprintf("reviews.csv:%d", 812+37*i), True: m[0], Predicted: m[1], Probability: 0.991 - 0.013*float64(i),
			Cells: []report.Cell{
				{Column: "review", Kind: "text", Text: m[2]},
				{Column: "photo", Kind: "image", Text: fmt.Sprintf("photos/%d.png", 812+37*i), MIME: "image/png", Data: picture(i)},
				{Column: "voice", Kind: "audio", Text: fmt.Sprintf("voice/%d.wav", 812+37*i), MIME: "audio/wav", Data: sound(220 * float64(i+1))},
				{Column: "video", Kind: "video"},
			},
		})
	}
}

func picture(k int) []byte {
	img := image.NewRGBA(image.Rect(0, 0, 400, 260))
	for y := range 260 {
		for x := range 400 {
			img.Set(x, y, color.RGBA{uint8(x * 255 / 400), uint8(y * 255 / 260), uint8(60 * (k + 1)), 255})
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		panic(err) // cannot happen: the buffer takes everything
	}
	return b.Bytes()
}

// sound is a 0.3 s tone, 8 kHz, 8 bits, as a WAV file.
func sound(hertz float64) []byte {
	const rate, n = 8000, 2400
	b := []byte("RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00")
	b = binary.LittleEndian.AppendUint32(b, rate)
	b = binary.LittleEndian.AppendUint32(b, rate)
	b = append(b, 1, 0, 8, 0)
	b = append(b, "data"...)
	b = binary.LittleEndian.AppendUint32(b, n)
	for i := range n {
		b = append(b, byte(128+90*math.Sin(2*math.Pi*hertz*float64(i)/rate)))
	}
	binary.LittleEndian.PutUint32(b[4:], uint32(len(b)-8))
	return b
}

func data() report.Data {
	d := report.Data{
		Name: "clothing reviews", Task: dataset.Classification, Rows: 1200, Splits: []report.Count{{Name: "train", Rows: 816}, {Name: "val", Rows: 144}, {Name: "test", Rows: 240}},
		Modalities: []report.Modality{
			{Name: "review", Kind: "text", Views: []string{"lexical", "semantic"}, Missing: 14, Languages: []report.Count{{Name: "en", Rows: 1174}, {Name: "zh", Rows: 12}}},
			{Name: "photo", Kind: "image", Views: []string{"color"}, Missing: 203},
			{Name: "table", Kind: "table", Views: []string{"table"}},
		},
		Problems: []string{`reviews.csv:17: column "photo": photos/17.png: not a picture: the file is empty; the row goes on without it`, `reviews.csv:903: column "age": "forty" is not a number`},
	}
	for i, c := range classes {
		d.Classes = append(d.Classes, report.Count{Name: c, Rows: 260 - 28*i})
	}
	return d
}

func run() report.Run {
	return report.Run{
		Version: "fusor 0.1.0", Go: "go1.26", Machine: "linux/amd64, AVX-512, 2 threads", Folds: 5, Seeds: []int{0, 1, 2}, Seconds: 83.4,
		Command: strings.Fields("fusor compare reviews.csv -o out --label category --folds 5 --seeds 3 --fusions mean,weighted,concat,attention,bilstm,gated,tensor,lowrank,film,multiplicative,poe,transformer,late"),
	}
}
