package describe

import (
	"fmt"
	"slices"
)

// regular tells whether counts and zones describe the group in full, and over which zones it is laid out.
func (g *group) regular() (zones []string, yes bool) {
	replicas := g.fewestReplicas()
	for i, ng := range g.nodeGroups {
		plain := ng.id == fmt.Sprintf("%04d", i+1) && ng.primary == 0 && len(ng.nodes) == replicas+1
		if !plain || !g.standardNames(ng) {
			return nil, false
		}
	}
	if !g.evenlySplit() {
		return nil, false
	}
	return g.placement()
}

// fewestReplicas is the number that holds for every node group unless its replica_zones tell of more.
func (g *group) fewestReplicas() int {
	fewest := mostNodes
	for _, ng := range g.nodeGroups {
		fewest = min(fewest, len(ng.nodes)-1)
	}
	return fewest
}

// standardNames tells whether the nodes are named as ElastiCache names them: sessions-0003-002, without cluster mode
// sessions-002.
func (g *group) standardNames(ng *nodeGroup) bool {
	stem := g.id
	if g.mode == modeEnabled {
		stem += "-" + ng.id
	}
	for i, n := range ng.nodes {
		if n.id != fmt.Sprintf("%s-%03d", stem, i+1) {
			return false
		}
	}
	return true
}

// evenlySplit tells whether the slots are the ones that a scenario gives by itself.
func (g *group) evenlySplit() bool {
	var told, even []string
	for i, ng := range g.nodeGroups {
		told = append(told, ng.slots)
		even = append(even, evenSlots(i, len(g.nodeGroups)))
	}
	return told[0] == "" || slices.Equal(told, even)
}

// placement returns the zones, in order, over which a scenario would place the nodes exactly as they stand.
func (g *group) placement() (zones []string, found bool) {
	add := func(zone string) {
		if !slices.Contains(zones, zone) {
			zones = append(zones, zone)
		}
	}
	// The primaries tell the order; with fewer shards than zones the replicas of the last shard tell the rest.
	for _, ng := range g.nodeGroups {
		add(ng.nodes[ng.primary].zone)
	}
	for _, ng := range slices.Backward(g.nodeGroups) {
		for _, n := range ng.nodes {
			add(n.zone)
		}
	}
	for shard, ng := range g.nodeGroups {
		for i, n := range ng.nodes {
			if n.zone != placedZone(zones, shard, ng.rank(i)) {
				return nil, false
			}
		}
	}
	return zones, true
}

// rank numbers the nodes of a node group, the primary first.
func (ng *nodeGroup) rank(i int) int {
	switch {
	case i == ng.primary:
		return 0
	case i < ng.primary:
		return i + 1
	}
	return i
}

// placedZone is where a scenario puts a node by itself: primaries round robin over the zones, replicas round robin over
// the zones that follow the primary's. Shards count from 0; the primary has rank 0.
func placedZone(zones []string, shard, rank int) string {
	if rank == 0 || len(zones) == 1 {
		return zones[shard%len(zones)]
	}
	others := len(zones) - 1
	return zones[(shard+1+(rank-1)%others)%len(zones)]
}
