package sim

import (
	"fmt"
	"math/bits"
	"slices"
	"time"

	"failsim/dist"
)

// processFacts are what a renewal process strikes.
type processFacts struct {
	failure int32 // index into Config.Failures
	nodes   []int32
	stream  uint64
}

// process is a renewal process. Its clock begins anew when what it strikes is whole again. A node's begins anew with every new machine too,
// whatever took the old one.
type process struct {
	draws   uint32
	waiting bool   // for the node that it struck, or found failed, to be back
	node    int32  // that node
	strikes Handle // its next strike; 0 if it waits, or that is after the horizon
}

// addFailures makes the processes of the Config.
func (t *topology) addFailures() {
	streams := failureStreams{}
	for i := range t.cfg.Failures {
		t.addFailure(int32(i), streams)
	}
}

// addFailure makes a process for each thing that fails by itself.
func (t *topology) addFailure(failure int32, streams failureStreams) {
	f := &t.cfg.Failures[failure]
	t.residuals = append(t.residuals, dist.NewResidual(&f.Every))
	byEntity := map[string]int{}
	for node := range int32(len(t.nodes)) {
		group := t.pristine.nodeGroups[t.pristine.nodes[node].nodeGroup].group
		if len(f.Groups) > 0 && !slices.Contains(f.Groups, int(group)) {
			continue
		}
		entity := t.nodes[node].cfg.ID
		switch f.Per {
		case PerZone:
			entity = t.partOfZone(t.nodes[node].cfg.Zone, f.Groups)
		case PerGroup:
			entity = t.cfg.Groups[group].ID
		}
		p, known := byEntity[entity]
		if !known {
			p = len(t.processes)
			byEntity[entity] = p
			t.processes = append(t.processes, processFacts{failure: failure, stream: streams.next(f.Kind, entity)})
			t.pristine.processes = append(t.pristine.processes, process{node: -1})
		}
		t.processes[p].nodes = append(t.processes[p].nodes, node)
		if f.Kind == FaultNode {
			t.nodes[node].processes = append(t.nodes[node].processes, int32(p))
		}
	}
}

// partOfZone names what a process strikes in a zone: all that is there, or the nodes of some groups, called by the first of their ids.
func (t *topology) partOfZone(zone string, groups []int) string {
	if len(groups) == 0 {
		return zone
	}
	first := t.cfg.Groups[groups[0]].ID
	for _, g := range groups {
		first = min(first, t.cfg.Groups[g].ID)
	}
	return zone + "/" + first
}

// failureStreams counts the processes that strike the same thing in the same way.
type failureStreams map[uint64]int

// next names the draws of a process by its kind and by what it strikes, so that processes elsewhere do not change them; a further one of
// the same has draws of its own.
func (s failureStreams) next(kind FaultKind, entity string) uint64 {
	purpose := "failure/" + kind.String()
	first := dist.Name(purpose, entity)
	s[first]++
	if n := s[first]; n > 1 {
		return dist.Name(fmt.Sprintf("%s/%d", purpose, n), entity)
	}
	return first
}

func (w *World) failureConfig(p int32) *FailureConfig {
	return &w.top.cfg.Failures[w.top.processes[p].failure]
}

// processBits are the next bits of the process.
func (w *World) processBits(p int32) uint64 {
	state := &w.processes[p]
	state.draws++
	return w.source.Bits(w.top.processes[p].stream, uint64(state.draws-1))
}

// firstFailure is the time to the first failure: in the stationary state what is left of one that began before the trial.
func (w *World) firstFailure(p int32) time.Duration {
	f := w.failureConfig(p)
	if f.Stationary {
		return w.top.residuals[w.top.processes[p].failure].Draw(w.processBits(p))
	}
	return w.nextFailure(p)
}

// nextFailure is the time to the next failure of what is whole again.
func (w *World) nextFailure(p int32) time.Duration {
	return w.failureConfig(p).Every.Draw(w.processBits(p))
}

// scheduleFailure lets the process strike after the time given, unless that is after the horizon.
func (w *World) scheduleFailure(p int32, after time.Duration) {
	state := &w.processes[p]
	state.waiting, state.strikes = false, 0
	if after <= time.Duration(w.top.cfg.Horizon)-time.Duration(w.clock.Now()) {
		state.strikes = w.clock.After(after, event{KindFailureStruck, p})
	}
}

// failureStrikes is when chance strikes. A node that is down already is left alone until it is back.
func (w *World) failureStrikes(p int32) {
	facts, f, state := &w.top.processes[p], w.failureConfig(p), &w.processes[p]
	i := incident{kind: f.Kind, fault: -1, process: p, node: -1, ends: w.clock.Now()}
	if f.Kind != FaultNode {
		i.ends = i.ends.Add(f.Duration.Draw(w.processBits(p)))
		w.strike(i)
		return
	}
	i.node = facts.nodes[0]
	if f.Per == PerGroup {
		choice, _ := bits.Mul64(w.processBits(p), uint64(len(facts.nodes)))
		i.node = facts.nodes[choice]
	}
	state.waiting, state.node = true, i.node
	if w.nodes[i.node].recovery < 0 {
		w.strike(i)
	}
}

// renew starts the clocks of the processes that waited for the node to be back, and, where its machine is another, those of all that strike
// the node alone.
func (w *World) renew(node int32, machine bool) {
	for _, p := range w.top.nodes[node].processes {
		state := &w.processes[p]
		if state.waiting && state.node == node || machine && w.failureConfig(p).Per == PerNode {
			w.clock.Cancel(state.strikes)
			w.scheduleFailure(p, w.nextFailure(p))
		}
	}
}
