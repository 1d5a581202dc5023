package main

import (
	"strings"
	"testing"
	"time"
)

// A row of a node timeout of a second that the source allows, and rows that it does not.
func TestRowsAreHeldAgainstTheSource(t *testing.T) {
	good := newRow()
	good.fail, good.promoted, good.write = 1500*time.Millisecond, 2300*time.Millisecond, 2301*time.Millisecond
	manual := newRow()
	manual.promoted, manual.write = 30*time.Millisecond, 31*time.Millisecond
	minority := newRow()
	minority.stops = 1300 * time.Millisecond
	for _, c := range []struct {
		name   string
		row    row
		change func(*row)
		want   string // of the error; empty: none
	}{
		{"crash", good, func(*row) {}, ""},
		{"crash", good, func(r *row) { r.fail = 999 * time.Millisecond }, "until FAIL"},
		{"crash", good, func(r *row) { r.fail = unseen }, "until FAIL"},
		{"crash", good, func(r *row) { r.promoted = r.fail + 400*time.Millisecond }, "from FAIL until promoted"},
		{"crash", good, func(r *row) { r.promoted = r.fail + 2200*time.Millisecond }, "from FAIL until promoted"},
		{"crash", good, func(r *row) { r.promoted = unseen }, "nothing was promoted"},
		{"crash", good, func(r *row) { r.write = unseen }, "no write"},
		{"crash", good, func(r *row) { r.write += 2 * time.Second }, "until a write"},
		{"manual", manual, func(*row) {}, ""},
		{"manual", manual, func(r *row) { r.fail = time.Second }, "was taken for failed"},
		{"manual", manual, func(r *row) { r.promoted = 6100 * time.Millisecond }, "until promoted"},
		{"minority", minority, func(*row) {}, ""},
		{"minority", minority, func(r *row) { r.stops = unseen }, "until writes stop"},
	} {
		r := c.row
		c.change(&r)
		err := r.check(options{name: c.name, shape: shape{timeout: time.Second, replicas: 1}})
		if got := errorText(err); c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
