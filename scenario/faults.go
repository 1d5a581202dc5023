package scenario

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"failsim/dist"
	"failsim/sim"
	"failsim/words"
)

// kinds are the kinds of faults and failures that a scenario has, by their names, and the actions of its calls.
type kinds map[string]bool

// kindsOf looks for kinds before anything is read: which defaults matter depends on them.
func kindsOf(root *table) kinds {
	found := kinds{}
	for _, name := range []string{"fault", "failure"} {
		tables, _ := root.values[name].([]map[string]any)
		for _, t := range tables {
			if kind, ok := t["kind"].(string); ok {
				found[kind] = true
			}
		}
	}
	calls, _ := root.values["call"].([]map[string]any)
	for _, t := range calls {
		if action, ok := t["action"].(string); ok && (action == sim.ActionReboot.String() || action == sim.ActionModify.String()) {
			found[action] = true
		}
	}
	return found
}

// losesNodes tells whether a node can die or be cut off, other than by a call.
func (k kinds) losesNodes() bool {
	for kind := range sim.NumFaultKinds {
		if kind.LosesNodes() && k[kind.String()] {
			return true
		}
	}
	return false
}

func faultKinds() (names []string) {
	for k := range sim.NumFaultKinds {
		names = append(names, k.String())
	}
	return append(names, sim.FaultAPIBlocked.String())
}

// readFaults reads what happens at known times.
func (r *reader) readFaults(tables []*table) {
	if len(tables) > mostFaults {
		r.doc.mistake("fault", "%d faults; want %d at most", len(tables), mostFaults)
		return
	}
	names := faultKinds()
	r.multiAZ = everMultiAZ(&r.cfg)
	for _, t := range tables {
		f, ok := r.readAnyFault(t, names)
		switch {
		case !ok:
		case f.Kind == sim.FaultAPIBlocked:
			r.cfg.Blocks = append(r.cfg.Blocks, sim.BlockConfig{At: f.At, Duration: f.Duration})
		default:
			r.cfg.Faults = append(r.cfg.Faults, f)
		}
	}
	slices.SortStableFunc(r.cfg.Blocks, byBegin)
	canonical(r.cfg.Faults, func(f *sim.FaultConfig) string {
		return fmt.Sprintf("%019d %02d %05d %03d %s", f.At, f.Kind, f.Target.Groups, f.Target.NodeGroup, serialized(f))
	})
}

// canonical puts what happens in an order of its own, by a text that says all of it: the order of the file means nothing.
func canonical[T any](all []T, text func(*T) string) {
	type keyed struct {
		key  string
		each T
	}
	sorted := make([]keyed, len(all))
	for i := range all {
		sorted[i] = keyed{text(&all[i]), all[i]}
	}
	slices.SortFunc(sorted, func(a, b keyed) int { return cmp.Compare(a.key, b.key) })
	for i := range sorted {
		all[i] = sorted[i].each
	}
}

// byBegin orders blocks of the API.
func byBegin(a, b sim.BlockConfig) int {
	return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Duration, b.Duration))
}

// readAnyFault reads one fault; names are the kinds. It answers false where there is none.
func (r *reader) readAnyFault(t *table, names []string) (f sim.FaultConfig, ok bool) {
	if !t.need("kind", words.List(names)) {
		return f, false
	}
	kind := t.text("kind", "")
	index := slices.Index(names, kind)
	switch {
	case t.doc.wrong[t.key("kind")]:
		return f, false
	case index < 0:
		t.wrong("kind", "no kind %s; %s", words.Quote(kind), haveOf(kind, names))
		return f, false
	}
	f = r.readFault(t, sim.FaultKind(index))
	t.close()
	return f, true
}

// readFault reads a fault of that kind.
func (r *reader) readFault(t *table, kind sim.FaultKind) sim.FaultConfig {
	f := sim.FaultConfig{At: r.strikesAt(t), Kind: kind, Slowdown: sim.Unhurried, Target: sim.TargetConfig{NodeGroup: -1, Node: -1}}
	switch kind {
	case sim.FaultAPIBlocked:
		f.Duration = t.span("duration", "2h", bounds[time.Duration]{1, longestTrial})
	case sim.FaultNode:
		r.readNodeTarget(t, &f.Target)
	case sim.FaultReboot:
		r.readReboot(t, &f)
	case sim.FaultZone, sim.FaultNoCapacity:
		f.Duration = t.lasts(1, longestTrial)
		r.readZone(t, &f.Target)
	case sim.FaultZonePower:
		f.Duration = t.lasts(time.Minute, 12*time.Hour) // as the action allows
		r.readZone(t, &f.Target)
		r.readPowered(t, &f)
	case sim.FaultPartition:
		f.Duration = t.lasts(1, longestTrial)
		if t.has("zone") {
			r.readZone(t, &f.Target)
		} else {
			r.readNodeTarget(t, &f.Target, "zone")
		}
	case sim.FaultLagSpike:
		f.Duration = t.lasts(1, longestTrial)
		r.readShard(t, &f.Target)
		if t.need("lag", `a duration such as "30s"`) {
			f.Lag = t.span("lag", "0s", bounds[time.Duration]{0, longestTrial})
		}
		if len(f.Target.Groups) > 0 {
			r.judge(t, &f)
		}
	case sim.FaultReplicationStall:
		f.Duration = t.lasts(1, longestTrial)
		r.readShard(t, &f.Target)
		r.readStall(t, &f)
	default:
		r.readWork(t, &f)
	}
	if kind == sim.FaultZone || kind == sim.FaultZonePower {
		f.Slowdown = t.slowdown()
	}
	return f
}

// strikesAt reads when the fault strikes. One that stands alone may leave it to whoever injects it.
func (r *reader) strikesAt(t *table) sim.Time {
	if r.alone && !t.has("at") {
		return sim.Immediately
	}
	return t.at()
}

// judge reports what sim finds wrong with the fault. Of one that strikes immediately it is for Inject to say.
func (r *reader) judge(t *table, f *sim.FaultConfig) {
	if f.At != sim.Immediately {
		r.doc.adopt(t.path, f.Check(&r.cfg))
	}
}

// lasts reads how long a fault lasts.
func (t *table) lasts(low, high time.Duration) time.Duration {
	if !t.need("duration", `a duration such as "10m"`) {
		return low
	}
	return t.span("duration", dist.FormatDuration(low), bounds[time.Duration]{low, high})
}

// slowdown reads by how much slower the control plane is, in millionths.
func (t *table) slowdown() int64 {
	const most = 1000
	if !t.has("slowdown") {
		t.doc.defaults.use("fault.slowdown")
		return sim.Unhurried
	}
	v, ok := t.get("slowdown").(float64)
	if whole, isWhole := t.get("slowdown").(int64); isWhole {
		v, ok = float64(whole), true
	}
	if !ok || !(v >= 1 && v <= most) {
		t.want("slowdown", fmt.Sprintf("a number from 1.0 to %d", most))
		return sim.Unhurried
	}
	return int64(math.Round(v * sim.Unhurried))
}

// everMultiAZ tells of each group whether it is Multi-AZ, or may become so by a call of the Config.
func everMultiAZ(cfg *sim.Config) []bool {
	called := map[string]bool{}
	for i := range cfg.Calls {
		if c := &cfg.Calls[i]; c.Modify.MultiAZ == sim.SwitchOn {
			called[strings.ToLower(c.Group)] = true
		}
	}
	is := make([]bool, len(cfg.Groups))
	for g := range cfg.Groups {
		is[g] = cfg.Groups[g].MultiAZ || called[cfg.Groups[g].ID]
	}
	return is
}

// readPowered reads the groups that lose power. Those named must be Multi-AZ. In a file the fault has all groups where none is named, of
// which sim strikes those that are Multi-AZ then: a call from outside can make a group so that no call of the file does.
func (r *reader) readPowered(t *table, f *sim.FaultConfig) {
	chosen, named := r.chosenGroups(t), t.has("groups")
	for _, g := range chosen {
		switch group := &r.cfg.Groups[g]; {
		case group.MultiAZ, named && r.multiAZ[g]:
			f.Target.Groups = append(f.Target.Groups, g)
		case named:
			t.wrong("groups", "group %s is not Multi-AZ; the action takes Multi-AZ groups alone", group.ID)
		}
	}
	slices.Sort(f.Target.Groups)
	if !named && !slices.Contains(r.multiAZ, true) && !r.groupsWrong {
		t.wrong("kind", "no group is Multi-AZ; the action takes Multi-AZ groups alone")
	}
	r.judge(t, f)
	if !named && !r.alone {
		f.Target.Groups = chosen
	}
}

func (r *reader) readReboot(t *table, f *sim.FaultConfig) {
	r.readNodeTarget(t, &f.Target)
	r.judge(t, f)
}

// readStall reads the rates of a stretch in which writes outrun replication.
func (r *reader) readStall(t *table, f *sim.FaultConfig) {
	f.Stall.Written, f.Stall.Applied = t.rate("written"), t.rate("applied")
	if t.doc.wrong[t.key("written")] || t.doc.wrong[t.key("applied")] || len(f.Target.Groups) == 0 {
		return
	}
	r.judge(t, f)
}

// rate reads a required rate in bytes per second.
func (t *table) rate(name string) int64 {
	if !t.need(name, `a rate such as "100MB/s"`) {
		return 1
	}
	text, ok := t.get(name).(string)
	if !ok {
		t.wrong(name, "%s; %s", describe(t.get(name)), rateRule)
		return 1
	}
	rate, err := parseRate(text)
	if err != nil {
		t.wrong(name, "%v", err)
	}
	return max(1, rate)
}

// readWork reads planned work on a group, or on one of its nodes.
func (r *reader) readWork(t *table, f *sim.FaultConfig) {
	if f.Kind == sim.FaultReplacement && t.has("node") {
		if t.has("group") {
			t.wrong("node", "not with group; name the group, or one of its nodes")
		}
		r.findNode(t, &f.Target)
	} else if g, ok := r.readOneGroup(t); ok {
		f.Target.Groups = []int{g}
	}
	var group *sim.GroupConfig
	if len(f.Target.Groups) > 0 {
		group = &r.cfg.Groups[f.Target.Groups[0]]
	}
	switch f.Kind {
	case sim.FaultUpgrade:
		if t.need("engine_version", `a version such as "8.1"`) {
			f.Work.EngineVersion = t.text("engine_version", "")
		}
	case sim.FaultScale:
		if t.need("node_type", `a node type such as "cache.r7g.xlarge"`) {
			f.Work.NodeType = t.text("node_type", "")
		}
	}
	f.Work.InWindow = t.boolean("in_window", false)
	if group == nil {
		return
	}
	r.judge(t, f)
	if f.Kind == sim.FaultUpgrade && group.Mode == sim.ClusterEnabled && len(group.NodeGroups) > 1 && sim.ElectionRead(group.EngineVersion) {
		r.assumeElection(t, f.Work.EngineVersion)
	}
	if begin := group.Maintenance.Next(r.cfg.Start, f.At); f.Work.InWindow && group.Maintenance.Length > 0 && begin > sim.Time(r.cfg.Horizon) {
		r.doc.warn(t.key("in_window"), "the next maintenance window of %s begins after the horizon: nothing will happen", group.ID)
	}
}
