package aws_test

import (
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticache"
	"github.com/aws/aws-sdk-go-v2/service/elasticache/types"
)

// refusals are TestFailover's, each as a client finds it: by its Go type.
var refusals = map[string]func(error) bool{
	"APICallRateForCustomerExceededFault":  is[*types.APICallRateForCustomerExceededFault],
	"InvalidCacheClusterStateFault":        is[*types.InvalidCacheClusterStateFault],
	"InvalidKMSKeyFault":                   is[*types.InvalidKMSKeyFault],
	"InvalidParameterCombinationException": is[*types.InvalidParameterCombinationException],
	"InvalidParameterValueException":       is[*types.InvalidParameterValueException],
	"InvalidReplicationGroupStateFault":    is[*types.InvalidReplicationGroupStateFault],
	"NodeGroupNotFoundFault":               is[*types.NodeGroupNotFoundFault],
	"ReplicationGroupNotFoundFault":        is[*types.ReplicationGroupNotFoundFault],
	"TestFailoverNotAvailableFault":        is[*types.TestFailoverNotAvailableFault],
}

func is[E error](err error) bool {
	var target E
	return errors.As(err, &target)
}

var (
	recipeFleet = regexp.MustCompile("(?s)```toml\n(name = \"refusals\"\n.*?)```")
	recipeRow   = regexp.MustCompile(`(?m)^\| ([a-z]+) \| ([0-9]+) \| ([A-Za-z]+) \| ?(.*) \|$`)
)

// TestEveryRefusalIsItsTypedException makes the calls of docs/serve.md.
func TestEveryRefusalIsItsTypedException(t *testing.T) {
	text, err := os.ReadFile(root + "/docs/serve.md")
	if err != nil {
		t.Fatal(err)
	}
	fleet := recipeFleet.FindStringSubmatch(string(text))
	rows := recipeRow.FindAllStringSubmatch(string(text), -1)
	if fleet == nil || len(rows) == 0 {
		t.Fatal("docs/serve.md has no recipes")
	}
	api := client(t, serve(t, fleet[1], "--speed", "max"))
	call := func(row []string) error {
		_, err := api.TestFailover(t.Context(), &elasticache.TestFailoverInput{ReplicationGroupId: aws.String(row[1]), NodeGroupId: aws.String(row[2])})
		return err
	}
	met := map[string]bool{}
	for _, row := range rows {
		err := call(row)
		if strings.HasPrefix(row[4], "once") {
			for polls := 0; !refusals[row[3]](err) && polls < 100; polls++ {
				if _, err := api.DescribeEvents(t.Context(), &elasticache.DescribeEventsInput{}); err != nil {
					t.Fatal(err)
				}
				err = call(row)
			}
		}
		met[row[3]] = true
		switch refusal, ok := refusals[row[3]]; {
		case row[3] == "accepted" && err != nil, ok && !refusal(err):
			t.Errorf("%s/%s: %v; want %s", row[1], row[2], err, row[3])
		case row[3] != "accepted" && !ok:
			t.Errorf("TestFailover has no %s", row[3])
		}
	}
	for name := range refusals {
		if !met[name] {
			t.Errorf("docs/serve.md has no recipe for %s", name)
		}
	}
}
