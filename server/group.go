package server

import (
	"cmp"
	"strings"

	"failsim/sim"
)

// replicationGroup is the service model's ReplicationGroup, in the model's order: every member that the simulation has. Pointers are absent
// where the service leaves the element out.
type replicationGroup struct {
	ReplicationGroupID     string      `xml:"ReplicationGroupId"`
	Description            string      `xml:"Description"`
	GlobalInfo             empty       `xml:"GlobalReplicationGroupInfo"`
	Status                 string      `xml:"Status"`
	Pending                pending     `xml:"PendingModifiedValues"`
	MemberClusters         []string    `xml:"MemberClusters>ClusterId"`
	NodeGroups             []nodeGroup `xml:"NodeGroups>NodeGroup"`
	AutomaticFailover      string      `xml:"AutomaticFailover"`
	MultiAZ                string      `xml:"MultiAZ"`
	ConfigurationEndpoint  *endpoint   `xml:"ConfigurationEndpoint"`
	SnapshotRetentionLimit int         `xml:"SnapshotRetentionLimit"`
	ClusterEnabled         bool        `xml:"ClusterEnabled"`
	CacheNodeType          string      `xml:"CacheNodeType"`
	AuthTokenEnabled       bool        `xml:"AuthTokenEnabled"`
	TransitEncryption      bool        `xml:"TransitEncryptionEnabled"`
	AtRestEncryption       bool        `xml:"AtRestEncryptionEnabled"`
	ARN                    string      `xml:"ARN"`
	LogDelivery            empty       `xml:"LogDeliveryConfigurations"`
	TransitEncryptionMode  string      `xml:"TransitEncryptionMode,omitempty"`
	ClusterMode            string      `xml:"ClusterMode"`
	Engine                 string      `xml:"Engine"`
}

type empty struct{}

// pending are changes that were asked for and are not made yet.
type pending struct {
	PrimaryClusterID        string `xml:"PrimaryClusterId,omitempty"`
	AutomaticFailoverStatus string `xml:"AutomaticFailoverStatus,omitempty"`
}

type endpoint struct {
	Address string `xml:"Address"`
	Port    int    `xml:"Port"`
}

type nodeGroup struct {
	NodeGroupID string    `xml:"NodeGroupId"`
	Status      string    `xml:"Status"`
	Primary     *endpoint `xml:"PrimaryEndpoint"`
	Reader      *endpoint `xml:"ReaderEndpoint"`
	Slots       string    `xml:"Slots,omitempty"`
	Members     []member  `xml:"NodeGroupMembers>NodeGroupMember"`
}

type member struct {
	CacheClusterID string    `xml:"CacheClusterId"`
	CacheNodeID    string    `xml:"CacheNodeId"`
	ReadEndpoint   *endpoint `xml:"ReadEndpoint"`
	Zone           string    `xml:"PreferredAvailabilityZone"`
	CurrentRole    string    `xml:"CurrentRole,omitempty"`
}

// cacheNodeID is that of the only node of a cache cluster, with these engines.
const cacheNodeID = "0001"

// enginePort is the engine's.
const enginePort = 6379

// at gives the endpoint of a name; none where there is no name.
func at(address string) *endpoint {
	if address == "" {
		return nil
	}
	return &endpoint{address, enginePort}
}

// describeGroup is what the service says about a group. Roles, read endpoints and names of node groups are there with cluster mode disabled
// alone, slots and a configuration endpoint with enabled alone (recorded answers: facts, and the API reference).
func describeGroup(cfg *sim.Config, w *sim.World, index int) replicationGroup {
	g, state := &cfg.Groups[index], w.GroupState(index)
	group := replicationGroup{
		ReplicationGroupID:    g.ID,
		Description:           "simulated by failsim",
		Status:                state.Status.String(),
		Pending:               pendingOf(&state.Pending),
		AutomaticFailover:     onOff(state.AutomaticFailover),
		MultiAZ:               onOff(state.MultiAZ),
		ConfigurationEndpoint: at(g.ConfigurationEndpoint(cfg.Region)),
		ClusterEnabled:        g.Mode == sim.ClusterEnabled,
		CacheNodeType:         state.NodeType,
		TransitEncryption:     g.TLS,
		AtRestEncryption:      g.KMSKeyInvalid,
		ARN:                   arn(cfg.Region, kindGroup, g.ID),
		ClusterMode:           g.Mode.String(),
		Engine:                g.Engine,
	}
	if g.TLS {
		group.TransitEncryptionMode = "required"
	}
	for i := range g.NodeGroups {
		group.NodeGroups = append(group.NodeGroups, describeNodeGroup(cfg, w, place{index, i, 0}))
		for n := range g.NodeGroups[i].Nodes {
			group.MemberClusters = append(group.MemberClusters, g.NodeGroups[i].Nodes[n].ID)
		}
	}
	return group
}

func describeNodeGroup(cfg *sim.Config, w *sim.World, p place) nodeGroup {
	g, state := &cfg.Groups[p.group], w.NodeGroupState(p.group, p.nodeGroup)
	ng := nodeGroup{NodeGroupID: state.ID, Status: state.Status.String(), Primary: at(g.PrimaryEndpoint(cfg.Region)), Reader: at(g.ReaderEndpoint(cfg.Region))}
	if g.Mode == sim.ClusterEnabled {
		ng.Slots = sim.FormatSlots(g.NodeGroups[p.nodeGroup].Slots)
	}
	for n := range g.NodeGroups[p.nodeGroup].Nodes {
		node := w.NodeState(p.group, p.nodeGroup, n)
		m := member{CacheClusterID: node.ID, CacheNodeID: cacheNodeID, Zone: node.Zone}
		if g.Mode != sim.ClusterEnabled {
			m.ReadEndpoint = at(g.NodeEndpoint(cfg.Region, node.ID))
			m.CurrentRole = node.Role.String()
		}
		ng.Members = append(ng.Members, m)
	}
	return ng
}

func onOff(on bool) string {
	if on {
		return "enabled"
	}
	return "disabled"
}

type groupResult struct {
	Group replicationGroup `xml:"ReplicationGroup"`
}

type groupsResult struct {
	Marker string     `xml:"Marker,omitempty"`
	Groups []rendered `xml:"ReplicationGroups>ReplicationGroup"`
}

func (s *Server) describeReplicationGroups(q *call) (any, error) {
	id := q.String("ReplicationGroupId")
	page, err := readPage(q, "groups", id)
	if err := cmp.Or(q.err(), err); err != nil {
		return nil, err
	}
	var result groupsResult
	if id != "" {
		group, ok := s.groupByID[strings.ToLower(id)]
		if !ok {
			return nil, noGroup(id)
		}
		s.poll(q, func(w *sim.World) { result.Groups = []rendered{s.groupContent(w, group)} })
		return result, nil
	}
	s.poll(q, func(w *sim.World) {
		for i := page.first; i < len(s.cfg.Groups) && len(result.Groups) < page.most; i++ {
			result.Groups = append(result.Groups, s.groupContent(w, i))
		}
	})
	result.Marker = page.markerOf(len(s.cfg.Groups), page.first+len(result.Groups))
	return result, nil
}

func (s *Server) testFailover(q *call) (any, error) {
	c := sim.CallConfig{Group: q.RequiredID("ReplicationGroupId"), NodeGroup: q.RequiredID("NodeGroupId")}
	if err := q.err(); err != nil {
		return nil, err
	}
	var result groupResult
	err := s.perform(&c, func(w *sim.World) { result.Group = describeGroup(s.cfg, w, s.groupByID[strings.ToLower(c.Group)]) })
	return result, err
}

func (s *Server) modifyReplicationGroup(q *call) (any, error) {
	c := sim.CallConfig{Action: sim.ActionModify, Group: q.RequiredID("ReplicationGroupId"), Modify: sim.ModifyConfig{
		Primary: q.ID("PrimaryClusterId"), AutomaticFailover: q.toggle("AutomaticFailoverEnabled"), MultiAZ: q.toggle("MultiAZEnabled")}}
	immediately, given := q.Bool("ApplyImmediately")
	if err := q.err(); err != nil {
		return nil, err
	}
	if given && !immediately {
		return nil, refuse("InvalidParameterValue", "failsim applies every modification immediately; want ApplyImmediately=true")
	}
	var result groupResult
	err := s.perform(&c, func(w *sim.World) { result.Group = describeGroup(s.cfg, w, s.groupByID[strings.ToLower(c.Group)]) })
	return result, err
}

// pendingOf says what a modification is still going to change.
func pendingOf(m *sim.ModifyConfig) pending {
	p := pending{PrimaryClusterID: m.Primary}
	if m.AutomaticFailover != sim.SwitchKeep {
		p.AutomaticFailoverStatus = onOff(m.AutomaticFailover == sim.SwitchOn)
	}
	return p
}

// toggle reads what a call wants of a setting.
func (c *call) toggle(name string) sim.Switch {
	switch on, given := c.Bool(name); {
	case !given:
		return sim.SwitchKeep
	case on:
		return sim.SwitchOn
	}
	return sim.SwitchOff
}
