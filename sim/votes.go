package sim

import (
	"math/bits"
	"time"
)

// A replica that stands for election asks all primaries for their votes, under the epoch that follows the highest it knows of; a primary
// votes once in an epoch (redis 7.0, valkey 8.0: clusterHandleSlaveFailover, clusterSendFailoverAuthIfNeeded). A replica that asks before
// it has heard of another that asks takes the same epoch, and the votes are split between them: replicas of one shard with the same offset,
// and replicas of shards that lost their primaries together. Who has no majority then waits, and stands again.

const (
	// votesTake is how long it takes to ask for votes and count them: the one who asks writes its configuration to the disk before the
	// request leaves, and so do the voters before they answer. The logs of crosscheck/election have 5 to 17 ms.
	votesTake = 10 * time.Millisecond
	// requestTakes is the first half of that: what it takes until others hear of the request.
	requestTakes = votesTake / 2
)

// asksAfter is how long after FAIL a replica of that rank asks for votes: its next cron notices, and it asks at the first of its crons after
// the delay.
func asksAfter(random uint64, rank int) time.Duration {
	const cron = busCron * time.Millisecond
	high, low := bits.Mul64(random, 500) // random() % 500 ms
	noticed, _ := bits.Mul64(low, uint64(cron))
	delay := (500+time.Duration(high))*time.Millisecond + time.Duration(rank)*time.Second
	return time.Duration(noticed) + (delay+cron-1)/cron*cron
}

// retryAfter is how long after an election began that nobody won the next is scheduled: twice the time that votes are waited for.
func retryAfter(timeout time.Duration) time.Duration { return 2 * max(2*timeout, 2*time.Second) }

// stand lets the replicas of rank 0 ask for votes after the wait and their delays; it returns how long after the wait the first of them
// has its votes.
func (w *World) stand(f int32, wait time.Duration) time.Duration {
	fo := &w.failovers[f]
	g := &w.nodeGroups[fo.NodeGroup]
	from := w.clock.Now().Add(wait)
	fo.asker, fo.asks, fo.rival = -1, Never, Never
	fewest := w.fewestMissed(fo)
	for i := g.members.first; i < g.members.end(); i++ {
		if !w.follows(i) || w.missedWrites(fo, i) != fewest {
			continue
		}
		asks := from.Add(asksAfter(w.bits(fo.NodeGroup, phaseElection), 0))
		if asks >= fo.asks {
			fo.rival = min(fo.rival, asks)
			continue
		}
		fo.asker, fo.asks, fo.rival = i, asks, fo.asks
	}
	if fo.asker < 0 { // there is none yet
		fo.asks = from.Add(asksAfter(w.bits(fo.NodeGroup, phaseElection), 0))
	}
	return fo.asks.Sub(from) + votesTake
}

// follows tells whether the node is a replica that is up.
func (w *World) follows(node int32) bool {
	n := &w.nodes[node]
	return n.role == RoleReplica && n.up()
}

// missedWrites are the whole writes that a replica trailed its primary by when that was lost. Its rank is the number of its siblings that
// missed fewer: the engine compares offsets, which are equal where nothing is written, or not in the last milliseconds.
func (w *World) missedWrites(fo *failover, node int32) int64 {
	return w.writesBefore(fo.NodeGroup, w.lastWrite(fo), w.nodes[node].lag)
}

// fewestMissed is what the replica with the least lag has missed; 0 where none is up.
func (w *World) fewestMissed(fo *failover) int64 {
	if best := w.leastLagged(fo.NodeGroup); best >= 0 {
		return w.missedWrites(fo, best)
	}
	return 0
}

// chosen is the replica that a promotion takes: the first of those that ask for votes, or where the control plane promotes the one with the
// least lag; -1 where none is up, or none was to ask.
func (w *World) chosen(f int32) int32 {
	fo := &w.failovers[f]
	switch {
	case fo.asks == Never:
	case fo.asker < 0:
		return -1
	case w.follows(fo.asker):
		return fo.asker
	}
	return w.leastLagged(fo.NodeGroup)
}

// countVotes tells whether a replica of the failover has a majority. It settles the failovers of all that asked in the same epoch: the
// winner's votes need no count any more, the others stand again.
func (w *World) countVotes(f int32) bool {
	fo := &w.failovers[f]
	fo.pending = 0
	lost, size := w.voters(fo.Group)
	epoch := w.candidates(f)
	winner := int32(-1)
	if len(epoch) == 1 && electable(lost, size) {
		winner = f
	} else {
		votes := make([]int, len(epoch))
		for range size - lost {
			choice, _ := bits.Mul64(w.bits(fo.NodeGroup, phaseElection), uint64(len(epoch)))
			if votes[choice]++; votes[choice] >= size/2+1 {
				winner = epoch[choice]
			}
		}
	}
	for i, candidate := range epoch {
		switch {
		case i > 0 && epoch[i-1] == candidate:
		case candidate == winner:
			w.failovers[winner].asks = Never
		default:
			w.standAgain(candidate)
		}
	}
	return winner == f
}

// candidates are the failovers whose replicas ask in the same epoch as the first of this one, which has not heard of another; one is there
// twice if two of its replicas do.
func (w *World) candidates(f int32) []int32 {
	epoch := w.marks[:0]
	heard := w.failovers[f].asks.Add(requestTakes)
	g := &w.groups[w.failovers[f].Group]
	for ng := g.nodeGroups.first; ng < g.nodeGroups.end(); ng++ {
		other := w.nodeGroups[ng].failover
		if other < 0 || w.failovers[other].asks >= heard {
			continue
		}
		epoch = append(epoch, other)
		if w.failovers[other].rival < heard {
			epoch = append(epoch, other)
		}
	}
	w.marks = epoch
	return epoch
}

// standAgain has the failover's replicas wait for the next election.
func (w *World) standAgain(f int32) {
	fo := &w.failovers[f]
	wait := fo.asks.Add(retryAfter(w.top.cfg.Groups[fo.Group].NodeTimeout)).Sub(w.clock.Now())
	w.clock.Cancel(fo.pending)
	fo.asks = Never
	w.promoteAfter(f, wait)
	if fo.elects {
		record := w.nodeRecord(KindVotesSplit, fo.Old)
		record.Span = wait
		w.log(record)
	}
	w.release(f)
}
