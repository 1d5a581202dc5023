package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"failsim/measure"
)

// marks show a verdict beside its word.
var marks = []struct{ verdict, mark string }{
	{measure.Pass, "✓"}, {measure.Fail, "✗"}, {measure.Undecided, "?"},
}

// thresholds writes how each threshold went, those that failed first.
func (p *page) thresholds() error {
	if len(p.summary.Thresholds) == 0 {
		return nil
	}
	p.title("Thresholds", "judged by the whole interval; undecided where it straddles the limit")
	ordered := slices.Clone(p.summary.Thresholds)
	slices.SortStableFunc(ordered, func(a, b measure.Verdict) int { return rank(a.Verdict) - rank(b.Verdict) })
	t := grid{aligns: "lllll"}
	for i := range ordered {
		v := &ordered[i]
		t.add("  "+mark(v.Verdict)+" "+v.Verdict, v.Figure().String(), limitText(v), verdictFigure(v), grounds(v))
	}
	return p.grid(t)
}

func rank(verdict string) int {
	return slices.Index([]string{measure.Fail, measure.Undecided, measure.Pass}, verdict)
}

func mark(verdict string) string {
	for _, m := range marks {
		if m.verdict == verdict {
			return m.mark
		}
	}
	return " "
}

func limitText(v *measure.Verdict) string {
	if v.AtMost != nil {
		return "at most " + exact(v.Unit, *v.AtMost)
	}
	return "at least " + exact(v.Unit, *v.AtLeast)
}

// verdictFigure writes the figure with its interval.
func verdictFigure(v *measure.Verdict) string {
	if v.Value == nil {
		return "no figure"
	}
	text := "is " + exact(v.Unit, *v.Value)
	switch {
	case v.Low == nil && v.High == nil:
		return text
	case v.High == nil:
		return text + " (" + exact(v.Unit, *v.Low) + " or more)"
	case v.Low == nil:
		return text + " (" + exact(v.Unit, *v.High) + " or less)"
	}
	return text + " (" + exact(v.Unit, *v.Low) + " to " + exact(v.Unit, *v.High) + ")"
}

// grounds says why a verdict is undecided, or on which inferred defaults it rests.
func grounds(v *measure.Verdict) string {
	if v.Reason != "" {
		return v.Reason
	}
	if len(v.RestsOn) == 0 {
		return ""
	}
	return "rests on " + strings.Join(v.RestsOn, ", ")
}

// exact writes a figure with all of its six digits.
func exact(unit string, v float64) string {
	text := strconv.FormatFloat(v, 'f', -1, 64)
	switch unit {
	case "s":
		return text + " s"
	case "1/s":
		return text + "/s"
	case "ratio":
		return text
	}
	whole, decimals, _ := strings.Cut(text, ".")
	n, _ := strconv.ParseInt(whole, 10, 64)
	text = count(n)
	if decimals != "" {
		text = fmt.Sprintf("%s.%s", text, decimals)
	}
	return text
}
