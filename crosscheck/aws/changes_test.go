package aws_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticache"
	"github.com/aws/aws-sdk-go-v2/service/elasticache/types"
)

// jump moves the server's clock through its control API.
func jump(t *testing.T, control, how string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, control+"/v1/clock/advance", strings.NewReader(how))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Fatalf("advance %s: %s", how, response.Status)
	}
}

// TestTheQuotaIsFreeAgainAfter24Hours: a jump of the clock brings the day about.
func TestTheQuotaIsFreeAgainAfter24Hours(t *testing.T) {
	endpoint, control := controlled(t, imported(t)+"\n[quota]\nlimit = 1\n", "--paused")
	d := gameDay{t, client(t, endpoint)}
	if _, err := d.testFailover("carts", "0001"); err != nil {
		t.Fatal(err)
	}
	jump(t, control, `{"until": "idle"}`)
	if _, err := d.testFailover("rates", "0001"); !is[*types.APICallRateForCustomerExceededFault](err) {
		t.Errorf("a second call on the day: %v", err)
	}
	jump(t, control, `{"duration": "24h"}`)
	if _, err := d.testFailover("rates", "0001"); err != nil {
		t.Errorf("a second call a day later: %v", err)
	}
}

// TestModifyAndReboot: a replica is promoted by hand, which takes automatic failover off first, and a node is rebooted.
func TestModifyAndReboot(t *testing.T) {
	endpoint, control := controlled(t, imported(t), "--paused")
	d := gameDay{t, client(t, endpoint)}
	modify := func(in elasticache.ModifyReplicationGroupInput) error {
		in.ReplicationGroupId, in.ApplyImmediately = aws.String("carts"), aws.Bool(true)
		_, err := d.api.ModifyReplicationGroup(t.Context(), &in)
		jump(t, control, `{"duration": "1h"}`)
		return err
	}
	promotion := elasticache.ModifyReplicationGroupInput{PrimaryClusterId: aws.String("carts-003")}
	if err := modify(promotion); !is[*types.InvalidReplicationGroupStateFault](err) {
		t.Errorf("promotion with automatic failover on: %v", err)
	}
	if err := modify(elasticache.ModifyReplicationGroupInput{AutomaticFailoverEnabled: aws.Bool(false), MultiAZEnabled: aws.Bool(false)}); err != nil {
		t.Fatal(err)
	}
	if err := modify(promotion); err != nil {
		t.Fatal(err)
	}
	if got := primaryOf(d.group("carts").NodeGroups[0]); got != "carts-003" {
		t.Errorf("the primary is %s, want carts-003", got)
	}
	reboot := &elasticache.RebootCacheClusterInput{CacheClusterId: aws.String("carts-001"), CacheNodeIdsToReboot: []string{"0001"}}
	out, err := d.api.RebootCacheCluster(t.Context(), reboot)
	if err != nil || *out.CacheCluster.CacheClusterStatus != "rebooting cluster nodes" {
		t.Fatalf("reboot: %v", err)
	}
	if _, err := d.api.RebootCacheCluster(t.Context(), reboot); !is[*types.InvalidCacheClusterStateFault](err) {
		t.Errorf("reboot of a node that reboots: %v", err)
	}
}
