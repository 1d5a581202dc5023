package main

import (
	"fmt"
	"io"
	"strings"

	"failsim/measure"
	"failsim/report"
	"failsim/scenario"
	"failsim/sim"
	"failsim/store"
)

// pageOf begins a page with what a manifest and its summary say.
func pageOf(m *store.Manifest, s *measure.Summary) *report.PageInput {
	return &report.PageInput{Summary: s, Ran: report.PageRun{
		Version: m.Failsim, Engine: m.Engine, Identity: m.Scenario.Identity, Text: m.Scenario.Text, Methods: m.Methods,
		Command: commandOf(m), Files: m.Scenario.Files,
	}}
}

// commandOf is what to type to have the same results.
func commandOf(m *store.Manifest) string {
	command := []string{"failsim run", m.Scenario.Name + ".toml"}
	if m.Precision != "" {
		command = append(command, fmt.Sprintf("--precision '%s' --max-trials %d", m.Precision, m.MaxTrials))
	} else {
		command = append(command, fmt.Sprintf("--trials %d", m.Trials))
	}
	if m.Part != nil {
		command = append(command, fmt.Sprintf("--trials-from %d --trials-to %d", m.Part.From, m.Part.To))
	}
	if m.Outages != "" && m.Outages != "sample" {
		command = append(command, "--outages "+m.Outages)
	}
	return strings.Join(append(command, fmt.Sprintf("--seed %d", m.Seed)), " ")
}

// tellTrial lets a page tell trial 0, which the World has played.
func tellTrial(in *report.PageInput, sc *scenario.Scenario, world *sim.World) {
	in.Description, in.Config, in.World = sc.Description, &sc.Config, world
}

// mapped is how many of the trials that a page maps are in the results.
func mapped(m *store.Manifest) int64 {
	from, to := int64(0), m.Trials
	if m.Part != nil {
		from, to = m.Part.From, m.Part.To
	}
	return max(0, min(to, report.MappedTrials)-from)
}

// page writes report.html of a run: the same bytes as `failsim report` makes from its folder.
func (r *results) page(w io.Writer) error {
	in := pageOf(&r.manifest, r.summary)
	tellTrial(in, r.sc, r.trialZero())
	in.Distributions = r.total.WholeDistributions(r.summary.Confidence)
	if r.manifest.Outages != noOutages {
		var err error
		if in.Outages, err = r.outageMap(); err != nil {
			return err
		}
	}
	return report.Page(w, in)
}

func (r *results) outageMap() (*report.OutageMap, error) {
	m := report.NewOutageMap(&r.sc.Config, mapped(&r.manifest))
	for chunk, err := range r.all() {
		if err != nil {
			return nil, err
		}
		if chunk.From >= report.MappedTrials {
			break
		}
		for w, err := range chunk.Windows {
			if err != nil {
				return nil, err
			}
			if w.Trial >= report.MappedTrials {
				break
			}
			m.Add(&w.OutageWindow)
		}
	}
	return m, nil
}

// noTrial says why trial 0 of results cannot be told; empty where it can.
func noTrial(m *store.Manifest) string {
	if m.Engine != sim.Engine {
		return fmt.Sprintf("Trial 0 cannot be told: these results are of engine %d, and failsim %s has engine %d.",
			m.Engine, version, sim.Engine)
	}
	return ""
}
