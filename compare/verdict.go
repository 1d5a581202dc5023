package compare

import "slices"

// judge gives the verdict by the ends of the interval; an end that is missing decides nothing. asked says that the user named
// the figure or gave a margin for it: without any interval it is then undecided.
func (c *Change) judge(asked bool) {
	if c.Better == "none" {
		return
	}
	low, high := c.Low, c.High
	if c.Better == "higher" {
		low, high = negative(high), negative(low)
	}
	margin := 0.0
	if c.Margin != nil {
		margin = *c.Margin
	}
	switch {
	case low != nil && *low > margin:
		c.Verdict = Regressed
	case high != nil && *high < -margin:
		c.Verdict = Improved
	case c.Margin != nil && low != nil && high != nil && *low >= -margin && *high <= margin:
		c.Verdict = Within
	case c.Margin != nil, asked && low == nil && high == nil:
		c.Verdict = Undecided
	default:
		c.Verdict = NotShown
	}
	if c.Verdict != Undecided && c.Verdict != NotShown {
		c.Reason = ""
	}
}

// open tells whether the interval has no end towards worse, although it has been estimated: of what was cut short only a bound is
// known.
func (c *Change) open() bool {
	switch {
	case c.Method == "":
		return false
	case c.Better == "higher":
		return c.Low == nil
	}
	return c.Better == "lower" && c.High == nil
}

func negative(v *float64) *float64 {
	if v == nil {
		return nil
	}
	n := -*v
	return &n
}

// ranks are the verdicts, the one that decides first in front.
var ranks = [...]string{Regressed, Undecided, Improved, Within, NotShown, Identical}

// verdictOf is that of the gating figures together.
func verdictOf(changes []Change) string {
	at := slices.Index(ranks[:], NotShown)
	for i := range changes {
		if changes[i].Gates && changes[i].Verdict != "" {
			at = min(at, slices.Index(ranks[:], changes[i].Verdict))
		}
	}
	return ranks[at]
}

// worst is the verdict of all scenarios together: improved only where none of them must not be called so.
func worst(pairs []Pair) string {
	at := len(ranks) - 1
	for i := range pairs {
		at = min(at, slices.Index(ranks[:], pairs[i].Verdict))
	}
	if ranks[at] == Improved && slices.ContainsFunc(pairs, func(p Pair) bool { return p.NotImproved != "" }) {
		return NotShown
	}
	return ranks[at]
}
