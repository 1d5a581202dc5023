// Package rows writes and reads the large files of a results folder, all of them Parquet: one row for each trial, for each
// outage window, and for each bucket of a histogram.
//
// Rows go out in the order of trials, in groups of a fixed number of rows, so that the bytes follow from the trials alone.
// Instants and spans are whole nanoseconds. No more than one group is held in memory.
package rows

import (
	"io"
	"iter"

	"failsim/experiment"
	"failsim/measure"
	"failsim/sim"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"
)

// groupRows is how many rows a row group has.
const groupRows = 65_536

// Chunks gives what was stored of an experiment, ascending, or the error that ends it.
type Chunks = iter.Seq2[*experiment.Stored, error]

// options of every file. Zstandard is the one codec here whose bytes are the same on every architecture.
func options(schema *parquet.Schema) []parquet.WriterOption {
	return []parquet.WriterOption{
		schema,
		parquet.Compression(&zstd.Codec{Level: zstd.SpeedFastest, Concurrency: 1}),
		parquet.CreatedBy("failsim", "", ""),
	}
}

// WriteTrials writes trials.parquet: `trial`, then one column for each of columns.
func WriteTrials(w io.Writer, columns []measure.Column, chunks Chunks) error {
	names := []string{trialColumn}
	for _, c := range columns {
		names = append(names, c.Name)
	}
	out := newTable(w, names)
	row := make([]int64, len(names))
	for chunk, err := range chunks {
		if err != nil {
			return err
		}
		for trial := chunk.From; trial < chunk.To; trial++ {
			row[0] = trial
			at := int(trial-chunk.From) * chunk.Columns
			copy(row[1:], chunk.Rows[at:at+chunk.Columns])
			if err := out.write(row); err != nil {
				return err
			}
		}
	}
	return out.close()
}

const trialColumn = "trial"

// Outage is a row of outages.parquet: a span in which a node group could not be used, for an access and an observer.
type Outage struct {
	Trial     int64  `parquet:"trial"`
	Group     string `parquet:"group,dict"`
	NodeGroup string `parquet:"node_group,dict"`
	Access    string `parquet:"access,dict"`
	Observer  string `parquet:"observer,dict"`
	Cause     string `parquet:"cause,dict"`
	FromNs    int64  `parquet:"from_ns"`
	ToNs      int64  `parquet:"to_ns"`
	Censored  bool   `parquet:"censored"` // still open when the trial ended
}

// OutageOf names what a window tells by index.
func OutageOf(cfg *sim.Config, w *experiment.Window) Outage {
	g := &cfg.Groups[w.Group]
	return Outage{
		Trial: w.Trial, Group: g.ID, NodeGroup: g.NodeGroups[w.NodeGroup].ID,
		Access: w.Access.String(), Observer: w.Observer.String(), Cause: w.Cause.String(),
		FromNs: int64(w.From), ToNs: int64(w.To), Censored: w.Censored,
	}
}

// WriteOutages writes outages.parquet, in the order of trials.
func WriteOutages(w io.Writer, cfg *sim.Config, chunks Chunks) error {
	return writeAll(w, func(yield func(*Outage, error) bool) {
		for chunk, err := range chunks {
			if err != nil {
				yield(nil, err)
				return
			}
			for w, err := range chunk.Windows {
				if err != nil {
					yield(nil, err)
					return
				}
				row := OutageOf(cfg, &w)
				if !yield(&row, nil) {
					return
				}
			}
		}
	})
}

// ReadOutages gives the rows of outages.parquet.
func ReadOutages(r io.ReaderAt, size int64) iter.Seq2[*Outage, error] {
	return readAll(r, size, func(c *cells) Outage {
		return Outage{
			Trial: c.integer(0), Group: c.text(1), NodeGroup: c.text(2), Access: c.text(3), Observer: c.text(4), Cause: c.text(5),
			FromNs: c.integer(6), ToNs: c.integer(7), Censored: c.flag(8),
		}
	})
}

// Bucket is a row of sketches.parquet: values of one sample that its histogram does not tell apart.
type Bucket struct {
	Metric   string  `parquet:"metric,dict"`
	Observer string  `parquet:"observer,dict"`
	By       string  `parquet:"by,dict"` // group, cause, campaign; empty over all values
	Member   string  `parquet:"member,dict"`
	Value    float64 `parquet:"value"` // stands for the bucket, in the metric's unit
	Count    int64   `parquet:"count"`
	Censored int64   `parquet:"censored"`
	// Low and High are the band around the share of values up to this one; null in a narrowed sample.
	Low  *float64 `parquet:"low,optional"`
	High *float64 `parquet:"high,optional"`
}

// WriteSketches writes sketches.parquet.
func WriteSketches(w io.Writer, distributions iter.Seq[measure.Distribution]) error {
	return writeAll(w, func(yield func(*Bucket, error) bool) {
		for d := range distributions {
			for j, value := range d.Values {
				row := Bucket{Metric: d.Metric, Observer: d.Observer, By: d.By, Member: d.Member,
					Value: value, Count: d.Counts[j], Censored: d.Censored[j]}
				if d.Low != nil {
					row.Low, row.High = &d.Low[j], &d.High[j]
				}
				if !yield(&row, nil) {
					return
				}
			}
		}
	})
}

func bucketOf(c *cells) Bucket {
	return Bucket{
		Metric: c.text(0), Observer: c.text(1), By: c.text(2), Member: c.text(3), Value: c.number(4), Count: c.integer(5),
		Censored: c.integer(6), Low: c.numberIfAny(7), High: c.numberIfAny(8),
	}
}

// ReadSketches reads sketches.parquet.
func ReadSketches(r io.ReaderAt, size int64) (all []measure.Distribution, err error) {
	for row, err := range readAll(r, size, bucketOf) {
		if err != nil {
			return nil, err
		}
		last := len(all) - 1
		if last < 0 || all[last].Metric != row.Metric || all[last].Observer != row.Observer || all[last].By != row.By ||
			all[last].Member != row.Member {
			all = append(all, measure.Distribution{Metric: row.Metric, Observer: row.Observer, By: row.By, Member: row.Member})
			last++
		}
		d := &all[last]
		d.Values = append(d.Values, row.Value)
		d.Counts = append(d.Counts, row.Count)
		d.Censored = append(d.Censored, row.Censored)
		if row.Low != nil && row.High != nil {
			d.Low, d.High = append(d.Low, *row.Low), append(d.High, *row.High)
		}
	}
	return all, nil
}
