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
func (l layout) slots(p place) slots {
	s := slots{n: 1}
	if p.group >= 0 {
		s.at[s.n] = l.group(p.group)
		s.n++
	}
	if p.cause >= 0 {
		s.at[s.n] = l.cause(p.cause)
		s.n++
	}
	if p.campaign >= 0 {
		s.at[s.n] = l.campaign(p.campaign)
		s.n++
	}
	return s
}

// slots are those of a place: the first n of at.
type slots struct {
	at [4]int32
	n  int32
}

// sample is the values of one slot: over all trials, and of the trial that is being taken up.
type sample struct {
	current

	// clusters has the values where a trial may have several, histogram has them otherwise.
	clusters  stats.Clusters
	histogram stats.Histogram
	clustered bool
	// cut has the censored values, lowest is the lowest of them.
	lowest int64
	cut    stats.Histogram
	mean   stats.Ratio

	// exceedances are counted for the probabilities that were asked for.
	exceedances []exceedance
}

// current is what the values of the current trial come to: their number, their sum and the ends of their range; and how many of
// them are counted.
type current struct{ n, sum, low, high, counted int64 }

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

// record takes up one value of the current trial. Where there may be several, the value has passed Check.
func (s *sample) record(v int64, censored bool) error {
	if !s.clustered {
		if err := s.histogram.Record(v); err != nil {
			return err
		}
	}
	if v > math.MaxInt64-s.sum {
		return errSum
	}
	if s.n == 0 {
		s.low, s.high = v, v
	}
	s.low, s.high = min(s.low, v), max(s.high, v)
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

// add moves the current trial into what is kept of all. Where it may have several values, count follows for each.
func (s *sample) add() {
	s.mean.Add(s.n, s.sum)
	if s.clustered {
		s.clusters.Begin(s.n, s.low, s.high)
	}
	for i := range s.exceedances {
		s.exceedances[i].endTrial(s.n)
	}
}

// count takes up a value of the current trial by its bucket. Values come in ascending order of buckets.
func (s *sample) count(bucket int) {
	s.counted++
	s.clusters.Count(bucket, s.counted, s.n)
}

// whole gives the sample with its histogram, which clusters leave to be made from them.
func (s *sample) whole() *sample {
	if !s.clustered {
		return s
	}
	whole := *s
	whole.histogram.MergeClusters(&s.clusters)
	return &whole
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
	// sole is the slot of the only cause there is, which has no sample: it would be that of slot 0. 0 if there is none.
	sole int32

	// The values of the current trial, where there may be several: the slots of each as they come; and its bucket (upper half)
	// with its index in places (lower half), so that sorting order brings the values of all slots into order at once.
	places []slots
	order  []uint64
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

// note keeps a value of the current trial for count, where a trial may have several.
func (s *series) note(v int64, at slots) error {
	whole := &s.samples[0]
	if !whole.clustered {
		return nil
	}
	if err := whole.histogram.Check(v); err != nil {
		return err
	}
	s.order = append(s.order, uint64(whole.clusters.Bucket(v))<<32|uint64(len(s.places)))
	s.places = append(s.places, at)
	return nil
}

// count lets the samples count the values of the current trial in ascending order.
func (s *series) count() {
	slices.Sort(s.order)
	for _, value := range s.order {
		at := &s.places[uint32(value)]
		for _, slot := range at.at[:at.n] {
			s.samples[slot].count(int(value >> 32))
		}
	}
	s.places, s.order = s.places[:0], s.order[:0]
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
