package report

import (
	"encoding/json"
	"io"
	"testing"

	"failsim/compare"
)

// Whatever stands in two summaries, they are refused, or compared and shown.
func FuzzComparisonOfAnySummaries(f *testing.F) {
	const base = `{"schema": "failsim/summary/1", "trials": 9, "confidence": 0.9, "metrics": [{"name": "write_outage",
		"observer": "service", "unit": "s", "per": "window", "better": "lower", "n": 9, "mean": {"value": 2, "low": 1, "high": 3},
		"quantiles": {"p99": {"value": 5, "low": 4}}, "min": 1, "max": 6}, {"name": "write_availability", "observer": "service",
		"unit": "ratio", "per": "trial", "better": "higher", "n": 9, "mean": {"value": 0.9, "low": 0.8, "high": 0.95}, "min": 0.5,
		"max": 1}]}`
	for _, other := range []string{
		base, `{}`, `[]`, `{"schema": "failsim/summary/1", "trials": 1, "confidence": 0.5}`,
		`{"schema": "failsim/summary/1", "trials": 1, "confidence": 0.5, "metrics": [{"name": "write_outage", "observer": "service",
		"unit": "s", "per": "window", "better": "none", "n": 5, "mean": {"value": 1e-308, "low": 0, "high": 9e9}, "min": 0, "max": 9e9}]}`,
		`{"schema": "failsim/summary/1", "trials": 1, "confidence": 0.5, "metrics": [{"name": "write_availability", "observer": "service",
		"unit": "ratio", "per": "trial", "better": "higher", "n": 1, "mean": {"value": 0, "low": 0, "high": 1}, "min": 0, "max": 1}]}`,
	} {
		f.Add([]byte(base), []byte(other), 0.05)
	}
	f.Fuzz(func(t *testing.T, base, other []byte, relative float64) {
		var results [2]*compare.Result
		for i, text := range [][]byte{base, other} {
			s, digest, err := compare.ReadSummary(text)
			if err != nil {
				return
			}
			results[i] = &compare.Result{Summary: s, SummaryDigest: digest, NoRows: "is a summary alone"}
		}
		opts := compare.Options{Alpha: 0.05}
		if relative >= 0 && relative <= 10 {
			opts.Relative = &relative
		}
		c, err := compare.Compare([]compare.Pairing{{Base: results[0], New: results[1]}}, opts)
		if err != nil {
			return
		}
		if err := ComparisonTable(io.Discard, c, Style{}); err != nil {
			t.Error(err)
		}
		if err := ComparisonMarkdown(io.Discard, c); err != nil {
			t.Error(err)
		}
		if _, err := json.Marshal(c); err != nil {
			t.Error(err)
		}
	})
}
