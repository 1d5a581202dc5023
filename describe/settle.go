package describe

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// settleGroup decides what the answers leave open, and puts right what a scenario would refuse.
func (imp *importer) settleGroup(g *group) {
	g.status = cmp.Or(g.status, available)
	if g.status != available {
		imp.notes.about(g.id, "status "+g.status+" holds for the whole trial unless status_until is set")
	}
	imp.settleNodes(g)
	imp.settleEngine(g)
	imp.settleSlots(g)
	imp.settleFailover(g)
	imp.settleMultiAZ(g)
	if g.tls == nil {
		imp.notes.about(g.id, "the answer does not tell TransitEncryptionEnabled; tls is assumed")
	}
}

// settleSlots drops slots that a scenario would refuse: it wants them on every node group or on none, each slot once.
func (imp *importer) settleSlots(g *group) {
	without := 0
	for _, ng := range g.nodeGroups {
		if ng.slots == "" {
			without++
		}
	}
	whole := fmt.Sprintf("0-%d", lastSlot)
	var why string
	switch {
	case without == len(g.nodeGroups):
		return
	case g.mode != modeEnabled && g.nodeGroups[0].slots != whole:
		why = "with cluster mode " + g.mode + " the one node group has all slots, whatever the answer says"
	case without > 0:
		why = fmt.Sprintf("%d of %s without slots; an even split is assumed", without, count(len(g.nodeGroups), "node group"))
	case slotsOverlap(g.nodeGroups):
		why = "the slots of its node groups overlap; an even split is assumed"
	default:
		return
	}
	imp.notes.about(g.id, why)
	for _, ng := range g.nodeGroups {
		ng.slots = ""
	}
}

// settleFailover keeps to what ElastiCache allows: always on with cluster mode enabled, and on without it only where a
// replica can take over.
func (imp *importer) settleFailover(g *group) {
	switch on := g.automaticFailover; {
	case on == nil:
		imp.notes.about(g.id, "the answer does not tell AutomaticFailover; on is assumed with cluster mode enabled or replicas, else off")
	case !*on && g.mode == modeEnabled:
		imp.notes.about(g.id, "the answer shows automatic failover off, which ElastiCache does not support with cluster mode enabled; on is written")
		g.automaticFailover = new(true)
	case *on && g.mode != modeEnabled && !g.hasReplicas():
		imp.notes.about(g.id, "the answer shows automatic failover on without a replica to fail over to; off is written")
		g.automaticFailover = new(false)
	}
}

// settleMultiAZ writes Multi-AZ on only where ElastiCache has it.
func (imp *importer) settleMultiAZ(g *group) {
	if g.multiAZ == nil && !g.failsOver() {
		imp.notes.about(g.id, "the answer does not tell MultiAZ; off is written, since it needs automatic failover")
		g.multiAZ = new(false)
	}
	if g.multiAZ == nil {
		imp.notes.about(g.id, "the answer does not tell MultiAZ; it follows from the zones of the nodes")
		return
	}
	why := ""
	switch {
	case !*g.multiAZ:
	case !g.hasReplicas():
		why = "a node group that has no replica"
	case strings.HasPrefix(g.nodeType, "cache.t1."):
		why = "T1 nodes"
	case g.engine == "redis" && compareVersions(g.version, "2.8.6") < 0:
		why = "Redis OSS before 2.8.6"
	}
	if why != "" {
		imp.notes.about(g.id, "the answer shows Multi-AZ on with "+why+"; off is written")
		g.multiAZ = new(false)
	}
}

// campaign returns the groups in which a test of every shard can come to an end.
func (imp *importer) campaign() (ids []string) {
	for _, g := range imp.groups {
		busy := slices.ContainsFunc(g.nodeGroups, func(ng *nodeGroup) bool {
			return slices.ContainsFunc(ng.nodes, func(n node) bool { return n.status != available })
		})
		switch {
		case !g.hasReplicas():
			imp.notes.about(g.id, "left out of the campaign, since a node group has no replica")
		case !g.failsOver():
			imp.notes.about(g.id, "left out of the campaign, since automatic failover is off")
		case g.status != available || busy:
			imp.notes.about(g.id, "left out of the campaign, since calls would be refused while the group or a node is not available")
		default:
			ids = append(ids, g.id)
		}
	}
	if len(ids) == 0 {
		imp.notes.add("no group can be tested by TestFailover, so the scenario has no campaign and no outage comes of it")
	}
	return ids
}
