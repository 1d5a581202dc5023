package measure

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"failsim/sim"
	"failsim/stats"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestMetricNamesAreTheContract(t *testing.T) {
	want := strings.Fields(`write_outage read_outage replica_read_outage reduced_redundancy group_write_outage
		fleet_write_outage longest_write_outage total_write_outage write_availability group_availability detection promotion propagation
		recovery call_to_completed lost_tail lost_writes data_losses failed_writes failed_reads peak_reads_per_node makespan covered
		accepted_calls refused_calls`)
	var got []string
	for _, m := range Metrics() {
		got = append(got, m.Name)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// What one trial gives: the number of values and their mean, overall and narrowed.
func TestOneTrial(t *testing.T) {
	s := tallyOf(t, twoGroups(), twoFailovers()).Summary(Info{Confidence: 0.95})
	cases := []struct {
		metric, observer, way, member string
		n                             int64
		mean                          float64
	}{
		// Service: 20 s and 30 s. Endpoint: 30.5 s and 30 s.
		{"write_outage", "service", "", "", 2, 25},
		{"write_outage", "endpoint", "", "", 2, 30.25},
		{"write_outage", "service", "group", "carts", 1, 20},
		{"write_outage", "service", "cause", "test-failover", 2, 25},
		{"write_outage", "endpoint", "campaign", "quarterly", 1, 30.5},
		{"group_write_outage", "service", "group", "sessions", 1, 30},
		{"fleet_write_outage", "endpoint", "", "", 2, 30.25},
		{"longest_write_outage", "service", "", "", 1, 30},
		{"longest_write_outage", "service", "group", "carts", 1, 20},
		{"total_write_outage", "endpoint", "", "", 1, 60.5},
		{"total_write_outage", "service", "campaign", "quarterly", 1, 20},
		// Within the hour lie 20 s of carts and 10 s of sessions: 1 - 30/(4 x 3600) over all node groups, 1 - 10/(3 x 3600)
		// for sessions; of groups 1 - 30/(2 x 3600) and 1 - 10/3600.
		{"write_availability", "service", "", "", 1, 0.99791667},
		{"write_availability", "service", "group", "sessions", 1, 0.999074074},
		{"group_availability", "service", "", "", 1, 0.99583333},
		{"group_availability", "service", "group", "sessions", 1, 0.99722222},
		{"promotion", "service", "", "", 2, 25},
		{"propagation", "service", "", "", 1, 5},           // carts alone has names
		{"recovery", "service", "", "", 2, 300},            // 400 s, and 200 s so far
		{"call_to_completed", "operator", "", "", 2, 31.5}, // 23 s and 40 s
		{"lost_tail", "service", "", "", 2, 0.5125},
		{"lost_writes", "service", "", "", 1, 2},      // 0.025 s x 100/s, rounded down
		{"failed_writes", "service", "", "", 1, 2000}, // 20 s x 100/s
		{"failed_writes", "endpoint", "group", "carts", 1, 3050},
		{"failed_reads", "service", "", "", 1, 0},
		{"peak_reads_per_node", "service", "", "", 1, 1000},
		{"makespan", "operator", "campaign", "quarterly", 1, 600}, // from its start at 60 s
		{"covered", "operator", "", "", 1, 0.25},
		{"accepted_calls", "operator", "", "", 1, 1},
		{"refused_calls", "operator", "", "", 1, 2},
		{"read_outage", "service", "", "", 0, math.NaN()},
	}
	for _, c := range cases {
		m := find(t, s, c.metric, c.observer)
		f := m.Figures
		if c.way != "" {
			f = m.By[c.way][c.member]
		}
		if got := mean(f); f.N != c.n || got != c.mean && !(math.IsNaN(got) && math.IsNaN(c.mean)) {
			t.Errorf("%s@%s %s %s: n = %d, mean %v; want %d, %v", c.metric, c.observer, c.way, c.member, f.N, got, c.n, c.mean)
		}
	}
	want := Calls{Made: 5, Accepted: 2,
		Refused: map[string]int64{"APICallRateForCustomerExceeded": 1, "InvalidReplicationGroupState": 2}}
	if diff := cmp.Diff(want, s.Calls); diff != "" {
		t.Error(diff)
	}
}

func TestFailedReadsComeFromReadWindows(t *testing.T) {
	o := twoFailovers()
	o.Windows = append(o.Windows, sim.OutageWindow{From: at(10), To: at(10.0015), Access: sim.AccessRead, Campaign: -1})
	s := tallyOf(t, twoGroups(), o).Summary(Info{Confidence: 0.95})
	if got := mean(find(t, s, "failed_reads", "service").Figures); got != 1 { // 1.5 ms x 1,000/s, rounded down
		t.Errorf("got %v", got)
	}
}

func TestATrialWithoutOutageCountsAsZero(t *testing.T) {
	s := tallyOf(t, twoGroups(), twoFailovers(), quietTrial()).Summary(Info{Confidence: 0.95})
	if f := find(t, s, "longest_write_outage", "service").Figures; f.N != 2 || mean(f) != 15 || *f.Min != 0 {
		t.Errorf("longest: %+v", f)
	}
	// Of availability the better trial is the maximum: 1, and 1 - 30/14400.
	if f := find(t, s, "write_availability", "service").Figures; *f.Max != 1 || *f.Min != 0.99791667 {
		t.Errorf("availability: %+v", f)
	}
	if f := find(t, s, "write_outage", "service").Figures; f.N != 2 {
		t.Errorf("windows: %+v", f)
	}
}

func TestLongestIsNotTheLast(t *testing.T) {
	s := tallyOf(t, twoGroups(), outages(10, 30, 20)).Summary(Info{Confidence: 0.95})
	if got := mean(find(t, s, "longest_write_outage", "service").Figures); got != 30 {
		t.Errorf("got %v", got)
	}
}

func quietTrial() *sim.Outcome {
	return &sim.Outcome{Seed: 7, Trial: 4, End: at(7200), PeakReads: make([]int64, 2),
		Campaigns: []sim.CampaignOutcome{{Targets: 4, Covered: 4, Ended: at(60)}}}
}

func TestPhaseThatNeverBeganHasNoValue(t *testing.T) {
	o := twoFailovers()
	o.Failovers, o.Recoveries = nil, nil
	called(o, sim.Failover{Group: 0, Campaign: -1, Accepted: at(7195), CutOff: at(7198), Promoted: sim.Never,
		Completed: sim.Never, Propagated: sim.Never, RecoveryStarted: sim.Never, Provisioned: sim.Never, Finished: sim.Never})
	s := tallyOf(t, twoGroups(), o).Summary(Info{Confidence: 0.95})
	type row struct {
		N, Censored int64
		Max         float64
	}
	got := map[string]row{}
	for _, name := range []string{"promotion", "propagation", "recovery", "lost_tail"} {
		f := find(t, s, name, "service").Figures
		got[name] = row{N: f.N, Censored: f.Censored}
		if f.Max != nil {
			got[name] = row{f.N, f.Censored, *f.Max}
		}
	}
	want := map[string]row{"promotion": {1, 1, 2}, "propagation": {}, "recovery": {}, "lost_tail": {}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// A trial in which sessions loses a primary, which is replaced by a replica; carts one for which nothing is promoted, so that its data
// is lost; carts once more one that is back by itself, and one whose replacement copies from a replica; and sessions a replica.
func TestTroubleThatNobodyCalledFor(t *testing.T) {
	cfg := twoGroups()
	cfg.Calls, cfg.Campaigns = nil, nil
	cfg.Faults = []sim.FaultConfig{{Kind: sim.FaultNode}, {Kind: sim.FaultPartition}}
	node, partition := sim.CauseOf(sim.FaultNode), sim.CauseOf(sim.FaultPartition)
	never := sim.Never
	o := &sim.Outcome{End: at(7200), PeakReads: make([]int64, 2)}
	o.Failovers = []sim.Failover{
		{Group: 1, Campaign: -1, Cause: node, Accepted: never, CutOff: at(100), Known: at(116), Promoted: at(120), Abandoned: never,
			Completed: at(120), Propagated: never, LostTail: seconds(2)},
		{Group: 0, Campaign: -1, Cause: node, Accepted: never, CutOff: at(200), Known: at(220), Promoted: never, Abandoned: at(900),
			Completed: never, Propagated: never},
		{Group: 0, Campaign: -1, Cause: partition, Accepted: never, CutOff: at(3000), Known: never, Promoted: never, Abandoned: at(3010),
			Completed: never, Propagated: never},
	}
	o.Recoveries = []sim.Recovery{
		{Group: 1, Campaign: -1, Cause: node, Started: at(180), Finished: at(580), Cancelled: never},
		{Group: 0, Campaign: -1, Cause: node, Started: at(280), Finished: at(880), Cancelled: never},
		{Group: 0, Campaign: -1, Cause: partition, Started: never, Finished: never, Cancelled: at(3010)},
		{Group: 0, Campaign: -1, Cause: node, Started: at(5000), Finished: at(5600), Cancelled: never, Restored: true, LostTail: seconds(5)},
		{Group: 1, Campaign: -1, Cause: node, Started: at(7100), Finished: never, Cancelled: never},
	}
	o.DataLosses = []sim.DataLoss{{At: at(900), Group: 0, Campaign: -1, Cause: node}}
	s := tallyOf(t, cfg, o, &sim.Outcome{Trial: 1, End: at(7200), PeakReads: make([]int64, 2)}).Summary(Info{Confidence: 0.95})
	type row struct {
		N, Censored int64
		Sum         float64
	}
	of := func(f Figures) row {
		if f.N == 0 {
			return row{}
		}
		return row{f.N, f.Censored, math.Round(f.Mean.Value * float64(f.N))}
	}
	got := map[string]row{}
	for _, name := range []string{"detection", "promotion", "recovery", "lost_tail", "data_losses"} {
		m := find(t, s, name, "service")
		got[name] = of(m.Figures)
		for way, members := range m.By {
			for member, f := range members {
				if of(f) != (row{}) {
					got[name+" "+way+" "+member] = of(f)
				}
			}
		}
	}
	want := map[string]row{
		"detection": {2, 0, 36}, "detection group carts": {1, 0, 20}, "detection group sessions": {1, 0, 16}, "detection cause node": {2, 0, 36},
		"promotion": {1, 0, 20}, "promotion group sessions": {1, 0, 20}, "promotion cause node": {1, 0, 20},
		"recovery": {4, 1, 1700}, "recovery group carts": {2, 0, 1200}, "recovery group sessions": {2, 1, 500}, "recovery cause node": {4, 1, 1700},
		"lost_tail": {2, 0, 7}, "lost_tail group carts": {1, 0, 5}, "lost_tail group sessions": {1, 0, 2}, "lost_tail cause node": {2, 0, 7},
		"data_losses": {2, 0, 1}, "data_losses group carts": {2, 0, 1}, "data_losses group sessions": {2, 0, 0},
		"data_losses cause node": {2, 0, 1}, "data_losses cause partition": {2, 0, 0},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	// One of two: 1-(1-p)² = 0.025 at the lower end, p² = 0.975 at the upper.
	half := find(t, s, "data_losses", "service").AboveZero
	if half == nil || half.Value != 0.5 || *half.Low != 0.0125791 || *half.High != 0.987421 {
		t.Errorf("lost data in %+v of the trials", half)
	}
	for _, m := range s.Metrics {
		if m.Name == "call_to_completed" {
			t.Error("nothing calls, and there is a metric of calls")
		}
	}
}

func TestOutOfRangeNamesMetricTrialAndSeed(t *testing.T) {
	o := twoFailovers()
	o.Windows[0].To = o.Windows[0].From + tenYears + 1
	err := NewTally(twoGroups()).Add(o)
	if !errors.Is(err, stats.ErrOutOfRange) || !strings.HasPrefix(err.Error(), "trial 3 of seed 7: write_outage@service: ") {
		t.Error(err)
	}
	o = twoFailovers()
	o.Failovers[0].LostTail = -1
	err = NewTally(twoGroups()).Add(o)
	if !errors.Is(err, stats.ErrOutOfRange) || !strings.HasPrefix(err.Error(), "trial 3 of seed 7: lost_tail@service: ") {
		t.Error(err)
	}
}

func TestOccurrences(t *testing.T) {
	cases := []struct {
		rate, span, want int64
		fails            bool
	}{
		{100, 1e9, 100, false},
		{3, 333_333_333, 0, false},
		{3, 333_333_334, 1, false},
		{1e9, math.MaxInt64, math.MaxInt64, false},
		{2e9, math.MaxInt64, 0, true},
		{math.MaxInt64, math.MaxInt64, 0, true},
	}
	for _, c := range cases {
		got, err := occurrences(c.rate, c.span)
		if got != c.want || (err != nil) != c.fails {
			t.Errorf("%d/s in %d ns: %d, %v", c.rate, c.span, got, err)
		}
	}
}

// One group keeps it quick: every series merges alike.
func TestTallyMergeOrderNeverMatters(t *testing.T) {
	cfg := twoGroups()
	cfg.Groups, cfg.Campaigns, cfg.Calls = cfg.Groups[:1], nil, nil
	rapid.Check(t, func(t *rapid.T) {
		outcomes := rapid.SliceOfN(rapid.Custom(drawOutcome), 0, 10).Draw(t, "outcomes")
		whole := NewTally(cfg)
		parts := []*Tally{NewTally(cfg), NewTally(cfg), NewTally(cfg)}
		for _, o := range outcomes {
			if whole.Add(o) != nil || parts[rapid.IntRange(0, 2).Draw(t, "part")].Add(o) != nil {
				t.Fatal("out of range")
			}
		}
		merged := NewTally(cfg)
		for _, i := range rapid.Permutation([]int{0, 1, 2}).Draw(t, "order") {
			merged.Merge(parts[i])
		}
		if diff := cmp.Diff(encoded(t, whole), encoded(t, merged)); diff != "" {
			t.Fatal(diff)
		}
	})
}

// drawOutcome makes a trial with outages of carts of any length, each censored or not.
func drawOutcome(t *rapid.T) *sim.Outcome {
	o := outages(rapid.SliceOfN(rapid.Float64Range(0.001, 2000), 0, 6).Draw(t, "lengths")...)
	for i := range o.Windows {
		o.Windows[i].Campaign = -1
		o.Windows[i].Censored = rapid.Bool().Draw(t, "censored")
	}
	o.Campaigns = nil
	o.Calls = sim.CallCount{Made: rapid.Int64Range(0, 9).Draw(t, "calls")}
	return o
}

func encoded(t interface{ Fatal(...any) }, tally *Tally) string {
	text, err := json.MarshalIndent(tally.Summary(Info{Confidence: 0.95}), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Three outages of a trial, as they come, have the ranks 1 to 3 by their length: what is cumulated is the squares 1, 4 and 9.
func TestValuesAreRankedInTheirTrial(t *testing.T) {
	for _, lengths := range [][]float64{{10, 20, 30}, {30, 10, 20}, {20, 30, 10}} {
		tally := tallyOf(t, twoGroups(), outages(lengths...))
		of := tally.series[seriesOf(writeOutage, sim.ObserverService)].samples[0].clusters.State()
		if !slices.Equal(of.Y, []int64{1, 1, 1}) || !slices.Equal(of.YY, []int64{1, 3, 5}) || !slices.Equal(of.YM, []int64{3, 3, 3}) {
			t.Errorf("%v: %+v", lengths, of)
		}
	}
}

func TestAddAllocatesNothing(t *testing.T) {
	o := twoFailovers()
	tally := tallyOf(t, twoGroups(), o)
	if n := testing.AllocsPerRun(100, func() {
		if err := tally.Add(o); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkTally takes up trials of a game day: 5 groups, 40 node groups, a failover in each, all eight windows of each.
func BenchmarkTally(b *testing.B) {
	cfg, outcomes := gameDay()
	tally := tallyOf(b, cfg, outcomes...)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if err := tally.Add(outcomes[i%len(outcomes)]); err != nil {
			b.Fatal(err)
		}
	}
}
