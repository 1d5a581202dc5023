package report

import (
	"fmt"
	"io"
	"slices"
	"time"

	"failsim/sim"
)

// describedEvent is a service event in the words of DescribeEvents.
type describedEvent struct {
	SourceIdentifier, SourceType, Message, Date string
}

// describe puts the events in the order in which DescribeEvents answers: newest first, those of one instant in reverse
// order of their emission.
func describe(start time.Time, events []sim.ServiceEvent) []describedEvent {
	answer := make([]describedEvent, 0, len(events))
	for _, e := range events {
		date := start.Add(time.Duration(e.At)).UTC().Truncate(time.Millisecond).Format("2006-01-02T15:04:05.000Z")
		answer = append(answer, describedEvent{e.SourceID, e.SourceType, e.Message, date})
	}
	slices.Reverse(answer)
	return answer
}

// ServiceEventsJSON writes events (in order of emission, at instants after start) as `aws elasticache describe-events`
// answers.
func ServiceEventsJSON(w io.Writer, start time.Time, events []sim.ServiceEvent) error {
	return writeJSON(w, struct{ Events []describedEvent }{describe(start, events)}, "    ")
}

// ServiceEventsText writes the same as a table, as the console shows it.
func ServiceEventsText(w io.Writer, start time.Time, events []sim.ServiceEvent) error {
	t := grid{aligns: "l"}
	t.add("Date", "Source", "Type", "Event")
	for _, e := range describe(start, events) {
		t.add(e.Date, e.SourceIdentifier, e.SourceType, e.Message)
	}
	lines, err := t.render()
	if err != nil {
		return err
	}
	for _, line := range lines {
		if _, err := fmt.Fprintln(w, line); err != nil {
			return err
		}
	}
	return nil
}
