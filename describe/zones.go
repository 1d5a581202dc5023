package describe

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
)

// zoneName matches `us-east-1a` and a local zone such as `us-west-2-lax-1a`; its group is the Region.
var zoneName = regexp.MustCompile(`^([a-z]+(?:-[a-z]+)+-\d+)(?:-[a-z]+-\d+)?[a-z]$`)

// settleZones finds the Region and its zones, and places the nodes of which the answer tells no zone.
func (imp *importer) settleZones(Input) error {
	example := map[string]string{} // Region -> a node there
	for _, g := range imp.groups {
		for _, ng := range g.nodeGroups {
			for i := range ng.nodes {
				n := &ng.nodes[i]
				n.zone = cmp.Or(n.zone, imp.clusters[n.id].zone)
				if n.zone == "" {
					continue
				}
				imp.zones = append(imp.zones, n.zone)
				imp.region = zoneName.FindStringSubmatch(n.zone)[1]
				if example[imp.region] == "" {
					example[imp.region] = n.id
				}
			}
		}
	}
	if len(example) > 1 {
		return severalRegions(example)
	}
	slices.Sort(imp.zones)
	imp.zones = slices.Compact(imp.zones)
	if len(imp.zones) == 0 {
		imp.assumeZones()
	}
	imp.placeNodes()
	return nil
}

func severalRegions(example map[string]string) error {
	var found []string
	for region, id := range example {
		found = append(found, fmt.Sprintf("%s (%s)", region, id))
	}
	slices.Sort(found)
	return fmt.Errorf("ReplicationGroups: zones of several Regions: %s; a scenario is one account in one Region", listing(found))
}

// assumeZones falls back to the Region of the first ARN and to three zones of it.
func (imp *importer) assumeZones() {
	imp.region = "us-east-1"
	from := "the default"
	for _, g := range slices.Backward(imp.groups) {
		if g.region != "" {
			imp.region, from = g.region, "from the ARN"
		}
	}
	imp.zones = []string{imp.region + "a", imp.region + "b", imp.region + "c"}
	imp.notes.add("the answer tells no zones; %s (%s) with zones a, b and c is assumed", imp.region, from)
}

// placeNodes lays out nodes without a zone as a scenario would.
func (imp *importer) placeNodes() {
	for _, g := range imp.groups {
		unplaced := 0
		for shard, ng := range g.nodeGroups {
			for i := range ng.nodes {
				if ng.nodes[i].zone == "" {
					ng.nodes[i].zone = placedZone(imp.zones, shard, ng.rank(i))
					unplaced++
				}
			}
		}
		if unplaced > 0 {
			imp.notes.about(g.id, fmt.Sprintf("the answer tells no zone of %s; round robin over the zones is assumed", count(unplaced, "node")))
		}
	}
}
