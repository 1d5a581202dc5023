package experiment

import (
	"slices"
	"strings"
	"testing"

	"failsim/sim"

	"github.com/google/go-cmp/cmp"
)

// everyWindow has one of each access, observer, cause and campaign, censored and not; those of groups and of the fleet between them.
func everyWindow() (all []sim.OutageWindow) {
	for access := range sim.AccessRedundancy + 1 {
		for observer := range sim.ObserverEndpoint + 1 {
			for cause := range sim.NumCauses {
				for n := range int32(3) {
					from := sim.Time(len(all)/2) * 3_600_000_000_001
					all = append(all, sim.OutageWindow{From: from, To: from + sim.Time(n*n+1), Group: n % 2, NodeGroup: 499*n - 1, Campaign: n - 1,
						Access: access, Observer: observer, Cause: cause, Censored: n == 1})
				}
			}
		}
	}
	return all
}

func fleetOf(nodeGroups int) *sim.Config {
	g := sim.GroupConfig{NodeGroups: make([]sim.NodeGroupConfig, nodeGroups)}
	return &sim.Config{Groups: []sim.GroupConfig{g, g}, Campaigns: make([]sim.CampaignConfig, 2)}
}

func TestWindowsComeBackAsTheyWere(t *testing.T) {
	var packed Windows
	packed.Add(40, everyWindow())
	packed.Add(42, everyWindow()[:5])
	var want []Window
	for _, w := range everyWindow() {
		if w.NodeGroup >= 0 {
			want = append(want, Window{40, w})
		}
	}
	for _, w := range everyWindow()[:5] {
		if w.NodeGroup >= 0 {
			want = append(want, Window{42, w})
		}
	}
	if diff := cmp.Diff(want, slices.Collect(packed.All())); diff != "" {
		t.Error(diff)
	}
	if err := packed.check(fleetOf(1000)); err != nil {
		t.Error(err)
	}
}

func TestWindowsThatCannotBeAreRefused(t *testing.T) {
	good := sim.OutageWindow{To: 1, Campaign: 1, Group: 1, NodeGroup: 4}
	cases := map[string]func(w *sim.OutageWindow){
		"group 2":      func(w *sim.OutageWindow) { w.Group = 2 },
		"group -1":     func(w *sim.OutageWindow) { w.Group = -1 },
		"node group 5": func(w *sim.OutageWindow) { w.NodeGroup = 5 },
		"cause":        func(w *sim.OutageWindow) { w.Cause = sim.NumCauses },
		"kind":         func(w *sim.OutageWindow) { w.Access = sim.AccessRedundancy + 1 },
		"not here":     func(w *sim.OutageWindow) { w.Campaign = 2 },
		"campaign -2":  func(w *sim.OutageWindow) { w.Campaign = -2 },
	}
	for want, spoil := range cases {
		w := good
		spoil(&w)
		var packed Windows
		packed.Add(0, []sim.OutageWindow{w})
		if err := packed.check(fleetOf(5)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	whole := appendWindows(nil, []sim.OutageWindow{good})
	for n := 1; n < len(whole); n++ {
		packed := Windows{Packed: [][]byte{whole[:n]}}
		if err := packed.check(fleetOf(5)); err == nil || !strings.Contains(err.Error(), "ends in the middle") {
			t.Errorf("%d bytes of %d: %v", n, len(whole), err)
		}
	}
}
