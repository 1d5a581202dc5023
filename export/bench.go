package export

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"failsim/measure"
	"failsim/rows"
)

// Setting is a configuration line of the Go benchmark format: `key: value`.
type Setting struct{ Key, Value string }

// Benchmarks writes the first trials in the Go benchmark format, a line for each trial and metric: repeated samples, whose
// spread is that between trials. The iterations are the number of values that the trial has, the figure is their mean, and a
// trial without a value has no line. settings come first, then which direction of a unit is better.
func Benchmarks(w io.Writer, settings []Setting, columns []measure.Column, trials Sample) error {
	out := bufio.NewWriter(w)
	for _, s := range settings {
		fmt.Fprintf(out, "%s: %s\n", s.Key, s.Value)
	}
	all := benchmarksOf(columns)
	better := betterOf(all)
	for _, unit := range slices.Sorted(maps.Keys(better)) {
		if direction := better[unit]; direction != "" {
			fmt.Fprintf(out, "Unit %s better=%s\n", unit, direction)
		}
	}
	for i := range all {
		all[i].write(out, trials)
	}
	return out.Flush()
}

// Sample is the numbers of some trials, by trial and column.
type Sample [][]int64

// ReadSample reads the numbers of the first trials, most of them at most.
func ReadSample(columns []measure.Column, trials *rows.Trials, most int64) (s Sample, err error) {
	var names []string
	for _, c := range columns {
		names = append(names, c.Name)
	}
	for row, err := range trials.Rows(names) {
		if err != nil {
			return nil, err
		}
		if int64(len(s)) == most {
			break
		}
		s = append(s, slices.Clone(row))
	}
	return s, nil
}

// benchmark is a metric as one observer sees it.
type benchmark struct {
	name, unit, better string
	column             *measure.Column // the value, or the sum of the values
	at, count          int             // the places of that column, and of the number of values: -1 where there is one in each trial
}

func benchmarksOf(columns []measure.Column) (all []benchmark) {
	metrics := map[string]measure.Metric{}
	for _, m := range measure.Metrics() {
		metrics[m.Name] = m
	}
	count := -1
	for i := range columns {
		c := &columns[i]
		if c.Count {
			count = i
			continue
		}
		m := metrics[c.Metric]
		unit := m.Unit
		if unit == "s" {
			unit = "sec" // as benchstat has it
		}
		b := benchmark{
			name: camel(c.Metric) + "/observer=" + c.Observer, unit: unit + "/" + m.Per, better: m.Better,
			column: c, at: i, count: -1,
		}
		if c.Sum {
			b.count = count
		}
		all = append(all, b)
	}
	return all
}

// betterOf tells which direction of each unit is better; none where its metrics do not agree.
func betterOf(all []benchmark) map[string]string {
	better := map[string]string{}
	for _, b := range all {
		direction := b.better
		if seen, ok := better[b.unit]; direction == "none" || ok && seen != direction {
			direction = ""
		}
		better[b.unit] = direction
	}
	return better
}

// write writes a line for each trial that has values.
func (b *benchmark) write(out *bufio.Writer, trials Sample) {
	for _, row := range trials {
		n, figure := int64(1), string(appendFigure(nil, b.column, row[b.at]))
		if b.count >= 0 {
			if n = row[b.count]; n == 0 {
				continue
			}
			figure = strconv.FormatFloat(sixDigits(b.column.Scale*float64(row[b.at])/float64(n)), 'g', -1, 64)
		}
		fmt.Fprintf(out, "Benchmark%s %d %s %s\n", b.name, n, figure, b.unit)
	}
}

// camel writes write_outage as WriteOutage.
func camel(name string) string {
	var text strings.Builder
	for word := range strings.SplitSeq(name, "_") {
		text.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return text.String()
}
