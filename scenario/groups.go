package scenario

import (
	"fmt"
	"time"

	"failsim/sim"
	"failsim/words"
)

// readGroups reads the replication groups and lays them out.
func (r *reader) readGroups(root *table) {
	before := len(r.doc.mistakes)
	defer func() { r.groupsWrong = len(r.doc.mistakes) > before }()
	tables := root.tables("replication_group")
	if len(tables) == 0 && !r.doc.wrong["replication_group"] {
		root.wrong("replication_group", "missing; want one [[replication_group]] at least")
	}
	for _, t := range tables {
		spec, count := r.readGroup(t)
		r.nodeGroups += count * spec.NodeGroupCount()
		if r.nodeGroups > mostTotalGroups {
			r.doc.mistake(t.path, "%d node groups up to here; want %d at most in all", r.nodeGroups, mostTotalGroups)
			return
		}
		class := classOf(&spec)
		own := t.table("delays")
		delays, text := r.resolve(&spec, r.readClass(own, class))
		own.close()
		t.close()
		spec.Delays = delays
		r.expand(t, &spec, count)
		for len(r.delayTexts) < len(r.cfg.Groups) {
			r.delayTexts = append(r.delayTexts, text)
		}
	}
}

func classOf(spec *sim.GroupSpec) string {
	switch {
	case spec.Mode != sim.ClusterEnabled:
		return classCMD
	case spec.NodeGroupCount() < 3:
		return classCMESmall
	}
	return classCME
}

// readGroup reads one table but for its delays, which depend on the class that it makes.
func (r *reader) readGroup(t *table) (spec sim.GroupSpec, count int) {
	count = int(t.integer("count", 1, bounds[int64]{1, mostCopies}))
	if t.need("id", "a replication group id") {
		spec.ID = t.text("id", "")
	}
	modes := []sim.ClusterMode{sim.ClusterDisabled, sim.ClusterEnabled, sim.ClusterCompatible}
	spec.Mode = modes[t.choice("cluster_mode", "enabled", "disabled", "enabled", "compatible")]
	spec.Engine = t.text("engine", "valkey")
	version := "8.0"
	if spec.Engine == "redis" {
		version = "7.1" // Redis OSS on ElastiCache ends there
	}
	spec.EngineVersion = t.text("engine_version", version)
	spec.NodeType = t.text("node_type", "cache.r7g.large")
	spec.TLS = t.boolean("tls", true)
	spec.NodeGroups = int(t.integer("node_groups", 0, bounds[int64]{1, 500}))
	spec.Replicas = int(t.integer("replicas", 1, bounds[int64]{0, 5}))
	spec.Zones = t.list("zones")
	if !t.has("zones") || r.doc.wrong[t.key("zones")] {
		spec.Zones = r.cfg.Zones
	}
	spec.MultiAZ = t.optional("multi_az")
	spec.AutomaticFailover = t.optional("automatic_failover")
	spec.Status, spec.StatusUntil = t.status(sim.GroupStatuses())
	spec.KMSKeyInvalid = t.choice("kms_key", "ok", "ok", "invalid") == 1
	spec.DatasetBytes = t.size("dataset", "1GiB")
	spec.WritesPerSecond = t.integer("writes_per_second", 0, bounds[int64]{0, 1_000_000_000})
	spec.ReadsPerSecond = t.integer("reads_per_second", 0, bounds[int64]{0, 1_000_000_000})
	spec.Durability = sim.Durability(t.choice("durability", "none", "none", "sync", "async"))
	r.readReplication(t, &spec)
	spec.Maintenance = t.maintenanceWindow()
	for _, sub := range t.tables("node_group") {
		spec.Shards = append(spec.Shards, readNodeGroup(sub))
	}
	for _, sub := range t.tables("node") {
		spec.Nodes = append(spec.Nodes, readNode(sub))
	}
	r.readElection(t, &spec)
	return spec, count
}

// readReplication reads how replicas follow their primary.
func (r *reader) readReplication(t *table, spec *sim.GroupSpec) {
	spec.Replication = sim.ReplicationConfig{
		WriteBytes:   t.size("write_size", r.groupDefault(t, "write_size", r.kinds["partition"] || r.kinds["replication-stall"])),
		BacklogBytes: t.size("repl_backlog", r.groupDefault(t, "repl_backlog", r.kinds["partition"])),
		BufferBytes:  max(1<<20, spec.DatasetBytes/10),
	}
	r.groupDefault(t, "output_buffer", r.kinds["partition"] || r.kinds["replication-stall"])
	if t.has("output_buffer") {
		spec.Replication.BufferBytes = t.size("output_buffer", "1MiB")
	}
	resync := r.groupDefault(t, "resync_after_promotion", r.kinds.losesNodes())
	spec.Replication.FullAfterPromotion = t.choice("resync_after_promotion", resync, "partial", "full") == 1
}

// groupDefault gives sim's default for a key of a group; it counts as an assumption where it holds and something rests on it.
func (r *reader) groupDefault(t *table, name string, matters bool) string {
	name, key := "replication_group."+name, name
	if matters && !t.has(key) {
		return r.doc.defaults.use(name)
	}
	return r.doc.defaults.value(name)
}

// readElection reads the settings of the engine's own election.
func (r *reader) readElection(t *table, spec *sim.GroupSpec) {
	sub := t.table("election")
	if t.has("election") && spec.Mode != sim.ClusterEnabled {
		t.wrong("election", "not here: with cluster mode disabled the control plane promotes, and no engine elects")
	}
	matters := spec.Mode == sim.ClusterEnabled && r.kinds.losesNodes() && !sub.has("node_timeout")
	standard := r.doc.defaults.value("replication_group.election.node_timeout")
	if matters {
		r.doc.defaults.use("replication_group.election.node_timeout")
	}
	spec.NodeTimeout = sub.span("node_timeout", standard, bounds[time.Duration]{100 * time.Millisecond, time.Minute})
	sub.choice("mode", "classic", "classic")
	if spec.Mode == sim.ClusterEnabled && spec.NodeGroupCount() > 1 && !sub.has("mode") {
		r.assumeElection(t, spec.EngineVersion)
	}
	sub.close()
}

// assumeElection warns where the engine of that version, of the table, can have an election whose source was not read.
func (r *reader) assumeElection(t *table, version string) {
	if !r.kinds.losesNodes() || sim.ElectionRead(version) {
		return
	}
	r.doc.defaults.use("replication_group.election.mode unread")
	r.doc.warn(t.key("engine_version"), "the source of the election of %s was not read; it is played as that of Redis OSS 7.0 and Valkey 8.0", version)
}

func readNodeGroup(t *table) sim.NodeGroupSpec {
	defer t.close()
	return sim.NodeGroupSpec{
		ID:           t.text("id", ""),
		Slots:        t.text("slots", ""),
		Nodes:        t.list("nodes"),
		Primary:      t.text("primary", ""),
		PrimaryZone:  t.text("primary_zone", ""),
		ReplicaZones: t.list("replica_zones"),
	}
}

func readNode(t *table) (spec sim.NodeSpec) {
	if t.need("id", "the name of a node of the group") {
		spec.ID = t.text("id", "")
	}
	spec.Zone = t.text("zone", "")
	spec.Status, spec.StatusUntil = t.status(sim.NodeStatuses())
	t.close()
	return spec
}

// expand lays out the group, or its copies id-1 … id-N. Copies differ in their names alone, so the problems of the first
// are those of all, but that the last has the longest id.
func (r *reader) expand(t *table, spec *sim.GroupSpec, count int) {
	known := r.cfg.Zones
	if r.zonesWrong {
		known = nil
	}
	if count > 1 && refuseNames(t, spec) {
		count = 1
	}
	id := spec.ID
	for i := range count {
		if count > 1 {
			spec.ID = fmt.Sprintf("%s-%d", id, i+1)
		}
		group, problems := spec.Build(known)
		switch i {
		case 0:
			r.doc.adopt(t.path, problems)
		case count - 1:
			r.adoptID(t, problems)
		}
		if !r.claim(t, &group) {
			return
		}
		r.groupByID[group.ID] = len(r.cfg.Groups)
		r.cfg.Groups = append(r.cfg.Groups, group)
	}
}

// refuseNames refuses names that copies of the group would share, and tells whether there are any.
func refuseNames(t *table, spec *sim.GroupSpec) (refused bool) {
	refuse := func(key string) {
		t.doc.mistake(key, "names a node by hand, but count is more than 1; want one table for each group")
		refused = true
	}
	for i, shard := range spec.Shards {
		path := element(t.key("node_group"), i)
		if shard.Nodes != nil {
			refuse(path + ".nodes")
		}
		if shard.Primary != "" {
			refuse(path + ".primary")
		}
	}
	for i := range spec.Nodes {
		refuse(element(t.key("node"), i))
	}
	return refused
}

func (r *reader) adoptID(t *table, problems []sim.Problem) {
	for _, p := range problems {
		if p.Field == "id" && !p.Warning && !r.doc.wrong[t.key("id")] {
			r.doc.adopt(t.path, []sim.Problem{p})
			return
		}
	}
}

// claim notes the ids of the group and its nodes, which share one namespace in ElastiCache; false where one is taken.
func (r *reader) claim(t *table, group *sim.GroupConfig) bool {
	ids := []string{group.ID}
	for i := range group.NodeGroups {
		for _, n := range group.NodeGroups[i].Nodes {
			ids = append(ids, n.ID)
		}
	}
	for _, id := range ids {
		if owner, taken := r.owners[id]; taken && id != "" {
			r.doc.mistake(t.key("id"), "the name %s is taken by %s; ids of groups and nodes are unique", words.Quote(id), owner)
			return false
		}
	}
	for _, id := range ids {
		r.owners[id] = t.path
	}
	return true
}
