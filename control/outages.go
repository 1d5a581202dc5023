package control

import (
	"net/http"

	"failsim/server"
	"failsim/sim"
)

// outages are all windows so far, and what those of node groups come to.
type outages struct {
	Now     instant  `json:"now"`
	Totals  []total  `json:"totals"`
	Windows []window `json:"windows"`
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

type window struct {
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

func (s *Server) getOutages(*http.Request) (any, error) {
	var all outages
	s.fleet.See(func(sight server.Sight) {
		w := sight.World
		s.outages.follow(sight)
		windows := w.AppendOutages(nil)
		all = outages{Now: instant(w.Now()), Totals: s.outages.totals(w), Windows: make([]window, 0, len(windows))}
		for i := range windows {
			all.Windows = append(all.Windows, s.window(&windows[i]))
		}
	})
	return all, nil
}

func (s *Server) window(o *sim.OutageWindow) window {
	cfg := s.fleet.Config()
	w := window{From: instant(o.From), FromDate: date{cfg.Start, o.From}, To: instant(o.To), Seconds: span(o.To - o.From), Open: o.Censored,
		Access: o.Access.String(), Observer: o.Observer.String(), Cause: o.Cause.String()}
	if o.Censored {
		w.To = instant(sim.Never)
	}
	if o.Group >= 0 {
		w.Group = cfg.Groups[o.Group].ID
		if o.NodeGroup >= 0 {
			w.NodeGroup = cfg.Groups[o.Group].NodeGroups[o.NodeGroup].ID
		}
	}
	return w
}
