package control

import (
	"net/http"

	"failsim/server"
	"failsim/sim"
)

// state is the whole fleet at one instant.
type state struct {
	Seed       uint64    `json:"seed"`
	Region     string    `json:"region"`
	Zones      []string  `json:"zones"`
	Clock      clock     `json:"clock"`
	Idle       bool      `json:"idle"`
	APIBlocked bool      `json:"api_blocked"`
	Lasting    []trouble `json:"lasting"`
	Quota      quota     `json:"quota"`
	Groups     []group   `json:"groups"`
}

// trouble is a fault that lasts.
type trouble struct {
	Kind      string  `json:"kind"`
	What      string  `json:"what"`
	Until     instant `json:"until"`
	UntilDate date    `json:"until_date"`
}

// mostLasting bounds the list of what lasts: chance can cut off many nodes of a large fleet at once.
const mostLasting = 100

// lastingNow lists the trouble that goes on, by its end.
func lastingNow(w *sim.World) []trouble {
	all := []trouble{}
	for _, l := range w.Lasting() {
		if len(all) < mostLasting {
			all = append(all, trouble{l.Kind.String(), l.What, instant(l.Until), dateOf(w, l.Until)})
		}
	}
	return all
}

type group struct {
	ID                string      `json:"id"`
	ClusterMode       string      `json:"cluster_mode"`
	Status            string      `json:"status"`
	AutomaticFailover bool        `json:"automatic_failover"`
	MultiAZ           bool        `json:"multi_az"`
	NodeType          string      `json:"node_type"`
	Engine            string      `json:"engine"`
	EngineVersion     string      `json:"engine_version"`
	Replacing         bool        `json:"replacing"`
	Halted            bool        `json:"halted"`
	NodeGroups        []nodeGroup `json:"node_groups"`
}

type nodeGroup struct {
	ID          string `json:"id"`
	Status      string `json:"status"`
	Primary     string `json:"primary"`
	PrimaryName string `json:"primary_name"`
	FailingOver bool   `json:"failing_over"`
	Nodes       []node `json:"nodes"`
}

type node struct {
	ID        string `json:"id"`
	Zone      string `json:"zone"`
	Role      string `json:"role"`
	Condition string `json:"condition"`
	// Status is there where it is what keeps the node from serving.
	Status string `json:"status,omitempty"`
}

type quota struct {
	Limit        int     `json:"limit"`
	Used         int     `json:"used"`
	Left         int     `json:"left"`
	Window       span    `json:"window"`
	NextFree     instant `json:"next_free"`
	NextFreeDate date    `json:"next_free_date"`
}

func (s *Server) getState(*http.Request) (any, error) {
	var all state
	s.fleet.See(func(sight server.Sight) {
		w := sight.World
		all = state{Seed: sight.Seed, Region: s.fleet.Config().Region, Zones: s.fleet.Config().ZoneNames(), Clock: s.clock(sight.Clock), Idle: w.Idle(),
			APIBlocked: w.APIBlocked(), Lasting: lastingNow(w), Quota: s.quota(w), Groups: s.groups(w)}
	})
	return all, nil
}

func (s *Server) getQuota(*http.Request) (any, error) {
	var q quota
	s.fleet.View(func(w *sim.World) { q = s.quota(w) })
	return q, nil
}

func (s *Server) quota(w *sim.World) quota {
	q := w.QuotaState()
	return quota{q.Limit, q.Used, q.Left, span(s.fleet.Config().Quota.Window), instant(q.NextFree), dateOf(w, q.NextFree)}
}

func (s *Server) groups(w *sim.World) []group {
	cfg := s.fleet.Config()
	all := make([]group, len(cfg.Groups))
	for i := range cfg.Groups {
		g, now := &cfg.Groups[i], w.GroupState(i)
		all[i] = group{ID: g.ID, ClusterMode: g.Mode.String(), Status: now.Status.String(), AutomaticFailover: now.AutomaticFailover, MultiAZ: now.MultiAZ,
			NodeType: now.NodeType, Engine: g.Engine, EngineVersion: now.EngineVersion, Replacing: w.Replacing(i), Halted: now.Halted}
		for ng := range g.NodeGroups {
			all[i].NodeGroups = append(all[i].NodeGroups, describeNodeGroup(w, g, i, ng))
		}
	}
	return all
}

func describeNodeGroup(w *sim.World, g *sim.GroupConfig, group, index int) nodeGroup {
	nodes, now := g.NodeGroups[index].Nodes, w.NodeGroupState(group, index)
	ng := nodeGroup{ID: now.ID, Status: now.Status.String(), Primary: nodes[now.Primary].ID, PrimaryName: nodes[now.PrimaryName].ID, FailingOver: now.FailingOver}
	for n := range nodes {
		now := w.NodeState(group, index, n)
		described := node{ID: now.ID, Zone: now.Zone, Role: now.Role.String(), Condition: now.Condition.String()}
		if now.Condition == sim.ConditionStatus {
			described.Status = now.Status.String()
		}
		ng.Nodes = append(ng.Nodes, described)
	}
	return ng
}
