package sim

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"failsim/dist"
)

// instant are delays that take no time but for the replacement, which lasts exponentially with mean 2 h.
func instant() Delays {
	return Delays{Provision: dist.MustParse("exponential(2h)"), SyncRate: 1}
}

// failingGroup is one node group whose nodes fail with mean 10 h while they are whole.
func failingGroup(replicas int, horizon time.Duration) *Config {
	g := makeGroup("g", ClusterDisabled, 1, replicas)
	g.Delays, g.DatasetBytes = instant(), 0
	cfg := config(g)
	cfg.Horizon, cfg.Drain = horizon, 0
	cfg.Failures = []FailureConfig{{Kind: FaultNode, Every: dist.MustParse("exponential(10h)"), Slowdown: Unhurried}}
	return cfg
}

// The rates of failingGroup, per hour.
const (
	failRate   = 1. / 10
	repairRate = 1. / 2
)

// sampleMean is a mean with its standard error.
func sampleMean(values []float64) (mean, se float64) {
	for _, v := range values {
		mean += v / float64(len(values))
	}
	for _, v := range values {
		se += (v - mean) * (v - mean)
	}
	n := float64(len(values))
	return mean, math.Sqrt(se / (n - 1) / n)
}

// near fails the test where the mean is not within 4 standard errors of what theory says.
func near(t *testing.T, what string, values []float64, want float64) {
	t.Helper()
	mean, se := sampleMean(values)
	t.Logf("%s: %.6g, standard error %.2g; theory: %.6g", what, mean, se, want)
	if se == 0 || math.Abs(mean-want) > 4*se {
		t.Errorf("%s: %v, want %v within %v", what, mean, want, 4*se)
	}
}

// downShare is the mean share of [0, horizon] in which all of n independent nodes are down that were up at 0 and fail and are
// repaired exponentially: each is down at t with probability p(t) = f/(f+r) (1 - exp(-(f+r) t)); the horizon's mean of p(t)^n
// by the midpoint rule.
func downShare(n int, hours float64) float64 {
	const steps = 100_000
	var sum float64
	for i := range steps {
		at := (float64(i) + 0.5) * hours / steps
		p := failRate / (failRate + repairRate) * (1 - math.Exp(-(failRate+repairRate)*at))
		sum += math.Pow(p, float64(n))
	}
	return sum / steps
}

// One node: MTTF / (MTTF + MTTR), here without the approximation that the trial is long. Two or three nodes: a shard is down
// only while all of them are, for a promotion takes no time here.
func TestAvailabilityIsThatOfIndependentNodes(t *testing.T) {
	for nodes := 1; nodes <= 3; nodes++ {
		cfg := failingGroup(nodes-1, 1000*time.Hour)
		w := NewWorld(cfg)
		var down, exposed []float64
		for trial := range uint64(1000) {
			w.Reset(11, trial)
			w.RunUntil(cfg.End())
			var writes, redundancy time.Duration
			for _, window := range w.Outcome().Windows {
				switch {
				case window.NodeGroup < 0 || window.Observer != ObserverService:
				case window.Access == AccessWrite:
					writes += window.To.Sub(window.From)
				case window.Access == AccessRedundancy:
					redundancy += window.To.Sub(window.From)
				}
			}
			down = append(down, float64(writes)/float64(cfg.Horizon))
			exposed = append(exposed, float64(redundancy)/float64(cfg.Horizon))
		}
		near(t, fmt.Sprintf("%d nodes, share without writes", nodes), down, downShare(nodes, 1000))
		if nodes == 2 {
			// Fewer than one healthy replica: not both nodes up, 1 - (1-p)^2 = 2p - p^2.
			near(t, "2 nodes, share without redundancy", exposed, 2*downShare(1, 1000)-downShare(2, 1000))
		}
	}
}

// meanTimeToLoss solves the birth-death chain of n nodes, d of them down: failures at (n-d) f, repairs at d r, absorbed at
// d = n. With T(d) the mean time from d to d+1: T(0) = 1/(n f), T(d) = (1 + d r T(d-1)) / ((n-d) f).
func meanTimeToLoss(n int) (hours float64) {
	var step float64
	for d := range n {
		step = (1 + float64(d)*repairRate*step) / (float64(n-d) * failRate)
		hours += step
	}
	return hours
}

func TestMeanTimeToDataLossIsThatOfTheBirthDeathChain(t *testing.T) {
	for nodes := 1; nodes <= 3; nodes++ {
		cfg := failingGroup(nodes-1, 200_000*time.Hour)
		w := NewWorld(cfg)
		var hours []float64
		for trial := range uint64(2000) {
			w.Reset(12, trial)
			for len(w.losses) == 0 && w.Step() {
			}
			if len(w.losses) == 0 {
				t.Fatal("a trial without a loss")
			}
			// The loss shows when the first replacement comes up empty; it happened when the last node with data died.
			var last Time
			for i := range w.recoveries {
				if r := &w.recoveries[i]; r.Began <= w.losses[0].At {
					last = max(last, r.Began)
				}
			}
			hours = append(hours, time.Duration(last).Hours())
		}
		near(t, fmt.Sprintf("%d nodes, hours to the loss of all data", nodes), hours, meanTimeToLoss(nodes))
	}
}

// The outage of an unplanned failover is detection + takeover. With exponential ones of means 20 s and 5 s it is
// hypoexponential: mean 25 s, P(> t) = (20 exp(-t/20) - 5 exp(-t/5)) / 15.
func TestUnplannedOutageIsHypoexponential(t *testing.T) {
	g := makeGroup("g", ClusterDisabled, 1, 1)
	g.Delays.Detection, g.Delays.Takeover = dist.MustParse("exponential(20s)"), dist.MustParse("exponential(5s)")
	cfg := config(g)
	cfg.Faults = []FaultConfig{{At: sec(60), Kind: FaultNode, Target: TargetConfig{Groups: []int{0}, PrimaryOnly: true, Node: -1}}}
	w := NewWorld(cfg)
	var length, longer []float64
	for trial := range uint64(4000) {
		w.Reset(13, trial)
		w.RunUntil(cfg.End())
		window := windowsOf(w.Outcome(), AccessWrite, ObserverService, 0)[0]
		length = append(length, window[1].Sub(window[0]).Seconds())
		longer = append(longer, 0)
		if window[1].Sub(window[0]) > time.Minute {
			longer[trial] = 1
		}
	}
	near(t, "mean outage", length, 25)
	near(t, "share above 60 s", longer, (20*math.Exp(-3)-5*math.Exp(-12))/15)
}

// Calls that arrive as a Poisson stream, on shards that are never busy, meet the quota as customers meet a loss system: each
// accepted call holds one of c places for the length of the window. The share of refused ones is Erlang's B, whatever the
// distribution of the holding time, and so for a constant one: 15 places and 15 calls expected in a window.
func TestAPoissonStreamOfCallsMeetsTheQuotaAsErlangB(t *testing.T) {
	const places, offered = 15, 15.
	blocked := 1.
	for n := 1; n <= places; n++ {
		blocked = offered * blocked / (float64(n) + offered*blocked)
	}
	g := makeGroup("g", ClusterDisabled, 1, 1)
	g.Delays = Delays{SyncRate: 1}
	g.DatasetBytes = 0
	cfg := config(g)
	cfg.Horizon = 1000 * 24 * time.Hour
	w := NewWorld(cfg)
	r := rand.New(rand.NewPCG(14, 14))
	var shares []float64
	for trial := range uint64(60) {
		w.Reset(14, trial)
		var calls, refused float64
		now, warm := 0., 5*24.
		for hours := 24 * 300.; ; {
			now += r.ExpFloat64() * 24 / offered
			if now > hours {
				break
			}
			w.RunUntil(Time(now * float64(time.Hour)))
			violation := w.TestFailover("g", "0001")
			w.RunUntil(w.Now()) // what takes no time happens at once
			if violation != NoViolation && violation != QuotaSpent {
				t.Fatal(violation)
			}
			if now > warm {
				calls++
				if violation == QuotaSpent {
					refused++
				}
			}
		}
		shares = append(shares, refused/calls)
	}
	near(t, "share of refused calls", shares, blocked)
}

// In the stationary state failures come at the rate 1 / (mean time to failure + mean time to repair) from the very beginning,
// whatever the distribution: nodes that wear out (Weibull, shape 3) and start as if they had run forever fail as often in the
// first 50 h as later; new ones hardly ever do. Repairs take no time here.
func TestAStationaryStartHasNoWarmUp(t *testing.T) {
	g := makeGroup("g", ClusterDisabled, 1, 0)
	g.Delays, g.DatasetBytes = Delays{SyncRate: 1}, 0
	cfg := config(g)
	cfg.Horizon, cfg.Drain = 50*time.Hour, 0
	cfg.Failures = []FailureConfig{{Kind: FaultNode, Every: dist.MustParse("weibull(scale=100h, shape=3)"), Slowdown: Unhurried}}
	count := func() (failures []float64) {
		w := NewWorld(cfg)
		for trial := range uint64(4000) {
			w.Reset(15, trial)
			w.RunUntil(cfg.End())
			failures = append(failures, float64(len(w.recoveries)))
		}
		return failures
	}
	few, _ := sampleMean(count())
	cfg.Failures[0].Stationary = true
	near(t, "failures in 50 h", count(), 50/(100*math.Gamma(1+1./3)))
	if few > 0.15 { // 1 - exp(-(50/100)^3) = 0.12
		t.Errorf("new nodes failed %v times in 50 h", few)
	}
}
