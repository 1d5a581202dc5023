package server

import (
	"time"

	"failsim/sim"
)

// ClockState is how a fleet's clock stands.
type ClockState struct {
	Start  time.Time // the calendar's instant of virtual zero
	Now    sim.Time
	Date   time.Time // that of Now
	Speed  Speed
	Paused bool
	// Next is the instant of the next event; Never where nothing is left to happen.
	Next sim.Time
}

// Clock tells how the clock stands.
func (f *Fleet) Clock() ClockState {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.catchUp()
	return f.clock()
}

func (f *Fleet) clock() ClockState {
	now := f.world.Now()
	state := ClockState{Start: f.cfg.Start, Now: now, Date: f.world.Date(now), Speed: f.pace.speed, Paused: f.resumes != 0, Next: sim.Never}
	if state.Paused {
		state.Speed = f.resumes
	}
	if next, ok := f.next(); ok {
		state.Next = next
	}
	return state
}

// Pause stops the clock until Resume.
func (f *Fleet) Pause() ClockState {
	return f.setClock(func() {
		if f.resumes == 0 {
			f.resumes, f.pace.speed = f.pace.speed, 0
		}
	})
}

// Resume lets a paused clock go on.
func (f *Fleet) Resume() ClockState {
	return f.setClock(func() {
		if f.resumes != 0 {
			f.pace.speed, f.resumes = f.resumes, 0
		}
	})
}

// SetSpeed changes the speed, also that with which a paused clock will go on.
func (f *Fleet) SetSpeed(s Speed) ClockState {
	return f.setClock(func() {
		if f.resumes != 0 {
			f.resumes = s
		} else {
			f.pace.speed = s
		}
	})
}

// Advance moves the clock on, at most by what is Left.
func (f *Fleet) Advance(d time.Duration) ClockState {
	return f.setClock(func() { f.stand(max(f.world.Now(), min(f.end(), f.world.Now()+min(sim.Time(d), endOfTime)))) })
}

// AdvanceToNext moves the clock to the next event, where there is one.
func (f *Fleet) AdvanceToNext() ClockState {
	return f.setClock(func() {
		if next, ok := f.next(); ok {
			f.stand(next)
		}
	})
}

// mostIdle is how far AdvanceUntilIdle goes at most.
const mostIdle = 30 * 24 * time.Hour

// AdvanceUntilIdle moves the clock on until no node is being replaced, no planned work runs, no fault lasts and all names lead where they
// should; or by 30 days, where chance does not leave a fleet in peace.
func (f *Fleet) AdvanceUntilIdle() ClockState {
	return f.setClock(func() {
		end := min(f.end(), f.world.Now().Add(mostIdle))
		for !f.world.Idle() {
			next, ok := f.next()
			if !ok || next > end {
				break
			}
			f.stand(next)
		}
	})
}

// setClock changes how the clock goes on, from now.
func (f *Fleet) setClock(set func()) ClockState {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.catchUp()
	f.stand(f.world.Now())
	set()
	f.stand(f.world.Now())
	return f.clock()
}
