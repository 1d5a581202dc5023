package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"

	"failsim/sim"
)

// TimelineText tells a trial for a person to read: the header, then one line a record, limit lines at most in all (0: no
// limit). The first column is the time since the trial began, as days and hh:mm:ss, cut to milliseconds.
func TimelineText(w io.Writer, header string, records []sim.RecordText, limit int) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, header)
	cut := 0
	if limit > 0 && len(records) > limit-1 {
		cut = len(records) - (limit - 2)
		records = records[:limit-2]
	}
	place, kind := 0, 0
	for _, r := range records {
		place, kind = max(place, runes(where(r))), max(kind, runes(r.Kind))
	}
	for _, r := range records {
		fmt.Fprintf(out, "%s  %-*s  %-*s  %s\n", offset(r.At), place, where(r), kind, r.Kind, sentence(r))
	}
	if cut > 0 {
		fmt.Fprintf(out, "… and %s more lines\n", count(int64(cut)))
	}
	return out.Flush()
}

func where(r sim.RecordText) string {
	if r.NodeGroup == "" {
		return r.Group
	}
	return r.Group + "/" + r.NodeGroup
}

// sentence names the refusal of a call, which the text explains.
func sentence(r sim.RecordText) string {
	if r.Outcome == "" || r.Outcome == "accepted" {
		return r.Text
	}
	return r.Text + " (" + r.Outcome + ")"
}

// offset writes an instant as `  1d 02:10:12.250`, days left out on the first.
func offset(t sim.Time) string {
	ms := int64(t) / int64(time.Millisecond)
	s := ms / 1000
	day := ""
	if days := s / 86400; days > 0 {
		day = fmt.Sprintf("%dd", days)
	}
	return fmt.Sprintf("%5s %02d:%02d:%02d.%03d", day, s/3600%24, s/60%60, s%60, ms%1000)
}

// TimelineJSON writes one object a line: the instant in seconds, exact to the nanosecond, and what is not empty.
func TimelineJSON(w io.Writer, records []sim.RecordText) error {
	out := bufio.NewWriter(w)
	for _, r := range records {
		fmt.Fprintf(out, `{"at": %s, "kind": %s`, Seconds(r.At), quote(r.Kind))
		for _, member := range []struct{ name, value string }{
			{"group", r.Group}, {"node_group", r.NodeGroup}, {"node", r.Node}, {"outcome", r.Outcome}, {"text", r.Text},
		} {
			if member.value != "" {
				fmt.Fprintf(out, `, "%s": %s`, member.name, quote(member.value))
			}
		}
		fmt.Fprintln(out, "}")
	}
	return out.Flush()
}

// Seconds writes an instant as a decimal number without going through a float: 612.25.
func Seconds(t sim.Time) string {
	whole, nanos := int64(t)/int64(time.Second), int64(t)%int64(time.Second)
	if nanos == 0 {
		return fmt.Sprint(whole)
	}
	return strings.TrimRight(fmt.Sprintf("%d.%09d", whole, nanos), "0")
}
