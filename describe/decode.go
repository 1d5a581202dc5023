package describe

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// answer says how the answers of one describe action look.
type answer struct {
	command      string
	list, single string // the member that holds all, or the one of actions that answer with one
}

// value is one JSON value that is not decoded yet, and where it stands. The zero value is a member that is absent.
type value struct {
	path string
	raw  json.RawMessage
}

// object is a JSON object whose members are not decoded yet.
type object struct {
	path    string
	members map[string]json.RawMessage
}

// read returns the items of all pages in the text; more tells that a further page exists that is not in the text.
func (a answer) read(text []byte) (items []value, more bool, err error) {
	pages, err := a.pages(text)
	if err != nil {
		return nil, false, err
	}
	for i, page := range pages {
		where := ""
		if len(pages) > 1 {
			where = fmt.Sprintf("page %d: ", i+1)
		}
		var of []value
		if of, more, err = a.page(value{where, page}); err != nil {
			return nil, false, err
		}
		items = append(items, of...)
	}
	return items, more, nil
}

// page returns the items of one page.
func (a answer) page(page value) (items []value, more bool, err error) {
	if page.raw[0] == '[' {
		items, err = value{page.path + a.list, page.raw}.list()
		return items, false, err
	}
	o, err := page.object()
	if err != nil {
		return nil, false, fmt.Errorf("%s%s is no answer of %s", page.path, shape(page.raw), a.command)
	}
	more = o.get("Marker").meaningful() || o.get("NextToken").meaningful()
	if one := o.get(a.single); one.raw != nil {
		return []value{one}, more, nil
	}
	all := o.get(a.list)
	if all.raw == nil {
		return nil, false, fmt.Errorf("%sno member %s: want what `%s` prints", page.path, a.list, a.command)
	}
	items, err = all.list()
	return items, more, err
}

// pages splits the text into JSON values that stand one after another.
func (a answer) pages(text []byte) ([]json.RawMessage, error) {
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	if len(bytes.TrimSpace(text)) == 0 {
		return nil, fmt.Errorf("empty: want what `%s` prints", a.command)
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	var pages []json.RawMessage
	for {
		before := dec.InputOffset()
		var page json.RawMessage
		err := dec.Decode(&page)
		if err == io.EOF {
			return pages, nil
		}
		if err != nil {
			return nil, fmt.Errorf("not JSON at %s: want what `%s --output json` prints", place(text, before, err), a.command)
		}
		pages = append(pages, page)
	}
}

// place says where and why decoding stopped. The value that could not be read begins at or after before.
func place(text []byte, before int64, err error) string {
	at, why := len(text), "the text ends in the middle of a value"
	if _, ok := errors.AsType[*json.SyntaxError](err); ok {
		// The decoder counts from a place of its own, a single value from its beginning.
		rest := text[before:]
		var again json.RawMessage
		if syntax, ok := errors.AsType[*json.SyntaxError](json.Unmarshal(rest, &again)); ok {
			at, why = int(before+syntax.Offset)-1, syntax.Error()
		}
	}
	upTo := text[:max(0, min(at, len(text)))]
	line := bytes.Count(upTo, []byte("\n")) + 1
	column := len(upTo) - (bytes.LastIndexByte(upTo, '\n') + 1) + 1
	return fmt.Sprintf("line %d, column %d (%s)", line, column, why)
}

// object decodes one level.
func (v value) object() (object, error) {
	o := object{path: v.path}
	if len(v.raw) == 0 || v.raw[0] != '{' {
		return o, fmt.Errorf("%s: %s, want an object", v.path, shape(v.raw))
	}
	return o, json.Unmarshal(v.raw, &o.members)
}

// list decodes one level.
func (v value) list() ([]value, error) {
	if len(v.raw) == 0 || v.raw[0] != '[' {
		return nil, fmt.Errorf("%s: %s, want an array", v.path, shape(v.raw))
	}
	var raws []json.RawMessage
	if err := json.Unmarshal(v.raw, &raws); err != nil {
		return nil, fmt.Errorf("%s: %w", v.path, err)
	}
	items := make([]value, len(raws))
	for i, raw := range raws {
		items[i] = value{fmt.Sprintf("%s[%d]", v.path, i), raw}
	}
	return items, nil
}

// text decodes a string; an absent member and null are "".
func (v value) text() (string, error) {
	if v.absent() {
		return "", nil
	}
	if v.raw[0] != '"' {
		return "", fmt.Errorf("%s: %s, want a string", v.path, shape(v.raw))
	}
	var s string
	err := json.Unmarshal(v.raw, &s)
	return strings.TrimSpace(s), err
}

// flag decodes true or false; an absent member and null are nil.
func (v value) flag() (*bool, error) {
	switch {
	case v.absent():
		return nil, nil
	case string(v.raw) == "true":
		return new(true), nil
	case string(v.raw) == "false":
		return new(false), nil
	}
	return nil, fmt.Errorf("%s: %s, want true or false", v.path, shape(v.raw))
}

// get returns a member. Names are compared exactly, as AWS writes them.
func (o object) get(name string) value {
	path := name
	if o.path != "" {
		path = o.path + "." + name
	}
	if strings.HasSuffix(o.path, ": ") {
		path = o.path + name
	}
	return value{path, o.members[name]}
}

func (v value) absent() bool {
	return len(v.raw) == 0 || v.raw[0] == 'n'
}

// meaningful tells whether a member says anything at all: AWS spells "none" in several ways.
func (v value) meaningful() bool {
	var compact bytes.Buffer
	if len(v.raw) == 0 || json.Compact(&compact, v.raw) != nil {
		return false
	}
	switch compact.String() {
	case "null", "false", "0", "{}", "[]", `""`, `"disabled"`, `"none"`:
		return false
	}
	return true
}

// shape says what kind of JSON value stands there.
func shape(raw json.RawMessage) string {
	if len(raw) == 0 {
		return "missing"
	}
	switch raw[0] {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case '"':
		return "a string"
	case 't', 'f':
		return "a boolean"
	case 'n':
		return "null"
	}
	return "a number"
}

// optionalText reads a string for which a default serves: another shape is noted and counts as absent.
func (imp *importer) optionalText(v value) string {
	s, err := v.text()
	if err != nil {
		imp.notes.add("%v; it is taken as absent", err)
	}
	return s
}

// optionalFlag reads true or false for which a default serves: another shape is noted and counts as absent.
func (imp *importer) optionalFlag(v value) *bool {
	b, err := v.flag()
	if err != nil {
		imp.notes.add("%v; it is taken as absent", err)
	}
	return b
}
