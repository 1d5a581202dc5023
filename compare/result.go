package compare

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"failsim/measure"
	"failsim/words"
)

// ErrSchema says that a summary has a shape that this failsim does not know.
var ErrSchema = errors.New("unknown schema")

// ErrNothingInCommon says that the two sides have no metric in common that could be judged.
var ErrNothingInCommon = errors.New("no metric in common")

// Result is one side: what a run left.
type Result struct {
	Name    string // in messages
	Summary *measure.Summary
	Engine  int // 0: unknown
	// SummaryDigest is of the summary without the scenario's name; TrialsDigest is of trials.parquet, empty without it.
	SummaryDigest, TrialsDigest string
	// Rows are the numbers of each trial; nil: NoRows says why.
	Rows   *Rows
	NoRows string
	// Distributions are those of every sample; nil without them.
	Distributions []measure.Distribution
}

// Rows are the numbers of each trial.
type Rows struct {
	Trials  []int64 // which trials, ascending
	Columns []measure.Column
	// Read gives a column of numbers, one for each of Trials.
	Read func(column string) ([]int64, error)
}

// ReadSummary reads summary.json, and gives its digest without the scenario's name: a copy of a scenario under another name
// has the same. The error is ErrSchema where the shape is not known.
func ReadSummary(text []byte) (s *measure.Summary, digest string, err error) {
	var head struct{ Schema string }
	if err := json.Unmarshal(text, &head); err != nil {
		return nil, "", fmt.Errorf("not a summary: %w", err)
	}
	if head.Schema != measure.Schema {
		return nil, "", fmt.Errorf("%w %s; this failsim reads %s", ErrSchema, words.Quote(head.Schema), measure.Schema)
	}
	s = &measure.Summary{}
	if err := json.Unmarshal(text, s); err != nil {
		return nil, "", fmt.Errorf("not a summary: %w", err)
	}
	if err := s.Check(); err != nil {
		return nil, "", fmt.Errorf("not a summary that failsim makes: %w", err)
	}
	digest, err = digestWithoutName(text)
	return s, digest, err
}

// digestWithoutName hashes every key of the summary but the name, those that this failsim does not know included.
func digestWithoutName(text []byte) (string, error) {
	var all map[string]any
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	if err := dec.Decode(&all); err != nil {
		return "", err
	}
	delete(all, "scenario")
	canonical, err := json.Marshal(all) // keys in order
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:]), err
}

// sameAs tells whether two results are the same, but for the scenario's name.
func (r *Result) sameAs(o *Result) bool {
	rows := r.TrialsDigest == "" || o.TrialsDigest == "" || r.TrialsDigest == o.TrialsDigest
	return r.SummaryDigest == o.SummaryDigest && rows
}

func (r *Result) side() Side {
	s := r.Summary
	return Side{r.Name, s.Scenario, s.Trials, s.Part, s.Seed, r.Engine}
}

// metric finds a metric as an observer sees it; nil where there is none.
func (r *Result) metric(name, observer string) *measure.MetricSummary {
	for i := range r.Summary.Metrics {
		if m := &r.Summary.Metrics[i]; m.Name == name && m.Observer == observer {
			return m
		}
	}
	return nil
}

// column finds the numbers of a metric by trial: sums, and how many values there are; nil counts where each trial has one.
func (r *Rows) column(name, observer string) (sums, counts *measure.Column) {
	for i := range r.Columns {
		c := &r.Columns[i]
		if c.Metric != name || c.Observer != observer {
			continue
		}
		if c.Count {
			counts = c
		} else {
			sums = c
		}
	}
	return sums, counts
}
