package sim

import (
	"math/bits"
	"slices"
	"time"

	"failsim/dist"
)

// election is the engine's own failover in groups of one shape (redis 7.0, valkey 8.0: cluster.c, cluster_legacy.c). How long a
// majority of the primaries takes to agree that one has failed is drawn from a table, made by playing the cluster bus many times;
// what comes after that, the delayed request for votes, is drawn as the engine does.
//
// Classic: a replica waits 500 ms + random(500 ms) + 1 s x rank, where the rank counts the replicas of its shard that have more of
// the data. Its cron looks every 100 ms. The same epoch for two shards, and two replicas of a shard that ask at one time, are not
// played: then nobody has the votes, and they try again after four node timeouts.
type election struct {
	// failed has, by how many other voters died with it, the ascending spans from the death of a primary to FAIL; halted the spans from
	// the loss of a majority to the halt of those that are left.
	failed [][]time.Duration
	halted []time.Duration
}

// electionShape is what the tables depend on.
type electionShape struct {
	nodes, voters int
	timeout       time.Duration
}

const (
	// plays is how often the bus is played for one table, on so many clusters whose crons lie otherwise: linear between its sorted
	// spans, an inverted draw is off by less than the tenth of a second that a cron takes.
	plays, busClusters = 160, 16
	// busNodes bounds the bus that is played: beyond it spans hardly change with the size, and the cost grows with its square.
	busNodes = 24
)

// newElection plays the bus of groups of that shape.
func newElection(s electionShape) *election { return playElections(s, plays) }

func playElections(s electionShape, plays int) *election {
	if s.nodes > busNodes {
		s.voters = max(3, s.voters*busNodes/s.nodes)
		s.nodes = busNodes
	}
	minority := s.voters - s.voters/2 - 1 // voters that can die at one time and leave a majority
	e := &election{failed: make([][]time.Duration, minority)}
	random := &chance{source: dist.NewSource(uint64(s.nodes)<<32|uint64(s.voters), uint64(s.timeout), 0), stream: dist.Name("bus", "")}
	b := busPair{branch: newBus(s, random)}
	for range busClusters {
		b.steady = newBus(s, random)
		b.steady.run(b.steady.now+b.steady.timeout, nil)
		for others := range minority {
			e.failed[others] = b.play(e.failed[others], plays/busClusters, busBlow{1 + others, b.branch.failed})
		}
		e.halted = b.play(e.halted, plays/busClusters, busBlow{1 + minority, b.branch.halted})
	}
	for _, table := range append(e.failed, e.halted) {
		slices.Sort(table)
	}
	return e
}

// holdElections finds the election of each group.
func (t *topology) holdElections() {
	t.elections = make([]*election, len(t.cfg.Groups))
	for g := range t.elections {
		t.elections[g] = t.electionOf(int32(g))
	}
}

// electionOf is the election of a group; nil where its engine can neither elect nor miss a majority. Groups of one shape share it.
// Without faults and failures one primary is lost at a time, so that only groups of two voters miss their majority.
func (t *topology) electionOf(group int32) *election {
	g := &t.cfg.Groups[group]
	s := electionShape{timeout: g.NodeTimeout}
	for i := range g.NodeGroups {
		s.nodes += len(g.NodeGroups[i].Nodes)
		if g.votes(&g.NodeGroups[i]) {
			s.voters++
		}
	}
	if s.voters < 2 || s.timeout == 0 || s.voters > 2 && len(t.cfg.Faults)+len(t.cfg.Failures) == 0 {
		return nil
	}
	e, known := t.electionByShape[s]
	if !known {
		e = newElection(s)
		t.electionByShape[s] = e
	}
	return e
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

// failedAfter is how long after the death of a primary a majority takes it for failed. So many voters are lost, itself included.
func (e *election) failedAfter(random uint64, lost int) time.Duration {
	return invert(e.failed[min(max(lost, 1), len(e.failed))-1], random)
}

// haltedAfter is how long after the loss of a majority the primaries that are left stop serving clients.
func (e *election) haltedAfter(random uint64) time.Duration { return invert(e.halted, random) }

// electedAfter is how long after FAIL a replica of that rank is promoted: its cron notices within 100 ms, and asks for votes at the
// first of its crons after the delay.
func electedAfter(random uint64, rank int) time.Duration {
	const cron = busCron * time.Millisecond
	high, low := bits.Mul64(random, 500) // random() % 500 ms
	noticed, _ := bits.Mul64(low, uint64(cron))
	delay := (500+time.Duration(high))*time.Millisecond + time.Duration(rank)*time.Second
	return time.Duration(noticed) + (delay+cron-1)/cron*cron + votesTake
}

// votesTake is how long it takes to ask for votes and count them: the voters write their configuration to the disk before they answer. The logs
// of crosscheck/election have 5 to 17 ms.
const votesTake = 10 * time.Millisecond

// eligible tells whether a replica may stand for election that was without its primary for so long: the validity factor of 10, on top of
// the replication's ping period of 10 s and the node timeout itself (clusterHandleSlaveFailover).
func eligible(age, timeout time.Duration) bool {
	return age-min(age, timeout) <= 10*time.Second+10*timeout
}
