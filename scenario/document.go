package scenario

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"failsim/sim"

	"github.com/BurntSushi/toml"
)

// largest bounds the text of a scenario in bytes.
const largest = 4 << 20

// document is what all tables of one scenario share while it is read.
type document struct {
	file     string
	readFile func(name string) ([]byte, error)
	lines    map[string]int
	defaults *defaults
	mistakes []Problem
	warnings []Problem
	// wrong holds the keys with a mistake, so that a value that was replaced by its default is not judged again.
	wrong map[string]bool

	start   time.Time
	horizon time.Duration
	json    bool // the text is JSON
}

// open parses the text and gives its root table. An error of syntax stands alone: nothing else can be told.
func (d *document) open(text string) (*table, error) {
	if len(text) > largest {
		return nil, Errors{{d.file, 1, "syntax", fmt.Sprintf("%d bytes; a scenario has %d at most", len(text), largest)}}
	}
	lines, tooDeep := findLines(text)
	if tooDeep > 0 {
		return nil, Errors{{d.file, tooDeep, "syntax",
			fmt.Sprintf("nested more than %d deep, or a key of more than %d characters", deepest, longestKey)}}
	}
	d.lines = lines
	values := map[string]any{}
	if _, err := toml.Decode(text, &values); err != nil {
		return nil, Errors{d.syntax(text, err)}
	}
	return &table{doc: d, values: values}, nil
}

// syntax tells an error of the parser of TOML in our form. Where a line end came unexpected the parser counts it already,
// so that the offset tells the line better.
func (d *document) syntax(text string, err error) Problem {
	p := Problem{File: d.file, Line: 1, Key: "syntax", Text: err.Error()}
	parse, ok := errors.AsType[toml.ParseError](err)
	if !ok {
		return p
	}
	p.Line = max(1, parse.Position.Line)
	if start := parse.Position.Start; 0 < start && start <= len(text) {
		p.Line = 1 + strings.Count(text[:start], "\n")
	}
	if parse.LastKey != "" {
		p.Key = parse.LastKey
	}
	if parse.Message != "" {
		p.Text = parse.Message
	}
	return p
}

// line gives the line of a path, or of the nearest table around it: what is missing is missing there.
func (d *document) line(path string) int {
	for path != "" {
		if line := d.lines[path]; line > 0 {
			return line
		}
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
	}
	return 1
}

func (d *document) mistake(key, format string, args ...any) {
	d.wrong[key] = true
	d.mistakes = append(d.mistakes, Problem{d.file, d.line(key), key, fmt.Sprintf(format, args...)})
}

func (d *document) warn(key, format string, args ...any) {
	d.warnings = append(d.warnings, Problem{d.file, d.line(key), key, fmt.Sprintf(format, args...)})
}

// adopt reports what sim found wrong with what the table at path describes.
func (d *document) adopt(path string, problems []sim.Problem) {
	for _, p := range problems {
		key := strings.TrimPrefix(path+"."+p.Field, ".")
		switch {
		case p.Warning:
			d.warn(key, "%s", p.Rule)
		case !d.wrong[key]:
			d.mistakes = append(d.mistakes, Problem{d.file, d.line(key), key, p.Rule})
		}
	}
}

// defaults gives sim's defaults by the names of their keys, and remembers which of them hold.
type defaults struct {
	all  []sim.Default
	used map[string]bool
}

func (d *defaults) value(name string) string {
	for _, known := range d.all {
		if known.Name == name {
			return known.Value
		}
	}
	panic("scenario: sim has no default " + name)
}

func (d *defaults) has(name string) bool {
	for _, known := range d.all {
		if known.Name == name {
			return true
		}
	}
	return false
}

func (d *defaults) use(name string) string {
	d.used[name] = true
	return d.value(name)
}

// assumptions are the defaults in use that are inferred.
func (d *defaults) assumptions() (inferred []sim.Default) {
	for _, known := range d.all {
		if known.Grade == sim.GradeInferred && d.used[known.Name] {
			inferred = append(inferred, known)
		}
	}
	return inferred
}
