package server

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"failsim/query"
	"failsim/sim"
)

type event struct {
	SourceIdentifier string          `xml:"SourceIdentifier"`
	SourceType       string          `xml:"SourceType"`
	Message          string          `xml:"Message"`
	Date             query.Timestamp `xml:"Date"`
}

type eventsResult struct {
	Marker string  `xml:"Marker,omitempty"`
	Events []event `xml:"Events>Event"`
}

// sourceTypes are those of the service model.
func sourceTypes() []string {
	return []string{"cache-cluster", "cache-parameter-group", "cache-security-group", "cache-subnet-group", "replication-group",
		"serverless-cache", "serverless-cache-snapshot", "user", "user-group"}
}

// Events are kept for 14 days; a call that does not say otherwise sees the last hour (API reference).
const (
	eventsKept   = 14 * 24 * time.Hour
	eventsWindow = time.Hour
	// mostMinutes is far beyond what is kept; the service documents no bound.
	mostMinutes = 1_000_000
)

// eventFilter is what a call of DescribeEvents asks for; the instants are of the calendar, both included.
type eventFilter struct {
	source, sourceType string
	start, end         time.Time // zero where the call does not say
	minutes            int       // 0 where the call does not say
}

func readEventFilter(q *call) (eventFilter, error) {
	f := eventFilter{source: strings.ToLower(q.String("SourceIdentifier")), sourceType: q.String("SourceType"),
		start: q.Time("StartTime"), end: q.Time("EndTime"), minutes: q.Int("Duration", 1, mostMinutes, 0)}
	switch {
	case q.Err() != nil:
		return f, q.Err()
	case f.sourceType != "" && !slices.Contains(sourceTypes(), f.sourceType):
		return f, refuse("InvalidParameterValue", "Invalid value %s for SourceType. Must be one of %s", f.sourceType, strings.Join(sourceTypes(), ", "))
	case !f.start.IsZero() && !f.end.IsZero() && f.minutes > 0:
		return f, refuse("InvalidParameterCombination", "StartTime, EndTime and Duration exclude each other; give two at most")
	case !f.start.IsZero() && !f.end.IsZero() && f.end.Before(f.start):
		return f, refuse("InvalidParameterCombination", "EndTime lies before StartTime")
	}
	return f, nil
}

// window is the span that the call asks for, judged at that instant: the last hour; or, of StartTime, EndTime and Duration, what is said. Dates
// of events are whole milliseconds, and so are its ends.
func (f *eventFilter) window(now time.Time) (from, to time.Time) {
	span := cmp.Or(time.Duration(f.minutes)*time.Minute, eventsWindow)
	from, to = f.start, f.end
	switch {
	case from.IsZero() && to.IsZero():
		from, to = now.Add(-span), now
	case from.IsZero():
		from = to.Add(-span)
	case to.IsZero() && f.minutes > 0:
		to = from.Add(span)
	case to.IsZero():
		to = now
	}
	return from.Add(time.Millisecond - 1).Truncate(time.Millisecond), to.Truncate(time.Millisecond)
}

// takes tells whether the call asks for the event.
func (f *eventFilter) takes(e *sim.ServiceEvent) bool {
	return (f.source == "" || f.source == e.SourceID) && (f.sourceType == "" || f.sourceType == e.SourceType)
}

// describeEvents answers newest first, as every public sample does. The window of a list is settled by its first page.
func (s *Server) describeEvents(q *call) (any, error) {
	filter, err := readEventFilter(q)
	page, pageErr := readPage(q, "events", filter.id())
	if err := cmp.Or(err, pageErr, q.err()); err != nil {
		return nil, err
	}
	var result eventsResult
	s.fleet.Poll(func(w *sim.World) {
		next, now := w.ServiceEventCount()-1, w.Date(w.Now())
		if page.next {
			next = min(next, page.first)
		} else {
			page.from, page.to = filter.window(now)
		}
		from := page.from
		if kept := now.Add(-eventsKept); from.Before(kept) {
			from = kept
		}
		for ; next >= 0; next-- {
			e := w.ServiceEventAt(next)
			// The window is held against what the client sees: it may well ask from, or up to, a date that it was shown.
			date := w.Date(e.At).Truncate(time.Millisecond)
			switch {
			case date.Before(from):
				return
			case date.After(page.to) || !filter.takes(&e):
				continue
			case len(result.Events) == page.most:
				result.Marker = page.marker(next)
				return
			}
			result.Events = append(result.Events, event{e.SourceID, e.SourceType, e.Message, query.Timestamp(date)})
		}
	})
	return result, nil
}

// id tells lists of events apart.
func (f *eventFilter) id() string {
	return fmt.Sprint(f.source, " ", f.sourceType, " ", f.start.Format(time.RFC3339Nano), " ", f.end.Format(time.RFC3339Nano), " ", f.minutes)
}
