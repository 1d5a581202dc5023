package aws_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// session makes the same raw calls of a new server, and returns all that it answers but the wall clock's Date.
func session(t *testing.T, seed string) string {
	t.Helper()
	endpoint := serve(t, imported(t), "--seed", seed, "--start", "2026-01-01T00:00:00Z", "--speed", "max")
	var said strings.Builder
	calls := []string{"Action=TestFailover&ReplicationGroupId=ledger&NodeGroupId=0002", "Action=TestFailover&ReplicationGroupId=carts&NodeGroupId=0001"}
	for range 12 {
		calls = append(calls, "Action=DescribeReplicationGroups&ReplicationGroupId=carts", "Action=DescribeEvents", "Action=TestFailover")
	}
	calls = append(calls, "Action=DescribeReplicationGroups&MaxRecords=20", "Action=DescribeCacheClusters&ShowCacheNodeInfo=true")
	for _, call := range calls {
		form, err := url.ParseQuery(call)
		if err != nil {
			t.Fatal(err)
		}
		form.Set("Version", "2015-02-02")
		response, err := http.PostForm(endpoint, form)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		said.WriteString(response.Status + " " + response.Header.Get("X-Amzn-Requestid") + "\n" + string(body) + "\n")
	}
	return said.String()
}

func TestSameSeedAndCallsGiveTheSameBytes(t *testing.T) {
	first := session(t, "7")
	if second := session(t, "7"); first != second {
		t.Error("two sessions with one seed differ")
	}
	if !strings.Contains(first, "Finished recovery for cache nodes 0001") {
		t.Error("no failover came to its end in the session")
	}
	if other := session(t, "8"); first == other {
		t.Error("two sessions with different seeds are the same")
	}
}
