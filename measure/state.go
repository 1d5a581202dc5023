package measure

import (
	"fmt"
	"iter"

	"failsim/sim"
	"failsim/stats"
)

// State is what a Tally holds, as plain data for storage.
type State struct {
	Trials  int64
	Calls   sim.CallCount
	Samples []SampleState
}

// SampleState is one sample that has values: its place in the Tally, and what it holds.
type SampleState struct {
	Series     uint8
	Slot       int32
	Mean       stats.RatioState
	Histogram  stats.HistogramState
	Cut        stats.HistogramState
	Lowest     int64
	Clusters   stats.ClustersState
	Sure, Most []stats.RatioState
}

// State gives the state as it is now.
func (t *Tally) State() (whole State) {
	for piece := range t.States() {
		whole.Trials += piece.Trials
		addCalls(&whole.Calls, &piece.Calls)
		whole.Samples = append(whole.Samples, piece.Samples...)
	}
	return whole
}

// States gives the state in pieces of one sample at most, for storage: all of it at once takes as much memory as the Tally. AddState
// takes them up one after the other.
func (t *Tally) States() iter.Seq[*State] {
	return func(yield func(*State) bool) {
		if !yield(&State{Trials: t.trials, Calls: t.calls}) {
			return
		}
		for id := range t.series {
			for slot := range t.series[id].samples {
				s := &t.series[id].samples[slot]
				if s.mean.Trials() > 0 && !yield(&State{Samples: []SampleState{s.state(id, slot)}}) {
					return
				}
			}
		}
	}
}

func (s *sample) state(series, slot int) SampleState {
	state := SampleState{
		Series: uint8(series), Slot: int32(slot), Mean: s.mean.State(), Histogram: s.histogram.State(), Cut: s.cut.State(),
		Lowest: s.lowest, Clusters: s.clusters.State(),
	}
	for i := range s.exceedances {
		state.Sure = append(state.Sure, s.exceedances[i].sure.State())
		state.Most = append(state.Most, s.exceedances[i].most.State())
	}
	return state
}

// AddState takes up all trials of another Tally of the same configuration and figures. An error says that the state is of
// something else; the Tally is then of no further use.
func (t *Tally) AddState(state State) error {
	for i := range state.Samples {
		kept := &state.Samples[i]
		if int(kept.Series) >= len(t.series) || kept.Slot < 0 || int(kept.Slot) >= len(t.series[kept.Series].samples) {
			return fmt.Errorf("state of a tally: no sample %d of series %d here", kept.Slot, kept.Series)
		}
		if err := t.series[kept.Series].samples[kept.Slot].addState(kept); err != nil {
			return err
		}
	}
	t.trials += state.Trials
	addCalls(&t.calls, &state.Calls)
	return nil
}

func (s *sample) addState(kept *SampleState) error {
	if len(kept.Sure) != len(s.exceedances) || len(kept.Most) != len(s.exceedances) {
		return fmt.Errorf("state of a tally: %d limits counted; want %d", len(kept.Sure), len(s.exceedances))
	}
	for i := range s.exceedances {
		s.exceedances[i].sure.AddState(kept.Sure[i])
		s.exceedances[i].most.AddState(kept.Most[i])
	}
	s.mean.AddState(kept.Mean)
	if len(kept.Cut.Values) > 0 && (s.cut.Count() == 0 || kept.Lowest < s.lowest) {
		s.lowest = kept.Lowest
	}
	if err := s.histogram.AddState(kept.Histogram); err != nil {
		return err
	}
	if err := s.cut.AddState(kept.Cut); err != nil {
		return err
	}
	return s.clusters.AddState(kept.Clusters)
}

// Reset empties the Tally; it keeps its memory.
func (t *Tally) Reset() {
	t.trials, t.calls = 0, sim.CallCount{}
	for id := range t.series {
		for slot := range t.series[id].samples {
			s := &t.series[id].samples[slot]
			s.mean = stats.Ratio{}
			s.histogram.Reset()
			s.cut.Reset()
			s.clusters.Reset()
			for i := range s.exceedances {
				s.exceedances[i].sure, s.exceedances[i].most = stats.Ratio{}, stats.Ratio{}
			}
		}
	}
}
