package main

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"failsim/scenario"
	"failsim/sim"

	"github.com/spf13/cobra"
)

func (a *app) checkCommand() *cobra.Command {
	verbose := false
	cmd := &cobra.Command{
		Use:   "check SCENARIO...",
		Short: "Check scenarios without playing them",
		Long: `Check scenarios without playing them. Each mistake is told on stderr with its file, line and key, what is
wrong and what is allowed; the exit code is then 2.`,
		Example: `  failsim check scenarios/*.toml
  failsim check --verbose mine.toml`,
		Args: wants(1, math.MaxInt),
		RunE: func(_ *cobra.Command, args []string) error {
			var mistakes []error
			for _, path := range args {
				sc, err := load(path)
				if err != nil {
					mistakes = append(mistakes, err)
					continue
				}
				a.warn(sc)
				a.checked(path, sc, verbose)
			}
			return errors.Join(mistakes...)
		},
	}
	cmd.Flags().BoolVarP(&verbose, "verbose", "v", false, "also print the topology, one line a group")
	return cmd
}

// checked reports a scenario without mistakes.
func (a *app) checked(path string, sc *scenario.Scenario, verbose bool) {
	cfg := &sc.Config
	nodeGroups, nodes := 0, 0
	for _, g := range cfg.Groups {
		nodeGroups += len(g.NodeGroups)
		for _, ng := range g.NodeGroups {
			nodes += len(ng.Nodes)
		}
	}
	trouble := ""
	if faults, failures := len(cfg.Faults)+len(cfg.Blocks), len(cfg.Failures); faults+failures > 0 {
		trouble = ", " + some(faults, "fault") + ", " + some(failures, "failure")
	}
	fmt.Fprintf(a.stdout, "%s: ok: %s, %s, %s, %s, %s%s\n", path, some(len(cfg.Groups), "group"),
		some(nodeGroups, "node group"), some(nodes, "node"), some(len(cfg.Campaigns), "campaign"), some(len(cfg.Calls), "call"), trouble)
	if verbose {
		for i := range cfg.Groups {
			fmt.Fprintf(a.stdout, "  %s\n", topology(&cfg.Groups[i], cfg.Region))
		}
	}
}

// topology describes a group in one line.
func topology(g *sim.GroupConfig, region string) string {
	var zones []string
	fewest, most := len(g.NodeGroups[0].Nodes), 0
	for _, ng := range g.NodeGroups {
		fewest, most = min(fewest, len(ng.Nodes)), max(most, len(ng.Nodes))
		for _, n := range ng.Nodes {
			if !slices.Contains(zones, n.Zone) {
				zones = append(zones, n.Zone)
			}
		}
	}
	slices.Sort(zones)
	replicas := fmt.Sprintf("1+%d", most-1)
	if fewest != most {
		replicas = fmt.Sprintf("1+%d to %s", fewest-1, replicas)
	}
	endpoint := g.PrimaryEndpoint(region)
	if g.Mode == sim.ClusterEnabled {
		endpoint = g.ConfigurationEndpoint(region)
	}
	return fmt.Sprintf("%s: cluster mode %s, %s of %s, %s %s on %s in %s, Multi-AZ %s, automatic failover %s, %s",
		g.ID, g.Mode, some(len(g.NodeGroups), "node group"), replicas, g.Engine, g.EngineVersion, g.NodeType,
		strings.Join(zones, " "), onOff(g.MultiAZ), onOff(g.AutomaticFailover), endpoint)
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

// some counts things: 1 node, 2 nodes.
func some(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}
