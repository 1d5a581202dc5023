package report

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"strconv"
	"strings"

	"failsim/words"
)

// drawing is an SVG in the making. Everything in it is positioned to a tenth of a unit, so that the last bits of a float
// never show; colours come from the page's style sheet, by class.
type drawing struct {
	width, height float64
	name, about   string // what a screen reader says: the title, and what there is to see
	id            string
	body          strings.Builder
}

// add writes elements. Floats are to be passed through px, texts through esc.
func (d *drawing) add(format string, args ...any) { fmt.Fprintf(&d.body, format, args...) }

// html gives the finished drawing.
func (d *drawing) html() template.HTML {
	return template.HTML(fmt.Sprintf(
		`<svg viewBox="0 0 %s %s" role="img" aria-labelledby="%s-t" aria-describedby="%s-d"><title id="%s-t">%s</title>`+
			`<desc id="%s-d">%s</desc>%s</svg>`,
		px(d.width), px(d.height), d.id, d.id, d.id, esc(d.name), d.id, esc(d.about), d.body.String()))
}

// px writes a coordinate.
func px(v float64) string {
	text := strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64)
	if text == "-0" {
		return "0"
	}
	return text
}

func esc(text string) string { return html.EscapeString(text) }

// text writes a label; the class says how it is anchored.
func (d *drawing) text(x, y float64, class, text string) {
	d.add(`<text x="%s" y="%s" class="%s">%s</text>`, px(x), px(y), class, esc(text))
}

// line writes a straight line.
func (d *drawing) line(from, to point, class string) {
	d.add(`<path class="%s" d="M%s %sL%s %s"/>`, class, px(from.x), px(from.y), px(to.x), px(to.y))
}

// bar writes a rectangle with its tooltip.
func (d *drawing) bar(b box, class, tip string) {
	d.add(`<rect x="%s" y="%s" width="%s" height="%s" class="%s">`, px(b.x), px(b.y), px(b.w), px(b.h), class)
	if tip != "" {
		d.add(`<title>%s</title>`, esc(tip))
	}
	d.add(`</rect>`)
}

type point struct{ x, y float64 }

type box struct{ x, y, w, h float64 }

// axis maps values to positions, straight or by their logarithm.
type axis struct {
	min, max   float64
	log        bool
	from, span float64 // where min lies, and how far away max
}

// at is the position of a value, no further out than the ends.
func (a *axis) at(v float64) float64 {
	return a.from + float64(a.span*max(0, min(1, a.share(v))))
}

// share is how far along the axis a value lies, from 0 to 1.
func (a *axis) share(v float64) float64 {
	switch {
	case a.max <= a.min:
		return 0.5
	case !a.log:
		return (v - a.min) / (a.max - a.min)
	case v <= a.min:
		return 0
	}
	return math.Log10(v/a.min) / math.Log10(a.max/a.min)
}

// value is where a share of the axis lies.
func (a *axis) value(share float64) float64 {
	if a.log {
		return a.min * math.Pow(a.max/a.min, share)
	}
	return a.min + float64(share*(a.max-a.min))
}

// ticks gives round values along the axis: the powers of ten of a logarithmic one, else steps of 1, 2 or 5 of a power, at
// most as many as asked for.
func (a *axis) ticks(most int) (ticks []float64) {
	if a.log {
		for e := math.Ceil(math.Log10(a.min) - 1e-9); e <= math.Log10(a.max)+1e-9; e++ {
			ticks = append(ticks, tenTo(int(e)))
		}
		if len(ticks) > 1 {
			return ticks
		}
		ticks = nil
	}
	span := a.max - a.min
	if span <= 0 {
		return []float64{a.min}
	}
	step := roundStep(span / float64(most))
	for k := math.Ceil(a.min/step - 1e-9); float64(k*step) <= a.max+float64(1e-9*step); k++ {
		ticks = append(ticks, float64(k*step)+0) // no negative zero
	}
	return ticks
}

// roundStep is the smallest of 1, 2 and 5 times a power of ten that is not below v.
func roundStep(v float64) float64 {
	for e := int(math.Floor(math.Log10(v))); ; e++ {
		for _, m := range []float64{1, 2, 5} {
			if step := float64(m * tenTo(e)); step >= v*(1-1e-9) {
				return step
			}
		}
	}
}

// tenTo is the float that is nearest to a power of ten.
func tenTo(e int) float64 {
	v, _ := strconv.ParseFloat("1e"+strconv.Itoa(e), 64)
	return v
}

// tickText writes a value of a tick in as few digits as tell it.
func tickText(v float64) string {
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 9, 64), 64)
	return words.Group(strconv.FormatFloat(rounded, 'f', -1, 64))
}
