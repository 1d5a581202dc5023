package describe

import (
	"fmt"
	"strings"
)

// readRoles makes the nodes of the roles file primaries: one node id a line, `#` begins a comment.
func (imp *importer) readRoles(in Input) error {
	lines := map[*nodeGroup]int{}
	number := 0
	for text := range strings.Lines(strings.TrimPrefix(string(in.Roles), "\ufeff")) {
		number++
		text, _, _ = strings.Cut(text, "#")
		words := strings.Fields(text)
		if len(words) == 0 {
			continue
		}
		if len(words) > 1 {
			return fmt.Errorf("roles: line %d: %q, want one node id a line", number, strings.TrimSpace(text))
		}
		id := strings.ToLower(words[0])
		ng := imp.nodes[id]
		if ng == nil {
			return fmt.Errorf("roles: line %d: no node %q among the replication groups", number, id)
		}
		if first := lines[ng]; first > 0 {
			return fmt.Errorf("roles: line %d: line %d names a primary of this node group already", number, first)
		}
		lines[ng] = number
		if told := ng.nodes[ng.primary].id; ng.knownPrimary && told != id {
			imp.notes.add("roles: %s is taken as primary, though AWS says %s", id, told)
		}
		ng.promote(id)
	}
	return nil
}

// noteRoles says whose primaries are assumed.
func (imp *importer) noteRoles() {
	for _, g := range imp.groups {
		assumed := 0
		for _, ng := range g.nodeGroups {
			if !ng.knownPrimary && len(ng.nodes) > 1 {
				assumed++
			}
		}
		switch {
		case assumed == 0:
		case g.mode == modeEnabled:
			imp.notes.about(g.id, "with cluster mode enabled AWS does not say which node is primary; the first of each node group that the roles do not name is assumed")
		default:
			imp.notes.about(g.id, "AWS names no primary; the first node is assumed")
		}
	}
}
