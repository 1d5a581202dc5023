package scenario

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is a mistake in a scenario, or a warning about it, at its place.
type Problem struct {
	File string
	Line int
	Key  string // such as fault[2].zone, arrays counted from 1
	Text string // what is wrong, and what is allowed
}

// String is `file:line: key: what is wrong; what is allowed`.
func (p Problem) String() string { return fmt.Sprintf("%s:%d: %s: %s", p.File, p.Line, p.Key, p.Text) }

// Errors is all that was found wrong with one scenario, in the order of its lines.
type Errors []Problem

// Error gives one mistake a line.
func (m Errors) Error() string {
	texts := make([]string, len(m))
	for i, p := range m {
		texts[i] = p.String()
	}
	return strings.Join(texts, "\n")
}

func sortByLine(problems []Problem) {
	slices.SortStableFunc(problems, func(a, b Problem) int { return cmp.Compare(a.Line, b.Line) })
}
