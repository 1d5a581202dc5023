package scenario

import (
	"slices"
	"strings"
	"testing"
	"time"

	"failsim/sim"

	"github.com/google/go-cmp/cmp"
)

// aimed is a target that nothing narrows but what is given.
func aimed(change func(t *sim.TargetConfig)) sim.TargetConfig {
	t := sim.TargetConfig{NodeGroup: -1, Node: -1}
	change(&t)
	return t
}

func at(hours float64) sim.Time { return sim.Time(hours * float64(time.Hour)) }

func TestEveryKindOfFaultIsHonored(t *testing.T) {
	const whole = 1_000_000
	zone := func(name string) sim.TargetConfig { return aimed(func(t *sim.TargetConfig) { t.Zone = name }) }
	group := func(g int) sim.TargetConfig { return aimed(func(t *sim.TargetConfig) { t.Groups = []int{g} }) }
	node := func(g, shard, n int) sim.TargetConfig {
		return sim.TargetConfig{Groups: []int{g}, NodeGroup: shard, Node: n}
	}
	primary := func(g, shard int) sim.TargetConfig {
		return sim.TargetConfig{Groups: []int{g}, NodeGroup: shard, Node: -1, PrimaryOnly: true}
	}
	powered := zone("us-east-1b")
	powered.Groups = []int{0, 1, 2} // the third is not Multi-AZ, but for a call from outside
	shard := group(0)
	shard.NodeGroup = 1
	want := []sim.FaultConfig{
		{At: at(1), Kind: sim.FaultNode, Target: node(1, 0, 1), Slowdown: whole},
		{At: at(2), Kind: sim.FaultNode, Target: primary(0, 2), Slowdown: whole},
		{At: at(3), Kind: sim.FaultZone, Duration: time.Hour, Target: zone("us-east-1a"), Slowdown: 2_500_000},
		{At: at(4), Kind: sim.FaultZonePower, Duration: 10 * time.Minute, Target: powered, Slowdown: whole},
		{At: at(5), Kind: sim.FaultPartition, Duration: 2 * time.Minute, Target: zone("us-east-1c"), Slowdown: whole},
		{At: at(6), Kind: sim.FaultPartition, Duration: 3 * time.Minute, Target: node(2, 0, 0), Slowdown: whole},
		{At: at(7), Kind: sim.FaultLagSpike, Duration: 5 * time.Minute, Target: shard, Lag: 4 * time.Second, Slowdown: whole},
		{At: at(8), Kind: sim.FaultReplicationStall, Duration: 7 * time.Minute, Target: group(1),
			Stall: sim.StallConfig{Written: 9e6, Applied: 6e6}, Slowdown: whole},
		{At: at(9), Kind: sim.FaultReboot, Target: primary(1, 0), Slowdown: whole},
		{At: at(10), Kind: sim.FaultNoCapacity, Duration: 8 * time.Minute, Target: zone("us-east-1a"), Slowdown: whole},
		{At: at(11), Kind: sim.FaultReplacement, Target: group(0), Work: sim.WorkConfig{InWindow: true}, Slowdown: whole},
		{At: at(11.5), Kind: sim.FaultReplacement, Target: node(1, 0, 0), Slowdown: whole},
		{At: at(12), Kind: sim.FaultUpgrade, Target: group(1), Work: sim.WorkConfig{EngineVersion: "7.1"}, Slowdown: whole},
		{At: at(13), Kind: sim.FaultScale, Target: group(1), Work: sim.WorkConfig{NodeType: "cache.r7g.xlarge"}, Slowdown: whole},
	}
	cfg := load(t, "testdata/good/trouble.toml").Config
	if diff := cmp.Diff(want, cfg.Faults); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
	failures := []sim.FailureConfig{ // in an order of their own: by kind, and by what fails
		{Kind: sim.FaultNode, Per: sim.PerNode, Every: delay("exponential(180d)"), Groups: []int{0, 1}, Stationary: true, Slowdown: whole},
		{Kind: sim.FaultNode, Per: sim.PerGroup, Every: delay("weibull(scale=90d, shape=2)"), Slowdown: whole},
		{Kind: sim.FaultZone, Per: sim.PerZone, Every: delay("exponential(3650d)"), Duration: delay("1h"), Stationary: true, Slowdown: 3_000_000},
		{Kind: sim.FaultPartition, Per: sim.PerNode, Every: delay("365d"), Duration: delay("1m"), Stationary: true, Slowdown: whole},
		{Kind: sim.FaultPartition, Per: sim.PerZone, Every: delay("365d"), Duration: delay("uniform(1m, 2m)"), Stationary: true, Slowdown: whole},
	}
	if diff := cmp.Diff(failures, cfg.Failures); diff != "" {
		t.Errorf("failures (-want +got):\n%s", diff)
	}
}

func TestKeysOfGroupsThatTroubleNeeds(t *testing.T) {
	groups := load(t, "testdata/good/trouble.toml").Config.Groups
	g := groups[0]
	if g.Durability != sim.DurabilityAsync || g.NodeTimeout != 5*time.Second {
		t.Errorf("durability %v, node timeout %v", g.Durability, g.NodeTimeout)
	}
	replication := sim.ReplicationConfig{WriteBytes: 2048, BacklogBytes: 10 << 20, BufferBytes: 3e6, FullAfterPromotion: true}
	if diff := cmp.Diff(replication, g.Replication); diff != "" {
		t.Error(diff)
	}
	window := sim.MaintenanceWindow{Day: time.Saturday, Begin: 23*time.Hour + 30*time.Minute, Length: 90 * time.Minute}
	if diff := cmp.Diff(window, g.Maintenance); diff != "" {
		t.Error(diff)
	}
	d := g.Delays
	got := []string{d.Detection.String(), d.Takeover.String(), d.Swap.String(), d.UpgradeGap.String(), d.Reboot.String()}
	if diff := cmp.Diff([]string{"1s", "2s", "3s", "4s", "5s"}, got); diff != "" {
		t.Error(diff)
	}
	old := groups[1].Delays // Redis OSS 5.0.5: planned work waits for the DNS name
	if old.Swap.String() != "uniform(1s, 5s)" || old.UpgradeGap.String() != "uniform(30s, 1m)" {
		t.Errorf("swap %v, upgrade gap %v", old.Swap, old.UpgradeGap)
	}
	if up := old.Upgraded; up == nil || up.Swap.String() != "uniform(100ms, 1s)" || up.UpgradeGap.String() != "uniform(1s, 5s)" || d.Upgraded != nil {
		t.Errorf("once upgraded: %v, and %v for a modern engine", up, d.Upgraded)
	}
}

// TestAssumptionsOfTrouble: what only trouble draws is an assumption only where there is such trouble.
func TestAssumptionsOfTrouble(t *testing.T) {
	const group = "[[replication_group]]\nid = 'a'\ncluster_mode = 'disabled'\n"
	for _, test := range []struct{ text, want string }{
		{"", ""},
		{"[[fault]]\nat = '1h'\nkind = 'reboot'\nnode = 'a-001'\n", "delays.reboot"},
		{"[[fault]]\nat = '1h'\nkind = 'node'\nnode = 'a-001'\n", "delays.detection delays.takeover"},
		{"[[failure]]\nkind = 'node'\nevery = '1d'\n", "delays.detection delays.takeover"},
		{"[[fault]]\nat = '1h'\nkind = 'zone'\nzone = 'us-east-1a'\nduration = '1h'\n", "delays.detection delays.takeover fault.slowdown"},
		{"[[fault]]\nat = '1h'\nkind = 'partition'\nnode = 'a-001'\nduration = '1h'\n",
			"delays.detection delays.takeover replication_group.write_size replication_group.output_buffer"},
		{"[[fault]]\nat = '1h'\nkind = 'replication-stall'\ngroup = 'a'\nwritten = '2MB/s'\napplied = '1MB/s'\nduration = '1h'\n",
			"replication_group.write_size replication_group.output_buffer"},
		{"[[fault]]\nat = '1h'\nkind = 'reboot'\nnode = 'a-001'\n", "delays.reboot"},
		{"[[fault]]\nat = '1h'\nkind = 'replacement'\ngroup = 'a'\n", "delays.swap"},
	} {
		var trouble []string
		quiet := parse(t, group).Assumptions
		for _, a := range parse(t, group+test.text).Assumptions {
			if !slices.ContainsFunc(quiet, func(q sim.Default) bool { return q.Name == a.Name }) {
				trouble = append(trouble, a.Name)
			}
		}
		if test.text != "" && slices.ContainsFunc(parse(t, group+test.text).Assumptions, aboutCalls) {
			t.Errorf("%q: assumes something about calls, and has none", test.text)
		}
		if got := strings.Join(trouble, " "); got != test.want {
			t.Errorf("%q: %s; want %s", test.text, got, test.want)
		}
	}
}
