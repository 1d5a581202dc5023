package server

import (
	"context"

	"failsim/sim"
)

// Prepare plays the elections that faults can bring about, until the context ends. That takes a second for a fleet of a few shapes, and half a
// minute for one of sixty. Until it is done whoever lets a first fault strike waits for the elections of the groups that it takes nodes from,
// and nobody waits with them.
func (f *Fleet) Prepare(ctx context.Context) {
	for _, of := range f.cfg.Electorates() {
		if ctx.Err() != nil {
			return
		}
		f.learn(of)
	}
}

// learn plays the elections of an electorate, where nobody has. Clients do not wait for it: the fleet is not locked meanwhile.
func (f *Fleet) learn(of sim.Electorate) {
	f.playing.Lock()
	defer f.playing.Unlock()
	if f.knows(of) {
		return
	}
	played := f.play(of)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.elections = f.elections.With(played)
	f.world.Know(f.elections)
	if f.trailing != nil {
		f.trailing.Know(f.elections)
	}
}

func (f *Fleet) knows(of sim.Electorate) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.elections[of] != nil
}
