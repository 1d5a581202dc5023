package scenario

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"failsim/dist"
	"failsim/sim"
)

// Session is what was done from outside to a World of a scenario, trial 0.
type Session struct {
	Start time.Time // of the World's Config
	Seed  uint64
	Until sim.Time // where the World stands at the end
	// Unattended says that the World played neither calls nor campaigns of the scenario.
	Unattended bool
	// Calls and Faults are by At, each at an instant of its own (World.StepAside); the faults as World.Inject gave them.
	Calls  []sim.CallConfig
	Faults []sim.FaultConfig
}

// Record writes the session as a scenario: the text as it stood, with the session's start and seed, a horizon that covers it, and its
// calls and faults, to the nanosecond. From another start than the scenario's, dates in it are written as the time since the start, which
// is what they meant to the World. Calls and campaigns that an unattended World left out become comments, and with them the thresholds
// and the precision, which may judge them. Up to Until its trial 0 is the session, and so are its service events. The World's own horizon may
// lie as far off as sim.Endless.
//
// Files that the scenario names are named as before, so that the new one belongs beside them. The text is read again, and has to mean
// exactly what the World played: otherwise there is an error beside it.
func (s *Scenario) Record(session *Session) ([]byte, error) {
	original, err := Parse("scenario.toml", s.Text, s.file)
	if err != nil {
		return nil, fmt.Errorf("recording the session: %w", err)
	}
	want := session.config(original.Config)
	out := bytes.NewBuffer(session.edit(original, want.Horizon))
	fmt.Fprintf(out, "\n# The session: calls and faults at the instants at which they came, up to %s.\n", dist.FormatDuration(time.Duration(session.Until)))
	for i := range session.Calls {
		writeCall(out, &session.Calls[i])
	}
	for i := range session.Faults {
		writeFault(out, &original.Config, &session.Faults[i])
	}
	again, err := Parse("session.toml", out.Bytes(), s.file)
	switch {
	case session.Seed > MostSeed:
		err = fmt.Errorf("recording the session: its seed is %d; a scenario has %d at most", session.Seed, uint64(MostSeed))
	case err != nil:
		err = fmt.Errorf("recording the session: what is written cannot be read again: %s", err.Error()) // no mistakes of a file that is there
	case !reflect.DeepEqual(again.Config, want) || again.Run.Seed != session.Seed:
		err = errors.New("recording the session: what is written means something else")
	}
	return out.Bytes(), err
}

// Attended tells whether the scenario has an operator: calls or campaigns.
func (s *Scenario) Attended() bool { return len(s.Config.Calls)+len(s.Config.Campaigns) > 0 }

// LeaveOperatorOut takes calls and campaigns from the Config, and the warnings about them.
func (s *Scenario) LeaveOperatorOut() {
	s.Config.Calls, s.Config.Campaigns = nil, nil
	s.Warnings = slices.DeleteFunc(s.Warnings, func(p Problem) bool {
		return strings.HasPrefix(p.Key, "call[") || strings.HasPrefix(p.Key, "campaign[")
	})
}

// Recordable tells before a session whether Record can write it, with its seed or another, whatever is done in it; and the instant up to
// which it may last, and faults be planned. Nothing can be added to calls and faults in brackets, as in `call = [{ … }]`. The instant
// depends on what the scenario bounds by its horizon: its own length, what campaigns may call and what is expected to happen by chance.
func (s *Scenario) Recordable(session Session) (sim.Time, error) {
	session.Calls = []sim.CallConfig{{At: 1, Group: "a", NodeGroup: "0001"}}
	session.Faults = []sim.FaultConfig{{At: 2, Kind: sim.FaultAPIBlocked, Duration: 1}}
	for _, seed := range []uint64{session.Seed, s.Run.Seed ^ 1} {
		session.Seed, session.Until = seed, 2
		if _, err := s.Record(&session); err != nil {
			return 0, err
		}
	}
	fits := func(until sim.Time) bool {
		session.Until = until
		_, err := s.Record(&session)
		return err == nil
	}
	low, high := sim.Time(2), sim.Time(longestTrial)
	session.Until = high
	high -= sim.Time(session.horizon(&s.Config)) - high + sim.Time(s.Config.Drain+time.Second)
	if fits(high) {
		low = high
	}
	for high-low > sim.Time(time.Hour) {
		if middle := low + (high-low)/2; fits(middle) {
			low = middle
		} else {
			high = middle
		}
	}
	return max(2, low-sim.Time(time.Second)), nil // what comes at the last instant takes nanoseconds of its own
}

// edit is the scenario's text with the session's start, seed and horizon.
func (s *Session) edit(original *Scenario, horizon time.Duration) []byte {
	e := newEditor(original.Text)
	if horizon != original.Config.Horizon {
		e.set("horizon", quoted(dist.FormatDuration(horizon)))
	}
	if !s.Start.Equal(original.Config.Start) {
		e.set("start", s.Start.UTC().Format(time.RFC3339Nano))
		e.undate(original.Config.Start)
	}
	if s.Seed != original.Run.Seed {
		e.set("run.seed", strconv.FormatUint(s.Seed, 10))
	}
	if s.Unattended && original.Attended() {
		for _, name := range []string{"call", "campaign", "threshold", "run.precision"} {
			e.silence(name)
		}
	}
	return e.bytes()
}

// file gives the content of a file that the scenario names.
func (s *Scenario) file(name string) ([]byte, error) {
	content, ok := s.Files[name]
	if !ok {
		return nil, os.ErrNotExist
	}
	return []byte(content), nil
}

// config is what the session played, given the Config of its scenario.
func (s *Session) config(cfg sim.Config) sim.Config {
	cfg.Start = s.Start.UTC()
	if s.Unattended {
		cfg.Calls, cfg.Campaigns = nil, nil
	}
	cfg.Horizon = s.horizon(&cfg)
	for _, f := range s.Faults {
		if f.Kind == sim.FaultAPIBlocked {
			cfg.Blocks = append(slices.Clip(cfg.Blocks), sim.BlockConfig{At: f.At, Duration: f.Duration})
		} else {
			cfg.Faults = append(slices.Clip(cfg.Faults), f)
		}
	}
	cfg.Calls = append(slices.Clip(cfg.Calls), s.Calls...)
	slices.SortStableFunc(cfg.Calls, func(a, b sim.CallConfig) int { return cmp.Compare(a.At, b.At) })
	slices.SortStableFunc(cfg.Faults, func(a, b sim.FaultConfig) int { return cmp.Compare(a.At, b.At) })
	slices.SortStableFunc(cfg.Blocks, byBegin)
	return cfg
}

// horizon is the scenario's, or one after the session, so that nothing in it goes by another. A campaign decides up to a window of the
// quota ahead whether a call comes too late, and a fault may be known that is to strike later.
func (s *Session) horizon(cfg *sim.Config) time.Duration {
	after := s.Until + 1
	for i := range cfg.Campaigns {
		after = max(after, s.Until.Add(cfg.Campaigns[i].RetryEvery+1), s.Until.Add(cfg.Quota.Window+1))
	}
	for i := range s.Faults {
		after = max(after, s.Faults[i].At)
	}
	return max(cfg.Horizon, (time.Duration(after) + time.Second - 1).Truncate(time.Second))
}

// keyWriter writes the keys of one table.
type keyWriter struct{ out *bytes.Buffer }

func (w keyWriter) text(key, value string) {
	if value != "" {
		fmt.Fprintf(w.out, "%s = %s\n", key, quoted(value))
	}
}

func (w keyWriter) span(key string, d time.Duration) { w.text(key, dist.FormatDuration(d)) }

// quoted is a text as TOML has it: as JSON does, which leaves DEL as it is.
func quoted(text string) string {
	out, err := json.Marshal(text)
	if err != nil {
		panic("scenario: a text cannot be quoted: " + err.Error())
	}
	return strings.ReplaceAll(string(out), "\x7f", `\u007f`)
}

func writeCall(out *bytes.Buffer, c *sim.CallConfig) {
	out.WriteString("\n[[call]]\n")
	w := keyWriter{out}
	w.text("action", c.Action.String())
	w.span("at", time.Duration(c.At))
	switch c.Action {
	case sim.ActionReboot:
		fmt.Fprintf(out, "node = %s\n", quoted(c.Node))
	case sim.ActionModify:
		fmt.Fprintf(out, "group = %s\n", quoted(c.Group))
		w.text("primary", c.Modify.Primary)
		w.toggle("automatic_failover", c.Modify.AutomaticFailover)
		w.toggle("multi_az", c.Modify.MultiAZ)
	default:
		fmt.Fprintf(out, "group = %s\nnode_group = %s\n", quoted(c.Group), quoted(c.NodeGroup))
	}
}

func (w keyWriter) toggle(key string, s sim.Switch) {
	if s != sim.SwitchKeep {
		fmt.Fprintf(w.out, "%s = %t\n", key, s == sim.SwitchOn)
	}
}

func writeFault(out *bytes.Buffer, cfg *sim.Config, f *sim.FaultConfig) {
	out.WriteString("\n[[fault]]\n")
	w := keyWriter{out}
	w.text("kind", f.Kind.String())
	w.span("at", time.Duration(f.At))
	if f.Duration > 0 {
		w.span("duration", f.Duration)
	}
	w.text("zone", f.Target.Zone)
	if f.Kind != sim.FaultAPIBlocked {
		w.target(cfg, f)
	}
	if f.Kind == sim.FaultLagSpike {
		w.span("lag", f.Lag)
	}
	if f.Kind == sim.FaultReplicationStall {
		fmt.Fprintf(out, "written = \"%dB/s\"\napplied = \"%dB/s\"\n", f.Stall.Written, f.Stall.Applied)
	}
	if (f.Kind == sim.FaultZone || f.Kind == sim.FaultZonePower) && f.Slowdown != sim.Unhurried {
		fmt.Fprintf(out, "slowdown = %d.%06d\n", f.Slowdown/sim.Unhurried, f.Slowdown%sim.Unhurried)
	}
	w.text("node_type", f.Work.NodeType)
	w.text("engine_version", f.Work.EngineVersion)
	if f.Work.InWindow {
		out.WriteString("in_window = true\n")
	}
}

// target writes the groups, the node group or the node that the fault strikes, with the keys of its kind.
func (w keyWriter) target(cfg *sim.Config, f *sim.FaultConfig) {
	t := &f.Target
	if f.Kind == sim.FaultZonePower {
		ids := make([]string, len(t.Groups))
		for i, g := range t.Groups {
			ids[i] = quoted(cfg.Groups[g].ID)
		}
		fmt.Fprintf(w.out, "groups = [%s]\n", strings.Join(ids, ", "))
		return
	}
	if len(t.Groups) != 1 {
		return
	}
	group := &cfg.Groups[t.Groups[0]]
	switch {
	case t.NodeGroup < 0:
		w.text("group", group.ID)
	case t.PrimaryOnly:
		w.text("primary_of", group.ID+"/"+group.NodeGroups[t.NodeGroup].ID)
	case t.Node >= 0:
		w.text("node", group.NodeGroups[t.NodeGroup].Nodes[t.Node].ID)
	default:
		w.text("group", group.ID)
		w.text("node_group", group.NodeGroups[t.NodeGroup].ID)
	}
}
