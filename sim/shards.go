package sim

import (
	"fmt"
	"slices"
	"strings"

	"failsim/words"
)

// buildNodeGroups lays out the node groups, with what was said of them by hand; false where that contradicts itself.
func (b *builder) buildNodeGroups() bool {
	before := len(b.problems)
	b.matchTables()
	if len(b.problems) > before {
		return false
	}
	b.members = map[string]*member{}
	for i := range b.group.NodeGroups {
		b.buildNodeGroup(i)
	}
	return len(b.problems) == before
}

// matchTables finds the node group that each table of spec.Shards describes, and gives the node groups their ids. A
// table without an id describes the node group of its turn.
func (b *builder) matchTables() {
	n := b.spec.NodeGroupCount()
	b.group.NodeGroups = make([]NodeGroupConfig, n)
	b.tables = slices.Repeat([]int{-1}, n)
	ids := make([]string, n)
	for i := range ids {
		ids[i] = nodeGroupID(i)
	}
	byTurn := len(b.spec.Shards) == n && slices.ContainsFunc(b.spec.Shards, func(s NodeGroupSpec) bool {
		return s.ID != "" && !slices.Contains(ids, s.ID)
	})
	seen := map[string]bool{}
	for i, shard := range b.spec.Shards {
		at, id := i, shard.ID
		if id == "" {
			id = ids[i]
		} else if !byTurn {
			at = slices.Index(ids, id)
		}
		field := shardField(i, "id")
		switch {
		case !validNodeGroupID(id):
			b.problem(field, "%s is no node group id; have 1 to 4 digits", words.Quote(id))
		case seen[id]:
			b.problem(field, "node group %s is described twice", id)
		case b.spec.Mode != ClusterEnabled && id != ids[0]:
			b.problem(field, "no node group %s; with cluster mode %s there is only %s", id, b.spec.Mode, ids[0])
		case at < 0:
			b.problem(field, "no node group %s among %s to %s; other ids need all %d node groups described", id, ids[0],
				ids[n-1], n)
		default:
			seen[id] = true
			b.tables[at] = i
			b.group.NodeGroups[at].ID = id
		}
	}
	for i := range ids {
		if b.tables[i] < 0 {
			b.group.NodeGroups[i].ID = ids[i]
		}
	}
}

func shardField(table int, name string) string {
	return fmt.Sprintf("node_group[%d].%s", table+1, name)
}

func (b *builder) buildNodeGroup(index int) {
	ng := &b.group.NodeGroups[index]
	table := b.tables[index]
	var by NodeGroupSpec // what was said by hand
	if table >= 0 {
		by = b.spec.Shards[table]
		b.checkZones(shardField(table, "replica_zones"), by.ReplicaZones)
	}
	if by.PrimaryZone != "" {
		b.checkZone(shardField(table, "primary_zone"), by.PrimaryZone)
	}
	nodes, ok := b.nodeCount(table, by)
	if !ok {
		return
	}
	ng.Nodes = make([]NodeConfig, nodes)
	names := make([]string, nodes)
	for i := range names {
		names[i] = nodeName(b.group.ID, b.group.Mode, ng.ID, i)
		if by.Nodes != nil {
			names[i] = strings.ToLower(by.Nodes[i])
		}
		b.addMember(member{index, i}, names[i])
	}
	if by.Primary != "" {
		ng.Primary = slices.Index(names, strings.ToLower(by.Primary))
		if ng.Primary < 0 {
			b.problem(shardField(table, "primary"), "no member %s; have %s", words.Quote(by.Primary), words.List(names))
			ng.Primary = 0
		}
	}
	b.place(index, by)
}

// nodeCount is how many nodes the node group has, its primary included.
func (b *builder) nodeCount(table int, by NodeGroupSpec) (nodes int, ok bool) {
	before := len(b.problems)
	nodes = b.spec.Replicas + 1
	if by.ReplicaZones != nil {
		nodes = len(by.ReplicaZones) + 1
		if nodes > mostReplicas+1 {
			b.problem(shardField(table, "replica_zones"), "%d replicas; have 0 to %d", nodes-1, mostReplicas)
		}
	}
	if by.Nodes != nil {
		switch {
		case len(by.Nodes) < 1 || len(by.Nodes) > mostReplicas+1:
			b.problem(shardField(table, "nodes"), "%d nodes; have 1 to %d", len(by.Nodes), mostReplicas+1)
		case by.ReplicaZones != nil && len(by.Nodes) != nodes:
			b.problem(shardField(table, "nodes"), "%d nodes, but replica_zones says %d", len(by.Nodes), nodes)
		}
		nodes = len(by.Nodes)
	}
	return nodes, len(b.problems) == before
}

func (b *builder) addMember(m member, name string) {
	field := "id" // a name that ElastiCache gives is wrong only where the group's id is
	if table := b.tables[m.nodeGroup]; table >= 0 && b.spec.Shards[table].Nodes != nil {
		field = fmt.Sprintf("%s[%d]", shardField(table, "nodes"), m.node+1)
		if !validNodeID(name) {
			b.problem(field, "%s is no node id; have 1 to 50 letters, digits and hyphens, first a letter, no hyphen at the "+
				"end and no two in a row", words.Quote(name))
		}
	}
	if b.members[name] != nil {
		b.problem(field, "two nodes are named %s", words.Quote(name))
	}
	b.members[name] = &m
	b.group.NodeGroups[m.nodeGroup].Nodes[m.node] = NodeConfig{ID: name, StatusUntil: Never}
}

// place gives the nodes their zones: the primary its own, the others the replicas' in their order.
func (b *builder) place(index int, by NodeGroupSpec) {
	ng := &b.group.NodeGroups[index]
	p := placement{zones: b.spec.Zones, shard: index, primaryZone: by.PrimaryZone, replicaZones: by.ReplicaZones}
	replicas := p.replicas(len(ng.Nodes) - 1)
	for i := range ng.Nodes {
		if i == ng.Primary {
			ng.Nodes[i].Zone = p.primary()
			continue
		}
		ng.Nodes[i].Zone = replicas[0]
		replicas = replicas[1:]
	}
}

// describeNodes applies what was said of single nodes.
func (b *builder) describeNodes() {
	seen := map[string]bool{}
	for i, by := range b.spec.Nodes {
		prefix := fmt.Sprintf("node[%d].", i+1)
		name := strings.ToLower(by.ID)
		m := b.members[name]
		switch {
		case m == nil:
			b.problem(prefix+"id", "no node %s; %s", words.Quote(by.ID), b.nodesFor(name, i))
			continue
		case seen[name]:
			b.problem(prefix+"id", "node %s is described twice", name)
		}
		seen[name] = true
		node := &b.group.NodeGroups[m.nodeGroup].Nodes[m.node]
		if by.Zone != "" {
			b.checkZone(prefix+"zone", by.Zone)
			node.Zone = by.Zone
		}
		node.Status, node.StatusUntil = by.Status, by.StatusUntil
		b.checkStatus(prefix, &node.Status, &node.StatusUntil)
	}
}

// nodesFor says which nodes there are: the likeliest meant, which is not sought for a long list of wrong names, or the
// first few.
func (b *builder) nodesFor(name string, index int) string {
	const sought = 20
	var names []string
	for i := range b.group.NodeGroups {
		for _, n := range b.group.NodeGroups[i].Nodes {
			names = append(names, n.ID)
		}
		if index > sought && len(names) > sought {
			return "have " + names[0] + " and others"
		}
	}
	if near := words.Nearest(name, names); near != "" {
		return "did you mean " + near + "?"
	}
	return "have " + words.List(names)
}

// assignSlots gives each node group the slots that were given by hand, or with cluster mode enabled an even share.
func (b *builder) assignSlots() {
	given, without := -1, ""
	for i := range b.group.NodeGroups {
		if table := b.tables[i]; table >= 0 && b.spec.Shards[table].Slots != "" {
			if given < 0 {
				given = table
			}
		} else if without == "" {
			without = b.group.NodeGroups[i].ID
		}
	}
	switch {
	case given >= 0 && without != "":
		b.problem(shardField(given, "slots"), "node group %s has none; have slots on every node group or on none", without)
	case given >= 0:
		b.parseSlots(given)
	case b.spec.Mode == ClusterEnabled:
		for i, r := range evenSlots(len(b.group.NodeGroups)) {
			b.group.NodeGroups[i].Slots = []SlotRange{r}
		}
	}
}

// owned is a range and the node group that has it.
type owned struct {
	SlotRange
	nodeGroup int
}

// parseSlots reads the slots of every node group; first is the first table that gives any.
func (b *builder) parseSlots(first int) {
	before := len(b.problems)
	var all []owned
	for i := range b.group.NodeGroups {
		ranges, err := ParseSlots(b.spec.Shards[b.tables[i]].Slots)
		if err != nil {
			b.problem(shardField(b.tables[i], "slots"), "%v", err)
		}
		b.group.NodeGroups[i].Slots = ranges
		for _, r := range ranges {
			all = append(all, owned{r, i})
		}
	}
	slices.SortStableFunc(all, func(x, y owned) int { return int(x.First) - int(y.First) })
	ranges := make([]SlotRange, len(all))
	for i, r := range all {
		ranges[i] = r.SlotRange
		if i == 0 || r.First > all[i-1].Last {
			continue
		}
		later, earlier := r.nodeGroup, all[i-1].nodeGroup
		if b.tables[later] < b.tables[earlier] {
			later, earlier = earlier, later
		}
		b.problem(shardField(b.tables[later], "slots"), "slot %d belongs to node group %s already; have each slot once",
			r.First, b.group.NodeGroups[earlier].ID)
	}
	if gaps := uncovered(ranges); len(gaps) > 0 && len(b.problems) == before {
		b.warn(shardField(first, "slots"), "no node group has the slots %s", FormatSlots(gaps[:min(8, len(gaps))]))
	}
}
