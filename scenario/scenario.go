// Package scenario reads a scenario, a TOML file about one account in one Region, into a valid sim.Config.
//
// It is the only place that reports a user's mistakes in a scenario: each with its file, line and key, what is wrong and
// what is allowed, and all of them in one go. To that end the text is decoded into plain maps, and a table asks for its
// keys one by one: what is of the wrong type or out of bounds is noted and replaced by its default, so that reading goes
// on, and a key that nobody asked for is unknown. Rules about a replication group live in sim.GroupSpec; defaults that
// speak for ElastiCache live in sim.Defaults.
//
// The flow: find the line of each key, decode, read the settings, the delays, the groups, then who acts on them; last the
// identity, a hash over what the scenario means.
package scenario

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"failsim/measure"
	"failsim/sim"
	"failsim/words"
)

// Scenario is a scenario as read.
type Scenario struct {
	Name, Description string
	// Text is the file as it stood, and Files the contents of those that it names, by their names in it.
	Text   []byte
	Files  map[string]string
	Config sim.Config
	Run    Run
	// Thresholds are judged once all trials are played.
	Thresholds []measure.Threshold
	// Assumptions are the inferred defaults on which the scenario rests, in the order of sim.Defaults.
	Assumptions []sim.Default
	// Warnings are what is doubtful but can be simulated, in the order of lines.
	Warnings []Problem
	// Identity names what the scenario means: "sha256:" and a hash that layout, comments, name, description and [run] do
	// not change.
	Identity string
}

// Run says how many trials a run has, unless the command line says otherwise.
type Run struct {
	Trials     int64
	Seed       uint64
	Confidence float64 // of the intervals, such as 0.95
	// Precision ends the run in place of Trials, within MaxTrials; nil: none does.
	Precision *measure.Precision
	MaxTrials int64
}

// Load reads and checks the scenario in the file. Files that it names resolve beside it. Errors of the user come as
// Errors.
func Load(path string) (*Scenario, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the scenario: %w", err)
	}
	return Parse(path, text, func(name string) ([]byte, error) {
		if !filepath.IsAbs(name) {
			name = filepath.Join(filepath.Dir(path), name)
		}
		return os.ReadFile(name)
	})
}

// Parse checks the text of a scenario. The path serves messages and the default name only; readFile reads the files that
// the scenario names. Errors of the user come as Errors.
func Parse(path string, text []byte, readFile func(name string) ([]byte, error)) (*Scenario, error) {
	s := &Scenario{Text: text, Files: map[string]string{}}
	doc := &document{
		file: path, readFile: s.remember(readFile), wrong: map[string]bool{},
		defaults: &defaults{all: sim.Defaults(), used: map[string]bool{}},
	}
	root, err := doc.open(string(text))
	if err != nil {
		return nil, err
	}
	r := newReader(doc)
	if root.integer("failsim", 1, bounds[int64]{math.MinInt64, math.MaxInt64}) != 1 {
		root.wrong("failsim", "version %d of the scenario language; this failsim reads version 1", root.get("failsim"))
		return nil, Errors(doc.mistakes)
	}
	s.readHead(root)
	s.readRun(root.table("run"))
	r.kinds = kindsOf(root)
	r.readSettings(root)
	r.readDelays(root.table("delays"))
	r.readGroups(root)
	r.readCalls(root.tables("call"))
	r.readCampaigns(root.tables("campaign"))
	r.readFaults(root.tables("fault"))
	r.readFailures(root.tables("failure"))
	thresholds := root.tables("threshold")
	root.close()
	s.Thresholds = r.readThresholds(thresholds)
	if p := s.Run.Precision; p != nil && len(doc.mistakes) == 0 {
		if _, err := measure.Check(&r.cfg, p.Figure); err != nil {
			doc.mistake("run.precision", "%v", err)
		}
	}
	if len(doc.mistakes) > 0 {
		sortByLine(doc.mistakes)
		return nil, Errors(doc.mistakes)
	}
	sortByLine(doc.warnings)
	s.Config = r.cfg
	s.Assumptions = doc.defaults.assumptions()
	if len(r.kinds) > 0 && len(r.cfg.Campaigns) == 0 && !slices.ContainsFunc(r.cfg.Calls, isFailoverCall) {
		s.Assumptions = slices.DeleteFunc(s.Assumptions, aboutCalls)
	}
	s.Warnings = doc.warnings
	s.Identity = identity(r.cfg, r.delayTexts, s.Thresholds)
	return s, nil
}

func isFailoverCall(c sim.CallConfig) bool { return c.Action == sim.ActionTestFailover }

// aboutCalls tells whether the default matters to calls of TestFailover alone.
func aboutCalls(d sim.Default) bool {
	return strings.HasPrefix(d.Name, "errors.") || strings.HasPrefix(d.Name, "quota.") || d.Name == "delays.accept" ||
		strings.HasSuffix(d.Name, ".promotion")
}

// remember keeps what it reads.
func (s *Scenario) remember(readFile func(name string) ([]byte, error)) func(name string) ([]byte, error) {
	if readFile == nil {
		return nil
	}
	return func(name string) ([]byte, error) {
		content, err := readFile(name)
		if err == nil {
			s.Files[name] = string(content)
		}
		return content, err
	}
}

func (s *Scenario) readHead(root *table) {
	base := filepath.Base(root.doc.file)
	base = strings.TrimSuffix(base, filepath.Ext(base))
	s.Name = root.text("name", base)
	s.Description = root.text("description", "")
	switch {
	case root.doc.wrong["name"] || validName(s.Name):
	case root.has("name"):
		root.wrong("name", "%s; %s", words.Quote(s.Name), nameRule)
	default:
		root.wrong("name", "missing, and the file's name gives %s; %s", words.Quote(s.Name), nameRule)
	}
}

const nameRule = "it names a folder: want 1 to 100 letters, digits, dots, underscores and hyphens, first not a dot"

func validName(name string) bool {
	return name != "" && len(name) <= 100 && name[0] != '.' && isBare(strings.ReplaceAll(name, ".", ""))
}

func (s *Scenario) readRun(t *table) {
	s.Run = Run{
		Trials:     t.integer("trials", 2000, bounds[int64]{1, 1_000_000_000}),
		Seed:       uint64(t.integer("seed", 1, bounds[int64]{0, MostSeed})),
		Confidence: 0.95,
	}
	if v, ok := t.get("confidence").(float64); ok && v >= 0.5 && v <= 0.9999 {
		s.Run.Confidence = v
	} else if t.has("confidence") {
		t.want("confidence", "a number from 0.5 to 0.9999")
	}
	s.Run.MaxTrials = t.integer("max_trials", MaxTrials, bounds[int64]{1, 1_000_000_000})
	if text := t.text("precision", ""); t.has("precision") && !t.doc.wrong[t.key("precision")] {
		p, err := measure.ParsePrecision(text)
		if err != nil {
			t.wrong("precision", "%v", err)
		}
		s.Run.Precision = &p
	}
	t.close()
}

// MostSeed is the largest seed that a scenario can name.
const MostSeed = math.MaxInt64

// MaxTrials is how many trials a precision may take where nothing else is said.
const MaxTrials = 1_000_000

// reader carries a sim.Config while its parts are read.
type reader struct {
	doc *document
	cfg sim.Config
	// alone says that one fault is read by itself, to strike when it is injected.
	alone bool

	kinds   kinds
	common  layer
	classes map[string]layer
	// standards holds the settings of sim.Defaults that were asked for.
	standards map[string]setting
	// delayTexts has the canonical text of the delays of each group, which groups of one table share.
	delayTexts []string

	nodeGroups  int // so far, those refused included
	zonesWrong  bool
	groupsWrong bool              // groups may be missing because of mistakes of their own
	groupByID   map[string]int    // index into cfg.Groups
	owners      map[string]string // ids of groups and nodes: the table that took each
	multiAZ     []bool            // of each group, known when faults are read: see everMultiAZ
	wildcards   int               // patterns with a wildcard so far
	targets     int64             // failovers that campaigns set out for so far
	attempts    int64             // calls that campaigns can make at most so far
}

func newReader(doc *document) *reader {
	return &reader{
		doc: doc, classes: map[string]layer{}, standards: map[string]setting{}, groupByID: map[string]int{},
		owners: map[string]string{},
	}
}

// Bounds that keep any scenario playable: they bound the memory of a World and the events of a trial.
const (
	longestTrial       = 3650 * 24 * time.Hour // 10 years
	mostTotalGroups    = 50_000                // node groups of all groups
	mostCalls          = 1_000_000
	mostFaults         = 100_000
	mostFailures       = 10_000_000 // expected in a trial
	mostThresholds     = 10_000
	mostCampaigns      = 1000
	mostWildcards      = 1000
	mostTargets        = 1_000_000
	mostRetries        = 1_000_000 // of one node group
	mostAttempts       = 10_000_000
	mostRounds         = 1000
	mostCopies         = 10_000
	mostAlreadyUsed    = 1_000_000
	mostQuota          = 1_000_000
	shortestRetryEvery = time.Second
)
