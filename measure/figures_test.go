package measure

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"failsim/dist"
	"failsim/sim"

	"github.com/google/go-cmp/cmp"
)

// outages makes a trial in which carts cannot be written for each of the lengths in turn, in seconds.
func outages(lengths ...float64) *sim.Outcome {
	o := quietTrial()
	from := 0.0
	for _, length := range lengths {
		where := sim.OutageWindow{Group: 0, Campaign: 0}
		o.Windows = append(o.Windows, window(from, from+length, where)...)
		from += length + 1
	}
	return o
}

func TestFigureHasSixDigits(t *testing.T) {
	cases := []struct {
		in    scale
		value float64
		want  float64
	}{
		{scale{denominator: 1e9, highest: 1e18}, 27_123_456_789, 27.1235},
		{scale{denominator: 1e9, highest: 1e18}, 1, 1e-9},
		{scale{denominator: 1, highest: 1e18}, 12_345_678, 12_345_700},
		{scale{denominator: 1, highest: 1e18}, -3, 0},
		{scale{denominator: 3, highest: 3, complement: true}, 1, 0.666667},
		{scale{denominator: 3, highest: 3, complement: true}, 4, 0},
	}
	for _, c := range cases {
		if got := c.in.figure(c.value); got != c.want {
			t.Errorf("%v of %+v: %v, want %v", c.value, c.in, got, c.want)
		}
	}
}

// 25 trials with the same 11 outages each, 275 values that do not differ between trials: enough for p90, rank 248, which is in
// the tenth of them. Others are in the first or the last, beyond which there is nothing, so that the values of a trial count as
// one: p5 and p95 need 72 trials, p1 and p99 368, p999 3,688.
func TestAbsentQuantilesSayHowManyTrialsTheyNeed(t *testing.T) {
	trial := outages(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
	f := find(t, tallyOf(t, twoGroups(), slices.Repeat([]*sim.Outcome{trial}, 25)...).Summary(Info{Confidence: 0.95}),
		"write_outage", "service").Figures
	if diff := cmp.Diff([]string{"p50", "p90"}, sortedByPlace(f.Quantiles)); diff != "" {
		t.Error(diff)
	}
	want := []string{"quantiles that 275 values in 25 trials cannot support: p1 about 368, p5 about 72, p95 about 72, " +
		"p99 about 368, p999 about 3,688 trials are needed"}
	if diff := cmp.Diff(want, f.Warnings); diff != "" {
		t.Error(diff)
	}
}

// Three of five trials have a value, which the intervals rest on; where all have it is not said.
func TestTrialsWithValuesAreCountedWhereNotAllHaveThem(t *testing.T) {
	trials := []*sim.Outcome{quietTrial(), outages(5, 6), quietTrial(), outages(7), outages(8)}
	s := tallyOf(t, twoGroups(), trials...).Summary(Info{Confidence: 0.95})
	for metric, want := range map[string]int64{"write_outage": 3, "total_write_outage": 0, "promotion": 0} {
		if got := find(t, s, metric, "service").TrialsWithValues; got != want {
			t.Errorf("%s: %d trials with values, want %d", metric, got, want)
		}
	}
}

// However many values 19 trials have, no quantile of theirs rests on the 20 trials that it needs.
func TestAQuantileOfWindowsNeedsTwentyTrials(t *testing.T) {
	for trials, supported := range map[int]bool{19: false, 20: true} {
		trial := outages(slices.Repeat([]float64{5}, 100)...)
		f := find(t, tallyOf(t, twoGroups(), slices.Repeat([]*sim.Outcome{trial}, trials)...).Summary(Info{Confidence: 0.95}),
			"write_outage", "service").Figures
		if _, ok := f.Quantiles["p50"]; ok != supported {
			t.Errorf("%d trials: %v, %q", trials, f.Quantiles, f.Warnings)
		}
	}
}

func sortedByPlace(got map[string]Estimate) (names []string) {
	for _, q := range quantiles {
		if _, ok := got[q.name]; ok {
			names = append(names, q.name)
		}
	}
	return names
}

func TestQuantilesOfAvailabilityAreOnItsOwnScale(t *testing.T) {
	var trials []*sim.Outcome
	for i := range 400 { // 9, 18 … 3,600 s of one hour, of carts alone
		trials = append(trials, outages(9*float64(i+1)))
	}
	s := tallyOf(t, twoGroups(), trials...).Summary(Info{Confidence: 0.95})
	f := find(t, s, "group_availability", "service").By["group"]["carts"]
	// Of 400 availabilities 0, 1/400 … 399/400 p1 has rank 4, the median rank 200, p99 rank 396. Outages have three digits.
	want := map[string]float64{"p1": 0.0075, "p50": 0.4975, "p99": 0.9875}
	for name, v := range want {
		q := f.Quantiles[name]
		if q.Value > v || v-q.Value > 0.001*(1-v) {
			t.Errorf("%s: %v, want %v", name, q.Value, v)
		}
		if *q.Low >= q.Value || *q.High <= q.Value || q.Method != "order statistics" {
			t.Errorf("%s: %v to %v by %s around %v", name, *q.Low, *q.High, q.Method, q.Value)
		}
	}
	if *f.Min != 0 || *f.Max != 0.9975 {
		t.Errorf("from %v to %v", *f.Min, *f.Max)
	}
	if m := f.Mean; m.Value != 0.49875 || *m.Low >= m.Value || *m.High <= m.Value || m.Method != "student" {
		t.Errorf("mean %+v", m)
	}
}

func TestCensoredValuesAreLowerBounds(t *testing.T) {
	o := outages(1, 2, 3, 4, 5, 6, 7, 8, 9, 10)
	for i := range o.Windows {
		if o.Windows[i].To-o.Windows[i].From == at(9) {
			o.Windows[i].Censored = true
		}
	}
	trials := append(slices.Repeat([]*sim.Outcome{o}, 30), quietTrial())
	s := tallyOf(t, twoGroups(), trials...).Summary(Info{Confidence: 0.95})
	f := find(t, s, "write_outage", "service").Figures
	// Rank 150 of 300 is 5 s, below the censored 9 s; p90, rank 270, is that value, and the true one has no upper bound.
	want := "30 of 300 values still open at the end of the trial: the mean, p90 and the maximum are lower bounds"
	if f.Censored != 30 || !slices.Contains(f.Warnings, want) {
		t.Errorf("%d censored, %q", f.Censored, f.Warnings)
	}
	if p50, p90 := f.Quantiles["p50"], f.Quantiles["p90"]; p50.High == nil || strings.Contains(p50.Method, MethodLowerBound) ||
		p90.High != nil || !strings.Contains(p90.Method, MethodLowerBound) {
		t.Errorf("p50 %+v, p90 %+v", p50, p90)
	}
	if f := find(t, s, "total_write_outage", "service").Figures; f.Censored != 30 {
		t.Errorf("total: %+v", f)
	}
	if f := find(t, s, "failed_writes", "service").Figures; f.Censored != 30 {
		t.Errorf("failed writes: %+v", f)
	}
}

// Of 20 outages of 5 s in each of 368 trials one is censored: every quantile is at that value.
func TestQuantileAtACensoredValueIsALowerBound(t *testing.T) {
	o := outages(slices.Repeat([]float64{5}, 20)...)
	o.Windows[0].Censored = true
	f := find(t, tallyOf(t, twoGroups(), slices.Repeat([]*sim.Outcome{o}, 368)...).Summary(Info{Confidence: 0.95}),
		"write_outage", "service").Figures
	want := "368 of 7,360 values still open at the end of the trial: the mean, p1, p5, p50, p90, p95, p99 and the maximum are lower bounds"
	if !slices.Contains(f.Warnings, want) {
		t.Errorf("%q", f.Warnings)
	}
}

func TestMakespanOfAnUnfinishedCampaignIsCensored(t *testing.T) {
	s := tallyOf(t, twoGroups(), twoFailovers(), quietTrial()).Summary(Info{Confidence: 0.95})
	if f := find(t, s, "makespan", "operator").Figures; f.N != 2 || f.Censored != 1 {
		t.Errorf("%+v", f)
	}
}

// 240 outages of 33 s and 160 of 39 s: p99 is 39 s, in the last tenth below the 40 s of sessions' default. Outages of
// carts are as long, but its default ends at 35 s: something else decides them.
func TestP99NearAnInferredBoundIsWarnedAbout(t *testing.T) {
	cfg := twoGroups()
	cfg.Groups[1].Delays.Promotion = dist.MustParse("triangular(15s, 25s, 40s)")
	var trials []*sim.Outcome
	for i := range 400 {
		length := 33.0
		if i%5 < 2 {
			length = 39
		}
		o := quietTrial()
		o.Windows = append(o.Windows, window(0, length, sim.OutageWindow{Group: 1, Campaign: -1})...)
		o.Windows = append(o.Windows, window(0, 39, sim.OutageWindow{Group: 0, Campaign: -1})...)
		trials = append(trials, o)
	}
	info := Info{Confidence: 0.95, Assumptions: sim.Defaults()}
	s := tallyOf(t, cfg, trials...).Summary(info)
	const warning = "p99 lies near the upper bound (40s) of the inferred delays.cme.promotion"
	m := find(t, s, "write_outage", "service")
	got := map[string]bool{
		"all": slices.Contains(m.Warnings, warning), "sessions": slices.Contains(m.By["group"]["sessions"].Warnings, warning),
		"carts": strings.Contains(fmt.Sprint(m.By["group"]["carts"].Warnings), "upper bound"),
	}
	if diff := cmp.Diff(map[string]bool{"all": true, "sessions": true, "carts": false}, got); diff != "" {
		t.Error(diff, m.Warnings)
	}
	for _, o := range trials { // a minute and a half: not what a promotion of 40 s at most decides
		for i := range o.Windows[:3] {
			o.Windows[i].To = at(90)
		}
	}
	m = find(t, tallyOf(t, cfg, trials...).Summary(info), "write_outage", "service")
	if slices.Contains(m.Warnings, warning) {
		t.Error("warned of what lies far above")
	}
}

func TestWhatTheUserWroteIsNotWarnedAbout(t *testing.T) {
	cfg := twoGroups()
	cfg.Groups[1].Delays.Promotion = dist.MustParse("triangular(15s, 26s, 40s)")
	var trials []*sim.Outcome
	for range 400 {
		o := quietTrial()
		o.Windows = window(0, 39, sim.OutageWindow{Group: 1, Campaign: -1})
		trials = append(trials, o)
	}
	s := tallyOf(t, cfg, trials...).Summary(Info{Confidence: 0.95, Assumptions: sim.Defaults()})
	m := find(t, s, "write_outage", "service")
	if _, ok := m.Quantiles["p99"]; !ok || strings.Contains(fmt.Sprint(m.Warnings), "upper bound") {
		t.Error(m.Warnings)
	}
}

// What is listed follows from the configuration: nothing that needs names, campaigns, replicas or rates without them.
func TestScopeFollowsTheConfiguration(t *testing.T) {
	names := func(change func(*sim.Config)) []string {
		cfg := twoGroups()
		change(cfg)
		var names []string
		for _, m := range NewTally(cfg).Summary(Info{Confidence: 0.95}).Metrics {
			names = append(names, m.Name+"@"+m.Observer)
		}
		slices.Sort(names)
		return names
	}
	all := names(func(*sim.Config) {})
	cases := []struct {
		name   string
		change func(*sim.Config)
		lost   []string
	}{
		{"no names", func(cfg *sim.Config) { cfg.Groups[0].Mode = sim.ClusterEnabled }, []string{
			"failed_reads@endpoint", "failed_writes@endpoint", "fleet_write_outage@endpoint", "group_availability@endpoint",
			"group_write_outage@endpoint", "longest_write_outage@endpoint", "propagation@service", "read_outage@endpoint",
			"total_write_outage@endpoint", "write_availability@endpoint", "write_outage@endpoint"}},
		{"no campaign", func(cfg *sim.Config) { cfg.Campaigns = nil }, []string{
			"accepted_calls@operator", "covered@operator", "makespan@operator", "refused_calls@operator"}},
		{"no rates", func(cfg *sim.Config) { cfg.Groups[0].WritesPerSecond, cfg.Groups[0].ReadsPerSecond = 0, 0 }, []string{
			"failed_reads@endpoint", "failed_reads@service", "failed_writes@endpoint", "failed_writes@service",
			"lost_writes@service", "peak_reads_per_node@service"}},
		{"no replicas", func(cfg *sim.Config) { cfg.Groups = []sim.GroupConfig{single(cfg.Groups[0])} }, []string{
			"reduced_redundancy@service", "replica_read_outage@service"}},
		{"no calls", func(cfg *sim.Config) { cfg.Campaigns, cfg.Calls = nil, nil }, []string{
			"accepted_calls@operator", "call_to_completed@operator", "covered@operator", "lost_tail@service",
			"lost_writes@service", "makespan@operator", "promotion@service", "propagation@service", "recovery@service",
			"refused_calls@operator"}},
	}
	for _, c := range cases {
		left := names(c.change)
		lost := slices.DeleteFunc(slices.Clone(all), func(name string) bool { return slices.Contains(left, name) })
		if diff := cmp.Diff(c.lost, lost); diff != "" {
			t.Errorf("%s:\n%s", c.name, diff)
		}
	}
}

// single leaves a group one node.
func single(g sim.GroupConfig) sim.GroupConfig {
	g.NodeGroups = []sim.NodeGroupConfig{{Nodes: make([]sim.NodeConfig, 1)}}
	return g
}

func TestNarrowingsFollowTheConfiguration(t *testing.T) {
	cfg := twoGroups()
	narrowed := func(name string) []string {
		m := find(t, NewTally(cfg).Summary(Info{Confidence: 0.95}), name, "service")
		var all []string
		for _, way := range slices.Sorted(maps.Keys(m.By)) {
			for _, member := range slices.Sorted(maps.Keys(m.By[way])) {
				all = append(all, way+" "+member)
			}
		}
		return all
	}
	want := []string{"campaign quarterly", "cause test-failover", "group carts", "group sessions"}
	if diff := cmp.Diff(want, narrowed("write_outage")); diff != "" {
		t.Error(diff)
	}
	cfg.Groups[1].NodeGroups[0].Nodes[1].Status = sim.StatusCreating
	want = slices.Insert(want, 1, "cause node-status")
	if diff := cmp.Diff(want, narrowed("write_outage")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"campaign quarterly", "cause test-failover", "group carts"}, narrowed("lost_writes")); diff != "" {
		t.Error(diff)
	}
}

// With one possible cause its figures are those of all; with two they are apart.
func TestCausesAreToldApart(t *testing.T) {
	o := outages(10, 20)
	for i := range o.Windows[3:] {
		o.Windows[3+i].Cause = sim.CauseNodeStatus
	}
	cfg := twoGroups()
	cfg.Groups[1].NodeGroups[0].Nodes[1].Status = sim.StatusCreating
	m := find(t, tallyOf(t, cfg, o).Summary(Info{Confidence: 0.95}), "write_outage", "service")
	got := []float64{mean(m.Figures), mean(m.By["cause"]["test-failover"]), mean(m.By["cause"]["node-status"]), *m.Max}
	if diff := cmp.Diff([]float64{15, 10, 20, 20}, got); diff != "" {
		t.Error(diff)
	}
}

func TestSummaryOfNothingHasNoNull(t *testing.T) {
	text, err := json.Marshal(NewTally(twoGroups()).Summary(Info{Scenario: "empty", Seed: 3, Confidence: 0.9}))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "null") {
		t.Error(string(text))
	}
	want := `{"schema":"failsim/summary/1","scenario":"empty","trials":0,"seed":3,"confidence":0.9,"metrics":[{` +
		`"name":"write_outage","observer":"service","unit":"s","per":"window","better":"lower","n":0,"censored":0,` +
		`"warnings":["no value in 0 trials"],"by":{"campaign":{"quarterly":{`
	if !strings.HasPrefix(string(text), want) {
		t.Error(string(text[:min(len(text), 600)]))
	}
}

func TestOnlyInferredDefaultsAreAssumptions(t *testing.T) {
	defaults := []sim.Default{
		{Name: "quota.limit", Value: "15", Grade: sim.GradeDocumented, Source: "a"},
		{Name: "delays.lag", Value: "1ms", Grade: sim.GradeInferred, Source: "b"},
	}
	s := NewTally(twoGroups()).Summary(Info{Confidence: 0.95, Assumptions: defaults})
	if diff := cmp.Diff([]Assumption{{"delays.lag", "1ms", "INF", "b"}}, s.Assumptions); diff != "" {
		t.Error(diff)
	}
	if len(s.Notes) != 3 || len(NewTally(twoGroups()).Summary(Info{}).Notes) != 2 {
		t.Error(s.Notes)
	}
}

func TestSpansBeyondTheHorizonDoNotCountAgainstAvailability(t *testing.T) {
	cfg := twoGroups()
	cfg.Horizon = 100 * time.Second
	o := quietTrial()
	o.Windows = window(90, 150, sim.OutageWindow{Group: 0, Campaign: -1})
	o.Windows = append(o.Windows, window(160, 170, sim.OutageWindow{Group: 0, Campaign: -1})...)
	f := find(t, tallyOf(t, cfg, o).Summary(Info{Confidence: 0.95}), "write_availability", "service")
	if got := mean(f.By["group"]["carts"]); got != 0.9 {
		t.Errorf("got %v", got)
	}
}
