package compare

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"failsim/measure"
	"failsim/stats"
)

// job is the comparison of one pair.
type job struct {
	Pairing
	opts   *Options
	gating []measure.Figure
	rows   *matched // nil: two samples
	pair   Pair
}

func newJob(p Pairing, opts *Options) *job {
	j := &job{Pairing: p, opts: opts, gating: opts.gating()}
	j.pair = Pair{
		Base: p.Base.side(), New: p.New.side(),
		Changes: []Change{}, Distances: []Distance{}, Warnings: []string{},
	}
	if p.Base.sameAs(p.New) {
		j.pair.Verdict = Identical
	}
	return j
}

func (j *job) identical() bool { return j.pair.Verdict == Identical }

// common gives the metric of a figure on both sides; false if either has none, or if what they measure is not the same.
func (j *job) common(f measure.Figure) (base, other *measure.MetricSummary, ok bool) {
	base, other = j.Base.metric(f.Metric, f.Observer), j.New.metric(f.Metric, f.Observer)
	return base, other, base != nil && other != nil && base.Unit == other.Unit && base.Better == other.Better
}

// judgeable counts the gating figures that both sides have a value of.
func (j *job) judgeable() (k int) {
	if j.identical() {
		return 0
	}
	for _, f := range j.gating {
		if _, _, ok := j.common(f); !ok {
			continue
		}
		base, _ := j.Base.Summary.Estimate(f)
		other, _ := j.New.Summary.Estimate(f)
		if base != nil && other != nil {
			k++
		}
	}
	return k
}

// inCommon refuses results that have nothing in common, and figures that no pair has.
func inCommon(jobs []*job, opts *Options) error {
	for _, j := range jobs {
		if !slices.ContainsFunc(j.Base.Summary.Metrics, func(m measure.MetricSummary) bool {
			_, _, ok := j.common(measure.Figure{Metric: m.Name, Observer: m.Observer})
			return ok
		}) && !j.identical() {
			return fmt.Errorf("%s and %s: %w", j.Base.Name, j.New.Name, ErrNothingInCommon)
		}
	}
	for _, f := range opts.gating() {
		if opts.asked(f) && !slices.ContainsFunc(jobs, func(j *job) bool { _, _, ok := j.common(f); return ok }) {
			return fmt.Errorf("%v: %w: no scenario has it on both sides, in one unit", f, ErrNothingInCommon)
		}
	}
	return nil
}

// compare fills in the pair, with intervals of the given confidence.
func (j *job) compare(confidence float64) error {
	p := &j.pair
	j.warnEngines()
	if j.identical() {
		return nil
	}
	j.rows, p.Why = match(j.Base, j.New)
	if j.rows != nil {
		p.Paired = j.rows.trials
	}
	for _, f := range j.figures() {
		c, err := j.change(f, confidence)
		if err != nil {
			return err
		}
		if c.Base != nil || c.New != nil || c.Gates {
			p.Changes = append(p.Changes, c)
		}
	}
	j.distances()
	j.warn()
	if p.Verdict = verdictOf(p.Changes); p.Verdict == Improved {
		if p.NotImproved = j.notImproved(); p.NotImproved != "" {
			p.Verdict = NotShown
		}
	}
	return nil
}

// figures lists the gating ones, and then of every other metric in common the mean and the tail to beware of.
func (j *job) figures() []measure.Figure {
	var all []measure.Figure
	for _, f := range j.gating {
		base, other, ok := j.common(f)
		if ok || base != nil && other != nil || j.opts.asked(f) && (base != nil || other != nil) {
			all = append(all, f)
		}
	}
	for i := range j.Base.Summary.Metrics {
		m := &j.Base.Summary.Metrics[i]
		tail := "p99"
		if m.Better == "higher" {
			tail = "p1"
		}
		for _, statistic := range []string{"mean", tail} {
			f := measure.Figure{Metric: m.Name, Observer: m.Observer, Statistic: statistic}
			if _, _, ok := j.common(f); ok && !slices.Contains(all, f) {
				all = append(all, f)
			}
		}
	}
	return all
}

// distances fills in the effect sizes.
func (j *job) distances() {
	p := &j.pair
	switch {
	case j.Base.Distributions == nil:
		p.NoDistances = "base has no sketches.parquet"
		return
	case j.New.Distributions == nil:
		p.NoDistances = "new has no sketches.parquet"
		return
	}
	after := whole(j.New.Distributions)
	for _, a := range whole(j.Base.Distributions) {
		m, _, ok := j.common(measure.Figure{Metric: a.Metric, Observer: a.Observer})
		at := slices.IndexFunc(after, func(b *measure.Distribution) bool { return b.Metric == a.Metric && b.Observer == a.Observer })
		if !ok || at < 0 {
			continue
		}
		ks, area := stats.Distances(stats.Weighted{Values: a.Values, Counts: a.Counts},
			stats.Weighted{Values: after[at].Values, Counts: after[at].Counts})
		p.Distances = append(p.Distances, Distance{a.Metric, a.Observer, m.Unit, sixDigits(ks), sixDigits(area)})
	}
}

// whole leaves out what is narrowed: by group it may be thousands.
func whole(all []measure.Distribution) (wholes []*measure.Distribution) {
	for i := range all {
		if all[i].By == "" {
			wholes = append(wholes, &all[i])
		}
	}
	return wholes
}

func (j *job) warnf(format string, args ...any) {
	j.pair.Warnings = append(j.pair.Warnings, fmt.Sprintf(format, args...))
}

func (j *job) warnEngines() {
	if a, b := j.Base.Engine, j.New.Engine; a != b && a != 0 && b != 0 {
		j.warnf("the engines differ (base %d, new %d): what changed may be failsim, and not the plan", a, b)
	}
}

// warn says what is doubtful about the pair as a whole.
func (j *job) warn() {
	a, b := j.Base.Summary, j.New.Summary
	if j.rows == nil && a.Seed == b.Seed && j.overlap() {
		j.warnf("both sides have seed %d and share their luck, which two samples ignore: most intervals are wider than they "+
			"would be by trial", a.Seed)
	}
	if j.rows != nil && (j.rows.trials < a.Trials || j.rows.trials < b.Trials) {
		j.warnf("only the %d trials that both sides have are paired, and means are over these; quantiles are over all trials "+
			"of each side (%d and %d)", j.rows.trials, a.Trials, b.Trials)
	}
	if a.Confidence != b.Confidence {
		j.warnf("the intervals of base have confidence %v, those of new %v: each was converted", a.Confidence, b.Confidence)
	}
	j.warnCovered()
	j.warnUncommon()
	if only := j.missing(j.Base, j.New); only != "" {
		j.warnf("only base has %s", only)
	}
	if only := j.missing(j.New, j.Base); only != "" {
		j.warnf("only new has %s", only)
	}
	for i := range j.pair.Changes {
		c := &j.pair.Changes[i]
		if c.Gates && c.Margin != nil && *c.Margin == 0 && c.Base != nil {
			j.warnf("%v: its margin comes to 0", c.Figure())
		}
	}
}

// overlap tells whether the sides have trials in common.
func (j *job) overlap() bool {
	from, to := j.Base.Summary.Range()
	otherFrom, otherTo := j.New.Summary.Range()
	return max(from, otherFrom) < min(to, otherTo)
}

// warnCovered says that campaigns cover unlike shares of their shards.
func (j *job) warnCovered() {
	base, other, ok := j.covered()
	if !ok || base == other {
		return
	}
	word := "fewer"
	if other > base {
		word = "more"
	}
	j.warnf("new covers %s shards (%.6g%%, and %.6g%% in base): makespans are not of the same work", word, 100*other, 100*base)
}

// covered gives the shares of the shards that are covered, as compared; false where there are none to compare.
func (j *job) covered() (base, other float64, ok bool) {
	for i := range j.pair.Changes {
		if c := &j.pair.Changes[i]; c.Figure() == coveredMean && c.Base != nil && c.New != nil {
			return *c.Base, *c.New, true
		}
	}
	return 0, 0, false
}

// notImproved says why a pair, of whose gating figures one improved, has not improved as a whole; empty where it has.
func (j *job) notImproved() string {
	if base, other, ok := j.covered(); ok && other < base {
		return "new covers fewer shards"
	}
	for i := range j.pair.Changes {
		if c := &j.pair.Changes[i]; c.Gates && c.open() {
			return fmt.Sprintf("%v can be any amount worse: values were cut short by the end of the trial", c.Figure())
		}
	}
	return ""
}

// warnUncommon names the metrics that both sides have and that are not the same in both.
func (j *job) warnUncommon() {
	for i := range j.Base.Summary.Metrics {
		m := &j.Base.Summary.Metrics[i]
		f := measure.Figure{Metric: m.Name, Observer: m.Observer}
		if base, other, ok := j.common(f); !ok && other != nil {
			j.warnf("%s is not compared: %s", metricName(m), uncommon(base, other))
		}
	}
}

// metricName writes a metric as messages have it.
func metricName(m *measure.MetricSummary) string {
	if m.Observer == "endpoint" {
		return m.Name + "@" + m.Observer
	}
	return m.Name
}

// missing lists the metrics that one side has and the other has not.
func (j *job) missing(from, in *Result) string {
	var names []string
	for i := range from.Summary.Metrics {
		m := &from.Summary.Metrics[i]
		if in.metric(m.Name, m.Observer) != nil {
			continue
		}
		names = append(names, metricName(m))
	}
	return strings.Join(names, ", ")
}

// sixDigits rounds a figure as a Summary has it.
func sixDigits(v float64) float64 {
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 6, 64), 64)
	return rounded
}
