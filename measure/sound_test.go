package measure

import (
	"encoding/json"
	"strings"
	"testing"
)

// soundText is a summary as a run of a part makes it.
const soundText = `{"schema": "failsim/summary/1", "scenario": "day", "trials": 50, "confidence": 0.95,
	"part": "trials 150 to 200 of 300", "metrics": [
	{"name": "write_outage", "observer": "service", "unit": "s", "per": "window", "better": "lower", "n": 30, "censored": 2,
	 "trials_with_values": 20, "mean": {"value": 25, "low": 24, "high": 26}, "quantiles": {"p50": {"value": 24.5, "low": 23}}, "min": 15,
	 "max": 60, "by": {"cause": {"node": {"n": 1, "mean": {"value": 20}, "min": 20, "max": 20}}}},
	{"name": "write_outage", "observer": "endpoint", "unit": "s", "per": "window", "better": "lower", "n": 0},
	{"name": "write_availability", "observer": "service", "unit": "ratio", "per": "trial", "better": "higher", "n": 50,
	 "mean": {"value": 0.9, "low": 0.8, "high": 0.95}, "min": 0, "max": 1}],
	"thresholds": [{"metric": "write_outage", "statistic": "probability(> 30s)", "unit": "ratio", "value": 0.5, "low": 0.4, "high": 0.6}]}`

func TestAHandMadeSummaryIsRefusedWithThePlace(t *testing.T) {
	check := func(text string) string {
		var s Summary
		if err := json.Unmarshal([]byte(text), &s); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if err := s.Check(); err != nil {
			return err.Error()
		}
		return ""
	}
	if got := check(soundText); got != "" {
		t.Fatalf("the sound one: %s", got)
	}
	for _, tt := range []struct{ from, to, want string }{
		{`"trials": 50`, `"trials": 0`, "trials: 0; want 1 or more"},
		{`0.95,`, `95,`, "confidence: 95; want a number between 0 and 1"},
		{`"day"`, `"day\nwarning"`, `scenario: "day\nwarning"; want a name without control characters`},
		{`150 to 200`, `150 to 201`, `part: "trials 150 to 201 of 300"; want 'trials A to B of N', which are the 50 trials`},
		{`of 300`, `of 300\n`, `part: "trials 150 to 200 of 300\n"; want`},
		{`"endpoint"`, `"service"`, `metrics[1]: "write_outage" of observer "service" is metrics[0] already`},
		{`"name": "write_availability"`, `"name": "<b>"`, `metrics[2].name: "<b>"; want lower-case letters`},
		{`"unit": "s"`, `"unit": "ms"`, `metrics[0].unit: "ms"; want s, ratio, count, 1/s`},
		{`"better": "higher"`, `"better": "more"`, `metrics[2].better: "more"; want lower, higher, none`},
		{`"per": "trial"`, `"per": "day"`, `metrics[2].per: "day"; want window, trial`},
		{`"n": 30`, `"n": -3`, "metrics[0].n: -3; want 0 or more"},
		{`"n": 50`, `"n": 51`, "metrics[2].n: 51; want one for each of 50 trials at most"},
		{`"n": 0`, `"n": 0, "min": 1`, "metrics[1].n: 0; want no figures of no values"},
		{`"n": 0`, `"n": 1`, "metrics[1].n: 1; want mean, min and max of the values"},
		{`"censored": 2`, `"censored": 31`, "metrics[0].censored: 31; want 0 to n, 30"},
		{`values": 20`, `values": 31`, "metrics[0].trials_with_values: 31; want 0 to 30"},
		{`{"value": 25, "low": 24`, `{"value": 25, "low": -24`, "metrics[0].mean.low: -24; want a number from 0 to 9.3e+09"},
		{`{"value": 25, "low": 24`, `{"value": 25, "low": 25.5`, "metrics[0].mean.low: 25.5; want no more than the value, 25"},
		{`"high": 26`, `"high": 24.5`, "metrics[0].mean.high: 24.5; want no less than the value, 25"},
		{`, "high": 26`, ``, "metrics[0].mean: one end of its interval is missing"},
		{`"min": 0, "max": 1`, `"min": 0, "max": 1, "above_zero": {"value": 2}`, "metrics[2].above_zero.value: 2; want a number from 0 to 1"},
		{`{"value": 25,`, `{`, "metrics[0].mean.value: missing; want a number"},
		{`{"value": 25,`, `{"value": 1e308,`, "metrics[0].mean.value: 1e+308; want it from min, 15, to max, 60"},
		{`"max": 60`, `"max": 1e308`, "metrics[0].max: 1e+308; want a number from 0 to 9.3e+09"},
		{`{"value": 0.9, "low": 0.8, "high": 0.95}`, `{"value": 0.9, "low": 0.8, "high": 1.5}`, "metrics[2].mean.high: 1.5; want a number from 0 to 1"},
		{`"p50": {"value": 24.5, "low": 23}`, `"p50": null`, "metrics[0].quantiles.p50.value: missing; want a number"},
		{`"p50": {"value": 24.5, "low": 23}`, `"p50": {"value": 24.5}`, "metrics[0].quantiles.p50.low: missing"},
		{`"p50"`, `"p51"`, `metrics[0].quantiles: "p51"; want p1, p5`},
		{`"min": 20, "max"`, `"min": -20, "max"`, `metrics[0].by.cause["node"].min: -20; want a number from 0`},
		{`"value": 0.5`, `"value": 5`, "thresholds[0].value: 5; want a number from 0 to 1"},
		{`"low": 0.4`, `"low": 0.55`, "thresholds[0].low: 0.55; want no more than the value, 0.5"},
		{`"unit": "ratio", "value"`, `"unit": "%", "value"`, `thresholds[0].unit: "%"; want s, ratio`},
	} {
		text := strings.Replace(soundText, tt.from, tt.to, 1)
		if got := check(text); text == soundText || !strings.HasPrefix(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.to, got, tt.want)
		}
	}
}

// What a run makes is sound, with values that were cut short and without any.
func TestWhatATallyMakesIsSound(t *testing.T) {
	for name, s := range map[string]Summary{
		"two failovers": tallyOf(t, twoGroups(), twoFailovers(), quietTrial()).Summary(Info{Confidence: 0.95}),
		"one trial":     tallyOf(t, twoGroups(), quietTrial()).Summary(Info{Confidence: 0.5}),
	} {
		if err := s.Check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
