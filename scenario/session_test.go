package scenario

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"failsim/sim"

	"github.com/google/go-cmp/cmp"
)

// recorded is a scenario that leaves little to the session: cluster modes, a campaign, a failure by chance, calls at round instants, dates.
const recorded = `horizon = "7h" # far shorter than the session
start = 2026-03-01T00:00:00Z
[[replication_group]]
id = "plain"
replicas = 2
cluster_mode = "disabled"
maintenance_window = "sun:02:00-sun:04:00"
automatic_failover = false
multi_az = false
[[replication_group]]
id = "sharded"
node_groups = 3
replicas = 1
cluster_mode = "enabled"
writes_per_second = 100
status = "modifying"
status_until = 2026-03-01 00:20:00Z
[[call]]
at = 2026-03-01T00:30:00Z # half an hour in
group = "sharded"
node_group = "0001"
[[call]]
at = "30m"
group = "sharded"
node_group = "0001"
[[campaign]]
at = 2026-03-01T01:40:00.000000000+01:00
groups = ["sharded"]
[[fault]]
kind = "zone-power"
at = "6h"
zone = "us-east-1a"
duration = "3h"
[[failure]]
kind = "node"
every = "exponential(20h)"
[quota]
limit = 4
already_used = ["-20h", 2026-02-28T12:00:00Z,]
[[threshold]]
metric = "makespan"
statistic = "p50"
campaign = "campaign-1"
at_most = "1d"
[run]
precision = "makespan.p50<=5%"
`

// player drives a World at random, and notes what it does.
type player struct {
	*rand.Rand
	live    *sim.World
	session Session
}

// TestARecordedSessionPlaysAgain: calls and faults at random, recorded, loaded and played, give the records and the service events of
// the session, to the nanosecond.
func TestARecordedSessionPlaysAgain(t *testing.T) {
	s, err := Parse("recorded.toml", []byte(recorded), nil)
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]int{}
	for seed := range uint64(200) {
		p := play(s, seed)
		text, err := s.Record(&p.session)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		again, err := Parse("session.toml", text, nil)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		w := sim.NewWorld(&again.Config)
		w.Trace(true)
		w.Reset(again.Run.Seed, 0)
		w.RunUntil(p.session.Until)
		if diff := cmp.Diff(tale(p.live), tale(w)); diff != "" {
			t.Fatalf("seed %d (-session +replay):\n%s\n%s", seed, diff, text)
		}
		for _, r := range w.Records() {
			kinds[w.Describe(r).Kind]++
		}
	}
	for _, kind := range []string{"HandOverDone", "NodeRebooting", "Modified", "WorkScheduled", "APIUnblocked", "MajorityLost", "OperatorWaits",
		"FullSync", "NodeHealed", "RecoveryHeld"} {
		if kinds[kind] == 0 {
			t.Errorf("no session had a %s", kind)
		}
	}
}

// tale is all that a World tells.
func tale(w *sim.World) (lines []string) {
	for _, r := range w.Records() {
		lines = append(lines, fmt.Sprintf("%d %+v", r.At, w.Describe(r)))
	}
	for _, e := range w.ServiceEvents() {
		lines = append(lines, fmt.Sprintf("%+v", e))
	}
	return lines
}

// play takes a World without a horizon through a session.
func play(s *Scenario, seed uint64) *player {
	cfg := s.Config
	cfg.Horizon = sim.Endless
	cfg.Start = cfg.Start.Add(time.Duration(seed) * time.Hour)
	unattended := seed%4 == 3
	if unattended {
		cfg.Calls, cfg.Campaigns = nil, nil
	}
	p := &player{Rand: rand.New(rand.NewPCG(seed, 3)), live: sim.NewWorld(&cfg),
		session: Session{Start: cfg.Start, Seed: seed, Unattended: unattended}}
	p.live.Trace(true)
	p.live.Reset(seed, 0)
	for range 1 + p.IntN(25) {
		at := p.live.Now() + sim.Time(p.Int64N(int64(3*time.Hour)))
		at -= at % sim.Time([]time.Duration{1, 10 * time.Minute}[p.IntN(2)]) // at round instants, too, where other calls are due
		p.live.RunUntil(max(at, p.live.Now()))
		now := p.live.StepAside(1)
		if p.IntN(2) == 0 {
			p.call(now)
		} else {
			p.fault()
		}
	}
	p.live.RunUntil(p.live.Now() + sim.Time(p.Int64N(int64(12*time.Hour))))
	p.session.Until = p.live.Now()
	return p
}

func (p *player) call(now sim.Time) {
	c := sim.CallConfig{At: now, Action: sim.Action(p.IntN(3))}
	switch c.Action {
	case sim.ActionReboot:
		c.Node = []string{"plain-001", "PLAIN-002", "sharded-0001-001", "\"nobody\"\n"}[p.IntN(4)]
		p.live.Reboot(c.Node)
	case sim.ActionModify:
		c.Group = "plain"
		c.Modify = []sim.ModifyConfig{{Primary: "plain-002"}, {Primary: "plain-003"}, {AutomaticFailover: sim.SwitchOn, MultiAZ: sim.SwitchOn},
			{AutomaticFailover: sim.SwitchOff, MultiAZ: sim.SwitchOff}, {}}[p.IntN(5)]
		p.live.Modify(c.Group, c.Modify)
	default:
		c.Group, c.NodeGroup = []string{"plain", "sharded"}[p.IntN(2)], []string{"0001", "0002", "12345"}[p.IntN(3)]
		p.live.TestFailover(c.Group, c.NodeGroup)
	}
	p.session.Calls = append(p.session.Calls, c)
}

// fault injects one, written as a person would; one that cannot be now is left.
func (p *player) fault() {
	text := []string{
		`{"kind": "node", "node": "sharded-0002-001"}`, `{"kind": "node", "primary_of": "plain/0001"}`,
		`{"kind": "zone", "zone": "us-east-1a", "duration": "20m", "slowdown": 2.5}`, `{"kind": "zone", "zone": "us-east-1b", "duration": "5m"}`,
		`{"kind": "zone-power", "zone": "us-east-1a", "duration": "30m"}`, `{"kind": "partition", "node": "plain-001", "duration": "90s"}`,
		`{"kind": "partition", "zone": "us-east-1c", "duration": "3m"}`, `{"kind": "lag-spike", "group": "sharded", "lag": "7s", "duration": "1h"}`,
		`{"kind": "lag-spike", "group": "sharded", "node_group": "0003", "lag": "7s", "duration": "1h"}`,
		`{"kind": "replication-stall", "group": "plain", "written": "200MB/s", "applied": "50MB/s", "duration": "10m"}`,
		`{"kind": "reboot", "node": "plain-003"}`, `{"kind": "no-capacity", "zone": "us-east-1a", "duration": "2h"}`,
		`{"kind": "replacement", "group": "plain", "in_window": true}`, `{"kind": "replacement", "node": "sharded-0001-002"}`,
		`{"kind": "upgrade", "group": "sharded", "engine_version": "8.1"}`, `{"kind": "scale", "group": "sharded", "node_type": "cache.r7g.xlarge"}`,
		`{"kind": "scale", "group": "sharded", "node_type": "cache.r7g.large"}`, `{"kind": "api-blocked", "duration": "47m"}`,
	}[p.IntN(18)]
	f, err := ReadFault(p.live.Config(), []byte(text))
	if err != nil {
		return
	}
	if p.IntN(4) == 0 {
		f.At = p.live.Now() + sim.Time(p.Int64N(int64(6*time.Hour)))
	}
	if f, err = p.live.Inject(f); err == nil {
		p.session.Faults = append(p.session.Faults, f)
	}
}

// TestARecordedSessionKeepsTheTextAsItStood, but for the lines that it has to change.
func TestARecordedSessionKeepsTheTextAsItStood(t *testing.T) {
	s := parse(t, "[run]\ntrials = 7\n"+aloneText)
	session := &Session{Start: s.Config.Start, Seed: 9, Until: sim.Time(100 * time.Hour),
		Calls: []sim.CallConfig{{At: 1, Group: "a", NodeGroup: "0001"}, {At: 2, Action: sim.ActionModify, Group: "a", Modify: sim.ModifyConfig{MultiAZ: sim.SwitchOff}}},
		Faults: []sim.FaultConfig{{At: 3, Kind: sim.FaultNode, Slowdown: sim.Unhurried,
			Target: sim.TargetConfig{Groups: []int{1}, NodeGroup: 1, Node: -1, PrimaryOnly: true}}}}
	text, err := s.Record(session)
	if err != nil {
		t.Fatal(err)
	}
	want := `horizon = "4d4h0m1s"
[run]
seed = 9
trials = 7
` + aloneText + `
# The session: calls and faults at the instants at which they came, up to 4d4h.

[[call]]
action = "test-failover"
at = "1ns"
group = "a"
node_group = "0001"

[[call]]
action = "modify"
at = "2ns"
group = "a"
multi_az = false

[[fault]]
kind = "node"
at = "3ns"
primary_of = "b/0002"
`
	if diff := cmp.Diff(want, string(text)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestDatesAreWrittenAsTheTimeSinceTheStart, where the session has another start: they meant that to its World.
func TestDatesAreWrittenAsTheTimeSinceTheStart(t *testing.T) {
	const text = "horizon = \"2h\" # covers it\nstart = 2026-03-01T00:00:00Z # a Sunday\nrun.trials = 7\n" +
		"quota = { already_used = [ 2026-02-28T21:00:00Z, \"-1h\" ] }\n" + aloneText +
		"[[call]]\nat = 2026-03-01 02:00:00.5+01:00 # late\ngroup = \"2026-03-01T00:00:00Z\"\nnode_group = \"0001\""
	s, err := Parse("dates.toml", []byte(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.Record(&Session{Start: s.Config.Start.Add(-time.Hour), Seed: 8, Until: sim.Time(3 * time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	want := strings.NewReplacer(`"2h" #`, `"3h0m1s" # was "2h" #`, "2026-03-01T00:00:00Z #", "2026-02-28T23:00:00Z # was 2026-03-01T00:00:00Z #", "2026-02-28T21:00:00Z", `"-3h"`, "2026-03-01 02:00:00.5+01:00 #", `"1h0m0.5s" # was 2026-03-01 02:00:00.5+01:00 #`).
		Replace("run.seed = 8\n"+text) + "\n\n# The session: calls and faults at the instants at which they came, up to 3h.\n"
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	same, err := s.Record(&Session{Start: s.Config.Start, Seed: 1, Until: 1})
	if want := text + "\n\n# The session: calls and faults at the instants at which they came, up to 1ns.\n"; err != nil || string(same) != want {
		t.Errorf("from the same start: %v\n%s", err, cmp.Diff(want, string(same)))
	}
}

// TestACommentBehindAValueIsFound, and not in a text.
func TestACommentBehindAValueIsFound(t *testing.T) {
	for text, want := range map[string]int{
		"": -1, " \n# another line": -1, ` # one`: 1, `, "#", '\' ] # two`: 13, `, "\"#" # three`: 8, `, """#` + "\n# of several lines\"\"\"": -1, `, '#`: -1,
	} {
		if got := commentAfter(text, 0); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}

// TestWhatAnUnattendedWorldLeftOutBecomesComments, and what may judge it.
func TestWhatAnUnattendedWorldLeftOutBecomesComments(t *testing.T) {
	const text = `horizon = "2h"
campaign = [
  # all of it
  { name = "a" },

]
[run]
precision = "makespan.mean<=5%" # five
[[call]]
at = "1h"
  group = "a"
node_group = "0001"

# groups
` + aloneText + `[[threshold]]
metric = "makespan"
statistic = "max"
at_most = "2h"
[[fault]] # stays
kind = "api-blocked"
at = "10m"
`
	s, err := Parse("attended.toml", []byte(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.Record(&Session{Start: s.Config.Start, Seed: 3, Until: 1, Unattended: true})
	if err != nil {
		t.Fatal(err)
	}
	want := `horizon = "2h"
# campaign = [
  # all of it
#   { name = "a" },

# ]
[run]
seed = 3
# precision = "makespan.mean<=5%" # five
# [[call]]
# at = "1h"
#   group = "a"
# node_group = "0001"

# groups
` + aloneText + `# [[threshold]]
# metric = "makespan"
# statistic = "max"
# at_most = "2h"
[[fault]] # stays
kind = "api-blocked"
at = "10m"

# The session: calls and faults at the instants at which they came, up to 1ns.
`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestASessionThatCannotBeWrittenIsAnError: inline tables cannot be added to, no trial lasts longer than ten years, seeds of scenarios
// are signed.
func TestASessionThatCannotBeWrittenIsAnError(t *testing.T) {
	plain := parse(t, aloneText)
	inline := parse(t, "call = [{ at = \"1h\", group = \"a\", node_group = \"0001\" }]\n"+aloneText)
	for name, c := range map[string]struct {
		s       *Scenario
		session Session
		want    string
	}{
		"inline": {inline, Session{Start: inline.Config.Start, Seed: 1, Calls: []sim.CallConfig{{At: 1, Group: "a", NodeGroup: "0001"}}}, "cannot be read again"},
		"length": {plain, Session{Start: plain.Config.Start, Seed: 1, Until: sim.Time(11 * 365 * 24 * time.Hour)}, "cannot be read again"},
		"seed":   {plain, Session{Start: plain.Config.Start, Seed: 1 << 63}, "its seed is 9223372036854775808; a scenario has 9223372036854775807 at most"},
		"target": {plain, Session{Start: plain.Config.Start, Seed: 1, Faults: []sim.FaultConfig{{At: 1, Kind: sim.FaultNode, Slowdown: sim.Unhurried,
			Target: sim.TargetConfig{Groups: []int{0, 1}, NodeGroup: -1, Node: -1}}}}, "cannot be read again"},
	} {
		text, err := c.s.Record(&c.session)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
		if !strings.Contains(string(text), "# The session: ") {
			t.Errorf("%s: the session is lost: %s", name, text)
		}
	}
}

// TestWhatCannotBeRecordedIsKnownBefore the session begins.
func TestWhatCannotBeRecordedIsKnownBefore(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "run.trials = 7\n": "",
		"call = [{ at = \"1h\", group = \"a\", node_group = \"0001\" }]\n":       "call",
		"fault = [{ at = \"1h\", kind = \"api-blocked\", duration = \"1h\" }]\n": "fault",
		"run = { trials = 7 }\n": "run",
	} {
		s := parse(t, text+aloneText)
		_, err := s.Recordable(Session{Start: s.Config.Start, Seed: s.Run.Seed})
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
	s := parse(t, aloneText)
	if _, err := s.Recordable(Session{Start: s.Config.Start, Seed: 1 << 63}); err == nil {
		t.Error("a seed that no scenario has is taken")
	}
}

// TestASessionMayLastForAsLongAsAScenario: up to the last instant it can be written, with a fault planned for then; two hours longer it
// cannot, nor with a fault two days later, for a campaign looks a day ahead.
func TestASessionMayLastForAsLongAsAScenario(t *testing.T) {
	const campaign = "[[campaign]]\nat = \"1h\"\nretry_every = \"1s\"\ngroups = [\"a\"]\n"
	for name, c := range map[string]struct {
		text        string
		least, most int // days
	}{
		"plain":          {"", 3648, 3649},
		"long":           {"drain = \"50d\"\n", 3599, 3600},
		"campaign":       {campaign, 1, 3648},
		"small campaign": {strings.Replace(campaign, "1s", "1h", 1), 3646, 3648},
		"often":          {"[[failure]]\nkind = \"node\"\nevery = \"exponential(1m)\"\n", 100, 3640},
	} {
		head, tables, _ := strings.Cut(c.text, "[[")
		if tables != "" {
			tables = "[[" + tables
		}
		s := parse(t, head+aloneText+tables)
		session := Session{Start: s.Config.Start, Seed: s.Run.Seed}
		last, err := s.Recordable(session)
		if day := sim.Time(24 * time.Hour); err != nil || last < sim.Time(c.least)*day || last > sim.Time(c.most)*day {
			t.Errorf("%s: up to %v, %v", name, last, err)
		}
		record := func(until, at sim.Time) error {
			session.Until = until
			session.Faults = []sim.FaultConfig{{At: at, Kind: sim.FaultAPIBlocked, Duration: 1}}
			_, err := s.Record(&session)
			return err
		}
		if err := record(last+1000, last); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if record(last.Add(2*time.Hour), 1) == nil || record(1, last.Add(48*time.Hour)) == nil {
			t.Errorf("%s: a session longer than %v can be written", name, last)
		}
	}
}

// TestPowerIsLostByThoseThatASessionMadeMultiAZ: a fault that names no group strikes them, live and as recorded, also where the calls of the
// scenario itself are left out.
func TestPowerIsLostByThoseThatASessionMadeMultiAZ(t *testing.T) {
	const fleet = "[[replication_group]]\nid = \"a\"\ncluster_mode = \"disabled\"\nmulti_az = false\n" +
		"[[replication_group]]\nid = \"b\"\ncluster_mode = \"disabled\"\n" +
		"[[fault]]\nkind = \"zone-power\"\nat = \"1h\"\nzone = \"us-east-1a\"\nduration = \"10m\"\n"
	const call = "[[call]]\naction = \"modify\"\nat = \"2h\"\ngroup = \"a\"\nmulti_az = true\n"
	for _, text := range []string{fleet, fleet + call} {
		s := parse(t, text)
		cfg := s.Config
		cfg.Calls = nil
		live := sim.NewWorld(&cfg)
		live.Trace(true)
		live.Reset(1, 0)
		modify := sim.CallConfig{At: live.StepAside(1), Action: sim.ActionModify, Group: "a", Modify: sim.ModifyConfig{MultiAZ: sim.SwitchOn}}
		if v := live.Modify(modify.Group, modify.Modify); v != sim.NoViolation {
			t.Fatal(v)
		}
		until := sim.Time(time.Hour) + 1
		live.RunUntil(until)
		if got := live.NodeState(0, 0, 0).Condition; got != sim.ConditionFailed {
			t.Errorf("a-001 is %v without the power of its zone", got)
		}
		recorded, err := s.Record(&Session{Start: cfg.Start, Seed: 1, Until: until, Unattended: true, Calls: []sim.CallConfig{modify}})
		if err != nil {
			t.Fatal(err)
		}
		again, err := Parse("session.toml", recorded, nil)
		if err != nil {
			t.Fatal(err)
		}
		w := sim.NewWorld(&again.Config)
		w.Trace(true)
		w.Reset(1, 0)
		w.RunUntil(until)
		if diff := cmp.Diff(tale(live), tale(w)); diff != "" {
			t.Errorf("(-session +replay):\n%s", diff)
		}
	}
}
