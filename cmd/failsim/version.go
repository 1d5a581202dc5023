package main

import (
	"fmt"
	"runtime"

	"failsim/sim"

	"github.com/spf13/cobra"
)

// version is failsim's semantic version. sim.Engine counts separately what changes results.
const version = "0.1.0"

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Long: `Print failsim's version, the number of its simulation engine, and what it was built with.
Two versions with the same engine number give the same results for the same scenario and seed.`,
		Args: wants(0, 0),
		Run: func(*cobra.Command, []string) {
			fmt.Fprintf(a.stdout, "failsim %s (engine %d, %s %s/%s)\n",
				version, sim.Engine, runtime.Version(), runtime.GOOS, runtime.GOARCH)
		},
	}
}
