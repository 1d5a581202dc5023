package server_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"failsim/scenario"
	"failsim/server"
)

// BenchmarkDescribe answers about one group of 10 node groups of 3 nodes, among 100. bench/serve measures the same with all that is
// around it.
func BenchmarkDescribe(b *testing.B) {
	sc, err := scenario.Parse("load.toml", []byte("horizon = \"24h\"\n[[replication_group]]\nid = \"load\"\ncount = 100\nnode_groups = 10\nreplicas = 2\n"), nil)
	if err != nil {
		b.Fatal(err)
	}
	fleet := server.NewFleet(&sc.Config, 1, server.Clock{Speed: 1, Wall: start})
	handler := server.New(fleet, server.Settings{})
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequest(http.MethodPost, "http://localhost/", strings.NewReader("Action=DescribeReplicationGroups&ReplicationGroupId=load-42&Version=2015-02-02"))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		if handler.ServeHTTP(w, r); w.Code != 200 {
			b.Fatal(w.Body)
		}
	}
}
