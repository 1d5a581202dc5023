package measure

import (
	"fmt"

	"failsim/sim"
)

// Tally adds up what trials left. Tallies of one configuration merge to the same Tally in any order.
type Tally struct {
	cfg    *sim.Config
	scope  scope
	layout layout
	trials int64
	calls  sim.CallCount
	series [numSeries]series
	// touched are the samples with values of the trial that is being taken up.
	touched []*sample
	sums    trialSums
}

// NewTally gives an empty Tally for trials of cfg. Those of the figures that are probabilities are counted; Check must have
// passed them.
func NewTally(cfg *sim.Config, figures ...Figure) *Tally {
	t := &Tally{
		cfg:    cfg,
		scope:  newScope(cfg),
		layout: layout{groups: int32(len(cfg.Groups)), campaigns: int32(len(cfg.Campaigns))},
	}
	samples := 0
	for id := range t.series {
		t.series[id] = newSeries(seriesID(id), &t.scope, t.layout)
		samples += len(t.series[id].samples)
	}
	for _, f := range figures {
		t.watch(f)
	}
	t.touched = make([]*sample, 0, samples)
	t.sums = newTrialSums(cfg, t.layout)
	return t
}

// Trials is how many trials were taken up.
func (t *Tally) Trials() int64 { return t.trials }

// Cells is how many cells of histograms have memory, which is nearly all that a Tally takes: of 8 or 24 bytes each.
func (t *Tally) Cells() (cells int) {
	for id := range t.series {
		for slot := range t.series[id].samples {
			s := &t.series[id].samples[slot]
			cells += s.histogram.Cells() + s.cut.Cells() + s.clusters.Cells()
		}
	}
	return cells
}

// Add takes up one trial of the Tally's configuration. An error names a value that cannot be counted; the Tally is then of
// no further use.
func (t *Tally) Add(o *sim.Outcome) error {
	if err := t.take(o); err != nil {
		return err
	}
	t.endTrial(o)
	return nil
}

// take records the values of a trial; what they come to stands in the samples until endTrial.
func (t *Tally) take(o *sim.Outcome) error {
	if err := t.addOutcome(o); err != nil {
		return fmt.Errorf("trial %d of seed %d: %w", o.Trial, o.Seed, err)
	}
	return nil
}

func (t *Tally) endTrial(o *sim.Outcome) {
	for _, s := range t.touched {
		s.add()
	}
	for id := range t.series {
		t.series[id].count()
	}
	for _, s := range t.touched {
		s.current = current{}
	}
	t.touched = t.touched[:0]
	t.trials++
	addCalls(&t.calls, &o.Calls)
}

func (t *Tally) addOutcome(o *sim.Outcome) error {
	t.sums.reset()
	if err := t.addWindows(o.Windows); err != nil {
		return err
	}
	for i := range o.Failovers {
		if err := t.addFailover(&o.Failovers[i], o.End); err != nil {
			return err
		}
	}
	for i := range o.Recoveries {
		if err := t.addRecovery(&o.Recoveries[i], o.End); err != nil {
			return err
		}
	}
	for i := range o.DataLosses {
		t.sums.lose(&o.DataLosses[i], t.layout)
	}
	for i := range o.Campaigns {
		if err := t.addCampaign(int32(i), &o.Campaigns[i]); err != nil {
			return err
		}
	}
	return t.addTrial(o)
}

func addCalls(to, c *sim.CallCount) {
	to.Made += c.Made
	to.Accepted += c.Accepted
	for v := range c.Refused {
		to.Refused[v] += c.Refused[v]
	}
}

// Merge takes up all trials of o, which must be of the same configuration.
func (t *Tally) Merge(o *Tally) {
	t.trials += o.trials
	addCalls(&t.calls, &o.calls)
	for id := range t.series {
		mine, theirs := t.series[id].samples, o.series[id].samples
		for slot := range mine {
			mine[slot].merge(&theirs[slot])
		}
	}
}

// measured is one value of one trial; censored says that the true value is larger.
type measured struct {
	value    int64
	censored bool
}

// add takes up a value in every slot of its place.
func (t *Tally) add(id seriesID, p place, v measured) error {
	s := &t.series[id]
	if s.samples == nil {
		return nil
	}
	slots := t.layout.slots(s.at(p))
	if err := s.note(v.value, slots); err != nil {
		return fmt.Errorf("%v: %w", id, err)
	}
	for _, slot := range slots.at[:slots.n] {
		if err := t.put(id, slot, v); err != nil {
			return err
		}
	}
	return nil
}

// put takes up a value in one slot.
func (t *Tally) put(id seriesID, slot int32, v measured) error {
	s := &t.series[id].samples[slot]
	if s.n == 0 {
		t.touched = append(t.touched, s)
	}
	if err := s.record(v.value, v.censored); err != nil {
		return fmt.Errorf("%v: %w", id, err)
	}
	return nil
}
