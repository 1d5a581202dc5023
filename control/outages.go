package control

import (
	"math"
	"net/http"

	"failsim/server"
	"failsim/sim"
	"failsim/words"
)

// outages are some windows, and what all of those of node groups come to.
type outages struct {
	Now     instant  `json:"now"`
	Totals  []total  `json:"totals"`
	Windows []window `json:"windows"`
	// Next is the number from which to go on; More says that there are windows there already.
	Next int  `json:"next"`
	More bool `json:"more"`
}

// total is for one kind of access and one observer; an open window counts up to now.
type total struct {
	Access   string `json:"access"`
	Observer string `json:"observer"`
	Windows  int    `json:"windows"`
	Open     int    `json:"open"`
	Seconds  span   `json:"seconds"`
	Longest  span   `json:"longest"`
}

// window is an outage window; N counts from 0, and leaves out those that turned out empty.
type window struct {
	N        int     `json:"n"`
	From     instant `json:"from"`
	FromDate date    `json:"from_date"`
	// To is null while the window is open; Seconds are then those up to now.
	To      instant `json:"to"`
	Seconds span    `json:"seconds"`
	Open    bool    `json:"open"`
	// Group is left out for a window of the fleet, NodeGroup for one of a group.
	Group     string `json:"group,omitempty"`
	NodeGroup string `json:"node_group,omitempty"`
	Access    string `json:"access"`
	Observer  string `json:"observer"`
	Cause     string `json:"cause"`
}

// mostOutages is how many windows one answer has at most: some 300 kB.
const mostOutages = 1000

// getOutages lists windows in the order in which they opened, a page at a time.
func (s *Server) getOutages(r *http.Request) (any, error) {
	after, err := readNumber(r, "after", "a number of a window, 0 or more", numbers{0, 0, math.MaxInt})
	if err != nil {
		return nil, err
	}
	limit, err := readNumber(r, "limit", "a number of windows from 1 to "+words.Grouped(mostOutages), numbers{mostOutages, 1, mostOutages})
	if err != nil {
		return nil, err
	}
	page := outages{Windows: []window{}, Next: after}
	s.fleet.See(func(sight server.Sight) {
		s.outages.follow(sight)
		w := sight.World
		err = within(after, w.OutageCount())
		page.Now, page.Totals = instant(w.Now()), s.outages.totals(w)
		for ; page.Next < w.OutageCount(); page.Next++ {
			o := w.OutageAt(page.Next)
			if o.From == w.Now() {
				return // it and all after it have just opened: the next page has them
			}
			if o.From == o.To {
				continue
			}
			if page.More = len(page.Windows) == limit; page.More {
				return
			}
			page.Windows = append(page.Windows, s.window(w, page.Next, &o))
		}
	})
	return page, err
}

func (s *Server) window(w *sim.World, n int, o *sim.OutageWindow) window {
	cfg := s.fleet.Config()
	told := window{N: n, From: instant(o.From), FromDate: dateOf(w, o.From), To: instant(o.To), Seconds: span(o.To - o.From), Open: o.Censored,
		Access: o.Access.String(), Observer: o.Observer.String(), Cause: o.Cause.String()}
	if o.Censored {
		told.To = instant(sim.Never)
	}
	if o.Group >= 0 {
		told.Group = cfg.Groups[o.Group].ID
		if o.NodeGroup >= 0 {
			told.NodeGroup = cfg.Groups[o.Group].NodeGroups[o.NodeGroup].ID
		}
	}
	return told
}
