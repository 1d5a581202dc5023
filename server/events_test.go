package server_test

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// many is a fleet of groups g-1, g-2 and so on, two at least, with two nodes each and quota enough for all of them.
func many(groups int) string {
	return fmt.Sprintf("horizon = \"24h\"\n[quota]\nlimit = 1000\n[[replication_group]]\nid = \"g\"\ncount = %d\ncluster_mode = \"disabled\"\n", groups)
}

// hourly is a service in which group g-1 was called at virtual zero, g-2 an hour later, and so on; now is an hour after the last.
func hourly(t *testing.T, calls int) *service {
	s := still(t, many(max(2, calls)))
	for i := range calls {
		s.call("TestFailover", "ReplicationGroupId", fmt.Sprintf("g-%d", i+1), "NodeGroupId", "0001").fine()
		s.fleet.Advance(time.Hour)
	}
	return s
}

// called are the groups that were called, by their events in the answer.
func (a *answer) called() string {
	a.t.Helper()
	var groups []string
	for _, e := range a.fine().all("DescribeEventsResult>Events>Event") {
		if strings.HasPrefix(e.text("Message"), "Test Failover API called") {
			groups = append(groups, strings.TrimPrefix(e.text("SourceIdentifier"), "g-"))
		}
	}
	return strings.Join(groups, " ")
}

func at(hours float64) string {
	return start().Add(time.Duration(hours * float64(time.Hour))).Format("2006-01-02T15:04:05.000Z")
}

// TestWindowsOfEvents: six calls, at 0 h to 5 h, and now is 6 h. Both ends of a window are included, newest comes first, and where nothing is
// said the window is an hour.
func TestWindowsOfEvents(t *testing.T) {
	s := hourly(t, 6)
	for _, c := range []struct{ parameters, want string }{
		{"", "6"},
		{"Duration 60", "6"},
		{"Duration 59", ""},
		{"Duration 240", "6 5 4 3"},
		{"StartTime " + at(2), "6 5 4 3"},
		{"StartTime " + at(2.001), "6 5 4"},
		{"EndTime " + at(3), "4 3"},
		{"EndTime " + at(2.999), "3"},
		{"EndTime " + at(100), ""},
		{"StartTime " + at(1) + " EndTime " + at(3), "4 3 2"},
		{"StartTime " + at(3) + " EndTime " + at(3), "4"},
		{"StartTime " + at(1) + " Duration 120", "4 3 2"},
		{"StartTime " + at(1) + " Duration 119", "3 2"},
		{"EndTime " + at(3) + " Duration 120", "4 3 2"},
		{"EndTime " + at(3) + " Duration 119", "4 3"},
		{"StartTime " + at(-1000) + " EndTime " + at(0), "1"},
		{"StartTime " + at(7), ""},
		{"StartTime 2026-01-01T04:00:00+02:00 Duration 60", "4 3"},
		{"SourceIdentifier G-3 Duration 1000", "3"},
		{"SourceIdentifier g-3-001 Duration 1000", ""},
		{"SourceType replication-group Duration 1000", "6 5 4 3 2 1"},
		{"SourceType cache-cluster Duration 1000", ""},
		{"SourceType user Duration 1000", ""},
	} {
		if got := s.call("DescribeEvents", strings.Fields(c.parameters)...).called(); got != c.want {
			t.Errorf("%q: groups %q, want %q", c.parameters, got, c.want)
		}
	}
}

func TestWindowsThatAreRefused(t *testing.T) {
	s := still(t, zoo)
	for code, all := range map[string][]string{
		"InvalidParameterCombination": {
			"StartTime " + at(2) + " EndTime " + at(1),
			"StartTime " + at(1) + " EndTime " + at(2) + " Duration 60",
		},
		"InvalidParameterValue": {
			"Duration 0", "Duration -1", "Duration 1h", "StartTime yesterday", "EndTime 2026-01-01", "SourceType node", "MaxRecords 19", "MaxRecords 101",
			"MaxRecords many", "Marker x", "Marker *",
		},
	} {
		for _, parameters := range all {
			s.call("DescribeEvents", strings.Fields(parameters)...).refused(code)
		}
	}
}

// TestEventsAreKeptFor14Days, judged at virtual now, the last instant included.
func TestEventsAreKeptFor14Days(t *testing.T) {
	s := hourly(t, 1)
	s.fleet.Advance(14*24*time.Hour - time.Hour)
	if got := s.call("DescribeEvents", "StartTime", at(-1)).called(); got != "1" {
		t.Errorf("after 14 days: groups %q", got)
	}
	s.fleet.Advance(time.Millisecond)
	for _, window := range []string{"StartTime " + at(-1), "Duration 100000", "StartTime " + at(-1) + " EndTime " + at(0)} {
		if got := s.call("DescribeEvents", strings.Fields(window)...).called(); got != "" {
			t.Errorf("after 14 days and a millisecond: %s: groups %q", window, got)
		}
	}
}

// TestPagesOfAnEndlessWindow: an EndTime that stands for no end, beyond what fits into nanoseconds, brings all pages too; and a later page
// forgets what has grown too old meanwhile.
func TestPagesOfAnEndlessWindow(t *testing.T) {
	s := hourly(t, 25)
	parameters := []string{"EndTime", "9999-12-31T23:59:59Z", "StartTime", at(-1), "MaxRecords", "40", "SourceType", "replication-group"} // two a failover
	first := s.call("DescribeEvents", parameters...)
	marker := first.root.text("DescribeEventsResult>Marker")
	next := append(parameters, "Marker", marker)
	if got, then := first.called(), s.call("DescribeEvents", next...).called(); got+" "+then != "25 24 23 22 21 20 19 18 17 16 15 14 13 12 11 10 9 8 7 6 5 4 3 2 1" {
		t.Errorf("pages of groups %q and %q", got, then)
	}
	s.fleet.Advance(14*24*time.Hour - 25*time.Hour + 3*time.Hour)
	if got := s.call("DescribeEvents", next...).called(); got != "5 4" {
		t.Errorf("14 days after call 4: the second page has groups %q, want 5 and 4", got)
	}
}

// TestTheDateOfAnEventBoundsIt: a client that asks for what happened from, or up to, the Date that it was shown, gets that event, though
// the instant itself is finer than a Date can say.
func TestTheDateOfAnEventBoundsIt(t *testing.T) {
	s := still(t, many(2))
	s.fleet.Advance(time.Hour + 123_456*time.Nanosecond)
	s.call("TestFailover", "ReplicationGroupId", "g-1", "NodeGroupId", "0001").fine()
	date := s.call("DescribeEvents").root.text("DescribeEventsResult>Events>Event>Date")
	if want := "2026-01-01T01:00:00.000Z"; date != want {
		t.Fatalf("Date %s, want %s", date, want)
	}
	s.fleet.Advance(time.Minute)
	for _, bound := range []string{"StartTime", "EndTime"} {
		if got := s.call("DescribeEvents", bound, date).called(); got != "1" {
			t.Errorf("%s %s: groups %q, want 1", bound, date, got)
		}
	}
}

// TestTheFiveEvents of a failover: the texts and the order of occurrence are those of the API reference, the oldest last.
func TestTheFiveEvents(t *testing.T) {
	s := still(t, many(2))
	s.call("TestFailover", "ReplicationGroupId", "g-1", "NodeGroupId", "0001").fine()
	s.fleet.AdvanceUntilIdle()
	var got []string
	events := s.call("DescribeEvents").fine().all("DescribeEventsResult>Events>Event")
	slices.Reverse(events)
	for _, e := range events {
		got = append(got, e.text("SourceType")+" "+e.text("SourceIdentifier")+": "+e.text("Message"))
	}
	const completed = "Failover from primary node g-1-001 to replica node g-1-002 completed"
	want := []string{
		"replication-group g-1: Test Failover API called for node group 0001",
		"cache-cluster g-1-001: " + completed,
		"replication-group g-1: " + completed,
		"cache-cluster g-1-001: Recovering cache nodes 0001",
		"cache-cluster g-1-001: Finished recovery for cache nodes 0001",
	}
	if !slices.Equal(got, want) {
		t.Errorf("events\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// pages reads a list to its end.
func (s *service) pages(action, item string, parameters ...string) (pages [][]string) {
	s.t.Helper()
	for marker := ""; ; {
		a := s.call(action, append(parameters, "Marker", marker)...).fine()
		pages = append(pages, a.texts(action+"Result>"+item))
		markers := a.texts(action + "Result>Marker")
		if len(markers) == 0 {
			return pages
		}
		marker = markers[0]
	}
}

func sizes(pages [][]string) (all []int) {
	for _, page := range pages {
		all = append(all, len(page))
	}
	return all
}

// TestLists come in pages of MaxRecords, a hundred by default, with a marker while there is more and none at the end.
func TestListsComeInPages(t *testing.T) {
	s := still(t, many(60)) // and 120 nodes
	const groups, clusters = "ReplicationGroups>ReplicationGroup>ReplicationGroupId", "CacheClusters>CacheCluster>CacheClusterId"
	for _, c := range []struct {
		action, item, most string
		want               []int
	}{
		{"DescribeReplicationGroups", groups, "20", []int{20, 20, 20}},
		{"DescribeReplicationGroups", groups, "59", []int{59, 1}},
		{"DescribeReplicationGroups", groups, "60", []int{60}},
		{"DescribeCacheClusters", clusters, "100", []int{100, 20}},
		{"DescribeCacheClusters", clusters, "50", []int{50, 50, 20}},
	} {
		pages := s.pages(c.action, c.item, "MaxRecords", c.most)
		if !slices.Equal(sizes(pages), c.want) {
			t.Errorf("%s by %s: pages of %v, want %v", c.action, c.most, sizes(pages), c.want)
		}
		all := slices.Concat(pages...)
		if slices.Sort(all); len(slices.Compact(all)) != len(all) {
			t.Errorf("%s by %s: an item stands twice", c.action, c.most)
		}
	}
	if got := sizes(s.pages("DescribeCacheClusters", clusters)); !slices.Equal(got, []int{100, 20}) {
		t.Errorf("cache clusters without MaxRecords: pages of %v", got)
	}
}

// TestEventsComeInPages: what happens between two pages neither shifts nor joins the list, whose window its first page settled.
func TestEventsComeInPages(t *testing.T) {
	s := hourly(t, 10) // five events each
	const item = "Events>Event>Date"
	all := slices.Concat(s.pages("DescribeEvents", item, "Duration", "1000")...)
	if len(all) != 50 || !slices.IsSortedFunc(all, func(a, b string) int { return strings.Compare(b, a) }) {
		t.Fatalf("%d events, want 50 and the newest first: %v", len(all), all)
	}
	var paged []string
	for marker, n := "", 1; ; n++ {
		a := s.call("DescribeEvents", "Duration", "1000", "MaxRecords", "20", "Marker", marker).fine()
		paged = append(paged, a.texts("DescribeEventsResult>"+item)...)
		if marker = a.root.text("DescribeEventsResult>Marker"); marker == "" {
			break
		}
		s.call("TestFailover", "ReplicationGroupId", fmt.Sprintf("g-%d", n), "NodeGroupId", "0001").fine()
		s.fleet.Advance(700 * time.Minute) // the start of a new window of 1000 minutes would pass the oldest
	}
	if !slices.Equal(paged, all) {
		t.Errorf("pages have %v\nwant %v", paged, all)
	}
}

// TestForeignMarkersAreRefused: a marker belongs to the list that gave it, in any size of page.
func TestForeignMarkersAreRefused(t *testing.T) {
	s := still(t, many(60))
	marker := s.call("DescribeReplicationGroups", "MaxRecords", "20").root.text("DescribeReplicationGroupsResult>Marker")
	if got := s.call("DescribeReplicationGroups", "MaxRecords", "50", "Marker", marker).fine().
		texts("DescribeReplicationGroupsResult>ReplicationGroups>ReplicationGroup>ReplicationGroupId"); len(got) != 40 || got[0] != "g-21" {
		t.Errorf("after 20 groups comes %v", got)
	}
	s.call("DescribeCacheClusters", "Marker", marker).refused("InvalidParameterValue")
	s.call("DescribeEvents", "Marker", marker).refused("InvalidParameterValue")
	s.call("DescribeReplicationGroups", "Marker", marker[1:]).refused("InvalidParameterValue")
	for i := range 60 {
		s.call("TestFailover", "ReplicationGroupId", fmt.Sprintf("g-%d", i+1), "NodeGroupId", "0001").fine()
	}
	events := s.call("DescribeEvents", "MaxRecords", "20").root.text("DescribeEventsResult>Marker")
	s.call("DescribeEvents", "MaxRecords", "50", "Marker", events).fine()
	s.call("DescribeEvents", "Duration", "61", "Marker", events).refused("InvalidParameterValue")
	s.call("DescribeEvents", "SourceType", "replication-group", "Marker", events).refused("InvalidParameterValue")

	text, err := base64.RawURLEncoding.DecodeString(events)
	if err != nil {
		t.Fatal(err)
	}
	list, _, _ := strings.Cut(string(text), " ")
	for _, madeUp := range []string{list, list + " 5", list + " -5 1 2", list + " 5 x y", list + " 5 1 2 3", list + " 99999999999999999999 1 2"} {
		s.call("DescribeEvents", "Marker", base64.RawURLEncoding.EncodeToString([]byte(madeUp))).refused("InvalidParameterValue")
	}
	s.call("DescribeEvents", "Marker", base64.RawURLEncoding.EncodeToString([]byte(list+" 5000000 1 2"))).fine()
}
