package measure

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"failsim/dist"
	"failsim/sim"
	"failsim/words"
)

// Figure names one number of a Summary: a statistic of a metric as an observer sees it, narrowed or not.
type Figure struct {
	Metric string
	// Observer is the metric's first where it is empty.
	Observer string
	// Statistic is mean, a quantile (p1 p5 p50 p90 p95 p99 p999), min, max or probability(> x) with x in the metric's unit.
	Statistic string
	// By is group, cause or campaign, and Member one of them; both are empty for all values.
	By, Member string
}

// ParseFigure reads `metric.statistic` or `metric@observer.statistic`, and gives it as Canonical does. Whether a scenario has it is
// for Check to say.
func ParseFigure(text string) (Figure, error) {
	name, statistic, ok := strings.Cut(text, ".")
	if !ok {
		return Figure{}, fmt.Errorf("%s; want metric.statistic, such as write_outage.p99", words.Quote(text))
	}
	f := Figure{Statistic: statistic}
	f.Metric, f.Observer, _ = strings.Cut(name, "@")
	if f.Observer == "" && strings.Contains(name, "@") {
		return Figure{}, fmt.Errorf("%s; want an observer after the @, such as write_outage@endpoint.p99", words.Quote(text))
	}
	return f.Canonical(), nil
}

// Canonical gives the figure with its statistic written in one way: probability(> 30s), whatever blanks and units were used. So figures
// that are the same compare equal. What is not right stays as it is.
func (f Figure) Canonical() Figure {
	id, known := metricNamed(f.Metric)
	if !known {
		return f
	}
	if parsed, err := statisticOf(id, f.Statistic); err == nil && parsed.above != nil {
		inner := strings.TrimSuffix(strings.TrimPrefix(f.Statistic, "probability(>"), ")")
		f.Statistic = "probability(> " + writeValue(metrics[id].Unit, strings.TrimSpace(inner), parsed.above) + ")"
	}
	return f
}

// String writes `metric@observer.statistic`, without the observer where it is the metric's first, and what narrows it.
func (f Figure) String() string {
	name := f.Metric
	if id, ok := metricNamed(f.Metric); ok && f.Observer != "" && f.Observer != metrics[id].Observers[0] {
		name += "@" + f.Observer
	}
	name += "." + f.Statistic
	if f.By != "" {
		name += " of " + f.By + " " + f.Member
	}
	return name
}

// Unit is s, ratio, count or 1/s; false if there is no such metric.
func (f Figure) Unit() (unit string, known bool) {
	id, known := metricNamed(f.Metric)
	if f.isProbability() {
		return "ratio", known
	}
	return metrics[id].Unit, known
}

func (f Figure) isProbability() bool { return strings.HasPrefix(f.Statistic, "probability") }

// Check finds what is wrong with a figure of a configuration: the field (Metric, Observer, Statistic or Member) and what
// would be right; a nil error if nothing is.
func Check(cfg *sim.Config, f Figure) (field string, err error) {
	id, ok := metricNamed(f.Metric)
	if !ok {
		return "Metric", unknown("metric", f.Metric, metricNames())
	}
	if _, err := statisticOf(id, f.Statistic); err != nil {
		return "Statistic", err
	}
	m := metrics[id]
	if f.Observer != "" && !slices.Contains(m.Observers, f.Observer) {
		return "Observer", fmt.Errorf("no %s of %s; have %s", words.Quote(f.Observer), f.Metric, words.List(m.Observers))
	}
	s := newScope(cfg)
	if !s.has(id, f.observer(id)) {
		return "Metric", fmt.Errorf("%s never has a value in this scenario: %s", f.Metric, s.lacks(id, f.observer(id)))
	}
	if f.By == "" {
		return "", nil
	}
	if !slices.Contains(m.Narrowed, f.By) {
		return "By", fmt.Errorf("%s is not given by %s; it is by %s", f.Metric, f.By, words.List(m.Narrowed))
	}
	return s.checkMember(id, f)
}

func (s *scope) checkMember(id metricID, f Figure) (field string, err error) {
	var have []string
	switch f.By {
	case byGroup:
		for g := range s.cfg.Groups {
			if s.hasGroup(id, g) {
				have = append(have, s.cfg.Groups[g].ID)
			}
		}
	case byCause:
		for c := range sim.NumCauses {
			if s.hasCause(id, c) {
				have = append(have, c.String())
			}
		}
	case byCampaign:
		for c := range s.cfg.Campaigns {
			have = append(have, s.cfg.Campaigns[c].Name)
		}
	}
	if slices.Contains(have, f.Member) {
		return "", nil
	}
	if len(have) == 0 {
		return "Member", fmt.Errorf("no %s has values of %s in this scenario", f.By, f.Metric)
	}
	return "Member", unknown(f.By+" with values of "+f.Metric, f.Member, have)
}

func unknown(what, name string, have []string) error {
	if near := words.Nearest(name, have); near != "" {
		return fmt.Errorf("no %s %s; did you mean %s?", what, words.Quote(name), near)
	}
	if more := len(have) - 30; more > 0 {
		return fmt.Errorf("no %s %s; have %s and %d more", what, words.Quote(name), words.List(have[:30]), more)
	}
	return fmt.Errorf("no %s %s; have %s", what, words.Quote(name), words.List(have))
}

// lacks says why a metric has no value for an observer in any trial.
func (s *scope) lacks(id metricID, observer sim.Observer) string {
	switch {
	case observer == sim.ObserverEndpoint && !s.named, id == propagation && (s.calls || s.unplanned()):
		return "no group has endpoints that must follow a failover (cluster mode disabled)"
	case id == lostWrites || id == failedWrites:
		return "no group has writes_per_second"
	case id == failedReads || id == peakReads:
		return "no group has reads_per_second"
	case metrics[id].Per == "campaign":
		return "it has no campaign"
	case id == replicaReadOutage || id == reducedRedundancy:
		return "no node group has a replica"
	}
	switch {
	case metrics[id].Per == "call":
		return "nothing calls TestFailover"
	case id == detection || id == dataLosses:
		return "no fault or failure takes a node"
	}
	return "nothing calls TestFailover, and no fault or failure takes a node"
}

func metricNamed(name string) (metricID, bool) {
	for id := range metrics {
		if metrics[id].Name == name {
			return metricID(id), true
		}
	}
	return 0, false
}

func metricNames() (names []string) {
	for id := range metrics {
		names = append(names, metrics[id].Name)
	}
	return names
}

func (f Figure) observer(id metricID) sim.Observer {
	return sim.Observer(max(0, slices.Index(metrics[id].Observers, f.Observer)))
}

// statistic is a parsed one. Where above is set it is the probability of a value above it, in the metric's unit.
type statistic struct {
	name  string
	above *big.Rat
}

func statisticOf(id metricID, text string) (statistic, error) {
	names := []string{"mean", "min", "max"}
	for _, q := range quantiles {
		names = append(names, q.name)
	}
	if slices.Contains(names, text) {
		return statistic{name: text}, nil
	}
	inner, opened := strings.CutPrefix(text, "probability(>")
	inner, closed := strings.CutSuffix(inner, ")")
	if !opened || !closed {
		return statistic{}, fmt.Errorf("no statistic %s; have mean, min, max, p1, p5, p50, p90, p95, p99, p999 and "+
			"probability(> x)", words.Quote(text))
	}
	above, err := parseValue(metrics[id].Unit, strings.TrimSpace(inner))
	return statistic{name: "probability", above: above}, err
}

// parseValue reads a value in a metric's unit: a duration for seconds, a decimal number for all others.
func parseValue(unit, text string) (*big.Rat, error) {
	if unit == "s" {
		d, err := dist.ParseDuration(text)
		if err == nil && d < 0 {
			err = fmt.Errorf("%s; want a duration of 0 or more", words.Quote(text))
		}
		return big.NewRat(int64(d), 1e9), err
	}
	value, err := strconv.ParseFloat(text, 64)
	exact, ok := new(big.Rat).SetString(text)
	if err != nil || !ok || value < 0 || math.IsInf(value, 0) || len(text) > 30 {
		return nil, fmt.Errorf("%s; want a number of 0 or more, such as 0.5", words.Quote(text))
	}
	return exact, nil
}

// slot is where the values of the figure are kept.
func (t *Tally) slot(id seriesID, f Figure) int32 {
	slot := int32(0)
	for _, live := range t.series[id].live[1:] {
		if way, member := t.slotName(live); way == f.By && member == f.Member {
			slot = live
		}
	}
	if slot == t.series[id].sole {
		return 0
	}
	return slot
}
