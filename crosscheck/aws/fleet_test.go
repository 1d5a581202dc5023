package aws_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticache/types"
)

// shape is a group of the fleet as a person would describe it.
type shape struct {
	id                 string
	enabled            bool
	shards, replicas   int
	slots              []string // one a shard, where they are not the even split
	primary            int      // the member of each shard that is the primary
	failover, multiAZ  bool
	status, nodeStatus string // of the group, and of its last node; "" for available
}

// fleet has fifteen shards that can fail over, which is what the quota of a day allows, a sixteenth for the refusal, and groups that
// nothing can be done with, so that lists have more than one page.
func fleet() []shape {
	shapes := []shape{
		{id: "orders", enabled: true, shards: 8, replicas: 1, failover: true, multiAZ: true},
		{id: "ledger", enabled: true, shards: 4, replicas: 2, failover: true, multiAZ: true,
			slots: []string{"0-4095,16000-16383", "4096-8191", "8192,8194-12287", "8193,12288-15999"}},
		{id: "carts", shards: 1, replicas: 2, primary: 1, failover: true, multiAZ: true},
		{id: "rates", shards: 1, replicas: 1, failover: true},
		{id: "prices", shards: 1, replicas: 5, failover: true, multiAZ: true},
		{id: "spare", shards: 1, replicas: 1, failover: true, multiAZ: true},
		{id: "manual", shards: 1, replicas: 1},
		{id: "growing", shards: 1, replicas: 1, failover: true, multiAZ: true, status: "modifying"},
		{id: "copying", shards: 1, replicas: 1, failover: true, multiAZ: true, nodeStatus: "snapshotting"},
	}
	for i := range 17 {
		shapes = append(shapes, shape{id: fmt.Sprintf("single-%02d", i), shards: 1})
	}
	return shapes
}

const tested, quota = 15, 15

func (s *shape) nodeID(shard, node int) string {
	if s.enabled {
		return fmt.Sprintf("%s-%04d-%03d", s.id, shard+1, node+1)
	}
	return fmt.Sprintf("%s-%03d", s.id, node+1)
}

func (s *shape) zone(shard, node int) string { return region + string("abc"[(shard+node)%3]) }

// group is the shape as AWS describes it: a file that a team could have at hand.
func (s *shape) group() types.ReplicationGroup {
	g := types.ReplicationGroup{
		ReplicationGroupId: aws.String(s.id), Status: aws.String(or(s.status, "available")), ClusterEnabled: aws.Bool(s.enabled),
		AutomaticFailover: types.AutomaticFailoverStatusDisabled, MultiAZ: types.MultiAZStatusDisabled, CacheNodeType: aws.String("cache.r7g.large"),
		TransitEncryptionEnabled: aws.Bool(true), ARN: aws.String("arn:aws:elasticache:" + region + ":123456789012:replicationgroup:" + s.id),
		ClusterMode: types.ClusterModeDisabled, Engine: aws.String("valkey"),
	}
	if s.enabled {
		g.ClusterMode = types.ClusterModeEnabled
	}
	if s.failover {
		g.AutomaticFailover = types.AutomaticFailoverStatusEnabled
	}
	if s.multiAZ {
		g.MultiAZ = types.MultiAZStatusEnabled
	}
	for shard := range s.shards {
		ng := types.NodeGroup{NodeGroupId: aws.String(fmt.Sprintf("%04d", shard+1)), Status: g.Status}
		if s.enabled {
			ng.Slots = aws.String(evenSlots(shard, s.shards))
		}
		if s.slots != nil {
			ng.Slots = aws.String(s.slots[shard])
		}
		for node := range s.replicas + 1 {
			m := types.NodeGroupMember{CacheClusterId: aws.String(s.nodeID(shard, node)), CacheNodeId: aws.String("0001"),
				PreferredAvailabilityZone: aws.String(s.zone(shard, node))}
			if !s.enabled {
				m.CurrentRole = aws.String("replica")
				if node == s.primary {
					m.CurrentRole = aws.String("primary")
				}
			}
			ng.NodeGroupMembers = append(ng.NodeGroupMembers, m)
			g.MemberClusters = append(g.MemberClusters, s.nodeID(shard, node))
		}
		g.NodeGroups = append(g.NodeGroups, ng)
	}
	return g
}

// clusters are the group's nodes.
func (s *shape) clusters() (all []types.CacheCluster) {
	for shard := range s.shards {
		for node := range s.replicas + 1 {
			c := types.CacheCluster{CacheClusterId: aws.String(s.nodeID(shard, node)), ReplicationGroupId: aws.String(s.id), Engine: aws.String("valkey"),
				EngineVersion: aws.String("8.0"), CacheNodeType: aws.String("cache.r7g.large"), CacheClusterStatus: aws.String("available"),
				PreferredAvailabilityZone: aws.String(s.zone(shard, node))}
			if node == s.replicas {
				c.CacheClusterStatus = aws.String(or(s.nodeStatus, "available"))
			}
			all = append(all, c)
		}
	}
	return all
}

// evenSlots splits the 16384 slots as ElastiCache does: the first shards have one more where they do not divide.
func evenSlots(shard, shards int) string {
	begin := func(i int) int { return i*(16384/shards) + min(i, 16384%shards) }
	return fmt.Sprintf("%d-%d", begin(shard), begin(shard+1)-1)
}

func or(s, def string) string {
	if s == "" {
		return def
	}
	return s
}

// importFleet makes the scenario from files that look as the AWS CLI prints its answers. Its campaign is left out when it is served: the
// client is the operator.
func importFleet(t *testing.T, groups []types.ReplicationGroup, clusters []types.CacheCluster) string {
	t.Helper()
	dir := t.TempDir()
	files := map[string]any{
		"groups.json":   map[string]any{"ReplicationGroups": groups},
		"clusters.json": map[string]any{"CacheClusters": clusters},
	}
	for name, content := range files {
		text, err := json.MarshalIndent(content, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, name), string(text))
	}
	return command(t, "import", filepath.Join(dir, "groups.json"), "--clusters", filepath.Join(dir, "clusters.json"))
}

func imported(t *testing.T) string {
	t.Helper()
	var groups []types.ReplicationGroup
	var clusters []types.CacheCluster
	for _, s := range fleet() {
		groups = append(groups, s.group())
		clusters = append(clusters, s.clusters()...)
	}
	return importFleet(t, groups, clusters)
}
