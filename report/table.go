package report

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"failsim/measure"
	"failsim/words"
)

// width is what lines of text are wrapped to, in characters.
const width = 108

// Style is how a table is shown. The zero Style is plain.
type Style struct {
	Color    bool // section titles in bold, for terminals
	ByGroups bool // write_outage of every group under that of all of them
}

// Table writes the results of a run for a person to read.
func Table(w io.Writer, s *measure.Summary, style Style) error {
	p := &page{summary: s, style: style}
	p.head()
	if err := p.thresholds(); err != nil {
		return err
	}
	if err := p.metrics(); err != nil {
		return err
	}
	if err := p.calls(); err != nil {
		return err
	}
	p.legend()
	p.warnings()
	p.assumptions()
	p.notes()
	_, err := w.Write(p.out.Bytes())
	return err
}

// page is a table in the making.
type page struct {
	summary *measure.Summary
	style   Style
	out     bytes.Buffer
	dashes  bool // a figure was missing
	bounds  bool // a figure is a lower bound
}

func (p *page) printf(format string, args ...any) { fmt.Fprintf(&p.out, format, args...) }

// title starts a part of the page.
func (p *page) title(name, explanation string) {
	if p.style.Color {
		name = "\x1b[1m" + name + "\x1b[0m"
	}
	if explanation != "" {
		name += ": " + explanation
	}
	p.printf("\n%s\n", name)
}

// head says what ran, and then the answer in a sentence.
func (p *page) head() {
	s := p.summary
	p.printf("%s: %s, seed %d, %s intervals\n", s.Scenario, plural(s.Trials, "trial"), s.Seed, percent(s.Confidence))
	if s.Part != "" {
		p.printf("A part of the experiment only: %s; failsim merge puts the parts together\n", s.Part)
	}
	if s.Stopping != nil {
		p.wrap("", "  ", stopped(s))
	}
	if i := slices.IndexFunc(s.Metrics, isAnswer); i >= 0 {
		p.wrap("\n", "", p.answer(s.Metrics[i]))
	}
}

// stopped says at which precision the run ended.
func stopped(s *measure.Summary) string {
	stop := s.Stopping
	width := cmp.Or(stop.Reason, "no interval")
	if stop.Width != nil {
		width = strconv.FormatFloat(*stop.Width, 'g', 3, 64)
		if stop.Relative {
			width = strconv.FormatFloat(100**stop.Width, 'g', 3, 64) + "%"
		} else if stop.Unit == "s" {
			width += " s"
		}
		width = "an interval " + width + " wide"
	}
	if stop.Reached {
		return fmt.Sprintf("Precision %s reached after %s: %s", stop.Precision, plural(s.Trials, "trial"), width)
	}
	return fmt.Sprintf("Precision %s not reached within %s: %s", stop.Precision, plural(stop.MaxTrials, "trial"), width)
}

func isAnswer(m measure.MetricSummary) bool {
	return m.Name == "write_outage" && m.Observer == "service" && m.N > 0 && m.Mean != nil
}

// answer is what the scenario was played for.
func (p *page) answer(m measure.MetricSummary) string {
	text := "When a node group (shard) cannot be written, that lasts " + typicalAndRare(m) + "."
	for _, e := range p.summary.Metrics {
		if e.Name == m.Name && e.Observer == "endpoint" && e.N > 0 && e.Mean != nil && e.Mean.Value != m.Mean.Value {
			text += " Seen through its endpoint: " + typicalAndRare(e) + "."
		}
	}
	return text
}

func typicalAndRare(m measure.MetricSummary) string {
	sc := scaleOf(m.Unit, m.Figures)
	text := bound(m.Figures, sc.show(m.Mean.Value)) + " on average"
	if p99, ok := m.Quantiles["p99"]; ok {
		text += ", and " + sc.show(p99.Value) + " or longer in 1 of 100 cases (p99)"
	}
	return text
}

// bound words a figure of a sample in which some windows never closed.
func bound(f measure.Figures, figure string) string {
	if f.Censored > 0 {
		return "at least " + figure
	}
	return figure
}

// calls writes what became of the TestFailover calls.
func (p *page) calls() error {
	c := p.summary.Calls
	if c.Made == 0 {
		return nil
	}
	p.title("Calls to TestFailover", "")
	t := grid{aligns: "lrrr"}
	line := func(name string, n int64) {
		perTrial := strconv.FormatFloat(float64(n)/float64(max(1, p.summary.Trials)), 'f', 2, 64)
		t.add("  "+name, count(n), words.Group(perTrial)+" a trial", share(n, c.Made))
	}
	line("made", c.Made)
	line("accepted", c.Accepted)
	for _, code := range sortedKeys(c.Refused) {
		line("refused: "+code, c.Refused[code])
	}
	return p.grid(t)
}

func share(n, of int64) string {
	return strconv.FormatFloat(100*float64(n)/float64(of), 'f', 1, 64) + "%"
}

// legend explains the words and marks that the table used.
func (p *page) legend() {
	p.title("How to read this", "")
	item := func(mark, text string) { p.wrap("  "+mark+": ", "    ", text) }
	s := p.summary
	item("n", "how many values there are, over all trials; p99: 99 of 100 values are at or below it")
	item("±", fmt.Sprintf("half of the %s interval of the mean; it covers simulation noise only", percent(s.Confidence)))
	if slices.ContainsFunc(s.Metrics, func(m measure.MetricSummary) bool { return m.Observer == "endpoint" }) {
		item("@endpoint", "the figure above asks whether a node exists that can answer; this one, whether the endpoint's "+
			"name leads there too, caches of resolvers included")
	}
	if p.dashes {
		item(missing, "too few values for this figure; summary.json says how many trials it needs")
	}
	if p.bounds {
		item("≥", "a lower bound: some values were cut short by the end of the trial")
	}
}

// warnings lists what is doubtful about single metrics, the same words once.
func (p *page) warnings() {
	var texts []string
	metrics := map[string][]string{}
	for _, m := range p.summary.Metrics {
		name := m.Name
		if m.Observer == "endpoint" {
			name += "@" + m.Observer
		}
		for _, text := range m.Warnings {
			if m.N == 0 || strings.HasPrefix(text, measure.UnsupportedQuantiles) {
				continue // the table says so; and most of these quantiles are in summary.json only
			}
			if metrics[text] == nil {
				texts = append(texts, text)
			}
			metrics[text] = append(metrics[text], name)
		}
	}
	if len(texts) == 0 {
		return
	}
	p.title("Warnings", "")
	for _, text := range texts {
		names := metrics[text]
		if len(names) == len(p.summary.Metrics) && len(names) > 1 {
			names = []string{"every metric"}
		}
		p.wrap("  ", "    ", strings.Join(names, ", ")+": "+text)
	}
}

// assumptions lists the defaults in use that are inferred: the delays one by one, since every figure rests on them, and the
// rules by name.
func (p *page) assumptions() {
	if len(p.summary.Assumptions) == 0 {
		return
	}
	p.title("Assumptions in use", "inferred defaults (`failsim defaults` tells more; K1, K2: docs/evidence.md)")
	names, values := 0, 0
	var rules []string
	for _, a := range p.summary.Assumptions {
		if !strings.HasPrefix(a.Name, "delays.") {
			rules = append(rules, a.Name)
			continue
		}
		names, values = max(names, runes(a.Name)), max(values, runes(a.Value))
	}
	for _, a := range p.summary.Assumptions {
		if !strings.HasPrefix(a.Name, "delays.") {
			continue
		}
		first := fmt.Sprintf("  %-*s  %-*s  ", names, a.Name, values, a.Value)
		source, _, _ := strings.Cut(a.Source, "; ")
		p.wrap(first, strings.Repeat(" ", runes(first)), source)
	}
	if len(rules) > 0 {
		p.wrap("  rules: ", "    ", strings.Join(rules, ", "))
	}
}

func (p *page) notes() {
	if len(p.summary.Notes) == 0 {
		return
	}
	p.title("Before you use these figures", "")
	for _, note := range p.summary.Notes {
		p.wrap("  * ", "    ", note)
	}
}

// wrap writes words in lines of at most width characters.
func (p *page) wrap(first, rest, text string) {
	line, used := first, false
	for _, word := range strings.Fields(text) {
		if used && runes(line)+1+runes(word) > width {
			p.printf("%s\n", line)
			line, used = rest, false
		}
		if used {
			line += " "
		}
		line, used = line+word, true
	}
	p.printf("%s\n", line)
}

func runes(s string) int { return len([]rune(s)) }

func percent(v float64) string { return strconv.FormatFloat(100*v, 'g', 6, 64) + "%" }

func plural(n int64, word string) string {
	if n != 1 {
		word += "s"
	}
	return count(n) + " " + word
}
