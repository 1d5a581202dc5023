package report

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"failsim/measure"
)

// section is a question that a planner asks, with the metrics that answer it.
type section struct {
	title, explanation string
	metrics            []string
}

// sections are in the order in which a planner asks.
var sections = []section{
	{"Writes impossible", "how long no primary could be reached", []string{
		"write_outage", "group_write_outage", "fleet_write_outage", "longest_write_outage", "total_write_outage"}},
	{"Reads impossible", "how long no node, or no replica, could be read", []string{"read_outage", "replica_read_outage"}},
	{"Lost data", "acknowledged writes that the next primary does not have", []string{"lost_tail", "lost_writes", "data_losses"}},
	{"Failed requests", "what the outages cost at the given rates", []string{
		"failed_writes", "failed_reads", "peak_reads_per_node"}},
	{"Availability", "share of the horizon", []string{"write_availability", "group_availability"}},
	{"Redundancy", "how long fewer replicas than configured were healthy", []string{"reduced_redundancy"}},
	{"Phases of a failover", "where the time goes", []string{
		"detection", "promotion", "propagation", "call_to_completed", "recovery"}},
	{"Campaigns", "what it takes to test every shard", []string{
		"makespan", "covered", "accepted_calls", "refused_calls"}},
}

// columns are the quantiles shown. Where more is better, the bad cases lie at the other end.
var (
	columnsBelow = []string{"p50", "p90", "p95", "p99", "max"}
	columnsAbove = []string{"p50", "p5", "p1", "min"}
)

// layout is the metrics table as one grid, so that its columns line up, and what goes between its rows.
type layout struct {
	grid
	before  map[int][]func() // by row: what to write ahead of it
	columns []string         // as named last
}

// metrics writes the figures, section by section.
func (p *page) metrics() error {
	l := &layout{grid: grid{aligns: "lrlrrrrrr"}, before: map[int][]func(){}}
	known := map[string]bool{}
	for _, sec := range sections {
		p.section(l, sec)
		for _, name := range sec.metrics {
			known[name] = true
		}
	}
	other := section{title: "Others"}
	for _, m := range p.summary.Metrics {
		if !known[m.Name] && !slices.Contains(other.metrics, m.Name) {
			other.metrics = append(other.metrics, m.Name)
		}
	}
	p.section(l, other)
	lines, err := l.render()
	if err != nil {
		return err
	}
	for i, line := range append(lines, "") {
		for _, write := range l.before[i] {
			write()
		}
		if i < len(lines) {
			p.printf("%s\n", line)
		}
	}
	return nil
}

// next writes something between the rows so far and the next.
func (l *layout) next(write func()) { l.before[len(l.rows)] = append(l.before[len(l.rows)], write) }

// section lays out the metrics of one question: those of which less is better, then those of which more is.
func (p *page) section(l *layout, sec section) {
	titled := false
	var last measure.MetricSummary
	for _, columns := range [][]string{columnsBelow, columnsAbove} {
		for _, m := range p.pick(sec.metrics) {
			if (m.Better == "higher") != (len(columns) == len(columnsAbove)) {
				continue
			}
			if !titled {
				l.next(func() { p.title(sec.title, sec.explanation) })
				titled = true
			}
			l.head(columns)
			label := "  " + m.Name
			switch {
			case m.Name == last.Name:
				label = "    @" + m.Observer
			case m.Observer == "endpoint":
				label += "@" + m.Observer
			}
			if m.Name == last.Name && m.N > 0 && sameFigures(m.Figures, last.Figures) {
				l.add(label, count(m.N), values(m), "the same")
			} else {
				p.metric(l, m, label)
			}
			if text := aboveZero(m.Figures, p.summary.Confidence); text != "" {
				l.next(func() { p.wrap("    ", "      ", text) })
			}
			last = m
		}
	}
}

// aboveZero says in which share of the trials anything was lost, where that is known.
func aboveZero(f measure.Figures, confidence float64) string {
	p := f.AboveZero
	if p == nil || p.Low == nil || p.High == nil {
		return ""
	}
	share := func(v float64) string { return strconv.FormatFloat(100*v, 'g', 3, 64) + "%" }
	return fmt.Sprintf("above 0 in %s of trials; the %s interval is %s to %s", share(p.Value), percent(confidence), share(*p.Low), share(*p.High))
}

// values is the word for what n counts.
func values(m measure.MetricSummary) string {
	return strings.TrimPrefix(plural(m.N, m.Per), count(m.N)+" ")
}

// sameFigures tells whether two observers saw the same.
func sameFigures(a, b measure.Figures) bool {
	a.Warnings, b.Warnings = nil, nil
	return reflect.DeepEqual(a, b)
}

// head writes the names of the columns where they change.
func (l *layout) head(columns []string) {
	if !slices.Equal(l.columns, columns) {
		l.columns = columns
		l.add(append([]string{"", "n", "", "mean"}, columns...)...)
	}
}

// pick returns the metrics of those names.
func (p *page) pick(names []string) (picked []measure.MetricSummary) {
	for _, name := range names {
		for _, m := range p.summary.Metrics {
			if m.Name == name {
				picked = append(picked, m)
			}
		}
	}
	return picked
}

// metric adds the row of a metric, and those of its members where the reader wants them.
func (p *page) metric(l *layout, m measure.MetricSummary, label string) {
	sc := scaleOf(m.Unit, m.Figures)
	l.add(append([]string{label}, p.figures(m, sc, l.columns)...)...)
	var members map[string]measure.Figures
	switch {
	case p.style.ByGroups && m.Name == "write_outage":
		members = m.By["group"]
	case m.Per == "campaign" && len(m.By["campaign"]) > 1:
		members = m.By["campaign"]
	}
	indent := label[:len(label)-len(strings.TrimLeft(label, " "))] + "  "
	for _, name := range sortedKeys(members) {
		of := m
		of.Figures = members[name]
		l.add(append([]string{indent + name}, p.figures(of, sc, l.columns)...)...)
	}
}

// figures are the cells of a row from n on.
func (p *page) figures(m measure.MetricSummary, sc scale, columns []string) []string {
	f := m.Figures
	cells := []string{count(f.N), values(m), sc.mean(f)}
	if f.N == 0 {
		return append(cells[:2], "none")
	}
	if f.Censored > 0 && f.Mean != nil {
		cells[2] = lowerBound + cells[2]
	}
	for _, name := range columns {
		cells = append(cells, p.cell(f, sc, name))
	}
	for _, cell := range cells {
		p.dashes = p.dashes || cell == missing
		p.bounds = p.bounds || strings.HasPrefix(cell, lowerBound)
	}
	return cells
}

func (p *page) cell(f measure.Figures, sc scale, name string) string {
	switch name {
	case "max":
		if f.Censored > 0 && f.Max != nil {
			return lowerBound + sc.show(*f.Max)
		}
		return sc.show(orNaN(f.Max))
	case "min":
		return sc.show(orNaN(f.Min))
	}
	cell := sc.show(quantile(f, name))
	if f.Censored > 0 && strings.Contains(f.Quantiles[name].Method, measure.MethodLowerBound) {
		return lowerBound + cell
	}
	return cell
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
