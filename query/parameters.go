package query

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"failsim/words"
)

// Err returns the first mistake that a getter met, an *Error with the code InvalidParameterValue, or nil.
func (q *Request) Err() error {
	if q.err == nil {
		return nil
	}
	return q.err
}

// Unknown returns the parameters that no getter has asked for, sorted.
func (q *Request) Unknown() []string {
	var unknown []string
	for _, name := range slices.Sorted(maps.Keys(q.values)) {
		if !q.asked[name] {
			unknown = append(unknown, name)
		}
	}
	return unknown
}

// String returns the parameter's value, "" where it is absent.
func (q *Request) String(name string) string {
	value, _ := q.lookup(name)
	return value
}

// Required returns the value of a parameter that must be given and not be blank.
func (q *Request) Required(name string) string {
	value := q.String(name)
	if strings.TrimSpace(value) == "" {
		q.fail("The parameter %s must be provided and must not be blank.", name)
	}
	return value
}

// MaxID is how many bytes the name of something has at most; the services that failsim knows take 255 at most.
const MaxID = 255

// ID is String for the name of something: MaxID bytes at most, and not a part of the request's memory, so that it may be kept.
func (q *Request) ID(name string) string {
	value := q.String(name)
	if len(value) > MaxID {
		q.fail("The parameter %s has %d bytes. Must be at most %d", name, len(value), MaxID)
		return ""
	}
	return strings.Clone(value)
}

// RequiredID is ID for a parameter that must be given and not be blank.
func (q *Request) RequiredID(name string) string {
	q.Required(name)
	return q.ID(name)
}

// Bool returns whether the parameter is true, and whether it is given at all.
func (q *Request) Bool(name string) (value, given bool) {
	text, given := q.lookup(name)
	switch {
	case !given:
	case strings.EqualFold(text, "true"):
		value = true
	case !strings.EqualFold(text, "false"):
		q.fail("Invalid value %s for %s. Must be true or false", words.Quote(text), name)
	}
	return value, given
}

// Int returns a whole number from least to most, or def where the parameter is absent. The text of the refusal is the one
// that RDS gives for MaxRecords (terraform-provider-aws #37221).
func (q *Request) Int(name string, least, most, def int) int {
	text, given := q.lookup(name)
	if !given {
		return def
	}
	n, err := strconv.Atoi(text)
	switch {
	case err != nil:
		q.fail("Invalid value %s for %s. Must be a whole number between %d and %d", words.Quote(text), name, least, most)
		return def
	case n < least || n > most:
		q.fail("Invalid value %d for %s. Must be between %d and %d", n, name, least, most)
		return def
	}
	return n
}

// timestamp is stricter than time.Parse, which takes a comma, one digit of hours, and drops the tenth digit of a fraction.
var timestamp = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$`)

// Time returns an instant of RFC 3339, with up to nine digits of a second's fraction, in UTC. An absent parameter gives the
// zero time.
func (q *Request) Time(name string) time.Time {
	text, given := q.lookup(name)
	if !given {
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil || !timestamp.MatchString(text) {
		q.fail("Invalid value %s for %s. Must be an instant such as 2026-01-02T03:04:05.678Z", words.Quote(text), name)
		return time.Time{}
	}
	return at.UTC()
}

// List returns the items of `prefix.1`, `prefix.2` and so on; the prefix ends in the name of a member, as in
// CacheNodeIdsToReboot.CacheNodeId. Numbers must have no gap. `CacheNodeIdsToReboot=` is how clients send an empty list.
func (q *Request) List(prefix string) []string {
	if dot := strings.LastIndexByte(prefix, '.'); dot >= 0 && q.values[prefix[:dot]] == "" {
		q.asked[prefix[:dot]] = true
	}
	numbers := 0
	for name := range q.values {
		if digits, ok := strings.CutPrefix(name, prefix+"."); ok && isNumber(digits) {
			numbers++
		}
	}
	var items []string
	for i := range numbers {
		name := prefix + "." + strconv.Itoa(i+1)
		item, given := q.lookup(name)
		if !given {
			q.fail("%d items of %s, but no %s: items are numbered from 1 without gaps", numbers, prefix, name)
			return nil
		}
		items = append(items, item)
	}
	return items
}

func isNumber(digits string) bool {
	return digits != "" && strings.Trim(digits, "0123456789") == ""
}

// lookup notes that the parameter was asked for.
func (q *Request) lookup(name string) (value string, given bool) {
	value, given = q.values[name]
	q.asked[name] = true
	return value, given
}

func (q *Request) fail(format string, args ...any) {
	if q.err == nil {
		q.err = refuse(400, "InvalidParameterValue", format, args...)
	}
}
