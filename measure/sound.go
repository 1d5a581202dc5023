package measure

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode"

	"failsim/words"
)

// Check finds what cannot be in a Summary that a run made, and says where: `metrics[3].mean.low: ...`. A summary.json can be made by
// hand, and figures that cannot be must not decide anything.
func (s *Summary) Check() error {
	switch {
	case s.Trials < 1:
		return fmt.Errorf("trials: %d; want 1 or more", s.Trials)
	case !(s.Confidence > 0 && s.Confidence < 1):
		return fmt.Errorf("confidence: %v; want a number between 0 and 1", s.Confidence)
	case strings.ContainsFunc(s.Scenario, unicode.IsControl):
		return fmt.Errorf("scenario: %s; want a name without control characters", words.Quote(s.Scenario))
	}
	if from, to := s.Range(); s.Part != "" && (!s.isPart() || to-from != s.Trials) {
		return fmt.Errorf("part: %s; want 'trials A to B of N', which are the %d trials", words.Quote(s.Part), s.Trials)
	}
	seen := map[[2]string]int{}
	for i := range s.Metrics {
		m := &s.Metrics[i]
		name := [2]string{m.Name, m.Observer}
		if twin, twice := seen[name]; twice {
			return fmt.Errorf("metrics[%d]: %s of observer %s is metrics[%d] already", i, words.Quote(m.Name), words.Quote(m.Observer), twin)
		}
		seen[name] = i
		if err := m.check(s.Trials); err != nil {
			return fmt.Errorf("metrics[%d].%w", i, err)
		}
	}
	for i := range s.Thresholds {
		if err := s.Thresholds[i].check(); err != nil {
			return fmt.Errorf("thresholds[%d].%w", i, err)
		}
	}
	return nil
}

// isPart tells whether Part is written as a run does.
func (s *Summary) isPart() bool {
	from, to := s.Range()
	text, found := strings.CutPrefix(s.Part, fmt.Sprintf("trials %d to %d of ", from, to))
	return found && from >= 0 && text != "" && strings.Trim(text, "0123456789") == ""
}

// What the words of a metric can be.
var (
	units   = []string{"s", "ratio", "count", "1/s"}
	betters = []string{"lower", "higher", "none"}
	pers    = []string{"window", "trial", "failover", "call", "promotion", "campaign"}
)

func (m *MetricSummary) check(trials int64) error {
	for _, word := range []struct {
		key, text string
		allowed   []string
	}{{"unit", m.Unit, units}, {"better", m.Better, betters}, {"per", m.Per, pers}} {
		if !slices.Contains(word.allowed, word.text) {
			return fmt.Errorf("%s: %s; want %s", word.key, words.Quote(word.text), words.List(word.allowed))
		}
	}
	for _, name := range []struct{ key, text string }{{"name", m.Name}, {"observer", m.Observer}} {
		if name.text == "" || strings.Trim(name.text, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
			return fmt.Errorf("%s: %s; want lower-case letters, digits and _", name.key, words.Quote(name.text))
		}
	}
	if m.Per == "trial" && m.N > trials {
		return fmt.Errorf("n: %d; want one for each of %d trials at most", m.N, trials)
	}
	if err := m.Figures.check(m.Unit, trials); err != nil {
		return err
	}
	for _, way := range slices.Sorted(maps.Keys(m.By)) {
		for _, member := range slices.Sorted(maps.Keys(m.By[way])) {
			f := m.By[way][member]
			if err := f.check(m.Unit, trials); err != nil {
				return fmt.Errorf("by.%s[%s].%w", way, words.Quote(member), err)
			}
		}
	}
	return nil
}

func (f *Figures) check(unit string, trials int64) error {
	if err := f.checkCounts(trials); err != nil || f.N == 0 {
		return err
	}
	return f.checkValues(unit)
}

// checkCounts checks how many values there are, and that figures are there where values are.
func (f *Figures) checkCounts(trials int64) error {
	switch {
	case f.N < 0:
		return fmt.Errorf("n: %d; want 0 or more", f.N)
	case f.Censored < 0 || f.Censored > f.N:
		return fmt.Errorf("censored: %d; want 0 to n, %d", f.Censored, f.N)
	case f.TrialsWithValues < 0 || f.TrialsWithValues > min(f.N, trials):
		return fmt.Errorf("trials_with_values: %d; want 0 to %d, of %d trials and %d values", f.TrialsWithValues, min(f.N, trials),
			trials, f.N)
	case f.N == 0 && (f.Mean != nil || f.Min != nil || f.Max != nil || len(f.Quantiles) > 0):
		return fmt.Errorf("n: 0; want no figures of no values")
	case f.N > 0 && (f.Mean == nil || f.Min == nil || f.Max == nil):
		return fmt.Errorf("n: %d; want mean, min and max of the values", f.N)
	}
	return nil
}

func (f *Figures) checkValues(unit string) error {
	if err := f.checkExtremes(unit); err != nil {
		return err
	}
	if err := f.Mean.check(unit); err != nil {
		return fmt.Errorf("mean.%w", err)
	}
	if (f.Mean.Low == nil) != (f.Mean.High == nil) {
		return fmt.Errorf("mean: one end of its interval is missing; want both or none")
	}
	if f.AboveZero != nil {
		if err := f.AboveZero.check("ratio"); err != nil {
			return fmt.Errorf("above_zero.%w", err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(f.Quantiles)) {
		if !isQuantile(name) {
			return fmt.Errorf("quantiles: %s; want p1, p5, p50, p90, p95, p99 or p999", words.Quote(name))
		}
		q := f.Quantiles[name]
		err := q.check(unit)
		if err == nil && q.Low == nil {
			err = fmt.Errorf("low: missing; want the lower end of its interval")
		}
		if err != nil {
			return fmt.Errorf("quantiles.%s.%w", name, err)
		}
	}
	return nil
}

func isQuantile(name string) bool {
	for _, q := range quantiles {
		if q.name == name {
			return true
		}
	}
	return false
}

func (f *Figures) checkExtremes(unit string) error {
	if err := possible(unit, *f.Min); err != nil {
		return fmt.Errorf("min: %w", err)
	}
	if err := possible(unit, *f.Max); err != nil {
		return fmt.Errorf("max: %w", err)
	}
	if mean := f.Mean.Value; mean < *f.Min || mean > *f.Max {
		return fmt.Errorf("mean.value: %v; want it from min, %v, to max, %v", mean, *f.Min, *f.Max)
	}
	return nil
}

func (e *Estimate) check(unit string) error {
	if math.IsNaN(e.Value) {
		return fmt.Errorf("value: missing; want a number")
	}
	if err := possible(unit, e.Value); err != nil {
		return fmt.Errorf("value: %w", err)
	}
	if err := end("low", unit, e.Low); err != nil {
		return err
	}
	if err := end("high", unit, e.High); err != nil {
		return err
	}
	switch {
	case e.Low != nil && *e.Low > e.Value:
		return fmt.Errorf("low: %v; want no more than the value, %v", *e.Low, e.Value)
	case e.High != nil && *e.High < e.Value:
		return fmt.Errorf("high: %v; want no less than the value, %v", *e.High, e.Value)
	}
	return nil
}

func end(name, unit string, v *float64) error {
	if v == nil {
		return nil
	}
	if err := possible(unit, *v); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func (v *Verdict) check() error {
	if !slices.Contains(units, v.Unit) {
		return fmt.Errorf("unit: %s; want %s", words.Quote(v.Unit), words.List(units))
	}
	if v.Value == nil {
		return nil
	}
	e := Estimate{Value: *v.Value, Low: v.Low, High: v.High}
	return e.check(v.Unit)
}

// possible tells whether a figure can be: none is negative, no share above 1, no span longer than 2^63 ns or 9.22337e9 s, and no
// count above 2^63.
func possible(unit string, v float64) error {
	most := 9.3e18
	switch unit {
	case "s":
		most = 9.3e9
	case "ratio":
		most = 1
	}
	if v >= 0 && v <= most {
		return nil
	}
	return fmt.Errorf("%v; want a number from 0 to %v", v, most)
}

// UnmarshalJSON reads an estimate; one without a value, or null, has a Value that is not a number, for Check to find.
func (e *Estimate) UnmarshalJSON(text []byte) error {
	type plain Estimate
	read := plain{Value: math.NaN()}
	if err := json.Unmarshal(text, &read); err != nil {
		return err
	}
	*e = Estimate(read)
	return nil
}
