package report

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the page's parts
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"

	"failsim/measure"
	"failsim/sim"
)

// PageInput is what a page is made of. What is nil or empty is said to be missing, and the rest is shown.
type PageInput struct {
	Summary *measure.Summary
	// Description is the scenario's.
	Description string
	// Ran says what ran.
	Ran PageRun
	// Distributions draw the curves; narrowed ones are not looked at.
	Distributions []measure.Distribution
	// Outages shade the map of shards.
	Outages *OutageMap
	// Config and World are of trial 0, played to its end with its trace on. NoTrial says why they are nil, where they are.
	Config  *sim.Config
	World   *sim.World
	NoTrial string
}

// PageRun says what ran, so that it can be run again.
type PageRun struct {
	Version  string
	Engine   int
	Identity string
	Text     string            // of the scenario
	Files    map[string]string // that the scenario names, by their names in it
	Command  string            // what to type, with the scenario in NAME.toml
	Methods  []string
}

// sheet is what the template shows.
type sheet struct {
	*measure.Summary
	Input       *PageInput
	Head        string
	Style       template.CSS
	UPlot       template.JS
	Script      template.JS
	Policy      string
	Answer      []statement
	Verdicts    []verdictRow
	Sections    []metricSection
	Charts      []*chart
	NoCharts    string
	Calls       *htmlTable
	Calendar    *calendar
	Swimlanes   []swimlane
	NoTrial     string
	Heat        *heat
	NoHeat      string
	Assumptions *htmlTable
	Interval    string
}

//go:embed assets/page.html
var pageTemplate string

//go:embed assets/page.css
var pageStyle string

//go:embed assets/page.js
var pageScript string

//go:embed assets/uplot/uPlot.iife.min.js
var uplotScript string

//go:embed assets/uplot/uPlot.min.css
var uplotStyle string

//go:embed assets/uplot/LICENSE
var uplotLicense string

// Page writes results as one HTML page that needs nothing else: no network, and for its texts, tables and drawings no
// script. The same input gives the same bytes.
func Page(w io.Writer, in *PageInput) error {
	t, err := template.New("page").Parse(pageTemplate)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := t.Execute(&out, newSheet(in)); err != nil {
		return err
	}
	_, err = w.Write(out.Bytes())
	return err
}

func newSheet(in *PageInput) *sheet {
	s := in.Summary
	// The licence asks to be kept with every copy.
	uplot := "/*\n" + strings.TrimSpace(uplotLicense) + "\n*/\n" + uplotScript
	sh := &sheet{
		Summary:     s,
		Input:       in,
		Head:        fmt.Sprintf("%s, seed %d, %s intervals", plural(s.Trials, "trial"), s.Seed, percent(s.Confidence)),
		Style:       template.CSS(uplotStyle + "\n" + pageStyle),
		UPlot:       template.JS(uplot),
		Script:      template.JS(pageScript),
		Policy:      policy(uplot, pageScript),
		Verdicts:    verdictRows(s),
		Sections:    metricSections(s, in.Distributions),
		Calls:       callsTable(s),
		Assumptions: assumptionsTable(s),
		Interval:    percent(s.Confidence),
	}
	for _, sec := range sh.Sections {
		for _, m := range sec.Metrics {
			if m.Chart != nil {
				sh.Charts = append(sh.Charts, m.Chart)
			}
		}
	}
	if in.Distributions == nil {
		sh.NoCharts = "There are no histograms here (sketches.parquet), so that no curves are drawn: failsim run makes them."
	}
	var trial *trialStory
	if in.World != nil {
		trial = tellStory(in.Config, in.World)
	}
	sh.Answer = answer(s, in.Config, trial)
	sh.tellTrial(trial)
	if sh.Heat = newHeat(in.Outages); sh.Heat == nil {
		sh.NoHeat = fmt.Sprintf("No outage windows of trials below %s are kept here (outages.parquet).", count(MappedTrials))
	}
	return sh
}

// tellTrial shows trial 0, or says why not.
func (sh *sheet) tellTrial(trial *trialStory) {
	if trial == nil {
		sh.NoTrial = sh.Input.NoTrial
		return
	}
	if sh.Calendar = newCalendar(trial); sh.Calendar == nil {
		sh.NoTrial = "Nothing calls TestFailover in this scenario."
		return
	}
	sh.Swimlanes = newSwimlanes(trial)
}

// policy forbids everything but the page's own scripts, by their digests, and its own style.
func policy(scripts ...string) string {
	allowed := ""
	for _, script := range scripts {
		sum := sha256.Sum256([]byte(script))
		allowed += " 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	return "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src" + allowed
}
