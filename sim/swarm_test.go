package sim

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"testing"
	"time"

	"failsim/dist"
)

var (
	swarmSeed  = flag.Uint64("swarm.seed", 1, "the first configuration that TestSwarm draws")
	swarmCount = flag.Uint64("swarm.count", 3000, "how many configurations TestSwarm draws")
)

// TestSwarm draws configurations at random and plays each with the invariants checked after every event.
func TestSwarm(t *testing.T) {
	for seed := *swarmSeed; seed < *swarmSeed+*swarmCount; seed++ {
		if err := swarmOne(seed); err != nil {
			t.Fatalf("%v\nreplay it with: go test ./sim -run TestSwarm -swarm.seed=%d -swarm.count=1", err, seed)
		}
	}
}

// swarmOne plays configuration number seed straight, and again with a copy taken over in mid-flight: same Outcome.
func swarmOne(seed uint64) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v\n%s", r, debug.Stack())
		}
	}()
	r := rand.New(rand.NewPCG(seed, 1))
	cfg := swarmConfig(r)
	w := checkedWorld(cfg)
	w.Trace(seed%8 == 0)
	w.Reset(seed, 0)
	w.RunUntil(cfg.End())
	straight := clone(w.Outcome())
	for _, r := range w.Records() {
		w.Describe(r)
	}
	w.ServiceEvents()
	w.Trace(false)
	if err := swarmOutcome(cfg, &straight); err != nil {
		return err
	}

	w.Reset(seed, 0)
	w.RunUntil(Time(r.Int64N(int64(cfg.End()))))
	other := &World{}
	other.CopyFrom(w)
	other.RunUntil(cfg.End())
	if again := clone(other.Outcome()); fmt.Sprint(again) != fmt.Sprint(straight) {
		return fmt.Errorf("the copy taken at %v went another way", w.Now())
	}
	return nil
}

// TestSwarmComesToRest plays configurations on for more than a year without new trouble: then nobody is down or waits, and every shard that
// can fail over takes a call, and comes to rest again.
func TestSwarmComesToRest(t *testing.T) {
	for seed := *swarmSeed; seed < *swarmSeed+1+*swarmCount/6; seed++ {
		cfg := restful(rand.New(rand.NewPCG(seed, 2)))
		w := NewWorld(cfg)
		w.Reset(seed, 0)
		w.RunUntil(cfg.End())
		err := atRest(w)
		for ng := range w.nodeGroups {
			g, facts := w.groups[w.nodeGroups[ng].group], w.top.nodeGroups[ng]
			if err == nil && g.automaticFailover && g.multiAZ && facts.replicas > 0 && !facts.group.KMSKeyInvalid {
				if violation := w.TestFailover(facts.group.ID, facts.cfg.ID); violation != NoViolation {
					err = fmt.Errorf("%s/%s refuses a call: %v", facts.group.ID, facts.cfg.ID, violation)
				}
				w.RunUntil(w.Now().Add(rest))
			}
		}
		if err = errors.Join(err, atRest(w)); err != nil {
			t.Fatalf("%v\nreplay it with: go test ./sim -run TestSwarmComesToRest -swarm.seed=%d -swarm.count=1", err, seed)
		}
	}
}

// rest is longer than all that a configuration of the swarm leaves behind.
const rest = 400 * 24 * time.Hour

// restful is a configuration of the swarm with a long drain, in which every status ends, work waits for no window, and the quota is no matter.
func restful(r *rand.Rand) *Config {
	cfg := swarmConfig(r)
	cfg.Drain, cfg.Quota.Limit = rest, 1e6
	for i := range cfg.Faults {
		cfg.Faults[i].Work.InWindow = false
	}
	for i := range cfg.Groups {
		g := &cfg.Groups[i]
		g.Delays.SyncRate = 1e8
		for s := range g.NodeGroups {
			for n := range g.NodeGroups[s].Nodes {
				if node := &g.NodeGroups[s].Nodes[n]; node.Status != StatusAvailable && node.StatusUntil == Never {
					node.StatusUntil = Time(time.Hour)
				}
			}
		}
	}
	return cfg
}

// atRest tells what is left of the trouble.
func atRest(w *World) error {
	if !w.Idle() {
		return fmt.Errorf("it is not at rest")
	}
	for i := range w.nodes {
		if n := &w.nodes[i]; n.down != 0 || n.cuts != 0 || n.blocks != 0 || n.stale {
			return fmt.Errorf("node %s: %+v", w.top.nodes[i].cfg.ID, *n)
		}
	}
	for i := range w.nodeGroups {
		g := &w.nodeGroups[i]
		if g.primaryName != g.primary || w.top.nodeGroups[i].named && g.readerNames != w.readers(int32(i)) {
			return fmt.Errorf("node group %d: its names lead elsewhere: %+v", i, *g)
		}
	}
	return w.Check()
}

// swarmOutcome states what must hold of any trial: windows of one key are apart, and a node group's writes are out exactly
// from its cut-offs to its promotions.
func swarmOutcome(cfg *Config, o *Outcome) error {
	type key struct {
		group, nodeGroup int32
		access           Access
		observer         Observer
	}
	last := map[key]Time{}
	var writes, cutOffs time.Duration
	for _, w := range o.Windows {
		k := key{w.Group, w.NodeGroup, w.Access, w.Observer}
		if to, seen := last[k]; seen && w.From <= to {
			return fmt.Errorf("windows of %+v touch at %v", k, w.From)
		}
		last[k] = w.To
		if w.NodeGroup >= 0 && w.Access == AccessWrite && w.Observer == ObserverService && w.Cause == CauseTestFailover {
			writes += w.To.Sub(w.From)
		}
	}
	for _, f := range o.Failovers {
		if f.CutOff != Never {
			cutOffs += min(f.Promoted, o.End).Sub(f.CutOff)
		}
	}
	if writes != cutOffs && len(cfg.Faults)+len(cfg.Failures) == 0 && !slices.ContainsFunc(cfg.Groups, canHalt) {
		return fmt.Errorf("writes were out for %v, the primaries for %v", writes, cutOffs)
	}
	return nil
}

// canHalt tells whether the group's engine stops when a majority of its primaries is out of reach.
func canHalt(g GroupConfig) bool {
	voters := 0
	for _, ng := range g.NodeGroups {
		if len(ng.Slots) > 0 {
			voters++
		}
	}
	return voters >= 2
}

func swarmConfig(r *rand.Rand) *Config {
	cfg := config()
	cfg.Horizon = time.Duration(1+r.Int64N(50)) * time.Hour
	cfg.Drain = time.Duration(r.Int64N(int64(2 * time.Hour)))
	cfg.Quota = QuotaConfig{Limit: r.IntN(8), Window: time.Duration(1+r.Int64N(24)) * time.Hour, Distinct: r.IntN(2) == 0}
	for range r.IntN(4) {
		cfg.Quota.AlreadyUsed = append(cfg.Quota.AlreadyUsed, -Time(cfg.Quota.Window)/Time(2+len(cfg.Quota.AlreadyUsed)))
	}
	cfg.StatusDuringFailover = []Status{StatusAvailable, StatusModifying}[r.IntN(2)]
	cfg.Refusals[MultiAZOff] = []string{"", "E"}[r.IntN(2)]
	for i := range 1 + r.IntN(4) {
		cfg.Groups = append(cfg.Groups, swarmGroup(r, "g"+string(rune('a'+i))))
	}
	for range r.IntN(3) {
		cfg.Blocks = append(cfg.Blocks, BlockConfig{swarmTime(r, cfg), time.Duration(r.Int64N(int64(3 * time.Hour)))})
	}
	for range r.IntN(12) {
		g := cfg.Groups[r.IntN(len(cfg.Groups))]
		cfg.withCall(swarmTime(r, cfg), g.ID, fmt.Sprintf("%04d", 1+r.IntN(len(g.NodeGroups)+1)))
	}
	for i := range r.IntN(3) {
		cfg.withCampaign(func(c *CampaignConfig) { swarmCampaign(r, cfg, c, i) })
	}
	if r.IntN(3) > 0 {
		swarmTrouble(r, cfg)
	}
	return cfg
}

// swarmTrouble adds faults of every kind, alone and mixed, and failures.
func swarmTrouble(r *rand.Rand, cfg *Config) {
	for range r.IntN(12) {
		cfg.Faults = append(cfg.Faults, swarmFault(r, cfg))
	}
	for range r.IntN(3) {
		f := FailureConfig{Kind: []FaultKind{FaultNode, FaultZone, FaultPartition}[r.IntN(3)], Stationary: r.IntN(2) == 0,
			Every:    dist.MustParse([]string{"exponential(3h)", "weibull(scale=10h, shape=3)", "1h"}[r.IntN(3)]),
			Duration: dist.MustParse([]string{"exponential(10m)", "1h", "0s"}[r.IntN(3)]), Slowdown: Unhurried}
		f.Per = map[FaultKind][]Per{FaultNode: {PerNode, PerGroup}, FaultZone: {PerZone, PerZone}, FaultPartition: {PerZone, PerNode}}[f.Kind][r.IntN(2)]
		if r.IntN(2) == 0 {
			f.Groups = []int{r.IntN(len(cfg.Groups))}
		}
		cfg.Failures = append(cfg.Failures, f)
	}
}

func swarmFault(r *rand.Rand, cfg *Config) FaultConfig {
	f := FaultConfig{At: swarmTime(r, cfg), Kind: FaultKind(r.IntN(int(NumFaultKinds))), Slowdown: Unhurried * (1 + r.Int64N(3)),
		Target: TargetConfig{NodeGroup: -1, Node: -1}}
	group := r.IntN(len(cfg.Groups))
	g := &cfg.Groups[group]
	if f.Kind == FaultReboot && g.Mode == ClusterEnabled {
		f.Kind = FaultNode
	}
	duration := time.Duration(r.Int64N(int64(3 * time.Hour)))
	switch f.Kind {
	case FaultNode, FaultReboot:
		duration = 0
		swarmNode(r, &f.Target, cfg, group)
	case FaultZone, FaultZonePower, FaultNoCapacity:
		f.Target.Zone = string(rune('a' + r.IntN(3)))
	case FaultPartition:
		if r.IntN(2) == 0 {
			f.Target.Zone = string(rune('a' + r.IntN(3)))
		} else {
			swarmNode(r, &f.Target, cfg, group)
		}
	case FaultLagSpike:
		f.Target.Groups, f.Lag = []int{group}, time.Duration(r.Int64N(int64(time.Hour)))
	case FaultReplicationStall:
		f.Target.Groups, f.Stall = []int{group}, StallConfig{Written: 1 + r.Int64N(1e8), Applied: 1 + r.Int64N(1e8)}
	case FaultUpgrade, FaultScale, FaultReplacement:
		duration = 0
		f.Target.Groups = []int{group}
		f.Work.NodeType, f.Work.InWindow = "cache.r7g.xlarge", g.Maintenance.Length > 0 && r.IntN(2) == 0
	}
	f.Duration = duration
	return f
}

// swarmNode aims at a node, or at whoever is the primary of a node group then.
func swarmNode(r *rand.Rand, target *TargetConfig, cfg *Config, group int) {
	g := &cfg.Groups[group]
	target.Groups, target.NodeGroup = []int{group}, r.IntN(len(g.NodeGroups))
	if target.PrimaryOnly = r.IntN(2) == 0; !target.PrimaryOnly {
		target.Node = r.IntN(len(g.NodeGroups[target.NodeGroup].Nodes))
	}
}

func swarmTime(r *rand.Rand, cfg *Config) Time { return Time(r.Int64N(int64(cfg.Horizon) + 1)) }

func swarmCampaign(r *rand.Rand, cfg *Config, c *CampaignConfig, i int) {
	c.Name, c.At = fmt.Sprint("c", i), swarmTime(r, cfg)
	c.RoundRobin, c.Blind = r.IntN(2) == 0, r.IntN(2) == 0
	c.ParallelGroups, c.Rounds = 1+r.IntN(4), 1+r.IntN(3)
	c.Poll = time.Duration(1 + r.Int64N(int64(10*time.Minute)))
	c.RetryEvery = time.Minute + time.Duration(r.Int64N(int64(time.Hour)))
	c.Timeout = time.Duration(1 + r.Int64N(int64(time.Hour)))
	c.OnRefusal = []Reaction{ReactRetry, ReactSkip, ReactStop}[r.IntN(3)]
	c.OnTimeout = []Reaction{ReactSkip, ReactStop}[r.IntN(2)]
	r.Shuffle(len(c.Groups), func(a, b int) { c.Groups[a], c.Groups[b] = c.Groups[b], c.Groups[a] })
	c.Groups = c.Groups[:1+r.IntN(len(c.Groups))]
}

func swarmGroup(r *rand.Rand, id string) GroupConfig {
	mode := []ClusterMode{ClusterDisabled, ClusterEnabled, ClusterEnabled, ClusterCompatible}[r.IntN(4)]
	shards := 1
	if mode == ClusterEnabled {
		shards += r.IntN(4)
	}
	g := makeGroup(id, mode, shards, r.IntN(4))
	g.AutomaticFailover = r.IntN(8) > 0
	g.KMSKeyInvalid = r.IntN(10) == 0
	g.ReadsPerSecond, g.WritesPerSecond = r.Int64N(3)*500, r.Int64N(3)*100
	g.Delays = swarmDelays(r)
	g.NodeTimeout = time.Duration(500+r.IntN(3000)) * time.Millisecond
	g.Durability = []Durability{DurabilityNone, DurabilityNone, DurabilitySync, DurabilityAsync}[r.IntN(4)]
	g.DatasetBytes = []int64{0, 1e9, 1e12}[r.IntN(3)]
	g.Replication = ReplicationConfig{WriteBytes: 1 + r.Int64N(1e4), BacklogBytes: 1 << 20, BufferBytes: 1e8 + r.Int64N(1e9),
		FullAfterPromotion: r.IntN(4) == 0}
	if r.IntN(2) == 0 {
		g.Maintenance = MaintenanceWindow{Day: time.Weekday(r.IntN(7)), Begin: time.Duration(r.IntN(24)) * time.Hour, Length: 4 * time.Hour}
	}
	if r.IntN(4) == 0 {
		g.Status, g.StatusUntil = StatusSnapshotting, Time(r.Int64N(int64(20*time.Hour)))
	}
	slotted := r.IntN(8) == 0
	for s := range g.NodeGroups {
		ng := &g.NodeGroups[s]
		if mode == ClusterEnabled && slotted {
			ng.Slots = []SlotRange{{uint16(s), uint16(s)}}
		}
		ng.Primary = r.IntN(len(ng.Nodes))
		for n := range ng.Nodes {
			if r.IntN(10) == 0 {
				ng.Nodes[n].Status = []Status{StatusCreating, StatusRebooting, StatusSnapshotting}[r.IntN(3)]
				ng.Nodes[n].StatusUntil = []Time{Never, Time(r.Int64N(int64(10 * time.Hour)))}[r.IntN(2)]
			}
		}
	}
	return g
}

// swarmDelays mixes instant, ordinary and absurdly slow phases.
func swarmDelays(r *rand.Rand) Delays {
	delay := func() dist.Delay {
		return dist.MustParse([]string{"0s", "1ns", "uniform(0s, 2h)", "exponential(1m)", "30s", "lognormal(median=10s, p99=3h)"}[r.IntN(6)])
	}
	return Delays{
		Accept: delay(), Promotion: delay(), CompletedEvent: delay(), Propagation: delay(), RecoveryStart: delay(),
		Provision: delay(), Lag: delay(), Detection: delay(), Takeover: delay(), Swap: delay(), UpgradeGap: delay(), Reboot: delay(), Modify: delay(),
		DNSTTL: time.Duration(r.Int64N(3)) * time.Minute, SyncRate: 1 + r.Int64N(1e9),
	}
}
