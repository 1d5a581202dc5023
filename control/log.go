package control

import (
	"bytes"
	"net/http"
	"time"

	"failsim/report"
	"failsim/server"
	"failsim/sim"
)

// serviceEvent is a message of the service; N counts them from 0.
type serviceEvent struct {
	N          int     `json:"n"`
	At         instant `json:"at"`
	Date       date    `json:"date"`
	SourceID   string  `json:"source_id"`
	SourceType string  `json:"source_type"`
	Message    string  `json:"message"`
}

// getEvents lists the messages of the service in the order in which they were sent, none of them forgotten.
func (s *Server) getEvents(r *http.Request) (any, error) {
	after, err := readAfter(r)
	if err != nil {
		return nil, err
	}
	answer := struct {
		Events []serviceEvent `json:"events"`
		Next   int            `json:"next"`
	}{Events: []serviceEvent{}, Next: after}
	s.fleet.View(func(w *sim.World) {
		err = within(after, w.ServiceEventCount())
		answer.Events = s.appendEvents(answer.Events, w, after)
		answer.Next += len(answer.Events)
	})
	return answer, err
}

// appendEvents appends the messages from that one on.
func (s *Server) appendEvents(to []serviceEvent, w *sim.World, first int) []serviceEvent {
	for n := first; n < w.ServiceEventCount(); n++ {
		e := w.ServiceEventAt(n)
		to = append(to, serviceEvent{n, instant(e.At), dateOf(w, e.At), e.SourceID, e.SourceType, e.Message})
	}
	return to
}

// timelineChunk is how many lines are put into words while the fleet is kept waiting.
const timelineChunk = 1000

// writeTimeline sends what happened, one object a line, up to the instant at which it was asked for.
func (s *Server) writeTimeline(w http.ResponseWriter, r *http.Request) error {
	next, err := readAfter(r)
	if err != nil {
		return err
	}
	var end int
	var resets uint64
	s.fleet.See(func(sight server.Sight) { end, resets = len(sight.World.Records()), sight.Resets })
	if err := within(next, end); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	for next < end {
		var lines bytes.Buffer
		s.fleet.See(func(sight server.Sight) {
			if sight.Resets != resets {
				next = end // what was asked for is forgotten
				return
			}
			chunk := sight.World.Tell(next, min(end, next+timelineChunk))
			_ = report.TimelineJSON(&lines, chunk) // a buffer takes all
			next += len(chunk)
		})
		if !sent(w, lines.Bytes()) {
			break
		}
	}
	return nil
}

// writePatience is how long a client may take to read.
const writePatience = 10 * time.Second

// sent sends some of a long answer; false where the client has gone, or does not read.
func sent(w http.ResponseWriter, text []byte) bool {
	out := http.NewResponseController(w)
	_ = out.SetWriteDeadline(time.Now().Add(writePatience))
	_, err := w.Write(text)
	return err == nil && out.Flush() == nil
}
