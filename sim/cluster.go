package sim

import (
	"time"

	"failsim/dist"
)

// Role is the part that a node plays in its node group.
type Role uint8

// The roles.
const (
	RoleReplica Role = iota
	RolePrimary
)

// String is the API's word.
func (r Role) String() string { return [...]string{"replica", "primary"}[r] }

// ReplicationGroup is the state of one group (the console's cluster).
type ReplicationGroup struct {
	nodeGroups span
	status     Status
	// automaticFailover and multiAZ are the settings now; the Config has them at virtual zero.
	automaticFailover, multiAZ bool
	// modification is the one that is being made, -1 for none.
	modification int32
	upgrades     upgrades // those done on every node group
	// replacing counts the node replacements that run or have to: from the accepted call, or from a node's failure, to
	// `Finished recovery`; and planned work.
	replacing int32
	// halted says that the engine's nodes refuse clients because a majority of the primaries is out of reach; halting is the
	// pending change of it.
	halted   bool
	halting  Handle
	swapping int32 // the planned work that swaps a primary now; -1 for none
	works    works // those that are not over
	// unpowered is the zone-power fault, of the topology's faults, that strikes the group now; -1 for none.
	unpowered int32
	// unwritable counts, per observer, the node groups that cannot be written; the group's window is open while it is > 0.
	unwritable [2]int32
	windows    [2]windowSlot
	// peakReads is the highest load of one reader so far; see Outcome.PeakReads.
	peakReads int64
}

// NodeGroup is the state of one node group (the console's shard).
type NodeGroup struct {
	group   int32
	members span
	// primary is the member with RolePrimary: the only one.
	primary int32
	// failover is the one in progress, up to the promotion; -1 for none.
	failover int32
	// primaryName is the node to which the primary's name leads, as a resolver sees it. With cluster mode enabled there is
	// no such name: it is the primary.
	primaryName int32
	// readerNames has a bit for each member to which the reader's name leads, as a resolver sees it.
	readerNames uint8
	// naming is the pending change of the names; a later promotion cancels it.
	naming  Handle
	draws   [numPhases]uint32
	windows [numViews]windowSlot
	syncs   syncs
	// lagFloor is how far replicas trail at least.
	lagFloor time.Duration
	// ledSince is since when the replicas follow this primary, and this process of it.
	ledSince Time
	// logLag is how far the log of a node group with asynchronous durability trailed when the primary was last lost.
	logLag time.Duration
	// emptiedAt is when the node group last lost all of its data; Never if it did not.
	emptiedAt Time
}

// Node is the state of one node.
type Node struct {
	nodeGroup int32
	role      Role
	status    Status
	down      down
	// empty says that the node has no data: it died, or it copies the dataset, or waits to.
	empty bool
	// stale says that the node's data has to give way to the primary's: it was cut off, and missed too much, or it was the primary and
	// another was promoted since. It keeps the data until it can copy.
	stale bool
	// cuts counts the partitions that hold the node, blocks what keeps replacements from its place.
	cuts, blocks int32
	// recovery is the replacement in progress; -1 for none.
	recovery int32
	cutAt    Time          // when it was last cut off
	cutBy    int32         // the incident that did; -1 for none
	cutLag   time.Duration // how far it trailed then at least, by lag spikes
	// firstCut is the first incident that can hold it: those before are of a machine that it replaced.
	firstCut int32
	// amongMajority says that it was cut off together with a majority of the primaries, so that it misses none.
	amongMajority bool
	// alone is the failover that has promoted another while this node, cut off, may go on taking writes, until these are lost; -1 for none.
	alone int32
	sync  nodeSync
	// rebooted is the end of its reboot; 0 while it does not reboot.
	rebooted Handle
	// lag is how far the node trailed when its primary was last lost, and what that took alone before it died.
	lag      time.Duration
	lagDraws uint32
	// backlog is how many bytes of the stream a replica had not applied at the instant counted, or when it was cut off. overflow is when it
	// outgrows what the primary keeps, if that is near; 0 if not.
	backlog  int64
	counted  Time
	overflow Handle
	upgrades upgrades
}

// down is the set of reasons for which a node serves nobody.
type down uint8

const (
	downStatus  down = 1 << iota // its configured status
	downDead                     // its process and data are gone
	downCut                      // a partition holds it
	downSyncing                  // it runs, and copies the dataset
	downAway                     // it reboots
	downSwapped                  // its place is being swapped, or it hands over

	// downLost are those for which a primary takes no writes that its replicas could follow.
	downLost = downDead | downCut | downSyncing | downAway
)

// up tells whether the node serves clients.
func (n *Node) up() bool { return n.down == 0 }

// waits tells whether the node runs without data and copies from nobody.
func (n *Node) waits() bool { return n.down&^downStatus == downSyncing && n.sync.ready == 0 }

// failover is a Failover with what it needs to go on.
type failover struct {
	Failover
	pending  Handle // its next event, up to the promotion
	recovery int32  // of the old primary
	waiting  bool   // for a replica to promote
	elects   bool   // the engine's own election promotes, while a majority of primaries is there
	// missed is the promoted replica's part of the lost tail. The old primary takes writes alone from the instant alone (Never if it
	// does not) to the instant silent at most (Never while nothing stops it).
	missed        time.Duration
	alone, silent Time
	asks          Time  // when the first replica of rank 0 asks for votes; Never where none is about to
	asker         int32 // that replica; -1 where none was up
	rival         Time  // when the next of rank 0 does
}

// recovery is a Recovery with what it needs to go on.
type recovery struct {
	Recovery
	pending Handle // its next event
	watcher int32  // the operator's lane that waits for it; -1 for none
	stage   stage
	alone   time.Duration // for how long a primary, cut off, had taken writes on its side before it was lost
}

// span is a run of indices [first, first+n) in a slab.
type span struct{ first, n int32 }

func (s span) end() int32 { return s.first + s.n }

// phase numbers what is drawn for a node group, each from a stream of its own.
type phase uint8

const (
	phaseAccept phase = iota
	phasePromotion
	phaseCompletedEvent
	phasePropagation
	phaseDNSTTL
	phaseRecoveryStart
	phaseProvision
	phaseDetection
	phaseTakeover
	phaseSwap
	phaseUpgradeGap
	phaseReboot
	phaseElection
	phaseModify
	phaseLogLag
	numPhases
)

// String is the word that names the stream; to change it changes every draw.
func (p phase) String() string {
	return [...]string{"accept", "promotion", "completed_event", "propagation", "dns_ttl", "recovery_start", "provision",
		"detection", "takeover", "swap", "upgrade_gap", "reboot", "election", "modify", "log_lag"}[p]
}

// topology is what a Config says, flattened for use by index. Worlds share it and nothing writes it: what comes from outside
// makes another.
type topology struct {
	cfg        *Config
	origin     *topology // before it grew by what came from outside; nil if it did not
	nodeGroups []nodeGroupFacts
	nodes      []nodeFacts
	calls      []callFacts
	campaigns  []campaignFacts
	faults     []faultFacts
	processes  []processFacts
	residuals  []dist.Residual // of Config.Failures: the time to a first failure in the stationary state
	// nodeIndices has each index of nodes once, so that a part of it names one node.
	nodeIndices []int32
	// byID finds the slab index of a group and of "group/node group".
	groupByID, nodeGroupByID map[string]int32
	nodeByID                 map[string]int32
	tables                   Elections
	elections                []*election // by group; nil where its engine has no part in failovers
	// pristine is every World's state at virtual zero.
	pristine state
}

type nodeGroupFacts struct {
	cfg     *NodeGroupConfig
	group   *GroupConfig
	streams [numPhases]uint64
	// named says that clients follow DNS names: cluster mode disabled or compatible.
	named    bool
	replicas int32
	// votes says that its primary owns slots and so has a vote in elections.
	votes bool
	// flows are what stalls make of its writes, ascending and apart; before the first of them replicas do not trail.
	flows []flow
}

type nodeFacts struct {
	cfg       *NodeConfig
	lagStream uint64
	processes []int32 // that strike the node alone
}

type callFacts struct {
	nodeGroup int32
	violation Violation // of TestFailover: found in the ids alone
}

type campaignFacts struct {
	lanes   span
	queue   span // its part of state.queue and state.cursors
	targets int64
}

func newTopology(cfg *Config, known Elections) *topology {
	t := &topology{cfg: cfg, groupByID: map[string]int32{}, nodeGroupByID: map[string]int32{}, nodeByID: map[string]int32{},
		tables: known}
	for i := range cfg.Groups {
		t.addGroup(&cfg.Groups[i])
	}
	for i := range cfg.Calls {
		c := &cfg.Calls[i]
		nodeGroup, violation := t.lookup(c.Group, c.NodeGroup)
		t.calls = append(t.calls, callFacts{nodeGroup, violation})
	}
	for i := range cfg.Campaigns {
		t.addCampaign(&cfg.Campaigns[i])
	}
	for i := range cfg.Faults {
		t.addFault(int32(i))
	}
	t.addFailures()
	t.holdElections()
	t.pristine.slowdown = Unhurried
	return t
}

func (t *topology) addGroup(g *GroupConfig) {
	index := int32(len(t.pristine.groups))
	t.groupByID[g.ID] = index
	t.pristine.groups = append(t.pristine.groups, ReplicationGroup{
		nodeGroups: span{int32(len(t.nodeGroups)), int32(len(g.NodeGroups))},
		status:     g.Status,
		windows:    [2]windowSlot{noWindow, noWindow},
		swapping:   -1,
		works:      noWorks,
		unpowered:  -1,
		upgrades:   noUpgrades,

		automaticFailover: g.AutomaticFailover,
		modification:      -1,
		multiAZ:           g.MultiAZ,
	})
	for i := range g.NodeGroups {
		t.addNodeGroup(index, g, &g.NodeGroups[i])
	}
}

func (t *topology) addNodeGroup(group int32, g *GroupConfig, ng *NodeGroupConfig) {
	index := int32(len(t.nodeGroups))
	entity := g.ID + "/" + ng.ID
	t.nodeGroupByID[entity] = index
	facts := nodeGroupFacts{cfg: ng, group: g, named: g.Mode != ClusterEnabled, replicas: int32(len(ng.Nodes) - 1),
		votes: g.votes(ng)}
	for p := range numPhases {
		facts.streams[p] = dist.Name(p.String(), entity)
	}
	t.nodeGroups = append(t.nodeGroups, facts)

	first := int32(len(t.nodes))
	state := NodeGroup{group: group, members: span{first, int32(len(ng.Nodes))}, primary: first + int32(ng.Primary),
		failover: -1, emptiedAt: Never}
	state.primaryName = state.primary
	for view := range state.windows {
		state.windows[view] = noWindow
	}
	for i := range ng.Nodes {
		n := &ng.Nodes[i]
		t.nodeIndices = append(t.nodeIndices, int32(len(t.nodes)))
		t.nodeByID[n.ID] = int32(len(t.nodes))
		t.nodes = append(t.nodes, nodeFacts{cfg: n, lagStream: dist.Name("lag", n.ID)})
		node := Node{nodeGroup: index, status: n.Status, recovery: -1, alone: -1, cutBy: -1, upgrades: noUpgrades}
		if !n.Status.Serves() {
			node.down, node.empty = downStatus, i != ng.Primary
		}
		if i == ng.Primary {
			node.role = RolePrimary
		} else if node.up() {
			state.readerNames |= 1 << i
		}
		t.pristine.nodes = append(t.pristine.nodes, node)
	}
	if state.readerNames == 0 {
		state.readerNames = 1 << ng.Primary
	}
	t.pristine.nodeGroups = append(t.pristine.nodeGroups, state)
}

func (t *topology) addCampaign(c *CampaignConfig) {
	facts := campaignFacts{
		lanes: span{int32(len(t.pristine.lanes)), int32(min(c.ParallelGroups, len(c.Groups)))},
		queue: span{int32(len(t.pristine.queue)), int32(len(c.Groups))},
	}
	for _, g := range c.Groups {
		facts.targets += int64(len(t.cfg.Groups[g].NodeGroups)) * int64(c.Rounds)
		t.pristine.queue = append(t.pristine.queue, 0)
		t.pristine.cursors = append(t.pristine.cursors, 0)
	}
	for range facts.lanes.n {
		t.pristine.lanes = append(t.pristine.lanes, lane{campaign: int32(len(t.campaigns)), member: -1, failover: -1})
	}
	t.pristine.campaigns = append(t.pristine.campaigns, campaign{})
	t.campaigns = append(t.campaigns, facts)
}
