package aws_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/elasticache"
	"github.com/aws/aws-sdk-go-v2/service/elasticache/types"
)

// troubled is a client that waits little between its attempts, and the number that it makes by default.
func troubled(t *testing.T, flags ...string) *elasticache.Client {
	endpoint := serve(t, imported(t), append(flags, "--speed", "max")...)
	return elasticache.NewFromConfig(settings(t, endpoint, keyID, secret), func(o *elasticache.Options) {
		o.Retryer = retry.NewStandard(func(o *retry.StandardOptions) { o.Backoff = retry.NewExponentialJitterBackoff(1) })
	})
}

// TestRetriesOfAnAcceptedCallAreRefused: a call of TestFailover that is accepted but whose answer is lost is made again by the SDK, and
// meets the failover that it began. With seed 1 a rate of a half drops the first call, and not the second.
func TestRetriesOfAnAcceptedCallAreRefused(t *testing.T) {
	for _, trouble := range []string{"accepted-but-500=1", "drop=0.5"} {
		t.Run(trouble, func(t *testing.T) {
			api := troubled(t, "--seed", "1", "--trouble", trouble)
			_, err := api.TestFailover(t.Context(), &elasticache.TestFailoverInput{ReplicationGroupId: aws.String("orders"), NodeGroupId: aws.String("0003")})
			if !is[*types.InvalidReplicationGroupStateFault](err) {
				t.Errorf("%v; want what refuses a call while the first one's node replacement runs", err)
			}
		})
	}
}

func TestThrottlingIsRetried(t *testing.T) {
	api := troubled(t, "--trouble", "throttling=1")
	_, err := api.DescribeReplicationGroups(t.Context(), &elasticache.DescribeReplicationGroupsInput{})
	if !refusedWith(err, "Throttling", 400) || !is[*retry.MaxAttemptsError](err) {
		t.Errorf("%v; want Throttling after three attempts", err)
	}
}
