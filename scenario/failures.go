package scenario

import (
	"fmt"
	"slices"

	"failsim/dist"
	"failsim/sim"
)

// readFailures reads what happens by chance.
func (r *reader) readFailures(tables []*table) {
	var expected float64
	for _, t := range tables {
		if !t.need("kind", "node, zone or partition") {
			continue
		}
		kind := []sim.FaultKind{sim.FaultNode, sim.FaultZone, sim.FaultPartition}[t.choice("kind", "node", "node", "zone", "partition")]
		f := sim.FailureConfig{Kind: kind, Slowdown: sim.Unhurried}
		f.Per = t.per(kind)
		f.Every = t.delay("every")
		if kind != sim.FaultNode {
			f.Duration = t.delay("duration")
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
		if !t.has("groups") {
			f.Groups = nil
		}
		r.cfg.Failures = append(r.cfg.Failures, f)
	}
	canonical(r.cfg.Failures, func(f *sim.FailureConfig) string {
		return fmt.Sprintf("%02d %d %s %s", f.Kind, f.Per, r.idsOf(f.Groups), serialized(f))
	})
}

// idsOf names groups, whose numbers depend on what other groups there are.
func (r *reader) idsOf(groups []int) (ids []string) {
	for _, g := range groups {
		ids = append(ids, r.cfg.Groups[g].ID)
	}
	slices.Sort(ids)
	return ids
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

// delay reads a required distribution.
func (t *table) delay(name string) (d dist.Delay) {
	if !t.need(name, settingExample(name)) {
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
