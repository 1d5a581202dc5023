// Package compare holds new results against base ones: by how much did each figure change, and is that worse?
//
// Every change has an interval, and the verdict goes by the whole of it: regressed where it lies above the margin, counted so that
// worse is positive; improved where it lies below minus the margin; within margin where it lies inside. Otherwise the trials
// do not tell: undecided where a margin was given, no difference shown where none was. The gating figures decide the outcome, which is improved only if none of them is open towards worse
// and no fewer shards are covered;
// all intervals have the confidence 1 - alpha/k over the k of them in a Comparison (Bonferroni), so that a Comparison of equals
// raises a false alarm with probability alpha at most.
//
// Trials of one seed share their luck, whatever else differs between two scenarios. Where both sides have their rows, means
// are compared trial by trial, and that luck cancels. Summaries alone are compared as two independent samples.
package compare

import (
	"fmt"
	"slices"

	"failsim/measure"
)

// Schema names the shape of a Comparison.
const Schema = "failsim/comparison/1"

// The verdicts on a change. Identical is on results, not on a change.
const (
	Regressed = "regressed"
	Improved  = "improved"
	Within    = "within margin"
	Undecided = "undecided"
	NotShown  = "no difference shown"
	Identical = "identical"
)

// Options say what is compared, and how strictly. The zero Options have no alpha: 0.05 is usual.
type Options struct {
	// Alpha is the probability, at most, of a false alarm, between 0 and 1.
	Alpha float64
	// Margins are for single figures, which then gate. Relative is the margin of all others, as a share; nil: they have none.
	Margins  []measure.Margin
	Relative *float64
	// Figures are those that gate, and must be decided; empty: the usual ones.
	Figures []measure.Figure
}

// usual are the figures that gate unless others are asked for. A plan that covers fewer shards is shorter, and breaks less: it must not
// pass as a better one.
var usual = [...]measure.Figure{
	{Metric: "write_outage", Observer: "service", Statistic: "mean"},
	{Metric: "write_outage", Observer: "service", Statistic: "p99"},
	{Metric: "write_availability", Observer: "service", Statistic: "mean"},
	{Metric: "lost_writes", Observer: "service", Statistic: "mean"},
	{Metric: "data_losses", Observer: "service", Statistic: "mean"},
	{Metric: "makespan", Observer: "operator", Statistic: "mean"},
	coveredMean,
}

// coveredMean is the share of its shards that a campaign gets done.
var coveredMean = measure.Figure{Metric: "covered", Observer: "operator", Statistic: "mean"}

// gating lists the figures that gate.
func (o *Options) gating() []measure.Figure {
	figures := slices.Clone(o.Figures)
	if len(figures) == 0 {
		figures = slices.Clone(usual[:])
	}
	for _, m := range o.Margins {
		figures = append(figures, m.Figure)
	}
	var once []measure.Figure
	for _, f := range figures {
		if !slices.Contains(once, f) {
			once = append(once, f)
		}
	}
	return once
}

// asked tells whether a figure was named by the user: then it has to be decided.
func (o *Options) asked(f measure.Figure) bool {
	return slices.Contains(o.Figures, f) || slices.ContainsFunc(o.Margins, func(m measure.Margin) bool { return m.Figure == f })
}

// margin is that of a figure, in its unit; nil where none was given.
func (o *Options) margin(f measure.Figure, base float64, fromOne bool) *float64 {
	if fromOne {
		base = 1 - base
	}
	share := o.Relative
	for _, m := range o.Margins {
		if m.Figure != f {
			continue
		}
		if !m.Relative {
			return &m.Width
		}
		share = &m.Width
	}
	if share == nil {
		return nil
	}
	width := sixDigits(float64(*share * max(base, -base)))
	return &width
}

// Comparison is what became of the figures, in the order and shape of `compare --json`.
type Comparison struct {
	Schema string  `json:"schema"`
	Alpha  float64 `json:"alpha"`
	// Gating is how many figures gate and could be judged, over all scenarios; Confidence is that of every interval.
	Gating     int     `json:"gating"`
	Confidence float64 `json:"confidence"`
	// Verdict is the worst of those of Scenarios.
	Verdict   string   `json:"verdict"`
	Scenarios []Pair   `json:"scenarios"`
	OnlyBase  []string `json:"only_base"`
	OnlyNew   []string `json:"only_new"`
}

// Pair is two results, and how they differ.
type Pair struct {
	Base Side `json:"base"`
	New  Side `json:"new"`
	// Verdict is Regressed or Undecided if one of the gating figures is; Identical; or the best of what they are, but Improved
	// only without NotImproved, which says why a better figure does not make the whole better.
	Verdict     string `json:"verdict"`
	NotImproved string `json:"not_improved_because,omitempty"`
	// Paired is how many trials were compared one by one; 0: two samples were, and Why says why.
	Paired int64  `json:"paired_trials"`
	Why    string `json:"two_samples_because,omitempty"`
	// Changes are the gating figures and then all others, in the order of a Summary.
	Changes []Change `json:"changes"`
	// Distances are effect sizes; NoDistances says why there are none.
	Distances   []Distance `json:"distances"`
	NoDistances string     `json:"no_distances_because,omitempty"`
	Warnings    []string   `json:"warnings"`
}

// Side is what one of the two results is of.
type Side struct {
	Name     string `json:"-"` // of the folder: not part of what was found
	Scenario string `json:"scenario"`
	Trials   int64  `json:"trials"`
	Part     string `json:"part,omitempty"`
	Seed     uint64 `json:"seed"`
	Engine   int    `json:"engine,omitempty"` // 0: unknown
}

// Change is by how much one figure differs: new less base. Nil is what the results do not support; Reason says why.
type Change struct {
	Metric    string   `json:"metric"`
	Observer  string   `json:"observer"`
	Statistic string   `json:"statistic"`
	Unit      string   `json:"unit"` // s, ratio, count or 1/s
	Better    string   `json:"better"`
	Gates     bool     `json:"gates"`
	Base      *float64 `json:"base,omitempty"`
	New       *float64 `json:"new,omitempty"`
	// BaseBound and NewBound say that values were cut short by the end of the trial: the figure is that or higher.
	BaseBound bool     `json:"base_is_lower_bound,omitempty"`
	NewBound  bool     `json:"new_is_lower_bound,omitempty"`
	Change    *float64 `json:"change,omitempty"`
	Low       *float64 `json:"low,omitempty"`
	High      *float64 `json:"high,omitempty"`
	// Relative is the change as a share of the base; of an availability, of the base's distance from 1. A lower bound has none.
	Relative *float64 `json:"relative,omitempty"`
	Margin   *float64 `json:"margin,omitempty"`
	Method   string   `json:"method,omitempty"`
	Verdict  string   `json:"verdict,omitempty"` // none where neither direction is worse
	Reason   string   `json:"reason,omitempty"`
}

// Figure is what changed.
func (c *Change) Figure() measure.Figure {
	return measure.Figure{Metric: c.Metric, Observer: c.Observer, Statistic: c.Statistic}
}

// Distance is how far the two distributions of a metric lie apart.
type Distance struct {
	Metric   string `json:"metric"`
	Observer string `json:"observer"`
	Unit     string `json:"unit"`
	// KS is the largest difference between the distribution functions; Wasserstein the area between them, in the Unit.
	KS          float64 `json:"ks"`
	Wasserstein float64 `json:"wasserstein"`
}

// Pairing is two results that belong together.
type Pairing struct{ Base, New *Result }

// Compare compares pairs of results. An error is ErrNothingInCommon, or one of reading rows.
func Compare(pairings []Pairing, opts Options) (*Comparison, error) {
	c := &Comparison{Schema: Schema, Alpha: opts.Alpha, OnlyBase: []string{}, OnlyNew: []string{}}
	var jobs []*job
	for _, p := range pairings {
		j := newJob(p, &opts)
		jobs = append(jobs, j)
		c.Gating += j.judgeable()
	}
	if err := inCommon(jobs, &opts); err != nil {
		return nil, err
	}
	c.Confidence = 1 - opts.Alpha/float64(max(1, c.Gating))
	for _, j := range jobs {
		if err := j.compare(c.Confidence); err != nil {
			return nil, fmt.Errorf("comparing %s with %s: %w", j.New.Name, j.Base.Name, err)
		}
		c.Scenarios = append(c.Scenarios, j.pair)
	}
	c.Confidence = nearOne(c.Confidence)
	c.Verdict = worst(c.Scenarios)
	return c, nil
}

// nearOne rounds a confidence, of which the distance from 1 has six digits.
func nearOne(confidence float64) float64 { return 1 - sixDigits(1-confidence) }

// Decisive names the gating figures that led to the verdict, with their scenarios where there are several.
func (c *Comparison) Decisive() (names []string) {
	for i := range c.Scenarios {
		p := &c.Scenarios[i]
		for j := range p.Changes {
			ch := &p.Changes[j]
			if !ch.Gates || ch.Verdict != c.Verdict {
				continue
			}
			name := ch.Figure().String()
			if len(c.Scenarios) > 1 {
				name = p.New.Scenario + " " + name
			}
			names = append(names, name)
		}
	}
	return names
}
