package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"failsim/compare"
)

// ComparisonMarkdown writes a comparison for a page of a pipeline: the gating figures in sight, the others folded away.
func ComparisonMarkdown(w io.Writer, c *compare.Comparison) error {
	var out bytes.Buffer
	fmt.Fprintf(&out, "**%s**\n", cell(outcome(c)))
	for i := range c.Scenarios {
		markdownPair(&out, &c.Scenarios[i], c)
	}
	for _, alone := range []struct {
		side  string
		names []string
	}{{"base", c.OnlyBase}, {"new", c.OnlyNew}} {
		if len(alone.names) > 0 {
			fmt.Fprintf(&out, "\nOnly in %s: %s\n", alone.side, cell(strings.Join(alone.names, ", ")))
		}
	}
	_, err := w.Write(out.Bytes())
	return err
}

func markdownPair(out *bytes.Buffer, p *compare.Pair, c *compare.Comparison) {
	fmt.Fprintf(out, "\n### %s: %s\n\nbase: %s; new: %s", cell(pairName(p)), p.Verdict, cell(sideText(&p.Base)),
		cell(sideText(&p.New)))
	if p.Verdict == compare.Identical {
		fmt.Fprintf(out, "\n")
	} else {
		fmt.Fprintf(out, "; %s\n", pairMethod(p))
	}
	var gating, others []compare.Change
	for i := range p.Changes {
		if p.Changes[i].Gates {
			gating = append(gating, p.Changes[i])
		} else {
			others = append(others, p.Changes[i])
		}
	}
	markdownTable(out, gating, c)
	if len(others) > 0 {
		fmt.Fprintf(out, "\n<details><summary>figures that do not gate</summary>\n")
		markdownTable(out, others, c)
		markdownEffects(out, p)
		fmt.Fprintf(out, "\n</details>\n")
	}
	if len(p.Warnings) > 0 || p.NotImproved != "" {
		fmt.Fprintf(out, "\n")
	}
	if p.NotImproved != "" {
		fmt.Fprintf(out, "* %s\n", cell(notImproved(p, false)))
	}
	for _, warning := range p.Warnings {
		fmt.Fprintf(out, "* warning: %s\n", cell(warning))
	}
}

func markdownTable(out *bytes.Buffer, changes []compare.Change, c *compare.Comparison) {
	if len(changes) == 0 {
		return
	}
	fmt.Fprintf(out, "\n| figure | base | new | change | %s interval | | verdict |\n|---|---:|---:|---:|---|---:|---|\n",
		nearlyAll(c.Confidence))
	for i := range changes {
		cells := changeCells(&changes[i])
		for j := range cells {
			cells[j] = cell(strings.TrimSpace(cells[j]))
		}
		fmt.Fprintf(out, "| %s |\n", strings.Join(cells, " | "))
	}
}

func markdownEffects(out *bytes.Buffer, p *compare.Pair) {
	rows := effectCells(p)
	if len(rows) > 0 {
		fmt.Fprintf(out, "\n| effect size | KS | Wasserstein |\n|---|---:|---:|\n")
	}
	for _, cells := range rows {
		for j := range cells {
			cells[j] = cell(cells[j])
		}
		fmt.Fprintf(out, "| %s |\n", strings.Join(cells, " | "))
	}
}

// cell keeps text, such as the name of a scenario, from ending a cell or a line, from beginning a tag and from being emphasised.
func cell(text string) string {
	return strings.NewReplacer(`\`, `\\`, "|", `\|`, "<", "&lt;", "&", "&amp;", "~", `\~`, "*", `\*`, "`", "\\`", "[", `\[`,
		"\r", " ", "\n", " ").Replace(text)
}
