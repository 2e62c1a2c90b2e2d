package svg

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// box is the estimated place of a text on the drawing.
type box struct {
	s              string
	x0, y0, x1, y1 float64
}

var turned = regexp.MustCompile(`translate\((\S+) (\S+)\) rotate\(-90\)`)

// texts parses the drawing as XML and returns the boxes of its texts.
func texts(t interface{ Fatalf(string, ...any) }, doc string) (boxes []box, width, height float64) {
	d := xml.NewDecoder(strings.NewReader(doc))
	var cur *box
	var size float64
	anchor, up := "", false
	skip := 0
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			return boxes, width, height
		}
		if err != nil {
			t.Fatalf("not XML: %v\n%s", err, doc)
		}
		switch e := tok.(type) {
		case xml.StartElement:
			attr := map[string]string{}
			for _, a := range e.Attr {
				attr[a.Name.Local] = a.Value
			}
			f := func(k string) float64 { v, _ := strconv.ParseFloat(attr[k], 64); return v }
			switch e.Name.Local {
			case "svg":
				width, height = f("width"), f("height")
			case "title", "style":
				skip++
			case "text":
				cur, size, anchor, up = &box{x0: f("x"), y1: f("y")}, 12, attr["text-anchor"], false
				if attr["font-size"] != "" {
					size = f("font-size")
				}
				if m := turned.FindStringSubmatch(attr["transform"]); m != nil {
					up = true
					cur.x0, _ = strconv.ParseFloat(m[1], 64)
					cur.y1, _ = strconv.ParseFloat(m[2], 64)
				}
			}
		case xml.CharData:
			if cur != nil && skip == 0 {
				cur.s += string(e)
			}
		case xml.EndElement:
			switch e.Name.Local {
			case "title", "style":
				skip--
			case "text":
				w := textWidth(cur.s, size)
				shift := map[string]float64{"middle": w / 2, "end": w}[anchor]
				b := box{s: cur.s}
				if up {
					b.x0, b.x1, b.y0, b.y1 = cur.x0-size*0.8, cur.x0+size*0.2, cur.y1-w+shift, cur.y1+shift
				} else {
					b.x0, b.x1, b.y0, b.y1 = cur.x0-shift, cur.x0-shift+w, cur.y1-size*0.8, cur.y1+size*0.2
				}
				boxes, cur = append(boxes, b), nil
			}
		}
	}
}

func check(t interface {
	Fatalf(string, ...any)
	Errorf(string, ...any)
}, p Plot, width int,
) {
	doc := Inline(p, width)
	if strings.Contains(doc, "NaN") || strings.Contains(doc, "Inf") {
		t.Fatalf("a coordinate is not finite:\n%s", doc)
	}
	boxes, w, h := texts(t, doc)
	for i, a := range boxes {
		if a.x0 < -0.5 || a.y0 < -0.5 || a.x1 > w+0.5 || a.y1 > h+0.5 {
			t.Errorf("%T at %d: %q leaves the drawing: %.1f..%.1f of %.1f, %.1f..%.1f of %.1f", p, width, a.s, a.x0, a.x1, w, a.y0, a.y1, h)
		}
		for _, b := range boxes[:i] {
			if math.Min(a.x1, b.x1)-math.Max(a.x0, b.x0) > 0.5 && math.Min(a.y1, b.y1)-math.Max(a.y0, b.y0) > 0.5 {
				t.Errorf("%T at %d: %q overlaps %q", p, width, a.s, b.s)
			}
		}
	}
}

// Whatever the labels and values: the drawing is XML, finite, and no text
// overlaps another or leaves it.
func TestNoOverlap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.OneOf(rapid.StringN(0, 30, 90), rapid.SampledFrom([]string{"text", "图像特征的颜色直方图与纹理", "a<b>&\"c", "image.texture", "\x00\uFFFE", "WWWWWWWWWWWWWWWWWWWWWWWW"}))
		value := rapid.OneOf(rapid.Float64Range(-1, 1), rapid.SampledFrom([]float64{0, 1, math.NaN(), 1e-9, 1e6, -1e6}))
		n := rapid.IntRange(1, 14).Draw(t, "n")
		names := rapid.SliceOfN(name, n, n)
		values := rapid.SliceOfN(value, n, n)
		width := rapid.SampledFrom([]int{300, 340, 720, 1000}).Draw(t, "width")
		title := rapid.SampledFrom([]string{"", "Accuracy", "每个模态对准确率的贡献，按类别分列并附带置信区间", "A rather long title that surely needs two lines on a telephone"}).Draw(t, "title")
		format := rapid.SampledFrom([]Format{Plain, Percent, Points, Signed, Count}).Draw(t, "format")
		labels := names.Draw(t, "names")

		rank := &Ranking{Title: title, XLabel: labels[0], Format: format, Groups: [2]string{"single view", "fusion"}, Line: value.Draw(t, "line"), Note: labels[0], Floor: math.Inf(-1), Ceil: math.Inf(1)}
		bars := &Bars{Title: title, XLabel: labels[0], Format: format, Series: names.Draw(t, "series")}
		for i, v := range values.Draw(t, "values") {
			rank.Rows = append(rank.Rows, Ranked{Name: labels[i], Mean: v, Low: v - 0.1, High: v + 0.1, Group: i % 2})
			parts := values.Draw(t, "parts")
			bars.Rows = append(bars.Rows, Bar{Name: labels[i], Parts: parts, Low: math.NaN(), High: math.NaN()})
		}
		check(t, rank, width)
		check(t, bars, width)
		lines := &Lines{Title: title, XLabel: labels[0], YLabel: labels[n-1], XFormat: Count, YFormat: format, YFloor: math.Inf(-1), YCeil: math.Inf(1), YFrom: math.NaN(), YTo: math.NaN(), WholeX: true}
		for i, l := range labels {
			y := values.Draw(t, "y")
			x := make([]float64, n)
			for k := range x {
				x[k] = float64(k)
			}
			lines.Curves = append(lines.Curves, Curve{Name: l, X: x, Y: y, Mark: i % 3, Color: i % Series, Points: i%2 == 0})
		}
		check(t, lines, width)
		heat := &Heat{Title: title, RowLabel: "true", ColLabel: "predicted", Rows: labels, Cols: names.Draw(t, "cols"), Format: format, ByRow: rapid.Bool().Draw(t, "byrow")}
		for range labels {
			row := values.Draw(t, "row")
			for k := range row {
				row[k] = math.Abs(row[k])
			}
			heat.Values = append(heat.Values, row)
		}
		check(t, heat, width)
	})
}

func TestManyClasses(t *testing.T) {
	for _, n := range []int{30, 60, 100, 200} {
		h := &Heat{Title: "Confusion", RowLabel: "true", ColLabel: "predicted", Format: Count, ByRow: true}
		for i := range n {
			h.Rows = append(h.Rows, fmt.Sprintf("Acer platanoides %d", i))
			row := make([]float64, n)
			row[i], row[(i*7)%n] = 14, 2
			h.Values = append(h.Values, row)
		}
		h.Cols = h.Rows
		for _, w := range []int{340, 720} {
			check(t, h, w)
			if size := len(Inline(h, w)); size > 80_000 {
				t.Errorf("%d classes at %d: %d bytes", n, w, size)
			}
		}
	}
}

func TestDiagram(t *testing.T) {
	for _, w := range []int{300, 340, 720} {
		check(t, &Diagram{
			Title: "Reliability", XLabel: "confidence (%)", YLabel: "accuracy (%)", Ideal: "perfectly calibrated",
			Curves: []Calibration{{Name: "before, ECE 0.081", Confidence: []float64{.3, .6, .95}, Accuracy: []float64{.2, .4, .8}, Rows: []float64{10, 20, 90}}, {Name: "after", Confidence: []float64{.5}, Accuracy: []float64{.5}, Rows: []float64{0}}},
		}, w)
	}
}

func TestScale(t *testing.T) {
	f := func(lo, hi float64, want string) {
		t.Helper()
		s := newScale(lo, hi, 0, 1, 5, false, Percent)
		var got []string
		for _, v := range s.ticks {
			got = append(got, s.format(v))
		}
		if g := strings.ReplaceAll(strings.Join(got, ", "), "\u00a0", " "); g != want {
			t.Errorf("ticks of %v..%v: %s, want %s", lo, hi, g, want)
		}
	}
	f(0.62, 0.89, "60 %, 70 %, 80 %, 90 %")
	f(0.981, 0.999, "98.0 %, 98.5 %, 99.0 %, 99.5 %, 100.0 %")
	f(0.5, 0.5, "47 %, 48 %, 49 %, 50 %, 51 %, 52 %, 53 %")
}

func TestValues(t *testing.T) {
	f := func(format Format, v float64, want string) {
		t.Helper()
		if got := format.Value(v); got != want {
			t.Errorf("%v of %v = %q, want %q", format, v, got, want)
		}
	}
	f(Percent, 0.8814, "88.1\u00a0%")
	f(Points, 0.0314, "+3.1")
	f(Points, -0.0314, "−3.1")
	f(Points, -0.0001, "0.0")
	f(Signed, 0.25, "+0.250")
	f(Signed, 0.00004, "0.000")
	f(Signed, -91847090.081, "−9.185e7")
	f(Signed, 91847090.081, "+9.185e7")
	f(Plain, 722654947.152, "7.227e8")
	f(Plain, 1234.5678, "1235")
	f(Plain, math.NaN(), "–")
	f(Count, 12, "12")
}

// Every color of a series is 3 : 1 against its ground, text 4.5 : 1.
func TestContrast(t *testing.T) {
	parse := func(hex string) rgb {
		v, err := strconv.ParseUint(hex[1:], 16, 32)
		if err != nil {
			t.Fatal(err)
		}
		return rgb{float64(v >> 16), float64(v >> 8 & 255), float64(v & 255)}
	}
	ratio := func(a, b string) float64 {
		x, y := parse(a).luminance(), parse(b).luminance()
		return (math.Max(x, y) + 0.05) / (math.Min(x, y) + 0.05)
	}
	f := func(a, b string, least float64) {
		t.Helper()
		if r := ratio(a, b); r < least {
			t.Errorf("%s on %s: %.2f, want %.1f", a, b, r, least)
		}
	}
	for i := range Series {
		f(light[i], "#ffffff", 3)
		f(dark[i], "#15191e", 3)
	}
	f("#57606a", "#ffffff", 4.5)
	f("#a3adb8", "#15191e", 4.5)
	for l := range heatLevels {
		for _, night := range []bool{false, true} {
			fill, text := heatColors(l, night)
			f(text, fill, 4.5)
		}
	}
}

func TestTruncate(t *testing.T) {
	f := func(s string, room float64, want string) {
		t.Helper()
		if got := truncate(s, room, 12); got != want {
			t.Errorf("%q in %v: %q, want %q", s, room, got, want)
		}
	}
	f("short", 100, "short")
	f("image.texture", 60, "image.t…")
	f("纹理特征直方图", 50, "纹理特…")
	f("W", 5, "")
}

func TestFit(t *testing.T) {
	f := func(s string, room float64, want string) {
		t.Helper()
		if got := fit(s, room, 12); got != want || textWidth(got, 12) > room {
			t.Errorf("%q in %v: %q, want %q", s, room, got, want)
		}
	}
	f("text + table", 100, "text + table")
	f("顾客的评论内容 + table", 120, "顾客的评… + table")
	f("photo of the front + photo of the back + id", 220, "photo of th… + photo of th… + id")
	f("photograph + song", 40, "phot…")
}

// Names that begin alike can be told apart when they are cut.
func TestFitNames(t *testing.T) {
	f := func(room float64, names ...string) {
		t.Helper()
		short, seen := fitNames(names, room, 12), map[string]string{}
		for i, s := range short {
			if other, twice := seen[s]; twice && other != names[i] {
				t.Errorf("%q and %q are both %q", other, names[i], s)
			}
			if seen[s] = names[i]; textWidth(s, 12) > room || s != names[i] && !strings.Contains(s, "…") {
				t.Errorf("%q in %v: %q", names[i], room, s)
			}
		}
	}
	var many []string
	for i := range 30 {
		many = append(many, fmt.Sprintf("a very long class name number %d that goes on and on", i))
	}
	f(102, many...)
	f(102, append(many, "short", "other")...)
	f(90, "一个很长很长的类别名称甲", "一个很长很长的类别名称乙", "一个很长很长的类别名称丙")
	f(90, "text", "text", "textures_of_the_whole_front", "textures_of_the_whole_back")
	f(20, many[0], many[0])
	f(200, "\xff\xfe broken one", "\xff\xfe broken two")
	if got := fitNames(many, 130, 12)[17]; got != "a very l…17 that…" {
		t.Errorf("%q", got)
	}
}

func FuzzEscape(f *testing.F) {
	f.Add("a<b>&\"\x00")
	f.Fuzz(func(t *testing.T, s string) {
		check(t, &Bars{Title: s, XLabel: s, Rows: []Bar{{Name: s, Parts: []float64{1}}}}, 340)
	})
}
