package server

import (
	"sync"
	"time"

	"failsim/sim"
)

// Fleet is a World whose clock is driven from outside: by the wall clock at a speed, or by hand. All of its methods may be called
// from several goroutines; each sees the World as it stands at one virtual instant, with everything played that is due by then.
//
// What was done to the World from outside is kept, so that the session can be played again: see Deeds. For that a deed never shares its
// instant with an event of the World; it waits a nanosecond.
type Fleet struct {
	wallClock func() time.Time
	startsNow bool
	bounds    *Bounds

	mu      sync.Mutex
	cfg     sim.Config // but for Start nothing of it changes
	world   *sim.World
	seed    uint64
	pace    pace
	wall    time.Time // the wall clock's when it was last looked at: the same for all that one call does
	resumes Speed     // the speed to resume with; 0 where the clock is not paused
	version uint64    // counts what has changed the World
	resets  uint64    // counts how often it was put to virtual zero
	deeds   []Deed
	// trailing is the same World some while behind, made for the first who asks; it has repeated so many deeds.
	trailing *sim.World
	repeated int

	// elections are the tables that the Worlds know; they outlive a reset. Who holds playing makes others, by play, and locks mu later.
	elections sim.Elections
	playing   sync.Mutex
	play      func(sim.Electorate) sim.Elections

	// Calls are numbered under a lock of their own, so that nobody waits to be read while the World plays.
	numbering sync.Mutex
	numbered  luck // the last one
}

// Clock says how a fleet's clock goes. The wall clock is time.Now, but for tests.
type Clock struct {
	Wall   func() time.Time
	Speed  Speed
	Paused bool
	// StartsNow lets virtual zero be the wall clock's now, and after each reset again, in place of the configuration's Start. At SpeedMax
	// virtual time then follows the wall clock where that is ahead: clients compute from it which events they have not seen.
	StartsNow bool
	// Bounds is nil where nothing bounds the session.
	Bounds *Bounds
}

// NewFleet returns the fleet of a configuration, standing at virtual zero. It has no horizon: what happens by chance goes on for as long as
// anybody looks.
func NewFleet(cfg *sim.Config, seed uint64, clock Clock) *Fleet {
	f := &Fleet{wallClock: clock.Wall, startsNow: clock.StartsNow, bounds: clock.Bounds, cfg: *cfg, pace: pace{speed: clock.Speed},
		play: sim.PlayElections}
	if clock.Paused {
		f.resumes, f.pace.speed = clock.Speed, 0
	}
	f.cfg.Horizon = sim.Endless
	f.Reset(seed)
	return f
}

// Reset puts the fleet back to virtual zero, with another seed or the same; the speed stays. What was done to it is forgotten, and calls are
// counted from the first again.
func (f *Fleet) Reset(seed uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.wall = f.wallClock()
	if f.startsNow {
		f.cfg.Start = f.wall.UTC().Truncate(time.Millisecond)
		f.wall, f.world = f.cfg.Start, nil // the Start decides when maintenance windows open
	}
	if f.world == nil {
		f.world = sim.NewWorldKnowing(&f.cfg, f.elections)
		f.world.Trace(true)
		f.elections = f.world.Elections()
	}
	f.world.Reset(seed, 0)
	f.seed, f.deeds, f.trailing = seed, nil, nil
	f.number(luck{seed: seed})
	f.version++
	f.resets++
	f.stand(0)
}

// Config is what the fleet was made from. It is not to be written; its Start is read while a World is seen, by World.Date.
func (f *Fleet) Config() *sim.Config { return &f.cfg }

// Seed is the seed of the World.
func (f *Fleet) Seed() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.seed
}

// nextCall numbers the calls of clients, from 1 on; with the seed the number decides what chance has to do with a call.
func (f *Fleet) nextCall() luck {
	f.numbering.Lock()
	defer f.numbering.Unlock()
	f.numbered.number++
	return f.numbered
}

func (f *Fleet) number(last luck) {
	f.numbering.Lock()
	defer f.numbering.Unlock()
	f.numbered = last
}

// View shows the World as it stands now.
func (f *Fleet) View(see func(*sim.World)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.catchUp()
	see(f.world)
}

// Poll is View for a client of the service: at SpeedMax the next event happens first.
func (f *Fleet) Poll(see func(*sim.World)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.catchUp()
	if next, ok := f.next(); ok && f.pace.speed == SpeedMax {
		f.stand(next)
	}
	see(f.world)
}

// change lets something be done to the World, at an instant at which nothing else happens.
func (f *Fleet) change(do func(w *sim.World, now sim.Time)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.catchUp()
	f.stand(f.world.StepAside(f.grain()))
	do(f.world, f.world.Now())
	f.version++
}

// grain is how long before a change nothing else happens. At SpeedMax time stands at the last event that a client has waited for, and the Date
// of an event has milliseconds: there a client tells what it does from what came before by having one for itself, but where time ends.
func (f *Fleet) grain() time.Duration {
	if f.pace.speed == SpeedMax && f.world.Now().Add(time.Millisecond) < f.end() {
		return time.Millisecond
	}
	return 1
}

// catchUp plays what is due by now.
func (f *Fleet) catchUp() {
	f.wall = f.wallClock()
	now := f.pace.at(f.wall, f.end())
	if ahead := sim.Time(f.wall.Sub(f.cfg.Start)); f.startsNow && f.pace.speed == SpeedMax && ahead > now {
		now = max(now, min(f.end(), ahead))
		f.pace.virtual = now
	}
	f.playTo(now)
}

func (f *Fleet) playTo(t sim.Time) {
	for {
		next, ok := f.next()
		if !ok || next > t {
			break
		}
		f.world.Step()
		f.version++
	}
	if t > f.world.Now() {
		f.world.RunUntil(t)
	}
}

// next is the instant of the next event.
func (f *Fleet) next() (sim.Time, bool) {
	next, ok := f.world.Next()
	return next, ok && next < f.end()
}

// stand plays up to the instant, and lets the clock go on from there, as of the wall clock's last look.
func (f *Fleet) stand(t sim.Time) {
	f.playTo(t)
	f.pace.wall, f.pace.virtual = f.wall, t
}
