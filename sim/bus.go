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
// clusterProcessGossipSection, markNodeAsFailingIfNeeded), which agree in this.
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
	gossip  []int
}

// chance is a stream of random numbers.
type chance struct {
	source dist.Source
	stream uint64
	drawn  uint64
}

// below gives a number in [0, n).
func (c *chance) below(n int64) int64 {
	c.drawn++
	high, _ := bits.Mul64(c.source.Bits(c.stream, c.drawn), uint64(n))
	return int64(high)
}

const (
	// busCron is the period of clusterCron, and busPing after how many of them a random node is pinged.
	busCron = 100
	busPing = 10
	// busPicks is of how many nodes that ping takes the one with the oldest pong.
	busPicks = 5
)

func newBus(s electionShape, random *chance) *bus {
	nodes, voters, timeout := s.nodes, s.voters, s.timeout.Milliseconds()
	b := &bus{nodes: nodes, voters: voters, timeout: timeout, random: random, now: 1_000_000,
		order: make([]int, nodes), phase: make([]int64, nodes), count: make([]int, nodes), due: make([]int64, nodes), pong: make([]int64, nodes*nodes), sent: make([]int64, nodes*nodes),
		dead: make([]bool, nodes), reports: make([]int64, nodes*voters), suspect: make([]bool, nodes)}
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

// cron is one clusterCron of a node.
func (b *bus) cron(i int) {
	b.count[i]++
	if b.count[i]%busPing == 0 {
		b.pingOldest(i)
	}
	if b.now < b.due[i] {
		return
	}
	row := i * b.nodes
	b.due[i] = b.now + b.timeout
	for j := range b.nodes {
		if i == j {
			continue
		}
		switch sent := b.sent[row+j]; {
		case sent != 0 && j == 0 && b.now-sent > b.timeout:
			b.suspect[i] = true
		case sent != 0:
			b.due[i] = min(b.due[i], max(b.now, sent+b.timeout))
		case b.now-b.pong[row+j] > b.timeout/2:
			b.ping(i, j)
		default:
			b.due[i] = min(b.due[i], b.pong[row+j]+b.timeout/2)
		}
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

// ping sends a ping, and has it answered at once if the other lives.
func (b *bus) ping(i, j int) {
	if b.dead[j] {
		b.sent[i*b.nodes+j] = b.now
		b.due[i] = min(b.due[i], b.now+b.timeout)
		return
	}
	b.tell(i, j)
	b.tell(j, i)
	b.pong[i*b.nodes+j] = b.now
}

// tell passes the gossip of a ping or a pong: some nodes with the pongs that the sender knows of, and always those that it suspects.
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
	if b.suspect[from] && from < b.voters {
		b.reports[to*b.voters+from] = b.now
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

// failed tells whether some node takes node 0 for failed (FAIL): it suspects it, and so does a majority of the primaries that own slots,
// itself included if it is one. It then tells everybody. The engine looks when a report arrives; here every cron does, which agrees better with
// the real clusters of crosscheck/election.
func (b *bus) failed() bool {
	for i, suspects := range b.suspect {
		if !suspects || b.dead[i] {
			continue
		}
		votes := b.heard(i)
		if i < b.voters {
			votes++
		}
		if votes >= b.voters/2+1 {
			return true
		}
	}
	return false
}

// halted tells whether the last primary takes so many others for possibly failed that no majority is left (clusterUpdateState).
func (b *bus) halted() bool {
	i := b.voters - 1
	reachable := b.voters
	for j := range b.voters {
		if sent := b.sent[i*b.nodes+j]; sent != 0 && b.now-sent > b.timeout {
			reachable--
		}
	}
	return reachable < b.voters/2+1
}
