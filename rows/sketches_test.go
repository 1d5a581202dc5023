package rows

import (
	"bytes"
	"slices"
	"testing"

	"failsim/measure"

	"github.com/google/go-cmp/cmp"
)

// What is read of sketches.parquet is what was written: bands where there are some, and none in narrowed samples, also
// across the blocks in which rows are read.
func TestSketchesCarryBands(t *testing.T) {
	var want []measure.Distribution
	for _, group := range []string{"", "carts", "sessions"} {
		d := measure.Distribution{Metric: "write_outage", Observer: "service"}
		if group != "" {
			d.By, d.Member = "group", group
		}
		for i := range 900 {
			d.Values = append(d.Values, 20+float64(i)/1000)
			d.Counts, d.Censored = append(d.Counts, int64(1+i%7)), append(d.Censored, int64(i%2))
			if group == "" {
				d.Low, d.High = append(d.Low, float64(i)/1000), append(d.High, float64(i+1)/1000)
			}
		}
		want = append(want, d)
	}
	var file bytes.Buffer
	if err := WriteSketches(&file, slices.Values(want)); err != nil {
		t.Fatal(err)
	}
	got, err := ReadSketches(bytes.NewReader(file.Bytes()), int64(file.Len()))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
