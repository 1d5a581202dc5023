package sim

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestSlotsAreSplitAsElastiCacheDoes has the ranges of the documented answers (AWS CLI, test-failover).
func TestSlotsAreSplitAsElastiCacheDoes(t *testing.T) {
	for n, want := range map[int]string{
		1: "0-16383",
		2: "0-8191,8192-16383",
		3: "0-5461,5462-10922,10923-16383",
	} {
		if got := FormatSlots(evenSlots(n)); got != want {
			t.Errorf("%d node groups: %s, want %s", n, got, want)
		}
	}
}

func TestEvenSlotsCoverEachSlotOnce(t *testing.T) {
	for n := 1; n <= mostNodeGroups; n++ {
		next := 0
		for i, r := range evenSlots(n) {
			size := int(r.Last) - int(r.First) + 1
			want := Slots / n
			if i < Slots%n {
				want++
			}
			if int(r.First) != next || size != want {
				t.Fatalf("%d node groups: range %d is %v", n, i, r)
			}
			next = int(r.Last) + 1
		}
		if next != Slots {
			t.Fatalf("%d node groups end at %d", n, next)
		}
	}
}

func TestSlotsAreReadAndWritten(t *testing.T) {
	for text, want := range map[string]string{
		"0-5461":         "0-5461",
		"5":              "5-5",
		"7,5":            "5-5,7-7",
		"200-299, 0-99":  "0-99,200-299",
		"0-99,100-199":   "0-199",
		" 0 - 16383 ":    "0-16383",
		"":               "error",
		"0-99,":          "error",
		"0-16384":        "error",
		"-1-5":           "error",
		"9-8":            "error",
		"1-2-3":          "error",
		"0-99,99-100":    "error",
		"0-10,3,20":      "error",
		"a":              "error",
		"0-99999999999":  "error",
		"0x1":            "error",
		"10-20,15":       "error",
		"16383,16383":    "error",
		"65536":          "error",
		"16383, 0-16382": "0-16383",
	} {
		got := "error"
		if ranges, err := ParseSlots(text); err == nil {
			got = FormatSlots(ranges)
		}
		if got != want {
			t.Errorf("%q reads as %s, want %s", text, got, want)
		}
	}
}

// TestSlotsSurviveWriting compares sets of slots with a dumb list of booleans.
func TestSlotsSurviveWriting(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var has [Slots]bool
		var parts []string
		for range rapid.IntRange(1, 20).Draw(t, "ranges") {
			first := rapid.IntRange(0, Slots-1).Draw(t, "first")
			last := min(Slots-1, first+rapid.IntRange(0, 300).Draw(t, "length"))
			for s := first; s <= last; s++ {
				if has[s] {
					last = s - 1
					break
				}
				has[s] = true
			}
			if last >= first {
				parts = append(parts, SlotRange{uint16(first), uint16(last)}.String())
			}
		}
		ranges, err := ParseSlots(strings.Join(parts, ","))
		if err != nil {
			t.Fatal(err)
		}
		var got [Slots]bool
		for _, r := range append(ranges, uncovered(ranges)...) {
			for s := int(r.First); s <= int(r.Last); s++ {
				if got[s] {
					t.Fatalf("slot %d is both in a range and in a gap", s)
				}
				got[s] = true
			}
		}
		for s := range got {
			inRange := false
			for _, r := range ranges {
				inRange = inRange || int(r.First) <= s && s <= int(r.Last)
			}
			if !got[s] || inRange != has[s] {
				t.Fatalf("slot %d", s)
			}
		}
	})
}

func TestNodesAreNamedAsElastiCacheNamesThem(t *testing.T) {
	for mode, want := range map[ClusterMode]string{
		ClusterDisabled: "rg-002", ClusterCompatible: "rg-002", ClusterEnabled: "rg-0003-002",
	} {
		if got := nodeName("rg", mode, "0003", 1); got != want {
			t.Errorf("cluster mode %s: %s, want %s", mode, got, want)
		}
	}
}

// TestPlacementOverZones: the first letter is the primary's zone, the others are the replicas'.
func TestPlacementOverZones(t *testing.T) {
	for _, test := range []struct {
		zones        string
		shard        int
		primary      string
		replicaZones string // given by hand
		replicas     int
		want         string
	}{
		{zones: "abc", shard: 0, replicas: 2, want: "abc"},
		{zones: "abc", shard: 1, replicas: 2, want: "bca"},
		{zones: "abc", shard: 5, replicas: 2, want: "cab"},
		{zones: "abc", shard: 0, replicas: 5, want: "abcbcb"},
		{zones: "ab", shard: 1, replicas: 3, want: "baaa"},
		{zones: "a", shard: 3, replicas: 2, want: "aaa"},
		{zones: "abc", shard: 0, replicas: 0, want: "a"},
		{zones: "abc", shard: 0, primary: "c", replicas: 2, want: "cab"},
		{zones: "abc", shard: 1, primary: "x", replicas: 3, want: "xbca"},
		{zones: "abc", shard: 0, replicaZones: "a", replicas: 1, want: "ba"},
		{zones: "abc", shard: 1, replicaZones: "bc", replicas: 2, want: "abc"},
		{zones: "abc", shard: 1, replicaZones: "abc", replicas: 3, want: "babc"},
		{zones: "abc", shard: 0, primary: "a", replicaZones: "a", replicas: 1, want: "aa"},
	} {
		p := placement{zones: strings.Split(test.zones, ""), shard: test.shard, primaryZone: test.primary}
		if test.replicaZones != "" {
			p.replicaZones = strings.Split(test.replicaZones, "")
		}
		got := p.primary() + strings.Join(p.replicas(test.replicas), "")
		if got != test.want {
			t.Errorf("%+v: %s", test, got)
		}
	}
}

func TestIDs(t *testing.T) {
	for id, want := range map[string]bool{
		"a": true, "game-day-1": true, "A1": true, strings.Repeat("a", 40): true, strings.Repeat("a", 41): false,
		"": false, "1a": false, "-a": false, "a-": false, "a--b": false, "a_b": false, "a.b": false, "ä": false, "a b": false,
	} {
		if got := validGroupID(id); got != want {
			t.Errorf("group id %q: %v", id, got)
		}
	}
	for id, want := range map[string]bool{
		"1": true, "0001": true, "9999": true, "": false, "00001": false, "1a": false, "-1": false, "٣": false,
	} {
		if got := validNodeGroupID(id); got != want {
			t.Errorf("node group id %q: %v", id, got)
		}
	}
	for _, test := range []struct {
		group, nodeGroup string
		want             Violation
	}{{"a", "1", NoViolation}, {"a-", "x", InvalidGroupID}, {"a", "x", InvalidNodeGroupID}} {
		if got := CheckIDs(test.group, test.nodeGroup); got != test.want {
			t.Errorf("%s/%s: %v", test.group, test.nodeGroup, got)
		}
	}
}
