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
func answer(s *measure.Summary, cfg *sim.Config, trial *trialStory) (told []statement) {
	told = append(told, outageAnswer(s)...)
	told = append(told, campaignAnswer(s, cfg)...)
	told = append(told, calendarAnswer(trial)...)
	told = append(told, thresholdAnswer(s.Thresholds)...)
	told = append(told, restAnswer(s)...)
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
func campaignAnswer(s *measure.Summary, cfg *sim.Config) (told []statement) {
	m := metricOf(s, "makespan", "operator")
	if m == nil || m.N == 0 {
		return nil
	}
	campaigns := campaignEnds(m.By["campaign"], cfg)
	switch {
	case len(campaigns) < 2:
		told = append(told, append(append(statement{plain("The game day takes ")}, lasts(m.Figures, 0)...), plain(".")))
	case cfg != nil:
		last := campaigns[0]
		told = append(told, append(append(statement{plain("From the start of the first campaign until the last, %s, is through it takes ",
			last.name)}, lasts(last.figures, last.after)...), plain(".")))
	}
	if len(campaigns) > 1 {
		told = append(told, campaignLengths(campaigns))
	}
	if c := metricOf(s, "covered", "operator"); c != nil && c.Mean != nil && c.Mean.Value < 1 {
		told = append(told, statement{plain("Campaigns do not get to every shard: "),
			bold(scaleOf("ratio", c.Figures).show(c.Mean.Value)), plain(" are seen through on average.")})
	}
	return told
}

// campaignEnd is a campaign: how many seconds after the first one it starts, and how long it takes from then on.
type campaignEnd struct {
	name    string
	after   float64
	figures measure.Figures
}

// campaignEnds lists the campaigns that took place, the last to end first. Without a configuration it is not known when they
// start, and the longest comes first.
func campaignEnds(members map[string]measure.Figures, cfg *sim.Config) (ends []campaignEnd) {
	starts := map[string]sim.Time{}
	var first sim.Time
	if cfg != nil {
		for i, c := range cfg.Campaigns {
			starts[c.Name] = c.At
			if i == 0 || c.At < first {
				first = c.At
			}
		}
	}
	for _, name := range sortedKeys(members) {
		if members[name].N > 0 {
			ends = append(ends, campaignEnd{name, starts[name].Sub(first).Seconds(), members[name]})
		}
	}
	slices.SortStableFunc(ends, func(a, b campaignEnd) int {
		return compareFloats(b.after+middle(b.figures), a.after+middle(a.figures))
	})
	return ends
}

// campaignLengths tells how long each campaign takes, counted from its own start.
func campaignLengths(campaigns []campaignEnd) statement {
	line := statement{plain("Each from its own start, campaign ")}
	for i, c := range campaigns[:min(len(campaigns), mostCampaigns)] {
		if i > 0 {
			line = append(line, plain("; campaign "))
		}
		line = append(append(line, plain("%s takes ", c.name)), lasts(c.figures, 0)...)
	}
	if more := len(campaigns) - mostCampaigns; more > 0 {
		line = append(line, plain("; %s more", plural(int64(more), "campaign")))
	}
	return append(line, plain("."))
}

// calendarAnswer gives the days that all campaigns together take in trial 0: each counts its length from its own start.
func calendarAnswer(trial *trialStory) []statement {
	if trial == nil || len(trial.cfg.Campaigns) == 0 || len(trial.calls) == 0 {
		return nil
	}
	first, last := trial.calls[0].at, trial.calls[0].at
	for i := range trial.calls {
		last = max(last, trial.calls[i].at, trial.until(trial.calls[i].failover))
	}
	minute := func(t sim.Time) string { return trial.cfg.Start.Add(time.Duration(t)).Format("Mon 2 Jan 15:04") }
	return []statement{{plain("In trial 0 all of it runs from %s to %s UTC, ", minute(first), minute(last)),
		bold(spell(last.Sub(first).Seconds())), plain("; the calendar below tells it.")}}
}

// lasts words the typical length of a campaign, counted from so many seconds before its start.
func lasts(f measure.Figures, before float64) statement {
	p50, ok := f.Quantiles["p50"]
	switch {
	case ok && strings.Contains(p50.Method, measure.MethodLowerBound):
		return statement{bold("at least " + spell(before+p50.Value)), plain(" in the middle case")}
	case ok:
		return statement{bold(spell(before + p50.Value)), plain(" in the middle case")}
	case f.Mean == nil:
		return statement{plain("an unknown time")}
	}
	return statement{bold(bound(f, spell(before+f.Mean.Value))), plain(" on average")}
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

// mostRests is how many of the delays the answer names, beyond those that shape what it tells.
const mostRests = 8

// restAnswer names the inferred delays: first what shapes the outages, then what shapes the length of campaigns.
func restAnswer(s *measure.Summary) []statement {
	delays, shaping := orderedDelays(s.Assumptions)
	if len(delays) == 0 {
		return nil
	}
	if outage := metricOf(s, "write_outage", "service"); s.Calls.Made == 0 && (outage == nil || outage.N == 0) {
		return []statement{{bold("Nothing was called"), plain(" and no writes stopped, so that no delay of a failover shows in this.")}}
	}
	named := min(len(delays), max(shaping, mostRests))
	text := strings.Join(delays[:named], "; ")
	if more := len(delays) - named; more > 0 {
		text += fmt.Sprintf("; and %d more", more)
	}
	return []statement{{plain("All of this rests on "), bold("inferred delays"),
		plain(", set from few observations: %s.", text)}}
}

// orderedDelays lists the inferred delays with their values, the ones that matter most to the answer first; shaping is how
// many shape a figure that it tells.
func orderedDelays(assumptions []measure.Assumption) (delays []string, shaping int) {
	phases := measure.ShapedBy("write_outage", "service")
	for _, more := range [][]string{measure.ShapedBy("write_outage", "endpoint"), measure.ShapedBy("makespan", "operator")} {
		for _, phase := range more {
			if !slices.Contains(phases, phase) {
				phases = append(phases, phase)
			}
		}
	}
	byRank := make([][]string, len(phases)+1)
	for _, a := range assumptions {
		name, ok := strings.CutPrefix(a.Name, "delays.")
		if !ok {
			continue
		}
		rank := slices.Index(phases, name[strings.LastIndex(name, ".")+1:])
		if rank < 0 {
			rank = len(phases)
		} else {
			shaping++
		}
		byRank[rank] = append(byRank[rank], name+" "+a.Value)
	}
	return slices.Concat(byRank...), shaping
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
