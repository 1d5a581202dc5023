package compare

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"failsim/measure"
	"failsim/scenario"
	"failsim/sim"
)

// shop is a small scenario with everything that gates by default. Its promotion takes factor times as long as usual; the name
// of the group sets the luck.
func shop(t testing.TB, group string, factor float64) *scenario.Scenario {
	t.Helper()
	text := fmt.Sprintf(`
horizon = "6h"
[delays.cme_small]
promotion = "triangular(%.2fs, %.2fs, %.2fs)"
[[replication_group]]
id = %q
node_groups = 2
writes_per_second = 100000
[[campaign]]
`, 40*factor, 62*factor, 115*factor, group)
	sc, err := scenario.Parse("shop.toml", []byte(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	return sc
}

// player plays trials of a scenario, any number of times.
type player struct {
	sc    *scenario.Scenario
	tally *measure.Tally
	world *sim.World
}

func newPlayer(t testing.TB, group string, factor float64) *player {
	sc := shop(t, group, factor)
	return &player{sc, measure.NewTally(&sc.Config), sim.NewWorld(&sc.Config)}
}

// play gives the result of trials, as a run and a reading of its folder do.
func (p *player) play(t testing.TB, seed uint64, trials int) *Result {
	t.Helper()
	p.tally.Reset()
	columns := p.tally.Columns()
	numbers := map[string][]int64{}
	r := &Result{Name: p.sc.Name, Engine: sim.Engine, Rows: &Rows{
		Columns: columns, Read: func(name string) ([]int64, error) { return numbers[name], nil },
	}}
	row := make([]int64, len(columns))
	for trial := range uint64(trials) {
		p.world.Reset(seed, trial)
		p.world.RunUntil(p.sc.Config.End())
		if err := p.tally.AddRow(p.world.Outcome(), row); err != nil {
			t.Fatal(err)
		}
		for i := range columns {
			numbers[columns[i].Name] = append(numbers[columns[i].Name], row[i])
		}
		r.Rows.Trials = append(r.Rows.Trials, int64(trial))
	}
	summary := p.tally.Summary(measure.Info{Scenario: p.sc.Name, Seed: seed, Confidence: 0.95})
	r.Summary = &summary
	r.SummaryDigest = fmt.Sprint(p.sc.Identity, seed, trials)
	r.TrialsDigest = r.SummaryDigest
	return r
}

// with gives the result a summary that went through its file.
func (r *Result) with(t testing.TB, s *measure.Summary) *Result {
	t.Helper()
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if r.Summary, r.SummaryDigest, err = ReadSummary(text); err != nil {
		t.Fatal(err)
	}
	return r
}

// bare leaves a result its summary alone.
func bare(r *Result) *Result {
	return &Result{Name: r.Name, Summary: r.Summary, SummaryDigest: r.SummaryDigest, Engine: r.Engine, NoRows: "is a summary alone"}
}

// one compares two results.
func one(t testing.TB, base, other *Result, opts Options) *Pair {
	t.Helper()
	if opts.Alpha == 0 {
		opts.Alpha = 0.05
	}
	c, err := Compare([]Pairing{{base, other}}, opts)
	if err != nil {
		t.Fatal(err)
	}
	if c.Verdict != c.Scenarios[0].Verdict {
		t.Errorf("verdict %q, of its only scenario %q", c.Verdict, c.Scenarios[0].Verdict)
	}
	return &c.Scenarios[0]
}

// of finds the change of a figure.
func (p *Pair) of(t testing.TB, figure string) *Change {
	t.Helper()
	for i := range p.Changes {
		if p.Changes[i].Figure().String() == figure {
			return &p.Changes[i]
		}
	}
	t.Fatalf("no change of %s", figure)
	return nil
}

// sketch is a summary by hand: one metric for each line `name observer unit better`, whose figures are all those of f.
func sketch(trials int64, f measure.Figures, metrics ...string) *measure.Summary {
	s := &measure.Summary{Schema: measure.Schema, Scenario: "by-hand", Trials: trials, Seed: 1, Confidence: 0.95}
	for _, m := range metrics {
		words := strings.Fields(m)
		if f.Max != nil && words[2] == "ratio" {
			most := min(*f.Max, 1)
			f.Max = &most
		}
		s.Metrics = append(s.Metrics, measure.MetricSummary{
			Name: words[0], Observer: words[1], Unit: words[2], Better: words[3], Per: "trial", Figures: f,
		})
	}
	return s
}

// around gives figures of a mean with its interval and of one quantile with the same.
func around(n int64, value, low, high float64) measure.Figures {
	e := measure.Estimate{Value: value, Low: &low, High: &high, Method: "by hand"}
	least, most := max(low-1, 0), high+1
	return measure.Figures{N: n, Mean: &e, Quantiles: map[string]measure.Estimate{"p99": e}, Min: &least, Max: &most}
}
