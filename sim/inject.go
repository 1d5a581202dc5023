package sim

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Immediately is the At of a fault that is to strike at the instant at which the World stands.
const Immediately Time = -1

// Inject adds a fault to the trial from outside: it strikes, or its work begins, at its At, which is not before now. What is to
// happen now has happened on return. It gives the fault as it was added; an error, and nothing is changed, where it cannot be.
//
// A Config with the fault among its Faults (or Blocks) plays the same trial, if the World was taken aside before (StepAside). To
// that end an At in the future, and the end of a block of the API, move on to the first instant at which nothing is due.
// The topology of the World grows by a copy: Twins and copies do not see the fault, and Reset forgets it.
func (w *World) Inject(f FaultConfig) (FaultConfig, error) {
	now := w.clock.Now()
	if f.At == Immediately {
		f.At = now
	}
	if err := w.checkFault(&f); err != nil {
		return f, err
	}
	for f.At > now && w.clock.holds(f.At) {
		f.At++
	}
	if f.Kind == FaultAPIBlocked {
		for w.clock.holds(f.At.Add(f.Duration)) {
			f.Duration++
		}
		w.clock.At(f.At, event{kind: KindAPIBlocked})
		w.clock.At(f.At.Add(f.Duration), event{kind: KindAPIUnblocked})
		w.top = w.top.withBlock(BlockConfig{f.At, f.Duration})
	} else {
		first := len(w.top.faults)
		w.top = w.top.withFault(f, w.known)
		for i := first; i < len(w.top.faults); i++ {
			w.scheduleFault(int32(i))
		}
	}
	w.RunUntil(now)
	return f, nil
}

// checkFault gives all that is wrong with a fault, given what the World plays.
func (w *World) checkFault(f *FaultConfig) error {
	cfg := w.Config()
	c := faultChecker{fault: f, cfg: cfg}
	switch now := w.clock.Now(); {
	case f.At < now:
		c.problem("at", "%v is over; now it is %v", f.At, now)
	case f.At > Time(cfg.Horizon):
		c.problem("at", "%v is after the horizon of %v", f.At, cfg.Horizon)
	}
	if c.checkWhole(); len(c.problems) == 0 {
		if f.Kind == FaultZonePower {
			c.checkMultiAZ()
		}
		c.problems = append(c.problems, f.Check(cfg)...)
	}
	var all []error
	for _, p := range c.problems {
		if !p.Warning {
			all = append(all, fmt.Errorf("%s: %s", p.Field, p.Rule))
		}
	}
	return errors.Join(all...)
}

// checkMultiAZ: AWS FIS's action takes Multi-AZ groups alone.
func (c *faultChecker) checkMultiAZ() {
	if len(c.fault.Target.Groups) == 0 {
		c.problem("groups", "none; name the Multi-AZ groups that lose power")
	}
	for _, g := range c.fault.Target.Groups {
		if !c.cfg.Groups[g].MultiAZ {
			c.problem("groups", "group %s is not Multi-AZ; the action takes Multi-AZ groups alone", c.cfg.Groups[g].ID)
		}
	}
}

// Config is what the World plays: the Config that it was made with, and what came from outside since. Its groups have automatic
// failover and Multi-AZ as they are set now. It is not to be written.
func (w *World) Config() *Config {
	cfg := *w.top.cfg
	shared := true
	for i := range cfg.Groups {
		g := &w.groups[i]
		if cfg.Groups[i].AutomaticFailover == g.automaticFailover && cfg.Groups[i].MultiAZ == g.multiAZ {
			continue
		}
		if shared {
			cfg.Groups, shared = slices.Clone(cfg.Groups), false
		}
		cfg.Groups[i].AutomaticFailover, cfg.Groups[i].MultiAZ = g.automaticFailover, g.multiAZ
	}
	return &cfg
}

// StepAside plays what is due now, and moves on, if something happened at this instant, to the next nanosecond at which nothing has: there a
// call or a fault from outside has an instant of its own, so that a Config that holds it plays the same trial. A grain above a
// nanosecond wants as much of it for itself: of a millisecond, an instant in one in which nothing has happened before.
func (w *World) StepAside(grain time.Duration) Time {
	w.RunUntil(w.Now())
	for w.last >= 0 && w.last/Time(grain) == w.Now()/Time(grain) {
		w.RunUntil((w.Now()/Time(grain) + 1) * Time(grain))
	}
	return w.Now()
}

// withFault is the topology with one fault more; known are tables that it may need. Others may share t, which is left as it is.
func (t *topology) withFault(f FaultConfig, known Elections) *topology {
	more := t.grown()
	more.cfg.Faults = append(slices.Clip(more.cfg.Faults), f)
	more.faults = slices.Clip(more.faults)
	if f.Kind == FaultReplicationStall {
		more.nodeGroups = slices.Clone(more.nodeGroups)
		for i := range more.nodeGroups {
			more.nodeGroups[i].flows = slices.Clone(more.nodeGroups[i].flows)
		}
	}
	more.addFault(int32(len(more.cfg.Faults) - 1))
	more.tables = t.tables.With(known)
	more.holdElectionsUnder(&f) // a first fault can take the majority of groups that had nothing to fear
	return more
}

// withBlock is the topology with one block of the API more.
func (t *topology) withBlock(b BlockConfig) *topology {
	more := t.grown()
	more.cfg.Blocks = append(slices.Clip(more.cfg.Blocks), b)
	return more
}

// grown is a copy of the topology with a Config of its own. It shares what the two have in common.
func (t *topology) grown() *topology {
	more, cfg := *t, *t.cfg
	more.cfg = &cfg
	if more.origin == nil {
		more.origin = t
	}
	return &more
}

// holds tells whether an event waits for that instant, cancelled or not.
func (c *Clock[E]) holds(t Time) bool {
	for _, q := range c.keys.quads {
		for _, k := range q {
			if k != padding() && k.at == uint64(t) {
				return true
			}
		}
	}
	return false
}
