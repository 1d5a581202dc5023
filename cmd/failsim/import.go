package main

import (
	"fmt"
	"io"
	"os"

	"failsim/describe"

	"github.com/spf13/cobra"
)

func (a *app) importCommand() *cobra.Command {
	clusters, roles := "", ""
	cmd := &cobra.Command{
		Use:   "import DESCRIBE.json|-",
		Short: "Turn what AWS says about your replication groups into a scenario",
		Long: `Turn the answer of describe-replication-groups into a scenario on stdout that runs at once: one campaign
over every shard that can fail over. What had to be assumed or could not be used is said on stderr.
With cluster mode enabled AWS does not say which node is the primary; name them with --roles, one node id a line.`,
		Example: `  aws elasticache describe-replication-groups | failsim import - > mine.toml
  failsim import groups.json --clusters clusters.json --roles primaries.txt > mine.toml`,
		Args: wants(1, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			var in describe.Input
			for _, source := range []struct {
				name string
				text *[]byte
			}{{args[0], &in.Groups}, {clusters, &in.Clusters}, {roles, &in.Roles}} {
				if err := a.readInput(source.name, source.text); err != nil {
					return err
				}
			}
			return a.importScenario(in)
		},
	}
	cmd.Flags().StringVar(&clusters, "clusters", "", "answer of describe-cache-clusters, for engine versions and statuses of nodes")
	cmd.Flags().StringVar(&roles, "roles", "", "text file that names the primaries, one node id a line")
	return cmd
}

func (a *app) importScenario(in describe.Input) error {
	toml, notes, err := describe.Import(in)
	if err != nil {
		return usageError{err}
	}
	for _, note := range notes {
		fmt.Fprintf(a.stderr, "note: %s\n", note)
	}
	_, err = io.WriteString(a.stdout, toml)
	return err
}

// readInput reads a file, stdin for "-", nothing for "".
func (a *app) readInput(name string, text *[]byte) (err error) {
	switch name {
	case "":
		return nil
	case "-":
		*text, err = io.ReadAll(a.stdin)
		return err
	}
	if *text, err = os.ReadFile(name); err != nil {
		return usageError{err}
	}
	return nil
}
