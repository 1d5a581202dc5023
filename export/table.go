// Package export tells the results of a run to other tools: tables as CSV or JSON lines, the Go benchmark format, and a
// trial's timeline for a trace viewer.
//
// Tables and benchmarks come from the rows that a run has left, one number per trial and column (measure.Column); here those
// integers become figures in the metric's unit. Spans and instants are exact to the nanosecond; ratios have six significant
// digits. A timeline comes from the trial itself, played again.
package export

import (
	"bufio"
	"io"
	"iter"
	"strconv"
	"strings"
	"time"

	"failsim/measure"
	"failsim/rows"
)

// Encoding is how a table is written.
type Encoding uint8

// The encodings: CSV has a line of names first, JSONLines an object a line.
const (
	CSV Encoding = iota
	JSONLines
)

// Trials writes a row for each trial: `trial`, then its figures, under columnName.
func Trials(w io.Writer, as Encoding, columns []measure.Column, trials *rows.Trials) error {
	names, read := []string{"trial"}, []string{"trial"}
	for i := range columns {
		names = append(names, columnName(&columns[i]))
		read = append(read, columns[i].Name)
	}
	out := newTable(w, as, names)
	for row, err := range trials.Rows(read) {
		if err != nil {
			return err
		}
		out.integer(row[0])
		for i, n := range row[1:] {
			out.figure(&columns[i], n)
		}
		if err := out.endRow(); err != nil {
			return err
		}
	}
	return out.out.Flush()
}

// columnName is the metric's, with `_endpoint` where that is its observer, then `_n` or `_sum` where it may have several
// values in a trial.
func columnName(c *measure.Column) string {
	name := c.Metric
	if c.Observer == "endpoint" {
		name += "_endpoint"
	}
	switch {
	case c.Count:
		return name + "_n"
	case c.Sum:
		return name + "_sum"
	}
	return name
}

// Outages writes a row for each outage window of a node group. It opens at the instant of the node's death or cut-off;
// instants are seconds since the trial began.
func Outages(w io.Writer, as Encoding, windows iter.Seq2[*rows.Outage, error]) error {
	out := newTable(w, as, []string{
		"trial", "group", "node_group", "access", "observer", "cause", "from", "to", "censored",
	})
	for o, err := range windows {
		if err != nil {
			return err
		}
		out.integer(o.Trial)
		for _, text := range []string{o.Group, o.NodeGroup, o.Access, o.Observer, o.Cause} {
			out.text(text)
		}
		out.seconds(o.FromNs)
		out.seconds(o.ToNs)
		out.bool(o.Censored)
		if err := out.endRow(); err != nil {
			return err
		}
	}
	return out.out.Flush()
}

// table writes rows cell by cell.
type table struct {
	out   *bufio.Writer
	as    Encoding
	names []string // as JSON
	line  []byte
	at    int // the cell that comes next
}

func newTable(w io.Writer, as Encoding, names []string) *table {
	t := &table{out: bufio.NewWriterSize(w, 1<<16), as: as}
	if as == CSV {
		_, _ = t.out.WriteString(strings.Join(names, ",") + "\n") // an error stays for endRow
	}
	for _, name := range names {
		t.names = append(t.names, jsonText(name)+":")
	}
	return t
}

// cell begins a cell.
func (t *table) cell() {
	if t.at > 0 {
		t.line = append(t.line, ',')
	}
	if t.as == JSONLines {
		if t.at == 0 {
			t.line = append(t.line, '{')
		}
		t.line = append(t.line, t.names[t.at]...)
	}
	t.at++
}

func (t *table) text(s string) {
	t.cell()
	switch {
	case t.as == JSONLines:
		s = jsonText(s)
	case strings.ContainsAny(s, ",\"\r\n"):
		s = `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
	}
	t.line = append(t.line, s...)
}

func (t *table) bool(b bool) {
	t.cell()
	t.line = strconv.AppendBool(t.line, b)
}

func (t *table) integer(n int64) {
	t.cell()
	t.line = strconv.AppendInt(t.line, n, 10)
}

func (t *table) seconds(ns int64) {
	t.cell()
	t.line = appendSeconds(t.line, ns)
}

func (t *table) figure(c *measure.Column, n int64) {
	t.cell()
	t.line = appendFigure(t.line, c, n)
}

func (t *table) endRow() error {
	if t.as == JSONLines {
		t.line = append(t.line, '}')
	}
	_, err := t.out.Write(append(t.line, '\n'))
	t.line, t.at = t.line[:0], 0
	return err
}

// appendSeconds writes nanoseconds as seconds with nine decimals.
func appendSeconds(text []byte, ns int64) []byte {
	if ns < 0 {
		text, ns = append(text, '-'), -ns
	}
	text = strconv.AppendInt(text, ns/int64(time.Second), 10)
	text = append(text, '.')
	decimals := strconv.AppendInt(nil, int64(time.Second)+ns%int64(time.Second), 10) // a one, and nine digits
	return append(text, decimals[1:]...)
}

// appendFigure writes a number of a column in the metric's unit: counts and spans exactly, ratios and rates with six
// significant digits, which an availability has in its distance from 1.
func appendFigure(text []byte, c *measure.Column, n int64) []byte {
	switch {
	case c.Scale == 1 && c.Offset == 0:
		return strconv.AppendInt(text, n, 10)
	case c.Offset == 0 && strings.HasSuffix(c.Name, "_ns"):
		return appendSeconds(text, n)
	case c.Offset == 0:
		return strconv.AppendFloat(text, sixDigits(c.Scale*float64(n)), 'f', -1, 64)
	}
	return appendComplement(text, sixDigits(-c.Scale*float64(n)))
}

// appendComplement writes 1 - share with as many decimals as share has.
func appendComplement(text []byte, share float64) []byte {
	if share <= 0 {
		return append(text, '1')
	}
	if share >= 1 {
		return append(text, '0')
	}
	_, decimals, _ := strings.Cut(strconv.FormatFloat(share, 'f', -1, 64), ".")
	rest := strconv.FormatFloat(1-share, 'f', len(decimals), 64)
	return append(text, strings.TrimRight(strings.TrimRight(rest, "0"), ".")...)
}

func sixDigits(v float64) float64 {
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'e', 5, 64), 64)
	return rounded
}
