package report

import (
	"io"

	"failsim/sim"
)

type topologyObject struct {
	Schema   string           `json:"schema"`
	Scenario string           `json:"scenario"`
	Groups   []groupObject    `json:"groups"`
	Zones    []zoneLossObject `json:"zone_losses"`
}

type groupObject struct {
	ID                string        `json:"id"`
	ClusterMode       string        `json:"cluster_mode"`
	Engine            string        `json:"engine"`
	EngineVersion     string        `json:"engine_version"`
	MultiAZ           bool          `json:"multi_az"`
	AutomaticFailover bool          `json:"automatic_failover"`
	Durability        string        `json:"durability"`
	NodeGroups        []shardObject `json:"node_groups"`
}

type shardObject struct {
	ID    string       `json:"id"`
	Slots string       `json:"slots"`
	Nodes []nodeObject `json:"nodes"`
}

type nodeObject struct {
	ID     string `json:"id"`
	Role   string `json:"role"`
	Zone   string `json:"zone"`
	Status string `json:"status"`
}

type zoneLossObject struct {
	Zone   string            `json:"zone"`
	Groups []groupLossObject `json:"groups"`
}

// groupLossObject has, of each effect, the node groups that suffer it.
type groupLossObject struct {
	ID              string              `json:"id"`
	Nodes           int                 `json:"nodes"`
	Primaries       int                 `json:"primaries"`
	NodeGroups      map[string][]string `json:"node_groups"`
	WritesPerSecond int64               `json:"writes_per_second"`
	ReadsPerSecond  int64               `json:"reads_per_second"`
	Voters          int                 `json:"voters"`
	VotersLeft      int                 `json:"voters_left"`
	Halts           bool                `json:"halts"`
	PromotedBy      string              `json:"promoted_by"`
}

// TopologyJSON writes what Topology tells, with every node and node group by name: groups in the order of the scenario,
// zones in that of sim.Config.ZoneNames.
func TopologyJSON(w io.Writer, name string, cfg *sim.Config) error {
	o := topologyObject{Schema: "failsim/topology/1", Scenario: name, Groups: []groupObject{}, Zones: []zoneLossObject{}}
	for i := range cfg.Groups {
		o.Groups = append(o.Groups, groupTopology(&cfg.Groups[i]))
	}
	for _, loss := range cfg.ZoneLosses() {
		z := zoneLossObject{Zone: loss.Zone, Groups: []groupLossObject{}}
		for i := range loss.Groups {
			z.Groups = append(z.Groups, groupLoss(&cfg.Groups[loss.Groups[i].Group], &loss.Groups[i]))
		}
		o.Zones = append(o.Zones, z)
	}
	return writeJSON(w, o, "  ")
}

func groupTopology(g *sim.GroupConfig) groupObject {
	o := groupObject{ID: g.ID, ClusterMode: g.Mode.String(), Engine: g.Engine, EngineVersion: g.EngineVersion, MultiAZ: g.MultiAZ,
		AutomaticFailover: g.AutomaticFailover, Durability: g.Durability.String()}
	for _, ng := range g.NodeGroups {
		s := shardObject{ID: ng.ID, Slots: sim.FormatSlots(ng.Slots)}
		for i, n := range ng.Nodes {
			role := "replica"
			if i == ng.Primary {
				role = "primary"
			}
			s.Nodes = append(s.Nodes, nodeObject{n.ID, role, n.Zone, n.Status.String()})
		}
		o.NodeGroups = append(o.NodeGroups, s)
	}
	return o
}

func groupLoss(g *sim.GroupConfig, l *sim.GroupLoss) groupLossObject {
	o := groupLossObject{ID: g.ID, Nodes: l.Nodes, Primaries: l.Primaries, NodeGroups: map[string][]string{}, Voters: l.Voters,
		VotersLeft: l.VotersLeft, Halts: l.Halts, PromotedBy: promoter(l)}
	o.WritesPerSecond, o.ReadsPerSecond = l.Stopped(g)
	for _, e := range effects {
		ids := []string{}
		for _, i := range suffering(l, e.of) {
			ids = append(ids, g.NodeGroups[i].ID)
		}
		o.NodeGroups[e.key] = ids
	}
	return o
}
