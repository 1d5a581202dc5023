package sim

import (
	"fmt"

	"failsim/words"
)

// Modern tells whether the engine is 5.0.6 or later, which every Valkey is: from there on planned work interrupts writes for a
// shorter time.
func (s *GroupSpec) Modern() bool { return isModern(s.EngineVersion) }

func isModern(text string) bool {
	version, ok := parseVersion(text)
	return !ok || !version.before(engineVersion{5, 0, 6})
}

// ElectionRead tells whether that version of the engine is one whose election was read in its source, or lies between them: Redis OSS 7.0 to
// Valkey 8.0.
func ElectionRead(text string) bool {
	version, ok := parseVersion(text)
	return !ok || !version.before(engineVersion{7, 0, 0}) && version.before(engineVersion{8, 1, 0})
}

// durableWrites is what a primary takes in bytes per second where writes go to the multi-zone log (User Guide, durability).
const durableWrites = 100 << 20

// checkDurability holds the multi-zone log to what it needs (User Guide, durability).
func (b *builder) checkDurability() {
	s, g := b.spec, &b.group
	if s.Durability == DurabilityNone {
		return
	}
	version, _ := parseVersion(s.EngineVersion)
	switch {
	case s.Engine != "valkey" || version.before(engineVersion{9, 0, 0}):
		b.problem("durability", "%s needs Valkey 9.0 or above, not %s %s", s.Durability, s.Engine, s.EngineVersion)
	case s.Mode != ClusterEnabled:
		b.problem("durability", "%s needs cluster mode enabled", s.Durability)
	case !s.TLS:
		b.problem("durability", "%s needs TLS", s.Durability)
	case !g.MultiAZ:
		b.problem("durability", "%s needs Multi-AZ, and with it a replica in every node group", s.Durability)
	case s.WritesPerSecond*s.Replication.WriteBytes > durableWrites:
		b.warn("writes_per_second", "%d writes of %d bytes; a durable group takes 100 MiB/s on each primary at most",
			s.WritesPerSecond, s.Replication.WriteBytes)
	}
}

// Check finds what is wrong with planned work of that kind on a group; fields are relative to the work.
func (c *WorkConfig) Check(kind FaultKind, group *GroupConfig) (problems []Problem) {
	add := func(field, rule string, args ...any) {
		problems = append(problems, Problem{Field: field, Rule: fmt.Sprintf(rule, args...)})
	}
	if c.InWindow && group.Maintenance.Length == 0 {
		add("in_window", "group %s has no maintenance_window", group.ID)
	}
	if kind == FaultScale && c.NodeType != "" {
		switch {
		case !validNodeType(c.NodeType):
			add("node_type", "%s is no node type; write it like cache.r7g.large", words.Quote(c.NodeType))
		case c.NodeType == group.NodeType:
			add("node_type", "group %s has %s already", group.ID, c.NodeType)
		}
	}
	if kind == FaultUpgrade && c.EngineVersion != "" {
		before, _ := parseVersion(group.EngineVersion)
		after, ok := parseVersion(c.EngineVersion)
		switch {
		case !ok:
			add("engine_version", "%s is no version; write it like 7.2, 6.x or 5.0.6", words.Quote(c.EngineVersion))
		case !before.before(after):
			add("engine_version", "%s is not later than the %s of group %s", c.EngineVersion, group.EngineVersion, group.ID)
		}
	}
	return problems
}

// checkReplication bounds the sizes, so that no product of a rate and a size leaves 64 bits.
func (b *builder) checkReplication() {
	c := &b.group.Replication
	for _, size := range []struct {
		field     string
		value     int64
		low, high int64
	}{{"write_size", c.WriteBytes, 0, 512 << 20}, {"repl_backlog", c.BacklogBytes, 0, mostDataset}, {"output_buffer", c.BufferBytes, 0, mostDataset}} {
		if size.value < size.low || size.value > size.high {
			b.problem(size.field, "%d bytes; have %d to %d", size.value, size.low, size.high)
		}
	}
}
