package svg

import (
	"fmt"
	"math"
	"strings"
)

const fonts = `system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, "Noto Sans", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif`

// Series is the number of colors; further series start again with the first.
const Series = 8

// light and dark are Okabe and Ito's colors, darkened where they would stand
// under 3 : 1 on white, and in their light variants on a dark ground. The last
// is for things without a color of their own.
var (
	light = [Series]string{"#0072b2", "#d55e00", "#009e73", "#b5588e", "#a97400", "#4b555f", "#2b95cf", "#8c959f"}
	dark  = [Series]string{"#56b4e9", "#f08a3c", "#2fc79a", "#dd93bd", "#e6b030", "#c3ccd5", "#8ed0f5", "#7d8792"}
)

// dashes tell lines apart without their colors.
var dashes = [Series]string{"", "7 3", "2 3", "9 3 2 3", "", "4 2", "1 2", ""}

// heatLevels is the number of steps of a heat map's color.
const heatLevels = 16

type rgb [3]float64

func mix(a, b rgb, t float64) rgb {
	return rgb{a[0] + (b[0]-a[0])*t, a[1] + (b[1]-a[1])*t, a[2] + (b[2]-a[2])*t}
}

func (c rgb) hex() string {
	return fmt.Sprintf("#%02x%02x%02x", int(math.Round(c[0])), int(math.Round(c[1])), int(math.Round(c[2])))
}

// luminance is WCAG 2's relative luminance.
func (c rgb) luminance() float64 {
	f := func(v float64) float64 {
		if v /= 255; v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	return 0.2126*f(c[0]) + 0.7152*f(c[1]) + 0.0722*f(c[2])
}

// heatColors returns the fill of a level and the text color that is prominent
// best on it: black or white, one of which always reaches 4.5 : 1.
func heatColors(level int, night bool) (fill, text string) {
	t := float64(level) / (heatLevels - 1)
	c := mix(rgb{244, 248, 251}, rgb{0, 78, 128}, t)
	if night {
		c = mix(rgb{29, 34, 40}, rgb{120, 200, 250}, t)
	}
	if l := c.luminance(); (l+0.05)/0.05 > 1.05/(l+0.05) {
		return c.hex(), "#000000"
	}
	return c.hex(), "#ffffff"
}

// Style returns the CSS of the plots, for the head of a page. It follows
// prefers-color-scheme and prints in light colors.
func Style() string {
	var b strings.Builder
	b.WriteString(".fz{max-width:100%;height:auto}")
	vars := func(night bool) {
		base, series := "--ink:#1b1f24;--soft:#57606a;--grid:#d8dee4;--axis:#8c959f;--bg:#ffffff", light
		if night {
			base, series = "--ink:#e6eaee;--soft:#a3adb8;--grid:#333b44;--axis:#7d8792;--bg:#15191e", dark
		}
		b.WriteString(".fz{" + base)
		for i, c := range series {
			fmt.Fprintf(&b, ";--c%d:%s", i, c)
		}
		for l := range heatLevels {
			fill, text := heatColors(l, night)
			fmt.Fprintf(&b, ";--h%d:%s;--t%d:%s", l, fill, l, text)
		}
		b.WriteString("}")
	}
	vars(false)
	b.WriteString("@media screen and (prefers-color-scheme:dark){")
	vars(true)
	b.WriteString("}")
	b.WriteString(".fz .i{fill:var(--ink)}.fz .s{fill:var(--soft)}.fz .g{stroke:var(--grid)}.fz .a{stroke:var(--axis)}.fz .n{stroke:var(--ink)}.fz .bg{fill:var(--bg)}")
	for i := range Series {
		fmt.Fprintf(&b, ".fz .f%d{fill:var(--c%d)}.fz .l%d{stroke:var(--c%d)}", i, i, i, i)
	}
	for l := range heatLevels {
		fmt.Fprintf(&b, ".fz .h%d{fill:var(--h%d)}.fz .t%d{fill:var(--t%d)}", l, l, l, l)
	}
	return b.String()
}
