package dist

import (
	"strconv"
	"strings"
)

// String gives the canonical notation, which Parse reads as an equal Delay. A
// file stays named as it was written.
func (d Delay) String() string {
	var w writer
	w.delay(&d)
	return w.String()
}

// MarshalText gives the canonical notation with the values of files in place
// of their names: equal texts draw equally, and a delay has one text however
// it was written.
func (d Delay) MarshalText() ([]byte, error) {
	return []byte(d.expanded()), nil
}

func (d *Delay) expanded() string {
	w := writer{expand: true}
	w.delay(d)
	return w.String()
}

type writer struct {
	strings.Builder
	expand bool // write the values of files
}

func (w *writer) delay(d *Delay) {
	switch d.kind {
	case constant:
		w.WriteString(FormatDuration(d.low))
	case empirical:
		w.empirical(d)
	case mixture:
		w.WriteString("mixture(")
		for i := range d.parts {
			w.comma(i)
			w.WriteString(formatDecimal(d.parts[i].weight) + ": ")
			w.delay(&d.parts[i].delay)
		}
		w.WriteByte(')')
	case sum:
		for i := range d.parts {
			if i > 0 {
				w.WriteString(" + ")
			}
			w.delay(&d.parts[i].delay)
		}
		if d.times[0] > 0 {
			w.WriteString(" + " + FormatDuration(d.times[0]))
		}
	default:
		w.simple(d)
	}
}

func (w *writer) simple(d *Delay) {
	n := notations[d.kind]
	w.WriteString(n.name + "(")
	for i, name := range n.names {
		w.comma(i)
		if n.named {
			w.WriteString(name + "=")
		}
		if name == "shape" {
			w.WriteString(formatDecimal(d.shape))
		} else {
			w.WriteString(FormatDuration(d.times[i]))
		}
	}
	w.WriteByte(')')
}

func (w *writer) empirical(d *Delay) {
	switch {
	case d.file != "" && !w.expand:
		w.WriteString("empirical(" + strconv.Quote(d.file) + ")")
	case d.low == d.high:
		w.WriteString(FormatDuration(d.low))
	default:
		w.WriteString("empirical(")
		for i, v := range d.values {
			w.comma(i)
			w.WriteString(FormatDuration(v))
		}
		w.WriteByte(')')
	}
}

func (w *writer) comma(i int) {
	if i > 0 {
		w.WriteString(", ")
	}
}
