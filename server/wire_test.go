package server_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"failsim/describe"
	"failsim/scenario"
	"failsim/server"
	"failsim/sigv4"
)

// zoo has a group of each kind.
const zoo = `
horizon = "24h"

[[replication_group]]
id = "orders"
node_groups = 3
replicas = 1

[[replication_group]]
id = "split"
node_groups = 2
replicas = 1
tls = false
[[replication_group.node_group]]
id = "0001"
slots = "0-99,200-8191"
primary_zone = "us-east-1b"
replica_zones = ["us-east-1a"]
[[replication_group.node_group]]
id = "0002"
slots = "100,101-199,8192-16383"
primary_zone = "us-east-1a"
replica_zones = ["us-east-1b"]

[[replication_group]]
id = "carts"
cluster_mode = "disabled"
replicas = 2

[[replication_group]]
id = "turning"
cluster_mode = "compatible"
engine = "redis"
tls = false
replicas = 1

[[replication_group]]
id = "alone"
cluster_mode = "disabled"
replicas = 0
kms_key = "invalid"
`

// check holds an answer against the service model: no element that it lacks, each once, in its order; items by its names; texts of
// its kinds.
func (m *model) check(t *testing.T, action string, a *answer) {
	t.Helper()
	op := m.Operations[action]
	want := []string{op.Wrapper, "ResponseMetadata"}
	for i, child := range a.root.Children {
		if i >= len(want) || child.XMLName.Local != want[i] {
			t.Fatalf("%s: element %s, want %v", action, child.XMLName.Local, want)
		}
	}
	if len(a.root.Children) != len(want) || a.root.XMLName.Local != action+"Response" || a.root.XMLName.Space != op.Namespace {
		t.Fatalf("%s: %s", action, a.body)
	}
	if id := a.root.text("ResponseMetadata>RequestId"); id == "" || id != a.header.Get("X-Amzn-Requestid") || a.header.Get("Content-Type") != "text/xml" {
		t.Errorf("%s: request id %q, headers %v", action, id, a.header)
	}
	m.checkShape(t, action, op.Output, a.all(op.Wrapper)[0])
}

var timestamp = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$`)

func (m *model) checkShape(t *testing.T, path, name string, e *element) {
	t.Helper()
	s, ok := m.Shapes[name]
	if !ok {
		t.Fatalf("%s: the model has no shape %s", path, name)
	}
	next := 0
	for _, child := range e.Children {
		at := path + ">" + child.XMLName.Local
		if s.List != "" {
			if child.XMLName.Local != s.List {
				t.Errorf("%s: want items named %s", at, s.List)
			}
			m.checkShape(t, at, s.Of, child)
			continue
		}
		is := func(member [2]string) bool { return member[0] == child.XMLName.Local }
		i := slices.IndexFunc(s.Members[min(next, len(s.Members)):], is)
		if i < 0 {
			t.Errorf("%s: unknown, a second time or out of the model's order", at)
			continue
		}
		next += i + 1
		m.checkShape(t, at, s.Members[next-1][1], child)
	}
	switch _, err := strconv.ParseInt(e.Text, 10, 32); {
	case s.Scalar != "" && len(e.Children) > 0, s.Scalar == "" && strings.TrimSpace(e.Text) != "":
		t.Errorf("%s: %q and %d children, want a %s", path, e.Text, len(e.Children), s.Scalar)
	case s.Scalar == "boolean" && e.Text != "true" && e.Text != "false", s.Scalar == "integer" && err != nil,
		s.Scalar == "timestamp" && !timestamp.MatchString(e.Text):
		t.Errorf("%s: %q, want a %s", path, e.Text, s.Scalar)
	}
}

func TestAnswersFollowTheServiceModel(t *testing.T) {
	m := serviceModel(t)
	s := still(t, zoo)
	for _, group := range []string{"orders", "split", "carts", "turning"} {
		m.check(t, "TestFailover", s.call("TestFailover", "ReplicationGroupId", group, "NodeGroupId", "0001").fine())
	}
	for range 60 {
		m.check(t, "DescribeReplicationGroups", s.call("DescribeReplicationGroups").fine())
		m.check(t, "DescribeCacheClusters", s.call("DescribeCacheClusters", "ShowCacheNodeInfo", "true").fine())
		m.check(t, "DescribeEvents", s.call("DescribeEvents", "MaxRecords", "20").fine())
		s.fleet.AdvanceToNext()
	}
	m.check(t, "DescribeCacheClusters", s.call("DescribeCacheClusters").fine())
	m.check(t, "ListTagsForResource",
		s.call("ListTagsForResource", "ResourceName", "arn:aws:elasticache:us-east-1:123456789012:replicationgroup:carts").fine())
	identity := s.call("GetCallerIdentity", "Version", "2011-06-15").fine()
	result := identity.all("GetCallerIdentityResult")[0]
	slices.Reverse(result.Children) // STS's own sample has them in another order than the model; see the test below
	result.Children[0], result.Children[1] = result.Children[1], result.Children[0]
	m.check(t, "GetCallerIdentity", identity)
}

// TestCallerIdentityLooksAsDocumented: the sample of the STS API reference has Arn, UserId, Account.
func TestCallerIdentityLooksAsDocumented(t *testing.T) {
	a := still(t, zoo).call("GetCallerIdentity", "Version", "2011-06-15").fine()
	var names []string
	for _, e := range a.all("GetCallerIdentityResult")[0].Children {
		names = append(names, e.XMLName.Local)
	}
	if got := strings.Join(names, " "); got != "Arn UserId Account" {
		t.Errorf("members %s", got)
	}
	if got := a.root.text("GetCallerIdentityResult>Account"); got != "123456789012" {
		t.Errorf("account %s", got)
	}
}

// TestWhatIsShownInEachClusterMode: in all recorded answers CurrentRole and ReadEndpoint are there with cluster mode disabled alone.
func TestWhatIsShownInEachClusterMode(t *testing.T) {
	s := still(t, zoo)
	for _, g := range s.call("DescribeReplicationGroups").fine().all("DescribeReplicationGroupsResult>ReplicationGroups>ReplicationGroup") {
		id, enabled := g.text("ReplicationGroupId"), g.text("ClusterEnabled") == "true"
		if mode := g.text("ClusterMode"); enabled != (mode == "enabled") {
			t.Errorf("%s: ClusterEnabled %t, ClusterMode %s", id, enabled, mode)
		}
		nodes := len(g.all("NodeGroups>NodeGroup>NodeGroupMembers>NodeGroupMember"))
		count := func(path string, with bool, n int) {
			if !with {
				n = 0
			}
			if got := len(g.all(path)); got != n {
				t.Errorf("%s: %d times %s, want %d", id, got, path, n)
			}
		}
		count("ConfigurationEndpoint", enabled, 1)
		count("NodeGroups>NodeGroup>Slots", enabled, len(g.all("NodeGroups>NodeGroup")))
		count("NodeGroups>NodeGroup>PrimaryEndpoint", !enabled, 1)
		count("NodeGroups>NodeGroup>ReaderEndpoint", !enabled, 1)
		count("NodeGroups>NodeGroup>NodeGroupMembers>NodeGroupMember>CurrentRole", !enabled, nodes)
		count("NodeGroups>NodeGroup>NodeGroupMembers>NodeGroupMember>ReadEndpoint", !enabled, nodes)
		count("MemberClusters>ClusterId", true, nodes)
		for _, e := range g.all("NodeGroups>NodeGroup>NodeGroupMembers>NodeGroupMember>CacheNodeId") {
			if e.Text != "0001" {
				t.Errorf("%s: CacheNodeId %s", id, e.Text)
			}
		}
	}
	slots := s.call("DescribeReplicationGroups", "ReplicationGroupId", "split").
		texts("DescribeReplicationGroupsResult>ReplicationGroups>ReplicationGroup>NodeGroups>NodeGroup>Slots")
	if strings.Join(slots, " ") != "0-99,200-8191 100-199,8192-16383" && strings.Join(slots, " ") != "0-99,200-8191 100,101-199,8192-16383" {
		t.Errorf("slots %v", slots)
	}
}

func TestNodesAreShownOnlyWhereAskedFor(t *testing.T) {
	s := still(t, zoo)
	const nodes = "DescribeCacheClustersResult>CacheClusters>CacheCluster>CacheNodes>CacheNode"
	if n := len(s.call("DescribeCacheClusters").fine().all(nodes)); n != 0 {
		t.Errorf("%d nodes unasked", n)
	}
	if n := len(s.call("DescribeCacheClusters", "CacheClusterId", "CARTS-002", "ShowCacheNodeInfo", "true").fine().all(nodes)); n != 1 {
		t.Errorf("%d nodes of carts-002", n)
	}
	const clusters = "DescribeCacheClustersResult>CacheClusters>CacheCluster"
	// 3 x 2, 2 x 2, 3, 2 and 1
	if n := len(s.call("DescribeCacheClusters").fine().all(clusters)); n != 16 {
		t.Errorf("%d cache clusters", n)
	}
	if n := len(s.call("DescribeCacheClusters", "ShowCacheClustersNotInReplicationGroups", "true").fine().all(clusters)); n != 0 {
		t.Errorf("%d cache clusters in no group", n)
	}
}

// TestStatusDuringAFailover: AWS's samples show all available; the setting shows modifying.
func TestStatusDuringAFailover(t *testing.T) {
	for _, want := range []string{"available", "modifying"} {
		s := still(t, "status_during_failover = \""+want+"\"\n"+zoo)
		group := s.call("TestFailover", "ReplicationGroupId", "carts", "NodeGroupId", "0001").fine().all("TestFailoverResult>ReplicationGroup")[0]
		if got := group.text("Status"); got != want {
			t.Errorf("status %s, want %s", got, want)
		}
		if got := group.text("NodeGroups>NodeGroup>NodeGroupMembers>NodeGroupMember>CurrentRole"); got != "primary" {
			t.Errorf("the answer shows carts-001 as %s; nothing is promoted at the call", got)
		}
		s.fleet.AdvanceUntilIdle()
		a := s.call("DescribeReplicationGroups", "ReplicationGroupId", "carts").fine()
		if got := a.root.text("DescribeReplicationGroupsResult>ReplicationGroups>ReplicationGroup>Status"); got != "available" {
			t.Errorf("status %s when all is over", got)
		}
		roles := a.texts("DescribeReplicationGroupsResult>ReplicationGroups>ReplicationGroup>NodeGroups>NodeGroup>NodeGroupMembers>NodeGroupMember>CurrentRole")
		slices.Sort(roles)
		if strings.Join(roles, " ") != "primary replica replica" || roles[0] == "" {
			t.Errorf("roles %v", roles)
		}
	}
}

// TestRefusals makes calls that a rule forbids. TestFailover's own refusals have a test of their own.
func TestRefusals(t *testing.T) {
	s := still(t, zoo)
	const arn = "arn:aws:elasticache:us-east-1:123456789012:"
	for _, c := range []struct {
		code, action string
		parameters   []string
	}{
		{"InvalidAction", "CreateReplicationGroup", nil},
		{"InvalidAction", "DescribeEvents", []string{"Version", "2011-06-15"}},
		{"InvalidAction", "GetCallerIdentity", nil},
		{"MissingAction", "", nil},
		{"InvalidParameterValue", "TestFailover", []string{"ReplicationGroupId", "carts"}},
		{"InvalidParameterValue", "TestFailover", []string{"ReplicationGroupId", "carts", "NodeGroupId", "0001", "Force", "true"}},
		{"InvalidParameterValue", "DescribeReplicationGroups", []string{"MaxRecords", "19"}},
		{"InvalidParameterValue", "DescribeCacheClusters", []string{"MaxRecords", "101"}},
		{"InvalidParameterValue", "DescribeCacheClusters", []string{"ShowCacheNodeInfo", "yes"}},
		{"ReplicationGroupNotFoundFault", "DescribeReplicationGroups", []string{"ReplicationGroupId", "nobody"}},
		{"CacheClusterNotFound", "DescribeCacheClusters", []string{"CacheClusterId", "nobody"}},
		{"ReplicationGroupNotFoundFault", "ListTagsForResource", []string{"ResourceName", arn + "replicationgroup:nobody"}},
		{"CacheClusterNotFound", "ListTagsForResource", []string{"ResourceName", arn + "cluster:nobody"}},
		{"InvalidARN", "ListTagsForResource", []string{"ResourceName", "arn:aws:elasticache:eu-west-1:123456789012:cluster:carts-001"}},
		{"InvalidARN", "ListTagsForResource", []string{"ResourceName", "carts"}},
		{"InvalidParameterValue", "ListTagsForResource", nil},
	} {
		a := s.call(c.action, c.parameters...)
		a.refused(c.code)
		if a.root.XMLName.Local != "ErrorResponse" || a.root.text("Error>Type") != "Sender" || a.root.text("RequestId") != a.header.Get("X-Amzn-Requestid") {
			t.Errorf("%s %v: %s", c.action, c.parameters, a.body)
		}
	}
}

var (
	recipeFleet = regexp.MustCompile("(?s)```toml\n(name = \"refusals\"\n.*?)```")
	recipeRow   = regexp.MustCompile(`(?m)^\| ([a-z]+) \| ([0-9]+) \| ([A-Za-z]+) \| ?(.*) \|$`)
)

// TestRecipesOfTheManual makes the calls of docs/serve.md; they meet each of TestFailover's nine exceptions.
func TestRecipesOfTheManual(t *testing.T) {
	text, err := os.ReadFile("../docs/serve.md")
	if err != nil {
		t.Fatal(err)
	}
	s, errors := still(t, recipeFleet.FindStringSubmatch(string(text))[1]), serviceModel(t).Errors
	met := map[string]bool{}
	for _, row := range recipeRow.FindAllStringSubmatch(string(text), -1) {
		if strings.HasPrefix(row[4], "once 12 hours have passed") {
			s.fleet.Advance(12 * time.Hour)
		}
		a := s.call("TestFailover", "ReplicationGroupId", row[1], "NodeGroupId", row[2])
		if row[3] == "accepted" {
			a.fine()
			continue
		}
		if errors[row[3]].Code == "" {
			t.Fatalf("the model has no %s", row[3])
		}
		a.refused(errors[row[3]].Code)
		met[row[3]] = true
	}
	if len(met) != 9 {
		t.Errorf("the recipes meet %d refusals, want 9: %v", len(met), met)
	}
}

func TestGetIsAnsweredAsPost(t *testing.T) {
	s := still(t, zoo)
	a := s.do(httptest.NewRequest(http.MethodGet, "http://localhost/?Action=DescribeReplicationGroups&Version=2015-02-02&ReplicationGroupId=Carts", nil)).fine()
	if got := a.texts("DescribeReplicationGroupsResult>ReplicationGroups>ReplicationGroup>ReplicationGroupId"); len(got) != 1 || got[0] != "carts" {
		t.Errorf("groups %v", got)
	}
}

func TestUnsignedCallsAreRefusedWhereKeysAreKnown(t *testing.T) {
	s := serve(t, zoo, 1, server.Settings{Verifier: sigv4.NewVerifier(sigv4.Keys{"AKID": {Secret: "secret"}}, "us-east-1")})
	a := s.call("TestFailover", "ReplicationGroupId", "carts", "NodeGroupId", "0001")
	if a.refused("MissingAuthenticationToken"); a.status != http.StatusForbidden {
		t.Errorf("status %d, want 403", a.status)
	}
	if n := len(s.fleet.Deeds()); n != 0 {
		t.Errorf("%d deeds of an unsigned call", n)
	}
}

// TestImportReadsWhatIsServed gives every answer, as JSON by the service model, to the importer: the fleet of the scenario that it
// writes answers the same.
func TestImportReadsWhatIsServed(t *testing.T) {
	m, s := serviceModel(t), still(t, strings.ReplaceAll(zoo, `kms_key = "invalid"`, "")) // import does not learn of keys
	s.call("TestFailover", "ReplicationGroupId", "carts", "NodeGroupId", "0001").fine()
	s.call("TestFailover", "ReplicationGroupId", "turning", "NodeGroupId", "0001").fine()
	for _, step := range []time.Duration{0, time.Minute, time.Hour} {
		s.fleet.Advance(step)
		toml, _, err := describe.Import(describe.Input{Groups: m.asJSON(t, "DescribeReplicationGroups", s), Clusters: m.asJSON(t, "DescribeCacheClusters", s)})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := scenario.Parse("imported.toml", []byte(toml), nil); err != nil {
			t.Fatal(err)
		}
		again := still(t, toml)
		for _, action := range []string{"DescribeReplicationGroups", "DescribeCacheClusters"} {
			if got, want := string(m.asJSON(t, action, again)), string(m.asJSON(t, action, s)); got != want {
				t.Errorf("after %v: %s\nwant %s", step, got, want)
			}
		}
	}
}

// asJSON is the answer as the AWS CLI would print it.
func (m *model) asJSON(t *testing.T, action string, s *service) []byte {
	t.Helper()
	a := s.call(action).fine()
	text, err := json.Marshal(m.value(m.Operations[action].Output, a.all(m.Operations[action].Wrapper)[0]))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func (m *model) value(name string, e *element) any {
	s := m.Shapes[name]
	switch {
	case s.List != "":
		list := []any{}
		for _, child := range e.Children {
			list = append(list, m.value(s.Of, child))
		}
		return list
	case s.Scalar == "boolean":
		return e.Text == "true"
	case s.Scalar == "integer":
		n, _ := strconv.Atoi(e.Text)
		return n
	case s.Scalar != "":
		return e.Text
	}
	object := map[string]any{}
	for _, member := range s.Members {
		for _, child := range e.all(member[0]) {
			object[member[0]] = m.value(member[1], child)
		}
	}
	return object
}

func TestSameSeedAndCallsGiveTheSameBytes(t *testing.T) {
	session := func(s *service) (said string) {
		for i := range 40 {
			group, nodeGroup := []string{"orders", "split", "carts"}[i%3], fmt.Sprintf("%04d", i%4)
			said += s.call("TestFailover", "ReplicationGroupId", group, "NodeGroupId", nodeGroup).body
			said += s.call("DescribeReplicationGroups").body + s.call("DescribeEvents").body
			s.fleet.Advance(time.Duration(i) * 20 * time.Second)
		}
		return said
	}
	s := still(t, zoo)
	first := session(s)
	if session(still(t, zoo)) != first {
		t.Error("another service with the same seed answers otherwise")
	}
	s.fleet.Reset(1)
	if session(s) != first {
		t.Error("a reset service with the same seed answers otherwise")
	}
	s.fleet.Reset(2)
	if session(s) == first {
		t.Error("a service with another seed answers the same")
	}
	if !strings.Contains(first, "Finished recovery") {
		t.Error("no failover came to its end")
	}
}

func FuzzCalls(f *testing.F) {
	f.Add("Action=TestFailover&Version=2015-02-02&ReplicationGroupId=carts&NodeGroupId=0001")
	f.Add("Action=DescribeEvents&Version=2015-02-02&StartTime=2026-01-01T00:00:00Z&Duration=60&MaxRecords=20&Marker=YQ")
	f.Add("Action=DescribeCacheClusters&Version=2015-02-02&ShowCacheNodeInfo=true&CacheClusterId=carts-001")
	f.Add("Action=ListTagsForResource&Version=2015-02-02&ResourceName=arn%3Aaws%3Aelasticache%3Aus-east-1%3A123456789012%3Acluster%3A")
	f.Fuzz(func(t *testing.T, form string) {
		s := still(t, zoo)
		r := httptest.NewRequest(http.MethodPost, "http://localhost/", strings.NewReader(form))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		a := s.do(r) // which fails on what is not XML
		if a.status >= 500 {
			t.Errorf("status %d", a.status)
		}
		if values, err := url.ParseQuery(form); err == nil && a.status == http.StatusOK && values.Get("Action") == "" {
			t.Errorf("an answer to no action")
		}
	})
}
