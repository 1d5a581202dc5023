package sim

import (
	"cmp"
	"math/bits"
	"slices"

	"failsim/dist"
)

// bus plays the engine's cluster bus as far as failure detection goes: who pings whom, what gossip tells, and when a majority of
// primaries agrees that one of them has failed. Instants and spans are whole milliseconds, as in the engine; messages take no
// time. It follows redis 7.0 and valkey 8.0 (cluster.c, cluster_legacy.c: clusterCron, clusterSendPing,
// clusterProcessGossipSection, markNodeAsFailingIfNeeded), which agree in this but for one thing: Valkey's gossip leaves the receiver
// of a ping out.
type bus struct {
	nodes, voters int // nodes 0 to voters-1 are primaries with slots; node 0 is the one that will be watched
	timeout       int64
	random        *chance

	now     int64
	order   []int   // the nodes in the order of their crons
	phase   []int64 // of each node's cron, within busCron
	count   []int   // of each node's cron
	due     []int64 // before it no ping of the node is due, and none times out
	pong    []int64 // [i*nodes+j]: when i last got a pong from j, or heard of one
	sent    []int64 // [i*nodes+j]: when i sent a ping to j that is not answered; 0: none is open
	dead    []bool
	reports []int64 // [i*voters+v]: when i last heard from v that node 0 may have failed; 0: never
	suspect []bool  // i takes node 0 for possibly failed (PFAIL)
	tells   []bool  // and says so in its pings and pongs
	missed  []bool  // the last primary takes j for possibly failed
	failed  bool    // some node takes node 0 for failed (FAIL)

	pinged, gossip []int // of the cron, and of the message, at hand
}

// chance is a stream of random numbers.
type chance struct {
	source dist.Source
	stream uint64
	drawn  uint64
	bits   uint64
	uses   int // that bits is still good for
}

// below gives a number in [0, n), n at most 100,000: what two such leave of 64 bits is still thousands of times as fine as a third.
func (c *chance) below(n int64) int64 {
	if c.uses == 0 {
		c.drawn++
		c.bits, c.uses = c.source.Bits(c.stream, c.drawn), 3
	}
	c.uses--
	high, low := bits.Mul64(c.bits, uint64(n))
	c.bits = low
	return int64(high)
}

const (
	// busCron is the period of clusterCron, and busPing after how many of them a random node is pinged. The timer is set to 100 ms when
	// a cron has ended, and the wait for it is rounded up to a whole millisecond (ae.c, ae_epoll.c). The logs of an idle redis-server
	// 7.0.15 have 100.6 to 101.2 ms. So 10 crons are more than a second, and the tenth finds a ping too old, not the eleventh.
	busCron = 101
	busPing = 10
	// busPicks is of how many nodes that ping takes the one with the oldest pong.
	busPicks = 5
)

func newBus(s electionShape, random *chance) *bus {
	nodes, voters, timeout := s.nodes, s.voters, s.timeout.Milliseconds()
	b := &bus{nodes: nodes, voters: voters, timeout: timeout, random: random, now: 1_000_000,
		order: make([]int, nodes), phase: make([]int64, nodes), count: make([]int, nodes), due: make([]int64, nodes), pong: make([]int64, nodes*nodes), sent: make([]int64, nodes*nodes),
		dead: make([]bool, nodes), reports: make([]int64, nodes*voters), suspect: make([]bool, nodes), tells: make([]bool, nodes), missed: make([]bool, voters)}
	for i := range nodes {
		b.order[i], b.phase[i], b.count[i] = i, random.below(busCron), int(random.below(busPing))
	}
	slices.SortFunc(b.order, func(i, j int) int { return cmp.Compare(b.phase[i], b.phase[j]) })
	for i := range b.pong {
		b.pong[i] = b.now - random.below(timeout/2+1)
	}
	return b
}

// copyFrom makes b a copy of src, but for its random numbers.
func (b *bus) copyFrom(src *bus) {
	b.now = src.now
	copy(b.order, src.order)
	copy(b.phase, src.phase)
	copy(b.count, src.count)
	copy(b.due, src.due)
	copy(b.pong, src.pong)
	copy(b.sent, src.sent)
	copy(b.dead, src.dead)
	copy(b.reports, src.reports)
	copy(b.suspect, src.suspect)
	copy(b.tells, src.tells)
	copy(b.missed, src.missed)
	b.failed = src.failed
}

// run plays the crons from now on, up to the instant given or until something ends it, which is the instant that it returns; 0 where
// nothing did.
func (b *bus) run(until int64, ended func() bool) int64 {
	for b.now < until {
		start := b.now - b.now%busCron
		begin := b.now
		for _, i := range b.order {
			at := start + b.phase[i]
			if b.dead[i] || at < begin || at >= until {
				continue
			}
			b.now = at
			b.cron(i)
			if ended != nil && ended() {
				return b.now
			}
		}
		b.now = min(start+busCron, until)
	}
	return 0
}

// cron is one clusterCron of a node: all of its pings leave before any of them is answered.
func (b *bus) cron(i int) {
	b.count[i]++
	b.tells[i] = b.suspect[i]
	b.pinged = b.pinged[:0]
	if b.count[i]%busPing == 0 {
		b.pingOldest(i)
	}
	if b.now >= b.due[i] {
		b.lookAround(i)
	}
	for _, j := range b.pinged {
		b.tell(i, j)
	}
	for _, j := range b.pinged {
		b.tell(j, i)
		b.pong[i*b.nodes+j], b.sent[i*b.nodes+j] = b.now, 0
		b.due[i] = min(b.due[i], b.now+b.timeout/2)
	}
}

// lookAround pings whom the node has not heard of for half a timeout, and suspects whose ping is a timeout old.
func (b *bus) lookAround(i int) {
	row := i * b.nodes
	b.due[i] = b.now + b.timeout
	for j := range b.nodes {
		if i == j {
			continue
		}
		switch sent := b.sent[row+j]; {
		case sent != 0 && b.now-sent > b.timeout:
			b.takeForDead(i, j)
			b.due[i] = b.now
		case sent != 0:
			b.due[i] = min(b.due[i], sent+b.timeout)
		case b.now-b.pong[row+j] > b.timeout/2:
			b.ping(i, j)
		default:
			b.due[i] = min(b.due[i], b.pong[row+j]+b.timeout/2)
		}
	}
}

// takeForDead notes that i takes j for possibly failed, where that matters: of node 0, and for the last primary of all that vote.
func (b *bus) takeForDead(i, j int) {
	if j == 0 {
		b.suspect[i] = true
	}
	if i == b.voters-1 && j < b.voters {
		b.missed[j] = true
	}
}

// kill takes the first voters. Whether their hosts refuse connections or say nothing makes no difference: a cron that finds a link
// broken opens another and pings over it when a ping is due, and only that ping's age counts.
func (b *bus) kill(dead int) {
	for k := range dead {
		b.dead[k] = true
	}
	clear(b.due)
}

// pingOldest pings, of some nodes picked at random, the one whose pong is the oldest.
func (b *bus) pingOldest(i int) {
	oldest := -1
	for range busPicks {
		j := int(b.random.below(int64(b.nodes)))
		if j == i || b.sent[i*b.nodes+j] != 0 {
			continue
		}
		if oldest < 0 || b.pong[i*b.nodes+j] < b.pong[i*b.nodes+oldest] {
			oldest = j
		}
	}
	if oldest >= 0 {
		b.ping(i, oldest)
	}
}

// ping sends a ping. A living node answers it before the next cron of any node.
func (b *bus) ping(i, j int) {
	b.sent[i*b.nodes+j] = b.now
	b.due[i] = min(b.due[i], b.now+b.timeout)
	if !b.dead[j] {
		b.pinged = append(b.pinged, j)
	}
}

// tell passes the gossip of a ping or a pong: some nodes with the pongs that the sender knows of, and always those that it suspected at the
// start of its last cron, which counts them. The receiver looks for a majority when a report arrives, and only then.
func (b *bus) tell(from, to int) {
	wanted := min(max(3, b.nodes/10), b.nodes-2)
	b.gossip = b.gossip[:0]
	for tries := 3 * wanted; tries > 0 && len(b.gossip) < wanted; tries-- {
		k := int(b.random.below(int64(b.nodes)))
		if k == from || k == 0 && b.suspect[from] || b.told(k) {
			continue
		}
		b.gossip = append(b.gossip, k)
		b.hear(from, to, k)
	}
	if b.tells[from] && from < b.voters {
		b.reports[to*b.voters+from] = b.now
		b.failed = b.failed || b.agreed(to)
	}
}

func (b *bus) told(k int) bool {
	for _, other := range b.gossip {
		if other == k {
			return true
		}
	}
	return false
}

// hear takes up that a node is said to be well: a report against it is void, and a later pong counts as one's own, in whole seconds,
// while no ping of one's own is open and nobody reports it.
func (b *bus) hear(from, to, k int) {
	if k == to {
		return
	}
	if k == 0 && from < b.voters {
		b.reports[to*b.voters+from] = 0
	}
	if b.sent[to*b.nodes+k] != 0 || k == 0 && b.heard(to) > 0 {
		return
	}
	if pong := b.pong[from*b.nodes+k] / 1000 * 1000; pong > b.pong[to*b.nodes+k] {
		b.pong[to*b.nodes+k] = pong
	}
}

// heard counts the reports against node 0 that a node has and that are still valid.
func (b *bus) heard(i int) (n int) {
	for _, at := range b.reports[i*b.voters : (i+1)*b.voters] {
		if at != 0 && b.now-at <= 2*b.timeout {
			n++
		}
	}
	return n
}

// agreed tells whether a node takes node 0 for failed (FAIL): it suspects it, and so does a majority of the primaries that own slots,
// itself included if it is one. It then tells everybody.
func (b *bus) agreed(i int) bool {
	votes := b.heard(i)
	if i < b.voters {
		votes++
	}
	return b.suspect[i] && votes >= b.voters/2+1
}

// halted tells whether the last primary takes so many others for possibly failed that no majority is left (clusterUpdateState).
func (b *bus) halted() bool {
	reachable := b.voters
	for _, missed := range b.missed {
		if missed {
			reachable--
		}
	}
	return reachable < b.voters/2+1
}
