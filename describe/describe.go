// Package describe turns what Amazon ElastiCache says about an account's replication groups into a scenario.
//
// The input is JSON as `aws elasticache describe-replication-groups` prints it, recorded by people at any time and with
// any tool, so the stance is: take what is understood, never guess in silence. Only the members that a scenario needs
// are decoded, one by one; all others may have any shape. What is missing gets the scenario's default and a note, what
// makes the topology unreadable is an error that names the member. What AWS allows to be said but a scenario refuses is
// written in the form that loads, again with a note.
//
// The flow: read the answers into values (decode), collect groups, node groups and nodes (group, nodegroup), add what the
// cache clusters and the roles file know (clusters, roles), settle what remains open (settle, zones), and write TOML,
// compact where a group lies as ElastiCache itself would lay it out and shard by shard where it does not (layout, write).
package describe

// Input holds the texts that a scenario is made from.
type Input struct {
	// Groups is what `aws elasticache describe-replication-groups` prints; the answers of other actions that show one
	// ReplicationGroup, a bare array of groups, and several pages one after another are understood too.
	Groups []byte
	// Clusters is what `aws elasticache describe-cache-clusters` prints, in the same variety, or nil. It tells engine
	// versions and the nodes' statuses.
	Clusters []byte
	// Roles names the primaries, or is nil: text, one node id a line (`sessions-0003-002`), blank lines and what follows
	// a `#` left out. A node group without a line keeps the role that AWS gives, or its first node.
	Roles []byte
}

// importer carries what is known so far; its methods run in the order of Import.
type importer struct {
	notes    notes
	groups   []*group
	region   string
	zones    []string
	clusters map[string]cacheCluster
	// nodes finds the node group of a node by the node's id.
	nodes map[string]*nodeGroup
}

// Import returns the text of a scenario named "imported", and notes: one sentence for each thing that it assumed or could
// not use. The same input gives the same bytes. An error names the member of the answer, the line of the roles, or the
// line and column of what is not JSON.
func Import(in Input) (toml string, notes []string, err error) {
	imp := &importer{clusters: map[string]cacheCluster{}, nodes: map[string]*nodeGroup{}}
	steps := []func(Input) error{imp.readClusters, imp.readGroups, imp.readRoles, imp.settleZones}
	for _, step := range steps {
		if err := step(in); err != nil {
			return "", nil, err
		}
	}
	for _, g := range imp.groups {
		imp.settleGroup(g)
	}
	imp.noteRoles()
	imp.noteClusters()
	campaign := imp.campaign()
	imp.notes.add("the answer tells neither data nor load: dataset 1GiB, writes_per_second 0 and reads_per_second 0 are assumed")
	return imp.scenario(campaign), imp.notes.sentences(), nil
}
