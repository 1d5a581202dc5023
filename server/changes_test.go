package server_test

import (
	"testing"
	"time"
)

// modify calls ModifyReplicationGroup, at once.
func (s *service) modify(group string, parameters ...string) *answer {
	s.t.Helper()
	return s.call("ModifyReplicationGroup", append([]string{"ReplicationGroupId", group, "ApplyImmediately", "true"}, parameters...)...)
}

// shown is a member of a group's description.
func (s *service) shown(group, path string) string {
	s.t.Helper()
	return s.call("DescribeReplicationGroups", "ReplicationGroupId", group).fine().root.
		text("DescribeReplicationGroupsResult>ReplicationGroups>ReplicationGroup>" + path)
}

// TestModify turns automatic failover off, promotes a replica by hand, which the service allows only then, and turns it on again.
func TestModify(t *testing.T) {
	s, m := still(t, zoo), serviceModel(t)
	s.modify("carts", "PrimaryClusterId", "carts-002").refused("InvalidReplicationGroupState")
	off := s.modify("carts", "AutomaticFailoverEnabled", "false", "MultiAZEnabled", "false").fine()
	m.check(t, "ModifyReplicationGroup", off)
	if got := off.root.text("ModifyReplicationGroupResult>ReplicationGroup>PendingModifiedValues>AutomaticFailoverStatus"); got != "disabled" {
		t.Errorf("pending automatic failover %q", got)
	}
	if status, pending := s.shown("carts", "Status"), s.shown("carts", "PendingModifiedValues>AutomaticFailoverStatus"); status != "modifying" ||
		pending != "disabled" {
		t.Errorf("status %s and pending automatic failover %q while the change is made", status, pending)
	}
	s.modify("carts", "AutomaticFailoverEnabled", "true").refused("InvalidReplicationGroupState") // until it is made
	s.fleet.AdvanceUntilIdle()
	if got := s.shown("carts", "PendingModifiedValues>AutomaticFailoverStatus"); got != "" {
		t.Errorf("pending automatic failover %q once it is changed", got)
	}
	if failover, zones := s.shown("carts", "AutomaticFailover"), s.shown("carts", "MultiAZ"); failover != "disabled" || zones != "disabled" {
		t.Errorf("automatic failover %s, Multi-AZ %s", failover, zones)
	}
	s.call("TestFailover", "ReplicationGroupId", "carts", "NodeGroupId", "0001").refused("InvalidParameterCombination")
	m.check(t, "ModifyReplicationGroup", s.modify("carts", "PrimaryClusterId", "carts-002").fine())
	if got := s.shown("carts", "PendingModifiedValues>PrimaryClusterId"); got != "carts-002" {
		t.Errorf("pending primary %q", got)
	}
	s.fleet.AdvanceUntilIdle()
	roles := s.call("DescribeReplicationGroups", "ReplicationGroupId", "carts").fine().
		all("DescribeReplicationGroupsResult>ReplicationGroups>ReplicationGroup>NodeGroups>NodeGroup>NodeGroupMembers>NodeGroupMember")
	if got := roles[1].text("CurrentRole"); got != "primary" {
		t.Errorf("carts-002 is %s after its promotion by hand", got)
	}
	s.modify("carts", "AutomaticFailoverEnabled", "true").fine()
	s.fleet.Advance(time.Hour)
	s.call("TestFailover", "ReplicationGroupId", "carts", "NodeGroupId", "0001").fine()
}

func TestModificationsThatAreRefused(t *testing.T) {
	s := still(t, zoo)
	s.modify("nobody", "MultiAZEnabled", "true").refused("ReplicationGroupNotFoundFault")
	s.modify("orders", "AutomaticFailoverEnabled", "false").refused("InvalidParameterCombination")
	s.modify("alone", "AutomaticFailoverEnabled", "true").refused("InvalidParameterCombination")
	s.modify("carts", "CacheNodeType", "cache.r7g.xlarge").refused("InvalidParameterValue")
	s.modify("carts", "AutomaticFailoverEnabled", "maybe").refused("InvalidParameterValue")
	s.modify("").refused("InvalidParameterValue")
	s.call("ModifyReplicationGroup", "ReplicationGroupId", "carts", "MultiAZEnabled", "false", "ApplyImmediately", "false").refused("InvalidParameterValue")
	s.call("RebootCacheCluster", "CacheClusterId", "nobody", "CacheNodeIdsToReboot.CacheNodeId.1", "0001").refused("CacheClusterNotFound")
	s.call("RebootCacheCluster", "CacheClusterId", "carts-001", "CacheNodeIdsToReboot.CacheNodeId.1", "0002").refused("InvalidParameterValue")
	s.call("RebootCacheCluster", "CacheClusterId", "carts-001").refused("InvalidParameterValue")
	if n := len(s.fleet.Deeds()); n == 0 {
		t.Error("refused calls are not among the deeds, which a recorded session would lack")
	}
}

// TestReboot: a reboot by the customer promotes nobody, and is over after a while.
func TestReboot(t *testing.T) {
	s, m := still(t, zoo), serviceModel(t)
	reboot := s.call("RebootCacheCluster", "CacheClusterId", "carts-001", "CacheNodeIdsToReboot.CacheNodeId.1", "0001").fine()
	m.check(t, "RebootCacheCluster", reboot)
	if got := reboot.root.text("RebootCacheClusterResult>CacheCluster>CacheClusterStatus"); got != "rebooting cluster nodes" {
		t.Errorf("status %q", got)
	}
	s.call("RebootCacheCluster", "CacheClusterId", "carts-001", "CacheNodeIdsToReboot.CacheNodeId.1", "0001").refused("InvalidCacheClusterState")
	s.fleet.AdvanceUntilIdle()
	a := s.call("DescribeCacheClusters", "CacheClusterId", "carts-001").fine()
	if got := a.root.text("DescribeCacheClustersResult>CacheClusters>CacheCluster>CacheClusterStatus"); got != "available" {
		t.Errorf("status %q when all is over", got)
	}
	if got := s.shown("carts", "NodeGroups>NodeGroup>NodeGroupMembers>NodeGroupMember>CurrentRole"); got != "primary" {
		t.Errorf("carts-001 is %s after its reboot", got)
	}
}
