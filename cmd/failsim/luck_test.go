package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"failsim/measure"
	"failsim/scenario"
	"failsim/sim"

	"github.com/google/go-cmp/cmp"
)

// The parts of a scenario whose groups must not notice what is added beside them.
const (
	luckHead = `
horizon = "6h"
`
	luckCarts = `
[[replication_group]]
id = "carts"
cluster_mode = "disabled"
replicas = 2
writes_per_second = 500
`
	luckSessions = `
[[replication_group]]
id = "sessions"
node_groups = 4
replicas = 1
`
	luckEvents = `
[[replication_group]]
id = "events"
node_groups = 2
replicas = 3
`
	luckArchive = `
[[replication_group]]
id = "archive"
node_groups = 3
replicas = 1
`
	luckCalls = `
[[call]]
at = "10m"
group = "carts"
node_group = "0001"
[[call]]
at = "20m"
group = "sessions"
node_group = "0003"
[[call]]
at = "20m"
group = "events"
node_group = "0001"
[[call]] # refused: sessions replaces a node
at = "25m"
group = "sessions"
node_group = "0001"
[[call]]
at = "3h"
group = "carts"
node_group = "0001"
[[campaign]]
at = "1h"
groups = ["sessions"]
`
	luckMore = `
[[call]]
at = "20m"
group = "archive"
node_group = "0002"
[[call]]
at = "3h"
group = "archive"
node_group = "0001"
`
	luckThreshold = `
[[threshold]]
metric = "write_outage"
statistic = "probability(> 30s)"
at_most = 0.5
`
)

func parse(t *testing.T, parts ...string) *scenario.Scenario {
	t.Helper()
	sc, err := scenario.Parse("luck.toml", []byte(strings.Join(parts, "")), nil)
	if err != nil {
		t.Fatal(err)
	}
	return sc
}

// timelines tells a trial group by group.
func timelines(cfg *sim.Config, seed, trial uint64) map[string]string {
	return byGroup(tell(replay(cfg, seed, trial)))
}

func byGroup(records []sim.RecordText) map[string]string {
	all := map[string]string{}
	for _, r := range records {
		all[r.Group] += fmt.Sprintln(int64(r.At), r.Kind, r.NodeGroup, r.Node, r.Outcome, r.Text)
	}
	return all
}

// tracedWorld tells one trial after another, and makes what they share once.
func tracedWorld(sc *scenario.Scenario) func(trial uint64) map[string]string {
	w := sim.NewWorld(&sc.Config)
	w.Trace(true)
	return func(trial uint64) map[string]string {
		w.Reset(5, trial)
		w.RunUntil(sc.Config.End())
		return byGroup(tell(w))
	}
}

// What does not concern a group leaves its timelines as they were, event by event, and to the nanosecond.
func TestGroupsKeepTheirLuck(t *testing.T) {
	base := parse(t, luckHead, luckCarts, luckSessions, luckEvents, luckCalls)
	campaign := "[[campaign]]\nat = \"10m\"\ngroups = [\"archive\"]\n"
	fast := luckArchive + "[replication_group.delays]\npromotion = \"1s\"\n"
	few := strings.Replace(luckEvents, "replicas = 3", "replicas = 1", 1)
	for name, variant := range map[string]*scenario.Scenario{
		"a group before them":      parse(t, luckHead, luckArchive, luckCarts, luckSessions, luckEvents, luckCalls),
		"a group behind them":      parse(t, luckHead, luckCarts, luckSessions, luckEvents, luckArchive, luckCalls),
		"another order":            parse(t, luckHead, luckEvents, luckCarts, luckSessions, luckCalls),
		"calls on another group":   parse(t, luckHead, luckArchive, luckCarts, luckSessions, luckEvents, luckMore, luckCalls),
		"a campaign of another":    parse(t, luckHead, luckCarts, luckSessions, luckEvents, luckArchive, luckCalls, campaign),
		"a threshold":              parse(t, luckHead, luckCarts, luckSessions, luckEvents, luckCalls, luckThreshold),
		"other delays of another":  parse(t, luckHead, luckCarts, luckSessions, luckEvents, fast, luckCalls, luckMore),
		"fewer replicas in events": parse(t, luckHead, luckCarts, luckSessions, few, luckCalls),
	} {
		unlike := map[string]bool{"": true, "archive": true}
		unlike["events"] = strings.Contains(name, "events")
		for trial := range uint64(60) {
			want, got := timelines(&base.Config, 5, trial), timelines(&variant.Config, 5, trial)
			for _, group := range slices.Sorted(maps.Keys(want)) {
				if !unlike[group] && want[group] != got[group] {
					t.Fatalf("%s: trial %d: %s has another timeline: %s", name, trial, group, cmp.Diff(want[group], got[group]))
				}
			}
			if strings.Count(want["carts"], "ReplicaPromoted") != 2 || strings.Count(want["sessions"], "ReplicaPromoted") != 5 {
				t.Fatalf("too little happens to tell: %v", want)
			}
		}
	}
}

// Trouble of the groups whose luck is held, and of archive. Zones take the nodes of all groups, or of those that are named.
const (
	luckTrouble = `
[[fault]]
at = "1h"
kind = "node"
primary_of = "carts/0001"
[[fault]]
at = "1h"
kind = "partition"
node = "sessions-0002-001"
duration = "2m"
[[failure]]
kind = "node"
every = "exponential(20h)"
groups = ["carts", "sessions"]
[[failure]]
kind = "node"
every = "weibull(scale=30h, shape=2)"
groups = ["carts"]
[[failure]]
kind = "zone"
every = "exponential(30h)"
duration = "uniform(1m, 20m)"
groups = ["sessions"]
[[failure]]
kind = "partition"
every = "exponential(40h)"
duration = "uniform(10s, 60s)"
[[failure]]
kind = "node"
per = "group"
every = "exponential(50h)"
groups = ["carts"]
`
	luckElsewhere = `
[[fault]]
at = "1h"
kind = "node"
node = "archive-0001-002"
[[fault]]
at = "1h"
kind = "lag-spike"
group = "archive"
node_group = "0003"
lag = "10s"
duration = "1h"
[[failure]]
kind = "node"
every = "exponential(5h)"
groups = ["archive"]
[[failure]]
kind = "zone"
every = "exponential(20h)"
duration = "uniform(1m, 20m)"
groups = ["archive"]
[[failure]]
kind = "node"
per = "group"
every = "exponential(10h)"
groups = ["archive"]
`
)

// backwards gives the tables of a part of a scenario in the opposite order.
func backwards(part string) string {
	tables := strings.Split(part, "\n[[")
	slices.Reverse(tables[1:])
	return strings.Join(tables, "\n[[")
}

// Neither the trouble of another group nor the order in which trouble is written changes what befalls a group; and the order is no part of
// what a scenario means.
func TestTroubleKeepsItsLuck(t *testing.T) {
	groups := luckHead + luckCarts + luckSessions + luckArchive
	base := parse(t, groups, luckTrouble)
	for name, variant := range map[string]*scenario.Scenario{
		"backwards":             parse(t, groups, backwards(luckTrouble)),
		"trouble of another":    parse(t, groups, luckTrouble, luckElsewhere),
		"before it":             parse(t, groups, luckElsewhere, luckTrouble),
		"among it, backwards":   parse(t, groups, backwards(luckTrouble+luckElsewhere)),
		"another order of them": parse(t, luckHead+luckArchive+luckSessions+luckCarts, luckElsewhere, backwards(luckTrouble)),
		"one group more":        parse(t, luckHead+luckEvents+luckCarts+luckSessions+luckArchive, luckTrouble),
	} {
		if same := variant.Identity == base.Identity; same != (name == "backwards") {
			t.Errorf("%s: the identity is the same: %t", name, same)
		}
		struck := map[string]int{}
		play, playVariant := tracedWorld(base), tracedWorld(variant)
		for trial := range uint64(60) {
			want, got := play(trial), playVariant(trial)
			for _, group := range []string{"carts", "sessions"} {
				if want[group] != got[group] {
					t.Fatalf("%s: trial %d: %s has another timeline: %s", name, trial, group, cmp.Diff(want[group], got[group]))
				}
				struck[group] += strings.Count(want[group], "NodeFailed")
			}
		}
		if struck["carts"] < 100 || struck["sessions"] < 100 {
			t.Fatalf("too little happens to tell: %v", struck)
		}
	}
	if a, b := parse(t, groups, luckTrouble, luckElsewhere), parse(t, groups, backwards(luckElsewhere), luckTrouble); a.Identity != b.Identity {
		t.Error("the order of tables is part of the identity")
	}
}

// columnsOfTrials gives the rows of some trials, by column.
func columnsOfTrials(t *testing.T, sc *scenario.Scenario) map[string][]int64 {
	t.Helper()
	tally := measure.NewTally(&sc.Config)
	columns := tally.Columns()
	row := make([]int64, len(columns))
	all := map[string][]int64{}
	for trial := range uint64(200) {
		if err := tally.AddRow(sim.Run(&sc.Config, 5, trial), row); err != nil {
			t.Fatal(err)
		}
		for i, c := range columns {
			all[c.Name] = append(all[c.Name], row[i])
		}
	}
	return all
}

// A group that nobody calls adds nothing to any column, and neither do an order or a threshold.
func TestRowsKeepTheirLuck(t *testing.T) {
	want := columnsOfTrials(t, parse(t, luckHead, luckCarts, luckSessions, luckEvents, luckCalls))
	for name, variant := range map[string]*scenario.Scenario{
		"a group":       parse(t, luckHead, luckArchive, luckCarts, luckSessions, luckEvents, luckCalls),
		"another order": parse(t, luckHead, luckEvents, luckCarts, luckSessions, luckCalls),
		"a threshold":   parse(t, luckHead, luckCarts, luckSessions, luckEvents, luckCalls, luckThreshold),
	} {
		got := columnsOfTrials(t, variant)
		for _, column := range slices.Sorted(maps.Keys(want)) {
			if !slices.Equal(want[column], got[column]) {
				t.Errorf("%s: other numbers in %s", name, column)
			}
		}
	}
}

// phases gives how long the phases of each node group's failovers took, in their order.
func phases(cfg *sim.Config, trial uint64) map[string][]string {
	all := map[string][]string{}
	for _, f := range sim.Run(cfg, 5, trial).Failovers {
		g := cfg.Groups[f.Group]
		name := g.ID + "/" + g.NodeGroups[f.NodeGroup].ID
		all[name] = append(all[name], fmt.Sprint(f.CutOff-f.Accepted, f.Promoted-f.CutOff, f.RecoveryStarted-f.Promoted,
			f.Finished-f.RecoveryStarted, f.LostTail))
	}
	return all
}

// The quota is what all groups share. Where it is short, what is added beside a group can shift its failovers; but each takes
// as long as before.
func TestTheQuotaShiftsWhenAndNotHowLong(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(scenariosDir, "game-day.toml"))
	if err != nil {
		t.Fatal(err)
	}
	base := parse(t, string(text))
	variant := parse(t, string(text), luckArchive, luckMore)
	shifted := 0
	for trial := range uint64(50) {
		want, got := phases(&base.Config, trial), phases(&variant.Config, trial)
		delete(got, "archive/0001")
		delete(got, "archive/0002")
		if diff := cmp.Diff(want, got); diff != "" || len(want) != 40 {
			t.Fatalf("trial %d: %d node groups fail over: %s", trial, len(want), diff)
		}
		before, after := timelines(&base.Config, 5, trial), timelines(&variant.Config, 5, trial)
		for group := range before {
			if group != "" && before[group] != after[group] {
				shifted++
			}
		}
	}
	if shifted == 0 {
		t.Error("two calls more of a quota of 15 shift nothing")
	}
}
