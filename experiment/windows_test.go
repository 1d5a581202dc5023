package experiment

import (
	"bytes"
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
	packed.Add(41, nil)
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
	got, err := unpacked(&packed, fleetOf(1000))
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
}

// unpacked reads the windows back from storage, up to the first error.
func unpacked(w *Windows, cfg *sim.Config) (all []Window, err error) {
	err = Storing(func(_ Range, text []byte, _ bool) error {
		p, err := readSection(bytes.NewReader(text), 0, int64(len(text)))
		if err != nil {
			return err
		}
		all, err = windowsOf(&p, cfg)
		return err
	}).Windows(Range{}, w)
	return all, err
}

func windowsOf(p *piece, cfg *sim.Config) (all []Window, err error) {
	p.windows(cfg, func(window Window, failed error) bool {
		all, err = append(all, window), failed
		return true
	})
	return all, err
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
		if _, err := unpacked(&packed, fleetOf(5)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	whole := appendWindows(nil, []sim.OutageWindow{good})
	for n := 1; n < len(whole); n++ {
		packed := Windows{Trials: 1, packed: append([]byte{byte(n), 0, 0, 0}, whole[:n]...)}
		if _, err := unpacked(&packed, fleetOf(5)); err == nil || !strings.Contains(err.Error(), "ends in the middle") {
			t.Errorf("%d bytes of %d: %v", n, len(whole), err)
		}
	}
}
