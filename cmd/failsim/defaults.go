package main

import (
	"failsim/report"
	"failsim/sim"

	"github.com/spf13/cobra"
)

func (a *app) defaultsCommand() *cobra.Command {
	asJSON := false
	cmd := &cobra.Command{
		Use:   "defaults",
		Short: "List what holds where a scenario says nothing, and how it is known",
		Long: `List every default that speaks for ElastiCache: its name as a scenario's key, its value, a grade that
says how it is known, and the source.`,
		Args: wants(0, 0),
		RunE: func(*cobra.Command, []string) error {
			if asJSON {
				return report.DefaultsJSON(a.stdout, sim.Defaults())
			}
			return report.Defaults(a.stdout, sim.Defaults())
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}
