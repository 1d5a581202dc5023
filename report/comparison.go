package report

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"failsim/compare"
)

// changeMarks show a verdict on a change beside its word.
var changeMarks = map[string]string{
	compare.Regressed: "✗", compare.Undecided: "?", compare.Improved: "✓", compare.Within: "✓", compare.NotShown: "~",
	compare.Identical: "=",
}

// ComparisonJSON writes a comparison for programs.
func ComparisonJSON(w io.Writer, c *compare.Comparison) error { return writeJSON(w, c, "  ") }

// ComparisonTable writes a comparison for a person to read.
func ComparisonTable(w io.Writer, c *compare.Comparison, style Style) error {
	p := &page{style: style}
	alike := false
	for i := range c.Scenarios {
		if of := &c.Scenarios[i]; of.Verdict == compare.Identical {
			p.alike(of, alike)
			alike = true
			continue
		}
		alike = false
		if err := p.pair(&c.Scenarios[i], c); err != nil {
			return err
		}
	}
	p.onesided(c)
	if !allIdentical(c) {
		p.comparisonLegend(c)
	}
	p.printf("\n%s\n", outcome(c))
	_, err := w.Write(bytes.TrimPrefix(p.out.Bytes(), []byte("\n")))
	return err
}

func allIdentical(c *compare.Comparison) bool {
	return !slices.ContainsFunc(c.Scenarios, func(p compare.Pair) bool { return p.Verdict != compare.Identical })
}

// outcome is the last line: the verdict, and the figures that led to it.
func outcome(c *compare.Comparison) string {
	text := changeMarks[c.Verdict] + " " + c.Verdict
	if figures := c.Decisive(); len(figures) > 0 && c.Verdict != compare.NotShown {
		text += ": " + strings.Join(figures, ", ")
	}
	var held []string
	for i := range c.Scenarios {
		if p := &c.Scenarios[i]; c.Verdict == compare.NotShown && p.NotImproved != "" {
			held = append(held, notImproved(p, len(c.Scenarios) > 1))
		}
	}
	if len(held) > 0 {
		text += " (" + strings.Join(held, "; ") + ")"
	}
	return text
}

// notImproved says why a better figure does not make a scenario better; named where there are several.
func notImproved(p *compare.Pair, named bool) string {
	text := "not improved: "
	if named {
		text = p.New.Scenario + " has not improved: "
	}
	return text + p.NotImproved
}

// alike writes one scenario whose results are identical, below another such if after says so.
func (p *page) alike(of *compare.Pair, after bool) {
	if !after {
		p.printf("\n")
	}
	p.printf("%s: %s, %s\n", pairName(of), of.Verdict, sideText(&of.New))
	p.warnAbout(of)
}

func (p *page) warnAbout(of *compare.Pair) {
	for _, warning := range of.Warnings {
		p.wrap("  warning: ", "    ", warning)
	}
}

// pair writes one scenario.
func (p *page) pair(of *compare.Pair, c *compare.Comparison) error {
	p.title(pairName(of), pairMethod(of))
	for _, side := range []struct {
		word string
		of   *compare.Side
	}{{"base", &of.Base}, {"new", &of.New}} {
		p.printf("  %-4s  %s\n", side.word, sideText(side.of))
	}
	if err := p.changes(of, c.Confidence); err != nil {
		return err
	}
	if err := p.effects(of); err != nil {
		return err
	}
	if len(of.Warnings) > 0 || of.NotImproved != "" {
		p.printf("\n")
	}
	if of.NotImproved != "" {
		p.wrap("  ", "    ", notImproved(of, false))
	}
	p.warnAbout(of)
	return nil
}

func pairName(of *compare.Pair) string {
	if of.Base.Scenario == of.New.Scenario {
		return of.New.Scenario
	}
	return of.Base.Scenario + " -> " + of.New.Scenario
}

func pairMethod(of *compare.Pair) string {
	if of.Paired > 0 {
		return "means compared trial by trial, " + plural(of.Paired, "pair")
	}
	return "compared as two samples, since " + of.Why
}

func sideText(s *compare.Side) string {
	text := fmt.Sprintf("%s, seed %d", plural(s.Trials, "trial"), s.Seed)
	if s.Part != "" {
		text = fmt.Sprintf("%s, seed %d", s.Part, s.Seed)
	}
	if s.Engine != 0 {
		text += fmt.Sprintf(", engine %d", s.Engine)
	}
	return text
}

// changes writes the table of a pair: of the figures that do not gate only those that differ.
func (p *page) changes(of *compare.Pair, confidence float64) error {
	t := grid{aligns: "lrrrlrl"}
	t.add("", "base", "new", "change", nearlyAll(confidence)+" interval", "", "verdict")
	gates := true
	var same []string
	for i := range of.Changes {
		ch := &of.Changes[i]
		if !ch.Gates && ch.Change != nil && *ch.Change == 0 {
			same = append(same, ch.Figure().String())
			continue
		}
		if gates && !ch.Gates {
			t.add("not gating")
			gates = false
		}
		t.add(changeCells(ch)...)
	}
	p.printf("\n")
	if err := p.grid(t); err != nil {
		return err
	}
	if len(same) > 0 {
		p.wrap("  the same on both sides: ", "    ", strings.Join(same, ", "))
	}
	return nil
}

// nearlyAll writes a confidence as a percentage that is 100% for none.
func nearlyAll(confidence float64) string {
	text := percent(confidence)
	for decimals := 4; text == "100%" && confidence < 1 && decimals <= 15; decimals++ {
		text = strconv.FormatFloat(100*confidence, 'f', decimals, 64) + "%"
		if strings.HasPrefix(text, "100.") {
			text = "100%"
		}
	}
	return text
}

func changeCells(ch *compare.Change) []string {
	verdict := ch.Verdict
	if verdict != "" {
		verdict = changeMarks[verdict] + " " + verdict
	}
	var remarks []string
	if ch.Margin != nil && ch.Gates {
		remarks = append(remarks, "margin "+marginText(ch))
	}
	if ch.Reason != "" {
		remarks = append(remarks, ch.Reason)
	}
	if len(remarks) > 0 {
		verdict += " (" + strings.Join(remarks, "; ") + ")"
	}
	s := changeScale(ch)
	return []string{
		"  " + ch.Figure().String(), boundMark(ch.BaseBound) + s.figure(ch.Base), boundMark(ch.NewBound) + s.figure(ch.New),
		s.changed(ch), s.between(ch.Low, ch.High),
		relativeText(ch), strings.TrimSpace(verdict),
	}
}

func marginText(ch *compare.Change) string {
	if ch.Unit == "ratio" {
		return strconv.FormatFloat(100**ch.Margin, 'g', 6, 64) + " pp"
	}
	return exact(ch.Unit, *ch.Margin)
}

func relativeText(ch *compare.Change) string {
	if ch.Relative == nil || ch.Unit == "ratio" {
		return ""
	}
	share := 100 * math.Abs(*ch.Relative)
	text := strconv.FormatFloat(share, 'f', 1, 64)
	if share >= 1e9 { // of next to nothing
		text = strconv.FormatFloat(share, 'g', 3, 64)
	}
	return signOf(*ch.Relative) + text + "%"
}

// effects writes how far the distributions lie apart.
func (p *page) effects(of *compare.Pair) error {
	if of.NoDistances != "" {
		p.printf("\n")
		p.wrap("  ", "  ", "no effect sizes: "+of.NoDistances)
		return nil
	}
	t := grid{aligns: "lrr"}
	for _, cells := range effectCells(of) {
		cells[0] = "  " + cells[0]
		t.add(cells...)
	}
	if len(t.rows) == 0 {
		return nil
	}
	t.rows = append([][]string{{"effect size", "KS", "Wasserstein"}}, t.rows...)
	p.printf("\n")
	return p.grid(t)
}

// effectCells are the distances of the metrics whose distributions differ.
func effectCells(of *compare.Pair) (rows [][]string) {
	for _, d := range of.Distances {
		if d.KS == 0 {
			continue
		}
		name := d.Metric
		if d.Observer == "endpoint" {
			name += "@" + d.Observer
		}
		rows = append(rows, []string{name, strconv.FormatFloat(d.KS, 'f', 3, 64), distance(d)})
	}
	return rows
}

func distance(d compare.Distance) string {
	ch := compare.Change{Unit: d.Unit, Change: &d.Wasserstein, Base: &d.Wasserstein}
	if d.Unit == "ratio" {
		one := 1.0
		ch.Base, ch.New = &one, &one
	}
	s := changeScale(&ch)
	return s.number(d.Wasserstein, s.decimals) + s.change
}

func (p *page) onesided(c *compare.Comparison) {
	if len(c.OnlyBase)+len(c.OnlyNew) > 0 {
		p.printf("\n")
	}
	if len(c.OnlyBase) > 0 {
		p.wrap("only in base: ", "  ", strings.Join(c.OnlyBase, ", "))
	}
	if len(c.OnlyNew) > 0 {
		p.wrap("only in new: ", "  ", strings.Join(c.OnlyNew, ", "))
	}
}

func hasBound(of compare.Pair) bool {
	return slices.ContainsFunc(of.Changes, func(ch compare.Change) bool { return ch.BaseBound || ch.NewBound })
}

// comparisonLegend explains what decided.
func (p *page) comparisonLegend(c *compare.Comparison) {
	p.title("How to read this", "")
	item := func(mark, text string) { p.wrap("  "+mark+": ", "    ", text) }
	item("interval", fmt.Sprintf("of the change at 1 - %v/%d, for %s: equals raise a false alarm with probability %v at most; "+
		"it covers simulation noise only", c.Alpha, max(1, c.Gating), plural(int64(max(1, c.Gating)), "gating figure"), c.Alpha))
	item("verdict", "regressed or improved where the whole interval lies beyond the margin (0 if none is given); within margin "+
		"where it lies inside; undecided, or no difference shown, where it straddles the margin; the whole is improved only where "+
		"no gating figure is open towards worse and no fewer shards are covered")
	if slices.ContainsFunc(c.Scenarios, hasBound) {
		item("≥", "values were cut short by the end of the trial, so that the figure is this or higher")
	}
	item("means", "by trial, the difference of the two ratios over pairs of trials that share their luck, with Student's t; as two "+
		"samples, Welch's")
	item("quantiles", "from the two intervals (MOVER), stretched to this confidence; luck that is shared would make them "+
		"narrower")
	item("KS, Wasserstein", "the largest difference of the two distribution functions, and the area between them")
}
