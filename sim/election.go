package sim

import (
	"maps"
	"math/bits"
	"slices"
	"time"

	"failsim/dist"
)

// election is the engine's own failover in groups of one shape (redis 7.0, valkey 8.0: cluster.c, cluster_legacy.c). How long a
// majority of the primaries takes to agree that one has failed is drawn from a table, made by playing the cluster bus many times;
// what comes after that, the delayed request for votes, is drawn as the engine does (votes.go).
//
// Classic: a replica waits 500 ms + random(500 ms) + 1 s x rank, where the rank counts the replicas of its shard that have more of
// the data. Its cron looks every tenth of a second.
type election struct {
	// losses are numbers of voters that die together, ascending up to the most that leave a majority; failed has, for each, the ascending
	// spans from the death of a primary to FAIL.
	losses []int
	failed [][]time.Duration
	// halted are the spans from the loss of a majority to the halt of those that are left.
	halted []time.Duration
}

// electionShape is what the tables depend on.
type electionShape struct {
	nodes, voters int
	timeout       time.Duration
}

// busNodes bounds the bus that is played. The cost of a play grows with the square of its size; at 15 s the medians for one primary
// of 90 nodes and of 150 are 0.1 s apart, and so they are for a quarter of the primaries.
const busNodes = 90

// busClusters is on how many clusters whose crons lie otherwise the bus is played for one table.
const busClusters = 16

// effort is how often each of them is struck. The spans of a large cluster differ less, and a play of it takes longer: a table of 6 nodes
// takes 0.01 s, of 30 nodes 0.1 s, of 90 nodes 0.2 s.
func (s electionShape) effort() int {
	switch {
	case s.nodes <= 12:
		return 20
	case s.nodes <= 40:
		return 10
	}
	return 2
}

// newElection plays the bus of groups of that shape.
func newElection(s electionShape) *election { return playElections(s, s.bounded(), 0) }

// bounded is the shape of the bus that is played for groups of that shape.
func (s electionShape) bounded() electionShape {
	if s.nodes > busNodes {
		s.voters, s.nodes = max(3, s.voters*busNodes/s.nodes), busNodes
	}
	return s
}

// playElections draws the plays of a bus, by one of many streams. The same share of its voters dies as of those of the group.
func playElections(group, s electionShape, stream uint64) *election {
	e := &election{losses: losses(group.voters)}
	e.failed = make([][]time.Duration, len(e.losses))
	times := s.effort()
	minority := mostLost(s.voters)
	random := &chance{source: dist.NewSource(uint64(s.nodes)<<32|uint64(s.voters), uint64(s.timeout), stream), stream: dist.Name("bus", "")}
	b := busPair{branch: newBus(s, random)}
	for range busClusters {
		b.steady = newBus(s, random)
		b.steady.run(b.steady.now+b.steady.timeout, nil)
		for i, lost := range e.losses {
			dead := min(max(1, lost*s.voters/group.voters), minority)
			e.failed[i] = b.play(e.failed[i], times, busBlow{dead, func() bool { return b.branch.failed }})
		}
		e.halted = b.play(e.halted, times, busBlow{1 + minority, b.branch.halted})
	}
	for _, table := range append(e.failed, e.halted) {
		slices.Sort(table)
	}
	return e
}

// mostLost is how many voters can die together and leave a majority.
func mostLost(voters int) int { return voters - voters/2 - 1 }

// losses are the numbers of lost voters that are played: closer together near the majority, where each counts.
func losses(voters int) (of []int) {
	most := mostLost(voters)
	if most == 0 {
		return nil
	}
	of = []int{1, most - most/2, most - most/4, most}
	slices.Sort(of)
	return slices.Compact(of)
}

// Electorate is what the tables of elections depend on: groups of one electorate share them.
type Electorate struct{ shape electionShape }

// Elections are tables of the engine's elections. They are not written: With gives others.
type Elections map[Electorate]*election

// PlayElections makes the tables of one electorate, which takes from a hundredth of a second to one.
func PlayElections(of Electorate) Elections { return Elections{of: newElection(of.shape)} }

// With has the tables of both.
func (e Elections) With(others Elections) Elections {
	all := Elections{}
	maps.Copy(all, e)
	maps.Copy(all, others)
	return all
}

// Electorates are those of all groups whose engine elects.
func (c *Config) Electorates() []Electorate { return c.electorates(func(int) bool { return true }) }

// Electorates are those of the groups of cfg from which the fault takes nodes: with their tables at hand its injection is quick.
func (f *FaultConfig) Electorates(cfg *Config) []Electorate {
	return cfg.electorates(func(g int) bool { return f.takesFrom(g) })
}

func (c *Config) electorates(asked func(group int) bool) (all []Electorate) {
	for g := range c.Groups {
		if of, elects := c.Groups[g].electorate(); elects && asked(g) && !slices.Contains(all, of) {
			all = append(all, of)
		}
	}
	return all
}

// takesFrom tells whether the fault can take nodes from a group.
func (f *FaultConfig) takesFrom(group int) bool {
	return f.Kind.LosesNodes() && (len(f.Target.Groups) == 0 || slices.Contains(f.Target.Groups, group))
}

// electorate is that of a group; false where its engine can neither elect nor miss a majority.
func (g *GroupConfig) electorate() (Electorate, bool) {
	s := electionShape{timeout: g.NodeTimeout}
	for i := range g.NodeGroups {
		s.nodes += len(g.NodeGroups[i].Nodes)
		if g.votes(&g.NodeGroups[i]) {
			s.voters++
		}
	}
	return Electorate{s}, s.voters >= 2 && s.timeout > 0
}

// holdElections finds the election of each group. Without faults and failures one primary is lost at a time, so that only groups of two
// voters miss their majority.
func (t *topology) holdElections() {
	t.elections = make([]*election, len(t.cfg.Groups))
	trouble := len(t.cfg.Faults)+len(t.cfg.Failures) > 0
	for g := range t.elections {
		if of, elects := t.cfg.Groups[g].electorate(); elects && (trouble || of.shape.voters == 2) {
			t.elections[g] = t.electionOf(of)
		}
	}
}

// holdElectionsUnder finds the elections that a fault from outside can bring about.
func (t *topology) holdElectionsUnder(f *FaultConfig) {
	t.elections = slices.Clone(t.elections)
	for g := range t.elections {
		if of, elects := t.cfg.Groups[g].electorate(); elects && t.elections[g] == nil && f.takesFrom(g) {
			t.elections[g] = t.electionOf(of)
		}
	}
}

// electionOf gives the tables of an electorate, and plays those that nobody knows.
func (t *topology) electionOf(of Electorate) *election {
	if t.tables[of] == nil {
		t.tables = t.tables.With(PlayElections(of))
	}
	return t.tables[of]
}

// busPair is a cluster in its steady state, and room for copies of it that are struck.
type busPair struct{ steady, branch *bus }

// busBlow is how many voters die, and what is waited for then.
type busBlow struct {
	dead  int
	ended func() bool
}

// play strikes copies of the cluster at instants a random time apart, and adds the spans to what is waited for.
func (b *busPair) play(spans []time.Duration, times int, blow busBlow) []time.Duration {
	for range times {
		b.steady.run(b.steady.now+b.steady.random.below(1000+b.steady.timeout/10), nil)
		b.branch.copyFrom(b.steady)
		b.branch.kill(blow.dead)
		at := b.branch.run(b.branch.now+20*b.branch.timeout, blow.ended)
		spans = append(spans, time.Duration(at-b.steady.now)*time.Millisecond)
	}
	return spans
}

// invert gives the span of a table that belongs to 64 random bits.
func invert(table []time.Duration, random uint64) time.Duration {
	i, share := bits.Mul64(random, uint64(len(table)-1))
	step, _ := bits.Mul64(share, uint64(table[i+1]-table[i]))
	return table[i] + time.Duration(step)
}

// failedAfter is how long after the death of a primary a majority takes it for failed. So many voters are lost, itself included; a number
// that was not played lies between two that were.
func (e *election) failedAfter(random uint64, lost int) time.Duration {
	lost = min(max(lost, 1), e.losses[len(e.losses)-1])
	i, found := slices.BinarySearch(e.losses, lost)
	span := invert(e.failed[i], random)
	if found {
		return span
	}
	low, few, more := invert(e.failed[i-1], random), e.losses[i-1], e.losses[i]
	return low + (span-low)*time.Duration(lost-few)/time.Duration(more-few)
}

// haltedAfter is how long after the loss of a majority the primaries that are left stop serving clients.
func (e *election) haltedAfter(random uint64) time.Duration { return invert(e.halted, random) }

// eligible tells whether a replica may stand for election that was without its primary for so long: the validity factor of 10, on top of
// the replication's ping period of 10 s and the node timeout itself (clusterHandleSlaveFailover).
func eligible(age, timeout time.Duration) bool {
	return age-min(age, timeout) <= 10*time.Second+10*timeout
}
