// Package stats turns trials into estimates with intervals; it knows nothing of failovers.
//
// The trial is the unit of analysis: what happens inside one trial is not independent, so spread is measured between
// trials. Every input is an integer, and accumulators keep exact integer sums: adding and merging commute, so the same
// trials give the same result in any order, on any number of workers. A float appears once, in the final estimate.
//
// Ratio accumulates means; Histogram accumulates quantiles. Both are flat in the number of trials.
package stats
