package describe

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// nodeGroup is one shard of a group.
type nodeGroup struct {
	id      string
	slots   string // as AWS writes them; "" where the answer is silent
	nodes   []node // in the order of their names, never empty
	primary int    // index into nodes
	// knownPrimary is set where AWS or the roles file names the primary.
	knownPrimary bool
}

// node is one member of a node group. zone is "" until settleZones if the answer is silent.
type node struct {
	id, zone, status string
}

var (
	nodeGroupID = regexp.MustCompile(`^\d{1,4}$`)

	nodeGroupStatuses = []string{"available", "creating", "modifying", "deleting"}
)

// lastSlot is the highest of the 16384 slots of a group.
const lastSlot = 16383

func (imp *importer) readNodeGroups(g *group, o object) error {
	all := o.get("NodeGroups")
	if all.absent() {
		return nil
	}
	items, err := all.list()
	if err != nil {
		return err
	}
	if len(items) > mostNodeGroups {
		return fmt.Errorf("%s: %d node groups, at most %d", all.path, len(items), mostNodeGroups)
	}
	known := map[string]bool{}
	for _, item := range items {
		ng, err := imp.readNodeGroup(g, item)
		if err != nil {
			return err
		}
		if known[ng.id] {
			return fmt.Errorf("%s.NodeGroupId: %q stands in the group twice", item.path, ng.id)
		}
		known[ng.id] = true
		if len(ng.nodes) == 0 {
			imp.notes.about(g.id, "node group "+ng.id+" is left out, since the answer shows no nodes of it")
			continue
		}
		g.nodeGroups = append(g.nodeGroups, ng)
	}
	slices.SortFunc(g.nodeGroups, func(a, b *nodeGroup) int {
		return cmp.Or(cmp.Compare(len(a.id), len(b.id)), cmp.Compare(a.id, b.id))
	})
	return nil
}

func (imp *importer) readNodeGroup(g *group, item value) (*nodeGroup, error) {
	o, err := item.object()
	if err != nil {
		return nil, err
	}
	ng := &nodeGroup{}
	if ng.id, err = o.get("NodeGroupId").text(); err != nil {
		return nil, err
	}
	if !nodeGroupID.MatchString(ng.id) {
		return nil, fmt.Errorf("%s: %q is no id of a node group: want one to four digits", o.get("NodeGroupId").path, ng.id)
	}
	if ng.slots, err = readSlots(o.get("Slots")); err != nil {
		return nil, err
	}
	if err := imp.readMembers(ng, o.get("NodeGroupMembers")); err != nil {
		return nil, err
	}
	imp.readNodeGroupStatus(g, ng, o.get("Status"))
	return ng, nil
}

// readNodeGroupStatus hands a status down to the nodes, since a scenario gives none to a node group. What the cache
// clusters say of a node goes before it.
func (imp *importer) readNodeGroupStatus(g *group, ng *nodeGroup, v value) {
	status := imp.readStatus(v, nodeGroupStatuses)
	if status == "" || status == available {
		return
	}
	for i := range ng.nodes {
		ng.nodes[i].status = status
	}
	imp.notes.about(g.id, fmt.Sprintf("node group %s is %s; its nodes are said to be, unless the cache clusters know better", ng.id, status))
}

// readMembers adds the nodes in the order of their names and finds the primary that AWS tells of.
func (imp *importer) readMembers(ng *nodeGroup, all value) error {
	if all.absent() {
		return nil
	}
	items, err := all.list()
	if err != nil {
		return err
	}
	if len(items) > mostNodes {
		return fmt.Errorf("%s: %d members, at most %d", all.path, len(items), mostNodes)
	}
	var primaries []string
	for _, item := range items {
		o, err := item.object()
		if err != nil {
			return err
		}
		n, err := imp.readMember(ng, o)
		if err != nil {
			return err
		}
		ng.nodes = append(ng.nodes, n)
		if imp.optionalText(o.get("CurrentRole")) == "primary" {
			primaries = append(primaries, n.id)
		}
	}
	slices.SortFunc(ng.nodes, func(a, b node) int { return cmp.Compare(a.id, b.id) })
	if len(primaries) == 1 {
		ng.promote(primaries[0])
	} else if len(primaries) > 1 {
		imp.notes.add("%s: %s have the role primary; it is taken as not told", all.path, strings.Join(primaries, " and "))
	}
	return nil
}

func (imp *importer) readMember(ng *nodeGroup, o object) (node, error) {
	id, err := readID(o.get("CacheClusterId"), 50)
	if err != nil {
		return node{}, err
	}
	if _, twice := imp.nodes[id]; twice {
		return node{}, fmt.Errorf("%s: the node %s stands in the answer twice", o.get("CacheClusterId").path, id)
	}
	imp.nodes[id] = ng
	zone, err := o.get("PreferredAvailabilityZone").text()
	if err != nil {
		return node{}, err
	}
	if zone != "" && !zoneName.MatchString(zone) {
		return node{}, fmt.Errorf("%s: %q is no zone, such as us-east-1a", o.get("PreferredAvailabilityZone").path, zone)
	}
	return node{id: id, zone: zone}, nil
}

// promote makes a node of the node group its primary.
func (ng *nodeGroup) promote(id string) {
	ng.primary = slices.IndexFunc(ng.nodes, func(n node) bool { return n.id == id })
	ng.knownPrimary = true
}

// readSlots returns slots as `0-100,200-300`; a slot by itself becomes a range.
func readSlots(v value) (string, error) {
	text, err := v.text()
	if err != nil || text == "" {
		return "", err
	}
	var ranges []string
	for part := range strings.SplitSeq(text, ",") {
		from, to, found := strings.Cut(strings.TrimSpace(part), "-")
		if !found {
			to = from
		}
		first, errFirst := strconv.Atoi(from)
		last, errLast := strconv.Atoi(to)
		if errFirst != nil || errLast != nil || first < 0 || last < first || last > lastSlot {
			return "", fmt.Errorf("%s: %q, want ranges of slots from 0 to %d such as 0-5461,7000-7100", v.path, text, lastSlot)
		}
		ranges = append(ranges, fmt.Sprintf("%d-%d", first, last))
	}
	return strings.Join(ranges, ","), nil
}

// evenSlots is ElastiCache's own split: even, with what remains going to the first shards.
func evenSlots(shard, shards int) string {
	each, rest := (lastSlot+1)/shards, (lastSlot+1)%shards
	first := shard*each + min(shard, rest)
	last := first + each - 1
	if shard < rest {
		last++
	}
	return fmt.Sprintf("%d-%d", first, last)
}

// slotsOverlap tells whether any slot belongs to two ranges of the group.
func slotsOverlap(nodeGroups []*nodeGroup) bool {
	var owned [lastSlot + 1]bool
	for _, ng := range nodeGroups {
		for part := range strings.SplitSeq(ng.slots, ",") {
			from, to, _ := strings.Cut(part, "-")
			first, _ := strconv.Atoi(from)
			last, _ := strconv.Atoi(to)
			for slot := first; slot <= last; slot++ {
				if owned[slot] {
					return true
				}
				owned[slot] = true
			}
		}
	}
	return false
}
