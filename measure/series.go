package measure

import (
	"errors"
	"math"
	"slices"

	"failsim/sim"
	"failsim/stats"
)

const (
	microsecond = 1000
	tenYears    = 10 * 365 * 24 * 3600 * 1_000_000_000
	// ratioScale is the denominator of covered.
	ratioScale = 1_000_000_000
)

// seriesID is a metric and an observer: service and operator are even, endpoint is odd.
type seriesID uint8

const numSeries = 2 * int(numMetrics)

func seriesOf(id metricID, observer sim.Observer) seriesID {
	return seriesID(2*uint8(id) + uint8(observer))
}

func (s seriesID) metric() metricID       { return metricID(s / 2) }
func (s seriesID) observer() sim.Observer { return sim.Observer(s % 2) }

func (s seriesID) String() string {
	m := metrics[s.metric()]
	return m.Name + "@" + m.Observers[s.observer()]
}

// place is where a value belongs: indices into the configuration, -1 for none.
type place struct{ group, cause, campaign int32 }

// layout gives the slots of a series: slot 0 holds all values, then come the groups, the causes and the campaigns.
type layout struct{ groups, campaigns int32 }

func (l layout) size() int              { return int(1 + l.groups + int32(sim.NumCauses) + l.campaigns) }
func (l layout) group(g int32) int32    { return 1 + g }
func (l layout) cause(c int32) int32    { return 1 + l.groups + c }
func (l layout) campaign(c int32) int32 { return 1 + l.groups + int32(sim.NumCauses) + c }

// slots gives those of a place: one to four of them.
func (l layout) slots(p place) (slots [4]int32, n int) {
	n = 1
	if p.group >= 0 {
		slots[n] = l.group(p.group)
		n++
	}
	if p.cause >= 0 {
		slots[n] = l.cause(p.cause)
		n++
	}
	if p.campaign >= 0 {
		slots[n] = l.campaign(p.campaign)
		n++
	}
	return slots, n
}

// sample is the values of one slot: over all trials, and of the trial that is being taken up.
type sample struct {
	mean stats.Ratio
	// histogram stays empty where it is derived from those of other slots.
	histogram stats.Histogram
	derived   bool
	// cut has the censored values, lowest is the lowest of them.
	cut    stats.Histogram
	lowest int64
	// clusters is kept where a trial may have several values.
	clusters  stats.Clusters
	clustered bool

	// exceedances are counted for the probabilities that were asked for.
	exceedances []exceedance

	n, sum  int64   // of the current trial
	current []int64 // its values, where clustered
}

func newSample(id metricID) sample {
	unit, highest := int64(1), int64(1e18)
	switch {
	case id == totalWriteOutage || id == writeAvailability || id == groupAvailability:
		// Summed over node groups, which may be hundreds: the range ends where int64 does, at 292 years.
		unit, highest = microsecond, math.MaxInt64
	case metrics[id].Unit == "s":
		unit, highest = microsecond, tenYears
	}
	empty := stats.NewHistogram(unit, highest)
	return sample{histogram: empty, cut: empty, clusters: stats.NewClusters(unit), clustered: metrics[id].Per != "trial"}
}

var errSum = errors.New("the values of one trial sum to more than an int64 holds")

// record takes up one value of the current trial.
func (s *sample) record(v int64, censored bool) error {
	var err error
	if s.clustered {
		s.current = append(s.current, v)
		err = s.histogram.Check(v)
	} else {
		err = s.histogram.Record(v)
	}
	if err != nil {
		return err
	}
	if v > math.MaxInt64-s.sum {
		return errSum
	}
	s.n++
	s.sum += v
	for i := range s.exceedances {
		s.exceedances[i].record(v, censored)
	}
	if !censored {
		return nil
	}
	if s.cut.Count() == 0 || v < s.lowest {
		s.lowest = v
	}
	return s.cut.Record(v)
}

// endTrial moves the current trial into what is kept of all.
func (s *sample) endTrial() {
	s.mean.Add(s.n, s.sum)
	slices.Sort(s.current)
	s.clusters.Add(s.current)
	if !s.derived {
		s.histogram.RecordAscending(s.current)
	}
	for i := range s.exceedances {
		s.exceedances[i].endTrial(s.n)
	}
	s.n, s.sum, s.current = 0, 0, s.current[:0]
}

// merge takes up all trials of o.
func (s *sample) merge(o *sample) {
	s.mean.Merge(&o.mean)
	if o.cut.Count() > 0 && (s.cut.Count() == 0 || o.lowest < s.lowest) {
		s.lowest = o.lowest
	}
	s.histogram.Merge(&o.histogram)
	s.cut.Merge(&o.cut)
	s.clusters.Merge(&o.clusters)
	for i := range s.exceedances {
		s.exceedances[i].merge(&o.exceedances[i])
	}
}

// series is the samples of one metric and observer, by slot; none where the configuration cannot produce it.
type series struct {
	samples []sample
	// live lists, ascending, the slots that can have values.
	live                         []int32
	byGroup, byCause, byCampaign bool
	// split: every value is of some group, so that slot 0 needs no histogram of its own.
	split bool
	// sole is the slot of the only cause there is, which has no sample: it would be that of slot 0. 0 if there is none.
	sole int32
}

// newSeries gives the series that the scope can produce.
func newSeries(id seriesID, s *scope, l layout) series {
	m := id.metric()
	if !s.has(m, id.observer()) {
		return series{}
	}
	made := series{
		samples:    make([]sample, l.size()),
		byGroup:    slices.Contains(metrics[m].Narrowed, byGroup),
		byCause:    slices.Contains(metrics[m].Narrowed, byCause),
		byCampaign: slices.Contains(metrics[m].Narrowed, byCampaign),
	}
	for i := range made.samples {
		made.samples[i] = newSample(m)
	}
	made.findLive(m, s, l)
	if metrics[m].Per == "trial" || metrics[m].Per == "campaign" {
		return made
	}
	made.split = made.byGroup
	made.samples[0].derived = made.split
	causes := made.liveCauses(l)
	if len(causes) == 1 {
		made.sole, made.byCause = causes[0], false
	}
	return made
}

func (s *series) findLive(m metricID, in *scope, l layout) {
	s.live = []int32{0}
	for g := range l.groups {
		if s.byGroup && in.hasGroup(m, int(g)) {
			s.live = append(s.live, l.group(g))
		}
	}
	for c := range int32(sim.NumCauses) {
		if s.byCause && in.hasCause(m, sim.Cause(c)) {
			s.live = append(s.live, l.cause(c))
		}
	}
	for c := range l.campaigns {
		if s.byCampaign {
			s.live = append(s.live, l.campaign(c))
		}
	}
}

func (s *series) liveCauses(l layout) (causes []int32) {
	for _, slot := range s.live {
		if slot >= l.cause(0) && slot < l.campaign(0) {
			causes = append(causes, slot)
		}
	}
	return causes
}

// whole gives the sample of slot 0 with its histogram.
func (s *series) whole(l layout) *sample {
	if !s.split {
		return &s.samples[0]
	}
	whole := s.samples[0]
	for g := range l.groups {
		whole.histogram.Merge(&s.samples[l.group(g)].histogram)
	}
	return &whole
}

// at leaves of a place what the series is narrowed by.
func (s *series) at(p place) place {
	if !s.byGroup {
		p.group = -1
	}
	if !s.byCause {
		p.cause = -1
	}
	if !s.byCampaign {
		p.campaign = -1
	}
	return p
}
