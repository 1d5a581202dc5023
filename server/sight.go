package server

import "failsim/sim"

// Sight is a fleet at one instant.
type Sight struct {
	// World is valid, and not to be changed, for as long as it is looked at.
	World *sim.World
	Clock ClockState
	Seed  uint64
	// Resets counts how often the fleet was put to virtual zero: between two sights of one number nothing was forgotten. Version counts
	// what changed the World: between two of one number only time has passed.
	Resets, Version uint64
}

// See shows the fleet as it stands now.
func (f *Fleet) See(look func(Sight)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.catchUp()
	look(Sight{World: f.world, Clock: f.clock(), Seed: f.seed, Resets: f.resets, Version: f.version})
}
