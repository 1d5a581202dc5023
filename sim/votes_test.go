package sim

import (
	"math"
	"strconv"
	"testing"
	"time"

	"failsim/dist"
)

// votingGroup has shards whose engine elects, with a node timeout of a second, and primaries that die at 100 s. Nothing is written, so that all
// replicas have the same offset, whatever their lags.
func votingGroup(shards, replicas, dead int) *Config {
	g := makeGroup("g", ClusterEnabled, shards, replicas)
	g.NodeTimeout = time.Second
	g.Delays.Lag = dist.MustParse("uniform(1ms, 20ms)")
	for s := range g.NodeGroups {
		g.NodeGroups[s].Slots = []SlotRange{{uint16(s), uint16(s)}}
	}
	cfg := config(g)
	for s := range dead {
		cfg = cfg.withFault(FaultNode, sec(100), 0, nodeOf(s, 0))
	}
	return cfg
}

// sameEpoch is the probability that two siblings ask within requestTakes of each other. Each asks at an instant that is uniform within a
// cron of 101 ms, and 5 to 10 crons later: the delays of 500 to 999 ms that end in them are 6, 101, 101, 101, 101 and 90 of 500.
func sameEpoch() (p float64) {
	const within = float64(requestTakes) / float64(busCron*time.Millisecond)
	crons := []float64{6. / 500, 101. / 500, 101. / 500, 101. / 500, 101. / 500, 90. / 500}
	for i, a := range crons {
		p += a * a * (2*within - within*within) // |u - v| < w
		if i > 0 {
			p += 2 * a * crons[i-1] * within * within / 2 // u - v > 1 - w
		}
	}
	return p
}

// Two siblings ask in one epoch, and the two voters that are left choose one of the two each: with probability 1/2 not the same, so that
// neither has two votes of three. The next election is 2 x 2 x the timeout after the delay of the first, and has a delay of its own.
func TestSiblingsSplitTheirVotes(t *testing.T) {
	const trials = 40_000
	w := NewWorld(votingGroup(3, 2, 1))
	split := 0
	for trial := range uint64(trials) {
		w.Reset(1, trial)
		w.RunUntil(sec(130))
		f := &w.failovers[0]
		if f.Promoted == Never {
			t.Fatalf("trial %d: nothing is promoted", trial)
		}
		took := f.Promoted.Sub(f.Known)
		retries := took / (4500 * time.Millisecond)
		low, high := (retries+1)*5*busCron*time.Millisecond, (retries+1)*11*busCron*time.Millisecond
		if waited := 4*time.Second*retries + votesTake; took < waited+low || took > waited+high {
			t.Errorf("trial %d: promoted %v after FAIL", trial, took)
		}
		split += int(min(retries, 1))
	}
	p := sameEpoch() / 2
	got, deviation := float64(split)/trials, math.Sqrt(p*(1-p)/trials)
	t.Logf("%.5f of trials, by arithmetic %.5f, standard error %.5f", got, p, deviation)
	if math.Abs(got-p) > 4*deviation {
		t.Errorf("%.5f of trials split their votes, by arithmetic %.5f, standard error %.5f", got, p, deviation)
	}
}

// With 1000 writes a second a replica that trails by 5 ms has missed 5 and has rank 0, one that trails by 5.9 ms too, and one that trails by
// 6 ms has missed 6 and rank 1: it does not ask before the others. Of those of rank 0 the first to ask is promoted.
func TestReplicasRankByTheWritesThatTheyMissed(t *testing.T) {
	cfg := votingGroup(3, 3, 0)
	cfg.Groups[0].WritesPerSecond = 1000
	w := NewWorld(cfg)
	first := [4]int{}
	for trial := range uint64(1000) {
		w.Reset(1, trial)
		w.RunUntil(sec(100))
		f := w.beginFailover(0, blame{CauseOf(FaultNode), -1})
		w.failovers[f].CutOff = sec(100)
		for i, lag := range []time.Duration{0, 5900 * time.Microsecond, 5 * time.Millisecond, 6 * time.Millisecond} {
			w.nodes[i].lag = lag
		}
		w.stand(f, 0)
		first[w.chosen(f)]++
	}
	if first[0]+first[3] > 0 || first[1] < 400 || first[2] < 400 {
		t.Errorf("asked first: %v", first)
	}
}

// What a stall writes counts, also where nothing else is written: of 1 KiB writes, one in a millisecond, a replica that trails by 5.9 ms has missed 5.
func TestReplicasRankByTheWritesOfAStall(t *testing.T) {
	cfg := votingGroup(3, 2, 0)
	cfg.Groups[0].Replication.WriteBytes = 1024
	target := ofGroup()
	target.NodeGroup = 0
	cfg = cfg.withFault(FaultReplicationStall, sec(50), 100*time.Second, target)
	cfg.Faults[0].Stall = StallConfig{Written: 1_024_000, Applied: 1_000_000}
	w := NewWorld(cfg)
	w.RunUntil(sec(100))
	f := w.beginFailover(0, blame{CauseOf(FaultNode), -1})
	w.failovers[f].CutOff = sec(100)
	w.nodes[1].lag, w.nodes[2].lag = 5900*time.Microsecond, 6*time.Millisecond
	same(t, "missed", []int64{w.missedWrites(&w.failovers[f], 1), w.missedWrites(&w.failovers[f], 2)}, []int64{5, 6})
}

// Replicas of two shards of five ask together. Three voters are left, and three votes are a majority of five: who asks before the other's
// request has come is in its epoch, and then each has all three votes with probability 1/8; later, each has an epoch of its own.
func TestReplicasOfTwoShardsSplitTheirVotes(t *testing.T) {
	const trials = 4000
	for _, c := range []struct {
		apart time.Duration
		wins  float64 // of the first, at its first attempt
	}{{0, 1. / 8}, {requestTakes - 1, 1. / 8}, {requestTakes, 1}} {
		w := checkedWorld(votingGroup(5, 1, 2))
		wins, played := 0, 0
		for trial := range uint64(trials) {
			w.Reset(1, trial)
			w.RunUntil(sec(100))
			for w.clock.Now() < sec(104) && (w.failovers[0].asks == Never || w.failovers[1].asks == Never) {
				w.RunUntil(w.clock.Now().Add(10 * time.Millisecond))
			}
			if w.failovers[0].asks == Never || w.failovers[1].asks == Never {
				continue // one was promoted before the other's primary had failed
			}
			played++
			at := w.clock.Now().Add(time.Second)
			for f := range w.failovers {
				fo := &w.failovers[f]
				w.clock.Cancel(fo.pending)
				fo.asks = at.Add(time.Duration(f) * c.apart)
				fo.pending = w.clock.At(fo.asks.Add(votesTake), event{KindReplicaPromoted, int32(f)})
			}
			w.RunUntil(at.Add(time.Second))
			first, second := w.failovers[0].Promoted != Never, w.failovers[1].Promoted != Never
			if c.wins == 1 != (first && second) {
				t.Fatalf("%v apart, trial %d: promoted %v and %v", c.apart, trial, first, second)
			}
			if first {
				wins++
			}
			w.RunUntil(sec(140))
			if w.failovers[0].Promoted == Never || w.failovers[1].Promoted == Never {
				t.Fatalf("%v apart, trial %d: never promoted", c.apart, trial)
			}
		}
		got, deviation := float64(wins)/float64(played), math.Sqrt(c.wins*(1-c.wins)/float64(played))
		if played < trials/4 || math.Abs(got-c.wins) > 4*deviation {
			t.Errorf("%v apart: the first wins %.3f of %d, want %.3f", c.apart, got, played, c.wins)
		}
	}
}

// A majority that is lost while an election is due gives no votes: the control plane, which notices 15 s after the failure, takes over 5 s
// later.
func TestWithoutAMajorityNobodyIsElected(t *testing.T) {
	w := world(t, votingGroup(3, 1, 1))
	w.RunUntil(sec(100))
	for w.failovers[0].asks == Never {
		w.RunUntil(w.clock.Now().Add(10 * time.Millisecond))
	}
	w.kill([]int32{w.nodeGroups[1].primary}, blame{CauseNodeStatus, -1})
	w.RunUntil(sec(130))
	same(t, "promoted", w.failovers[0].Promoted, sec(120))
}

// Of siblings in real clusters as many had to try again as the model's do: the number is within the middle 99.9 % of the binomial. And what was
// tried again took the time of an epoch, a wait and another epoch, pairs of two shards included.
func TestVotesAreSplitAsInARealEngine(t *testing.T) {
	failovers, retries := 0, 0
	for s, cluster := range realElections(t) {
		wait := retryAfter(s.timeout).Seconds()
		for _, took := range cluster.elected {
			retried := took > 2+wait/2
			if low, high := wait+2*.505, wait+2*1.111+.1; retried && (took < low || took > high) {
				t.Errorf("%s, %d replicas, %v: a second election %v s after FAIL, want %v to %v", s.name, s.replicas, s.timeout, took, low, high)
			}
			if s.name == "crash" && s.replicas == 2 {
				failovers++
				retries += map[bool]int{true: 1}[retried]
			}
		}
	}
	p := sameEpoch() / 2
	atMost, atLeast := binomial(failovers, retries, p), 1-binomial(failovers, retries-1, p)
	t.Logf("%d of %d, the model has %.4f", retries, failovers, p)
	if failovers < 200 || atMost < 0.0005 || atLeast < 0.0005 {
		t.Errorf("%d of %d elections were tried again, the model has %s of them", retries, failovers, strconv.FormatFloat(p, 'g', 3, 64))
	}
}

// electedAfter is how long after FAIL a replica of that rank is promoted, if it has the votes.
func electedAfter(random uint64, rank int) time.Duration { return asksAfter(random, rank) + votesTake }

// binomial is the probability of at most k successes.
func binomial(n, k int, p float64) (sum float64) {
	for i := range k + 1 {
		ways, _ := math.Lgamma(float64(n + 1))
		a, _ := math.Lgamma(float64(i + 1))
		b, _ := math.Lgamma(float64(n - i + 1))
		sum += math.Exp(ways - a - b + float64(i)*math.Log(p) + float64(n-i)*math.Log1p(-p))
	}
	return sum
}

// The primary of the first shard dies at 100 s, that of the second at 105 s: the one that is left is no majority, and takes nobody for failed.
// The control plane knows of the first at 115 s, and has promoted its replica at 120 s.
func TestWithoutAMajorityNobodyIsTakenForFailed(t *testing.T) {
	cfg := config(voting(makeGroup("g", ClusterEnabled, 3, 1))).withFault(FaultNode, sec(100), 0, nodeOf(0, 0)).withFault(FaultNode, sec(105), 0, nodeOf(1, 0))
	_, o := play(t, cfg)
	same(t, "instants", []Time{o.Failovers[0].Known, o.Failovers[0].Promoted}, []Time{sec(115), sec(120)})
}
