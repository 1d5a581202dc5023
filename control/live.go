package control

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"failsim/server"
	"failsim/sim"
)

// What one event of a stream has at most; the rest is for /v1/timeline, /v1/events and /v1/outages.
const (
	mostLines   = 200
	mostWindows = 30 // of each kind of access
)

// live streams what changes, as server-sent events:
//
//	begin    which fleet it is: at the start, and when it was put back to virtual zero; "continued" where the client has lines already
//	change   of clock, idle, api_blocked, lasting, quota, outages and groups those that are others than at the last event
//	records  new lines of the timeline, the latest 200; first is the number of the first
//	events   new messages of the service, likewise
//	end      the server shuts down
//
// The ids say which lines the client has, so that a browser that connects again goes on where it was.
func (s *Server) live(w http.ResponseWriter, r *http.Request) error {
	select {
	case s.streams <- struct{}{}:
		defer func() { <-s.streams }()
	default:
		w.Header().Set("Retry-After", "5")
		return refuse(http.StatusServiceUnavailable, "%d streams are open already; close a page", mostStreams)
	}
	w.Header().Set("Content-Type", "text/event-stream")
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{}) // the request is read; what ends the stream is that it cannot be written
	v := s.newViewer(r.Header.Get("Last-Event-ID"))
	ticker := time.NewTicker(s.tick)
	defer ticker.Stop()
	spoke := time.Now()
	for {
		over := r.Context().Err() != nil
		text, err := v.news()
		switch {
		case err != nil:
			return nil // what was sent cannot be taken back
		case over:
			text = append(text, "event: end\ndata: {}\n\n"...)
		case len(text) == 0 && time.Since(spoke) >= s.quiet:
			text = []byte(": still here\n\n")
		}
		if len(text) > 0 {
			if !sent(w, text) {
				return nil
			}
			spoke = time.Now()
		}
		if over {
			return nil
		}
		select {
		case <-r.Context().Done():
		case <-ticker.C:
		}
	}
}

// viewer is what one stream has told.
type viewer struct {
	server          *Server
	begun           bool
	continued       bool
	resets          uint64
	records, events int      // how many lines of each were told
	parts           [][]byte // of a change, as they were told last; nil where they were not
	groups          [][]byte // likewise
	told            *texts   // from which the groups were told last
}

// newViewer goes on from the event with that id, if it is of this server.
func (s *Server) newViewer(lastID string) *viewer {
	v := &viewer{server: s}
	session, rest, _ := strings.Cut(lastID, ".")
	if _, err := fmt.Sscanf(rest, "%d.%d.%d", &v.resets, &v.records, &v.events); err == nil && session == s.session {
		v.continued = v.records >= 0 && v.events >= 0
	}
	return v
}

// id says that the client has all records, and so many events.
func (v *viewer) id(events int) string {
	return fmt.Sprintf("%s.%d.%d.%d", v.server.session, v.resets, v.records, events)
}

// glimpse is what a viewer takes from a Sight, in order to put it into words when the fleet does not wait any more.
type glimpse struct {
	begins bool
	seed   uint64
	fleet  *snapshot

	firstRecord, firstEvent int
	records                 []sim.RecordText
	events                  []serviceEvent
}

// news gives the events since the last time; empty where there are none.
func (v *viewer) news() ([]byte, error) {
	var seen glimpse
	v.server.fleet.See(func(sight server.Sight) { seen = v.look(sight) })
	out := &stream{}
	if seen.begins {
		out.event("", "begin", v.beginning(&seen))
	}
	change, err := v.change(seen.fleet)
	if err != nil {
		return nil, err
	}
	if len(change) > 0 {
		out.event("", "change", change)
	}
	if len(seen.records) > 0 {
		out.event(v.id(v.events-len(seen.events)), "records", lines[record]{seen.firstRecord, numbered(seen.firstRecord, seen.records)})
	}
	if len(seen.events) > 0 {
		out.event(v.id(v.events), "events", lines[serviceEvent]{seen.firstEvent, seen.events})
	}
	return out.text.Bytes(), out.err
}

func (v *viewer) look(sight server.Sight) (seen glimpse) {
	w, s := sight.World, v.server
	if v.continued && (sight.Resets != v.resets || v.records > len(w.Records()) || v.events > w.ServiceEventCount()) {
		v.continued = false
	}
	if seen.begins = !v.begun || sight.Resets != v.resets; seen.begins {
		seen.seed = sight.Seed
		if v.begun || !v.continued {
			v.records, v.events, v.continued = 0, 0, false
		}
		v.parts, v.groups, v.told = nil, nil, nil
	}
	seen.fleet = s.snapshot(sight)
	v.begun, v.resets = true, sight.Resets
	seen.firstRecord = max(v.records, len(w.Records())-mostLines)
	seen.records = w.Tell(seen.firstRecord, len(w.Records()))
	seen.firstEvent = max(v.events, w.ServiceEventCount()-mostLines)
	seen.events = s.appendEvents(nil, w, seen.firstEvent)
	v.records, v.events = len(w.Records()), w.ServiceEventCount()
	return seen
}

// begin is the first event of a stream, and of each fleet that stands at virtual zero again.
type begin struct {
	Continued  bool     `json:"continued"`
	Seed       uint64   `json:"seed,string"` // see seed
	Region     string   `json:"region"`
	Zones      []string `json:"zones"`
	GroupCount int      `json:"group_count"`
}

func (v *viewer) beginning(seen *glimpse) begin {
	cfg := v.server.fleet.Config()
	return begin{v.continued, seen.seed, cfg.Region, cfg.ZoneNames(), len(cfg.Groups)}
}

// change keeps of what is seen the parts that differ from what was told, as JSON.
func (v *viewer) change(seen *snapshot) (map[string]any, error) {
	change := map[string]any{}
	now, err := seen.parts.encoded()
	if err != nil {
		return nil, err
	}
	names := parts()
	for _, i := range differing(v.parts, now) {
		change[names[i]] = json.RawMessage(now[i])
	}
	v.parts = now
	if seen.groups == v.told {
		return change, nil
	}
	now, err = seen.groups.encoded()
	if err != nil {
		return nil, err
	}
	var groups []json.RawMessage
	for _, i := range differing(v.groups, now) {
		groups = append(groups, now[i])
	}
	if len(groups) > 0 {
		change["groups"] = groups
	}
	v.groups, v.told = now, seen.groups
	return change, nil
}

// differing are the indices of the texts that are not those told.
func differing(told, now [][]byte) (indices []int) {
	for i := range now {
		if told == nil || !bytes.Equal(told[i], now[i]) {
			indices = append(indices, i)
		}
	}
	return indices
}

// lines are some of a list, from its number First on.
type lines[T any] struct {
	First int `json:"first"`
	Lines []T `json:"lines"`
}

// record is a line of the timeline, with the members that it has there.
type record struct {
	N         int     `json:"n"`
	At        instant `json:"at"`
	Kind      string  `json:"kind"`
	Group     string  `json:"group,omitempty"`
	NodeGroup string  `json:"node_group,omitempty"`
	Node      string  `json:"node,omitempty"`
	Outcome   string  `json:"outcome,omitempty"`
	Text      string  `json:"text,omitempty"`
}

func numbered(first int, told []sim.RecordText) []record {
	all := make([]record, len(told))
	for i, t := range told {
		all[i] = record{first + i, instant(t.At), t.Kind, t.Group, t.NodeGroup, t.Node, t.Outcome, t.Text}
	}
	return all
}

// stream writes server-sent events.
type stream struct {
	text bytes.Buffer
	err  error
}

func (s *stream) event(id, name string, data any) {
	text, err := encode(data) // ends with a newline, and has no other
	if err != nil && s.err == nil {
		s.err = err
	}
	if id != "" {
		fmt.Fprintf(&s.text, "id: %s\n", id)
	}
	fmt.Fprintf(&s.text, "event: %s\ndata: %s\n", name, text)
}
