package describe

import (
	"slices"
)

// extra is a member of an answer that matters to people but has no place in a scenario.
type extra struct {
	member string
	what   string
}

func groupExtras() []extra {
	return []extra{
		{"SnapshotRetentionLimit", "daily snapshots"},
		{"LogDeliveryConfigurations", "log delivery"},
		{"GlobalReplicationGroupInfo", "membership of a global datastore"},
		{"DataTiering", "data tiering"},
		{"KmsKeyId", "the customer's own key"},
		{"PendingModifiedValues", "pending modifications"},
		{"MemberClustersOutpostArns", "Outposts"},
		{"Durability", "durability"},
	}
}

func clusterExtras() []extra {
	return []extra{{"CacheParameterGroup", "parameter groups"}}
}

// tally collects who has which extra.
type tally map[extra]map[string]bool

// look counts the extras that an answer shows for one group or node, by its place in the answer.
func (t tally) look(o object, extras []extra) {
	for _, e := range extras {
		if o.get(e.member).meaningful() {
			t.count(e, o.path)
		}
	}
}

func (t tally) count(e extra, who string) {
	if t[e] == nil {
		t[e] = map[string]bool{}
	}
	t[e][who] = true
}

// note says once for each extra how many of the groups have it.
func (t tally) note(notes *notes, groups int) {
	for _, e := range slices.Concat(groupExtras(), clusterExtras()) {
		if n := len(t[e]); n > 0 {
			notes.add("a scenario has no place for %s (%s), found in %d of %s", e.what, e.member, n, count(groups, "group"))
		}
	}
}
