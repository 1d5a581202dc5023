// Package report shows results: the table of a run, its summary as JSON, and the timeline of a trial.
//
// What it writes is a function of what ran. Nothing of the machine, the folder or the wall clock gets in, and the width
// of a character does not depend on the locale, so that the same run prints the same bytes everywhere.
//
// A table answers first and explains after: a sentence, the metrics in the order in which a planner asks, then what limits
// their meaning. Every interval says what it covers; a figure that the sample cannot support is a dash.
package report
