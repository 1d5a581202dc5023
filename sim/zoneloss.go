package sim

import "slices"

// ZoneLoss says what the loss of one zone at virtual zero would do, before anything there is replaced.
type ZoneLoss struct {
	Zone string
	// Groups are those with nodes in the zone, in the order of the Config.
	Groups []GroupLoss
}

// GroupLoss is what the loss of a zone does to one group.
type GroupLoss struct {
	Group            int // index into Config.Groups
	Nodes, Primaries int // that stand in the zone
	// Shards are the node groups with nodes in the zone, in the order of the group.
	Shards []ShardLoss
	// Voters are the primaries that own slots, with cluster mode enabled; VotersLeft those of them in other zones.
	Voters, VotersLeft int
	// EngineElects says that the primaries left are a majority, so that the engine's own election promotes replicas; else
	// the control plane has to.
	EngineElects bool
	// Halts says that the majority is lost: after the node timeout every node of the group refuses clients, also in node
	// groups that lost nothing, until promotions bring a majority back.
	Halts bool
}

// ShardLoss is what the loss of a zone does to one node group.
type ShardLoss struct {
	NodeGroup int // index into the group's NodeGroups
	// LosesPrimary: the primary stands there. Then either FailsOver, a replica in another zone is promoted; or NoWrites,
	// there is none in service, or automatic failover is off.
	LosesPrimary, FailsOver, NoWrites bool
	// NoReads: no node in service is left, and one was there before.
	NoReads bool
	// NoReplicaReads: no replica is left after the promotion, and one was in service before.
	NoReplicaReads bool
	// LosesAll: all nodes stand there. DataLost: all that have data do, and no durable log keeps it.
	LosesAll, DataLost bool
	// Reduced: fewer replicas than configured are left.
	Reduced bool
}

// ZoneNames are the zones of the Region in the order of the scenario, and then those where only nodes placed by hand
// stand, by name.
func (c *Config) ZoneNames() []string {
	var others []string
	for i := range c.Groups {
		for _, ng := range c.Groups[i].NodeGroups {
			for _, n := range ng.Nodes {
				if !slices.Contains(c.Zones, n.Zone) && !slices.Contains(others, n.Zone) {
					others = append(others, n.Zone)
				}
			}
		}
	}
	slices.Sort(others)
	return append(slices.Clone(c.Zones), others...)
}

// ZoneLosses says for each of ZoneNames what its loss would do to the groups as they stand at virtual zero. A node that is
// not in service then counts as what it is: it can neither be read nor be promoted.
func (c *Config) ZoneLosses() []ZoneLoss {
	losses := []ZoneLoss{}
	for _, zone := range c.ZoneNames() {
		loss := ZoneLoss{Zone: zone}
		for i := range c.Groups {
			if g := c.Groups[i].without(zone); g.Nodes > 0 {
				g.Group = i
				loss.Groups = append(loss.Groups, g)
			}
		}
		losses = append(losses, loss)
	}
	return losses
}

// without tells what the group loses with the zone.
func (g *GroupConfig) without(zone string) GroupLoss {
	loss := GroupLoss{}
	for i := range g.NodeGroups {
		ng := &g.NodeGroups[i]
		there := 0
		for _, n := range ng.Nodes {
			if n.Zone == zone {
				there++
			}
		}
		primaryLost := ng.Nodes[ng.Primary].Zone == zone
		if there > 0 {
			shard := g.shardWithout(ng, zone)
			shard.NodeGroup = i
			loss.Shards = append(loss.Shards, shard)
		}
		loss.Nodes += there
		if primaryLost {
			loss.Primaries++
		}
		if g.votes(ng) {
			loss.Voters++
			if !primaryLost {
				loss.VotersLeft++
			}
		}
	}
	loss.EngineElects = electable(loss.Voters-loss.VotersLeft, loss.Voters)
	loss.Halts = loss.Voters >= 2 && !loss.EngineElects
	return loss
}

// votes says that the node group's primary has a vote in the engine's elections.
func (g *GroupConfig) votes(ng *NodeGroupConfig) bool {
	return g.Mode == ClusterEnabled && len(ng.Slots) > 0
}

// shardWithout tells what a node group loses with a zone in which some of its nodes stand.
func (g *GroupConfig) shardWithout(ng *NodeGroupConfig, zone string) ShardLoss {
	loss := ShardLoss{LosesPrimary: ng.Nodes[ng.Primary].Zone == zone, LosesAll: true}
	replicas, left := 0, 0 // in service: before, and in other zones; only such replicas have data
	primaryBefore := ng.Nodes[ng.Primary].Status.Serves()
	for i, n := range ng.Nodes {
		if n.Zone != zone {
			loss.LosesAll = false
		}
		if i == ng.Primary || !n.Status.Serves() {
			continue
		}
		replicas++
		if n.Zone != zone {
			left++
		}
	}
	primaryLeft := primaryBefore && !loss.LosesPrimary
	loss.NoReads = !primaryLeft && left == 0 && (primaryBefore || replicas > 0)
	if loss.LosesPrimary {
		loss.FailsOver = g.AutomaticFailover && left > 0
		loss.NoWrites = !loss.FailsOver
	}
	dataLeft := left
	if loss.FailsOver {
		left--
	}
	loss.NoReplicaReads = left == 0 && replicas > 0
	loss.DataLost = loss.LosesPrimary && dataLeft == 0 && g.Durability == DurabilityNone
	loss.Reduced = left < len(ng.Nodes)-1
	return loss
}

// Stopped is how many writes and reads a second the group cannot take right after the loss: those of the node groups that
// lost their primary, or all of their nodes; all of the group's where it halts.
func (l *GroupLoss) Stopped(g *GroupConfig) (writes, reads int64) {
	if l.Halts {
		n := int64(len(g.NodeGroups))
		return n * g.WritesPerSecond, n * g.ReadsPerSecond
	}
	for _, s := range l.Shards {
		if s.LosesPrimary {
			writes += g.WritesPerSecond
		}
		if s.NoReads {
			reads += g.ReadsPerSecond
		}
	}
	return writes, reads
}
