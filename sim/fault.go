package sim

import (
	"time"

	"failsim/dist"
)

// FaultKind is a kind of trouble, or of planned work, that changes which node serves.
type FaultKind uint8

// The kinds. Those up to FaultNoCapacity strike; the last three are planned work, done in ElastiCache's order.
const (
	// FaultNode kills nodes at once.
	FaultNode FaultKind = iota
	// FaultZone kills every node of a zone; replacements there wait until it is back.
	FaultZone
	// FaultZonePower is AWS FIS's action: as FaultZone, for Multi-AZ groups alone.
	FaultZonePower
	// FaultPartition cuts nodes off from the rest while they run on.
	FaultPartition
	// FaultLagSpike makes replicas trail by Lag at least.
	FaultLagSpike
	// FaultReplicationStall makes writes outrun what replicas apply; see StallConfig.
	FaultReplicationStall
	// FaultReboot is the customer's reboot of a node: no failover, and the node comes back empty. Not with cluster mode enabled.
	FaultReboot
	// FaultNoCapacity makes replacements in a zone wait; nothing else happens.
	FaultNoCapacity
	// FaultReplacement replaces every node: a service update.
	FaultReplacement
	// FaultUpgrade installs another engine version.
	FaultUpgrade
	// FaultScale moves to another node type.
	FaultScale
	NumFaultKinds

	// FaultAPIBlocked strikes no node, and so is no cause: a Config has it among its Blocks, and only Inject takes it as a fault.
	FaultAPIBlocked = NumFaultKinds
)

// String is the scenario's word for the kind.
func (k FaultKind) String() string {
	return [...]string{"node", "zone", "zone-power", "partition", "lag-spike", "replication-stall", "reboot", "no-capacity",
		"replacement", "upgrade", "scale", "api-blocked"}[k]
}

// LosesNodes tells whether the kind takes nodes, so that there can be failovers and recoveries that nobody called for.
func (k FaultKind) LosesNodes() bool {
	return k == FaultNode || k == FaultZone || k == FaultZonePower || k == FaultPartition
}

// Unhurried is the Slowdown of a control plane that works as always.
const Unhurried = 1_000_000

// planned tells whether the kind is work that the customer or the service plans.
func (k FaultKind) planned() bool { return FaultReplacement <= k && k < NumFaultKinds }

// FaultConfig is something that happens at a known time.
type FaultConfig struct {
	// At is not after the horizon.
	At   Time
	Kind FaultKind
	// Duration is how long it lasts; 0 for kinds that do not last: node, reboot and the planned ones.
	Duration time.Duration
	Target   TargetConfig
	// Lag is how far replicas trail at least: FaultLagSpike.
	Lag   time.Duration
	Stall StallConfig
	// Slowdown stretches what the control plane does while a zone is lost, in millionths: 1,000,000 changes nothing.
	Slowdown int64
	Work     WorkConfig
}

// TargetConfig says what a fault strikes; what is left out does not narrow it.
type TargetConfig struct {
	// Zone is one of Config.Zones or of the nodes' zones: the nodes there; "" for any.
	Zone string
	// Groups are indices into Config.Groups, ascending: the nodes of these groups; empty for all.
	Groups []int
	// NodeGroup is an index into the NodeGroups of the only group in Groups; -1 for all.
	NodeGroup int
	// Node is an index into the Nodes of that node group; -1 for all. PrimaryOnly is whoever is its primary when the fault strikes.
	Node        int
	PrimaryOnly bool
}

// StallConfig is a stretch in which a primary takes more writes than its replicas apply, both in bytes per second: a backlog
// grows by the difference, and shrinks by Applied less the ordinary writes once the stretch is over.
type StallConfig struct{ Written, Applied int64 }

// WorkConfig details planned work.
type WorkConfig struct {
	// NodeType and EngineVersion are what the group has afterwards; "" where the kind changes neither.
	NodeType, EngineVersion string
	// InWindow puts the work off until the group's next maintenance window.
	InWindow bool
}

// FailureConfig is something that happens by chance, again and again, to each of many things: a renewal process, whose clock begins anew when
// the thing is whole again. That of a node begins anew with every new machine, also if other trouble or planned work replaced the old one.
type FailureConfig struct {
	// Kind is FaultNode, FaultZone or FaultPartition.
	Kind FaultKind
	Per  Per
	// Every is the time from whole (again) to the next failure.
	Every dist.Delay
	// Duration is how long a zone is lost, or a partition lasts.
	Duration dist.Delay
	// Groups are indices into Config.Groups, ascending: whose nodes fail; empty for all.
	Groups []int
	// Stationary starts each process as if it had run forever: the time to the first failure is the residual of Every.
	// Otherwise everything is new at virtual zero.
	Stationary bool
	// Slowdown is as in FaultConfig.
	Slowdown int64
}

// Per says what has a process of its own.
type Per uint8

// PerNode: each node; PerZone: each zone; PerGroup: each group, of whose nodes one is struck at random.
const (
	PerNode Per = iota
	PerZone
	PerGroup
)

// Durability is the setting of groups that keep a multi-zone log (Valkey 9.0 and above, cluster mode enabled).
type Durability uint8

// The durabilities. DurabilitySync loses no acknowledged write, DurabilityAsync at most the last 10 s of them.
const (
	DurabilityNone Durability = iota
	DurabilitySync
	DurabilityAsync
)

// String is the scenario's word.
func (d Durability) String() string { return [...]string{"none", "sync", "async"}[d] }

// ReplicationConfig says how a group's replicas follow their primary.
type ReplicationConfig struct {
	// WriteBytes is the size of one write in the replication stream.
	WriteBytes int64
	// BacklogBytes is how much of the stream a primary keeps for replicas that come back: what they missed beyond it takes a
	// full sync.
	BacklogBytes int64
	// BufferBytes is how much of the stream a primary keeps for a replica that trails; beyond it the replica is dropped.
	BufferBytes int64
	// FullAfterPromotion makes the other replicas sync in full from a new primary, as older engines did.
	FullAfterPromotion bool
}

// MaintenanceWindow is a weekly stretch of the calendar, in UTC; Length 0 for none.
type MaintenanceWindow struct {
	Day    time.Weekday
	Begin  time.Duration // since midnight
	Length time.Duration
}

// Next is the first instant, at or after the one given, that begins or lies in a maintenance window; the windows are of the
// calendar, which stands at start at virtual zero.
func (m *MaintenanceWindow) Next(start time.Time, at Time) Time {
	const week = 7 * 24 * time.Hour
	date := start.Add(time.Duration(at)).UTC()
	midnight := time.Date(date.Year(), date.Month(), date.Day(), 0, 0, 0, 0, time.UTC)
	since := time.Duration(date.Weekday())*24*time.Hour + date.Sub(midnight) // the week began on Sunday
	begin := time.Duration(m.Day)*24*time.Hour + m.Begin
	into := ((since-begin)%week + week) % week
	if into < m.Length {
		return at
	}
	return at.Add(week - into)
}
