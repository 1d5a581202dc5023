package aws_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticache"
	"github.com/aws/aws-sdk-go-v2/service/elasticache/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// gameDay is a team's script: it knows the API, and nothing of failsim.
type gameDay struct {
	*testing.T
	api *elasticache.Client
}

func newGameDay(t *testing.T, flags ...string) gameDay {
	endpoint := serve(t, imported(t), flags...)
	return gameDay{t, client(t, endpoint)}
}

// verified lets the server check every signature.
func verified(t *testing.T) []string {
	file := t.TempDir() + "/credentials"
	write(t, file, credentialsFile)
	return []string{"--credentials", file}
}

// groups are all groups, page by page.
func (d gameDay) groups() (all []types.ReplicationGroup) {
	d.Helper()
	pages := elasticache.NewDescribeReplicationGroupsPaginator(d.api, &elasticache.DescribeReplicationGroupsInput{MaxRecords: aws.Int32(20)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(d.Context())
		if err != nil {
			d.Fatal(err)
		}
		if n := len(page.ReplicationGroups); n > 20 || n < 20 && pages.HasMorePages() {
			d.Errorf("a page has %d groups of 20", n)
		}
		all = append(all, page.ReplicationGroups...)
	}
	return all
}

func (d gameDay) group(id string) types.ReplicationGroup {
	d.Helper()
	out, err := d.api.DescribeReplicationGroups(d.Context(), &elasticache.DescribeReplicationGroupsInput{ReplicationGroupId: aws.String(id)})
	if err != nil {
		d.Fatal(err)
	}
	if len(out.ReplicationGroups) != 1 {
		d.Fatalf("%d groups named %s", len(out.ReplicationGroups), id)
	}
	return out.ReplicationGroups[0]
}

// clusters are all nodes, page by page.
func (d gameDay) clusters() (all []types.CacheCluster) {
	d.Helper()
	pages := elasticache.NewDescribeCacheClustersPaginator(d.api,
		&elasticache.DescribeCacheClustersInput{MaxRecords: aws.Int32(20), ShowCacheNodeInfo: aws.Bool(true)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(d.Context())
		if err != nil {
			d.Fatal(err)
		}
		all = append(all, page.CacheClusters...)
	}
	return all
}

// events are those of the input, newest first, with so many on a page.
func (d gameDay) events(in elasticache.DescribeEventsInput, onPage int32) (all []types.Event) {
	d.Helper()
	in.MaxRecords = aws.Int32(onPage)
	pages := elasticache.NewDescribeEventsPaginator(d.api, &in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(d.Context())
		if err != nil {
			d.Fatal(err)
		}
		all = append(all, page.Events...)
	}
	if !slices.IsSortedFunc(all, func(a, b types.Event) int { return b.Date.Compare(*a.Date) }) {
		d.Error("the events do not come newest first")
	}
	return all
}

func (d gameDay) testFailover(group, nodeGroup string) (*elasticache.TestFailoverOutput, error) {
	return d.api.TestFailover(d.Context(), &elasticache.TestFailoverInput{ReplicationGroupId: &group, NodeGroupId: &nodeGroup})
}

// failOver tests one shard, polls the events to the end of the node replacement, and returns the old and the new primary as they tell.
func (d gameDay) failOver(group, nodeGroup string) (old, promoted string) {
	d.Helper()
	out, err := d.testFailover(group, nodeGroup)
	if err != nil {
		d.Fatalf("%s/%s: %v", group, nodeGroup, err)
	}
	if got := aws.ToString(out.ReplicationGroup.ReplicationGroupId); got != group {
		d.Errorf("TestFailover of %s answers with %s", group, got)
	}
	called := "Test Failover API called for node group " + nodeGroup
	since := d.newest(group, called)
	for range 100 {
		if story := d.story(group, *since.Date); len(story) == 5 {
			return d.check(group, nodeGroup, story)
		}
	}
	d.Fatalf("%s/%s: no `Finished recovery` in 100 polls", group, nodeGroup)
	return "", ""
}

// newest is the last event with that message.
func (d gameDay) newest(source, message string) types.Event {
	d.Helper()
	for _, e := range d.events(elasticache.DescribeEventsInput{SourceIdentifier: &source}, 100) {
		if *e.Message == message {
			return e
		}
	}
	d.Fatalf("%s: no event %q", source, message)
	return types.Event{}
}

// story are the events of a group and its nodes since then, oldest first.
func (d gameDay) story(group string, since time.Time) (all []types.Event) {
	d.Helper()
	for _, e := range d.events(elasticache.DescribeEventsInput{StartTime: &since}, 100) {
		if *e.SourceIdentifier == group || strings.HasPrefix(*e.SourceIdentifier, group+"-") {
			all = append(all, e)
		}
	}
	slices.Reverse(all)
	return all
}

// check holds the five events of a failover to the API reference: texts, sources, and the order of occurrence.
func (d gameDay) check(group, nodeGroup string, story []types.Event) (old, promoted string) {
	d.Helper()
	old = *story[1].SourceIdentifier
	_, promoted, _ = strings.Cut(*story[1].Message, "to replica node ")
	promoted = strings.TrimSuffix(promoted, " completed")
	completed := "Failover from primary node " + old + " to replica node " + promoted + " completed"
	want := []struct {
		kind            types.SourceType
		source, message string
	}{
		{types.SourceTypeReplicationGroup, group, "Test Failover API called for node group " + nodeGroup},
		{types.SourceTypeCacheCluster, old, completed},
		{types.SourceTypeReplicationGroup, group, completed},
		{types.SourceTypeCacheCluster, old, "Recovering cache nodes 0001"},
		{types.SourceTypeCacheCluster, old, "Finished recovery for cache nodes 0001"},
	}
	if len(story) != len(want) {
		d.Fatalf("%s/%s: %d events, want %d", group, nodeGroup, len(story), len(want))
	}
	for i, e := range story {
		if e.SourceType != want[i].kind || *e.SourceIdentifier != want[i].source || *e.Message != want[i].message {
			d.Errorf("%s/%s: event %d is %s %s %q, want %v", group, nodeGroup, i+1, e.SourceType, *e.SourceIdentifier, *e.Message, want[i])
		}
	}
	return old, promoted
}

func primaryOf(ng types.NodeGroup) string {
	for _, m := range ng.NodeGroupMembers {
		if aws.ToString(m.CurrentRole) == "primary" {
			return *m.CacheClusterId
		}
	}
	return ""
}

// TestGameDay fails over every shard that can, until the quota of the day is spent.
func TestGameDay(t *testing.T) {
	d := newGameDay(t, append(verified(t), "--speed", "max")...)
	d.whoAmI()
	failedOver := 0
	for _, g := range d.groups() {
		id := *g.ReplicationGroupId
		if g.AutomaticFailover != types.AutomaticFailoverStatusEnabled || id == "growing" || id == "copying" || id == "spare" {
			continue
		}
		d.untagged(g)
		for _, ng := range g.NodeGroups {
			old, promoted := d.failOver(id, *ng.NodeGroupId)
			failedOver++
			if before := primaryOf(ng); before != "" && old != before {
				t.Errorf("%s: the events say that %s was the primary; Describe said %s", id, old, before)
			}
			if after := primaryOf(d.group(id).NodeGroups[0]); !*g.ClusterEnabled && after != promoted {
				t.Errorf("%s: the events say that %s is promoted; Describe says %s", id, promoted, after)
			}
		}
	}
	if failedOver != tested {
		t.Errorf("%d shards were failed over, want %d", failedOver, tested)
	}
	if _, err := d.testFailover("spare", "0001"); !is[*types.APICallRateForCustomerExceededFault](err) {
		t.Errorf("the %dth call of the day: %v", quota+1, err)
	}
	d.pagesThroughEvents()
	d.importsAgain()
}

// importsAgain: what is served after the game day, with primaries elsewhere, is a scenario too, and served again it is the same.
func (d gameDay) importsAgain() {
	d.Helper()
	scenario := importFleet(d.T, d.groups(), d.clusters())
	again := gameDay{d.T, client(d.T, serve(d.T, scenario))}
	if second := importFleet(d.T, again.groups(), again.clusters()); second != scenario {
		d.Errorf("import of what is served:\n%s\nwant\n%s", second, scenario)
	}
	if before, after := primaryOf(d.group("carts").NodeGroups[0]), primaryOf(again.group("carts").NodeGroups[0]); before != after {
		d.Errorf("carts: the primary %s is %s when served again", before, after)
	}
}

// whoAmI asks STS, on the same port.
func (d gameDay) whoAmI() {
	d.Helper()
	options := d.api.Options()
	identity, err := sts.New(sts.Options{Region: region, BaseEndpoint: options.BaseEndpoint, Credentials: options.Credentials, HTTPClient: options.HTTPClient}).
		GetCallerIdentity(d.Context(), &sts.GetCallerIdentityInput{})
	if err != nil {
		d.Fatal(err)
	}
	for _, g := range d.groups()[:1] {
		if account := *identity.Account; !strings.Contains(*g.ARN, ":"+account+":") {
			d.Errorf("the caller's account %s is not that of %s", account, *g.ARN)
		}
	}
}

// untagged asks for tags, as tools do before they touch a group.
func (d gameDay) untagged(g types.ReplicationGroup) {
	d.Helper()
	out, err := d.api.ListTagsForResource(d.Context(), &elasticache.ListTagsForResourceInput{ResourceName: g.ARN})
	if err != nil {
		d.Fatal(err)
	}
	if len(out.TagList) != 0 {
		d.Errorf("%s has tags: %v", *g.ARN, out.TagList)
	}
}

// pagesThroughEvents compares small pages with large ones.
func (d gameDay) pagesThroughEvents() {
	d.Helper()
	fortnight := elasticache.DescribeEventsInput{Duration: aws.Int32(14 * 24 * 60)}
	small, large := d.events(fortnight, 20), d.events(fortnight, 100)
	if len(small) != 5*tested || len(large) != len(small) {
		d.Fatalf("%d and %d events on small and large pages, want %d", len(small), len(large), 5*tested)
	}
	for i := range small {
		if *small[i].Message != *large[i].Message || !small[i].Date.Equal(*large[i].Date) {
			d.Errorf("event %d differs between small and large pages", i)
		}
	}
	ofGroups := fortnight
	ofGroups.SourceType = types.SourceTypeReplicationGroup
	if n := len(d.events(ofGroups, 20)); n != 2*tested {
		d.Errorf("%d events of replication groups, want %d", n, 2*tested)
	}
	if n := len(d.events(elasticache.DescribeEventsInput{}, 20)); n >= len(small) {
		d.Errorf("%d events in the last hour, and all of a game day of hours are %d", n, len(small))
	}
}

// TestStockWaiters waits for a group and a node that become available, and for what does not exist to be gone.
func TestStockWaiters(t *testing.T) {
	scenario := imported(t) + `
[[replication_group]]
id = "soon"
cluster_mode = "disabled"
status = "modifying"
status_until = "10m"
[[replication_group.node]]
id = "soon-002"
status = "snapshotting"
status_until = "20m"
`
	d := gameDay{t, client(t, serve(t, scenario, "--speed", "max"))}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	groups := &elasticache.DescribeReplicationGroupsInput{ReplicationGroupId: aws.String("soon")}
	out, err := elasticache.NewReplicationGroupAvailableWaiter(d.api, func(o *elasticache.ReplicationGroupAvailableWaiterOptions) {
		o.MinDelay, o.MaxDelay = time.Millisecond, 10*time.Millisecond
	}).WaitForOutput(ctx, groups, 50*time.Second)
	if err != nil || *out.ReplicationGroups[0].Status != "available" {
		t.Errorf("replication group available: %v", err)
	}
	clusters := &elasticache.DescribeCacheClustersInput{CacheClusterId: aws.String("soon-002")}
	node, err := elasticache.NewCacheClusterAvailableWaiter(d.api, func(o *elasticache.CacheClusterAvailableWaiterOptions) {
		o.MinDelay, o.MaxDelay = time.Millisecond, 10*time.Millisecond
	}).WaitForOutput(ctx, clusters, 50*time.Second)
	if err != nil || *node.CacheClusters[0].CacheClusterStatus != "available" {
		t.Errorf("cache cluster available: %v", err)
	}
	nobody := aws.String("nobody")
	err = elasticache.NewReplicationGroupDeletedWaiter(d.api).Wait(ctx, &elasticache.DescribeReplicationGroupsInput{ReplicationGroupId: nobody}, time.Second)
	if err != nil {
		t.Errorf("replication group deleted: %v", err)
	}
	err = elasticache.NewCacheClusterDeletedWaiter(d.api).Wait(ctx, &elasticache.DescribeCacheClustersInput{CacheClusterId: nobody}, time.Second)
	if err != nil {
		t.Errorf("cache cluster deleted: %v", err)
	}
}
