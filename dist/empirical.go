package dist

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"failsim/words"
)

// maxValues bounds a file, so that it fits into memory with ease.
const maxValues = 1_000_000

// empirical reads from behind the opening parenthesis.
func (p *parser) empirical() (Delay, error) {
	if p.peek() == '"' {
		return p.empiricalFile()
	}
	var values []time.Duration
	for {
		word := p.word()
		if word == "" {
			return Delay{}, p.unexpected(`a time or a "file" in empirical`)
		}
		value, err := parameter(word)
		if err != nil {
			return Delay{}, fmt.Errorf("empirical: %w", err)
		}
		values = append(values, value)
		if !p.skip(',') {
			break
		}
	}
	if !p.skip(')') {
		return Delay{}, p.unexpected(`"," or ")" in empirical`)
	}
	slices.Sort(values)
	if values[0] == values[len(values)-1] {
		return Constant(values[0]), nil
	}
	return newEmpirical("", values), nil
}

func (p *parser) empiricalFile() (Delay, error) {
	quoted, err := strconv.QuotedPrefix(p.text[p.at:])
	if err != nil {
		return Delay{}, fmt.Errorf(`empirical: the name of the file %s lacks its closing "`, words.Quote(p.text[p.at:]))
	}
	p.at += len(quoted)
	name, err := strconv.Unquote(quoted)
	if err != nil {
		return Delay{}, fmt.Errorf("empirical: name of the file %s: %w", quoted, err)
	}
	if !p.skip(')') {
		return Delay{}, p.unexpected(`")" after the name of the file`)
	}
	if p.readFile == nil {
		return Delay{}, fmt.Errorf("empirical(%s): files are not allowed here; list the values", quoted)
	}
	content, err := p.readFile(name)
	if err != nil {
		return Delay{}, fmt.Errorf("empirical(%s): %w", quoted, err)
	}
	values, err := readValues(string(content))
	if err != nil {
		return Delay{}, fmt.Errorf("empirical(%s): %w", quoted, err)
	}
	return newEmpirical(name, values), nil
}

// newEmpirical takes sorted values, one at least.
func newEmpirical(file string, values []time.Duration) Delay {
	d := Delay{kind: empirical, file: file, values: values}
	return d.bounded(values[0], values[len(values)-1])
}

// readValues reads the first column of a file and sorts it.
func readValues(content string) ([]time.Duration, error) {
	content = strings.TrimPrefix(content, "\ufeff")
	var values []time.Duration
	number, first := 0, true
	for line := range strings.Lines(content) {
		number++
		cell := firstCell(line)
		if cell == "" || cell[0] == '#' {
			continue
		}
		heading := first && strings.IndexByte("0123456789.+-", cell[0]) < 0
		first = false
		if heading {
			continue
		}
		value, err := cellValue(cell)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		if values = append(values, value); len(values) > maxValues {
			return nil, fmt.Errorf("line %d: more than %d values", number, maxValues)
		}
	}
	if len(values) == 0 {
		return nil, errors.New("the file holds no values; it needs one duration, or number of seconds, a line")
	}
	slices.Sort(values)
	return values, nil
}

func firstCell(line string) string {
	if end := strings.IndexAny(line, ",;\t\r\n"); end >= 0 {
		line = line[:end]
	}
	return strings.TrimSpace(strings.Trim(strings.TrimSpace(line), `"`))
}

// cellValue reads a duration; a bare number counts seconds.
func cellValue(cell string) (time.Duration, error) {
	if strings.Trim(cell, "+-0123456789.") == "" {
		cell += "s"
	}
	return parameter(cell)
}
