package measure

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"failsim/sim"
)

// Schema names the shape of a Summary.
const Schema = "failsim/summary/1"

// Info is what a Summary says besides what a Tally knows.
type Info struct {
	Scenario   string
	Seed       uint64
	Confidence float64 // of the intervals, between 0 and 1
	Part       string  // which trials, where not all
	// Assumptions are the defaults in use; those that are inferred are listed.
	Assumptions []sim.Default
	// Thresholds are judged; the probabilities among them were given to NewTally.
	Thresholds []Threshold
}

// Summary estimates every metric that the configuration can produce.
func (t *Tally) Summary(info Info) Summary {
	s := Summary{
		Schema:      Schema,
		Scenario:    info.Scenario,
		Trials:      t.trials,
		Seed:        info.Seed,
		Part:        info.Part,
		Confidence:  info.Confidence,
		Metrics:     []MetricSummary{},
		Calls:       t.callTotals(),
		Thresholds:  []Verdict{},
		Assumptions: []Assumption{},
	}
	for _, d := range info.Assumptions {
		if d.Grade == sim.GradeInferred {
			s.Assumptions = append(s.Assumptions, Assumption{d.Name, d.Value, string(d.Grade), d.Source})
		}
	}
	s.Notes = notes(len(s.Assumptions) > 0)
	summarizer := summarizer{t, info.Confidence, inferredBounds(t.cfg, info.Assumptions)}
	for id := range t.series {
		if t.series[id].samples != nil {
			s.Metrics = append(s.Metrics, summarizer.metric(seriesID(id)))
		}
	}
	for _, limit := range info.Thresholds {
		s.Thresholds = append(s.Thresholds, t.judge(&s, limit, info.Assumptions))
	}
	return s
}

func (t *Tally) callTotals() Calls {
	c := Calls{Made: t.calls.Made, Accepted: t.calls.Accepted, Refused: map[string]int64{}}
	for v, n := range t.calls.Refused {
		if n > 0 {
			c.Refused[t.cfg.Refusals[v]] += n
		}
	}
	return c
}

// notes are what every reader must know.
func notes(assumptions bool) []string {
	n := []string{"Intervals cover simulation noise only: that the number of trials is finite."}
	if assumptions {
		n = append(n, "The defaults listed under assumptions are inferred from few observations; the figures rest on them.")
	}
	return append(n, "Clients are not modelled yet: client libraries have been seen to suffer minutes where the service was "+
		"back in seconds (a Jedis client about 6 min in a log of 2022, a Redisson client 7 min).")
}

// summarizer holds what all figures of a Summary share.
type summarizer struct {
	tally      *Tally
	confidence float64
	bounds     []delayBound
}

func (s *summarizer) metric(id seriesID) MetricSummary {
	m := metrics[id.metric()]
	out := MetricSummary{
		Name:     m.Name,
		Observer: m.Observers[id.observer()],
		Unit:     m.Unit,
		Per:      m.Per,
		Better:   m.Better,
		Figures:  s.figures(id, 0),
		By:       map[string]map[string]Figures{},
	}
	series := &s.tally.series[id]
	for _, slot := range series.live[1:] {
		way, member := s.tally.slotName(slot)
		if out.By[way] == nil {
			out.By[way] = map[string]Figures{}
		}
		if slot == series.sole {
			out.By[way][member] = out.Figures
		} else {
			out.By[way][member] = s.figures(id, slot)
		}
	}
	return out
}

// slotName tells by what a slot narrows, and to which member.
func (t *Tally) slotName(slot int32) (way, member string) {
	switch l := t.layout; {
	case slot < l.cause(0):
		return byGroup, t.cfg.Groups[slot-l.group(0)].ID
	case slot < l.campaign(0):
		return byCause, sim.Cause(slot - l.cause(0)).String()
	default:
		return byCampaign, t.cfg.Campaigns[slot-l.campaign(0)].Name
	}
}

func (s *summarizer) figures(id seriesID, slot int32) Figures {
	t := s.tally
	m := id.metric()
	sample := t.series[id].samples[slot].whole()
	f := sample.figures(t.scaleOf(m, slot), t.trials, s.confidence)
	if m == dataLosses {
		f.AboveZero = sample.aboveZero(s.confidence)
	}
	if m != promotion && (m != writeOutage || id.observer() != sim.ObserverService) {
		return f
	}
	if p99, ok := f.Quantiles["p99"]; ok {
		f.Warnings = append(f.Warnings, s.nearBounds(p99.Value, slot)...)
	}
	return f
}

// delayBound is the upper bound of an inferred promotion delay that groups use.
type delayBound struct {
	name   string // of the default
	high   time.Duration
	groups []int32
}

// inferredBounds finds the groups whose promotion delay is an inferred default with an upper bound.
func inferredBounds(cfg *sim.Config, defaults []sim.Default) []delayBound {
	var bounds []delayBound
	for _, d := range defaults {
		if d.Grade != sim.GradeInferred || !strings.HasPrefix(d.Name, "delays.") || !strings.HasSuffix(d.Name, ".promotion") {
			continue
		}
		b := delayBound{name: d.Name}
		for g := range cfg.Groups {
			delay := &cfg.Groups[g].Delays.Promotion
			if _, high, bounded := delay.Bounds(); bounded && delay.String() == d.Value {
				b.high = high
				b.groups = append(b.groups, int32(g))
			}
		}
		if len(b.groups) > 0 {
			bounds = append(bounds, b)
		}
	}
	return bounds
}

// nearBounds warns where p99, in seconds, is set by where an inferred delay was cut off rather than by an observation:
// in the last tenth below the bound (and at it, as three digits have it).
func (s *summarizer) nearBounds(p99 float64, slot int32) (warnings []string) {
	for _, b := range s.bounds {
		way, _ := s.tally.slotName(max(slot, 1))
		if slot > 0 && way == byGroup && !slices.Contains(b.groups, slot-s.tally.layout.group(0)) {
			continue
		}
		if high := b.high.Seconds(); p99 > 0.9*high && p99 <= 1.001*high {
			warnings = append(warnings, fmt.Sprintf("p99 lies near the upper bound (%v) of the inferred %s", b.high, b.name))
		}
	}
	return warnings
}
