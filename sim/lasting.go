package sim

import (
	"cmp"
	"slices"
)

// Lasting is trouble that goes on: a fault, a failure by chance, or a block of the API (FaultAPIBlocked).
type Lasting struct {
	Kind FaultKind
	// What says what it is, and where, such as "zone us-east-1a".
	What  string
	Until Time
}

// Lasting lists the trouble that goes on now, by its end.
func (w *World) Lasting() []Lasting {
	var all []Lasting
	for _, index := range w.active {
		i := &w.incidents[index]
		all = append(all, Lasting{i.kind, w.incidentName(i), i.ends})
	}
	for _, b := range w.top.cfg.Blocks {
		if ends := b.At.Add(b.Duration); b.At <= w.Now() && w.Now() < ends {
			all = append(all, Lasting{FaultAPIBlocked, FaultAPIBlocked.String(), ends})
		}
	}
	slices.SortFunc(all, func(a, b Lasting) int { return cmp.Or(cmp.Compare(a.Until, b.Until), cmp.Compare(a.What, b.What)) })
	return all
}
