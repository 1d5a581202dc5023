package sim

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"failsim/words"
)

// Problem is one thing wrong with a specification.
type Problem struct {
	// Field is the field at fault, in the words of the scenario language and relative to what was checked: "replicas",
	// "node_group[2].slots".
	Field string
	// Rule says what is wrong and what is allowed.
	Rule string
	// Warning marks what is doubtful but can be simulated.
	Warning bool
}

// GroupSpec describes a replication group as a person does: by counts, with details only where they differ. Build turns
// it into a GroupConfig.
type GroupSpec struct {
	ID                    string
	Mode                  ClusterMode
	Engine, EngineVersion string
	NodeType              string
	TLS                   bool
	NodeGroups            int // 0: as many as Shards describes, at least 1
	Replicas              int // per node group
	// Zones are for placement, round robin; never empty.
	Zones []string
	// MultiAZ and AutomaticFailover are nil where they follow from the topology.
	MultiAZ, AutomaticFailover                    *bool
	KMSKeyInvalid                                 bool
	Status                                        Status
	StatusUntil                                   Time
	DatasetBytes, WritesPerSecond, ReadsPerSecond int64
	Durability                                    Durability
	Replication                                   ReplicationConfig
	Maintenance                                   MaintenanceWindow
	NodeTimeout                                   time.Duration
	Delays                                        Delays
	Shards                                        []NodeGroupSpec
	Nodes                                         []NodeSpec
}

// NodeGroupSpec describes one node group by hand; empty fields follow from the group.
type NodeGroupSpec struct {
	ID           string
	Slots        string   // "0-100,200-300"
	Nodes        []string // names of the members in order, where they are not ElastiCache's
	Primary      string
	PrimaryZone  string
	ReplicaZones []string // one per replica; its length is the number of replicas
}

// NodeSpec describes one node by hand.
type NodeSpec struct {
	ID          string
	Zone        string // "" as placed
	Status      Status
	StatusUntil Time // Never: the whole trial
}

// Build lays the group out over its zones and checks it; known are the zones of the Region (none: any zone will do). The
// GroupConfig is usable when no Problem but warnings came.
func (s *GroupSpec) Build(known []string) (GroupConfig, []Problem) {
	b := builder{spec: s, known: known}
	b.group = GroupConfig{
		ID: strings.ToLower(s.ID), Mode: s.Mode, Engine: s.Engine, EngineVersion: s.EngineVersion, NodeType: s.NodeType,
		TLS: s.TLS, KMSKeyInvalid: s.KMSKeyInvalid, Status: s.Status, StatusUntil: s.StatusUntil,
		DatasetBytes: s.DatasetBytes, WritesPerSecond: s.WritesPerSecond, ReadsPerSecond: s.ReadsPerSecond, Delays: s.Delays,
		Durability: s.Durability, Replication: s.Replication, Maintenance: s.Maintenance,
	}
	if s.Mode == ClusterEnabled {
		b.group.NodeTimeout = s.NodeTimeout
	}
	b.checkID()
	b.checkEngine()
	b.checkLoad()
	b.checkStatus("", &b.group.Status, &b.group.StatusUntil)
	b.checkZones("zones", s.Zones)
	if b.checkCounts() && b.buildNodeGroups() {
		b.describeNodes()
		b.assignSlots()
		b.decideFailover()
		b.checkDurability()
	}
	return b.group, b.problems
}

// NodeGroupCount is how many node groups Build lays out.
func (s *GroupSpec) NodeGroupCount() int {
	if s.NodeGroups != 0 {
		return s.NodeGroups
	}
	return max(1, len(s.Shards))
}

// GroupStatuses are the statuses that a replication group can have.
func GroupStatuses() []Status {
	return []Status{StatusAvailable, StatusCreating, StatusModifying, StatusDeleting, StatusCreateFailed, StatusSnapshotting}
}

// NodeStatuses are the statuses that a node can have.
func NodeStatuses() []Status {
	return []Status{StatusAvailable, StatusCreating, StatusRebooting, StatusModifying, StatusSnapshotting, StatusDeleting,
		StatusRestoreFailed, StatusIncompatibleNetwork}
}

const (
	mostNodeGroups = 500
	// grantedNodeGroups is what AWS allows without a request, smallEngineGroups what engines before Redis OSS 5.0.6 can.
	grantedNodeGroups = 90
	smallEngineGroups = 250
	mostReplicas      = 5

	// These bounds keep every product of a rate or a size and the length of a trial within 64 bits: 10 years are
	// 3.2e8 s, and 1e9 /s for that long are 3.2e17.
	mostPerSecond = 1_000_000_000
	mostDataset   = 100 << 40 // 100 TiB
	mostSyncRate  = 1 << 40   // 1 TiB/s
	longestSync   = 10 * 365 * 24 * time.Hour
)

// builder carries a GroupSpec on its way to a GroupConfig.
type builder struct {
	spec     *GroupSpec
	known    []string
	group    GroupConfig
	tables   []int              // per node group: index into spec.Shards, or -1
	members  map[string]*member // by the name of the node
	problems []Problem
}

// member says where a node stands: indices into the node groups and their nodes.
type member struct{ nodeGroup, node int }

func (b *builder) problem(field, rule string, args ...any) {
	b.problems = append(b.problems, Problem{Field: field, Rule: fmt.Sprintf(rule, args...)})
}

func (b *builder) warn(field, rule string, args ...any) {
	b.problems = append(b.problems, Problem{Field: field, Rule: fmt.Sprintf(rule, args...), Warning: true})
}

func (b *builder) checkID() {
	if !validGroupID(b.group.ID) {
		b.problem("id", "%s is no replication group id; have 1 to 40 letters, digits and hyphens, first a letter, "+
			"no hyphen at the end and no two in a row", words.Quote(b.spec.ID))
	}
}

func (b *builder) checkEngine() {
	s := b.spec
	if s.Engine != "valkey" && s.Engine != "redis" {
		b.problem("engine", "no engine %s; have valkey, redis", words.Quote(s.Engine))
	}
	version, ok := parseVersion(s.EngineVersion)
	switch {
	case !ok:
		b.problem("engine_version", "%s is no version; write it like 7.2, 6.x or 5.0.6", words.Quote(s.EngineVersion))
	case s.Engine == "valkey" && version.before(engineVersion{7, 2, 0}):
		b.problem("engine_version", "no Valkey %s; it begins with 7.2", s.EngineVersion)
	case s.Mode == ClusterCompatible && version.before(engineVersion{7, 0, 0}):
		b.problem("cluster_mode", "compatible needs Redis OSS 7.0 or Valkey 7.2 at least, not %s", s.EngineVersion)
	}
	if !validNodeType(s.NodeType) {
		b.problem("node_type", "%s is no node type; write it like cache.r7g.large", words.Quote(s.NodeType))
	}
}

// engineVersion is major, minor and patch; an x is larger than any number.
type engineVersion [3]int

func (v engineVersion) before(w engineVersion) bool { return slices.Compare(v[:], w[:]) < 0 }

func parseVersion(text string) (v engineVersion, ok bool) {
	parts := strings.Split(text, ".")
	if len(parts) > len(v) {
		return v, false
	}
	for i, part := range parts {
		switch {
		case part == "x" && i > 0 && i == len(parts)-1:
			v[i] = 1_000_000
		case !allDigits(part) || len(part) > 5:
			return v, false
		default:
			for _, digit := range part {
				v[i] = v[i]*10 + int(digit-'0')
			}
		}
	}
	return v, true
}

// validNodeType holds for cache.FAMILY.SIZE, each of lower-case letters, digits and hyphens.
func validNodeType(text string) bool {
	parts := strings.Split(text, ".")
	if len(parts) != 3 || parts[0] != "cache" || parts[1] == "" || parts[2] == "" {
		return false
	}
	return strings.Trim(parts[1]+parts[2], "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

func (b *builder) checkLoad() {
	g := &b.group
	for _, rate := range []struct {
		field string
		value int64
	}{{"writes_per_second", g.WritesPerSecond}, {"reads_per_second", g.ReadsPerSecond}} {
		if rate.value < 0 || rate.value > mostPerSecond {
			b.problem(rate.field, "%d; have 0 to %d", rate.value, mostPerSecond)
		}
	}
	b.checkReplication()
	sync := g.Delays.SyncRate
	switch {
	case sync < 1 || sync > mostSyncRate:
		b.problem("delays.sync_rate", "%d bytes per second; have 1B/s to 1TiB/s", sync)
	case g.DatasetBytes < 0 || g.DatasetBytes > mostDataset:
		b.problem("dataset", "%d bytes; have 0B to 100TiB", g.DatasetBytes)
	case g.DatasetBytes/sync > int64(longestSync/time.Second):
		b.problem("dataset", "a full sync at %d bytes per second lasts more than 10 years; have less data or a higher sync_rate",
			sync)
	}
}

// checkStatus checks a status and until when it holds; prefix leads to the table of the fields.
func (b *builder) checkStatus(prefix string, status *Status, until *Time) {
	allowed := GroupStatuses()
	if prefix != "" {
		allowed = NodeStatuses()
	}
	switch {
	case !slices.Contains(allowed, *status):
		b.problem(prefix+"status", "%s is no status here; have %s", *status, words.List(statusWords(allowed)))
	case *status != StatusAvailable && *until <= 0:
		b.problem(prefix+"status_until", "%v is not after the start of the trial", *until)
	case *status == StatusAvailable && *until != Never && *until != 0:
		b.warn(prefix+"status_until", "means nothing while the status is available")
	}
	if *status == StatusAvailable {
		*until = Never
	}
}

func statusWords(statuses []Status) (words []string) {
	for _, s := range statuses {
		words = append(words, s.String())
	}
	return words
}

// checkZones holds the zones of a list to those of the Region, and the group's own list to naming each once.
func (b *builder) checkZones(field string, zones []string) {
	for i, zone := range zones {
		at := fmt.Sprintf("%s[%d]", field, i+1)
		b.checkZone(at, zone)
		if field == "zones" && slices.Contains(zones[:i], zone) {
			b.problem(at, "zone %s is named twice", words.Quote(zone))
		}
	}
}

func (b *builder) checkZone(field, zone string) {
	if len(b.known) > 0 && !slices.Contains(b.known, zone) {
		b.problem(field, "no zone %s; have %s", words.Quote(zone), words.List(b.known))
	}
}

// checkCounts tells whether the group has a size that can be laid out. Compatible is a migration step and is played as
// disabled: one node group, its names and its endpoints (inferred; AWS does not describe failovers in that state).
func (b *builder) checkCounts() bool {
	s := b.spec
	n := s.NodeGroupCount()
	before := len(b.problems)
	switch {
	case len(s.Zones) == 0:
		b.problem("zones", "none; name one zone at least")
	case n < 1 || n > mostNodeGroups:
		b.problem("node_groups", "%d; have 1 to %d", n, mostNodeGroups)
	case s.Replicas < 0 || s.Replicas > mostReplicas:
		b.problem("replicas", "%d; have 0 to %d", s.Replicas, mostReplicas)
	case s.Mode != ClusterEnabled && n != 1:
		b.problem("node_groups", "%d; with cluster mode %s there is 1", n, s.Mode)
	case len(s.Shards) > n:
		b.problem(fmt.Sprintf("node_group[%d]", n+1), "one too many; node_groups is %d", n)
	}
	if len(b.problems) > before {
		return false
	}
	version, _ := parseVersion(s.EngineVersion)
	if n > smallEngineGroups && s.Engine == "redis" && version.before(engineVersion{5, 0, 6}) {
		b.problem("node_groups", "%d; more than %d need Redis OSS 5.0.6 or Valkey 7.2 at least", n, smallEngineGroups)
	} else if n > grantedNodeGroups {
		b.warn("node_groups", "%d; AWS allows %d and grants more on request", n, grantedNodeGroups)
	}
	return true
}

// decideFailover settles automatic failover and Multi-AZ, which follow from the topology unless they were given.
func (b *builder) decideFailover() {
	s, g := b.spec, &b.group
	replicas := len(g.NodeGroups[0].Nodes) - 1
	g.AutomaticFailover = s.Mode == ClusterEnabled || replicas > 0
	if s.AutomaticFailover != nil {
		g.AutomaticFailover = *s.AutomaticFailover
	}
	switch {
	case s.Mode == ClusterEnabled && !g.AutomaticFailover:
		b.problem("automatic_failover", "Turning off automatic failover for replication group with cluster mode enabled is "+
			"not supported.")
	case s.Mode != ClusterEnabled && g.AutomaticFailover && replicas == 0:
		b.problem("automatic_failover", "When using automatic failover, there must be at least 2 cache clusters in the "+
			"replication group; have replicas = 1 at least")
	}
	b.decideMultiAZ()
}

func (b *builder) decideMultiAZ() {
	s, g := b.spec, &b.group
	version, _ := parseVersion(s.EngineVersion)
	tooOld := s.Engine == "redis" && version.before(engineVersion{2, 8, 6})
	tooSmall := strings.HasPrefix(s.NodeType, "cache.t1.")
	alone, together := b.unspread()
	if s.MultiAZ == nil || !*s.MultiAZ {
		g.MultiAZ = s.MultiAZ == nil && !tooOld && !tooSmall && alone == "" && together == ""
		return
	}
	g.MultiAZ = true
	switch {
	case tooOld:
		b.problem("multi_az", "not with Redis OSS %s; have 2.8.6 at least", s.EngineVersion)
	case tooSmall:
		b.problem("multi_az", "not with %s; have a node type other than T1", s.NodeType)
	case alone != "":
		b.problem("multi_az", "node group %s has no replica; each needs one at least", alone)
	case together != "":
		b.warn("multi_az", "node group %s has all of its replicas in the zone of its primary", together)
	}
}

// unspread gives the first node group without a replica, and the first whose replicas all stand in its primary's zone.
func (b *builder) unspread() (alone, together string) {
	for i := range b.group.NodeGroups {
		ng := &b.group.NodeGroups[i]
		zone := ng.Nodes[ng.Primary].Zone
		outside := slices.ContainsFunc(ng.Nodes, func(n NodeConfig) bool { return n.Zone != zone })
		switch {
		case len(ng.Nodes) == 1 && alone == "":
			alone = ng.ID
		case len(ng.Nodes) > 1 && !outside && together == "":
			together = ng.ID
		}
	}
	return alone, together
}
