package measure

import "fmt"

// Summary is what an experiment found, in the shape and order of summary.json (schema failsim/summary/1). Figures carry
// six significant digits; of an availability the distance from 1 does.
type Summary struct {
	Schema     string  `json:"schema"`
	Scenario   string  `json:"scenario"`
	Trials     int64   `json:"trials"`
	Seed       uint64  `json:"seed"`
	Confidence float64 `json:"confidence"`
	// Part is the trials that this is about, where it is not all of the experiment's.
	Part string `json:"part,omitempty"`
	// Stopping is set where a precision ended the run.
	Stopping *Stopping `json:"stopping,omitempty"`
	// Metrics has one entry per (name, observer) that the scenario can produce, in the order of the metric table.
	Metrics     []MetricSummary `json:"metrics"`
	Calls       Calls           `json:"calls"`
	Thresholds  []Verdict       `json:"thresholds"`
	Assumptions []Assumption    `json:"assumptions"`
	// Notes are what a reader must know before using the figures, one sentence each.
	Notes []string `json:"notes"`
}

// Range is which trials the summary is about: from the first one, counted from 0, up to but without the second.
func (s *Summary) Range() (from, to int64) {
	var of int64
	if _, err := fmt.Sscanf(s.Part, "trials %d to %d of %d", &from, &to, &of); err != nil {
		return 0, s.Trials
	}
	return from, to
}

// MetricSummary is one metric over all groups and causes, with its narrowings under By.
type MetricSummary struct {
	Name     string `json:"name"`
	Observer string `json:"observer"`
	Unit     string `json:"unit"` // s, ratio, count or 1/s
	Per      string `json:"per"`  // window, trial, failover, call, promotion or campaign
	Better   string `json:"better"`
	Figures
	// By maps "group", "cause", "campaign" to the figures of each member.
	By map[string]map[string]Figures `json:"by,omitempty"`
}

// Figures are the estimates of one sample. Nil is a figure that the sample cannot support; Warnings say why.
type Figures struct {
	N        int64 `json:"n"`
	Censored int64 `json:"censored"`
	// TrialsWithValues is how many trials have a value, where that is fewer than all; 0: all have, or there is no value.
	TrialsWithValues int64 `json:"trials_with_values,omitempty"`

	Mean      *Estimate           `json:"mean,omitempty"`
	Quantiles map[string]Estimate `json:"quantiles,omitempty"` // p1 p5 p50 p90 p95 p99 p999
	Min       *float64            `json:"min,omitempty"`
	Max       *float64            `json:"max,omitempty"`
	// AboveZero is the share of trials with a value above 0, of data_losses: the probability of any.
	AboveZero *Estimate `json:"above_zero,omitempty"`
	Warnings  []string  `json:"warnings"`
}

// Estimate is a value with its interval; Low and High are nil where no interval is given. Method names how it was made.
type Estimate struct {
	Value  float64  `json:"value"`
	Low    *float64 `json:"low,omitempty"`
	High   *float64 `json:"high,omitempty"`
	Method string   `json:"method,omitempty"`
}

// MethodLowerBound is the method of a quantile at or above the smallest censored value.
const MethodLowerBound = "lower bound"

// UnsupportedQuantiles begins the warning that names the quantiles which a sample cannot support.
const UnsupportedQuantiles = "quantiles that "

// Calls are totals over all trials.
type Calls struct {
	Made     int64            `json:"made"`
	Accepted int64            `json:"accepted"`
	Refused  map[string]int64 `json:"refused"` // by error code
}

// Assumption is a default in use that is inferred.
type Assumption struct {
	Name   string `json:"name"`
	Value  string `json:"value"`
	Grade  string `json:"grade"`
	Source string `json:"source"`
}
