package control

import (
	"slices"

	"failsim/server"
	"failsim/sim"
)

// outageLog follows the outage windows of node groups. What has ended is added up once, so that a look costs what is new and what is open,
// however many windows there were. It is used under the fleet's lock alone.
type outageLog struct {
	resets uint64
	ended  []total
	read   int                  // so many windows were met
	open   []int                // the numbers of those that may still change
	latest map[sim.Access][]int // the numbers of the latest, ascending: mostWindows, and those that are empty so far
}

// views are the totals of no window, in the order of place.
func views() []total {
	return []total{{Access: "write", Observer: "service"}, {Access: "write", Observer: "endpoint"}, {Access: "read", Observer: "service"},
		{Access: "read", Observer: "endpoint"}, {Access: "replica-read", Observer: "service"}, {Access: "redundancy", Observer: "service"}}
}

// place is where the total of a window stands in views.
func place(o *sim.OutageWindow) int {
	switch o.Access {
	case sim.AccessReplicaRead:
		return 4
	case sim.AccessRedundancy:
		return 5
	}
	return 2*int(o.Access) + int(o.Observer)
}

func (t *total) add(o *sim.OutageWindow) {
	lasted := span(o.To - o.From)
	if lasted == 0 {
		return // it turned out empty
	}
	t.Windows++
	t.Seconds += lasted
	t.Longest = max(t.Longest, lasted)
	if o.Censored {
		t.Open++
	}
}

// follow brings the log up to an instant; all else of it is for that instant.
func (l *outageLog) follow(sight server.Sight) {
	w := sight.World
	if l.ended == nil || l.resets != sight.Resets {
		*l = outageLog{resets: sight.Resets, ended: views(), latest: map[sim.Access][]int{}}
	}
	l.open = slices.DeleteFunc(l.open, func(n int) bool {
		o := w.OutageAt(n)
		return l.settle(w, &o)
	})
	for ; l.read < w.OutageCount(); l.read++ {
		o := w.OutageAt(l.read)
		if o.NodeGroup < 0 {
			continue
		}
		l.latest[o.Access] = append(l.latest[o.Access], l.read)
		if !l.settle(w, &o) {
			l.open = append(l.open, l.read)
		}
	}
	for access := range l.latest {
		l.forget(w, access)
	}
}

// settle adds a window up if it can change no more, and tells whether it did.
func (l *outageLog) settle(w *sim.World, o *sim.OutageWindow) bool {
	if o.To == w.Now() {
		return false
	}
	l.ended[place(o)].add(o)
	return true
}

// forget drops of the latest windows those that were empty, and those before the latest that are not.
func (l *outageLog) forget(w *sim.World, access sim.Access) {
	kept := slices.DeleteFunc(l.latest[access], func(n int) bool {
		o := w.OutageAt(n)
		return o.From == o.To && o.To < w.Now()
	})
	first, count := len(kept), 0
	for first > 0 && count < mostWindows {
		first--
		if o := w.OutageAt(kept[first]); o.From < o.To {
			count++
		}
	}
	l.latest[access] = slices.Delete(kept, 0, first)
}

// totals are what all windows of node groups come to.
func (l *outageLog) totals(w *sim.World) []total {
	all := slices.Clone(l.ended)
	for _, n := range l.open {
		o := w.OutageAt(n)
		all[place(&o)].add(&o)
	}
	return all
}

// newest are the numbers of the latest windows of node groups, newest first: mostWindows of each access at most.
func (l *outageLog) newest(w *sim.World) (numbers []int) {
	for _, latest := range l.latest {
		numbers = append(numbers, latest...)
	}
	slices.SortFunc(numbers, func(a, b int) int { return b - a })
	return slices.DeleteFunc(numbers, func(n int) bool {
		o := w.OutageAt(n)
		return o.From == o.To
	})
}
