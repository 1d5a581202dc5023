package report

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"failsim/measure"
	"failsim/words"
)

// htmlTable is a table of texts. The first cell of a row is its head.
type htmlTable struct {
	Caption string
	Head    []string
	Rows    [][]string
	// Numeric has a letter for each column: l for words, r for numbers, which are set in line; t for numbers that keep left.
	Numeric string
}

// Class is how a column is set.
func (t htmlTable) Class(column int) string {
	if t.Numeric[min(column, len(t.Numeric)-1)] == 'r' {
		return "num"
	}
	return ""
}

// verdictRow is a threshold in the page.
type verdictRow struct{ Mark, Verdict, Figure, Limit, Is, Grounds string }

// verdictRows are the thresholds, those that failed first.
func verdictRows(s *measure.Summary) (rows []verdictRow) {
	ordered := slices.Clone(s.Thresholds)
	slices.SortStableFunc(ordered, func(a, b measure.Verdict) int { return rank(a.Verdict) - rank(b.Verdict) })
	for i := range ordered {
		v := &ordered[i]
		rows = append(rows, verdictRow{mark(v.Verdict), v.Verdict, v.Figure().String(),
			inWordsOfPage(v, limitText(v)), inWordsOfPage(v, strings.TrimPrefix(verdictFigure(v), "is ")), grounds(v)})
	}
	return rows
}

var figureText = regexp.MustCompile(`-?\d[\d,]*(\.\d+)?`)

// inWordsOfPage writes the figures in a text about a threshold as the page does: a ratio in percent, and four significant
// digits but where those would bring a figure onto the limit that it is not at.
func inWordsOfPage(v *measure.Verdict, text string) string {
	limit := orNaN(v.AtMost)
	if v.AtLeast != nil {
		limit = *v.AtLeast
	}
	return figureText.ReplaceAllStringFunc(text, func(figure string) string {
		exactly, err := strconv.ParseFloat(strings.ReplaceAll(figure, ",", ""), 64)
		if err != nil {
			return figure
		}
		short := roundTo(exactly, 4)
		if exactly == limit || short == limit || exactly >= 1000 || v.Unit == "ratio" && exactly > 0.5 {
			short = exactly
		}
		if v.Unit == "ratio" {
			return tickText(float64(100*short)) + "%"
		}
		return tickText(short)
	})
}

// metricSection is a planner's question with the metrics that answer it.
type metricSection struct {
	ID, Title, Text string
	Metrics         []metricView
}

// metricView is one metric: its figures in a table, its charts if there are any, what is doubtful about it.
type metricView struct {
	ID, Title, Means, Name string
	Figures                *htmlTable // nil: there is no value
	Members                *htmlTable // by group and campaign; nil: there are not several
	Open                   bool       // the members are shown at once: all values together are of unlike things
	Details                htmlTable  // every figure with its interval
	Chart                  *chart
	Note                   string // why there is no chart
	Warnings               []string
}

// metricSections lays all metrics out.
func metricSections(s *measure.Summary, distributions []measure.Distribution) (out []metricSection) {
	known := map[string]bool{}
	all := slices.Clone(sections)
	for _, sec := range sections {
		for _, name := range sec.metrics {
			known[name] = true
		}
	}
	other := section{title: "Others"}
	for _, m := range s.Metrics {
		if !known[m.Name] && !slices.Contains(other.metrics, m.Name) {
			other.metrics = append(other.metrics, m.Name)
		}
	}
	for _, sec := range append(all, other) {
		shown := metricSection{ID: "on-" + slug(sec.title), Title: sec.title, Text: sec.explanation}
		var before [][]measure.MetricSummary
		for _, name := range sec.metrics {
			seen := observersOf(s, name)
			if len(seen) == 0 {
				continue
			}
			v := newMetricView(s, seen)
			v.draw(seen, before, distributions)
			shown.Metrics = append(shown.Metrics, v)
			before = append(before, seen)
		}
		if len(shown.Metrics) > 0 {
			out = append(out, shown)
		}
	}
	return out
}

func slug(title string) string { return strings.ReplaceAll(strings.ToLower(title), " ", "-") }

// observersOf gives a metric as each observer sees it.
func observersOf(s *measure.Summary, name string) (seen []measure.MetricSummary) {
	for _, m := range s.Metrics {
		if m.Name == name {
			seen = append(seen, m)
		}
	}
	return seen
}

func newMetricView(s *measure.Summary, seen []measure.MetricSummary) metricView {
	first := seen[0]
	w := wordsOf(first.Name)
	v := metricView{ID: "metric-" + first.Name, Title: w.title, Means: w.means, Name: first.Name}
	if text := aboveZero(first.Figures, s.Confidence); text != "" {
		v.Means += ": " + text
	}
	v.Details = intervalsTable(seen)
	for _, m := range seen {
		for _, text := range m.Warnings {
			if m.N > 0 && !slices.Contains(v.Warnings, text) && !v.isAside(text, m.Figures) {
				v.Warnings = append(v.Warnings, text)
			}
		}
	}
	f := figureRows{page: &page{summary: s}, first: first, columns: columnsBelow}
	if first.Better == "higher" {
		f.columns = columnsAbove
	}
	v.Figures, v.Members, v.Open = f.observers(seen), f.members(), first.Per == "campaign"
	return v
}

// isAside tells a warning about quantiles that the table does not show, since what it shows is supported.
func (v *metricView) isAside(warning string, f measure.Figures) bool {
	_, high := f.Quantiles["p99"]
	_, low := f.Quantiles["p1"]
	return high && low && strings.HasPrefix(warning, measure.UnsupportedQuantiles)
}

// draw adds the chart, or says why there is none. before are the metrics that the section already has.
func (v *metricView) draw(seen []measure.MetricSummary, before [][]measure.MetricSummary, distributions []measure.Distribution) {
	var differing []measure.MetricSummary
	for _, m := range seen {
		if m.N > 0 && (len(differing) == 0 || !sameFigures(m.Figures, differing[0].Figures)) {
			differing = append(differing, m)
		}
	}
	if len(differing) == 0 {
		v.Note = "There was none in any trial."
		return
	}
	for _, other := range before {
		if slices.EqualFunc(seen, other, func(a, b measure.MetricSummary) bool { return sameFigures(a.Figures, b.Figures) }) {
			v.Note, v.Warnings = "All figures are those of "+other[0].Name+", and so is the curve.", nil
			return
		}
	}
	if distributions == nil {
		return
	}
	if v.Chart = newChart(differing, distributions); v.Chart == nil {
		v.Note = "All values are the same: there is nothing to draw."
	}
}

// figureRows makes tables with the columns of the text table.
type figureRows struct {
	page    *page
	first   measure.MetricSummary
	columns []string
}

func (f *figureRows) table(caption string) *htmlTable {
	return &htmlTable{Caption: wordsOf(f.first.Name).title + ": " + caption,
		Head: append(append([]string{""}, f.columns...), "mean", "n"), Numeric: "lr"}
}

// row shows figures of the metric in a scale of their own.
func (f *figureRows) row(label string, m measure.MetricSummary) []string {
	if m.N == 0 {
		return append(append([]string{label}, slices.Repeat([]string{missing}, len(f.columns)+1)...), "0")
	}
	cells := f.page.figures(m, scaleOf(m.Unit, m.Figures), f.columns)
	return append(append([]string{label}, cells[3:]...), cells[2], cells[0]+" "+cells[1])
}

// observers has a row for each observer.
func (f *figureRows) observers(seen []measure.MetricSummary) *htmlTable {
	t := f.table("figures")
	found := false
	for i, m := range seen {
		found = found || m.N > 0
		if i > 0 && m.N > 0 && sameFigures(m.Figures, f.first.Figures) {
			same := slices.Repeat([]string{"the same"}, len(f.columns)+1)
			t.Rows = append(t.Rows, append(append([]string{m.Observer}, same...), count(m.N)+" "+values(m)))
			continue
		}
		t.Rows = append(t.Rows, f.row(m.Observer, m))
	}
	if !found {
		return nil
	}
	return t
}

// members has a row for each group and each campaign, where there are several.
func (f *figureRows) members() *htmlTable {
	t := f.table("by group and campaign, as the " + f.first.Observer + " sees it")
	for _, way := range []string{"group", "campaign"} {
		members := f.first.By[way]
		names := sortedKeys(members)
		if len(names) < 2 {
			continue
		}
		for _, name := range names[:min(len(names), mostMembers)] {
			of := f.first
			of.Figures = members[name]
			t.Rows = append(t.Rows, f.row(way+" "+name, of))
		}
		if more := len(names) - mostMembers; more > 0 {
			t.Caption += "; " + count(int64(more)) + " more by " + way + " are in summary.json"
		}
	}
	if len(t.Rows) == 0 {
		return nil
	}
	return t
}

// mostMembers is how many groups or campaigns a table has.
const mostMembers = 20

// intervalsTable has every figure of each observer, with its interval and how that was made.
func intervalsTable(seen []measure.MetricSummary) htmlTable {
	t := htmlTable{
		Caption: wordsOf(seen[0].Name).title + ": intervals",
		Head:    []string{"figure", "value", "interval, low", "interval, high", "how"},
		Numeric: "lrrrl",
	}
	for _, m := range seen {
		row := func(name string, e measure.Estimate) {
			low, high := missing, missing
			if e.Low != nil {
				low = exact(m.Unit, *e.Low)
			}
			if e.High != nil {
				high = exact(m.Unit, *e.High)
			}
			t.Rows = append(t.Rows, []string{m.Observer + ": " + name, exact(m.Unit, e.Value), low, high, e.Method})
		}
		if m.Mean != nil {
			row("mean", *m.Mean)
		}
		for _, name := range []string{"p1", "p5", "p50", "p90", "p95", "p99", "p999"} {
			if q, ok := m.Quantiles[name]; ok {
				row(name, q)
			}
		}
		for _, end := range []struct {
			name string
			v    *float64
		}{{"min", m.Min}, {"max", m.Max}} {
			if end.v != nil {
				row(end.name, measure.Estimate{Value: *end.v, Method: "as seen"})
			}
		}
	}
	return t
}

// callsTable is what became of all calls.
func callsTable(s *measure.Summary) *htmlTable {
	c := s.Calls
	if c.Made == 0 {
		return nil
	}
	t := &htmlTable{Caption: "Calls to TestFailover, over all trials", Head: []string{"answer", "calls", "a trial", "share"}, Numeric: "lrrr"}
	row := func(name string, n int64) {
		t.Rows = append(t.Rows, []string{name, count(n), words.Group(strconv.FormatFloat(float64(n)/float64(max(1, s.Trials)), 'f', 2, 64)),
			share(n, c.Made)})
	}
	row("made", c.Made)
	row("accepted", c.Accepted)
	for _, code := range sortedKeys(c.Refused) {
		row("refused: "+code, c.Refused[code])
	}
	return t
}

// assumptionsTable lists the inferred defaults in use.
func assumptionsTable(s *measure.Summary) *htmlTable {
	if len(s.Assumptions) == 0 {
		return nil
	}
	t := &htmlTable{Caption: "Inferred defaults in use", Head: []string{"default", "value", "grade", "source"}, Numeric: "llll"}
	for _, a := range s.Assumptions {
		t.Rows = append(t.Rows, []string{a.Name, a.Value, a.Grade, a.Source})
	}
	return t
}
