package sim

import "time"

func (w *World) failedAfter(fo *failover, lost int) time.Duration {
	return w.untilHalt(fo.Group) + time.Second
}

func (w *World) electedAfter(fo *failover, lost int) time.Duration {
	return 500*time.Millisecond + time.Duration(w.bits(fo.NodeGroup, phaseElection)%uint64(500*time.Millisecond))
}
