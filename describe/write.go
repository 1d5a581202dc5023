package describe

import (
	"fmt"
	"strconv"
	"strings"
)

// document is TOML under construction.
type document struct {
	strings.Builder
}

// set writes a key whose value is TOML already.
func (d *document) set(key, value string) {
	fmt.Fprintf(d, "%s = %s\n", key, value)
}

// text writes a key with a string, and nothing for "": the scenario's default serves.
func (d *document) text(key, value string) {
	if value != "" {
		d.set(key, quote(value))
	}
}

// flag writes a key with a boolean, and nothing for nil.
func (d *document) flag(key string, value *bool) {
	if value != nil {
		d.set(key, strconv.FormatBool(*value))
	}
}

// list writes a key with strings, on a line of its own each where one line would get long.
func (d *document) list(key string, values []string) {
	const longest = 120
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = quote(v)
	}
	line := strings.Join(quoted, ", ")
	if len(key)+len(" = []")+len(line) > longest {
		line = "\n  " + strings.Join(quoted, ",\n  ") + ",\n"
	}
	d.set(key, "["+line+"]")
}

// table opens an element of an array of tables.
func (d *document) table(name string) {
	fmt.Fprintf(d, "\n[[%s]]\n", name)
}

// quote returns a TOML basic string. Escapes of Go's that TOML lacks (\x, \a, \v) never come up.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteRune(r) // U+FFFD in place of a byte that is no UTF-8
		}
	}
	b.WriteByte('"')
	return b.String()
}

// scenario writes everything; the campaign is over the given groups, none for no campaign.
func (imp *importer) scenario(campaign []string) string {
	d := &document{}
	imp.opening(d, len(campaign) > 0)
	for _, g := range imp.groups {
		g.write(d)
	}
	if len(campaign) > 0 {
		d.table("campaign")
		d.text("name", "every-shard")
		d.text("at", "0s")
		d.list("groups", campaign)
	}
	return d.String()
}

func (imp *importer) opening(d *document, campaign bool) {
	shards, nodes := 0, 0
	for _, g := range imp.groups {
		shards += len(g.nodeGroups)
		for _, ng := range g.nodeGroups {
			nodes += len(ng.nodes)
		}
	}
	fmt.Fprintf(d, "# Imported from what ElastiCache says of %s in %s: %s, %s.\n",
		count(len(imp.groups), "replication group"), imp.region, count(shards, "node group"), count(nodes, "node"))
	if campaign {
		d.WriteString("# What does a TestFailover of every shard cost: which outages, how many calls, how many days under the quota?\n")
	} else {
		d.WriteString("# What would a failover do? Nothing can be tested as it stands: add calls, a campaign or replicas.\n")
	}
	d.WriteString("failsim = 1\n")
	d.text("name", "imported")
	d.text("horizon", horizon(shards))
	d.text("region", imp.region)
	d.list("zones", imp.zones)
}

// horizon leaves room for a campaign over all shards: the days that the quota takes and one more, three at least.
func horizon(shards int) string {
	const callsPerDay = 15 // the default of [quota]
	days := (shards+callsPerDay-1)/callsPerDay + 1
	return fmt.Sprintf("%dh", 24*max(3, days))
}

// write writes the group: by counts where it lies as ElastiCache lays groups out, else node group by node group.
func (g *group) write(d *document) {
	d.table("replication_group")
	d.text("id", g.id)
	d.text("cluster_mode", g.mode)
	d.text("engine", g.engine)
	d.text("engine_version", g.version)
	d.text("node_type", g.nodeType)
	d.flag("tls", g.tls)
	d.set("node_groups", strconv.Itoa(len(g.nodeGroups)))
	d.set("replicas", strconv.Itoa(g.fewestReplicas()))
	zones, regular := g.regular()
	if regular {
		d.list("zones", zones)
	}
	d.flag("multi_az", g.multiAZ)
	d.flag("automatic_failover", g.automaticFailover)
	if g.status != available {
		d.text("status", g.status)
	}
	if !regular {
		slots := !g.evenlySplit()
		for _, ng := range g.nodeGroups {
			g.writeNodeGroup(d, ng, slots)
		}
	}
	for _, ng := range g.nodeGroups {
		for _, n := range ng.nodes {
			n.write(d)
		}
	}
}

func (g *group) writeNodeGroup(d *document, ng *nodeGroup, slots bool) {
	d.table("replication_group.node_group")
	d.text("id", ng.id)
	if slots {
		d.text("slots", ng.slots)
	}
	if !g.standardNames(ng) {
		names := make([]string, len(ng.nodes))
		for i, n := range ng.nodes {
			names[i] = n.id
		}
		d.list("nodes", names)
	}
	primary := ng.nodes[ng.primary]
	if ng.primary > 0 {
		d.text("primary", primary.id)
	}
	d.text("primary_zone", primary.zone)
	var replicaZones []string
	for i, n := range ng.nodes {
		if i != ng.primary {
			replicaZones = append(replicaZones, n.zone)
		}
	}
	if len(replicaZones) > 0 {
		d.list("replica_zones", replicaZones)
	}
}

// write writes a node only if there is something to say that its node group does not.
func (n node) write(d *document) {
	if n.status != available {
		d.table("replication_group.node")
		d.text("id", n.id)
		d.text("status", n.status)
	}
}
