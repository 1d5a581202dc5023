package report

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"failsim/measure"
	"failsim/sim"

	"github.com/google/go-cmp/cmp"
)

// evenly is a distribution of one value at each of n values from first on.
func evenly(first, step float64, n int) *measure.Distribution {
	d := &measure.Distribution{Metric: "write_outage", Observer: "service"}
	for i := range n {
		d.Values = append(d.Values, first+step*float64(i))
		d.Counts, d.Censored = append(d.Counts, 1), append(d.Censored, 0)
		d.Low, d.High = append(d.Low, 0), append(d.High, 1)
	}
	return d
}

// A curve of 100,000 values keeps some 320 points at most, both ends among them, and between two that it keeps neither the
// value nor the share moves by more than a step of 1/160 beyond what one value does; the last hundredth is kept in halves.
func TestCurveIsThinned(t *testing.T) {
	d := evenly(20, 0.0002, 100_000) // 20 s to 40 s
	c := newCurve(d, scale{perUnit: 1, suffix: " s"}, measure.MetricSummary{})
	if n := len(c.X); n > 340 || n < 160 || len(c.F) != n || len(c.Low) != n || len(c.High) != n {
		t.Fatalf("%d values, %d shares, a band of %d and %d", n, len(c.F), len(c.Low), len(c.High))
	}
	last := len(c.X) - 1
	if c.X[0] != 20 || c.X[last] != 39.9998 || c.F[0] != 1e-05 || c.F[last] != 1 {
		t.Errorf("from (%v, %v) to (%v, %v)", c.X[0], c.F[0], c.X[last], c.F[last])
	}
	for i := 1; i < len(c.X); i++ {
		if c.X[i]-c.X[i-1] > 20.0/160+0.0003 || c.F[i]-c.F[i-1] > 1.0/160+2e-5 {
			t.Errorf("a step from (%v, %v) to (%v, %v)", c.X[i-1], c.F[i-1], c.X[i], c.F[i])
		}
	}
	if before := c.F[last-1]; before < 0.9999 {
		t.Errorf("the last step of the tail begins at %v", before)
	}
}

// Quantiles are marked on the side of the bad cases: the high values of an outage, the low ones of an availability.
func TestCurveMarksTheBadSide(t *testing.T) {
	figures := sample(2000, 30, 1, 30, 38, 39, 39.5, 20, 40) // p99 39.5 and p1 as far below the median: 20.5
	for better, want := range map[string][]quantileMark{
		"lower":  {{"p50", 30, 0.5}, {"p99", 39.5, 0.99}, {"p90", 38, 0.9}},
		"higher": {{"p50", 30, 0.5}, {"p1", 20.5, 0.01}, {"p5", 21, 0.05}},
	} {
		c := newCurve(evenly(20, 1, 21), scale{perUnit: 1}, measure.MetricSummary{Better: better, Figures: figures})
		if diff := cmp.Diff(want, c.Marks); diff != "" {
			t.Errorf("%s is better: %s", better, diff)
		}
	}
}

// Values that were cut short are counted, from the smallest on.
func TestCurveTellsWhatWasCutShort(t *testing.T) {
	d := evenly(10, 1, 10)
	d.Censored[4], d.Censored[9] = 1, 1
	c := newCurve(d, scale{perUnit: 1, suffix: " s"}, measure.MetricSummary{})
	if c.Cut != 2 || c.CutFrom == nil || *c.CutFrom != 14 {
		t.Errorf("%d cut short from %v on", c.Cut, c.CutFrom)
	}
	c.fill(d, []float64{10, 15, 20}, false)
	if diff := cmp.Diff([]float64{10, 10}, c.CutShares); diff != "" { // one of ten values in each half
		t.Error(diff)
	}
}

// 400 values of even density whose buckets double in width at 64: the bins of 40 edges have about the same share each,
// though some have more buckets than others; all shares come to 100 %.
func TestHistogramHasNoComb(t *testing.T) {
	d := &measure.Distribution{}
	for v := 32.0; v < 64; v += 0.5 {
		d.Values, d.Counts, d.Censored = append(d.Values, v+0.25), append(d.Counts, 50), append(d.Censored, 0)
	}
	for v := 64.0; v < 96; v++ {
		d.Values, d.Counts, d.Censored = append(d.Values, v+0.5), append(d.Counts, 100), append(d.Censored, 0)
	}
	c := newCurve(d, scale{perUnit: 1}, measure.MetricSummary{})
	c.fill(d, bins(axis{min: 32, max: 96}, false), false)
	sum := 0.0
	for i, share := range c.Shares {
		sum += share
		if math.Abs(share-2.5) > 0.45 {
			t.Errorf("bin %d has %v%%, want 2.5%%", i, share)
		}
	}
	if math.Abs(sum-100) > 1e-3 {
		t.Errorf("the bins come to %v%%", sum)
	}
}

// Whole numbers have bins around them: 3 to 8 six, 0 to 199 forty of five numbers each.
func TestBinsOfWholeNumbers(t *testing.T) {
	if diff := cmp.Diff([]float64{2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5}, bins(axis{min: 3, max: 8}, true)); diff != "" {
		t.Error(diff)
	}
	if edges := bins(axis{min: 0, max: 199}, true); len(edges) != 41 || edges[1] != 4.5 || edges[40] != 199.5 {
		t.Errorf("%v", edges)
	}
}

func TestTicksAreRound(t *testing.T) {
	for _, tt := range []struct {
		along axis
		want  []float64
	}{
		{axis{min: 12.4, max: 39.5}, []float64{15, 20, 25, 30, 35}},
		{axis{min: 0, max: 100}, []float64{0, 20, 40, 60, 80, 100}},
		{axis{min: 0.9971, max: 0.9989}, []float64{0.9975, 0.998, 0.9985}},
		{axis{min: 0.02, max: 140, log: true}, []float64{0.1, 1, 10, 100}},
		{axis{min: 5, max: 5}, []float64{5}},
	} {
		got := tt.along.ticks(6)
		near := cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) < 1e-9 })
		if diff := cmp.Diff(tt.want, got, near); diff != "" {
			t.Errorf("%+v: %s", tt.along, diff)
		}
	}
}

// A game day of three bursts hours apart is drawn without the nights; instants keep their order, and those of a night lie at
// its edge.
func TestTimeAxisLeavesOutNights(t *testing.T) {
	hour := sim.Time(time.Hour)
	var busy []stretch
	for _, morning := range []sim.Time{0, 24 * hour, 48 * hour} {
		for i := range sim.Time(10) {
			from := morning + i*hour/4
			busy = append(busy, stretch{from: from, to: from + hour/5})
		}
	}
	a := newTimeAxis(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), busy, 100, 900)
	if len(a.stretches) != 3 {
		t.Fatalf("%d stretches", len(a.stretches))
	}
	if end := a.end(); math.Abs(end-1000) > 1e-9 {
		t.Errorf("the axis ends at %v", end)
	}
	last := 0.0
	for at := sim.Time(0); at < 51*hour; at += hour / 10 {
		x := a.at(at)
		if x < last || x < 100 || x > 1000+1e-9 {
			t.Fatalf("%v lies at %v, after %v", at, x, last)
		}
		last = x
	}
	if night, morning := a.at(12*hour), a.stretches[1].left; night != morning {
		t.Errorf("12 h lies at %v, the next stretch begins at %v", night, morning)
	}
	labels := map[string]bool{}
	for _, s := range a.stretches {
		ticks := a.ticks(s)
		if len(ticks) < 2 {
			t.Errorf("ticks of a stretch: %v", ticks)
		}
		for i := 1; i < len(ticks); i++ {
			if a.at(ticks[i])-a.at(ticks[i-1]) < tickDistance-1e-9 {
				t.Errorf("labels at %v and %v", ticks[i-1], ticks[i])
			}
		}
		for _, tick := range ticks {
			labels[a.start.Add(time.Duration(tick)).Format("05")] = true
		}
	}
	if !labels["00"] || len(labels) != 1 {
		t.Errorf("ticks off the minute: %v", labels)
	}
}

// Two calls used before the trial and three in it, with a window of a day: 2 in use at first, 1 from the 21st hour on and 0
// from the 22nd, and each call for 24 hours. A call at 30 min that names a shard called before counts again, unless node groups
// are counted.
func TestQuotaInUse(t *testing.T) {
	hour := sim.Time(time.Hour)
	s := &trialStory{cfg: &sim.Config{Quota: sim.QuotaConfig{Limit: 15, Window: 24 * time.Hour,
		AlreadyUsed: []sim.Time{-3 * hour, -2 * hour}}}, shards: make([]shard, 2)}
	s.calls = []call{{at: 0, shard: 0}, {at: hour / 4, shard: 1, refusal: "no"}, {at: hour / 2, shard: 0}, {at: hour, shard: 1}}
	want := []step{{0, 3}, {hour / 2, 4}, {hour, 5}, {21 * hour, 4}, {22 * hour, 3}, {24 * hour, 2}, {24*hour + hour/2, 1}, {25 * hour, 0}}
	steps := cmp.AllowUnexported(step{})
	if diff := cmp.Diff(want, s.quotaSteps(), steps); diff != "" {
		t.Error(diff)
	}
	s.countQuota()
	var used []int
	for _, c := range s.calls {
		used = append(used, c.used)
	}
	if diff := cmp.Diff([]int{3, 3, 4, 5}, used); diff != "" {
		t.Error(diff)
	}
	s.cfg.Quota.Distinct = true
	want = []step{{0, 3}, {hour, 4}, {21 * hour, 3}, {22 * hour, 2}, {24*hour + hour/2, 1}, {25 * hour, 0}}
	if diff := cmp.Diff(want, s.quotaSteps(), steps); diff != "" {
		t.Error(diff)
	}
}

// The calendar tells every call of the trial: as many as were made, in the order of their instants, accepted ones with what
// the trial's outcome has of them.
func TestCalendarTellsEveryCall(t *testing.T) {
	in := played(t, twoKinds+"\n[[call]]\nat = \"1m\"\ngroup = \"nobody\"\nnode_group = \"0001\"\n", 1)
	s := tellStory(in.Config, in.World)
	o := in.World.Outcome()
	accepted := 0
	for i, c := range s.calls {
		if i > 0 && c.at < s.calls[i-1].at {
			t.Errorf("call %d comes late", i)
		}
		switch {
		case c.refusal == "":
			accepted++
			if c.failover == nil || c.failover.Accepted != c.at {
				t.Errorf("call %d has no failover", i)
			}
		case s.shards[c.shard].label != "no such shard" || !strings.HasPrefix(c.refusal, "ReplicationGroupNotFoundFault: "):
			t.Errorf("call %d on %s is refused: %s", i, s.shards[c.shard].label, c.refusal)
		}
	}
	if int64(len(s.calls)) != o.Calls.Made || int64(accepted) != o.Calls.Accepted || accepted == 0 || accepted == len(s.calls) {
		t.Errorf("%d calls, %d accepted; want %d, %d", len(s.calls), accepted, o.Calls.Made, o.Calls.Accepted)
	}
	var labels []string
	for _, sh := range s.shards {
		labels = append(labels, sh.label)
	}
	if want := []string{"carts/0001", "sessions/0001", "sessions/0002", "no such shard"}; !slices.Equal(labels[:2], want[:2]) ||
		labels[len(labels)-1] != want[3] {
		t.Errorf("rows %v", labels)
	}
}

// The phases of a lane follow each other without a gap, from the accepted call to the last recovery.
func TestPhasesFollowEachOther(t *testing.T) {
	in := played(t, twoKinds, 1)
	s := tellStory(in.Config, in.World)
	lanes := newSwimlanes(s)
	if len(lanes) != 2 || !strings.HasPrefix(lanes[0].Title, "sessions/") || !strings.HasPrefix(lanes[1].Title, "carts/") {
		t.Fatalf("%d lanes", len(lanes))
	}
	for i := range s.outcome.Failovers {
		f := &s.outcome.Failovers[i]
		if f.Finished == sim.Never {
			continue
		}
		at := map[string]sim.Time{}
		for _, p := range s.phases(f) {
			if from, begun := at[p.lane]; begun && from != p.from || !begun && p.from != f.Accepted {
				t.Errorf("%s: %s begins at %v, after %v", p.lane, p.name, p.from, from)
			}
			at[p.lane] = p.to
		}
		for lane, to := range at {
			if to != f.Finished {
				t.Errorf("%s ends at %v, want %v", lane, to, f.Finished)
			}
		}
	}
}

// Two shards over 4 trials: one out for 20 s and 40 s, the other never. 60 s over 4 trials is 15 s a trial, the darkest shade.
func TestHeat(t *testing.T) {
	cfg := &sim.Config{Groups: []sim.GroupConfig{{ID: "sessions", Mode: sim.ClusterEnabled, NodeGroups: []sim.NodeGroupConfig{{ID: "0001"}, {ID: "0002"}}}}}
	m := NewOutageMap(cfg, 4)
	second := sim.Time(time.Second)
	for _, length := range []sim.Time{20, 40} {
		m.Add(&sim.OutageWindow{From: second, To: second + length*second, Access: sim.AccessWrite})
		m.Add(&sim.OutageWindow{From: second, To: second + 99*second, Access: sim.AccessRead})
	}
	h := newHeat(m)
	want := []heatTile{
		{ID: "0001", Value: "15.0 s", Level: 6, Tip: "sessions/0001: 2 outages in 4 trials, 15.0 s a trial, longest 40.0 s"},
		{ID: "0002", Value: "none", Level: 0, Tip: "sessions/0002: no write outage"},
	}
	if diff := cmp.Diff(want, h.Groups[0].Tiles); diff != "" {
		t.Error(diff)
	}
	for d, want := range map[time.Duration]int{0: 0, 1: 1, 10: 1, 11: 2, 50: 5, 51: 6, 60: 6} {
		if got := level(d, 60); got != want {
			t.Errorf("%d of 60 is level %d, want %d", d, got, want)
		}
	}
	if newHeat(NewOutageMap(cfg, 0)) != nil {
		t.Error("a map of no trial")
	}
}

// On an axis by powers of ten the zeros have no column, and the chart says how many they are: 44 of 100 here. The other 56
// fill the columns, in percent of all.
func TestZerosAreToldApartOnLogAxes(t *testing.T) {
	c := curve{Observer: "service", n: 100, zeros: 44, noZero: true}
	d := &measure.Distribution{Values: []float64{0, 1, 100}, Counts: []int64{44, 16, 40}, Censored: []int64{0, 0, 0}}
	c.fill(d, []float64{1, 10, 100}, true)
	if c.Shares[0] != 16 || c.Shares[1] != 40 {
		t.Errorf("columns of %v, want 16 and 40", c.Shares)
	}
	with := chart{Log: true, Curves: []curve{c}}
	if text := with.zeroShare(); !strings.HasPrefix(text, "44 of 100 values (44") {
		t.Errorf("the chart says %q", text)
	}
}
