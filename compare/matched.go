package compare

import (
	"failsim/measure"
	"failsim/stats"
)

// matched is the rows of the trials that both sides have, of one seed.
type matched struct {
	base, other *Rows
	trials      int64
	// at are the places of these trials in the rows of either side.
	at [2][]int
}

// match pairs the trials of two results; nil where they cannot be, with the reason.
func match(base, other *Result) (m *matched, why string) {
	switch {
	case base.Summary.Seed != other.Summary.Seed:
		return nil, "the seeds differ"
	case base.Rows == nil:
		return nil, "base " + base.NoRows
	case other.Rows == nil:
		return nil, "new " + other.NoRows
	}
	m = &matched{base: base.Rows, other: other.Rows}
	for i, j := 0, 0; i < len(m.base.Trials) && j < len(m.other.Trials); {
		switch a, b := m.base.Trials[i], m.other.Trials[j]; {
		case a < b:
			i++
		case a > b:
			j++
		default:
			m.at[0], m.at[1] = append(m.at[0], i), append(m.at[1], j)
			i, j = i+1, j+1
		}
	}
	m.trials = int64(len(m.at[0]))
	if m.trials < 2 {
		return nil, "the sides have fewer than two trials in common"
	}
	return m, ""
}

// sums adds up a metric over the matched trials; nil where the rows of a side have it not.
func (m *matched) sums(metric, observer string) (*stats.Paired, [2]*measure.Column, error) {
	var columns [2]*measure.Column
	var values [2]func(int) stats.Values
	for i, rows := range []*Rows{m.base, m.other} {
		sum, count := rows.column(metric, observer)
		if sum == nil {
			return nil, columns, nil
		}
		columns[i] = sum
		var err error
		if values[i], err = rows.values(sum, count); err != nil {
			return nil, columns, err
		}
	}
	sums := &stats.Paired{}
	for i := range m.at[0] {
		sums.Add(values[0](m.at[0][i]), values[1](m.at[1][i]))
	}
	return sums, columns, nil
}

// values reads what each trial has of a metric.
func (r *Rows) values(sum, count *measure.Column) (func(row int) stats.Values, error) {
	sums, err := r.Read(sum.Name)
	if err != nil {
		return nil, err
	}
	if count == nil {
		return func(row int) stats.Values { return stats.Values{N: 1, Sum: sums[row]} }, nil
	}
	counts, err := r.Read(count.Name)
	if err != nil {
		return nil, err
	}
	return func(row int) stats.Values { return stats.Values{N: counts[row], Sum: sums[row]} }, nil
}
