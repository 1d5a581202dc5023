package scenario

import (
	"strconv"
	"strings"
)

// deepest bounds how far tables, arrays and dotted keys may nest: the parser of TOML recurses, so that a file of brackets
// could exhaust the stack. longestKey bounds the paths with it. The scenario language needs 4 levels and 22 characters.
const (
	deepest    = 8
	longestKey = 64
)

// lineFinder notes on which line of a TOML text each key, table and element of an array stands; the parser of TOML does
// not tell. It takes the text to be valid and skips what it does not understand: the parser has the say on that.
//
// Paths are as in messages: replication_group[1].node_group[2].slots, arrays counted from 1, keys that are not bare in
// quotes. A path keeps the first line on which it was seen.
type lineFinder struct {
	text    string
	pos     int
	line    int
	lines   map[string]int
	tables  map[string]int // tables so far in each array of tables
	depth   int
	tooDeep int     // the line on which nesting went beyond deepest, or a key beyond longestKey; 0: none
	places  *places // for an editor; nil where nobody edits
}

// findLines gives the line of each path; tooDeep is not 0 where the text nests too far to be parsed.
func findLines(text string) (lines map[string]int, tooDeep int) {
	f := lineFinder{text: text, line: 1, lines: map[string]int{}, tables: map[string]int{}}
	f.read()
	return f.lines, f.tooDeep
}

// read moves over the text.
func (f *lineFinder) read() {
	prefix := ""
	for f.tooDeep == 0 {
		f.skipBlank()
		switch {
		case f.pos >= len(f.text):
			return
		case f.peek() == '[':
			begin := f.pos
			prefix = f.header()
			f.places.header(begin, prefix)
		default:
			f.keyValue(prefix)
		}
		f.skipLine()
	}
}

// join appends a key to a path.
func join(path, key string) string {
	if !isBare(key) {
		key = strconv.Quote(key)
	}
	if path == "" {
		return key
	}
	return path + "." + key
}

// element is the path of the element of that index, from 0.
func element(path string, index int) string { return path + "[" + strconv.Itoa(index+1) + "]" }

func isBare(key string) bool {
	for i := range len(key) {
		if !isBareByte(key[i]) {
			return false
		}
	}
	return key != ""
}

func isBareByte(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z' || c == '_' || c == '-'
}

// peek gives the byte at the cursor, 0 at the end.
func (f *lineFinder) peek() byte {
	if f.pos < len(f.text) {
		return f.text[f.pos]
	}
	return 0
}

// next moves over one byte and counts lines.
func (f *lineFinder) next() {
	if f.peek() == '\n' {
		f.line++
	}
	f.pos++
}

func (f *lineFinder) at(prefix string) bool {
	return strings.HasPrefix(f.text[min(f.pos, len(f.text)):], prefix)
}

func (f *lineFinder) skipSpace() {
	for f.peek() == ' ' || f.peek() == '\t' {
		f.pos++
	}
}

// skipBlank moves over white space, line ends and comments.
func (f *lineFinder) skipBlank() {
	for f.pos < len(f.text) {
		switch f.peek() {
		case ' ', '\t', '\r', '\n':
			f.next()
		case '#':
			f.toLineEnd()
		default:
			return
		}
	}
}

func (f *lineFinder) toLineEnd() {
	for f.pos < len(f.text) && f.peek() != '\n' {
		f.pos++
	}
}

// skipLine moves behind the rest of a line, so that every round of the main loop makes progress.
func (f *lineFinder) skipLine() {
	f.toLineEnd()
	f.next()
}

func (f *lineFinder) note(path string) {
	if f.lines[path] == 0 {
		f.lines[path] = f.line
	}
}

// header reads [a.b] or [[a.b]] and gives the path of the table that it opens.
func (f *lineFinder) header() string {
	array := f.at("[[")
	f.pos++
	if array {
		f.pos++
	}
	path := ""
	keys := f.keys()
	for i, key := range keys {
		path = join(path, key)
		f.note(path)
		n := f.tables[path]
		if array && i == len(keys)-1 {
			n++
			f.tables[path] = n
		}
		if n > 0 {
			path = element(path, n-1)
			f.note(path)
		}
	}
	return path
}

// keyValue reads key = value in the table of that path.
func (f *lineFinder) keyValue(path string) {
	for _, key := range f.keys() {
		path = join(path, key)
		f.note(path)
	}
	f.skipSpace()
	if f.peek() == '=' {
		f.pos++
		f.skipSpace()
		f.value(path)
	}
}

// keys reads a key with its dots.
func (f *lineFinder) keys() (keys []string) {
	for {
		f.skipSpace()
		start := f.pos
		key := f.key()
		keys = append(keys, key)
		if len(keys) > deepest || len(key) > longestKey {
			f.tooDeep = f.line
			return nil
		}
		f.skipSpace()
		if f.pos == start || f.peek() != '.' {
			return keys
		}
		f.pos++
	}
}

func (f *lineFinder) key() string {
	if c := f.peek(); c == '"' || c == '\'' {
		return f.quoted(c)
	}
	start := f.pos
	for f.pos < len(f.text) && isBareByte(f.peek()) {
		f.pos++
	}
	return f.text[start:f.pos]
}

// quoted moves over a string of one line and gives what it says.
func (f *lineFinder) quoted(quote byte) string {
	f.pos++
	start := f.pos
	for f.pos < len(f.text) && f.peek() != quote && f.peek() != '\n' {
		if quote == '"' && f.peek() == '\\' {
			f.pos++
		}
		f.pos++
	}
	f.pos = min(f.pos, len(f.text))
	text := f.text[start:f.pos]
	if f.peek() == quote {
		f.pos++
	}
	if quote == '"' && strings.Contains(text, `\`) {
		return unescape(text)
	}
	return text
}

// unescape undoes the escapes of a basic string. They are those of Go but for \e, and \x that Go takes for a byte.
func unescape(text string) string {
	goText := strings.NewReplacer(`\\`, `\\`, `\e`, `\x1b`, `\x`, `\u00`).Replace(text)
	if plain, err := strconv.Unquote(`"` + goText + `"`); err == nil {
		return plain
	}
	return text
}

// value moves over a value and notes it, and what stands in it.
func (f *lineFinder) value(path string) {
	begin := f.pos
	f.skipValue(path)
	f.places.value(path, begin, begin+len(strings.TrimRight(f.text[begin:f.pos], " \t\r")))
}

func (f *lineFinder) skipValue(path string) {
	switch c := f.peek(); {
	case f.at(`"""`) || f.at(`'''`):
		f.multiline(f.text[f.pos : f.pos+3])
	case c == '"' || c == '\'':
		f.quoted(c)
	case c == '[':
		f.enter(']', func(i int) {
			f.note(element(path, i))
			f.value(element(path, i))
		})
	case c == '{':
		f.enter('}', func(int) { f.keyValue(path) })
	default:
		for f.pos < len(f.text) && !strings.ContainsRune(",]}#\n", rune(f.peek())) {
			f.pos++
		}
	}
}

// multiline moves over a string of many lines. Up to two quotes may stand before the closing three.
func (f *lineFinder) multiline(quotes string) {
	f.pos += 3
	for f.pos < len(f.text) && !f.at(quotes) {
		if quotes == `"""` && f.peek() == '\\' {
			f.next()
		}
		f.next()
	}
	f.pos = min(f.pos+3, len(f.text))
	for range 2 {
		if f.peek() == quotes[0] {
			f.pos++
		}
	}
}

// enter moves over an array or an inline table and calls item at each of its items.
func (f *lineFinder) enter(closing byte, item func(index int)) {
	f.depth++
	defer func() { f.depth-- }()
	if f.depth > deepest {
		f.tooDeep = f.line
	}
	f.pos++
	for i := 0; f.tooDeep == 0; i++ {
		f.skipBlank()
		if f.peek() == closing {
			f.pos++
			return
		}
		start := f.pos
		item(i)
		f.skipBlank()
		if f.peek() == ',' {
			f.pos++
		}
		if f.pos == start { // not TOML
			return
		}
	}
}
