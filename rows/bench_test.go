package rows_test

import (
	"fmt"
	"io"
	"testing"

	"failsim/experiment"
	"failsim/measure"
	"failsim/rows"
	"failsim/sim"
)

// BenchmarkWriteTrials writes a million rows as wide as those of a game day.
func BenchmarkWriteTrials(b *testing.B) {
	const trials, width = 1_000_000, 54
	columns := make([]measure.Column, width)
	for i := range columns {
		columns[i].Name = fmt.Sprintf("metric_%d", i)
	}
	chunk := &experiment.Stored{Columns: width, Rows: make([]int64, experiment.ChunkSize*width)}
	bits := uint64(1)
	for i := range chunk.Rows { // half the columns are counts that hardly vary, half are spans
		bits = bits*6364136223846793005 + 1442695040888963407
		chunk.Rows[i] = 40
		if i%2 == 1 {
			chunk.Rows[i] = int64(bits >> 24)
		}
	}
	chunks := func(yield func(*experiment.Stored, error) bool) {
		for chunk.From = 0; chunk.From < trials; chunk.From = chunk.To {
			chunk.To = min(chunk.From+experiment.ChunkSize, trials)
			if !yield(chunk, nil) {
				return
			}
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := rows.WriteTrials(io.Discard, columns, chunks); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(trials*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkWriteOutages writes a million windows.
func BenchmarkWriteOutages(b *testing.B) {
	const windows = 1_000_000
	cfg := twoGroups()
	chunk := &experiment.Stored{Range: experiment.Range{To: 8000}}
	chunk.Windows = func(yield func(experiment.Window, error) bool) {
		for i := range windows {
			w := experiment.Window{Trial: int64(i / 125)}
			w.Group = int32(i % 2)
			w.From = sim.Time(i%125) * 1_234_567_891
			w.To = w.From + sim.Time(i)*7_654_321
			if !yield(w, nil) {
				return
			}
		}
	}
	chunks := func(yield func(*experiment.Stored, error) bool) { yield(chunk, nil) }
	b.ReportAllocs()
	for b.Loop() {
		if err := rows.WriteOutages(io.Discard, cfg, chunks); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(windows*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
