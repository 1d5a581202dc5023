package sim

import (
	"math/bits"
	"time"
)

// stall is a stretch in which the primary takes more writes than its replicas apply, and the time in which they catch up.
// It is a fluid: written and applied flow at constant rates.
type stall struct {
	fault    int32 // index into the topology's faults
	on       bool
	from     Time // replicas had caught up
	until    Time // the stretch ends
	overflow Handle
}

func (w *World) beginStall(i *incident) {
	for _, ng := range w.top.faults[i.fault].nodeGroups {
		g := &w.nodeGroups[ng]
		w.clock.Cancel(g.stall.overflow)
		g.stall = stall{fault: i.fault, on: true, until: i.ends}
		w.restartStall(ng)
	}
}

// restartStall counts the backlog from here, and schedules the instant at which it outgrows the primary's buffer.
func (w *World) restartStall(ng int32) {
	g := &w.nodeGroups[ng]
	g.stall.from, g.stall.overflow = w.clock.Now(), 0
	rates := w.stallRates(ng)
	growth := rates.Written - rates.Applied
	if growth <= 0 {
		return
	}
	buffer := w.top.nodeGroups[ng].group.Replication.BufferBytes
	if buffer/growth > int64(g.stall.until.Sub(g.stall.from)/time.Second) {
		return
	}
	full := g.stall.from.Add(scale(time.Second, buffer, growth))
	if full < g.stall.until {
		g.stall.overflow = w.clock.At(full, event{KindReplicasDropped, ng})
	}
}

func (w *World) stallRates(ng int32) *StallConfig {
	return &w.top.faultConfig(w.nodeGroups[ng].stall.fault).Stall
}

// endStall is when the writes are ordinary again.
func (w *World) endStall(i *incident) {
	for _, ng := range w.top.faults[i.fault].nodeGroups {
		if g := &w.nodeGroups[ng]; g.stall.on && g.stall.fault == i.fault {
			w.clock.Cancel(g.stall.overflow)
			g.stall.overflow = 0
		}
	}
}

// dropReplicas is when the primary's buffer for its replicas overruns: it drops them, and they sync in full.
func (w *World) dropReplicas(ng int32) {
	g := &w.nodeGroups[ng]
	g.stall.overflow = 0
	w.resyncReplicas(ng)
	w.observe(ng, blame{CauseOf(FaultReplicationStall), -1})
}

// stalledSync is how much longer a full sync takes because the writes during it would overrun the buffer too: it succeeds only
// once the stretch is over.
func (w *World) stalledSync(ng int32, alone time.Duration) time.Duration {
	g := &w.nodeGroups[ng]
	now := w.clock.Now()
	if !g.stall.on || now >= g.stall.until {
		return 0
	}
	buffer := w.top.nodeGroups[ng].group.Replication.BufferBytes
	if alone <= backlogLasts(buffer, max(1, w.stallRates(ng).Written)) {
		return 0
	}
	return g.stall.until.Sub(now)
}

// stallLag is how far the replicas trail because of a stall: the age of the write that they apply now. Applied bytes were
// written at Written bytes per second until the stretch ended, and at the ordinary rate after it.
func (w *World) stallLag(ng int32) time.Duration {
	g := &w.nodeGroups[ng]
	if !g.stall.on {
		return 0
	}
	rates := w.stallRates(ng)
	cfg := w.top.nodeGroups[ng].group
	ordinary := cfg.WritesPerSecond * cfg.Replication.WriteBytes
	elapsed := w.clock.Now().Sub(g.stall.from)
	stretch := min(w.clock.Now(), g.stall.until).Sub(g.stall.from)
	if rates.Written <= rates.Applied {
		return 0
	}
	if applied := scale(elapsed, rates.Applied, rates.Written); applied < stretch {
		return elapsed - applied
	}
	catchUp := elapsed - scale(stretch, rates.Written, rates.Applied)
	if !productLess(catchUp, rates.Applied, elapsed-stretch, ordinary) {
		return 0
	}
	return elapsed - stretch - scale(catchUp, rates.Applied, ordinary)
}

// productLess tells whether a x b < c x d; none is negative.
func productLess(a time.Duration, b int64, c time.Duration, d int64) bool {
	high, low := bits.Mul64(uint64(a), uint64(b))
	otherHigh, otherLow := bits.Mul64(uint64(c), uint64(d))
	return high < otherHigh || high == otherHigh && low < otherLow
}

// raiseLags sets how far the replicas that the incident strikes trail at least: the most of all spikes that last.
func (w *World) raiseLags(i *incident) {
	for _, ng := range w.top.faults[i.fault].nodeGroups {
		w.nodeGroups[ng].lagFloor = 0
	}
	for k := range w.incidents {
		spike := &w.incidents[k]
		if !spike.active || spike.kind != FaultLagSpike {
			continue
		}
		lag := w.top.faultConfig(spike.fault).Lag
		for _, ng := range w.top.faults[spike.fault].nodeGroups {
			w.nodeGroups[ng].lagFloor = max(w.nodeGroups[ng].lagFloor, lag)
		}
	}
}

// missed tells whether a replica that was away for so long has to sync in full: the writes that it missed are no longer all
// in the primary's backlog.
func (w *World) missed(ng int32, away time.Duration) bool {
	cfg := w.top.nodeGroups[ng].group
	perSecond := cfg.WritesPerSecond * cfg.Replication.WriteBytes
	if perSecond == 0 {
		return false
	}
	return away > backlogLasts(cfg.Replication.BacklogBytes, perSecond)
}

// backlogLasts is how long a buffer of so many bytes holds what is written at that rate.
func backlogLasts(buffer, perSecond int64) time.Duration {
	if buffer/perSecond >= int64(longestSync/time.Second) {
		return longestSync
	}
	return scale(time.Second, buffer, perSecond)
}
