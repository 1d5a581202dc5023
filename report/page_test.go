package report

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"html"
	"maps"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"failsim/experiment"
	"failsim/measure"
	"failsim/scenario"
	"failsim/sim"
)

// played plays a scenario and gathers a whole page's input.
func played(t *testing.T, text string, trials int64) *PageInput {
	t.Helper()
	sc, err := scenario.Parse("test.toml", []byte(text), os.ReadFile)
	if err != nil {
		t.Fatal(err)
	}
	outages := NewOutageMap(&sc.Config, trials)
	tally := measure.NewTally(&sc.Config)
	opts := experiment.Options{Ranges: []experiment.Range{{From: 0, To: trials}}, Seed: 1, Workers: 1, Windows: MappedTrials}
	chunks, err := experiment.Collect(context.Background(), &sc.Config, opts)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range chunks {
		if err := c.AddTo(tally); err != nil {
			t.Fatal(err)
		}
		for w, err := range c.Windows {
			if err != nil {
				t.Fatal(err)
			}
			outages.Add(&w.OutageWindow)
		}
	}
	summary := tally.Summary(measure.Info{Scenario: sc.Name, Seed: 1, Confidence: 0.95, Assumptions: sc.Assumptions})
	w := sim.NewWorld(&sc.Config)
	w.Trace(true)
	w.Reset(1, 0)
	w.RunUntil(sc.Config.End())
	return &PageInput{
		Summary: &summary, Description: sc.Description, Config: &sc.Config, World: w, Outages: outages,
		Distributions: tally.WholeDistributions(0.95),
		Ran:           PageRun{Version: "0.0.0", Engine: 1, Identity: sc.Identity, Text: text, Command: "failsim run test.toml"},
	}
}

func render(t *testing.T, in *PageInput) string {
	t.Helper()
	var out bytes.Buffer
	if err := Page(&out, in); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

const twoKinds = `
horizon = "30m"
description = "a </script><script>alert(1)</script> & \"more\" 'of' it <img src=x onerror=alert(2)>"

[[replication_group]]
id = "carts"
cluster_mode = "disabled"
replicas = 1

[[replication_group]]
id = "sessions"
node_groups = 3
replicas = 1

[[campaign]]
name = "<b onclick='alert(3)'>"
poll = "15s"
parallel_groups = 2
`

// The page asks for nothing from anywhere: it has no source, no style sheet and no import, its links lead into itself, and
// its policy forbids the rest.
func TestPageNeedsNothingElse(t *testing.T) {
	page := render(t, played(t, twoKinds, 50))
	reference := regexp.MustCompile(`(?i)\s(?:src|srcset|href|action|poster|data)\s*=\s*["']?([^"'\s>]*)`)
	links := 0
	for _, tag := range regexp.MustCompile(`<[a-zA-Z][^<>]*>`).FindAllString(page, -1) {
		for _, to := range reference.FindAllStringSubmatch(tag, -1) {
			links++
			if !strings.HasPrefix(to[1], "#") && to[1] != "data:," {
				t.Errorf("the page refers to %s", to[0])
			}
		}
	}
	if links < 9 {
		t.Errorf("only %d links found", links)
	}
	_, style, _ := strings.Cut(page, "<style>")
	style, _, _ = strings.Cut(style, "</style>")
	for _, refused := range []string{"url(", "@import"} {
		if strings.Contains(style, refused) {
			t.Errorf("the style sheet has %s", refused)
		}
	}
	if !strings.Contains(page, `content="default-src &#39;none&#39;; img-src data:; style-src &#39;unsafe-inline&#39;; script-src &#39;sha256-`) {
		t.Error("no policy")
	}
}

// The policy names the scripts that run, by the digests of what stands between their tags.
func TestPolicyNamesTheScripts(t *testing.T) {
	page := html.UnescapeString(render(t, played(t, twoKinds, 5)))
	head, _, _ := strings.Cut(page, "<title>")
	scripts := regexp.MustCompile(`(?s)<script>(.*?)</script>`).FindAllStringSubmatch(render(t, played(t, twoKinds, 5)), -1)
	if len(scripts) != 2 {
		t.Fatalf("%d scripts", len(scripts))
	}
	for i, script := range scripts {
		sum := sha256.Sum256([]byte(script[1]))
		if digest := "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; !strings.Contains(head, digest) {
			t.Errorf("script %d is not in the policy", i)
		}
	}
}

// What a scenario's author writes stays text.
func TestPageEscapesWhatAScenarioSays(t *testing.T) {
	in := played(t, twoKinds, 50)
	in.Ran.Text += "# </pre></code><script>alert(4)</script>"
	page := render(t, in)
	if n := strings.Count(page, "<script"); n != 3 {
		t.Errorf("%d scripts; want the data, uPlot and the page's own", n)
	}
	for _, refused := range []string{"<script>alert", "<b onclick", "<img"} {
		if strings.Contains(page, refused) {
			t.Errorf("the page has %s", refused)
		}
	}
	if !strings.Contains(page, "a &lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt; &amp;") {
		t.Error("the description is not shown as it stands")
	}
}

func TestPageIsTheSameBytes(t *testing.T) {
	if first, again := render(t, played(t, twoKinds, 50)), render(t, played(t, twoKinds, 50)); first != again {
		t.Error("two pages of one input differ")
	}
}

// What is missing is said, and the rest is there.
func TestPageOfABaseline(t *testing.T) {
	in := played(t, twoKinds, 50)
	in.Distributions, in.Outages, in.Config, in.World, in.NoTrial = nil, nil, nil, nil, "Trial 0 cannot be told: it is gone."
	page := render(t, in)
	for _, want := range []string{"no curves are drawn", "Trial 0 cannot be told: it is gone.", "The service refuses a shard&#39;s writes",
		"Inferred defaults in use", "How to reproduce this"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q", want)
		}
	}
	if strings.Contains(page, "<svg viewBox") {
		t.Error("something is drawn")
	}
}

// An experiment without a call has no calendar, no failover, and no outage to tell of.
func TestPageOfAnIdleScenario(t *testing.T) {
	page := render(t, played(t, "horizon = \"1h\"\n[[replication_group]]\nid = \"still\"\nreplicas = 1\n", 20))
	for _, want := range []string{"<strong>No write outage happened</strong> in 20 trials.", "Nothing calls TestFailover in this scenario."} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q", want)
		}
	}
}

// A fleet of a thousand shards fits: the page says what it leaves out.
func TestPageOfALargeFleet(t *testing.T) {
	page := render(t, played(t, `
horizon = "9d"
[quota]
limit = 1000
[[replication_group]]
id = "fleet"
count = 100
node_groups = 10
replicas = 1
writes_per_second = 100
reads_per_second = 100
[[campaign]]
name = "all"
parallel_groups = 20
poll = "15s"
`, 4))
	if len(page) > 1_500_000 {
		t.Errorf("%d bytes", len(page))
	}
	for _, want := range []string{"The chart has the 60 shards that were called first; 940 more were called.",
		"The list has the first 300 of 1,000 calls", "The list has 400 of 1,000 shards"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q", want)
		}
	}
}

// Headings go down one level at a time, every table has a caption, and every drawing a title and a description.
func TestPageHasItsStructure(t *testing.T) {
	page := render(t, played(t, twoKinds, 50))
	last := 0
	for _, heading := range regexp.MustCompile(`<h([1-6])`).FindAllStringSubmatch(page, -1) {
		level := int(heading[1][0] - '0')
		if level > last+1 {
			t.Errorf("h%d follows h%d", level, last)
		}
		last = level
	}
	for opened, each := range map[string]string{"<table": "<caption>", "<svg viewBox=\"0 0 4": "<desc id=", "<article": "<h4 id="} {
		if n := strings.Count(page, opened); n == 0 || strings.Count(page, each) < n {
			t.Errorf("%d %s with %d %s", n, opened, strings.Count(page, each), each)
		}
	}
	ids := map[string]bool{}
	for _, id := range regexp.MustCompile(`\sid="([^"]+)"`).FindAllStringSubmatch(page, -1) {
		if ids[id[1]] {
			t.Errorf("the id %s stands twice", id[1])
		}
		ids[id[1]] = true
	}
	for _, link := range regexp.MustCompile(`href="#([^"]+)"`).FindAllStringSubmatch(page, -1) {
		if !ids[link[1]] {
			t.Errorf("a link leads to #%s, which is not there", link[1])
		}
	}
}

type answerCase struct {
	summary measure.Summary
	want    []string
	cfg     *sim.Config
}

const clientsMaySuffer = "Clients may suffer longer: client libraries are not modelled yet."

// outageCases are about write outages; bold parts stand between stars.
func outageCases() map[string]answerCase {
	low, high := 37.5, 38.75
	full := sample(80000, 26.7, 0.1, 26.6, 34.1, 36.0, 38.2, 15.1, 39.9)
	full.Quantiles["p99"] = measure.Estimate{Value: 38.2, Low: &low, High: &high}
	slow := sample(80000, 30, 0.1, 30.1, 44.2, 51.3, 66.8, 15.1, 91.9)
	few := sample(4, 26.7, 0.1, 26.6, 34.1, 36.0, 38.2, 15.1, 39.9)
	few.Quantiles = map[string]measure.Estimate{}
	few.Warnings = []string{measure.UnsupportedQuantiles + "4 values in 2 trials cannot support: p50 about 40, p99 about 1,368: trials are needed"}
	cut := sample(80, 26.7, 0.1, 26.6, 34.1, 36.0, 38.2, 15.1, 39.9)
	cut.Censored = 3
	cut.Quantiles["p99"] = measure.Estimate{Value: 38.2, Low: &low, Method: "order statistics, " + measure.MethodLowerBound}
	return map[string]answerCase{
		"none": {summary: measure.Summary{Trials: 1}, want: []string{"*No write outage happened* in 1 trial."}},
		"both observers": {
			summary: measure.Summary{Metrics: []measure.MetricSummary{metric("write_outage", "s", "window", full),
				metric("write_outage@endpoint", "s", "window", slow)}},
			want: []string{
				"The service refuses a shard's writes for *26.6 s* in the middle case and for *38.2 s or longer* in the worst 1 % (interval: 37.5 s to 38.8 s).",
				"Until the primary's name leads to the new primary too, writes are out for *30.1 s* in the middle case and for *66.8 s or longer* in the worst 1 %.",
				clientsMaySuffer,
			},
		},
		"one observer's view is the other's": {
			summary: measure.Summary{Metrics: []measure.MetricSummary{metric("write_outage", "s", "window", slow),
				metric("write_outage@endpoint", "s", "window", slow)}},
			want: []string{"The service refuses a shard's writes for *30.1 s* in the middle case and for *66.8 s or longer* in the worst 1 %.", clientsMaySuffer},
		},
		"too few trials": {
			summary: measure.Summary{Metrics: []measure.MetricSummary{metric("write_outage", "s", "window", few)}},
			want: []string{"The service refuses a shard's writes for *26.7 s* on average; the worst 1 % cannot be told from so few trials " +
				"(p99 needs about 1,368 trials): the longest seen is *39.9 s*.", clientsMaySuffer},
		},
		"cut short": {
			summary: measure.Summary{Metrics: []measure.MetricSummary{metric("write_outage", "s", "window", cut)}},
			want: []string{"The service refuses a shard's writes for *26.6 s* in the middle case and for *at least 38.2 s* in the worst 1 % " +
				"(interval: 37.5 s or more).", clientsMaySuffer},
		},
	}
}

// otherCases are about campaigns, verdicts and the extent of a run.
func otherCases() map[string]answerCase {
	span := sample(2000, 265000, 100, 266400, 1, 1, 1, 1, 1) // 74 h = 3 days 2 h
	span.Quantiles["p50"] = measure.Estimate{Value: 266400}
	short := sample(2000, 18000, 100, 18720, 1, 1, 1, 1, 1) // 5 h 12 min
	makespan := metric("makespan@operator", "s", "campaign", span)
	makespan.By = map[string]map[string]measure.Figures{"campaign": {"brief": short, "long": span}}
	covered := metric("covered@operator", "ratio", "campaign", sample(2000, 0.975, 0, 1, 1, 1, 1, 0, 1))
	return map[string]answerCase{
		"campaigns": {
			summary: measure.Summary{Trials: 9, Metrics: []measure.MetricSummary{makespan, covered}},
			want: []string{"*No write outage happened* in 9 trials.",
				"Each from its own start, campaign long takes *3 days 2 h* in the middle case; campaign brief takes *5 h 12 min* in the middle case.",
				"Campaigns do not get to every shard: *97.50%* are seen through on average."},
		},
		// brief ends last: it starts 80 h after long, and so ends 85 h 12 min after it started: 3 days 13 h.
		"campaigns that do not start together": {
			summary: measure.Summary{Trials: 9, Metrics: []measure.MetricSummary{makespan}},
			cfg:     &sim.Config{Campaigns: []sim.CampaignConfig{{Name: "brief", At: 84 * 3600e9}, {Name: "long", At: 4 * 3600e9}}},
			want: []string{"*No write outage happened* in 9 trials.",
				"From the start of the first campaign until the last, brief, is through it takes *3 days 13 h* in the middle case.",
				"Each from its own start, campaign brief takes *5 h 12 min* in the middle case; campaign long takes *3 days 2 h* in the middle case."},
		},
		"nothing called": {
			summary: measure.Summary{Trials: 9, Assumptions: []measure.Assumption{{Name: "delays.lag", Value: "1ms"}}},
			want: []string{"*No write outage happened* in 9 trials.",
				"*Nothing was called* and no writes stopped, so that no delay of a failover shows in this."},
		},
		"verdicts, delays, a part, a precision": {
			summary: measure.Summary{
				Trials: 9, Part: "trials 0 to 9 of 20", Calls: measure.Calls{Made: 1},
				Thresholds: []measure.Verdict{{Verdict: measure.Fail}, {Verdict: measure.Pass}, {Verdict: measure.Undecided}},
				Assumptions: []measure.Assumption{{Name: "delays.lag", Value: "1ms"}, {Name: "quota.count", Value: "calls"},
					{Name: "delays.cmd.dns_ttl", Value: "15s"}},
				Stopping: &measure.Stopping{Precision: "write_outage.p99<=2%", MaxTrials: 4000},
			},
			want: []string{"*No write outage happened* in 9 trials.", "Of 3 thresholds, *1 failed* and 1 cannot be decided.",
				"All of this rests on *inferred delays*, set from few observations: cmd.dns_ttl 15s; lag 1ms.",
				"*This is a part of an experiment only*: trials 0 to 9 of 20.",
				"The run was to go on until write_outage.p99<=2%: that *was not reached within 4,000 trials*."},
		},
		"all passed": {
			summary: measure.Summary{Trials: 9, Thresholds: []measure.Verdict{{Verdict: measure.Pass}},
				Stopping: &measure.Stopping{Precision: "write_outage.p99<=2%", Reached: true}},
			want: []string{"*No write outage happened* in 9 trials.", "Of the thresholds, *all 1 passed*.",
				"The run was to go on until write_outage.p99<=2%: that *was reached*."},
		},
	}
}

// The answer opens the page; each case is worded from figures by hand.
func TestAnswer(t *testing.T) {
	cases := outageCases()
	maps.Copy(cases, otherCases())
	for name, c := range cases {
		got := answer(&c.summary, c.cfg, nil)
		if len(got) != len(c.want) {
			t.Errorf("%s: %d sentences, want %d", name, len(got), len(c.want))
			continue
		}
		for i := range got {
			if text := starred(got[i]); text != c.want[i] {
				t.Errorf("%s: got  %s\nwant %s", name, text, c.want[i])
			}
		}
	}
}

// What shapes the outage comes first, whatever the order of the file, and is never cut; what shapes nothing told comes last.
func TestAnswerNamesWhatShapesItFirst(t *testing.T) {
	var have []measure.Assumption
	for _, name := range []string{"cmd.lag", "cmd.completed_event", "cmd.sync_rate", "cmd.provision", "cmd.recovery_start", "cmd.accept",
		"cmd.dns_ttl", "cmd.propagation", "cme.accept", "cmd.promotion", "cme.promotion"} {
		have = append(have, measure.Assumption{Name: "delays." + name, Value: "1s"})
	}
	got := starred(restAnswer(&measure.Summary{Calls: measure.Calls{Made: 1}, Assumptions: have})[0])
	want := "All of this rests on *inferred delays*, set from few observations: cmd.promotion 1s; cme.promotion 1s; " +
		"cmd.propagation 1s; cmd.dns_ttl 1s; cmd.accept 1s; cme.accept 1s; cmd.recovery_start 1s; cmd.provision 1s; cmd.sync_rate 1s; and 2 more."
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// A stretch that begins at midnight is of that day, though it is drawn with some room before it; and a long stretch leaves the
// gap before it a gap: of the hour between them a quarter at most goes to either.
func TestCalendarAxisKeepsDaysAndGaps(t *testing.T) {
	hour := sim.Time(3600e9)
	start := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	a := &timeAxis{start: start}
	a.stretches = []stretch{{from: 24 * hour, to: 25 * hour}, {from: 26 * hour, to: 1026 * hour}}
	a.pad()
	if gap := a.stretches[1].from - a.stretches[0].to; gap < hour/2 {
		t.Errorf("a gap of %v is left of an hour", time.Duration(gap))
	}
	a = newTimeAxis(start, []stretch{{from: 24 * hour, to: 25 * hour}}, 0, 800)
	d := &drawing{}
	a.draw(d, 40, 100)
	if text := d.body.String(); !strings.Contains(text, ">Tue 3 Mar<") || strings.Contains(text, "Mon 2 Mar") || strings.Contains(text, ">-") {
		t.Errorf("the stretch that starts on Tuesday at midnight is labelled otherwise: %s", text)
	}
}

// Two campaigns that begin 24 hours apart count their own lengths; together they take the days that the calendar has. The
// first call comes at 09:00, and the last recovery, of a call of the next day at 11:30, is over 13 min later.
func TestAnswerTellsTheDaysOfTrial0(t *testing.T) {
	hour := sim.Time(3600e9)
	s := &trialStory{cfg: &sim.Config{Start: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), Campaigns: make([]sim.CampaignConfig, 2)},
		outcome: &sim.Outcome{End: 99 * hour}}
	s.calls = []call{{failover: &sim.Failover{Finished: hour / 4}}, {at: 26*hour + hour/2,
		failover: &sim.Failover{Finished: 26*hour + hour/2 + 13*hour/60}}}
	want := "In trial 0 all of it runs from Mon 2 Mar 09:00 to Tue 3 Mar 11:43 UTC, *1 day 3 h*; the calendar below tells it."
	if got := calendarAnswer(s); len(got) != 1 || starred(got[0]) != want {
		t.Errorf("got %v", got)
	}
	s.cfg.Campaigns = nil
	if got := calendarAnswer(s); got != nil {
		t.Errorf("without a campaign: %v", got)
	}
}

// starred writes bold parts between stars.
func starred(line statement) (text string) {
	for _, p := range line {
		if p.Bold {
			text += "*" + p.Text + "*"
		} else {
			text += p.Text
		}
	}
	return text
}

func TestSpell(t *testing.T) {
	for seconds, want := range map[float64]string{
		266400: "3 days 2 h", 86400: "1 day", 86399: "1 day", 18720: "5 h 12 min", 3600: "1 h", 760: "12 min 40 s", 60: "1 min",
		59.9: "1 min", 42.5: "42.5 s", 0.25: "250 ms",
	} {
		if got := spell(seconds); got != want {
			t.Errorf("%v s is %q, want %q", seconds, got, want)
		}
	}
}
