package server

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"failsim/sim"
)

// cacheCluster is the service model's CacheCluster, in the model's order: every member that the simulation has. With these engines a cluster is
// one node.
type cacheCluster struct {
	CacheClusterID         string       `xml:"CacheClusterId"`
	CacheNodeType          string       `xml:"CacheNodeType"`
	Engine                 string       `xml:"Engine"`
	EngineVersion          string       `xml:"EngineVersion"`
	CacheClusterStatus     string       `xml:"CacheClusterStatus"`
	NumCacheNodes          int          `xml:"NumCacheNodes"`
	Zone                   string       `xml:"PreferredAvailabilityZone"`
	MaintenanceWindow      string       `xml:"PreferredMaintenanceWindow,omitempty"`
	Pending                empty        `xml:"PendingModifiedValues"`
	SecurityGroups         empty        `xml:"CacheSecurityGroups"`
	CacheNodes             *[]cacheNode `xml:"CacheNodes>CacheNode"`
	ReplicationGroupID     string       `xml:"ReplicationGroupId"`
	SnapshotRetentionLimit int          `xml:"SnapshotRetentionLimit"`
	AuthTokenEnabled       bool         `xml:"AuthTokenEnabled"`
	TransitEncryption      bool         `xml:"TransitEncryptionEnabled"`
	AtRestEncryption       bool         `xml:"AtRestEncryptionEnabled"`
	ARN                    string       `xml:"ARN"`
	GroupLogDelivery       bool         `xml:"ReplicationGroupLogDeliveryEnabled"`
	LogDelivery            empty        `xml:"LogDeliveryConfigurations"`
	TransitEncryptionMode  string       `xml:"TransitEncryptionMode,omitempty"`
}

type cacheNode struct {
	CacheNodeID          string    `xml:"CacheNodeId"`
	CacheNodeStatus      string    `xml:"CacheNodeStatus"`
	Endpoint             *endpoint `xml:"Endpoint"`
	ParameterGroupStatus string    `xml:"ParameterGroupStatus"`
	Zone                 string    `xml:"CustomerAvailabilityZone"`
}

// place is where a node stands in the configuration.
type place struct{ group, nodeGroup, node int }

// describeCluster is what the service says about a node; what its machine looks like only if that is asked for.
func describeCluster(cfg *sim.Config, w *sim.World, p place) cacheCluster {
	g, node := &cfg.Groups[p.group], w.NodeState(p.group, p.nodeGroup, p.node)
	c := cacheCluster{
		CacheClusterID:     node.ID,
		CacheNodeType:      node.NodeType,
		Engine:             g.Engine,
		EngineVersion:      node.EngineVersion,
		CacheClusterStatus: clusterStatus(cfg, w, p),
		NumCacheNodes:      1,
		Zone:               node.Zone,
		MaintenanceWindow:  maintenance(&g.Maintenance),
		ReplicationGroupID: g.ID,
		TransitEncryption:  g.TLS,
		AtRestEncryption:   g.KMSKeyInvalid,
		ARN:                arn(cfg.Region, kindCluster, node.ID),
	}
	if g.TLS {
		c.TransitEncryptionMode = "required"
	}
	return c
}

func describeNode(cfg *sim.Config, w *sim.World, p place) *[]cacheNode {
	g, node := &cfg.Groups[p.group], w.NodeState(p.group, p.nodeGroup, p.node)
	status := node.Status.String()
	if node.Condition == sim.ConditionRebooting {
		status = "rebooting"
	}
	return &[]cacheNode{{cacheNodeID, status, at(g.NodeEndpoint(cfg.Region, node.ID)), "in-sync", node.Zone}}
}

// clusterStatus is the node's own status, or that it reboots; while it is replaced, what Config.StatusDuringFailover says: the user guide
// has `available` then.
func clusterStatus(cfg *sim.Config, w *sim.World, p place) string {
	node := w.NodeState(p.group, p.nodeGroup, p.node)
	switch node.Condition {
	case sim.ConditionAvailable, sim.ConditionRefusing, sim.ConditionCutOff, sim.ConditionStatus:
	case sim.ConditionRebooting:
		return "rebooting cluster nodes"
	default:
		return cfg.StatusDuringFailover.String()
	}
	if node.Status == sim.StatusRebooting {
		return "rebooting cluster nodes"
	}
	return node.Status.String()
}

// maintenance writes a window as the service does: sun:05:00-sun:09:00; "" for none.
func maintenance(m *sim.MaintenanceWindow) string {
	if m.Length == 0 {
		return ""
	}
	begin := time.Duration(m.Day)*24*time.Hour + m.Begin
	return weekly(begin) + "-" + weekly(begin+m.Length)
}

func weekly(d time.Duration) string {
	day := time.Weekday(d / (24 * time.Hour) % 7)
	d %= 24 * time.Hour
	return fmt.Sprintf("%s:%02d:%02d", strings.ToLower(day.String()[:3]), d/time.Hour, d%time.Hour/time.Minute)
}

type clusterResult struct {
	Cluster cacheCluster `xml:"CacheCluster"`
}

type clustersResult struct {
	Marker   string         `xml:"Marker,omitempty"`
	Clusters []cacheCluster `xml:"CacheClusters>CacheCluster"`
}

func (s *Server) describeCacheClusters(q *call) (any, error) {
	id := q.String("CacheClusterId")
	withNodes, _ := q.Bool("ShowCacheNodeInfo")
	apart, _ := q.Bool("ShowCacheClustersNotInReplicationGroups")
	page, err := readPage(q, "clusters", id)
	if err := cmp.Or(q.err(), err); err != nil {
		return nil, err
	}
	places := s.places
	switch p, ok := s.nodeByID[strings.ToLower(id)]; {
	case id != "" && !ok:
		return nil, noCluster(id)
	case apart:
		places = nil // every node is a group's
	case id != "":
		places = []place{p}
	}
	var result clustersResult
	s.poll(q, func(w *sim.World) {
		for i := page.first; i < len(places) && len(result.Clusters) < page.most; i++ {
			cluster := describeCluster(s.cfg, w, places[i])
			if withNodes {
				cluster.CacheNodes = describeNode(s.cfg, w, places[i])
			}
			result.Clusters = append(result.Clusters, cluster)
		}
	})
	result.Marker = page.markerOf(len(places), page.first+len(result.Clusters))
	return result, nil
}

func (s *Server) rebootCacheCluster(q *call) (any, error) {
	c := sim.CallConfig{Action: sim.ActionReboot, Node: q.RequiredID("CacheClusterId")}
	nodes := q.List("CacheNodeIdsToReboot.CacheNodeId")
	if err := q.err(); err != nil {
		return nil, err
	}
	if len(nodes) != 1 || nodes[0] != cacheNodeID {
		return nil, refuse("InvalidParameterValue", "CacheNodeIdsToReboot must be %s, the only node of a cluster", cacheNodeID)
	}
	var result clusterResult
	err := s.perform(&c, func(w *sim.World) { result.Cluster = describeCluster(s.cfg, w, s.nodeByID[strings.ToLower(c.Node)]) })
	return result, err
}
