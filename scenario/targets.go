package scenario

import (
	"slices"
	"strings"

	"failsim/sim"
	"failsim/words"
)

// readZone reads the zone that a fault strikes.
func (r *reader) readZone(t *table, target *sim.TargetConfig) {
	if !t.need("zone", "a zone of a node") {
		return
	}
	target.Zone = t.text("zone", "")
	if zones := r.nodeZones(); !slices.Contains(zones, target.Zone) && !t.doc.wrong[t.key("zone")] && !r.groupsWrong {
		t.wrong("zone", "no node stands in zone %s; %s", words.Quote(target.Zone), haveOf(target.Zone, zones))
	}
}

// nodeZones are the zones in which nodes stand.
func (r *reader) nodeZones() (zones []string) {
	seen := map[string]bool{}
	for g := range r.cfg.Groups {
		for s := range r.cfg.Groups[g].NodeGroups {
			for _, n := range r.cfg.Groups[g].NodeGroups[s].Nodes {
				seen[n.Zone] = true
			}
		}
	}
	for zone := range seen {
		zones = append(zones, zone)
	}
	slices.Sort(zones)
	return zones
}

// readNodeTarget reads a node by its name, or whoever is the primary of a node group.
func (r *reader) readNodeTarget(t *table, target *sim.TargetConfig, others ...string) {
	options := append([]string{"node", "primary_of"}, others...)
	switch named := t.has("node"); {
	case named && t.has("primary_of"):
		t.wrong("primary_of", "not with node; name the node, or the shard whose primary it is")
	case named:
		r.findNode(t, target)
	case t.has("primary_of"):
		r.findPrimary(t, target)
	default:
		t.wrong("node", "missing; want one of %s", words.List(options))
	}
}

func (r *reader) findNode(t *table, target *sim.TargetConfig) {
	id := strings.ToLower(t.text("node", ""))
	var names []string
	for g := range r.cfg.Groups {
		for s := range r.cfg.Groups[g].NodeGroups {
			for n, node := range r.cfg.Groups[g].NodeGroups[s].Nodes {
				if node.ID == id {
					target.Groups, target.NodeGroup, target.Node = []int{g}, s, n
					return
				}
				if len(names) < 1000 {
					names = append(names, node.ID)
				}
			}
		}
	}
	if !t.doc.wrong[t.key("node")] && !r.groupsWrong {
		t.wrong("node", "no node %s; %s", words.Quote(id), someOf(id, names))
	}
}

// someOf is haveOf for lists that may be long.
func someOf(word string, options []string) string {
	if len(options) > 20 && words.Nearest(word, options) == "" {
		return "have " + words.List(options[:3]) + " and others"
	}
	return haveOf(word, options)
}

func (r *reader) findPrimary(t *table, target *sim.TargetConfig) {
	group, shard, found := strings.Cut(t.text("primary_of", ""), "/")
	if t.doc.wrong[t.key("primary_of")] || r.groupsWrong {
		return
	}
	g, known := r.groupByID[strings.ToLower(group)]
	switch {
	case !found:
		t.wrong("primary_of", `%s; want a group and a node group such as "sessions/0003"`, words.Quote(group))
	case !known:
		t.wrong("primary_of", "no group %s; %s", words.Quote(group), haveOf(group, r.groupIDs()))
	default:
		target.Groups, target.PrimaryOnly = []int{g}, true
		target.NodeGroup = r.shardOf(t.key("primary_of"), g, shard)
	}
}

// shardOf finds a node group of a group by its id; -1 where there is none, which is a mistake of that key.
func (r *reader) shardOf(key string, g int, id string) int {
	var ids []string
	for s := range r.cfg.Groups[g].NodeGroups {
		if r.cfg.Groups[g].NodeGroups[s].ID == id {
			return s
		}
		ids = append(ids, r.cfg.Groups[g].NodeGroups[s].ID)
	}
	r.doc.mistake(key, "no node group %s in %s; %s", words.Quote(id), r.cfg.Groups[g].ID, someOf(id, ids))
	return -1
}

// readShard reads a group and, optionally, one of its node groups.
func (r *reader) readShard(t *table, target *sim.TargetConfig) {
	g, ok := r.readOneGroup(t)
	if !ok {
		return
	}
	target.Groups = []int{g}
	if t.has("node_group") {
		if shard := t.text("node_group", ""); !t.doc.wrong[t.key("node_group")] {
			target.NodeGroup = r.shardOf(t.key("node_group"), g, shard)
		}
	}
}

func (r *reader) readOneGroup(t *table) (group int, ok bool) {
	if !t.need("group", "a replication group id") {
		return 0, false
	}
	id := t.text("group", "")
	group, ok = r.groupByID[strings.ToLower(id)]
	if !ok && !t.doc.wrong[t.key("group")] && !r.groupsWrong {
		t.wrong("group", "no group %s; %s", words.Quote(id), haveOf(id, r.groupIDs()))
	}
	return group, ok
}
