package main

import (
	"fmt"
	"io"
	"time"
)

// progress shows on a terminal how far a run is.
type progress struct {
	to     io.Writer
	trials int64
	begun  time.Time
	shown  bool
}

// show replaces the line that it showed before.
func (p *progress) show(done int64) {
	fmt.Fprintf(p.to, "\r%s\x1b[K", progressLine(done, p.trials, time.Since(p.begun)))
	p.shown = true
}

// clear leaves the terminal as if nothing had been shown.
func (p *progress) clear() {
	if p.shown {
		fmt.Fprint(p.to, "\r\x1b[K")
	}
}

// progressLine is percentage, speed and time left, which is unknown before the first trial is done.
func progressLine(done, trials int64, spent time.Duration) string {
	line := fmt.Sprintf("%3d%%", 100*done/max(1, trials))
	if done == 0 || spent <= 0 {
		return line
	}
	perSecond := float64(done) / spent.Seconds()
	left := time.Duration(float64(trials-done) / perSecond * float64(time.Second))
	return fmt.Sprintf("%s  %.0f trials/s  %v left", line, perSecond, left.Round(time.Second))
}
