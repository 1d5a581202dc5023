package measure

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The columns of a trial are its figures: number and sum of what can happen several times, and the values that it has one of.
func TestRowHasTheNumbersOfTheTrial(t *testing.T) {
	tally := NewTally(twoGroups())
	columns := tally.Columns()
	row := make([]int64, len(columns))
	if err := tally.AddRow(twoFailovers(), row); err != nil {
		t.Fatal(err)
	}
	got := map[string]int64{}
	for i, c := range columns {
		got[c.Name] = row[i]
	}
	const s = 1_000_000_000
	want := map[string]int64{
		"write_outage_n": 2, "write_outage_sum_ns": 50 * s, // 20 s and 30 s
		"write_outage_endpoint_n": 2, "write_outage_endpoint_sum_ns": 60*s + s/2, // 30.5 s and 30 s
		"longest_write_outage_ns": 30 * s, "total_write_outage_ns": 50 * s,
		"longest_write_outage_endpoint_ns": 30*s + s/2, "total_write_outage_endpoint_ns": 60*s + s/2,
		"write_unavailability_ns":          30 * s, // 20 s and, of 30 s, the 10 s before the horizon
		"group_unavailability_endpoint_ns": 40*s + s/2,
		"promotion_n":                      2, "promotion_sum_ns": 50 * s,
		"recovery_n": 2, "recovery_sum_ns": 600 * s, // 400 s and, cut short, 200 s
		"lost_tail_n": 2, "lost_tail_sum_ns": 1*s + s/40,
		"lost_writes_n": 1, "lost_writes_sum": 2, // 25 ms at 100/s; sessions has no writes
		"failed_writes": 2000, // 20 s at 100/s
		"makespan_n":    1, "makespan_sum_ns": 600 * s,
		"covered_n": 1, "covered_sum": s / 4, // 1 of 4, over 10^9
		"accepted_calls_sum": 1, "refused_calls_sum": 2,
	}
	for name, v := range want {
		if n, ok := got[name]; !ok || n != v {
			t.Errorf("%s is %d, %v; want %d", name, n, ok, v)
		}
	}
}

// Offset + Scale·number is the figure, in the metric's unit.
func TestColumnsScaleToFigures(t *testing.T) {
	tally := NewTally(twoGroups())
	row := make([]int64, len(tally.Columns()))
	if err := tally.AddRow(twoFailovers(), row); err != nil {
		t.Fatal(err)
	}
	s := tally.Summary(Info{Confidence: 0.95})
	compared := 0
	for i, c := range tally.Columns() {
		if c.Count || c.Sum {
			continue
		}
		compared++
		m := find(t, s, c.Metric, c.Observer)
		if got := sixDigits(c.Offset + c.Scale*float64(row[i])); sixDigits(mean(m.Figures)) != got {
			t.Errorf("%s: %v; the summary has %v", c.Name, got, mean(m.Figures))
		}
	}
	if compared < 8 {
		t.Errorf("only %d columns of trials", compared)
	}
}

func TestAddRowAddsAsAddDoes(t *testing.T) {
	plain, rows := NewTally(twoGroups()), NewTally(twoGroups())
	row := make([]int64, len(rows.Columns()))
	for range 3 {
		if err := plain.Add(twoFailovers()); err != nil {
			t.Fatal(err)
		}
		if err := rows.AddRow(twoFailovers(), row); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(plain.State(), rows.State()); diff != "" {
		t.Error(diff)
	}
}

func TestColumnNamesAreUnique(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range NewTally(twoGroups()).Columns() {
		if seen[c.Name] {
			t.Errorf("two columns %s", c.Name)
		}
		seen[c.Name] = true
	}
}
