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

// ReplicationGroup is the state of one group (the console's cluster).
type ReplicationGroup struct {
	nodeGroups span
	status     Status
	// replacing counts the node replacements that run, from the accepted call to `Finished recovery`; at most 1.
	replacing int32
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
	// failover is the one in progress, up to `Finished recovery`; -1 for none.
	failover int32
	// watcher is the operator's lane that waits for `Finished recovery`; -1 for none.
	watcher int32
	// primaryName is the node to which the primary's name leads, as a resolver sees it. With cluster mode enabled there is
	// no such name: it is the primary.
	primaryName int32
	// readerNames has a bit for each member to which the reader's name leads, as a resolver sees it.
	readerNames uint8
	// naming is the pending change of the names; a later promotion cancels it.
	naming  Handle
	draws   [numPhases]uint32
	windows [numViews]windowSlot
}

// Node is the state of one node. It serves clients while up; a node that is up has its data.
type Node struct {
	nodeGroup int32
	role      Role
	status    Status
	up        bool
	// lag is how far the node trailed when its primary was last cut off.
	lag      time.Duration
	lagDraws uint32
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
	numPhases
)

// String is the word that names the stream; to change it changes every draw.
func (p phase) String() string {
	return [...]string{"accept", "promotion", "completed_event", "propagation", "dns_ttl", "recovery_start", "provision"}[p]
}

// topology is what a Config says, flattened for use by index. Worlds share it and nothing writes it.
type topology struct {
	cfg        *Config
	nodeGroups []nodeGroupFacts
	nodes      []nodeFacts
	calls      []callFacts
	campaigns  []campaignFacts
	// byID finds the slab index of a group and of "group/node group".
	groupByID, nodeGroupByID map[string]int32
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
}

type nodeFacts struct {
	cfg       *NodeConfig
	lagStream uint64
}

type callFacts struct {
	nodeGroup int32
	violation Violation // found in the ids alone
}

type campaignFacts struct {
	lanes   span
	queue   span // its part of state.queue and state.cursors
	targets int64
}

func newTopology(cfg *Config) *topology {
	t := &topology{cfg: cfg, groupByID: map[string]int32{}, nodeGroupByID: map[string]int32{}}
	for i := range cfg.Groups {
		t.addGroup(&cfg.Groups[i])
	}
	for _, c := range cfg.Calls {
		nodeGroup, violation := t.lookup(c.Group, c.NodeGroup)
		t.calls = append(t.calls, callFacts{nodeGroup, violation})
	}
	for i := range cfg.Campaigns {
		t.addCampaign(&cfg.Campaigns[i])
	}
	return t
}

func (t *topology) addGroup(g *GroupConfig) {
	index := int32(len(t.pristine.groups))
	t.groupByID[g.ID] = index
	t.pristine.groups = append(t.pristine.groups, ReplicationGroup{
		nodeGroups: span{int32(len(t.nodeGroups)), int32(len(g.NodeGroups))},
		status:     g.Status,
		windows:    [2]windowSlot{noWindow, noWindow},
	})
	for i := range g.NodeGroups {
		t.addNodeGroup(index, g, &g.NodeGroups[i])
	}
}

func (t *topology) addNodeGroup(group int32, g *GroupConfig, ng *NodeGroupConfig) {
	index := int32(len(t.nodeGroups))
	entity := g.ID + "/" + ng.ID
	t.nodeGroupByID[entity] = index
	facts := nodeGroupFacts{cfg: ng, group: g, named: g.Mode != ClusterEnabled, replicas: int32(len(ng.Nodes) - 1)}
	for p := range numPhases {
		facts.streams[p] = dist.Name(p.String(), entity)
	}
	t.nodeGroups = append(t.nodeGroups, facts)

	first := int32(len(t.nodes))
	state := NodeGroup{group: group, members: span{first, int32(len(ng.Nodes))}, primary: first + int32(ng.Primary),
		failover: -1, watcher: -1}
	state.primaryName = state.primary
	for view := range state.windows {
		state.windows[view] = noWindow
	}
	for i := range ng.Nodes {
		n := &ng.Nodes[i]
		t.nodes = append(t.nodes, nodeFacts{cfg: n, lagStream: dist.Name("lag", n.ID)})
		node := Node{nodeGroup: index, status: n.Status, up: n.Status.serves()}
		if i == ng.Primary {
			node.role = RolePrimary
		} else if node.up {
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
