package main

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"failsim/compare"
	"failsim/measure"
	"failsim/report"
	"failsim/words"

	"github.com/spf13/cobra"
)

// What a comparison that went well can still say by its exit code.
var (
	errRegressed = errors.New("regressed")
	errUnsure    = errors.New("undecided")
)

// The probabilities of a false alarm that can be asked for. Below the least, quantiles of the normal and of Student's distribution
// lose their digits, since 1 - alpha is a number of 16 digits: the intervals would be infinite, and the gate open.
const (
	leastAlpha = 1e-9
	mostAlpha  = 0.5
)

// compareFlags are the flags of compare.
type compareFlags struct {
	margins        []string
	relative       string
	alpha          float64
	json, markdown bool
	color          string
}

func (a *app) compareCommand() *cobra.Command {
	f := &compareFlags{}
	cmd := &cobra.Command{
		Use:   "compare BASE NEW [METRIC...]",
		Short: "Tell by how much new results differ from base ones, and whether that is worse",
		Long: `Tell by how much each figure of NEW differs from that of BASE, with an interval, and give a verdict by the whole
interval: regressed where it lies above the margin (0 if none is given), counted so that worse is positive; improved where
it lies below minus the margin; within margin where it lies inside. Otherwise the trials do not tell: undecided where a margin
was given, and no difference shown where none was. The exit code is 3 if a gating figure regressed, 4 if one is undecided.
Nothing is improved as a whole where NEW covers fewer shards, or where a gating figure may be any amount worse because trials
ended before it was known.

BASE and NEW are results folders as run leaves them, folders of such folders (scenarios are paired by name), or a summary.json.
A committed baseline, which has no rows, is enough for BASE.

METRIC says what gates: metric, metric@observer (their mean) or metric@observer.statistic. By default these do: write_outage.mean,
write_outage.p99, write_availability.mean, lost_writes.mean, makespan.mean and covered.mean. A figure with a --margin gates too. All intervals
have the confidence 1 - alpha/k over the k gating figures of all scenarios.

Trials of one seed share their luck (named draws), even between different scenarios. Where both sides have one seed and
their trials.parquet, means are compared trial by trial, and that luck cancels: small changes show with few trials. Otherwise
the sides are compared as two samples. Equal results are called identical, whatever the scenario's name.`,
		Example: `  failsim compare results/game-day /tmp/slower
  failsim compare results /tmp/all --relative-margin 5%
  failsim compare results/game-day /tmp/mine write_outage.p99 makespan --margin write_outage.p99=2s --margin makespan=1h
  failsim compare results/game-day /tmp/mine --markdown >> "$GITHUB_STEP_SUMMARY"`,
		Args: wants(2, math.MaxInt),
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&f.margins, "margin", nil, "by how much a figure may become worse, such as 'write_outage.p99=2s' or "+
		"'makespan.mean=5%'; may be repeated")
	flags.StringVar(&f.relative, "relative-margin", "", "the same for all other figures, as a share of the base, such as 5% (of "+
		"an availability: of its distance from 1)")
	flags.Float64Var(&f.alpha, "alpha", 0.05, "probability of a false alarm, at most: 1e-9 to 0.5")
	flags.BoolVar(&f.json, "json", false, "print the comparison as JSON")
	flags.BoolVar(&f.markdown, "markdown", false, "print the comparison as Markdown")
	flags.StringVar(&f.color, "color", "auto", "color: auto, always or never")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if f.relative == "" && cmd.Flags().Changed("relative-margin") {
			return usagef(`--relative-margin "": want a percentage, such as 5%%`) // a variable that is not set must not open the gate
		}
		opts, err := f.options(args[2:])
		if err != nil {
			return err
		}
		return a.compare(args[0], args[1], &opts, f)
	}
	return cmd
}

// options checks the flags and the figures that were asked for.
func (f *compareFlags) options(selections []string) (compare.Options, error) {
	opts := compare.Options{Alpha: f.alpha}
	switch {
	case !(f.alpha >= leastAlpha && f.alpha <= mostAlpha):
		return opts, usagef("--alpha %v: want a number from %v to %v", f.alpha, leastAlpha, mostAlpha)
	case f.json && f.markdown:
		return opts, usagef("--json and --markdown: want one of them")
	}
	if err := oneOf("color", f.color, "auto", "always", "never"); err != nil {
		return opts, err
	}
	for _, text := range f.margins {
		m, err := measure.ParseMargin(text)
		if err != nil {
			return opts, usagef("--margin: %w", err)
		}
		if slices.ContainsFunc(opts.Margins, func(o measure.Margin) bool { return o.Figure == m.Figure }) {
			return opts, usagef("--margin: %v has two; want one", m.Figure)
		}
		opts.Margins = append(opts.Margins, m)
	}
	if f.relative != "" {
		share, err := measure.ParsePercentage(f.relative)
		if err != nil {
			return opts, usagef("--relative-margin: %w", err)
		}
		opts.Relative = &share
	}
	for _, text := range selections {
		figure, err := measure.ParseSelection(text)
		if err != nil {
			return opts, usagef("metric %w", err)
		}
		opts.Figures = append(opts.Figures, figure)
	}
	return opts, nil
}

func (a *app) compare(base, other string, opts *compare.Options, f *compareFlags) error {
	before, beforeErr := readSide(base)
	after, afterErr := readSide(other)
	if err := errors.Join(beforeErr, afterErr); err != nil {
		return err
	}
	pairings, alone, err := pairUp(before, after)
	if err != nil {
		return err
	}
	c, err := compare.Compare(pairings, *opts)
	if err != nil {
		return err
	}
	c.OnlyBase, c.OnlyNew = alone[0], alone[1]
	switch {
	case f.json:
		err = report.ComparisonJSON(a.stdout, c)
	case f.markdown:
		err = report.ComparisonMarkdown(a.stdout, c)
	default:
		err = report.ComparisonTable(a.stdout, c, report.Style{Color: a.colored(f.color)})
	}
	if err != nil {
		return err
	}
	return comparisonError(c)
}

// comparisonError is nil unless a gating figure regressed or is undecided.
func comparisonError(c *compare.Comparison) error {
	kind := map[string]error{compare.Regressed: errRegressed, compare.Undecided: errUnsure}[c.Verdict]
	if kind == nil {
		return nil
	}
	return fmt.Errorf("%w: %s", kind, words.List(c.Decisive()))
}

// pairUp pairs two results whatever they are of, and several by the names of their scenarios; alone are the names on one
// side only.
func pairUp(before, after *side) (pairings []compare.Pairing, alone [2][]string, err error) {
	alone = [2][]string{{}, {}}
	if !before.several && !after.several {
		return []compare.Pairing{{Base: before.results[0], New: after.results[0]}}, alone, nil
	}
	olds, err := before.byScenario()
	if err != nil {
		return nil, alone, err
	}
	news, err := after.byScenario()
	if err != nil {
		return nil, alone, err
	}
	for _, r := range before.results {
		name := r.Summary.Scenario
		if match := news[name]; match != nil {
			pairings = append(pairings, compare.Pairing{Base: r, New: match})
		} else {
			alone[0] = append(alone[0], name)
		}
	}
	for _, r := range after.results {
		if olds[r.Summary.Scenario] == nil {
			alone[1] = append(alone[1], r.Summary.Scenario)
		}
	}
	if len(pairings) == 0 {
		return nil, alone, fmt.Errorf("%w: base has %s; new has %s", errNoPair, words.List(alone[0]), words.List(alone[1]))
	}
	return pairings, alone, nil
}

// errNoPair says that two folders have no scenario in common.
var errNoPair = errors.New("no scenario in common")
