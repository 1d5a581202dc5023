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

// kinds are the kinds of faults and failures that a scenario has, by their names.
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
	return found
}

// losesNodes tells whether a node can die or be cut off, other than by a call.
func (k kinds) losesNodes() bool {
	return k["node"] || k["zone"] || k["zone-power"] || k["partition"]
}

// apiBlocked is the kind of fault that strikes the API and no node.
const apiBlocked = "api-blocked"

func faultKinds() (names []string) {
	for k := range sim.NumFaultKinds {
		names = append(names, k.String())
	}
	return append(names, apiBlocked)
}

// readFaults reads what happens at known times.
func (r *reader) readFaults(tables []*table) {
	if len(tables) > mostFaults {
		r.doc.mistake("fault", "%d faults; want %d at most", len(tables), mostFaults)
		return
	}
	names := faultKinds()
	for _, t := range tables {
		if !t.need("kind", words.List(names)) {
			continue
		}
		kind := t.text("kind", "")
		index := slices.Index(names, kind)
		switch {
		case t.doc.wrong[t.key("kind")]:
		case index < 0:
			t.wrong("kind", "no kind %s; %s", words.Quote(kind), haveOf(kind, names))
		case kind == apiBlocked:
			r.cfg.Blocks = append(r.cfg.Blocks, sim.BlockConfig{
				At:       t.at(),
				Duration: t.span("duration", "2h", bounds[time.Duration]{1, longestTrial}),
			})
			t.close()
		default:
			r.readFault(t, sim.FaultKind(index))
			t.close()
		}
	}
	slices.SortStableFunc(r.cfg.Blocks, func(a, b sim.BlockConfig) int {
		return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Duration, b.Duration))
	})
	slices.SortStableFunc(r.cfg.Faults, func(a, b sim.FaultConfig) int { return cmp.Compare(a.At, b.At) })
}

// readFault reads a fault of a kind that strikes nodes.
func (r *reader) readFault(t *table, kind sim.FaultKind) {
	f := sim.FaultConfig{At: t.at(), Kind: kind, Slowdown: 1_000_000, Target: sim.TargetConfig{NodeGroup: -1, Node: -1}}
	switch kind {
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
	r.cfg.Faults = append(r.cfg.Faults, f)
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
	const unhurried, most = 1_000_000, 1000
	if !t.has("slowdown") {
		t.doc.defaults.use("fault.slowdown")
		return unhurried
	}
	v, ok := t.get("slowdown").(float64)
	if whole, isWhole := t.get("slowdown").(int64); isWhole {
		v, ok = float64(whole), true
	}
	if !ok || !(v >= 1 && v <= most) {
		t.want("slowdown", fmt.Sprintf("a number from 1.0 to %d", most))
		return unhurried
	}
	return int64(math.Round(v * unhurried))
}

// readZone reads the zone that a fault strikes.
func (r *reader) readZone(t *table, target *sim.TargetConfig) {
	if !t.need("zone", "a zone of a node") {
		return
	}
	target.Zone = t.text("zone", "")
	if zones := r.nodeZones(); !slices.Contains(zones, target.Zone) && !t.doc.wrong[t.key("zone")] && !r.groupsWrong {
		t.wrong("zone", "no node stands in zone %s; %s", words.Quote(target.Zone), haveOf(target.Zone, zones))
	}
}

// nodeZones are the zones in which nodes stand.
func (r *reader) nodeZones() (zones []string) {
	seen := map[string]bool{}
	for g := range r.cfg.Groups {
		for s := range r.cfg.Groups[g].NodeGroups {
			for _, n := range r.cfg.Groups[g].NodeGroups[s].Nodes {
				seen[n.Zone] = true
			}
		}
	}
	for zone := range seen {
		zones = append(zones, zone)
	}
	slices.Sort(zones)
	return zones
}

// readPowered reads the groups that lose power: those named, which must be Multi-AZ, or all that are.
func (r *reader) readPowered(t *table, f *sim.FaultConfig) {
	chosen := r.chosenGroups(t)
	for _, g := range chosen {
		switch group := &r.cfg.Groups[g]; {
		case group.MultiAZ:
			f.Target.Groups = append(f.Target.Groups, g)
		case t.has("groups"):
			t.wrong("groups", "group %s is not Multi-AZ; the action takes Multi-AZ groups alone", group.ID)
		}
	}
	slices.Sort(f.Target.Groups)
	if len(f.Target.Groups) == 0 && !t.has("groups") && !r.groupsWrong {
		t.wrong("kind", "no group is Multi-AZ; the action takes Multi-AZ groups alone")
	}
	r.oneZoneAtATime(t, f)
}

// oneZoneAtATime refuses the power loss of a second zone of a group while another lasts.
func (r *reader) oneZoneAtATime(t *table, f *sim.FaultConfig) {
	for i := range r.cfg.Faults {
		g := &r.cfg.Faults[i]
		if g.Kind != sim.FaultZonePower || g.Target.Zone == f.Target.Zone || g.At.Add(g.Duration) <= f.At || f.At.Add(f.Duration) <= g.At {
			continue
		}
		for _, group := range f.Target.Groups {
			if slices.Contains(g.Target.Groups, group) {
				t.wrong("zone", "group %s is without the power of %s at that time; the action takes one zone of a group at a time",
					r.cfg.Groups[group].ID, g.Target.Zone)
				return
			}
		}
	}
}

// readNodeTarget reads a node by its name, or whoever is the primary of a node group.
func (r *reader) readNodeTarget(t *table, target *sim.TargetConfig, others ...string) {
	options := append([]string{"node", "primary_of"}, others...)
	switch named := t.has("node"); {
	case named && t.has("primary_of"):
		t.wrong("primary_of", "not with node; name the node, or the shard whose primary it is")
	case named:
		r.findNode(t, target)
	case t.has("primary_of"):
		r.findPrimary(t, target)
	default:
		t.wrong("node", "missing; want one of %s", words.List(options))
	}
}

func (r *reader) findNode(t *table, target *sim.TargetConfig) {
	id := strings.ToLower(t.text("node", ""))
	var names []string
	for g := range r.cfg.Groups {
		for s := range r.cfg.Groups[g].NodeGroups {
			for n, node := range r.cfg.Groups[g].NodeGroups[s].Nodes {
				if node.ID == id {
					target.Groups, target.NodeGroup, target.Node = []int{g}, s, n
					return
				}
				if len(names) < 1000 {
					names = append(names, node.ID)
				}
			}
		}
	}
	if !t.doc.wrong[t.key("node")] && !r.groupsWrong {
		t.wrong("node", "no node %s; %s", words.Quote(id), someOf(id, names))
	}
}

// someOf is haveOf for lists that may be long.
func someOf(word string, options []string) string {
	if len(options) > 20 && words.Nearest(word, options) == "" {
		return "have " + words.List(options[:3]) + " and others"
	}
	return haveOf(word, options)
}

func (r *reader) findPrimary(t *table, target *sim.TargetConfig) {
	group, shard, found := strings.Cut(t.text("primary_of", ""), "/")
	if t.doc.wrong[t.key("primary_of")] || r.groupsWrong {
		return
	}
	g, known := r.groupByID[strings.ToLower(group)]
	switch {
	case !found:
		t.wrong("primary_of", `%s; want a group and a node group such as "sessions/0003"`, words.Quote(group))
	case !known:
		t.wrong("primary_of", "no group %s; %s", words.Quote(group), haveOf(group, r.groupIDs()))
	default:
		target.PrimaryOnly = true
		r.chooseShard(t, "primary_of", g, shard, target)
	}
}

// chooseShard aims at a node group of a group.
func (r *reader) chooseShard(t *table, key string, g int, shard string, target *sim.TargetConfig) {
	var ids []string
	for s := range r.cfg.Groups[g].NodeGroups {
		if r.cfg.Groups[g].NodeGroups[s].ID == shard {
			target.Groups, target.NodeGroup = []int{g}, s
			return
		}
		ids = append(ids, r.cfg.Groups[g].NodeGroups[s].ID)
	}
	t.wrong(key, "no node group %s in %s; %s", words.Quote(shard), r.cfg.Groups[g].ID, someOf(shard, ids))
}

// readShard reads a group and, optionally, one of its node groups.
func (r *reader) readShard(t *table, target *sim.TargetConfig) {
	g, ok := r.readOneGroup(t)
	if !ok {
		return
	}
	target.Groups = []int{g}
	if t.has("node_group") {
		if shard := t.text("node_group", ""); !t.doc.wrong[t.key("node_group")] {
			r.chooseShard(t, "node_group", g, shard, target)
		}
	}
}

func (r *reader) readOneGroup(t *table) (group int, ok bool) {
	if !t.need("group", "a replication group id") {
		return 0, false
	}
	id := t.text("group", "")
	group, ok = r.groupByID[strings.ToLower(id)]
	if !ok && !t.doc.wrong[t.key("group")] && !r.groupsWrong {
		t.wrong("group", "no group %s; %s", words.Quote(id), haveOf(id, r.groupIDs()))
	}
	return group, ok
}

func (r *reader) readReboot(t *table, f *sim.FaultConfig) {
	r.readNodeTarget(t, &f.Target)
	for _, g := range f.Target.Groups {
		if r.cfg.Groups[g].Mode == sim.ClusterEnabled {
			t.wrong("kind", "group %s has cluster mode enabled, and RebootCacheCluster is not supported there", r.cfg.Groups[g].ID)
		}
	}
}

// readStall reads the rates of a stretch in which writes outrun replication.
func (r *reader) readStall(t *table, f *sim.FaultConfig) {
	f.Stall.Written, f.Stall.Applied = t.rate("written"), t.rate("applied")
	if t.doc.wrong[t.key("written")] || t.doc.wrong[t.key("applied")] || len(f.Target.Groups) == 0 {
		return
	}
	growth := f.Stall.Written - f.Stall.Applied
	buffer := r.cfg.Groups[f.Target.Groups[0]].Replication.BufferBytes
	switch {
	case growth <= 0:
		t.wrong("applied", "no less than is written; a stall needs less")
	case float64(growth)*f.Duration.Seconds() > float64(buffer)*mostDrops:
		t.wrong("written", "would outgrow the buffer of %d bytes more than %d times; want a lower rate, a shorter duration or a larger output_buffer",
			buffer, mostDrops)
	}
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
	r.doc.adopt(t.path, f.Work.Check(f.Kind, group))
	if begin := group.Maintenance.Next(r.cfg.Start, f.At); f.Work.InWindow && group.Maintenance.Length > 0 && begin > sim.Time(r.cfg.Horizon) {
		r.doc.warn(t.key("in_window"), "the next maintenance window of %s begins after the horizon: nothing will happen", group.ID)
	}
}

// readFailures reads what happens by chance.
func (r *reader) readFailures(tables []*table) {
	var expected float64
	for _, t := range tables {
		if !t.need("kind", "node, zone or partition") {
			continue
		}
		kind := []sim.FaultKind{sim.FaultNode, sim.FaultZone, sim.FaultPartition}[t.choice("kind", "node", "node", "zone", "partition")]
		f := sim.FailureConfig{Kind: kind, Slowdown: 1_000_000}
		f.Per = t.per(kind)
		f.Every = t.delay("every", true)
		if kind != sim.FaultNode {
			f.Duration = t.delay("duration", true)
		} else if t.has("duration") {
			t.wrong("duration", "not here: a node that fails is replaced, and that takes what the delays say")
		}
		if kind == sim.FaultZone {
			f.Slowdown = t.slowdown()
		}
		f.Groups = r.chosenGroups(t)
		slices.Sort(f.Groups)
		f.Stationary = t.choice("warm_up", "stationary", "stationary", "new") == 0
		t.close()
		switch {
		case t.doc.wrong[t.key("every")] || t.doc.wrong[t.key("kind")]:
			continue
		case f.Every.Mean() <= 0:
			t.wrong("every", "a mean of 0s; want a time between failures above 0s")
			continue
		}
		if expected += r.expected(&f); expected > mostFailures {
			t.wrong("every", "more than %d failures expected in a trial up to here; want fewer", mostFailures)
			return
		}
		r.cfg.Failures = append(r.cfg.Failures, f)
	}
}

// per reads what has a process of its own.
func (t *table) per(kind sim.FaultKind) sim.Per {
	switch kind {
	case sim.FaultNode:
		return []sim.Per{sim.PerNode, sim.PerGroup}[t.choice("per", "node", "node", "group")]
	case sim.FaultPartition:
		return []sim.Per{sim.PerZone, sim.PerNode}[t.choice("per", "zone", "zone", "node")]
	}
	t.choice("per", "zone", "zone")
	return sim.PerZone
}

// delay reads a distribution.
func (t *table) delay(name string, required bool) (d dist.Delay) {
	if required && !t.need(name, settingExample(name)) {
		return d
	}
	text, ok := t.get(name).(string)
	if !ok {
		t.want(name, settingExample(name))
		return d
	}
	d, err := dist.Parse(text, t.doc.readFile)
	if err != nil {
		t.wrong(name, "%v", err)
	}
	return d
}

// expected is how many failures a trial has at most, in the mean.
func (r *reader) expected(f *sim.FailureConfig) float64 {
	things := 0
	for _, g := range f.Groups {
		switch f.Per {
		case sim.PerGroup:
			things++
		case sim.PerNode:
			for s := range r.cfg.Groups[g].NodeGroups {
				things += len(r.cfg.Groups[g].NodeGroups[s].Nodes)
			}
		}
	}
	if f.Per == sim.PerZone {
		things = len(r.nodeZones())
	}
	return float64(things) * r.cfg.Horizon.Seconds() / max(f.Every.Mean().Seconds(), 1e-9)
}

// maintenanceWindow reads ddd:hh24:mi-ddd:hh24:mi, as ElastiCache writes it, in UTC.
func (t *table) maintenanceWindow() (w sim.MaintenanceWindow) {
	text := t.text("maintenance_window", "")
	if text == "" {
		if t.has("maintenance_window") && !t.doc.wrong[t.key("maintenance_window")] {
			t.wrong("maintenance_window", windowRule)
		}
		return w
	}
	from, to, found := strings.Cut(strings.ToLower(text), "-")
	begin, okBegin := weekTime(from)
	end, okEnd := weekTime(to)
	if !found || !okBegin || !okEnd {
		t.wrong("maintenance_window", "%s; %s", words.Quote(text), windowRule)
		return w
	}
	const week = 7 * 24 * time.Hour
	w = sim.MaintenanceWindow{Day: time.Weekday(begin / (24 * time.Hour)), Begin: begin % (24 * time.Hour), Length: (end - begin + week) % week}
	if w.Length < time.Hour {
		t.wrong("maintenance_window", "%s is %s long; want an hour at least", words.Quote(text), dist.FormatDuration(w.Length))
	}
	return w
}

const windowRule = `want days and times in UTC, such as "sun:05:00-sun:09:00"`

// weekTime is ddd:hh:mm as a span since Sunday began.
func weekTime(text string) (time.Duration, bool) {
	days := []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}
	name, clock, _ := strings.Cut(text, ":")
	day := slices.Index(days, name)
	at, err := time.Parse("15:04", clock)
	if day < 0 || err != nil || len(clock) != 5 {
		return 0, false
	}
	return time.Duration(day)*24*time.Hour + time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute, true
}
