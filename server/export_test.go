package server

import "failsim/sim"

// PlayElectionsBy lets tests see how elections are played.
func (f *Fleet) PlayElectionsBy(play func(sim.Electorate) sim.Elections) { f.play = play }
