package report

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"failsim/measure"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the goldens")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Error(diff)
	}
}

func estimate(v, half float64) *measure.Estimate {
	low, high := v-half, v+half
	return &measure.Estimate{Value: v, Low: &low, High: &high, Method: "Student t over trials"}
}

// sample has a mean with its half-width, and p50, p90, p95, p99, min and max. The other tail lies as far below p50.
func sample(n int64, mean, half float64, q ...float64) measure.Figures {
	f := measure.Figures{N: n, Mean: estimate(mean, half), Min: &q[4], Max: &q[5], Quantiles: map[string]measure.Estimate{}}
	for i, name := range []string{"p50", "p90", "p95", "p99"} {
		f.Quantiles[name] = measure.Estimate{Value: q[i]}
	}
	f.Quantiles["p5"] = measure.Estimate{Value: 2*q[0] - q[2]}
	f.Quantiles["p1"] = measure.Estimate{Value: 2*q[0] - q[3]}
	return f
}

func metric(id, unit, per string, f measure.Figures) measure.MetricSummary {
	name, observer, found := strings.Cut(id, "@")
	if !found {
		observer = "service"
	}
	better := "lower"
	if unit == "ratio" {
		better = "higher"
	}
	return measure.MetricSummary{Name: name, Observer: observer, Unit: unit, Per: per, Better: better, Figures: f}
}

// gameDay is a summary with something of everything.
func gameDay() *measure.Summary {
	write := metric("write_outage", "s", "window", sample(80000, 26.7142, 0.0213, 26.61, 34.07, 36.02, 38.22, 15.1, 39.94))
	write.By = map[string]map[string]measure.Figures{"group": {
		"sessions": sample(24000, 26.6, 0.04, 26.5, 34, 36, 38.1, 15.2, 39.9),
		"carts":    sample(56000, 21.9, 0.03, 21.5, 24, 26, 28.1, 12.2, 34.9)}}
	makespan := metric("makespan@operator", "s", "campaign", sample(4000, 221000, 320, 220000, 224000, 226000, 230000, 210000, 233000))
	makespan.Censored = 3
	makespan.Quantiles["p99"] = measure.Estimate{Value: 230000, Method: "order statistic, lower bound"}
	makespan.By = map[string]map[string]measure.Figures{"campaign": {
		"quarterly": sample(2000, 220000, 300, 219000, 223000, 225000, 229000, 210000, 233000),
		"weekly":    sample(2000, 222000, 300, 221000, 225000, 227000, 231000, 211000, 231000)}}
	lost := metric("lost_tail", "s", "promotion", sample(80000, 0.00164, 0.0000121, 0.000498, 0.0034, 0.0061, 0.0203, 0, 0.141))
	delete(lost.Quantiles, "p99")
	lost.Warnings = []string{"p99 needs 3,000 trials"}
	refused := metric("refused_calls@operator", "count", "campaign", sample(4000, 5.0021, 0.0112, 5, 6, 6, 7, 3, 8))
	return &measure.Summary{
		Schema: "failsim/summary/1", Scenario: "game-day", Trials: 2000, Seed: 1, Confidence: 0.95,
		Metrics: []measure.MetricSummary{
			write,
			metric("write_outage@endpoint", "s", "window", sample(80000, 31.2, 0.031, 30.1, 44.2, 51.3, 66.8, 15.1, 91.9)),
			metric("read_outage", "s", "window", measure.Figures{}),
			metric("replica_read_outage", "s", "window", sample(72000, 612, 1.2, 604, 711, 733, 781, 420, 833)),
			metric("reduced_redundancy", "s", "window", sample(80000, 612, 1.2, 604, 711, 733, 781, 420, 833)),
			metric("fleet_write_outage", "s", "window", sample(80000, 31.2, 0.031, 30.1, 44.2, 51.3, 66.8, 15.1, 91.9)),
			metric("total_write_outage", "s", "trial", sample(2000, 1068.57, 0.95, 1068, 1095, 1103, 1118, 1001, 1133)),
			metric("write_availability", "ratio", "trial", sample(2000, 0.999897, 0.00000012, 0.999897, 0.999903, 0.999905, 0.999908, 0.999891, 0.999911)),
			metric("promotion", "s", "failover", sample(80000, 26.7142, 0.0213, 26.61, 34.07, 36.02, 38.22, 15.1, 39.94)),
			metric("propagation", "s", "failover", sample(32000, 19.92, 0.051, 18.4, 33, 37, 42, 3, 45)),
			metric("recovery", "s", "failover", sample(80000, 512.1, 0.34, 506, 611, 640, 690, 305, 719)),
			lost,
			metric("lost_writes", "count", "promotion", sample(80000, 1.36, 0.021, 0, 3, 5, 18, 0, 140)),
			metric("peak_reads_per_node", "1/s", "trial", sample(2000, 4000, 0, 4000, 4000, 4000, 4000, 4000, 4000)),
			makespan,
			metric("covered@operator", "ratio", "campaign", sample(4000, 0.999988, 0.00003, 1, 1, 1, 1, 0.975, 1)),
			refused,
		},
		Calls: measure.Calls{Made: 100000, Accepted: 80000, Refused: map[string]int64{
			"APICallRateForCustomerExceeded": 19000, "InvalidReplicationGroupState": 1000}},
		Assumptions: []measure.Assumption{
			{Name: "delays.cme.promotion", Value: "triangular(15s, 25s, 40s)", Grade: "INF", Source: "AWS Database Blog 2016: usually about 30 s, informing nodes and clients included"},
			{Name: "delays.provision", Value: "triangular(300s, 480s, 720s)", Grade: "INF", Source: "FAQ: a new healthy node typically within six minutes; K1: 618 s with the sync"},
		},
		Notes: []string{
			"Intervals cover simulation noise only: they say how well this many trials pin down the model, not how well the model matches ElastiCache.",
			"Client libraries play no part: some have been seen to fail for minutes after the service was back in seconds.",
		},
	}
}

func TestColorIsForTitlesOnly(t *testing.T) {
	var plain, color bytes.Buffer
	if err := Table(&plain, gameDay(), Style{}); err != nil {
		t.Fatal(err)
	}
	if err := Table(&color, gameDay(), Style{Color: true}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(color.String(), "\x1b[1mLost data\x1b[0m: ") {
		t.Error("no bold title")
	}
	bare := strings.NewReplacer("\x1b[1m", "", "\x1b[0m", "").Replace(color.String())
	if diff := cmp.Diff(plain.String(), bare); diff != "" {
		t.Error(diff)
	}
}

// Tables must not follow the reader's locale: East Asian ones count ± and ≥ as two columns.
func TestWidthsDoNotFollowTheLocale(t *testing.T) {
	t.Setenv("LC_ALL", "ja_JP.UTF-8")
	t.Setenv("LANG", "ja_JP.UTF-8")
	t.Setenv("RUNEWIDTH_EASTASIAN", "1")
	var out bytes.Buffer
	if err := Table(&out, gameDay(), Style{}); err != nil {
		t.Fatal(err)
	}
	golden(t, "table.txt", out.String())
}

func TestTableOfAnExperimentWithoutCalls(t *testing.T) {
	s := &measure.Summary{Scenario: "idle", Trials: 1, Confidence: 0.95, Metrics: []measure.MetricSummary{
		metric("total_write_outage", "s", "trial", sample(1, 0, 0, 0, 0, 0, 0, 0, 0))}}
	s.Metrics[0].Mean.Low, s.Metrics[0].Mean.High = nil, nil
	var out bytes.Buffer
	if err := Table(&out, s, Style{}); err != nil {
		t.Fatal(err)
	}
	golden(t, "table-idle.txt", out.String())
}

// Verdicts come ahead of every figure, those that failed first.
// The share of trials that lose data stands below their number, wherever in the table that is, and on the page; where nothing is known of
// it there is no line.
func TestTheShareOfTrialsThatLoseDataIsShown(t *testing.T) {
	lost := metric("data_losses", "count", "trial", sample(400, 0.0125, 0.01, 0, 0, 0, 1, 0, 1))
	share := estimate(0.0125, 0)
	share.Low, share.High = ptr(0.00406872), ptr(0.0289325)
	lost.AboveZero = share
	const line = "above 0 in 1.25% of trials; the 95% interval is 0.407% to 2.89%"
	for _, metrics := range [][]measure.MetricSummary{{lost}, {lost, gameDay().Metrics[7]}} {
		s := &measure.Summary{Scenario: "losses", Trials: 400, Seed: 1, Confidence: 0.95, Metrics: metrics}
		var out bytes.Buffer
		if err := Table(&out, s, Style{}); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(out.String(), "\n")
		at := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, "  data_losses ") })
		if at < 0 || lines[at+1] != "    "+line || lines[at+2] != "" {
			t.Errorf("the table is\n%s", out.String())
		}
		if view := newMetricView(s, metrics[:1]); !strings.HasSuffix(view.Means, line) {
			t.Errorf("the page says %q", view.Means)
		}
	}
	lost.AboveZero = nil
	if text := aboveZero(lost.Figures, 0.95); text != "" {
		t.Error(text)
	}
}

func TestTableOpensWithVerdicts(t *testing.T) {
	half, low, high, forty := 0.5, 41.0, 43.25, 40.0
	s := gameDay()
	s.Thresholds = []measure.Verdict{
		{Metric: "write_outage", Statistic: "p50", Unit: "s", AtMost: &forty, Value: &half, Low: &half, High: &half,
			Verdict: measure.Pass, RestsOn: []string{}},
		{Metric: "lost_writes", Statistic: "max", Group: "carts", Unit: "count", AtMost: &forty, Verdict: measure.Undecided,
			Reason: "there was no value"},
		{Metric: "write_outage", Observer: "endpoint", Statistic: "p99", Unit: "s", AtMost: &forty, Value: &high, Low: &low,
			Verdict: measure.Fail, RestsOn: []string{"promotion: INF", "dns_ttl: INF"}},
		{Metric: "covered", Statistic: "mean", Unit: "ratio", AtLeast: &half, Value: &half, High: &half,
			Verdict: measure.Undecided},
	}
	var out bytes.Buffer
	if err := Table(&out, s, Style{}); err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(out.String(), "Thresholds")
	text, _, _ = strings.Cut(text, "\n\n")
	golden(t, "thresholds.txt", text+"\n")
}

func TestTable(t *testing.T) {
	for name, style := range map[string]Style{"table.txt": {}, "table-groups.txt": {ByGroups: true}} {
		var out bytes.Buffer
		if err := Table(&out, gameDay(), style); err != nil {
			t.Fatal(err)
		}
		golden(t, name, out.String())
		for _, line := range strings.Split(out.String(), "\n") {
			if runes(line) > 110 {
				t.Errorf("%s: %d characters: %s", name, runes(line), line)
			}
		}
	}
}
