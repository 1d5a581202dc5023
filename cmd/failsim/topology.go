package main

import (
	"failsim/report"

	"github.com/spf13/cobra"
)

func (a *app) topologyCommand() *cobra.Command {
	color, asJSON, nodes := "", false, false
	cmd := &cobra.Command{
		Use:   "show SCENARIO",
		Short: "Show which node stands where, and what the loss of each zone would do",
		Long: `Show the groups of a scenario, in which zones their primaries and replicas stand, and for each zone what
its loss would do: node groups (shards) that fail over, that cannot be written or read, that lose their data, and
whether the engine keeps its majority of primaries or the control plane has to promote. Nothing is played: it is
the topology at the scenario's start.`,
		Example: `  failsim show mine.toml
  failsim show mine.toml --nodes
  failsim show mine.toml --json | jq '.zone_losses[] | {zone, halts: [.groups[] | select(.halts).id]}'`,
		Args: wants(1, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := oneOf("color", color, "auto", "always", "never"); err != nil {
				return err
			}
			if asJSON && nodes {
				return usagef("--json lists every node: leave --nodes away")
			}
			sc, err := load(args[0])
			if err != nil {
				return err
			}
			a.warn(sc)
			if asJSON {
				return report.TopologyJSON(a.stdout, sc.Name, &sc.Config)
			}
			return report.Topology(a.stdout, sc.Name, &sc.Config, report.TopologyStyle{Color: a.colored(color), Nodes: nodes})
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&asJSON, "json", false, "print JSON: every node, and by zone and group the node groups that suffer what")
	flags.BoolVar(&nodes, "nodes", false, "list every node, in place of node groups placed alike")
	flags.StringVar(&color, "color", "auto", "color: auto, always or never")
	return cmd
}
