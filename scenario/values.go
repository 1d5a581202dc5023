package scenario

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"failsim/dist"
	"failsim/sim"
	"failsim/words"
)

const offsetRule = "a date or time without an offset; write an offset, such as Z"

// hasOffset tells an offset datetime from the local dates and times of TOML, which the parser marks by their zone.
func hasOffset(t time.Time) bool {
	switch t.Location().String() {
	case "datetime-local", "date-local", "time-local":
		return false
	}
	return true
}

// instant reads a value as an instant of the trial: a duration since the start, or a datetime.
func (d *document) instant(value any) (sim.Time, error) {
	switch v := value.(type) {
	case string:
		span, err := dist.ParseDuration(v)
		if err != nil && strings.Count(v, "-") >= 2 {
			return d.quotedDate(v)
		}
		return sim.Time(span), err
	case time.Time:
		if !hasOffset(v) {
			return 0, errors.New(offsetRule)
		}
		return sim.Time(v.Sub(d.start)), nil
	}
	return 0, fmt.Errorf(`%s; want a duration such as "10m" or a date and time such as 2026-01-01T12:00:00Z`,
		describe(value))
}

// quotedDate reads a datetime in quotes, which JSON alone needs.
func (d *document) quotedDate(text string) (sim.Time, error) {
	if !d.json {
		return 0, fmt.Errorf("the text %s; write a date and time without quotes", words.Quote(text))
	}
	date, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return 0, fmt.Errorf("the text %s; want a date and time with an offset, such as 2026-01-01T12:00:00Z", words.Quote(text))
	}
	return sim.Time(date.Sub(d.start)), nil
}

// at reads the required instant at which something happens; it lies between the start and the horizon.
func (t *table) at() sim.Time {
	if !t.need("at", `an instant such as "10m"`) {
		return 0
	}
	return t.within("at")
}

func (t *table) within(name string) sim.Time {
	at, err := t.doc.instant(t.get(name))
	switch {
	case err != nil:
		t.wrong(name, "%v", err)
	case at < 0:
		t.wrong(name, "before the start; want an instant from the start to the horizon")
	case at > sim.Time(t.doc.horizon):
		t.wrong(name, "after the horizon of %s; no new call, fault or failure after the horizon",
			dist.FormatDuration(t.doc.horizon))
	default:
		return at
	}
	return 0
}

// status reads a status and until when it holds.
func (t *table) status(allowed []sim.Status) (sim.Status, sim.Time) {
	status := allowed[t.choice("status", sim.StatusAvailable.String(), statusWords(allowed)...)]
	if !t.has("status_until") {
		return status, sim.Never
	}
	until, err := t.doc.instant(t.get("status_until"))
	switch {
	case err != nil:
		t.wrong("status_until", "%v", err)
	case until <= 0:
		t.wrong("status_until", "not after the start; want a later instant")
	case !t.doc.wrong[t.key("status")]:
		return status, until
	}
	return status, sim.Never
}

// byteUnits are the units of sizes and, with /s, of rates.
var byteUnits = []struct {
	name  string
	bytes float64
}{
	{"B", 1}, {"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12},
	{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40},
}

const (
	sizeRule = `want a size with a unit (B, kB, MB, GB, TB, KiB, MiB, GiB, TiB), such as "20GiB"`
	rateRule = `want a rate with a unit (B/s, kB/s, MB/s, GB/s, KiB/s, MiB/s, GiB/s), such as "100MB/s"`
)

// parseSize reads a size in bytes, rounded to whole ones.
func parseSize(text string) (int64, error) {
	number := strings.TrimRight(text, "BkKMGTi ")
	unit := strings.TrimLeft(text[len(number):], " ")
	value, err := strconv.ParseFloat(number, 64)
	if err != nil || strings.Trim(number, "0123456789.") != "" {
		return 0, fmt.Errorf("%s; %s", words.Quote(text), sizeRule)
	}
	for _, u := range byteUnits {
		if u.name != unit {
			continue
		}
		bytes := math.Round(value * u.bytes)
		if bytes >= 1<<62 {
			return 0, fmt.Errorf("%s is beyond any size", words.Quote(text))
		}
		return int64(bytes), nil
	}
	if unit == "" {
		return 0, fmt.Errorf("%s has no unit; %s", words.Quote(text), sizeRule)
	}
	return 0, fmt.Errorf("no unit %s; %s", words.Quote(unit), sizeRule)
}

// parseRate reads bytes per second.
func parseRate(text string) (int64, error) {
	size, ok := strings.CutSuffix(text, "/s")
	rate, err := parseSize(size)
	switch {
	case !ok || err != nil:
		return 0, fmt.Errorf("%s; %s", words.Quote(text), rateRule)
	case rate < 1 || rate > 1<<40:
		return 0, fmt.Errorf("%s; want 1B/s to 1TiB/s", words.Quote(text))
	}
	return rate, nil
}

// size reads a size; the fallback is written as in a scenario.
func (t *table) size(name, fallback string) int64 {
	other, err := parseSize(fallback)
	if err != nil {
		panic("scenario: default of " + t.key(name) + ": " + err.Error())
	}
	text, ok := t.get(name).(string)
	switch {
	case !t.has(name):
		return other
	case !ok:
		t.wrong(name, "%s; %s", describe(t.get(name)), sizeRule)
		return other
	}
	bytes, err := parseSize(text)
	if err != nil {
		t.wrong(name, "%v", err)
		return other
	}
	return bytes
}
