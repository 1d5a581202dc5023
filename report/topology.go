package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"failsim/sim"
)

// mostNamed is how many node groups a line names before it only counts them.
const mostNamed = 8

// Topology writes which node stands where, and what the loss of each zone would do, for a person to read. With nodes every
// node has a line; else node groups of one group that are placed alike share one.
func Topology(w io.Writer, name string, cfg *sim.Config, style TopologyStyle) error {
	p := &page{style: Style{Color: style.Color}}
	shards, nodes := 0, 0
	for i := range cfg.Groups {
		shards += len(cfg.Groups[i].NodeGroups)
		for _, ng := range cfg.Groups[i].NodeGroups {
			nodes += len(ng.Nodes)
		}
	}
	losses := cfg.ZoneLosses()
	p.printf("%s: %s, %s (%s), %s, %s\n", name, plural(int64(len(cfg.Groups)), "group"), plural(int64(shards), "node group"),
		"shards", plural(int64(nodes), "node"), plural(int64(len(losses)), "zone"))
	if err := p.topologyGroups(cfg, losses); err != nil {
		return err
	}
	place := p.topologyPlaces
	if style.Nodes {
		place = p.topologyNodes
	}
	if err := place(cfg); err != nil {
		return err
	}
	for i := range losses {
		if err := p.zoneLoss(cfg, &losses[i]); err != nil {
			return err
		}
	}
	p.topologyLegend(cfg, losses)
	_, err := w.Write(p.out.Bytes())
	return err
}

// TopologyStyle is how Topology is shown. The zero TopologyStyle is plain.
type TopologyStyle struct {
	Color bool // section titles in bold, for terminals
	Nodes bool // a line for every node
}

// topologyGroups has a line for each group: what it is, and its nodes and primaries in each zone.
func (p *page) topologyGroups(cfg *sim.Config, losses []sim.ZoneLoss) error {
	p.title("Groups", "in each zone its nodes, and how many of them are primaries")
	t := grid{aligns: "llllll" + "r"}
	head := []string{"", "cluster mode", "engine", "shards", "Multi-AZ", "failover"}
	for _, loss := range losses {
		head = append(head, loss.Zone)
	}
	t.add(head...)
	for i := range cfg.Groups {
		g := &cfg.Groups[i]
		row := []string{"  " + g.ID, g.Mode.String(), g.Engine + " " + g.EngineVersion, shape(g), onOff(g.MultiAZ),
			onOff(g.AutomaticFailover)}
		for _, loss := range losses {
			row = append(row, standing(loss, i))
		}
		t.add(row...)
	}
	return p.grid(t)
}

// standing is how many nodes and primaries of the group stand in the zone: `4 (1)`.
func standing(loss sim.ZoneLoss, group int) string {
	for _, l := range loss.Groups {
		if l.Group == group {
			return fmt.Sprintf("%d (%d)", l.Nodes, l.Primaries)
		}
	}
	return "none"
}

// shape is the number of node groups and of their nodes: 3 x (1 + 2).
func shape(g *sim.GroupConfig) string {
	fewest, most := len(g.NodeGroups[0].Nodes), 0
	for _, ng := range g.NodeGroups {
		fewest, most = min(fewest, len(ng.Nodes)), max(most, len(ng.Nodes))
	}
	replicas := fmt.Sprint(most - 1)
	if fewest < most {
		replicas = fmt.Sprintf("%d to %d", fewest-1, most-1)
	}
	return fmt.Sprintf("%d x (1 + %s)", len(g.NodeGroups), replicas)
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

// topologyPlaces has a line for the node groups of a group that are placed alike.
func (p *page) topologyPlaces(cfg *sim.Config) error {
	p.title("Placement", "node groups placed alike share a line; --nodes lists every node")
	t := grid{aligns: "lrlll"}
	t.add("", "shards", "primary in", "replicas in", "node groups")
	for i := range cfg.Groups {
		g := &cfg.Groups[i]
		var order []string
		alike := map[string][]int{}
		for n := range g.NodeGroups {
			place := strings.Join(placing(&g.NodeGroups[n]), "\n")
			if alike[place] == nil {
				order = append(order, place)
			}
			alike[place] = append(alike[place], n)
		}
		for _, place := range order {
			primary, replicas, _ := strings.Cut(place, "\n")
			t.add("  "+g.ID, count(int64(len(alike[place]))), primary, replicas, shardNames(g, alike[place]))
		}
	}
	return p.grid(t)
}

// placing is where the primary and where the replicas stand; what is not in service says so.
func placing(ng *sim.NodeGroupConfig) []string {
	primary, replicas := "", []string{}
	for i, n := range ng.Nodes {
		zone := n.Zone
		if !n.Status.Serves() {
			zone += " (" + n.Status.String() + ")"
		}
		if i == ng.Primary {
			primary = zone
		} else {
			replicas = append(replicas, zone)
		}
	}
	if len(replicas) == 0 {
		replicas = append(replicas, "no replica")
	}
	return []string{primary, strings.Join(replicas, " ")}
}

// shardNames names node groups of a group by their ids, the first few.
func shardNames(g *sim.GroupConfig, indices []int) string {
	names := []string{}
	for _, i := range indices[:min(len(indices), mostNamed)] {
		names = append(names, g.NodeGroups[i].ID)
	}
	text := strings.Join(names, ", ")
	if more := len(indices) - len(names); more > 0 {
		text += fmt.Sprintf(" and %s more", count(int64(more)))
	}
	return text
}

// topologyNodes has a line for every node, the primary of a node group first.
func (p *page) topologyNodes(cfg *sim.Config) error {
	p.title("Nodes", "")
	t := grid{aligns: "l"}
	t.add("", "node", "role", "zone", "status")
	for i := range cfg.Groups {
		g := &cfg.Groups[i]
		for _, ng := range g.NodeGroups {
			place := "  " + g.ID + "/" + ng.ID
			t.add(place, ng.Nodes[ng.Primary].ID, "primary", ng.Nodes[ng.Primary].Zone, ng.Nodes[ng.Primary].Status.String())
			for _, n := range slices.Delete(slices.Clone(ng.Nodes), ng.Primary, ng.Primary+1) {
				t.add(place, n.ID, "replica", n.Zone, n.Status.String())
			}
		}
	}
	return p.grid(t)
}

// zoneLoss has a line for each group that the loss of the zone touches, and names the node groups that it hurts most.
func (p *page) zoneLoss(cfg *sim.Config, loss *sim.ZoneLoss) error {
	if len(loss.Groups) == 0 {
		p.title("If "+loss.Zone+" is lost", "nothing happens, no node stands there")
		return nil
	}
	nodes, primaries := 0, 0
	for _, l := range loss.Groups {
		nodes, primaries = nodes+l.Nodes, primaries+l.Primaries
	}
	p.title("If "+loss.Zone+" is lost", fmt.Sprintf("%s, primaries among them: %s",
		plural(int64(nodes), "node"), count(int64(primaries))))
	t := grid{aligns: "lrrrrrrrrll"}
	t.add("", "fail over", "no writes", "no reads", "no replica", "data lost", "reduced", "writes/s", "reads/s", "primaries",
		"promoted by")
	for i := range loss.Groups {
		t.add(lossRow(cfg, &loss.Groups[i])...)
	}
	if err := p.grid(t); err != nil {
		return err
	}
	for i := range loss.Groups {
		p.hurt(&cfg.Groups[loss.Groups[i].Group], &loss.Groups[i])
	}
	return nil
}

// lossRow is the line of one group: how many of its node groups suffer what.
func lossRow(cfg *sim.Config, l *sim.GroupLoss) []string {
	g := &cfg.Groups[l.Group]
	row := []string{"  " + g.ID}
	for _, e := range effects {
		row = append(row, count(int64(len(suffering(l, e.of)))))
	}
	writes, reads := l.Stopped(g)
	row = append(row, count(writes), count(reads))
	left := "-"
	if l.Voters > 0 {
		left = fmt.Sprintf("%d of %d", l.VotersLeft, l.Voters)
	}
	return append(row, left, promoter(l))
}

// effect is one thing that the loss of a zone does to a node group.
type effect struct {
	key string // in the JSON
	of  func(*sim.ShardLoss) bool
}

// effects are the columns of the table, in its order.
var effects = []effect{
	{"fail_over", func(s *sim.ShardLoss) bool { return s.FailsOver }},
	{"no_writes", func(s *sim.ShardLoss) bool { return s.NoWrites }},
	{"no_reads", func(s *sim.ShardLoss) bool { return s.NoReads }},
	{"no_replica_reads", func(s *sim.ShardLoss) bool { return s.NoReplicaReads }},
	{"data_lost", func(s *sim.ShardLoss) bool { return s.DataLost }},
	{"reduced_redundancy", func(s *sim.ShardLoss) bool { return s.Reduced }},
}

// suffering are the node groups of which it holds, as indices into the group's.
func suffering(l *sim.GroupLoss, of func(*sim.ShardLoss) bool) []int {
	indices := []int{}
	for i := range l.Shards {
		if of(&l.Shards[i]) {
			indices = append(indices, l.Shards[i].NodeGroup)
		}
	}
	return indices
}

// promoter is who promotes replicas: engine, control plane, or nobody where nothing fails over.
func promoter(l *sim.GroupLoss) string {
	switch {
	case len(suffering(l, effects[0].of)) == 0:
		return "nobody"
	case l.EngineElects:
		return "engine"
	}
	return "control plane"
}

// hurt names the node groups of a group that no promotion helps, and says so where the whole group stops.
func (p *page) hurt(g *sim.GroupConfig, l *sim.GroupLoss) {
	if l.Halts {
		p.wrap("  ! ", "    ", fmt.Sprintf("%s loses the majority (primaries left: %d of %d, needed: %d): all of its node "+
			"groups refuse clients until promotions bring a majority back", g.ID, l.VotersLeft, l.Voters, l.Voters/2+1))
	}
	lost := suffering(l, func(s *sim.ShardLoss) bool { return s.LosesAll && s.DataLost })
	emptied := suffering(l, func(s *sim.ShardLoss) bool { return s.DataLost && !s.LosesAll })
	logged := suffering(l, func(s *sim.ShardLoss) bool { return s.LosesAll && !s.DataLost })
	stuck := suffering(l, func(s *sim.ShardLoss) bool { return s.NoWrites && !s.LosesAll && !s.DataLost })
	until := "automatic failover is off: no writes until the zone is back and the primary replaced"
	if g.AutomaticFailover {
		until = "no replica in service: no writes until one is, or the zone is back and the primary replaced"
	}
	for _, line := range []struct {
		shards []int
		text   string
	}{
		{lost, "all nodes stand there: recreated empty once the zone is back, the data is lost"},
		{emptied, "all nodes with data stand there: the first that is in service again begins empty, the data is lost"},
		{logged, "all nodes stand there: recovered from the durable log once the zone is back"},
		{stuck, until},
	} {
		if len(line.shards) > 0 {
			p.wrap("  ! ", "    ", g.ID+"/"+shardNames(g, line.shards)+": "+line.text)
		}
	}
}

// topologyLegend explains the columns, and says of what is modelled how it is known.
func (p *page) topologyLegend(cfg *sim.Config, losses []sim.ZoneLoss) {
	p.title("How to read this", "")
	item := func(mark, text string) { p.wrap("  "+mark+": ", "    ", text) }
	item("fail over", "node groups whose primary is lost, with a replica in another zone to promote")
	item("no writes, no reads, no replica", "node groups that cannot be written, not be read at all, or not from a replica after "+
		"the promotion, before a node is replaced")
	item("reduced", "node groups with fewer replicas than configured; replacements wait until the zone is back (DOC)")
	item("writes/s, reads/s", "what the group cannot take right after the loss")
	item("primaries", "with cluster mode enabled, the primaries with slots that are left, of how many")
	item("promoted by", "the engine's election while a majority of these primaries is left (SRC), the control plane otherwise "+
		"(INF); that ElastiCache's engine stops without its majority as the open one does is INF")
	if alone := groupsWithoutReplicas(cfg); alone != "" {
		item("no replica at all", alone+": the loss of a node is the loss of its data, and nothing can fail over")
	}
	if one := oneZone(cfg, losses); one != "" {
		item("in one zone only", one)
	}
}

// groupsWithoutReplicas names the groups of which no node group has a replica.
func groupsWithoutReplicas(cfg *sim.Config) string {
	var names []string
	for i := range cfg.Groups {
		g := &cfg.Groups[i]
		if !slices.ContainsFunc(g.NodeGroups, hasReplica) {
			names = append(names, g.ID)
		}
	}
	return firstNames(names)
}

func hasReplica(ng sim.NodeGroupConfig) bool { return len(ng.Nodes) > 1 }

// oneZone names the node groups with replicas whose nodes all stand in one zone.
func oneZone(cfg *sim.Config, losses []sim.ZoneLoss) string {
	var names []string
	for _, loss := range losses {
		for i := range loss.Groups {
			g := &cfg.Groups[loss.Groups[i].Group]
			for _, s := range loss.Groups[i].Shards {
				if s.LosesAll && hasReplica(g.NodeGroups[s.NodeGroup]) {
					names = append(names, g.ID+"/"+g.NodeGroups[s.NodeGroup].ID)
				}
			}
		}
	}
	return firstNames(names)
}

func firstNames(names []string) string {
	if len(names) > mostNamed {
		return strings.Join(names[:mostNamed], ", ") + fmt.Sprintf(" and %s more", count(int64(len(names)-mostNamed)))
	}
	return strings.Join(names, ", ")
}
