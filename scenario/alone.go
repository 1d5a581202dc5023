package scenario

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"failsim/sim"
)

// ReadFault reads one fault, to be injected into a World that plays cfg (World.Config): the keys of a [[fault]], as TOML with or
// without that heading, or as a JSON object. Where `at` is left out it strikes immediately (sim.Immediately), and World.Inject judges
// what depends on the instant. The kind api-blocked gives sim.FaultAPIBlocked. Mistakes come as Errors, as in a file.
func ReadFault(cfg *sim.Config, text []byte) (sim.FaultConfig, error) {
	doc := &document{file: "fault", wrong: map[string]bool{}, start: cfg.Start, horizon: cfg.Horizon,
		defaults: &defaults{all: sim.Defaults(), used: map[string]bool{}}}
	r := newReader(doc)
	r.cfg, r.alone = *cfg, true
	r.cfg.Calls = nil // it is the calls made so far that count
	r.multiAZ = everMultiAZ(&r.cfg)
	for i := range cfg.Groups {
		r.groupByID[cfg.Groups[i].ID] = i
	}
	t, err := doc.openAlone("fault", text)
	if err != nil {
		return sim.FaultConfig{}, err
	}
	f, _ := r.readAnyFault(t, faultKinds())
	if len(doc.mistakes) > 0 {
		sortByLine(doc.mistakes)
		return sim.FaultConfig{}, Errors(doc.mistakes)
	}
	return f, nil
}

// openAlone gives the only table of a text: the text itself, or what stands under [[name]] or [name].
func (d *document) openAlone(name string, text []byte) (*table, error) {
	open := d.open
	if bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")) {
		open = d.openJSON
	}
	root, err := open(string(text))
	if err != nil || root.values[name] == nil {
		return root, err
	}
	var t *table
	if _, array := root.values[name].([]map[string]any); array {
		tables := root.tables(name)
		if t = tables[0]; len(tables) > 1 {
			d.mistake(element(name, 1), "a second %s; want one", name)
		}
	} else {
		t = root.table(name)
	}
	if root.close(); len(d.mistakes) > 0 {
		return nil, Errors(d.mistakes)
	}
	return t, nil
}

// openJSON parses a JSON object as open does TOML. It has no lines: all is told as of line 1.
func (d *document) openJSON(text string) (*table, error) {
	if len(text) > largest {
		return nil, Errors{{d.file, 1, "syntax", fmt.Sprintf("%d bytes; want %d at most", len(text), largest)}}
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	values := map[string]any{}
	err := decoder.Decode(&values)
	if err == nil {
		if _, more := decoder.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("more than one object; want one")
		}
	}
	if err != nil {
		return nil, Errors{{d.file, 1, "syntax", err.Error()}}
	}
	if _, err := asTOML(values); err != nil {
		return nil, Errors{{d.file, 1, "syntax", err.Error()}}
	}
	d.json = true
	return &table{doc: d, values: values}, nil
}

// asTOML gives a JSON value as the parser of TOML would: whole numbers are integers. What TOML does not have is refused.
func asTOML(value any) (any, error) {
	switch v := value.(type) {
	case nil:
		return nil, errors.New("null; leave the key out")
	case json.Number:
		if whole, err := v.Int64(); err == nil {
			return whole, nil
		}
		return v.Float64()
	case []any:
		for i := range v {
			element, err := asTOML(v[i])
			if err != nil {
				return nil, err
			}
			v[i] = element
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			element, err := asTOML(v[key])
			if err != nil {
				return nil, fmt.Errorf("%s: %w", key, err)
			}
			v[key] = element
		}
	}
	return value, nil
}
