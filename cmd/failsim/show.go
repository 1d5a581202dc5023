package main

import (
	"fmt"

	"failsim/measure"
	"failsim/report"
	"failsim/words"

	"github.com/spf13/cobra"
)

// showFlags say how results are shown on stdout.
type showFlags struct {
	color, by   string
	json, quiet bool
}

func (f *showFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.BoolVar(&f.json, "json", false, "print summary.json in place of the table")
	flags.BoolVar(&f.quiet, "quiet", false, "print no table, no warnings and no progress")
	flags.StringVar(&f.color, "color", "auto", "color: auto, always or never")
	flags.StringVar(&f.by, "by", "", "also show write_outage by: group")
}

func (f *showFlags) check(cmd *cobra.Command) error {
	if err := oneOf("color", f.color, "auto", "always", "never"); err != nil {
		return err
	}
	if cmd.Flags().Changed("by") {
		return oneOf("by", f.by, "group")
	}
	return nil
}

func (f *showFlags) style(a *app) report.Style {
	return report.Style{Color: a.colored(f.color), ByGroups: f.by == "group"}
}

// show prints the results, and then says by an error how the verdicts went.
func (a *app) show(s *measure.Summary, f *showFlags) (err error) {
	switch {
	case f.json:
		err = report.JSON(a.stdout, s)
	case !f.quiet:
		err = report.Table(a.stdout, s, f.style(a))
	}
	if err != nil {
		return err
	}
	return verdictError(s)
}

// verdictError is nil where every threshold passed and the asked precision was reached. A part of the trials is not judged:
// merge does that, and the members of a job array that have done their work must not fail.
func verdictError(s *measure.Summary) error {
	if s.Part != "" {
		return nil
	}
	var failed, undecided []string
	for _, v := range s.Thresholds {
		switch v.Verdict {
		case measure.Fail:
			failed = append(failed, v.Figure().String())
		case measure.Undecided:
			undecided = append(undecided, v.Figure().String())
		}
	}
	switch {
	case len(failed) > 0:
		return fmt.Errorf("%w: %s", errFailed, words.List(failed))
	case len(undecided) > 0:
		return fmt.Errorf("%w: %s", errUndecided, words.List(undecided))
	case s.Stopping != nil && !s.Stopping.Reached:
		return fmt.Errorf("%w: %s within %d trials", errImprecise, s.Stopping.Precision, s.Stopping.MaxTrials)
	}
	return nil
}
