package scenario

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"failsim/dist"

	"github.com/BurntSushi/toml"
)

// extent is a part of a text, in bytes.
type extent struct{ begin, end int }

// places says where the values and the headers of a TOML text stand.
type places struct {
	values  map[string]extent // by their paths, as a lineFinder has them
	headers []header          // in the order of the text
}

// header is the heading of a table, and where it begins.
type header struct {
	path  string
	begin int
}

// value notes a value; on nil, nothing.
func (p *places) value(path string, begin, end int) {
	if p != nil {
		p.values[path] = extent{begin, end}
	}
}

// header notes a heading; on nil, nothing.
func (p *places) header(begin int, path string) {
	if p != nil {
		p.headers = append(p.headers, header{path, begin})
	}
}

// editor changes single values of the text of a scenario that is valid, and leaves the rest as it stands.
type editor struct {
	text string
	*places
	edits []edit
}

// edit puts a text in the place of a part.
type edit struct {
	extent
	with string
}

func newEditor(text []byte) *editor {
	e := &editor{text: string(text), places: &places{values: map[string]extent{}}}
	if !strings.HasSuffix(e.text, "\n") {
		e.text += "\n"
	}
	f := lineFinder{text: e.text, line: 1, lines: map[string]int{}, tables: map[string]int{}, places: e.places}
	f.read()
	return e
}

// bytes is the text with its changes.
func (e *editor) bytes() []byte {
	slices.SortStableFunc(e.edits, func(a, b edit) int { return cmp.Compare(a.begin, b.begin) })
	var out strings.Builder
	done := 0
	for _, change := range e.edits {
		out.WriteString(e.text[done:change.begin] + change.with)
		done = change.end
	}
	out.WriteString(e.text[done:])
	return []byte(out.String())
}

func (e *editor) replace(place extent, with string) { e.edits = append(e.edits, edit{place, with}) }

// change gives a value another. A comment behind it on its line was about the old one, so that this stands in front of it.
func (e *editor) change(value extent, with string) {
	e.replace(value, with)
	if at := commentAfter(e.text, value.end); at >= 0 {
		e.replace(extent{at, at}, "# was "+e.text[value.begin:value.end]+" ")
	}
}

// commentAfter is where the comment begins on what is left of a line; -1 where there is none. A text of several lines ends the search.
func commentAfter(text string, at int) int {
	f := lineFinder{text: text, pos: at}
	for f.pos < len(text) && f.peek() != '\n' {
		switch c := f.peek(); c {
		case '#':
			return f.pos
		case '"', '\'':
			f.quoted(c)
		default:
			f.pos++
		}
	}
	return -1
}

// insert puts a line before the one that begins there.
func (e *editor) insert(at int, line string) { e.replace(extent{at, at}, line+"\n") }

// set gives a key its value; one that is absent is added to its table, or at the top where the table has no heading.
func (e *editor) set(key, value string) {
	table, name, _ := strings.Cut(key, ".")
	place, there := e.values[key]
	heading := slices.IndexFunc(e.headers, func(h header) bool { return h.path == table })
	switch {
	case there:
		e.change(place, value)
	case name != "" && heading >= 0:
		e.insert(e.lineAfter(e.headers[heading].begin), name+" = "+value)
	default:
		e.insert(0, key+" = "+value)
	}
}

// lineAfter is where the line begins that follows the one of that place.
func (e *editor) lineAfter(place int) int {
	return place + strings.IndexByte(e.text[place:], '\n') + 1
}

// silence turns the tables of that name into comments, also where they stand in brackets.
func (e *editor) silence(name string) {
	for i, h := range e.headers {
		if !strings.HasPrefix(h.path, name+"[") {
			continue
		}
		end := len(e.text)
		if i+1 < len(e.headers) {
			end = e.headers[i+1].begin
		}
		e.comment(extent{h.begin, end})
	}
	if place, ok := e.values[name]; ok {
		e.comment(place)
	}
}

// comment turns the lines of a part into comments. Edits at the beginning of its lines have to come before.
func (e *editor) comment(part extent) {
	for at := strings.LastIndexByte(e.text[:part.begin], '\n') + 1; at < part.end; at = e.lineAfter(at) {
		if line := strings.TrimSpace(e.text[at:e.lineAfter(at)]); line != "" && line[0] != '#' {
			e.replace(extent{at, at}, "# ")
		}
	}
}

// undate writes each date, but for the start itself, as the time since the start: what a date means depends on it.
func (e *editor) undate(start time.Time) {
	for path, place := range e.values {
		if at, ok := dateOf(e.text[place.begin:place.end]); ok && path != "start" {
			e.change(place, quoted(dist.FormatDuration(at.Sub(start))))
		}
	}
}

// dateOf reads a value of TOML that is a date.
func dateOf(value string) (time.Time, bool) {
	if len(value) < len(time.DateOnly) || value[4] != '-' || value[0] == '"' || value[0] == '\'' {
		return time.Time{}, false
	}
	var read struct{ Value any }
	if _, err := toml.Decode("value = "+value, &read); err != nil {
		return time.Time{}, false
	}
	at, ok := read.Value.(time.Time)
	return at, ok && hasOffset(at)
}
