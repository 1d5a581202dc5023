package server

import (
	"time"

	"failsim/sim"
)

// Deed is something that was done to a Fleet from outside: a call of the API that changes it, or a fault.
type Deed struct {
	At    sim.Time
	Call  *sim.CallConfig
	Fault *sim.FaultConfig
}

// Deeds returns what was done to the fleet so far, in order.
func (f *Fleet) Deeds() []Deed {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]Deed(nil), f.deeds...)
}

// Call makes a call of the API, now, and shows what came of it where it is accepted.
func (f *Fleet) Call(c sim.CallConfig, see func(*sim.World)) (v sim.Violation) {
	f.change(func(w *sim.World, now sim.Time) {
		c.At = now
		f.deeds = append(f.deeds, Deed{At: now, Call: &c})
		if v = apply(w, &c); v == sim.NoViolation {
			see(w)
		}
	})
	return v
}

// apply makes a call of the API, now.
func apply(w *sim.World, c *sim.CallConfig) sim.Violation {
	switch c.Action {
	case sim.ActionReboot:
		return w.Reboot(c.Node)
	case sim.ActionModify:
		return w.Modify(c.Group, c.Modify)
	}
	return w.TestFailover(c.Group, c.NodeGroup)
}

// Inject lets a fault strike, or planned work begin, at its instant or at once (sim.Immediately).
func (f *Fleet) Inject(fault sim.FaultConfig) (added sim.FaultConfig, err error) {
	if err := f.checkPlan(&fault); err != nil {
		return fault, err
	}
	for _, of := range fault.Electorates(&f.cfg) {
		f.learn(of)
	}
	f.change(func(w *sim.World, now sim.Time) {
		if added, err = w.Inject(fault); err == nil {
			f.deeds = append(f.deeds, Deed{At: now, Fault: &added})
		}
	})
	return added, err
}

// PollEarlier is Poll, but shows the World as it stood a while ago.
func (f *Fleet) PollEarlier(ago time.Duration, see func(*sim.World)) {
	f.Poll(func(w *sim.World) {
		if f.trailing == nil {
			f.trailing = f.world.Twin()
			f.trailing.Reset(f.seed, 0)
			f.repeated = 0
		}
		f.trail(max(0, w.Now().Add(-ago)))
		see(f.trailing)
	})
}

// trail plays the World that stays behind up to the instant: what was done to the other is done to it when its time has come.
func (f *Fleet) trail(t sim.Time) {
	for ; f.repeated < len(f.deeds) && f.deeds[f.repeated].At <= t; f.repeated++ {
		d := &f.deeds[f.repeated]
		f.trailing.RunUntil(d.At)
		if d.Call != nil {
			apply(f.trailing, d.Call)
		} else if _, err := f.trailing.Inject(*d.Fault); err != nil {
			panic("server: a fault that struck once cannot strike again: " + err.Error())
		}
	}
	if t > f.trailing.Now() {
		f.trailing.RunUntil(t)
	}
}
