package sim

import (
	"time"

	"failsim/dist"
)

// Engine is the number of the simulation engine. It is raised whenever the same scenario and seed give other results.
const Engine = 4

// Config is everything one trial depends on besides its seed. It is valid by construction (package scenario and GroupSpec
// check it), is never written once a World uses it, and may be shared between Worlds.
type Config struct {
	// Start is the calendar instant of virtual zero, in UTC.
	Start time.Time
	// Horizon is the last instant at which a call or a fault may begin; Drain is how long the trial then plays on.
	Horizon, Drain time.Duration
	Region         string
	Zones          []string
	Wording        Wording
	// StatusDuringFailover is what Describe shows for a group in which a node is being replaced: StatusAvailable or
	// StatusModifying. It never decides whether a call is accepted.
	StatusDuringFailover Status
	Quota                QuotaConfig
	Refusals             Refusals
	Groups               []GroupConfig
	Calls                []CallConfig
	Campaigns            []CampaignConfig
	Blocks               []BlockConfig
	Faults               []FaultConfig // by At; those of one instant strike in this order
	Failures             []FailureConfig
}

// Endless is the Horizon of a World that is driven from outside and has none: a century. All that may be added to an instant before it
// (faults, syncs, a window of the quota: ten years each at most) stays below 2^63 nanoseconds, which are 292 years.
const Endless = 100 * 365 * 24 * time.Hour

// End is the instant at which a trial ends: the horizon and then the drain.
func (c *Config) End() Time { return Time(c.Horizon + c.Drain) }

// QuotaConfig is the account's allowance of accepted TestFailover calls: Limit in any rolling Window.
type QuotaConfig struct {
	Limit  int
	Window time.Duration
	// Distinct counts node groups in place of calls: a node group leaves one Window after its latest accepted call.
	Distinct bool
	// AlreadyUsed are the instants, before virtual zero and ascending, of calls accepted earlier.
	AlreadyUsed []Time
}

// Refusals holds the label (for AWS, the error code) that answers each violation; "" for one that is let through.
type Refusals [NumViolations]string

// GroupConfig is one replication group as it stands at virtual zero.
type GroupConfig struct {
	ID                         string
	Mode                       ClusterMode
	Engine, EngineVersion      string
	NodeType                   string
	TLS                        bool
	MultiAZ, AutomaticFailover bool
	KMSKeyInvalid              bool
	// Status holds until StatusUntil (Never: the whole trial); then the group is available.
	Status      Status
	StatusUntil Time
	NodeGroups  []NodeGroupConfig
	// DatasetBytes, WritesPerSecond and ReadsPerSecond are per node group.
	DatasetBytes, WritesPerSecond, ReadsPerSecond int64
	Durability                                    Durability
	Replication                                   ReplicationConfig
	Maintenance                                   MaintenanceWindow
	// NodeTimeout is the engine's cluster-node-timeout, with cluster mode enabled.
	NodeTimeout time.Duration
	Delays      Delays
}

// NodeGroupConfig is one node group (shard): its members in the order of their names, the primary among them by index.
type NodeGroupConfig struct {
	ID      string
	Slots   []SlotRange
	Nodes   []NodeConfig
	Primary int
}

// NodeConfig is one node; Status holds until StatusUntil (Never: the whole trial), then the node is available.
type NodeConfig struct {
	ID, Zone    string
	Status      Status
	StatusUntil Time
}

// Delays are the phases of a failover in one group.
type Delays struct {
	Accept         dist.Delay // call accepted -> primary cut off
	Promotion      dist.Delay // TestFailover: cut off -> a replica is promoted
	Detection      dist.Delay // a node fails -> the control plane knows
	Takeover       dist.Delay // known -> the control plane has promoted a replica
	CompletedEvent dist.Delay // promoted -> event `Failover … completed`
	Propagation    dist.Delay // cluster mode disabled: promoted -> the endpoint's record names the new primary
	RecoveryStart  dist.Delay // promoted -> event `Recovering cache nodes`
	Provision      dist.Delay // `Recovering` -> replacement node up, without data
	Swap           dist.Delay // planned replacement or scaling: how long a primary's place takes no writes
	UpgradeGap     dist.Delay // engine upgrade: the same
	Reboot         dist.Delay // the customer reboots a node -> it is back, empty
	Modify         dist.Delay `json:",omitzero"` // ModifyReplicationGroup: accepted -> the settings are changed
	Lag            dist.Delay // how far a replica trails its primary
	// Upgraded has Swap and UpgradeGap once an upgrade has brought the engine to 5.0.6 or later; nil where that changes neither.
	Upgraded *Gaps `json:",omitzero"`
	// DNSTTL is how long a resolver may keep the old answer: uniform(0, DNSTTL), one draw a failover.
	DNSTTL time.Duration
	// SyncRate is in bytes per second; a full sync lasts DatasetBytes / SyncRate.
	SyncRate int64
}

// Gaps are how long a primary's place takes no writes in planned work, as in Delays.
type Gaps struct{ Swap, UpgradeGap dist.Delay }

// CallConfig is one call of the API at a known instant. What it names is sent as it stands: a call that names what does not exist is
// refused in the trial, as the API would.
type CallConfig struct {
	At Time
	// Group is of TestFailover and of modifications, NodeGroup of TestFailover alone.
	Group, NodeGroup string
	Action           Action       `json:",omitzero"`
	Node             string       `json:",omitzero"` // ActionReboot
	Modify           ModifyConfig `json:",omitzero"` // ActionModify
}

// BlockConfig is a span in which the service answers every TestFailover call with TestFailoverNotAvailableFault.
type BlockConfig struct {
	At       Time
	Duration time.Duration
}

// CampaignConfig is an operator who tests every node group of Groups under the rules of TestFailover.
type CampaignConfig struct {
	Name string
	At   Time
	// Groups are indices into Config.Groups, in the order in which they are taken up.
	Groups []int
	// RoundRobin takes one node group of each group in turn; otherwise a group is finished before the next.
	RoundRobin bool
	// ParallelGroups is how many groups are worked on at once, one node group in each.
	ParallelGroups int
	// Poll is how often the operator looks at the events, counted from the accepted call.
	Poll time.Duration
	// Blind tries without regard to the quota; otherwise the operator waits until the quota has room.
	Blind      bool
	OnRefusal  Reaction
	RetryEvery time.Duration
	Timeout    time.Duration // from the accepted call, without `Finished recovery`
	OnTimeout  Reaction      // ReactSkip or ReactStop
	Rounds     int
}

// Reaction is what an operator does about a refused call or a failover that never finishes.
type Reaction uint8

// The reactions: try the same node group again later, go on to the next, or end the campaign.
const (
	ReactRetry Reaction = iota
	ReactSkip
	ReactStop
)

// Wording selects the text of the service events.
type Wording uint8

// The wordings: as the API reference documents them, as recorded in 2022 with cluster mode enabled, and as before 2021.
const (
	WordingDocumented Wording = iota
	WordingObserved
	WordingLegacy
)

// ClusterMode is the API's ClusterMode.
type ClusterMode uint8

// The cluster modes. Compatible is a migration step: one node group, with the names and endpoints of disabled.
const (
	ClusterDisabled ClusterMode = iota
	ClusterEnabled
	ClusterCompatible
)

// String is the API's word for the mode.
func (m ClusterMode) String() string {
	return [...]string{"disabled", "enabled", "compatible"}[m]
}

// Status is what the API shows for a group or a node.
type Status uint8

// The statuses of groups (creating, available, modifying, deleting, create-failed, snapshotting) and of nodes (creating,
// available, modifying, deleting, snapshotting, rebooting, restore-failed, incompatible-network).
const (
	StatusAvailable Status = iota
	StatusCreating
	StatusModifying
	StatusDeleting
	StatusCreateFailed
	StatusSnapshotting
	StatusRebooting
	StatusRestoreFailed
	StatusIncompatibleNetwork
)

// String is the API's word for the status.
func (s Status) String() string {
	return [...]string{"available", "creating", "modifying", "deleting", "create-failed", "snapshotting", "rebooting",
		"restore-failed", "incompatible-network"}[s]
}

// Serves tells whether a node of that status answers clients.
func (s Status) Serves() bool {
	return s == StatusAvailable || s == StatusModifying || s == StatusSnapshotting
}
