package scenario

import (
	"testing"

	"failsim/sim"

	"github.com/google/go-cmp/cmp"
)

// TestCallsThatCannotBeAcceptedAreWarnedOf: the API answers them, so that they are no mistakes.
func TestCallsThatCannotBeAcceptedAreWarnedOf(t *testing.T) {
	s := parse(t, aloneText+`
[[call]]
action = "reboot"
at = "1m"
node = "a"
[[call]]
action = "modify"
at = "2m"
group = "a"
[[call]]
action = "modify"
at = "3m"
group = "a"
primary = "a-009"
[[call]]
action = "modify"
at = "4m"
group = "c"
multi_az = false
[[call]]
action = "modify"
at = "5m"
group = "A"
primary = "A-002"
`)
	var got []string
	for _, w := range s.Warnings {
		got = append(got, w.Key+": "+w.Text)
	}
	want := []string{
		`call[1].node: "a" will be refused with CacheClusterNotFound: no such cache cluster`,
		`call[2].group: "a" will be refused with InvalidParameterCombination: no modifications were requested`,
		`call[3].primary: "a-009" will be refused with CacheClusterNotFound: no such cache cluster`,
		`call[4].group: "c" will be refused with ReplicationGroupNotFoundFault: no such replication group`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestWhatRebootsAndModificationsRestOnIsAssumed, and what only calls of TestFailover rest on is not.
func TestWhatRebootsAndModificationsRestOnIsAssumed(t *testing.T) {
	assumed := func(text string) map[string]bool {
		names := map[string]bool{}
		for _, d := range parse(t, aloneText+text).Assumptions {
			names[d.Name] = true
		}
		return names
	}
	names := assumed("[[call]]\naction = \"modify\"\nat = \"1m\"\ngroup = \"a\"\nprimary = \"a-002\"\n")
	for name, want := range map[string]bool{"delays.modify": true, "delays.swap": true, "delays.reboot": false, "delays.accept": false} {
		if names[name] != want {
			t.Errorf("modify: %s assumed: %t", name, !want)
		}
	}
	names = assumed("[[call]]\naction = \"reboot\"\nat = \"1m\"\nnode = \"a-001\"\n[[call]]\nat = \"1m\"\ngroup = \"a\"\nnode_group = \"0001\"\n")
	for name, want := range map[string]bool{"delays.modify": false, "delays.reboot": true, "delays.accept": true} {
		if names[name] != want {
			t.Errorf("reboot: %s assumed: %t", name, !want)
		}
	}
}

// TestPowerMayBeLostByAGroupThatBecomesMultiAZ: whether it is then is for the trial to say.
func TestPowerMayBeLostByAGroupThatBecomesMultiAZ(t *testing.T) {
	text := "[[replication_group]]\nid = \"a\"\nreplicas = 1\ncluster_mode = \"disabled\"\nmulti_az = false\n" +
		"[[call]]\naction = \"modify\"\nat = \"1m\"\ngroup = \"a\"\nmulti_az = true\n" +
		"[[fault]]\nkind = \"zone-power\"\nat = \"1h\"\nzone = \"us-east-1a\"\nduration = \"1h\"\ngroups = [\"a\"]\n"
	f := parse(t, text).Config.Faults[0]
	if diff := cmp.Diff(sim.TargetConfig{Zone: "us-east-1a", Groups: []int{0}, NodeGroup: -1, Node: -1}, f.Target); diff != "" {
		t.Error(diff)
	}
}
