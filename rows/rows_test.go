package rows_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"failsim/experiment"
	"failsim/measure"
	"failsim/rows"
	"failsim/scenario"
	"failsim/sim"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
)

// load reads a shipped scenario.
func load(t testing.TB, name string) *sim.Config {
	t.Helper()
	sc, err := scenario.Load(filepath.Join("..", "scenarios", name+".toml"))
	if err != nil {
		t.Fatal(err)
	}
	return &sc.Config
}

// play gives what is stored of trials 0 to n-1 of seed 3, whose outage windows are kept below `windows`.
func play(t testing.TB, cfg *sim.Config, n, windows int64) []*experiment.Stored {
	t.Helper()
	opts := experiment.Options{Ranges: []experiment.Range{{From: 0, To: n}}, Seed: 3, Workers: 2, Windows: windows}
	all, err := experiment.Collect(context.Background(), cfg, opts)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// each gives chunks one after the other.
func each(all []*experiment.Stored) rows.Chunks {
	return func(yield func(*experiment.Stored, error) bool) {
		for _, c := range all {
			if !yield(c, nil) {
				return
			}
		}
	}
}

// written gives the bytes of a file.
func written(t testing.TB, write func(io.Writer) error) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func trialsFile(t testing.TB, cfg *sim.Config, all []*experiment.Stored) []byte {
	t.Helper()
	return written(t, func(w io.Writer) error {
		return rows.WriteTrials(w, measure.NewTally(cfg).Columns(), each(all))
	})
}

func outagesFile(t testing.TB, cfg *sim.Config, all []*experiment.Stored) []byte {
	t.Helper()
	return written(t, func(w io.Writer) error { return rows.WriteOutages(w, cfg, each(all)) })
}

func openTrials(t testing.TB, text []byte) *rows.Trials {
	t.Helper()
	trials, err := rows.OpenTrials(bytes.NewReader(text), int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	return trials
}

// told is a row of trials.parquet as one World tells it, counted by hand.
func told(o *sim.Outcome) map[string]int64 {
	row := map[string]int64{"trial": int64(o.Trial)}
	for _, w := range o.Windows {
		if w.Access != sim.AccessWrite {
			continue
		}
		suffix := map[sim.Observer]string{sim.ObserverService: "", sim.ObserverEndpoint: "_endpoint"}[w.Observer]
		name := "write_outage" + suffix
		if w.NodeGroup < 0 {
			name = "group_" + name
		}
		if w.Group < 0 {
			name = "fleet_write_outage" + suffix
		}
		span := int64(w.To - w.From)
		row[name+"_n"]++
		row[name+"_sum_ns"] += span
		if w.NodeGroup >= 0 {
			row["total_"+name+"_ns"] += span
			row["longest_"+name+"_ns"] = max(row["longest_"+name+"_ns"], span)
		}
	}
	for _, f := range o.Failovers {
		row["promotion_n"]++
		row["promotion_sum_ns"] += int64(f.Promoted - f.CutOff)
		row["lost_tail_n"]++
		row["lost_tail_sum_ns"] += int64(f.LostTail)
	}
	return row
}

func TestTrialsAreWhatAWorldTells(t *testing.T) {
	cfg := load(t, "quickstart")
	const n = 5000 // two chunks
	trials := openTrials(t, trialsFile(t, cfg, play(t, cfg, n, 0)))
	if trials.Len() != n {
		t.Fatalf("%d trials", trials.Len())
	}
	names := slices.Sorted(func(yield func(string) bool) {
		for name := range told(sim.Run(cfg, 3, 0)) {
			yield(name)
		}
	})
	if len(names) != 1+6*2+2*2+4 {
		t.Fatalf("%v", names)
	}
	columns := map[string][]int64{}
	for _, name := range names {
		var err error
		if columns[name], err = trials.Column(name); err != nil {
			t.Fatal(err)
		}
	}
	world := sim.NewWorld(cfg)
	next := 0
	for row, err := range trials.Rows(names) {
		if err != nil {
			t.Fatal(err)
		}
		world.Reset(3, uint64(next))
		world.RunUntil(cfg.End())
		want := told(world.Outcome())
		for i, name := range names {
			if row[i] != want[name] || columns[name][next] != want[name] {
				t.Fatalf("trial %d: %s is %d, in its column %d; want %d", next, name, row[i], columns[name][next], want[name])
			}
		}
		next++
	}
	if next != n {
		t.Errorf("%d rows", next)
	}
}

func TestOutagesAreTheWindowsOfNodeGroups(t *testing.T) {
	cfg := load(t, "quickstart")
	const kept = 700
	text := outagesFile(t, cfg, play(t, cfg, 5000, kept))
	var want, got []rows.Outage
	for i := range uint64(kept) {
		for _, w := range sim.Run(cfg, 3, i).Windows {
			if w.NodeGroup < 0 {
				continue
			}
			g := cfg.Groups[w.Group]
			want = append(want, rows.Outage{
				Trial: int64(i), Group: g.ID, NodeGroup: g.NodeGroups[w.NodeGroup].ID, Access: w.Access.String(),
				Observer: w.Observer.String(), Cause: w.Cause.String(), FromNs: int64(w.From), ToNs: int64(w.To),
				Censored: w.Censored,
			})
		}
	}
	for row, err := range rows.ReadOutages(bytes.NewReader(text), int64(len(text))) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, *row)
	}
	if diff := cmp.Diff(want, got); diff != "" || len(got) < 2*kept {
		t.Errorf("%d windows: %.2000s", len(got), diff)
	}
}

func TestSketchesAreTheHistograms(t *testing.T) {
	cfg := load(t, "cmd-dns")
	tally := measure.NewTally(cfg)
	for i := range uint64(200) {
		if err := tally.Add(sim.Run(cfg, 3, i)); err != nil {
			t.Fatal(err)
		}
	}
	text := written(t, func(w io.Writer) error { return rows.WriteSketches(w, tally.Distributions(0.95)) })
	got, err := rows.ReadSketches(bytes.NewReader(text), int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	want := slices.Collect(tally.Distributions(0.95))
	if diff := cmp.Diff(want, got); diff != "" || len(got) < 10 {
		t.Errorf("%d distributions: %.2000s", len(got), diff)
	}
}

// made is trials 0 to n-1 with numbers that are a function of the trial and the column, in chunks that end at the cuts.
func made(n int64, width int, cuts ...int64) (all []*experiment.Stored) {
	from := int64(0)
	for _, to := range append(cuts, n) {
		c := &experiment.Stored{Range: experiment.Range{From: from, To: to}, Columns: width}
		for trial := from; trial < to; trial++ {
			for column := range int64(width) {
				c.Rows = append(c.Rows, trial*trial*(column+1)%1_000_003)
			}
		}
		c.Windows = func(yield func(experiment.Window, error) bool) {
			for trial := c.From; trial < c.To; trial++ {
				w := sim.OutageWindow{Group: int32(trial % 2), From: sim.Time(trial), To: sim.Time(2*trial + 1)}
				if !yield(experiment.Window{Trial: trial, OutageWindow: w}, nil) {
					return
				}
			}
		}
		all = append(all, c)
		from = to
	}
	return all
}

func makeColumns(width int) []measure.Column {
	columns := make([]measure.Column, width)
	for i := range columns {
		columns[i].Name = fmt.Sprintf("z%d", width-i) // descending: not in the order of the file
	}
	return columns
}

// twoGroups is as much of a configuration as names need.
func twoGroups() *sim.Config {
	ng := []sim.NodeGroupConfig{{ID: "0001"}}
	return &sim.Config{Groups: []sim.GroupConfig{{ID: "carts", NodeGroups: ng}, {ID: "sessions", NodeGroups: ng}}}
}

// Bytes follow from the trials, wherever chunks end, and groups have a fixed number of rows.
func TestChunksNeverShow(t *testing.T) {
	const n = 2*65536 + 3000
	files := func(cuts ...int64) map[string][]byte {
		all := made(n, 3, cuts...)
		return map[string][]byte{
			"trials":  written(t, func(w io.Writer) error { return rows.WriteTrials(w, makeColumns(3), each(all)) }),
			"outages": outagesFile(t, twoGroups(), all),
		}
	}
	whole := files()
	for name, text := range whole {
		file, err := parquet.OpenFile(bytes.NewReader(text), int64(len(text)))
		if err != nil {
			t.Fatal(err)
		}
		var sizes []int64
		for _, group := range file.RowGroups() {
			sizes = append(sizes, group.NumRows())
		}
		if diff := cmp.Diff([]int64{65536, 65536, 3000}, sizes); diff != "" {
			t.Errorf("%s: rows of groups: %s", name, diff)
		}
	}
	for _, cuts := range [][]int64{{4096, 8192}, {1, 1000, 65536, 65537, 130_000}, {}} {
		for name, text := range files(cuts...) {
			if !bytes.Equal(text, whole[name]) {
				t.Errorf("%s: other bytes for chunks that end at %v", name, cuts)
			}
		}
	}
}

func TestColumnsKeepTheirNames(t *testing.T) {
	all := made(70_000, 3)
	trials := openTrials(t, written(t, func(w io.Writer) error { return rows.WriteTrials(w, makeColumns(3), each(all)) }))
	if diff := cmp.Diff([]string{"trial", "z1", "z2", "z3"}, trials.Names()); diff != "" {
		t.Error(diff)
	}
	for i, column := range []string{"z3", "z2", "z1"} {
		got, err := trials.Column(column)
		if err != nil {
			t.Fatal(err)
		}
		for trial, v := range got {
			if want := int64(trial) * int64(trial) * int64(i+1) % 1_000_003; v != want {
				t.Fatalf("%s of trial %d is %d; want %d", column, trial, v, want)
			}
		}
	}
	if _, err := trials.Column("z4"); err == nil || err.Error() != "no column z4" {
		t.Errorf("z4: %v", err)
	}
	for _, err := range trials.Rows([]string{"trial", "z4"}) {
		if err == nil || err.Error() != "no column z4" {
			t.Errorf("z4: %v", err)
		}
	}
}

// A group of 65,536 rows of 9 numbers is 4.7 MB. What it takes to write many times that does not grow with it.
func TestMemoryStaysFlat(t *testing.T) {
	chunk := &experiment.Stored{Columns: 8, Rows: make([]int64, experiment.ChunkSize*8)}
	for i := range chunk.Rows {
		chunk.Rows[i] = int64(i) * 2_654_435_761 % 1_000_000_007
	}
	write := func(groups int64) uint64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err := rows.WriteTrials(io.Discard, makeColumns(8), func(yield func(*experiment.Stored, error) bool) {
			for chunk.From = 0; chunk.From < groups*65536; chunk.From = chunk.To {
				chunk.To = chunk.From + experiment.ChunkSize
				if !yield(chunk, nil) {
					return
				}
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	write(1)
	few, many := write(2), write(22)
	if most := uint64(20 * 65536 * 9 * 8 / 4); many > few+most {
		t.Errorf("20 further groups, of 94 MB, allocate %d bytes; want a quarter of that at most", many-few)
	}
}

// failing is a disk that is full after some bytes.
type failing struct{ left int }

var errFull = errors.New("disk full")

func (f *failing) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestErrorsEndTheFile(t *testing.T) {
	broken := errors.New("a chunk that is gone")
	ending := func(yield func(*experiment.Stored, error) bool) {
		if yield(made(100, 3)[0], nil) {
			yield(nil, broken)
		}
	}
	if err := rows.WriteTrials(io.Discard, makeColumns(3), ending); !errors.Is(err, broken) {
		t.Errorf("trials: %v", err)
	}
	if err := rows.WriteOutages(io.Discard, twoGroups(), ending); !errors.Is(err, broken) {
		t.Errorf("outages: %v", err)
	}
	all := made(200_000, 3)
	for name, write := range map[string]func(io.Writer) error{
		"trials":  func(w io.Writer) error { return rows.WriteTrials(w, makeColumns(3), each(all)) },
		"outages": func(w io.Writer) error { return rows.WriteOutages(w, twoGroups(), each(all)) },
	} {
		size := len(written(t, write))
		for _, room := range []int{0, 3, 1000, size / 2, size - 1} {
			if err := write(&failing{room}); !errors.Is(err, errFull) {
				t.Errorf("%s, room for %d of %d bytes: %v", name, room, size, err)
			}
		}
	}
}

func TestNoRowsAreAFileToo(t *testing.T) {
	text := written(t, func(w io.Writer) error { return rows.WriteOutages(w, twoGroups(), each(nil)) })
	for row, err := range rows.ReadOutages(bytes.NewReader(text), int64(len(text))) {
		t.Errorf("%v, %v", row, err)
	}
	text = written(t, func(w io.Writer) error { return rows.WriteTrials(w, makeColumns(1), each(nil)) })
	if n := openTrials(t, text).Len(); n != 0 {
		t.Errorf("%d trials", n)
	}
}
