package server

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"failsim/sim"
	"failsim/words"
)

// Speed is how many seconds of virtual time pass in one of wall time; 0 stands still.
type Speed float64

// SpeedMax stands still but for polls, each of which jumps to the next event.
const SpeedMax Speed = -1

// mostSpeed passes eleven days in a second: more would only blur what happens.
const mostSpeed Speed = 1_000_000

// ParseSpeed reads a number of virtual seconds in a second, or max.
func ParseSpeed(text string) (Speed, error) {
	if text == "max" {
		return SpeedMax, nil
	}
	speed, err := strconv.ParseFloat(text, 64)
	if err != nil || strings.ContainsAny(text, "_xX") || !(speed > 0 && Speed(speed) <= mostSpeed) {
		return 0, fmt.Errorf("%s is no speed; want a number above 0 and up to %s, or max", words.Quote(text), words.Grouped(int64(mostSpeed)))
	}
	return Speed(speed), nil
}

// String is what ParseSpeed reads.
func (s Speed) String() string {
	if s == SpeedMax {
		return "max"
	}
	return strconv.FormatFloat(float64(s), 'g', -1, 64)
}

// pace turns wall time into virtual time: since the wall's instant, virtual time has gone on from the virtual one at that speed.
type pace struct {
	speed   Speed
	wall    time.Time
	virtual sim.Time
}

// at is the virtual instant that belongs to a wall time, which never goes back, nor beyond the end.
func (p *pace) at(wall time.Time, end sim.Time) sim.Time {
	if p.speed <= 0 {
		return p.virtual
	}
	passed := float64(max(0, wall.Sub(p.wall))) * float64(p.speed)
	if passed >= float64(end-p.virtual) {
		return max(p.virtual, end)
	}
	return p.virtual.Add(time.Duration(passed))
}

// endOfTime is where virtual time stops unless it is bounded: nobody looks at a fleet for so long.
const endOfTime = sim.Time(sim.Endless)

// Bounds are what a fleet keeps to, so that its session can be recorded.
type Bounds struct {
	// End is where time stops, and up to which faults are planned; what comes from outside then goes beyond it by nanoseconds.
	End sim.Time
	// Seed is the largest that a reset may choose.
	Seed uint64
}

// Left is how far the clock can be moved on.
func (f *Fleet) Left() time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.catchUp()
	return max(0, f.end().Sub(f.world.Now()))
}

// CheckSeed tells what keeps a seed from being that of the fleet.
func (f *Fleet) CheckSeed(seed uint64) error {
	if f.bounds != nil && seed > f.bounds.Seed {
		return fmt.Errorf("%d; want %d at most, for the session is recorded", seed, f.bounds.Seed)
	}
	return nil
}

// checkPlan tells what keeps a fault from being planned.
func (f *Fleet) checkPlan(fault *sim.FaultConfig) error {
	if f.bounds != nil && fault.At > f.bounds.End {
		return fmt.Errorf("at: %v; want %v at most, for the session is recorded", fault.At, f.bounds.End)
	}
	return nil
}

func (f *Fleet) end() sim.Time {
	if f.bounds != nil {
		return f.bounds.End
	}
	return endOfTime
}
