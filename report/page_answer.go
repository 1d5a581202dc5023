package report

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"failsim/measure"
	"failsim/sim"
)

// statement is a sentence of the answer, in plain and bold parts.
type statement []part

type part struct {
	Text string
	Bold bool
}

func plain(format string, args ...any) part { return part{Text: fmt.Sprintf(format, args...)} }

func bold(text string) part { return part{text, true} }

// answer says in words what the scenario was played for: how long writes stop, what clients see, how long the game day
// takes, how the thresholds went, and what all of it rests on.
func answer(s *measure.Summary, trial *trialStory) (told []statement) {
	told = append(told, outageAnswer(s)...)
	told = append(told, campaignAnswer(s)...)
	told = append(told, calendarAnswer(trial)...)
	told = append(told, thresholdAnswer(s.Thresholds)...)
	told = append(told, restAnswer(s.Assumptions)...)
	return append(told, extentAnswer(s)...)
}

// metricOf finds a metric as an observer sees it; nil if the scenario has none.
func metricOf(s *measure.Summary, name, observer string) *measure.MetricSummary {
	for i := range s.Metrics {
		if m := &s.Metrics[i]; m.Name == name && m.Observer == observer {
			return m
		}
	}
	return nil
}

// outageAnswer is about writes: as the service sees it, as the endpoint does where that differs, and what clients add.
func outageAnswer(s *measure.Summary) []statement {
	service := metricOf(s, "write_outage", "service")
	if service == nil || service.N == 0 {
		return []statement{{bold("No write outage happened"), plain(" in %s.", plural(s.Trials, "trial"))}}
	}
	told := []statement{append(statement{plain("The service refuses a shard's writes ")}, middleAndWorst(service.Figures)...)}
	if endpoint := metricOf(s, "write_outage", "endpoint"); endpoint != nil && endpoint.N > 0 &&
		!sameFigures(endpoint.Figures, service.Figures) {
		told = append(told, append(statement{plain("Until the primary's name leads to the new primary too, writes are out ")},
			middleAndWorst(endpoint.Figures)...))
	}
	return append(told, statement{plain("Clients may suffer longer: client libraries are not modelled yet.")})
}

// middleAndWorst words the median and p99 of outages, up to the end of the sentence.
func middleAndWorst(f measure.Figures) statement {
	in := scaleOf("s", f)
	told := statement{plain("for ")}
	if p50, ok := f.Quantiles["p50"]; ok {
		told = append(told, bold(atLeast(p50, in)), plain(" in the middle case"))
	} else {
		told = append(told, bold(bound(f, in.show(value(f.Mean)))), plain(" on average"))
	}
	if p99, ok := f.Quantiles["p99"]; ok {
		worst := atLeast(p99, in)
		if !strings.HasPrefix(worst, "at least ") {
			worst += " or longer"
		}
		return append(told, plain(" and for "), bold(worst), plain(" in the worst 1 %%%s.", between(p99, in)))
	}
	return append(told, plain("; the worst 1 %% cannot be told from so few trials (%s): the longest seen is ",
		f.Unsupported("p99")), bold(bound(f, in.show(orNaN(f.Max)))), plain("."))
}

// atLeast words a quantile; one at or above a censored value is a lower bound.
func atLeast(e measure.Estimate, in scale) string {
	if strings.Contains(e.Method, measure.MethodLowerBound) {
		return "at least " + in.show(e.Value)
	}
	return in.show(e.Value)
}

// between gives the interval of an estimate.
func between(e measure.Estimate, in scale) string {
	switch {
	case e.Low == nil:
		return ""
	case e.High == nil:
		return fmt.Sprintf(" (interval: %s or more)", in.show(*e.Low))
	}
	return fmt.Sprintf(" (interval: %s to %s)", in.show(*e.Low), in.show(*e.High))
}

// mostCampaigns is how many campaigns the answer tells one by one.
const mostCampaigns = 4

// campaignAnswer is about how long the game day takes, and whether it gets to every shard.
func campaignAnswer(s *measure.Summary) (told []statement) {
	m := metricOf(s, "makespan", "operator")
	if m == nil || m.N == 0 {
		return nil
	}
	members := m.By["campaign"]
	names := sortedKeys(members)
	slices.SortStableFunc(names, func(a, b string) int { return compareFloats(middle(members[b]), middle(members[a])) })
	line := statement{plain("The game day takes ")}
	if len(names) == 0 {
		return []statement{append(line, lasts(m.Figures)...)}
	}
	for i, name := range names[:min(len(names), mostCampaigns)] {
		if i > 0 {
			line = append(line, plain("; campaign %s ", name))
		}
		line = append(line, lasts(members[name])...)
		if i == 0 && len(names) > 1 {
			line = append(line, plain(" (campaign %s, the longest)", name))
		}
	}
	if more := len(names) - mostCampaigns; more > 0 {
		line = append(line, plain("; %s less", plural(int64(more), "campaign")))
	}
	told = append(told, append(line, plain(".")))
	if c := metricOf(s, "covered", "operator"); c != nil && c.Mean != nil && c.Mean.Value < 1 {
		told = append(told, statement{plain("Campaigns do not get to every shard: "),
			bold(scaleOf("ratio", c.Figures).show(c.Mean.Value)), plain(" are seen through on average.")})
	}
	return told
}

// calendarAnswer gives the days that all campaigns together take in trial 0: each counts its length from its own start.
func calendarAnswer(trial *trialStory) []statement {
	if trial == nil || len(trial.cfg.Campaigns) == 0 || len(trial.calls) == 0 {
		return nil
	}
	first, last := trial.calls[0].at, trial.calls[0].at
	for _, busy := range trial.busy() {
		last = max(last, busy.to)
	}
	minute := func(t sim.Time) string { return trial.cfg.Start.Add(time.Duration(t)).Format("Mon 2 Jan 15:04") }
	return []statement{{plain("In trial 0 all of it runs from %s to %s UTC, ", minute(first), minute(last)),
		bold(spell(last.Sub(first).Seconds())), plain("; the calendar below tells it.")}}
}

// lasts words the typical length of a campaign.
func lasts(f measure.Figures) statement {
	p50, ok := f.Quantiles["p50"]
	switch {
	case ok && strings.Contains(p50.Method, measure.MethodLowerBound):
		return statement{bold("at least " + spell(p50.Value)), plain(" in the middle case")}
	case ok:
		return statement{bold(spell(p50.Value)), plain(" in the middle case")}
	case f.Mean == nil:
		return statement{plain("an unknown time")}
	}
	return statement{bold(bound(f, spell(f.Mean.Value))), plain(" on average")}
}

// middle is by what campaigns are ordered.
func middle(f measure.Figures) float64 {
	if p50 := quantile(f, "p50"); !math.IsNaN(p50) {
		return p50
	}
	return max(0, value(f.Mean))
}

func compareFloats(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// spell writes a long span as people say it: 3 days 2 h, 5 h 12 min, 12 min 40 s.
func spell(seconds float64) string {
	steps := []struct {
		length        float64
		first, second string
		part          float64
	}{{86400, "day", "h", 3600}, {3600, "h", "min", 60}, {60, "min", "s", 1}}
	for _, step := range steps {
		parts := math.Round(seconds / step.part)
		if parts*step.part < step.length {
			continue
		}
		per := step.length / step.part
		whole, rest := math.Floor(parts/per), math.Mod(parts, per)
		text := fmt.Sprintf("%.0f %s", whole, step.first)
		if step.first == "day" && whole != 1 {
			text += "s"
		}
		if rest > 0 {
			text += fmt.Sprintf(" %.0f %s", rest, step.second)
		}
		return text
	}
	f := measure.Figures{Max: &seconds}
	return scaleOf("s", f).show(seconds)
}

// thresholdAnswer counts the verdicts.
func thresholdAnswer(verdicts []measure.Verdict) []statement {
	if len(verdicts) == 0 {
		return nil
	}
	counts := map[string]int64{}
	for i := range verdicts {
		counts[verdicts[i].Verdict]++
	}
	all := int64(len(verdicts))
	switch {
	case counts[measure.Pass] == all:
		return []statement{{plain("Of the thresholds, "), bold("all " + count(all) + " passed"), plain(".")}}
	case counts[measure.Fail] == 0:
		return []statement{{plain("Of %s, ", plural(all, "threshold")),
			bold(count(counts[measure.Undecided]) + " cannot be decided"), plain(" from these trials; none failed.")}}
	}
	line := statement{plain("Of %s, ", plural(all, "threshold")), bold(count(counts[measure.Fail]) + " failed")}
	if n := counts[measure.Undecided]; n > 0 {
		line = append(line, plain(" and %s cannot be decided", count(n)))
	}
	return []statement{append(line, plain("."))}
}

// mostRests is how many of the delays the answer names.
const mostRests = 8

// restAnswer names the inferred delays.
func restAnswer(assumptions []measure.Assumption) []statement {
	var delays []string
	for _, a := range assumptions {
		if name, ok := strings.CutPrefix(a.Name, "delays."); ok {
			delays = append(delays, name+" "+a.Value)
		}
	}
	if len(delays) == 0 {
		return nil
	}
	text := strings.Join(delays[:min(len(delays), mostRests)], "; ")
	if more := len(delays) - mostRests; more > 0 {
		text += fmt.Sprintf("; and %d more", more)
	}
	return []statement{{plain("All of this rests on "), bold("inferred delays"),
		plain(", set from few observations: %s.", text)}}
}

// extentAnswer says where this is not all of an experiment, and how a run went that a precision ended.
func extentAnswer(s *measure.Summary) (told []statement) {
	if s.Part != "" {
		told = append(told, statement{bold("This is a part of an experiment only"), plain(": %s.", s.Part)})
	}
	if stop := s.Stopping; stop != nil {
		how := "was reached"
		if !stop.Reached {
			how = "was not reached within " + plural(stop.MaxTrials, "trial")
		}
		told = append(told, statement{plain("The run was to go on until %s: that ", stop.Precision), bold(how), plain(".")})
	}
	return told
}
