package export

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"failsim/experiment"
	"failsim/measure"
	"failsim/rows"
	"failsim/scenario"
	"failsim/sim"

	"github.com/google/go-cmp/cmp"
)

const (
	seed    = 3
	nTrials = 60
)

// results are what a run of a shipped scenario has left.
type results struct {
	cfg     *sim.Config
	columns []measure.Column
	trials  *rows.Trials
	outages iter.Seq2[*rows.Outage, error]
}

func play(t testing.TB, name string) *results {
	t.Helper()
	sc, err := scenario.Load(filepath.Join("..", "scenarios", name+".toml"))
	if err != nil {
		t.Fatal(err)
	}
	r := &results{cfg: &sc.Config, columns: measure.NewTally(&sc.Config).Columns()}
	opts := experiment.Options{Ranges: []experiment.Range{{From: 0, To: nTrials}}, Seed: seed, Workers: 1, Windows: nTrials}
	stored, err := experiment.Collect(context.Background(), r.cfg, opts)
	if err != nil {
		t.Fatal(err)
	}
	chunks := func(yield func(*experiment.Stored, error) bool) { yield(stored[0], nil) }
	in := bytes.NewReader(written(t, func(w io.Writer) error { return rows.WriteTrials(w, r.columns, chunks) }))
	if r.trials, err = rows.OpenTrials(in, in.Size()); err != nil {
		t.Fatal(err)
	}
	out := bytes.NewReader(written(t, func(w io.Writer) error { return rows.WriteOutages(w, r.cfg, chunks) }))
	r.outages = rows.ReadOutages(out, out.Size())
	return r
}

func written(t testing.TB, write func(io.Writer) error) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// outcomes plays the same trials again, one World for each.
func (r *results) outcomes() iter.Seq2[int, *sim.Outcome] {
	return func(yield func(int, *sim.Outcome) bool) {
		for i := range nTrials {
			if !yield(i, sim.Run(r.cfg, seed, uint64(i))) {
				return
			}
		}
	}
}

// read gives the cells of a table by name, whichever way it is encoded.
func read(t *testing.T, as Encoding, text []byte) (all []map[string]string) {
	t.Helper()
	if as == JSONLines {
		for line := range strings.Lines(string(text)) {
			row := map[string]any{}
			in := json.NewDecoder(strings.NewReader(line))
			in.UseNumber()
			if err := in.Decode(&row); err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			cells := map[string]string{}
			for name, v := range row {
				cells[name] = fmt.Sprint(v)
			}
			all = append(all, cells)
		}
		return all
	}
	lines, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range lines[1:] {
		cells := map[string]string{}
		for i, name := range lines[0] {
			cells[name] = line[i]
		}
		all = append(all, cells)
	}
	return all
}

// inSeconds is what nine decimals of a span read, by way of an integer.
func inSeconds(t sim.Time) string {
	digits := fmt.Sprintf("%010d", int64(t))
	return digits[:len(digits)-9] + "." + digits[len(digits)-9:]
}

// figures are some of what a trial's row says, counted by hand.
func figures(cfg *sim.Config, o *sim.Outcome) map[string]string {
	var n, nByName int64
	var sum, longest, inside sim.Time
	for _, w := range o.Windows {
		if w.Access != sim.AccessWrite || w.NodeGroup < 0 {
			continue
		}
		if w.Observer == sim.ObserverEndpoint {
			nByName++
			continue
		}
		n++
		sum += w.To - w.From
		longest = max(longest, w.To-w.From)
		inside += min(w.To, sim.Time(cfg.Horizon)) - min(w.From, sim.Time(cfg.Horizon))
	}
	nodeGroups := 0
	for _, g := range cfg.Groups {
		nodeGroups += len(g.NodeGroups)
	}
	var accepted int64
	var makespan sim.Time
	covered := 0.0
	for c := range o.Campaigns {
		accepted += o.Campaigns[c].Calls.Accepted
		makespan += o.Campaigns[c].Ended - cfg.Campaigns[c].At
		covered += float64(o.Campaigns[c].Covered) / float64(o.Campaigns[c].Targets)
	}
	return map[string]string{
		"trial":                   fmt.Sprint(o.Trial),
		"write_outage_n":          fmt.Sprint(n),
		"write_outage_sum":        inSeconds(sum),
		"write_outage_endpoint_n": fmt.Sprint(nByName),
		"longest_write_outage":    inSeconds(longest),
		"write_availability":      fmt.Sprint(1 - float64(inside)/float64(nodeGroups)/float64(cfg.Horizon)),
		"makespan_sum":            inSeconds(makespan),
		"covered_sum":             fmt.Sprint(covered),
		"accepted_calls_sum":      fmt.Sprint(accepted),
		"accepted_calls_n":        "2",
		"call_to_completed_sum":   inSeconds(announced(o)),
	}
}

// announced is how long calls took until their failover was announced, in all.
func announced(o *sim.Outcome) (sum sim.Time) {
	for _, f := range o.Failovers {
		sum += f.Completed - f.Accepted
	}
	return sum
}

func TestTrialsHaveTheFiguresOfTheirWorlds(t *testing.T) {
	r := play(t, "game-day")
	for _, as := range []Encoding{CSV, JSONLines} {
		got := read(t, as, written(t, func(w io.Writer) error { return Trials(w, as, r.columns, r.trials) }))
		if len(got) != nTrials || len(got[0]) != len(r.columns)+1 {
			t.Fatalf("%d rows of %d cells", len(got), len(got[0]))
		}
		for i, o := range r.outcomes() {
			want := figures(r.cfg, o)
			for name, v := range want {
				if got[i][name] == v {
					continue
				}
				// A ratio has six significant digits, an availability in its distance from 1.
				a, err := strconv.ParseFloat(got[i][name], 64)
				b, err2 := strconv.ParseFloat(v, 64)
				if err != nil || err2 != nil || b == 1 || name != "write_availability" ||
					math.Abs(a-b)/(1-b) > 0.5e-5 {
					t.Fatalf("encoding %d, trial %d: %s is %q; want %q", as, i, name, got[i][name], v)
				}
			}
		}
	}
}

func TestOutagesAreExactToTheNanosecond(t *testing.T) {
	r := play(t, "quickstart")
	for _, as := range []Encoding{CSV, JSONLines} {
		text := written(t, func(w io.Writer) error { return Outages(w, as, r.outages) })
		if as == CSV && !strings.HasPrefix(string(text), "trial,group,node_group,access,observer,cause,from,to,censored\n") {
			t.Errorf("the names are %.100q", text)
		}
		var want []map[string]string
		for i, o := range r.outcomes() {
			for _, w := range o.Windows {
				if w.NodeGroup < 0 {
					continue
				}
				g := r.cfg.Groups[w.Group]
				want = append(want, map[string]string{
					"trial": fmt.Sprint(i), "group": g.ID, "node_group": g.NodeGroups[w.NodeGroup].ID,
					"access": w.Access.String(), "observer": w.Observer.String(), "cause": w.Cause.String(),
					"from": inSeconds(w.From), "to": inSeconds(w.To), "censored": fmt.Sprint(w.Censored),
				})
			}
		}
		if diff := cmp.Diff(want, read(t, as, text)); diff != "" || len(want) < 2*nTrials {
			t.Errorf("encoding %d, %d windows: %.1000s", as, len(want), diff)
		}
	}
}

// A write outage opens at the cut-off and ends at the promotion.
func TestAWriteOutageOpensAtTheCutOff(t *testing.T) {
	r := play(t, "quickstart")
	got := read(t, CSV, written(t, func(w io.Writer) error { return Outages(w, CSV, r.outages) }))
	for i, o := range r.outcomes() {
		var spans, want []string
		for _, row := range got {
			if row["trial"] == fmt.Sprint(i) && row["access"] == "write" && row["observer"] == "service" {
				spans = append(spans, row["from"]+" "+row["to"])
			}
		}
		for _, f := range o.Failovers {
			want = append(want, inSeconds(f.CutOff)+" "+inSeconds(f.Promoted))
		}
		slices.Sort(spans)
		slices.Sort(want)
		if diff := cmp.Diff(want, spans); diff != "" {
			t.Fatalf("trial %d: %s", i, diff)
		}
	}
}

func TestFigures(t *testing.T) {
	const hour = 3600_000_000_000
	for _, tt := range []struct {
		column measure.Column
		n      int64
		want   string
	}{
		{measure.Column{Name: "calls", Scale: 1}, 1_234_567, "1234567"},
		{measure.Column{Name: "span_ns", Scale: 1 / 1e9}, 0, "0.000000000"},
		{measure.Column{Name: "span_ns", Scale: 1 / 1e9}, 1, "0.000000001"},
		{measure.Column{Name: "span_ns", Scale: 1 / 1e9}, 61_020_000_000, "61.020000000"},
		{measure.Column{Name: "span_ns", Scale: 1 / 1e9}, math.MaxInt64, "9223372036.854775807"},
		{measure.Column{Name: "span_ns", Scale: 1 / 1e9}, -1_500_000_000, "-1.500000000"},
		{measure.Column{Name: "covered", Scale: 1 / 1e9}, 500_000_000, "0.5"},
		{measure.Column{Name: "covered", Scale: 1 / 1e9}, 1_000_000_000, "1"},
		{measure.Column{Name: "covered", Scale: 1 / 1e9}, 333_333_333, "0.333333"},
		{measure.Column{Name: "peak", Scale: 1.0 / 60}, 60 * 9000, "9000"},
		{measure.Column{Name: "peak", Scale: 1.0 / 60}, 20_000_000, "333333"},
		// Of an availability over 2 node groups and an hour: 1 - n/7200s.
		{measure.Column{Name: "u_ns", Offset: 1, Scale: -1.0 / (2 * hour)}, 0, "1"},
		{measure.Column{Name: "u_ns", Offset: 1, Scale: -1.0 / (2 * hour)}, 2 * hour, "0"},
		{measure.Column{Name: "u_ns", Offset: 1, Scale: -1.0 / (2 * hour)}, hour, "0.5"},
		{measure.Column{Name: "u_ns", Offset: 1, Scale: -1.0 / (2 * hour)}, 7_200_000_000, "0.999"},
		{measure.Column{Name: "u_ns", Offset: 1, Scale: -1.0 / (2 * hour)}, 24_680_135, "0.9999965722"},
	} {
		if got := string(appendFigure(nil, &tt.column, tt.n)); got != tt.want {
			t.Errorf("%d of %s is %s; want %s", tt.n, tt.column.Name, got, tt.want)
		}
	}
}

func TestTextIsQuoted(t *testing.T) {
	hostile := func(yield func(*rows.Outage, error) bool) {
		yield(&rows.Outage{Group: `a "b", c`, NodeGroup: "x\ny", Access: "<&>"}, nil)
	}
	for _, as := range []Encoding{CSV, JSONLines} {
		got := read(t, as, written(t, func(w io.Writer) error { return Outages(w, as, hostile) }))
		if len(got) != 1 || got[0]["group"] != `a "b", c` || got[0]["node_group"] != "x\ny" || got[0]["access"] != "<&>" {
			t.Errorf("encoding %d: %v", as, got)
		}
	}
}
