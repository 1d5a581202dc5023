package server_test

import (
	"bufio"
	"context"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"failsim/server"
)

// troubled is a service at a standstill with one kind of trouble.
func troubled(t *testing.T, text string) *service {
	t.Helper()
	trouble, err := server.ParseTrouble(text)
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, zoo, 1, server.Settings{Troubles: []server.Trouble{trouble}})
	s.fleet.Pause()
	return s
}

// failOver makes the call that carts can take once.
func (s *service) failOver() *answer {
	return s.call("TestFailover", "ReplicationGroupId", "carts", "NodeGroupId", "0001")
}

func TestAcceptedBut500(t *testing.T) {
	s := troubled(t, "accepted-but-500=1")
	if a := s.failOver(); a.status != http.StatusInternalServerError || a.root.text("Error>Code") != "InternalFailure" || a.root.text("Error>Type") != "Receiver" {
		t.Errorf("status %d: %s", a.status, a.body)
	}
	s.failOver().refused("InvalidReplicationGroupState") // the first was accepted; a refusal is told as it is
	s.call("DescribeEvents").fine()                      // changes nothing
	if n := len(s.fleet.Deeds()); n != 2 {
		t.Errorf("%d deeds, want 2", n)
	}
}

func TestThrottling(t *testing.T) {
	s := troubled(t, "throttling=1")
	s.failOver().refused("Throttling")
	s.call("DescribeEvents").refused("Throttling")
	if n := len(s.fleet.Deeds()); n != 0 {
		t.Errorf("%d deeds, want none: a throttled call is not made", n)
	}
}

// TestSlowAnswersEndWithTheirClient: whoever has gone is not waited for, and what they asked for is not done.
func TestSlowAnswersEndWithTheirClient(t *testing.T) {
	s := troubled(t, "slow=1:30s")
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	r := httptest.NewRequest(http.MethodGet, "http://localhost/?Action=TestFailover&Version=2015-02-02&ReplicationGroupId=carts&NodeGroupId=0001", nil)
	s.do(r.WithContext(gone))
	if n := len(s.fleet.Deeds()); n != 0 {
		t.Errorf("%d deeds, want none", n)
	}
}

func TestSlowAnswersWait(t *testing.T) {
	s := troubled(t, "slow=1:30ms")
	begin := time.Now()
	s.call("DescribeEvents").fine()
	if waited := time.Since(begin); waited < 30*time.Millisecond {
		t.Errorf("answered after %v, want 30ms at least", waited)
	}
}

// TestDroppedConnections: the call is made, or refused, and the connection closed without a byte.
func TestDroppedConnections(t *testing.T) {
	s := troubled(t, "drop=1")
	live := httptest.NewServer(s)
	defer live.Close()
	s.dropped(live, "carts")
	s.dropped(live, "nobody")
	if n := len(s.fleet.Deeds()); n != 2 {
		t.Errorf("%d deeds, want 2", n)
	}
}

// dropped calls TestFailover and wants no answer.
func (s *service) dropped(live *httptest.Server, group string) {
	t := s.t
	conn, err := net.Dial("tcp", live.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	form := url.Values{"Action": {"TestFailover"}, "Version": {"2015-02-02"}, "ReplicationGroupId": {group}, "NodeGroupId": {"0001"}}
	r := httptest.NewRequest(http.MethodPost, "http://localhost/", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if err := r.Write(conn); err != nil {
		t.Fatal(err)
	}
	if b, err := bufio.NewReader(conn).ReadByte(); err == nil {
		t.Errorf("the byte %q came back, want none", b)
	}
}

// TestStaleDescriptions show groups and nodes as they were; events are never stale.
func TestStaleDescriptions(t *testing.T) {
	s := troubled(t, "stale=1:10m")
	const primary = "DescribeReplicationGroupsResult>ReplicationGroups>ReplicationGroup>NodeGroups>NodeGroup>NodeGroupMembers>NodeGroupMember"
	isPrimary := func() bool {
		return s.call("DescribeReplicationGroups", "ReplicationGroupId", "carts").fine().all(primary)[0].text("CurrentRole") == "primary"
	}
	s.fleet.Advance(time.Hour)
	s.failOver().fine()
	s.fleet.Advance(9*time.Minute + 59*time.Second)
	if !isPrimary() {
		t.Error("carts-001 lost its role in a description that is ten minutes old before ten minutes are over")
	}
	if n := len(s.call("DescribeEvents").fine().all("DescribeEventsResult>Events>Event")); n < 3 {
		t.Errorf("%d events ten minutes after the call, want three at least", n)
	}
	s.fleet.Advance(20 * time.Minute)
	if isPrimary() {
		t.Error("carts-001 is primary half an hour after its failover, ten minutes stale")
	}
}

// TestTagsAreRefusedWhileAGroupIsNotAtRest: during a replacement and a modification, and only then; those of a cluster also while that reboots.
func TestTagsAreRefusedWhileAGroupIsNotAtRest(t *testing.T) {
	s := troubled(t, "tags-refused=1")
	tagsOf := func(resource string) *answer {
		return s.call("ListTagsForResource", "ResourceName", "arn:aws:elasticache:us-east-1:123456789012:"+resource)
	}
	tags := func() *answer { return tagsOf("replicationgroup:carts") }
	tags().fine()
	s.failOver().fine()
	tags().refused("InvalidReplicationGroupState")
	tagsOf("replicationgroup:alone").fine()
	tagsOf("cluster:carts-002").refused("InvalidReplicationGroupState")
	s.fleet.AdvanceUntilIdle()
	tags().fine()
	s.call("ModifyReplicationGroup", "ReplicationGroupId", "carts", "AutomaticFailoverEnabled", "false", "MultiAZEnabled", "false").fine()
	tags().refused("InvalidReplicationGroupState")
	s.fleet.Advance(time.Hour)
	tags().fine()
	s.call("RebootCacheCluster", "CacheClusterId", "carts-001", "CacheNodeIdsToReboot.CacheNodeId.1", "0001").fine()
	tagsOf("cluster:carts-001").refused("InvalidReplicationGroupState")
	tagsOf("cluster:carts-002").fine()
	tags().fine()
}

// TestTroubleStrikesAtItsRate: of 2000 calls a quarter, within four standard errors, which are sqrt(2000 x 0.25 x 0.75) = 19.4 each.
func TestTroubleStrikesAtItsRate(t *testing.T) {
	s := troubled(t, "throttling=0.25")
	count := func() (struck int, which string) {
		for range 2000 {
			if a := s.call("GetCallerIdentity", "Version", "2011-06-15"); a.status != http.StatusOK {
				struck++
				which += "x"
			} else {
				which += "."
			}
		}
		return struck, which
	}
	struck, which := count()
	if math.Abs(float64(struck)-500) > 4*19.4 {
		t.Errorf("%d calls of 2000 struck, want 500", struck)
	}
	s.fleet.Reset(1)
	if _, again := count(); again != which {
		t.Error("the same seed strikes other calls")
	}
	s.fleet.Reset(2)
	if _, other := count(); other == which {
		t.Error("another seed strikes the same calls")
	}
}

func TestTroublesAreRead(t *testing.T) {
	for text, want := range map[string]server.Trouble{
		"throttling=0.1": {Kind: "throttling", Rate: 0.1},
		"drop=1":         {Kind: "drop", Rate: 1},
		"slow=0":         {Kind: "slow", While: 2 * time.Second},
		"stale=1e-3:1h":  {Kind: "stale", Rate: 0.001, While: time.Hour},
		"slow=0.1:3s@7":  {Kind: "slow", Rate: 0.1, While: 3 * time.Second, Seed: 7},
		"drop=0.5@8":     {Kind: "drop", Rate: 0.5, Seed: 8},
	} {
		if got, err := server.ParseTrouble(text); err != nil || got != want {
			t.Errorf("%q: %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", "slow", "slow=", "slow=2", "slow=-0.1", "slow=NaN", "slow=0.1:", "slow=0.1:31s", "slow=0.1:-1s", "stale=0.1:2h", "drop=0.1:3s", "fast=0.1", "drop=0.1@", "drop=0.1@0", "drop=0.1@-1", "slow=0.1@7:3s",
	} {
		if got, err := server.ParseTrouble(text); err == nil {
			t.Errorf("%q is read as %v", text, got)
		}
	}
}

// TestATroubleCanHaveASeedOfItsOwn: then the fleet's does not choose which calls it strikes, and another one strikes others.
func TestATroubleCanHaveASeedOfItsOwn(t *testing.T) {
	struck := func(text string, seed uint64) (which string) {
		s := troubled(t, text)
		s.fleet.Reset(seed)
		for range 64 {
			which += strconv.Itoa(s.call("DescribeEvents").status / 100)
		}
		return which
	}
	own := struck("throttling=0.5@7", 1)
	if struck("throttling=0.5@7", 2) != own {
		t.Error("the fleet's seed matters")
	}
	if struck("throttling=0.5@8", 1) == own || struck("throttling=0.5", 1) == own {
		t.Error("another seed strikes the same calls")
	}
}
