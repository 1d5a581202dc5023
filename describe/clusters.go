package describe

import (
	"cmp"
	"fmt"
	"strings"
)

// cacheCluster is what describe-cache-clusters tells about one node.
type cacheCluster struct {
	group                                   string // "" for one outside of any replication group
	engine, version, nodeType, zone, status string
	parameterGroup                          bool
}

var nodeStatuses = []string{
	"available", "creating", "modifying", "deleting", "snapshotting", "rebooting", "restore-failed", "incompatible-network",
}

func clusterAnswer() answer {
	return answer{"aws elasticache describe-cache-clusters", "CacheClusters", "CacheCluster"}
}

// readClusters collects the cache clusters by their ids, those of other groups too.
func (imp *importer) readClusters(in Input) error {
	if in.Clusters == nil {
		return nil
	}
	items, more, err := clusterAnswer().read(in.Clusters)
	if err != nil {
		return inAnswer("cache clusters", err)
	}
	if more {
		imp.notes.add("the answer of describe-cache-clusters is one page of several (it ends with a marker): nodes are missing")
	}
	for _, item := range items {
		o, err := item.object()
		if err != nil {
			return err
		}
		id, err := readID(o.get("CacheClusterId"), 50)
		if err != nil {
			return err
		}
		if _, twice := imp.clusters[id]; twice {
			return fmt.Errorf("%s: the cache cluster %s stands in the answer twice", o.path, id)
		}
		imp.clusters[id] = imp.readCluster(o)
	}
	return nil
}

// readCluster reads one cache cluster. A memcached cluster is of no concern, so nothing is noted about its values.
func (imp *importer) readCluster(o object) cacheCluster {
	c := cacheCluster{group: strings.ToLower(imp.optionalText(o.get("ReplicationGroupId")))}
	if c.group == "" {
		return c
	}
	c.engine = imp.readEngine(o.get("Engine"))
	c.nodeType = imp.readNodeType(o.get("CacheNodeType"))
	c.parameterGroup = o.get("CacheParameterGroup").meaningful()
	if zone := imp.optionalText(o.get("PreferredAvailabilityZone")); zoneName.MatchString(zone) {
		c.zone = zone
	}
	c.version = imp.optionalText(o.get("EngineVersion"))
	if c.version != "" && !versionNumber.MatchString(c.version) {
		imp.notes.add("%s: %q is no version such as 7.1 or 6.x; it is taken as absent", o.get("EngineVersion").path, c.version)
		c.version = ""
	}
	c.status = imp.readClusterStatus(o.get("CacheClusterStatus"))
	return c
}

// readClusterStatus turns two of AWS's wordings into the ones of a scenario.
func (imp *importer) readClusterStatus(v value) string {
	switch status := imp.optionalText(v); status {
	case "rebooting cluster nodes", "rebooting cache cluster nodes":
		return "rebooting"
	case "deleted":
		return "deleting"
	default:
		return imp.readStatus(v, nodeStatuses)
	}
}

// members returns what is known of the nodes of a group, in the order of the nodes.
func (imp *importer) members(g *group) (known []cacheCluster, unknown int) {
	for _, ng := range g.nodeGroups {
		for _, n := range ng.nodes {
			if c, ok := imp.clusters[n.id]; ok {
				known = append(known, c)
			} else {
				unknown++
			}
		}
	}
	return known, unknown
}

// settleNodes gives the nodes the statuses of their cache clusters.
func (imp *importer) settleNodes(g *group) {
	var busy []string
	for _, ng := range g.nodeGroups {
		for i := range ng.nodes {
			n := &ng.nodes[i]
			n.status = cmp.Or(imp.clusters[n.id].status, n.status, available)
			if n.status != available {
				busy = append(busy, n.id+" "+n.status)
			}
		}
	}
	if len(busy) > 0 {
		imp.notes.about(g.id, "a node is not available for the whole trial unless status_until is set: "+listing(busy))
	}
}

// noteClusters says what of the cache clusters was of no use.
func (imp *importer) noteClusters() {
	others, grouped := 0, tally{}
	for id, c := range imp.clusters {
		if imp.nodes[id] == nil {
			others++
		} else if c.parameterGroup {
			grouped.count(clusterExtras()[0], c.group)
		}
	}
	if others > 0 {
		imp.notes.add("%s in none of the groups and left out", are(others, "cache cluster"))
	}
	grouped.note(&imp.notes, len(imp.groups))
}
