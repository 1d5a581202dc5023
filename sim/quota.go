package sim

// quota is the rolling allowance of accepted TestFailover calls. Its ledger holds the calls of the last window in the
// order of their instants, so that what leaves is always at the front: O(1) amortized per call.
type quota struct {
	cfg    *QuotaConfig
	ledger []ledgerEntry
	front  int // entries before it have left the window
	// counted is how much of the limit is in use: live entries, or with cfg.Distinct the node groups that have one.
	counted int
	// latest has, per node group, the ledger index of its latest entry; -1 for none. Used with cfg.Distinct.
	latest []int32
}

// ledgerEntry is an accepted call; nodeGroup is -1 for one from before the trial, which counts as a node group of its own.
type ledgerEntry struct {
	at        Time
	nodeGroup int32
}

func (q *quota) reset(cfg *QuotaConfig, nodeGroups int) {
	q.cfg, q.front, q.counted = cfg, 0, 0
	q.ledger = q.ledger[:0]
	q.latest = q.latest[:0]
	for range nodeGroups {
		q.latest = append(q.latest, -1)
	}
	for _, at := range cfg.AlreadyUsed {
		q.ledger = append(q.ledger, ledgerEntry{at, -1})
		q.counted++
	}
}

func (q *quota) copyFrom(src *quota) {
	q.cfg, q.front, q.counted = src.cfg, src.front, src.counted
	q.ledger = append(q.ledger[:0], src.ledger...)
	q.latest = append(q.latest[:0], src.latest...)
}

// expire drops what has left the window by now: a call exactly one window old no longer counts.
func (q *quota) expire(now Time) {
	for q.front < len(q.ledger) && q.ledger[q.front].at.Add(q.cfg.Window) <= now {
		if q.counts(q.front) {
			q.counted--
		}
		q.front++
	}
}

// counts tells whether the entry uses up the limit: with Distinct only the latest of its node group does.
func (q *quota) counts(entry int) bool {
	ng := q.ledger[entry].nodeGroup
	return !q.cfg.Distinct || ng < 0 || q.latest[ng] == int32(entry)
}

// hasRoom tells whether a call on the node group would be within the limit now.
func (q *quota) hasRoom(now Time, nodeGroup int32) bool {
	q.expire(now)
	return q.counted < q.cfg.Limit || q.isCounted(nodeGroup)
}

// isCounted tells whether the node group already counts, so that another call on it uses up nothing.
func (q *quota) isCounted(nodeGroup int32) bool {
	return q.cfg.Distinct && int(q.latest[nodeGroup]) >= q.front
}

// take enters an accepted call.
func (q *quota) take(now Time, nodeGroup int32) {
	q.expire(now)
	if !q.isCounted(nodeGroup) {
		q.counted++
	}
	q.latest[nodeGroup] = int32(len(q.ledger))
	q.ledger = append(q.ledger, ledgerEntry{now, nodeGroup})
}

// roomAt is the first instant at which a call on the node group would be within the limit, if none comes before; Never
// where the limit is 0.
func (q *quota) roomAt(now Time, nodeGroup int32) Time {
	if q.hasRoom(now, nodeGroup) {
		return now
	}
	if q.cfg.Limit == 0 {
		return Never
	}
	over := q.counted - q.cfg.Limit + 1 // so many must leave first: more than 1 only where AlreadyUsed exceeds the limit
	for entry := q.front; ; entry++ {
		if q.counts(entry) {
			over--
		}
		if over == 0 {
			return q.ledger[entry].at.Add(q.cfg.Window)
		}
	}
}
