package main

import (
	"fmt"
	"time"

	"failsim/report"
	"failsim/scenario"

	"github.com/spf13/cobra"
)

// timelineFlags are the flags of timeline.
type timelineFlags struct {
	trial, seed         uint64
	json, serviceEvents bool
}

func (a *app) timelineCommand() *cobra.Command {
	f := &timelineFlags{}
	cmd := &cobra.Command{
		Use:   "timeline SCENARIO",
		Short: "Tell one trial, event by event",
		Long: `Tell one trial, event by event, each with the time since the scenario's start.
With --service-events, tell instead what DescribeEvents would answer after the trial: newest first.`,
		Example: `  failsim timeline mine.toml --trial 17
  failsim timeline mine.toml --json | jq 'select(.kind == "ReplicaPromoted")'
  failsim timeline mine.toml --service-events --json`,
		Args: wants(1, 1),
	}
	flags := cmd.Flags()
	flags.Uint64Var(&f.trial, "trial", 0, "which trial, counted from 0")
	flags.Uint64Var(&f.seed, "seed", 0, "seed of all randomness (default: the scenario's)")
	flags.BoolVar(&f.json, "json", false, "print JSON: one object a line; with --service-events as the AWS CLI does")
	flags.BoolVar(&f.serviceEvents, "service-events", false, "print the messages of DescribeEvents")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		sc, err := a.loadSeeded(cmd, args[0], &f.seed)
		if err != nil {
			return err
		}
		return a.timeline(sc, f)
	}
	return cmd
}

func (a *app) timeline(sc *scenario.Scenario, f *timelineFlags) error {
	w := replay(&sc.Config, f.seed, f.trial)
	switch {
	case f.serviceEvents && f.json:
		return report.ServiceEventsJSON(a.stdout, sc.Config.Start, w.ServiceEvents())
	case f.serviceEvents:
		return report.ServiceEventsText(a.stdout, sc.Config.Start, w.ServiceEvents())
	case f.json:
		return report.TimelineJSON(a.stdout, tell(w))
	}
	return report.TimelineText(a.stdout, storyHead(sc, f.seed, f.trial), tell(w), 0)
}

// storyHead says which trial a timeline tells, and from when its times count.
func storyHead(sc *scenario.Scenario, seed, trial uint64) string {
	return fmt.Sprintf("%s: trial %d of seed %d; times count from %s", sc.Name, trial, seed,
		sc.Config.Start.UTC().Format(time.RFC3339))
}
