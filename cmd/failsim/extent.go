package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"failsim/measure"
	"failsim/scenario"
	"failsim/store"

	"github.com/spf13/cobra"
)

// extentFlags say which trials to play.
type extentFlags struct {
	trials, from, to, maxTrials int64
	shard, precision            string
}

func (f *extentFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.Int64Var(&f.trials, "trials", 0, "number of trials (default: the scenario's)")
	flags.StringVar(&f.precision, "precision", "", "play until an interval is this narrow, such as 'write_outage.p99<=2%'; "+
		"looked at after 1,000, 2,000, 4,000 … trials")
	flags.Int64Var(&f.maxTrials, "max-trials", 0, "with --precision: trials at most (default: the scenario's, or 1,000,000)")
	flags.Int64Var(&f.from, "trials-from", 0, "play a part of the trials: from this one, counted from 0")
	flags.Int64Var(&f.to, "trials-to", 0, "play a part of the trials: up to, but without, this one")
	flags.StringVar(&f.shard, "shard", "", "play a part of the trials: i/n, the i-th of n parts counted from 0, or auto/n")
	flags.Lookup("trials-to").DefValue = "the number of trials"
}

// extent is which trials a run has: all of trials, a part of them, or as many as a precision needs.
type extent struct {
	trials    int64
	part      *store.TrialRange
	precision *measure.Precision
}

// settle checks the flags against each other, and takes from the scenario what was not given.
func (f *extentFlags) settle(cmd *cobra.Command, sc *scenario.Scenario) (extent, error) {
	given := cmd.Flags().Changed
	e := extent{trials: sc.Run.Trials}
	inPart := given("trials-from") || given("trials-to") || given("shard")
	switch {
	case given("precision") && inPart:
		return e, usagef("--precision looks at all trials together: it cannot be combined with --trials-from, --trials-to or --shard")
	case given("precision") && given("trials"):
		return e, usagef("--trials fixes their number: with --precision give --max-trials")
	case given("trials"):
		e.trials = f.trials
	case given("precision"):
		p, err := measure.ParsePrecision(f.precision)
		if err == nil {
			_, err = measure.Check(&sc.Config, p.Figure)
		}
		if err != nil {
			return e, usagef("--precision: %w", err)
		}
		e.precision, e.trials = &p, sc.Run.MaxTrials
	case sc.Run.Precision != nil && inPart:
		return e, usagef("the scenario asks for a precision (run.precision), which looks at all trials together: " +
			"for a part of them say with --trials how many there are")
	case sc.Run.Precision != nil:
		e.precision, e.trials = sc.Run.Precision, sc.Run.MaxTrials
	}
	if given("max-trials") {
		if e.precision == nil {
			return e, usagef("--max-trials is the ceiling of --precision; want both, or --trials")
		}
		e.trials = f.maxTrials
	}
	if e.trials < 1 || e.trials > mostTrials {
		flag := map[bool]string{true: "max-trials", false: "trials"}[e.precision != nil]
		return e, usagef("--%s %d: want 1 to %d", flag, e.trials, mostTrials)
	}
	var err error
	if inPart {
		e.part, err = f.settlePart(cmd, e.trials)
	}
	return e, err
}

func (f *extentFlags) settlePart(cmd *cobra.Command, trials int64) (*store.TrialRange, error) {
	given := cmd.Flags().Changed
	if given("shard") {
		if given("trials-from") || given("trials-to") {
			return nil, usagef("--shard says which trials: it cannot be combined with --trials-from and --trials-to")
		}
		i, n, err := parseShard(f.shard, trials)
		if err != nil {
			return nil, err
		}
		return &store.TrialRange{From: part(trials, i, n), To: part(trials, i+1, n)}, nil
	}
	r := &store.TrialRange{From: f.from, To: trials}
	if given("trials-to") {
		r.To = f.to
	}
	if r.From < 0 || r.From >= r.To || r.To > trials {
		return nil, usagef("trials %v of %d: want 0 <= --trials-from < --trials-to <= %d, the number of trials in all (--trials)",
			r, trials, trials)
	}
	return r, nil
}

// part gives where the i-th of n parts begins, without overflow.
func part(trials, i, n int64) int64 { return trials/n*i + min(i, trials%n) }

// shardVariables are where a job array tells its members apart.
var shardVariables = [...]string{"AWS_BATCH_JOB_ARRAY_INDEX", "JOB_COMPLETION_INDEX", "SLURM_ARRAY_TASK_ID"}

// parseShard reads i/n or auto/n.
func parseShard(text string, trials int64) (i, n int64, err error) {
	index, count, _ := strings.Cut(text, "/")
	n, err = strconv.ParseInt(count, 10, 64)
	if err != nil || n < 1 || n > trials {
		return 0, 0, usagef("--shard %q: want i/n or auto/n with n from 1 to the %d trials", text, trials)
	}
	source := "--shard " + text
	if index == "auto" {
		var variable string
		for _, name := range shardVariables {
			if os.Getenv(name) != "" {
				variable = name
				break
			}
		}
		if variable == "" {
			return 0, 0, usagef("--shard %s: none of %s is set", text, strings.Join(shardVariables[:], ", "))
		}
		index = os.Getenv(variable)
		source = fmt.Sprintf("--shard %s with %s=%s", text, variable, index)
	}
	i, err = strconv.ParseInt(index, 10, 64)
	if err != nil || i < 0 || i >= n || strings.HasPrefix(index, "+") {
		return 0, 0, usagef("%s: want a part from 0 to %d", source, n-1)
	}
	return i, n, nil
}

// looks are after how many trials a precision is looked at: 1,000, 2,000, 4,000 … and the ceiling. Without a precision there
// is one look, at the end.
func (e *extent) looks() (looks []int64) {
	if e.precision != nil {
		for n := int64(1000); n < e.trials; n *= 2 {
			looks = append(looks, n)
		}
	}
	return append(looks, e.trials)
}

// first is the trial that the part begins with.
func (e *extent) first() int64 {
	if e.part != nil {
		return e.part.From
	}
	return 0
}

// last is where the trials end.
func (e *extent) last() int64 {
	if e.part != nil {
		return e.part.To
	}
	return e.trials
}
