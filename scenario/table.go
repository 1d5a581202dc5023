package scenario

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"failsim/dist"
	"failsim/words"
)

// table is one table of the scenario while it is read. Asking for a key makes it known; close refuses all others. What is
// absent or wrong gives the fallback, so that reading goes on and finds further mistakes.
type table struct {
	doc    *document
	path   string // "" for the root
	values map[string]any
	known  []string
}

func (t *table) key(name string) string { return join(t.path, name) }

// get gives the value of a key, nil where it is absent.
func (t *table) get(name string) any {
	if !slices.Contains(t.known, name) {
		t.known = append(t.known, name)
	}
	return t.values[name]
}

func (t *table) has(name string) bool { return t.get(name) != nil }

func (t *table) wrong(name, format string, args ...any) {
	t.doc.mistake(t.key(name), format, args...)
}

// want reports a value of the wrong type.
func (t *table) want(name, allowed string) {
	t.wrong(name, "%s; want %s", describe(t.values[name]), allowed)
}

// need reports a required key that is absent, and tells whether it is there.
func (t *table) need(name, allowed string) bool {
	if t.has(name) {
		return true
	}
	t.wrong(name, "missing; want %s", allowed)
	return false
}

// fallback gives sim's default for a key of this table where it is absent, and notes that the default is in use.
func (t *table) fallback(name string) string {
	if t.has(name) {
		return t.doc.defaults.value(t.key(name))
	}
	return t.doc.defaults.use(t.key(name))
}

func (t *table) text(name, fallback string) string {
	switch v := t.get(name).(type) {
	case nil:
	case string:
		return v
	default:
		t.want(name, `a text such as "…"`)
	}
	return fallback
}

func (t *table) boolean(name string, fallback bool) bool {
	switch v := t.get(name).(type) {
	case nil:
	case bool:
		return v
	default:
		t.want(name, "true or false")
	}
	return fallback
}

// optional is nil where the key is absent.
func (t *table) optional(name string) *bool {
	if !t.has(name) {
		return nil
	}
	value := t.boolean(name, false)
	return &value
}

// bounds are the lowest and the highest value that is allowed.
type bounds[T int64 | time.Duration] struct{ low, high T }

func (b bounds[T]) hold(v T) bool { return b.low <= v && v <= b.high }

func (t *table) integer(name string, fallback int64, in bounds[int64]) int64 {
	v, ok := t.get(name).(int64)
	switch {
	case !t.has(name):
	case !ok:
		t.want(name, fmt.Sprintf("an integer from %d to %d", in.low, in.high))
	case !in.hold(v):
		t.wrong(name, "%d; want %d to %d", v, in.low, in.high)
	default:
		return v
	}
	return fallback
}

// span reads a duration; the fallback is written as in a scenario.
func (t *table) span(name, fallback string, in bounds[time.Duration]) time.Duration {
	other, err := dist.ParseDuration(fallback)
	if err != nil {
		panic("scenario: default of " + t.key(name) + ": " + err.Error())
	}
	text, ok := t.get(name).(string)
	if !t.has(name) {
		return other
	}
	if !ok {
		t.want(name, `a duration such as "90s"`)
		return other
	}
	v, err := dist.ParseDuration(text)
	switch {
	case err != nil:
		t.wrong(name, "%v", err)
	case !in.hold(v):
		t.wrong(name, "%s; want %s to %s", text, dist.FormatDuration(in.low), dist.FormatDuration(in.high))
	default:
		return v
	}
	return other
}

// choice gives the index of the option that was chosen; the fallback is one of them.
func (t *table) choice(name, fallback string, options ...string) int {
	v, ok := t.get(name).(string)
	switch {
	case !t.has(name):
	case !ok:
		t.want(name, words.List(options))
	case slices.Contains(options, v):
		return slices.Index(options, v)
	default:
		t.wrong(name, "no %s; have %s", words.Quote(v), words.List(options))
	}
	return slices.Index(options, fallback)
}

// longestList bounds lists of texts, whose elements are compared with each other.
const longestList = 10_000

// list reads an array of texts; nil where it is absent.
func (t *table) list(name string) []string {
	v, ok := t.get(name).([]any)
	if !t.has(name) {
		return nil
	}
	if !ok {
		t.want(name, `a list of texts such as ["…"]`)
		return nil
	}
	if len(v) > longestList {
		t.wrong(name, "%d elements; want %d at most", len(v), longestList)
		return nil
	}
	texts := make([]string, len(v))
	for i := range v {
		if texts[i], ok = v[i].(string); !ok {
			t.doc.mistake(element(t.key(name), i), `%s; want a text such as "…"`, describe(v[i]))
		}
	}
	return texts
}

// table gives the table of that name, empty where it is absent.
func (t *table) table(name string) *table {
	sub := &table{doc: t.doc, path: t.key(name)}
	switch v := t.get(name).(type) {
	case nil:
	case map[string]any:
		sub.values = v
	default:
		t.want(name, "a table under ["+heading(sub.path)+"]")
	}
	return sub
}

// tables gives the tables of an array of tables.
func (t *table) tables(name string) []*table {
	var values []map[string]any
	switch v := t.get(name).(type) {
	case nil:
	case []map[string]any:
		values = v
	case []any:
		for i := range v {
			value, ok := v[i].(map[string]any)
			if !ok {
				t.doc.mistake(element(t.key(name), i), "%s; want a table", describe(v[i]))
				continue
			}
			values = append(values, value)
		}
	default:
		t.want(name, "tables under [["+heading(t.key(name))+"]]")
	}
	subs := make([]*table, len(values))
	for i := range values {
		subs[i] = &table{doc: t.doc, path: element(t.key(name), i), values: values[i]}
	}
	return subs
}

// heading is a path as the heading of its table has it: without indices.
func heading(path string) string {
	var out strings.Builder
	for part := range strings.SplitSeq(path, "[") {
		_, rest, indexed := strings.Cut(part, "]")
		if !indexed {
			rest = part
		}
		out.WriteString(rest)
	}
	return out.String()
}

const notModelled = "not modelled yet"

// notYet refuses keys of the scenario language whose behavior is not built; for arrays of tables, each of them.
func (t *table) notYet(names ...string) {
	for _, name := range names {
		if v, ok := t.get(name).([]map[string]any); ok {
			for i := range v {
				t.doc.mistake(element(t.key(name), i), notModelled)
			}
		} else if t.has(name) {
			t.wrong(name, notModelled)
		}
	}
}

// close refuses the keys that nothing asked for.
func (t *table) close() {
	for _, name := range slices.Sorted(maps.Keys(t.values)) {
		if slices.Contains(t.known, name) {
			continue
		}
		if near := words.Nearest(name, t.known); near != "" {
			t.wrong(name, "unknown key; did you mean %s?", near)
		} else {
			t.wrong(name, "unknown key; have %s", words.List(slices.Sorted(slices.Values(t.known))))
		}
	}
}

// describe says what was written in place of what was wanted.
func describe(v any) string {
	switch v := v.(type) {
	case string:
		return "the text " + words.Quote(v)
	case int64:
		return "the integer " + strconv.FormatInt(v, 10)
	case float64:
		text := strconv.FormatFloat(v, 'g', -1, 64)
		if strings.Trim(text, "-0123456789") == "" {
			text += ".0"
		}
		return "the number " + text
	case bool:
		return strconv.FormatBool(v)
	case time.Time:
		return "a date or time"
	case map[string]any:
		return "a single table"
	case []map[string]any:
		return "tables"
	case []any:
		return "a list"
	}
	return fmt.Sprintf("a %T", v)
}
