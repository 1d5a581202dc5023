package scenario

import (
	"slices"
	"strings"
	"time"

	"failsim/dist"
	"failsim/sim"
	"failsim/words"
)

// maintenanceWindow reads ddd:hh24:mi-ddd:hh24:mi, as ElastiCache writes it, in UTC.
func (t *table) maintenanceWindow() (w sim.MaintenanceWindow) {
	text := t.text("maintenance_window", "")
	if text == "" {
		if t.has("maintenance_window") && !t.doc.wrong[t.key("maintenance_window")] {
			t.wrong("maintenance_window", windowRule)
		}
		return w
	}
	from, to, found := strings.Cut(strings.ToLower(text), "-")
	begin, okBegin := weekTime(from)
	end, okEnd := weekTime(to)
	if !found || !okBegin || !okEnd {
		t.wrong("maintenance_window", "%s; %s", words.Quote(text), windowRule)
		return w
	}
	const week = 7 * 24 * time.Hour
	w = sim.MaintenanceWindow{Day: time.Weekday(begin / (24 * time.Hour)), Begin: begin % (24 * time.Hour), Length: (end - begin + week) % week}
	if w.Length < time.Hour {
		t.wrong("maintenance_window", "%s is %s long; want an hour at least", words.Quote(text), dist.FormatDuration(w.Length))
	}
	return w
}

const windowRule = `want days and times in UTC, such as "sun:05:00-sun:09:00"`

// weekTime is ddd:hh:mm as a span since Sunday began.
func weekTime(text string) (time.Duration, bool) {
	days := []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}
	name, clock, _ := strings.Cut(text, ":")
	day := slices.Index(days, name)
	at, err := time.Parse("15:04", clock)
	if day < 0 || err != nil || len(clock) != 5 {
		return 0, false
	}
	return time.Duration(day)*24*time.Hour + time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute, true
}
