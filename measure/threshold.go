package measure

import (
	"fmt"
	"slices"
	"strings"

	"failsim/dist"
	"failsim/sim"
)

// Threshold is a limit on a figure, in the figure's unit; exactly one of AtMost and AtLeast is set.
type Threshold struct {
	Figure
	AtMost, AtLeast *float64
}

// The verdicts on a threshold: by the whole interval, or undecided where the interval straddles the limit or is missing.
const (
	Pass      = "pass"
	Fail      = "fail"
	Undecided = "undecided"
)

// Verdict is how a threshold went.
type Verdict struct {
	Metric    string   `json:"metric"`
	Observer  string   `json:"observer"`
	Statistic string   `json:"statistic"`
	Group     string   `json:"group,omitempty"`
	Cause     string   `json:"cause,omitempty"`
	Campaign  string   `json:"campaign,omitempty"`
	Unit      string   `json:"unit"` // of the figures here: s, ratio, count or 1/s
	AtMost    *float64 `json:"at_most,omitempty"`
	AtLeast   *float64 `json:"at_least,omitempty"`
	// Value, Low and High are nil where the sample supports none; Low and High also for min and max, which are judged as
	// they stand.
	Value   *float64 `json:"value,omitempty"`
	Low     *float64 `json:"low,omitempty"`
	High    *float64 `json:"high,omitempty"`
	Method  string   `json:"method,omitempty"`
	Verdict string   `json:"verdict"`
	// Reason says why it is undecided, where no interval straddles the limit.
	Reason string `json:"reason,omitempty"`
	// RestsOn lists the delays that shape the figure and are inferred defaults in this scenario, with their grade.
	RestsOn []string `json:"rests_on"`
}

// Figure is what was judged.
func (v *Verdict) Figure() Figure {
	f := Figure{Metric: v.Metric, Observer: v.Observer, Statistic: v.Statistic}
	for way, member := range map[string]string{byGroup: v.Group, byCause: v.Cause, byCampaign: v.Campaign} {
		if member != "" {
			f.By, f.Member = way, member
		}
	}
	return f
}

// judge compares a figure of the summary with its limit.
func (t *Tally) judge(s *Summary, limit Threshold, assumptions []sim.Default) Verdict {
	id, _ := metricNamed(limit.Metric)
	unit, _ := limit.Unit()
	v := Verdict{
		Metric:    limit.Metric,
		Observer:  metrics[id].Observers[limit.observer(id)],
		Statistic: limit.Statistic,
		Unit:      unit,
		AtMost:    limit.AtMost,
		AtLeast:   limit.AtLeast,
		RestsOn:   t.restsOn(limit.Figure, assumptions),
	}
	switch limit.By {
	case byGroup:
		v.Group = limit.Member
	case byCause:
		v.Cause = limit.Member
	case byCampaign:
		v.Campaign = limit.Member
	}
	e, reason := t.Estimate(s, limit.Figure)
	if e == nil {
		v.Verdict, v.Reason = Undecided, reason
		return v
	}
	v.Value, v.Low, v.High, v.Method = &e.Value, e.Low, e.High, e.Method
	if extreme := limit.Statistic == "min" || limit.Statistic == "max"; extreme && reason == "" {
		e.Low, e.High = &e.Value, &e.Value
	}
	v.Verdict = verdictOf(limit, e)
	if v.Verdict == Undecided {
		v.Reason = reason
	}
	return v
}

// verdictOf judges by the ends of the interval; an end that is missing decides nothing.
func verdictOf(limit Threshold, e *Estimate) string {
	above := func(x float64) bool { return e.Low != nil && *e.Low > x }
	below := func(x float64) bool { return e.High != nil && *e.High < x }
	notAbove := func(x float64) bool { return e.High != nil && *e.High <= x }
	notBelow := func(x float64) bool { return e.Low != nil && *e.Low >= x }
	switch {
	case limit.AtMost != nil && notAbove(*limit.AtMost), limit.AtLeast != nil && notBelow(*limit.AtLeast):
		return Pass
	case limit.AtMost != nil && above(*limit.AtMost), limit.AtLeast != nil && below(*limit.AtLeast):
		return Fail
	}
	return Undecided
}

// Estimate finds a figure of a Summary that this Tally gave, as Summary.Estimate does. A probability must have been asked for
// when the Tally was made.
func (t *Tally) Estimate(s *Summary, f Figure) (e *Estimate, reason string) {
	if f.isProbability() {
		return t.probability(f).estimate(s.Confidence)
	}
	return s.Estimate(f)
}

// Estimate finds a figure. Where values were cut short by the end of the trial, means and maxima have no upper end. Where an
// interval or all is missing, the reason says why. A Summary has a probability where a threshold is set on it.
func (s *Summary) Estimate(f Figure) (e *Estimate, reason string) {
	if f.isProbability() {
		return s.judged(f)
	}
	figures := s.find(f)
	if figures.N == 0 || figures.Mean == nil || figures.Min == nil || figures.Max == nil {
		return nil, "there was no value"
	}
	const cutShort = "values were cut short by the end of the trial"
	switch f.Statistic {
	case "min":
		e = &Estimate{Value: *figures.Min}
		if figures.Censored > 0 {
			e.Low = figures.Min // it may be one that was cut short itself
			return e, cutShort
		}
		return e, ""
	case "max":
		e = &Estimate{Value: *figures.Max}
		if figures.Censored > 0 {
			e.Low = figures.Max
			return e, cutShort
		}
		return e, ""
	case "mean":
		copied := *figures.Mean
		if figures.Censored > 0 {
			copied.High = nil
			return &copied, cutShort
		}
		if copied.Low == nil {
			return &copied, "one trial alone has no interval"
		}
		return &copied, ""
	}
	q, ok := figures.Quantiles[f.Statistic]
	if !ok {
		return nil, figures.Unsupported(f.Statistic)
	}
	if q.High == nil {
		return &q, cutShort
	}
	return &q, ""
}

// judged finds a figure among those that thresholds are set on.
func (s *Summary) judged(f Figure) (e *Estimate, reason string) {
	f = f.Canonical()
	for i := range s.Thresholds {
		v := &s.Thresholds[i]
		switch of := v.Figure().Canonical(); {
		case of != f:
		case v.Value == nil:
			return nil, v.Reason
		default:
			return &Estimate{Value: *v.Value, Low: v.Low, High: v.High, Method: v.Method}, ""
		}
	}
	return nil, "no threshold is set on it, so nobody counted it"
}

// find gives the figures of a metric as narrowed.
func (s *Summary) find(f Figure) Figures {
	for i := range s.Metrics {
		m := &s.Metrics[i]
		if m.Name != f.Metric || f.Observer != "" && m.Observer != f.Observer {
			continue
		}
		if f.By == "" {
			return m.Figures
		}
		return m.By[f.By][f.Member]
	}
	return Figures{}
}

// Unsupported says how many trials a quantile needs, as the warning has it.
func (f *Figures) Unsupported(quantile string) string {
	for _, w := range f.Warnings {
		if !strings.HasPrefix(w, UnsupportedQuantiles) {
			continue
		}
		if _, rest, ok := strings.Cut(w, quantile+" about "); ok {
			needed := rest[:len(rest)-len(strings.TrimLeft(rest, "0123456789,"))]
			return fmt.Sprintf("%s needs about %s trials", quantile, strings.TrimRight(needed, ","))
		}
	}
	return "the trials do not support it"
}

// ShapedBy lists the delays that shape a metric as an observer sees it, by the last part of their names, the most important
// first; nil for a metric that there is none of.
func ShapedBy(metric, observer string) []string {
	id, ok := metricNamed(metric)
	if !ok {
		return nil
	}
	if observer == sim.ObserverEndpoint.String() {
		return shapedBy(id, sim.ObserverEndpoint)
	}
	return shapedBy(id, sim.ObserverService)
}

// shapedBy lists the delays that shape a metric, by the last part of their names.
func shapedBy(id metricID, observer sim.Observer) []string {
	outage := []string{"promotion", "detection", "takeover", "swap", "upgrade_gap", "reboot"}
	if observer == sim.ObserverEndpoint {
		outage = append(outage, "propagation", "dns_ttl")
	}
	whole := []string{"provision", "sync_rate"}
	switch id {
	case detection:
		return []string{"detection"}
	case promotion:
		return []string{"promotion", "detection", "takeover"}
	case dataLosses:
		return append([]string{"detection", "recovery_start"}, whole...)
	case propagation:
		return []string{"propagation"}
	case recovery:
		return whole
	case lostTail, lostWrites:
		return []string{"lag"}
	case callToCompleted:
		return []string{"accept", "promotion", "completed_event"}
	case replicaReadOutage, reducedRedundancy, readOutage, failedReads, peakReads:
		return append(append(outage, "recovery_start"), whole...)
	case makespan, covered, acceptedCalls, refusedCalls:
		return append([]string{"accept", "promotion", "recovery_start"}, whole...)
	}
	return outage
}

// restsOn lists the inferred defaults that shape a figure and hold in a group that it covers.
func (t *Tally) restsOn(f Figure, assumptions []sim.Default) []string {
	id, _ := metricNamed(f.Metric)
	shaping := shapedBy(id, f.observer(id))
	rests := []string{}
	for _, d := range assumptions {
		phase := d.Name[strings.LastIndex(d.Name, ".")+1:]
		if d.Grade != sim.GradeInferred || !strings.HasPrefix(d.Name, "delays.") || !slices.Contains(shaping, phase) {
			continue
		}
		text := phase + ": " + string(d.Grade)
		if !slices.Contains(rests, text) && t.holds(f, phase, d.Value) {
			rests = append(rests, text)
		}
	}
	return rests
}

// holds tells whether a phase has that delay in any group that the figure covers.
func (t *Tally) holds(f Figure, phase, delay string) bool {
	if parsed, err := dist.Parse(delay, nil); err == nil {
		delay = parsed.String()
	}
	for g := range t.cfg.Groups {
		covered := true
		switch f.By {
		case byGroup:
			covered = t.cfg.Groups[g].ID == f.Member
		case byCampaign:
			covered = slices.ContainsFunc(t.cfg.Campaigns, func(c sim.CampaignConfig) bool {
				return c.Name == f.Member && slices.Contains(c.Groups, g)
			})
		}
		if covered && delayText(&t.cfg.Groups[g].Delays, phase) == delay {
			return true
		}
	}
	return false
}

// delayText writes a phase of the delays as sim.Defaults does.
func delayText(d *sim.Delays, phase string) string {
	switch phase {
	case "accept":
		return d.Accept.String()
	case "promotion":
		return d.Promotion.String()
	case "completed_event":
		return d.CompletedEvent.String()
	case "propagation":
		return d.Propagation.String()
	case "recovery_start":
		return d.RecoveryStart.String()
	case "provision":
		return d.Provision.String()
	case "lag":
		return d.Lag.String()
	case "detection":
		return d.Detection.String()
	case "takeover":
		return d.Takeover.String()
	case "swap":
		return d.Swap.String()
	case "upgrade_gap":
		return d.UpgradeGap.String()
	case "reboot":
		return d.Reboot.String()
	case "dns_ttl":
		return dist.FormatDuration(d.DNSTTL)
	case "sync_rate":
		return fmt.Sprintf("%dMB/s", d.SyncRate/1_000_000)
	}
	return ""
}
