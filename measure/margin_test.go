package measure

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseMargin(t *testing.T) {
	for text, want := range map[string]Margin{
		"write_outage.p99=2s": {Figure{Metric: "write_outage", Observer: "service", Statistic: "p99"}, 2, false},
		"write_outage@endpoint.mean = 1.5s": {Figure{Metric: "write_outage", Observer: "endpoint", Statistic: "mean"},
			1.5, false},
		"makespan.mean=5%": {Figure{Metric: "makespan", Observer: "operator", Statistic: "mean"}, 0.05, true},
		"write_availability.p1=0.0001": {Figure{Metric: "write_availability", Observer: "service", Statistic: "p1"},
			0.0001, false},
		"makespan=1h":              {Figure{Metric: "makespan", Observer: "operator", Statistic: "mean"}, 3600, false},
		"write_outage@endpoint=5%": {Figure{Metric: "write_outage", Observer: "endpoint", Statistic: "mean"}, 0.05, true},
		"lost_writes.mean=0":       {Figure{Metric: "lost_writes", Observer: "service", Statistic: "mean"}, 0, false},
	} {
		got, err := ParseMargin(text)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v %s", text, err, diff)
		}
	}
}

func TestMistakesInMarginsSayWhatIsAllowed(t *testing.T) {
	for text, want := range map[string]string{
		"write_outage.p99":          "want figure=width",
		"":                          "want figure=width",
		"write_outage.=2s":          `no statistic ""`,
		"write_outag.p99=2s":        "did you mean write_outage?",
		"write_outage.p98=2s":       `no statistic "p98"; have mean`,
		"write_outage.max=2s":       "max has no interval; want mean or a quantile",
		"write_outage@client.p99=2": `no "client" of write_outage; have service, endpoint`,
		"write_outage.p99=2":        "or a percentage",
		"write_outage.p99=-2s":      "want a duration of 0 or more",
		"write_outage.p99=x%":       `"x%"; want a percentage from 0% to 1000%`,
		"lost_writes.mean=-1":       "want a number of 0 or more",
	} {
		if _, err := ParseMargin(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v; want %q", text, err, want)
		}
	}
	if _, err := ParsePercentage("5"); err == nil {
		t.Error("5 is no percentage")
	}
}

func TestAMetricAloneStandsForItsMean(t *testing.T) {
	for text, want := range map[string]Figure{
		"makespan":              {Metric: "makespan", Observer: "operator", Statistic: "mean"},
		"write_outage@endpoint": {Metric: "write_outage", Observer: "endpoint", Statistic: "mean"},
		"read_outage.p95":       {Metric: "read_outage", Observer: "service", Statistic: "p95"},
	} {
		got, err := ParseSelection(text)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v %s", text, err, diff)
		}
	}
}

// The mean of a column is the mean of the summary: 3 h without writes in 24 h are 0.875 available, and in 10^6 h, with six
// digits of the distance from 1, 0.999997.
func TestColumnsConvertToFigures(t *testing.T) {
	hour := 3600e9
	for _, tt := range []struct {
		column Column
		mean   float64
		want   float64
	}{
		{Column{Offset: 1, Scale: -1 / (24 * hour)}, 3 * hour, 0.875},
		{Column{Offset: 1, Scale: -1 / (1e6 * hour)}, 3 * hour, 0.999997},
		{Column{Scale: 1e-9}, 1234567891, 1.23457},
		{Column{Scale: 1}, 0, 0},
	} {
		if got := tt.column.Figure(tt.mean); got != tt.want {
			t.Errorf("%+v: got %v, want %v", tt.column, got, tt.want)
		}
	}
	if got := (&Column{Scale: 1e-9}).Unit(); got != 1e9 {
		t.Errorf("a second has %v ns", got)
	}
}
